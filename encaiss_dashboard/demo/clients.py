"""The two clients of the demo and what they decided."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from encaiss_dashboard.demo.cast import (
    JOINER,
    SUPPORT,
    Debtor,
    joiner_debtors,
    printed_number,
    support_debtors,
)
from encaiss_dashboard.demo.play import Turn
from encaiss_dashboard.demo.plot import Script, Shape
from encaiss_dashboard.domain.delegation import DelegationKind

AGENCY: Final[dict[str, Any]] = {
    "name": "Encaiss Recouvrement",
    "email": "recouvrement@encaiss-recouvrement.example",
    "enterprise_number": printed_number(1),
    "address": "Avenue de la Citadelle 12\n5000 Namur",
    "phone": "+32 81 00 00 00",
}

_JOINER_CLIENT: Final[dict[str, Any]] = {
    "name": "Menuiserie Exemple SRL",
    "enterprise_number": printed_number(2),
    "address": "Rue des Scieries 8\n5590 Ciney",
    "email": "compta@menuiserie-exemple.example",
    "phone": "+32 83 00 00 00",
    "iban": "BE68539007547034",
    "bic": "GKCCBEBB",
    "language": "fr",
    "default_term": "30_EOM",
}
_SUPPORT_CLIENT: Final[dict[str, Any]] = {
    "name": "Kasteelhof IT BV",
    "enterprise_number": printed_number(3),
    "address": "Kasteeldreef 21\n2800 Mechelen",
    "email": "boekhouding@kasteelhof-it.example",
    "phone": "+32 15 00 00 00",
    "iban": "BE71096123456769",
    "bic": "GKCCBEBB",
    "language": "nl",
    "default_term": "NET_30",
}

BRASSERIE: Final = "Brasserie du Condroz SRL"
VAN_ACKER: Final = "Van Acker Bouw BV"
CLINIQUE: Final = "Clinique du Val ASBL"
DELCOURT: Final = "Delcourt Cuisines SRL"
IMMO: Final = "Immo Meuse & Lesse SA"
ISOLATION: Final = "Isolation Verte Mosane SRL"
AUBERGE: Final = "Auberge du Vieux Lavoir SRL"
MOLIGNEE: Final = "Transports de la Molignée SA"
TERRASSES: Final = "Copropriété Les Terrasses du Lac ASBL"
_SCRIPTS: Final = (
    Script(BRASSERIE, 71, 12_480_00, part_days_ago=26, part_cents=3_000_00),
    Script(BRASSERIE, 41, 5_610_00),
    Script(BRASSERIE, 11, 3_150_00),
    Script(VAN_ACKER, 33, 8_965_50),
    Script(VAN_ACKER, 18, 3_950_00),
    Script(CLINIQUE, 24, 9_480_00),
    Script(DELCOURT, 19, 7_202_30),
    Script(IMMO, 12, 6_150_00),
    Script(ISOLATION, 98, 5_450_00),
    Script(AUBERGE, 131, 3_940_00),
    Script(MOLIGNEE, 83, 5_260_00),
    Script(TERRASSES, 13, 2_415_00),
)
_JOINER_KEPT: Final = (
    "Brightwater Hotels SRL",
    "Agencements Champenois SAS",
    "Golf du Château Vert ASBL",
    "Traiteur Au Bon Accueil SRL",
    "Brocante du Grognon SRL",
)
_SUPPORT_KEPT: Final = (
    "Hotel Het Zilveren Anker NV",
    "Imprimerie du Canal SRL",
    "Reisbureau Verre Einders BV",
    "Sportclub De Wielewaal VZW",
)


@dataclass(frozen=True, slots=True)
class Part:
    """One client's part in the demo; ``details`` are its master data."""

    slug: str
    details: dict[str, Any]
    debtors: Callable[[], Sequence[Debtor]]
    shape: Shape
    turns: Callable[[Sequence[Debtor]], tuple[Turn, ...]]


def _delegated(debtors: Sequence[Debtor], late: Sequence[str]) -> tuple[list[str], list[str]]:
    """Names of those delegated at first and of those kept: every other good payer, and a few bad ones."""
    kept = {d.name for d in [d for d in debtors if d.habit == "prompt"][3::2]} | set(late)
    return [d.name for d in debtors if d.name not in kept], [d.name for d in debtors if d.name in kept]


def _joiner_turns(debtors: Sequence[Debtor]) -> tuple[Turn, ...]:
    first, kept = _delegated(debtors, _JOINER_KEPT)
    return (
        Turn(184, DelegationKind.DELEGATE, tuple(first)),
        Turn(121, DelegationKind.DELEGATE, tuple(kept[1:3])),
        Turn(64, DelegationKind.DELEGATE, tuple(kept[4:5])),
        Turn(47, DelegationKind.WITHDRAW, ("Garage de la Lesse SRL",), reason="Accord trouvé avec le gérant"),
        Turn(
            9,
            DelegationKind.PAUSE,
            (DELCOURT,),
            pause_days=13,
            reason="« Plan de travail livré abîmé » : remplacement prévu",
        ),
    )


def _support_turns(debtors: Sequence[Debtor]) -> tuple[Turn, ...]:
    first, kept = _delegated(debtors, _SUPPORT_KEPT)
    return (
        Turn(172, DelegationKind.DELEGATE, tuple(first)),
        Turn(90, DelegationKind.DELEGATE, tuple(kept[:2])),
    )


PARTS: Final = (
    Part(
        JOINER,
        _JOINER_CLIENT,
        joiner_debtors,
        Shape(20_26, "F", "NC", "30_EOM", 4_950_00, 1.3, _SCRIPTS),
        _joiner_turns,
    ),
    Part(
        SUPPORT,
        _SUPPORT_CLIENT,
        support_debtors,
        Shape(11_22, "", "CN", "NET_30", 2_150_00, 1.1),
        _support_turns,
    ),
)
