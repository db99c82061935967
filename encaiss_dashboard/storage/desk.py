"""What the agency's desk reads of many clients at once: one grouped query a fact, however many clients.

Every read takes the clients it is about; who may see them was asked before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Subquery, case, func, select
from sqlmodel import Session, and_, col

from encaiss_dashboard.domain.ageing import DEFAULT_BOUNDS, bucket_codes
from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind
from encaiss_dashboard.domain.dunning import OpenInvoice, StepCode, StepDone
from encaiss_dashboard.domain.inbound import MailKind
from encaiss_dashboard.domain.invoices import Invoice as InvoiceValue
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.signing import LinkKind
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.accounts import AccountMail, Membership, User
from encaiss_dashboard.storage.credits import free_credit
from encaiss_dashboard.storage.inbound import InboundMessage
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.posting import Posting
from encaiss_dashboard.storage.records import (
    Act,
    Allocation,
    Client,
    Debtor,
    Delegation,
    ImportBatch,
    Invoice,
    OutboxLine,
    OutboxMessage,
)

Ids = Collection[int]
ON_PAPER: Final = tuple(channel.value for channel in Channel if channel.on_paper)


@dataclass(frozen=True, slots=True)
class Balance:
    """What one client's debtors owe in one currency on a date, as ``ageing`` tells it of its ledger.

    Attributes:
        buckets: open amount by bucket code, youngest first; sums to ``open``.
        oldest_due: earliest due date before the date of anything still owed, None without any.
    """

    open: Money
    overdue: Money
    buckets: Mapping[str, Money]
    oldest_due: date | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the plan of one debtor's next message depends on, besides its delegation."""

    client_id: int
    debtor_id: int
    invoices: tuple[OpenInvoice, ...]
    credit: tuple[Money, ...]
    last_contact: date | None


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A debtor whose last message could not be delivered, and nobody set it aside."""

    client_id: int
    debtor_id: int
    name: str
    recipient: str
    failed_at: datetime
    message_id: int


def clients(session: Session, ids: Ids | None) -> list[Client]:
    """The clients of these ids by name, or all of them when None."""
    query = select(Client).order_by(func.lower(Client.name), col(Client.id))
    if ids is not None:
        query = query.where(col(Client.id).in_(ids))
    return list(session.scalars(query))


def _settled(ids: Ids, on: date) -> Subquery:
    """Cents set against each invoice until a date, in the currency of the allocation."""
    return (
        select(
            col(Allocation.invoice_id),
            col(Allocation.currency),
            func.sum(Allocation.amount_cents).label("cents"),
        )
        .where(col(Allocation.client_id).in_(ids), col(Allocation.on) <= on)
        .group_by(col(Allocation.invoice_id), col(Allocation.currency))
        .subquery()
    )


def _left(settled: Subquery) -> ColumnElement[int]:
    return col(Invoice.total_cents) - func.coalesce(settled.c.cents, 0)


def _issued(columns: tuple[Any, ...], settled: Subquery, ids: Ids, on: date) -> Select[Any]:
    """Invoices issued by a date beside what was set against them, as ``Ledger.open_cents`` counts."""
    same = and_(settled.c.invoice_id == col(Invoice.id), settled.c.currency == col(Invoice.currency))
    return (
        select(*columns)
        .select_from(Invoice)
        .outerjoin(settled, same)
        .where(
            col(Invoice.client_id).in_(ids),
            col(Invoice.kind) == Kind.INVOICE.value,
            col(Invoice.issue) <= on,
        )
    )


def balances(session: Session, ids: Ids, on: date) -> dict[int, dict[str, Balance]]:
    """Open, overdue and aged amounts by client and currency, euro first; to the cent those of the ledgers."""
    settled = _settled(ids, on)
    left = _left(settled)
    parts = [func.sum(case((within, left), else_=0)) for within in _buckets(on)]
    oldest = func.min(case((and_(left > 0, col(Invoice.due) < on), col(Invoice.due))))
    columns = (col(Invoice.client_id), col(Invoice.currency), oldest, *parts)
    query = _issued(columns, settled, ids, on).group_by(col(Invoice.client_id), col(Invoice.currency))
    found: dict[int, dict[str, Balance]] = defaultdict(dict)
    order = (col(Invoice.currency) != "EUR", col(Invoice.currency))
    for client_id, currency, oldest_due, *cents in session.execute(query.order_by(*order)):
        amounts = [Money(int(part), currency) for part in cents]
        found[client_id][currency] = Balance(
            open=Money.total(amounts, currency),
            overdue=Money.total(amounts[1:], currency),
            buckets=dict(zip(bucket_codes(), amounts, strict=True)),
            oldest_due=oldest_due,
        )
    return found


def _buckets(on: date) -> list[ColumnElement[bool]]:
    """One condition a bucket, youngest first: the day it is due an invoice is still in time."""
    due, edges = col(Invoice.due), [on - timedelta(days=bound) for bound in (0, *DEFAULT_BOUNDS)]
    between = [and_(due < newer, due >= older) for newer, older in pairwise(edges)]
    return [due >= on, *between, due < edges[-1]]


def owing(session: Session, ids: Ids, on: date) -> dict[int, set[int]]:
    """Client id → ids of its debtors with anything open on a date."""
    settled = _settled(ids, on)
    columns = (col(Invoice.client_id), col(Invoice.debtor_id))
    query = _issued(columns, settled, ids, on).where(_left(settled) != 0).distinct()
    found: dict[int, set[int]] = defaultdict(set)
    for client_id, debtor_id in session.execute(query):
        found[client_id].add(debtor_id)
    return found


def decisions(session: Session, ids: Ids) -> dict[int, list[DelegationEvent]]:
    """Debtor id → the client's decisions about it, in the order in which they were recorded."""
    query = (
        select(
            col(Delegation.debtor_id),
            col(Delegation.kind),
            col(Delegation.from_date),
            col(Delegation.until),
            col(Delegation.reason),
        )
        .where(col(Delegation.client_id).in_(ids))
        .order_by(col(Delegation.id))
    )
    events: dict[int, list[DelegationEvent]] = defaultdict(list)
    for debtor_id, kind, from_date, until, reason in session.execute(query):
        events[debtor_id].append(DelegationEvent(DelegationKind(kind), from_date, until, reason))
    return events


def candidates(session: Session, ids: Ids, on: date, due_until: date) -> list[Candidate]:
    """Debtors that were ever delegated and owe something due by a day, with what their plan depends on."""
    settled = _settled(ids, on)
    left = _left(settled)
    given = select(col(Delegation.debtor_id)).where(col(Delegation.client_id).in_(ids))
    wanted = (left > 0, col(Invoice.due) <= due_until, col(Invoice.debtor_id).in_(given))
    done = _steps_done(session, ids, _issued((col(Invoice.id),), settled, ids, on).where(*wanted))
    owed: dict[tuple[int, int], list[OpenInvoice]] = defaultdict(list)
    # As tuples: an object of the mapper for each would take twice as long.
    names = (
        "id",
        "client_id",
        "debtor_id",
        "number",
        "issue",
        "due",
        "currency",
        "total_cents",
        "recorded_at",
    )
    columns = (*(getattr(Invoice, name) for name in names), left)
    rows = session.execute(_issued(columns, settled, ids, on).where(*wanted).order_by(col(Invoice.id)))
    for key, client_id, debtor_id, number, issue, due, currency, total, recorded, cents in rows:
        value = InvoiceValue(key, debtor_id, Kind.INVOICE, number, issue, due, Money(total, currency))
        owed_now = Money(int(cents), currency)
        item = OpenInvoice(value, owed_now, done.get(key, ()), known_since=recorded.date())
        owed[client_id, debtor_id].append(item)
    credit = free_credit(session, ids, on, given)
    contacts = queries.contacts(session, ids)
    return [
        Candidate(client_id, key, tuple(items), tuple(credit.get(key, ())), contacts.get(key))
        for (client_id, key), items in owed.items()
    ]


def _steps_done(session: Session, ids: Ids, invoices: Select[Any]) -> dict[int, list[StepDone]]:
    query = (
        select(
            *map(col, (OutboxLine.invoice_id, OutboxLine.step)),
            *map(col, (OutboxMessage.day, OutboxMessage.channel, OutboxMessage.sent_at)),
        )
        .join(OutboxMessage, col(OutboxMessage.id) == col(OutboxLine.message_id))
        .where(
            col(OutboxLine.client_id).in_(ids),
            col(OutboxLine.step).is_not(None),
            col(OutboxLine.dropped).is_(False),
            col(OutboxLine.invoice_id).in_(invoices),
        )
        .order_by(col(OutboxMessage.day), col(OutboxLine.id))
    )
    done: dict[int, list[StepDone]] = defaultdict(list)
    for invoice_id, step, day, channel, at in session.execute(query):
        sent_on = at.date() if at else None
        done[invoice_id].append(StepDone(StepCode(step), day, Channel(channel), sent_on))
    return done


def undelivered(session: Session, ids: Ids) -> dict[int, int]:
    """Client id → planned messages that have no outcome yet."""
    message = OutboxMessage
    ends = (col(end).is_(None) for end in (message.sent_at, message.failed_at, message.dropped_at))
    query = (
        select(col(message.client_id), func.count())
        .where(col(message.client_id).in_(ids), *ends)
        .group_by(col(message.client_id))
    )
    return dict(session.execute(query).all())


def replies(session: Session, ids: Ids) -> list[tuple[InboundMessage, str]]:
    """Answers of debtors that nobody has read, with the debtor's name, the longest waiting first."""
    mail = InboundMessage
    query = (
        select(mail, col(Debtor.name))
        .join(Debtor, col(Debtor.id) == col(mail.debtor_id))
        .where(
            col(mail.client_id).in_(ids),
            col(mail.looked_at).is_(None),
            col(mail.kind) == MailKind.REPLY.value,
        )
        .order_by(col(mail.id))
    )
    return [(row, name) for row, name in session.execute(query)]


def failed(session: Session, ids: Ids) -> list[FailedMessage]:
    """Each debtor whose last message could not be delivered, the longest ago first."""
    message = OutboxMessage
    last = (
        select(func.max(message.id))
        .where(col(message.client_id).in_(ids), col(message.dropped_at).is_(None))
        .group_by(col(message.debtor_id))
    )
    query = (
        select(
            col(message.client_id),
            col(message.debtor_id),
            col(Debtor.name),
            col(message.recipient),
            col(message.failed_at),
            col(message.id),
        )
        .join(Debtor, col(Debtor.id) == col(message.debtor_id))
        .where(
            col(message.id).in_(last),
            col(message.failed_at).is_not(None),
            col(message.set_aside_at).is_(None),
        )
        .order_by(col(message.failed_at), col(message.id))
    )
    return [FailedMessage(*row) for row in session.execute(query)]


def letters_to_post(session: Session, ids: Ids, since: datetime) -> dict[int, tuple[int, datetime]]:
    """Client id → how many letters lie in the agency's post tray, and since when.

    They came there after ``since`` and after the tray was last emptied, and none was said to be posted.
    """
    when = _emptied(ids).subquery()
    message, said = OutboxMessage, Posting
    posted = select(col(said.message_id)).where(
        col(said.client_id).in_(ids), col(said.posted_on).is_not(None)
    )
    query = (
        select(col(message.client_id), func.count(), func.min(message.sent_at))
        .outerjoin(when, when.c.client_id == col(message.client_id))
        .where(
            col(message.client_id).in_(ids),
            col(message.channel) == Channel.POST.value,  # registered ones wait at /desk/post
            col(message.sent_at) > since,
            when.c.at.is_(None) | (col(message.sent_at) > when.c.at),
            col(message.id).not_in(posted),
        )
        .group_by(col(message.client_id))
    )
    return {client_id: (n, first) for client_id, n, first in session.execute(query)}


def emptied(session: Session, ids: Ids) -> dict[int, datetime]:
    """Client id → when somebody last said that all its letters in the tray were posted."""
    return {client_id: at for client_id, at in session.execute(_emptied(ids)) if client_id is not None}


def _emptied(ids: Ids) -> Any:
    query: Any = select(col(Act.client_id), func.max(Act.at).label("at"))
    told = (col(Act.client_id).in_(ids), col(Act.kind) == ActKind.TRAY_EMPTIED.value)
    return query.where(*told).group_by(col(Act.client_id))


def uploads(session: Session, ids: Ids) -> list[tuple[int, int, str, datetime]]:
    """Client id, id, name and time of each file received and not imported, oldest first."""
    query = (
        select(
            col(ImportBatch.client_id),
            col(ImportBatch.id),
            col(ImportBatch.file_name),
            col(ImportBatch.uploaded_at),
        )
        .where(col(ImportBatch.client_id).in_(ids), col(ImportBatch.imported_at).is_(None))
        .order_by(col(ImportBatch.uploaded_at), col(ImportBatch.id))
    )
    return [(client_id, key, name, at) for client_id, key, name, at in session.execute(query)]


def last_imports(session: Session, ids: Ids) -> dict[int, datetime]:
    """Client id → when a file of it was imported last."""
    query = (
        select(col(ImportBatch.client_id), func.max(ImportBatch.imported_at))
        .where(col(ImportBatch.client_id).in_(ids), col(ImportBatch.imported_at).is_not(None))
        .group_by(col(ImportBatch.client_id))
    )
    return dict(session.execute(query).all())


def owned(session: Session, ids: Ids) -> set[int]:
    """Which of these clients have an owner who can sign in."""
    query = (
        select(col(Membership.client_id))
        .join(User, col(User.id) == col(Membership.user_id))
        .where(
            col(Membership.client_id).in_(ids),
            col(Membership.role) == Role.OWNER.value,
            col(Membership.ended_at).is_(None),
            col(User.disabled_at).is_(None),
        )
        .distinct()
    )
    return set(session.scalars(query))


def invitations(session: Session, ids: Ids) -> list[AccountMail]:
    """Invitations to these clients that nobody answered or took back, oldest first."""
    query = (
        select(AccountMail)
        .where(
            col(AccountMail.client_id).in_(ids),
            col(AccountMail.kind) == LinkKind.INVITATION.value,
            col(AccountMail.used_at).is_(None),
            col(AccountMail.revoked_at).is_(None),
        )
        .order_by(col(AccountMail.id))
    )
    return list(session.scalars(query))


def administrators(session: Session) -> list[tuple[str, str]]:
    """Name and address of whoever runs the agency, by name."""
    query = (
        select(col(User.name), col(User.email))
        .where(col(User.agency_role) == Role.ADMINISTRATOR.value, col(User.disabled_at).is_(None))
        .order_by(func.lower(User.name), col(User.id))
    )
    return [(name, email) for name, email in session.execute(query)]
