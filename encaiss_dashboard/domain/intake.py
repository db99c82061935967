"""What an invoice file was understood to say, before anything of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final, Literal, Protocol

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money

DecimalMark = Literal[".", ","]
DateOrder = Literal["dmy", "mdy", "ymd", "serial", "compact"]
Format = Literal["", "csv", "xlsx", "xls", "ods", "ubl", "cii", "pdf", "zip", "json"]
Tell = Callable[[int, int], None]
"""Told how far long work is and how far it goes; raises :class:`Cancelled` to stop it."""


class Cancelled(Exception):  # noqa: N818 - somebody changed their mind; nothing broke
    """Whoever asked for long work has asked for its end; nothing of it may stay."""


def untold(_done: int, _whole: int) -> None:
    """Tell nobody how far the work is."""


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
    ENDPOINT = "endpoint"
    """The debtor's address in the Peppol network, scheme and number."""
    IBAN = "iban"
    """The debtor's bank account."""
    CREDITED = "credited"
    """Number of the invoice that a credit note reduces (BT-25)."""


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
        sheet: name of the sheet of a workbook.
    """

    columns: Mapping[Field, str | None] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None
    decimal: DecimalMark | None = None
    date_order: DateOrder | None = None
    sheet: str | None = None


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
        line: 1-based line on which the row starts; of a sheet its row; of several documents which one.
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
        paid: what was paid before the file was made (BT-113), None when not stated.
        endpoint: the debtor's Peppol address as ``0208:0123456789``, "" when none.
        iban: the debtor's bank account without spaces, "" when none or wrong.
        credited: number of the invoice that a credit note names (BT-25), "" when none.
        member: name of the document within a ZIP, "" otherwise.
        seller: VAT or enterprise number of who issued it (BT-31, else BT-30), "" when not stated.
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
    endpoint: str = ""
    iban: str = ""
    credited: str = ""
    member: str = ""
    seller: str = ""

    @property
    def signed(self) -> Money:
        """The total as it counts in what is owed: a credit note's is negative."""
        return self.total if self.kind is Kind.INVOICE else -self.total


TEXTS: Final = (
    "number",
    "debtor",
    "debtor_number",
    "reference",
    "vat_number",
    "email",
    "language",
    "country",
    "address",
    "postcode",
    "city",
    "endpoint",
    "iban",
    "credited",
    "member",
    "seller",
)
"""Attributes of a row that are texts, "" for none."""


def row_of(values: Mapping[str, Any]) -> InvoiceRow:
    """A row from its values by column, as :meth:`Rows.scan` names them."""
    currency = values["currency"]

    def money(name: str) -> Money | None:
        cents = values[name]
        return None if cents is None else Money(cents, currency)

    return InvoiceRow(
        line=values["line"],
        kind=Kind(values["kind"]),
        issue=values["issue"],
        due=values["due"],
        term=values["term"],
        total=Money(values["total_cents"], currency),
        vat=money("vat_cents"),
        settled=values["settled"],
        paid=money("paid_cents"),
        **{name: values[name] for name in TEXTS},
    )


class Rows(Protocol):
    """The rows of a file, which may be a million: kept by column, an object each only when asked for."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def __iter__(self) -> Iterator[InvoiceRow]:
        """Each in the order of the file."""
        ...

    def __getitem__(self, place: int) -> InvoiceRow:
        """The row at a place, from 0."""
        ...

    def scan(self) -> Any:
        """All of them as a polars LazyFrame.

        Its columns are named as the attributes of :class:`InvoiceRow`: texts as String with "" for
        none, dates as Date, ``line`` as Int64. Amounts are ``total_cents``, ``vat_cents`` and
        ``paid_cents`` as Int64 in ``currency``; ``kind`` is the value of its enum.
        """
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document that came with an invoice: its PDF, or what was embedded in its XML.

    Attributes:
        line: that of the row it belongs to.
        name: as it came, only to be shown.
        mime: ``application/pdf``, ``image/png``… as its content says, not as it was announced.
        file: its name in the folder that the reader was given.
    """

    line: int
    name: str
    mime: str
    file: str


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
        problems: everything its owner has to know, whole-file ones first, then by line; of a warning
            the first thousand, of all of them the first hundred thousand.
        unlisted: how many more there are of each code than ``problems`` lists.
        row_count: data rows seen, without blank lines, totals and repeated headers.
        total: sum of ``rows`` by currency, credit notes deducted.
        questions: what has to be chosen before import: ``decimal``, ``dates``.
        format: what kind of file it is, "" when it could not be told.
        sheets: names of the sheets of a workbook, ``sheet`` the one that was read.
        attachments: documents that came with rows.
    """

    name: str
    dialect: Dialect = Dialect()
    header: tuple[str, ...] = ()
    columns: Mapping[Field, ColumnGuess] = field(default_factory=dict)
    ignored_columns: tuple[str, ...] = ()
    samples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows: Rows | Sequence[InvoiceRow] = ()
    problems: tuple[Problem, ...] = ()
    unlisted: Mapping[str, int] = field(default_factory=dict)
    row_count: int = 0
    total: Mapping[str, Money] = field(default_factory=dict)
    questions: tuple[str, ...] = ()
    format: Format = ""
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    attachments: tuple[Attachment, ...] = ()


NO_CHOICES: Final = Choices()
