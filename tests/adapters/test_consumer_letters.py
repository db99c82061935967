"""The free first reminder of a consumer: every mention of the law, whatever a client says."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import pytest
from golden_letters import all_letters

from encaiss_dashboard.adapters.letters import write_statement
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letter_texts import THE_HOUSES, checked
from encaiss_dashboard.domain.letters import FirstReminder
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LETTER_LANGUAGES, day, money, text

LETTERS = dict(all_letters())


def squeezed(said):
    return re.sub(r"\s", "", said)


@pytest.mark.parametrize("indemnity", [Money(3_650), None])
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_a_consumers_first_reminder_has_every_mention_of_the_law(language, indemnity):
    """Balance, indemnity, creditor and its number, what for and since when, the free period (art. XIX.2)."""
    reminder = FirstReminder(date(2026, 12, 7), indemnity)
    own = checked(
        StepCode.STATEMENT_1, language, {"opening": "X", "request": "Y", "subject": "Z", "ending": "W"}
    )
    for texts in (THE_HOUSES, own):
        letter = write_statement(replace(LETTERS[f"{language}-first"], first_reminder=reminder, texts=texts))
        for shown in (letter.text, unescape(letter.html)):
            seen = squeezed(shown)
            for fact in (
                text(language, "letter.consumer_title"),
                money(Money(1_800_000), language),
                money(indemnity, language) if indemnity else text(language, "letter.consumer_no_indemnity"),
                "Menuiserie Exemple SRL",
                "BE 0123.456.749",
                "2026-0377",
                day(date(2026, 9, 11), language, "numeric"),
                day(reminder.last_day, language, "long"),
                "XIX.2",
            ):
                assert squeezed(fact).casefold() in seen.casefold(), fact
            assert "2 août 2002" not in shown
