"""A file of invoices becomes what debtors owe: received, checked before its owner's eyes, kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.intake import Tell, untold
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.compared import Answers, Change, Netting, Preview
from encaiss_dashboard.services.imports.fates import Fate, Foreseen, foresee, understand
from encaiss_dashboard.services.imports.intake import Intake
from encaiss_dashboard.services.imports.keeping import keep
from encaiss_dashboard.services.imports.mending import Mendable, rejected
from encaiss_dashboard.services.imports.parties import NEW, Candidate, Doubt
from encaiss_dashboard.services.imports.undo import (
    BuiltUpon,
    Imported,
    NotImported,
    Obstacle,
    about,
    history,
    obstacles,
    take_back,
)
from encaiss_dashboard.services.imports.uploads import CHOICES, batch_of, key_of, read, remember_layout
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work

__all__ = [
    "NEW",
    "AlreadyImported",
    "Answers",
    "BuiltUpon",
    "Candidate",
    "Change",
    "Doubt",
    "Fate",
    "Foreseen",
    "Imported",
    "Mendable",
    "Netting",
    "NotImported",
    "NothingToImport",
    "Obstacle",
    "Preview",
    "QuestionsOpen",
    "RowsRefused",
    "about",
    "accept",
    "answer",
    "correct",
    "discard",
    "foresee",
    "history",
    "obstacles",
    "preview",
    "receive",
    "rejected",
    "take_back",
    "understand",
]

_BLOCK: Final = 2**20


class QuestionsOpen(Refusal):
    """The file leaves something open that only its owner knows."""

    code = "questions_open"


class NothingToImport(Refusal):
    """No row of the file can be imported."""

    code = "nothing_to_import"


class RowsRefused(Refusal):
    """Some rows cannot be imported, and all or none was asked for."""

    code = "rows_refused"


class AlreadyImported(Refusal):
    """This upload has been imported; the file may be uploaded again, nothing is doubled."""

    code = "already_imported"


def receive(work: Work, client_id: int | None, name: str, data: bytes | Path) -> int:
    """Keep an uploaded file and note that it came; nothing is imported yet. Returns the batch's id.

    Args:
        work: of who uploads it.
        client_id: whose invoices they are.
        name: as its owner calls it.
        data: its bytes, or where it lies in the store's own file system, from where it is taken.

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
        digest=hashlib.sha256(data).hexdigest() if isinstance(data, bytes) else _digest(data),
        size_bytes=len(data) if isinstance(data, bytes) else data.stat().st_size,
        uploaded_at=work.now,
    )
    work.session.add(batch)
    work.session.flush()
    # An earlier upload may have had this number and gone, on SQLite.
    work.store.remove(key_of(batch))
    if isinstance(data, bytes):
        work.store.keep(key_of(batch), data)
    else:
        work.store.take(key_of(batch), data)
    return queries.known(batch.id)


def correct(work: Work, client_id: int | None, batch_id: int, corrections: Mapping[str, Any]) -> None:
    """Remember what a person corrected about how a file is read.

    ``corrections`` holds any of ``columns`` (field → column, None for none), ``encoding``,
    ``separator``, ``decimal``, ``date_order``, ``sheet``; what is absent stays as it was.

    Raises:
        Unreadable: not of that form.
        AlreadyImported: what it was read as is history.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _pending(work, client, batch_id)
    choices, _ = read(work, batch)
    before = CHOICES.dump_python(choices, mode="json")
    chosen = corrections.get("columns", {})
    # A column holds one field: the newest choice takes it from an older one.
    columns = {k: v for k, v in before["columns"].items() if v is None or v not in chosen.values()} | chosen
    if {"separator", "encoding", "sheet"} & corrections.keys():
        # Read otherwise, the file has other column names.
        columns = chosen
    try:
        valid = CHOICES.validate_python({**before, **corrections, "columns": columns})
    except ValidationError as error:
        raise Unreadable(value=_keys(corrections)) from error
    batch.choices = CHOICES.dump_python(valid, mode="json")


def answer(work: Work, client_id: int | None, batch_id: int, answers: Mapping[str, Any]) -> None:
    """Remember what a person decided about the content of a file.

    ``answers`` holds any attribute of :class:`Answers`; ``debtors`` are added to those given before,
    the others replace them.

    Raises:
        Unreadable: not of that form.
        AlreadyImported: what it was imported as is history.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _pending(work, client, batch_id)
    before = Answers.model_validate(batch.answers).model_dump(mode="json")
    try:
        given = {**answers, "debtors": {**before["debtors"], **answers.get("debtors", {})}}
        valid = Answers.model_validate({**before, **given})
    except (ValidationError, TypeError, AttributeError) as error:
        raise Unreadable(value=_keys(answers)) from error
    batch.answers = valid.model_dump(mode="json")


def preview(work: Work, client_id: int | None, batch_id: int, tell: Tell = untold) -> Preview:
    """Read a kept file and compare it with the ledger; changes nothing.

    ``tell`` hears how many bytes are read, and of how many.
    """
    client = work.require(Action.VIEW, client_id)
    return _intake(work, batch_of(work, client, batch_id), tell).preview()


def accept(work: Work, client_id: int | None, batch_id: int, tell: Tell = untold) -> Preview:
    """Import a kept file: all of its good rows in this one transaction.

    ``tell`` hears how many rows are written, and of how many.

    Raises:
        QuestionsOpen, NothingToImport, RowsRefused, AlreadyImported: nothing was changed.
    """
    client = work.require(Action.UPLOAD, client_id)
    # One import of a client at a time: two files may hold the same invoices. (SQLite has one writer.)
    work.session.get(records.Client, client, with_for_update=True)
    batch = _pending(work, client, batch_id)
    intake = _intake(work, batch, untold)
    seen = intake.preview()
    if seen.questions:
        raise QuestionsOpen
    if not seen.accepted:
        raise NothingToImport
    if seen.answers.whole and seen.rejected_rows:
        raise RowsRefused(count=str(seen.rejected_rows))
    done = keep(work, intake, tell)
    remember_layout(work, batch)
    return done


def discard(work: Work, client_id: int | None, batch_id: int) -> None:
    """Forget an upload that was not imported, its content included.

    Raises:
        AlreadyImported: what was imported stays traceable to its file.
    """
    client = work.require(Action.UPLOAD, client_id)
    batch = _pending(work, client, batch_id)
    work.session.delete(batch)
    work.session.flush()
    work.store.remove(key_of(batch))


def _pending(work: Work, client_id: int, batch_id: int) -> records.ImportBatch:
    batch = batch_of(work, client_id, batch_id)
    if batch.imported_at is not None:
        raise AlreadyImported
    return batch


def _intake(work: Work, batch: records.ImportBatch, tell: Tell) -> Intake:
    answers = Answers.model_validate(batch.answers)
    return Intake(work, batch.client_id, batch, read(work, batch, tell)[1], answers)


def _keys(given: object) -> str:
    """What somebody gave, in few words; a number of it may be longer than may be written."""
    return ", ".join(key for key in given if isinstance(key, str))[:60] if isinstance(given, Mapping) else ""


def _digest(path: Path) -> str:
    sums = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            sums.update(block)
    return sums.hexdigest()
