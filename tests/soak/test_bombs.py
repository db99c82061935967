"""Small files that want to be large, and large ones that are nothing: refused soon, in bounded memory."""

from __future__ import annotations

import io
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import xlsxwriter

from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.adapters.sandbox import SandboxedFiles
from encaiss_dashboard.domain.intake import NO_CHOICES

pytestmark = pytest.mark.soak

SECONDS_MAX = 30
MEGABYTE = 1 << 20
HEADER = b"Factuurnummer;Klant;Factuurdatum;Vervaldag;Totaal\n"
UBL = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"'
SHEET = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
SHEET_END = b"</sheetData></worksheet>"


def parts(*given: bytes) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with path.open("wb") as stream:
            stream.writelines(given)

    return make


def repeated(piece: bytes, size: int, before: bytes = b"") -> Callable[[Path], None]:
    def make(path: Path) -> None:
        block = piece * (MEGABYTE // len(piece))
        with path.open("wb") as stream:
            stream.write(before)
            for _ in range(size // len(block)):
                stream.write(block)

    return make


def hollow(size: int) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.touch()
        os.truncate(path, size)

    return make


def archive(*members: tuple[str, Iterable[bytes]]) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as whole:
            for name, content in members:
                with whole.open(name, "w", force_zip64=True) as stream:
                    stream.writelines(content)

    return make


def matryoshka(depth: int) -> bytes:
    data = HEADER
    for _ in range(depth):
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as whole:
            whole.writestr("inner.zip", data)
        data = outer.getvalue()
    return data


def workbook(*sheet: bytes) -> Callable[[Path], None]:
    plain = io.BytesIO()
    with xlsxwriter.Workbook(plain, {"in_memory": True}) as book:
        book.add_worksheet("Factures")
    with zipfile.ZipFile(plain) as whole:
        rest = [(name, [whole.read(name)]) for name in whole.namelist() if "sheet1" not in name]
    return archive(*rest, ("xl/worksheets/sheet1.xml", sheet))


def laughing() -> bytes:
    entities = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY a0 "ha">{entities}]>'.encode() + UBL + b">&a9;</Invoice>"


def deflated(size: int) -> bytes:
    packing = zlib.compressobj(9)
    return b"".join(packing.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE)) + packing.flush()


def pdf(*objects: bytes) -> bytes:
    whole, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    ending = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(whole))
    return whole + table + ending


def embedding(filters: bytes, data: bytes) -> bytes:
    """A PDF with this as the stream of its factur-x.xml."""
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(factur-x.xml) 3 0 R]>>>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Type/Filespec/F(factur-x.xml)/UF(factur-x.xml)/EF<</F 4 0 R>>>>",
        b"<</Type/EmbeddedFile%b/Length %d>>stream\n%b\nendstream" % (filters, len(data), data),
    )


# Made only when their turn comes: together they would fill the memory of the tests.
BOMBS: dict[str, Callable[[], Callable[[Path], None]]] = {
    "a line of 1 GB": lambda: repeated(b"x", 1 << 30),
    "1 GB of nothing": lambda: hollow(1 << 30),
    "200 MB of quotes": lambda: repeated(b'"', 200 * MEGABYTE),
    "200 MB of line ends": lambda: repeated(b"\n", 200 * MEGABYTE),
    "100 MB of separators": lambda: repeated(b";", 100 * MEGABYTE),
    "a million columns": lambda: parts(
        b";".join(b"c%d" % n for n in range(1_000_000)), b"\n", b";" * 999_999
    ),
    "a row of 50 MB of digits": lambda: repeated(b"9", 50 * MEGABYTE, HEADER + b"A;B;31/01/2025;02/03/2025;"),
    "300,000 rows of one number": lambda: repeated(
        b"A;B;31/01/2025;02/03/2025;1,00\nA;B;31/01/2025;02/03/2025;2,00\n", 9 * MEGABYTE, HEADER
    ),
    "300,000 rows of nonsense": lambda: repeated(b"A;B;99/99/2025;x;=y\n", 6 * MEGABYTE, HEADER),
    "a billion laughs": lambda: parts(laughing()),
    "somebody else's file": lambda: parts(
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', UBL, b">&x;</Invoice>"
    ),
    "XML five million deep": lambda: repeated(b"<a>", 15 * MEGABYTE, UBL + b">"),
    "XML with 25 million empty elements": lambda: repeated(b"<a/>", 100 * MEGABYTE, UBL + b">"),
    "XML with a million attributes": lambda: parts(UBL, *(b' a%d=""' % n for n in range(1_000_000)), b"/>"),
    "a ZIP of 3 GB": lambda: archive(("a.csv", (bytes(MEGABYTE) for _ in range(3072)))),
    "a ZIP of 60,000 files": lambda: archive(*((f"{n}.xml", ()) for n in range(60_000))),
    "a ZIP that leads outside": lambda: archive(("../../a.csv", [HEADER]), ("/etc/a.csv", [HEADER])),
    "a ZIP in a ZIP, 200 times": lambda: parts(matryoshka(200)),
    "a PDF that unpacks to 2 GB": lambda: parts(embedding(b"/Filter/FlateDecode", deflated(2 << 30))),
    "a PDF packed twice": lambda: parts(
        embedding(b"/Filter[/FlateDecode/FlateDecode]", zlib.compress(deflated(2 << 30)))
    ),
    "a PDF whose names bite their tail": lambda: parts(
        pdf(
            b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 3 0 R>>>>",
            b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>",
            b"<</Kids[3 0 R 3 0 R]>>",
        )
    ),
    "a PDF of brackets": lambda: parts(pdf(b"[" * 1_000_000, b"<<" * 1_000_000)),
    "a PDF of a million objects": lambda: parts(
        b"%PDF-1.7\n", *(b"%d 0 obj<<>>endobj\n" % n for n in range(1_000_000)), b"trailer<</Root 1 0 R>>"
    ),
    "a workbook with one far cell": lambda: workbook(
        SHEET,
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        SHEET_END,
    ),
    "a workbook of 80 million rows": lambda: workbook(
        SHEET, *[b"<row><c><v>1</v></c></row>" * 40_000] * 2_000, SHEET_END
    ),
    "a program": lambda: parts(b"MZ", bytes(range(256)) * 4096),
}


@pytest.fixture(scope="module")
def apart() -> Iterator[SandboxedFiles]:
    files = SandboxedFiles(kept)
    yield files
    files.close()


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_soon_and_its_reader_stays_whole(apart, bomb, tmp_path):
    source, folder = tmp_path / "source", tmp_path / "workshop"
    folder.mkdir()
    BOMBS[bomb]()(source)
    began = time.monotonic()
    reading = apart.read_file(source, "bomb", NO_CHOICES, folder)
    source.unlink()
    assert time.monotonic() - began < SECONDS_MAX
    assert any(problem.blocks for problem in reading.problems)
    assert "file_broke_reader" not in {problem.code for problem in reading.problems}
    assert len(reading.rows) == 0
