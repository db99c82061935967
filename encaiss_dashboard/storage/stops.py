"""What stops reminders, read for many debtors at once and written one at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import func
from sqlalchemy import select as plain_select
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.stops import (
    Balances,
    Decision,
    Dispute,
    DisputeReason,
    Insolvency,
    InsolvencyKind,
    Instalment,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    Stop,
    StopKind,
    Stops,
    StopState,
)
from encaiss_dashboard.storage import records, stop_tables

_AT_ONCE: Final = 30_000
# Naming more of them to the database takes longer than looking at all stops that there are.
_NAMED_MAX: Final = 500


class EventKind(StrEnum):
    """What was decided about a stop later."""

    DECIDED = "decided"
    ANSWERED = "answered"
    EXTENDED = "extended"
    LIFTED = "lifted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Known:
    """A stop with what its row says beside it.

    Attributes:
        id, client_id: of its row, and whose it is.
        debtor_id: of the debtor about whom it was opened.
        stop: it, with all that was decided since.
        words: of whoever opened it.
        user_id, at: who that was, and when.
        events: what was decided since, in that order.
    """

    id: int
    client_id: int
    debtor_id: int
    stop: Stop
    words: str
    user_id: int | None
    at: datetime
    events: tuple[stop_tables.StopEvent, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The stops of one debtor, or about its invoices; ``rows`` and ``stops.known`` go side by side."""

    rows: tuple[Known, ...] = ()
    stops: Stops = Stops()  # noqa: RUF009 - a frozen value without anything in it


def of_debtors(session: Session, client_id: int, debtor_ids: Collection[int]) -> dict[int, Found]:
    """The stops of each of these debtors that has any, in the order in which they were opened."""
    return of_clients(session, [client_id], debtor_ids)


def of_clients(
    session: Session, client_ids: Collection[int], debtor_ids: Collection[int] | None = None
) -> dict[int, Found]:
    """The same for debtors of several clients, for all that have any unless some are named."""
    stop, of, invoice = stop_tables.Stop, stop_tables.StopInvoice, records.Invoice
    owner = func.coalesce(col(invoice.debtor_id), col(stop.debtor_id))
    query = (
        plain_select(col(stop.id), owner)
        .outerjoin(of, col(of.stop_id) == col(stop.id))
        .outerjoin(invoice, col(invoice.id) == col(of.invoice_id))
        .where(col(stop.client_id).in_(list(client_ids)))
        .distinct()
    )
    wanted = None if debtor_ids is None else set(debtor_ids)
    if wanted is not None and len(wanted) <= _NAMED_MAX:
        query = query.where(owner.in_(sorted(wanted)))
    mine: dict[int, set[int]] = defaultdict(set)
    for stop_id, debtor_id in session.execute(query):
        if wanted is None or debtor_id in wanted:
            mine[debtor_id].add(stop_id)
    if not mine:
        return {}
    known = {one.id: one for one in _known(session, sorted(set().union(*mine.values())))}
    balances = _balances(session, sorted(set().union(*(one.stop.invoices for one in known.values()))))
    found = {}
    for debtor_id, ids in mine.items():
        rows = tuple(known[key] for key in sorted(ids))
        found[debtor_id] = Found(rows, Stops(tuple(row.stop for row in rows), balances))
    return found


def stopped(session: Session, client_id: int, on: date) -> tuple[frozenset[int], frozenset[int]]:
    """The invoices of a client that anything stops on a day, and the debtors stopped as a whole."""
    found = of_clients(session, [client_id])
    invoices = {
        key
        for of in found.values()
        for stop in of.stops.known
        for key in stop.invoices
        if of.stops.of_invoice(key, on)
    }
    return frozenset(invoices), frozenset(key for key, of in found.items() if of.stops.of_debtor(on))


def one(session: Session, client_id: int, stop_id: int) -> Known | None:
    """A stop of a client, None when there is no such one."""
    row = session.get(stop_tables.Stop, stop_id)
    return _known(session, [stop_id])[0] if row is not None and row.client_id == client_id else None


def _parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _known(session: Session, stop_ids: Sequence[int]) -> list[Known]:
    stop, of, event = stop_tables.Stop, stop_tables.StopInvoice, stop_tables.StopEvent
    covered: dict[int, set[int]] = defaultdict(set)
    events: dict[int, list[stop_tables.StopEvent]] = defaultdict(list)
    rows: list[stop_tables.Stop] = []
    for ids in _parts(stop_ids):
        for key, invoice_id in session.exec(
            select(of.stop_id, of.invoice_id).where(col(of.stop_id).in_(ids))
        ):
            covered[key].add(invoice_id)
        for one in session.exec(select(event).where(col(event.stop_id).in_(ids)).order_by(col(event.id))):
            events[one.stop_id].append(one)
        rows += session.exec(select(stop).where(col(stop.id).in_(ids)).order_by(col(stop.id)))
    found = []
    for row in rows:
        key = row.id or 0
        value = _READERS[StopKind(row.kind)](row, frozenset(covered[key]))
        for one in events[key]:
            value = _after(value, one)
        told = (row.words, row.user_id, row.at, tuple(events[key]))
        found.append(Known(key, row.client_id, row.debtor_id, value, *told))
    return found


def _balances(session: Session, invoice_ids: Sequence[int]) -> Balances:
    invoice, allocation = records.Invoice, records.Allocation
    totals: dict[int, int] = {}
    settled: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for ids in _parts(invoice_ids):
        query: Any = select(invoice.id, invoice.total_cents).where(col(invoice.id).in_(ids))
        totals.update((key, cents) for key, cents in session.exec(query))
        query = select(allocation.invoice_id, allocation.on, allocation.amount_cents)
        for key, on, cents in session.exec(query.where(col(allocation.invoice_id).in_(ids))):
            settled[key].append((on, cents))
    return Balances(totals, settled)


def balances(session: Session, invoice_ids: Collection[int]) -> Balances:
    """What these invoices come to and what settled them."""
    return _balances(session, sorted(invoice_ids))


# ---------------------------------------------------------------- between rows and nouns


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _plan(row: stop_tables.Stop, invoices: frozenset[int]) -> InstalmentPlan:
    parts = tuple(Instalment(date.fromisoformat(day), cents) for day, cents in row.terms["instalments"])
    return InstalmentPlan(invoices, parts, row.on, row.terms["tolerance_days"], row.terms["reminder_days"])


def _promise(row: stop_tables.Stop, invoices: frozenset[int]) -> Promise:
    terms = row.terms
    promised = date.fromisoformat(terms["promised"])
    return Promise(
        invoices, terms["amount_cents"], terms["left_cents"], row.on, promised, terms["grace_bank_days"]
    )


_READERS: Final[Mapping[StopKind, Callable[[stop_tables.Stop, frozenset[int]], Stop]]] = {
    StopKind.DISPUTE: lambda row, ids: Dispute(ids, DisputeReason(row.terms["reason"]), row.on),
    StopKind.PROMISE: _promise,
    StopKind.INSTALMENTS: _plan,
    StopKind.REQUEST: lambda row, ids: PlanRequest(ids, row.on),
    StopKind.PAUSE: lambda row, ids: InvoicePause(ids, row.on, _day(row.terms["until"])),
    StopKind.INSOLVENCY: lambda row, _: Insolvency(InsolvencyKind(row.terms["proceedings"]), row.on),
}


def _after(stop: Stop, event: stop_tables.StopEvent) -> Stop:
    """A stop once more was decided about it."""
    kind = EventKind(event.kind)
    if kind is EventKind.WITHDRAWN:
        return replace(stop, withdrawn_on=event.on)
    if kind is EventKind.DECIDED and isinstance(stop, Dispute):
        decided = Decision(StopState(event.terms["decision"]), event.on, event.terms["left_cents"])
        return replace(stop, decision=decided)
    if kind is EventKind.ANSWERED and isinstance(stop, PlanRequest):
        return replace(stop, answered_on=event.on, accepted=event.terms["accepted"])
    if kind is EventKind.EXTENDED and isinstance(stop, InvoicePause):
        return replace(stop, extended=(*stop.extended, (event.on, _day(event.terms["until"]))))
    assert kind is EventKind.LIFTED
    assert isinstance(stop, Insolvency)
    return replace(stop, lifted_on=event.on)


def terms_of(stop: Stop) -> tuple[date, dict[str, Any]]:
    """The first day of a stop, and its terms as its row keeps them."""
    match stop:
        case Dispute():
            return stop.opened_on, {"reason": stop.reason.value}
        case Promise():
            names = ("amount_cents", "left_cents", "grace_bank_days")
            terms: dict[str, Any] = {name: getattr(stop, name) for name in names}
            return stop.made_on, terms | {"promised": stop.promised.isoformat()}
        case InstalmentPlan():
            parts = [[part.due.isoformat(), part.cents] for part in stop.instalments]
            days = {"tolerance_days": stop.tolerance_days, "reminder_days": stop.reminder_days}
            return stop.started_on, {"instalments": parts, **days}
        case PlanRequest():
            return stop.asked_on, {}
        case InvoicePause():
            return stop.started_on, {"until": stop.until.isoformat() if stop.until else None}
        case Insolvency():
            return stop.opened_on, {"proceedings": stop.proceedings.value}


def add(
    session: Session,
    client_id: int,
    debtor_id: int,
    stop: Stop,
    *,
    words: str,
    user_id: int | None,
    at: datetime,
) -> int:
    """Keep an opening fact; returns its id. Whether it makes sense was asked before."""
    on, terms = terms_of(stop)
    row = stop_tables.Stop(
        client_id=client_id,
        debtor_id=debtor_id,
        kind=stop.kind.value,
        on=on,
        terms=terms,
        words=words,
        user_id=user_id,
        at=at,
    )
    session.add(row)
    session.flush()
    assert row.id is not None
    for key in sorted(stop.invoices):
        session.add(stop_tables.StopInvoice(client_id=client_id, stop_id=row.id, invoice_id=key))
    session.flush()
    return row.id


def add_event(
    session: Session,
    client_id: int,
    stop_id: int,
    kind: EventKind,
    *,
    on: date,
    terms: dict[str, Any],
    words: str,
    user_id: int | None,
    at: datetime,
) -> None:
    """Keep a later fact about a stop."""
    row = stop_tables.StopEvent(
        client_id=client_id,
        stop_id=stop_id,
        kind=kind.value,
        on=on,
        terms=terms,
        words=words,
        user_id=user_id,
        at=at,
    )
    session.add(row)
    session.flush()
