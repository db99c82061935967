"""Money: whole cents, one currency, and divisions that neither create nor lose a cent."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.money import CurrencyMismatchError, Money, round_cents

CENTS = st.integers(min_value=-(10**15), max_value=10**15)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=30).filter(any)


@given(CENTS, WEIGHTS)
def test_the_parts_of_a_split_add_up_to_the_whole(cents, weights):
    parts = Money(cents).split(weights)
    assert len(parts) == len(weights)
    assert Money.total(parts) == Money(cents)


@given(CENTS, st.integers(min_value=1, max_value=50))
def test_equal_weights_differ_by_at_most_a_cent(cents, n):
    parts = [part.cents for part in Money(cents).split([1] * n)]
    assert max(parts) - min(parts) <= 1


@given(CENTS, WEIGHTS)
def test_every_part_is_within_a_cent_of_its_exact_share(cents, weights):
    for part, weight in zip(Money(cents).split(weights), weights, strict=True):
        assert abs(part.cents - Fraction(cents * weight, sum(weights))) < 1


@given(CENTS, WEIGHTS)
def test_a_weight_of_zero_gets_nothing(cents, weights):
    parts = Money(cents).split(weights)
    assert all(not part for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(CENTS, WEIGHTS)
def test_a_split_of_a_reversal_reverses_the_split(cents, weights):
    assert Money(-cents).split(weights) == [-part for part in Money(cents).split(weights)]


@given(st.lists(st.integers(min_value=1, max_value=10**12), min_size=1, max_size=30), st.data())
def test_a_payment_allocated_pro_rata_settles_no_invoice_beyond_its_balance(balances, data):
    payment = data.draw(st.integers(min_value=0, max_value=sum(balances)))
    allocated = Money(payment).split(balances)
    assert Money.total(allocated) == Money(payment)
    assert all(part.cents <= balance for part, balance in zip(allocated, balances, strict=True))


@given(st.lists(CENTS, max_size=20))
def test_a_total_is_the_sum_whatever_the_order(cents):
    amounts = [Money(c) for c in cents]
    assert Money.total(amounts) == Money.total(reversed(amounts)) == Money(sum(cents))


@given(CENTS)
def test_an_amount_survives_being_written_and_read(cents):
    assert Money.of(str(Money(cents))) == Money(cents)


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_divide_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights"):
        Money(100).split(weights)


def test_the_cents_left_over_go_to_the_largest_remainders():
    assert Money(100).split([1, 1, 1]) == [Money(34), Money(33), Money(33)]
    assert Money(5).split([3, 7]) == [Money(2), Money(3)]


@pytest.mark.parametrize(
    "amount, cents",
    [("0.005", 1), ("0.0049", 0), ("-0.005", -1), ("15.245", 1525), ("59.0664", 5907)],
)
def test_half_a_cent_rounds_away_from_zero(amount, cents):
    assert round_cents(Decimal(amount)) == cents


@pytest.mark.parametrize("text", ["", "abc", "1,50", "1.005", "NaN", "Infinity"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        Money.of(text)


@pytest.mark.parametrize("cents", [1.0, True, "100", Decimal(1)])
def test_only_whole_cents_are_money(cents):
    with pytest.raises(TypeError):
        Money(cents)


@pytest.mark.parametrize(
    "mix", [lambda a, b: a + b, lambda a, b: a - b, lambda a, b: a < b, lambda a, b: a >= b]
)
def test_two_currencies_never_mix(mix):
    with pytest.raises(CurrencyMismatchError):
        mix(Money(100), Money(100, "USD"))
