"""From an invoice file to its rows and to everything its owner has to know about it."""

from __future__ import annotations

import dataclasses
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final, get_args

import polars as pl

from encaiss_dashboard.adapters.invoice_files import columns as column_names
from encaiss_dashboard.adapters.invoice_files import dialect as dialects
from encaiss_dashboard.adapters.invoice_files import encodings, fit, limits, workbook
from encaiss_dashboard.adapters.invoice_files.body import Body
from encaiss_dashboard.adapters.invoice_files.encodings import Coded
from encaiss_dashboard.adapters.invoice_files.opening import HEAD_BYTES, Table, open_table
from encaiss_dashboard.adapters.invoice_files.problems import ProblemList, UnusableError
from encaiss_dashboard.adapters.invoice_files.repeats import take_out_repeats
from encaiss_dashboard.adapters.invoice_files.rows import WRITTEN, Layout, shown
from encaiss_dashboard.adapters.invoice_files.split import Block, read_blocks
from encaiss_dashboard.adapters.invoice_files.staging import Stage, StagedRows
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import (
    NO_CHOICES,
    Choices,
    ColumnGuess,
    DateOrder,
    DecimalMark,
    Dialect,
    Field,
    Reading,
    Tell,
    untold,
)
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import EUR, Money

_SAMPLES: Final = 3
_LISTED_COLUMNS: Final = 30
_PASSES: Final = 3
_PLANNED_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read, as often as it takes.

    Attributes:
        stream: its bytes.
        size: how many.
        name: as its owner calls it.
        path: where it lies, None for what is only in memory.
        currency: ISO code for rows that name none.
        rapid: False to read every row by itself, which takes fifty times as long and says the same.
        block_bytes: how much of it is worked on at once.
    """

    stream: BinaryIO
    size: int
    name: str
    path: Path | None = None
    currency: str = EUR
    rapid: bool = True
    block_bytes: int = limits.BLOCK_BYTES


def read_table(
    source: Path,
    name: str,
    choices: Choices,
    folder: Path,
    tell: Tell = untold,
    *,
    default_currency: str = EUR,
) -> Reading:
    """Understand a table of invoices of any size, CSV, text or workbook, and check every row of it.

    Args:
        source: the file, whatever it is.
        name: its name, only kept.
        choices: what a person corrected; the rest is guessed from the whole file.
        folder: for the rows, ``rows-0001.arrow`` and so on.
        tell: told after every block how many bytes are read; with each pass from the start.
        default_currency: ISO code for rows that name no currency.

    Returns:
        The reading. Bad content never raises: what concerns the whole file is a problem without a
        line and leaves ``rows`` empty, and so does a question. ``total`` deducts credit notes.

    Raises:
        Cancelled: ``tell`` raised it; no row is left in the folder.
    """
    with source.open("rb") as stream:
        file = Source(stream, source.stat().st_size, name, source, default_currency)
        return read(file, choices, Stage(folder), tell)


def read_invoices(
    data: bytes, name: str, choices: Choices = NO_CHOICES, default_currency: str = EUR
) -> Reading:
    """Understand a small table in memory; see :func:`read_table`."""
    file = Source(io.BytesIO(data), len(data), name, currency=default_currency)
    reading = read(file, choices, Stage(None), untold)
    return dataclasses.replace(reading, rows=tuple(reading.rows))


def read(file: Source, choices: Choices, stage: Stage, tell: Tell) -> Reading:
    """Understand a table, its rows put down on a stage."""
    try:
        unknown = _unknown_choice(choices)
        code = _foreign_format(file)
        if code == "file_workbook" and not unknown:
            return _read_workbook(file, choices, stage, tell)
        if code or unknown:
            return Reading(file.name, problems=(_refused(code, unknown),))
        try:
            coded = encodings.find_encoding(file.stream, file.size, choices.encoding)
        except UnicodeError:
            problem = Problem("encoding_wrong", facts={"value": str(choices.encoding)})
            return Reading(file.name, problems=(problem,))
        reading = _read_lines(file, coded, choices, stage, tell)
        return dataclasses.replace(reading, format="csv")
    except UnusableError as error:
        stage.clear()
        return Reading(file.name, problems=(error.problem,))
    except BaseException:
        stage.clear()
        raise


def _read_workbook(file: Source, choices: Choices, stage: Stage, tell: Tell) -> Reading:
    with tempfile.TemporaryDirectory(dir=stage.folder) as folder:
        source = file.path or Path(folder) / "workbook"
        if file.path is None:
            file.stream.seek(0)
            source.write_bytes(file.stream.read())
        lines = Path(folder) / "lines"
        spooled = workbook.spool(source, choices.sheet, lines, lambda: tell(0, file.size))
        size = max(lines.stat().st_size, 1)
        with lines.open("rb") as stream:
            reading = _read_lines(
                dataclasses.replace(file, stream=stream, size=size),
                Coded(""),
                choices,
                stage,
                lambda done, _: tell(done * file.size // size, file.size),
            )
    return dataclasses.replace(reading, format=spooled.format, sheets=spooled.sheets, sheet=spooled.sheet)


def _read_lines(file: Source, coded: Coded, choices: Choices, stage: Stage, tell: Tell) -> Reading:
    head = encodings.blocks(file.stream, file.size, coded, HEAD_BYTES)
    table = open_table(head, choices, from_workbook=not coded.encoding)
    if isinstance(table, Problem):
        return Reading(file.name, problems=(table,))
    return _Reader(file, coded, table, choices).read(stage, tell)


def _foreign_format(file: Source) -> str | None:
    """Problem code of a file that holds no text, None where it may be a table."""
    head = file.stream.read(encodings.SAMPLE_BYTES)
    if not head.strip() and len(head) == file.size:
        return "file_empty"
    file.stream.seek(max(0, file.size - encodings.SAMPLE_BYTES))
    return dialects.foreign_format(head, file.stream.read(), file.size)


def _refused(code: str | None, unknown: str | None) -> Problem:
    return Problem(code) if code else Problem("choice_unknown", facts={"value": shown(unknown or "")})


def _unknown_choice(choices: Choices) -> str | None:
    """A choice that no screen offers: it reached us from somebody's own hands."""
    offered: tuple[tuple[str | None, Sequence[str]], ...] = (
        (choices.encoding, encodings.ENCODINGS),
        (choices.separator, dialects.SEPARATORS),
        (choices.decimal, get_args(DecimalMark)),
        (choices.date_order, get_args(DateOrder)),
    )
    return next((choice for choice, offer in offered if choice is not None and choice not in offer), None)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be known of a whole file before a row of it can be read."""

    columns: Mapping[Field, ColumnGuess]
    decimal: DecimalMark | None = None
    date_order: DateOrder | None = None

    def reads_like(self, other: _Plan) -> bool:
        """Whether a reading under either says the same; how sure a guess is does not matter for that."""
        columns, others = (
            {about: guess.column for about, guess in plan.columns.items()} for plan in (self, other)
        )
        return (columns, self.decimal, self.date_order) == (others, other.decimal, other.date_order)


class _Reader:
    """Reads a table under a plan, and once more where the whole file speaks for another one."""

    def __init__(self, file: Source, coded: Coded, table: Table, choices: Choices) -> None:
        self.file = file
        self.coded = coded
        self.table = table
        self.choices = choices
        self.is_understood = table.is_known or bool(choices.columns)

    def read(self, stage: Stage, tell: Tell) -> Reading:
        plan = self.first_plan()
        for _ in range(_PASSES):
            stage.clear()
            body = self.body(plan, stage)
            try:
                self.read_all(body, tell)
            except UnusableError as error:
                stage.clear()
                return self.reading(plan, body, stage, error.problem)
            settled = self.plan(body)
            if settled.reads_like(plan):
                break
            plan = settled
        plan = settled
        take_out_repeats(stage, body.problems)
        return self.reading(plan, body, stage)

    def first_plan(self) -> _Plan:
        """What the beginning of the file speaks for."""
        head = list(islice(self.blocks(_PLANNED_BYTES), 2))
        judging = self.body(_Plan({}), None)
        for block in head:
            judging.judge(block)
        body = self.body(_Plan(self.columns(judging)), None)
        for block in head:
            body.take(block)
        return self.plan(body)

    def blocks(self, block_bytes: int) -> Iterator[Block]:
        texts = encodings.blocks(self.file.stream, self.file.size, self.coded, block_bytes)
        return read_blocks(texts, self.table.grid, rapid=self.file.rapid)

    def body(self, plan: _Plan, stage: Stage | None) -> Body:
        header = self.table.header
        positions = {about: header.index(guess.column) for about, guess in plan.columns.items()}
        layout = Layout(
            header=header,
            positions=positions,
            written=tuple(about for about in positions if about in WRITTEN),
            decimal=plan.decimal,
            date_order=plan.date_order,
            currency=self.file.currency,
            has_controls=True,
            has_markup=True,
        )
        return Body(self.table, layout, stage if self.is_understood else None, ProblemList())

    def read_all(self, body: Body, tell: Tell) -> None:
        is_cut = False
        blocks = self.blocks(self.file.block_bytes)
        for block in _ahead(blocks) if self.file.size > self.file.block_bytes else blocks:
            body.take(block)
            is_cut = block.text.is_cut
            tell(block.text.done, self.file.size)
        body.end(is_cut=is_cut)

    def columns(self, body: Body) -> dict[Field, ColumnGuess]:
        judged = body.judged.values
        return column_names.map_columns(
            self.table.header, self.choices.columns, lambda about, position: fit.fit(about, judged[position])
        )

    def plan(self, body: Body) -> _Plan:
        day_first = column_names.speaks_day_first(self.table.header)
        decimal, order = self.choices.decimal, self.choices.date_order
        if not self.table.grid.is_quoted:
            # Numbers and dates that are no texts prove nothing: they are read under any convention.
            decimal = decimal or ("." if body.decimals.is_silent else None)
            order = order or ("ymd" if body.dates.is_silent else None)
        return _Plan(
            self.columns(body),
            decimal or body.decimals.decide(),
            order or body.dates.decide(day_first=day_first),
        )

    def reading(self, plan: _Plan, body: Body, stage: Stage, broken: Problem | None = None) -> Reading:
        header = self.table.header
        whole = [broken] if broken else self.whole_file_problems(body, plan.columns)
        questions = ("decimal",) * (plan.decimal is None) + ("dates",) * (plan.date_order is None)
        if any(problem.blocks for problem in whole) or questions:
            stage.clear()
        rows = stage.rows()
        used = {guess.column for guess in plan.columns.values()}
        judged = zip(header, body.judged.values, strict=True)
        return Reading(
            name=self.file.name,
            dialect=Dialect(
                encoding=self.coded.encoding,
                separator=self.table.grid.separator if self.table.grid.is_quoted else "",
                decimal=plan.decimal or ",",
                date_order=plan.date_order or "dmy",
                header_line=self.table.header_line,
            ),
            header=header,
            columns=plan.columns,
            ignored_columns=tuple(column for column in header if column not in used),
            samples={column: tuple(map(shown, texts[:_SAMPLES])) for column, texts in judged},
            rows=rows,
            problems=(*whole, *body.problems.listed()),
            unlisted=dict(body.problems.unlisted),
            row_count=body.row_count,
            total=_totals(rows),
            questions=() if broken else questions,
        )

    def whole_file_problems(self, body: Body, guesses: Mapping[Field, ColumnGuess]) -> list[Problem]:
        header, choices = self.table.header, self.choices
        listed = {"columns": _shown_list(header)}
        problems = [
            Problem("column_unknown", None, about.value, {"value": shown(column), **listed})
            for about, column in choices.columns.items()
            if column and column not in header
        ]
        if not self.is_understood and fit.looks_like_data(header):
            return [*problems, Problem("file_header_missing", facts={"value": shown(" ".join(header))})]
        missing = [about for about in column_names.REQUIRED if about not in guesses]
        if Field.DEBTOR_NUMBER in guesses and Field.DEBTOR in missing:
            missing.remove(Field.DEBTOR)
        problems += [Problem("column_missing", None, about.value, listed) for about in missing]
        if not body.row_count:
            problems.append(Problem("file_header_only"))
        if self.coded.encoding == encodings.TWICE and choices.encoding is None:
            problems.append(Problem("encoding_repaired", blocks=False))
        return problems


def _ahead(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same blocks, the next one divided into cells while this one is read: polars lets both run."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, blocks, None)
        while block := coming.result():
            coming = pool.submit(next, blocks, None)
            yield block


def _shown_list(names: Iterable[str]) -> str:
    listed = [shown(name) for name in names]
    return ", ".join(listed[:_LISTED_COLUMNS]) + (" …" if len(listed) > _LISTED_COLUMNS else "")


def _totals(rows: StagedRows) -> dict[str, Money]:
    is_owed = pl.col("kind") == Kind.INVOICE.value
    signed = pl.when(is_owed).then("total_cents").otherwise(-pl.col("total_cents"))
    sums = rows.scan().group_by("currency").agg(signed.sum().alias("cents")).sort("currency").collect()
    return {currency: Money(cents, currency) for currency, cents in sums.iter_rows()}
