"""Working days and the free period of RULES §4."""

from datetime import date, timedelta

import pytest

from encaiss_dashboard.domain.workdays import Channel, is_workday, public_holidays, waiting_period

# Sundays of Easter, found in an almanac rather than computed.
EASTER = {
    2023: date(2023, 4, 9),
    2024: date(2024, 3, 31),
    2025: date(2025, 4, 20),
    2026: date(2026, 4, 5),
    2027: date(2027, 3, 28),
    2028: date(2028, 4, 16),
}


def _movable(easter: date) -> set[date]:
    return {easter + timedelta(days=days) for days in (1, 39, 50)}


@pytest.mark.parametrize("year", EASTER)
def test_belgium_has_exactly_its_ten_public_holidays(year):
    fixed = {(1, 1), (5, 1), (7, 21), (8, 15), (11, 1), (11, 11), (12, 25)}
    ten = {date(year, month, day) for month, day in fixed} | _movable(EASTER[year])
    assert len(ten) == 10
    assert public_holidays("BE", year) == ten


@pytest.mark.parametrize("year", EASTER)
def test_france_has_exactly_its_eleven_public_holidays(year):
    fixed = {(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)}
    assert public_holidays("FR", year) == {date(year, m, d) for m, d in fixed} | _movable(EASTER[year])


@pytest.mark.parametrize(
    "day, country, works",
    [
        (date(2026, 11, 20), "BE", True),
        (date(2026, 11, 21), "BE", False),
        (date(2026, 11, 22), "BE", False),
        (date(2026, 11, 11), "BE", False),
        (date(2026, 7, 21), "BE", False),
        (date(2026, 7, 21), "FR", True),
        (date(2026, 7, 14), "FR", False),
        (date(2026, 7, 14), "BE", True),
        (date(2026, 4, 6), "BE", False),
    ],
)
def test_weekends_and_public_holidays_are_no_working_days(day, country, works):
    assert is_workday(day, country) is works


@pytest.mark.parametrize(
    "sent, channel, last_day, first_day_with_charges",
    [
        (date(2026, 11, 2), "post", date(2026, 11, 18), date(2026, 11, 19)),
        (date(2026, 10, 30), "post", date(2026, 11, 17), date(2026, 11, 18)),
        (date(2026, 11, 9), "post", date(2026, 11, 26), date(2026, 11, 27)),
        (date(2026, 12, 23), "post", date(2027, 1, 11), date(2027, 1, 12)),
        (date(2026, 5, 12), "post", date(2026, 6, 1), date(2026, 6, 2)),
        (date(2026, 11, 14), "email", date(2026, 11, 30), date(2026, 12, 1)),
        (date(2026, 4, 17), "email", date(2026, 5, 4), date(2026, 5, 5)),
        (date(2026, 3, 2), "email", date(2026, 3, 16), date(2026, 3, 17)),
    ],
)
def test_a_first_reminder_leaves_fourteen_free_days(sent, channel, last_day, first_day_with_charges):
    assert waiting_period(sent, Channel(channel)) == (last_day, first_day_with_charges)


def test_the_free_period_always_ends_on_a_working_day_and_never_early():
    for offset in range(366):
        sent = date(2026, 1, 1) + timedelta(days=offset)
        for channel in Channel:
            last_day, _ = waiting_period(sent, channel)
            assert is_workday(last_day)
            assert (last_day - sent).days >= 14
