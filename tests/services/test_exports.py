"""Files people take away: exactly what the screen shows, safe in a spreadsheet, nobody else's."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Problem, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import exports
from encaiss_dashboard.services.exports import Made

TODAY = date(2026, 11, 22)


def sheet(made: Made) -> list[list[str]]:
    """The rows as a spreadsheet reads them, after checking that it recognises the file."""
    assert made.mime == "text/csv; charset=utf-8"
    assert made.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(made.content.decode("utf-8-sig")), delimiter=";"))


@pytest.fixture
def client(house) -> int:
    key = house.client()
    alpha, beta = house.debtor(key, "Alpha SA"), house.debtor(key, "=Beta SRL")
    house.invoice(alpha, "F1", due=date(2026, 12, 1), cents=10000)
    house.invoice(alpha, "F2", due=date(2026, 11, 1), cents=123456)
    house.invoice(beta, "F3", due=date(2026, 10, 1), cents=5000)
    house.payment(
        beta, on=TODAY, cents=7000, invoice_id=house.invoice(beta, "F4", due=date(2026, 9, 1), cents=7000)
    )
    house.invoice(beta, "C1", due=TODAY, issue=TODAY, cents=900, kind="credit_note")
    return key


@pytest.fixture
def numbers(house, client):
    def ask(**query: str) -> list[str]:
        with house.wiring.begin(HOUSE, TODAY, write=False) as work:
            rows = sheet(exports.make(work, client, "invoices", "all", query))
        return [row[0] for row in rows[1:]]

    return ask


@pytest.mark.parametrize(
    "query, found",
    [
        ({}, ["F3", "F2", "F1"]),
        ({"show": "overdue"}, ["F3", "F2"]),
        ({"show": "paid"}, ["F4"]),
        ({"show": "credit_notes"}, ["C1"]),
        ({"show": "all"}, ["F4", "F3", "F2", "C1", "F1"]),
        ({"show": "nonsense"}, ["F3", "F2", "F1"]),
        ({"q": "alpha"}, ["F2", "F1"]),
        ({"bucket": "not_due"}, ["F1"]),
        ({"bucket": "1-30"}, ["F2"]),
        ({"bucket": "31-60"}, ["F3"]),
        ({"bucket": "90+"}, []),
        ({"bucket": "nonsense"}, ["F3", "F2", "F1"]),
        ({"sort": "-total"}, ["F2", "F1", "F3"]),
        ({"sort": "total", "page": "7"}, ["F3", "F1", "F2"]),
        ({"sort": "id; drop table"}, ["F3", "F2", "F1"]),
    ],
    ids=str,
)
def test_the_list_is_taken_away_as_it_is_filtered_and_sorted(numbers, query, found):
    assert numbers(**query) == found


def test_amounts_have_a_comma_and_a_credit_note_counts_the_other_way(house, client):
    with house.wiring.begin(HOUSE, TODAY, write=False) as work:
        rows = sheet(exports.make(work, client, "invoices", "all", {"show": "all", "sort": "number"}))
    cells = {row[0]: row[4:7] for row in rows}
    assert cells["F2"] == ["1234,56", "1234,56", "EUR"]
    assert cells["F4"] == ["70,00", "0,00", "EUR"]
    assert cells["C1"] == ["-9,00", "-9,00", "EUR"]


def test_a_name_that_looks_like_a_formula_stays_text(house, client):
    with house.wiring.begin(HOUSE, TODAY, write=False) as work:
        rows = sheet(exports.make(work, client, "invoices", "all", {}))
    assert rows[1][1] == "'=Beta SRL"


def test_what_is_wrong_in_a_file_is_listed_with_line_field_and_sentence(house, client):
    problems = [
        Problem("file_empty"),
        Problem("amount_unreadable", 12, "total", {"value": "=1+1", "expected": "1,00"}),
        Problem("repeated_line", 14, None, {"value": "F1", "other": "3"}, blocks=False),
    ]
    with house.wiring.begin(HOUSE, TODAY, write=False) as work:
        made = exports.rejected(work, client, 7, problems)
    assert made.name == "import-7.csv"
    heading, whole, bad, warned = sheet(made)
    assert heading == ["Ligne", "Champ", "Problème", "Cette ligne"]
    assert whole == ["", "", text("fr", "problem.file_empty"), "non importée"]
    assert bad[:2] == ["12", "Total TVAC"]
    assert "« =1+1 »".replace(" ", "\u202f") in bad[2]
    assert (warned[0], warned[3]) == ("14", "importée")


def test_nobody_takes_away_what_is_another_clients(house, client):
    other = house.client("brasserie", "Brasserie Exemple SA")
    theirs = Actor(user_id=None, name="Lecteur", roles={other: {Role.READER}})
    with house.wiring.begin(theirs, TODAY, write=False) as work:
        assert len(sheet(exports.make(work, other, "invoices", "all", {}))) == 1
        for attempt in (
            lambda: exports.make(work, client, "invoices", "all", {}),
            lambda: exports.rejected(work, client, 1, []),
            lambda: exports.make(work, None, "invoices", "all", {}),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        debtor = house.debtor(client, "Gamma SA")
        with pytest.raises(NotFound):
            exports.acts(work, other, debtor, [])


def test_an_unknown_file_is_not_found(house, client):
    with house.wiring.begin(HOUSE, TODAY, write=False) as work, pytest.raises(NotFound):
        exports.make(work, client, "secrets", "1", {})


@pytest.mark.parametrize("key", ["x", "1; drop", "9" * 400, ""])
def test_a_key_that_is_no_number_is_refused(house, client, key):
    with pytest.raises(Unreadable), house.wiring.begin(HOUSE, TODAY, write=False) as work:
        exports.make(work, client, "message", key, {})
