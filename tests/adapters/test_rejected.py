"""Rejected rows in the layout of their own file."""

import csv
import io
from datetime import date

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from encaiss_dashboard.adapters.invoice_files import read_file
from encaiss_dashboard.adapters.invoice_files.rejected import write_rejected
from encaiss_dashboard.domain.intake import NO_CHOICES

HEADER = "Numéro;Client;Date;Échéance;Total"
HEADING = "Motif du rejet"


def mended(tmp_path, content, reasons, encoding="utf-8"):
    source = tmp_path / "ledger.csv"
    source.write_bytes(content.encode(encoding))
    (tmp_path / "work").mkdir(exist_ok=True)
    reading = read_file(source, "ledger.csv", NO_CHOICES, tmp_path / "work")
    into = tmp_path / "rejected"
    assert write_rejected(source, reading, reasons, HEADING, into)
    return into.read_bytes()


def rows(data, encoding="utf-8-sig", separator=";"):
    return list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=separator))


def test_the_rows_stand_as_they_stood_with_a_last_column_of_reasons(tmp_path):
    content = (
        f"Export du 1er septembre\n\n{HEADER}\nF1;Café Été;05/01/2026;04/02/2026;10,00\n"
        'F2;"Bakkerij ""De Korenaar""; Gent";05/01/2026;;1O,00\nF3;Alpha;32/01/2026;;12,00\n'
    )
    data = mended(tmp_path, content, {5: "Montant illisible", 6: "Date impossible"})
    assert rows(data) == [
        [*HEADER.split(";"), HEADING],
        ["F2", 'Bakkerij "De Korenaar"; Gent', "05/01/2026", "", "1O,00", "Montant illisible"],
        ["F3", "Alpha", "32/01/2026", "", "12,00", "Date impossible"],
    ]


def test_encoding_and_separator_are_those_of_the_file(tmp_path):
    content = "Numéro,Client,Date,Total\nF1,Café,2026-01-05,x\nF2,Thé,2026-01-05,1.00\n"
    data = mended(tmp_path, content, {2: "é"}, "cp1252")
    assert rows(data, "cp1252", ",")[1] == ["F1", "Café", "2026-01-05", "x", "é"]


def test_formulas_are_made_harmless_and_numbers_and_references_stay(tmp_path):
    content = (
        f"{HEADER};Communication\n=1+1;@x;05/01/2026;;-99,90;+++123/4567/89002+++\n"
        "F2;A;05/01/2026;;1,00;\nF3;B;05/01/2026;;1,00;\n"
    )
    data = mended(tmp_path, content, {2: "=HYPERLINK"})
    assert rows(data)[1] == [
        "'=1+1",
        "'@x",
        "05/01/2026",
        "",
        "-99,90",
        "+++123/4567/89002+++",
        "'=HYPERLINK",
    ]


def test_a_quote_that_swallows_the_rest_costs_its_own_line_only(tmp_path):
    content = f'{HEADER}\nF1;"Open;05/01/2026;;1,00\nF2;Alpha;05/01/2026;;x\nF3;Beta;05/01/2026;;1,00\n'
    data = mended(tmp_path, content, {2: "Guillemet", 3: "Montant"})
    assert [row[-1] for row in rows(data)] == [HEADING, "Guillemet", "Montant"]
    assert rows(data)[2][:2] == ["F2", "Alpha"]


def test_a_workbook_comes_back_as_a_workbook_with_its_dates(tmp_path):
    source = tmp_path / "ledger.xlsx"
    with xlsxwriter.Workbook(source) as book:
        sheet = book.add_worksheet("Factures")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, ["Numéro", "Client", "Date", "Total"])
        for place, (number, total) in enumerate((("F1", 10.5), ("F2", "dix")), start=1):
            sheet.write_row(place, 0, [number, "Alpha"])
            sheet.write_datetime(place, 2, date(2026, 1, 5), day)
            sheet.write(place, 3, total)
    (tmp_path / "work").mkdir()
    reading = read_file(source, "ledger.xlsx", NO_CHOICES, tmp_path / "work")
    into = tmp_path / "rejected"
    assert write_rejected(source, reading, {3: "Montant illisible"}, HEADING, into)
    written = CalamineWorkbook.from_filelike(io.BytesIO(into.read_bytes())).get_sheet_by_index(0).to_python()
    assert written == [
        ["Numéro", "Client", "Date", "Total", HEADING],
        ["F2", "Alpha", date(2026, 1, 5), "dix", "Montant illisible"],
    ]


@pytest.mark.parametrize("content", [b"", b"<Invoice/>", b"%PDF-1.4"])
def test_what_has_no_rows_has_no_layout(tmp_path, content):
    source = tmp_path / "file"
    source.write_bytes(content)
    (tmp_path / "work").mkdir()
    reading = read_file(source, "file", NO_CHOICES, tmp_path / "work")
    assert not write_rejected(source, reading, {1: "x"}, HEADING, tmp_path / "rejected")
