"""Days on which banks settle: the calendar of T2, the Eurosystem's own (ECB, formerly TARGET)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import Final

import holidays

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


@cache
def _closing_days(year: int) -> frozenset[date]:
    """1 January, Good Friday, Easter Monday, 1 May, 25 and 26 December."""
    return frozenset(holidays.financial_holidays("XECB", years=year))


def is_bank_day(day: date) -> bool:
    """Whether payments in euro are settled on a day."""
    return day.weekday() < _SATURDAY and day not in _closing_days(day.year)


def bank_days_after(day: date, n: int) -> date:
    """The n-th bank day after a day; the day itself for 0, whatever it is."""
    while n > 0:
        day += _ONE_DAY
        n -= is_bank_day(day)
    return day
