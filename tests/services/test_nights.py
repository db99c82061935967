"""When the worker runs a night: once, at its hour, whoever of several does it and whatever breaks."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from encaiss_dashboard import jobs

DUE = date(2026, 11, 1)
EVENING = datetime(2026, 11, 7, 20, 0, tzinfo=UTC)
HOUR = datetime(2026, 11, 8, 1, 0, tzinfo=UTC)  # 02:00 in Brussels


@pytest.fixture
def begun_before(moulin, house, clock):
    """A worker that started the evening before."""
    clock.now = EVENING
    return jobs.Nightly(house.wiring)


def test_a_night_is_run_at_its_hour_and_once_a_day(begun_before, clock):
    assert begun_before.turn().planned == 0
    clock.now = HOUR
    assert [begun_before.turn().planned, begun_before.turn().planned] == [1, 0]


def test_of_two_workers_the_second_finds_the_night_over(begun_before, house, clock, moulin, story):
    other = jobs.Nightly(house.wiring)
    clock.now = HOUR
    begun_before.turn()
    other_debtor = house.debtor(1, "Scierie", email="s@nord.example")
    house.delegate(other_debtor, from_date=DUE)
    house.invoice(other_debtor, "2", due=DUE, cents=5_000)
    assert other.turn().planned == 0


def test_a_worker_that_starts_in_the_afternoon_writes_to_nobody_new(moulin, house, clock):
    clock.now = HOUR.replace(hour=14)
    assert jobs.Nightly(house.wiring).turn().planned == 0


class Power(BaseException):
    """The machine is switched off."""


class Off:
    """Switched off before its first letter."""

    def deliver(self, message):
        raise Power


def test_a_night_that_was_broken_off_is_taken_up_by_whichever_worker_starts_next(
    begun_before, house, clock, mailbox, story
):
    clock.now = HOUR
    begun_before.wiring = replace(house.wiring, mail=Off())
    with pytest.raises(Power):
        begun_before.turn()
    later = house.debtor(1, "Later", email="l@x.example")
    house.delegate(later, from_date=DUE)
    house.invoice(later, "2", due=DUE, cents=5_000)
    clock.forward(hours=3)
    assert jobs.Nightly(house.wiring).turn().planned == 1
    assert len(story.acts("sent")) == 2
    assert jobs.Nightly(house.wiring).turn().planned == 0
