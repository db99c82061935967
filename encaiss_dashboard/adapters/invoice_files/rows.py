"""One row of an invoice file: every cell read and checked, every doubt named with its field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from encaiss_dashboard.adapters.invoice_files import codes, values
from encaiss_dashboard.adapters.invoice_files.columns import REQUIRED
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.values import Amount, Fault
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import DateOrder, DecimalMark, Field, InvoiceRow
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money

CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufffd]")
EXAMPLES: Final[Mapping[DateOrder, str]] = {
    "dmy": "31/12/2025",
    "mdy": "12/31/2025",
    "ymd": "2025-12-31",
    "compact": "20251231",
    "serial": "46022",
}
CELL_CHARS: Final = 500
LARGEST_CENTS: Final = 10**12
YEARS_AHEAD: Final = 50
_SHOWN_CHARS: Final = 60
MARKUP: Final = re.compile(r"<\s*[A-Za-z/!?]|javascript:|&#", re.IGNORECASE)
SHEET_ERROR: Final = re.compile(
    r"#(?:(?:REF|VERW|BEZUG|VALUE|VALEUR|WAARDE|WERT|NAME|NOM|NAAM|DIV/0|DEEL/0|NULL|NUL|LEEG|NUM|NOMBRE|GETAL|ZAHL|SPILL"
    r"|PROPAGATION|CALC) ?[!?]|N/A|N/D|NV|NB)|Err:5[0-9]{2}"
)
"""What spreadsheets show where a formula failed, in their languages."""
# A sign that the house put before what a spreadsheet would run (`domain.sheets`).
_GUARDED: Final = ("'=", "'+", "'-", "'@")
# What a spreadsheet writes to keep leading zeros.
_QUOTED: Final = re.compile(r'="([^"]*)"')
# Up to Python 3.11 a member looked up on its enum costs as much as reading a short cell.
_ADDRESS: Final = Field.ADDRESS
_CITY: Final = Field.CITY
_CREDITED: Final = Field.CREDITED
_CURRENCY: Final = Field.CURRENCY
_DEBTOR: Final = Field.DEBTOR
_DEBTOR_NUMBER: Final = Field.DEBTOR_NUMBER
_DUE: Final = Field.DUE
_ISSUE: Final = Field.ISSUE
_KIND: Final = Field.KIND
_NUMBER: Final = Field.NUMBER
_OPEN: Final = Field.OPEN
_PAID: Final = Field.PAID
_POSTCODE: Final = Field.POSTCODE
_REFERENCE: Final = Field.REFERENCE
_SETTLED: Final = Field.SETTLED
_TERM: Final = Field.TERM
_TOTAL: Final = Field.TOTAL
_VAT: Final = Field.VAT
_VAT_NUMBER: Final = Field.VAT_NUMBER
WRITTEN: Final = frozenset(
    (
        _NUMBER,
        _DEBTOR,
        _DEBTOR_NUMBER,
        _REFERENCE,
        _ADDRESS,
        _POSTCODE,
        _CITY,
        _TERM,
        _CREDITED,
    )
)
_OWN: Final = frozenset((_NUMBER, _DEBTOR, _DEBTOR_NUMBER))
"""Texts without which a row is none; an error in any other one is left out."""
_CODES: Final[tuple[tuple[Field, Callable[[str], str], str], ...]] = (
    (Field.EMAIL, codes.read_email, "email_invalid"),
    (Field.LANGUAGE, codes.read_language, "language_unknown"),
    (Field.COUNTRY, codes.read_country, "country_unknown"),
    (Field.ENDPOINT, codes.read_endpoint, "endpoint_invalid"),
    (Field.IBAN, codes.read_iban, "iban_invalid"),
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What is the same for all rows of a file.

    Attributes:
        header: column names in order.
        positions: 0-based column by field.
        written: those of the fields that hold free text.
        decimal: the mark before cents, None while it must be asked: amounts stay unread.
        date_order: the order of dates, None while it must be asked: dates stay unread.
        currency: of amounts that name none.
        has_controls: whether any cell of the file holds a character that `CONTROLS` matches.
        has_markup: whether any cell of the file holds what `MARKUP` matches.
    """

    header: tuple[str, ...]
    positions: Mapping[Field, int]
    written: tuple[Field, ...]
    decimal: DecimalMark | None
    date_order: DateOrder | None
    currency: str
    has_controls: bool
    has_markup: bool


def cell(cells: Sequence[str], position: int | None) -> str:
    """A cell with its spaces and line ends made single spaces, "" where there is none."""
    if position is None or position >= len(cells):
        return ""
    value = cells[position]
    return value if value.isalnum() else " ".join(value.split())


def shown(value: str) -> str:
    """A value as a sentence may quote it: short, and every control character visible."""
    visible = "".join(
        chr(0x2400 + ord(c)) if c < " " else "\ufffd" if CONTROLS.match(c) else c
        for c in value[:_SHOWN_CHARS]
    )
    return f"{visible}…" if len(value) > _SHOWN_CHARS else visible


def read_row(record: Record, layout: Layout, *, cut_off: bool) -> tuple[InvoiceRow | None, list[Problem]]:
    """Read a data row.

    Args:
        record: the row, with as many cells as it happens to have.
        layout: how the file is written.
        cut_off: whether the file ends within its last line, which is this row.

    Returns:
        The invoice, None when a problem blocks it, and all its problems in the order of discovery.
    """
    texts = {about: cell(record.cells, position) for about, position in layout.positions.items()}
    reader = _RowReader(record, layout, texts)
    if reader.is_complete(cut_off=cut_off):
        reader.check_names()
        if layout.has_controls or max(map(len, record.cells)) > CELL_CHARS:
            reader.check_cells()
        row = reader.invoice()
        if reader.problems:
            reader.introduce()
    else:
        row = None
    if reader.problems and any(problem.blocks for problem in reader.problems):
        row = None
    return row, reader.problems


@dataclass(slots=True)
class _RowReader:
    record: Record
    layout: Layout
    texts: dict[Field, str]
    problems: list[Problem] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)
    """What tells its owner which row it is; nothing while its cells may not stand under their columns."""

    def report(self, code: str, about: Field | None = None, *, blocks: bool = True, **facts: str) -> None:
        self.problems.append(Problem(code, self.record.line, about and about.value, facts, blocks, self.said))

    def introduce(self) -> None:
        debtor = self.text(_DEBTOR) or self.text(_DEBTOR_NUMBER)
        told = {"number": self.text(_NUMBER), "debtor": debtor, "total": self.text(_TOTAL)}
        self.said.update({name: shown(text) for name, text in told.items() if text})

    def text(self, about: Field) -> str:
        return self.texts.get(about, "")

    def is_complete(self, *, cut_off: bool) -> bool:
        """Whether the cells stand under their columns; a row that lacks only optional ones does."""
        cells, width = self.record.cells, len(self.layout.header)
        if not self.record.closed:
            self.report("quote_unclosed", value=shown(" ".join("".join(cells).split())))
            return False
        if len(cells) > width and any(map(str.strip, cells[width:])):
            self.report("row_long", found=str(len(cells)), expected=str(width))
            self.check_names()
            return False
        if len(cells) >= width:
            return True
        needed = [self.layout.positions[f] for f in REQUIRED if f in self.layout.positions]
        is_short = cut_off or len(cells) <= max(needed, default=0)
        code = "row_short" if is_short else "row_trimmed"
        self.report(code, blocks=is_short, found=str(len(cells)), expected=str(width))
        return not is_short

    def check_cells(self) -> None:
        fields = {position: about for about, position in self.layout.positions.items()}
        for position, value in enumerate(self.record.cells[: len(self.layout.header)]):
            about = fields.get(position)
            if about and len(value) > CELL_CHARS:
                self.report("cell_too_long", about, length=str(len(value)), expected=str(CELL_CHARS))
            found = CONTROLS.findall(value) if self.layout.has_controls else None
            if not found:
                continue
            column = shown(self.layout.header[position])
            if "\x00" in found:
                self.report("nul_byte", about, value=shown(value), column=column)
            elif about and set(found) == {"\ufffd"}:
                self.report("character_lost", about, value=shown(value), column=column)
            elif about:
                self.report("control_characters", about, value=shown(value), column=column)

    def check_names(self) -> None:
        """Refuse what no name or number can be; unwrap the formulas that only keep leading zeros."""
        for about in self.layout.written:
            text = self.texts[about]
            if text.startswith(_GUARDED):
                text = self.texts[about] = text[1:]
            if text.startswith("=") and about is not _DEBTOR:
                text = self.texts[about] = _QUOTED.sub(r"\1", text)
            if text.startswith(("=", "@")):
                self.report("formula", about, value=shown(text))
            elif SHEET_ERROR.fullmatch(text):
                self.report("cell_error", about, blocks=about in _OWN, value=text)
                self.texts[about] = text if about in _OWN else ""
            elif self.layout.has_markup and MARKUP.search(text):
                self.report("markup", about, value=shown(text))
            elif about is _DEBTOR and text.startswith(("+", "-")):
                self.report("name_sign", about, blocks=False, value=shown(text))

    def invoice(self) -> InvoiceRow | None:
        text = self.texts.get
        number, debtor_number = text(_NUMBER, ""), text(_DEBTOR_NUMBER, "")
        debtor = text(_DEBTOR) or debtor_number
        if not number and _NUMBER in self.texts:
            self.report("number_missing", _NUMBER)
        if not debtor and (_DEBTOR in self.texts or _DEBTOR_NUMBER in self.texts):
            self.report("debtor_missing", _DEBTOR)
        issue, due, settled = self.dates()
        kind, total, vat, paid = self.amounts()
        facts = self.codes()
        if issue is None or total is None:
            return None
        return InvoiceRow(
            line=self.record.line,
            kind=kind,
            number=number,
            debtor=debtor,
            debtor_number=debtor_number,
            issue=issue,
            due=due,
            term=text(_TERM) or None,
            total=total,
            vat=vat,
            reference=text(_REFERENCE, ""),
            address=text(_ADDRESS, ""),
            postcode=text(_POSTCODE, ""),
            city=text(_CITY, ""),
            settled=settled,
            paid=paid,
            credited=text(_CREDITED, "") if kind is Kind.CREDIT_NOTE else "",
            **facts,
        )

    def dates(self) -> tuple[date | None, date | None, date | None]:
        issue, due, settled = self.day(_ISSUE), self.day(_DUE), self.day(_SETTLED)
        if _ISSUE in self.texts and not self.text(_ISSUE):
            self.report("issue_missing", _ISSUE)
        if issue is None or (due is None and settled is None):
            return issue, due, settled
        start = self.text(_ISSUE)
        for about, later in ((_DUE, due), (_SETTLED, settled)):
            if later and later.year - issue.year > YEARS_AHEAD:
                years = str(YEARS_AHEAD)
                self.report("date_far", about, value=self.text(about), other=start, expected=years)
        if due and due < issue:
            self.report("due_before_issue", _DUE, value=self.text(_DUE), other=start)
        if settled and settled < issue:
            value = self.text(_SETTLED)
            self.report("settled_before_issue", _SETTLED, blocks=False, value=value, other=start)
        return issue, due, settled

    def day(self, about: Field) -> date | None:
        text, order = self.texts.get(about), self.layout.date_order
        if not text or order is None:
            return None
        if SHEET_ERROR.fullmatch(text):
            self.report("cell_error", about, value=text)
            return None
        found = values.read_date(text, order)
        if isinstance(found, Fault):
            self.report(found.value, about, value=shown(text), expected=EXAMPLES[order])
            return None
        if not values.EARLIEST <= found <= values.LATEST:
            first, last = values.EARLIEST.year, values.LATEST.year
            self.report("date_out_of_range", about, value=shown(text), expected=f"{first}–{last}")
            return None
        return found

    def amounts(self) -> tuple[Kind, Money | None, Money | None, Money | None]:
        """Kind, total, VAT and what is already paid, all as positive amounts of one currency."""
        kind = self.kind()
        total, vat = self.amount(_TOTAL), self.amount(_VAT)
        already, balance = self.amount(_PAID), self.amount(_OPEN)
        currency = self.currency((total, vat, already, balance))
        if _TOTAL in self.texts and not self.text(_TOTAL):
            self.report("total_missing", _TOTAL)
        if total is None or currency is None:
            return kind, None, None, None
        if total.cents < 0:
            kind = Kind.CREDIT_NOTE
            self.report("negative_total", _TOTAL, blocks=False, value=shown(self.text(_TOTAL)))
        paid = self.paid(total.cents, already, balance)
        return (
            kind,
            Money(abs(total.cents), currency),
            None if vat is None else Money(abs(vat.cents), currency),
            None if paid is None else Money(paid, currency),
        )

    def paid(self, total: int, paid: Amount | None, balance: Amount | None) -> int | None:
        """Cents paid before the file was made: what the open balance leaves, else the paid column."""
        sign = -1 if total < 0 else 1
        if balance is not None:
            settled = sign * (total - balance.cents)
            if paid is not None and abs(paid.cents) != settled:
                self.compare("balance_differs", _OPEN, _PAID)
            if settled < 0:
                self.compare("open_exceeds_total", _OPEN, _TOTAL)
            return max(settled, 0)
        if paid is None:
            return None
        settled = sign * paid.cents
        if settled < 0:
            self.compare("paid_negative", _PAID, _TOTAL, blocks=True)
        elif settled > abs(total):
            self.compare("paid_exceeds_total", _PAID, _TOTAL)
        return settled

    def compare(self, code: str, about: Field, other: Field, *, blocks: bool = False) -> None:
        """Report two amounts of a row that do not go together."""
        against = shown(self.text(other))
        self.report(code, about, blocks=blocks, value=shown(self.text(about)), other=against)

    def amount(self, about: Field) -> Amount | None:
        text, decimal = self.texts.get(about), self.layout.decimal
        if not text or decimal is None:
            return None
        if SHEET_ERROR.fullmatch(text):
            self.report("cell_error", about, value=text)
            return None
        found = values.read_amount(text, decimal)
        if isinstance(found, Fault):
            self.report(found.value, about, value=shown(text), expected=f"1234{decimal}56")
            return None
        if abs(found.cents) > LARGEST_CENTS:
            self.report("amount_absurd", about, value=shown(text))
            return None
        return found

    def currency(self, amounts: Sequence[Amount | None]) -> str | None:
        """The row's one currency: its column's, else the amounts' own, else the file's."""
        text = self.texts.get(_CURRENCY)
        stated = codes.read_currency(text) if text else None
        if text and stated is None:
            self.report("currency_unknown", _CURRENCY, value=shown(text))
            return None
        named = {stated} if stated else set()
        for amount in amounts:
            if amount is not None and amount.currency:
                named.add(amount.currency)
        if len(named) > 1:
            self.report("currency_conflict", _CURRENCY, value=", ".join(sorted(named)))
            return None
        return named.pop() if named else self.layout.currency

    def kind(self) -> Kind:
        text = self.texts.get(_KIND)
        kind = codes.read_kind(text) if text else Kind.INVOICE
        if text and kind is None:
            self.report("kind_unknown", _KIND, value=shown(text))
        return kind or Kind.INVOICE

    def codes(self) -> dict[str, str]:
        """VAT number, e-mail address, language and so on; what is doubtful is only a warning."""
        found: dict[str, str] = {}
        if given := self.text(_VAT_NUMBER):
            found["vat_number"], holds = codes.read_vat_number(given)
            if not holds:
                self.report("vat_number_invalid", _VAT_NUMBER, blocks=False, value=shown(given))
        for about, read, doubt in _CODES:
            if given := self.text(about):
                found[about.value] = read(given)
                if not found[about.value]:
                    self.report(doubt, about, blocks=False, value=shown(given))
        return found
