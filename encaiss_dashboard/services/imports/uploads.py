"""Uploaded files as they lie in the store, and what was understood of each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from pydantic import TypeAdapter
from sqlmodel import select

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices, Reading, Tell, untold
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.changes import ImportLayout
from encaiss_dashboard.work import Work

CHOICES: Final = TypeAdapter(Choices)
_REASONS: Final = frozenset(text(lang, "problem.heading") for lang in LANGUAGES)


def key_of(batch: records.ImportBatch) -> str:
    """What the file of a batch is kept under."""
    return f"batch-{queries.known(batch.id)}"


def batch_of(work: Work, client_id: int, batch_id: int) -> records.ImportBatch:
    """An upload of this client.

    Raises:
        NotAllowed: the client is none of the actor's business.
        NotFound: no such upload, or another client's.
    """
    work.require(Action.VIEW, client_id)
    batch = work.session.get(records.ImportBatch, batch_id)
    if batch is None or batch.client_id != client_id:
        raise NotFound
    return batch


def read(work: Work, batch: records.ImportBatch, tell: Tell = untold) -> tuple[Choices, Reading]:
    """The file as its corrections say, else as those remembered for files with these columns say."""
    work.require(Action.VIEW, batch.client_id)
    if batch.choices:
        choices = CHOICES.validate_python(batch.choices)
        return choices, _understand(work, batch, choices, tell)
    guessed = _understand(work, batch, NO_CHOICES, tell)
    layout = _layout(work, batch.client_id, _digest(guessed.header)) if guessed.header else None
    if layout is None:
        return NO_CHOICES, guessed
    choices = CHOICES.validate_python(layout.choices)
    return choices, _understand(work, batch, choices, tell)


def remember_layout(work: Work, batch: records.ImportBatch) -> None:
    """Keep the corrections for the next file, under the header that file has before anybody corrects it.

    It is read aside: the rows of the corrected reading lie in the workshop, and are still asked for.
    """
    work.require(Action.UPLOAD, batch.client_id)
    if not batch.choices:
        return
    with TemporaryDirectory() as folder:
        source = work.store.path(key_of(batch))
        header = work.files.read_file(source, batch.file_name, NO_CHOICES, Path(folder)).header
    layout = _layout(work, batch.client_id, _digest(header)) or ImportLayout(
        client_id=batch.client_id, header_digest=_digest(header), at=work.now
    )
    layout.choices, layout.at = batch.choices, work.now
    work.session.add(layout)


def _understand(work: Work, batch: records.ImportBatch, choices: Choices, tell: Tell) -> Reading:
    """What was understood of it before, unless it has to be read for the first time or otherwise."""
    key = key_of(batch)
    source, folder = work.store.path(key), work.store.workshop(key)
    if not source.exists():
        raise NotFound  # its content is past its time, see privacy/purge.py
    reading = work.files.kept(source, batch.file_name, choices, folder)
    return reading or work.files.read_file(source, batch.file_name, choices, folder, tell)


def _layout(work: Work, client_id: int, digest: str) -> ImportLayout | None:
    return work.session.exec(
        select(ImportLayout).where(ImportLayout.client_id == client_id, ImportLayout.header_digest == digest)
    ).first()


def _digest(header: Iterable[str]) -> str:
    """What a layout is known by; rejected rows that come back mended have a column of reasons more."""
    own = (name for name in header if name not in _REASONS)
    return hashlib.sha256("\x1f".join(own).encode()).hexdigest()
