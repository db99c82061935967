"""On which days messages leave."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from encaiss_dashboard.domain.sending_days import EVERY_DAY, WEEK, Closure, DayOfYear, SendingDays

WORKDAYS = WEEK - {5, 6}
CHRISTMAS = Closure(DayOfYear(12, 24), DayOfYear(1, 2))
BUILDERS = Closure(DayOfYear(7, 11), DayOfYear(8, 2))


@pytest.mark.parametrize(
    "sending, on, expected",
    [
        (EVERY_DAY, date(2026, 11, 1), date(2026, 11, 1)),
        (SendingDays(WORKDAYS), date(2026, 11, 7), date(2026, 11, 9)),
        (SendingDays(WORKDAYS, "BE"), date(2026, 11, 11), date(2026, 11, 12)),
        (SendingDays(WORKDAYS, "FR"), date(2026, 7, 14), date(2026, 7, 15)),
        (SendingDays(WORKDAYS, "BE"), date(2026, 7, 14), date(2026, 7, 14)),
        (SendingDays(WORKDAYS, "BE", (CHRISTMAS,)), date(2026, 12, 24), date(2027, 1, 4)),
        (SendingDays(WORKDAYS, "BE", (CHRISTMAS,)), date(2027, 1, 1), date(2027, 1, 4)),
        (SendingDays(closures=(BUILDERS,)), date(2026, 7, 20), date(2026, 8, 3)),
        (SendingDays(frozenset({0})), date(2026, 11, 3), date(2026, 11, 9)),
    ],
)
def test_what_is_ready_on_a_closed_day_leaves_on_the_next_open_one(sending, on, expected):
    assert sending.next_open(on) == expected
    assert sending.is_open(on) is (on == expected)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_closure_over_the_new_year_is_the_rest_of_the_year_turned_round(on):
    rest = Closure(DayOfYear(1, 3), DayOfYear(12, 23))
    assert CHRISTMAS.holds(on) is not rest.holds(on)


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekdays": frozenset()},
        {"weekdays": frozenset({7})},
        {"country": "XX"},
        {"closures": (Closure(DayOfYear(1, 1), DayOfYear(12, 31)),)},
        {
            "closures": (
                Closure(DayOfYear(1, 1), DayOfYear(6, 30)),
                Closure(DayOfYear(7, 1), DayOfYear(12, 31)),
            )
        },
    ],
)
def test_what_leaves_no_day_or_names_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match=r"day|holidays"):
        SendingDays(**wrong)


@pytest.mark.parametrize("month, day", [(2, 30), (13, 1), (0, 1), (4, 31)])
def test_a_day_that_no_year_has_is_refused(month, day):
    with pytest.raises(ValueError, match=r"day|month"):
        DayOfYear(month, day)


def test_a_pause_that_begins_on_29_february_holds_in_every_year():
    closure = Closure(DayOfYear(2, 29), DayOfYear(3, 2))
    assert [closure.holds(date(2027, 2, 28) + timedelta(days=n)) for n in range(4)] == [
        False,
        True,
        True,
        False,
    ]
