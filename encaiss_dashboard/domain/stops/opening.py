"""From what somebody asks for to a stop, or to a refusal that says what has to be mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.dunning import OpenInvoice
from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.stops.facts import DisputeReason, InsolvencyKind
from encaiss_dashboard.domain.stops.held import Stops
from encaiss_dashboard.domain.stops.kinds import (
    GRACE_BANK_DAYS,
    Dispute,
    Insolvency,
    Instalment,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    Stop,
)

INSTALMENTS_MAX: Final = 60
PROMISED_AHEAD_MAX: Final = timedelta(days=366)
_AHEAD_MAX: Final = timedelta(days=5 * 366)
_ASKED_AGO_MAX: Final = timedelta(days=366)
_DAYS_MAX: Final = 30


class NothingToStop(Refusal):
    """No open invoice was chosen."""

    code = "stop_nothing"


class SeveralCurrencies(Refusal):
    """Money of one currency was promised for invoices of several."""

    code = "stop_currencies"


class AmountOutside(Refusal):
    """Not between a cent and what is open; fact ``most``: the latter."""

    code = "stop_amount"


class DayOutside(Refusal):
    """A day that has passed, or one too far away."""

    code = "stop_day"


class ScheduleOff(Refusal):
    """Instalments that are not in order, too many, or do not add up; facts ``sum`` and ``due``."""

    code = "stop_schedule"


class AlreadyStopped(Refusal):
    """The same is known of one of these invoices already; fact ``number``."""

    code = "stop_there"


Chosen = tuple[int, ...] | None
"""Ids of open invoices; None for all that is open on the day."""


@dataclass(frozen=True, slots=True)
class NewDispute:
    """A debtor contests invoices."""

    invoice_ids: Chosen
    reason: DisputeReason


@dataclass(frozen=True, slots=True)
class NewPromise:
    """A debtor promises to pay by a day; ``amount_cents`` None for all that is open of the invoices."""

    invoice_ids: Chosen
    promised: date
    amount_cents: int | None = None
    grace_bank_days: int = GRACE_BANK_DAYS


@dataclass(frozen=True, slots=True)
class NewPlan:
    """What is open of invoices is to be paid in parts; see :class:`InstalmentPlan`."""

    invoice_ids: Chosen
    instalments: tuple[Instalment, ...]
    tolerance_days: int = 5
    reminder_days: int = 3


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A debtor asked for a plan of instalments on a day, None for today."""

    invoice_ids: Chosen
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class NewPause:
    """Invoices are to wait until a day, None for further notice."""

    invoice_ids: Chosen
    until: date | None = None


@dataclass(frozen=True, slots=True)
class NewInsolvency:
    """A debtor is in proceedings since a day, None for today."""

    proceedings: InsolvencyKind
    from_date: date | None = None


NewStop = NewDispute | NewPromise | NewPlan | NewRequest | NewPause | NewInsolvency


def stop_for(asked: NewStop, owed: Sequence[OpenInvoice], stops: Stops, today: date) -> Stop:
    """The stop that is asked for.

    Args:
        asked: by whom may.
        owed: the debtor's open invoices.
        stops: what stops already.
        today: the day it is asked on.

    Raises:
        NotFound: an invoice that is not open, or not this debtor's.
        NothingToStop, SeveralCurrencies, AmountOutside, DayOutside, ScheduleOff, AlreadyStopped: as they say.
    """
    if isinstance(asked, NewInsolvency):
        first = _not_after(asked.from_date, today, _AHEAD_MAX)
        stop: Stop = Insolvency(asked.proceedings, first)
        if stops.of_debtor(today) is not None:
            raise AlreadyStopped(number="–")
        return stop
    items = chosen(asked.invoice_ids, owed)
    ids = frozenset(item.invoice.id for item in items)
    match asked:
        case NewDispute():
            stop = Dispute(ids, asked.reason, today)
        case NewPromise():
            stop = _promise(asked, items, today)
        case NewPlan():
            stop = _plan(asked, items, today)
        case NewRequest():
            stop = PlanRequest(ids, _not_after(asked.asked_on, today, _ASKED_AGO_MAX))
        case NewPause():
            if asked.until is not None and not today <= asked.until <= today + _AHEAD_MAX:
                raise DayOutside
            stop = InvoicePause(ids, today, asked.until)
    _refuse_twice(stop, items, stops, today)
    return stop


def chosen(invoice_ids: Chosen, owed: Sequence[OpenInvoice]) -> list[OpenInvoice]:
    """The open invoices of these ids.

    Raises:
        NothingToStop: none.
        NotFound: one that is not open, or not this debtor's.
    """
    items: Mapping[int, OpenInvoice] = {item.invoice.id: item for item in owed}
    wanted = set(items if invoice_ids is None else invoice_ids)
    if not wanted <= items.keys():
        raise NotFound
    if not wanted:
        raise NothingToStop
    return [item for key, item in items.items() if key in wanted]


def open_of(items: Sequence[OpenInvoice]) -> Money:
    """What is open of invoices of one currency.

    Raises:
        SeveralCurrencies: they are of several.
    """
    currencies = {item.open.currency for item in items}
    if len(currencies) > 1:
        raise SeveralCurrencies
    return Money.total((item.open for item in items), currencies.pop())


def _promise(asked: NewPromise, items: Sequence[OpenInvoice], today: date) -> Promise:
    most = open_of(items)
    amount = most.cents if asked.amount_cents is None else asked.amount_cents
    if not 0 < amount <= most.cents:
        raise AmountOutside(most=f"{most} {most.currency}")
    if (
        not today <= asked.promised <= today + PROMISED_AHEAD_MAX
        or not 0 <= asked.grace_bank_days <= _DAYS_MAX
    ):
        raise DayOutside
    ids = frozenset(item.invoice.id for item in items)
    return Promise(ids, amount, most.cents - amount, today, asked.promised, asked.grace_bank_days)


def _plan(asked: NewPlan, items: Sequence[OpenInvoice], today: date) -> InstalmentPlan:
    due = open_of(items)
    parts = asked.instalments
    days = [part.due for part in parts]
    total = sum(part.cents for part in parts)
    well = 0 < len(parts) <= INSTALMENTS_MAX and days == sorted(set(days))
    if not well or min(part.cents for part in parts) <= 0 or total != due.cents:
        raise ScheduleOff(sum=f"{Money(total, due.currency)} {due.currency}", due=f"{due} {due.currency}")
    spare = (asked.tolerance_days, asked.reminder_days)
    if not today <= days[0] or days[-1] > today + _AHEAD_MAX or not all(0 <= n <= _DAYS_MAX for n in spare):
        raise DayOutside
    return InstalmentPlan(frozenset(item.invoice.id for item in items), parts, today, *spare)


def _not_after(day: date | None, today: date, ago: timedelta) -> date:
    if day is not None and not today - ago <= day <= today:
        raise DayOutside
    return day or today


def _refuse_twice(stop: Stop, items: Sequence[OpenInvoice], stops: Stops, today: date) -> None:
    """One promise of two days for the same invoice would be kept and broken at once."""
    for one in stops.known:
        standing = one.standing(stops.balances, today)
        if one.kind is stop.kind and standing is not None and standing.holds and one.invoices & stop.invoices:
            numbers = [item.invoice.number for item in items if item.invoice.id in one.invoices]
            raise AlreadyStopped(number=", ".join(numbers[:3]))
