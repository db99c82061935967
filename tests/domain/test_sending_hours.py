"""At which hours somebody may be written to, in Brussels, whatever the season."""

from datetime import UTC, datetime

import pytest

from encaiss_dashboard.domain.sending_hours import SendingHours

USUAL = SendingHours.parse("08:00-19:00")


def at(month, day, hour, minute=0):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "now,is_open,opens",
    [
        (at(11, 8, 6, 59), False, at(11, 8, 7)),  # winter: Brussels is one hour ahead
        (at(11, 8, 7), True, at(11, 8, 7)),
        (at(11, 8, 17, 59), True, at(11, 8, 17, 59)),
        (at(11, 8, 18), False, at(11, 9, 7)),
        (at(7, 8, 5, 59), False, at(7, 8, 6)),  # summer: two hours
        (at(7, 8, 17), False, at(7, 9, 6)),
        (at(10, 24, 17), False, at(10, 25, 7)),  # the night on which summer ends
        (at(12, 31, 23, 30), False, at(1, 1, 7).replace(year=2027)),
    ],
)
def test_nothing_leaves_before_the_hours_or_after_them(now, is_open, opens):
    assert (USUAL.are_open(now), USUAL.next_open(now)) == (is_open, opens)


def test_always_is_always():
    always = SendingHours.parse("00:00-24:00")
    assert all(always.are_open(at(11, 8, hour)) for hour in range(24))


@pytest.mark.parametrize(
    "text", ["", "8-19", "08:00", "19:00-08:00", "08:00-08:00", "08:00-24:30", "25:00-26:00", "08:00-19:00\n"]
)
def test_hours_in_which_nothing_would_leave_or_that_cannot_be_read_are_refused(text):
    with pytest.raises(ValueError, match="sending hours"):
        SendingHours.parse(text)
