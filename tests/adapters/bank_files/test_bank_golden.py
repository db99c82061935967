"""Bank files of many banks, and beside each what is read of it, to the last word."""

import json
from pathlib import Path

import pytest

from encaiss_dashboard.adapters.bank_files import read
from encaiss_dashboard.domain.money import Money

FOLDER = Path(__file__).parents[1] / "golden" / "bank_files"
FILES = sorted(path for path in FOLDER.glob("*/*") if path.suffix in {".cod", ".txt", ".sta"})


def told(found):
    """A reading as JSON: what is empty is left out."""
    return {
        "format": found.format,
        "problems": [problem(one) for one in found.problems],
        "statements": [statement(one) for one in found.statements],
    }


def problem(one):
    return {"code": one.code, "line": one.line, **one.facts}


def statement(one):
    kept = {
        name: plain(getattr(one, name))
        for name in ("account", "currency", "holder", "number", "first", "last")
    }
    kept |= {"opening": plain(one.opening), "closing": plain(one.closing), "proves": one.proves}
    listed = [problem(each) for each in one.problems]
    return {**kept, "problems": listed, "movements": [movement(each) for each in one.movements]}


def movement(one):
    values = ((name, plain(getattr(one, name))) for name in one.__slots__)
    return {name: value for name, value in values if value not in {"", None, False}}


def plain(value):
    if isinstance(value, Money):
        return f"{value} {value.currency}"
    return value if value is None or isinstance(value, bool | int) else str(value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_bank_file_reads_as_it_was_looked_through(path):
    expected = json.loads(path.with_name(f"{path.name}.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(told(read(path.read_bytes(), path.name)))) == expected


def test_there_are_files_of_both_formats():
    assert {path.parent.name for path in FILES} >= {"coda", "mt940"}
    assert len(FILES) > 20
