"""Rejected rows in the layout of their own file, with why beside each: to be mended and sent again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from encaiss_dashboard.adapters.invoice_files.encodings import TWICE
from encaiss_dashboard.adapters.invoice_files.workbook import typed_rows
from encaiss_dashboard.domain.intake import Reading
from encaiss_dashboard.domain.sheets import harmless

WORKBOOKS: Final = frozenset({"xlsx", "xls", "ods"})
_DATE: Final = "dd/mm/yyyy"


def write_rejected(
    source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
) -> bool:
    """Write the rows on these lines as they stand in a table or workbook, with a last column of reasons.

    What a spreadsheet would run as a formula is made harmless; numbers, dates and references stay.

    Args:
        source: where the file lies.
        reading: how it was understood.
        reasons: sentences by line of the file (row of the sheet).
        heading: of the column of reasons.
        into: where to write; a workbook becomes XLSX, anything else the same kind of text.

    Returns:
        Whether there is such a layout: False for e-invoices, archives and files without a header.
    """
    if reading.format in WORKBOOKS and reading.header:
        _write_workbook(source, reading, reasons, heading, into)
        return True
    if reading.format != "csv" or not reading.header or not reading.dialect.separator:
        return False
    _write_text(source, reading, reasons, heading, into)
    return True


def _write_text(source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path) -> None:
    dialect = reading.dialect
    encoding = "utf-8-sig" if dialect.encoding in {"utf-8", TWICE} else dialect.encoding
    width = len(reading.header)
    with into.open("w", encoding=encoding, errors="replace", newline="") as out:
        writer = csv.writer(out, delimiter=dialect.separator)
        for line, cells in _chosen(source, reading, {dialect.header_line, *reasons}):
            own = [*cells, *[""] * (width - len(cells))][: max(width, len(cells))]
            if line == dialect.header_line:
                writer.writerow([*own[:width], heading])
            else:
                writer.writerow([*map(harmless, own), reasons[line]])


def _chosen(source: Path, reading: Reading, lines: set[int]) -> Iterator[tuple[int, list[str]]]:
    """The records that begin on these lines; where an open quote drew one in, its own line alone."""
    text = _lines(source, reading.dialect.encoding)
    seen: set[int] = set()
    held: dict[int, str] = {}
    reader = csv.reader(_noted(text, lines, held), delimiter=reading.dialect.separator)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error:
            # A cell beyond the limit of the library: an open quote, whose lines are given below.
            start = reader.line_num + 1
            continue
        if start in lines:
            seen.add(start)
            yield start, cells
        start = reader.line_num + 1
    for line in sorted(lines - seen):
        if line in held:
            yield line, held[line].rstrip("\r\n").split(reading.dialect.separator)


def _noted(text: Iterable[str], lines: set[int], held: dict[int, str]) -> Iterator[str]:
    for number, line in enumerate(text, start=1):
        if number in lines:
            held[number] = line
        yield line


def _lines(source: Path, encoding: str) -> Iterator[str]:
    """Physical lines as the reader counted them: only CR, LF and CRLF end one."""
    if encoding == TWICE:
        twice = source.read_bytes().decode("utf-8-sig", "replace")
        yield from io.StringIO(twice.encode("cp1252", "replace").decode("utf-8", "replace"), newline="")
        return
    named = "utf-8-sig" if encoding == "utf-8" else encoding
    with source.open(encoding=named, errors="replace", newline="") as stream:
        for number, line in enumerate(stream):
            yield line.removeprefix("\ufeff") if number == 0 else line


def _write_workbook(
    source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
) -> None:
    out = xlsxwriter.Workbook(
        into, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    page = out.add_worksheet()
    days = out.add_format({"num_format": _DATE})
    width, header_line = len(reading.header), reading.dialect.header_line
    chosen = typed_rows(source, reading.sheet, {header_line, *reasons})
    for place, (line, cells) in enumerate(chosen):
        values: list[Any] = [*cells, *[""] * (width - len(cells))]
        for column, value in enumerate([*values, heading if line == header_line else reasons[line]]):
            _write_cell(page, place, column, value, days)
    out.close()


def _write_cell(page: Any, row: int, column: int, value: Any, days: Any) -> None:
    if isinstance(value, dict):
        page.write_datetime(row, column, datetime.fromisoformat(value["day"]), days)
    elif isinstance(value, bool | int | float):
        page.write(row, column, value)
    elif value:
        page.write_string(row, column, harmless(str(value)))
