"""Remittances as entries for a bookkeeping: balanced, split as the payments were, with real types."""

import csv
import io
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook
from remitted import THEIRS, Till

from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import remittances

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON = date(2026, 11, 10)
BEFORE = ON - timedelta(days=2)


@pytest.fixture
def act(house, clock):
    clock.set(ON)

    def call(service, *args, actor=HOUSE, of=None):
        with house.wiring.begin(actor) as work:
            return service(work, of, *args)

    return call


@pytest.fixture
def client(act, house):
    """A client to whom two payments were paid on: one with all that a claim has, one taken back in part."""
    client, till = house.client(iban=THEIRS), Till(house)
    debtor = house.debtor(client, "=Moulin; Clair", number="D-7")
    invoice = house.invoice(debtor, "2026-001", due=ON - timedelta(days=60), cents=100_000)
    first = till.receives(debtor, 110_000, BEFORE, reference="+++123/4567/89002+++")
    house.allocate(invoice, on=BEFORE, cents=100_000, payment_id=first)
    for kind, cents in (("interest", 1_525), ("indemnity", 4_000), ("costs", 750)):
        till.accessory(invoice, first, kind, cents, BEFORE)
    second = till.receives(debtor, 5_000, BEFORE)
    back = till.receives(debtor, -2_000, ON, reverses_id=second)
    house.allocate(invoice, on=ON, cents=-2_000, payment_id=back)
    act(remittances.make, [client], ON)
    return client


def rows(file):
    assert file.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")), delimiter=";"))


def cents(cell):
    return int(Decimal(cell.replace(",", ".")) * 100) if cell else 0


def test_each_kind_of_money_has_its_account_with_debtor_and_invoice(act, client):
    *entries, _total = rows(act(remittances.accounts, "1", "csv", of=client))
    assert [
        (one["Compte"], one["Débit"], one["Crédit"], one["Facture"], one["Nature"]) for one in entries
    ] == [
        ("580000", "1130,00", "", "", "Reversement"),
        ("400000", "", "1000,00", "2026-001", "Principal"),
        ("751000", "", "15,25", "2026-001", "Intérêts"),
        ("743000", "", "40,00", "2026-001", "Indemnité"),
        ("743100", "", "7,50", "2026-001", "Frais"),
        ("400000", "", "37,25", "", "Non imputé"),
        ("400000", "", "50,00", "", "Non imputé"),
        ("400000", "20,00", "", "2026-001", "Principal"),
    ]
    assert {one["Pièce"] for one in entries} == {"R2026-00001"}
    assert {one["Date"] for one in entries} == {ON.isoformat()}
    assert (entries[1]["N° client"], entries[1]["Payé le"]) == ("D-7", BEFORE.isoformat())
    assert entries[1]["Communication"] == "+++123/4567/89002+++"
    assert entries[1]["Tiers"] == "'=Moulin; Clair"  # no spreadsheet runs it


@pytest.mark.parametrize("key", ["1", "2026-11", "agency-2026-11"])
def test_debit_and_credit_are_the_same(act, client, key):
    *entries, total = rows(act(remittances.accounts, key, "csv", of=client))
    sums = defaultdict(int)
    for one in entries:
        for side in ("Débit", "Crédit"):
            sums[side] += cents(one[side])
    assert sums["Débit"] == sums["Crédit"] == cents(total["Débit"]) == cents(total["Crédit"]) > 0


def test_the_agency_s_side_gives_up_the_client_s_money(act, client):
    *entries, _ = rows(act(remittances.accounts, "agency-2026-11", "csv"))
    assert [(one["Compte"], one["Débit"], one["Crédit"], one["Tiers"]) for one in entries] == [
        ("489000", "1130,00", "", "Ardenne Bois SRL"),
        ("580000", "", "1130,00", "Ardenne Bois SRL"),
    ]


@pytest.mark.parametrize("key, n", [("2026-11", 8), ("2026-10", 0), ("2026-12", 0), ("agency-2026-10", 0)])
def test_a_month_has_what_is_dated_in_it(act, client, key, n):
    found = rows(act(remittances.accounts, key, "csv", of=client))
    assert len([one for one in found if one["Pièce"]]) == n


def test_what_was_called_off_is_in_no_book(act, client):
    act(remittances.drop, 1)
    for key in ("1", "2026-11", "agency-2026-11"):
        assert rows(act(remittances.accounts, key, "csv", of=client)) == []


@pytest.mark.parametrize("lang", ["fr", "nl", "en"])
def test_a_workbook_reopens_with_days_and_numbers(act, client, house, lang):
    who = house.user(Role.ACCOUNTANT, "ardenne")
    file = act(remittances.accounts, "1", "xlsx", actor=type(who)(**_spoken(who, lang)), of=client)
    assert file.name == "remittances-R2026-00001.xlsx"
    [heading, first, second, *_] = (
        CalamineWorkbook.from_filelike(io.BytesIO(file.content)).get_sheet_by_index(0).to_python()
    )
    place = {
        name: heading.index(text(lang, f"remit.book_{name}"))
        for name in ("date", "debit", "credit", "account", "paid_on")
    }
    assert first[place["date"]] == ON or first[place["date"]] == datetime(ON.year, ON.month, ON.day)  # noqa: DTZ001
    assert (first[place["debit"]], first[place["credit"]]) == (1130.0, "")
    assert (second[place["debit"]], second[place["credit"]]) == ("", 1000.0)
    assert second[place["account"]] == "400000"
    assert str(second[place["paid_on"]])[:10] == BEFORE.isoformat()


def _spoken(who, lang):
    return {"user_id": who.user_id, "name": who.name, "roles": who.roles, "language": lang}


@pytest.mark.parametrize(
    "key", ["", "0", "x", "2026-13", "2026-1", "1" * 30, "agency-", "agency-1", "../1", "1\n"]
)
def test_nothing_else_can_be_asked_for(act, client, key):
    with pytest.raises(Unreadable):
        act(remittances.accounts, key, "csv", of=client)


@pytest.mark.parametrize("key, form", [("999", "csv"), ("1", "pdf"), ("1", "")])
def test_what_is_not_there_is_not_found(act, client, key, form):
    with pytest.raises(NotFound):
        act(remittances.accounts, key, form, of=client)
