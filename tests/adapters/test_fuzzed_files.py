"""Whatever bytes there are, the reader answers with rows, problems or questions, and never raises."""

from __future__ import annotations

import zipfile
from functools import cache

from einvoices import GOLDEN, Reader, factur_x, golden, plain_pdf, zip_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaiss_dashboard.domain.intake import Reading


@cache
def seeds():
    documents = [golden(path.name) for path in sorted(GOLDEN.glob("*.xml"))]
    pdf = factur_x(golden("cii-invoice.xml"))
    many = zip_of(
        {"a.xml": documents[0], "b.pdf": pdf, "c.csv": b"a;b\n1;2\n", "d.pdf": plain_pdf()},
        zipfile.ZIP_STORED,
    )
    return [*documents, pdf, many]


@st.composite
def mutated(draw):
    data = bytearray(draw(st.sampled_from(range(len(seeds()))).map(lambda at: seeds()[at])))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(0, 40))
        data[at : at + length] = draw(st.one_of(st.binary(max_size=40), st.sampled_from(_TOKENS)))
    return bytes(data)


_TOKENS = (
    b"&amp;",
    b"&lt;",
    b"<",
    b"]]>",
    b"-",
    b"NaN",
    b"1e999999",
    b"9" * 500,
    b"\xff\xfe",
    "\u202e".encode(),
    b"",
    b"PK\x01\x02",
    b"endobj",
)
FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
BEGINNINGS = [
    b"",
    b"PK\x03\x04",
    b"%PDF-1.7\n",
    b"<?xml version='1.0'?>",
    b"\xd0\xcf\x11\xe0",
    b"{",
    golden("ubl-invoice.xml")[:300],
]


@FUZZ
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=600))
def test_no_bytes_make_the_reader_raise(tmp_path_factory, beginning, rest):
    reading = Reader(tmp_path_factory.mktemp("any"))(beginning + rest)
    assert isinstance(reading, Reading)
    assert len(reading.rows) or reading.problems or reading.questions


@FUZZ
@given(mutated())
def test_no_mutation_of_a_document_makes_the_reader_raise(tmp_path_factory, data):
    reading = Reader(tmp_path_factory.mktemp("any"))(data)
    assert len(reading.rows) or reading.problems or reading.questions
    assert all(row.total.cents >= 0 for row in reading.rows)
