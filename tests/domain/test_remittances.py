"""What is owed to clients, how remittances are numbered, and by what their transfers are known."""

from datetime import date

import pytest

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import (
    Receipt,
    Waiting,
    batch_id,
    message_id,
    next_number,
    owed,
    told_by,
)

DAY = date(2026, 11, 3)


def receipt(key, cents, client=1, account=1, currency="EUR", on=DAY):
    return Receipt(key, client, account, on, Money(cents, currency))


def test_what_is_owed_is_counted_by_client_and_currency_with_the_euro_first():
    found = owed([receipt(1, 500, 2), receipt(2, 700, currency="CHF"), receipt(3, 100), receipt(4, 50)])
    assert [(one.client_id, str(one.amount), one.currency) for one in found] == [
        (1, "1.50", "EUR"),
        (1, "7.00", "CHF"),
        (2, "5.00", "EUR"),
    ]


@pytest.mark.parametrize(
    "cents, is_due", [((500,), True), ((500, -499), True), ((500, -500), False), ((-1,), False)]
)
def test_a_client_of_whom_more_was_taken_back_than_came_in_is_carried_over(cents, is_due):
    [one] = owed([receipt(key, amount) for key, amount in enumerate(cents)])
    assert one.is_due is is_due


def test_it_is_drawn_on_the_account_that_most_of_it_came_in_on():
    [one] = owed([receipt(1, 100, account=7), receipt(2, 300, account=9), receipt(3, -250, account=9)])
    assert one.account_id == 7
    [alike] = owed([receipt(1, 100, account=9), receipt(2, 100, account=7)])
    assert alike.account_id == 7


@pytest.mark.parametrize(
    "taken, number",
    [
        ((), "R2026-00001"),
        (("R2026-00001", "R2026-00002"), "R2026-00003"),
        (("R2025-00009",), "R2026-00001"),
        (("R2026-99999",), "R2026-100000"),
    ],
)
def test_numbers_of_a_year_leave_none_out(taken, number):
    assert next_number(2026, taken) == number


WAITING = (
    Waiting("R2026-00001", Money(10_000), "TAB-1"),
    Waiting("R2026-00002", Money(20_000), "TAB-1"),
    Waiting("R2026-00003", Money(5_000)),
    Waiting("R2026-00012", Money(10_000)),
)


@pytest.mark.parametrize(
    "words, cents, found",
    [
        ("R2026-00001", -10_000, ("R2026-00001",)),
        ("Versement R2026-00003 Encaissement de 3 paiements", -5_000, ("R2026-00003",)),
        ("r202600003", -5_000, ("R2026-00003",)),
        ("R2026\n-00003", -5_000, ("R2026-00003",)),
        ("R2026-00003", -5_001, ()),
        ("R2026-000031", -5_000, ()),
        ("XR2026-00003", -5_000, ()),
        ("R2026-0001", -10_000, ()),
        ("Loyer", -10_000, ()),
        ("", -10_000, ()),
        ("TAB-1", -30_000, ("R2026-00001", "R2026-00002")),
        ("TAB-1", -29_999, ()),
        ("TAB-12", -30_000, ()),
        ("R2026-00001", 10_000, ("R2026-00001",)),
    ],
)
def test_a_movement_is_a_transfer_by_its_number_and_its_amount_never_by_one_of_them_alone(
    words, cents, found
):
    assert told_by(words, Money(cents), WAITING) == found


def test_another_currency_is_another_amount():
    assert told_by("R2026-00003", Money(-5_000, "USD"), WAITING) == ()


def test_a_file_has_the_same_name_whenever_it_is_made_and_no_other_has_it():
    names = message_id(["R2026-00002", "R2026-00001"])
    assert names == message_id(["R2026-00001", "R2026-00002"])
    assert names != message_id(["R2026-00001"])
    assert len(batch_id(names, 2**31)) <= 35
