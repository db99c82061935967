"""A reading made once is kept beside its file, and believed only while it is of that file."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import pytest

from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.domain.intake import NO_CHOICES, Choices

HEADER = "Factuurnummer;Klant;Factuurdatum;Totaal\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text(f"{HEADER}A1;Café;31/01/2025;5,00\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "workshop"
    path.mkdir()
    return path


def test_a_reading_is_kept_until_the_file_its_name_or_the_choices_change(source, folder):
    made = kept.read_file(source, "a.csv", NO_CHOICES, folder)
    found = kept.kept(source, "a.csv", NO_CHOICES, folder)
    assert found is not None
    assert dataclasses.replace(found, rows=()) == dataclasses.replace(made, rows=())
    assert list(found.rows) == list(made.rows)
    assert kept.kept(source, "b.csv", NO_CHOICES, folder) is None
    assert kept.kept(source, "a.csv", Choices(separator=","), folder) is None
    source.write_bytes(source.read_bytes() + b"\n")
    assert kept.kept(source, "a.csv", NO_CHOICES, folder) is None


def test_tables_of_an_archive_are_kept_each_in_its_place(source, folder):
    with zipfile.ZipFile(source, "w") as archive:
        for number in range(2):
            archive.writestr(f"{number}.csv", f"{HEADER}A{number};Café;31/01/2025;5,00\n")
    made = kept.read_file(source, "a.zip", NO_CHOICES, folder)
    found = kept.kept(source, "a.zip", NO_CHOICES, folder)
    assert found is not None
    assert [row.number for row in made.rows] == [row.number for row in found.rows] == ["A0", "A1"]


@pytest.mark.parametrize("name", ["../other.arrow", "{outside}", "link.arrow", "nothing.arrow", ""])
def test_rows_that_lie_elsewhere_are_not_believed(source, folder, name):
    kept.read_file(source, "a.csv", NO_CHOICES, folder)
    (rows,) = folder.glob("*.arrow")
    other = rows.rename(folder.parent / "other.arrow")
    (folder / "link.arrow").symlink_to(other)
    reading = folder / "reading.json"
    told = reading.read_text(encoding="utf-8")
    reading.write_text(told.replace(rows.name, name.format(outside=other)), encoding="utf-8")
    assert kept.load_reading(folder) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "reading.json").write_bytes(b"\xff{"),
        lambda folder: (folder / "reading.json").unlink(),
        lambda folder: next(folder.glob("*.arrow")).unlink(),
        lambda folder: next(folder.glob("*.arrow")).write_bytes(b"ARROW1\0\0 and no more"),
    ],
    ids=["no json", "none", "no rows", "broken rows"],
)
def test_a_damaged_reading_is_none(source, folder, change):
    kept.read_file(source, "a.csv", NO_CHOICES, folder)
    change(folder)
    assert kept.kept(source, "a.csv", NO_CHOICES, folder) is None
