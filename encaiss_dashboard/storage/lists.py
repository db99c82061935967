"""Lists that screens page through: filtered, sorted and cut by the database."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select, tuple_
from sqlmodel import Session, col

from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage.records import Allocation, Debtor, Invoice


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One row of the list of invoices; ``open`` is its balance on the date asked for."""

    id: int
    debtor_id: int
    debtor: str
    kind: Kind
    number: str
    issue: date
    due: date
    total: Money
    open: Money
    reference: str


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices: as of a date, by text, state, due range and debtor.

    Attributes:
        show: ``open``, ``overdue``, ``paid``, ``credit_notes``, ``stopped`` or ``all``.
        due_from, due_to: both ends included, None for open ended; set, they ask for open ones.
        only: ids of invoices and of debtors, None for all of them.
    """

    on: date
    text: str = ""
    show: str = "open"
    due_from: date | None = None
    due_to: date | None = None
    debtor_id: int | None = None
    only: tuple[Collection[int], Collection[int]] | None = None


def _balance(on: date) -> ColumnElement[int]:
    """Open cents on a date: total − allocations until then; of a credit note, what is unused, negative."""
    settled = (
        select(func.coalesce(func.sum(Allocation.amount_cents), 0))
        .where(col(Allocation.invoice_id) == col(Invoice.id), col(Allocation.on) <= on)
        .correlate(Invoice)
        .scalar_subquery()
    )
    used = (
        select(func.coalesce(func.sum(Allocation.amount_cents), 0))
        .where(col(Allocation.credit_note_id) == col(Invoice.id), col(Allocation.on) <= on)
        .correlate(Invoice)
        .scalar_subquery()
    )
    return case(
        (col(Invoice.kind) == Kind.INVOICE.value, col(Invoice.total_cents) - settled),
        else_=used - col(Invoice.total_cents),
    )


def _where(client_id: int, wanted: InvoiceFilter) -> list[ColumnElement[bool]]:
    balance = _balance(wanted.on)
    invoice = col(Invoice.kind) == Kind.INVOICE.value
    conditions: list[ColumnElement[bool]] = [
        col(Invoice.client_id) == client_id,
        col(Invoice.issue) <= wanted.on,
    ]
    states: dict[str, list[ColumnElement[bool]]] = {
        "open": [invoice, balance != 0],
        "overdue": [invoice, balance > 0, col(Invoice.due) < wanted.on],
        "paid": [invoice, balance == 0],
        "credit_notes": [~invoice],
        "stopped": [invoice, balance > 0],
        "all": [],
    }
    conditions += states[wanted.show]
    if wanted.only is not None:
        invoices, debtors = wanted.only
        conditions.append(col(Invoice.id).in_(sorted(invoices)) | col(Invoice.debtor_id).in_(sorted(debtors)))
    if wanted.due_from is not None or wanted.due_to is not None:
        conditions += [invoice, balance != 0]
    if wanted.due_from is not None:
        conditions.append(col(Invoice.due) >= wanted.due_from)
    if wanted.due_to is not None:
        conditions.append(col(Invoice.due) <= wanted.due_to)
    if wanted.debtor_id is not None:
        conditions.append(col(Invoice.debtor_id) == wanted.debtor_id)
    if wanted.text:
        conditions.append(
            col(Invoice.number).icontains(wanted.text, autoescape=True)
            | col(Debtor.name).icontains(wanted.text, autoescape=True)
            | col(Invoice.reference).icontains(wanted.text, autoescape=True)
        )
    return conditions


def _joined(*columns: Any) -> Select[Any]:
    return select(*columns).select_from(Invoice).join(Debtor, col(Debtor.id) == col(Invoice.debtor_id))


def count_invoices(session: Session, client_id: int, wanted: InvoiceFilter) -> tuple[int, list[Money]]:
    """How many there are, and what is open of them by currency."""
    rows = session.execute(
        _joined(col(Invoice.currency), func.count(), func.sum(_balance(wanted.on)))
        .where(*_where(client_id, wanted))
        .group_by(col(Invoice.currency))
        .order_by(func.count().desc())
    ).all()
    return sum(n for _, n, _ in rows), [Money(int(cents), currency) for currency, _, cents in rows]


def invoice_lines(
    session: Session,
    client_id: int,
    wanted: InvoiceFilter,
    *,
    sort: str,
    descending: bool,
    offset: int = 0,
    limit: int | None = None,
) -> list[InvoiceLine]:
    """The rows in order; ``sort`` is one of due, issue, number, debtor, total, open."""
    balance = _balance(wanted.on)
    column = _sortable(balance)[sort]
    order: Sequence[Any] = (column.desc(), col(Invoice.id)) if descending else (column, col(Invoice.id))
    rows = session.execute(
        _joined(Invoice, col(Debtor.name), balance)
        .where(*_where(client_id, wanted))
        .order_by(*order)
        .offset(offset)
        .limit(limit)
    )
    return [_line(invoice, name, int(cents)) for invoice, name, cents in rows]


def invoice_pages(
    session: Session, client_id: int, wanted: InvoiceFilter, at_once: int
) -> Iterator[list[InvoiceLine]]:
    """All rows by due date, the oldest first, so many at a time: however many there are."""
    balance, place = _balance(wanted.on), tuple_(col(Invoice.due), col(Invoice.id))
    query = (
        _joined(Invoice, col(Debtor.name), balance)
        .where(*_where(client_id, wanted))
        .order_by(col(Invoice.due), col(Invoice.id))
        .limit(at_once)
    )
    after: tuple[date, int] | None = None
    while True:
        rows = session.execute(query if after is None else query.where(place > after)).all()
        lines = [_line(invoice, name, int(cents)) for invoice, name, cents in rows]
        if lines:
            yield lines
        if len(lines) < at_once:
            return
        after = (lines[-1].due, lines[-1].id)


def _sortable(balance: ColumnElement[int]) -> dict[str, Any]:
    return {
        "due": col(Invoice.due),
        "issue": col(Invoice.issue),
        "number": col(Invoice.number),
        "debtor": func.lower(col(Debtor.name)),
        "total": col(Invoice.total_cents),
        "open": balance,
    }


def _line(invoice: Invoice, debtor: str, open_cents: int) -> InvoiceLine:
    assert invoice.id is not None
    return InvoiceLine(
        id=invoice.id,
        debtor_id=invoice.debtor_id,
        debtor=debtor,
        kind=Kind(invoice.kind),
        number=invoice.number,
        issue=invoice.issue,
        due=invoice.due,
        total=Money(invoice.total_cents, invoice.currency),
        open=Money(open_cents, invoice.currency),
        reference=invoice.reference,
    )
