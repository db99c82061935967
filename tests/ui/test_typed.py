"""What people type into fields is read as they meant it, or refused."""

from datetime import date

import pytest

from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.ui.typed import typed_cents, typed_day, typed_number


@pytest.mark.parametrize(
    "typed, cents",
    [
        ("", None),
        (" ", None),
        ("12", 12_00),
        ("12,5", 12_50),
        ("12.50 €", 12_50),
        ("1 234,50", 1_234_50),
        ("1\u202f234,50", 1_234_50),
        ("1.234,50", 1_234_50),
        ("1,234.50", 1_234_50),
        ("-3", -3_00),
    ],
)
def test_an_amount_is_read_in_every_way_of_writing_it(typed, cents):
    assert typed_cents(typed) == cents


@pytest.mark.parametrize("typed", ["1.234", "abc", "1,234,5x", "NaN", "Infinity", "1e5", "9" * 16, "0,001"])
def test_what_is_no_amount_or_two_is_refused(typed):
    """ "1.234" is a thousand to some and a coin to others: nobody guesses."""
    with pytest.raises(Unreadable):
        typed_cents(typed)


def test_days_and_numbers():
    assert typed_day("2026-11-09") == date(2026, 11, 9)
    assert typed_day("") is None
    assert [typed_number(typed) for typed in ("3", "", "-1", "x", "99999", "1.5")] == [3, -1, -1, -1, -1, -1]
    with pytest.raises(Unreadable):
        typed_day("09/11/2026")
