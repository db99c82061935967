"""Passwords: salted, slow on purpose, and no way to tell an unknown account by the path it takes."""

import pytest
from argon2 import PasswordHasher, extract_parameters

from encaiss_dashboard.adapters.passwords import Argon2Passwords


class Counting(PasswordHasher):
    """Counts what is verified, with parameters that take no time."""

    def __init__(self):
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.verified = []

    def verify(self, kept, password):
        self.verified.append((kept, password))
        return super().verify(kept, password)


@pytest.fixture
def hasher():
    return Counting()


@pytest.fixture
def passwords(hasher):
    return Argon2Passwords(hasher)


def test_only_the_password_itself_fits(passwords):
    kept = passwords.hash("correct horse battery")
    assert passwords.verify(kept, "correct horse battery")
    for wrong in ("", "correct horse", "Correct horse battery", "correct horse battery ", kept):
        assert not passwords.verify(kept, wrong)


def test_two_people_with_one_password_have_two_hashes(passwords):
    assert passwords.hash("correct horse battery") != passwords.hash("correct horse battery")


def test_an_unknown_account_takes_the_path_of_a_wrong_password(passwords, hasher):
    kept = passwords.hash("correct horse battery")
    assert not passwords.verify(kept, "wrong")
    assert not passwords.verify(None, "wrong")
    assert len(hasher.verified) == 2
    assert all(one.startswith("$argon2id$") for one, _ in hasher.verified)


def test_not_even_the_stand_in_of_unknown_accounts_opens_one(passwords):
    assert not passwords.verify(None, "nobody")


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$v=19$broken", "plain text password"])
def test_a_damaged_hash_opens_nothing(passwords, kept):
    assert not passwords.verify(kept, "plain text password")


def test_in_production_a_guess_costs_what_the_standard_asks():
    """RFC 9106, second recommended option: 64 MiB, three passes, four lanes."""
    kept = extract_parameters(Argon2Passwords().hash("correct horse battery"))
    assert (kept.memory_cost, kept.time_cost, kept.parallelism) == (65_536, 3, 4)
