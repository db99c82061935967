"""Keys of a client's software: made by its owners, shown once, taken back at any moment."""

import re
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.signing import API_TOKEN_BYTES, api_token
from encaiss_dashboard.services import tokens
from encaiss_dashboard.services.tokens import TOKENS_MAX, TokenNameTaken, TokenUnnamed, TooManyTokens
from encaiss_dashboard.storage import accounts, personal, records

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def client(house):
    return house.client("ardenne", language="nl")


@pytest.fixture
def owner(house, client):
    return house.user(Role.OWNER, "ardenne", name="Odile Owner")


@pytest.fixture
def made(wiring, owner, client):
    """Makes a key and returns it."""

    def make(name="Odoo", actor=None, of=None):
        with wiring.begin(actor or owner) as work:
            return tokens.make(work, of or client, name)

    return make


def whose(wiring, token):
    with wiring.begin(HOUSE, write=False) as work:
        return tokens.whose(work, token)


def only(wiring, owner, client):
    with wiring.begin(owner, write=False) as work:
        (token,) = tokens.listed(work, client)
    return token


def revoke(wiring, owner, client, token_id):
    with wiring.begin(owner) as work:
        tokens.revoke(work, client, token_id)


@pytest.mark.parametrize(
    "raw, end",
    [
        (b"\0" * 32, "0" * 43),
        (b"\0" * 31 + b"\x3d", "0" * 42 + "z"),
        (b"\0" * 31 + b"\x3e", "0" * 41 + "10"),
        (b"\xff" * 32, ""),
    ],
)
def test_a_key_is_its_random_bytes_in_62_signs_after_the_name_of_the_house(raw, end):
    token = api_token(raw)
    assert token.endswith(end)
    value = 0
    for digit in token.removeprefix("encaiss_"):
        value = value * 62 + SIGNS.index(digit)
    assert value == int.from_bytes(raw, "big")
    assert len(token) == len("encaiss_") + 43


def test_a_key_opens_its_client_and_nothing_that_is_kept_holds_it(house, wiring, made, client):
    token = made()
    assert re.fullmatch("encaiss_[0-9A-Za-z]{43}", token)
    pusher = whose(wiring, token)
    assert (pusher.client_id, pusher.name, pusher.language) == (client, "Odoo", "nl")
    assert token not in repr(house.dump())
    assert token.removeprefix("encaiss_") not in repr(house.dump())
    assert len({made(f"key {n}") for n in range(5)} | {token}) == 6
    assert API_TOKEN_BYTES * 8 == 256


@pytest.mark.parametrize(
    "shown", ["", "encaiss_", "encaiss_" + "0" * 43, "encaiss_" + "é" * 43, "\0", "x" * 10_000, "\ud800"]
)
def test_what_is_no_key_of_anybody_opens_nothing(wiring, made, shown):
    made()
    assert whose(wiring, shown) is None


def test_half_a_key_or_one_in_other_letters_opens_nothing(wiring, made):
    token = made()
    for shown in (token[:-1], f"{token}0", token.swapcase(), f" {token}", f"{token}\n"):
        assert whose(wiring, shown) is None


def test_its_owners_see_what_tells_keys_apart_and_when_each_was_used(wiring, clock, made, owner, client):
    token = made()
    one = only(wiring, owner, client)
    assert (one.name, one.ending, one.by, one.used_at) == ("Odoo", token[-4:], "Odile Owner", None)
    assert not whose(wiring, token).noted
    with wiring.begin(HOUSE) as work:
        tokens.note(work, one.id)
    assert only(wiring, owner, client).used_at == clock.now
    assert whose(wiring, token).noted
    clock.now += timedelta(minutes=6)
    assert not whose(wiring, token).noted


def test_a_key_taken_back_opens_nothing_from_that_moment_on(wiring, made, owner, client):
    token = made()
    key = only(wiring, owner, client).id
    with wiring.begin(owner, write=False) as work:
        tokens.confirm(work, client, key)
    revoke(wiring, owner, client, key)
    assert whose(wiring, token) is None
    with pytest.raises(NotAllowed), wiring.begin(owner, write=False) as work:
        tokens.confirm(work, client, key)
    with pytest.raises(NotFound):
        revoke(wiring, owner, client, key)
    with wiring.begin(owner, write=False) as work:
        assert tokens.listed(work, client) == ()


@pytest.mark.parametrize("role", [Role.ACCOUNTANT, Role.SIGNATORY, Role.READER, Role.CASE_MANAGER])
def test_only_owners_and_the_agencys_administrators_make_see_and_take_back(
    house, wiring, made, owner, client, role
):
    made()
    key = only(wiring, owner, client).id
    other = house.user(role, None if role is Role.CASE_MANAGER else "ardenne", f"{role}@elsewhere.example")
    before = house.dump()
    for ask in (
        lambda work: tokens.make(work, client, "Mine"),
        lambda work: tokens.listed(work, client),
        lambda work: tokens.revoke(work, client, key),
    ):
        with pytest.raises(NotAllowed), wiring.begin(other) as work:
            ask(work)
    assert house.dump() == before
    administrator = house.user(Role.ADMINISTRATOR)
    assert whose(wiring, made("Agency", administrator)).client_id == client


def test_no_owner_reaches_a_key_of_another_client(house, wiring, made, owner, client):
    made()
    key = only(wiring, owner, client).id
    baltique = house.client("baltique", "Baltique SA")
    theirs = house.user(Role.OWNER, "baltique")
    for ask in (
        lambda work: tokens.revoke(work, baltique, key),
        lambda work: tokens.revoke(work, baltique, 2**40),
    ):
        with pytest.raises(NotFound), wiring.begin(theirs) as work:
            ask(work)
    with pytest.raises(NotAllowed), wiring.begin(theirs) as work:
        tokens.confirm(work, baltique, key)
    assert only(wiring, owner, client).id == key


def test_a_key_has_a_name_of_its_own(wiring, made, owner, client):
    made(" Exact\n  Online ")
    assert only(wiring, owner, client).name == "Exact Online"
    with pytest.raises(TokenNameTaken):
        made("exact online")
    for blank in ("", "  \t", "\0\0"):
        with pytest.raises(TokenUnnamed):
            made(blank)
    with pytest.raises(Unreadable):
        made("x" * 61)
    revoke(wiring, owner, client, only(wiring, owner, client).id)
    made("exact online")


def test_a_client_has_so_many_keys_and_no_more(made):
    for number in range(TOKENS_MAX):
        made(f"key {number}")
    with pytest.raises(TooManyTokens):
        made("one too many")


def test_the_journal_says_who_made_and_who_took_back_which_key(house, wiring, made, owner, client):
    token = made()
    revoke(wiring, owner, client, only(wiring, owner, client).id)
    with Session(house.engine) as session:
        acts = list(session.exec(select(records.Act).where(records.Act.client_id == client)))[-2:]
    facts = {"name": "Odoo", "ending": token[-4:]}
    assert [(act.kind, act.actor, act.facts) for act in acts] == [
        ("token_made", "Odile Owner", facts),
        ("token_revoked", "Odile Owner", facts),
    ]


def test_only_the_house_asks_whose_a_key_is_and_notes_that_it_was_used(wiring, made, owner):
    token = made()
    for ask in (lambda work: tokens.whose(work, token), lambda work: tokens.note(work, 1)):
        with pytest.raises(NotAllowed), wiring.begin(owner) as work:
            ask(work)


def test_a_copy_of_ones_own_data_names_the_keys_one_made_without_their_digest(house, wiring, made, owner):
    made()
    with wiring.begin(HOUSE, write=False) as work:
        user = work.session.get_one(accounts.User, owner.user_id)
        (row,) = personal.about_user(work.session, user, [])["api_token"]
    assert row["name"] == "Odoo"
    assert "digest" not in row
