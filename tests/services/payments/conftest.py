"""A client whose bank tells what its debtors paid, and the desk at which it is booked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest
from bank_files import OURS, MadeUp, statement
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import payments
from encaiss_dashboard.storage import queries, records

DUE = date(2026, 11, 1)


@dataclass
class Desk:
    """Where a bank's files arrive; every answer is of a transaction of its own."""

    house: Any
    banks: MadeUp
    client: int

    def bring(self, *statements, client=0, actor=HOUSE, dry_run=False, **options):
        """Import a file with these statements."""
        data = self.banks.file(*statements, **options)
        return self.again(data, client=client, actor=actor, dry_run=dry_run)

    def again(self, data, *, client=0, actor=HOUSE, dry_run=False):
        with self.house.wiring.begin(actor) as work:
            whose = self.client if client == 0 else client
            return payments.receive(work, whose, "file.cod", data, dry_run=dry_run)

    def told(self, *movements, **details):
        """Import one statement; what came of it."""
        return self.bring(statement(*movements, **details)).statements[0]

    def bring_one(self, *movements, **details):
        """Import one statement; what came of the file."""
        return self.bring(statement(*movements, **details))

    def do(self, name, *arguments, actor=HOUSE, client=0, **options):
        """Call a service of payments for the client."""
        with self.house.wiring.begin(actor) as work:
            whose = self.client if client == 0 else client
            return getattr(payments, name)(work, whose, *arguments, **options)

    def waiting(self, **options):
        return self.do("waiting", **options)[0]

    def listed(self, **search):
        return self.do("payments", payments.PaymentSearch(**search))[0]

    def off(self):
        """What does not add up."""
        with self.house.wiring.begin(HOUSE) as work:
            return [(one.code, one.facts) for one in payments.verify(work)]

    def open(self, on=date(2027, 12, 31)):
        """What is open on a day, in cents by number."""
        with Session(self.house.engine) as session:
            found = {}
            for ledger in queries.ledgers(session, self.client).values():
                numbers = {one.id: one.number for one in ledger.invoices}
                found |= {numbers[key]: cents for key, cents in ledger.open_cents(on).items()}
            return found

    def rows(self, table):
        with Session(self.house.engine) as session:
            return list(session.exec(select(table).order_by(col(table.id))))

    def acts(self, *kinds):
        return [(act.kind, act.facts) for act in self.rows(records.Act) if act.kind in kinds]


@pytest.fixture
def banks():
    return MadeUp()


@pytest.fixture
def house(house, banks):
    return replace(house, wiring=replace(house.wiring, banks=banks))


@pytest.fixture
def client(house):
    return house.client(iban=OURS)


@pytest.fixture
def desk(house, banks, client):
    return Desk(house, banks, client)


@pytest.fixture
def moulin(house, client):
    """A debtor that owes 1,000.00 on 2026-001 and 250.00 on 2026-002, both past due."""
    debtor = house.debtor(client, email="compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "2026-001", due=DUE, cents=100_000, reference="+++123/4567/89002+++")
    house.invoice(debtor, "2026-002", due=DUE, cents=25_000)
    return debtor
