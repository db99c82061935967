"""The list of invoices: searched as typed, sorted whole, cut into pages, in step with the ageing."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from encaiss_dashboard.domain.ageing import ageing, bucket_codes
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import invoices
from encaiss_dashboard.services.invoices import Search, SortBy
from encaiss_dashboard.storage import lists, queries, records
from encaiss_dashboard.storage.lists import InvoiceFilter

ON = date(2026, 11, 22)
NAMES = ["100% Bois", "A_B Meubles", "L'Atelier d'Été", 'Say "Hi" SPRL', "Zinc\\Co", "alpha", "Bêta", "[x]"]


@pytest.fixture
def client_id(house):
    key = house.client()
    for number, name in enumerate(NAMES):
        debtor_id = house.debtor(key, name)
        house.invoice(debtor_id, f"F-{number:02}", due=ON - timedelta(days=number), cents=1_000 + number)
    return key


def found(house, client_id, **search):
    with Session(house.engine) as session:
        wanted = InvoiceFilter(ON, **search)
        lines = lists.invoice_lines(session, client_id, wanted, sort="number", descending=False)
        assert lists.count_invoices(session, client_id, wanted)[0] == len(lines)
    return [line.debtor for line in lines]


@pytest.mark.parametrize(
    "typed, names",
    [
        ("%", ["100% Bois"]),
        ("_", ["A_B Meubles"]),
        ("'", ["L'Atelier d'Été"]),
        ('"', ['Say "Hi" SPRL']),
        ("\\", ["Zinc\\Co"]),
        ("[x]", ["[x]"]),
        ("/", []),
        ("' OR 1=1 --", []),
        ("été", ["L'Atelier d'Été"]),
        ("BÊTA", ["Bêta"]),
        ("ALPHA", ["alpha"]),
        ("f-05", ["alpha"]),
        ("", NAMES),
    ],
)
def test_a_search_finds_the_text_as_it_was_typed(house, client_id, typed, names):
    assert found(house, client_id, text=typed) == names


def test_each_state_lists_its_own(house, client_id):
    debtor_id = house.debtor(client_id, "Payer")
    paid = house.invoice(debtor_id, "P", due=ON, cents=100)
    house.payment(debtor_id, on=ON, cents=100, invoice_id=paid)
    house.invoice(debtor_id, "C", due=ON, cents=100, kind="credit_note")
    house.invoice(debtor_id, "LATER", due=ON + timedelta(days=60), issue=ON + timedelta(days=1), cents=1)
    assert found(house, client_id, show="paid") == ["Payer"]
    assert found(house, client_id, show="credit_notes") == ["Payer"]
    assert len(found(house, client_id, show="overdue")) == len(NAMES) - 1
    assert len(found(house, client_id, show="all")) == len(NAMES) + 2
    assert found(house, client_id, debtor_id=debtor_id) == []


def test_an_unused_credit_note_is_negative_and_a_used_one_is_not(house, wiring, client_id):
    debtor_id = house.debtor(client_id, "Payer")
    invoice = house.invoice(debtor_id, "I", due=ON, cents=1_000)
    credit_note = house.invoice(debtor_id, "C", due=ON, cents=300, kind="credit_note")
    house.allocate(invoice, on=ON, cents=200, credit_note_id=credit_note)
    with Session(house.engine) as session:
        wanted = InvoiceFilter(ON, show="all", debtor_id=debtor_id)
        lines = lists.invoice_lines(session, client_id, wanted, sort="number", descending=False)
    assert [(line.number, line.open.cents) for line in lines] == [("C", -100), ("I", 800)]


@pytest.mark.parametrize("column", SortBy)
@pytest.mark.parametrize("descending", [False, True])
def test_pages_put_together_are_the_whole_list_in_order(house, wiring, client_id, column, descending):
    debtor_id = house.debtor(client_id, "Many")
    for number in range(7):
        house.invoice(debtor_id, f"M{number}", due=ON, cents=500)
    with Session(house.engine) as session:
        wanted = InvoiceFilter(ON)

        def page(offset, limit):
            return lists.invoice_lines(
                session,
                client_id,
                wanted,
                sort=column.value,
                descending=descending,
                offset=offset,
                limit=limit,
            )

        whole = page(0, None)
        cut = [line for offset in range(0, 18, 4) for line in page(offset, 4)]
    assert cut == whole
    assert len({line.id for line in whole}) == len(NAMES) + 7
    key = {
        "due": lambda line: line.due,
        "issue": lambda line: line.issue,
        "total": lambda line: line.total.cents,
        "open": lambda line: line.open.cents,
    }.get(column.value)
    if key:  # the order of letters is the database's own
        assert list(map(key, whole)) == sorted(map(key, whole), reverse=descending)


def test_currencies_are_summed_apart(house, wiring, client_id):
    house.invoice(house.debtor(client_id, "US"), "U", due=ON, cents=77, currency="USD")
    with Session(house.engine) as session:
        _, sums = lists.count_invoices(session, client_id, InvoiceFilter(ON))
    assert sums == [Money(8_028), Money(77, "USD")]


FACTS = st.lists(
    st.tuples(
        st.integers(-120, 40),  # due, in days from the date asked about
        st.integers(0, 60),  # term
        st.integers(1, 10**7),  # cents
        st.lists(st.tuples(st.integers(-130, 10), st.integers(1, 10**7)), max_size=3),
    ),
    max_size=12,
)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS)
def test_the_list_of_each_bucket_adds_up_to_the_ageing(wiring, facts):
    client_id = _furnish(wiring.engine, wiring.clock(), facts)
    with wiring.begin(HOUSE, ON, write=False) as work:
        ledger = queries.ledgers(work.session, client_id).get("EUR")
        aged = ageing(ledger, ON) if ledger else None
        for code in bucket_codes():
            page = invoices.find(work, client_id, Search(ON, bucket=code))
            assert page.found == (aged.counts[code] if aged else 0)
            assert sum(m.cents for m in page.open) == (aged.buckets[code].cents if aged else 0)


def _furnish(engine, now, facts):
    """A client of its own for each example, in one database."""
    with Session(engine) as session, session.begin():
        agency = records.Agency(name="A", email="a@agency.example")
        session.add(agency)
        session.flush()
        client = records.Client(agency_id=agency.id, slug=str(uuid4()), name="C", created_at=now)
        session.add(client)
        session.flush()
        debtor = records.Debtor(client_id=client.id, name="D", match_key="d", created_at=now)
        session.add(debtor)
        session.flush()
        common = {"client_id": client.id, "debtor_id": debtor.id, "recorded_at": now}
        for number, (due, term, cents, payments) in enumerate(facts):
            day = ON + timedelta(days=due)
            invoice = records.Invoice(
                kind="invoice",
                number=str(number),
                issue=day - timedelta(days=term),
                due=day,
                total_cents=cents,
                **common,
            )
            session.add(invoice)
            for on, paid in payments:
                payment = records.Payment(
                    on=ON + timedelta(days=on), amount_cents=paid, source="bank", **common
                )
                session.add(payment)
                session.flush()
                session.add(
                    records.Allocation(
                        client_id=client.id,
                        invoice_id=invoice.id,
                        payment_id=payment.id,
                        on=payment.on,
                        amount_cents=paid,
                    )
                )
        return client.id
