"""A client with an owner, its mails, and signing in step by step."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.domain import signing as rules
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services.accounts import factors, signing
from encaiss_dashboard.storage import accounts, records

OWNER = "owner@ardenne.example"


@dataclass
class Desk:
    """What the tests of accounts do again and again."""

    house: Any
    mailbox: Any
    client_id: int
    owner: Any
    digests: list[str] = field(default_factory=list)

    @property
    def wiring(self):
        return self.house.wiring

    def call(self, actor, service, *args, **kwargs):
        """A service on the client, as a screen calls it."""
        with self.wiring.begin(actor) as work:
            return service(work, self.client_id, *args, **kwargs)

    def as_house(self, service, *args, **kwargs):
        with self.wiring.begin(HOUSE) as work:
            return service(work, *args, **kwargs)

    def hashed(self, password="trois chevaux sous la pluie"):
        return self.as_house(signing.hashed, password)

    def open(self, user_id, *, second_factor="", replaces=""):
        """A new session; returns its digest."""
        self.digests.append(self.wiring.digest(f"cookie {len(self.digests)}"))
        self.as_house(
            signing.open_session,
            user_id,
            self.digests[-1],
            second_factor=second_factor,
            replaces=replaces,
            address="192.0.2.7",
        )
        return self.digests[-1]

    def set_factor(self, actor):
        """Set a second factor for a person; returns the function that tells the code of now."""
        key = self.call(actor, factors.enrol).key

        def code():
            return rules.code_at(key, self.house.clock())

        self.call(actor, factors.confirm, code())
        self.house.clock.forward(seconds=60)
        return code

    def mails(self):
        """Deliver what waits; all mails so far."""
        jobs.deliver_account_mails(self.wiring)
        return self.mailbox.sent

    def link(self):
        """The token of the link in the last mail."""
        return re.search(r"/link/(\S+)", self.mails()[-1].letter.text).group(1)

    def acts(self, *kinds):
        with Session(self.house.engine) as session:
            rows = session.exec(select(records.Act).order_by(col(records.Act.id)))
            return [act for act in rows if act.kind in kinds]

    def user(self, email):
        with Session(self.house.engine) as session:
            return session.exec(select(accounts.User).where(accounts.User.email == email)).first()


@pytest.fixture
def desk(house, mailbox):
    client_id = house.client("ardenne")
    return Desk(house, mailbox, client_id, house.user(Role.OWNER, "ardenne", OWNER, "Test Owner"))
