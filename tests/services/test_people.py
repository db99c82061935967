"""Who works here: accounts, sessions, and what only the house itself may do."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from encaiss_dashboard.adapters.passwords import Argon2Passwords
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Action, Actor, Role
from encaiss_dashboard.domain.terms import TermUnreadable
from encaiss_dashboard.services import people
from encaiss_dashboard.services.people import SESSION_LENGTH, AlreadyThere, WeakPassword
from encaiss_dashboard.wiring import build

PASSWORD = "correct horse battery"
EMAIL = "owner@ardenne.example"


@pytest.fixture
def client_id(house):
    return house.client("ardenne")


@pytest.fixture
def owner(house, client_id):
    return house.user(Role.OWNER, "ardenne", EMAIL, "Test Owner")


def sign_in(wiring, email=EMAIL, password=PASSWORD):
    with wiring.begin(HOUSE) as work:
        return people.sign_in(work, email, password)


def open_session(wiring, digest="digest", email=EMAIL):
    with wiring.begin(HOUSE) as work:
        people.open_session(work, email, digest)


def test_the_right_password_gives_a_new_token_each_time(wiring, owner):
    tokens = {sign_in(wiring), sign_in(wiring, " OWNER@ardenne.example ")}
    assert None not in tokens
    assert len(tokens) == 2
    assert all(len(token) >= 43 for token in tokens)  # 256 bits in base 64


@pytest.mark.parametrize(
    "email, password",
    [(EMAIL, "wrong"), ("nobody@ardenne.example", PASSWORD), (EMAIL, ""), ("", ""), ("%", PASSWORD)],
)
def test_a_wrong_password_and_an_unknown_account_are_verified_alike(
    settings, clock, house, owner, email, password
):
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, kept, guess):
            Counting.verified += 1
            return super().verify(kept, guess)

    passwords = Argon2Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    counted = build(settings, clock=clock, passwords=passwords)
    assert sign_in(counted, email, password) is None
    assert Counting.verified == 1
    counted.engine.dispose()


def test_a_disabled_account_opens_no_session_and_ends_those_it_has(wiring, owner):
    open_session(wiring)
    with wiring.begin(HOUSE) as work:
        work.session.get_one(people.User, owner.user_id).disabled_at = work.now
    assert sign_in(wiring) is None
    assert wiring.signed_in("digest") is None


def test_a_session_says_who_it_is_and_ends_by_itself(wiring, clock, owner, client_id):
    open_session(wiring)
    signed = wiring.signed_in("digest")
    assert (signed.email, signed.client_id) == (EMAIL, client_id)
    assert signed.actor.may(Action.DELEGATE, client_id)
    clock.now += SESSION_LENGTH - timedelta(seconds=1)
    assert wiring.signed_in("digest")
    clock.now += timedelta(seconds=1)
    assert wiring.signed_in("digest") is None


def test_signing_out_ends_that_session_and_no_other(wiring, owner):
    open_session(wiring)
    open_session(wiring, "other")
    with wiring.begin(HOUSE) as work:
        people.sign_out(work, "digest")
    assert wiring.signed_in("digest") is None
    assert wiring.signed_in("other")


def test_the_database_holds_neither_password_nor_cookie(house, wiring, owner):
    token = sign_in(wiring)
    open_session(wiring, wiring.digest(token))
    kept = str(house.dump())
    assert wiring.digest(token) in kept
    assert token not in kept
    assert PASSWORD not in kept


def test_a_digest_depends_on_the_secret_of_the_deployment(wiring, settings):
    from dataclasses import replace  # noqa: PLC0415 - used once

    other = build(replace(settings, secret="another secret, just as long as it must be"))
    assert wiring.digest("token") != other.digest("token")
    other.engine.dispose()


def test_a_person_looks_at_the_own_clients_only(house, wiring, owner, client_id):
    other = house.client("baltique", "Baltique NV")
    open_session(wiring)
    with pytest.raises(NotAllowed), wiring.begin(owner) as work:
        people.look_at(work, client_id, "digest", other)
    with pytest.raises(NotAllowed), wiring.begin(owner) as work:
        people.look_at(work, client_id, "digest", 999)
    assert wiring.signed_in("digest").clients == ((client_id, "Ardenne Bois SRL"),)


def test_nobody_moves_the_session_of_another(house, wiring, owner, client_id):
    stranger = house.user(Role.ADMINISTRATOR)
    open_session(wiring)
    with pytest.raises(NotAllowed), wiring.begin(stranger) as work:
        people.look_at(work, client_id, "digest", client_id)


def test_the_agency_sees_every_client_and_moves_between_them(house, wiring, owner, client_id):
    other = house.client("baltique", "Baltique NV")
    agent = house.user(Role.CASE_MANAGER, email="agent@agency.example")
    open_session(wiring, email="agent@agency.example")
    assert [key for key, _ in wiring.signed_in("digest").clients] == [client_id, other]
    with wiring.begin(agent) as work:
        people.look_at(work, client_id, "digest", other)
        assert people.client_ids(work) == (client_id, other)
    assert wiring.signed_in("digest").client_id == other
    with wiring.begin(owner) as work:
        assert people.client_ids(work) == (client_id,)


def test_a_person_without_any_client_is_shown_none(wiring, house):
    house.client("ardenne")
    with wiring.begin(HOUSE) as work:
        work.session.add(
            people.User(
                email="new@ardenne.example", name="New", password_hash="x", created_at=work.now, language="nl"
            )
        )
    open_session(wiring, email="new@ardenne.example")
    signed = wiring.signed_in("digest")
    assert (signed.client_id, signed.clients, signed.actor.language) == (None, (), "nl")


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR])
def test_only_the_house_adds_clients_and_people(house, wiring, client_id, role):
    actor = house.user(role, None if role is Role.ADMINISTRATOR else "ardenne")
    before = house.dump()
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        people.add_client(work, "new", "New")
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        people.add_user(work, email="x@y.example", name="X", password=PASSWORD, role=Role.OWNER)
    assert house.dump() == before


@pytest.mark.parametrize(
    "facts, refusal",
    [
        ({"password": "short"}, WeakPassword),
        ({"password": "x" * 257}, WeakPassword),
        ({"email": f" {EMAIL.upper()} "}, AlreadyThere),
        ({"client_slug": "nobody"}, NotFound),
        ({"client_slug": None}, NotFound),
    ],
)
def test_an_account_that_cannot_be_leaves_nothing_behind(house, wiring, owner, facts, refusal):
    account = {
        "email": "new@ardenne.example",
        "name": "New",
        "password": PASSWORD,
        "role": Role.READER,
        "client_slug": "ardenne",
    }
    before = house.dump()
    with pytest.raises(refusal), wiring.begin(HOUSE) as work:
        people.add_user(work, **account | facts)
    assert house.dump() == before


@pytest.mark.parametrize(
    "slug, details, refusal",
    [
        ("ardenne", {}, AlreadyThere),
        ("Ardenne", {}, Unreadable),
        ("a b", {}, Unreadable),
        ("-a", {}, Unreadable),
        ("", {}, Unreadable),
        ("é", {}, Unreadable),
        ("new", {"default_term": "someday"}, TermUnreadable),
    ],
)
def test_a_client_that_cannot_be_leaves_nothing_behind(house, wiring, client_id, slug, details, refusal):
    before = house.dump()
    with pytest.raises(refusal), wiring.begin(HOUSE) as work:
        people.add_client(work, slug, "New", **details)
    assert house.dump() == before
    assert issubclass(refusal, Refusal)


def test_there_is_one_agency_however_often_it_is_set_up(wiring):
    with wiring.begin(HOUSE) as work:
        first = people.set_up_agency(work, name="Encaiss", email="a@agency.example")
        second = people.set_up_agency(work, name="Other", email="b@agency.example")
    assert first.id == second.id
    assert second.name == "Encaiss"


def test_a_person_keeps_the_language_that_was_chosen(wiring, owner, client_id):
    open_session(wiring)
    with wiring.begin(owner) as work:
        people.choose_language(work, client_id, "nl")
    assert wiring.signed_in("digest").actor.language == "nl"


def test_whether_anybody_is_there_yet(house, wiring):
    with wiring.begin(HOUSE, write=False) as work:
        assert not people.anybody(work)
    house.user(Role.ADMINISTRATOR)
    with wiring.begin(HOUSE, write=False) as work:
        assert people.anybody(work)


def test_no_role_at_all_may_do_nothing(client_id):
    nobody = Actor(user_id=1, name="Nobody")
    assert not any(nobody.may(action, client_id) for action in Action)
