"""What stops reminders to a debtor: what runs, what is over, and what may be decided about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.dunning import Held, OpenInvoice
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops import (
    Balances,
    Dispute,
    Insolvency,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    Standing,
    Stop,
    StopKind,
    StopState,
    begins,
    next_instalment,
)
from encaiss_dashboard.storage import accounts, instalments, merges, queries, records, stop_tables
from encaiss_dashboard.storage.instalments import Which
from encaiss_dashboard.storage.prospects import IN_HAND, Prospect, prospects
from encaiss_dashboard.storage.stops import Found, Known, of_debtors
from encaiss_dashboard.work import Work

ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PartReminder:
    """The message before an instalment.

    Attributes:
        on: its night, also of one that is to come if the instalment is not paid by then.
        message_id: of the message, 0 of one to come.
        sent: it has left.
        held: what keeps it back today, None when nothing does.
    """

    on: date
    message_id: int = 0
    sent: bool = False
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One instalment as it stands: paid, missed, or neither yet; ``reminder`` is the message before it."""

    due: date
    amount: Money
    paid: bool
    missed: bool
    reminder: PartReminder | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """What was decided about a stop: ``kind`` is one of ``storage.stops.EventKind``, ``facts`` its terms."""

    kind: str
    on: date
    words: str
    by: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Paper:
    """A document beside a stop."""

    id: int
    name: str
    mime: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StopLine:
    """One stop as of today.

    Attributes:
        state, since, holds, until: as ``domain.stops.Standing`` has them.
        on: first day on which it held.
        by, at: who opened it, and when.
        reason: of a dispute or insolvency, a code; "" for others.
        numbers: of the invoices that it is about.
        amount: promised, to be paid in parts, or what its invoices still come to; None for a debtor's.
        promised: the day of a promise.
        answer_by: of a request, the last day before a consumer's interest stops.
        may: what may be decided about it: ``decide``, ``answer``, ``extend``, ``lift``, ``withdraw``.
    """

    id: int
    kind: StopKind
    state: StopState
    since: date
    holds: bool
    until: date | None
    on: date
    words: str
    by: str
    at: datetime
    reason: str
    numbers: tuple[str, ...]
    amount: Money | None
    promised: date | None
    answer_by: date | None
    parts: tuple[Part, ...]
    later: tuple[Later, ...]
    papers: tuple[Paper, ...]
    may: frozenset[str]


@dataclass(frozen=True, slots=True)
class DebtorStops:
    """The stops of one debtor as of a day.

    Attributes:
        running: those that hold today, the newest first.
        past: those that do not, likewise.
        open: its open invoices, oldest due first, to choose from.
    """

    on: date
    running: tuple[StopLine, ...]
    past: tuple[StopLine, ...]
    open: tuple[OpenInvoice, ...]


def of_debtor(work: Work, client_id: int | None, debtor_id: int) -> DebtorStops:
    """What stops reminders to a debtor; of one merged away, to the debtor that it is by now.

    Raises:
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.VIEW, client_id)
    key = debtor_key(work.session, client, debtor_id)
    found = of_debtors(work.session, client, [key]).get(key)
    seen = prospects(work.session, client, work.today, [key])[key]
    owed = tuple(sorted(seen.invoices, key=lambda item: (item.invoice.due, item.invoice.id)))
    rows = found.rows if found else ()
    told = _Told.about(work, client, rows, _reminders(work.session, key, seen, found))
    lines = [
        _line(row, standing, told, found.stops.balances)
        for row in reversed(rows)
        if found and (standing := row.stop.standing(found.stops.balances, work.today)) is not None
    ]
    return DebtorStops(
        work.today,
        tuple(line for line in lines if line.holds),
        tuple(line for line in lines if not line.holds),
        owed,
    )


def debtor_key(session: Session, client_id: int, debtor_id: int) -> int:
    """The id of the debtor that one is by now.

    Raises:
        NotFound: not one of this client's debtors.
    """
    if not 0 < debtor_id <= ID_MAX:  # more than a key can be: the database would break on it
        raise NotFound
    key = merges.kept(session, client_id, debtor_id)
    return queries.known(queries.debtor(session, client_id, key).id)


@dataclass(frozen=True, slots=True)
class _Told:
    """What lines name: people, invoices by id, documents by stop."""

    on: date
    people: Mapping[int, str]
    invoices: Mapping[int, tuple[str, str]]
    papers: Mapping[int, tuple[Paper, ...]]
    reminders: Mapping[Which, PartReminder]

    @staticmethod
    def about(
        work: Work, client_id: int, rows: Sequence[Known], reminders: Mapping[Which, PartReminder]
    ) -> _Told:
        invoice, user, document = records.Invoice, accounts.User, stop_tables.StopDocument
        ids = sorted({key for row in rows for key in row.stop.invoices})
        users = {row.user_id for row in rows} | {one.user_id for row in rows for one in row.events}
        named: Any = select(invoice.id, invoice.number, invoice.currency)
        invoices = work.session.exec(named.where(invoice.client_id == client_id, col(invoice.id).in_(ids)))
        people: Any = select(user.id, user.name).where(col(user.id).in_(users - {None}))
        papers: dict[int, tuple[Paper, ...]] = {}
        mine = col(document.stop_id).in_([row.id for row in rows])
        for one in work.session.exec(select(document).where(mine).order_by(col(document.id))):
            paper = Paper(queries.known(one.id), one.name, one.mime, one.size_bytes)
            papers[one.stop_id] = (*papers.get(one.stop_id, ()), paper)
        return _Told(
            work.today,
            dict(work.session.exec(people).all()),
            {key: (number, currency) for key, number, currency in invoices},
            papers,
            reminders,
        )

    def who(self, user_id: int | None) -> str:
        return self.people.get(user_id or 0, "Encaiss")


def _line(row: Known, standing: Standing, told: _Told, balances: Balances) -> StopLine:
    stop = row.stop
    numbers, currency = [], "EUR"
    for key in sorted(stop.invoices):
        number, currency = told.invoices.get(key, ("", currency))
        numbers.append(number)
    on = told.on
    return StopLine(
        id=row.id,
        kind=stop.kind,
        state=standing.state,
        since=standing.since,
        holds=standing.holds,
        until=standing.until,
        on=_first_day(stop),
        words=row.words,
        by=told.who(row.user_id),
        at=row.at,
        reason=_reason(stop),
        numbers=tuple(numbers),
        amount=_amount(stop, currency, balances, on),
        promised=stop.promised if isinstance(stop, Promise) else None,
        answer_by=stop.answer_by if isinstance(stop, PlanRequest) else None,
        parts=_parts(row, currency, balances, told),
        later=tuple(
            Later(one.kind, one.on, one.words, told.who(one.user_id), one.terms) for one in row.events
        ),
        papers=told.papers.get(row.id, ()),
        may=allowed(stop, standing),
    )


def allowed(stop: Stop, standing: Standing | None) -> frozenset[str]:
    """What may be decided about a stop as it stands; about one that is over nothing."""
    if standing is None or not standing.holds:
        return frozenset()
    own = {
        StopKind.DISPUTE: {"decide"},
        StopKind.REQUEST: {"answer"},
        StopKind.PAUSE: {"extend"},
        StopKind.INSOLVENCY: {"lift"},
    }
    return frozenset({"withdraw", *own.get(stop.kind, ())})


def _first_day(stop: Stop) -> date:
    match stop:
        case Promise():
            return stop.made_on
        case InstalmentPlan() | InvoicePause():
            return stop.started_on
        case PlanRequest():
            return stop.asked_on
        case Dispute() | Insolvency():
            return stop.opened_on


def _reason(stop: Stop) -> str:
    if isinstance(stop, Dispute):
        return stop.reason.value
    return stop.proceedings.value if isinstance(stop, Insolvency) else ""


def _amount(stop: Stop, currency: str, balances: Balances, on: date) -> Money | None:
    match stop:
        case Insolvency():
            return None
        case Promise():
            return Money(stop.amount_cents, currency)
        case InstalmentPlan():
            return Money(stop.total_cents, currency)
        case _:
            return Money(balances.open_cents(stop.invoices, on), currency)


def _parts(row: Known, currency: str, balances: Balances, told: _Told) -> tuple[Part, ...]:
    stop = row.stop
    if not isinstance(stop, InstalmentPlan):
        return ()
    still = balances.open_cents(stop.invoices, told.on)
    return tuple(
        Part(
            part.due,
            Money(part.cents, currency),
            still <= left,
            last < told.on and still > left,
            told.reminders.get((row.id, part.due)),
        )
        for part, (last, left) in zip(stop.instalments, stop.targets, strict=True)
    )


def _reminders(
    session: Session, debtor_id: int, seen: Prospect, found: Found | None
) -> dict[Which, PartReminder]:
    """The messages before the instalments of a debtor's plans: those that were kept, and those to come."""
    plans = instalments.plans_among(found) if found else []
    done = instalments.reminded(session, [row.id for row, _ in plans])
    told = {which: PartReminder(one.day, one.message_id, one.sent) for which, one in done.items()}
    tonight = instalments.of_debtor(debtor_id, seen, plans, done, busy=False)
    held = {(one.stop_id, one.about.due): one.result for one in tonight if isinstance(one.result, Held)}
    for row, plan in plans if seen.status.state in IN_HAND else ():
        place = next_instalment(plan, seen.stops.balances, seen.on)
        for one in plan.instalments[place:] if place is not None else ():
            first = begins(plan, one, seen.plan.sending)
            on = seen.plan.sending.next_open(max(first, seen.on)) if first else one.due + timedelta(days=1)
            if on <= one.due:
                which = (row.id, one.due)
                told.setdefault(which, PartReminder(on, held=held.get(which)))
    return told
