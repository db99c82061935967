"""No damage to a file of CAMT or a table of payments breaks its reader, or makes other money of it unsaid."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from encaiss_dashboard.adapters.bank_files.camt import looks_like, read_camt
from encaiss_dashboard.adapters.bank_files.table import looks_like as looks_like_a_table
from encaiss_dashboard.adapters.bank_files.table import read_table

pytestmark = pytest.mark.soak

GOLDEN = Path(__file__).resolve().parents[1] / "adapters" / "golden" / "bank_files"
CAMT = [path.read_bytes() for path in sorted((GOLDEN / "camt").rglob("*.xml"))]
TABLES = [path.read_bytes() for path in sorted((GOLDEN / "tables").rglob("*.csv"))]
EXAMPLES = 3_000
SECONDS_MAX = 5
SIGNS = (
    *(
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b'"',
        b";",
        b"\t",
        b"\r",
        b"\n",
        b"\x1a",
        b"\x1e",
        b"\x1f",
    ),
    *(
        b"1e999",
        b"9" * 40,
        b"0,00",
        b"-",
        b"+",
        b"2026-02-30",
        b"31/02/2025",
        b"CRDT",
        b"DBIT",
        b"PDNG",
        b"USD",
    ),
    *(b"&a;", b"<!DOCTYPE a [<!ENTITY a 'b'>]>", b"<![CDATA[", b"-->", b"<", b">", b"&#0;", b"xmlns='x'"),
    *(b"<Ntry>", b"</Ntry>", b"<TxDtls/>", b"<Stmt>", b"</Stmt>", b"<Amt/>", b"<Bal/>", b"<NtryDtls/>"),
)
SOAKED = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@st.composite
def damaged(draw, whole):
    data = bytearray(draw(st.sampled_from(whole)))
    other = draw(st.sampled_from(whole))
    for _ in range(draw(st.integers(1, 5))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, min(200, len(data) - place)))
        there, start = bytes(data[place : place + length]), draw(st.integers(0, len(other)))
        data[place : place + length] = draw(
            st.one_of(
                st.sampled_from(SIGNS),
                st.binary(max_size=20),
                st.just(b""),
                st.integers(2, 300).map(lambda times, one=there: (one * times)[:100_000]),
                st.just(other[start : start + 500]),
            )
        )
    return bytes(data)


def holds_together(read):
    """What holds of everything that any reader of bank files gives."""
    assert read.statements or any(problem.blocks for problem in read.problems)
    for one in read.statements:
        assert one.first <= one.last
        assert one.number
        assert [m.seq for m in one.movements] == list(range(1, len(one.movements) + 1))
        assert {m.amount.currency for m in one.movements} <= {one.currency}
        assert all(len(m.fingerprint) == 32 and m.place for m in one.movements)
        assert all(one.first <= m.booked_on <= one.last for m in one.movements)
        assert one.proves is not False or any(not p.blocks for p in one.problems)
    told = [(s.account, s.currency, s.number) for s in read.statements]
    assert len(told) == len(set(told))


@SOAKED
@given(damaged(CAMT))
def test_a_damaged_file_of_camt_is_answered(data):
    began = time.process_time()
    looks_like(data[:4096])
    holds_together(read_camt(data, "x.xml"))
    assert time.process_time() - began < SECONDS_MAX


@SOAKED
@given(damaged(TABLES))
def test_a_damaged_table_is_answered(data):
    began = time.process_time()
    looks_like_a_table(data[:4096])
    holds_together(read_table(data, "x.csv"))
    assert time.process_time() - began < SECONDS_MAX
