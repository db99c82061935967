"""The aged balance, with the bounds of RULES §7."""

import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.ageing import Basis, ageing, bucket_codes, bucket_of
from encaiss_dashboard.domain.invoices import Allocation, Invoice, Kind, Ledger, Payment
from encaiss_dashboard.domain.money import Money

ON = date(2026, 11, 21)


def invoice(id_, late, cents=100_00, age=None, kind=Kind.INVOICE):
    """An invoice so many days late on 21 November 2026; by default issued 30 days before its due date."""
    due = ON - timedelta(days=late)
    issue = due - timedelta(days=30) if age is None else ON - timedelta(days=age)
    return Invoice(id_, 1, kind, str(id_), issue, due, Money(cents))


@pytest.mark.parametrize(
    "days,code",
    [
        (-400, "not_due"),
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "90+"),
        (4000, "90+"),
    ],
)
def test_the_bucket_of_an_age(days, code):
    assert bucket_of(days) == code


def test_other_bounds_name_their_buckets_alike():
    assert bucket_codes((15, 45)) == ("not_due", "1-15", "16-45", "45+")
    assert bucket_of(45, (15, 45)) == "16-45"
    assert bucket_of(46, (15, 45)) == "45+"


@pytest.mark.parametrize("bounds", [(), (0, 30), (-1,), (30, 30), (60, 30)])
def test_bounds_that_do_not_ascend_from_one_are_refused(bounds):
    with pytest.raises(ValueError, match="positive and ascending"):
        bucket_codes(bounds)


def test_each_open_invoice_is_in_the_bucket_of_its_days_late():
    ledger = Ledger("EUR", [invoice(1, 0, 10), invoice(2, 5, 20), invoice(3, 30, 40), invoice(4, 95, 80)])
    aged = ageing(ledger, ON)
    assert {code: part.cents for code, part in aged.buckets.items()} == {
        "not_due": 10,
        "1-30": 60,
        "31-60": 0,
        "61-90": 0,
        "90+": 80,
    }
    assert aged.counts == {"not_due": 1, "1-30": 2, "31-60": 0, "61-90": 0, "90+": 1}
    assert (aged.open, aged.invoices, aged.overdue) == (Money(150), 4, Money(140))


def test_by_issue_date_counts_days_since_issue_and_overdue_stays_what_is_past_due():
    ledger = Ledger(
        "EUR", [invoice(1, -30, 10, age=0), invoice(2, -1, 20, age=29), invoice(3, 1, 40, age=31)]
    )
    aged = ageing(ledger, ON, Basis.ISSUE)
    assert [part.cents for part in aged.buckets.values()] == [10, 20, 40, 0, 0]
    assert aged.overdue == Money(40)


def test_unallocated_money_is_its_own_negative_line_and_in_no_bucket():
    credit = invoice(2, 10, 15_00, kind=Kind.CREDIT_NOTE)
    payment = Payment(1, 1, ON, Money(20_00))
    aged = ageing(Ledger("EUR", [invoice(1, 10), credit], [payment]), ON)
    assert (aged.open, aged.unallocated) == (Money(100_00), Money(-35_00))
    assert aged.buckets["1-30"] == Money(100_00)


def test_a_past_date_gives_the_same_answer_after_the_invoice_was_paid():
    before = ageing(Ledger("EUR", [invoice(1, 10)]), ON)
    later = ON + timedelta(days=3)
    paid = Ledger(
        "EUR",
        [invoice(1, 10)],
        [Payment(1, 1, later, Money(100_00))],
        [Allocation(1, later, Money(100_00), payment_id=1)],
    )
    assert ageing(paid, ON) == before
    assert ageing(paid, later).invoices == 0


def test_an_empty_ledger_has_all_its_buckets_at_zero_in_its_currency():
    aged = ageing(Ledger("USD", []), ON)
    assert set(aged.buckets.values()) == {Money(0, "USD")}
    assert aged.open == aged.overdue == aged.unallocated == Money(0, "USD")


@given(
    rows=st.lists(
        st.tuples(st.integers(-100, 300), st.integers(0, 200), st.integers(1, 10**9), st.integers(0, 10**9))
    ),
    basis=st.sampled_from(Basis),
    bounds=st.sets(st.integers(1, 365), min_size=1, max_size=6).map(sorted),
)
def test_the_buckets_always_sum_to_open(rows, basis, bounds):
    invoices = [invoice(n, late, cents, age) for n, (late, age, cents, _) in enumerate(rows)]
    settled = [
        Allocation(n, ON, Money(min(part, cents)), payment_id=n) for n, (_, _, cents, part) in enumerate(rows)
    ]
    aged = ageing(Ledger("EUR", invoices, allocations=settled), ON, basis, bounds)
    assert Money.total(aged.buckets.values()) == aged.open
    assert aged.open.cents == sum(cents - min(part, cents) for _, _, cents, part in rows)
    assert sum(aged.counts.values()) == aged.invoices
    assert list(aged.buckets) == list(bucket_codes(bounds))


def test_a_hundred_thousand_invoices_age_in_well_under_a_second():
    ledger = Ledger("EUR", [invoice(n, n % 150 - 20, n + 1) for n in range(100_000)])
    began = time.process_time()
    aged = ageing(ledger, ON)
    assert time.process_time() - began < 0.8
    assert aged.invoices == 100_000
