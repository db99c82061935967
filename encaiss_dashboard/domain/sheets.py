"""Tables that people take away: what stands in them, and CSV that spreadsheets open and run nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import is_ogm

Cell = str | int | date | Money | None
"""What one cell holds; None leaves it empty. The currency of an amount has a column of its own."""

# What a spreadsheet would run as a formula; an apostrophe in front keeps it text.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def sheet(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table in UTF-8 with its mark, semicolons between cells."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(headings)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + stream.getvalue().encode()


def amount(cents: int) -> str:
    """Major units with a comma, as Belgian and French spreadsheets read numbers."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100},{abs(cents) % 100:02d}"


def guarded(cell: str) -> str:
    """A cell that no spreadsheet runs: what could be a formula has an apostrophe before it."""
    if not cell.startswith(_FORMULA):
        return cell
    is_harmless = cell.lstrip("-").replace(",", "").isdecimal() or is_ogm(cell)
    return cell if is_harmless else f"'{cell}"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        heading: in the reader's language.
        width: in characters.
    """

    heading: str
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be written as CSV or as a workbook; its rows are read once, one after the other.

    Attributes:
        title: of the sheet, in the reader's language.
        totals: rows that stand below the others, known once these were read.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    totals: Iterable[Sequence[Cell]] = ()


def as_csv(table: Table) -> bytes:
    """A table as :func:`sheet` writes it: dates as year-month-day, amounts with a comma."""
    rows = ([_plain(cell) for cell in row] for part in (table.rows, table.totals) for row in part)
    return sheet([column.heading for column in table.columns], rows)


def _plain(cell: Cell) -> str:
    if isinstance(cell, Money):
        return amount(cell.cents)
    return "" if cell is None else cell.isoformat() if isinstance(cell, date) else str(cell)
