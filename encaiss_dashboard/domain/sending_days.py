"""On which days messages leave: days of the week, public holidays, and the weeks in which a trade rests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.workdays import public_holidays

COUNTRIES: Final = ("BE", "FR", "NL", "LU", "DE")
"""Those whose public holidays may be kept."""
WEEK: Final = frozenset(range(7))
_ONE_DAY: Final = timedelta(days=1)
_LEAP: Final = 2024
_YEARS_LOOKED: Final = 366 * 2


@dataclass(frozen=True, slots=True, order=True)
class DayOfYear:
    """A day that comes every year; 29 February stands for the last day of that month."""

    month: int
    day: int

    def __post_init__(self) -> None:
        """Refuse a day that no year has."""
        date(_LEAP, self.month, self.day)

    @classmethod
    def of(cls, day: date) -> DayOfYear:
        """The day of the year on which a date falls."""
        return cls(day.month, day.day)


@dataclass(frozen=True, slots=True)
class Closure:
    """Days of every year on which nothing leaves, both ends included; it may run over the new year."""

    first: DayOfYear
    last: DayOfYear

    def holds(self, on: date) -> bool:
        """Whether a date is in it."""
        day = DayOfYear.of(on)
        if self.first <= self.last:
            return self.first <= day <= self.last
        return day >= self.first or day <= self.last


@dataclass(frozen=True, slots=True)
class SendingDays:
    """When messages of a plan may leave.

    Attributes:
        weekdays: 0 for Monday to 6 for Sunday.
        country: whose public holidays are kept, "" for none.
        closures: such as builders' leave or the days around Christmas.
    """

    weekdays: frozenset[int] = WEEK
    country: str = ""
    closures: tuple[Closure, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what leaves no day, or names a country whose holidays are not kept here."""
        if not self.weekdays <= WEEK:
            raise ValueError(f"not days of the week: {sorted(self.weekdays - WEEK)}")
        if self.country and self.country not in COUNTRIES:
            raise ValueError(f"no holidays of {self.country!r}")
        start = date(_LEAP, 1, 1)
        if not any(self.is_open(start + timedelta(days=n)) for n in range(366)):
            raise ValueError("no day is left on which anything may leave")

    def is_open(self, on: date) -> bool:
        """Whether messages leave on a date."""
        if on.weekday() not in self.weekdays or any(closure.holds(on) for closure in self.closures):
            return False
        return not self.country or on not in public_holidays(self.country, on.year)

    def next_open(self, on: date) -> date:
        """The first date from this one on, on which messages leave."""
        if self == EVERY_DAY:
            return on
        for _ in range(_YEARS_LOOKED):
            if self.is_open(on):
                return on
            on += _ONE_DAY
        raise ValueError(f"no sending day within two years of {on}")

    def last_open(self, on: date) -> date:
        """The last date up to this one on which messages leave."""
        if self == EVERY_DAY:
            return on
        for _ in range(_YEARS_LOOKED):
            if self.is_open(on):
                return on
            on -= _ONE_DAY
        raise ValueError(f"no sending day within two years before {on}")


EVERY_DAY: Final = SendingDays()
