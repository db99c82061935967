"""A payment that came before its invoice settles it when it comes, from the later of both days."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from money_in import ON, ogm, open_item, paid

from encaiss_dashboard.domain.booking import Late, Part, Policy, Rules, Waiting, settle_waiting
from encaiss_dashboard.domain.money import Money

STRICT, OLDEST = Rules(Policy.STRICT), Rules(Policy.OLDEST_FIRST)


def waits(cents, key=1, on=ON, **more):
    return Waiting(key, on, Money(cents, more.get("currency", "EUR")), more.get("movement"))


def test_the_invoice_that_a_payment_named_is_settled_from_its_day_of_issue():
    issued = ON + timedelta(days=12)
    invoice = open_item(7, 50_00, due=issued + timedelta(days=30), issue=issued, reference=ogm(7))
    early = waits(50_00, movement=paid(50_00, structured=ogm(7)))
    assert settle_waiting([early], [invoice], STRICT) == (Late(1, issued, Part(7, Money(50_00))),)


def test_an_invoice_issued_before_the_payment_is_settled_from_the_payment_on():
    [found] = settle_waiting([waits(50_00)], [open_item(7, 50_00)], STRICT)
    assert found.on == ON


def test_strictly_only_what_is_named_or_is_the_amount_is_settled():
    other = open_item(8, 90_00)
    assert settle_waiting([waits(50_00)], [other], STRICT) == ()
    assert settle_waiting([waits(50_00)], [other], OLDEST) == (Late(1, ON, Part(8, Money(50_00))),)


def test_what_names_an_invoice_that_is_still_not_there_waits_on():
    early = waits(50_00, movement=paid(50_00, structured=ogm(7)))
    assert settle_waiting([early], [open_item(8, 90_00)], OLDEST) == ()
    named_and_paid = open_item(7, 0, reference=ogm(7))
    assert settle_waiting([early], [open_item(8, 90_00), named_and_paid], OLDEST) != ()


def test_the_payment_that_came_first_settles_first():
    first, second = waits(60_00, key=2, on=date(2026, 6, 1)), waits(60_00, key=1)
    found = settle_waiting([second, first], [open_item(8, 90_00)], OLDEST)
    assert [(one.payment_id, one.part.amount.cents) for one in found] == [(2, 60_00), (1, 30_00)]


def test_money_of_another_currency_waits_on():
    assert settle_waiting([waits(50_00, currency="USD")], [open_item(7, 50_00)], OLDEST) == ()
    assert settle_waiting([waits(50_00)], [], OLDEST) == ()


@given(
    st.lists(st.integers(1, 300), max_size=4),
    st.lists(st.integers(1, 300), max_size=5),
    st.sampled_from([Policy.STRICT, Policy.OLDEST_FIRST, Policy.INTEREST_FIRST]),
)
def test_nothing_is_created_and_no_invoice_gets_more_than_its_balance(payments, balances, policy):
    waiting = [waits(cents, key) for key, cents in enumerate(payments)]
    items = [open_item(n, cents, 50 - n) for n, cents in enumerate(balances)]
    found = settle_waiting(waiting, items, Rules(policy))
    for key, cents in enumerate(payments):
        assert sum(one.part.amount.cents for one in found if one.payment_id == key) <= cents
    for key, cents in enumerate(balances):
        assert sum(one.part.amount.cents for one in found if one.part.invoice_id == key) <= cents
