"""What the stories of merging share: two debtors that are one, and somebody who may say so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.services.debtors import merging, parting, splitting
from encaiss_dashboard.services.debtors.splitting import NewDebtor
from encaiss_dashboard.storage import records

DUE = date(2026, 11, 1)


@pytest.fixture
def client(house):
    return house.client(iban="BE68539007547034")


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne", name="Odile Owner")


@pytest.fixture
def read(wiring, client, owner):
    def call(service, *args, actor=owner, **kwargs):
        with wiring.begin(actor, write=False) as work:
            return service(work, client, *args, **kwargs)

    return call


@pytest.fixture
def act(wiring, client, owner):
    def call(service, *args, actor=owner, **kwargs):
        with wiring.begin(actor) as work:
            return service(work, client, *args, **kwargs)

    return call


@pytest.fixture
def merge(read, act):
    """Merges the first into the second, as somebody does who has seen what it does."""

    def call(gone, kept, **who):
        return act(merging.merge, gone, kept, read(merging.foresee, gone, kept, **who).mark, **who)

    return call


@pytest.fixture
def part(read, act):
    """Undoes the merge of one debtor into another."""

    def call(kept, gone):
        [one] = [one for one in read(parting.parts, kept) if one.debtor_id == gone]
        return act(parting.part, one.merge_id, one.mark)

    return call


@pytest.fixture
def kept(house, client):
    """Delegated; owes 100.00, has paid 20.00 too much once."""
    debtor = house.debtor(client, "Moulin Clair SA", "compta@moulin.example", city="Ciney")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "A-1", due=DUE, cents=10_000)
    house.payment(debtor, on=DUE, cents=2_000)
    return debtor


@pytest.fixture
def gone(house, client):
    """The same one under a name with a typo: owes 70.00 of two invoices, one of them paid in part."""
    debtor = house.debtor(
        client,
        "Moulin Claire",
        "info@moulin.example",
        number="K-7",
        enterprise_number="BE 0202.239.951",
        address="Rue du Moulin 7",
        postcode="5590",
        city="CINEY",
        term="NET_60",
    )
    first = house.invoice(debtor, "B-1", due=DUE, cents=5_000)
    house.payment(debtor, on=DUE, cents=1_000, invoice_id=first)
    second = house.invoice(debtor, "B-2", due=DUE + timedelta(days=5), cents=3_500)
    note = house.invoice(debtor, "B-3", due=DUE, cents=500, kind="credit_note")
    house.allocate(second, on=DUE, cents=500, credit_note_id=note)
    return debtor


@pytest.fixture
def split(read, act):
    """Gives chosen invoices of a debtor to a new one."""

    def call(debtor, chosen, name="Moulin du Haut", **facts):
        seen = read(splitting.foresee, debtor, chosen).mark
        return act(splitting.split, debtor, chosen, NewDebtor(name, **facts), seen=seen)

    return call


@pytest.fixture
def rows(house):
    """Every row of a table, or those of one debtor."""

    def call(table, debtor=None):
        where = () if debtor is None else (table.debtor_id == debtor,)
        with Session(house.engine) as session:
            return list(session.exec(select(table).where(*where).order_by(col(table.id))))

    return call


@pytest.fixture
def of(rows):
    """The ids of a debtor's rows of a table."""

    def call(table, debtor):
        return {row.id for row in rows(table, debtor)}

    return call


@pytest.fixture
def business(house):
    """A function that returns every row of a client, but for tables that remember that something was done."""
    left_out = {"act", "journal_head", "debtor_merge"}
    tables = {
        name: table
        for name, table in records.Record.metadata.tables.items()
        if "client_id" in table.c and name not in left_out
    }

    def call(client=1):
        with house.engine.connect() as connection:
            return {
                name: list(
                    connection.execute(table.select().filter_by(client_id=client).order_by(table.c.id))
                )
                for name, table in tables.items()
            }

    return call
