"""The beginning of a table: its separator, its header, and how its lines divide into cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from encaiss_dashboard.adapters.invoice_files import columns as column_names
from encaiss_dashboard.adapters.invoice_files import dialect as dialects
from encaiss_dashboard.adapters.invoice_files import limits
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.encodings import Text
from encaiss_dashboard.adapters.invoice_files.problems import UnusableError
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.adapters.invoice_files.sheet_process import CELL_MARK, TYPED
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Choices
from encaiss_dashboard.locales import LANGUAGES, text

HEAD_BYTES: Final = 1 << 18
_HEAD_MOST: Final = 4 << 20
_HEAD_LINES: Final = 300
_WIDTHS: Final = 200


@dataclass(frozen=True, slots=True)
class Grid:
    """How lines divide into cells.

    Attributes:
        separator: between cells; `CELL_MARK` in what was a workbook, where every character stands for itself.
        cells: of a regular line.
        dropped: position of the column of reasons that the house once added, None without one.
        skip: lines above the first row of data.
    """

    separator: str
    cells: int
    dropped: int | None
    skip: int

    @property
    def is_quoted(self) -> bool:
        """Whether quotes may stand around cells."""
        return self.separator != CELL_MARK

    def kept(self, cells: list[str]) -> list[str]:
        """The cells without that of a reason."""
        if self.dropped is None or self.dropped >= len(cells):
            return cells
        return cells[: self.dropped] + cells[self.dropped + 1 :]


@dataclass(frozen=True, slots=True)
class Table:
    """What the beginning of a file tells of it.

    Attributes:
        grid: how its lines divide.
        header: column names, unique.
        written: the cells of the header as written.
        header_line: 1-based.
        is_known: whether the header names enough fields to be one for certain.
    """

    grid: Grid
    header: tuple[str, ...]
    written: tuple[str, ...]
    header_line: int
    is_known: bool

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a record is the header once more."""
        return tuple(cells[: len(self.written)]) == self.written


def open_table(texts: Iterable[Text], choices: Choices, *, from_workbook: bool = False) -> Table | Problem:
    """Find the header in the first blocks of a file, or say why there is none.

    Raises:
        UnusableError: the header has more columns than any table.
    """
    lines = _head(texts)
    if not any(line.strip("\x1a \t\r\n\ufeff") for line in lines):
        return Problem("file_empty")
    hinted = None if from_workbook else dialects.hinted_separator(lines)
    skip = 1 if hinted else 0
    if from_workbook:
        separator, found = CELL_MARK, _marked_records(lines)
    else:
        separator = choices.separator or hinted or ""
        separator = separator or dialects.guess_separator(lines[skip:], column_names.known_columns)
        found = dialects.records_with_ends(lines, separator, skip)
    records, ends = [], []
    for record, end in found:
        if not record.closed or any(map(str.strip, record.cells)):
            records.append(record)
            ends.append(end)
        if len(records) > _WIDTHS:
            break
    return _headed(records, ends, separator, choices) or _headless(lines)


def _head(texts: Iterable[Text]) -> list[str]:
    lines: list[str] = []
    filled = size = 0
    for block in texts:
        new = split_lines(block.data)
        lines += new
        filled += sum(not line.isspace() for line in new)
        size += len(block.data)
        if filled > _HEAD_LINES or size >= _HEAD_MOST:
            break
    return lines


def split_lines(data: bytes) -> list[str]:
    """Lines with their ends; only LF ends one."""
    lines = [f"{line}\n" for line in data.decode().split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _marked_records(lines: Iterable[str]) -> Iterator[tuple[Record, int]]:
    for number, line in enumerate(lines, start=1):
        cells = [value.removeprefix(TYPED) for value in line.rstrip("\n").split(CELL_MARK)]
        yield Record(number, cells, closed=True), number


def _headless(lines: Sequence[str]) -> Problem:
    start = "".join(lines[:_HEAD_LINES])[:500]
    start = start.replace(CELL_MARK, " ").replace(TYPED, "")
    return Problem("file_header_missing", facts={"value": shown(" ".join(start.split()))})


def _headed(records: Sequence[Record], ends: Sequence[int], separator: str, choices: Choices) -> Table | None:
    plain = [Record(r.line, _without(r.cells, _reason_at(r.cells)), r.closed) for r in records]
    at = column_names.find_header(plain, [column for column in choices.columns.values() if column])
    if at is None:
        return None
    written = plain[at].cells
    width = max((position for position, value in enumerate(written, start=1) if value.strip()), default=0)
    if not width:
        return None
    if width > limits.COLUMNS:
        raise UnusableError(
            Problem("columns_too_many", facts={"found": str(width), "expected": str(limits.COLUMNS)})
        )
    dropped = _reason_at(records[at].cells)
    below = Counter(len(record.cells) for record in records[at + 1 :] if record.closed)
    least, most = width + (dropped is not None), 2 * limits.COLUMNS
    counts = [(count, -cells) for cells, count in below.items() if least <= cells <= most]
    return Table(
        grid=Grid(
            separator, -max(counts)[1] if counts else min(len(records[at].cells), most), dropped, ends[at]
        ),
        header=column_names.labels(written[:width]),
        written=tuple(written[:width]),
        header_line=records[at].line,
        is_known=column_names.known_columns(written) >= column_names.RECOGNISED,
    )


def _reason_at(cells: Sequence[str]) -> int | None:
    return next((at for at, cell in enumerate(cells[: limits.COLUMNS]) if is_reason(cell)), None)


def _without(cells: list[str], at: int | None) -> list[str]:
    return cells if at is None else cells[:at] + cells[at + 1 :]


def is_reason(heading: str) -> bool:
    """Whether it heads the column of reasons in a file of rejected rows, in any language."""
    return " ".join(heading.split()) in _reasons()


@cache
def _reasons() -> frozenset[str]:
    return frozenset(text(lang, "problem.heading") for lang in LANGUAGES)
