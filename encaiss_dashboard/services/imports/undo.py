"""Imports looked at afterwards, and taken back while nothing was built on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import and_, col, func, or_, select

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.removing import remove
from encaiss_dashboard.services.imports.uploads import batch_of, key_of
from encaiss_dashboard.storage import accounts, confirmations, queries, records
from encaiss_dashboard.storage.changes import ImportChange
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.stop_tables import StopInvoice
from encaiss_dashboard.work import Work

_NAMED: Final = 5


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
        code: key below ``obstacle.``: ``reminded``, ``stopped``, ``paid``, ``credited``, ``changed``.
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
    batch = records.ImportBatch
    mine = batch.client_id == client
    page = _uploads(mine).order_by(col(batch.id).desc()).offset(max(0, first)).limit(min(max(1, count), 200))
    listed = [_imported(row, name) for row, name in work.session.exec(page)]
    total = work.session.exec(select(func.count(col(batch.id))).where(mine)).one()
    return listed, int(total)


def about(work: Work, client_id: int | None, batch_id: int) -> Imported:
    """One upload as the history has it, without a look into its file.

    Raises:
        NotFound: no such upload, or another client's.
    """
    client = work.require(Action.VIEW, client_id)
    batch = records.ImportBatch
    found = work.session.exec(_uploads(batch.client_id == client, batch.id == batch_id)).first()
    if found is None:
        raise NotFound
    return _imported(*found)


def _uploads(*where: Any) -> Any:
    batch, user = records.ImportBatch, accounts.User
    query: Any = select(batch, user.name).join(user, col(user.id) == col(batch.user_id), isouter=True)
    return query.where(*where)


def _imported(row: records.ImportBatch, name: str | None) -> Imported:
    return Imported(
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


def obstacles(work: Work, client_id: int | None, batch_id: int) -> tuple[Obstacle, ...]:
    """What stands in the way of taking this import back; nothing does when it is empty.

    Raises:
        NotFound: no such import, or another client's.
    """
    client = work.require(Action.VIEW, client_id)
    return tuple(_obstacles(work, batch_of(work, client, batch_id)))


def take_back(work: Work, client_id: int | None, batch_id: int) -> None:
    """Remove everything an import brought, and undo what it changed and learnt.

    Debtors it added go too, unless something else is known of them by now. The acts stay: that the
    invoices were there, and were taken back. So does how its owner said that such files are read.

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
    removed, papers = remove(work.session, batch)
    batch.taken_back_at = work.now
    facts = {"file": batch.file_name, "batch": batch_id, **removed}
    work.journal.record(ActKind.TAKEN_BACK, day=work.today, client_id=client, facts=facts, shown=facts)
    work.session.flush()
    # Last: what fails before leaves its files as well.
    for key in papers:
        work.store.remove(key)
    work.store.remove_workshop(key_of(batch))


def _obstacles(work: Work, batch: records.ImportBatch) -> Iterable[Obstacle]:
    if batch.imported_at is None or batch.taken_back_at is not None:
        return
    invoice = records.Invoice
    for code, holds in _ways(batch):
        query = select(invoice.number).where(invoice.client_id == batch.client_id, holds)
        numbers = list(work.session.exec(query.order_by(col(invoice.number))))
        if numbers:
            yield Obstacle(code, len(numbers), tuple(numbers[:_NAMED]))
    # What a bank's line confirms of what it brought.
    paid = select(records.Payment.id).where(records.Payment.batch_id == batch.id)
    ids = [queries.known(key) for key in work.session.exec(paid)]
    held = sorted(confirmations.among(work.session, [batch.client_id], ids)) if ids else []
    if held:
        some = select(records.Payment.reference).where(col(records.Payment.id).in_(held[:_NAMED]))
        yield Obstacle("confirmed", len(held), tuple(work.session.exec(some)))


def _ways(batch: records.ImportBatch) -> Iterable[tuple[str, ColumnElement[bool]]]:
    """By what an invoice that the import brought (``mine``) or changed (``touched``) stands in the way."""
    invoice, line, message = records.Invoice, records.OutboxLine, records.OutboxMessage
    allocation, payment = records.Allocation, records.Payment
    stopped = select(StopInvoice.invoice_id).where(StopInvoice.client_id == batch.client_id)
    key, own, later = col(invoice.id), aliased(ImportChange), aliased(ImportChange)
    mine = col(invoice.batch_id) == batch.id
    touched = key.in_(select(own.invoice_id).where(own.batch_id == batch.id))
    written = (
        select(line.invoice_id)
        .join(message, col(message.id) == col(line.message_id))
        .where(line.client_id == batch.client_id, col(line.dropped).is_(False))
    )
    since = written.where(col(message.created_at) >= batch.imported_at)
    yield "reminded", or_(mine & key.in_(written), touched & key.in_(since))
    # What was stated and decided about it is kept for good.
    yield "stopped", mine & key.in_(stopped)
    # What another import, or nobody's import, set against it.
    others = (
        allocation.client_id == batch.client_id,
        or_(col(allocation.batch_id).is_(None), col(allocation.batch_id) != batch.id),
    )
    settled = select(func.sum(allocation.amount_cents)).where(
        *others, allocation.invoice_id == own.invoice_id
    )
    before: Any = own.before
    low = before["total_cents"].as_integer() < settled.correlate(own).scalar_subquery()
    too_low = key.in_(select(own.invoice_id).where(own.batch_id == batch.id, low))
    note: Any = aliased(invoice)
    sources: tuple[tuple[str, Any, Any], ...] = (
        ("paid", payment, col(allocation.payment_id)),
        ("credited", note, col(allocation.credit_note_id)),
    )
    for code, source, source_id in sources:
        found = select(allocation.invoice_id).join(source, source.id == source_id).where(*others)
        after = found.where(source.recorded_at > batch.imported_at)
        yield code, or_(mine & key.in_(found), touched & key.in_(after), too_low & key.in_(found))
    by_others = select(later.invoice_id).where(later.client_id == batch.client_id, later.batch_id != batch.id)
    same: Any = and_(col(own.invoice_id) == later.invoice_id, col(own.id) < col(later.id))
    after_own = by_others.join(own, same).where(own.batch_id == batch.id)
    yield "changed", or_(mine & key.in_(by_others), key.in_(after_own))
