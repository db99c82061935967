"""Interest, indemnity and costs in a letter; what a formal notice says of them, and by when."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from golden_letters import statement

from encaiss_dashboard.adapters.letters import write_statement
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import ClaimSum, LetterLine, Section
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import money, text


def test_a_formal_notice_on_paper_leaves_the_days_that_the_post_takes():
    """Posted on Monday 2 November 2026: the first day is the third working day after it (RULES §9)."""
    party = statement("fr", StepCode.FORMAL_NOTICE).debtor
    letter = statement("fr", StepCode.FORMAL_NOTICE, on=date(2026, 11, 2), debtor=replace(party, email=""))
    assert letter.deadline == date(2026, 11, 18)


def claiming(lang, **more):
    line = LetterLine("2026-1", date(2026, 9, 1), date(2026, 10, 1), Money(1_000_00), Money(1_000_00), 56)
    line = replace(line, step=StepCode.FORMAL_NOTICE)
    claims = (
        ClaimSum(ClaimKind.INTEREST, Money(16_11), 1, Decimal("10.5")),
        ClaimSum(ClaimKind.INDEMNITY, Money(40_00), 1),
        ClaimSum(ClaimKind.COSTS, Money(12_50), 1),
    )
    asked = Section("EUR", (line,), (), Money(1_068_61), claims)
    return statement(lang, StepCode.FORMAL_NOTICE, asked, on=date(2026, 11, 26), **more)


@pytest.mark.parametrize("lang", ["fr", "nl", "en", "de"])
def test_interest_indemnity_and_costs_are_lines_of_their_own_and_within_the_total(lang):
    letter = write_statement(claiming(lang))
    for amount in (Money(16_11), Money(40_00), Money(12_50), Money(1_068_61)):
        assert money(amount, lang) in letter.text
        assert money(amount, lang) in letter.html
    assert text(lang, "letter.formal_notice_left_out", client="Menuiserie Exemple SRL") not in letter.text


def test_a_section_whose_claims_do_not_add_up_is_refused():
    asked = claiming("fr").sections[0]
    with pytest.raises(ValueError, match="do not add up"):
        replace(asked, total=Money(1_000_00))


def test_a_consumers_formal_notice_cites_the_book_that_protects_it():
    letter = " ".join(write_statement(claiming("fr", consumer=True)).text.split())
    assert "livre XIX" in letter
    assert "2 août 2002" not in letter
