"""What is open on a date, from dated facts only."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.invoices import (
    AccessoryAllocation,
    Allocation,
    Invoice,
    Kind,
    Ledger,
    Payment,
)
from encaiss_dashboard.domain.money import Money

JAN_10 = date(2026, 1, 10)


def invoice(id_, total, issue=JAN_10, due=date(2026, 2, 9), kind=Kind.INVOICE):
    return Invoice(id_, 1, kind, f"F{id_}", issue, due, Money.of(total))


def paid(id_, amount, on):
    return Payment(id_, 1, on, Money.of(amount))


def settles(invoice_id, amount, on, payment_id=1, credit_note_id=None):
    return Allocation(invoice_id, on, Money.of(amount), payment_id, credit_note_id)


def test_what_a_payment_settles_of_interest_is_free_no_more_and_leaves_the_invoice_open():
    on = date(2026, 3, 1)
    invoices = [invoice(1, "100")]
    ledger = Ledger(
        "EUR",
        invoices,
        [paid(1, "50", on)],
        [settles(1, "30", on)],
        [AccessoryAllocation(1, on, Money.of("12"), 1)],
    )
    assert ledger.unallocated(on) == Money.of("8")
    assert ledger.open_cents(on) == {1: 70_00}


def test_an_invoice_is_open_from_its_day_of_issue():
    ledger = Ledger("EUR", [invoice(1, "100")])
    assert ledger.open_cents(date(2026, 1, 9)) == {}
    assert ledger.open_cents(JAN_10) == {1: 100_00}


def test_a_payment_reduces_the_balance_from_its_date_and_not_before():
    on = date(2026, 2, 1)
    ledger = Ledger("EUR", [invoice(1, "100")], [paid(1, "40", on)], [settles(1, "40", on)])
    assert ledger.open_cents(date(2026, 1, 31)) == {1: 100_00}
    assert ledger.open_cents(on) == {1: 60_00}


def test_a_settled_invoice_is_no_longer_listed():
    on = date(2026, 2, 1)
    ledger = Ledger("EUR", [invoice(1, "100")], [paid(1, "100", on)], [settles(1, "100", on)])
    assert ledger.open_cents(on) == {}


def test_a_reversed_payment_opens_the_invoice_again_and_leaves_the_past_alone():
    on, back = date(2026, 2, 1), date(2026, 2, 20)
    ledger = Ledger(
        "EUR",
        [invoice(1, "100")],
        [paid(1, "100", on), paid(2, "-100", back)],
        [settles(1, "100", on), settles(1, "-100", back, payment_id=2)],
    )
    assert ledger.open_cents(date(2026, 2, 19)) == {}
    assert ledger.open_cents(back) == {1: 100_00}
    assert ledger.unallocated(back) == Money(0)


def test_a_credit_note_is_never_an_open_invoice_but_waits_unallocated():
    credit = invoice(2, "30", issue=date(2026, 1, 20), kind=Kind.CREDIT_NOTE)
    used = settles(1, "30", date(2026, 1, 25), payment_id=None, credit_note_id=2)
    ledger = Ledger("EUR", [invoice(1, "100"), credit], allocations=[used])
    assert ledger.unallocated(date(2026, 1, 19)) == Money(0)
    assert ledger.unallocated(date(2026, 1, 20)) == Money.of("30")
    assert ledger.open_cents(date(2026, 1, 20)) == {1: 100_00}
    assert ledger.unallocated(date(2026, 1, 25)) == Money(0)
    assert ledger.open_cents(date(2026, 1, 25)) == {1: 70_00}


def test_money_without_an_invoice_waits_unallocated():
    ledger = Ledger("EUR", [], [paid(1, "50", JAN_10)])
    assert ledger.unallocated(date(2026, 1, 9)) == Money(0)
    assert ledger.unallocated(JAN_10) == Money.of("50")


@st.composite
def ledgers(draw):
    """Invoices, credit notes and payments of one currency, partly allocated, possibly too much."""
    days = st.integers(0, 400).map(lambda n: date(2025, 1, 1) + timedelta(days=n))
    cents = st.integers(1, 1_000_00)
    kinds = st.sampled_from([Kind.INVOICE, Kind.INVOICE, Kind.CREDIT_NOTE])
    rows = draw(st.lists(st.tuples(kinds, days, st.integers(0, 90), cents), max_size=12))
    documents = [
        Invoice(n, 1, kind, str(n), issue, issue + timedelta(days=term), Money(total))
        for n, (kind, issue, term, total) in enumerate(rows)
    ]
    payments = [
        Payment(n, 1, on, Money(total))
        for n, (on, total) in enumerate(draw(st.lists(st.tuples(days, cents), max_size=8)))
    ]
    owed = [i for i in documents if i.kind is Kind.INVOICE]
    allocations = []
    for payment in payments if owed else []:
        target = draw(st.sampled_from(owed))
        part = draw(st.integers(1, payment.amount.cents))
        on = max(payment.on, target.issue)
        allocations.append(Allocation(target.id, on, Money(part), payment_id=payment.id))
    return Ledger("EUR", documents, payments, allocations)


@given(ledgers(), st.integers(0, 500))
def test_open_less_unallocated_is_billed_less_received_on_every_date(ledger, day):
    on = date(2025, 1, 1) + timedelta(days=day)
    billed = sum(
        i.total.cents if i.kind is Kind.INVOICE else -i.total.cents for i in ledger.invoices if i.issue <= on
    )
    received = sum(p.amount.cents for p in ledger.payments if p.on <= on)
    assert sum(ledger.open_cents(on).values()) - ledger.unallocated(on).cents == billed - received
