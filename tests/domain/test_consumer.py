"""What a Belgian consumer may be charged: RULES §4 and the worked cases of §9."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.consumer import Creditor, claimable_indemnity, consumer_interest, indemnity_cap
from encaiss_dashboard.domain.money import CurrencyMismatchError, Money
from encaiss_dashboard.domain.workdays import Channel

SENT = date(2026, 3, 2)
LAST_FREE_DAY = date(2026, 3, 16)


@pytest.mark.parametrize(
    "balance, cap",
    [
        ("0.01", "20.00"),
        ("150", "20.00"),
        ("150.01", "30.00"),
        ("215", "36.50"),
        ("400", "55.00"),
        ("500", "65.00"),
        ("500.01", "65.00"),
        ("1000", "90.00"),
        ("39199.99", "2000.00"),
        ("39200", "2000.00"),
        ("50000", "2000.00"),
        ("0", "0.00"),
        ("-10", "0.00"),
    ],
)
def test_the_indemnity_of_a_consumer_is_capped_by_band(balance, cap):
    assert str(indemnity_cap(Money.of(balance))) == cap


@given(st.integers(min_value=0, max_value=10**8), st.integers(min_value=0, max_value=10**6))
def test_a_higher_balance_never_has_a_lower_cap(cents, more):
    assert indemnity_cap(Money(cents)) <= indemnity_cap(Money(cents + more)) <= Money.of("2000")


def test_the_cap_is_in_euro():
    with pytest.raises(CurrencyMismatchError):
        indemnity_cap(Money(100_00, "USD"))


@pytest.mark.parametrize("agreed, claimable", [("55", "55.00"), ("40", "40.00"), ("55.01", "0.00")])
def test_a_clause_above_the_cap_counts_as_unwritten(agreed, claimable):
    assert str(claimable_indemnity(Money.of("400"), Money.of(agreed))) == claimable


@pytest.mark.parametrize(
    "creditor, first_day, amount",
    [(Creditor.SME, date(2026, 3, 3), "5.06"), (Creditor.OTHER, date(2026, 3, 17), "3.45")],
)
def test_an_sme_counts_from_the_sending_others_from_the_end_of_the_free_period(creditor, first_day, amount):
    result = consumer_interest(Money.of("400"), SENT, Channel.EMAIL, date(2026, 4, 15), creditor)
    assert result.periods[0].first_day == first_day
    assert str(result.amount) == amount


@pytest.mark.parametrize("creditor", Creditor)
@pytest.mark.parametrize("paid", [date(2026, 2, 1), SENT, LAST_FREE_DAY])
def test_a_consumer_who_pays_within_the_free_period_owes_no_interest(creditor, paid):
    assert not consumer_interest(Money.of("400"), SENT, Channel.EMAIL, paid, creditor).amount


@pytest.mark.parametrize("creditor, days", [(Creditor.SME, 15), (Creditor.OTHER, 1)])
def test_the_first_day_with_charges_bears_interest(creditor, days):
    assert consumer_interest(Money.of("400"), SENT, Channel.EMAIL, date(2026, 3, 17), creditor).days == days


def test_a_posted_reminder_leaves_a_longer_free_period():
    paid = date(2026, 3, 18)
    assert not consumer_interest(Money.of("400"), SENT, Channel.POST, paid, Creditor.SME).periods
    assert consumer_interest(Money.of("400"), SENT, Channel.EMAIL, paid, Creditor.SME).periods
