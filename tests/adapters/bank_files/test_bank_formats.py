"""A file is known by what it contains, and by one reader alone."""

from pathlib import Path

import pytest

from encaiss_dashboard.adapters.bank_files import HEAD_BYTES, read
from encaiss_dashboard.adapters.bank_files.formats import READERS

FOLDER = Path(__file__).parents[1] / "golden" / "bank_files"
KINDS = {".cod": "coda", ".txt": "coda", ".sta": "mt940", ".xml": "camt", ".csv": "table"}
FILES = sorted(path for path in FOLDER.rglob("*") if path.suffix in KINDS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_two_readers_want_the_same_file(path):
    head = path.read_bytes()[:HEAD_BYTES]
    assert sum(looks_like(head) for looks_like, _ in READERS) <= 1


@pytest.mark.parametrize("name", ["x", "x.xml", "x.cod"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_reader_that_reads_it_is_the_right_one_whatever_it_is_called(path, name):
    found = read(path.read_bytes(), name)
    assert found.format is None or found.format.startswith(KINDS[path.suffix])
    assert bool(found.statements) or bool(found.problems)
