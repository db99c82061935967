"""The rows below a header: sums and repeated headers left out, each other one read, all evidence kept."""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import chain
from typing import Final

import polars as pl

from encaiss_dashboard.adapters.invoice_files import limits, values
from encaiss_dashboard.adapters.invoice_files.amounts import read_amounts
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.evidence import BLANK, DateEvidence, DecimalEvidence, Judged
from encaiss_dashboard.adapters.invoice_files.opening import Table
from encaiss_dashboard.adapters.invoice_files.plain import read_plain
from encaiss_dashboard.adapters.invoice_files.problems import ProblemList, UnusableError
from encaiss_dashboard.adapters.invoice_files.rows import CONTROLS, MARKUP, Layout, cell, read_row
from encaiss_dashboard.adapters.invoice_files.split import Block
from encaiss_dashboard.adapters.invoice_files.staging import Stage, frame_of
from encaiss_dashboard.adapters.invoice_files.typed import as_written, only_texts
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field

_SUM_LABEL: Final = re.compile(
    r"(?:sous-?|sub-?|grand |algemeen |eind|gesamt|running |report )?"
    r"(?:total|totaal|totaux|totalen|summe|somme|gesamt|som)"
    r"(?: g[ée]n[ée]ral| algemeen| eur| euro| factures| facturen| invoices)?",
    re.IGNORECASE,
)
# A part of every such label.
_MAYBE_SUM: Final = "(?i)tot|sum|som|gesamt"
_SLOWLY_AT_ONCE: Final = 10_000


class Body:
    """The rows of a file, block by block.

    Attributes:
        judged: first values of every column.
        decimals: what amounts prove about the decimal mark.
        dates: what dates prove about their order.
        row_count: rows seen, without blank lines, sums and repeated headers.
        problems: what is wrong with single rows.
    """

    def __init__(self, table: Table, layout: Layout, stage: Stage | None, problems: ProblemList) -> None:
        """Begin below the header; without a stage rows are only looked at."""
        self.judged = Judged(len(table.header))
        self.decimals = DecimalEvidence()
        self.dates = DateEvidence()
        self.row_count = 0
        self._table = table
        self._layout = layout
        self._stage = stage
        self.problems = problems
        self._divided = 0
        self._above = ""
        self._pending: Record | None = None

    def judge(self, block: Block) -> tuple[pl.DataFrame, pl.Series, list[Record]]:
        """Take down the first values of the columns; gives what the block holds without headers."""
        if not self._table.grid.is_quoted:
            block = block._replace(cells=as_written(block.cells, self._layout))
        cells, lines, odd = self._without_headers(block)
        self.judged.see(cells, lines, [(record.line, record.cells) for record in odd])
        return cells, lines, odd

    def take(self, block: Block) -> None:
        """Read the next block.

        Raises:
            UnusableError: more rows than can be kept, or hardly any of many can be read.
        """
        is_typed = not self._table.grid.is_quoted
        if is_typed:
            texts = only_texts(block.cells)
            self._see_dates(texts)
            self._see_amounts(texts)
        cells, lines, odd = self.judge(block)
        odd = self._without_sums(cells, lines, odd)
        self.row_count += cells.height + len(odd)
        self._divided += cells.height
        if not is_typed:
            self._see_dates(cells)
            self._see_odd(odd)
        if self._stage is not None:
            self._read(self._stage, cells, lines, odd, None if is_typed else self.decimals)
        elif not is_typed:
            self._see_amounts(cells)
        self._check()

    def end(self, *, is_cut: bool) -> None:
        """Read what was held back until it was known to be the last row of the file."""
        if self._pending and self._stage is not None:
            self._stage.add(self._slowly([self._pending], cut_off=is_cut))
            self._pending = None

    def _check(self) -> None:
        if self.row_count > limits.ROWS:
            raise UnusableError(Problem("rows_too_many", facts={"expected": str(limits.ROWS)}))
        is_whole = {Field.ISSUE, Field.TOTAL} <= self._layout.positions.keys()
        is_read = self._stage is not None and is_whole and self._layout.decimal and self._layout.date_order
        good = self._stage.count if self._stage is not None and is_read else self._divided
        if self.row_count > limits.HOPELESS_AFTER and good * limits.HOPELESS_SHARE < self.row_count:
            found = str(self.row_count - good)
            raise UnusableError(
                Problem("file_hopeless", facts={"found": found, "expected": str(self.row_count)})
            )

    def _without_headers(self, block: Block) -> tuple[pl.DataFrame, pl.Series, list[Record]]:
        """Regular rows that hold data for certain, and all others but blank ones and headers."""
        cells, lines = block.cells, block.lines
        doubtful = self._maybe_sums(cells) if cells.height else pl.Series([], dtype=pl.Boolean)
        odd = list(block.odd)
        if doubtful.any():
            some = cells.filter(doubtful)
            filled = pl.Series(some.select(~pl.all_horizontal(pl.all() == "")).to_series())
            chosen = zip(lines.filter(doubtful).filter(filled), some.filter(filled).rows(), strict=True)
            odd += [Record(line, list(row), closed=True) for line, row in chosen]
            odd.sort()
            cells, lines = cells.filter(~doubtful), lines.filter(~doubtful)
        kept = [
            record
            for record in odd
            if not record.closed
            or (any(map(str.strip, record.cells)) and not self._table.is_header(record.cells))
        ]
        return cells, lines, kept

    def _maybe_sums(self, cells: pl.DataFrame) -> pl.Series:
        """Rows that may be a sum, blank, or the header once more: without a date, or like the header."""
        first = next(at for at, name in enumerate(self._table.written) if name)
        doubtful = cells[str(first)] == self._table.written[first]
        issue = self._layout.positions.get(Field.ISSUE)
        if issue is not None:
            return doubtful | cells[str(issue)].str.contains(BLANK)
        like_sums = pl.any_horizontal(pl.all().str.contains(_MAYBE_SUM))
        blank = pl.all_horizontal(pl.all().str.contains(BLANK))
        return doubtful | cells.select(like_sums | blank).to_series()

    def _without_sums(self, cells: pl.DataFrame, lines: pl.Series, odd: list[Record]) -> list[Record]:
        """Data rows: a sum has a label, or the label and the name of the debtor above, and no date."""
        positions = self._layout.positions
        number, debtor, issue = (positions.get(f) for f in (Field.NUMBER, Field.DEBTOR, Field.ISSUE))
        kept: list[Record] = []
        numbers: list[int] = []

        def above(line: int) -> str:
            if not numbers and cells.height and debtor is not None:
                numbers.extend(lines)
            at = bisect_left(numbers, line) - 1
            if kept and (at < 0 or numbers[at] < kept[-1].line):
                return cell(kept[-1].cells, debtor)
            return cell((cells[str(debtor)][at],), 0) if at >= 0 else self._above

        for record in odd:
            if cell(record.cells, issue) or not record.closed:
                kept.append(record)
                continue
            label = next((text for value in record.cells if (text := value.strip().rstrip(" :."))), "")
            named = {cell(record.cells, number), cell(record.cells, debtor)} - {""}
            if any(name.rstrip(" :.") != label for name in named) or not _is_sum(label, above(record.line)):
                kept.append(record)
        if kept and (not cells.height or kept[-1].line > lines[-1]):
            self._above = cell(kept[-1].cells, debtor)
        elif cells.height and debtor is not None:
            self._above = cell((cells[str(debtor)][-1],), 0)
        return kept

    def _see_dates(self, cells: pl.DataFrame) -> None:
        at = [self._layout.positions.get(about) for about in values.DATES]
        names = ("issue", "due", "settled")
        if cells.height and any(position is not None for position in at):
            columns = [
                pl.lit("").alias(name) if position is None else pl.col(str(position)).alias(name)
                for name, position in zip(names, at, strict=True)
            ]
            self.dates.see(cells.select(columns))

    def _see_amounts(self, cells: pl.DataFrame) -> None:
        for about in values.AMOUNTS:
            position = self._layout.positions.get(about)
            if position is not None and cells.height:
                read_amounts(cells[str(position)], self._layout.decimal, self.decimals)

    def _see_odd(self, odd: Sequence[Record]) -> None:
        first, second, third = (self._layout.positions.get(about) for about in values.DATES)
        self.dates.see_texts({(_raw(r, first), _raw(r, second), _raw(r, third)) for r in odd})
        amounts = (self._layout.positions.get(about) for about in values.AMOUNTS)
        self.decimals.see_texts({_raw(record, position) for position in amounts for record in odd})

    def _read(
        self,
        stage: Stage,
        cells: pl.DataFrame,
        lines: pl.Series,
        odd: list[Record],
        evidence: DecimalEvidence | None,
    ) -> None:
        plain, staged = read_plain(cells, lines, self._layout, evidence)
        rows = zip(lines.filter(~plain), cells.filter(~plain).rows(), strict=True)
        slow = sorted([*odd, *(Record(line, list(row), closed=True) for line, row in rows)])
        if self._pending and (slow or cells.height):
            slow.insert(0, self._pending)
            self._pending = None
        if odd and (not cells.height or lines[-1] < odd[-1].line):
            self._pending = slow.pop()
        if slow:
            others = self._slowly(slow, cut_off=False)
            if staged.width:
                others = others.select(staged.columns)
                staged = pl.concat([staged, others]).sort("line")
            else:
                staged = others
        stage.add(staged)

    def _slowly(self, records: Sequence[Record], *, cut_off: bool) -> pl.DataFrame:
        """Read records one by one, and list what is wrong with them."""
        frames = []
        for start in range(0, len(records), _SLOWLY_AT_ONCE):
            some = records[start : start + _SLOWLY_AT_ONCE]
            text = "\n".join(chain.from_iterable(record.cells for record in some))
            layout = dataclasses.replace(
                self._layout,
                has_controls=CONTROLS.search(text) is not None,
                has_markup=MARKUP.search(text) is not None,
            )
            rows = []
            for record in some:
                row, problems = read_row(record, layout, cut_off=cut_off)
                self.problems.add(problems)
                if row:
                    rows.append(row)
            frames.append(frame_of(rows))
        return pl.concat(frames)


def _raw(record: Record, position: int | None) -> str:
    return record.cells[position] if position is not None and position < len(record.cells) else ""


def _is_sum(label: str, above: str) -> bool:
    return _SUM_LABEL.fullmatch(label.removesuffix(above).strip() if above else label) is not None
