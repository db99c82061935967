"""What an import brought is removed again, and what it changed or learnt gets the values it had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from sqlalchemy import Select
from sqlmodel import Session, col, delete, or_, select

from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.changes import DebtorChange, ImportChange
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.storage.journal import ActKind

_One = TypeVar("_One")
_AT_ONCE: Final = 500
_DAYS: Final = frozenset({"issue", "due"})
# What says where a debtor is reached and by which names it is known goes with it. Whatever else names it,
# in which table ever, is something known of it.
GOES_ALONG: Final[tuple[type[Any], ...]] = (records.Contact, records.DebtorAlias, DebtorChange)
_ACTS: Final[Any] = queries.table(records.Act)
_OF_IMPORTS: Final = (ActKind.PAYMENT.value, ActKind.CREDITED.value, ActKind.CORRECTED.value)
"""Acts that tell of a debtor what an import did; what they tell of is gone with it."""


def remove(session: Session, batch: records.ImportBatch) -> tuple[dict[str, int], list[str]]:
    """Undo an import on which nothing was built; how much of each went, and keys of files to remove."""
    allocation, line = records.Allocation, records.OutboxLine
    invoice, payment, document = records.Invoice, records.Payment, InvoiceDocument
    mine = select(invoice.id).where(invoice.client_id == batch.client_id, invoice.batch_id == batch.id)
    payments = select(payment.id).where(payment.client_id == batch.client_id, payment.batch_id == batch.id)
    reverted = _revert(session, batch)
    beside = or_(col(document.batch_id) == batch.id, col(document.invoice_id).in_(mine))
    papers = [f"document-{key}" for key in session.exec(select(document.id).where(beside))]
    settled = or_(
        col(allocation.batch_id) == batch.id,
        col(allocation.invoice_id).in_(mine),
        col(allocation.credit_note_id).in_(mine),
        col(allocation.payment_id).in_(payments),
    )
    _delete(session, allocation, settled & (col(allocation.client_id) == batch.client_id))
    _delete(session, document, beside)
    # Of a message that was given up; any other stands in the way.
    _delete(session, line, col(line.invoice_id).in_(mine))
    counts = {
        "payments": _delete(session, payment, col(payment.batch_id) == batch.id),
        "invoices": _delete(session, invoice, col(invoice.batch_id) == batch.id),
        "reverted": reverted,
    }
    _unlearn(session, batch)
    return {**counts, "debtors": _remove_debtors(session, batch)}, papers


def _delete(session: Session, cls: type[Any], which: Any) -> int:
    found: Any = session.exec(delete(cls).where(which).execution_options(synchronize_session=False))
    return int(found.rowcount)


def _revert(session: Session, batch: records.ImportBatch) -> int:
    """Give changed invoices the values they had; nothing has changed them since."""
    made = session.exec(select(ImportChange).where(ImportChange.batch_id == batch.id)).all()
    for some in _parts(made):
        ids = [one.invoice_id for one in some]
        found = {
            row.id: row
            for row in session.exec(select(records.Invoice).where(col(records.Invoice.id).in_(ids)))
        }
        for one in some:
            for name, value in one.before.items():
                setattr(found[one.invoice_id], name, date.fromisoformat(value) if name in _DAYS else value)
    session.flush()
    _delete(session, ImportChange, col(ImportChange.batch_id) == batch.id)
    return sum(bool(one.before) for one in made)


def _unlearn(session: Session, batch: records.ImportBatch) -> None:
    """Empty what was filled in of debtors and is as it was filled in; forget the answers about them."""
    debtor, contact, alias = records.Debtor, records.Contact, records.DebtorAlias
    made = session.exec(select(DebtorChange).where(DebtorChange.batch_id == batch.id)).all()
    for some in _parts(made):
        ids = [one.debtor_id for one in some]
        found = {row.id: row for row in session.exec(select(debtor).where(col(debtor.id).in_(ids)))}
        for one in some:
            for name, value in one.filled.items():
                if getattr(found[one.debtor_id], name) == value:
                    setattr(found[one.debtor_id], name, "")
        emails = {(one.debtor_id, one.email) for one in some}
        reached = session.exec(select(contact).where(col(contact.debtor_id).in_(ids))).all()
        gone = [row.id for row in reached if (row.debtor_id, row.email) in emails]
        _delete(session, contact, col(contact.id).in_(gone))
    for keys in _parts([key for one in made for key in one.aliases]):
        _delete(session, alias, (col(alias.client_id) == batch.client_id) & col(alias.key).in_(keys))
    session.flush()
    _delete(session, DebtorChange, col(DebtorChange.batch_id) == batch.id)


def _remove_debtors(session: Session, batch: records.ImportBatch) -> int:
    """Remove the debtors it added, or one taken back before, of whom nothing else is known by now.

    Where the journal tells of one it stays for that, and only how it was reached and named goes.
    """
    debtor = records.Debtor
    imported = records.ImportBatch
    undone = or_(col(imported.id) == batch.id, col(imported.taken_back_at).is_not(None))
    batches = select(imported.id).where(imported.client_id == batch.client_id, undone)
    mine = debtor.client_id == batch.client_id
    added = select(debtor.id).where(mine, col(debtor.batch_id).in_(batches))
    removed = 0
    for some in _parts([queries.known(key) for key in session.exec(added)]):
        told = set(session.scalars(_which(_ACTS.c.debtor_id, some).where(_ACTS.c.kind.in_(_OF_IMPORTS))))
        known = set(session.scalars(_which(_ACTS.c.debtor_id, some).where(_ACTS.c.kind.not_in(_OF_IMPORTS))))
        known |= {key for column in _naming() for key in session.scalars(_which(column, some))}
        free = [key for key in some if key not in known]
        for cls in GOES_ALONG:
            _delete(session, cls, col(cls.debtor_id).in_(free))
        removed += _delete(session, debtor, col(debtor.id).in_(set(free) - told))
    return removed


def _naming() -> Iterator[Any]:
    """Every column that names a debtor, but those of what goes along with it and of the journal."""
    debtor = queries.table(records.Debtor)
    along = {*(queries.table(cls) for cls in GOES_ALONG), _ACTS}
    for table in Record.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column.table is debtor and table not in along:
                yield key.parent


def _which(column: Any, ids: Iterable[int]) -> Select[Any]:
    found: Select[Any] = select(column).where(column.in_(ids)).distinct()
    return found


def _parts(every: Sequence[_One]) -> Iterator[Sequence[_One]]:
    for start in range(0, len(every), _AT_ONCE):
        yield every[start : start + _AT_ONCE]
