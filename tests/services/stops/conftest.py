"""What the stories of stops share: an owner who opens them, and nights looked at without sending."""

import pytest

from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.stops import Instalment
from encaiss_dashboard.domain.stops.opening import NewPlan
from encaiss_dashboard.services import reminders
from encaiss_dashboard.services.stops import opening
from encaiss_dashboard.storage import records


@pytest.fixture
def owner(house, moulin):
    return house.user(Role.OWNER, "ardenne")


@pytest.fixture
def stop(house, owner, moulin):
    """Opens a stop as the client's owner; returns its id."""

    def opened(new, words="", debtor=None):
        with house.wiring.begin(owner) as work:
            return opening.open_one(work, 1, debtor or moulin, new, words)

    return opened


@pytest.fixture
def by_owner(house, owner):
    """Calls a service as the client's owner."""

    def call(service, *args, **kwargs):
        with house.wiring.begin(owner) as work:
            return service(work, 1, *args, **kwargs)

    return call


@pytest.fixture
def held(story):
    """The reasons for which messages stay on a night, and the steps of those that go."""

    def tell(days):
        story.clock.set(story.after(days))
        with story.house.wiring.begin(HOUSE, write=False) as work:
            night = reminders.foresee(work, 1)
        return [one.held.reason for one in night.held], [one.planned.step for one in night.messages]

    return tell


@pytest.fixture
def plan(story, stop, moulin):
    """The plan of the story, agreed on day 8; its id."""
    story.clock.set(story.after(8))
    return stop(NewPlan(None, tuple(Instalment(story.after(n), 25_000) for n in (30, 60, 90, 120))))


@pytest.fixture
def pays(house, story, moulin):
    """Money set against the invoice on a day."""

    def pay(days, cents=25_000):
        [invoice] = [one for one in story.rows(records.Invoice) if one.number == "2026-001"]
        house.payment(moulin, on=story.after(days), cents=cents, invoice_id=invoice.id)

    return pay


@pytest.fixture
def sent(story):
    """Runs the nights of a span and tells on which days which instalment was reminded of."""

    def tell(*days):
        told = {}
        for n in days:
            story.night(n)
            new = [row for row in story.outbox() if row.day == story.after(n) and row.sent_at]
            told.update({n: [row.instalment_on or row.step for row in new]} if new else {})
        return told

    return tell
