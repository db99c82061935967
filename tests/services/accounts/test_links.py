"""Mailed links: each works once, for a while, and only if the house wrote it."""

from datetime import timedelta

import pytest

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.errors import BadEmail, NotAllowed
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.services.accounts import colleagues, links, signing, team
from encaiss_dashboard.services.accounts.links import (
    AddressTaken,
    LinkExpired,
    LinkForged,
    LinkRevoked,
    LinkUsed,
    NameMissing,
    TooManyMails,
)

OWNER, NEW = "owner@ardenne.example", "new@ardenne.example"


def invite(desk, email=NEW, roles=("accountant",), **facts):
    facts = {"name": "", "language": "fr"} | facts
    desk.call(desk.owner, team.invite, email=email, roles=roles, **facts)
    return desk.link()


def reset_link(desk):
    desk.as_house(links.ask_reset, OWNER)
    return desk.link()


def test_an_invitation_says_who_invites_to_what_and_makes_the_account(desk):
    token = invite(desk, name="Nina", language="nl")
    mail = desk.mails()[-1]
    assert mail.to == (NEW,)
    for said in ("Test Owner", "Ardenne Bois SRL", "Boekhouder", "Nina", "één keer"):
        assert said in mail.letter.text
        assert said in mail.letter.html
    facts = desk.as_house(links.look, token)
    assert (facts.email, facts.by, facts.has_account) == (NEW, "Test Owner", False)
    desk.as_house(links.accept, token, "  Nina   Peeters ", desk.hashed())
    user = desk.user(NEW)
    assert (user.name, user.language) == ("Nina Peeters", "nl")
    assert desk.as_house(signing.check, NEW, "trois chevaux sous la pluie").user_id == user.id
    signed = desk.wiring.signed_in(desk.open(user.id))
    assert signed.actor.roles == {desk.client_id: {Role.ACCOUNTANT}}
    (joined,) = [act for act in desk.acts("joined") if act.actor == "Nina Peeters"]
    assert (joined.client_id, joined.facts["roles"]) == (desk.client_id, ["accountant"])


def test_who_has_an_account_only_accepts(desk, house):
    other = house.client("baltique", "Baltique NV")
    reader = house.user(Role.READER, "baltique", NEW, "Reader")
    token = invite(desk, roles=["accountant", "signatory"])
    assert desk.as_house(links.look, token).has_account
    desk.as_house(links.accept, token, "Another Name", "another hash")
    user = desk.user(NEW)
    assert (user.name, user.id) == ("Reader", reader.user_id)
    assert desk.as_house(signing.check, NEW, "correct horse battery").user_id == user.id
    roles = desk.wiring.session(desk.open(user.id)).actor.roles
    assert roles == {other: {Role.READER}, desk.client_id: {Role.ACCOUNTANT, Role.SIGNATORY}}


@pytest.mark.parametrize("use", [invite, reset_link])
def test_a_link_works_once(desk, use):
    token = use(desk)
    spend(desk, token)
    with pytest.raises(LinkUsed):
        spend(desk, token)
    with pytest.raises(LinkUsed):
        desk.as_house(links.look, token)


def spend(desk, token):
    if desk.as_house(links.look, token).kind == "reset":
        desk.as_house(links.reset, token, desk.hashed())
    else:
        desk.as_house(links.accept, token, "New", desk.hashed())


def test_looking_at_a_link_uses_nothing_up(desk, house):
    """Mail programs follow links by themselves."""
    token = invite(desk)
    before = house.dump()
    for _ in range(3):
        desk.as_house(links.look, token)
    assert house.dump() == before
    spend(desk, token)


@pytest.mark.parametrize("use, length", [(invite, timedelta(days=7)), (reset_link, timedelta(hours=1))])
def test_a_link_ends_with_its_time(desk, clock, use, length):
    token = use(desk)
    clock.now += length - timedelta(seconds=1)
    desk.as_house(links.look, token)
    clock.now += timedelta(seconds=1)
    with pytest.raises(LinkExpired):
        spend(desk, token)


def test_a_forged_link_opens_nothing(desk, house):
    token = invite(desk)
    number, _, mac = token.partition("-")
    before = house.dump()
    forged = [
        "",
        "-",
        number,
        f"{number}-",
        f"{number}-{mac[:-1]}",
        f"{number}-{mac[:-1]}{'0' if mac[-1] != '0' else '1'}",
        f"{int(number) + 1}-{mac}",
        f"{2**40}-{mac}",
        f"{number}-{mac.upper()}",
        f"-{token}",
        token + "\x00",
        "x" * 10_000,
        f"{number}-{'é' * 43}",
    ]
    for made_up in forged:
        with pytest.raises(LinkForged):
            desk.as_house(links.look, made_up)
        with pytest.raises(LinkForged):
            desk.as_house(links.accept, made_up, "New", "hash")
    assert house.dump() == before


def test_a_link_of_one_kind_does_not_serve_as_another(desk):
    token = reset_link(desk)
    with pytest.raises(LinkForged):
        desk.as_house(links.accept, token, "New", "hash")
    with pytest.raises(LinkForged):
        desk.as_house(links.confirm_email, token)


def test_a_newer_invitation_replaces_the_older_and_a_revoked_one_is_over(desk):
    first = invite(desk)
    second = invite(desk, roles=["reader"])
    with pytest.raises(LinkRevoked):
        spend(desk, first)
    waiting = desk.call(desk.owner, team.team).invitations
    assert [one.roles for one in waiting] == [(Role.READER,)]
    desk.call(desk.owner, team.revoke, waiting[0].id)
    with pytest.raises(LinkRevoked):
        spend(desk, second)
    assert desk.user(NEW) is None


def test_an_invitation_does_not_outlive_the_right_to_invite(desk, house):
    second = house.user(Role.OWNER, "ardenne", "second@ardenne.example")
    desk.call(second, team.invite, email=NEW, name="", roles=["owner"], language="fr")
    token = desk.link()
    desk.call(desk.owner, team.remove, second.user_id)
    with pytest.raises(LinkRevoked):
        desk.as_house(links.look, token)
    chief, other = (house.user(Role.ADMINISTRATOR, email=f"{n}@agency.example") for n in ("a", "b"))
    facts = {"email": "c@agency.example", "name": "", "role": "administrator", "language": "fr"}
    desk.call(other, colleagues.invite_colleague, **facts)
    token = desk.link()
    desk.call(chief, colleagues.dismiss, other.user_id)
    with pytest.raises(LinkRevoked):
        desk.as_house(links.accept, token, "C", desk.hashed())


def test_no_stranger_is_flooded_with_links_to_confirm(desk):
    for number in range(links.LINKS_PER_HOUR):
        desk.call(desk.owner, links.ask_email, f"n{number}@elsewhere.example")
    with pytest.raises(TooManyMails):
        desk.call(desk.owner, links.ask_email, "once.more@elsewhere.example")


def test_who_left_the_agency_may_come_back_as_a_client(desk, house):
    chief, left = (house.user(Role.ADMINISTRATOR, email=f"{n}@agency.example") for n in ("a", "b"))
    desk.call(chief, colleagues.dismiss, left.user_id)
    token = invite(desk, "b@agency.example", ["reader"])
    desk.as_house(links.accept, token, "", "")
    signed = desk.wiring.session(desk.open(left.user_id))
    assert (signed.actor.agency_role, signed.actor.roles) == (None, {desk.client_id: {Role.READER}})


def test_who_works_for_the_agency_by_now_joins_no_client(desk, house):
    token = invite(desk, "m@agency.example")
    house.user(Role.CASE_MANAGER, email="m@agency.example")
    with pytest.raises(NotAllowed):
        desk.as_house(links.accept, token, "M", desk.hashed())
    assert not [act for act in desk.acts("joined") if act.facts["roles"] == ["accountant"]]


def test_a_new_account_needs_a_name_and_a_password(desk, house):
    token = invite(desk)
    before = house.dump()
    for name, password_hash in (("", "hash"), ("   ", "hash"), ("New", "")):
        with pytest.raises(NameMissing):
            desk.as_house(links.accept, token, name, password_hash)
    assert house.dump() == before


def test_a_reset_ends_every_session_and_every_other_reset_link(desk, clock):
    digest = desk.open(desk.owner.user_id)
    first = reset_link(desk)
    second = reset_link(desk)
    desk.as_house(links.reset, second, desk.hashed())
    assert desk.wiring.session(digest) is None
    with pytest.raises(LinkRevoked):
        desk.as_house(links.reset, first, desk.hashed())
    assert desk.as_house(signing.check, OWNER, "trois chevaux sous la pluie")


def test_nobody_learns_whether_an_account_exists_and_nobody_is_flooded(desk):
    desk.as_house(links.ask_reset, "nobody@ardenne.example")
    assert desk.mails() == []
    for _ in range(links.LINKS_PER_HOUR + 3):
        desk.as_house(links.ask_reset, f" {OWNER.upper()} ")
    assert len(desk.mails()) == links.LINKS_PER_HOUR


def test_a_new_address_counts_once_its_link_was_used_and_the_old_one_is_told(desk):
    digest = desk.open(desk.owner.user_id)
    desk.call(desk.owner, links.ask_email, " New@Ardenne.example ")
    told = desk.mails()
    assert [mail.to for mail in told] == [(NEW,), (OWNER,)]
    token = told[0].letter.text.split("/link/")[1].split()[0]
    assert desk.user(OWNER)
    desk.as_house(links.confirm_email, token)
    assert desk.user(NEW).id == desk.owner.user_id
    assert desk.wiring.session(digest) is None
    assert desk.mails()[-1].to == (OWNER,)
    assert desk.acts("email_changed")[-1].facts == {"before": OWNER, "after": NEW}


def test_an_address_that_somebody_has_by_then_is_refused(desk, house):
    desk.call(desk.owner, links.ask_email, NEW)
    token = desk.mails()[0].letter.text.split("/link/")[1].split()[0]
    house.user(Role.READER, "ardenne", NEW)
    with pytest.raises(AddressTaken):
        desk.as_house(links.confirm_email, token)
    assert desk.user(OWNER)


@pytest.mark.parametrize("address", ["", "x", "a@b", "a b@c.example", "a@b.example\nBcc: c@d.example"])
def test_what_is_no_address_is_told_so(desk, address):
    with pytest.raises(BadEmail):
        desk.call(desk.owner, links.ask_email, address)


def test_a_mail_that_cannot_leave_waits_and_is_given_up_after_six_tries(desk, mailbox, clock):
    mailbox.failure = DeliveryFailed(permanent=False, reason="451 busy")
    desk.call(desk.owner, team.invite, email=NEW, name="", roles=["reader"], language="fr")
    for _ in range(6):
        assert jobs.deliver_account_mails(desk.wiring) == 0
        assert jobs.deliver_account_mails(desk.wiring) == 0  # not again at once
        clock.forward(minutes=16)
    assert desk.call(desk.owner, team.team).invitations[0].delivery == "failed"
    mailbox.failure = None
    assert jobs.deliver_account_mails(desk.wiring) == 0


def test_a_mail_refused_for_good_is_not_tried_again(desk, mailbox, clock):
    mailbox.failure = DeliveryFailed(permanent=True, reason="550 no such user")
    desk.call(desk.owner, team.invite, email=NEW, name="", roles=["reader"], language="fr")
    jobs.deliver_account_mails(desk.wiring)
    assert desk.call(desk.owner, team.team).invitations[0].delivery == "failed"


def test_the_database_alone_makes_no_link(desk, house):
    assert invite(desk) not in str(house.dump())


def test_an_invitation_to_the_agency_makes_a_colleague(desk, house):
    administrator = house.user(Role.ADMINISTRATOR, name="Chief")
    facts = {"email": NEW, "name": "Max", "role": "case_manager", "language": "fr"}
    desk.call(administrator, colleagues.invite_colleague, **facts)
    desk.as_house(links.accept, desk.link(), "Max", desk.hashed())
    user = desk.user(NEW)
    assert user.agency_role == "case_manager"
    assert desk.wiring.session(desk.open(user.id)).clients == ()


def test_who_decides_for_a_client_does_not_act_for_the_agency_as_well(desk, house):
    administrator = house.user(Role.ADMINISTRATOR)
    facts = {"email": NEW, "name": "Max", "role": "case_manager", "language": "fr"}
    desk.call(administrator, colleagues.invite_colleague, **facts)
    token = desk.link()
    house.user(Role.SIGNATORY, "ardenne", NEW)
    with pytest.raises(NotAllowed):
        desk.as_house(links.accept, token, "Max", desk.hashed())
    assert desk.user(NEW).agency_role is None


@pytest.mark.parametrize(
    "service",
    [
        lambda work: links.ask_reset(work, OWNER),
        lambda work: links.reset(work, "1-x", "hash"),
        lambda work: links.accept(work, "1-x", "n", "hash"),
        lambda work: links.confirm_email(work, "1-x"),
    ],
)
def test_links_are_used_by_the_house_for_a_browser_and_by_nobody_else(desk, service):
    with pytest.raises(NotAllowed):
        desk.call(desk.owner, lambda work, _: service(work))
