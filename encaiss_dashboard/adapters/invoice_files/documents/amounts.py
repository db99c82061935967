"""The sums of a document, to the cent, and whether they go together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from encaiss_dashboard.adapters.invoice_files.documents.stated import Stated
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field
from encaiss_dashboard.domain.money import Money

_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
_EXAMPLE: Final = "1234.56"
_LARGEST_CENTS: Final = 10**12
# EXTENDED profiles let sums deviate by the roundings of their lines; their own rules check that.
_TOLERANT: Final = re.compile(r":extended(-ctc-fr)?$")
_WITHOUT_PAID: Final = re.compile(r":minimum$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sums:
    """Cents as stated, negative for what goes the other way.

    Attributes:
        total: what is owed before anything is paid: BT-112 and the rounding of BT-114.
        vat: BT-110, None when not stated.
        paid: BT-113, or what lies between the total and BT-115 where a profile knows no BT-113.
    """

    currency: str
    total: int
    vat: int | None
    paid: int | None

    def money(self) -> tuple[Money, Money | None, Money | None]:
        """Total, VAT and what was paid, in the direction of the total: positive for both kinds."""
        sign = -1 if self.total < 0 else 1
        return (
            Money(sign * self.total, self.currency),
            None if self.vat is None else Money(abs(self.vat), self.currency),
            None if self.paid is None else Money(sign * self.paid, self.currency),
        )


@dataclass(slots=True)
class Found:
    """The sums, None when a problem blocks them; problems have no line yet."""

    sums: Sums | None = None
    problems: list[Problem] = field(default_factory=list)


def read(stated: Stated, currency: str) -> Found:
    """The sums that a document states in its currency."""
    found = Found()

    def cents(about: Field, text: str) -> int | None:
        return _cents(found.problems, about, text)

    total = cents(Field.TOTAL, stated.total)
    vat, paid = cents(Field.VAT, stated.vat), cents(Field.PAID, stated.paid)
    rounding, payable = cents(Field.TOTAL, stated.rounding), cents(Field.OPEN, stated.payable)
    untaxed = cents(Field.TOTAL, stated.untaxed)
    if not stated.total:
        found.problems.append(Problem("total_missing", field=Field.TOTAL.value))
    if total is None or any(problem.blocks for problem in found.problems):
        return found
    found.problems += _disagreements(stated, total, untaxed, vat)
    owed = total + (rounding or 0)
    if rounding:
        facts = {"value": str(Money(total, currency)), "other": str(Money(owed, currency))}
        found.problems.append(Problem("total_rounded", field=Field.TOTAL.value, facts=facts, blocks=False))
    if paid is None and payable is not None and 0 <= payable < owed and _WITHOUT_PAID.search(stated.profile):
        paid = owed - payable
    found.problems += _payment(stated, owed, paid, payable)
    found.sums = Sums(currency, owed, vat, paid)
    return found


def _cents(problems: list[Problem], about: Field, text: str) -> int | None:
    if not text:
        return None
    facts = {"value": shown(text)}
    if not _PLAIN.fullmatch(text):
        problems.append(Problem("amount_unreadable", None, about.value, {**facts, "expected": _EXAMPLE}))
        return None
    exact = Decimal(text).scaleb(2)
    if exact != exact.to_integral_value():
        problems.append(Problem("amount_fraction", None, about.value, {**facts, "expected": _EXAMPLE}))
        return None
    if abs(exact) > _LARGEST_CENTS:
        problems.append(Problem("amount_absurd", None, about.value, facts))
        return None
    return int(exact)


def _disagreements(stated: Stated, total: int, untaxed: int | None, vat: int | None) -> list[Problem]:
    """BR-CO-15 by exact cents, also where no stylesheet checks it (ZUGFeRD 1)."""
    if untaxed is None or vat is None or untaxed + vat == total or _TOLERANT.search(stated.profile):
        return []
    message = f"{stated.untaxed} + {stated.vat} ≠ {stated.total} (BT-109 + BT-110 = BT-112)"
    return [Problem("rule_broken", facts={"rule": "BR-CO-15", "message": message})]


def _payment(stated: Stated, owed: int, paid: int | None, payable: int | None) -> list[Problem]:
    """BR-CO-16 by exact cents, and whether what was paid is a part of what is owed."""
    problems = []
    if payable is not None and owed - (paid or 0) != payable and not _TOLERANT.search(stated.profile):
        given = (stated.total, stated.paid or "0", stated.rounding or "0", stated.payable)
        message = "{} − {} + {} ≠ {} (BT-112 − BT-113 + BT-114 = BT-115)".format(*given)
        problems.append(Problem("rule_broken", facts={"rule": "BR-CO-16", "message": message}))
    settled = 0 if paid is None else paid if owed >= 0 else -paid
    facts = {"value": shown(stated.paid), "other": shown(stated.total)}
    if settled < 0:
        problems.append(Problem("paid_negative", None, Field.PAID.value, facts))
    elif settled > abs(owed):
        problems.append(Problem("paid_exceeds_total", None, Field.PAID.value, facts, blocks=False))
    return problems
