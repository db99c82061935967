"""The message before an instalment. Day 0 is Thursday 1 October 2026; A and B, of 100.00 each, are due then.

A plan of four parts of 25.00 on days 20, 50, 80 and 110 was agreed on day 5; messages go three days before.
"""

from dataclasses import replace

import pytest
from nights import day
from stop_nights import A, B, owing

from encaiss_dashboard.domain.dunning import Held, HoldReason, StepCode
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.sending_days import EVERY_DAY, Closure, DayOfYear, SendingDays
from encaiss_dashboard.domain.stops import (
    Dispute,
    DisputeReason,
    Instalment,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    begins,
    instalment_message,
    notice,
)

WORKING_WEEK = SendingDays(frozenset(range(5)), "BE")
FAR = day(400)


def agreed(*days, cents=25_00, started=5, reminder=3, tolerance=5, of=(A,)):
    schedule = tuple(Instalment(day(n), cents) for n in days or (20, 50, 80, 110))
    return InstalmentPlan(frozenset(of), schedule, day(started), tolerance, reminder)


def told(story, number, *, credits=(), sending=EVERY_DAY):  # noqa: A002 - the trade's word
    """What the night of a day holds for the story's plan: what is asked for, or why nothing goes."""
    plan = next(one for one in story.known if isinstance(one, InstalmentPlan))
    found = instalment_message(
        plan, story.stopping, day(number), story.owed_on(number), credits=credits, sending=sending
    )
    if isinstance(found, Held):
        return found.reason
    return found and (found.instalment.place, sum(one.cents for one in found.totals.values()))


def days_told(story, span=range(130), **given):
    return {n: found for n in span if (found := told(story, n, **given))}


def test_it_goes_from_so_many_days_before_until_the_day_itself():
    story = owing().stops(agreed()).pays(20, 25_00)
    assert days_told(story, range(60)) == {
        **dict.fromkeys(range(17, 20), ("1/4", 25_00)),  # paid on day 20
        **dict.fromkeys(range(47, 51), ("2/4", 25_00)),
    }


def test_it_asks_for_what_the_instalment_still_lacks():
    assert told(owing().stops(agreed()).pays(20, 35_00), 47) == ("2/4", 15_00)
    assert told(owing().stops(agreed()).pays(20, 50_00), 47) is None
    assert told(owing().stops(agreed()).pays(20, 60_00), 77) == ("3/4", 15_00)


@pytest.mark.parametrize(
    "plan, silent",
    [
        (replace(agreed(), reminder_days=0), range(130)),
        (replace(agreed(), withdrawn_on=day(18)), range(18, 130)),
        (agreed(), range(26, 130)),  # nothing is paid: broken after day 25
    ],
    ids=["none agreed", "withdrawn", "broken"],
)
def test_a_plan_that_has_ended_or_agreed_on_none_sends_nothing(plan, silent):
    assert days_told(owing().stops(plan), silent) == {}


def test_nobody_is_reminded_of_a_plan_that_is_paid():
    assert days_told(owing().stops(agreed()).pays(10)) == {}


def test_nobody_is_reminded_on_the_day_on_which_it_agreed():
    story = owing().stops(agreed(6, 50, started=5, cents=50_00))
    assert list(days_told(story, range(10))) == [6]


def test_of_a_later_instalment_nobody_is_reminded_before_the_one_before_it_is_paid_or_over():
    """Weekly parts and a month's notice: one at a time."""
    story = owing().stops(agreed(14, 21, 28, 35, reminder=30))
    assert told(story, 10) == ("1/4", 25_00)
    assert told(story.pays(11, 25_00), 12) == ("2/4", 25_00)


def test_what_is_missing_of_earlier_instalments_is_told_and_not_asked_for():
    story = owing().stops(agreed(14, 18, 28, 35))
    about = notice(story.known[0], story.stopping.balances, day(16))
    assert (about.place, about.lacking, about.missing) == ("2/4", Money(25_00), Money(25_00))
    assert about.remains == Money(75_00)


def test_it_takes_no_step_and_lists_what_the_plan_covers():
    story = owing("A", "B").stops(agreed())
    planned = instalment_message(
        story.known[0], story.stopping, day(17), story.owed_on(17), credits=(), sending=EVERY_DAY
    )
    assert [(line.invoice.number, line.step) for line in planned.lines] == [("A", None)]
    assert (planned.step, planned.word, planned.credits) == (StepCode.COURTESY, "instalment", ())
    assert planned.instalment.invoices == ("A",)


# ---------------------------------------------------------------- what else stops it


def disputed(*of):
    return Dispute(frozenset(of), DisputeReason.PRICE, day(10))


@pytest.mark.parametrize(
    "other, why",
    [
        (disputed(A), HoldReason.DISPUTED),
        (InvoicePause(frozenset({A}), day(10), FAR), HoldReason.INVOICE_PAUSED),
        (Promise(frozenset({A}), 100_00, 0, day(10), day(60)), HoldReason.PROMISED),
        (PlanRequest(frozenset({A}), day(10)), HoldReason.INSTALMENTS),
    ],
    ids=["disputed", "paused", "promised", "another plan asked for"],
)
def test_what_else_stops_the_invoices_of_a_plan_stops_its_messages(other, why):
    assert set(days_told(owing().stops(agreed(), other), range(15, 26)).values()) == {why}


def test_a_dispute_of_one_invoice_holds_a_message_that_the_others_cannot_pay():
    """Of A and B together 50.00 are due on days 20, 50, 80 and 110; B is disputed."""
    story = owing("A", "B").stops(agreed(cents=50_00, of=(A, B)), disputed(B))
    assert told(story, 17) == ("1/4", 50_00)
    assert told(story.pays(20, 50_00), 47) == ("2/4", 50_00)
    assert told(story.pays(48, 50_00), 77) is HoldReason.DISPUTED


def test_money_that_is_not_set_against_an_invoice_yet_is_deducted():
    story = owing().stops(agreed())
    assert told(story, 17, credits=(Money(10_00),)) == ("1/4", 15_00)
    assert told(story, 17, credits=(Money(25_00),)) is HoldReason.CREDIT_COVERS
    assert told(story, 17, credits=(Money(25_00, "USD"),)) == ("1/4", 25_00)


def test_what_is_late_outside_the_plan_has_the_first_claim_on_a_credit():
    assert told(owing("A", "B").stops(agreed()), 17, credits=(Money(110_00),)) == ("1/4", 15_00)


# ---------------------------------------------------------------- on which days


def test_it_begins_on_the_last_sending_day_that_is_early_enough():
    """Day 20 is a Wednesday: three days before is a Sunday."""
    plan = agreed()
    assert begins(plan, plan.instalments[0], WORKING_WEEK) == day(15)
    story = owing().stops(plan)
    assert days_told(story, range(21), sending=WORKING_WEEK) == {
        15: ("1/4", 25_00),
        16: HoldReason.NOT_A_SENDING_DAY,
        17: HoldReason.NOT_A_SENDING_DAY,
        **dict.fromkeys(range(18, 21), ("1/4", 25_00)),
    }


def test_builders_leave_is_no_reason_to_be_silent_about_what_falls_due_in_it():
    leave = SendingDays(closures=(Closure(DayOfYear(10, 12), DayOfYear(10, 31)),))
    assert list(days_told(owing().stops(agreed()), range(60), sending=leave)) == [10]
