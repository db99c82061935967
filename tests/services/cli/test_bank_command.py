"""``encaiss bank`` and ``encaiss payments verify`` on the command line."""

from datetime import date

import pytest
from bank_files import OURS, MadeUp, movement, statement

DAY = date(2026, 11, 10)


@pytest.fixture
def bank(wiring, tmp_path):
    """Makes a file of a bank that the wiring can read; returns its path."""
    banks = MadeUp()
    object.__setattr__(wiring, "banks", banks)

    def make(*movements, **details):
        path = tmp_path / f"{len(banks.made)}.cod"
        path.write_bytes(banks.file(statement(*movements, **details), name=path.name))
        return str(path)

    return make


@pytest.fixture
def client(house):
    key = house.client(iban=OURS)
    debtor = house.debtor(key)
    house.invoice(debtor, "2026-001", due=DAY, cents=100_000, reference="+++123/4567/89002+++")
    return key


def test_a_file_is_told_by_statement_and_again_doubles_nothing(bank, client, answer):
    file = bank(movement(100_000, DAY, structured="123456789002"), movement(900, DAY, text="?"), opening=50)
    tried = answer("bank", file, "--client", "ardenne", "--dry-run")
    told = answer("bank", file, "--client", "ardenne")
    assert tried == told
    assert told["lines"] == told["matched"] + told["unmatched"] + told["duplicates"] + told["rejected"]
    assert {name: told[name] for name in ("format", "account", "statement", "from", "to")} == {
        "format": "coda",
        "account": OURS,
        "statement": "2026/001",
        "from": "2026-11-10",
        "to": "2026-11-10",
    }
    assert (told["opening"], told["closing"], told["booked"]) == ("0.50", "1009.50", 1)
    again = answer("bank", file, "--client", "ardenne")
    assert (again["duplicates"], again["booked"], again["unmatched"]) == (2, 0, 0)
    assert answer("payments", "verify") == {"balanced": True, "problems": [], "notes": []}


def test_what_is_no_bank_file_or_of_another_account_is_refused(bank, client, run, tmp_path):
    (tmp_path / "x.cod").write_text("nothing")
    for file, slug in (
        (str(tmp_path / "x.cod"), "ardenne"),
        (bank(movement(1, DAY), account="BE1"), "ardenne"),
    ):
        result = run("bank", file, "--client", slug)
        assert result.exit_code == 2
        assert "Traceback" not in result.output


def test_books_that_do_not_balance_leave_with_code_one(house, bank, client, run):
    house.payment(1, on=DAY, cents=50, invoice_id=None)
    house.allocate(1, on=DAY, cents=51, payment_id=1)
    result = run("payments", "verify", "--json")
    assert result.exit_code == 1
    assert '"balanced": false' in result.stdout


def test_a_statement_that_seems_to_be_missing_is_a_note_and_nothing_off(bank, client, answer):
    answer("bank", bank(movement(100, DAY), number="1"), "--client", "ardenne")
    later = bank(movement(100, date(2026, 11, 12)), number="3", opening=150)
    answer("bank", later, "--client", "ardenne")
    told = answer("payments", "verify")
    assert (told["balanced"], told["problems"]) == (True, [])
    ((note,)) = told["notes"]
    assert (note["code"], note["before"], note["closing"], note["opening"]) == (
        "bank_gap_before",
        "1",
        "1.00",
        "1.50",
    )
