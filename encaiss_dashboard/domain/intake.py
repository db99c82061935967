"""What an invoice file was understood to say, before anything of it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money

DecimalMark = Literal[".", ","]
DateOrder = Literal["dmy", "mdy", "ymd", "serial", "compact"]


class Field(StrEnum):
    """What a column of an invoice file can mean; the value is its catalogue key below ``field.``."""

    NUMBER = "number"
    DEBTOR = "debtor"
    DEBTOR_NUMBER = "debtor_number"
    ISSUE = "issue"
    DUE = "due"
    TERM = "term"
    TOTAL = "total"
    VAT = "vat"
    """Amount of VAT within the total."""
    CURRENCY = "currency"
    KIND = "kind"
    REFERENCE = "reference"
    VAT_NUMBER = "vat_number"
    EMAIL = "email"
    LANGUAGE = "language"
    COUNTRY = "country"
    ADDRESS = "address"
    POSTCODE = "postcode"
    CITY = "city"
    SETTLED = "settled"
    """Date on which the invoice was paid in full."""
    PAID = "paid"
    """Amount already paid."""
    OPEN = "open"
    """Balance still open."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written.

    Attributes:
        encoding: name as Python knows it, or ``double-utf-8`` for UTF-8 that was encoded twice;
            "" when the file is no text.
        separator: one character between cells, "" when there are no cells.
        quote: the character around cells that hold the separator.
        decimal: the mark before cents.
        date_order: order of day, month and year, ``compact`` for 20251231, ``serial`` for a
            spreadsheet's day count.
        header_line: 1-based line of the column names, 0 when there are none.
    """

    encoding: str = ""
    separator: str = ""
    quote: str = '"'
    decimal: DecimalMark = ","
    date_order: DateOrder = "dmy"
    header_line: int = 0


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person corrected; whatever is None is guessed.

    Attributes:
        columns: header column by field, named exactly as ``Reading.header`` gives it; None for a
            field that no column holds. Fields left out are guessed.
        encoding: one of the encodings the reader knows.
        separator: one of the separators the reader knows.
        decimal: the mark before cents.
        date_order: the order of dates.
    """

    columns: Mapping[Field, str | None] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None
    decimal: DecimalMark | None = None
    date_order: DateOrder | None = None


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """Which column holds a field.

    Attributes:
        column: its name as ``Reading.header`` gives it.
        confidence: 0 to 100; 100 when a person chose it.
    """

    column: str
    confidence: int


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """One invoice or credit note of a file, checked on its own and within the file.

    Attributes:
        line: 1-based line on which the row starts.
        kind: invoice or credit note.
        number: the client's own number.
        debtor: name of the debtor, or its number where the file has no names.
        debtor_number: the client's number for the debtor, "" when none.
        issue: date of issue.
        due: due date the file states, None when none; never before ``issue``.
        term: payment term as the file words it, None when none.
        total: VAT included, positive for both kinds.
        vat: VAT within the total, positive for both kinds, None when not stated.
        reference: payment reference as the file has it, "" when none.
        vat_number: capitals and digits only when its check digits hold, else as the file has it.
        email: an address that looks deliverable, else "".
        language: ``fr``, ``nl``, ``en`` or ``de``, else "".
        country: ISO 3166 alpha-2, else "".
        address: street and house number, "" when none.
        postcode: "" when none.
        city: "" when none.
        settled: date of payment in full, None when open or unknown.
        paid: what was paid before the file was made, None when not stated.
    """

    line: int
    kind: Kind
    number: str
    debtor: str
    debtor_number: str
    issue: date
    due: date | None
    term: str | None
    total: Money
    vat: Money | None = None
    reference: str = ""
    vat_number: str = ""
    email: str = ""
    language: str = ""
    country: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    settled: date | None = None
    paid: Money | None = None

    @property
    def signed(self) -> Money:
        """The total as it counts in what is owed: a credit note's is negative."""
        return self.total if self.kind is Kind.INVOICE else -self.total


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything understood of one file.

    Attributes:
        name: the file's name.
        dialect: how it is written.
        header: column names in order, made unique; a nameless one is ``#`` and its position.
        columns: which column holds which field.
        ignored_columns: columns that hold no field.
        samples: first three non-empty values of every column.
        rows: what can be imported, in the order of the file; empty while a question is open.
        problems: everything its owner has to know, whole-file ones first, then by line.
        row_count: data rows seen, without blank lines, totals and repeated headers.
        total: sum of ``rows`` by currency, credit notes deducted.
        questions: what has to be chosen before import: ``decimal``, ``dates``.
    """

    name: str
    dialect: Dialect = Dialect()
    header: tuple[str, ...] = ()
    columns: Mapping[Field, ColumnGuess] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: tuple[InvoiceRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    row_count: int = 0
    total: Mapping[str, Money] = field(default_factory=dict)
    questions: tuple[str, ...] = ()


NO_CHOICES: Final = Choices()
