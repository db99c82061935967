"""Imports looked at afterwards, and taken back while nothing was built on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select
from sqlmodel import col, delete, func, or_, select

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.uploads import batch_of, key_of
from encaiss_dashboard.storage import accounts, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

_NAMED: Final = 5
_AT_ONCE: Final = 500
# What is known of a debtor besides where it is reached.
_NAMING_DEBTORS: Final[tuple[Any, ...]] = (
    records.Invoice.debtor_id,
    records.Payment.debtor_id,
    records.Delegation.debtor_id,
    records.OutboxMessage.debtor_id,
    records.Act.debtor_id,
    records.DebtorMerge.debtor_id,
    records.DebtorMerge.into_id,
)


class NotImported(Refusal):
    """There is nothing to take back."""

    code = "not_imported"


class BuiltUpon(Refusal):
    """Something was built on what the import brought; :func:`obstacles` says what."""

    code = "built_upon"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of taking an import back.

    Attributes:
        code: catalogue key below ``obstacle.``: ``reminded``, ``paid``, ``credited``, ``changed``.
        count: how many invoices it concerns.
        numbers: the first of them.
    """

    code: str
    count: int
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """One upload in the history of a client.

    Attributes:
        id: of the batch.
        file_name: as it was uploaded.
        format: what kind of file it was, "" while it was not imported.
        by: name of who uploaded it.
        uploaded_at, imported_at, taken_back_at: None for what has not happened.
        result: counts by name, empty before the import.
        size_bytes: of the file.
    """

    id: int
    file_name: str
    format: str
    by: str
    uploaded_at: datetime
    imported_at: datetime | None
    taken_back_at: datetime | None
    result: dict[str, Any]
    size_bytes: int


def history(
    work: Work, client_id: int | None, *, first: int = 0, count: int = 50
) -> tuple[list[Imported], int]:
    """A page of the client's uploads, the newest first, and how many there are in all."""
    client = work.require(Action.VIEW, client_id)
    batch, user = records.ImportBatch, accounts.User
    mine = batch.client_id == client
    query: Any = (
        select(batch, user.name)
        .join(user, col(user.id) == col(batch.user_id), isouter=True)
        .where(mine)
        .order_by(col(batch.id).desc())
        .offset(max(0, first))
        .limit(min(max(1, count), 200))
    )
    listed = [
        Imported(
            queries.known(row.id),
            row.file_name,
            row.format,
            name or "Encaiss",
            row.uploaded_at,
            row.imported_at,
            row.taken_back_at,
            dict(row.result),
            row.size_bytes,
        )
        for row, name in work.session.exec(query)
    ]
    total = work.session.exec(select(func.count(col(batch.id))).where(mine)).one()
    return listed, int(total)


def obstacles(work: Work, client_id: int | None, batch_id: int) -> tuple[Obstacle, ...]:
    """What stands in the way of taking this import back; nothing does when it is empty.

    Raises:
        NotFound: no such import, or another client's.
    """
    client = work.require(Action.VIEW, client_id)
    return tuple(_obstacles(work, batch_of(work, client, batch_id)))


def take_back(work: Work, client_id: int | None, batch_id: int) -> None:
    """Remove everything an import brought, and undo what it changed.

    Debtors it added go too, unless something else is known of them by now. The acts stay: that the
    invoices were there, and were taken back.

    Raises:
        NotImported: nothing to take back (any more).
        BuiltUpon: messages, payments or later imports rest on it.
    """
    client = work.require(Action.UPLOAD, client_id)
    work.session.get(records.Client, client, with_for_update=True)
    batch = batch_of(work, client, batch_id)
    if batch.imported_at is None or batch.taken_back_at is not None:
        raise NotImported
    found = list(_obstacles(work, batch))
    if found:
        raise BuiltUpon(numbers=", ".join(found[0].numbers), count=str(found[0].count))
    removed = _remove(work, batch)
    batch.taken_back_at = work.now
    facts = {"file": batch.file_name, "batch": batch_id, **removed}
    work.journal.record(ActKind.TAKEN_BACK, day=work.today, client_id=client, facts=facts, shown=facts)
    work.session.flush()
    work.store.remove_workshop(key_of(batch))


def _invoices_of(batch: records.ImportBatch) -> Select[Any]:
    invoice = records.Invoice
    return select(invoice.id).where(invoice.client_id == batch.client_id, invoice.batch_id == batch.id)


def _obstacles(work: Work, batch: records.ImportBatch) -> Iterable[Obstacle]:
    invoice, line, message = records.Invoice, records.OutboxLine, records.OutboxMessage
    allocation, payment, change = records.Allocation, records.Payment, records.ImportChange
    mine = col(invoice.id).in_(_invoices_of(batch))
    touched = col(invoice.id).in_(select(change.invoice_id).where(change.batch_id == batch.id))
    written = (
        select(line.invoice_id)
        .join(message, col(message.id) == col(line.message_id))
        .where(line.client_id == batch.client_id, col(line.dropped).is_(False))
    )
    since = written.where(col(message.created_at) >= batch.imported_at)
    paid = (
        select(allocation.invoice_id)
        .join(payment, col(payment.id) == col(allocation.payment_id))
        .where(
            allocation.client_id == batch.client_id,
            or_(col(payment.batch_id).is_(None), payment.batch_id != batch.id),
        )
    )
    note = select(invoice.id).where(invoice.client_id == batch.client_id, col(invoice.batch_id) > batch.id)
    credited = select(allocation.invoice_id).where(
        allocation.client_id == batch.client_id, col(allocation.credit_note_id).in_(note)
    )
    later = select(change.invoice_id).where(
        change.client_id == batch.client_id, col(change.batch_id) > batch.id
    )
    invoice_id = col(invoice.id)
    ways: tuple[tuple[str, Any], ...] = (
        ("reminded", or_(mine & invoice_id.in_(written), touched & invoice_id.in_(since))),
        ("paid", mine & invoice_id.in_(paid)),
        ("credited", mine & invoice_id.in_(credited)),
        ("changed", or_(mine, touched) & invoice_id.in_(later)),
    )
    for code, holds in ways:
        numbers = list(
            work.session.exec(
                select(invoice.number)
                .where(invoice.client_id == batch.client_id, holds)
                .order_by(col(invoice.number))
            )
        )
        if numbers:
            yield Obstacle(code, len(numbers), tuple(numbers[:_NAMED]))


def _remove(work: Work, batch: records.ImportBatch) -> dict[str, int]:
    session, invoice, allocation = work.session, records.Invoice, records.Allocation
    payment, document = records.Payment, records.InvoiceDocument
    mine = _invoices_of(batch)
    payments = select(payment.id).where(payment.client_id == batch.client_id, payment.batch_id == batch.id)
    reverted = _revert(work, batch)
    for key in session.exec(select(document.id).where(document.batch_id == batch.id)):
        work.store.remove(f"document-{key}")
    settled = (
        col(allocation.invoice_id).in_(mine),
        col(allocation.credit_note_id).in_(mine),
        col(allocation.payment_id).in_(payments),
    )
    own: Any = (allocation.client_id == batch.client_id, or_(*settled))
    session.exec(delete(allocation).where(*own))
    session.exec(delete(document).where(col(document.batch_id) == batch.id))
    paid: Any = session.exec(delete(payment).where(col(payment.batch_id) == batch.id))
    gone: Any = session.exec(delete(invoice).where(col(invoice.batch_id) == batch.id))
    counts = {"invoices": gone.rowcount, "payments": paid.rowcount, "reverted": reverted}
    return {**counts, "debtors": _remove_debtors(work, batch)}


def _revert(work: Work, batch: records.ImportBatch) -> int:
    """Give changed invoices the values they had; nothing has changed them since."""
    change = records.ImportChange
    made = list(work.session.exec(select(change).where(change.batch_id == batch.id)))
    for one in made:
        found = work.session.get_one(records.Invoice, one.invoice_id)
        for name, value in one.before.items():
            is_day = name in {"issue", "due"}
            setattr(found, name, date.fromisoformat(value) if is_day else value)
        work.session.delete(one)
    work.session.flush()
    return sum(bool(one.before) for one in made)


def _remove_debtors(work: Work, batch: records.ImportBatch) -> int:
    """Remove the debtors it added, of whom nothing else is known by now."""
    session, debtor = work.session, records.Debtor
    added = list(
        session.exec(
            select(debtor.id).where(debtor.client_id == batch.client_id, debtor.batch_id == batch.id)
        )
    )
    removed = 0
    for start in range(0, len(added), _AT_ONCE):
        some = [queries.known(key) for key in added[start : start + _AT_ONCE]]
        known: set[int | None] = set()
        for column in _NAMING_DEBTORS:
            known |= set(session.exec(select(column).where(col(column).in_(some))))
        free = [key for key in some if key not in known]
        session.exec(delete(records.Contact).where(col(records.Contact.debtor_id).in_(free)))
        session.exec(delete(records.DebtorAlias).where(col(records.DebtorAlias.debtor_id).in_(free)))
        session.exec(delete(debtor).where(col(debtor.id).in_(free)))
        removed += len(free)
    return removed
