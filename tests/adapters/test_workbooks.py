"""Workbooks of three formats say the same, and what no reader can know of them is said in words."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from datetime import date, datetime

import pytest
import xlsxwriter
from einvoices import Reader, codes, zip_of
from workbooks import GOLDEN, Failed, Formula, manifest, ods, packed, xlsx

from encaiss_dashboard.domain.intake import Choices, Field
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LANGUAGES, text

HEADER = [None, "N° facture", "Client", "Date facture", "Échéance", "Total TTC", "Payé"]
LEDGER = [
    [],
    [None, "Liste des factures 2026"],
    [],
    HEADER,
    [None, "F1", "Boulangerie É. Petit SRL", date(2026, 1, 31), date(2026, 3, 2), 1234.56, 0],
    [None, "F2", "Café Central SA", date(2026, 2, 15), None, 99.9],
    [None, "000123", "Garage du Nord", date(2026, 2, 28), date(2026, 3, 30), 0.1 + 0.2, 0.3],
    [None, "NC4", "Café Central SA", date(2026, 3, 1), None, -50],
    [None, None, "Total", None, None, 1284.76],
]
FAILED = [
    *LEDGER,
    [None, "F8", "Garage du Nord", date(2026, 4, 1), date(2026, 5, 1), Failed("#REF!")],
    [None, "F9", "Garage du Nord", date(2026, 4, 1), date(2026, 5, 1), Failed("#DIV/0!")],
    [None, "F10", "Garage du Nord", date(2026, 4, 1), Failed("#N/A"), 10.0],
]
FRONT = [["Voir la feuille suivante"]]


def sheets(rows):
    return {"Lisez-moi": FRONT, "Factures": rows}


LEDGERS = {
    "xlsx": xlsx(sheets(LEDGER)),
    "xlsx since 1904": xlsx(sheets(LEDGER), date_1904=True),
    "ods": ods(sheets(LEDGER)),
    "xls": (GOLDEN / "ledger.xls").read_bytes(),
    "xls since 1904": (GOLDEN / "ledger-1904.xls").read_bytes(),
}


@pytest.fixture
def read(tmp_path):
    return Reader(tmp_path)


def taken(reading):
    return [(row.line, row.number, row.debtor, row.issue, row.due, str(row.signed)) for row in reading.rows]


EXPECTED = [
    (5, "F1", "Boulangerie É. Petit SRL", date(2026, 1, 31), date(2026, 3, 2), "1234.56"),
    (6, "F2", "Café Central SA", date(2026, 2, 15), None, "99.90"),
    (7, "000123", "Garage du Nord", date(2026, 2, 28), date(2026, 3, 30), "0.30"),
    (8, "NC4", "Café Central SA", date(2026, 3, 1), None, "-50.00"),
]


@pytest.mark.parametrize("name", LEDGERS)
def test_the_same_sheet_says_the_same_in_every_format(read, name):
    reading = read(LEDGERS[name])
    assert taken(reading) == EXPECTED
    assert [row.paid for row in reading.rows] == [Money(0), None, Money(30), None]
    assert [(p.line, p.code) for p in reading.problems] == [(8, "negative_total")]
    assert (reading.row_count, reading.questions) == (4, ())
    assert (reading.format, reading.sheets, reading.sheet) == (
        name.split()[0],
        ("Lisez-moi", "Factures"),
        "Factures",
    )
    first = read(LEDGERS["xlsx"])
    for attribute in ("header", "columns", "samples", "problems", "total", "dialect", "ignored_columns"):
        assert getattr(reading, attribute) == getattr(first, attribute)


FAILURES = {
    "xlsx": xlsx(sheets(FAILED)),
    "ods": ods(sheets(FAILED)),
    "xls": (GOLDEN / "errors.xls").read_bytes(),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_formula_that_failed_is_named_with_its_line_and_column(read, name):
    reading = read(FAILURES[name])
    assert taken(reading) == EXPECTED
    told = [(p.line, p.code, p.field, p.facts["value"]) for p in reading.problems if p.blocks]
    assert told == [
        (10, "cell_error", "total", "#REF!"),
        (11, "cell_error", "total", "#DIV/0!"),
        (12, "cell_error", "due", "#N/A"),
    ]


@pytest.mark.parametrize("shown", ["#REF !", "#VALEUR !", "#DEEL/0!", "#WAARDE!", "#NV", "Err:508", "#N/D"])
def test_a_failed_formula_is_known_in_the_language_of_the_spreadsheet(read, shown):
    cells = [None, "F8", "Garage du Nord", date(2026, 4, 1), None, Failed(shown)]
    name = [None, "F9", Failed(shown), date(2026, 4, 1), None, 10]
    reading = read(ods(sheets([*LEDGER, cells, name])))
    assert [(p.line, p.code, p.field) for p in reading.problems if p.blocks] == [
        (10, "cell_error", "total"),
        (11, "cell_error", "debtor"),
    ]


def test_rows_that_are_repeated_and_not_written_keep_their_lines(read):
    rows = "<table:table-row table:number-rows-repeated='3'><table:table-cell/></table:table-row>"
    data = ods(sheets([*LEDGER, *FAILED[-3:-2]]))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        content = parts.read("content.xml").decode()
    at = content.index("<table:table-row>", content.index("Total</text:p>"))
    spread = content[:at] + rows + content[at:]
    reading = read(packed({"content.xml": spread.encode(), "META-INF/manifest.xml": manifest()}))
    assert [(p.line, p.code) for p in reading.problems if p.blocks] == [(13, "cell_error")]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_what_a_formula_gave_is_read_as_if_it_were_written(read, write):
    computed = [
        [
            Formula("A1", cell) if isinstance(cell, str | int | float) and place == 5 else cell
            for place, cell in enumerate(row)
        ]
        for row in LEDGER[4:]
    ]
    assert taken(read(write(sheets([*LEDGER[:4], *computed])))) == EXPECTED


@pytest.mark.parametrize("write", [xlsx, ods])
def test_numbers_in_a_column_of_dates_count_days_and_texts_are_read_as_texts(read, write):
    rows = [
        HEADER,
        [None, "F1", "Alpha", 46053, "02/03/2026", "1.234,56"],
        [None, "F2", "Alpha", "31/01/2026", 46083.75, 0.07],
        [
            None,
            3,
            "Alpha",
            datetime(2026, 1, 31, 14, 30),  # noqa: DTZ001 - a sheet knows no zone
            "2026-03-02",
            "€ 12,50",
        ],
    ]
    reading = read(write({"A": rows}))
    assert taken(reading) == [
        (2, "F1", "Alpha", date(2026, 1, 31), date(2026, 3, 2), "1234.56"),
        (3, "F2", "Alpha", date(2026, 1, 31), date(2026, 3, 2), "0.07"),
        (4, "3", "Alpha", date(2026, 1, 31), date(2026, 3, 2), "12.50"),
    ]
    assert reading.problems == ()


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_number_of_more_than_cents_is_refused_and_a_truth_is_no_amount(read, write):
    rows = [
        HEADER[:6],
        [None, "F1", "Alpha", date(2026, 1, 31), None, 10.005],
        [None, "F2", "Alpha", date(2026, 1, 31), None, True],
        [None, "F3", "Alpha", date(2026, 1, 31), None, 1e15],
        [None, "F4", "Alpha", date(2026, 1, 31), None, 19.999999999999996],
    ]
    reading = read(write({"A": rows}))
    assert [(p.line, p.code) for p in reading.problems] == [
        (2, "amount_fraction"),
        (3, "amount_unreadable"),
        (4, "amount_absurd"),
    ]
    assert [str(row.total) for row in reading.rows] == ["20.00"]


def test_the_sheet_of_invoices_is_found_among_several_and_may_be_chosen(read):
    other = [HEADER, [None, "F7", "Ancien", date(2025, 1, 31), None, 7]]
    data = xlsx({"Notes": FRONT, "2026": LEDGER, "2025": other}, hidden=("2025",))
    assert (read(data).sheet, taken(read(data))) == ("2026", EXPECTED)
    chosen = read(data, choices=Choices(sheet="2025"))
    assert (chosen.sheet, [row.number for row in chosen.rows]) == ("2025", ["F7"])
    unknown = read(data, choices=Choices(sheet="2024"))
    assert [(p.code, p.facts) for p in unknown.problems] == [
        ("sheet_unknown", {"value": "2024", "sheets": "Notes, 2026, 2025"})
    ]


def test_a_hidden_sheet_is_not_guessed_before_a_shown_one(read):
    other = [*LEDGER[:5], *LEDGER[4:5] * 20]
    data = xlsx({"2026": LEDGER, "Ancien": other}, hidden=("Ancien",))
    assert (read(data).sheet, taken(read(data))) == ("2026", EXPECTED)


def test_merged_cells_say_what_stands_in_their_first_one_and_nothing_for_the_rows_below(read):
    whole = io.BytesIO()
    with xlsxwriter.Workbook(whole, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Factures")
        sheet.merge_range("A1:E1", "Factures du mois")
        sheet.write_row("A2", ["N° facture", "Client", "Date facture", "Échéance", "Total TTC"])
        sheet.write_row("A3", ["F1", "", "2026-01-31", "", 10])
        sheet.write_row("A4", ["F2", "", "2026-01-31", "", 20])
        sheet.merge_range("B3:B4", "Garage du Nord")
    reading = read(whole.getvalue())
    assert [(row.number, row.debtor) for row in reading.rows] == [("F1", "Garage du Nord")]
    assert [(p.line, p.code) for p in reading.problems] == [(4, "debtor_missing")]


ENCRYPTION = '<manifest:encryption-data manifest:checksum="AAAA"/>'


def locked_xls():
    """The golden one with the record that says how it is encrypted, right behind its beginning."""
    data = bytearray((GOLDEN / "ledger.xls").read_bytes())
    begins = data.index(bytes.fromhex("0908100000060500"))
    data[begins + 20 : begins + 22] = b"\x2f\x00"
    return bytes(data)


def locked_zip():
    data = bytearray(LEDGERS["xlsx"])
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + flags] |= 1
    return bytes(data)


LOCKED = {
    "xlsx": (GOLDEN / "locked.xlsx").read_bytes(),
    "xls": locked_xls(),
    "ods": packed({"content.xml": bytes(range(256)), "META-INF/manifest.xml": manifest(ENCRYPTION)}),
    "a zip with a password": locked_zip(),
}


@pytest.mark.parametrize("name", LOCKED)
def test_a_workbook_with_a_password_says_so(read, name):
    reading = read(LOCKED[name])
    assert codes(reading) == ["workbook_locked"]
    assert len({text(lang, "problem.workbook_locked") for lang in LANGUAGES}) == len(LANGUAGES)


def test_an_ods_without_its_manifest_is_damaged(read):
    with zipfile.ZipFile(io.BytesIO(LEDGERS["ods"])) as parts:
        bare = packed({"content.xml": parts.read("content.xml")})
    assert codes(read(bare)) == ["file_workbook"]


def sheet_xml(data: bytes, sheet: bytes) -> bytes:
    """An XLSX with another first sheet."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        rest = {name: parts.read(name) for name in parts.namelist() if "sheet1" not in name}
    return zip_of({**rest, "xl/worksheets/sheet1.xml": sheet})


SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%b<sheetData>%b</sheetData></worksheet>'
FAR = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
HUGE = (
    "<table:table-row table:number-rows-repeated='99999999'><table:table-cell "
    "table:number-columns-repeated='99999999' office:value-type='float' office:value='1'/></table:table-row>"
)
BOMBS = {
    "two far cells": lambda: sheet_xml(LEDGERS["xlsx"], SHEET % (b"", FAR)),
    "zeros of 600 MB": lambda: zip_of({"xl/workbook.xml": b"", "a": bytes(600 << 20)}, level=1),
    "zeros of 70 MB": lambda: sheet_xml(LEDGERS["xlsx"], SHEET % (b"", bytes(70 << 20))),
    "cells without end in ODS": lambda: without_end(HUGE),
}


def without_end(rows: str) -> bytes:
    """An ODS with other rows before its own."""
    with zipfile.ZipFile(io.BytesIO(LEDGERS["ods"])) as parts:
        content = parts.read("content.xml").decode()
    more = content.replace("<table:table-row>", f"{rows}<table:table-row>", 1)
    return packed({"content.xml": more.encode(), "META-INF/manifest.xml": manifest()})


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_wants_to_be_large_is_refused_soon(read, name):
    data = BOMBS[name]()
    began = time.monotonic()
    reading = read(data)
    # Of cells beyond its limit the library says only that it does not open the file.
    assert codes(reading, blocking=True) in (["workbook_too_big"], ["file_workbook"])
    assert len(reading.rows) == 0
    assert time.monotonic() - began < 10


def test_a_size_that_a_sheet_only_claims_is_not_believed(read):
    whole = LEDGERS["xlsx"]
    with zipfile.ZipFile(io.BytesIO(whole)) as parts:
        content = {name: parts.read(name) for name in parts.namelist()}
    stated, claimed = b'<dimension ref="B2:G9"/>', b'<dimension ref="A1:XFD1048576"/>'
    assert any(stated in part for part in content.values())
    more = {name: part.replace(stated, claimed) for name, part in content.items()}
    assert taken(read(zip_of(more))) == EXPECTED


def test_a_column_of_a_workbook_may_be_chosen_as_of_any_table(read):
    columns = {Field.DEBTOR: "N° facture", Field.NUMBER: "Client"}
    reading = read(LEDGERS["ods"], choices=Choices(columns))
    assert [row.debtor for row in reading.rows] == ["F1", "F2", "000123", "NC4"]
    assert replace(reading, rows=()).columns[Field.DEBTOR].confidence == 100
