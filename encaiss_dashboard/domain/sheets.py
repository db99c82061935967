"""Tables as CSV that Belgian and French spreadsheets open as they are, and run nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from encaiss_dashboard.domain.references import is_ogm

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
    is_harmless = cell.lstrip("-").replace(",", "").isdecimal() or is_ogm(cell)
    return f"'{cell}" if cell.startswith(_FORMULA) and not is_harmless else cell
