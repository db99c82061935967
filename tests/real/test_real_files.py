"""Real files that may not be committed: `make real FOLDER` reads them where they lie."""

import os
from datetime import date
from pathlib import Path

import pytest

from encaiss_dashboard.adapters import invoice_files
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.intake import NO_CHOICES
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import figures, imports

pytestmark = pytest.mark.real
ON = date(2013, 6, 30)


@pytest.fixture(scope="session")
def folder():
    named = os.environ.get("ENCAISS_REAL_FILES", "")
    if not named:
        pytest.fail("Say where the real files are: make real FOLDER (or ENCAISS_REAL_FILES=FOLDER).")
    if not Path(named).is_dir():
        pytest.fail(f"There is no folder {named}: make real needs the folder of the real files.")
    return Path(named)


def only(folder, pattern):
    found = sorted(folder.rglob(pattern))
    if not found:
        pytest.fail(f"There is no {pattern} in {folder}.")
    return found[0]


@pytest.fixture
def client_id(house):
    return house.client()


def take(wiring, client_id, path):
    with wiring.begin(HOUSE) as work:
        return imports.receive(work, client_id, path.name, path.read_bytes())


def test_the_ledger_of_2466_invoices_gives_the_known_figures(wiring, client_id, folder):
    """Month-first dates; its settlement dates become payments."""
    batch_id = take(wiring, client_id, only(folder, "WA_Fn-UseC_-Accounts-Receivable.csv"))
    with wiring.begin(HOUSE, write=False) as work:
        seen = imports.preview(work, client_id, batch_id)
    if "dates" in seen.reading.questions:
        with wiring.begin(HOUSE) as work:
            imports.correct(work, client_id, batch_id, {"date_order": "mdy"})
    with wiring.begin(HOUSE) as work:
        done = imports.accept(work, client_id, batch_id)
    assert not done.rejected
    assert (done.created, done.new_debtors) == (2_466, 100)
    assert done.total == {"EUR": Money.of("147703.18")}
    with wiring.begin(HOUSE, ON, write=False) as work:
        report = figures.report(work, client_id, ON)
    assert report.ageing.invoices == 84
    assert report.ageing.open == Money.of("5119.85")
    assert {code: str(part.decimal) for code, part in report.ageing.buckets.items()} == {
        "not_due": "4284.29",
        "1-30": "835.56",
        "31-60": "0.00",
        "61-90": "0.00",
        "90+": "0.00",
    }


def test_the_same_ledger_twice_changes_nothing(house, wiring, client_id, folder):
    path = only(folder, "WA_Fn-UseC_-Accounts-Receivable.csv")
    for _ in range(2):
        batch_id = take(wiring, client_id, path)
        with wiring.begin(HOUSE) as work:
            imports.correct(work, client_id, batch_id, {"date_order": "mdy"})
            done = imports.accept(work, client_id, batch_id)
    assert (done.created, done.updated, done.unchanged) == (0, 0, 2_466)


def test_the_ledger_with_gaps_is_taken_row_by_row(wiring, client_id, folder):
    """2,586 rows, 120 of them added later, with cells left empty that say nothing about money."""
    path = only(folder, "WA_Fn-UseC_-Accounts-Receivable_with_missing.csv")
    batch_id = take(wiring, client_id, path)
    with wiring.begin(HOUSE) as work:
        imports.correct(work, client_id, batch_id, {"date_order": "mdy"})
        done = imports.accept(work, client_id, batch_id)
    said_twice = {p.line for p in done.reading.problems if p.code == "repeated_line"}
    refused = {p.line for p in done.rejected}
    assert done.created + len(refused) + len(said_twice) == 2_586
    for problem in done.reading.problems:
        for lang in LANGUAGES:
            assert text(lang, f"problem.{problem.code}", **problem.facts)


def test_no_real_csv_file_breaks_the_reader_or_the_import(wiring, client_id, folder):
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() == ".csv"]
    assert len(paths) > 5
    for path in paths:
        reading = invoice_files.read_invoices(path.read_bytes(), path.name, NO_CHOICES)
        assert reading.rows or reading.problems or reading.questions, path
        batch_id = take(wiring, client_id, path)
        try:
            with wiring.begin(HOUSE) as work:
                imports.accept(work, client_id, batch_id)
        except Refusal as refusal:
            for lang in LANGUAGES:
                assert text(lang, f"refusal.{refusal.code}", **refusal.facts), path  # noqa: PT017 - any refusal has words
