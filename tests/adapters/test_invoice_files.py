"""What the reader of invoice files understands."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaiss_dashboard.adapters.invoice_files import read_invoices
from encaiss_dashboard.adapters.invoice_files.codes import read_kind
from encaiss_dashboard.domain.intake import Choices, Field, InvoiceRow, Reading
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money

GOLDEN = Path(__file__).parent / "golden" / "invoice_files"
LOGICAL = json.loads((GOLDEN / "expected.json").read_text(encoding="utf-8"))["rows"]
HEADER = ("Factuurnummer", "Klant", "Factuurdatum", "Vervaldatum", "Totaal incl. BTW", "Openstaand")


def as_expected(row: InvoiceRow) -> dict[str, str]:
    """A row in the words of expected.json: credit notes negative, open instead of paid."""
    sign = 1 if row.kind is Kind.INVOICE else -1
    balance = sign * (row.total.cents - row.paid.cents)
    return {
        "number": row.number,
        "customer": row.debtor,
        "vat": row.vat_number,
        "date": str(row.issue),
        "due": str(row.due),
        "amount": str(row.signed),
        "open": str(Money(balance)),
        "ogm": row.reference,
    }


def expected_rows(*, lost: str = "", in_its_place: str = "?") -> list[dict[str, str]]:
    """The six logical rows: a name on two lines is flattened, nothing is minus nothing."""
    rows = []
    for row in LOGICAL:
        customer = row["customer"].replace("\n", " ")
        amount = row["amount"].replace("-0.00", "0.00")
        rows.append(
            {**row, "customer": customer.replace(lost, in_its_place) if lost else customer, "amount": amount}
        )
    return rows


def golden(name: str) -> Reading:
    path = next(GOLDEN.glob(f"{name}_*.csv"))
    return read_invoices(path.read_bytes(), path.name)


def codes(reading: Reading) -> list[tuple[int | None, str, str | None]]:
    return [(problem.line, problem.code, problem.field) for problem in reading.problems]


def read(text: str, choices: Choices | None = None, **options: str) -> Reading:
    return read_invoices(text.encode(), "invoices.csv", choices or Choices(), **options)


@pytest.mark.parametrize(
    "number, encoding, separator, decimal, date_order, header_line",
    [
        ("01", "utf-8", ";", ",", "dmy", 1),
        ("02", "cp1252", ";", ",", "dmy", 1),
        ("04", "utf-8", ";", ",", "dmy", 1),
        ("06", "utf-8", ",", ".", "ymd", 1),
        ("08", "cp1252", ";", ",", "dmy", 2),
        ("09", "cp1252", ";", ",", "dmy", 4),
        ("11", "cp850", ";", ",", "compact", 1),
        ("14", "utf-8", ";", ",", "serial", 1),
        ("15", "utf-8", ",", ".", "mdy", 1),
    ],
)
def test_every_dialect_tells_the_same_six_rows(number, encoding, separator, decimal, date_order, header_line):
    reading = golden(number)
    written = reading.dialect
    assert (written.encoding, written.separator, written.decimal) == (encoding, separator, decimal)
    assert (written.date_order, written.header_line) == (date_order, header_line)
    assert [as_expected(row) for row in reading.rows] == expected_rows(lost="Œ" if number == "11" else "")
    assert reading.row_count == 6
    assert reading.total == {"EUR": Money.of("12347813.61")}
    assert [code for _, code, _ in codes(reading)] == ["negative_total"]


def test_a_credit_note_is_positive_and_an_open_balance_becomes_what_was_paid():
    rows = golden("01").rows
    assert (rows[3].kind, rows[3].total) == (Kind.CREDIT_NOTE, Money(9990))
    assert rows[3].paid == Money(0)
    assert (rows[4].total, rows[4].paid) == (Money(100_000), Money(75_000))
    assert [row.line for row in rows] == [2, 3, 4, 5, 6, 7]


def rewritten(encoding: str, separator: str, line_end: str, date_form: str, amount: str) -> bytes:
    """The six logical rows in yet another dialect; ``amount`` names how numbers are written."""

    def number(text: str) -> str:
        size = f"{abs(Decimal(text)):,.2f}"
        if amount == "swiss":
            return ("-" if text.startswith("-") else "") + size.replace(",", "’")
        if amount == "brackets":
            return f"({size})" if text.startswith("-") else f"€ {size}"
        return ("-" if text.startswith("-") else "") + size.replace(",", "\u202f").replace(".", ",") + " EUR"

    lines = [
        separator.join(
            f'"{name}"' for name in ("Rg-Nr.", "Kunde", "USt-IdNr.", "Rechnungsdatum", "Fällig am")
        )
    ]
    lines[0] += f'{separator}"Bruttobetrag"{separator}"Offener Betrag"{separator}"Verwendungszweck"'
    for row in LOGICAL:
        days = [date.fromisoformat(row[key]).strftime(date_form) for key in ("date", "due")]
        cells = [
            row["number"],
            row["customer"],
            row["vat"],
            *days,
            number(row["amount"]),
            number(row["open"]),
        ]
        lines.append(separator.join('"{}"'.format(cell.replace('"', '""')) for cell in [*cells, row["ogm"]]))
    return (line_end.join(lines) + line_end).encode(encoding)


@pytest.mark.parametrize(
    "encoding, separator, line_end, date_form, amount",
    [
        ("utf-16", "\t", "\r\n", "%d/%m/%Y", "french"),
        ("utf-16-le", "\t", "\r\n", "%d.%m.%Y", "french"),
        ("utf-16-be", ";", "\n", "%d.%m.%y", "swiss"),
        ("mac_roman", ";", "\r", "%d.%m.%Y", "swiss"),
        ("cp1252", "|", "\n", "%Y/%m/%d", "brackets"),
        ("cp1252", ",", "\r\n", "%d-%m-%y", "brackets"),
        ("utf-8", "\t", "\n", "%d%m%Y", "swiss"),
        ("utf-8-sig", ",", "\n", "%Y-%m-%d 00:00:00", "french"),
    ],
)
def test_german_headers_and_rarer_dialects_tell_the_same_six_rows(
    encoding, separator, line_end, date_form, amount
):
    data = rewritten(encoding, separator, line_end, date_form, amount)
    reading = read_invoices(data, "rewritten.csv")
    assert [as_expected(row) for row in reading.rows] == expected_rows()


def test_utf8_encoded_twice_is_repaired_and_says_so():
    data = "Factuurnummer;Klant;Factuurdatum;Totaal\nA1;Café Müller;31/01/2025;5,00\n".encode()
    reading = read_invoices(data.decode("cp1252").encode(), "twice.csv")
    assert reading.rows[0].debtor == "Café Müller"
    assert [(p.code, p.line, p.blocks) for p in reading.problems] == [("encoding_repaired", None, False)]


def test_a_cut_off_last_row_is_named_by_its_line_and_spare_empty_cells_are_fine():
    reading = golden("21")
    assert [row.line for row in reading.rows] == [2, 3, 4, 5, 6]
    assert (7, "row_short", None) in codes(reading)
    assert reading.row_count == 6


@pytest.mark.parametrize("number, code", [("22", "file_header_only"), ("23", "file_empty")])
def test_a_file_without_rows_is_one_sentence(number, code):
    reading = golden(number)
    assert codes(reading) == [(None, code, None)]
    assert reading.rows == ()


def test_thousands_or_decimals_that_cannot_be_told_apart_are_asked():
    reading = golden("24")
    assert reading.questions == ("decimal",)
    assert reading.rows == ()
    text = "Factuurnummer;Klant;Datum;Bedrag\n"
    text += "A1;X;31/01/2025;1.234\nA2;Y;31/01/2025;12.500\nA3;Z;31/01/2025;1,5\n"
    asked = read(text)
    assert (asked.questions, asked.rows, asked.problems) == (("decimal",), (), ())
    answered = read(text, Choices(decimal=","))
    assert [row.total.cents for row in answered.rows] == [123_400, 1_250_000, 150]
    other = read(text, Choices(decimal="."))
    assert codes(other) == [(2, "amount_fraction", "total"), (4, "amount_unreadable", "total")]


def test_formulas_in_names_are_refused_and_signs_are_warned_about():
    reading = golden("26")
    found = codes(reading)
    assert (None, "column_missing", "issue") in found
    assert (2, "formula", "debtor") in found
    assert (2, "row_long", None) in found
    assert (3, "name_sign", "debtor") in found
    assert (4, "formula", "debtor") in found


def test_a_month_first_ledger_is_read_with_its_settlement_dates():
    reading = read_invoices((GOLDEN / "month_first_ledger.csv").read_bytes(), "ledger.csv")
    assert reading.problems == ()
    assert reading.dialect.date_order == "mdy"
    assert reading.total == {"EUR": Money.of("1501.53")}
    assert {field.value: guess.column for field, guess in reading.columns.items()} == {
        "number": "invoiceNumber",
        "debtor_number": "customerID",
        "issue": "InvoiceDate",
        "due": "DueDate",
        "total": "InvoiceAmount",
        "settled": "SettledDate",
    }
    first = reading.rows[0]
    assert (first.debtor, first.debtor_number) == ("4417-QXRTA", "4417-QXRTA")
    assert (first.issue, first.due, first.settled) == (date(2013, 1, 2), date(2013, 2, 1), date(2013, 1, 15))
    assert "countryCode" in reading.ignored_columns
    assert reading.samples["InvoiceAmount"] == ("55.94", "61.74", "65.88")


def test_values_decide_where_a_header_has_two_meanings():
    numbers = read("Nr;Klant;Datum;Totaal;BTW\nA1;X;31/01/2025;12,10;BE0403170701\n")
    assert (numbers.rows[0].vat_number, numbers.rows[0].vat) == ("BE0403170701", None)
    amounts = read("Nr;Klant;Datum;Totaal;BTW\nA1;X;31/01/2025;12,10;2,10\n")
    assert (amounts.rows[0].vat_number, amounts.rows[0].vat) == ("", Money(210))
    days = read("Nr;Klant;Datum;Totaal;Betaald\nA1;X;31/01/2025;12,10;02/02/2025\n")
    assert (days.rows[0].settled, days.rows[0].paid) == (date(2025, 2, 2), None)


DATED = "{}\nA1;X;{};{};5.50\nA2;Y;{};{};6.50\n"
ENGLISH = "Invoice number;Customer;Invoice date;Due date;Total"


@pytest.mark.parametrize(
    "header, days, order",
    [
        (ENGLISH, ("01/02/2025", "02/02/2025", "03/04/2025", "15/04/2025"), "dmy"),
        (ENGLISH, ("01/02/2025", "02/02/2025", "03/04/2025", "04/15/2025"), "mdy"),
        # Nothing may fall due before it is issued: only one order is left.
        (ENGLISH, ("05/04/2025", "06/03/2025", "03/04/2025", "04/04/2025"), "mdy"),
        (ENGLISH, ("04/05/2025", "03/06/2025", "04/03/2025", "04/04/2025"), "dmy"),
        ("N° facture;Client;Date facture;Échéance;Total", ("01/02/2025", "02/03/2025") * 2, "dmy"),
        ("Factuurnummer;Klant;Factuurdatum;Vervaldag;Totaal", ("01/02/2025", "02/03/2025") * 2, "dmy"),
        (ENGLISH, ("05/05/2025", "06/06/2025") * 2, "dmy"),
        (ENGLISH, ("01/02/2025", "02/03/2025") * 2, None),
        (ENGLISH, ("13/02/2025", "14/03/2025", "02/13/2025", "03/14/2025"), None),
    ],
)
def test_the_date_order_is_decided_over_all_dates_or_asked(header, days, order):
    reading = read(DATED.format(header, *days))
    assert reading.questions == (() if order else ("dates",))
    assert not order or reading.dialect.date_order == order
    assert bool(reading.rows) == bool(order)


def test_everything_guessed_can_be_overridden():
    text = "Datum\tRef\tWie\tSom\tRest\n01/02/2025\tA1\tMüller\t1,234\t0\n"
    choices = Choices(
        columns={Field.NUMBER: "Ref", Field.DEBTOR: "Wie", Field.TOTAL: "Som", Field.OPEN: None},
        encoding="cp1252",
        separator="\t",
        decimal=".",
        date_order="mdy",
    )
    reading = read_invoices(text.encode("cp1252"), "x.txt", choices)
    assert reading.problems == ()
    row = reading.rows[0]
    assert (row.number, row.debtor, row.issue, row.total) == (
        "A1",
        "Müller",
        date(2025, 1, 2),
        Money(123_400),
    )
    assert row.paid is None
    assert reading.columns[Field.TOTAL].confidence == 100
    assert reading.ignored_columns == ("Rest",)


def test_an_unknown_header_can_be_mapped_by_hand():
    text = "Colonna A;Colonna B;Colonna C;Colonna D\nA1;X;31/01/2025;5,00\n"
    guessed = read(text)
    assert {(p.code, p.field) for p in guessed.problems} == {
        ("column_missing", field) for field in ("number", "debtor", "issue", "total")
    }
    names = dict(zip((Field.NUMBER, Field.DEBTOR, Field.ISSUE, Field.TOTAL), guessed.header, strict=True))
    assert read(text, Choices(columns=names)).rows[0].total == Money(500)


def test_equal_and_empty_headers_get_names_of_their_own():
    reading = read("Nr;Klant;Datum;;Totaal;Totaal\nA1;X;31/01/2025;note;5,00;6,00\n")
    assert reading.header == ("Nr", "Klant", "Datum", "#4", "Totaal", "Totaal #6")
    assert reading.rows[0].total == Money(500)


def test_preambles_blank_lines_repeated_headers_and_sums_are_no_invoices():
    reading = read(
        "Boekjaar 2025;;;\n\nNr;Klant;Datum;Totaal\nA1;X;31/01/2025;5,00\n;Totaal X;;5,00\n;;;\n"
        "Nr;Klant;Datum;Totaal\nA2;Total Energie;28/02/2025;6,00\nTOTAAL;;;11,00\n"
    )
    assert [(row.line, row.debtor) for row in reading.rows] == [(4, "X"), (8, "Total Energie")]
    assert reading.row_count == 2
    assert reading.problems == ()


@pytest.mark.parametrize("word", ["381", "Avoir", "Note de crédit", "creditnota", "Credit note", "NC", "CN"])
def test_a_credit_note_is_known_by_its_word(word):
    assert read_kind(word) is Kind.CREDIT_NOTE
    reading = read(f"Nr;Klant;Datum;Totaal;Type\nA1;X;31/01/2025;5,00;{word}\nA2;X;31/01/2025;7,00;Factuur\n")
    assert [(row.kind, row.total.cents) for row in reading.rows] == [
        (Kind.CREDIT_NOTE, 500),
        (Kind.INVOICE, 700),
    ]
    assert reading.total == {"EUR": Money(200)}
    assert reading.problems == ()


def test_currencies_come_from_their_column_then_the_amount_then_the_file():
    text = "Nr;Klant;Datum;Totaal;Munt\nA1;X;31/01/2025;5,00;USD\n"
    text += "A2;X;31/01/2025;£ 6,00;\nA3;X;31/01/2025;7,00;\n"
    assert read(text, default_currency="CHF").total == {
        "CHF": Money(700, "CHF"),
        "GBP": Money(600, "GBP"),
        "USD": Money(500, "USD"),
    }


def test_the_debtor_s_own_facts_are_taken_over():
    reading = read(
        "Nr;Klantnr;Klant;Datum;Totaal;E-mail;Taal;Land;Adres;Postcode;Gemeente;Betalingstermijn;Betaald\n"
        'A1;="007";X;31/01/2025;5,00;a@b.be;N;België;Kerkstraat 1;="0800";Gent;30 dagen einde maand;2,00\n'
    )
    row = reading.rows[0]
    assert (row.debtor_number, row.postcode, row.city, row.address) == ("007", "0800", "Gent", "Kerkstraat 1")
    assert (row.email, row.language, row.country) == ("a@b.be", "nl", "BE")
    assert (row.term, row.due, row.paid) == ("30 dagen einde maand", None, Money(200))


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.binary(max_size=300), st.text(alphabet='AB1;,\t"\r\n.=é\x00-', max_size=200).map(str.encode))
)
def test_no_bytes_ever_raise(data):
    reading = read_invoices(data, "any")
    assert reading.rows == () or reading.columns


CELLS = st.text(alphabet='A10,.-/"\n=@<é\x00\ufffd ', max_size=12)
DAYS = st.sampled_from(["31/01/2025", "01/02/2025", "30/02/2025", "2025-01-31", "", "45660"])
ROWS = st.lists(st.tuples(CELLS, CELLS, DAYS, DAYS, CELLS, CELLS), max_size=8)


@settings(max_examples=200, deadline=None)
@given(ROWS, st.booleans())
def test_every_row_is_either_taken_or_blocked_and_counted_once(rows, quoted):
    def cell(text: str) -> str:
        return '"{}"'.format(text.replace('"', '""')) if quoted else text

    text = "\n".join([";".join(HEADER), *(";".join(map(cell, row)) for row in rows)])
    reading = read(text)
    blocked = {problem.line for problem in reading.problems if problem.blocks and problem.line}
    taken = [row.line for row in reading.rows]
    assert not blocked & set(taken)
    assert len(taken) == len(set(taken))
    assert len(taken) + len(blocked) <= reading.row_count
    assert sum((row.signed.cents for row in reading.rows), 0) == sum(m.cents for m in reading.total.values())
