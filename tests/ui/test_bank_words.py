"""What came of a file, as its sender reads it."""

from datetime import date

import pytest

from encaiss_dashboard.domain.bank import BankFormat
from encaiss_dashboard.domain.booking import Policy, Reason
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LANGUAGES, catalogue, text
from encaiss_dashboard.services.payments import Imported, Told
from encaiss_dashboard.ui.bank_words import result_words, sentence, sentences, told
from encaiss_dashboard.ui.payment_rules import POLICIES

DAYS = (date(2026, 11, 2), date(2026, 11, 4))


def statement(**counts):
    return Told("BE68539007547034", "2026/041", *DAYS, "EUR", Money(1_00), Money(2_00), **counts)


def test_what_was_booked_and_what_waits_is_said_first():
    seen = Imported(3, "a.cod", "coda", (statement(lines=5, booked=3, matched=4, proposed=1, unmatched=1),))
    said = told(Imported(3, "a.cod", "coda", seen.statements, kept=True), "en")
    assert said["outcome"] == "3 payments booked, 2 wait for you"
    assert (said["tone"], said["waiting"]) == ("good", 2)
    assert said["statements"][0]["title"].startswith("BE68 5390 0754 7034 · statement 2026/041")
    assert "€1.00 → €2.00" in said["statements"][0]["balances"].replace("\u00a0", "")


def test_a_file_that_was_refused_says_that_nothing_was_kept():
    said = told(Imported(None, "a.cod", "", problems=(Problem("bank_empty"),)), "fr")
    assert said["tone"] == "bad"
    assert said["outcome"] == text("fr", "payments.not_kept")
    assert said["problems"] == [text("fr", "problem.bank_empty")]


def test_a_file_told_again_says_that_nothing_counts_twice():
    said = told(Imported(3, "a.cod", "coda", (statement(lines=5, duplicates=5),), kept=True), "fr")
    assert said["outcome"] == text("fr", "payments.nothing_new")


def test_a_problem_says_on_which_line_it_stands():
    assert sentence(Problem("bank_empty", line=17), "en").startswith("Line 17: ")


def test_of_many_problems_the_first_are_told_and_the_others_counted():
    said = sentences([Problem("bank_empty")] * 30, "en")
    assert len(said) == 13
    assert said[-1] == "and 18 more problems"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_outcome_has_words_in_every_language(lang):
    counts = {"lines": 9, "booked": 1, "proposed": 1, "unmatched": 1, "duplicates": 3, "rejected": 3}
    said = told(Imported(3, "a.cod", "coda", (statement(**counts),), kept=True), lang)
    assert all(one["counts"] and one["balances"] for one in said["statements"])


@pytest.mark.parametrize(
    "result", [{}, {"statements": None}, {"statements": [{}]}, {"statements": [{"from": "x"}]}]
)
def test_a_history_that_says_nothing_is_told_as_nothing(result):
    assert result_words(result, "fr") in ([], [""])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_rule_claim_and_format_has_words_in_every_language(lang):
    keys = [f"queue.reason_{one}" for one in Reason]
    keys += [f"queue.kind_{one}" for one in ClaimKind]
    keys += [f"payments.format_{one}" for one in BankFormat]
    keys += [f"payments.policy_{one}{end}" for one in POLICIES for end in ("", "_text")]
    assert [key for key in keys if key not in catalogue(lang)] == []


def test_every_rule_of_a_client_can_be_chosen():
    assert set(POLICIES) == set(Policy) - {Policy.AS_TOLD}
