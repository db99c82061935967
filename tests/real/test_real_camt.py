"""Real files of CAMT, and real tables of payments, against an independent reading of each."""

import ast
import io
import os
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from encaiss_dashboard.adapters.bank_files.camt import looks_like, read_camt
from encaiss_dashboard.adapters.bank_files.table import read_table

pytestmark = pytest.mark.real
# Wrong on purpose, and for what they are refused.
WRONG = {
    "camt053.v2.wrong.xml": "bank_xml_no_statement",
    "invalid.xml": "bank_xml_no_statement",
    "camt053_garbled_amount.xml": "bank_xml_amount",
}
# Balances of which the makers of the sample did not mind whether they prove.
UNPROVEN = {
    "camt053.v2.all-balance-types.xml",
    "camt053.v2.five.decimals.xml",
    "test-camt053",
    "test-camt053_02.xml",
    "test-camt053_03.xml",
}


@pytest.fixture(scope="session")
def folder():
    named = os.environ.get("ENCAISS_REAL_FILES", "")
    if not named or not Path(named).is_dir():
        pytest.fail("Say where the real files are: make real FOLDER (or ENCAISS_REAL_FILES=FOLDER).")
    return Path(named)


@pytest.fixture(scope="session")
def samples(folder):
    """Every file of CAMT by its name, those of archives included."""
    found = {}
    for path in sorted((folder / "camt").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if data.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(data)) as parts:
                found |= {f"{path.name}/{name}": parts.read(name) for name in parts.namelist()}
        elif data and path.suffix != ".pydata":
            found[f"{path.parent.name}/{path.name}"] = data
    assert len(found) > 40
    return found


def is_wrong(name):
    return next((code for wrong, code in WRONG.items() if name.endswith(f"/{wrong}")), None)


def booked(root):
    """Signed cents of each statement's booked entries, by plain paths."""
    for one in (one for name in ("Stmt", "Rpt", "Ntfctn") for one in root.findall(f".//{{*}}{name}")):
        total = count = 0
        for entry in one.findall("{*}Ntry"):
            told = entry.find("{*}Sts")
            status = "BOOK" if told is None else "".join(told.itertext()).strip()
            if status == "BOOK":
                sign = 1 if entry.findtext("{*}CdtDbtInd") == "CRDT" else -1
                total += sign * int(Decimal(entry.findtext("{*}Amt")) * 100)
                count += 1
        yield total, count


def test_every_positive_sample_is_read_and_loses_nothing(samples):
    for name, data in samples.items():
        if is_wrong(name):
            continue
        assert looks_like(data[:4096]), name
        read = read_camt(data, name)
        assert read.statements, name
        assert not read.problems, name
        expected = list(booked(ET.fromstring(data)))
        found = [sum(m.amount.cents for m in one.movements) for one in read.statements]
        assert found == [total for total, _ in expected], name
        for one, (_, entries) in zip(read.statements, expected, strict=True):
            assert len(one.movements) >= entries, name


def test_every_sample_with_balances_proves_or_is_warned_of(samples):
    proven = 0
    for name, data in samples.items():
        for one in read_camt(data, name).statements:
            if one.proves is False:
                assert name.split("/")[-1] in UNPROVEN, name
                assert "bank_xml_balance" in [problem.code for problem in one.problems], name
            proven += one.proves is True
    assert proven >= 8


def test_wrong_samples_are_refused_for_their_fault(samples):
    wrong = {name: code for name in samples if (code := is_wrong(name))}
    assert len(wrong) == len(WRONG)
    for name, code in wrong.items():
        read = read_camt(samples[name], name)
        assert (read.statements, [problem.code for problem in read.problems]) == ((), [code]), name


@pytest.mark.parametrize("sample", ["test-camt053", "test-camt053-txdtls", "test-camt054"])
def test_amounts_names_and_accounts_are_those_that_another_reader_found(folder, sample):
    place = folder / "camt" / "oca"
    stem = sample.removeprefix("test-")
    currency, account, stated = ast.literal_eval((place / f"golden-{stem}.pydata").read_text())
    [one] = read_camt((place / sample).read_bytes(), sample).statements
    assert (one.account, one.currency) == (account, currency)
    transactions = [each for each in stated[0]["transactions"] if each["amount"]]
    assert [float(m.amount.decimal) for m in one.movements] == [each["amount"] for each in transactions]
    for movement, each in zip(one.movements, transactions, strict=True):
        assert movement.iban == each.get("account_number", "")
        assert movement.counterparty == each.get("partner_name", "")


def test_every_sample_that_is_cut_is_refused(samples):
    for name, data in samples.items():
        for share in (3, 5, 8):
            assert read_camt(data[: len(data) * share // 10], name).statements == (), name


def test_every_sample_of_a_changed_balance_is_warned_of(samples):
    for name, data in samples.items():
        read = read_camt(data, name)
        if not read.statements or read.statements[0].proves is not True:
            continue
        opening = f">{read.statements[0].opening}<".encode()
        if opening in data:
            changed = read_camt(data.replace(opening, opening.replace(b">", b">1"), 1), name)
            assert changed.statements[0].proves is False, name
            assert changed.statements[0].problems, name


def test_tables_of_other_makers_are_read_or_say_why_not(folder):
    places = [
        *(folder / "csv" / "oca-sheet-file").iterdir(),
        *(folder / "csv" / "bankstatementparser").iterdir(),
    ]
    asked = {"bank_table_no_rows", "bank_table_dates", "bank_table_header", "bank_table_decimals"}
    for path in sorted(places):
        read = read_table(path.read_bytes(), path.name)
        codes = {problem.code for problem in read.problems}
        assert read.statements or codes & asked, path.name
    total = read_table((folder / "csv/oca-sheet-file/balance.csv").read_bytes(), "balance.csv").statements[0]
    assert [m.amount.cents for m in total.movements] == [-3_350, 153_350]
    assert not total.problems
