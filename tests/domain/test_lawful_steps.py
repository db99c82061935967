"""What the law, an invoice's age and stale figures do to a plan; day 0 is Thursday 1 October 2026."""

from dataclasses import replace
from datetime import date

import pytest
from nights import Story, day, invoice

from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    HoldReason,
    OpenInvoice,
    Plan,
    Standing,
    Step,
    StepCode,
    StepDone,
    lawful_from,
    next_action,
    plan_debtor,
    with_courtesy,
)
from encaiss_dashboard.domain.workdays import Channel

CONSUMER = Standing(consumer=True)
HURRIED = Plan(
    (
        Step(StepCode.STATEMENT_1, 1),
        Step(StepCode.STATEMENT_2, 8, days_after_previous=7),
        Step(StepCode.FORMAL_NOTICE, 15, days_after_previous=7),
    ),
    contact_gap_days=7,
)
BY_AGE = replace(DEFAULT_PLAN, enters_by_age=True)


def test_nothing_follows_a_consumers_first_reminder_before_its_free_period_is_over():
    """E-mailed on Friday the 2nd: the first day is the 3rd, the 14th is Friday the 16th."""
    told = Story([invoice("A")], HURRIED, standing=CONSUMER).nights(*range(60))
    assert told == {
        1: "A1",
        **dict.fromkeys(range(8, 16), "law_waits"),
        16: "A2",
        23: "AF",
    }


def test_a_step_that_the_law_holds_says_from_when_it_may_go():
    story = Story([invoice("A")], HURRIED, standing=CONSUMER)
    story.nights(1)
    assert story.plan(9).facts == {"until": date(2026, 10, 17)}
    assert story.next(9) == ("2", 16)


def test_the_free_period_of_a_letter_on_paper_begins_on_the_third_working_day():
    done = [StepDone(StepCode.STATEMENT_1, date(2026, 11, 2), Channel.POST)]
    assert lawful_from(done, CONSUMER) == date(2026, 11, 19)
    assert lawful_from([replace(done[0], channel=Channel.REGISTERED)], CONSUMER) == date(2026, 11, 19)


def test_the_free_period_counts_from_the_day_on_which_the_reminder_left():
    done = [StepDone(StepCode.STATEMENT_1, date(2026, 11, 12), sent_on=date(2026, 11, 14))]
    assert lawful_from(done, CONSUMER) == date(2026, 12, 1)


def test_the_free_period_is_opened_once_by_the_first_reminder_and_by_no_courtesy_message():
    courtesy = StepDone(StepCode.COURTESY, date(2026, 11, 30))
    first = StepDone(StepCode.STATEMENT_1, date(2026, 11, 14))
    second = StepDone(StepCode.STATEMENT_2, date(2026, 12, 5))
    assert lawful_from([courtesy], CONSUMER) == date.min
    assert lawful_from([second, first], CONSUMER) == date(2026, 12, 1)


def test_a_call_or_a_text_is_no_consumers_first_reminder():
    call = StepDone(StepCode.STATEMENT_1, date(2026, 11, 2), Channel.CALL)
    text = replace(call, code=StepCode.STATEMENT_2, channel=Channel.SMS)
    assert lawful_from([call, text], CONSUMER) == date.min


def test_a_business_has_no_free_period():
    assert Story([invoice("A")], HURRIED).nights(*range(60)) == {1: "A1", 8: "A2", 15: "AF"}


def test_each_invoice_of_a_consumer_has_a_free_period_of_its_own():
    story = Story([invoice("A"), invoice("B", due=10)], HURRIED, standing=CONSUMER)
    sent = {night: told for night, told in story.nights(*range(60)).items() if told[0] == "A"}
    assert sent == {1: "A1", 11: "A- B1", 18: "A2 B-", 25: "AF B-", 32: "A- B2", 39: "A- BF"}


@pytest.mark.parametrize(
    "late, step",
    [(0, "1"), (7, "1"), (21, "1"), (22, "2"), (37, "3"), (51, "3"), (52, "3"), (400, "3")],
)
def test_an_old_invoice_enters_at_the_step_of_its_age_and_never_at_the_harshest(late, step):
    story = Story([invoice("A")], BY_AGE, standing=Standing(since=day(late)))
    assert next(iter(story.nights(*range(late, late + 20)).values())) == f"A{step}"


def test_an_invoice_that_entered_by_age_goes_on_from_there():
    story = Story([invoice("A")], BY_AGE, standing=Standing(since=day(40)))
    assert story.nights(*range(40, 120)) == {40: "A3", 55: "AF"}


def test_nights_that_did_not_run_make_no_invoice_older_at_its_entry():
    story = Story([invoice("A")], BY_AGE, standing=Standing(since=day(-5)))
    assert story.nights(60, *range(61, 80)) == {60: "A1", 75: "A2"}


def test_an_old_invoice_recorded_later_enters_by_its_age_on_that_day():
    a = OpenInvoice(invoice("A"), invoice("A").total, known_since=day(45))
    assert plan_debtor(BY_AGE, day(45), [a], standing=Standing(since=day(-100))).step is StepCode.STATEMENT_3


def test_a_plan_without_entry_by_age_begins_at_its_first_step():
    assert Story([invoice("A")], standing=Standing(since=day(300))).night(300) == "A1"


def test_a_consumer_gets_its_first_reminder_first_however_old_the_invoice():
    assert Story([invoice("A")], BY_AGE, standing=Standing(consumer=True, since=day(40))).night(40) == "A1"


def test_a_plan_with_nothing_but_a_statement_and_a_notice_is_entered_at_the_statement():
    plan = replace(HURRIED, steps=HURRIED.steps[::2], enters_by_age=True)
    assert Story([invoice("A")], plan, standing=Standing(since=day(200))).night(200) == "A1"


def test_when_payments_are_not_up_to_date_nothing_but_a_courtesy_message_goes():
    stale = Standing(stale_since=day(-30))
    story = Story([invoice("A"), invoice("B", due=12)], with_courtesy(DEFAULT_PLAN), standing=stale)
    assert story.nights(*range(7, 10)) == {7: "B" + "c", 8: "stale_data", 9: "stale_data"}
    assert story.plan(9).facts == {"since": day(-30)}


def test_once_payments_are_up_to_date_again_the_plan_goes_on():
    story = Story([invoice("A")], standing=Standing(stale_since=day(-30)))
    assert story.night(30) == "stale_data"
    story.standing = Standing()
    assert story.nights(*range(31, 50)) == {31: "A1", 46: "A2"}


def test_the_steps_agreed_for_one_invoice_count_instead_of_its_debtors():
    a, b = Story([invoice("A"), invoice("B")]).owed()
    message = plan_debtor(DEFAULT_PLAN, day(1), [replace(a, plan=HURRIED), b])
    assert [(line.invoice.number, line.step) for line in message.lines] == [
        ("A", StepCode.STATEMENT_1),
        ("B", None),
    ]
    assert next_action(DEFAULT_PLAN, day(0), [replace(a, plan=HURRIED)], None)[1] == day(1)


def test_a_hold_of_the_law_is_not_told_where_a_credit_covers_the_debt():
    story = Story([invoice("A")], HURRIED, standing=CONSUMER)
    story.nights(1)
    story.credits = (invoice("A").total,)
    assert story.plan(9).reason is HoldReason.CREDIT_COVERS
