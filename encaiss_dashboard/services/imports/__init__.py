"""A file of invoices becomes what debtors owe: received, checked before its owner's eyes, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlmodel import select

from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices, Reading
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
    "discard",
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
    """Keep an uploaded file and note that it came; nothing is imported yet. Returns the batch's id.

    Raises:
        Unreadable: its name is no text, which SQLite would keep all the same.
    """
    client = work.require(Action.UPLOAD, client_id)
    if name and not isinstance(name, str):
        raise Unreadable(value="")
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
        AlreadyImported: what it was read as is history.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _batch(work, client, batch_id)
    if batch.imported_at is not None:
        raise AlreadyImported
    choices, _ = _read(work, batch)
    before = _CHOICES.dump_python(choices, mode="json")
    chosen = corrections.get("columns", {})
    # A column holds one field: the newest choice takes it from an older one.
    columns = {k: v for k, v in before["columns"].items() if v is None or v not in chosen.values()} | chosen
    if {"separator", "encoding"} & corrections.keys():
        # Read otherwise, the file has other column names.
        columns = chosen
    try:
        valid = _CHOICES.validate_python({**before, **corrections, "columns": columns})
    except ValidationError as error:
        raise Unreadable(value=str(corrections)[:60]) from error
    batch.choices = _CHOICES.dump_python(valid, mode="json")


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
    # One import of a client at a time: two files may hold the same invoices. (SQLite has one writer.)
    work.session.get(records.Client, client, with_for_update=True)
    batch = _batch(work, client, batch_id)
    if batch.imported_at is not None:
        raise AlreadyImported
    intake = _intake(work, client, batch)
    seen = intake.preview()
    if seen.reading.questions:
        raise QuestionsOpen
    if not seen.accepted:
        raise NothingToImport
    intake.keep()
    _remember_layout(work, batch)
    return seen


def discard(work: Work, client_id: int | None, batch_id: int) -> None:
    """Forget an upload that was not imported, its content included.

    Raises:
        AlreadyImported: what was imported stays traceable to its file.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _batch(work, client, batch_id)
    if batch.imported_at is not None:
        raise AlreadyImported
    work.session.delete(batch)
    work.session.flush()
    work.store.remove(_key(batch))


def _key(batch: records.ImportBatch) -> str:
    return f"batch-{queries.known(batch.id)}"


def _batch(work: Work, client_id: int, batch_id: int) -> records.ImportBatch:
    batch = work.session.get(records.ImportBatch, batch_id)
    if batch is None or batch.client_id != client_id:
        raise NotFound
    return batch


def _read(work: Work, batch: records.ImportBatch) -> tuple[Choices, Reading]:
    """The file as its corrections say, else as those remembered for files with these columns say."""
    if batch.choices:
        choices = _CHOICES.validate_python(batch.choices)
        return choices, _understand(work, batch, choices)
    guessed = _understand(work, batch, NO_CHOICES)
    layout = _layout(work, batch.client_id, guessed.header)
    if layout is None:
        return NO_CHOICES, guessed
    choices = _CHOICES.validate_python(layout.choices)
    return choices, _understand(work, batch, choices)


def _understand(work: Work, batch: records.ImportBatch, choices: Choices) -> Reading:
    key = _key(batch)
    return work.files.read_file(work.store.path(key), batch.file_name, choices, work.store.workshop(key))


def _intake(work: Work, client_id: int, batch: records.ImportBatch) -> Intake:
    return Intake(work, client_id, batch, _read(work, batch)[1])


def _layout(work: Work, client_id: int, header: Iterable[str]) -> records.ImportLayout | None:
    return work.session.exec(
        select(records.ImportLayout).where(
            records.ImportLayout.client_id == client_id,
            records.ImportLayout.header_digest == _header_digest(header),
        )
    ).first()


def _remember_layout(work: Work, batch: records.ImportBatch) -> None:
    """Keep the corrections for the next file, under the header that file has before anybody corrects it."""
    if not batch.choices:
        return
    header = _understand(work, batch, NO_CHOICES).header
    layout = _layout(work, batch.client_id, header) or records.ImportLayout(
        client_id=batch.client_id, header_digest=_header_digest(header), at=work.now
    )
    layout.choices, layout.at = batch.choices, work.now
    work.session.add(layout)


def _header_digest(header: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(header).encode()).hexdigest()
