"""Rejected rows as a file of their own layout, with a column of reasons: to be mended and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl
import xlsxwriter

from encaiss_dashboard.adapters.invoice_files import encodings, limits, values, workbook
from encaiss_dashboard.adapters.invoice_files.encodings import Coded
from encaiss_dashboard.adapters.invoice_files.opening import HEAD_BYTES, Table, is_reason, open_table
from encaiss_dashboard.adapters.invoice_files.problems import UnusableError
from encaiss_dashboard.adapters.invoice_files.split import read_blocks
from encaiss_dashboard.domain.intake import Choices, Reading
from encaiss_dashboard.domain.sheets import guarded

_HEAD_BLOCKS: Final = 16
_FIRST_YEAR: Final = 1900
"""Of a spreadsheet's calendar."""
_SHEET_CHARS: Final = 31
_NO_SHEET_NAME: Final = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
# What the sentences of the house hold that older encodings do not.
_SIMPLER: Final = str.maketrans(
    {"\u202f": "\u00a0", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "–": "-", "œ": "oe", "−": "-"}
)


def write_rejected(
    source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
) -> bool:
    """Write rows of a table once more, each with why it was rejected.

    A text keeps its columns, separator and encoding; what stood above its header is left out. A workbook
    becomes an XLSX of one sheet. Cells that a spreadsheet could run are guarded, which the reader undoes;
    numbers and dates stay what they are.

    Args:
        source: the file that was read.
        reading: what was understood of it.
        reasons: what to say of each row, by its line.
        heading: of the last column; `problem.heading` of a language, or the reader takes it for data.
        into: the file to write.

    Returns:
        Whether there is such a layout: False for e-invoices, archives and files without a header.

    Raises:
        UnusableError: the file is not the one that was read.
    """
    if not reading.header or reading.format not in {"csv", "xlsx", "xls", "ods"}:
        return False
    write = _write_workbook if reading.sheets else _write_text
    write(source, reading, reasons, heading, into)
    return True


def _write_text(source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path) -> None:
    with source.open("rb") as stream:
        size = source.stat().st_size
        coded = _coded(stream, reading.dialect.encoding)
        table, line_end = _table(stream, size, coded, reading)
        width = _width(table, reading)
        with _writer(into, coded, table.grid.separator, line_end) as write:
            write([*_padded(list(table.written), width), heading])
            for line, cells in _records(stream, size, coded, table, reasons.keys()):
                guarded_cells = [_guarded(cell) for cell in _padded(cells, width)]
                write([*guarded_cells, guarded(" ".join(reasons[line].splitlines()))])


def _coded(stream: BinaryIO, encoding: str) -> Coded:
    marks = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    mark = marks.get(encoding, b"")
    return Coded(encoding, "replace", mark if mark and stream.read(len(mark)) == mark else b"")


def _table(stream: BinaryIO, size: int, coded: Coded, reading: Reading) -> tuple[Table, str]:
    """The header where the reading found it, and how lines end."""
    chosen = {about: guess.column for about, guess in reading.columns.items()}
    head = list(islice(encodings.blocks(stream, size, coded, HEAD_BYTES), _HEAD_BLOCKS))
    found = open_table(head, Choices(columns=chosen, separator=reading.dialect.separator))
    if not isinstance(found, Table):
        raise UnusableError(found)
    return found, "\r\n" if b"\r\n" in head[0].data else "\n"


def _width(table: Table, reading: Reading) -> int:
    """How many cells stand before the reason: those of the longest row, as far as that is any use."""
    grid = table.grid
    usual = grid.cells - (grid.dropped is not None)
    longest = max((int(p.facts["found"]) for p in reading.problems if p.code == "row_long"), default=0)
    return max(len(table.written), usual, min(longest, limits.COLUMNS))


def _records(
    stream: BinaryIO, size: int, coded: Coded, table: Table, lines: Iterable[int]
) -> Iterator[tuple[int, list[str]]]:
    wanted = set(lines)
    chosen = pl.Series(sorted(wanted), dtype=pl.Int64).implode()
    for block in read_blocks(encodings.blocks(stream, size, coded), table.grid):
        is_wanted = block.lines.is_in(chosen)
        rows = zip(block.lines.filter(is_wanted), block.cells.filter(is_wanted).rows(), strict=True)
        found = [(line, list(row)) for line, row in rows]
        found += [(record.line, record.cells) for record in block.odd if record.line in wanted]
        yield from sorted(found)


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _guarded(cell: str) -> str:
    return cell if values.is_amount_like(cell) else guarded(cell)


@contextmanager
def _writer(into: Path, coded: Coded, separator: str, line_end: str) -> Iterator[Callable[[list[str]], None]]:
    encoding = "utf-8" if coded.encoding == encodings.TWICE else coded.encoding
    with into.open("wb") as raw, io.TextIOWrapper(raw, encoding, errors="replace", newline="") as stream:
        raw.write(coded.mark)
        writer = csv.writer(stream, delimiter=separator, lineterminator=line_end)
        yield lambda cells: writer.writerow([_encodable(cell, encoding) for cell in cells])


def _encodable(cell: str, encoding: str) -> str:
    if cell.isascii():
        return cell
    try:
        cell.encode(encoding)
    except UnicodeEncodeError:
        return cell.translate(_SIMPLER)
    return cell


def _write_workbook(
    source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
) -> None:
    first = reading.dialect.header_line
    rows = workbook.typed_rows(source, reading.sheet, {first, *reasons})
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(into), options) as book:
        sheet = book.add_worksheet(reading.sheet.translate(_NO_SHEET_NAME)[:_SHEET_CHARS].strip("'") or None)
        day, moment = (book.add_format({"num_format": f}) for f in ("dd/mm/yyyy", "dd/mm/yyyy hh:mm"))
        dropped: int | None = None
        for at, (line, cells) in enumerate(rows):
            if line == first:
                heads = (position for position, cell in enumerate(cells) if is_reason(str(cell)))
                dropped = next(heads, None)
            kept = [cell for position, cell in enumerate(cells) if position != dropped]
            for position, cell in enumerate(kept):
                _write_cell(sheet, at, position, cell, (day, moment))
            reason = heading if line == first else guarded(" ".join(reasons[line].splitlines()))
            sheet.write_string(at, len(kept), reason)


def _write_cell(sheet: Any, row: int, column: int, cell: Any, formats: tuple[Any, Any]) -> None:
    if isinstance(cell, dict):
        moment = datetime.fromisoformat(cell["day"])
        if moment.year >= _FIRST_YEAR:
            sheet.write_datetime(row, column, moment, formats[moment.time() != time()])
        else:
            sheet.write_string(row, column, cell["day"])
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_string(row, column, _guarded(str(cell)))
