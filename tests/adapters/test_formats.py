"""What a file is, is told by its content; a name is only what somebody called it."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from einvoices import PDF, Reader, codes, golden, zip_of

from encaiss_dashboard.adapters import invoice_files
from encaiss_dashboard.adapters.invoice_files.formats import Shape, shape_of
from encaiss_dashboard.locales import LANGUAGES, catalogue

PACKAGE = Path(invoice_files.__file__).parent
TABLE = "Factuurnummer;Klant;Factuurdatum;Totaal\nA1;X;31/01/2026;10,00\n"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
CONTENTS = [
    (TABLE.encode(), Shape.TABLE, ""),
    (TABLE.encode("utf-16"), Shape.TABLE, ""),
    ("MZ;Klant\n1;2\n".encode("cp1252"), Shape.TABLE, ""),
    (b"", Shape.TABLE, ""),
    (golden("ubl-invoice.xml"), Shape.XML, ""),
    (b"\xef\xbb\xbf\r\n  <Invoice/>", Shape.XML, ""),
    (golden("ubl-invoice.xml").decode().split("?>")[1].strip().encode("utf-16"), Shape.XML, ""),
    (PDF, Shape.PDF, ""),
    (b"\r\n\r\n" + PDF, Shape.PDF, ""),
    (b"garbage before it\n" + PDF, Shape.PDF, ""),
    (b'{"invoices": []}', Shape.JSON, ""),
    (b'\xef\xbb\xbf[\n  {"number": "A1"}]', Shape.JSON, ""),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Shape.XLS, ""),
    (zip_of({"[Content_Types].xml": b"", "xl/workbook.xml": b""}), Shape.XLSX, ""),
    (zip_of({"mimetype": ODS.encode(), "content.xml": b""}), Shape.ODS, ""),
    (zip_of({"[Content_Types].xml": b"", "word/document.xml": b""}), Shape.OTHER, "file_unknown"),
    (zip_of({"mimetype": ODS.replace("spreadsheet", "text").encode()}), Shape.OTHER, "file_unknown"),
    (zip_of({"a.xml": b"<a/>"}), Shape.ZIP, ""),
    (zip_of({}), Shape.ZIP, ""),
    (b"PK\x03\x04 and nothing else", Shape.ZIP, ""),
    (b"7z\xbc\xaf\x27\x1c....", Shape.OTHER, "file_archive"),
    (b"Rar!\x1a\x07\x01\x00", Shape.OTHER, "file_archive"),
    (b"\x1f\x8b\x08\x00", Shape.OTHER, "file_archive"),
    (b"a.csv".ljust(257, b"\x00") + b"ustar\x00" + b"\x00" * 300, Shape.OTHER, "file_archive"),
    (b"MZ\x90\x00\x03\x00\x00\x00", Shape.OTHER, "file_program"),
    (b"\x7fELF\x02\x01\x01", Shape.OTHER, "file_program"),
    (b"#!/bin/sh\nrm -r /\n", Shape.OTHER, "file_program"),
    (b"\x89PNG\r\n\x1a\n....", Shape.OTHER, "file_image"),
    (b"\xff\xd8\xff\xe0....", Shape.OTHER, "file_image"),
    (b"<!DOCTYPE html>\n<html><table>", Shape.OTHER, "file_xml"),
    (b"<html xmlns:x='urn:schemas-microsoft-com:office:excel'><table>", Shape.OTHER, "file_xml"),
    (bytes(range(256)) * 20, Shape.OTHER, "file_not_text"),
]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.pdf", "a"])
def test_content_decides_whatever_the_name_says(tmp_path, name):
    path = tmp_path / name
    for content, shape, code in CONTENTS:
        path.write_bytes(content)
        assert shape_of(path) == (shape, code), content[:40]


@pytest.mark.parametrize("content, code", [(c, code) for c, _, code in CONTENTS if code])
def test_a_file_of_a_kind_that_is_not_read_is_one_sentence(tmp_path, content, code):
    reading = Reader(tmp_path)(content, "facturen.xlsx")
    assert (codes(reading), len(reading.rows), reading.format) == ([code], 0, "")
    assert (reading.problems[0].line, reading.problems[0].blocks) == (None, True)


def test_xml_that_is_no_invoice_has_no_format(tmp_path):
    reading = Reader(tmp_path)(b"<Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2'/>")
    assert (reading.format, codes(reading), reading.problems[0].facts) == (
        "",
        ["xml_unknown"],
        {"value": "Order"},
    )


def test_without_a_folder_rows_are_read_and_nothing_is_attached(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(zip_of({"a.xml": golden("ubl-with-pdf.xml"), "b.csv": b""}))
    reading = invoice_files.read_file(path, "upload")
    assert ([row.number for row in reading.rows], reading.attachments) == (["F2026-0021"], ())


def test_every_code_of_documents_has_its_sentence_in_every_language():
    paths = [*(PACKAGE / "documents").glob("*.py"), PACKAGE / "formats.py"]
    kinds = re.compile(
        r"(?:xml|pdf|zip|member|file|rules?|table|due|total|negative)_[a-z_]+|[a-z]+_(?:several|invalid|left_out)"
    )
    named = {
        node.value
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and kinds.fullmatch(node.value)
    } - {"pdf_", "file_name"}
    assert len(named) > 30
    for lang in LANGUAGES:
        assert {f"problem.{code}" for code in named} <= set(catalogue(lang))
        entries = [str(catalogue(lang)[f"problem.{code}"]) for code in named]
        assert all([*string.Formatter().parse(entry)] for entry in entries)
