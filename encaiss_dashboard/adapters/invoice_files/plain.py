"""Plain rows, column by column: those of which a reading one by one would say nothing but what they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import reduce
from typing import Any, Final

import polars as pl

from encaiss_dashboard.adapters.invoice_files import codes, values
from encaiss_dashboard.adapters.invoice_files.amounts import Amounts, read_amounts
from encaiss_dashboard.adapters.invoice_files.evidence import BLANK, DecimalEvidence
from encaiss_dashboard.adapters.invoice_files.rows import CELL_CHARS, YEARS_AHEAD, Layout, cell
from encaiss_dashboard.domain.intake import DateOrder, Field
from encaiss_dashboard.domain.invoices import Kind

_UNSEEN: Final = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}\x{fffd}"
)
# Spaces that a cell would lose, characters nobody sees, the beginning of a formula, of a sheet's error or
# of a guarded cell, and whatever markup begins or ends with.
_ODD: Final = (
    rf"^[=@#']|^Err:|^ | $|  |&#|pt:|[\t\n\r<{_UNSEEN}"
    r"\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
)
_LETTERS: Final = r"A-Za-z\x{c0}-\x{ff}"
_EMAIL: Final = (
    rf'^(?:[^@\s<>(),;:"{_UNSEEN}]+@[0-9{_LETTERS}-]+(?:\.[0-9{_LETTERS}-]+)*\.[{_LETTERS}]{{2,}})?$'
)
_BELGIAN: Final = "^(?:BE)?[01][0-9]{9}$"


class _NotPlain:
    """What a cell says that has to be reported."""


_NOT_PLAIN: Final = _NotPlain()


def read_plain(
    cells: pl.DataFrame, lines: pl.Series, layout: Layout, evidence: DecimalEvidence | None
) -> tuple[pl.Series, pl.DataFrame]:
    """Read the plain rows among regular ones.

    Args:
        cells: the rows, columns named by position.
        lines: the line of each.
        layout: how the file is written.
        evidence: where to take down what amounts prove, None when that is settled.

    Returns:
        For each row whether it is plain, and the plain ones as `staging.SCHEMA` has them, without
        columns that the file does not have; empty while issue or total cannot be read.
    """
    if not cells.height:
        return pl.Series([], dtype=pl.Boolean), pl.DataFrame()
    reading = _Columns(cells, layout)
    reading.check_width()
    reading.texts()
    reading.names()
    reading.dates()
    reading.codes()
    reading.amounts(evidence)
    plain = reading.plain
    if "issue" not in reading.staged or "total_cents" not in reading.staged:
        return plain, pl.DataFrame()
    frame = pl.DataFrame({"line": lines, **reading.staged})
    return plain, frame if plain.all() else frame.filter(plain)


class _Columns:
    """The columns of a block while they are read; ``plain`` loses the rows that are not."""

    def __init__(self, cells: pl.DataFrame, layout: Layout) -> None:
        self.cells = cells
        self.layout = layout
        self.plain = pl.repeat(value=True, n=cells.height, eager=True)
        self.staged: dict[str, pl.Series] = {}

    def column(self, about: Field) -> pl.Series | None:
        position = self.layout.positions.get(about)
        return None if position is None else self.cells[str(position)]

    def check_width(self) -> None:
        """No cell is too long, none beyond the header is filled, and none without a meaning holds NUL."""
        mapped = {str(position) for position in self.layout.positions.values()}
        longest = self.cells.select(pl.all().str.len_bytes().max()).row(0)
        for name, length in zip(self.cells.columns, longest, strict=True):
            if not length:
                continue
            if int(name) >= len(self.layout.header):
                self.plain &= self.cells[name] == ""
            elif name not in mapped:
                self.plain &= ~self.cells[name].str.contains("\x00", literal=True)
            elif length > CELL_CHARS:
                self.plain &= self.cells[name].str.len_bytes() <= CELL_CHARS

    def texts(self) -> None:
        for about in self.layout.written:
            column = self.cells[str(self.layout.positions[about])]
            self.plain &= ~column.str.contains(f"^[-+]|{_ODD}" if about is Field.DEBTOR else _ODD)
            self.staged[about.value] = column
        if "term" in self.staged:
            self.staged["term"] = self.staged["term"].set(self.staged["term"] == "", None)

    def names(self) -> None:
        """A number and a name there must be; where a file names no debtor its number is the name."""
        if Field.NUMBER in self.layout.positions:
            self.plain &= self.staged["number"] != ""
        number = self.staged.get("debtor_number")
        debtor = self.staged.get("debtor", number)
        if debtor is None:
            return
        if number is not None and debtor is not number:
            debtor = debtor.zip_with(debtor != "", number)
        self.plain &= debtor != ""
        self.staged["debtor"] = debtor

    def dates(self) -> None:
        order = self.layout.date_order
        issued = self.column(Field.ISSUE)
        if issued is not None:
            self.plain &= ~issued.str.contains(BLANK)
        if order is None:
            self.unread(values.DATES)
            return
        issue = self.day(Field.ISSUE, order)
        for about in (Field.DUE, Field.SETTLED):
            later = self.day(about, order)
            if issue is not None and later is not None:
                years = later.dt.year() - issue.dt.year()
                self.plain &= ((later >= issue) & (years <= YEARS_AHEAD)).fill_null(value=True)

    def day(self, about: Field, order: DateOrder) -> pl.Series | None:
        def read(text: str) -> date | _NotPlain | None:
            found = values.read_date(text, order) if text else None
            if found is None or (isinstance(found, date) and values.EARLIEST <= found <= values.LATEST):
                return found
            return _NOT_PLAIN

        days = self.mapped(about, read, pl.Date)
        if days is not None:
            self.staged[about.value] = days
        return days

    def codes(self) -> None:
        """VAT number, e-mail address, language and so on: what few different cells say."""
        self.vat_numbers()
        for about, read in _CODES.items():
            found = self.mapped(about, read, pl.String)
            if found is not None:
                self.staged[about.value] = found
        if (email := self.column(Field.EMAIL)) is not None:
            self.plain &= email.str.contains(_EMAIL) & (email.str.len_bytes() <= codes.EMAIL_CHARS)
            self.staged["email"] = email
        if "kind" not in self.staged:
            self.staged["kind"] = pl.repeat(Kind.INVOICE.value, self.cells.height, eager=True)
        if "credited" in self.staged:
            is_credit = self.staged["kind"] == Kind.CREDIT_NOTE.value
            self.staged["credited"] = self.staged["credited"].set(~is_credit, "")

    def amounts(self, evidence: DecimalEvidence | None) -> None:
        read = {about: self.amount(about, evidence) for about in values.AMOUNTS}
        if self.layout.decimal is None:
            self.unread(values.AMOUNTS)
        self.currencies([found.currency for found in read.values() if found and found.currency is not None])
        total, vat, paid, balance = (found.cents if found else None for found in read.values())
        if total is None:
            return
        column = self.cells[str(self.layout.positions[Field.TOTAL])]
        self.plain &= ~column.str.contains(BLANK)
        if self.layout.decimal is None:
            return
        self.plain &= (total >= 0).fill_null(value=False)
        self.staged["total_cents"] = total
        if vat is not None:
            self.staged["vat_cents"] = vat.abs()
        if paid is not None or balance is not None:
            nothing = pl.repeat(None, total.len(), dtype=pl.Int64, eager=True)
            self.paid(total, nothing if paid is None else paid, nothing if balance is None else balance)

    def unread(self, fields: Iterable[Field]) -> None:
        """Of cells that cannot be read before a question is answered, only what nobody sees is said."""
        for about in fields:
            if (column := self.column(about)) is not None:
                self.plain &= ~column.str.contains(f"[{_UNSEEN}]")

    def paid(self, total: pl.Series, paid: pl.Series, balance: pl.Series) -> None:
        """What was paid: what an open balance leaves of the total, else what its own column says."""
        settled = total - balance
        fits = (settled >= 0).fill_null(value=True) & (paid.abs() == settled).fill_null(value=True)
        alone = ((paid >= 0) & (paid <= total)).fill_null(value=True)
        has_balance = balance.is_not_null()
        self.plain &= fits.zip_with(has_balance, alone)
        self.staged["paid_cents"] = settled.zip_with(has_balance, paid)

    def amount(self, about: Field, evidence: DecimalEvidence | None) -> Amounts | None:
        column = self.column(about)
        if column is None:
            return None
        found = read_amounts(column, self.layout.decimal, evidence)
        self.plain &= found.plain
        return found

    def currencies(self, beside: list[pl.Series]) -> None:
        """One currency a row: that of its column, else of its amounts, else of the file."""
        stated = self.mapped(Field.CURRENCY, _currency, pl.String)
        named = beside if stated is None else [stated, *beside]
        if not named:
            self.staged["currency"] = pl.repeat(self.layout.currency, self.cells.height, eager=True)
            return
        currency = reduce(lambda first, other: first.zip_with(first.is_not_null(), other), named)
        for one in named:
            self.plain &= (one == currency).fill_null(value=True)
        self.staged["currency"] = currency.fill_null(self.layout.currency)

    def mapped(self, about: Field, read: Callable[[str], Any], dtype: Any) -> pl.Series | None:
        """A column of few different cells, each read once and by the same function as a single cell."""
        column = self.column(about)
        if column is None:
            return None
        found, plain = _mapped(column, read, dtype)
        if plain is not None:
            self.plain &= plain
        return found

    def vat_numbers(self) -> None:
        """Most are Belgian, all are different: their check digits are proved by column (`stdnum.be.vat`)."""
        column = self.column(Field.VAT_NUMBER)
        if column is None:
            return
        number = column.str.tail(10).cast(pl.Int64, strict=False)
        holds = (number > 0) & ((number // 100 + number % 100) % 97 == 0)
        belgian = column.str.contains(_BELGIAN) & holds.fill_null(value=False)
        if not belgian.all():
            at = (~belgian).arg_true()
            found, plain = _mapped(column.gather(at), _vat_number, pl.String)
            column = column.scatter(at, found)
            if plain is not None:
                self.plain &= belgian.scatter(at, plain)
        self.staged["vat_number"] = column


def _mapped(column: pl.Series, read: Callable[[str], Any], dtype: Any) -> tuple[pl.Series, pl.Series | None]:
    """What each cell of a column says, and which of them are plain, None where all are."""
    different = column.unique()
    found = [read(cell((text,), 0)) for text in different]
    unseen = different.str.contains(f"[{_UNSEEN}]")
    if unseen.any():
        found = [_NOT_PLAIN if odd else one for one, odd in zip(found, unseen, strict=True)]
    odd = [text for text, one in zip(different, found, strict=True) if one is _NOT_PLAIN]
    known = pl.Series([None if one is _NOT_PLAIN else one for one in found] if odd else found, dtype=dtype)
    return (
        column.replace_strict(different, known, return_dtype=dtype),
        ~column.is_in(pl.Series(odd).implode()) if odd else None,
    )


def _vat_number(text: str) -> str | _NotPlain:
    number, holds = codes.read_vat_number(text) if text else ("", True)
    return number if holds else _NOT_PLAIN


def _currency(text: str) -> str | _NotPlain | None:
    return (codes.read_currency(text) or _NOT_PLAIN) if text else None


def _kind(text: str) -> str | _NotPlain:
    kind = codes.read_kind(text) if text else Kind.INVOICE
    return kind.value if kind else _NOT_PLAIN


def _or_odd(read: Callable[[str], str]) -> Callable[[str], str | _NotPlain]:
    return lambda text: (read(text) or _NOT_PLAIN) if text else ""


_CODES: Final[dict[Field, Callable[[str], str | _NotPlain]]] = {
    Field.KIND: _kind,
    Field.LANGUAGE: _or_odd(codes.read_language),
    Field.COUNTRY: _or_odd(codes.read_country),
    Field.ENDPOINT: _or_odd(codes.read_endpoint),
    Field.IBAN: _or_odd(codes.read_iban),
}
