"""Payments as they are read: what is open that they may settle, what is left of them, lists of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, select, union_all
from sqlmodel import Session, col

from encaiss_dashboard.domain.booking import Part
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.invoices import AccessoryAllocation as Beside
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage.bank import AccessoryAllocation, BankLine, Counterparty
from encaiss_dashboard.storage.claims import ClaimRow
from encaiss_dashboard.storage.records import Allocation, Debtor, Invoice, OutboxMessage, Payment

UNDONE = "undone"
"""Source of the row that takes a person's booking back as if it had never been."""
SAID = "said"
"""Source of a payment of which only the client's word is known."""
_AT_ONCE = 500

OpenRow = tuple[int, int, str, str, date, date, str, int, bool]
"""As ``domain.booking.book.ItemRow``, without whether it is delegated: that is said per debtor."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for beside an invoice and is not paid: since when, and how much is left."""

    kind: ClaimKind
    on: date
    left: Money


def parts_of(ids: Collection[int]) -> Iterator[list[int]]:
    """Not too many at once for one statement."""
    every = sorted(ids)
    return (every[start : start + _AT_ONCE] for start in range(0, len(every), _AT_ONCE))


def accessories(
    session: Session, client_id: int, debtor_ids: Collection[int] | None = None
) -> dict[str, list[Beside]]:
    """What a client's payments settle beside balances, by currency; of some debtors where they are named."""
    row = AccessoryAllocation
    query = select(
        col(row.invoice_id), col(row.on), col(row.currency), col(row.amount_cents), col(row.payment_id)
    ).where(col(row.client_id) == client_id)
    if debtor_ids is not None:
        mine = select(col(Invoice.id)).where(col(Invoice.debtor_id).in_(list(debtor_ids)))
        query = query.where(col(row.invoice_id).in_(mine))
    found: dict[str, list[Beside]] = defaultdict(list)
    for invoice_id, on, currency, cents, payment_id in session.execute(query):
        found[currency].append(Beside(invoice_id, on, Money(cents, currency), payment_id))
    return found


def balances(session: Session, where: Iterable[ColumnElement[bool]]) -> list[tuple[Any, ...]]:
    """Id, debtor, number, reference, issue, due, currency and open cents of invoices, whatever the day."""
    settled = (
        select(func.coalesce(func.sum(Allocation.amount_cents), 0))
        .where(col(Allocation.invoice_id) == col(Invoice.id))
        .correlate(Invoice)
        .scalar_subquery()
    )
    query = select(
        col(Invoice.id),
        col(Invoice.debtor_id),
        col(Invoice.number),
        col(Invoice.reference),
        col(Invoice.issue),
        col(Invoice.due),
        col(Invoice.currency),
        col(Invoice.total_cents) - settled,
    ).where(col(Invoice.kind) == Kind.INVOICE.value, *where)
    return [tuple(row) for row in session.execute(query.order_by(col(Invoice.id)))]


def debtor_rows(session: Session, client_ids: Collection[int]) -> list[tuple[int, int, str, str]]:
    """Id, client, name and IBAN of every debtor of these clients."""
    query = select(col(Debtor.id), col(Debtor.client_id), col(Debtor.name), col(Debtor.iban))
    query = query.where(col(Debtor.client_id).in_(list(client_ids)))
    return [tuple(row) for row in session.execute(query)]


def learnt_rows(session: Session, client_ids: Collection[int]) -> list[tuple[str, int]]:
    """What persons decided before of accounts and names, the newest last."""
    query = select(col(Counterparty.key), col(Counterparty.debtor_id))
    query = query.where(col(Counterparty.client_id).in_(list(client_ids))).order_by(col(Counterparty.id))
    return [tuple(row) for row in session.execute(query)]


def asked(
    session: Session, client_ids: Collection[int], invoice_ids: Collection[int] | None = None
) -> dict[int, list[Asked]]:
    """Interest, indemnity and costs that messages which left asked for, less what was paid of them since.

    Each message asks for what is left of each by then, so that of each kind only the last one counts.
    """
    message, beside = OutboxMessage, AccessoryAllocation
    rows = (
        select(
            col(ClaimRow.invoice_id),
            col(ClaimRow.kind),
            col(ClaimRow.currency),
            col(ClaimRow.amount_cents),
            col(message.sent_at),
        )
        .join(message, col(message.id) == col(ClaimRow.message_id))
        .where(
            col(ClaimRow.client_id).in_(list(client_ids)),
            col(message.sent_at).is_not(None),
            col(message.dropped_at).is_(None),
        )
        .order_by(col(message.sent_at), col(message.id))
    )
    paid = (
        select(
            col(beside.invoice_id),
            col(beside.kind),
            col(beside.on),
            col(beside.amount_cents),
            col(Payment.recorded_at),
        )
        .join(Payment, col(Payment.id) == col(beside.payment_id))
        .where(col(beside.client_id).in_(list(client_ids)))
    )
    if invoice_ids is not None:
        rows = rows.where(col(ClaimRow.invoice_id).in_(list(invoice_ids)))
        paid = paid.where(col(beside.invoice_id).in_(list(invoice_ids)))
    first: dict[tuple[int, str], date] = {}
    last: dict[tuple[int, str], tuple[str, int, datetime]] = {}
    for invoice_id, kind, currency, cents, sent_at in session.execute(rows):
        first.setdefault((invoice_id, kind), sent_at.date())
        last[invoice_id, kind] = (currency, cents, sent_at)
    since: dict[tuple[int, str], int] = defaultdict(int)
    for invoice_id, kind, on, cents, known_at in session.execute(paid):
        asked_at = last[invoice_id, kind][2] if (invoice_id, kind) in last else None
        if asked_at is not None and (known_at > asked_at or on > asked_at.date()):
            since[invoice_id, kind] += cents
    found: dict[int, list[Asked]] = defaultdict(list)
    for (invoice_id, kind), (currency, cents, _) in last.items():
        left = cents - since[invoice_id, kind]
        if left > 0:
            one = Asked(ClaimKind(kind), first[invoice_id, kind], Money(left, currency))
            found[invoice_id].append(one)
    return dict(found)


def _moves(*where: ColumnElement[bool]) -> Subquery:
    """What came in and what was set against something, by the payment that it began with."""
    root = func.coalesce(col(Payment.reverses_id), col(Payment.id)).label("root")
    came: Any = select(root, col(Payment.amount_cents).label("cents")).where(*where)
    used = select(root, -col(Allocation.amount_cents)).join(
        Allocation, col(Allocation.payment_id) == col(Payment.id)
    )
    beside = select(root, -col(AccessoryAllocation.amount_cents)).join(
        AccessoryAllocation, col(AccessoryAllocation.payment_id) == col(Payment.id)
    )
    return union_all(came, used.where(*where), beside.where(*where)).subquery()


def left_of(session: Session, *where: ColumnElement[bool]) -> dict[int, int]:
    """What is set against nothing of payments with what took them back, in cents; without those at zero.

    Args:
        session: of the transaction.
        where: conditions on ``Payment`` that hold for a payment and for its reversals alike.
    """
    moves = _moves(*where)
    query = select(moves.c.root, func.sum(moves.c.cents)).group_by(moves.c.root)
    return {root: int(cents) for root, cents in session.execute(query) if cents}


def with_left(client_id: int) -> Select[Any]:
    """Ids of a client's payments of which something is set against nothing, as a part of other queries."""
    moves = _moves(col(Payment.client_id) == client_id)
    return select(moves.c.root).group_by(moves.c.root).having(func.sum(moves.c.cents) > 0)


def family_of(session: Session, payment_ids: Collection[int]) -> list[Payment]:
    """Payments and whatever took them back, as they were written."""
    found: list[Payment] = []
    for some in parts_of(payment_ids):
        one = select(Payment).where(col(Payment.id).in_(some) | col(Payment.reverses_id).in_(some))
        found += session.scalars(one)
    return sorted(found, key=lambda row: row.id or 0)


def parts(session: Session, payment_ids: Collection[int]) -> dict[int, list[tuple[date, Part]]]:
    """What payments settle, each part with its day, as it was written."""
    found: dict[int, list[tuple[date, Part]]] = defaultdict(list)
    for some in parts_of(payment_ids):
        rows: Any = select(Allocation).where(col(Allocation.payment_id).in_(some))
        for one in session.scalars(rows.order_by(col(Allocation.id))):
            found[one.payment_id].append(
                (one.on, Part(one.invoice_id, Money(one.amount_cents, one.currency)))
            )
        rows = select(AccessoryAllocation).where(col(AccessoryAllocation.payment_id).in_(some))
        for one in session.scalars(rows.order_by(col(AccessoryAllocation.id))):
            part = Part(one.invoice_id, Money(one.amount_cents, one.currency), ClaimKind(one.kind))
            found[one.payment_id].append((one.on, part))
    return found


def timelines(session: Session, invoice_ids: Collection[int]) -> dict[int, list[tuple[date, int]]]:
    """What was set against invoices, by day: for those where anything was ever taken back."""
    found: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for some in parts_of(invoice_ids):
        back = select(col(Allocation.invoice_id)).where(
            col(Allocation.invoice_id).in_(some), col(Allocation.amount_cents) < 0
        )
        rows = select(col(Allocation.invoice_id), col(Allocation.on), col(Allocation.amount_cents))
        for key, on, cents in session.execute(rows.where(col(Allocation.invoice_id).in_(back))):
            found[key].append((on, cents))
    return found


def of_line(session: Session, line_id: int) -> list[Payment]:
    """The payments that a line became and that still stand: without those undone."""
    query = select(Payment).where(col(Payment.bank_line_id) == line_id).order_by(col(Payment.id))
    every = list(session.scalars(query))
    undone = {one.reverses_id for one in every if one.source == UNDONE}
    return [one for one in every if one.source != UNDONE and one.id not in undone]


def agency_paid(payment_id: Any) -> ColumnElement[bool]:
    """Whether a payment came to an account of the agency, as a part of other queries."""
    agencys = select(col(BankLine.id)).where(col(BankLine.client_id).is_(None))
    return col(payment_id).in_(agencys)
