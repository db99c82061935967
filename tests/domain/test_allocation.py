"""Oldest due first, when nothing says which invoice a payment is for."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.allocation import oldest_due_first
from encaiss_dashboard.domain.invoices import Allocation, Invoice, Kind, Payment
from encaiss_dashboard.domain.money import CurrencyMismatchError, Money

ON = date(2026, 3, 20)


def owed(id_, due, cents, issue=date(2026, 1, 1), currency="EUR"):
    amount = Money(cents, currency)
    return Invoice(id_, 1, Kind.INVOICE, str(id_), issue, due, amount), amount


def payment(cents, on=ON):
    return Payment(7, 1, on, Money(cents))


JANUARY, FEBRUARY, MARCH = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


def test_the_invoice_due_longest_is_settled_first_and_the_last_in_part():
    found, rest = oldest_due_first(
        payment(250), Money(250), [owed(1, MARCH, 100), owed(2, JANUARY, 100), owed(3, FEBRUARY, 100)]
    )
    assert found == [
        Allocation(2, ON, Money(100), payment_id=7),
        Allocation(3, ON, Money(100), payment_id=7),
        Allocation(1, ON, Money(50), payment_id=7),
    ]
    assert rest == Money(0)


def test_of_two_due_the_same_day_the_one_issued_first_comes_first():
    later, earlier = owed(1, JANUARY, 100, issue=date(2026, 1, 5)), owed(2, JANUARY, 100)
    found, _ = oldest_due_first(payment(60), Money(60), [later, earlier])
    assert [a.invoice_id for a in found] == [2]


def test_what_no_invoice_takes_remains():
    assert oldest_due_first(payment(150), Money(150), [owed(1, MARCH, 100)])[1] == Money(50)
    assert oldest_due_first(payment(150), Money(150), []) == ([], Money(150))


def test_only_the_part_still_available_is_allocated():
    found, rest = oldest_due_first(payment(150), Money(30), [owed(1, MARCH, 100)])
    assert ([a.amount for a in found], rest) == ([Money(30)], Money(0))


def test_a_credit_note_settles_from_its_own_date_and_is_named_as_the_source():
    credit = Invoice(9, 1, Kind.CREDIT_NOTE, "C9", date(2026, 2, 2), date(2026, 2, 2), Money(40))
    found, _ = oldest_due_first(credit, credit.total, [owed(1, MARCH, 100)])
    assert found == [Allocation(1, date(2026, 2, 2), Money(40), credit_note_id=9)]


def test_a_payment_in_advance_settles_from_the_day_the_invoice_exists():
    found, _ = oldest_due_first(payment(100), Money(100), [owed(1, MARCH, 100, issue=date(2026, 3, 25))])
    assert found[0].on == date(2026, 3, 25)


@pytest.mark.parametrize("available", [Money(0), Money(-100)])
def test_nothing_or_a_reversal_settles_nothing(available):
    assert oldest_due_first(payment(100), available, [owed(1, MARCH, 100)]) == ([], available)


def test_an_overpaid_invoice_takes_nothing_and_gives_nothing():
    found, rest = oldest_due_first(payment(100), Money(100), [owed(1, JANUARY, -50), owed(2, MARCH, 100)])
    assert ([a.invoice_id for a in found], rest) == ([2], Money(0))


def test_currencies_never_settle_each_other():
    with pytest.raises(CurrencyMismatchError):
        oldest_due_first(payment(100), Money(100), [owed(1, MARCH, 100, currency="USD")])


@given(
    available=st.integers(-1_000, 10**7),
    balances=st.lists(st.tuples(st.integers(0, 90), st.integers(-100, 10**6))),
)
def test_nothing_is_created_and_no_invoice_gets_more_than_its_balance(available, balances):
    invoices = [owed(n, JANUARY + timedelta(days=late), cents) for n, (late, cents) in enumerate(balances)]
    found, rest = oldest_due_first(payment(max(available, 1)), Money(available), invoices)
    assert Money.total(a.amount for a in found) + rest == Money(available)
    assert len({a.invoice_id for a in found}) == len(found)
    assert all(0 < a.amount.cents <= balances[a.invoice_id][1] for a in found)
    left = sum(max(cents, 0) for _, cents in balances) - sum(a.amount.cents for a in found)
    assert rest.cents <= 0 or left == 0
