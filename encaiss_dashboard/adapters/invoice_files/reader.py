"""From the bytes of an invoice file to its rows and to everything its owner has to know about it."""

from __future__ import annotations

import dataclasses
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, get_args

from encaiss_dashboard.adapters.invoice_files import columns as column_names
from encaiss_dashboard.adapters.invoice_files import dialect as dialects
from encaiss_dashboard.adapters.invoice_files import values
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.rows import (
    CONTROLS,
    MARKUP,
    WRITTEN,
    Layout,
    cell,
    read_row,
    shown,
)
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import (
    NO_CHOICES,
    Choices,
    ColumnGuess,
    DateOrder,
    DecimalMark,
    Dialect,
    Field,
    InvoiceRow,
    Reading,
)
from encaiss_dashboard.domain.money import EUR, Money

_AMOUNTS: Final = (Field.TOTAL, Field.VAT, Field.PAID, Field.OPEN)
_DATES: Final = (Field.ISSUE, Field.DUE, Field.SETTLED)
_SAMPLES: Final = 3
_JUDGED: Final = 200
_LISTED_LINES: Final = 5
_LISTED_COLUMNS: Final = 30
_NOWHERE: Final = sys.maxsize
_SUM_LABEL: Final = re.compile(
    r"(?:sous-?|sub-?|grand |algemeen |eind|gesamt|running |report )?"
    r"(?:total|totaal|totaux|totalen|summe|somme|gesamt|som)"
    r"(?: g[ée]n[ée]ral| algemeen| eur| euro| factures| facturen| invoices)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Table:
    """A file as records under a header, before the meaning of its columns is known."""

    name: str
    dialect: Dialect
    header: tuple[str, ...]
    is_known: bool
    body: Sequence[Record]
    has_controls: bool
    has_markup: bool
    ends_open: bool


def read_invoices(
    data: bytes, name: str, choices: Choices = NO_CHOICES, default_currency: str = EUR
) -> Reading:
    """Understand an invoice file in CSV or text and check every row of it.

    Args:
        data: the file's bytes, whatever they are.
        name: the file's name, only kept.
        choices: what a person corrected; the rest is guessed from the whole file.
        default_currency: ISO code for rows that name no currency.

    Returns:
        The reading. Bad content never raises: what concerns the whole file is a problem without a
        line and leaves ``rows`` empty, and so does a question. ``total`` deducts credit notes.
    """
    found = _table(data, name, choices)
    if isinstance(found, Problem):
        return Reading(name, problems=(found,))
    judged = [_column(found.body, position, _JUDGED) for position in range(len(found.header))]
    guesses = column_names.map_columns(
        found.header, choices.columns, lambda about, position: values.fit(about, judged[position])
    )
    positions = {about: found.header.index(guess.column) for about, guess in guesses.items()}
    body = list(_without_sums(found.body, positions))
    decimal = choices.decimal or _decimal(body, positions)
    order = choices.date_order or _date_order(body, positions, found.header)
    layout = Layout(
        header=found.header,
        positions=positions,
        written=tuple(about for about in positions if about in WRITTEN),
        decimal=decimal,
        date_order=order,
        currency=default_currency,
        has_controls=found.has_controls,
        has_markup=found.has_markup,
    )
    whole = _whole_file_problems(found, body, guesses, choices)
    questions = ("decimal",) * (decimal is None) + ("dates",) * (order is None)
    rows: list[InvoiceRow] = []
    problems: list[Problem] = []
    if found.is_known or choices.columns:
        rows, problems = _rows(body, layout, ends_open=found.ends_open)
    if any(problem.blocks for problem in whole) or questions:
        rows = []
    used = {guess.column for guess in guesses.values()}
    return Reading(
        name=name,
        dialect=dataclasses.replace(found.dialect, decimal=decimal or ",", date_order=order or "dmy"),
        header=found.header,
        columns=guesses,
        ignored_columns=tuple(column for column in found.header if column not in used),
        samples={
            column: tuple(shown(value) for value in judged[position][:_SAMPLES])
            for position, column in enumerate(found.header)
        },
        rows=tuple(rows),
        problems=(*whole, *sorted(problems, key=lambda problem: problem.line or 0)),
        row_count=len(body),
        total=_totals(rows),
        questions=questions,
    )


def _table(data: bytes, name: str, choices: Choices) -> _Table | Problem:
    code = dialects.foreign_format(data) if data.strip() else "file_empty"
    unknown = _unknown_choice(choices)
    if code or unknown:
        return Problem(code) if code else Problem("choice_unknown", facts={"value": shown(unknown or "")})
    try:
        text, encoding = dialects.decode(data, choices.encoding)
    except UnicodeError:
        return Problem("encoding_wrong", facts={"value": str(choices.encoding)})
    if not text.strip("\x1a \t\r\n\ufeff"):
        return Problem("file_empty")
    lines = dialects.read_lines(text)
    hinted = dialects.hinted_separator(lines)
    skip = 1 if hinted else 0
    separator = choices.separator or hinted
    separator = separator or dialects.guess_separator(lines[skip:], column_names.known_columns)
    records = [
        record
        for record in dialects.read_records(lines, separator, skip)
        if not record.closed or any(map(str.strip, record.cells))
    ]
    at = column_names.find_header(records, [column for column in choices.columns.values() if column])
    if at is None:
        return Problem("file_header_missing", facts={"value": shown(" ".join(text[:500].split()))})
    written = records[at].cells
    width = max(position for position, value in enumerate(written, start=1) if value.strip())
    header = column_names.labels(written[:width])
    return _Table(
        name=name,
        dialect=Dialect(encoding, separator, header_line=records[at].line),
        header=header,
        is_known=column_names.known_columns(written) >= column_names.RECOGNISED,
        body=[r for r in records[at + 1 :] if r.cells[:width] != written[:width]],
        has_controls=CONTROLS.search(text) is not None,
        has_markup=MARKUP.search(text) is not None,
        ends_open=not text.endswith(("\n", "\r", "\x1a")),
    )


def _unknown_choice(choices: Choices) -> str | None:
    """A choice that no screen offers: it reached us from somebody's own hands."""
    offered: tuple[tuple[str | None, Sequence[str]], ...] = (
        (choices.encoding, dialects.ENCODINGS),
        (choices.separator, dialects.SEPARATORS),
        (choices.decimal, get_args(DecimalMark)),
        (choices.date_order, get_args(DateOrder)),
    )
    return next((choice for choice, offer in offered if choice is not None and choice not in offer), None)


def _whole_file_problems(
    table: _Table, body: Sequence[Record], guesses: Mapping[Field, ColumnGuess], choices: Choices
) -> list[Problem]:
    listed = {"columns": _shown_list(table.header)}
    problems = [
        Problem("column_unknown", None, about.value, {"value": shown(column), **listed})
        for about, column in choices.columns.items()
        if column and column not in table.header
    ]
    if not table.is_known and not choices.columns and values.looks_like_data(table.header):
        return [*problems, Problem("file_header_missing", facts={"value": shown(" ".join(table.header))})]
    missing = [about for about in column_names.REQUIRED if about not in guesses]
    if Field.DEBTOR_NUMBER in guesses and Field.DEBTOR in missing:
        missing.remove(Field.DEBTOR)
    problems += [Problem("column_missing", None, about.value, listed) for about in missing]
    if not body:
        problems.append(Problem("file_header_only"))
    if table.dialect.encoding == dialects.TWICE and choices.encoding is None:
        problems.append(Problem("encoding_repaired", blocks=False))
    return problems


def _shown_list(names: Iterable[str]) -> str:
    listed = [shown(name) for name in names]
    return ", ".join(listed[:_LISTED_COLUMNS]) + (" …" if len(listed) > _LISTED_COLUMNS else "")


def _column(body: Sequence[Record], position: int, limit: int) -> list[str]:
    """The first non-empty values of a column."""
    return list(islice((text for r in body if (text := cell(r.cells, position))), limit))


def _decimal(body: Sequence[Record], positions: Mapping[Field, int]) -> DecimalMark | None:
    asked = [positions[about] for about in _AMOUNTS if about in positions]
    # Each different cell once: most columns of amounts and dates repeat themselves.
    written = {r.cells[at] for at in asked for r in body if at < len(r.cells)}
    return values.decide_decimal(text.strip() for text in written)


def _date_order(
    body: Sequence[Record], positions: Mapping[Field, int], header: Sequence[str]
) -> DateOrder | None:
    issue, due, settled = (positions.get(about, _NOWHERE) for about in _DATES)
    written = {tuple(r.cells[at] if at < len(r.cells) else "" for at in (issue, due, settled)) for r in body}
    texts = [(cell(row, 0), cell(row, 1), cell(row, 2)) for row in written]
    return values.decide_dates(texts, day_first=column_names.speaks_day_first(header))


def _without_sums(body: Sequence[Record], positions: Mapping[Field, int]) -> Iterable[Record]:
    """Data rows: a sum has a label, or the label and the name of the debtor above, and no date."""
    number, debtor, issue = (positions.get(about) for about in (Field.NUMBER, Field.DEBTOR, Field.ISSUE))
    above: Sequence[str] = ()
    for record in body:
        if not cell(record.cells, issue) and record.closed:
            named = {cell(record.cells, number), cell(record.cells, debtor)} - {""}
            if _is_sum(record, named, cell(above, debtor)):
                continue
        above = record.cells
        yield record


def _is_sum(record: Record, named: set[str], above: str) -> bool:
    label = next((text for value in record.cells if (text := value.strip().rstrip(" :."))), "")
    if any(name.rstrip(" :.") != label for name in named):
        return False
    return _SUM_LABEL.fullmatch(label.removesuffix(above).strip() if above else label) is not None


def _rows(
    body: Sequence[Record], layout: Layout, *, ends_open: bool
) -> tuple[list[InvoiceRow], list[Problem]]:
    rows: list[InvoiceRow] = []
    problems: list[Problem] = []
    for position, record in enumerate(body, start=1):
        row, found = read_row(record, layout, cut_off=ends_open and position == len(body))
        problems += found
        if row:
            rows.append(row)
    kept, repeated = _without_repeats(rows)
    return kept, problems + repeated


def _without_repeats(rows: Sequence[InvoiceRow]) -> tuple[list[InvoiceRow], list[Problem]]:
    """Keep identical repeats once; where one number says two things, keep none of them."""
    groups: dict[tuple[str, str], list[InvoiceRow]] = defaultdict(list)
    for row in rows:
        if not row.number:
            continue
        groups[row.number, (row.debtor_number or row.debtor).casefold()].append(row)
    problems: list[Problem] = []
    dropped: set[int] = set()
    for (number, _), group in groups.items():
        if len(group) == 1:
            continue
        lines = [row.line for row in group]
        if len({dataclasses.replace(row, line=0) for row in group}) == 1:
            dropped.update(lines[1:])
            facts = {"value": shown(number), "other": str(lines[0])}
            problems += [Problem("repeated_line", line, None, facts, blocks=False) for line in lines[1:]]
            continue
        dropped.update(lines)
        for row in group:
            others = [str(other) for other in lines if other != row.line]
            listed = ", ".join(others[:_LISTED_LINES]) + (" …" if len(others) > _LISTED_LINES else "")
            facts = {"value": shown(number), "other": listed}
            said = {"number": row.number, "debtor": row.debtor or row.debtor_number}
            amount = {"cents": str(row.signed.cents), "currency": row.total.currency}
            problems.append(
                Problem("number_twice", row.line, Field.NUMBER.value, facts, row={**said, **amount})
            )
    return [row for row in rows if row.line not in dropped], problems


def _totals(rows: Sequence[InvoiceRow]) -> dict[str, Money]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.total.currency] += row.signed.cents
    return {currency: Money(cents, currency) for currency, cents in sorted(sums.items())}
