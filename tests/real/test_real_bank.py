"""Real bank files that may not be committed: `make real FOLDER` reads them where they lie."""

import os
from pathlib import Path

import pytest

from encaiss_dashboard.adapters.bank_files import read
from encaiss_dashboard.locales import LANGUAGES, text

pytestmark = pytest.mark.real

# What is no statement: a file cut in its last record, and bits of one for tests of other readers.
NO_STATEMENTS = {
    *("invalid.cod", "invalid_statement.sta", "empty_non_swift.sta", "gv_codes.sta", "sparkassen.sta"),
    *("account_balance_credit.sta", "account_balance_debit.sta", "account_identification_iban.sta"),
    *("account_identification_legacy.sta", "available_balance.sta", "closing_balance.sta", "reference.sta"),
    *("statement_details.sta", "statement_line.sta", "statement_number.sta"),
}


@pytest.fixture(scope="session")
def files():
    """Every CODA and MT940 of the folder, read."""
    named = os.environ.get("ENCAISS_REAL_FILES", "")
    if not named or not Path(named).is_dir():
        pytest.fail("Say where the real files are: make real FOLDER (or ENCAISS_REAL_FILES=FOLDER).")
    found = sorted(
        path for kind in ("coda", "mt940") for path in Path(named, kind).rglob("*") if path.is_file()
    )
    read_of = {path: read(path.read_bytes(), path.name) for path in found}
    if len(read_of) < 40:
        pytest.fail(f"There are only {len(read_of)} bank files in {named}.")
    return read_of


def warned(statement, found):
    return {problem.code for problem in (*statement.problems, *found.problems)}


def test_every_statement_adds_up_or_says_that_it_does_not(files):
    for path, found in files.items():
        if path.name in NO_STATEMENTS:
            continue
        assert found.statements, path
        for statement in found.statements:
            if statement.proves is None:
                assert path.name == "mt942.sta"
            else:
                assert statement.proves != ("bank_balance" in warned(statement, found)), path


def test_whatever_does_not_add_up_is_read_to_its_last_movement(files):
    """The records 2.1 of what is smallest, and the fields 61, as a search of the text counts them."""
    for path, found in files.items():
        if path.name in NO_STATEMENTS:
            continue
        lines = path.read_bytes().decode("latin-1").splitlines()
        read_here = sum(len(statement.movements) for statement in found.statements)
        if path.suffix == ".sta":
            assert read_here == sum(line.startswith(":61:") for line in lines), path
        else:
            entries = [line[2:10] for line in lines if line.startswith("21")]
            detailed = {entry[:4] for entry in entries if entry[4:] != "0000"}
            assert read_here == sum(entry[4:] != "0000" or entry[:4] not in detailed for entry in entries), (
                path
            )


def test_what_is_no_statement_is_refused_in_a_sentence(files):
    refused = {path.name: found for path, found in files.items() if not found.statements}
    assert set(refused) == NO_STATEMENTS
    for found in refused.values():
        (problem,) = found.problems
        for lang in LANGUAGES:
            assert text(lang, f"problem.{problem.code}", **problem.facts).endswith(".")


def test_the_only_balances_that_do_not_prove_are_of_files_made_anonymous(files):
    unproven = {
        path.name for path, found in files.items() if any(one.proves is False for one in found.statements)
    }
    assert unproven == {
        *("coda.cod", "Ontvangen_CODA.2012-01-11-18.59.15.txt"),
        *(f"sample{number}.cod" for number in (2, 3, 4, 5, 6, 7, 9)),
        *("with_newline_in_tnr.sta", "details_60-63.sta", "malformed_details.sta", "overly_long_details.sta"),
        *("raiffeisen-cmi.sta", "whitespace.sta"),
    }
