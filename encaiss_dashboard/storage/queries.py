"""Reads: from rows to the nouns of the trade. Every one of a client's data takes its id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, func, inspect
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind, DelegationStatus, status
from encaiss_dashboard.domain.dunning import OpenInvoice, StepCode, StepDone
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.invoices import Allocation, Invoice, Kind, Ledger, Payment
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import merges, records
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.payments import accessories

# For rows by the hundred thousand: calling an enumeration takes longer than all else done with them.
_DECISIONS: Final = {kind.value: kind for kind in DelegationKind}
_STEPS: Final = {code.value: code for code in StepCode}
_CHANNELS: Final = {channel.value: channel for channel in Channel}


def known(key: int | None) -> int:
    """The id of a row that has been stored."""
    assert key is not None
    return key


def table(record: type[Record]) -> Table:
    """The table of a record."""
    return cast("Table", inspect(record).local_table)


def agency(session: Session) -> records.Agency:
    """The one agency of this deployment."""
    return session.exec(select(records.Agency)).one()


def client(session: Session, client_id: int) -> records.Client:
    """A client by id; the actor's right to it was asked before."""
    found = session.get(records.Client, client_id)
    if found is None:
        raise NotFound
    return found


def client_by_slug(session: Session, slug: str) -> records.Client:
    """A client by the name it has on the command line.

    Raises:
        NotFound: with the slug.
    """
    found = session.exec(select(records.Client).where(records.Client.slug == slug)).first()
    if found is None:
        raise NotFound(what=slug)
    return found


def debtor(session: Session, client_id: int, debtor_id: int) -> records.Debtor:
    """A debtor of this client.

    Raises:
        NotFound: no such debtor, or another client's.
    """
    found = session.get(records.Debtor, debtor_id)
    if found is None or found.client_id != client_id:
        raise NotFound
    return found


def debtors(session: Session, client_id: int) -> list[records.Debtor]:
    """All debtors of a client by name, without those merged into another one."""
    debtor = records.Debtor
    query = select(debtor).where(debtor.client_id == client_id, col(debtor.id).not_in(merges.gone(client_id)))
    return list(session.exec(query.order_by(debtor.name, col(debtor.id))))


def names(session: Session, client_id: int) -> list[tuple[int, str, str, str]]:
    """Id, name, language and telephone of a client's debtors by name, without those merged away."""
    debtor = records.Debtor
    query = select(debtor.id, debtor.name, debtor.language, debtor.phone).where(
        debtor.client_id == client_id, col(debtor.id).not_in(merges.gone(client_id))
    )
    rows = session.exec(query.order_by(debtor.name, col(debtor.id)))
    return [(known(key), name, language, phone) for key, name, language, phone in rows]


def invoice_value(row: records.Invoice) -> Invoice:
    """The noun of an invoice row."""
    return Invoice(
        id=known(row.id),
        debtor_id=row.debtor_id,
        kind=Kind(row.kind),
        number=row.number,
        issue=row.issue,
        due=row.due,
        total=Money(row.total_cents, row.currency),
        reference=row.reference,
    )


def ledgers(session: Session, client_id: int, debtor_ids: Sequence[int] | None = None) -> dict[str, Ledger]:
    """All dated facts of a client, or of some of its debtors, one ledger per currency.

    Rows are read as tuples: the figures of a large client touch every invoice it ever issued.
    """
    invoice, payment, allocation = records.Invoice, records.Payment, records.Allocation
    some: dict[str, list[ColumnElement[bool]]] = {"invoice": [], "payment": [], "allocation": []}
    if debtor_ids is not None:
        mine = select(invoice.id).where(
            invoice.client_id == client_id, col(invoice.debtor_id).in_(debtor_ids)
        )
        some = {
            "invoice": [col(invoice.debtor_id).in_(debtor_ids)],
            "payment": [col(payment.debtor_id).in_(debtor_ids)],
            "allocation": [col(allocation.invoice_id).in_(mine)],
        }
    invoices: dict[str, list[Invoice]] = defaultdict(list)
    for key, debtor_id, kind, number, issue, due, currency, cents, reference in _tuples(
        session,
        (
            invoice.id,
            invoice.debtor_id,
            invoice.kind,
            invoice.number,
            invoice.issue,
            invoice.due,
            invoice.currency,
            invoice.total_cents,
            invoice.reference,
        ),
        [invoice.client_id == client_id, *some["invoice"]],
    ):
        total = Money(cents, currency)
        invoices[currency].append(Invoice(key, debtor_id, Kind(kind), number, issue, due, total, reference))
    payments: dict[str, list[Payment]] = defaultdict(list)
    for key, debtor_id, on, currency, cents in _tuples(
        session,
        (payment.id, payment.debtor_id, payment.on, payment.currency, payment.amount_cents),
        [payment.client_id == client_id, *some["payment"]],
    ):
        payments[currency].append(Payment(key, debtor_id, on, Money(cents, currency)))
    allocations: dict[str, list[Allocation]] = defaultdict(list)
    for invoice_id, on, currency, cents, payment_id, credit_note_id in _tuples(
        session,
        (
            allocation.invoice_id,
            allocation.on,
            allocation.currency,
            allocation.amount_cents,
            allocation.payment_id,
            allocation.credit_note_id,
        ),
        [allocation.client_id == client_id, *some["allocation"]],
    ):
        allocations[currency].append(
            Allocation(invoice_id, on, Money(cents, currency), payment_id, credit_note_id)
        )
    beside = accessories(session, client_id, debtor_ids)
    currencies = sorted({*invoices, *payments}, key=lambda code: (code != "EUR", code))
    return {
        code: Ledger(code, invoices[code], payments[code], allocations[code], beside.get(code, ()))
        for code in currencies
    }


def _tuples(session: Session, columns: Iterable[Any], where: Iterable[Any]) -> Iterable[Any]:
    return cast("Iterable[Any]", session.exec(select(*columns).where(*where)))


def delegation_events(
    session: Session, client_id: int, debtor_ids: Sequence[int] | None = None
) -> dict[int, list[DelegationEvent]]:
    """Each debtor's delegation facts in the order they were recorded."""
    fact = records.Delegation
    columns: list[Any] = [fact.debtor_id, fact.kind, fact.from_date, fact.until, fact.reason]
    query: Any = select(*columns).where(fact.client_id == client_id)
    if debtor_ids is not None:
        query = query.where(col(fact.debtor_id).in_(debtor_ids))
    events: dict[int, list[DelegationEvent]] = defaultdict(list)
    for debtor_id, kind, first, until, reason in session.exec(query.order_by(col(fact.id))):
        events[debtor_id].append(DelegationEvent(_DECISIONS[kind], first, until, reason))
    return events


def delegation_states(
    session: Session, client_id: int, on: date, debtor_ids: Sequence[int] | None = None
) -> Mapping[int, DelegationStatus]:
    """Where each debtor with any delegation fact stands on a date."""
    events = delegation_events(session, client_id, debtor_ids)
    return {debtor_id: status(facts, on) for debtor_id, facts in events.items()}


def steps_done(
    session: Session, client_id: int, debtor_ids: Sequence[int] | None = None
) -> dict[int, list[StepDone]]:
    """Reminder steps of each invoice that were sent or are on their way, oldest first.

    Of the debtors' invoices of today: what was sent about them may have gone to another one, from which
    they were parted since.
    """
    line, message, invoice = records.OutboxLine, records.OutboxMessage, records.Invoice
    where = [line.client_id == client_id, col(line.step).is_not(None), col(line.dropped).is_(False)]
    if debtor_ids is not None:
        theirs = select(invoice.id).where(
            invoice.client_id == client_id, col(invoice.debtor_id).in_(debtor_ids)
        )
        where.append(col(line.invoice_id).in_(theirs))
    columns: list[Any] = [line.invoice_id, line.step, message.day, message.channel, message.sent_at]
    query: Any = select(*columns)
    query = query.join(message, col(message.id) == col(line.message_id)).where(*where)
    done: dict[int, list[StepDone]] = defaultdict(list)
    for invoice_id, step, day, channel, at in session.exec(query.order_by(col(message.day), col(line.id))):
        sent_on = at.date() if at else None
        done[invoice_id].append(StepDone(_STEPS[step], day, _CHANNELS[channel], sent_on))
    return done


def open_invoices(
    session: Session, client_id: int, on: date, debtor_ids: Sequence[int] | None = None
) -> dict[int, list[OpenInvoice]]:
    """Each debtor's open invoices on a date by their ids, with the reminder steps each has had."""
    done = steps_done(session, client_id, debtor_ids)
    owed: dict[int, list[OpenInvoice]] = defaultdict(list)
    for currency, ledger in ledgers(session, client_id, debtor_ids).items():
        balances = ledger.open_cents(on)
        unpaid = [invoice for invoice in ledger.invoices if balances.get(invoice.id, 0) > 0]
        for invoice in sorted(unpaid, key=lambda one: one.id):
            money = Money(balances[invoice.id], currency)
            owed[invoice.debtor_id].append(OpenInvoice(invoice, money, done.get(invoice.id, ())))
    return owed


def free_credits(session: Session, client_id: int, on: date) -> dict[int, list[Money]]:
    """What each debtor has paid or been credited and is not yet set against an invoice."""
    free: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for currency, ledger in ledgers(session, client_id).items():
        for debtor_id, cents in ledger.unallocated_by_debtor(on).items():
            free[debtor_id][currency] += cents
    return {
        debtor_id: [Money(cents, currency) for currency, cents in sums.items() if cents > 0]
        for debtor_id, sums in free.items()
    }


def last_contacts(
    session: Session, client_id: int, debtor_ids: Sequence[int] | None = None
) -> dict[int, date]:
    """Day of the last statement or notice to each debtor of a client; courtesy notices do not count."""
    return contacts(session, [client_id], debtor_ids)


def contacts(
    session: Session, client_ids: Collection[int], debtor_ids: Sequence[int] | None = None
) -> dict[int, date]:
    """Day of the last statement or notice to each debtor, or about what is now its own.

    The latter went to another debtor, from which it was parted since: whoever it reached must not hear
    of the same invoices again before the gap is over. One that a mail server kept waiting counts from the
    day on which it left.
    """
    message, line, invoice = records.OutboxMessage, records.OutboxLine, records.Invoice
    written = [
        col(message.client_id).in_(client_ids),
        col(message.dropped_at).is_(None),
        col(message.step) != StepCode.COURTESY.value,
    ]
    days = (func.max(message.day), func.max(message.sent_at))
    to: Any = select(message.debtor_id, *days).where(*written)
    about: Any = select(invoice.debtor_id, *days).where(
        *written,
        col(line.client_id).in_(client_ids),
        col(line.message_id) == col(message.id),
        col(line.invoice_id) == col(invoice.id),
        col(line.dropped).is_(False),
        invoice.debtor_id != message.debtor_id,
    )
    asked_of = [(to, col(message.debtor_id))]
    if _ever_parted(session, client_ids):
        asked_of.append((about, col(invoice.debtor_id)))
    last: dict[int, date] = {}
    for query, whose in asked_of:
        asked = query if debtor_ids is None else query.where(whose.in_(debtor_ids))
        for debtor_id, planned, sent in session.exec(asked.group_by(whose)):
            day = max(planned, sent.date()) if sent else planned
            last[debtor_id] = max(day, last.get(debtor_id, day))
    return last


def _ever_parted(session: Session, client_ids: Collection[int]) -> bool:
    """Whether invoices of these clients were ever taken to another debtor without what was sent."""
    act = records.Act
    query = select(act.id).where(col(act.client_id).in_(client_ids), col(act.kind).in_(("parted", "split")))
    return session.exec(query.limit(1)).first() is not None


def addresses(session: Session, client_id: int) -> dict[int, str]:
    """The first e-mail address of each debtor that has one: its own before those of the merged ones."""
    return {whose: mine[0] for whose, mine in emails(session, client_id).items()}


def emails(
    session: Session,
    client_id: int,
    debtor_ids: Sequence[int] | None = None,
    without: Mapping[int, Collection[str]] = MappingProxyType({}),
) -> dict[int, tuple[str, ...]]:
    """Every e-mail address of each debtor that has one: its own, those of merged ones where it has none.

    ``without`` names addresses of debtors that are left out, as if they had not got them.
    """
    contact = records.Contact
    query = select(contact.id, contact.debtor_id, contact.email).where(contact.client_id == client_id)
    if debtor_ids is not None:
        query = query.where(col(contact.debtor_id).in_(debtor_ids))
    came = merges.came(session, client_id, "contact")
    rows = [(len(came.get(known(key), ())), key, whose, email) for key, whose, email in session.exec(query)]
    found: dict[int, tuple[str, ...]] = {}
    nearest: dict[int, int] = {}
    for distance, _, whose, email in sorted(rows):
        if email not in without.get(whose, ()) and nearest.setdefault(whose, distance) == distance:
            found[whose] = (*found.get(whose, ()), email)
    return found


def acts(session: Session, client_id: int, debtor_ids: Sequence[int] | None = None) -> list[records.Act]:
    """The journal of a client, or of some of its debtors, newest first."""
    query = select(records.Act).where(records.Act.client_id == client_id)
    if debtor_ids is not None:
        query = query.where(col(records.Act.debtor_id).in_(debtor_ids))
    return list(session.exec(query.order_by(col(records.Act.day).desc(), col(records.Act.id).desc())))


def last_import(session: Session, client_id: int) -> records.ImportBatch | None:
    """The file imported last."""
    return session.exec(
        select(records.ImportBatch)
        .where(records.ImportBatch.client_id == client_id, col(records.ImportBatch.imported_at).is_not(None))
        .order_by(col(records.ImportBatch.imported_at).desc())
    ).first()


def uploads_waiting(session: Session, client_id: int) -> list[tuple[int, str]]:
    """Id and name of files received and not imported, newest first."""
    query = select(records.ImportBatch).where(
        records.ImportBatch.client_id == client_id, col(records.ImportBatch.imported_at).is_(None)
    )
    rows = session.exec(query.order_by(col(records.ImportBatch.id).desc()))
    return [(known(row.id), row.file_name) for row in rows]


def failed_messages(session: Session, client_id: int) -> list[tuple[int, str]]:
    """Id and name of each debtor whose last message failed and is not set aside, the newest first."""
    message = records.OutboxMessage
    last = (
        select(func.max(message.id))
        .where(message.client_id == client_id, col(message.dropped_at).is_(None))
        .group_by(col(message.debtor_id))
    )
    query = (
        select(records.Debtor)
        .join(message, col(records.Debtor.id) == col(message.debtor_id))
        .where(
            col(message.id).in_(last),
            col(message.failed_at).is_not(None),
            col(message.set_aside_at).is_(None),
        )
        .order_by(col(message.id).desc())
    )
    return [(known(debtor.id), debtor.name) for debtor in session.exec(query)]


def sent_between(session: Session, client_id: int, first: date, last: date) -> int:
    """How many messages were sent on days of a period, both ends included."""
    query = select(func.count(col(records.Act.id))).where(
        records.Act.client_id == client_id,
        records.Act.kind == "sent",
        col(records.Act.day).between(first, last),
    )
    return int(session.exec(query).one())


def message(session: Session, client_id: int, message_id: int) -> records.OutboxMessage:
    """A message to one of this client's debtors.

    Raises:
        NotFound: no such message, or another client's.
    """
    found = session.get(records.OutboxMessage, message_id)
    if found is None or found.client_id != client_id:
        raise NotFound
    return found
