"""Passwords, codes, links and waiting: the rules of signing in, without a database."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain import signing
from encaiss_dashboard.domain.permissions import ALLOWED, Action, Actor, Role, needs_second_factor
from encaiss_dashboard.domain.signing import IDLE_LENGTH, TRIES_WINDOW, Weakness

NOW = datetime(2026, 11, 24, 10, 0, 12, tzinfo=UTC)


def sign(text, secret=b"a secret"):
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


KEY = signing.factor_key(sign, 1, "nonce")


@pytest.mark.parametrize(
    "password, weak",
    [
        ("short", Weakness.SHORT),
        ("elevenchars", Weakness.SHORT),
        ("x" * 257, Weakness.LONG),
        ("leavemealone", Weakness.BREACHED),
        ("LeaveMeALONE", Weakness.BREACHED),
        ("motdepasse123", Weakness.GUESSABLE),
        ("azertyuiop1234", Weakness.GUESSABLE),
        ("aaaaaaaaaaaaaaaa", Weakness.GUESSABLE),
        ("wachtwoord2026", Weakness.GUESSABLE),
        ("anne.martin@menuiserie.example", Weakness.GUESSABLE),
        ("correct horse battery", None),
        ("trois chevaux sous la pluie", None),
        ("x7#" + "q9!" * 30, None),
    ],
)
def test_a_password_is_long_unknown_to_lists_and_hard_to_guess(password, weak):
    about = ("anne.martin@menuiserie.example", "anne.martin", "menuiserie.example", "Anne Martin")
    assert signing.weakness(password, about) is weak


def test_a_code_of_the_app_fits_for_half_a_minute_either_way():
    """RFC 6238 §5.2: clocks are a little off."""
    for off, fits in ((-61, False), (-30, True), (0, True), (30, True), (61, False)):
        code = signing.code_at(KEY, NOW + timedelta(seconds=off))
        assert (signing.code_step(KEY, code, NOW, 0) is not None) is fits, off


def test_no_code_passes_twice():
    code = signing.code_at(KEY, NOW)
    step = signing.code_step(KEY, code, NOW, 0)
    assert signing.code_step(KEY, code, NOW, step) is None
    later = NOW + timedelta(seconds=30)
    assert signing.code_step(KEY, signing.code_at(KEY, later), later, step) == step + 1


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "-12345", "1e5000", "000\x00000"]
)
def test_what_is_no_code_is_none(typed):
    assert signing.code_step(KEY, typed, NOW, 0) is None


def test_a_code_may_be_typed_as_it_is_shown():
    code = signing.code_at(KEY, NOW)
    assert signing.code_step(KEY, f" {code[:3]} {code[3:]} ", NOW, 0) is not None


def test_the_codes_are_those_of_rfc_6238():
    """Appendix B, SHA-1, its last six digits; the key is the ASCII text 12345678901234567890."""
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    table = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
    for seconds, code in table.items():
        assert signing.code_at(key, datetime.fromtimestamp(seconds, UTC)) == code


def test_keys_codes_and_links_follow_from_the_secret_and_no_row_alone():
    assert signing.factor_key(sign, 1, "nonce") == KEY
    assert len(KEY) == 32
    other = {
        signing.factor_key(sign, 2, "nonce"),
        signing.factor_key(sign, 1, "other"),
        signing.factor_key(lambda text: sign(text, b"other"), 1, "nonce"),
    }
    assert KEY not in other
    assert len(other) == 3


def test_a_recovery_code_is_known_however_it_is_typed():
    code = signing.recovery_code(sign, 4, "nonce")
    assert [len(part) for part in code.split("-")] == [4, 4, 4, 4]
    assert signing.same_recovery_code(code.lower().replace("-", " "), code)
    assert not signing.same_recovery_code(code[:-1], code)
    assert not signing.same_recovery_code("", code)


def test_a_link_is_read_back_and_one_letter_makes_it_another():
    token = signing.link_token(sign, 7, "reset", "nonce", "a@b.example")
    assert signing.read_link_token(str(token)) == token
    for changed in (
        signing.link_token(sign, 8, "reset", "nonce", "a@b.example"),
        signing.link_token(sign, 7, "invitation", "nonce", "a@b.example"),
        signing.link_token(sign, 7, "reset", "nonce", "c@b.example"),
    ):
        assert changed.mac != token.mac


@given(st.text(max_size=100))
def test_no_text_breaks_the_reading_of_links_and_codes(text):
    token = signing.read_link_token(text)
    assert token is None or str(token.mail_id) in text
    assert signing.code_step(KEY, text, NOW, 2**31) is None


@given(st.lists(st.integers(-2000, 2000), max_size=40), st.integers(1, 12))
def test_who_must_wait_may_try_again_exactly_then(offsets, allowed):
    failures = [NOW + timedelta(seconds=s) for s in offsets if s <= 0]
    left = signing.wait(failures, allowed, NOW)
    recent = [at for at in failures if at > NOW - TRIES_WINDOW]
    assert (left == timedelta(0)) is (len(recent) < allowed)
    assert signing.wait(failures, allowed, NOW + left) == timedelta(0)
    if left:
        assert signing.wait(failures, allowed, NOW + left - timedelta(seconds=1)) > timedelta(0)


def test_a_session_ends_by_age_and_by_pause():
    live = {"seen_at": NOW, "expires_at": NOW + timedelta(hours=1)}
    assert signing.is_live(NOW, **live)
    assert not signing.is_live(NOW + timedelta(hours=1), **live)
    assert not signing.is_live(NOW, **live | {"seen_at": NOW - IDLE_LENGTH})


def test_signatories_and_the_agency_need_a_second_factor():
    assert {role for role in Role if needs_second_factor([role])} == {
        Role.SIGNATORY,
        Role.CASE_MANAGER,
        Role.ADMINISTRATOR,
    }


def test_only_a_clients_signatory_may_consent():
    """The agency may never decide for its client, and neither may the house itself."""
    assert [role for role in Role if Action.CONSENT in ALLOWED[role]] == [Role.SIGNATORY]
    house = Actor(user_id=None, name="house", house=True)
    assert [action for action in Action if not house.may(action, 1)] == [Action.CONSENT]


@pytest.mark.parametrize("role", Role)
def test_a_role_counts_for_its_own_client_and_a_case_manager_follows_only_its_own(role):
    agency = role if role in {Role.CASE_MANAGER, Role.ADMINISTRATOR} else None
    actor = Actor(1, "Somebody", agency_role=agency, roles={} if role is Role.ADMINISTRATOR else {7: {role}})
    assert {action for action in Action if actor.may(action, 7)} == ALLOWED[role]
    elsewhere = {action for action in Action if actor.may(action, 8)}
    assert elsewhere == (ALLOWED[role] if role is Role.ADMINISTRATOR else frozenset())


def test_several_roles_add_up():
    actor = Actor(1, "Both", roles={7: {Role.ACCOUNTANT, Role.SIGNATORY}})
    assert actor.may(Action.UPLOAD, 7)
    assert actor.may(Action.CONSENT, 7)
    assert not actor.may(Action.MANAGE_TEAM, 7)
