"""Public holidays, working days, and the free period that a consumer's first reminder opens."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

import holidays

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)
_WAITING_DAYS: Final = 14
_POSTAL_WORKDAYS: Final = 3
# Feasts that the library lists and the law does not (royal decree of 18 April 1974, art. 1): always Sundays.
_NOT_STATUTORY: Final = frozenset({"Easter Sunday", "Pentecost"})


class Channel(StrEnum):
    """How a debtor is reached."""

    EMAIL = "email"
    POST = "post"
    REGISTERED = "registered"
    """A registered letter: by post, with proof of sending."""
    CALL = "call"
    SMS = "sms"

    @property
    def in_writing(self) -> bool:
        """Whether it can carry all that a consumer's first reminder has to say, and be proved."""
        return self in {Channel.EMAIL, Channel.POST, Channel.REGISTERED}

    @property
    def on_paper(self) -> bool:
        """Whether it travels by post."""
        return self in {Channel.POST, Channel.REGISTERED}


class WaitingPeriod(NamedTuple):
    """The free period after a consumer's first reminder.

    Attributes:
        last_day: last day on which paying costs nothing more.
        first_day_with_charges: the next day.
    """

    last_day: date
    first_day_with_charges: date


@cache
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The national public holidays of one year; ``BE`` gives the ten of RULES §4, ``FR`` its eleven.

    Raises:
        NotImplementedError: a country that the holidays library does not know.
    """
    named = holidays.country_holidays(country, years=year, language="en_US")
    return frozenset(day for day, name in named.items() if name not in _NOT_STATUTORY)


def is_workday(day: date, country: str = "BE") -> bool:
    """Whether a day is neither a Saturday, a Sunday nor a public holiday (RULES §4)."""
    return day.weekday() < _SATURDAY and day not in public_holidays(country, day.year)


def waiting_period(sent: date, channel: Channel) -> WaitingPeriod:
    """The 14 free calendar days after a consumer's first reminder (Code of economic law, art. XIX.2).

    By post day 1 is the third working day after sending, by e-mail the next calendar day. A last day
    that is no working day rolls to the next one.
    """
    first = sent + _ONE_DAY
    if channel.on_paper:
        first = _nth_workday_after(sent, _POSTAL_WORKDAYS)
    last = first + timedelta(days=_WAITING_DAYS - 1)
    while not is_workday(last):
        last += _ONE_DAY
    return WaitingPeriod(last, last + _ONE_DAY)


def _nth_workday_after(day: date, n: int) -> date:
    while n:
        day += _ONE_DAY
        n -= is_workday(day)
    return day
