"""Claim lines: what a late invoice costs its debtor besides its balance, against the cases of RULES §9."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.claims import (
    ClaimKind,
    ClaimPaid,
    LateInvoice,
    Settled,
    balance,
    claim_lines,
    regime_of,
)
from encaiss_dashboard.domain.consumer import Clause, ConsumerTerms, Creditor
from encaiss_dashboard.domain.dunning import StepCode, StepDone
from encaiss_dashboard.domain.interest import Regime
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money

FIRST = StepDone(StepCode.STATEMENT_1, date(2026, 3, 2))
AGREED = ConsumerTerms("travaux de menuiserie", Creditor.SME, Clause.SCALE, interest=True)


def late(due, euros=1_000, settled=(), done=(), **more):
    invoice = Invoice(1, 1, Kind.INVOICE, "A", due, due, Money(euros * 100, more.pop("currency", "EUR")))
    return LateInvoice(invoice, [Settled(on, Money(cents)) for on, cents in settled], done, **more)


def told(one, on, regime=Regime.BE_B2B, terms=None):
    return {line.kind.value: line.amount.cents / 100 for line in claim_lines(one, on, regime, terms)}


@pytest.mark.parametrize(
    "euros, due, on, interest",
    [
        (1_000, date(2024, 12, 15), date(2025, 1, 31), 15.25),
        (5_000, date(2023, 5, 31), date(2023, 8, 31), 145.07),
        (2_500, date(2025, 6, 30), date(2025, 9, 30), 66.16),
        (10_000, date(2024, 11, 30), date(2026, 11, 21), 2_140.68),
        (12_000, date(2024, 1, 31), date(2024, 3, 1), 123.29),
    ],
)
def test_a_business_owes_interest_by_right_and_forty_euro(euros, due, on, interest):
    assert told(late(due, euros), on) == {"interest": interest, "indemnity": 40}


def test_nothing_is_claimed_on_the_due_day_and_interest_runs_from_the_day_after():
    due = date(2026, 10, 1)
    assert told(late(due), due) == {}
    [line] = [
        c for c in claim_lines(late(due), date(2026, 10, 2), Regime.BE_B2B) if c.kind is ClaimKind.INTEREST
    ]
    assert [(p.first_day, p.last_day) for p in line.periods] == [(date(2026, 10, 2), date(2026, 10, 2))]


def test_interest_runs_on_what_was_left_after_each_payment():
    """3 000 from 15 January to 30 April: 99.25; 2 000 from there to 31 July: 56.28 at 11.5 and 10.5 %."""
    part_paid = late(date(2025, 1, 15), 3_000, settled=[(date(2025, 4, 30), 1_000_00)])
    first = claim_lines(part_paid, date(2025, 4, 30), Regime.BE_B2B)[0]
    whole = claim_lines(part_paid, date(2025, 7, 31), Regime.BE_B2B)[0]
    assert first.amount == Money(99_25)
    assert [one.principal.cents for one in whole.periods] == [3_000_00, 2_000_00, 2_000_00]
    assert sum(one.days for one in whole.periods) == (date(2025, 7, 31) - date(2025, 1, 15)).days
    assert whole.amount == Money(99_25 + 56_27)


def test_what_was_paid_before_the_due_day_bears_nothing_and_a_payment_taken_back_bears_again():
    due = date(2026, 1, 31)
    paid = late(due, settled=[(date(2026, 1, 10), 1_000_00)])
    assert told(paid, date(2026, 6, 30)) == {}
    back = replace(paid, settled=[*paid.settled, Settled(date(2026, 3, 31), Money(-1_000_00))])
    assert (
        told(back, date(2026, 4, 30))["interest"]
        == told(late(date(2026, 3, 31)), date(2026, 4, 30))["interest"]
    )


def test_a_period_without_a_known_rate_leaves_out_the_interest_alone():
    assert told(late(date(2024, 1, 1)), date(2026, 11, 1), Regime.FR_B2B) == {"indemnity": 40}
    assert told(late(date(2026, 1, 31)), date(2026, 3, 2), Regime.FR_B2B)["interest"] == 9.99


def test_money_of_another_currency_bears_interest_and_nothing_given_in_euro():
    assert told(late(date(2026, 1, 31), currency="USD", costs_cents=750), date(2026, 3, 2)) == {
        "interest": 8.63
    }


def test_the_costs_of_reminders_are_a_line_of_their_own():
    assert told(late(date(2026, 1, 31), costs_cents=1_250), date(2026, 3, 2))["costs"] == 12.5


@pytest.mark.parametrize("creditor, interest", [(Creditor.SME, 5.06), (Creditor.OTHER, 3.45)])
def test_a_consumer_owes_what_was_agreed_once_its_free_period_is_over(creditor, interest):
    """RULES §9: 400, e-mailed on 2 March 2026, on 15 April at 10.5 %."""
    one = late(date(2026, 2, 1), 400, done=[FIRST])
    terms = replace(AGREED, creditor=creditor)
    assert told(one, date(2026, 4, 15), Regime.BE_B2C, terms) == {"interest": interest, "indemnity": 55}


def test_nothing_is_claimed_from_a_consumer_before():
    one = late(date(2026, 2, 1), 400, done=[FIRST], costs_cents=750)
    assert told(one, date(2026, 3, 16), Regime.BE_B2C, AGREED) == {}
    assert set(told(one, date(2026, 3, 17), Regime.BE_B2C, AGREED)) == {"interest", "indemnity", "costs"}
    assert told(replace(one, done=[]), date(2026, 12, 1), Regime.BE_B2C, AGREED) == {}
    courtesy = StepDone(StepCode.COURTESY, date(2026, 1, 28))
    assert told(replace(one, done=[courtesy]), date(2026, 12, 1), Regime.BE_B2C, AGREED) == {}


def test_a_consumer_owes_neither_indemnity_nor_interest_that_was_not_agreed():
    one = late(date(2026, 2, 1), 400, done=[FIRST])
    assert told(one, date(2026, 4, 15), Regime.BE_B2C, ConsumerTerms()) == {}
    assert told(one, date(2026, 4, 15), Regime.BE_B2C) == {}


def test_a_fixed_indemnity_above_the_most_allowed_counts_as_unwritten():
    one = late(date(2026, 2, 1), 400, done=[FIRST])
    fixed = ConsumerTerms(clause=Clause.FIXED, fixed_cents=55_00)
    assert told(one, date(2026, 4, 15), Regime.BE_B2C, fixed) == {"indemnity": 55}
    above = replace(fixed, fixed_cents=55_01)
    assert told(one, date(2026, 4, 15), Regime.BE_B2C, above) == {}


def test_a_consumers_indemnity_stays_what_it_was_at_the_end_of_its_free_period():
    settled = [(date(2026, 3, 10), 100_00), (date(2026, 3, 30), 100_00)]
    one = late(date(2026, 2, 1), 400, settled, [FIRST])
    assert told(one, date(2026, 4, 15), Regime.BE_B2C, AGREED)["indemnity"] == 45
    assert told(one, date(2026, 12, 15), Regime.BE_B2C, AGREED)["indemnity"] == 45


@pytest.mark.parametrize(
    "country, consumer, regime",
    [
        ("BE", False, Regime.BE_B2B),
        ("FR", False, Regime.FR_B2B),
        ("NL", False, Regime.BE_B2B),
        ("BE", True, Regime.BE_B2C),
    ],
)
def test_the_law_follows_the_debtor(country, consumer, regime):
    assert regime_of(country, consumer=consumer) is regime


@given(
    st.lists(st.tuples(st.dates(date(2025, 1, 1), date(2026, 6, 30)), st.integers(1, 400_00)), max_size=5),
    st.dates(date(2025, 3, 1), date(2026, 6, 30)),
)
def test_interest_of_parts_adds_up_to_the_interest_of_each_day(settled, on):
    """A slow reference: each day bears the rate of its semester on what was left the evening before."""
    rates = {(2025, 1): 11.5, (2025, 2): 10.5, (2026, 1): 10.5}
    one = late(date(2025, 2, 1), 1_000, settled)
    points = 0
    for ordinal in range(date(2025, 2, 2).toordinal(), on.toordinal() + 1):
        day, before = date.fromordinal(ordinal), date.fromordinal(ordinal - 1)
        points += balance(one, before).cents * int(rates[day.year, 1 + (day.month > 6)] * 10)
    cents = (2 * points + 365_000) // (2 * 365_000)
    found = {line.kind: line.amount.cents for line in claim_lines(one, on, Regime.BE_B2B)}
    assert found.get(ClaimKind.INTEREST, 0) == cents


CASE = late(date(2025, 1, 15), 3_000, settled=[(date(2025, 4, 30), 900_75)])
INTEREST_PAID = ClaimPaid(ClaimKind.INTEREST, date(2025, 4, 30), Money(99_25))


def test_a_payment_that_settles_interest_first_leaves_more_principal_to_bear_interest():
    """RULES §9: of 1 000 paid on 30 April 99.25 are interest; 2 099.25 bear 59.07 until 31 July."""
    paid = replace(CASE, paid=[INTEREST_PAID])
    assert told(paid, date(2025, 4, 29)) == {"interest": 98.30, "indemnity": 40}
    assert told(paid, date(2025, 4, 30)) == {"indemnity": 40}
    assert balance(paid, date(2025, 4, 30)) == Money(2_099_25)
    assert told(paid, date(2025, 7, 31)) == {"interest": 59.07, "indemnity": 40}
    line = claim_lines(paid, date(2025, 7, 31), Regime.BE_B2B)[0]
    assert [(one.principal.cents, one.days) for one in line.periods] == [
        (3_000_00, 105),
        (2_099_25, 61),
        (2_099_25, 31),
    ]


def test_interest_that_was_paid_in_part_is_owed_for_its_rest():
    paid = replace(CASE, settled=(), paid=[replace(INTEREST_PAID, amount=Money(50_00))])
    assert told(paid, date(2025, 4, 30))["interest"] == 49.25


def test_what_was_paid_of_one_kind_lowers_that_kind_alone_and_never_below_nothing():
    day = date(2025, 4, 30)
    paid = replace(
        CASE,
        costs_cents=7_50,
        paid=[
            ClaimPaid(ClaimKind.INDEMNITY, day, Money(40_00)),
            ClaimPaid(ClaimKind.COSTS, day, Money(99_00)),
        ],
    )
    assert told(paid, date(2025, 4, 29)) == {"interest": 98.30, "indemnity": 40, "costs": 7.50}
    assert told(paid, day) == {"interest": 99.25}


def test_interest_whose_payment_is_taken_back_is_owed_again():
    back = [INTEREST_PAID, replace(INTEREST_PAID, amount=-INTEREST_PAID.amount)]
    untouched = late(date(2025, 1, 15), 3_000)
    assert told(replace(untouched, paid=back), date(2025, 7, 31)) == told(untouched, date(2025, 7, 31))
    later = [back[0], replace(back[1], on=date(2025, 5, 31))]
    assert told(replace(untouched, paid=later), date(2025, 5, 1)).get("interest") == 0.95
    apart = told(replace(untouched, paid=later), date(2025, 7, 31))["interest"]
    assert abs(apart - told(untouched, date(2025, 7, 31))["interest"]) < 0.011


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 200_00)), max_size=4),
    st.integers(1, 320),
)
def test_interest_claimed_and_interest_paid_are_what_the_principal_bore_to_a_cent_a_stage(paid, days):
    """Paying interest never changes how much accrues: only a rounding at each day on which some was paid."""
    due = date(2025, 1, 15)
    on = due + timedelta(days=days)
    plain = late(due, 3_000)
    given_ = [ClaimPaid(ClaimKind.INTEREST, due + timedelta(days=n), Money(c)) for n, c in paid]
    accrued = told(plain, on)["interest"] * 100
    claimed = told(replace(plain, paid=given_), on).get("interest", 0) * 100
    gone = sum(one.amount.cents for one in given_ if one.on <= on)
    assert abs(claimed - max(accrued - gone, 0)) <= len(paid) + 0.5
