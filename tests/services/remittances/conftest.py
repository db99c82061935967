"""What the tests of remittances share: a day, the agency's till, a client and what was paid on to it."""

from datetime import timedelta

import pytest
from remitted import OWN, REMITTED_ON, SECOND, THEIRS, Till
from sqlmodel import Session, select

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import remittances
from encaiss_dashboard.storage.bank import Remittance

ON = REMITTED_ON


@pytest.fixture(autouse=True)
def today(clock):
    clock.set(ON)


@pytest.fixture
def till(house):
    return Till(house)


@pytest.fixture
def client(house):
    return house.client(iban=THEIRS)


@pytest.fixture
def debtor(house, client):
    return house.debtor(client)


@pytest.fixture
def act(house):
    def call(service, *args, actor=HOUSE, of=None):
        with house.wiring.begin(actor) as work:
            return service(work, of, *args)

    return call


@pytest.fixture
def rows(house):
    def read(table=Remittance):
        with Session(house.engine) as session:
            return list(session.exec(select(table).order_by(table.id)))

    return read


@pytest.fixture
def made(act, till, client, debtor, rows):
    """A remittance of 150.00 that pays on two payments."""
    for cents in (10_000, 5_000):
        till.receives(debtor, cents, ON - timedelta(days=3))
    act(remittances.make, [client], ON)
    return rows()[-1]


@pytest.fixture
def two(act, till, house, rows):
    """Remittances of 1.00 and 2.00 to two clients, by their ids."""
    clients = [house.client(f"client{n}", f"Clïent {n} & Fils", iban=THEIRS) for n in (1, 2)]
    for n, key in enumerate(clients, start=1):
        till.receives(house.debtor(key), 100 * n, ON, of=OWN if n == 1 else SECOND)
    act(remittances.make, clients, ON)
    return [row.id for row in rows()]
