"""Workbooks that people take away: real dates and amounts, never a formula, written row by row."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.sheets import Cell, Table

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

MIME: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ROWS_MAX: Final = 1_000_000
"""Of one sheet: a little less than a workbook may have, the heading and the totals included."""
_NO_TIME: Final = datetime(2020, 1, 1, tzinfo=UTC)
_TITLE_MAX: Final = 28
_TEXT_MAX: Final = 32_767
_FORBIDDEN: Final = str.maketrans("[]:*?/\\", "       ")


def workbook(table: Table) -> bytes:
    """A table as XLSX: its heading stays in view and filters, totals stand below in bold.

    Rows go to disk as they come, so that memory does not grow with their number; what no single sheet
    holds goes on in a next one.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.xlsx")
        options: dict[str, Any] = {"constant_memory": True, "tmpdir": folder, "strings_to_formulas": False}
        with xlsxwriter.Workbook(str(path), options) as book:
            # As old as its content: the same rows give the same bytes.
            book.set_properties({"created": _NO_TIME})
            _Writer(book, table).write()
        return path.read_bytes()


class _Writer:
    """Writes one table into a workbook."""

    def __init__(self, book: Any, table: Table) -> None:
        self._book, self._table = book, table
        self._formats = {bold: _formats(book, bold=bold) for bold in (False, True)}
        self._sheet: Worksheet
        self._at = self._sheets = 0

    def write(self) -> None:
        """The rows, then the totals."""
        self._begin()
        for row in self._table.rows:
            if self._at > _ROWS_MAX:
                self._end()
                self._begin()
            self._row(row)
        self._end()
        for number, row in enumerate(self._table.totals):
            self._at += number == 0  # an empty row, so that sorting leaves the totals alone
            self._row(row, bold=True)

    def _begin(self) -> None:
        self._sheets += 1
        title = self._table.title.translate(_FORBIDDEN)[:_TITLE_MAX]
        self._sheet = self._book.add_worksheet(title if self._sheets == 1 else f"{title} {self._sheets}")
        for place, column in enumerate(self._table.columns):
            self._sheet.set_column(place, place, column.width)
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)  # A4
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(0)
        self._at = 0
        self._row([column.heading for column in self._table.columns], bold=True)

    def _end(self) -> None:
        self._sheet.autofilter(0, 0, max(1, self._at - 1), len(self._table.columns) - 1)

    def _row(self, cells: Sequence[Cell], *, bold: bool = False) -> None:
        for place, cell in enumerate(cells):
            _write(self._sheet, self._at, place, cell, self._formats[bold])
        self._at += 1


def _formats(book: Any, *, bold: bool) -> dict[str, Format]:
    common = {"bold": bold}
    return {
        "text": book.add_format(common),
        "date": book.add_format({**common, "num_format": "dd/mm/yyyy", "align": "left"}),
        "amount": book.add_format({**common, "num_format": "#,##0.00"}),
        "number": book.add_format({**common, "num_format": "0"}),
    }


def _write(sheet: Worksheet, row: int, place: int, cell: Cell, formats: dict[str, Format]) -> None:
    if isinstance(cell, Money):
        # A workbook knows only floating point; two decimals of an amount below 10^13 survive it.
        sheet.write_number(row, place, cell.cents / 100, formats["amount"])
    elif isinstance(cell, date):
        sheet.write_datetime(row, place, cell, formats["date"])
    elif isinstance(cell, int):
        sheet.write_number(row, place, cell, formats["number"])
    elif cell:
        sheet.write_string(row, place, cell[:_TEXT_MAX], formats["text"])
