"""Workbooks (XLSX, XLS, ODS): guarded, opened in a process of their own, and their sheet written as lines."""

from __future__ import annotations

import json
import select
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from encaiss_dashboard.adapters.invoice_files import columns as column_names
from encaiss_dashboard.adapters.invoice_files import compound, limits, sheet_process
from encaiss_dashboard.adapters.invoice_files.failed import Failures, failures
from encaiss_dashboard.adapters.invoice_files.problems import UnusableError
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Format

_CHUNK: Final = 1 << 20
_ANSWER_BYTES: Final = 16 << 20
_PATIENCE_SECONDS: Final = 0.5
_OLE: Final = b"\xd0\xcf\x11\xe0"
_MANIFEST: Final = "META-INF/manifest.xml"


@dataclass(frozen=True, slots=True)
class Spooled:
    """A workbook of which one sheet was written as lines.

    Attributes:
        format: ``xlsx``, ``xls`` or ``ods``.
        sheets: names of its sheets.
        sheet: the one that was written.
    """

    format: Format
    sheets: tuple[str, ...]
    sheet: str


def spool(source: Path, wanted: str | None, into: Path, waiting: Callable[[], None]) -> Spooled:
    """Write the sheet that holds invoices, most likely or as wanted, as `sheet_process` does.

    Args:
        source: the workbook.
        wanted: the name of its sheet, None to guess: the one of most known columns, then of most rows.
        into: the file to write.
        waiting: called now and then; whatever it raises ends the work.

    Raises:
        UnusableError: it is damaged, encrypted, or more than can be opened.
    """
    with opened(source, waiting) as book:
        sheet = _chosen(book.sheets, wanted)
        errors = book.errors(sheet)
        with into.open("wb") as lines:
            for chunk in book.ask({"sheet": sheet, "errors": errors}):
                lines.write(chunk)
                if lines.tell() > 2 * limits.WORKBOOK_BYTES:
                    raise _too_big()
        return Spooled(book.format, tuple(s["name"] for s in book.sheets), sheet)


def typed_rows(source: Path, sheet: str, lines: set[int]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of a sheet as they are, by their 1-based number: numbers, texts, truths; ``{"day": …}`` for dates.

    Raises:
        UnusableError: see :func:`spool`.
    """
    with opened(source, lambda: None) as book:
        rest = b""
        for chunk in book.ask({"sheet": sheet, "lines": sorted(lines)}):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                row = json.loads(line)
                yield row["line"], row["cells"]


class _Book:
    """A workbook that another process holds open."""

    def __init__(
        self, source: Path, process: subprocess.Popen[bytes], waiting: Callable[[], None], kind: Format
    ) -> None:
        self.format = kind
        self._source = source
        self._process = process
        self._waiting = waiting
        self.sheets = self._first_answer()

    def _received(self) -> Iterator[bytes]:
        answers = self._process.stdout
        assert answers is not None
        while True:
            while not select.select([answers], [], [], _PATIENCE_SECONDS)[0]:
                self._waiting()
            chunk = answers.read(_CHUNK)
            if not chunk:
                break
            self._waiting()
            yield chunk
        if self._process.wait():
            raise _too_big()

    def _first_answer(self) -> list[dict[str, Any]]:
        answer = b""
        for chunk in self._received():
            answer += chunk
            if answer.endswith(b"\n") or len(answer) > _ANSWER_BYTES:
                break
        if not answer.endswith(b"\n"):
            raise _too_big()
        said = json.loads(answer)
        if "error" in said:
            is_too_big = said["error"] == "workbook_too_big"
            raise _too_big() if is_too_big else UnusableError(Problem(said["error"]))
        sheets: list[dict[str, Any]] = said["sheets"]
        if not sheets:
            raise UnusableError(Problem("file_empty"))
        return sheets

    def ask(self, question: Mapping[str, Any]) -> Iterator[bytes]:
        """Ask for a sheet: what comes back, in pieces of any size."""
        asking = self._process.stdin
        assert asking is not None
        asking.write(json.dumps(question).encode() + b"\n")
        asking.close()
        return self._received()

    def errors(self, sheet: str) -> Failures:
        """Cells of a sheet in which a formula failed: the library reads them as empty."""
        return failures(self._source, self.format, sheet)


class _BookHere(_Book):
    """A workbook that this process holds open itself."""

    def __init__(self, source: Path, waiting: Callable[[], None], kind: Format) -> None:
        self.format = kind
        self._source = source
        self._waiting = waiting
        opened = sheet_process.open_book(str(source))
        if isinstance(opened, str):
            raise _too_big() if opened == "workbook_too_big" else UnusableError(Problem(opened))
        self._here, self.sheets = opened
        if not self.sheets:
            raise UnusableError(Problem("file_empty"))

    def ask(self, question: Mapping[str, Any]) -> Iterator[bytes]:
        """Ask for a sheet, as of a process apart."""
        # As JSON gives it: keys are texts.
        for part in sheet_process.answer(self._here, json.loads(json.dumps(question))):
            self._waiting()
            yield part


@contextmanager
def opened(source: Path, waiting: Callable[[], None]) -> Iterator[_Book]:
    """Open a workbook that is not more than it seems, in a process that may take only so much memory."""
    kind = _guarded(source, waiting)
    script = sheet_process.__file__
    limit = (str(limits.WORKBOOK_MEMORY), str(limits.WORKBOOK_SECONDS))
    try:
        process = subprocess.Popen(  # noqa: S603 - no shell, and every argument is the house's own
            [sys.executable, "-I", script, str(source), *limit],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
    except PermissionError:
        # A reader that is walled off already may start nothing, and need not.
        yield _BookHere(source, waiting, kind)
        return
    try:
        with process:
            yield _Book(source, process, waiting, kind)
            process.kill()
    finally:
        process.kill()


def _chosen(sheets: list[dict[str, Any]], wanted: str | None) -> str:
    if wanted is not None:
        if wanted in (sheet["name"] for sheet in sheets):
            return wanted
        listed = ", ".join(shown(sheet["name"]) for sheet in sheets[:30])
        raise UnusableError(Problem("sheet_unknown", facts={"value": shown(wanted), "sheets": listed}))

    def sense(sheet: Mapping[str, Any]) -> tuple[int, bool, int]:
        known = max(map(column_names.known_columns, sheet["head"]), default=0)
        return known, sheet["visible"], sheet["rows"]

    return str(max(sheets, key=sense)["name"])


def _guarded(source: Path, waiting: Callable[[], None]) -> Format:
    """The kind of a workbook, once it is sure that it unpacks to no more than a workbook may.

    Raises:
        UnusableError: it does, or it is encrypted, damaged, or no workbook.
    """
    with source.open("rb") as stream:
        if stream.read(len(_OLE)) == _OLE:
            return _guarded_ole(source)
    try:
        with zipfile.ZipFile(source) as parts:
            kind = _kind(parts)
            if kind is None:
                raise UnusableError(Problem("file_archive"))
            infos = parts.infolist()
            if any(info.flag_bits & 1 for info in infos):
                raise UnusableError(Problem("workbook_locked"))
            size = sum(info.file_size for info in infos)
            is_bomb = size > limits.WORKBOOK_SMALL and size > limits.WORKBOOK_RATIO * source.stat().st_size
            if is_bomb or size > limits.WORKBOOK_BYTES or len(infos) > limits.WORKBOOK_PARTS:
                raise _too_big()
            for info in infos:
                # Read to its end each part proves to be as long as it says: its checksum tells.
                with parts.open(info) as part:
                    while part.read(_CHUNK):
                        waiting()
            if _MANIFEST in parts.namelist() and b"encryption-data" in parts.read(_MANIFEST):
                raise UnusableError(Problem("workbook_locked"))
            return kind
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as error:
        raise UnusableError(Problem("file_workbook")) from error


def _guarded_ole(source: Path) -> Format:
    if source.stat().st_size > limits.WORKBOOK_BYTES:
        raise _too_big()
    try:
        with compound.opened(source) as parts:
            if parts.is_encrypted or compound.has_password(parts.workbook()):
                raise UnusableError(Problem("workbook_locked"))
    except compound.DamagedError as error:
        raise UnusableError(Problem("file_workbook")) from error
    return "xls"


def _kind(parts: zipfile.ZipFile) -> Format | None:
    names = set(parts.namelist())
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    return "xlsx" if any(name.startswith("xl/") for name in names) else None


def _too_big() -> UnusableError:
    problem = Problem("workbook_too_big", facts={"expected": str(limits.WORKBOOK_BYTES >> 20)})
    return UnusableError(problem)
