"""Signing in: who, how often, for how long; and what the database keeps of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from walls import as_house

from encaiss_dashboard.adapters.passwords import Argon2Passwords
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, WeakPassword
from encaiss_dashboard.domain.permissions import HOUSE, Action, Role
from encaiss_dashboard.domain.signing import (
    IDLE_LENGTH,
    SEEN_EVERY,
    SESSION_LENGTH,
    TRIES_FROM_ANYWHERE,
    TRIES_PER_ACCOUNT,
    TRIES_PER_ADDRESS,
    TRIES_WINDOW,
    Asked,
)
from encaiss_dashboard.services.accounts import factors, links, signing, team
from encaiss_dashboard.services.accounts.links import LinkRevoked
from encaiss_dashboard.services.accounts.signing import SessionOver, TooManyTries
from encaiss_dashboard.storage.accounts import User
from encaiss_dashboard.wiring import build

PASSWORD = "correct horse battery"
OWNER = "owner@ardenne.example"


def try_once(desk, email=OWNER, password="wrong", address="192.0.2.7"):
    attempt = desk.as_house(signing.attempt, email, address)
    found = desk.as_house(signing.check, email, password)
    desk.as_house(signing.settle, attempt, worked=found is not None)
    return found and found.user_id


def test_the_right_password_tells_whose_it_is_however_the_address_is_written(desk):
    for email in (OWNER, " OWNER@ardenne.example "):
        assert try_once(desk, email, PASSWORD) == desk.owner.user_id


@pytest.mark.parametrize(
    "email, password",
    [(OWNER, "wrong"), ("nobody@ardenne.example", PASSWORD), (OWNER, ""), ("", ""), ("%", PASSWORD)],
)
def test_a_wrong_password_and_an_unknown_account_are_verified_alike(settings, clock, desk, email, password):
    class Counting(PasswordHasher):
        verified = 0

        def verify(self, kept, guess):
            Counting.verified += 1
            return super().verify(kept, guess)

    passwords = Argon2Passwords(Counting(time_cost=1, memory_cost=8, parallelism=1))
    counted = build(settings, clock=clock, passwords=passwords)
    with counted.begin(HOUSE) as work:
        assert signing.check(work, email, password) is None
    assert Counting.verified == 1
    counted.engine.dispose()


@pytest.mark.parametrize("email", [OWNER, "nobody@ardenne.example"])
def test_an_account_is_closed_for_a_while_after_ten_wrong_passwords_whether_it_exists_or_not(
    desk, clock, email
):
    for _ in range(TRIES_PER_ACCOUNT):
        try_once(desk, email)
        clock.forward(seconds=1)
    with pytest.raises(TooManyTries) as told:
        try_once(desk, email, PASSWORD)
    assert told.value.facts == {"minutes": "15"}
    clock.now += TRIES_WINDOW
    assert bool(try_once(desk, email, PASSWORD)) is (email == OWNER)


def test_a_stranger_elsewhere_does_not_shut_anybody_out(desk):
    for _ in range(TRIES_PER_ACCOUNT):
        try_once(desk, address="198.51.100.66")
    with pytest.raises(TooManyTries):
        try_once(desk, address="198.51.100.66")
    assert try_once(desk, OWNER, PASSWORD)
    assert desk.as_house(signing.attempt, OWNER, "192.0.2.7", Asked.WITHIN)


def test_guessing_from_everywhere_ends_after_a_hundred_tries(desk):
    for number in range(TRIES_FROM_ANYWHERE):
        try_once(desk, address=f"192.0.2.{number}")
    with pytest.raises(TooManyTries):
        try_once(desk, OWNER, PASSWORD, address="198.51.100.1")


def test_a_code_is_tried_ten_times_wherever_from(desk):
    for number in range(TRIES_PER_ACCOUNT):
        desk.as_house(signing.attempt, OWNER, f"192.0.2.{number}", Asked.CODE)
    with pytest.raises(TooManyTries):
        desk.as_house(signing.attempt, OWNER, "198.51.100.1", Asked.CODE)


def test_an_address_is_closed_for_a_while_whatever_accounts_it_tries(desk):
    for number in range(TRIES_PER_ADDRESS):
        try_once(desk, f"somebody{number}@ardenne.example")
    with pytest.raises(TooManyTries):
        try_once(desk, OWNER, PASSWORD)
    assert try_once(desk, OWNER, PASSWORD, address="198.51.100.1")


def test_hundreds_of_wrong_passwords_cost_ten_checks(desk, house):
    refused = 0
    for _ in range(300):
        try:
            try_once(desk)
        except TooManyTries:
            refused += 1
    assert len(house.dump()["login_attempt"]) == TRIES_PER_ACCOUNT
    assert refused == 300 - TRIES_PER_ACCOUNT


def test_tries_are_counted_by_the_database_and_so_by_every_worker_and_after_a_restart(settings, clock, desk):
    for _ in range(TRIES_PER_ACCOUNT):
        try_once(desk)
    another = build(settings, clock=clock)
    with pytest.raises(TooManyTries), another.begin(HOUSE) as work:
        signing.attempt(work, OWNER, "192.0.2.7")
    another.engine.dispose()


def test_a_try_whose_answer_never_came_counts(desk):
    """A crash between the two transactions must give nobody another try."""
    for _ in range(TRIES_PER_ACCOUNT):
        desk.as_house(signing.attempt, OWNER, "192.0.2.7")
    with pytest.raises(TooManyTries):
        try_once(desk)


def test_those_who_succeed_are_never_closed_out(desk):
    for _ in range(TRIES_PER_ADDRESS + 5):
        assert try_once(desk, OWNER, PASSWORD)


def test_a_disabled_account_opens_no_session_and_ends_those_it_has(desk):
    digest = desk.open(desk.owner.user_id)
    with desk.wiring.begin(HOUSE) as work:
        work.session.get_one(User, desk.owner.user_id).disabled_at = work.now
    assert try_once(desk, OWNER, PASSWORD) is None
    assert desk.wiring.session(digest) is None


def test_a_session_says_who_it_is_and_ends_by_itself(desk, clock):
    digest = desk.open(desk.owner.user_id)
    signed = desk.wiring.signed_in(digest)
    assert (signed.email, signed.client_id, signed.complete) == (OWNER, desk.client_id, True)
    assert signed.actor.may(Action.DELEGATE, desk.client_id)
    steps = int(SESSION_LENGTH / timedelta(hours=1))
    for _ in range(steps - 1):
        clock.forward(hours=1)
        assert desk.wiring.signed_in(digest)
    clock.forward(hours=1)
    assert desk.wiring.signed_in(digest) is None


def test_an_unused_session_ends_after_two_hours_and_a_used_one_does_not(desk, clock):
    idle, used = desk.open(desk.owner.user_id), desk.open(desk.owner.user_id)
    clock.now += IDLE_LENGTH - timedelta(seconds=1)
    assert desk.wiring.signed_in(used)
    clock.now += timedelta(seconds=1)
    assert desk.wiring.signed_in(idle) is None
    assert desk.wiring.signed_in(used)


def test_use_is_written_down_every_few_minutes_and_not_at_every_click(desk, clock, house):
    digest = desk.open(desk.owner.user_id)
    seen = "SELECT seen_at FROM login_session"
    with as_house(house.engine).connect() as reader:
        before = reader.exec_driver_sql(seen).all()
    clock.now += SEEN_EVERY - timedelta(seconds=1)
    desk.wiring.signed_in(digest)
    with as_house(house.engine).connect() as reader:
        assert reader.exec_driver_sql(seen).all() == before
    clock.now += timedelta(seconds=1)
    desk.wiring.signed_in(digest)
    with as_house(house.engine).connect() as reader:
        assert reader.exec_driver_sql(seen).all() != before


def test_signing_out_ends_that_session_and_no_other(desk):
    left, other = desk.open(desk.owner.user_id), desk.open(desk.owner.user_id)
    desk.as_house(signing.sign_out, left)
    assert desk.wiring.session(left) is None
    assert desk.wiring.session(other)


def test_a_new_session_replaces_the_one_of_the_same_browser(desk):
    first = desk.open(desk.owner.user_id)
    second = desk.open(desk.owner.user_id, replaces=first)
    assert desk.wiring.session(first) is None
    assert desk.wiring.session(second)


def test_a_person_lists_the_own_sessions_and_ends_one_or_all_others(desk, house):
    here, there, elsewhere = (desk.open(desk.owner.user_id) for _ in range(3))
    stranger = house.user(Role.READER, "ardenne", "reader@ardenne.example")
    theirs = desk.open(stranger.user_id)
    listed = desk.call(desk.owner, signing.own_sessions, here)
    assert [line.current for line in listed].count(True) == 1
    assert len(listed) == 3
    foreign = desk.call(stranger, signing.own_sessions, theirs)[0].id
    with pytest.raises(NotFound):
        desk.call(desk.owner, signing.end_session, foreign)
    mine = next(line.id for line in listed if not line.current)
    desk.call(desk.owner, signing.end_session, mine)
    assert desk.call(desk.owner, signing.end_other_sessions, here) == 1
    assert [bool(desk.wiring.session(d)) for d in (here, there, elsewhere, theirs)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_new_password_ends_every_other_session_and_is_told_by_mail(desk):
    here, there = desk.open(desk.owner.user_id), desk.open(desk.owner.user_id)
    desk.call(
        replace(desk.owner, address="192.0.2.9"),
        lambda work, _: signing.set_password(work, desk.owner.user_id, desk.hashed(), keep=here),
    )
    assert desk.wiring.session(here)
    assert desk.wiring.session(there) is None
    assert try_once(desk, OWNER, PASSWORD) is None
    assert try_once(desk, OWNER, "trois chevaux sous la pluie")
    (told,) = desk.mails()
    assert told.to == (OWNER,)
    assert "192.0.2.9" in told.letter.text
    assert [act.actor for act in desk.acts("password_changed")] == ["Test Owner"]


def test_a_new_password_ends_what_a_thief_had_begun(desk):
    """A link to another address, a link to another password, a key that was shown."""
    desk.call(desk.owner, links.ask_email, "thief@evil.example")
    desk.as_house(links.ask_reset, OWNER)
    tokens = [m.letter.text.split("/link/")[1].split()[0] for m in desk.mails() if "/link/" in m.letter.text]
    planted = desk.call(desk.owner, factors.enrol).key
    desk.as_house(signing.set_password, desk.owner.user_id, desk.hashed())
    for token in tokens:
        with pytest.raises(LinkRevoked):
            desk.as_house(links.look, token)
    assert desk.call(desk.owner, factors.enrol).key != planted


def test_a_key_that_waits_is_forgotten_with_time_and_at_the_next_sign_in(desk, clock):
    first = desk.call(desk.owner, factors.enrol).key
    clock.forward(minutes=15)
    second = desk.call(desk.owner, factors.enrol).key
    desk.open(desk.owner.user_id)
    third = desk.call(desk.owner, factors.enrol).key
    assert len({first, second, third}) == 3


def test_a_session_ended_meanwhile_goes_on_under_no_new_cookie(desk):
    digest = desk.open(desk.owner.user_id)
    desk.as_house(signing.sign_out, digest)
    with pytest.raises(SessionOver):
        desk.as_house(signing.open_session, desk.owner.user_id, "new", replaces=digest, goes_on=True)


def test_a_password_changed_meanwhile_opens_nothing(desk):
    proof = desk.as_house(signing.check, OWNER, PASSWORD)
    desk.as_house(signing.set_password, desk.owner.user_id, desk.hashed())
    with pytest.raises(SessionOver):
        desk.as_house(signing.open_session, desk.owner.user_id, "new", password_hash=proof.password_hash)


def test_rights_taken_away_while_a_writer_waits_are_gone(desk, house):
    reader = house.user(Role.OWNER, "ardenne", "second@ardenne.example")
    digest = desk.open(reader.user_id)
    signed = desk.wiring.session(digest)
    desk.call(desk.owner, team.remove, reader.user_id)
    with pytest.raises(NotAllowed), desk.wiring.begin_for(signed, digest):
        pass


def test_nobody_sets_the_password_of_another(desk, house):
    stranger = house.user(Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        desk.call(stranger, lambda work, _: signing.set_password(work, desk.owner.user_id, "hash"))


def test_a_weak_password_is_refused_with_the_reason(desk):
    with pytest.raises(WeakPassword) as refused:
        desk.hashed("motdepasse123")
    assert refused.value.facts["why"] == "guessable"


@pytest.mark.parametrize(
    "service",
    [
        lambda work: signing.attempt(work, OWNER, ""),
        lambda work: signing.check(work, OWNER, PASSWORD),
        lambda work: signing.settle(work, 1, worked=True),
        lambda work: signing.open_session(work, 1, "digest"),
        lambda work: signing.sign_out(work, "digest"),
    ],
)
def test_what_the_house_does_for_a_browser_nobody_else_does(desk, house, service):
    desk.open(desk.owner.user_id)
    before = house.dump()
    for actor in (desk.owner, house.user(Role.ADMINISTRATOR)):
        before = house.dump()
        with pytest.raises(NotAllowed), desk.wiring.begin(actor) as work:
            service(work)
        assert house.dump() == before


def test_the_database_holds_neither_password_nor_cookie_nor_address_tried(desk, house):
    desk.open(desk.owner.user_id)
    try_once(desk, "secret-address@elsewhere.example")
    kept = str(house.dump())
    assert desk.digests[0] in kept
    for secret in ("cookie 0", PASSWORD, "secret-address"):
        assert secret not in kept


def test_a_digest_depends_on_the_secret_of_the_deployment(wiring, settings):
    other = build(replace(settings, secret="another secret, just as long as it must be"))
    assert wiring.digest("token") != other.digest("token")
    other.engine.dispose()


# ------------------------------------------------------------ whose client


def test_a_person_of_several_clients_switches_and_sees_no_other(desk, house):
    baltique, third = house.client("baltique", "Baltique NV"), house.client("cercle", "Cercle SA")
    with desk.wiring.begin(HOUSE) as work:
        from encaiss_dashboard.storage.accounts import Membership  # noqa: PLC0415

        work.session.add(
            Membership(client_id=baltique, user_id=desk.owner.user_id, role="reader", created_at=work.now)
        )
    digest = desk.open(desk.owner.user_id)
    signed = desk.wiring.signed_in(digest)
    assert [key for key, _ in signed.clients] == [desk.client_id, baltique]
    desk.call(signed.actor, signing.look_at, digest, baltique)
    signed = desk.wiring.signed_in(digest)
    assert signed.client_id == baltique
    assert not signed.actor.may(Action.UPLOAD, baltique)
    for forbidden in (third, 999, -1, 2**40):
        with pytest.raises(NotAllowed):
            desk.call(signed.actor, signing.look_at, digest, forbidden)
    assert desk.acts("opened") == []


def test_nobody_moves_the_session_of_another(desk, house):
    digest = desk.open(desk.owner.user_id)
    with pytest.raises(NotAllowed):
        desk.call(house.user(Role.ADMINISTRATOR), signing.look_at, digest, desk.client_id)


def test_an_administrator_opens_any_client_and_the_client_sees_that(desk, house):
    administrator = house.user(Role.ADMINISTRATOR, name="Chief")
    other = house.client("baltique", "Baltique NV")
    digest = desk.open(administrator.user_id, second_factor="totp")
    desk.call(administrator, signing.look_at, digest, other)
    (opened,) = desk.acts("opened")
    assert (opened.client_id, opened.actor) == (other, "Chief")


def test_a_case_manager_sees_the_clients_it_follows_and_no_other(desk, house):
    other = house.client("baltique", "Baltique NV")
    manager = house.user(Role.CASE_MANAGER, "ardenne", "manager@agency.example")
    digest = desk.open(manager.user_id, second_factor="totp")
    signed = desk.wiring.signed_in(digest)
    assert [key for key, _ in signed.clients] == [desk.client_id]
    assert not signed.actor.may(Action.VIEW, other)
    with pytest.raises(NotAllowed):
        desk.call(signed.actor, signing.look_at, digest, other)


def test_a_case_manager_of_nothing_sees_nothing(desk, house):
    manager = house.user(Role.CASE_MANAGER)
    signed = desk.wiring.signed_in(desk.open(manager.user_id, second_factor="totp"))
    assert (signed.clients, signed.client_id) == ((), None)
    assert not any(signed.actor.may(action, desk.client_id) for action in Action)
