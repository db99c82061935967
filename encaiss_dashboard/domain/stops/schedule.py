"""Instalments worked out: equal parts of what is owed that add up to the cent."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.stops.kinds import Instalment

_WEEK: Final = timedelta(days=7)
_MONTHS: Final = 12


class Rhythm(StrEnum):
    """How far apart instalments are."""

    WEEKLY = "weekly"
    MONTHLY = "monthly"


def equal_parts(cents: int, n: int, first: date, rhythm: Rhythm) -> tuple[Instalment, ...]:
    """So many parts that differ by a cent at most, the greater ones first.

    By months each falls on the first one's day of the month, or on the last day of a shorter month.

    Raises:
        ValueError: fewer cents than parts, or no part at all.
    """
    if not 0 < n <= cents:
        raise ValueError(f"{cents} cents cannot be paid in {n} parts")
    part, more = divmod(cents, n)
    return tuple(Instalment(_nth(first, k, rhythm), part + (k < more)) for k in range(n))


def _nth(first: date, k: int, rhythm: Rhythm) -> date:
    if rhythm is Rhythm.WEEKLY:
        return first + k * _WEEK
    years, month = divmod(first.month - 1 + k, _MONTHS)
    year = first.year + years
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))
