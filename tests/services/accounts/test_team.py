"""Teams: who may be given what by whom, and that every change is an act."""

import pytest

from encaiss_dashboard.domain.errors import BadEmail, NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import Action, Role
from encaiss_dashboard.services.accounts import colleagues, team
from encaiss_dashboard.services.accounts.colleagues import LastAdministrator
from encaiss_dashboard.services.accounts.team import (
    INVITATIONS_PER_DAY,
    AlreadyMember,
    ClientsDecision,
    LastOwner,
    NoRole,
    TooManyInvitations,
)

NEW = "new@ardenne.example"


@pytest.fixture
def reader(house, desk):
    return house.user(Role.READER, "ardenne", "reader@ardenne.example", "Reader")


@pytest.fixture
def administrator(house):
    return house.user(Role.ADMINISTRATOR, name="Chief")


def invite(desk, actor=None, email=NEW, roles=("reader",), name="", language="fr"):
    return desk.call(actor or desk.owner, team.invite, email=email, name=name, roles=roles, language=language)


def live_roles(desk, actor):
    return desk.wiring.session(desk.open(actor.user_id)).actor.roles.get(desk.client_id, frozenset())


def test_everybody_in_the_team_sees_who_is_and_only_who_manages_sees_the_invited(desk, reader, house):
    house.user(Role.CASE_MANAGER, "ardenne", "manager@agency.example", "Manager")
    invite(desk)
    seen = desk.call(reader, team.team)
    assert [(m.name, m.of_agency, m.is_self) for m in seen.members] == [
        ("Reader", False, True),
        ("Test Owner", False, False),
        ("Manager", True, False),
    ]
    assert (seen.invitations, seen.may_manage) == ((), False)
    managed = desk.call(desk.owner, team.team)
    assert [i.email for i in managed.invitations] == [NEW]
    assert managed.may_manage


def test_a_stranger_sees_no_team(desk, house):
    house.client("baltique", "Baltique NV")
    stranger = house.user(Role.OWNER, "baltique")
    with pytest.raises(NotAllowed):
        desk.call(stranger, team.team)


@pytest.mark.parametrize("role", [r for r in Role if r not in {Role.OWNER, Role.ADMINISTRATOR}])
def test_only_owners_and_administrators_manage_a_team(desk, house, role, reader):
    actor = house.user(role, "ardenne", "somebody@ardenne.example")
    before = house.dump()
    for call in (
        lambda: invite(desk, actor),
        lambda: desk.call(actor, team.change_roles, reader.user_id, ["owner"]),
        lambda: desk.call(actor, team.remove, reader.user_id),
        lambda: desk.call(actor, team.change_roles, actor.user_id, ["owner"]),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert house.dump() == before


def test_roles_change_at_once_and_the_journal_says_from_what_to_what(desk, reader):
    digest = desk.open(reader.user_id)
    assert not desk.wiring.signed_in(digest).actor.may(Action.UPLOAD, desk.client_id)
    desk.call(desk.owner, team.change_roles, reader.user_id, ["accountant", "reader"])
    assert desk.wiring.signed_in(digest).actor.may(Action.UPLOAD, desk.client_id)
    (act,) = desk.acts("roles_changed")
    assert act.actor == "Test Owner"
    assert act.facts["before"] == ["reader"]
    assert act.facts["after"] == ["accountant", "reader"]
    assert act.shown == {"person": "Reader", "email": "reader@ardenne.example", "roles": ["reader"]}


def test_the_same_roles_again_are_no_change(desk, reader, house):
    before = house.dump()
    desk.call(desk.owner, team.change_roles, reader.user_id, ["reader"])
    assert house.dump() == before


def test_who_is_taken_out_sees_nothing_from_that_moment(desk, reader, house):
    digest = desk.open(reader.user_id)
    desk.call(desk.owner, team.remove, reader.user_id)
    signed = desk.wiring.session(digest)
    assert (signed.clients, signed.actor.roles) == ((), {})
    assert [row for row in house.dump()["membership"] if "reader" in row]  # that it was so stays known
    with pytest.raises(NotFound):
        desk.call(desk.owner, team.remove, reader.user_id)
    assert invite(desk, email="reader@ardenne.example")


def test_there_is_always_an_owner(desk, house):
    for change in (
        lambda: desk.call(desk.owner, team.remove, desk.owner.user_id),
        lambda: desk.call(desk.owner, team.change_roles, desk.owner.user_id, ["reader"]),
    ):
        with pytest.raises(LastOwner):
            change()
    second = house.user(Role.OWNER, "ardenne", "second@ardenne.example")
    desk.call(desk.owner, team.remove, desk.owner.user_id)
    assert live_roles(desk, second) == {Role.OWNER}


def test_the_agency_does_not_choose_who_consents_for_its_client(desk, administrator, reader, house):
    signatory = house.user(Role.SIGNATORY, "ardenne", "sign@ardenne.example")
    for change in (
        lambda: invite(desk, administrator, roles=["signatory"]),
        lambda: desk.call(administrator, team.change_roles, reader.user_id, ["reader", "signatory"]),
        lambda: desk.call(administrator, team.change_roles, signatory.user_id, ["reader"]),
        lambda: desk.call(administrator, team.remove, signatory.user_id),
    ):
        with pytest.raises(ClientsDecision):
            change()
    assert invite(desk, roles=["signatory"])


def test_nor_who_chooses_except_for_a_first_owner(desk, administrator, house, reader):
    mine = invite(desk, roles=["owner"])
    theirs = invite(desk, email="sign@ardenne.example", roles=["signatory"])
    for change in (
        lambda: invite(desk, administrator, roles=["owner"]),
        lambda: invite(desk, administrator, roles=["reader"]),  # would replace the owner's own invitation
        lambda: desk.call(administrator, team.revoke, mine),
        lambda: desk.call(administrator, team.revoke, theirs),
        lambda: desk.call(administrator, team.change_roles, reader.user_id, ["owner"]),
        lambda: desk.call(administrator, team.remove, desk.owner.user_id),
    ):
        with pytest.raises(ClientsDecision):
            change()
    other = house.client("baltique", "Baltique NV")
    facts = {"email": NEW, "name": "", "roles": ["owner"], "language": "fr"}
    with desk.wiring.begin(administrator) as work:
        assert team.invite(work, other, **facts)


@pytest.mark.parametrize(
    "facts, refusal",
    [
        ({"roles": []}, NoRole),
        ({"roles": ["administrator"]}, Unreadable),
        ({"roles": ["reader", "made_up"]}, Unreadable),
        ({"email": "no address"}, BadEmail),
        ({"email": "reader@ardenne.example"}, AlreadyMember),
        ({"email": "chief@agency.example"}, AlreadyMember),
        ({"language": "xx"}, Unreadable),
        ({"name": "x" * 200}, Unreadable),
    ],
)
def test_an_invitation_that_cannot_be_leaves_nothing_behind(desk, house, reader, facts, refusal):
    house.user(Role.ADMINISTRATOR, email="chief@agency.example")
    before = house.dump()
    with pytest.raises(refusal):
        invite(desk, **facts)
    assert house.dump() == before


def test_no_team_needs_more_than_fifty_invitations_a_day(desk, clock):
    for number in range(INVITATIONS_PER_DAY):
        invite(desk, email=f"p{number}@ardenne.example")
    with pytest.raises(TooManyInvitations):
        invite(desk)
    clock.forward(days=1, minutes=1)
    assert invite(desk)


def test_an_invitation_of_another_client_is_not_ones_to_revoke(desk, house, administrator):
    invitation = invite(desk)
    other = house.client("baltique", "Baltique NV")
    stranger = house.user(Role.OWNER, "baltique")
    with desk.wiring.begin(stranger) as work, pytest.raises(NotFound):
        team.revoke(work, other, invitation)
    facts = {"email": "x@agency.example", "name": "", "role": "case_manager", "language": "fr"}
    ours = desk.call(administrator, colleagues.invite_colleague, **facts)
    for missing in (ours, 0, -1, 999):
        with pytest.raises(NotFound):
            desk.call(desk.owner, team.revoke, missing)
    desk.call(desk.owner, team.revoke, invitation)
    assert desk.acts("invitation_revoked")[0].facts["email"] == NEW


# ------------------------------------------------------------ the agency


def test_a_case_manager_follows_exactly_the_clients_it_is_given(desk, house, administrator):
    other = house.client("baltique", "Baltique NV")
    manager = house.user(Role.CASE_MANAGER, email="m@agency.example", name="Manager")
    desk.call(administrator, colleagues.assign, manager.user_id, [desk.client_id, other])
    digest = desk.open(manager.user_id, second_factor="totp")
    assert {key for key, _ in desk.wiring.session(digest).clients} == {desk.client_id, other}
    desk.call(administrator, colleagues.assign, manager.user_id, [other])
    assert {key for key, _ in desk.wiring.session(digest).clients} == {other}
    assert {act.client_id for act in desk.acts("roles_changed")} == {desk.client_id, other}
    (row,) = [m for m in desk.call(administrator, colleagues.agency_team).members if m.name == "Manager"]
    assert row.clients == ((other, "Baltique NV"),)
    with pytest.raises(NotFound):
        desk.call(administrator, colleagues.assign, manager.user_id, [other, 999])
    with pytest.raises(NotAllowed):
        desk.call(administrator, colleagues.assign, desk.owner.user_id, [other])


def test_who_leaves_the_agency_is_signed_out_and_stays_out(desk, house, administrator):
    manager = house.user(Role.CASE_MANAGER, "ardenne", "m@agency.example")
    digest = desk.open(manager.user_id, second_factor="totp")
    desk.call(administrator, colleagues.dismiss, manager.user_id)
    assert desk.wiring.session(digest) is None
    assert [m.name for m in desk.call(desk.owner, team.team).members] == ["Test Owner"]
    with pytest.raises(NotFound):
        desk.call(administrator, colleagues.dismiss, manager.user_id)


def test_there_is_always_an_administrator(desk, house, administrator):
    with pytest.raises(NotAllowed):
        desk.call(administrator, colleagues.dismiss, administrator.user_id)
    second = house.user(Role.ADMINISTRATOR, email="second@agency.example")
    desk.call(second, colleagues.dismiss, administrator.user_id)
    with pytest.raises(LastAdministrator):
        # Still signed in somewhere, as a session of before would be: the rule itself holds.
        desk.call(administrator, colleagues.dismiss, second.user_id)


@pytest.mark.parametrize("role", [Role.OWNER, Role.CASE_MANAGER])
def test_only_administrators_run_the_agency(desk, house, role):
    actor = house.user(role, "ardenne", "x@y.example") if role is Role.CASE_MANAGER else desk.owner
    facts = {"email": NEW, "name": "", "role": "administrator", "language": "fr"}
    before = house.dump()
    for call in (
        lambda: desk.call(actor, colleagues.agency_team),
        lambda: desk.call(actor, colleagues.invite_colleague, **facts),
        lambda: desk.call(actor, colleagues.assign, actor.user_id, []),
        lambda: desk.call(actor, colleagues.dismiss, desk.owner.user_id),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert house.dump() == before


def test_no_role_of_a_client_is_given_at_the_agency(desk, administrator, reader):
    facts = {"name": "", "language": "fr"}
    with pytest.raises(Unreadable):
        desk.call(administrator, colleagues.invite_colleague, email=NEW, role="owner", **facts)
    with pytest.raises(AlreadyMember):
        desk.call(
            administrator,
            colleagues.invite_colleague,
            email="reader@ardenne.example",
            role="administrator",
            **facts,
        )
