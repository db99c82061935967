"""Whatever bytes there are, the reader answers with rows, problems or questions, and never raises."""

from __future__ import annotations

import copy
import zipfile
from functools import cache

from einvoices import GOLDEN, Reader, factur_x, golden, plain_pdf, zip_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from encaiss_dashboard.domain.intake import Reading
from encaiss_dashboard.locales import text


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


def answered(data, folder):
    """The reading, once it is sure that all it says can be said."""
    reading = Reader(folder)(data)
    assert isinstance(reading, Reading)
    assert len(reading.rows) or reading.problems or reading.questions
    for problem in reading.problems:
        assert text("fr", f"problem.{problem.code}", **problem.facts)
    return reading


@FUZZ
@given(st.sampled_from(BEGINNINGS), st.binary(max_size=600))
def test_no_bytes_make_the_reader_raise(tmp_path_factory, beginning, rest):
    answered(beginning + rest, tmp_path_factory.mktemp("any"))


@FUZZ
@given(mutated())
def test_no_mutation_of_a_document_makes_the_reader_raise(tmp_path_factory, data):
    reading = answered(data, tmp_path_factory.mktemp("any"))
    assert all(row.total.cents >= 0 for row in reading.rows)


VALUES = (
    *("", "-", "0", "-0.00", "1e5", "NaN", "9" * 30, "0.005", "2026-02-30", "9999-12-31"),
    *("XXX", "381", "<a>", "=1", "5.", "EM"),
)


@st.composite
def restated(draw):
    """A golden document with other values in it, and with elements missing or there twice."""
    documents = sorted(path.name for path in GOLDEN.glob("*.xml"))
    root = etree.fromstring(golden(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 4))):
        elements = [*root.iter()][1:]
        element = elements[draw(st.integers(0, len(elements) - 1))]
        how = draw(st.sampled_from(("value", "value", "value", "twice", "gone")))
        if how == "value" and len(element) == 0:
            element.text = draw(st.one_of(st.sampled_from(VALUES), st.text(_LETTERS, max_size=20)))
        elif how == "twice":
            element.addnext(copy.deepcopy(element))
        elif how == "gone":
            element.getparent().remove(element)
    return etree.tostring(root)


_LETTERS = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")


@FUZZ
@given(restated())
def test_whatever_a_document_states_a_row_of_it_can_be_kept(tmp_path_factory, data):
    reading = answered(data, tmp_path_factory.mktemp("any"))
    for row in reading.rows:
        assert row.number
        assert row.debtor
        assert row.total.cents >= 0
        assert row.due is None or row.due >= row.issue
        assert row.paid is None or row.paid.cents >= 0
