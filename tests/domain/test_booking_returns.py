"""What money that leaves takes back: returns, refused direct debits, refunds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from money_in import IBANS, LEROY, ON, PETIT, paid

from encaiss_dashboard.domain.booking import Booked, Part, Reason, propose_return
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.money import Money

SURE = 85


def booked(key, cents, days_ago=3, parts=None, **more):
    """A payment that settled one invoice, of the same number as itself, wholly."""
    settled = (Part(key, Money(cents)),) if parts is None else parts
    facts = {"debtor_id": PETIT, "line_id": key, "iban": IBANS[PETIT], **more}
    amount = Money(cents, facts.pop("currency", "EUR"))
    return Booked(key, client_id=1, on=ON - timedelta(days=days_ago), amount=amount, parts=settled, **facts)


def back(cents, **more):
    return paid(-cents, is_return=more.pop("is_return", True), **more)


FIRST = booked(1, 100_00, end_to_end="E1", bank_reference="B1", mandate="M1", counterparty="Garage Petit SRL")
OTHER = booked(2, 40_00, days_ago=9, iban=IBANS[LEROY], debtor_id=LEROY)


@pytest.mark.parametrize(
    "movement, confidence",
    [
        (back(100_00, bank_reference="B1"), 97),
        (back(100_00, end_to_end="E1"), 96),
        (back(100_00, mandate="M1"), 92),
        (back(100_00, iban="BE71 0961 2345 6769"), 90),
        (back(100_00, counterparty="GARAGE PETIT"), 80),
        (back(60_00, end_to_end="E1"), 75),
        (back(100_00, iban=IBANS[PETIT], is_return=False), 75),
        (back(100_00, mandate="M1", is_return=False), 75),
    ],
)
def test_a_return_takes_back_the_payment_that_it_tells_of(movement, confidence):
    [found] = propose_return(movement, [OTHER, FIRST])
    assert (found.reason, found.takes_back, found.confidence) == (Reason.RETURNED, (1,), confidence)
    assert found.named == (1,)
    [share] = found.shares
    assert (share.debtor_id, share.amount) == (PETIT, movement.amount)
    assert share.parts == (Part(1, movement.amount),)


@pytest.mark.parametrize(
    "movement",
    [
        back(100_00),
        back(99_00, iban=IBANS[PETIT]),
        back(100_01, end_to_end="E1"),
        back(100_00, end_to_end="E1", is_charge=True),
        back(100_00, end_to_end="E1", currency="USD"),
        back(100_00, end_to_end="E1", on=ON - timedelta(days=9)),
        back(100_00, end_to_end="E1", on=ON + timedelta(days=400)),
        back(100_00, counterparty="Garage Petit", is_return=False),
        paid(100_00, end_to_end="E1"),
    ],
)
def test_what_tells_of_no_payment_takes_nothing_back(movement):
    assert propose_return(movement, [FIRST, OTHER]) == ()


def test_of_two_payments_alike_the_newest_is_meant_and_nobody_is_sure():
    twins = [booked(1, 50_00, days_ago=40), booked(2, 50_00, days_ago=10)]
    found = propose_return(back(50_00, iban=IBANS[PETIT]), twins)
    assert [one.takes_back for one in found] == [(2,), (1,)]
    assert all(one.confidence < SURE for one in found)


def test_money_that_was_too_much_is_refunded_and_reopens_nothing():
    over = booked(1, 150_00, parts=(Part(1, Money(100_00)),))
    [found] = propose_return(back(50_00, iban=IBANS[PETIT], is_return=False), [over])
    assert (found.confidence >= SURE, found.takes_back, found.named) == (True, (1,), ())
    assert (found.shares[0].amount, found.shares[0].parts) == (Money(-50_00), ())


def test_of_a_part_that_comes_back_free_money_goes_first_and_then_what_was_settled_last():
    parts = (Part(1, Money(5_00), ClaimKind.INTEREST), Part(1, Money(60_00)), Part(2, Money(20_00)))
    [found] = propose_return(back(40_00, end_to_end="E"), [booked(1, 100_00, parts=parts, end_to_end="E")])
    assert found.shares[0].parts == (Part(2, Money(-20_00)), Part(1, Money(-5_00)))


def test_a_movement_that_was_booked_to_two_debtors_comes_back_from_both():
    two = [
        booked(1, 60_00, line_id=9, end_to_end="E"),
        booked(2, 40_00, line_id=9, end_to_end="E", debtor_id=LEROY),
    ]
    [found] = propose_return(back(100_00, end_to_end="E"), two)
    assert found.takes_back == (1, 2)
    assert [(one.debtor_id, one.amount.cents) for one in found.shares] == [(PETIT, -60_00), (LEROY, -40_00)]


@given(st.lists(st.integers(1, 500), max_size=5), st.integers(0, 300), st.data())
def test_what_comes_back_is_taken_back_to_the_cent_and_never_more_than_was_settled(settled, free, data):
    whole = sum(settled) + free
    if not whole:
        return
    cents = data.draw(st.integers(1, whole))
    parts = tuple(Part(n, Money(one)) for n, one in enumerate(settled))
    [found] = propose_return(back(cents, end_to_end="E"), [booked(1, whole, parts=parts, end_to_end="E")])
    [share] = found.shares
    assert share.amount == Money(-cents)
    taken = {part.invoice_id: -part.amount.cents for part in share.parts}
    assert all(0 < taken[key] <= settled[key] for key in taken)
    assert sum(taken.values()) == max(cents - free, 0)
