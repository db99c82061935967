"""Claim lines: what a late invoice costs its debtor besides its balance, against the cases of RULES §9."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.claims import (
    ClaimKind,
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
