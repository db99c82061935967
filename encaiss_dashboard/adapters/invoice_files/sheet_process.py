"""Opens a workbook in a process of its own, which may take only so much memory, and writes a sheet as lines.

Run as a script: ``python sheet_process.py FILE MEMORY_BYTES SECONDS``. It answers in lines of JSON, as asked
in such lines, and writes a sheet as one line for each of its rows: cells parted by U+001F, a number or a date
with U+001E before it. It imports nothing of the house: what it opens is not trusted.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final

import python_calamine as calamine

CELL_MARK: Final = "\x1f"
TYPED: Final = "\x1e"
# What the library raises where it did not foresee a damage; no exception of any other kind is its base.
_PANIC: Final = "PanicException"
_HEAD_ROWS: Final = 60
_HEAD_CELLS: Final = 1_000
_SHEETS: Final = 200
# Their own marks are no text; ends of lines are spaces within a cell; a byte order mark is nothing.
_CLEAN: Final = str.maketrans({"\x1e": "\ufffd", "\x1f": "\ufffd", "\n": " ", "\r": " ", "\ufeff": ""})


def main(path: str, memory_bytes: str, seconds: str) -> None:
    """Answer what the house asks about a workbook, until it asks no more."""
    _limit(int(memory_bytes), int(seconds))
    out = sys.stdout.buffer
    opened = open_book(path)
    if isinstance(opened, str):
        _say(out, {"error": opened})
        return
    sheets, heads = opened
    _say(out, {"sheets": heads})
    for line in sys.stdin:
        for part in answer(sheets, json.loads(line)):
            out.write(part)
        out.flush()
        return


def open_book(path: str) -> tuple[Sheets, list[dict[str, Any]]] | str:
    """The sheets of a workbook and how each begins, or the problem code of one that cannot be opened."""
    try:
        sheets = Sheets(calamine.CalamineWorkbook.from_path(path))
        return sheets, list(sheets.heads())
    except calamine.PasswordError:
        return "workbook_locked"
    except MemoryError:
        return "workbook_too_big"
    except (calamine.CalamineError, OSError, ValueError):
        return "file_workbook"
    except BaseException as error:
        if type(error).__name__ != _PANIC:
            raise
        return "file_workbook"


def answer(sheets: Sheets, asked: Mapping[str, Any]) -> Iterator[bytes]:
    """A sheet as lines with the errors of its formulas, or some of its rows as they are, in lines of JSON."""
    if "lines" not in asked:
        yield from sheets.lines(asked["sheet"], asked["errors"])
        return
    wanted = set(asked["lines"])
    for number, cells in sheets.rows(asked["sheet"]):
        if number in wanted:
            yield json.dumps({"line": number, "cells": [_kept(value) for value in cells]}).encode() + b"\n"


def _limit(memory_bytes: int, seconds: int) -> None:
    """Take no more than this beyond what Python itself has taken."""
    try:
        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except OSError:
        taken = 0
    for kind, most in ((resource.RLIMIT_AS, taken + memory_bytes), (resource.RLIMIT_CPU, seconds)):
        try:
            resource.setrlimit(kind, (most, most))
        except (OSError, ValueError):
            # Not every system can; the house has bounded what the file unpacks to before.
            continue


def _say(out: IO[bytes], answer: Mapping[str, Any]) -> None:
    out.write(json.dumps(answer).encode() + b"\n")
    out.flush()


class Sheets:
    """Sheets of a workbook, the last one kept: a workbook of one sheet is read once."""

    def __init__(self, book: calamine.CalamineWorkbook) -> None:
        self.book = book
        self.kept: tuple[str, calamine.CalamineSheet] | None = None

    def heads(self) -> Iterator[dict[str, Any]]:
        """Name, rows and first rows of each sheet of cells."""
        listed = [s for s in self.book.sheets_metadata if s.typ == calamine.SheetTypeEnum.WorkSheet]
        for about in listed[:_SHEETS]:
            sheet = self.sheet(about.name)
            head = []
            for number, row in enumerate(sheet.iter_rows()):
                if number >= _HEAD_ROWS:
                    break
                head.append([_text(value).removeprefix(TYPED) for value in row[:_HEAD_CELLS]])
            is_visible = about.visible == calamine.SheetVisibleEnum.Visible
            yield {"name": about.name, "rows": sheet.height, "head": head, "visible": is_visible}

    def sheet(self, name: str) -> calamine.CalamineSheet:
        """A sheet by its name."""
        if self.kept is None or self.kept[0] != name:
            self.kept = None
            self.kept = (name, self.book.get_sheet_by_name(name))
        return self.kept[1]

    def rows(self, name: str) -> Iterator[tuple[int, list[Any]]]:
        """Its rows with their numbers from 1."""
        return enumerate(self.sheet(name).iter_rows(), start=1)

    def lines(self, name: str, errors: Mapping[str, Mapping[str, str]]) -> Iterator[bytes]:
        """Every row of a sheet, with the errors that formulas gave, which the library leaves out."""
        left = (self.sheet(name).start or (0, 0))[1]
        for number, row in self.rows(name):
            cells = [_text(value) for value in row]
            for column, error in errors.get(str(number), {}).items():
                at = int(column) - left
                # Some programs keep a zero where there is nothing.
                if 0 <= at < len(cells) and cells[at] in {"", f"{TYPED}0"}:
                    cells[at] = error
            yield f"{CELL_MARK.join(cells)}\n".encode(errors="replace")


def _text(value: Any) -> str:
    """A cell as a text that is understood without doubt."""
    if isinstance(value, str):
        return value.translate(_CLEAN)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | int):
        return TYPED + _number(value)
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return TYPED + (value.date().isoformat() if is_day else value.isoformat(" ", "seconds"))
    if isinstance(value, date):
        return TYPED + value.isoformat()
    return value.isoformat() if isinstance(value, time) else str(value)


def _number(value: float) -> str:
    """A number in its shortest form; a spreadsheet's have fifteen digits, what follows them is noise."""
    if value == int(value) if abs(value) < 1e15 else False:  # noqa: PLR2004 - beyond it a float has no cents
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f") if value - value == 0 else str(value)


def _kept(value: Any) -> Any:
    """A cell that can be written again as what it was."""
    if isinstance(value, datetime | date):
        return {"day": value.isoformat()}
    if isinstance(value, time | timedelta):
        return str(value)
    return value


if __name__ == "__main__":
    main(*sys.argv[1:])
