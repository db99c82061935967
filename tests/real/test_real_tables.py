"""Real tables that may not be committed, against a reading of our own by hand: no row lost, none invented."""

from __future__ import annotations

import csv
import json
import os
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from encaiss_dashboard.adapters.invoice_files import read_file
from encaiss_dashboard.domain.intake import Choices, Field
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.locales import LANGUAGES, text

pytestmark = pytest.mark.real

SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIRST_DAY = date(1899, 12, 30)


@pytest.fixture(scope="session")
def folder():
    named = os.environ.get("ENCAISS_REAL_FILES", "")
    if not named or not Path(named).is_dir():
        pytest.fail("Say where the real files are: make real FOLDER (or ENCAISS_REAL_FILES=FOLDER).")
    return Path(named)


@dataclass(frozen=True)
class Sample:
    """A table as whoever looks at it would say that it is written, and which column holds what.

    ``columns`` are those of number, debtor, issue and total; ``days`` is the form of its dates, "" where a
    sheet counts them; ``left_out`` are lines of sums; ``refused`` says by line why a row is no invoice.
    """

    path: str
    columns: tuple[str, str, str, str]
    separator: str = ","
    decimal: str = "."
    days: str = "%m/%d/%Y"
    currency: str = ""
    left_out: frozenset[int] = frozenset()
    refused: dict[int, str] = field(default_factory=dict)

    def choices(self):
        names = (Field.NUMBER, Field.DEBTOR, Field.ISSUE, Field.TOTAL)
        columns = dict(zip(names, self.columns, strict=True))
        # What a statement of a bank calls a balance is none of an invoice.
        return Choices({**columns, Field.OPEN: None, Field.CURRENCY: self.currency or None})

    def day(self, written):
        if not self.days:
            return FIRST_DAY + timedelta(days=int(float(written)))
        return datetime.strptime(written, self.days).date()  # noqa: DTZ007 - a day has no zone

    def amount(self, written):
        """Euros of a cell as it is written, and the currency that stands in it."""
        digits = "".join(sign for sign in written if sign.isdecimal() or sign in ".,-")
        if self.decimal == "," and not is_number(written):
            digits = digits.replace(".", "").replace(",", ".")
        elif not is_number(written):
            digits = digits.replace(",", "")
        return Decimal(digits), "USD" if "$" in written or "USD" in written else "EUR"

    def rows(self, path):
        """By line: number, debtor, day of issue, amount and currency, of all rows below the header."""
        table = sheet_of(path) if path.suffix == ".xlsx" else records_of(path, self.separator)
        header = next(line for line, cells in table.items() if set(self.columns) <= set(cells))
        names = {name: place for place, name in enumerate(table[header])}
        for line, cells in table.items():
            if line <= header or line in self.left_out or not any(map(str.strip, cells)):
                continue
            number, debtor, issued, total = (cells[names[name]].strip() for name in self.columns)
            if not (number and debtor and total) or line in self.refused:
                yield line, None
                continue
            amount, currency = self.amount(total)
            stated = cells[names[self.currency]] if self.currency else ""
            yield line, (number, debtor, self.day(issued), amount, stated or currency)


def is_number(written):
    """Whether a sheet has it as a number: such a cell knows no other mark than the point."""
    return written.replace(".", "", 1).removeprefix("-").isdecimal()


def records_of(path, separator, encoding="utf-8"):
    """Cells by the line on which they begin."""
    with path.open(encoding=encoding, newline="") as stream:
        reader, began, table = csv.reader(stream, delimiter=separator), 1, {}
        for cells in reader:
            table[began] = cells
            began = reader.line_num + 1
    return table


def sheet_of(path):
    """Cells of the first sheet of an XLSX by row, as its XML has them: texts, and numbers as written."""
    with zipfile.ZipFile(path) as parts:
        shared = [
            "".join(part.text or "" for part in item.iter(f"{SHEET}t"))
            for item in ET.fromstring(parts.read("xl/sharedStrings.xml")).iter(f"{SHEET}si")
        ]
        sheet = ET.fromstring(parts.read("xl/worksheets/sheet1.xml"))
    table = {}
    for row in sheet.iter(f"{SHEET}row"):
        cells = [""] * 26
        for cell in row.iter(f"{SHEET}c"):
            value = cell.findtext(f"{SHEET}v") or "".join(part.text or "" for part in cell.iter(f"{SHEET}t"))
            place = ord(cell.get("r")[0]) - ord("A")
            cells[place] = shared[int(value)] if cell.get("t") == "s" else value
        table[int(row.get("r"))] = cells
    return table


HOLES = "ibm-with-missing/WA_Fn-UseC_-Accounts-Receivable_with_missing.csv"
NORDIC = ("Label", "Partner Name", "Date", "Amount")
SAMPLES = [
    Sample(
        "csv/bankstatementparser/csv_european_decimals.csv",
        ("Ref", "Verwendungszweck", "Buchungstag", "Betrag"),
        *(";", ",", "%Y-%m-%d", "CCY"),
    ),
    Sample(
        "csv/bankstatementparser/csv_french_headers.csv",
        ("Référence", "Libellé", "Date opération", "Débit"),
        *(";", ",", "%Y-%m-%d", "Devise"),
        refused={3: "total_missing"},
    ),
    Sample(
        "csv/bankstatementparser/csv_garbled_amount.csv",
        ("Description", "Description", "Date", "Amount"),
        *(",", ".", "%Y-%m-%d", "Currency"),
        refused={3: "amount_unreadable"},
    ),
    Sample(
        "csv/bankstatementparser/csv_spanish_headers.csv",
        ("Referencia", "Concepto", "Fecha", "Importe"),
        *(";", ",", "%Y-%m-%d", "Moneda"),
    ),
    Sample(
        "csv/bankstatementparser/sample_split_amounts.csv",
        ("Ref", "Details", "Booking Date", "Credit"),
        *(";", ",", "%Y-%m-%d", "CCY"),
        refused={3: "total_missing"},
    ),
    Sample(
        "csv/bankstatementparser/sample_statement.csv",
        ("Reference", "Description", "Date", "Amount"),
        *(",", ".", "%Y-%m-%d", "Currency"),
    ),
    Sample("csv/oca-sheet-file/balance.csv", NORDIC),
    Sample("csv/oca-sheet-file/debit_credit.csv", NORDIC),
    Sample("csv/oca-sheet-file/debit_credit_amount.csv", ("Label", "Partner Name", "Date", "Debit")),
    Sample(
        "csv/oca-sheet-file/meta_data_separated_credit_debit.csv",
        ("Operation Number", "Detail", "Date", "Debit"),
        *(",", ",", "%d/%m/%y"),
        refused={9: "total_missing", 10: "number_missing"},
    ),
    Sample(
        "csv/oca-sheet-file/meta_data_separated_credit_debit.xlsx",
        ("Operation Number", "Detail", "Date", "Debit"),
        *(",", ",", "%d/%m/%y"),
        refused={9: "total_missing", 10: "number_missing"},
    ),
    Sample("csv/oca-sheet-file/multi_currency.csv", NORDIC, currency="Currency"),
    Sample("csv/oca-sheet-file/original_currency.csv", NORDIC, currency="Currency"),
    Sample("csv/oca-sheet-file/original_currency_empty.csv", NORDIC, currency="Currency"),
    Sample(
        "csv/oca-sheet-file/sample_statement_credit_card_inverse_sign_en.csv", NORDIC, currency="Currency"
    ),
    Sample("csv/oca-sheet-file/sample_statement_en.csv", NORDIC, currency="Currency"),
    Sample("csv/oca-sheet-file/sample_statement_en.xlsx", NORDIC, currency="Currency", days=""),
    Sample(
        "csv/oca-sheet-file/sample_statement_en_empty_values.xlsx",
        ("REF", "DESCRIPTION", "DATE", "DEBIT"),
        *(",", ",", ""),
        left_out=frozenset({5}),
    ),
]


def read(path, tmp_path_factory, choices=None):
    folder = tmp_path_factory.mktemp("read")
    return read_file(path, path.name, choices or Choices(), folder)


def taken(reading):
    return {
        row.line: (row.number, row.debtor, row.issue, row.signed.decimal, row.total.currency)
        for row in reading.rows
    }


def totals(rows):
    sums = Counter()
    for *_, amount, currency in rows:
        sums[currency] += amount
    return sums


def said(reading):
    """Codes of what blocks, after it is sure that each has its sentence in every language."""
    for problem in reading.problems:
        for lang in LANGUAGES:
            assert text(lang, f"problem.{problem.code}", **problem.facts)
    return [problem for problem in reading.problems if problem.blocks]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path)
def test_a_table_mapped_by_hand_is_read_as_by_hand(folder, tmp_path_factory, sample):
    path = folder / sample.path
    expected = dict(sample.rows(path))
    choices = sample.choices()
    reading = read(path, tmp_path_factory, choices)
    if reading.questions:
        # 01/04/20 is either day first or month first: only its owner knows.
        assert (reading.questions, sample.days) == (("dates",), "%d/%m/%y")
        reading = read(path, tmp_path_factory, replace(choices, date_order="dmy"))
    good = {line: row for line, row in expected.items() if row}
    assert taken(reading) == good
    assert reading.row_count == len(expected)
    assert {code: money.decimal for code, money in reading.total.items()} == totals(good.values())
    blocked = {problem.line: problem.code for problem in reversed(said(reading))}
    assert blocked == sample.refused
    assert set(blocked) == {line for line, row in expected.items() if row is None}


@pytest.mark.parametrize("name", ["ibm/WA_Fn-UseC_-Accounts-Receivable.csv", HOLES])
def test_a_ledger_of_receivables_is_read_to_its_last_row(folder, tmp_path_factory, name):
    path = folder / "ar" / name
    with path.open(encoding="utf-8", newline="") as stream:
        stated = list(csv.DictReader(stream))

    def day(written):
        month, number, year = map(int, written.split("/"))
        return date(year, month, number)

    reading = read(path, tmp_path_factory)
    assert said(reading) == []
    assert [
        (row.number, row.debtor_number, row.issue, row.due, row.settled, row.signed.decimal)
        for row in reading.rows
    ] == [
        (
            row["invoiceNumber"],
            row["customerID"],
            *(day(row[name]) for name in ("InvoiceDate", "DueDate", "SettledDate")),
            Decimal(row["InvoiceAmount"]),
        )
        for row in stated
    ]
    assert reading.total["EUR"].decimal == sum(Decimal(row["InvoiceAmount"]) for row in stated)
    assert (reading.row_count, len(reading.total)) == (len(stated), 1)


def test_every_belgian_dialect_tells_the_same_six_rows(folder, tmp_path_factory):
    place = folder / "csv/belgian-dialects"
    told = json.loads((place / "expected.json").read_text(encoding="utf-8"))
    paths = [path for path in sorted(place.glob("*.csv")) if int(path.name[:2]) <= 20]
    assert len(paths) >= 9
    for path in paths:
        reading = read(path, tmp_path_factory)
        assert said(reading) == [], path
        assert len(reading.rows) == reading.row_count == len(told["rows"]), path
        assert reading.total["EUR"].decimal == Decimal(told["sum_amount"]), path
        owed = Counter()
        for row, stated in zip(reading.rows, told["rows"], strict=True):
            sign = 1 if row.kind is Kind.INVOICE else -1
            owed["open"] += row.signed.decimal - sign * row.paid.decimal
            assert (row.number, row.vat_number, row.reference) == (
                stated["number"],
                stated["vat"],
                stated["ogm"],
            ), path
            assert [str(row.issue), str(row.due)] == [stated["date"], stated["due"]], path
            assert row.signed.decimal == Decimal(stated["amount"]), path
            name = stated["customer"].replace("\n", " ")
            # CP850 has no Œ: whoever wrote that file lost it.
            assert row.debtor in {name, name.replace("Œ", "?")}, path
        assert owed["open"] == Decimal(told["sum_open"]), path


REFUSED = {
    "csv/belgian-dialects/21_ragged_and_truncated.csv": {"row_short": 7},
    "csv/belgian-dialects/22_header_only.csv": {"file_header_only": None},
    "csv/belgian-dialects/23_empty.csv": {"file_empty": None},
    "csv/belgian-dialects/24_ambiguous_thousands_or_decimals.csv": {"column_missing": None},
    "csv/belgian-dialects/26_formula_injection.csv": {"column_missing": None, "row_long": 2, "formula": 4},
    "csv/oca-sheet-file/empty_statement_en.csv": {"file_header_only": None, "column_missing": None},
    "csv/oca-sheet-file/empty_statement_en.xlsx": {"file_header_only": None, "column_missing": None},
    "csv/oca-sheet-file/original_currency_no_header.csv": {"file_header_missing": None},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_table_is_refused_with_its_reason(folder, tmp_path_factory, name):
    reading = read(folder / name, tmp_path_factory)
    assert {problem.code: problem.line for problem in said(reading)} == REFUSED[name]
    assert len(reading.rows) == (5 if "row_short" in REFUSED[name] else 0)


def test_thousands_or_decimals_are_asked_and_never_guessed(folder, tmp_path_factory):
    path = folder / "csv/belgian-dialects/24_ambiguous_thousands_or_decimals.csv"
    assert read(path, tmp_path_factory).questions == ("decimal",)


FOREIGN = ("kbo", "camt", "coda", "mt940", "vies", "nbb")
REASONS = {
    *("column_missing", "file_header_missing", "file_header_only", "file_not_text", "file_hopeless"),
    *("xml_unknown", "json_shape", "json_broken", "file_empty", "quote_unclosed", "file_unknown"),
}


def test_no_file_of_another_kind_is_taken_for_invoices(folder, tmp_path_factory):
    """Registers, statements of banks, annual accounts: whatever somebody uploads by mistake."""
    paths = [path for part in FOREIGN for path in sorted((folder / part).rglob("*")) if path.is_file()]
    assert len(paths) > 100
    for path in paths:
        reading = read(path, tmp_path_factory)
        assert len(reading.rows) == 0, path
        codes = {problem.code for problem in said(reading)}
        assert codes & REASONS, (path, codes)


def test_every_bank_statement_is_refused_until_somebody_says_what_its_columns_are(folder, tmp_path_factory):
    for sample in SAMPLES:
        reading = read(folder / sample.path, tmp_path_factory)
        missing = {problem.field for problem in said(reading) if problem.code == "column_missing"}
        assert {Field.NUMBER, Field.DEBTOR} <= missing, sample.path
        assert len(reading.rows) == 0
