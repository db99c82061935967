"""Reads: what came in for clients on the agency's own accounts, and what of it was paid on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.booking import DecisionKind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import Receipt
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.bank import (
    AccessoryAllocation,
    BankDecision,
    BankLine,
    Remittance,
    RemittanceLine,
)

LOCK: Final = "remittances"
"""What :func:`storage.engine.lock` is asked for by whoever makes, orders, drops or ties remittances."""


def store_key(digest: str) -> str:
    """Where a transfer file lies in the store."""
    return f"transfer-{digest}"


def is_live() -> ColumnElement[bool]:
    """Whether a remittance pays on what its lines say: not called off, and not come back."""
    return and_(col(Remittance.dropped_at).is_(None), col(Remittance.returned_id).is_(None))


def receipts(session: Session, until: date, client_ids: Collection[int] | None = None) -> list[Receipt]:
    """Payments on the agency's accounts, and what took them back, that no live remittance pays on.

    What takes one back by a person's hand has no movement of its own: it is where the payment was.

    Args:
        session: of the agency: nobody else sees its accounts.
        until: those of later days wait.
        client_ids: of these alone.
    """
    payment, first = records.Payment, aliased(records.Payment)
    what: Any = (payment.id, payment.client_id, BankLine.account_id, payment.on)
    what = (*what, payment.amount_cents, payment.currency)
    remitted = exists().where(
        col(RemittanceLine.payment_id) == col(payment.id),
        col(Remittance.id) == col(RemittanceLine.remittance_id),
        is_live(),
    )
    where = [col(payment.on) <= until, ~remitted, col(BankLine.client_id).is_(None)]
    if client_ids is not None:
        where.append(col(payment.client_id).in_(client_ids))
    own = select(*what).join(BankLine, col(BankLine.id) == col(payment.bank_line_id)).where(*where)
    by_hand = (
        select(*what)
        .join(first, col(first.id) == col(payment.reverses_id))
        .join(BankLine, col(BankLine.id) == col(first.bank_line_id))
        .where(col(payment.bank_line_id).is_(None), *where)
    )
    rows = session.execute(union_all(own, by_hand))
    return [
        Receipt(key, client_id, account_id, on, Money(cents, currency))
        for key, client_id, account_id, on, cents, currency in rows
    ]


def numbers(session: Session, year: int) -> list[str]:
    """The numbers given out in a year, those of called-off remittances too."""
    return list(session.exec(select(Remittance.number).where(col(Remittance.number).startswith(f"R{year}-"))))


@dataclass(frozen=True, slots=True)
class RemittanceRow:
    """A remittance as screens list it.

    Attributes:
        payments: how many it pays on, and what took some back.
    """

    row: Remittance
    client: str
    payments: int

    @property
    def amount(self) -> Money:
        """What it pays on."""
        return Money(self.row.amount_cents, self.row.currency)

    @property
    def state(self) -> str:
        """``dropped``, ``returned``, ``left``, ``ordered`` (stands in a transfer file) or ``made``."""
        row = self.row
        if row.dropped_at is not None:
            return "dropped"
        if row.returned_id is not None:
            return "returned"
        return "left" if row.line_id is not None else "ordered" if row.transfer else "made"


def remittances(
    session: Session,
    client_id: int | None = None,
    *,
    ids: Collection[int] | None = None,
    month: tuple[date, date] | None = None,
    most: int | None = None,
) -> list[RemittanceRow]:
    """Remittances, the newest first: of one client or all, of some ids, of days from one to another."""
    count = (
        select(func.count(col(RemittanceLine.id)))
        .where(col(RemittanceLine.remittance_id) == col(Remittance.id))
        .scalar_subquery()
    )
    asked: Any = (Remittance, records.Client.name, count)
    query = select(*asked).join(records.Client, col(records.Client.id) == col(Remittance.client_id))
    if client_id is not None:
        query = query.where(Remittance.client_id == client_id)
    if ids is not None:
        query = query.where(col(Remittance.id).in_(ids))
    if month is not None:
        query = query.where(col(Remittance.on).between(*month))
    rows = session.execute(query.order_by(col(Remittance.id).desc()).limit(most))
    return [RemittanceRow(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class PaidOn:
    """One payment of a remittance with what it settles.

    Attributes:
        parts: invoice number (or ""), ``principal`` or the kind of claim, amount; what they leave of the
            payment is set against no invoice.
    """

    remittance_id: int
    payment_id: int
    debtor_id: int
    debtor: str
    debtor_number: str
    on: date
    amount: Money
    communication: str
    parts: Sequence[tuple[int, str, str, Money]]

    @property
    def free(self) -> Money:
        """What is set against no invoice."""
        settled = Money.total((part[3] for part in self.parts), self.amount.currency)
        return self.amount - settled


PRINCIPAL: Final = "principal"


def paid_on(session: Session, remittance_ids: Collection[int]) -> list[PaidOn]:
    """The lines of remittances in the order of their payments' days."""
    line, payment, debtor = RemittanceLine, records.Payment, records.Debtor
    asked: Any = (line.remittance_id, payment.id, debtor.id, debtor.name, debtor.number, payment.on)
    asked = (*asked, line.amount_cents, payment.currency, payment.reference)
    query = (
        select(*asked)
        .join(payment, col(payment.id) == col(line.payment_id))
        .join(debtor, col(debtor.id) == col(payment.debtor_id))
        .where(col(line.remittance_id).in_(remittance_ids))
        .order_by(col(line.remittance_id), col(payment.on), col(payment.id))
    )
    rows = list(session.execute(query))
    parts = _parts(session, remittance_ids)
    return [
        PaidOn(of, key, who, name, number, on, Money(cents, currency), told, tuple(parts.get(key, ())))
        for of, key, who, name, number, on, cents, currency, told in rows
    ]


def _parts(session: Session, remittance_ids: Collection[int]) -> dict[int, list[tuple[int, str, str, Money]]]:
    """What each payment of these settles, by payment: an invoice's principal before what is beside it."""
    found: dict[int, list[tuple[int, str, str, Money]]] = {}
    invoice = records.Invoice
    of = select(RemittanceLine.payment_id).where(col(RemittanceLine.remittance_id).in_(remittance_ids))
    for table, kind in ((records.Allocation, None), (AccessoryAllocation, AccessoryAllocation.kind)):
        asked: Any = (table.payment_id, invoice.id, invoice.number, table.amount_cents, table.currency)
        query = (
            select(*asked, *([kind] if kind is not None else []))
            .join(invoice, col(invoice.id) == col(table.invoice_id))
            .where(col(table.payment_id).in_(of))
            .order_by(col(table.id))
        )
        for key, invoice_id, number, cents, currency, *kinds in session.execute(query):
            part = (invoice_id, number, kinds[0] if kinds else PRINCIPAL, Money(cents, currency))
            found.setdefault(key, []).append(part)
    return found


def waiting_lines(session: Session, since: date) -> list[BankLine]:
    """Movements of the agency's accounts from a day on, on which nothing was decided, oldest first.

    Those out, and those that came back; no remittance is tied to one of them.
    """
    later = aliased(BankDecision)
    decided = exists().where(
        col(BankDecision.line_id) == col(BankLine.id),
        col(BankDecision.kind) != DecisionKind.REOPENED.value,
        ~exists().where(
            col(later.line_id) == col(BankDecision.line_id), col(later.id) > col(BankDecision.id)
        ),
    )
    tied = exists().where(
        or_(
            col(Remittance.line_id) == col(BankLine.id),
            col(Remittance.returned_id) == col(BankLine.id),
        )
    )
    booked = exists().where(col(records.Payment.bank_line_id) == col(BankLine.id))
    query = select(BankLine).where(
        col(BankLine.client_id).is_(None),
        col(BankLine.booked_on) >= since,
        or_(col(BankLine.amount_cents) < 0, col(BankLine.is_return)),
        ~decided,
        ~tied,
        ~booked,
    )
    return list(session.exec(query.order_by(col(BankLine.booked_on), col(BankLine.id))))


def by_transfer(rows: Iterable[Remittance]) -> dict[str, list[Remittance]]:
    """Remittances by the file they stand in."""
    found: dict[str, list[Remittance]] = {}
    for row in rows:
        found.setdefault(row.transfer, []).append(row)
    return found


def known_ids(rows: Iterable[Remittance]) -> list[int]:
    """Their ids."""
    return [queries.known(row.id) for row in rows]
