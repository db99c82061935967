"""One message after the fact: what was decided, on which facts, by which rule, and what became of it.

All of it is read from what was kept then: the lines of the message, the version of the plan it names, the
steps before it and the acts about it. Today's plan and balances have no say in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlmodel import col, func, select

from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    PLANS,
    Plan,
    Standing,
    StatementLine,
    StepCode,
    StepDone,
    Trigger,
    Why,
    why_in_plan,
    why_line,
)
from encaiss_dashboard.domain.dunning import (
    Named as NamedPlan,
)
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.interest import Regime
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops import InstalmentPlan
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import merges, plans, queries, records, stops
from encaiss_dashboard.storage.claims import ClaimRow
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1
_ENDS: Final = (ActKind.SENT.value, ActKind.FAILED.value, ActKind.DROPPED.value)
_ABOUT: Final = (*_ENDS, ActKind.OPENED.value)


@dataclass(frozen=True, slots=True)
class Named:
    """One invoice in a message.

    Attributes:
        open: what was asked for.
        dropped: it was planned and then left out: paid meanwhile, or the message reminded nobody.
        why: the facts of that day and the rule of the plan in force then.
    """

    invoice_id: int
    open: Money
    dropped: bool
    why: Why


@dataclass(frozen=True, slots=True)
class AboutInstalment:
    """The instalment that a message was about, as it was agreed.

    Attributes:
        why: its place in the plan, its day, and how long before it a message was to go.
        amount: what was agreed to be paid; total: all instalments together.
        agreed_on, count: the day the plan was agreed on, and how many instalments it has.
        asked: what the message asked for.
    """

    why: Why
    amount: Money
    total: Money
    agreed_on: date
    count: int
    asked: Money


@dataclass(frozen=True, slots=True)
class Explained:
    """A message with everything that led to it.

    Attributes:
        row: as it was kept.
        lines: its invoices, those left out at the end.
        written_on: the day that balances and days late are true for.
        plan: the version in force then.
        previous: day of the last message other than a courtesy before it.
        gap_over: first day on which the distance between two messages allowed it.
        credits: payments and credit notes not set against an invoice on that day, as known by now.
        claims: what it asked for beside the balances, one sum for each kind and currency.
        acts: what the journal says of it, the oldest first.
        reached: the first day on which one of its steps was reached.
        instalment: which one it was about, None for a message of the plan of reminders.
    """

    row: records.OutboxMessage
    name: str
    lines: tuple[Named, ...]
    written_on: date
    plan: Plan
    previous: date | None
    gap_over: date | None
    credits: tuple[Money, ...]
    claims: tuple[tuple[ClaimKind, Money], ...]
    acts: tuple[tuple[ActKind, datetime], ...]
    reached: date | None
    instalment: AboutInstalment | None = None


def explained(work: Work, client_id: int | None, message_id: int) -> Explained:
    """Why a message was sent, and what became of it.

    Raises:
        NotFound: no message to one of this client's debtors.
    """
    client = work.require(Action.VIEW, client_id)
    if not 0 < message_id <= _ID_MAX:
        raise NotFound
    row = queries.message(work.session, client, message_id)
    acts = _acts(work, row)
    written_on = next((day for kind, day, _ in acts if kind in _ENDS), row.day)
    plan = _plan_then(work, row)
    lines = _lines(work, row, plan, written_on)
    previous = _previous(work, row)
    reached = [one.why.reached for one in lines if one.why.reached is not None and not one.dropped]
    return Explained(
        row=row,
        name=queries.debtor(work.session, client, row.debtor_id).name,
        lines=tuple(sorted(lines, key=lambda one: one.dropped)),
        written_on=written_on,
        plan=plan,
        previous=previous,
        gap_over=previous + timedelta(days=plan.contact_gap_days) if previous else None,
        credits=_credits(work, row, lines, written_on),
        claims=_claims(work, row),
        acts=tuple((ActKind(kind), at) for kind, _, at in acts),
        reached=min(reached, default=None),
        instalment=_instalment(work, row, lines, written_on),
    )


def _instalment(
    work: Work, row: records.OutboxMessage, lines: Sequence[Named], on: date
) -> AboutInstalment | None:
    known = stops.one(work.session, row.client_id, row.stop_id) if row.stop_id else None
    if known is None or not isinstance(known.stop, InstalmentPlan):
        return None
    plan, currency = known.stop, lines[0].open.currency if lines else EUR
    place, one = next((n, one) for n, one in enumerate(plan.instalments, 1) if one.due == row.instalment_on)
    count, days = len(plan.instalments), (on - one.due).days
    return AboutInstalment(
        why=Why(Trigger.INSTALMENT, f"{place}/{count}", None, one.due, days, -plan.reminder_days),
        amount=Money(one.cents, currency),
        total=Money(plan.total_cents, currency),
        agreed_on=plan.started_on,
        count=count,
        asked=Money(row.instalment_cents or 0, currency),
    )


def _acts(work: Work, row: records.OutboxMessage) -> list[tuple[str, date, datetime]]:
    """Kind, day and time of each act about a message, the oldest first."""
    act = records.Act
    family = merges.family(work.session, row.client_id, row.debtor_id)
    query = (
        select(act)
        .where(act.client_id == row.client_id, col(act.debtor_id).in_(family), col(act.kind).in_(_ABOUT))
        .order_by(col(act.id))
    )
    return [(a.kind, a.day, a.at) for a in work.session.exec(query) if a.facts.get("message") == row.id]


def _claims(work: Work, row: records.OutboxMessage) -> tuple[tuple[ClaimKind, Money], ...]:
    """The sums of the claim lines kept with a message."""
    cents = func.sum(ClaimRow.amount_cents)
    query = select(ClaimRow.kind, ClaimRow.currency, cents).where(
        ClaimRow.client_id == row.client_id, ClaimRow.message_id == row.id
    )
    rows = work.session.exec(query.group_by(col(ClaimRow.kind), col(ClaimRow.currency))).all()
    found = [(ClaimKind(kind), Money(int(amount), currency)) for kind, currency, amount in rows]
    return tuple(sorted(found, key=lambda one: (list(ClaimKind).index(one[0]), one[1].currency)))


def _plan_then(work: Work, row: records.OutboxMessage) -> Plan:
    """The plan that a message was planned under; version 0 is the house's own."""
    house = PLANS[NamedPlan.CONSUMER_BE] if row.regime == Regime.BE_B2C else DEFAULT_PLAN
    return plans.version(work.session, row.client_id, row.plan_version, house)


def _lines(work: Work, row: records.OutboxMessage, plan: Plan, written_on: date) -> list[Named]:
    line, invoice = records.OutboxLine, records.Invoice
    rows = work.session.exec(
        select(line, invoice)
        .join(invoice, col(invoice.id) == col(line.invoice_id))
        .where(line.client_id == row.client_id, line.message_id == row.id)
        .order_by(col(line.id))
    ).all()
    done = _steps_before(work, row, [one.invoice_id for one, _ in rows])
    standing = Standing(consumer=row.regime == Regime.BE_B2C)
    then = _Then(written_on, standing, row.stop_id is not None)
    return [
        Named(
            invoice_id=one.invoice_id,
            open=Money(one.open_cents, one.currency),
            dropped=one.dropped,
            why=_why(one, about, plan, done.get(one.invoice_id, ()), then),
        )
        for one, about in rows
    ]


@dataclass(frozen=True, slots=True)
class _Then:
    """The day that a message was written on, how its debtor stood, and whether it was about an instalment."""

    on: date
    standing: Standing
    in_plan: bool


def _why(
    line: records.OutboxLine,
    invoice: records.Invoice,
    plan: Plan,
    done: Sequence[StepDone],
    then: _Then,
) -> Why:
    # The due date of that day: it may have been corrected since.
    due, step = then.on - timedelta(days=line.days_late), StepCode(line.step) if line.step else None
    value = queries.invoice_value(invoice)
    stated = StatementLine(value, Money(line.open_cents, line.currency), line.days_late, step)
    if then.in_plan:
        return why_in_plan(stated)
    return why_line(plan, stated, due, done, then.standing)


def _steps_before(
    work: Work, row: records.OutboxMessage, invoice_ids: Sequence[int]
) -> Mapping[int, list[StepDone]]:
    """The steps of these invoices in messages before this one."""
    line, message = records.OutboxLine, records.OutboxMessage
    columns: list[Any] = [line.invoice_id, line.step, message.day, message.channel, message.sent_at]
    query: Any = select(*columns)
    query = query.join(message, col(message.id) == col(line.message_id)).where(
        line.client_id == row.client_id,
        col(line.invoice_id).in_(invoice_ids),
        col(line.step).is_not(None),
        col(line.dropped).is_(False),
        col(message.id) < queries.known(row.id),
    )
    done: dict[int, list[StepDone]] = defaultdict(list)
    rows = work.session.exec(query.order_by(col(message.day), col(line.id)))
    for invoice_id, step, on, channel, at in rows:
        sent_on = at.date() if at else None
        done[invoice_id].append(StepDone(StepCode(step), on, Channel(channel), sent_on))
    return done


def _previous(work: Work, row: records.OutboxMessage) -> date | None:
    message = records.OutboxMessage
    return work.session.exec(
        select(func.max(message.day)).where(
            message.client_id == row.client_id,
            message.debtor_id == row.debtor_id,
            col(message.id) < queries.known(row.id),
            col(message.dropped_at).is_(None),
            message.step != StepCode.COURTESY.value,
        )
    ).one()


def _credits(work: Work, row: records.OutboxMessage, lines: Sequence[Named], on: date) -> tuple[Money, ...]:
    ledgers = queries.ledgers(work.session, row.client_id, [row.debtor_id])
    named = {one.open.currency for one in lines if not one.dropped}
    found = (ledger.unallocated(on) for currency, ledger in ledgers.items() if currency in named)
    return tuple(amount for amount in found if amount.cents > 0)
