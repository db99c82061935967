"""What the stories of reminders share: a debtor that owes, nights that pass, what is kept of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import reminders
from encaiss_dashboard.storage import records

DUE = date(2026, 11, 1)


@dataclass
class Story:
    """Nights counted from the due date of most invoices, and what the house kept of them."""

    house: Any
    clock: Any

    def after(self, days):
        return DUE + timedelta(days=days)

    def night(self, days, **options):
        """Run the reminders of the night so many days after the due date."""
        self.clock.set(self.after(days))
        return jobs.remind(self.house.wiring, **options)

    def plan(self, days):
        """Keep that night's intentions for the first client without delivering them."""
        self.clock.set(self.after(days))
        with self.house.wiring.begin(HOUSE) as work:
            return reminders.intend(work, 1)

    def rows(self, table):
        with Session(self.house.engine) as session:
            return list(session.exec(select(table).order_by(col(table.id))))

    def outbox(self):
        return self.rows(records.OutboxMessage)

    def acts(self, *kinds):
        return [(act.kind, act.facts) for act in self.rows(records.Act) if act.kind in kinds]


@pytest.fixture
def story(house, clock):
    return Story(house, clock)


@pytest.fixture
def night(story):
    return story.night


@pytest.fixture
def moulin(house):
    """A delegated debtor that owes one invoice of 1,000.00 due on 1 November."""
    client = house.client()
    debtor = house.debtor(client, email="compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "2026-001", due=DUE, cents=100_000)
    return debtor
