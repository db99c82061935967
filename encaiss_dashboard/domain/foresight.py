"""The nights to come of one debtor, played forward as if nothing were paid or decided until then.

Every night asks the same question as the nightly run does; nothing here knows a rule of the plan. What is
known is only on which days an answer can change by itself, so that the nights between need not be asked.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final

from encaiss_dashboard.domain.dunning import (
    ORDINARY,
    Held,
    OpenInvoice,
    Plan,
    Planned,
    Standing,
    StepCode,
    StepDone,
    lawful_from,
)
from encaiss_dashboard.domain.sending_days import EVERY_DAY, SendingDays
from encaiss_dashboard.domain.workdays import Channel

_ONE_DAY: Final = timedelta(days=1)

Night = Callable[[date, Sequence[OpenInvoice], date | None], Planned | Held | None]
"""What one debtor is sent on a night: the day, what is open then, the day of the last message."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A message to come.

    Attributes:
        on: the night it goes.
        planned: the message.
        before: what was open before it, with the steps taken until then.
    """

    on: date
    planned: Planned
    before: tuple[OpenInvoice, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nights in a row on which a message that is due stays for one reason.

    Attributes:
        first, last: both included; the last one may only be the end of what was asked for.
        held: the reason with the facts of the last of these nights.
    """

    first: date
    last: date
    held: Held


@dataclass(frozen=True, slots=True)
class Foresight:
    """What the nights of a period hold for one debtor.

    Attributes:
        messages, waits: by day.
        invoices: what is open after the last night, with all steps taken by then.
        last_contact: day of the last message other than a courtesy by then.
    """

    messages: tuple[Dated, ...]
    waits: tuple[Wait, ...]
    invoices: tuple[OpenInvoice, ...]
    last_contact: date | None


@dataclass(frozen=True, slots=True)
class Span:
    """Nights from the first to the last, both included."""

    first: date
    last: date


def play(
    night: Night,
    plan: Plan,
    span: Span,
    invoices: Sequence[OpenInvoice],
    last_contact: date | None,
    *,
    standing: Standing = ORDINARY,
    channel: Channel = Channel.EMAIL,
    turns: Iterable[date] = (),
) -> Foresight:
    """Play the nights of a span.

    Args:
        night: asked on each night that may answer otherwise than the one before.
        plan: whose days the steps, the distance between messages and the sending days are read from.
        span: its first night is played on ``invoices`` as they are.
        invoices: what is open on the first night.
        last_contact: day of the last message other than a courtesy, None when there was none.
        standing: of the debtor, for the days that the law adds.
        channel: how its messages go.
        turns: further days on which an answer may change, such as the first day of a delegation.
    """
    items, outside = tuple(invoices), sorted({*turns, *_boundaries(plan.sending, span)})
    messages: list[Dated] = []
    waits: list[Wait] = []
    on, own = span.first, _own_turns(plan, items, last_contact, standing)
    while on <= span.last:
        result = night(on, _as_of(items, on), last_contact)
        if isinstance(result, Planned):
            messages.append(Dated(on, result, items))
            items = _stepped(items, result, on, channel)
            last_contact = last_contact if result.step is StepCode.COURTESY else on
            own = _own_turns(plan, items, last_contact, standing)
            on += _ONE_DAY
            continue
        until = _next(on, span, own, outside, [] if result is None else _ends(result))
        if result is not None:
            _wait(waits, Wait(on, until - _ONE_DAY, result))
        on = until
    return Foresight(tuple(messages), tuple(waits), items, last_contact)


def _next(on: date, span: Span, *turns: Sequence[date]) -> date:
    """The first turn after a night, at the latest the day after the span; each list is sorted."""
    found = [days[place] for days in turns if (place := bisect_right(days, on)) < len(days)]
    return min([*found, span.last + _ONE_DAY])


def _wait(waits: list[Wait], more: Wait) -> None:
    """One more wait, or a longer last one."""
    last = waits[-1] if waits else None
    if last and last.held.reason is more.held.reason and last.last + _ONE_DAY == more.first:
        waits[-1] = Wait(last.first, more.last, more.held)
    else:
        waits.append(more)


def _ends(held: Held) -> list[date]:
    until = held.facts.get("until")
    return [until, until + _ONE_DAY] if isinstance(until, date) else []


def _as_of(items: Sequence[OpenInvoice], on: date) -> Sequence[OpenInvoice]:
    """The invoices with the stops that still hold on a night."""
    if all(item.stop is None for item in items):
        return items
    return [replace(item, stop=None) if _is_over(item.stop, on) else item for item in items]


def _is_over(stop: Held | None, on: date) -> bool:
    until = stop.facts.get("until") if stop else None
    return isinstance(until, date) and until < on


def _stepped(
    items: Sequence[OpenInvoice], sent: Planned, on: date, channel: Channel
) -> tuple[OpenInvoice, ...]:
    taken = {line.invoice.id: StepDone(line.step, on, channel) for line in sent.lines if line.step}
    return tuple(
        replace(item, done=(*item.done, step)) if (step := taken.get(item.invoice.id)) else item
        for item in items
    )


def _own_turns(
    plan: Plan, items: Iterable[OpenInvoice], last_contact: date | None, standing: Standing
) -> list[date]:
    """The days on which a debtor's own dates change what it is sent."""
    days = {last_contact + timedelta(days=plan.contact_gap_days)} if last_contact else set[date]()
    for item in items:
        days.update(_of_invoice(item.plan or plan, item))
        if standing.consumer and item.done:
            days.add(lawful_from(item.done, standing))
    return sorted(days)


def _of_invoice(plan: Plan, item: OpenInvoice) -> Iterator[date]:
    due, taken = item.invoice.due, max((done.on for done in item.done), default=None)
    highest = max((done.code.rank for done in item.done), default=-1)
    yield due + _ONE_DAY
    for step in plan.steps:
        if step.code.rank <= highest:
            continue
        yield due + timedelta(days=step.days_late_min)
        if step.days_late_max is not None:
            yield due + timedelta(days=step.days_late_max + 1)
        if taken is not None:
            yield taken + timedelta(days=step.days_after_previous)
    if item.stop is not None:
        yield from _ends(item.stop)


@lru_cache(maxsize=64)
def _boundaries(sending: SendingDays, span: Span) -> tuple[date, ...]:
    """The days of a span on which messages begin or cease to leave."""
    if sending == EVERY_DAY:
        return ()
    days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
    is_open = [sending.is_open(day) for day in days]
    changed = (here != before for before, here in pairwise(is_open))
    return tuple(day for day, change in zip(days[1:], changed, strict=True) if change)
