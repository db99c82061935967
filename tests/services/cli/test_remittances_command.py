"""``encaiss remittances``: what is owed to clients, and paying it on."""

import json
from datetime import date

import pytest
from remitted import THEIRS, Till

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_what_is_owed_is_listed_and_paid_on_to_whoever_has_an_account(house, run, clock):
    clock.set(date(2026, 11, 10))
    till = Till(house)
    till.receives(house.debtor(house.client(iban=THEIRS)), 12_345, date(2026, 11, 9))
    till.receives(house.debtor(house.client("muet", "Muet SRL")), 700, date(2026, 11, 9))
    listed = json.loads(run("remittances", "--json").stdout)
    assert [(one["client"], one["amount"]) for one in listed["owed"]] == [
        ("Ardenne Bois SRL", "123.45"),
        ("Muet SRL", "7.00"),
    ]
    assert listed["made"] == []
    made = json.loads(run("remittances", "--make", "--json").stdout)
    assert [(one["number"], one["amount"], one["iban"]) for one in made["made"]] == [
        ("R2026-00001", "123.45", THEIRS)
    ]
    assert [one["client"] for one in made["owed"]] == ["Muet SRL"]
    till.line(-12_345, date(2026, 11, 10), end_to_end="R2026-00001")
    assert json.loads(run("remittances", "--json").stdout)["tied"] == 1
    assert "Muet SRL" in run("remittances").stdout
