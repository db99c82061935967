"""What the database itself guarantees, on SQLite and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError
from sqlmodel import Session

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind

DUE = date(2026, 10, 1)


@pytest.fixture
def client_id(house):
    return house.client()


@pytest.fixture
def invoice_id(house, client_id):
    return house.invoice(house.debtor(client_id), "F1", due=DUE, cents=12_345)


@pytest.fixture
def act_id(wiring, client_id):
    with wiring.begin(HOUSE) as work:
        act = work.journal.record(ActKind.SENT, day=work.today, client_id=client_id, facts={"to": "x"})
        work.session.flush()
        return act.id


def test_an_act_keeps_its_facts(house, client_id, act_id):
    with Session(house.engine) as session:
        (act,) = queries.acts(session, client_id)
    assert (act.id, act.kind, act.facts) == (act_id, "sent", {"to": "x"})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(update(records.Act).values(kind="payment"), id="update"),
        pytest.param(delete(records.Act), id="delete"),
    ],
)
def test_the_database_refuses_to_change_or_remove_an_act(wiring, house, act_id, change):
    before = house.dump()
    with (
        pytest.raises(DBAPIError, match="act is append-only"),
        Session(house.engine) as session,
        session.begin(),
    ):
        session.exec(change)
    assert house.dump() == before


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_the_journal_cannot_be_emptied_at_once_either(wiring, act_id):
    with pytest.raises(DBAPIError, match="act is append-only"), wiring.engine.begin() as connection:
        connection.execute(text("TRUNCATE act"))


def message_with_step(house, wiring, invoice_id, name, *, dropped=False):
    with Session(house.engine) as session:
        invoice = session.get_one(records.Invoice, invoice_id)
    message_id = house.add(
        records.OutboxMessage(
            client_id=invoice.client_id,
            debtor_id=invoice.debtor_id,
            message_id=f"{name}@agency.example",
            day=DUE + timedelta(days=8),
            step="statement_1",
            language="fr",
            channel="email",
            recipient="x@debtor.example",
            created_at=house.clock(),
        )
    )
    return house.add(
        records.OutboxLine(
            client_id=invoice.client_id,
            message_id=message_id,
            invoice_id=invoice_id,
            step="statement_1",
            days_late=8,
            open_cents=100,
            dropped=dropped,
        )
    )


def test_no_invoice_takes_a_step_twice(house, wiring, invoice_id):
    message_with_step(house, wiring, invoice_id, "first")
    with pytest.raises(IntegrityError):
        message_with_step(house, wiring, invoice_id, "second")


def test_a_dropped_step_may_be_taken_again(house, wiring, invoice_id):
    message_with_step(house, wiring, invoice_id, "first", dropped=True)
    message_with_step(house, wiring, invoice_id, "second", dropped=True)
    message_with_step(house, wiring, invoice_id, "third")


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(
            lambda now: records.Debtor(client_id=999, name="X", match_key="x", created_at=now), id="client"
        ),
        pytest.param(
            lambda now: records.Contact(client_id=1, debtor_id=999, email="x@y.example", created_at=now),
            id="debtor",
        ),
        pytest.param(
            lambda _: records.Allocation(client_id=1, invoice_id=1, payment_id=999, on=DUE, amount_cents=1),
            id="payment",
        ),
    ],
)
def test_a_row_that_refers_to_nothing_is_refused(house, invoice_id, row):
    with pytest.raises(IntegrityError):
        house.add(row(house.clock()))


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"cents": -1}, id="negative total"),
        pytest.param({"cents": 1, "issue": DUE + timedelta(days=1)}, id="due before issue"),
        pytest.param({"cents": 1, "number": "F1"}, id="number used twice"),
    ],
)
def test_an_impossible_invoice_is_refused_by_the_database(house, wiring, invoice_id, facts):
    with Session(house.engine) as session:
        debtor_id = session.get_one(records.Invoice, invoice_id).debtor_id
    with pytest.raises(IntegrityError):
        house.invoice(debtor_id, **{"number": "F2", "due": DUE} | facts)


@pytest.mark.parametrize("sources", [{}, {"payment_id": 1, "credit_note_id": 1}])
def test_an_allocation_has_exactly_one_source(house, invoice_id, sources):
    house.payment(1, on=DUE, cents=100)
    with pytest.raises(IntegrityError):
        house.allocate(invoice_id, on=DUE, cents=100, **sources)


def test_cents_beyond_32_bits_come_back_whole(house, wiring, client_id):
    cents = 12_345_678_901_234
    debtor_id = house.debtor(client_id)
    invoice_id = house.invoice(debtor_id, "BIG", due=DUE, cents=cents)
    house.payment(debtor_id, on=DUE, cents=cents - 1, invoice_id=invoice_id)
    with Session(house.engine) as session:
        ledger = queries.ledgers(session, client_id)["EUR"]
    assert ledger.invoices[0].total.cents == cents
    assert ledger.open_cents(DUE) == {invoice_id: 1}


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # the hour that Brussels lives twice
        datetime(2026, 3, 29, 3, 30, 0, 123456, tzinfo=timezone(timedelta(hours=2))),
        datetime(1999, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-11))),
    ],
)
def test_an_aware_time_comes_back_as_the_same_moment_in_utc(house, wiring, client_id, at):
    house.add(records.Debtor(client_id=client_id, name="X", match_key="x", created_at=at))
    with Session(house.engine) as session:
        (found,) = queries.debtors(session, client_id)
    assert found.created_at == at
    assert found.created_at.utcoffset() == timedelta(0)


def test_a_naive_time_is_refused(house, client_id):
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the mistake this is about
    with pytest.raises((StatementError, TypeError, ValueError)):
        house.add(records.Debtor(client_id=client_id, name="X", match_key="x", created_at=naive))


def test_a_unit_of_work_that_raises_leaves_nothing(house, wiring, client_id):
    before = house.dump()

    def fail():
        with wiring.begin(HOUSE) as work:
            work.session.add(
                records.Debtor(client_id=client_id, name="X", match_key="x", created_at=work.now)
            )
            work.session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert house.dump() == before


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_has_its_safety_switched_on(wiring):
    with wiring.engine.connect() as connection:
        asked = ("foreign_keys", "journal_mode", "busy_timeout")
        answers = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
    assert answers == [1, "wal", 10_000]
