"""Late interest: the rates as dated data with their sources, and simple interest over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.money import Money, round_cents

LATE_INDEMNITY: Final = Money(40_00)
"""Per late invoice between businesses: BE law of 2 August 2002, art. 6; FR D441-5 (CJEU C-585/20)."""

_ONE_DAY: Final = timedelta(days=1)
_YEAR_DAYS: Final = 365
_PERCENT: Final = 100
_CENTS: Final = 100


class RateUnknown(Refusal):
    """Interest on a day for which no rate is known; facts ``day``, ``first_day``, ``last_day`` (ISO)."""

    code = "rate_unknown"


class Regime(StrEnum):
    """Which law sets the rate."""

    BE_B2B = "be-b2b"
    """Belgian business debtor: law of 2 August 2002, from the day after the due date."""
    FR_B2B = "fr-b2b"
    """French business debtor: Code de commerce L441-10, ECB rate + 10 points."""
    BE_B2C = "be-b2c"
    """Belgian consumer: at most the rate of ``BE_B2B``, from the day that ``consumer`` tells."""


class Evidence(StrEnum):
    """How well a figure is established; a screen that shows anything but H says so."""

    HIGH = "H"
    """Official text, or two sources that agree."""
    MEDIUM = "M"
    """One secondary source, or derived."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The yearly rate of one semester, or of one year for the civil rate.

    Attributes:
        first_day: first day it holds.
        last_day: last day it holds, inclusive.
        percent: per year, 10.5 for 10.5 %.
        source: where the figure comes from.
        evidence: how well it is established.
        published: False while the official notice has not been seen.
    """

    first_day: date
    last_day: date
    percent: Decimal
    source: str
    evidence: Evidence = Evidence.HIGH
    published: bool = True


@dataclass(frozen=True, slots=True)
class Balance:
    """A principal that stayed the same for some days.

    Attributes:
        principal: not negative.
        since: last day before them.
        until: the last of them.
    """

    principal: Money
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Period:
    """Days of interest at one rate on one principal.

    Attributes:
        principal: what bore interest.
        first_day: first day that bears interest.
        last_day: last day that bears interest, inclusive.
        rate: the rate of these days, with its source.
        unrounded: interest of these days in major units, not rounded.
    """

    principal: Money
    first_day: date
    last_day: date
    rate: Rate
    unrounded: Decimal

    @property
    def days(self) -> int:
        """Calendar days in the period."""
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True)
class InterestResult:
    """Interest to the cent, and how it came about.

    Attributes:
        amount: rounded once, half up, over the sum of all periods.
        periods: in order of time, one per semester touched and principal; empty when nothing was late.
    """

    amount: Money
    periods: tuple[Period, ...]

    @property
    def days(self) -> int:
        """Calendar days that bear interest."""
        return sum(period.days for period in self.periods)


class Order(StrEnum):
    """What a part payment settles first; a setting of the client's terms."""

    ACCESSORIES_FIRST = "accessories_first"
    """Interest, then costs, then principal: the law where nothing else was agreed."""
    PRINCIPAL_FIRST = "principal_first"
    """Principal, then interest, then costs."""


@dataclass(frozen=True, slots=True)
class PartPayment:
    """What one payment settled.

    Attributes:
        interest: part that settled interest.
        costs: part that settled the indemnity and other costs.
        principal: part that settled principal.
        balance: principal still owed, on which interest runs on.
        surplus: what was paid beyond everything owed.
    """

    interest: Money
    costs: Money
    principal: Money
    balance: Money
    surplus: Money


def interest(principal: Money, due: date, paid: date, regime: Regime) -> InterestResult:
    """Simple interest from the day after the due date up to and including the day of payment.

    Actual/365 fixed; each day bears the rate of its semester; rounded once at the end (RULES §3).

    Args:
        principal: what was late, not negative.
        due: last day without interest. For ``BE_B2C`` it is not the invoice's due date: use
            :func:`encaiss_dashboard.domain.consumer.consumer_interest`.
        paid: day of payment, or the day as of which interest is asked; not after ``due`` gives nothing.
        regime: whose rates.

    Raises:
        RateUnknown: a day outside the known rates.
    """
    return accrue(principal, due, paid, RATES[regime])


def accrue(principal: Money, since: date, until: date, rates: Sequence[Rate]) -> InterestResult:
    """Simple interest, actual/365, on the days after ``since`` up to and including ``until``.

    Args:
        principal: not negative.
        since: last day without interest.
        until: last day with interest.
        rates: in order of time and without gaps, such as :data:`BE_CIVIL_RATES`.

    Raises:
        RateUnknown: a day outside the rates.
    """
    return accrue_all([Balance(principal, since, until)], rates, principal.currency)


def accrue_all(balances: Sequence[Balance], rates: Sequence[Rate], currency: str) -> InterestResult:
    """The same over a principal that changed: rounded once, over all of its days.

    Raises:
        RateUnknown: a day outside the rates.
    """
    periods: list[Period] = []
    # One division of the exact sum, so that half a cent stays exactly half a cent.
    points = Decimal(0)
    for balance in balances:
        assert balance.principal.cents >= 0, "interest runs on what is owed"
        if balance.until <= balance.since:
            continue
        _refuse_unknown(balance.since + _ONE_DAY, balance.until, rates)
        found = list(_periods(balance.principal, balance.since + _ONE_DAY, balance.until, rates))
        points += sum((balance.principal.cents * one.rate.percent * one.days for one in found), Decimal(0))
        periods += found
    cents = round_cents(points / (_CENTS * _PERCENT * _YEAR_DAYS))
    return InterestResult(Money(cents, currency), tuple(periods))


def late_indemnity(due: date, paid: date) -> Money:
    """EUR 40 for one invoice that a business pays after its due date, otherwise nothing."""
    return LATE_INDEMNITY if paid > due else Money(0)


def settle_part_payment(
    payment: Money,
    principal: Money,
    interest_due: Money,
    costs_due: Money | None = None,
    order: Order = Order.ACCESSORIES_FIRST,
) -> PartPayment:
    """Divide a payment over what is owed on its day; the parts and the surplus add up to it.

    Interest and costs come first unless the client's terms say otherwise (RULES §3).

    Args:
        payment: what came in, not negative.
        principal: principal owed.
        interest_due: interest run up to that day and not yet paid.
        costs_due: indemnity and costs not yet paid, none by default.
        order: what is settled first.
    """
    assert payment.cents >= 0, "a reversal is undone by its own allocation"
    owed = {
        "interest": interest_due,
        "costs": Money(0, payment.currency) if costs_due is None else costs_due,
        "principal": principal,
    }
    first = ("principal", "interest", "costs") if order is Order.PRINCIPAL_FIRST else tuple(owed)
    settled: dict[str, Money] = {}
    for name in first:
        settled[name] = min(payment, owed[name])
        payment -= settled[name]
    return PartPayment(**settled, balance=principal - settled["principal"], surplus=payment)


def _share(principal: Money, percent_days: Decimal) -> Decimal:
    return principal.cents * percent_days / (_CENTS * _PERCENT * _YEAR_DAYS)


def _periods(principal: Money, first: date, last: date, rates: Sequence[Rate]) -> Iterator[Period]:
    for rate in rates:
        start, end = max(first, rate.first_day), min(last, rate.last_day)
        if start <= end:
            days = (end - start).days + 1
            yield Period(principal, start, end, rate, _share(principal, rate.percent * days))


def _refuse_unknown(first: date, last: date, rates: Sequence[Rate]) -> None:
    known_first, known_last = rates[0].first_day, rates[-1].last_day
    unknown = first if first < known_first else last if last > known_last else None
    if unknown is not None:
        raise RateUnknown(
            day=unknown.isoformat(), first_day=known_first.isoformat(), last_day=known_last.isoformat()
        )


def _semesters(
    first: tuple[int, int],
    last: tuple[int, int],
    percent: str,
    source: str,
    evidence: Evidence = Evidence.HIGH,
    *,
    published: bool = True,
) -> list[Rate]:
    """One rate for each semester of a run, both ends included; a semester is (year, 1 or 2)."""
    return [
        Rate(
            date(year, 6 * half - 5, 1),
            date(year, 6, 30) if half == 1 else date(year, 12, 31),
            Decimal(percent),
            source,
            evidence,
            published,
        )
        for year in range(first[0], last[0] + 1)
        for half in (1, 2)
        if first <= (year, half) <= last
    ]


_BE_LAW: Final = "BE law of 2 August 2002, art. 5, semester notice"
_BE_SECOND_HAND: Final = "BE law of 2 August 2002, art. 5, one secondary source"
_BE_DERIVED: Final = "ECB 2.40 + 8 points, rounded up to half a point; official notice not seen"
_FR_LAW: Final = "FR Code de commerce L441-10, ECB rate + 10 points, one secondary source"
_CIVIL_LAW: Final = "BE law of 5 May 1865, art. 2, yearly notice"

_BE_RATES: Final = (
    *_semesters((2013, 2), (2016, 1), "8.5", _BE_LAW),
    *_semesters((2016, 2), (2022, 2), "8", _BE_LAW),
    *_semesters((2023, 1), (2023, 1), "10.5", _BE_LAW),
    *_semesters((2023, 2), (2023, 2), "12", _BE_SECOND_HAND, Evidence.MEDIUM),
    *_semesters((2024, 1), (2024, 2), "12.5", _BE_LAW),
    *_semesters((2025, 1), (2025, 1), "11.5", _BE_LAW),
    *_semesters((2025, 2), (2026, 1), "10.5", _BE_LAW),
    *_semesters((2026, 2), (2026, 2), "10.5", _BE_DERIVED, Evidence.MEDIUM, published=False),
)
_FR_RATES: Final = (
    *_semesters((2026, 1), (2026, 1), "12.15", _FR_LAW, Evidence.MEDIUM),
    *_semesters((2026, 2), (2026, 2), "12.40", _FR_LAW, Evidence.MEDIUM),
)

RATES: Final[Mapping[Regime, Sequence[Rate]]] = {
    Regime.BE_B2B: _BE_RATES,
    Regime.BE_B2C: _BE_RATES,
    Regime.FR_B2B: _FR_RATES,
}
"""Rates per regime, one a semester, in order of time and without gaps."""

BE_CIVIL_RATES: Final[Sequence[Rate]] = tuple(
    Rate(date(year, 1, 1), date(year, 12, 31), Decimal(percent), _CIVIL_LAW)
    for year, percent in (
        (2019, "2.00"),
        (2020, "1.75"),
        (2021, "1.75"),
        (2022, "1.50"),
        (2023, "5.25"),
        (2024, "5.75"),
        (2025, "4.50"),
        (2026, "4.50"),
    )
)
"""Belgian legal rate in civil matters: all that is left when a consumer's clause counts as unwritten."""
