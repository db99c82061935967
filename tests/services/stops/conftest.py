"""What the stories of stops share: an owner who opens them, and nights looked at without sending."""

import pytest

from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services import reminders
from encaiss_dashboard.services.stops import opening


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
