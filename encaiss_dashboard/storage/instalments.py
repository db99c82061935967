"""Messages before instalments: which are due on a night, which are to come, and which were kept already."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlmodel import Session, col, or_, select

from encaiss_dashboard.domain.dunning import Held, HoldReason, InstalmentNotice, Planned
from encaiss_dashboard.domain.stops import (
    Balances,
    InstalmentPlan,
    instalment_message,
    next_instalment,
    notice,
)
from encaiss_dashboard.storage import stops
from encaiss_dashboard.storage.outbox import OutboxMessage
from encaiss_dashboard.storage.prospects import IN_HAND, Prospect, prospects
from encaiss_dashboard.storage.stops import Found, Known

Which = tuple[int, date]
"""An instalment: its plan's id and its day."""


@dataclass(frozen=True, slots=True)
class Reminded:
    """The message about an instalment: its id, its night, and whether it has left."""

    message_id: int
    day: date
    sent: bool


@dataclass(frozen=True, slots=True)
class Due:
    """What a night means for one plan of a debtor: a message about an instalment, or why it waits.

    Attributes:
        seen: the debtor as of the night.
    """

    debtor_id: int
    stop_id: int
    about: InstalmentNotice
    result: Planned | Held
    seen: Prospect


def reminded(session: Session, stop_ids: Collection[int]) -> dict[Which, Reminded]:
    """The instalments about which a message is under way or has left, or that somebody set aside."""
    message = OutboxMessage
    columns = (message.stop_id, message.instalment_on, message.id, message.day, message.sent_at)
    query = select(*map(col, columns)).where(
        col(message.stop_id).in_(sorted(stop_ids)),
        col(message.dropped_at).is_(None),
        or_(col(message.failed_at).is_(None), col(message.set_aside_at).is_not(None)),
    )
    return {
        (stop, on): Reminded(key, day, at is not None) for stop, on, key, day, at in session.execute(query)
    }


def plans_among(found: Found) -> list[tuple[Known, InstalmentPlan]]:
    """The plans of instalments among a debtor's stops."""
    return [(row, row.stop) for row in found.rows if isinstance(row.stop, InstalmentPlan)]


def due(
    session: Session,
    client_id: int,
    on: date,
    *,
    busy: Collection[int] = (),
    debtor_ids: Collection[int] | None = None,
    halted: Mapping[int, Found] | None = None,
) -> list[Due]:
    """What is due on a night about instalments, by debtor.

    Only debtors with a plan that runs are looked at.

    Args:
        session: of the transaction.
        client_id: whose debtors.
        on: the night.
        busy: debtors that are sent another message this night, see :func:`of_debtor`.
        debtor_ids: only these, None for all of them.
        halted: the stops of each debtor, read when they are None.
    """
    found = stops.of_clients(session, [client_id], debtor_ids) if halted is None else halted
    running = {key: some for key, of in found.items() if (some := _running(of, on))}
    if not running:
        return []
    done = reminded(session, [row.id for some in running.values() for row, _ in some])
    seen = prospects(session, client_id, on, sorted(running))
    return [
        one
        for key, one_seen in seen.items()
        for one in of_debtor(key, one_seen, running[key], done, busy=key in busy)
    ]


def _running(found: Found, on: date) -> list[tuple[Known, InstalmentPlan]]:
    balances = found.stops.balances
    return [one for one in plans_among(found) if next_instalment(one[1], balances, on) is not None]


def of_debtor(
    debtor_id: int,
    seen: Prospect,
    plans: Sequence[tuple[Known, InstalmentPlan]],
    done: Collection[Which],
    *,
    busy: bool,
) -> list[Due]:
    """What the night of a prospect means for its plans, the earliest instalment first.

    One message a night: after a statement, or a message about another plan, this one waits for the next
    sending day, unless that would be too late for its instalment.
    """
    sending, found = seen.plan.sending, list[Due]()
    for about, row, plan in sorted(_times(seen, plans, done), key=lambda one: (one[0].due, one[1].id)):
        result = _unless_stopped(seen, _message(plan, seen))
        if result is None:
            continue
        if isinstance(result, Planned):
            if busy and sending.next_open(seen.on + timedelta(days=1)) <= about.due:
                continue
            busy = True
        found.append(Due(debtor_id, row.id, about, result, seen))
    return found


def _times(
    seen: Prospect, plans: Sequence[tuple[Known, InstalmentPlan]], done: Collection[Which]
) -> Iterator[tuple[InstalmentNotice, Known, InstalmentPlan]]:
    """The plans of which it is the time of a message that was not kept yet."""
    if seen.status.state not in IN_HAND:
        return
    for row, plan in plans:
        about = notice(plan, seen.stops.balances, seen.on, seen.plan.sending)
        if about is not None and (row.id, about.due) not in done:
            yield about, row, plan


def _unless_stopped(seen: Prospect, result: Planned | Held | None) -> Planned | Held | None:
    """Hold what may not be written to the debtor at all, or would go to an address that does not exist."""
    if result is None:
        return None
    if seen.stop is not None:
        return seen.stop
    if isinstance(result, Planned) and seen.undeliverable is not None:
        return Held(HoldReason.UNDELIVERABLE, {"since": seen.undeliverable.since.date()})
    return result


def ahead(
    debtor_id: int,
    seen: Prospect,
    found: Found,
    done: Collection[Which],
    *,
    last: date,
    busy: Collection[date],
) -> Iterator[tuple[date, Due]]:
    """The messages to come until a last night, if nothing is paid or decided by then.

    Args:
        debtor_id: the debtor.
        seen: it, as of the first night.
        found: its stops.
        done: see :func:`reminded`.
        last: the last night.
        busy: nights on which it is sent another message.
    """
    plans, gone = plans_among(found), set(done)
    for n in range((last - seen.on).days + 1 if plans else 0):
        then = replace(seen, on=seen.on + timedelta(days=n)).with_stops(found.stops)
        for one in of_debtor(debtor_id, then, plans, gone, busy=then.on in busy):
            if isinstance(one.result, Planned):
                gone.add((one.stop_id, one.about.due))
                yield then.on, one


def coming(
    session: Session, client_id: int, seen: Mapping[int, Prospect], last: date
) -> dict[int, list[tuple[date, Due]]]:
    """The same of several debtors of a client, by id: those that have a plan of instalments."""
    halted = stops.of_debtors(session, client_id, list(seen))
    plans = {row.id for found in halted.values() for row, _ in plans_among(found)}
    done = reminded(session, plans)
    told = {}
    for key, found in halted.items():
        if plans_among(found):
            busy = {dated.on for dated in seen[key].foresight(last).messages}
            told[key] = list(ahead(key, seen[key], found, done, last=last, busy=busy))
    return told


def still_due(session: Session, row: OutboxMessage, seen: Prospect) -> Planned | str:
    """What a message about an instalment asks for on the day it is handed over, or why for nothing any more.

    Whether the debtor may be written to at all was asked before. The reason is a ``HoldReason``, ``settled``,
    ``plan_over`` or ``instalment_over``.
    """
    assert row.stop_id is not None
    assert row.instalment_on is not None
    known = stops.one(session, row.client_id, row.stop_id)
    assert known is not None
    plan = known.stop
    assert isinstance(plan, InstalmentPlan)
    gone = _gone(plan, seen.stops.balances, row.instalment_on, seen.on)
    if gone:
        return gone
    result = _message(plan, seen)
    if isinstance(result, Planned):
        return result
    if result is None or result.reason is HoldReason.CREDIT_COVERS:
        return "settled"
    return result.reason.value


def _message(plan: InstalmentPlan, seen: Prospect) -> Planned | Held | None:
    sending = seen.plan.sending
    return instalment_message(plan, seen.stops, seen.on, seen.invoices, credits=seen.credit, sending=sending)


def _gone(plan: InstalmentPlan, balances: Balances, due_on: date, on: date) -> str:
    """Why nobody is reminded of an instalment any more, "" while it is still to be paid."""
    if on > due_on:
        return "instalment_over"
    place = next_instalment(plan, balances, on)
    if place is not None:
        return "" if plan.instalments[place].due == due_on else "settled"
    return "settled" if balances.open_cents(plan.invoices, on) == 0 else "plan_over"
