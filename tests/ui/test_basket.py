"""A payment divided by hand: nothing is booked that is not exactly the payment."""

from datetime import date

import pytest

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.services.payments import Owed, Payer, ToldPart, ToldShare
from encaiss_dashboard.ui import basket

DUE = date(2026, 10, 1)


def owed(key, cents, debtor=1):
    accessories = Money(0)
    names = (7, "Client", debtor, f"D{debtor}", key, f"F-{key}")
    return basket.of_invoice(Owed(*names, DUE, DUE, Money(cents), accessories, delegated=True))


def payer(debtor):
    return basket.of_debtor(Payer(7, "Client", debtor, f"D{debtor}", Money(0)))


def divided(amount, *pieces):
    made = []
    for piece in pieces:
        made = basket.added(made, piece, Money(amount), "fr")
    return made


def test_an_invoice_takes_its_balance_and_never_more_than_is_left():
    first, second = divided(70_000, owed(1, 50_000), owed(2, 51_111))
    assert (first.cents, second.cents) == (50_000, 20_000)
    assert not basket.left([first, second], Money(70_000))


def test_the_same_invoice_is_taken_once():
    assert len(divided(70_000, owed(1, 50_000), owed(1, 50_000))) == 1


def test_what_waits_with_a_debtor_takes_all_that_is_left():
    pieces = divided(70_000, owed(1, 50_000), payer(2))
    assert pieces[-1].cents == 20_000
    assert basket.fits(pieces, Money(70_000))
    assert basket.shares(pieces, Money(70_000)) == [
        ToldShare(1, 50_000, (ToldPart(1, 50_000),)),
        ToldShare(2, 20_000, ()),
    ]


def test_a_line_that_gives_back_is_told_below_zero():
    pieces = divided(-20_000, payer(2))
    assert basket.shares(pieces, Money(-20_000)) == [ToldShare(2, -20_000, ())]


@pytest.mark.parametrize("typed", ["", "0", "-5", "x", "1e9", "500,01", "12,345", "9" * 60])
def test_an_amount_that_cannot_be_books_nothing(typed):
    pieces = basket.changed(divided(50_000, owed(1, 50_000)), "i1", typed)
    assert not basket.fits(pieces, Money(50_000))


@pytest.mark.parametrize("typed", ["500,00", "500.00", "500", "€ 500"])
def test_an_amount_is_read_as_it_is_written_anywhere(typed):
    pieces = basket.changed(divided(50_000, owed(1, 50_000)), "i1", typed)
    assert basket.fits(pieces, Money(50_000))


def test_all_that_is_left_goes_to_the_chosen_part():
    pieces = basket.changed(divided(70_000, owed(1, 50_000), payer(1)), "i1", "300")
    pieces = basket.filled(pieces, "d1", Money(70_000), "fr")
    assert [one.cents for one in pieces] == [30_000, 40_000]
    assert basket.shares(pieces, Money(70_000)) == [ToldShare(1, 70_000, (ToldPart(1, 30_000),))]


def test_a_part_may_not_be_more_than_is_open():
    pieces = basket.changed(divided(70_000, owed(1, 50_000)), "i1", "700")
    row = basket.piece_row(pieces[0], "fr", clients=False)
    assert row["wrong"]
    assert "500,00" in row["after"]
    assert not basket.fits(pieces, Money(70_000))
