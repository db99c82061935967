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
_SCRIPTS: Final = (
    Script(BRASSERIE, 71, 12_480_00, part_days_ago=26, part_cents=3_000_00),
    Script(BRASSERIE, 41, 5_610_00),
    Script(BRASSERIE, 11, 3_150_00),
    Script(VAN_ACKER, 38, 8_965_50),
    Script(VAN_ACKER, 23, 3_950_00),
    Script(CLINIQUE, 24, 9_480_00),
    Script(DELCOURT, 19, 7_202_30),
    Script(IMMO, 12, 6_150_00),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One client's part in the demo; ``details`` are its master data."""

    slug: str
    details: dict[str, Any]
    debtors: Callable[[], Sequence[Debtor]]
    shape: Shape
    turns: Callable[[Sequence[Debtor]], tuple[Turn, ...]]


def _joiner_turns(debtors: Sequence[Debtor]) -> tuple[Turn, ...]:
    """Two thirds at first, a few later; a pause for a dispute, and one taken back."""
    kept = tuple(d.name for i, d in enumerate(debtors) if i % 3 == 2 and i > 4)  # noqa: PLR2004 - the named ones
    later = kept[1:10:4]
    first = tuple(d.name for d in debtors if d.name not in kept)
    delegate = DelegationKind.DELEGATE
    return (
        Turn(184, delegate, first),
        Turn(121, delegate, later[:2]),
        Turn(64, delegate, later[2:]),
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
    kept = tuple(d.name for i, d in enumerate(debtors) if i % 3 == 1)
    first = tuple(d.name for d in debtors if d.name not in kept)
    delegate = DelegationKind.DELEGATE
    return (Turn(172, delegate, first), Turn(90, delegate, kept[:2]))


PARTS: Final = (
    Part(
        JOINER,
        _JOINER_CLIENT,
        joiner_debtors,
        Shape(20_26, "F", "NC", "30_EOM", 4_900_00, _SCRIPTS),
        _joiner_turns,
    ),
    Part(
        SUPPORT,
        _SUPPORT_CLIENT,
        support_debtors,
        Shape(11_22, "", "CN", "NET_30", 1_650_00),
        _support_turns,
    ),
)
