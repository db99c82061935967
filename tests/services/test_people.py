"""Who works here, as the house itself sets it up."""

import pytest

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable, WeakPassword
from encaiss_dashboard.domain.permissions import HOUSE, Action, Actor, Role
from encaiss_dashboard.domain.terms import TermUnreadable
from encaiss_dashboard.services import people
from encaiss_dashboard.services.people import AlreadyThere

PASSWORD = "correct horse battery"
EMAIL = "owner@ardenne.example"


@pytest.fixture
def client_id(house):
    return house.client("ardenne")


@pytest.fixture
def owner(house, client_id):
    return house.user(Role.OWNER, "ardenne", EMAIL, "Test Owner")


@pytest.mark.parametrize("role", [Role.OWNER, Role.SIGNATORY, Role.CASE_MANAGER])
def test_nobody_adds_clients_but_who_runs_the_agency(house, wiring, client_id, role):
    actor = house.user(role, None if role is Role.CASE_MANAGER else "ardenne")
    before = house.dump()
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        people.add_client(work, "new", "New")
    assert house.dump() == before


def test_an_administrator_adds_a_client_and_the_journal_says_who(house, wiring, client_id):
    actor = house.user(Role.ADMINISTRATOR)
    with wiring.begin(actor) as work:
        people.add_client(work, "new", "New")
    added = [act for act in house.dump()["act"] if "'client_added'" in act and "'new'" in act]
    assert len(added) == 1
    assert actor.name in added[0]


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMINISTRATOR])
def test_only_the_house_adds_people_without_asking_them(house, wiring, client_id, role):
    actor = house.user(role, None if role is Role.ADMINISTRATOR else "ardenne")
    before = house.dump()
    with pytest.raises(NotAllowed), wiring.begin(actor) as work:
        people.add_user(work, email="x@y.example", name="X", password=PASSWORD, role=Role.OWNER)
    assert house.dump() == before


@pytest.mark.parametrize(
    "facts, refusal",
    [
        ({"password": "short"}, WeakPassword),
        ({"password": "x" * 257}, WeakPassword),
        ({"password": "motdepasse123"}, WeakPassword),
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


def test_a_person_keeps_the_language_that_was_chosen(house, wiring, owner, client_id):
    house.session(EMAIL, "token")
    with wiring.begin(owner) as work:
        people.choose_language(work, client_id, "nl")
    assert wiring.signed_in(wiring.digest("token")).actor.language == "nl"


def test_whether_anybody_is_there_yet(house, wiring):
    with wiring.begin(HOUSE, write=False) as work:
        assert not people.anybody(work)
    house.user(Role.ADMINISTRATOR)
    with wiring.begin(HOUSE, write=False) as work:
        assert people.anybody(work)


def test_no_role_at_all_may_do_nothing(client_id):
    nobody = Actor(user_id=1, name="Nobody")
    assert not any(nobody.may(action, client_id) for action in Action)
