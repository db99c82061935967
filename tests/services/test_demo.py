"""The demo: alive, credible, the same every time, and nowhere but where it was asked for."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, select
from stdnum import iban
from stdnum.be import vat

from encaiss_dashboard import demo
from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.demo.clients import PARTS
from encaiss_dashboard.domain.ageing import ageing
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.signing import PASSWORD_LENGTH_MIN
from encaiss_dashboard.services import figures, payments
from encaiss_dashboard.services.accounts import signing
from encaiss_dashboard.settings import read
from encaiss_dashboard.storage import queries, records, stops
from encaiss_dashboard.wiring import Wiring

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
TIMES = (
    (records.Act, records.Act.at),
    (records.Payment, records.Payment.recorded_at),
    (records.ImportBatch, records.ImportBatch.uploaded_at),
    (records.OutboxMessage, records.OutboxMessage.created_at),
    (records.Delegation, records.Delegation.at),
)
# Household names in Belgium and France; none may stand for a debtor.
REAL = (
    "colruyt",
    "delhaize",
    "proximus",
    "carrefour",
    "ikea",
    "solvay",
    "umicore",
    "telenet",
    "lotus",
    "total",
)


@dataclass
class Played:
    wiring: Wiring
    logins: list[Any]

    def rows(self, *columns, where=()):
        with Session(self.wiring.engine) as session:
            return session.exec(select(*columns).where(*where)).all()

    def overview(self, client_id):
        with self.wiring.begin(HOUSE, write=False) as work:
            return figures.overview(work, client_id)

    def ledger(self, client_id):
        with self.wiring.begin(HOUSE, write=False) as work:
            return figures.main_ledger(work, client_id)[0]

    def debtor(self, name):
        return self.rows(records.Debtor, where=[records.Debtor.name == name])[0]


def empty(folder, template, *, demo_setting="1"):
    """A migrated house of its own, on the day of these tests."""
    shutil.copyfile(template, folder / "encaiss.db")
    settings = read(
        {"ENCAISS_DATA_DIR": str(folder), "ENCAISS_DEMO": demo_setting, "ENCAISS_SECRET": "s" * 40}
    )
    return house_wiring.build(settings, files=kept, clock=lambda: NOW)


@pytest.fixture(scope="module")
def played(tmp_path_factory, sqlite_template):
    """The whole demo, played once."""
    wiring = empty(tmp_path_factory.mktemp("demo"), sqlite_template)
    yield Played(wiring, demo.fill(wiring))
    wiring.engine.dispose()


def test_two_clients_about_ninety_debtors_and_eighteen_months(played):
    assert sorted(played.rows(records.Client.slug)) == ["kasteelhof-it", "menuiserie-exemple"]
    by_client = Counter(played.rows(records.Debtor.client_id))
    assert by_client == {1: 60, 2: 30}
    issued = played.rows(records.Invoice.issue)
    assert 1_400 <= len(issued) <= 1_900
    assert date(2025, 5, 1) <= min(issued) <= date(2025, 5, 15)
    assert max(issued) > TODAY - timedelta(days=5)
    assert {f"{day:%Y-%m}" for day in issued} == {f"{d:%Y-%m}" for d in figures.month_ends(TODAY, 18)}


def test_debtors_speak_three_languages_and_live_in_two_countries(played):
    assert set(played.rows(records.Debtor.language)) == {"fr", "nl", "en"}
    assert set(played.rows(records.Debtor.country)) == {"BE", "FR"}
    assert all(
        city and postcode for city, postcode in played.rows(records.Debtor.city, records.Debtor.postcode)
    )


def test_nothing_in_it_can_be_anybodys(played):
    for address in [*played.rows(records.Contact.email), *(login.email for login in played.logins)]:
        assert re.fullmatch(r"[a-z]+@[a-z0-9-]+\.example", address)
    numbers = [n for n in played.rows(records.Debtor.enterprise_number) if n]
    assert len(set(numbers)) == len(numbers) > 80
    assert all(vat.is_valid(n) and n.removeprefix("BE").startswith("0999") for n in numbers)
    names = [name.casefold() for name in played.rows(records.Debtor.name)]
    assert not [name for name in names for real in REAL if real in name.split()]
    assert all(iban.is_valid(number, check_country=False) for number in played.rows(records.Client.iban))
    assert played.rows(records.Agency.demo) == [True]


def test_nothing_lies_in_the_future(played):
    for table, column in TIMES:
        assert max(played.rows(column)) <= NOW, table
    assert max(played.rows(records.Act.day)) < TODAY
    assert max(played.rows(records.Payment.on)) < TODAY


@pytest.mark.parametrize("client_id", [1, 2])
def test_the_ageing_adds_up_on_any_day(played, client_id):
    ledger = played.ledger(client_id)
    for on in figures.month_ends(TODAY, 18):
        aged = ageing(ledger, on)
        assert sum(part.cents for part in aged.buckets.values()) == aged.open.cents
        assert min(ledger.open_cents(on).values(), default=0) >= 0


@pytest.mark.parametrize("client_id", [1, 2])
def test_every_payment_follows_its_invoice_and_is_allocated_but_what_was_too_much(played, client_id):
    ledger = played.ledger(client_id)
    issues = {invoice.id: invoice.issue for invoice in ledger.invoices}
    assert all(a.on > issues[a.invoice_id] for a in ledger.allocations)
    allocated = Counter()
    for allocation in ledger.allocations:
        allocated[allocation.payment_id] += allocation.amount.cents
    assert all(payment.amount.cents > 0 for payment in ledger.payments)
    left = [payment.amount.cents - allocated[payment.id] for payment in ledger.payments]
    assert [cents for cents in left if cents] == [25_00]


@pytest.mark.parametrize("client_id", [1, 2])
def test_some_lines_of_the_bank_wait_with_a_proposal_and_some_with_none(played, client_id):
    with played.wiring.begin(HOUSE, write=False) as work:
        lines, found = payments.waiting(work, client_id)
        proposed = [bool(payments.suggestions(work, client_id, line.id)) for line in lines]
    assert found == len(lines) > 2
    assert set(proposed) == {True, False}


def test_the_joiners_overview_looks_alive(played):
    overview = played.overview(1)
    assert 350_000_00 < overview.ageing.open.cents < 600_000_00
    assert 0.2 < overview.ageing.overdue.cents / overview.ageing.open.cents < 0.4
    assert all(part.cents > 0 for part in overview.ageing.buckets.values())
    assert overview.collected.cents > 0
    assert overview.sent > 5
    assert overview.watched[0].name == "Brasserie du Condroz SRL"


@pytest.mark.parametrize("client_id", [1, 2])
def test_clients_wait_less_for_their_money_since_they_delegate(played, client_id):
    overview = played.overview(client_id)
    assert overview.delegated_on is not None
    before = [days for on, days in overview.dso if on < overview.delegated_on]
    since = [days for on, days in overview.dso if on > overview.delegated_on + timedelta(days=30)]
    assert sum(since) / len(since) < sum(before) / len(before) - 4


def test_decisions_wait_for_the_client(played):
    decisions = played.overview(1).decisions
    assert [name for _, name in decisions.uploads] == ["factures-2026-11-21-suite.csv"]
    assert decisions.undelegated >= 3
    assert len(decisions.failed) == 1


def test_the_last_import_was_yesterday_at_17_42(played):
    with Session(played.wiring.engine) as session:
        for client_id in (1, 2):
            batch = queries.last_import(session, client_id)
            assert batch is not None
            assert batch.imported_at == datetime(2026, 11, 21, 16, 42, tzinfo=UTC)
            assert batch.result["created"] > 0


def test_a_bad_payer_has_a_rich_file(played):
    brasserie = played.debtor("Brasserie du Condroz SRL")
    since = TODAY - timedelta(days=71)
    where = [records.Act.debtor_id == brasserie.id, records.Act.day > since]
    acts = [
        (kind, facts.get("step"))
        for kind, facts in played.rows(records.Act.kind, records.Act.facts, where=where)
    ]
    steps = [step for kind, step in acts if kind == "sent"]
    assert steps == ["statement_1", "statement_2", "statement_3", "formal_notice"]
    ledger = played.ledger(1)
    open_cents = ledger.open_cents(TODAY)
    part_paid = [
        i
        for i in ledger.invoices
        if i.debtor_id == brasserie.id and 0 < open_cents.get(i.id, 0) < i.total.cents
    ]
    assert [open_cents[i.id] for i in part_paid] == [9_480_00]


def test_one_debtor_is_paused_and_one_withdrawn(played):
    with Session(played.wiring.engine) as session:
        states = Counter(s.state.value for s in queries.delegation_states(session, 1, TODAY).values())
    assert (states["paused"], states["withdrawn"]) == (1, 1)
    assert 36 <= states["delegated"] <= 48


def test_one_debtor_has_promised_and_one_contests(played):
    with Session(played.wiring.engine) as session:
        for client_id in (1, 2):
            found = stops.of_clients(session, [client_id])
            kinds = [stop.kind.value for of in found.values() for stop in of.stops.known]
            assert sorted(kinds) == ["dispute", "promise"]


def test_every_login_works_and_is_its_clients(played):
    assert played.logins == demo.logins()
    for login in played.logins:
        assert len(login.password) >= PASSWORD_LENGTH_MIN
        with played.wiring.begin(HOUSE) as work:
            assert signing.check(work, login.email, login.password)
    assert Counter(login.client for login in played.logins) == {
        "menuiserie-exemple": 3,
        "kasteelhof-it": 1,
        "": 2,
    }


def test_a_second_call_changes_nothing(played):
    before = played.rows(records.Act.id)
    assert demo.fill(played.wiring) == played.logins
    assert played.rows(records.Act.id) == before


def test_the_same_day_gives_the_same_figures(played, tmp_path, sqlite_template):
    """One client alone, in another house: ids differ, the facts do not."""
    wiring = empty(tmp_path, sqlite_template)
    demo.fill(wiring, parts=PARTS[1:])
    again = Played(wiring, [])
    assert _facts(again, "kasteelhof-it") == _facts(played, "kasteelhof-it")
    wiring.engine.dispose()


def _facts(house, slug):
    client_id = house.rows(records.Client.id, where=[records.Client.slug == slug])[0]
    invoice, payment, message, debtor = (
        records.Invoice,
        records.Payment,
        records.OutboxMessage,
        records.Debtor,
    )
    names = dict(house.rows(debtor.id, debtor.name))
    invoices = house.rows(
        invoice.number, invoice.total_cents, invoice.due, where=[invoice.client_id == client_id]
    )
    payments = house.rows(
        payment.reference, payment.amount_cents, payment.on, where=[payment.client_id == client_id]
    )
    messages = house.rows(
        message.debtor_id, message.step, message.day, where=[message.client_id == client_id]
    )
    return sorted(invoices), sorted(payments), sorted((names[key], *rest) for key, *rest in messages)


def test_it_is_refused_where_demo_data_may_not_exist(tmp_path, sqlite_template):
    wiring = empty(tmp_path, sqlite_template, demo_setting="")
    with pytest.raises(demo.NoDemo):
        demo.fill(wiring)
    with Session(wiring.engine) as session:
        assert session.exec(select(records.Agency)).all() == []
    wiring.engine.dispose()
