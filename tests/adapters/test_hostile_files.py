"""Files made to harm: refused at once, in little memory, and never with an exception."""

from __future__ import annotations

import io
import random
import resource
import struct
import subprocess
import sys
import textwrap
import time
import zipfile
import zlib
from functools import cache

import pytest
from einvoices import GOLDEN, Reader, codes, factur_x, golden, zip_of

from encaiss_dashboard.adapters.invoice_files.documents import archive

SECONDS = 5
MEGABYTES = 400


@pytest.fixture
def read(tmp_path):
    return Reader(tmp_path)


@pytest.fixture(autouse=True)
def _in_little_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


UBL = golden("ubl-invoice.xml").decode()
HEAD, BODY = UBL.split("?>\n", 1)
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
QUADRATIC = f'<!ENTITY q "{"q" * 100_000}">'


def declaring(entities, value="&l9;"):
    text = f"<!DOCTYPE Invoice [{entities}]>{BODY}".replace(">F2026-0017<", f">{value}<")
    return f"{HEAD}?>{text}".encode()


XML = {
    "billion laughs": (declaring(LAUGHS), "xml_doctype"),
    "billion laughs in UTF-16": (
        declaring(LAUGHS).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        "xml_doctype",
    ),
    "billion laughs behind a long comment": (
        declaring(LAUGHS).replace(b"<!DOCTYPE", b"<!--" + b"x" * 9_000 + b"--><!DOCTYPE"),
        "xml_broken",
    ),
    "quadratic entities": (declaring(QUADRATIC, "&q;" * 10_000), "xml_doctype"),
    "external entity": (declaring('<!ENTITY l9 SYSTEM "file:///etc/passwd">'), "xml_doctype"),
    "external document type": (
        f'{HEAD}?><!DOCTYPE Invoice SYSTEM "http://localhost:9/x.dtd">{BODY}'.encode(),
        "xml_doctype",
    ),
    "parameter entity": (declaring('<!ENTITY % p SYSTEM "http://localhost:9/p"> %p;', "x"), "xml_doctype"),
    "inclusion": (
        UBL.replace(
            ">F2026-0017<",
            '><x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/><',
        ).encode(),
        "xml_structure",
    ),
    "depth": (b"<a>" * 100_000 + b"</a>" * 100_000, "xml_broken"),
    "depth of an invoice": (
        UBL.replace(">F2026-0017<", ">" + "<cac:Party>" * 50_000 + "</cac:Party>" * 50_000 + "<").encode(),
        "xml_broken",
    ),
    "a long attribute": (
        UBL.replace("<cbc:ID>", f'<cbc:ID a="{"x" * 15_000_000}">', 1).encode(),
        "xml_broken",
    ),
    "50 MB of one attribute": (
        UBL.replace("<cbc:ID>", f'<cbc:ID a="{"x" * 50_000_000}">', 1).encode(),
        "xml_too_large",
    ),
    "a million elements": (
        UBL.replace("</Invoice>", "<a/>" * 1_000_000 + "</Invoice>").encode(),
        "xml_too_large",
    ),
    "very many sums of VAT": (
        UBL.replace(
            "    <cac:TaxSubtotal>",
            "    <cac:TaxSubtotal></cac:TaxSubtotal>" * 50_000 + "    <cac:TaxSubtotal>",
        ).encode(),
        "xml_too_large",
    ),
    "very many attributes": (
        UBL.replace("<cbc:ID>", "<cbc:ID " + " ".join(f'a{n}="1"' for n in range(100_000)) + ">", 1).encode(),
        "xml_structure",
    ),
    "half an invoice": (UBL.encode()[:2_000], "xml_broken"),
    "an unknown encoding": (UBL.replace("UTF-8", "EBCDIC-MARS", 1).encode(), "xml_broken"),
    "a stylesheet": (
        b'<?xml version="1.0"?><xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"/>',
        "xml_unknown",
    ),
    "a page": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "file_xml"),
}


@pytest.mark.parametrize("name", XML)
def test_harmful_xml_is_refused(read, name):
    data, code = XML[name]
    started = time.process_time()
    reading = read(data)
    assert time.process_time() - started < SECONDS
    assert (set(codes(reading, blocking=True)), len(reading.rows)) == ({code}, 0)
    assert "root:" not in repr(reading.problems)


def stored(name, data, claimed):
    """A ZIP whose one member claims another size than it has."""
    raw = io.BytesIO(zip_of({name: data}))
    whole = bytearray(raw.getvalue())
    for magic, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = whole.index(magic) + at
        whole[place : place + 4] = struct.pack("<L", claimed)
    return bytes(whole)


@cache
def bomb(megabytes):
    return zip_of({"bomb.xml": b"\x00" * (megabytes * 1_000_000)})


def flat(members):
    """Overlapping members: all of them unpack the same bytes (as in a bomb without nesting)."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = b"<a>" + b" " * 20_000_000
    body = packed.compress(content) + packed.flush()
    local = (
        struct.pack(
            "<4sHHHHHLLLHH",
            b"PK\x03\x04",
            20,
            0,
            8,
            0,
            33,
            zlib.crc32(content),
            len(body),
            len(content),
            1,
            0,
        )
        + b"a"
        + body
    )
    entry = (
        struct.pack(
            "<4sHHHHHHLLLHHHHHLL",
            b"PK\x01\x02",
            20,
            20,
            0,
            8,
            0,
            33,
            zlib.crc32(content),
            len(body),
            len(content),
            1,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        + b"a"
    )
    end = struct.pack(
        "<4sHHHHLLH",
        b"PK\x05\x06",
        0,
        0,
        members & 0xFFFF,
        members & 0xFFFF,
        len(entry) * members,
        len(local),
        0,
    )
    return local + entry * members + end


def zip64_lie():
    whole = zip_of({"a.xml": golden("ubl-invoice.xml")})
    end = whole.index(b"PK\x05\x06")
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 60, 1 << 60, 1 << 60, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    return whole[:end] + record + locator + whole[end:]


def encrypted():
    whole = bytearray(zip_of({"a.xml": golden("ubl-invoice.xml")}))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(magic) + at] |= 1
    return bytes(whole)


def spoilt():
    whole = bytearray(zip_of({"a.xml": golden("ubl-invoice.xml")}, zipfile.ZIP_STORED))
    whole[whole.index(b"F2026-0017")] ^= 1
    return bytes(whole)


ZIPS = {
    "a bomb": (lambda: bomb(200), {"member_bomb"}),
    "a bomb in a ZIP": (lambda: zip_of({"in.zip": bomb(200)}, zipfile.ZIP_STORED), {"member_nested"}),
    "a flat bomb": (lambda: flat(4_000), {"zip_too_large", "member_broken", "member_bomb"}),
    "too many members": (lambda: flat(archive.MEMBERS_MAX + 1), {"zip_too_many"}),
    "far too many members": (lambda: flat(300_000), {"zip_too_many"}),
    "a member that claims less than it has": (
        lambda: stored("a.xml", golden("ubl-invoice.xml"), 10),
        {"member_broken"},
    ),
    "a lie in 64 bits": (zip64_lie, {"zip_too_many"}),
    "an encrypted member": (encrypted, {"member_encrypted"}),
    "a wrong checksum": (spoilt, {"member_broken"}),
    "a method without bounds": (
        lambda: zip_of({"a.xml": golden("ubl-invoice.xml")}, zipfile.ZIP_LZMA),
        {"member_broken"},
    ),
    "half an archive": (lambda: zip_of({"a.xml": golden("ubl-invoice.xml")})[:700], {"zip_broken"}),
    "an empty archive": (lambda: zip_of({}), {"zip_empty"}),
    "only folders": (lambda: zip_of({"map/": b""}), {"zip_empty"}),
}


@pytest.mark.parametrize("name", ZIPS)
def test_a_harmful_archive_is_refused(read, name):
    made, expected = ZIPS[name]
    data = made()
    started = time.process_time()
    reading = read(data, "facturen.zip")
    assert time.process_time() - started < SECONDS
    found = set(codes(reading, blocking=True))
    assert found
    assert found <= expected
    assert len(reading.rows) == 0
    assert [*read.folder.iterdir()] == []


def test_a_member_that_claims_more_than_it_has_is_no_reason_to_wait(read):
    reading = read(stored("a.xml", golden("ubl-invoice.xml"), 0x7FFFFFFF))
    assert [row.number for row in reading.rows] in ([], ["F2026-0017"])


def test_the_bytes_of_all_members_are_counted_together(read):
    """Each of them is compressed no better than a long list may be."""
    noise = random.Random(20261124).randbytes(1_000)
    members = {f"{n}.csv": (noise + b" " * 40_000) * 300 for n in range(45)}
    data = zip_of(members, level=1)
    started = time.process_time()
    assert codes(read(data)) == ["zip_too_large"]
    assert time.process_time() - started < SECONDS
    assert [*read.folder.iterdir()] == []


PDFS = {
    "a bomb": lambda: _compressed(b"<a>" + b" " * 200_000_000),
    "half of one": lambda: factur_x(golden("cii-invoice.xml"))[:3_000],
    "its end missing": lambda: factur_x(golden("cii-invoice.xml"))[:-200],
    "its table broken": lambda: factur_x(golden("cii-invoice.xml")).replace(b"xref", b"xxxx"),
    "its stream broken": lambda: factur_x(golden("cii-invoice.xml")).replace(
        b"stream\n", b"stream\n\x00\x00", 3
    ),
    "no objects": lambda: b"%PDF-1.7\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF",
    "a root of itself": lambda: (
        b"%PDF-1.7\n1 0 obj<</Type/Catalog/Names 1 0 R/EmbeddedFiles 1 0 R/Kids[1 0 R]>>endobj\n"
        b"trailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"
    ),
    "a chain of tables": lambda: (
        b"%PDF-1.7\n"
        + b"".join(b"xref\n0 1\n0000000000 65535 f \ntrailer<</Prev 9/Root 1 0 R>>\n" for _ in range(2_000))
        + b"startxref\n9\n%%EOF"
    ),
}


def _compressed(content):
    body = zlib.compress(content, 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles<</Names[(factur-x.xml) 3 0 R]>>>>>>",
        b"<</Type/Pages/Kids[]/Count 0>>",
        b"<</Type/Filespec/F(factur-x.xml)/EF<</F 4 0 R>>>>",
        b"<</Type/EmbeddedFile/Filter/FlateDecode/Length %d>>stream\n" % len(body) + body + b"\nendstream",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, content_of in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + content_of + b"endobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(out)


@pytest.mark.parametrize("name", PDFS)
def test_a_harmful_pdf_is_refused(read, name):
    data = PDFS[name]()
    started = time.process_time()
    reading = read(data, "facture.pdf")
    assert time.process_time() - started < SECONDS
    if len(reading.rows) == 0:
        assert codes(reading, blocking=True)
    assert len(codes(reading, blocking=True)) + len(reading.rows) == 1


def test_the_pdf_above_is_good_but_for_what_it_holds(read):
    assert len(read(_compressed(golden("cii-invoice.xml")), "facture.pdf").rows) == 1


TRUNCATED = [*sorted(path.name for path in GOLDEN.glob("*.xml"))]


@pytest.mark.parametrize("name", TRUNCATED)
def test_nothing_that_is_cut_off_is_imported(read, name):
    whole = golden(name).rstrip()
    for end in range(1, len(whole), len(whole) // 40):
        reading = read(whole[:end])
        assert codes(reading, blocking=True), end
        assert len(reading.rows) == 0


def test_a_cut_archive_gives_only_what_is_whole(read):
    whole = zip_of({f"{n}.xml": golden("ubl-invoice.xml", ("F2026-0017", f"N{n}")) for n in range(5)})
    for end in range(1, len(whole), len(whole) // 60):
        reading = read(whole[:end])
        assert codes(reading, blocking=True), end
        assert len(reading.rows) == 0


def test_reading_the_worst_of_it_takes_little_memory(tmp_path):
    """In a process of its own, whose peak is nobody else's."""
    path = tmp_path / "bomb.zip"
    path.write_bytes(bomb(200))
    script = textwrap.dedent(f"""
        import resource
        from pathlib import Path
        from encaiss_dashboard.adapters.invoice_files import read_file
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        read_file(Path({str(path)!r}), "bomb.zip")
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 50
