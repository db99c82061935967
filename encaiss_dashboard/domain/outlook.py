"""What is to come for a debtor: what a decision adds, from when the agency acts, with which message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind, DelegationState, status
from encaiss_dashboard.domain.dunning import (
    ORDINARY,
    Held,
    OpenInvoice,
    Plan,
    Planned,
    Standing,
    StepCode,
    next_action,
    plan_debtor,
)
from encaiss_dashboard.domain.money import Money

_ONE_DAY: Final = timedelta(days=1)
_UNDOES: Final = {
    DelegationKind.WITHDRAW: DelegationKind.DELEGATE,
    DelegationKind.RESUME: DelegationKind.PAUSE,
    DelegationKind.DELEGATE: DelegationKind.WITHDRAW,
}


def consequences(
    events: Sequence[DelegationEvent], event: DelegationEvent, today: date
) -> list[DelegationEvent]:
    """The facts that a decision adds to those known, in order; none when it changes nothing.

    A fact of a later day outweighs one of an earlier day, so a decision that is to undo another one
    still to come is repeated on that day: a withdrawal always undoes a delegation to come; resuming
    undoes a pause to come, and delegating a withdrawal to come, when there is nothing to change on
    their own day. A pause that is to end before the one that runs ends that one first.

    Args:
        events: known decisions in the order in which they were recorded.
        event: the new one.
        today: the day it is taken on.
    """
    added = []
    if event.kind is DelegationKind.PAUSE:
        added += [*_shortened(events, event), event]
    elif _differ(events, [*events, event]):
        added.append(event)
    if event.kind is DelegationKind.WITHDRAW or not added:
        undone = _UNDOES.get(event.kind)
        first = max(event.from_date, today)
        days = {e.from_date for e in events if e.kind is undone and e.from_date > first}
        added += [replace(event, from_date=day) for day in sorted(days)]
    return added if _differ(events, [*events, *added]) else []


def _shortened(events: Sequence[DelegationEvent], pause: DelegationEvent) -> Iterator[DelegationEvent]:
    before = status(events, pause.from_date)
    longer = before.paused_until is None or (pause.until or date.max) < before.paused_until
    if before.state is DelegationState.PAUSED and pause.until is not None and longer:
        yield DelegationEvent(DelegationKind.RESUME, pause.from_date)


def _differ(before: Sequence[DelegationEvent], after: Sequence[DelegationEvent]) -> bool:
    return any(status(before, day) != status(after, day) for day in turns(after))


def turns(events: Iterable[DelegationEvent]) -> set[date]:
    """The days on which anything may change."""
    days = set()
    for event in events:
        days.add(event.from_date)
        if event.until is not None:
            days.add(event.until + _ONE_DAY)
    return days


def next_change(events: Sequence[DelegationEvent], on: date) -> tuple[DelegationState, date] | None:
    """The first state after a date that differs from the one on it, and its first day, None without any."""
    now = status(events, on).state
    for day in sorted(turns(events)):
        if day > on and status(events, day).state is not now:
            return status(events, day).state, day
    return None


def acting_from(events: Sequence[DelegationEvent], on: date) -> date | None:
    """The first day, not before a date, on which the agency acts for a debtor; None when none is known."""
    days = sorted({on, *(day for day in turns(events) if day > on)})
    return next((day for day in days if status(events, day).state is DelegationState.DELEGATED), None)


def next_message(
    plan: Plan,
    events: Sequence[DelegationEvent],
    on: date,
    invoices: Sequence[OpenInvoice],
    *,
    credit: Sequence[Money] = (),
    last_contact: date | None = None,
    standing: Standing = ORDINARY,
) -> tuple[StepCode, date] | None:
    """The step and earliest day of the debtor's next message, if nothing is paid or decided until then.

    Args:
        plan: the plan of this debtor's client.
        events: the decisions about this debtor.
        on: first day considered.
        invoices: what is open, with the steps taken.
        credit: unallocated payments and credit notes, positive.
        last_contact: day of the last message other than a courtesy.
        standing: what else it depends on.
    """
    day = acting_from(events, on)
    while day is not None:
        found = _expected(plan, day, invoices, credit, last_contact, standing=standing)
        if found is None or status(events, found[1]).state is DelegationState.DELEGATED:
            return found
        day = acting_from(events, found[1])
    return None


def _expected(
    plan: Plan,
    on: date,
    invoices: Sequence[OpenInvoice],
    credit: Sequence[Money],
    last_contact: date | None,
    *,
    standing: Standing,
) -> tuple[StepCode, date] | None:
    found = next_action(plan, on, invoices, last_contact, standing)
    if found is None or not (credit or plan.minimum_cents):
        return found
    # While a credit covers what is late, or it is too little, nothing goes: look at each day on which more
    # becomes due.
    days = {found[1]}
    for item in invoices:
        days |= {item.invoice.due + _ONE_DAY}
        days |= {item.invoice.due + timedelta(days=step.days_late_min) for step in plan.steps}
        until = item.stop.facts.get("until") if item.stop else None
        days |= {until + _ONE_DAY} if isinstance(until, date) else set()
        days |= {done.on + timedelta(days=s.days_after_previous) for done in item.done for s in plan.steps}
    for day in sorted({plan.sending.next_open(d) for d in days if d >= found[1]}):
        result = plan_debtor(plan, day, _stopped_on(invoices, day), credit, last_contact, standing=standing)
        if isinstance(result, Planned):
            return result.step, day
    return None


def _stopped_on(invoices: Sequence[OpenInvoice], day: date) -> list[OpenInvoice]:
    """The same invoices on a later day, without the stops that have ended by then."""
    return [
        item if item.stop is None or _holds(item.stop, day) else replace(item, stop=None) for item in invoices
    ]


def _holds(stop: Held, day: date) -> bool:
    until = stop.facts.get("until")
    return not isinstance(until, date) or day <= until
