"""What a client's software was answered: the same again under the same key, and what became of an import."""

from datetime import timedelta

import pytest

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.retention import ANSWERS_KEPT
from encaiss_dashboard.services import imports, pushes
from encaiss_dashboard.services.privacy.purge import Past
from encaiss_dashboard.services.pushes import Answered, KeyReused

CSV = "Numéro;Client;Date;Échéance;Total\nU-1;Moulin Clair;01/09/2026;01/10/2026;10,00\n".encode()
DONE = Answered(201, {"created": 1}, None)


@pytest.fixture
def client(house):
    return house.client("ardenne")


@pytest.fixture
def accountant(house, client):
    return house.user(Role.ACCOUNTANT, "ardenne")


@pytest.fixture
def asked(wiring, accountant, client):
    """Asks under a key; answers the first time."""

    def ask(key="k", digest="what", answered=DONE):
        with wiring.begin(accountant) as work:
            found = pushes.recall(work, client, key, digest)
            if found is None:
                pushes.remember(work, client, key, digest, answered)
            return found

    return ask


def test_the_same_key_gets_the_same_answer(asked):
    assert asked() is None
    assert asked() == DONE
    assert asked("another") is None


def test_the_same_key_for_something_else_is_refused(house, asked):
    asked()
    before = house.dump()
    with pytest.raises(KeyReused):
        asked(digest="something else")
    assert house.dump() == before


def test_each_client_has_keys_of_its_own(house, wiring, asked):
    asked()
    baltique = house.client("baltique", "Baltique SA")
    theirs = house.user(Role.ACCOUNTANT, "baltique")
    with wiring.begin(theirs) as work:
        assert pushes.recall(work, baltique, "k", "what") is None
        pushes.remember(work, baltique, "k", "what", DONE)


def test_a_key_is_free_again_after_a_month_whether_or_not_the_night_came_by(asked, clock):
    asked()
    clock.now += ANSWERS_KEPT - timedelta(seconds=1)
    assert asked() == DONE
    clock.now += timedelta(seconds=1)
    assert asked(digest="something else") is None
    assert asked(digest="something else") == DONE


def test_the_night_removes_answers_that_are_a_month_old(house, wiring, accountant, client, asked, clock):
    asked()
    for _ in range(2):
        with wiring.begin(accountant) as work:
            pushes.remember(work, client, None, "what", DONE)
    clock.now += ANSWERS_KEPT + timedelta(seconds=1)
    asked("newer")
    assert jobs.purge(wiring)[Past.ANSWERS] == 3
    assert jobs.purge(wiring)[Past.ANSWERS] == 0
    assert asked("newer") == DONE
    assert len(house.dump()["api_request"]) == 1


def test_an_import_says_what_became_of_it_and_what_its_software_was_told(
    wiring, accountant, client, asked, clock
):
    with wiring.begin(accountant) as work:
        batch = imports.receive(work, client, "september.csv", CSV)
        waiting = pushes.pushed(work, client, batch)
        imports.accept(work, client, batch)
        by_hand = pushes.pushed(work, client, batch)
        pushes.remember(work, client, None, "what", Answered(201, {"created": 1}, batch))
        told = pushes.pushed(work, client, batch)
    assert (waiting.name, waiting.imported_at, waiting.result) == ("september.csv", None, {})
    assert (by_hand.imported_at, by_hand.answer) == (clock.now, None)
    assert (told.answer, told.result["created"], told.taken_back_at) == ({"created": 1}, 1, None)


def test_nobody_elses_import_is_told_of_or_remembered_with(house, wiring, accountant, client):
    with wiring.begin(accountant) as work:
        batch = imports.receive(work, client, "september.csv", CSV)
    baltique = house.client("baltique", "Baltique SA")
    theirs = house.user(Role.OWNER, "baltique")
    before = house.dump()
    for key in (batch, 0, -1, 10**6, 2**40):
        with pytest.raises(NotFound), wiring.begin(theirs) as work:
            pushes.pushed(work, baltique, key)
        with pytest.raises(NotFound), wiring.begin(theirs) as work:
            pushes.remember(work, baltique, None, "what", Answered(201, {}, key))
    with pytest.raises(NotAllowed), wiring.begin(theirs) as work:
        pushes.pushed(work, client, batch)
    assert house.dump() == before


@pytest.mark.parametrize("role", [Role.READER, Role.SIGNATORY])
def test_who_may_not_upload_has_no_keys(house, wiring, client, role):
    other = house.user(role, "ardenne")
    with pytest.raises(NotAllowed), wiring.begin(other) as work:
        pushes.recall(work, client, "k", "what")
    with pytest.raises(NotAllowed), wiring.begin(other) as work:
        pushes.remember(work, client, "k", "what", DONE)
