"""Reads as of a date: what is open, what was done, and who may still be written to."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.storage import queries, records

DUE = date(2026, 9, 1)
DAY = timedelta(days=1)


@pytest.fixture
def client_id(house):
    return house.client()


@pytest.fixture
def debtor_id(house, client_id):
    return house.debtor(client_id)


@pytest.fixture
def session(house):
    with Session(house.engine) as session:
        yield session


def test_a_balance_is_true_for_the_date_asked_about(house, session, client_id, debtor_id):
    """Invoiced 30 days before it is due, half paid on the day, the rest ten days later."""
    invoice = house.invoice(debtor_id, "F1", due=DUE, cents=10_000)
    house.payment(debtor_id, on=DUE, cents=5_000, invoice_id=invoice)
    house.payment(debtor_id, on=DUE + 10 * DAY, cents=5_000, invoice_id=invoice)
    story = {
        DUE - 31 * DAY: {},
        DUE - 30 * DAY: {debtor_id: [10_000]},
        DUE - DAY: {debtor_id: [10_000]},
        DUE: {debtor_id: [5_000]},
        DUE + 9 * DAY: {debtor_id: [5_000]},
        DUE + 10 * DAY: {},
    }
    for on, expected in story.items():
        found = queries.open_invoices(session, client_id, on)
        assert {key: [i.open.cents for i in owed] for key, owed in found.items()} == expected, on


def test_each_currency_has_its_own_ledger_and_the_euro_comes_first(house, session, client_id, debtor_id):
    for currency in ("USD", "EUR", "GBP"):
        house.invoice(debtor_id, currency, due=DUE, cents=100, currency=currency)
    assert list(queries.ledgers(session, client_id)) == ["EUR", "GBP", "USD"]


def test_a_ledger_of_some_debtors_holds_only_theirs(house, session, client_id, debtor_id):
    other = house.debtor(client_id, "Autre SA")
    for owner in (debtor_id, other):
        invoice = house.invoice(owner, f"F{owner}", due=DUE, cents=1_000)
        house.payment(owner, on=DUE, cents=400, invoice_id=invoice)
    ledger = queries.ledgers(session, client_id, [other])["EUR"]
    assert {i.debtor_id for i in ledger.invoices} == {other}
    assert {p.debtor_id for p in ledger.payments} == {other}
    assert list(ledger.open_cents(DUE).values()) == [600]
    assert queries.ledgers(session, client_id, []) == {}


def test_free_credit_is_what_was_paid_or_credited_and_not_set_against_anything(
    house, session, client_id, debtor_id
):
    invoice = house.invoice(debtor_id, "F1", due=DUE, cents=10_000)
    credit_note = house.invoice(debtor_id, "C1", due=DUE, cents=2_000, kind="credit_note")
    house.allocate(invoice, on=DUE, cents=500, credit_note_id=credit_note)
    house.payment(debtor_id, on=DUE, cents=300)
    assert [m.cents for m in queries.free_credits(session, client_id, DUE)[debtor_id]] == [1_800]


def message(house, debtor_id, invoice_id, day, step, **details):
    dropped = bool(details.get("dropped_at"))
    key = house.add(
        records.OutboxMessage(
            client_id=1,
            debtor_id=debtor_id,
            message_id=f"{day}.{step}@agency.example",
            day=day,
            step=step,
            language="fr",
            channel="email",
            recipient="x@debtor.example",
            created_at=house.clock(),
            **details,
        )
    )
    facts = {"step": step, "days_late": 8, "open_cents": 100, "dropped": dropped}
    house.add(records.OutboxLine(client_id=1, message_id=key, invoice_id=invoice_id, **facts))
    return key


def test_the_steps_of_an_invoice_are_those_intended_and_not_dropped(house, session, client_id, debtor_id):
    invoice = house.invoice(debtor_id, "F1", due=DUE, cents=100)
    message(house, debtor_id, invoice, DUE + 22 * DAY, "statement_2")
    message(house, debtor_id, invoice, DUE + 7 * DAY, "statement_1", sent_at=house.clock())
    message(house, debtor_id, invoice, DUE + 37 * DAY, "statement_3", dropped_at=house.clock())
    done = queries.steps_done(session, client_id)[invoice]
    assert [(d.code, d.on) for d in done] == [
        (StepCode.STATEMENT_1, DUE + 7 * DAY),
        (StepCode.STATEMENT_2, DUE + 22 * DAY),
    ]


def test_a_courtesy_or_dropped_message_is_no_contact(house, session, client_id, debtor_id):
    invoice = house.invoice(debtor_id, "F1", due=DUE, cents=100)
    message(house, debtor_id, invoice, DUE + 7 * DAY, "statement_1")
    message(house, debtor_id, invoice, DUE + 30 * DAY, "courtesy")
    message(house, debtor_id, invoice, DUE + 40 * DAY, "statement_2", dropped_at=house.clock())
    assert queries.last_contacts(session, client_id) == {debtor_id: DUE + 7 * DAY}


def test_delegation_facts_come_in_the_order_they_were_recorded(house, session, client_id, debtor_id):
    house.delegate(debtor_id, from_date=DUE)
    house.delegate(debtor_id, from_date=DUE, kind="withdraw")
    states = queries.delegation_states(session, client_id, DUE)
    assert states[debtor_id].state is DelegationState.WITHDRAWN
    assert queries.delegation_states(session, client_id, DUE - DAY)[debtor_id].since is None


def test_an_unknown_record_is_not_found(session, client_id):
    for ask in (queries.debtor, queries.message):
        with pytest.raises(NotFound):
            ask(session, client_id, 999)
    with pytest.raises(NotFound):
        queries.client(session, 999)
    with pytest.raises(NotFound) as refused:
        queries.client_by_slug(session, "nobody")
    assert refused.value.facts == {"what": "nobody"}


def test_the_first_address_of_a_debtor_is_the_one_written_to(house, session, client_id, debtor_id):
    for email in ("first@debtor.example", "second@debtor.example"):
        house.add(
            records.Contact(client_id=client_id, debtor_id=debtor_id, email=email, created_at=house.clock())
        )
    assert queries.addresses(session, client_id) == {debtor_id: "first@debtor.example"}
