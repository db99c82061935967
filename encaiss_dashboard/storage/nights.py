"""A night of one client, set by set: the database finds the debtors for whom it is a night at all.

Most debtors with something late are waiting for the gap between two messages to be over: the database tells
them apart, so that only those for whom the answer is not plain are read with all their invoices and put to
the plan one by one. Both ways give the same; a test says so.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, false, func, literal, or_, select
from sqlmodel import Session, col

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import Held, HoldReason, Plan, Planned, StepCode
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.storage import inbound, records, stops
from encaiss_dashboard.storage.credits import credited
from encaiss_dashboard.storage.plans import Audience, ClientPlans
from encaiss_dashboard.storage.prospects import (
    IN_HAND,
    Known,
    Prospect,
    known_of,
    prospects,
)
from encaiss_dashboard.storage.undeliverable import undeliverable_among

_AT_ONCE: Final = 2_000
"""Debtors read with all their invoices at a time."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a night means for one debtor.

    Attributes:
        result: its message, or why it waits.
        seen: the debtor as the plan saw it; None where the database alone knew that it waits.
    """

    debtor_id: int
    result: Planned | Held
    seen: Prospect | None = None


@dataclass(frozen=True, slots=True)
class _Flags:
    """What the database knows of a debtor: a courtesy step, and by which general plans it reached another."""

    courtesy: bool
    reached: frozenset[Audience]


def night(
    session: Session, client_id: int, on: date, debtor_ids: Collection[int] | None = None
) -> Iterator[Outcome]:
    """What a day's run would send to delegated and paused debtors and what it would hold back.

    First those who simply wait, then the others by id.

    Args:
        session: of the transaction.
        client_id: whose debtors.
        on: the day.
        debtor_ids: only these, None for all of them.
    """
    some = None if debtor_ids is None else sorted(debtor_ids)
    known = known_of(session, client_id, on, some)
    flagged = _flagged(session, client_id, on, known.plans, some)
    plain = _plain(session, known, on, flagged)
    exact = []
    for debtor_id, flags in flagged.items():
        if known.status(debtor_id).state not in IN_HAND:
            continue
        audience = Audience.CONSUMER if known.consumer(debtor_id) else Audience.BUSINESS
        sure = debtor_id in plain and not flags.courtesy and audience in flags.reached
        held = _waits(known, debtor_id, on) if sure else None
        if held is None:
            exact.append(debtor_id)
        else:
            yield Outcome(debtor_id, held)
    exact.sort()
    for start in range(0, len(exact), _AT_ONCE):
        part = exact[start : start + _AT_ONCE]
        with _collector_at_rest():
            found = prospects(session, client_id, on, part, known=known)
            results = [(key, seen.tonight(), seen) for key, seen in found.items()]
        yield from (Outcome(key, result, seen) for key, result, seen in results if result is not None)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """No search for cycles among the many values that are made here: there are none, and it takes a sixth."""
    resting = not gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not resting:
            gc.enable()


def _plain(session: Session, known: Known, on: date, flagged: Collection[int]) -> set[int]:
    """The flagged debtors whose balance and plan leave nothing to ask but when they were last written to."""
    special = {*known.plans.debtors, *_of_invoices(session, known)}
    doubtful = special | credited(session, known.client_id, on) | _stopped(session, known.client_id)
    return {
        key
        for key in flagged
        if key not in doubtful
        and known.status(key).state is DelegationState.DELEGATED
        and not known.plan(key).minimum_cents
    }


def _stopped(session: Session, client_id: int) -> set[int]:
    """Debtors of a client about whom anything was ever stated or learnt that may stop reminders."""
    some = (client_id,)
    return {
        *stops.of_clients(session, some),
        *undeliverable_among(session, some),
        *inbound.unread(session, some),
    }


def _of_invoices(session: Session, known: Known) -> set[int]:
    """Debtors of the invoices that have a plan of their own."""
    if not known.plans.invoices:
        return set()
    invoice = records.Invoice
    query = select(col(invoice.debtor_id)).where(
        col(invoice.client_id) == known.client_id, col(invoice.id).in_(list(known.plans.invoices))
    )
    return set(session.scalars(query))


def _waits(known: Known, debtor_id: int, on: date) -> Held | None:
    """Why a plain debtor with a step reached is sent nothing, None when its message goes."""
    plan, standing = known.plan(debtor_id), known.standing(debtor_id, on)
    if standing.stale_since is not None:
        return Held(HoldReason.STALE_DATA, {"since": standing.stale_since})
    contact = known.contacts.get(debtor_id)
    until = None if contact is None else contact + timedelta(days=plan.contact_gap_days)
    if until is None or until <= on:
        return None
    return Held(HoldReason.CONTACT_GAP, {"until": plan.sending.next_open(until)})


def _flagged(
    session: Session, client_id: int, on: date, plans: ClientPlans, debtor_ids: Sequence[int] | None
) -> dict[int, _Flags]:
    """Debtors with an open invoice that has reached a step by any plan of their client."""
    invoice, allocation = records.Invoice, records.Allocation
    line, message = records.OutboxLine, records.OutboxMessage
    settled = (
        select(col(allocation.invoice_id), func.sum(allocation.amount_cents).label("cents"))
        .where(col(allocation.client_id) == client_id, col(allocation.on) <= on)
        .group_by(col(allocation.invoice_id))
        .subquery()
    )
    taken = case({code.value: code.rank for code in StepCode}, value=col(line.step))
    day = case((col(line.step) != StepCode.COURTESY.value, col(message.day)), else_=None)
    done = (
        select(col(line.invoice_id), func.max(taken).label("rank"), func.max(day).label("day"))
        .join(message, col(message.id) == col(line.message_id))
        # So written that the partial index of lines taken is used on either database.
        .where(col(line.client_id) == client_id, col(line.step).is_not(None), ~col(line.dropped))
        .group_by(col(line.invoice_id))
        .subquery()
    )
    due, rank, last = col(invoice.due), done.c.rank, done.c.day
    courtesy = _courteous(plans.every, on, due, rank)
    general = {audience: _reached([one.plan], on, due, rank, last) for audience, one in plans.general.items()}
    wanted = [
        col(invoice.client_id) == client_id,
        col(invoice.kind) == Kind.INVOICE.value,
        col(invoice.issue) <= on,
        col(invoice.total_cents) - func.coalesce(settled.c.cents, 0) > 0,
        or_(_reached(plans.every, on, due, rank, last), courtesy),
    ]
    if debtor_ids is not None:
        wanted.append(col(invoice.debtor_id).in_(debtor_ids))
    query = (
        select(
            col(invoice.debtor_id),
            *(func.max(case((condition, 1), else_=0)) for condition in (courtesy, *general.values())),
        )
        .outerjoin(settled, settled.c.invoice_id == col(invoice.id))
        .outerjoin(done, done.c.invoice_id == col(invoice.id))
        .where(*wanted)
        .group_by(col(invoice.debtor_id))
    )
    found = {}
    for debtor_id, polite, *by in session.execute(query):
        reached = frozenset(one for one, is_so in zip(general, by, strict=True) if is_so)
        found[debtor_id] = _Flags(bool(polite), reached)
    return found


def _reached(plans: Sequence[Plan], on: date, due: Any, rank: Any, day: Any) -> ColumnElement[bool]:
    """Whether an invoice has reached a step other than a courtesy by one of the plans at least."""
    conditions: list[ColumnElement[bool]] = []
    for highest in (None, *StepCode):
        above = [
            next((s for s in plan.steps if s.code is not StepCode.COURTESY and _above(s.code, highest)), None)
            for plan in plans
        ]
        steps = [step for step in above if step is not None]
        for late, after in sorted({(step.days_late_min, step.days_after_previous) for step in steps}):
            reached = due <= on - timedelta(days=late)
            if highest is None:
                conditions.append(and_(rank.is_(None), reached))
            elif highest is StepCode.COURTESY:
                conditions.append(and_(rank == highest.rank, reached))
            else:
                conditions.append(and_(rank == highest.rank, reached, day <= on - timedelta(days=after)))
    return or_(*conditions) if conditions else false()


def _above(code: StepCode, highest: StepCode | None) -> bool:
    return highest is None or code.rank > highest.rank


def _courteous(plans: Sequence[Plan], on: date, due: Any, rank: Any) -> ColumnElement[bool]:
    """Whether it is the time of an invoice's courtesy message by one of the plans."""
    spans = {
        (step.days_late_min, step.days_late_max)
        for plan in plans
        for step in plan.steps
        if step.code is StepCode.COURTESY and step.days_late_max is not None
    }
    if not spans:
        return literal(value=False)
    first, last = min(one for one, _ in spans), max(one for _, one in spans)
    return and_(rank.is_(None), due.between(on - timedelta(days=last), on - timedelta(days=first)))
