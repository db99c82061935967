"""What a plan says besides its steps: days on which messages leave, and the least worth asking for."""

from dataclasses import replace

import pytest
from nights import HUNDRED, Story, day, invoice

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, Held, HoldReason, with_courtesy
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.sending_days import WEEK, SendingDays

WORKDAYS = replace(DEFAULT_PLAN, sending=SendingDays(WEEK - {5, 6}, "BE"))


def test_a_step_reached_on_a_day_on_which_nothing_leaves_goes_on_the_next_one():
    """Due on Thursday 1 October: day 37 is Saturday 7 November, day 39 the Monday after it."""
    story = Story([invoice("A")], WORKDAYS)
    assert story.nights(7, 22) == {7: "A1", 22: "A2"}
    assert story.plan(37) == Held(HoldReason.NOT_A_SENDING_DAY, {"until": day(39)})
    assert story.next(30) == ("3", 39)
    assert story.nights(38, 39, *range(40, 60)) == {38: "not_a_sending_day", 39: "A3", 54: "AF"}


def test_the_gap_that_ends_on_a_day_off_ends_on_the_next_sending_day():
    story = Story([invoice("A"), invoice("B", 6)], WORKDAYS, last_contact=day(9))
    assert story.plan(13) == Held(HoldReason.CONTACT_GAP, {"until": day(25)})
    assert story.nights(23, 24, 25) == {23: "contact_gap", 24: "not_a_sending_day", 25: "A1 B1"}


def test_a_courtesy_message_that_would_come_too_late_is_not_promised():
    """Due on Saturday 3 October: nothing leaves that day, and after it there is no more call for courtesy."""
    story = Story([invoice("A", 2)], with_courtesy(WORKDAYS))
    assert story.nights(2, 3, 4) == {}


def test_too_small_an_amount_waits_until_it_is_worth_a_message():
    story = Story([invoice("A"), invoice("B", 10)], replace(DEFAULT_PLAN, minimum_cents=150_00))
    assert story.plan(7) == Held(HoldReason.BELOW_MINIMUM, {"due": HUNDRED, "minimum": Money(150_00)})
    assert story.nights(7, 10) == {7: "below_minimum", 10: "below_minimum"}
    assert story.night(11) == "A1 B-"


def test_what_credit_leaves_below_the_minimum_is_not_asked_for():
    story = Story([invoice("A")], replace(DEFAULT_PLAN, minimum_cents=50_00), credits=(Money(60_00),))
    assert story.plan(7) == Held(HoldReason.BELOW_MINIMUM, {"due": Money(40_00), "minimum": Money(50_00)})


@pytest.mark.parametrize(
    "wrong",
    [{"steps": ()}, {"contact_gap_days": -1}, {"minimum_cents": -1}],
)
def test_a_plan_without_steps_or_with_less_than_nothing_is_none(wrong):
    with pytest.raises(ValueError, match="a plan has a step"):
        replace(DEFAULT_PLAN, **wrong)
