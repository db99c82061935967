"""Mails of nobody on PostgreSQL: the policy itself keeps them to the people of the agency."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import ProgrammingError

from encaiss_dashboard.domain.permissions import Actor, Role
from encaiss_dashboard.services.inbound import unassigned
from encaiss_dashboard.storage.inbound import InboundMailbox, InboundMessage

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@pytest.fixture
def stray(house):
    now = house.clock()
    house.client()
    house.debtor(1)
    key = house.add(
        InboundMessage(digest="x", kind="reply", how="nobody", subject="stray", size_bytes=1, received_at=now)
    )
    house.wiring.store.keep(f"inbound-{key}", b"stray")
    return key


def manager(house, *clients):
    actor = house.user(Role.CASE_MANAGER, None, "manager@agency.example")
    return replace(actor, roles={key: {Role.CASE_MANAGER} for key in clients})


def seen(house, actor):
    with house.wiring.begin(actor, write=False) as work:
        return list(work.session.scalars(select(InboundMessage.id)))


def test_who_works_at_the_agency_sees_it_and_nobody_else(house, stray):
    owner = house.user(Role.OWNER, "ardenne")
    assert seen(house, manager(house, 1)) == [stray]
    assert seen(house, owner) == []
    assert seen(house, Actor(None, "Nobody")) == []
    assert seen(house, replace(owner, agency_role=Role.ADMINISTRATOR, roles={})) == [stray]


def test_a_case_manager_can_give_it_to_a_client_of_the_own_ones_and_to_no_other(house, stray):
    other = house.client("baltic", "Baltic BV")
    theirs = house.debtor(other)
    mine = manager(house, 1)
    with pytest.raises(ProgrammingError, match="row-level security"), house.wiring.begin(mine) as work:
        work.session.execute(update(InboundMessage).values(client_id=other, debtor_id=theirs))
    with house.wiring.begin(mine) as work:
        unassigned.assign(work, 1, stray, 1, 1)
    assert seen(house, house.user(Role.OWNER, "ardenne")) == [stray]
    assert seen(house, house.user(Role.OWNER, "baltic")) == []


def test_how_far_a_mailbox_was_read_is_the_houses_own(house, stray):
    with house.wiring.begin(manager(house, 1), write=False) as work:
        assert work.session.execute(select(InboundMailbox)).all() == []
