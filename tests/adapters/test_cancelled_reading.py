"""Whoever stops the reading of a file, at whatever moment, finds nothing of it left."""

from __future__ import annotations

import io

import pytest
from einvoices import factur_x, golden, pdf_with, zip_of
from workbooks import ods, xlsx

from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.adapters.invoice_files.reader import Source, read
from encaiss_dashboard.adapters.invoice_files.staging import Stage
from encaiss_dashboard.domain.intake import NO_CHOICES, Cancelled

HEADER = "Factuurnummer;Klant;Factuurdatum;Totaal"
TABLE = "\n".join((HEADER, *(f"F{n};Alpha;31/01/2026;{n},00" for n in range(200)), "")).encode()
SHEET = [HEADER.split(";"), *([f"F{n}", "Alpha", "31/01/2026", n] for n in range(50))]
PUSHED = (
    b'{"invoices": [{"number": "F1", "debtor": {"name": "Alpha"}, "issue": "2026-01-31", "total": "1.00"}]}'
)
FILES = {
    "csv": TABLE,
    "xlsx": xlsx({"A": SHEET}),
    "ods": ods({"A": SHEET}),
    "ubl": golden("ubl-with-pdf.xml"),
    "pdf": factur_x(golden("cii-invoice.xml")),
    "json": PUSHED,
    "zip": zip_of(
        {
            "a.csv": TABLE,
            "b.xml": golden("ubl-with-pdf.xml"),
            "c.pdf": factur_x(golden("cii-invoice.xml")),
            "d.xlsx": xlsx({"A": SHEET}),
            "e.pdf": pdf_with(note_txt=b"nothing"),
        }
    ),
}


class Stopping:
    """Asks for the end at a moment, and counts the moments."""

    def __init__(self, moment):
        self.moment, self.told = moment, 0

    def __call__(self, done, whole):
        assert 0 <= done <= whole
        if self.told == self.moment:
            raise Cancelled
        self.told += 1


def moments(work):
    """Do the work stopping it at every moment in turn; how many there are."""
    moment = 0
    while True:
        tell = Stopping(moment)
        try:
            work(tell)
        except Cancelled:
            moment += 1
            continue
        return moment


def left(folder):
    return sorted(path.name for path in folder.rglob("*"))


@pytest.mark.parametrize("name", FILES)
def test_a_reading_stopped_at_any_moment_leaves_nothing_in_its_folder(tmp_path, name):
    source, folder = tmp_path / "source", tmp_path / "workshop"
    source.write_bytes(FILES[name])
    folder.mkdir()

    def work(tell):
        try:
            kept.read_file(source, name, NO_CHOICES, folder, tell)
        except Cancelled:
            assert left(folder) == []
            assert kept.kept(source, name, NO_CHOICES, folder) is None
            raise

    assert moments(work) >= 1
    assert kept.kept(source, name, NO_CHOICES, folder) is not None


@pytest.mark.parametrize("block_bytes", [300, 1_000])
def test_a_table_of_many_blocks_is_told_of_each_and_stops_at_any(tmp_path, block_bytes):
    def work(tell):
        stage = Stage(tmp_path)
        file = Source(io.BytesIO(TABLE), len(TABLE), "a.csv", block_bytes=block_bytes)
        try:
            assert len(read(file, NO_CHOICES, stage, tell).rows) == 200
        except Cancelled:
            assert (left(tmp_path), stage.count, stage.frames) == ([], 0, [])
            raise

    assert moments(work) >= len(TABLE) // block_bytes // 2
