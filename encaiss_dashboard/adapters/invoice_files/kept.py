"""A reading left in the folder it was made in, so that the file need not be read again."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, get_type_hints

import polars as pl
from pydantic import TypeAdapter, ValidationError, create_model

from encaiss_dashboard.adapters import invoice_files
from encaiss_dashboard.adapters.invoice_files import pushed
from encaiss_dashboard.adapters.invoice_files.codes import read_country
from encaiss_dashboard.adapters.invoice_files.rejected import write_rejected
from encaiss_dashboard.adapters.invoice_files.staging import SCHEMA, StagedRows, frame_of
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices, InvoiceRow, Reading, Rows, Tell, untold
from encaiss_dashboard.locales import LANGUAGES, catalogue

__all__ = [
    "empty",
    "kept",
    "load_reading",
    "prepare",
    "read_file",
    "read_pushed",
    "save_reading",
    "write_rejected",
]

_FILE: Final = "reading.json"
_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Reading) if field.name != "rows")
_HINTS: Final = get_type_hints(Reading)
_TYPES: Final[dict[str, Any]] = {name: (_HINTS[name], ...) for name in _FIELDS}
_TOLD: Final[Any] = create_model("_Told", **_TYPES)
_NEEDED: Final = frozenset({"line", "issue", "currency", "total_cents"})
_CHOICES: Final = TypeAdapter(Choices)


@dataclasses.dataclass(frozen=True, slots=True)
class _Of:
    """What a reading was made from; another of any of these is another reading.

    Attributes:
        size: of the file, in bytes.
        changed_ns: when the file was written, in nanoseconds: a kept file is replaced, never edited.
        name: the file's name.
        choices: what a person corrected, as JSON.
        reader: digest of the code that read it; a new release reads again.
    """

    size: int
    changed_ns: int
    name: str
    choices: str
    reader: str


# What lies in the folder as JSON; the rows lie beside it, in Arrow files of these names.
_KEPT: Final[Any] = create_model("_Kept", of=(_Of, ...), frames=(tuple[str, ...], ...), told=(_TOLD, ...))


def prepare() -> None:
    """Make ready what every reading asks for, in a process whose forks will read.

    Nothing here may start a thread, so nothing here may use polars.
    """
    _reader()
    read_country("Belgique")
    for language in LANGUAGES:
        catalogue(language)


def read_file(source: Path, name: str, choices: Choices, folder: Path, tell: Tell = untold) -> Reading:
    """Understand a file in this process and leave the reading in its folder; see ``work.InvoiceFiles``."""
    empty(folder)
    try:
        reading = invoice_files.read_file(source, name, choices, folder, tell)
        return save_reading(reading, source, name, choices, folder)
    except BaseException:
        empty(folder)
        raise


def read_pushed(source: Path, name: str, folder: Path) -> Reading:
    """Understand JSON of the house's own form in this process; see ``work.InvoiceFiles``."""
    empty(folder)
    reading = pushed.read_pushed(source, name, NO_CHOICES, folder, untold)
    return save_reading(reading, source, name, NO_CHOICES, folder)


def kept(source: Path, name: str, choices: Choices, folder: Path) -> Reading | None:
    """The reading left in a folder, if it is of this file under this name with these choices."""
    try:
        of = _of(source, name, choices)
        if of != _KEPT.model_validate_json((folder / _FILE).read_bytes()).of:
            return None
    except (OSError, ValidationError):
        return None
    return load_reading(folder)


def save_reading(reading: Reading, source: Path, name: str, choices: Choices, folder: Path) -> Reading:
    """Leave a reading in a folder: the same reading, whose rows lie there.

    The JSON comes last and under its name at once, so that half a reading is none.
    """
    frames = _laid(reading.rows, folder)
    told = _TOLD(**{name: getattr(reading, name) for name in _FIELDS})
    whole = _KEPT(
        of=_of(source, name, choices),
        frames=tuple(frame.relative_to(folder).as_posix() for frame in frames),
        told=told,
    )
    part = folder / f"{_FILE}.part"
    part.write_bytes(whole.model_dump_json().encode())
    part.replace(folder / _FILE)
    return dataclasses.replace(reading, rows=StagedRows(frames))


def load_reading(folder: Path) -> Reading | None:
    """The reading that lies in a folder, None when none does or when it is not what this house writes.

    Whoever wrote it may have been misled by the file it read: only plain files within the folder are
    believed.
    """
    try:
        whole = _KEPT.model_validate_json((folder / _FILE).read_bytes())
        names = (*whole.frames, *(attachment.file for attachment in whole.told.attachments))
        frames = [folder / name for name in whole.frames]
        if not all(_is_own(folder, name) for name in names):
            return None
        if not all(map(_holds_rows, frames)):
            return None
        return Reading(rows=StagedRows(frames), **{name: getattr(whole.told, name) for name in _FIELDS})
    except (OSError, ValidationError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return None


def empty(folder: Path) -> None:
    """Remove whatever lies in a folder."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path, ignore_errors=True)
        else:
            Path(entry.path).unlink(missing_ok=True)


def _laid(rows: Rows | Sequence[InvoiceRow], folder: Path) -> list[Path]:
    """The rows as Arrow files in the folder; those that lie there already stay as they are."""
    frames = rows.frames if isinstance(rows, StagedRows) else (frame_of(rows),)
    laid = []
    for place, frame in enumerate(frames):
        if isinstance(frame, Path):
            laid.append(frame)
        elif not frame.is_empty():
            laid.append(folder / f"kept-{place}.arrow")
            frame.write_ipc(laid[-1], compression="uncompressed")
    return laid


def _is_own(folder: Path, name: str) -> bool:
    """Whether a name leads to a plain file within the folder, by no link."""
    path, own = folder / name, folder.resolve()
    return path.is_file() and path.resolve() == own / name and path.resolve().is_relative_to(own)


def _holds_rows(frame: Path) -> bool:
    """Columns that hold nothing may be missing, see :class:`StagedRows`; no other may be there."""
    columns = pl.scan_ipc(frame).collect_schema()
    return set(columns) >= _NEEDED and all(SCHEMA.get(name) == kind for name, kind in columns.items())


def _of(source: Path, name: str, choices: Choices) -> _Of:
    state = source.stat()
    return _Of(state.st_size, state.st_mtime_ns, name, _CHOICES.dump_json(choices).decode(), _reader())


@cache
def _reader() -> str:
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        code.update(path.read_bytes())
    return code.hexdigest()
