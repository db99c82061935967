"""Payments in a table, as a bookkeeping or a bank exports them: CSV, text, XLSX, XLS, ODS."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from encaiss_dashboard.adapters.bank_files import headings
from encaiss_dashboard.adapters.bank_files.headings import Column
from encaiss_dashboard.adapters.bank_files.payment_rows import Faulty, Layout, Left, Row, bare, read_row
from encaiss_dashboard.adapters.invoice_files import columns as invoice_columns
from encaiss_dashboard.adapters.invoice_files import dialect as dialects
from encaiss_dashboard.adapters.invoice_files import encodings, values, workbook
from encaiss_dashboard.adapters.invoice_files.codes import read_currency
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.opening import split_lines
from encaiss_dashboard.adapters.invoice_files.problems import UnusableError
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.adapters.invoice_files.sheet_process import CELL_MARK, TYPED
from encaiss_dashboard.domain.bank import BankFile, BankFormat, Statement
from encaiss_dashboard.domain.errors import Problem, Problems
from encaiss_dashboard.domain.intake import DateOrder, DecimalMark
from encaiss_dashboard.domain.money import EUR

_HEADER_WITHIN: Final = 60
_HEAD_LINES: Final = 300
_JUDGED: Final = 200
_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PARTS: Final = (b"[Content_Types]", b"mimetype", b"xl/", b"_rels", b"docProps")
_IBAN: Final = re.compile(r"\b[A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?\b")
_ACCOUNT: Final = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z ]{8,36}|[0-9][0-9 ./-]{7,30}")
_NUMBER_CHARS: Final = 8


@dataclass(slots=True)
class _Gathered:
    """What came of the rows of a file."""

    rows: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    holders: dict[tuple[str, str], str] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    problems: Problems = field(default_factory=Problems)
    read: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class _Opened:
    """A table of which the header is found.

    Attributes:
        records: gives all of its records, each time anew.
        header: headings as written.
        line: of the header, 1-based.
        above: cells that stand above it.
    """

    records: Callable[[], Iterator[Record]]
    header: Sequence[str]
    line: int
    above: Sequence[str]

    def rows(self) -> Iterator[Record]:
        """The records below the header that hold something."""
        for record in self.records():
            is_blank = record.closed and not any(map(str.strip, record.cells))
            if record.line > self.line and not is_blank and tuple(record.cells) != tuple(self.header):
                yield record


def looks_like(head: bytes) -> bool:
    """Whether a file that begins so is a workbook, or a text with a header of payments."""
    if head.startswith(_WORKBOOKS):
        return not head.startswith(b"PK") or any(part in head for part in _PARTS)
    if not head.strip(b"\x00 \t\r\n\x1a") or dialects.foreign_format(head, head, len(head)):
        return False
    try:
        lines = _lines(head)[:_HEAD_LINES]
    except UnusableError:
        return False
    return _header(list(islice(_records(lines), _HEADER_WITHIN))) is not None


def read_table(data: bytes, name: str) -> BankFile:
    """Read payments from a table.

    Returns:
        A statement for each account and currency, without balances. Rows that cannot be read are
        problems with their line, and the others stand. A question about the whole file, such as what
        comes first in its dates, leaves nothing.
    """
    try:
        if data.startswith(_WORKBOOKS):
            with TemporaryDirectory() as folder:
                table = _opened_workbook(data, Path(folder))
                statements, problems = _read(table, data)
        else:
            lines = _lines(data)
            table = _opened(lambda: _records(lines))
            statements, problems = _read(table, data)
    except UnusableError as error:
        return BankFile(name, BankFormat.TABLE, (), (error.problem,))
    return BankFile(name, BankFormat.TABLE, statements, problems)


def _lines(data: bytes) -> list[str]:
    stream, size = io.BytesIO(data), len(data)
    code = dialects.foreign_format(data[: encodings.SAMPLE_BYTES], data[-4096:], size)
    if code:
        raise UnusableError(Problem(code))
    coded = encodings.find_encoding(stream, size, None)
    return [line for block in encodings.blocks(stream, size, coded) for line in split_lines(block.data)]


def _records(lines: list[str]) -> Iterator[Record]:
    hinted = dialects.hinted_separator(lines)
    skip = 1 if hinted else 0
    separator = hinted or dialects.guess_separator(lines[skip : skip + _HEAD_LINES], headings.known)
    return dialects.read_records(lines, separator, skip)


def _opened_workbook(data: bytes, folder: Path) -> _Opened:
    source, sheet_lines = folder / "book", folder / "lines"
    source.write_bytes(data)
    with workbook.opened(source, lambda: None) as book:
        chosen = max(book.sheets, key=lambda s: (max(map(headings.known, s["head"]), default=0), s["rows"]))
        name = str(chosen["name"])
        with sheet_lines.open("wb") as into:
            for chunk in book.ask({"sheet": name, "errors": book.errors(name)}):
                into.write(chunk)
    lines = sheet_lines.read_text(encoding="utf-8").split("\n")
    return _opened(
        lambda: (
            Record(number, line.split(CELL_MARK), closed=True) for number, line in enumerate(lines, start=1)
        )
    )


def _header(records: Sequence[Record]) -> Record | None:
    best = max(records, key=lambda record: headings.known(record.cells), default=None)
    return best if best and headings.known(best.cells) else None


def _opened(records: Callable[[], Iterator[Record]]) -> _Opened:
    first = list(islice(records(), _HEADER_WITHIN))
    header = _header(first)
    if header is None:
        start = " ".join(" ".join(cell for record in first[:2] for cell in record.cells).split())
        raise UnusableError(Problem("bank_table_header", facts={"value": shown(start)}))
    above = [cell for record in first if record.line < header.line for cell in record.cells]
    return _Opened(records, header.cells, header.line, above)


def _read(table: _Opened, data: bytes) -> tuple[Sequence[Statement], Sequence[Problem]]:
    layout = _layout(table)
    gathered = _Gathered()
    for record in table.rows():
        _take(record, layout, table, gathered)
    if not gathered.read and not gathered.bad:
        raise UnusableError(Problem("bank_table_no_rows"))
    for status, count in gathered.left_out.items():
        facts = {"value": shown(status), "found": str(count)}
        gathered.problems.add(Problem("bank_table_left_out", facts=facts, blocks=False))
    if unlisted := sum(gathered.problems.unlisted.values()):
        gathered.problems.listed.append(
            Problem("bank_table_more", facts={"found": str(unlisted)}, blocks=False)
        )
    digest = sha256(data).hexdigest()[:_NUMBER_CHARS]
    statements = [
        _statement(account, currency, rows, digest, gathered)
        for (account, currency), rows in gathered.rows.items()
    ]
    return statements, gathered.problems.listed


def _take(record: Record, layout: Layout, table: _Opened, gathered: _Gathered) -> None:
    row = read_row(record, layout, len(table.header))
    if isinstance(row, Left):
        if row.status:
            gathered.left_out[row.status] += 1
        return
    if isinstance(row, Faulty):
        gathered.bad += 1
        gathered.problems.add(row.problem)
        return
    gathered.read += 1
    key = (row.account, row.movement.amount.currency)
    gathered.rows.setdefault(key, []).append(row)
    gathered.holders.setdefault(key, row.holder)


def _layout(table: _Opened) -> Layout:
    judged = [record.cells for record in islice(table.rows(), _JUDGED)]

    def below(position: int) -> list[str]:
        cells = (bare(row[position]).removeprefix(TYPED) for row in judged if position < len(row))
        return [cell for cell in cells if cell]

    def is_constant(position: int) -> bool:
        cells = below(position)
        return 1 < len(cells) == len(judged) and len(set(cells)) == 1

    columns = headings.columns_of(table.header, lambda about, at: _suits(about, below(at)), is_constant)
    if Column.DUE in columns and Column.BOOKED in columns and not headings.says_paid(table.header):
        raise UnusableError(Problem("bank_table_invoices"))
    decimal, order = _conventions(table, columns)
    found = next((m[0] for cell in table.above if (m := _IBAN.search(cell.strip()))), "")
    return Layout(columns, decimal, order, "".join(found.split()), _currency_above(table.above))


def _currency_above(cells: Sequence[str]) -> str:
    """The currency that stands alone in a cell above the table, else the euro."""
    return next((code for cell in cells if (code := read_currency(cell.strip(" :")))), EUR)


def _suits(about: Column, cells: Sequence[str]) -> bool:
    tests: Mapping[Column, Callable[[str], bool]] = {
        Column.VALUE: values.is_date_like,
        Column.CURRENCY: lambda cell: read_currency(cell) is not None,
        Column.AMOUNT: values.is_amount_like,
        Column.SIDE: lambda cell: cell.isalpha() or cell in {"+", "-"},
        Column.IBAN: lambda cell: _ACCOUNT.fullmatch(cell.upper()) is not None,
    }
    test = tests.get(about)
    return test is None or sum(map(test, cells)) * 2 > len(cells)


def _conventions(table: _Opened, columns: Mapping[Column, Sequence[int]]) -> tuple[DecimalMark, DateOrder]:
    """What all amounts and all dates of the file prove about how they are written.

    Raises:
        UnusableError: they prove nothing, and it makes a difference.
    """
    amounts, dates = set[str](), set[str]()
    for record in table.rows():
        for column, at in columns.items():
            into = dates if column in {Column.BOOKED, Column.VALUE} else amounts
            if into is amounts and column not in _AMOUNTS:
                continue
            cells = (bare(record.cells[position]) for position in at if position < len(record.cells))
            into.update(cell for cell in cells if cell and not cell.startswith(TYPED))
    decimal = values.decide_decimal(amounts)
    if decimal is None:
        example = next((a for a in sorted(amounts) if values.decimal_proof(a)), "")
        raise UnusableError(Problem("bank_table_decimals", facts={"value": shown(example)}))
    day_first = invoice_columns.speaks_day_first(table.header)
    order = values.decide_dates([(text, "", "") for text in dates], day_first=day_first)
    if order is None:
        example = next((d for d in sorted(dates) if values.is_date_like(d)), "")
        raise UnusableError(Problem("bank_table_dates", facts={"value": shown(example)}))
    return decimal, order


_AMOUNTS: Final = frozenset((Column.AMOUNT, Column.DEBIT, Column.CREDIT, Column.BALANCE))


def _statement(
    account: str, currency: str, rows: Sequence[Row], digest: str, gathered: _Gathered
) -> Statement:
    days = [row.movement.booked_on for row in rows]
    problems = []
    if not gathered.bad and (broken := _chain_breaks(rows)):
        problems.append(Problem("bank_table_balance", broken, facts={"line": str(broken)}, blocks=False))
    if all(row.movement.amount.cents < 0 for row in rows):
        problems.append(Problem("bank_table_all_out", facts={"found": str(len(rows))}, blocks=False))
    return Statement(
        account=account,
        currency=currency,
        number=_number(min(days), max(days), digest),
        first=min(days),
        last=max(days),
        movements=tuple(replace(row.movement, seq=seq) for seq, row in enumerate(rows, start=1)),
        holder=gathered.holders[account, currency],
        problems=problems,
    )


def _number(first: date, last: date, digest: str) -> str:
    """A table has no number: its days, and a piece of its digest, tell one from another."""
    return f"{first.isoformat()}/{last.isoformat()} {digest}"


def _chain_breaks(rows: Sequence[Row]) -> int | None:
    """The line at which the column of balances does not follow from the amounts, oldest or newest first.

    None where it follows everywhere, or where there is no such column.
    """
    told = [(row.movement.amount.cents, row.balance, row.line) for row in rows if row.balance is not None]
    if len(told) < len(rows):
        return None
    up = [line for (_, a, _), (cents, b, line) in pairwise(told) if b != a + cents]
    down = [line for (cents, a, _), (_, b, line) in pairwise(told) if a != b + cents]
    fewest = min(up, down, key=len)
    return fewest[0] if fewest else None
