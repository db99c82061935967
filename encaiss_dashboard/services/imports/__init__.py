"""A file of invoices becomes what debtors owe: received, checked before its owner's eyes, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlmodel import select

from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.intake import Change, Intake, Preview
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work

__all__ = [
    "AlreadyImported",
    "Change",
    "NothingToImport",
    "Preview",
    "QuestionsOpen",
    "accept",
    "correct",
    "preview",
    "receive",
]

_CHOICES: Final = TypeAdapter(Choices)


class QuestionsOpen(Refusal):
    """The file leaves something open that only its owner knows."""

    code = "questions_open"


class NothingToImport(Refusal):
    """No row of the file can be imported."""

    code = "nothing_to_import"


class AlreadyImported(Refusal):
    """This upload has been imported; the file may be uploaded again, nothing is doubled."""

    code = "already_imported"


def receive(work: Work, client_id: int | None, name: str, data: bytes) -> int:
    """Keep an uploaded file and note that it came; nothing is imported yet. Returns the batch's id."""
    client = work.require(Action.UPLOAD, client_id)
    batch = records.ImportBatch(
        client_id=client,
        user_id=work.actor.user_id,
        file_name=name or "?",
        digest=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        uploaded_at=work.now,
    )
    work.session.add(batch)
    work.session.flush()
    work.store.keep(_key(batch), data)
    return queries.known(batch.id)


def correct(work: Work, client_id: int | None, batch_id: int, corrections: Mapping[str, Any]) -> None:
    """Remember what a person corrected about how a file is read.

    ``corrections`` holds any of ``columns`` (field → column, None for none), ``encoding``,
    ``separator``, ``decimal``, ``date_order``; what is absent stays as it was.

    Raises:
        Unreadable: not of that form.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _batch(work, client, batch_id)
    before = _choices(work, batch, work.store.load(_key(batch)))
    columns = {**before.columns, **corrections.get("columns", {})}
    merged = {**asdict(before), **corrections, "columns": columns}
    try:
        batch.choices = _CHOICES.dump_python(_CHOICES.validate_python(merged), mode="json")
    except ValidationError as error:
        raise Unreadable(value=str(corrections)[:60]) from error


def preview(work: Work, client_id: int | None, batch_id: int) -> Preview:
    """Read a kept file again and compare it with the ledger; changes nothing."""
    client = work.require(Action.VIEW, client_id)
    return _intake(work, client, _batch(work, client, batch_id)).preview()


def accept(work: Work, client_id: int | None, batch_id: int) -> Preview:
    """Import a kept file: all of its good rows in this one transaction.

    Raises:
        QuestionsOpen, NothingToImport, AlreadyImported: nothing was changed.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _batch(work, client, batch_id)
    if batch.imported_at is not None:
        raise AlreadyImported
    intake = _intake(work, client, batch)
    seen = intake.preview()
    if seen.reading.questions:
        raise QuestionsOpen
    if not seen.reading.rows:
        raise NothingToImport
    intake.keep()
    _remember_layout(work, batch, seen.reading.header)
    return seen


def _key(batch: records.ImportBatch) -> str:
    return f"batch-{queries.known(batch.id)}"


def _batch(work: Work, client_id: int, batch_id: int) -> records.ImportBatch:
    batch = work.session.get(records.ImportBatch, batch_id)
    if batch is None or batch.client_id != client_id:
        raise NotFound
    return batch


def _choices(work: Work, batch: records.ImportBatch, data: bytes) -> Choices:
    """The corrections of this file, else those remembered for files with these columns."""
    if batch.choices:
        return _CHOICES.validate_python(batch.choices)
    header = work.files.read_invoices(data, batch.file_name, NO_CHOICES).header
    layout = work.session.exec(
        select(records.ImportLayout).where(
            records.ImportLayout.client_id == batch.client_id,
            records.ImportLayout.header_digest == _header_digest(header),
        )
    ).first()
    return _CHOICES.validate_python(layout.choices) if layout else NO_CHOICES


def _intake(work: Work, client_id: int, batch: records.ImportBatch) -> Intake:
    data = work.store.load(_key(batch))
    choices = _choices(work, batch, data)
    return Intake(work, client_id, batch, work.files.read_invoices(data, batch.file_name, choices))


def _remember_layout(work: Work, batch: records.ImportBatch, header: Iterable[str]) -> None:
    if not batch.choices:
        return
    digest = _header_digest(header)
    layout = work.session.exec(
        select(records.ImportLayout).where(
            records.ImportLayout.client_id == batch.client_id,
            records.ImportLayout.header_digest == digest,
        )
    ).first() or records.ImportLayout(client_id=batch.client_id, header_digest=digest, at=work.now)
    layout.choices, layout.at = batch.choices, work.now
    work.session.add(layout)


def _header_digest(header: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(header).encode()).hexdigest()
