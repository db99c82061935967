"""One row of a table of payments, read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from encaiss_dashboard.adapters.bank_files.headings import Column
from encaiss_dashboard.adapters.invoice_files import values
from encaiss_dashboard.adapters.invoice_files.codes import read_currency
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.adapters.invoice_files.sheet_process import TYPED
from encaiss_dashboard.adapters.invoice_files.values import Amount, Fault
from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import DateOrder, DecimalMark
from encaiss_dashboard.domain.money import Money

_TOTALS: Final = re.compile(
    r"(?i)\b(?:sous-?total|sub-?total|totals?|totaux|totaal|totale|summe|gesamt|saldo|solde|balance)\b"
)
_OUT: Final = frozenset(("d", "dr", "debit", "debet", "dbit", "débit", "af", "soll", "s", "-", "uit"))
_IN: Final = frozenset(("c", "cr", "credit", "crdt", "crédit", "bij", "haben", "h", "+", "in"))
_NOT_DONE: Final = re.compile(
    r"(?i)geweiger|refus|rejet|reject|abgelehnt|geannul|annul|cancel|storn|pending|behandeling|attente|cours"
    r"|wachten|reverted|failed|mislukt"
)
_SERIAL: Final = re.compile(r"[2-7][0-9]{4}(?:\.[0-9]+)?")


def bare(cell: str) -> str:
    """A cell without spaces around it; the mark of what is no text, which is one to Python, stays."""
    return cell.strip(" \t\r\n\u00a0\u202f\ufeff")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a file are to be read.

    Attributes:
        columns: positions of each column, the likeliest first.
        decimal: the mark before cents.
        order: of the parts of a date.
        account: the one that stands above the table, "" without one.
        currency: of a row that names none.
    """

    columns: Mapping[Column, Sequence[int]]
    decimal: DecimalMark
    order: DateOrder
    account: str
    currency: str


class Row(NamedTuple):
    """A payment, the account it is of, and the balance after it where the row has one."""

    movement: Movement
    account: str
    holder: str
    balance: int | None
    line: int


class Faulty(NamedTuple):
    """A row that cannot be read, and why."""

    problem: Problem


class Left(NamedTuple):
    """A row that is no payment: a total, or one that its bank did not carry out, by its status."""

    status: str


def read_row(record: Record, layout: Layout, width: int) -> Row | Faulty | Left:
    """Read a row.

    Args:
        record: its cells.
        layout: how the file is written.
        width: how many headings there are.
    """
    cells = _Cells(record, layout)
    if set_aside := _set_aside(record, cells, width):
        return set_aside
    days: list[date | None] = []
    for column in (Column.BOOKED, Column.VALUE):
        day = cells.day(column)
        if isinstance(day, Fault):
            value = shown(cells.raw(column).removeprefix(TYPED))
            return _faulty(record, "bank_table_date", value=value)
        days.append(day)
    amount = cells.signed()
    if isinstance(amount, Faulty):
        return amount
    currency = cells.currency(amount)
    if isinstance(currency, Faulty):
        return currency
    booked, valued = days
    when = booked or valued
    assert when is not None
    balance = cells.amount(Column.BALANCE)
    return Row(
        _movement(cells, when, valued or when, Money(amount.cents, currency)),
        cells.number(Column.ACCOUNT) or layout.account,
        cells.text(Column.HOLDER),
        balance.cents if isinstance(balance, Amount) else None,
        record.line,
    )


def _set_aside(record: Record, cells: _Cells, width: int) -> Faulty | Left | None:
    """Why a row is no payment, whatever its cells say; None where it is one."""
    if not record.closed:
        return _faulty(record, "bank_table_quote")
    if not any(cells.raw(c) for c in (Column.BOOKED, Column.VALUE)):
        has_amount = any(cells.raw(c) for c in (Column.AMOUNT, Column.DEBIT, Column.CREDIT))
        if not has_amount or any(_TOTALS.search(cell) for cell in record.cells):
            return Left("")
        return _faulty(record, "bank_table_no_date")
    if any(cell.strip() for cell in record.cells[width:]):
        return _faulty(record, "bank_table_cells", found=str(len(record.cells)), expected=str(width))
    status = cells.text(Column.STATUS)
    return Left(status) if _NOT_DONE.search(status) else None


def _movement(cells: _Cells, booked: date, valued: date, amount: Money) -> Movement:
    structured = cells.text(Column.STRUCTURED)
    # What a bank itself says of a payment stands in where its payer said nothing.
    words = cells.text(Column.WORDS) or ("" if structured else cells.text(Column.DETAILS))
    reference = cells.text(Column.REFERENCE)
    if not (words or structured or cells.has_words):
        words = reference
    return Movement(
        seq=0,
        place=f"line {cells.line}",
        booked_on=booked,
        value_on=valued,
        amount=amount,
        counterparty=cells.text(Column.NAME),
        iban=cells.number(Column.IBAN),
        bic=cells.number(Column.BIC),
        structured=structured,
        text=words,
        end_to_end=cells.text(Column.END_TO_END),
        mandate=cells.text(Column.MANDATE),
        bank_reference=reference,
        code=cells.text(Column.CODE),
        invoice_number=cells.text(Column.INVOICE),
    )


def _faulty(record: Record, code: str, **facts: str) -> Faulty:
    return Faulty(Problem(code, record.line, facts=facts))


class _Cells:
    """The cells of a row by what they hold."""

    def __init__(self, record: Record, layout: Layout) -> None:
        self.line = record.line
        self._record = record
        self._layout = layout
        columns = layout.columns
        self.has_words = any(c in columns for c in (Column.WORDS, Column.DETAILS, Column.STRUCTURED))

    def raw(self, column: Column) -> str:
        """The first cell of a column that holds something, with the mark of what is no text."""
        for position in self._layout.columns.get(column, ()):
            if position < len(self._record.cells) and (cell := bare(self._record.cells[position])):
                return cell
        return ""

    def text(self, column: Column) -> str:
        """The same on one line."""
        return " ".join(self.raw(column).removeprefix(TYPED).split())

    def number(self, column: Column) -> str:
        """An account or a BIC, without spaces."""
        return re.sub(r"[\s\-.]" if column is Column.BIC else r"\s", "", self.text(column)).upper()

    def day(self, column: Column) -> date | Fault | None:
        """A date, why it is none, or None where there is nothing."""
        cell = self.raw(column)
        if not cell:
            return None
        is_typed = cell.startswith(TYPED)
        text = cell.removeprefix(TYPED)
        # A number in a column of dates counts days, as spreadsheets do that were not told it is one.
        serial = is_typed and _SERIAL.fullmatch(text)
        day = values.read_date(text, "serial" if serial else self._layout.order)
        if isinstance(day, date) and not values.EARLIEST <= day <= values.LATEST:
            return Fault.IMPOSSIBLE
        return day

    def amount(self, column: Column) -> Amount | Fault | None:
        """An amount, why it is none, or None where there is nothing."""
        cell = self.raw(column)
        if not cell:
            return None
        if cell.startswith(TYPED):
            return values.read_amount(cell.removeprefix(TYPED), ".")
        return values.read_amount(cell, self._layout.decimal)

    def signed(self) -> Amount | Faulty:
        """What came in, above zero, or went out, below.

        An amount in its own column has its sign, or that of the column beside it that says debit or
        credit. Of two columns one counts: a debit goes out, whatever sign it is written with.
        """
        single = self.amount(Column.AMOUNT)
        if single is None:
            return self._of_two()
        if isinstance(single, Fault):
            return self._unreadable(Column.AMOUNT, single)
        side = self.text(Column.SIDE).casefold()
        if not side:
            return single
        if side not in _OUT | _IN:
            return _faulty(self._record, "bank_table_side", value=shown(side))
        cents = abs(single.cents)
        return Amount(-cents if side in _OUT else cents, single.currency)

    def _of_two(self) -> Amount | Faulty:
        debit, credit = self.amount(Column.DEBIT), self.amount(Column.CREDIT)
        for found, column in ((debit, Column.DEBIT), (credit, Column.CREDIT)):
            if isinstance(found, Fault):
                return self._unreadable(column, found)
        out = debit if isinstance(debit, Amount) and debit.cents else None
        came = credit if isinstance(credit, Amount) and credit.cents else None
        if out and came:
            return _faulty(self._record, "bank_table_both")
        if out:
            return Amount(-abs(out.cents), out.currency)
        if came:
            return came
        if isinstance(debit, Amount) or isinstance(credit, Amount):
            return Amount(0, None)
        return _faulty(self._record, "bank_table_no_amount")

    def _unreadable(self, column: Column, fault: Fault) -> Faulty:
        code = "bank_table_fraction" if fault is Fault.FRACTION else "bank_table_amount"
        return _faulty(self._record, code, value=shown(self.raw(column).removeprefix(TYPED)))

    def currency(self, amount: Amount) -> str | Faulty:
        """The currency of a row: of its own column, of its amount, of the file."""
        text = self.text(Column.CURRENCY)
        named = read_currency(text) if text else None
        if (text and named is None) or (named and amount.currency and named != amount.currency):
            return _faulty(self._record, "bank_table_currency", value=shown(text))
        return named or amount.currency or self._layout.currency
