"""The container of an XLS: whatever its chains say, following them ends."""

from __future__ import annotations

from struct import pack_into, unpack_from

import pytest
from einvoices import Reader, codes
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from workbooks import GOLDEN

from encaiss_dashboard.adapters.invoice_files import compound

LEDGER = (GOLDEN / "errors.xls").read_bytes()
END = 0xFFFFFFFE


def opened(path, data):
    path.write_bytes(data)
    with compound.opened(path) as parts:
        return parts.is_encrypted, parts.workbook()


def test_the_stream_of_a_workbook_is_found_and_its_failed_cells(tmp_path):
    is_encrypted, stream = opened(tmp_path / "a.xls", LEDGER)
    assert not is_encrypted
    assert not compound.has_password(stream)
    assert compound.failures(stream, "Factures", 100) == {
        10: {5: "#REF!"},
        11: {5: "#DIV/0!"},
        12: {4: "#N/A"},
    }
    assert compound.failures(stream, "Factures", 2) == {10: {5: "#REF!"}, 11: {5: "#DIV/0!"}}
    assert compound.failures(stream, "Lisez-moi", 100) == compound.failures(stream, "Autre", 100) == {}


def test_a_workbook_of_another_format_with_a_password_is_known_by_its_parts(tmp_path):
    assert opened(tmp_path / "a.xlsx", (GOLDEN / "locked.xlsx").read_bytes()) == (True, b"")


def table_at(data):
    """Where the table of sectors begins."""
    return (unpack_from("<I", data, 76)[0] + 1) * 512


def changed(place, number):
    data = bytearray(LEDGER)
    pack_into("<I", data, place(data) if callable(place) else place, number)
    return bytes(data)


DAMAGES = {
    "a chain that bites its tail": changed(lambda data: table_at(data) + 4 * 3, 2),
    "a chain into itself": changed(table_at, 0),
    "a chain that leaves the file": changed(lambda data: table_at(data) + 4, 100_000),
    "a chain that is cut short": changed(lambda data: table_at(data) + 4, END),
    "two billion tables": changed(44, 1 << 31),
    "two billion small sectors": changed(64, 1 << 31),
    "a table beyond the file": changed(76, 1 << 20),
    "more tables without end": changed(72, 5),
    "a directory beyond the file": changed(48, 1 << 20),
    "sectors of another size": LEDGER[:30] + b"\x1f\x00" + LEDGER[32:],
    "a header alone": LEDGER[:512],
    "half a header": LEDGER[:40],
    "nothing more": LEDGER[:8],
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_container_whose_parts_do_not_fit_is_damaged(tmp_path, name):
    if name == "more tables without end":
        # The first further table is the sector that it stands in itself.
        data = bytearray(DAMAGES[name])
        pack_into("<I", data, 68, 0)
        pack_into("<I", data, 512 + 508, 0)
    else:
        data = DAMAGES[name]
    with pytest.raises(compound.DamagedError):
        opened(tmp_path / "a.xls", bytes(data))
    assert codes(Reader(tmp_path)(bytes(data))) == ["file_workbook"]


CHANGES = st.lists(
    st.tuples(st.integers(0, len(LEDGER) - 4), st.integers(0, 2**32 - 1)), min_size=1, max_size=8
)
TABLES = st.lists(
    st.tuples(st.integers(0, 60).map(lambda n: table_at(LEDGER) + 4 * n), st.integers(0, 12)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(CHANGES, TABLES), st.integers(0, len(LEDGER)))
@example([(0, 0)], len(LEDGER))
def test_whatever_is_changed_in_a_container_its_reading_ends(tmp_path, changes, length):
    data = bytearray(LEDGER)
    for place, number in changes:
        pack_into("<I", data, place, number)
    try:
        _, stream = opened(tmp_path / "a.xls", bytes(data[: max(8, length)] if length % 3 == 0 else data))
    except compound.DamagedError:
        return
    assert len(stream) <= len(data)
    compound.has_password(stream)
    for cells in compound.failures(stream, "Factures", 100).values():
        assert all(text.startswith("#") for text in cells.values())
