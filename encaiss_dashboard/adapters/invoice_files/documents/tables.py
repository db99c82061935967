"""Tables within a ZIP: one alone is read as if it had come by itself, equal ones one after another."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl

from encaiss_dashboard.adapters.invoice_files.documents.beside import Names
from encaiss_dashboard.adapters.invoice_files.documents.listing import listable
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.adapters.invoice_files.staging import StagedRows
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Attachment, Choices, Reading, Tell
from encaiss_dashboard.domain.money import Money

ReadTable = Callable[[Path, str, Choices, Path, Tell], Reading]
"""Reads a table from a file: where it lies, its name, what was chosen, its own empty folder, progress."""
_NAME_CHARS: Final = 200
_CHOSEN: Final = {"decimal": "decimal", "dates": "date_order"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a ZIP: which member it is, its name to be shown, where it was unpacked."""

    place: int
    name: str
    path: Path


def read_tables(
    name: str, found: Sequence[Table], choices: Choices, folder: Path, *, tell: Tell, read_table: ReadTable
) -> Reading:
    """Read the tables of a ZIP.

    Lines go on from one table to the next; ``member`` says which one a row is of.

    Args:
        name: of the ZIP.
        found: one at least.
        choices: what a person corrected, for all of them.
        folder: for the rows, a folder of each table's own within it.
        tell: told how far a single table is; raises Cancelled.
        read_table: reads one of them.
    """
    try:
        if len(found) == 1:
            return read_table(found[0].path, name, choices, folder, tell)
        reader = _Reader(name, folder, tell, read_table, sum(table.path.stat().st_size for table in found))
        return _joined(name, reader.read_all(found, choices), folder)
    finally:
        for table in found:
            table.path.unlink(missing_ok=True)
            shutil.rmtree(_own_folder(folder, table), ignore_errors=True)


@dataclass(slots=True)
class _Reader:
    """Reads several tables, each into a folder of its own, and tells how far all of them are."""

    name: str
    folder: Path
    tell: Tell
    read_table: ReadTable
    whole_bytes: int
    done_bytes: int = 0

    def read_all(self, found: Sequence[Table], choices: Choices) -> list[tuple[Table, Reading]]:
        readings = [self._read(table, choices) for table in found]
        agreed = _agreed(readings, choices)
        if agreed != choices:
            self.done_bytes = 0
            readings = [
                self._read(table, agreed) if reading.questions else reading
                for table, reading in zip(found, readings, strict=True)
            ]
        return list(zip(found, readings, strict=True))

    def _read(self, table: Table, choices: Choices) -> Reading:
        own = _own_folder(self.folder, table)
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir()
        reading = self.read_table(table.path, self.name, choices, own, self._told)
        self.done_bytes += table.path.stat().st_size
        return reading

    def _told(self, done: int, _whole: int) -> None:
        self.tell(min(self.done_bytes + done, self.whole_bytes), self.whole_bytes)


def _own_folder(folder: Path, table: Table) -> Path:
    return folder / f"rows-{table.place}"


def lines_by_number(reading: Reading) -> Names:
    """The rows of a table by their numbers."""
    frame = _scan(reading).select("number", "line").collect()
    return Names(frame.iter_rows())


def with_more(reading: Reading, problems: Iterable[Problem], attachments: Iterable[Attachment]) -> Reading:
    """A reading with problems of other members of its ZIP, and with files that belong to its rows."""
    listed, unlisted = listable([*reading.problems, *problems])
    more = dict(Counter(unlisted) + Counter(reading.unlisted))
    return replace(reading, problems=listed, unlisted=more, attachments=tuple(attachments))


def _agreed(readings: Sequence[Reading], choices: Choices) -> Choices:
    """What all tables that could tell say, for those that could not."""
    decided: dict[str, Any] = {}
    for question, chosen in _CHOSEN.items():
        told = {
            getattr(one.dialect, chosen) for one in readings if question not in one.questions and one.header
        }
        if len(told) == 1 and any(question in one.questions for one in readings):
            decided[chosen] = told.pop()
    return replace(choices, **decided)


def _joined(name: str, found: Sequence[tuple[Table, Reading]], folder: Path) -> Reading:
    first = next((reading for _, reading in found if reading.header), found[0][1])
    frames: list[pl.DataFrame | Path] = []
    problems: list[Problem] = []
    total: dict[str, Money] = {}
    lines = count = 0
    for table, reading in found:
        if reading.header and reading.header != first.header:
            facts = {"value": shown(table.name), "member": shown(table.name)}
            problems.append(Problem("table_apart", lines + 1, None, facts))
            lines += 1
            continue
        path = folder / f"table-{table.place}.arrow"
        here = pl.lit(table.name[:_NAME_CHARS]).alias("member")
        _scan(reading).with_columns(pl.col("line") + lines, here).sink_ipc(path)
        frames.append(path)
        problems += [_moved(problem, lines, table) for problem in reading.problems]
        for currency, amount in reading.total.items():
            total[currency] = total.get(currency, Money(0, currency)) + amount
        count += reading.row_count
        lines += _last_line(reading)
    questions = tuple(dict.fromkeys(asked for _, reading in found for asked in reading.questions))
    listed, unlisted = listable(problems)
    for _, reading in found:
        unlisted = dict(Counter(unlisted) + Counter(reading.unlisted))
    return replace(
        first,
        name=name,
        rows=StagedRows([] if questions else frames),
        problems=listed,
        unlisted=unlisted,
        row_count=count,
        total={} if questions else dict(sorted(total.items())),
        questions=questions,
    )


def _moved(problem: Problem, lines: int, table: Table) -> Problem:
    """A problem of one table on its line among all of them; of the whole table, on its first line."""
    facts = {**problem.facts, "member": shown(table.name)}
    return replace(problem, line=lines + (problem.line or 1), facts=facts)


def _last_line(reading: Reading) -> int:
    last = _scan(reading).select(pl.col("line").max()).collect().item() or 0
    of_problems = max((problem.line or 0 for problem in reading.problems), default=0)
    return max(last, of_problems, reading.dialect.header_line + reading.row_count, 1)


def _scan(reading: Reading) -> pl.LazyFrame:
    rows = reading.rows
    return rows.scan() if isinstance(rows, StagedRows) else StagedRows([]).scan()
