"""How long personal data is kept: what the agency may choose, and the least that the law asks for.

Sources: GDPR art. 5(1)(e), storage limitation, and art. 33(5), proof of what happened to data; Belgian VAT
code art. 60 §4, ten years from the 1st of January after the date of an invoice (law of 20 November 2022);
old Civil Code art. 2262bis, ten years for personal actions, and art. 2272, one year for what a merchant
sells to consumers.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final


class Keep(StrEnum):
    """What a period is set for. Each has its words in the catalogue under ``privacy.keep_``."""

    MESSAGES = "messages"
    SIGN_INS = "sign_ins"
    UPLOADS = "uploads"
    FILES = "files"
    DEBTORS = "debtors"


class Unit(StrEnum):
    """What a period is counted in. Each has its words in the catalogue under ``privacy.unit_``."""

    DAYS = "days"
    MONTHS = "months"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the agency may choose for one kind of data.

    Attributes:
        default: while nobody chose.
        minimum: the least that the law named under ``privacy.least_`` allows.
        maximum: beyond it nothing needs the data any more.
    """

    unit: Unit
    default: int
    minimum: int
    maximum: int


RULES: Final[Mapping[Keep, Rule]] = {
    Keep.MESSAGES: Rule(Unit.MONTHS, 120, 12, 120),
    Keep.SIGN_INS: Rule(Unit.MONTHS, 12, 1, 24),
    Keep.UPLOADS: Rule(Unit.DAYS, 30, 7, 365),
    Keep.FILES: Rule(Unit.MONTHS, 24, 1, 120),
    Keep.DEBTORS: Rule(Unit.YEARS, 10, 10, 15),
}


# Answers to a client's software, for when it asks the same thing again.
ANSWERS_KEPT: Final = timedelta(days=30)


def chosen(stored: Mapping[str, object]) -> dict[Keep, int]:
    """Every period as it holds, from what was stored of the choices; a lost or odd one is the default."""
    periods = {}
    for keep, rule in RULES.items():
        value = stored.get(keep.value)
        fits = isinstance(value, int) and rule.minimum <= value <= rule.maximum
        periods[keep] = value if fits and isinstance(value, int) else rule.default
    return periods


def start(today: date, keep: Keep, period: int) -> date:
    """First day that is still within its time; what is older has to go.

    Years are calendar years after the one of the fact, as the VAT code counts them.
    """
    match RULES[keep].unit:
        case Unit.DAYS:
            return today - timedelta(days=period)
        case Unit.MONTHS:
            year, month = divmod(today.year * 12 + today.month - 1 - period, 12)
            return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))
        case Unit.YEARS:
            return date(today.year - period, 1, 1)


def end(fact: date, keep: Keep, period: int) -> date:
    """Last day on which a fact is kept."""
    match RULES[keep].unit:
        case Unit.DAYS:
            return fact + timedelta(days=period)
        case Unit.MONTHS:
            year, month = divmod(fact.year * 12 + fact.month - 1 + period, 12)
            return date(year, month + 1, min(fact.day, monthrange(year, month + 1)[1]))
        case Unit.YEARS:
            return date(fact.year + period, 12, 31)
