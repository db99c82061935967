"""The plan of reminders, as dated stories. "Day n" is n days after 1 October 2026, the due date of A."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import HUNDRED, SHORT, Story, day, invoice

from encaiss_dashboard.domain.dunning import (
    COURTESY,
    DEFAULT_PLAN,
    Held,
    HoldReason,
    Plan,
    Planned,
    Step,
    StepCode,
    StepDone,
    next_action,
    plan_debtor,
    with_courtesy,
)
from encaiss_dashboard.domain.money import Money


def test_the_default_ladder_goes_up_every_fifteen_days_and_ends():
    """Day 7 first statement, day 22 second, day 37 third, day 52 formal notice, then silence."""
    story = Story([invoice("A")])
    assert story.nights(*range(-40, 200)) == {7: "A1", 22: "A2", 37: "A3", 52: "AF"}


def test_a_debtor_inside_its_own_term_is_never_contacted():
    story = Story([invoice("A")])
    assert story.nights(*range(-30, 7)) == {}


def test_a_missed_night_catches_up_with_one_step():
    """Nobody ran on day 7: the first statement goes on day 9 and the second fifteen days after it."""
    assert Story([invoice("A")]).nights(6, 9, *range(22, 40)) == {9: "A1", 24: "A2", 39: "A3"}


def test_a_month_without_runs_never_sends_two_steps_at_once_nor_skips_one():
    """Day 7 first statement, no run until day 60: the second goes then, the third on day 75."""
    assert Story([invoice("A")]).nights(7, *range(60, 100)) == {7: "A1", 60: "A2", 75: "A3", 90: "AF"}


def test_an_old_invoice_delegated_late_enters_at_the_first_statement():
    assert Story([invoice("A")]).nights(300, 301, 315) == {300: "A1", 315: "A2"}


def test_a_second_run_on_the_same_night_sends_nothing():
    story = Story([invoice("A")])
    assert [story.night(7), story.night(7)] == ["A1", ""]


def test_a_paid_invoice_is_never_reminded():
    """Day 7 first statement for A and B; A is paid on day 10; day 22 only B goes on."""
    story = Story([invoice("A"), invoice("B")])
    assert story.night(7) == "A1 B1"
    story.paid.add("A")
    assert story.night(22) == "B2"
    story.paid.add("B")
    assert story.nights(*range(23, 100)) == {}


def test_all_invoices_past_due_go_in_one_statement_each_at_its_own_step_oldest_first():
    """Day 22: A is due for its second, B (due day 10) for its first; C (due day 21) is listed only."""
    story = Story([invoice("C", 21), invoice("A"), invoice("B", 10), invoice("D", 22)])
    assert story.night(7) == "A1"
    assert story.night(17) == "contact_gap"
    assert story.night(22) == "A2 B1 C-"
    plan = Story([invoice("B", 10), invoice("A")], done={"A": [StepDone(StepCode.STATEMENT_1, day(7))]}).plan(
        22
    )
    assert plan.step is StepCode.STATEMENT_2
    assert [line.days_late for line in plan.lines] == [22, 12]
    assert plan.totals == {"EUR": Money(200_00)}


def test_being_listed_takes_no_step():
    story = Story([invoice("A"), invoice("B", 6)])
    assert story.nights(7, 22, 37) == {7: "A1 B-", 22: "A2 B1", 37: "A3 B2"}


def test_a_new_invoice_due_every_day_makes_one_statement_a_fortnight():
    names = [chr(ord("A") + n) for n in range(26)]
    story = Story([invoice(name, n) for n, name in enumerate(names)])
    sent = [n for n in range(50) if story.night(n) not in {"", "contact_gap"}]
    assert sent == [7, 22, 37]


def test_a_statement_held_by_the_contact_gap_says_until_when():
    story = Story([invoice("A"), invoice("B", 5)])
    story.night(7)
    assert story.plan(12) == Held(HoldReason.CONTACT_GAP, {"until": day(22)})


def test_a_contact_outside_the_ladder_holds_the_statement_too():
    """The agency wrote on day 0 about something else: the statement of day 7 goes on day 15."""
    story = Story([invoice("A")], last_contact=day(0))
    assert story.next(5) == ("1", 15)
    assert story.nights(7, 14, 15) == {7: "contact_gap", 14: "contact_gap", 15: "A1"}


def test_credit_that_covers_what_is_due_holds_the_statement():
    story = Story([invoice("A"), invoice("B", 60)], credits=(Money(60_00), Money(40_00)))
    assert story.plan(6) is None
    assert story.plan(7) == Held(HoldReason.CREDIT_COVERS, {"credit": HUNDRED, "due": HUNDRED})


def test_smaller_credit_is_shown_and_deducted():
    plan = Story([invoice("A"), invoice("B", 3)], credits=(Money(60_00), Money(30_00))).plan(7)
    assert (plan.credits, plan.totals) == ((Money(90_00),), {"EUR": Money(110_00)})
    assert [line.open for line in plan.lines] == [HUNDRED, HUNDRED]


def test_currencies_share_the_statement_and_keep_their_own_totals():
    story = Story([invoice("A"), invoice("B", 1, Money(70_00, "USD"))], credits=(Money(20_00, "USD"),))
    plan = story.plan(8)
    assert plan.totals == {"EUR": Money(100_00), "USD": Money(50_00, "USD")}
    assert plan.credits == (Money(20_00, "USD"),)


def test_a_currency_whose_credit_covers_its_debt_drops_out():
    story = Story([invoice("A"), invoice("B", 1, Money(70_00, "USD"))], credits=(Money(80_00, "USD"),))
    assert story.plan(8).credits == ()
    assert story.night(8) == "A1"


def test_credit_of_one_currency_covers_nothing_of_another():
    assert Story([invoice("A")], credits=(Money(500_00, "USD"),)).night(7) == "A1"


def test_when_the_only_step_is_in_a_covered_currency_nothing_goes():
    """A (USD, covered) has a step on day 7; B (EUR) is one day late and waits for its own."""
    story = Story([invoice("A", 0, Money(70_00, "USD")), invoice("B", 6)], credits=(Money(70_00, "USD"),))
    assert story.nights(7, 13) == {7: "credit_covers", 13: "B1"}


def test_without_an_agreement_nobody_gets_a_courtesy_message():
    assert all(step.code is not StepCode.COURTESY for step in DEFAULT_PLAN.steps)
    assert with_courtesy(with_courtesy(DEFAULT_PLAN)).steps == (COURTESY, *DEFAULT_PLAN.steps)


def test_the_courtesy_message_goes_five_days_before_and_the_ladder_follows():
    story = Story([invoice("A")], with_courtesy(DEFAULT_PLAN))
    assert story.nights(*range(-30, 60)) == {-5: "Ac", 7: "A1", 22: "A2", 37: "A3", 52: "AF"}


@pytest.mark.parametrize("first_run,told", [(-6, ""), (-5, "Ac"), (0, "Ac"), (1, ""), (7, "A1")])
def test_a_courtesy_message_catches_up_until_the_due_day_and_then_lapses(first_run, told):
    assert Story([invoice("A")], with_courtesy(DEFAULT_PLAN)).night(first_run) == told


def test_a_courtesy_message_lists_only_the_invoices_whose_step_it_is():
    """Day -5: A gets its courtesy; B is due later; Z is already late but not yet at a step."""
    story = Story([invoice("A"), invoice("B", 1), invoice("Z", -6)], with_courtesy(DEFAULT_PLAN))
    assert story.night(-5) == "Ac"


def test_courtesy_messages_neither_wait_for_the_contact_gap_nor_start_it():
    """Day 7 A's statement; day 9 B's courtesy, while C's first waits; day 22 all go on."""
    story = Story([invoice("A"), invoice("B", 14), invoice("C", 1)], with_courtesy(DEFAULT_PLAN))
    sent = {7: "A1 C-", 8: "contact_gap", 9: "Bc", 10: "contact_gap", 22: "A2 C1 B1"}
    assert story.nights(*sent) == sent


def test_a_statement_goes_before_a_courtesy_message_which_follows_the_next_night():
    """Day 7: A's statement and B's courtesy fall together; B is inside its term and not in a statement."""
    story = Story([invoice("A"), invoice("B", 12)], with_courtesy(DEFAULT_PLAN))
    assert story.nights(7, 8) == {7: "A1", 8: "Bc"}


def test_credit_left_after_what_is_late_counts_for_the_courtesy_message():
    """50 late without a step yet, credit 150: all of the 100 to come is covered too; with 120 it is not."""
    late, coming = invoice("Z", -8, Money(50_00)), invoice("A")
    plan = with_courtesy(DEFAULT_PLAN)
    covered = Story([late, coming], plan, credits=(Money(150_00),))
    assert covered.night(-5) == "credit_covers"
    plan = Story([late, coming], plan, credits=(Money(120_00),)).plan(-5)
    assert (plan.credits, plan.totals) == ((Money(70_00),), {"EUR": Money(30_00)})


def test_a_debtor_without_the_courtesy_in_its_plan_any_more_goes_on_from_there():
    story = Story([invoice("A")], done={"A": [StepDone(StepCode.COURTESY, day(-5))]})
    assert story.nights(-4, 7) == {7: "A1"}


def test_a_step_dropped_from_the_plan_is_not_taken_and_not_gone_back_behind():
    no_third = Plan(tuple(s for s in DEFAULT_PLAN.steps if s.code is not StepCode.STATEMENT_3), 15)
    assert Story([invoice("A")], no_third).nights(*range(60)) == {7: "A1", 22: "A2", 52: "AF"}
    was_third = Story([invoice("A")], no_third, done={"A": [StepDone(StepCode.STATEMENT_3, day(37))]})
    assert was_third.nights(*range(38, 60)) == {52: "AF"}


@pytest.mark.parametrize(
    "steps",
    [
        (Step(StepCode.STATEMENT_2, 7), Step(StepCode.STATEMENT_1, 22)),
        (Step(StepCode.STATEMENT_1, 7), Step(StepCode.STATEMENT_1, 22)),
        (Step(StepCode.STATEMENT_1, 0),),
        (Step(StepCode.COURTESY, -5),),
        (Step(StepCode.COURTESY, -5, 1),),
    ],
)
def test_a_ladder_that_steps_back_or_chases_inside_the_term_is_refused(steps):
    with pytest.raises(ValueError, match=r"steps must|due day|inside its own term"):
        Plan(steps, 15)


def test_the_next_action_is_the_tone_and_day_of_the_next_message():
    """Before due, after each step, and after the last one; a run that was missed is due today."""
    story = Story([invoice("A")])
    assert story.next(-20) == ("1", 7)
    assert story.next(9) == ("1", 9)
    told = []
    for number in (9, 24, 39, 54):
        story.night(number)
        told.append(story.next(number))
    assert told == [("2", 24), ("3", 39), ("F", 54), None]


def test_the_next_action_has_the_tone_of_its_highest_step():
    story = Story([invoice("A"), invoice("B", 12)])
    story.night(7)
    assert story.next(8) == ("2", 22)


def test_the_next_action_is_a_courtesy_message_even_within_the_contact_gap():
    """Day 7 A's statement; B (due day 16) gets its courtesy on day 11, well before A's second on day 22."""
    story = Story([invoice("A"), invoice("B", 16)], with_courtesy(DEFAULT_PLAN))
    story.night(7)
    assert story.next(8) == ("c", 11)


def test_nothing_owed_has_no_next_action():
    assert Story([invoice("A")], paid={"A"}).next(3) is None
    assert Story([]).next(3) is None


@st.composite
def runs(draw):
    """A debtor with some invoices, the nights on which somebody ran, and the day each was paid."""
    dues = draw(st.lists(st.integers(0, 60), min_size=1, max_size=6))
    currencies = draw(st.lists(st.sampled_from(["EUR", "USD"]), min_size=len(dues), max_size=len(dues)))
    invoices = [
        invoice(chr(ord("A") + n), due, Money(100_00, currency))
        for n, (due, currency) in enumerate(zip(dues, currencies, strict=True))
    ]
    plan = draw(st.sampled_from([DEFAULT_PLAN, with_courtesy(DEFAULT_PLAN)]))
    credit = tuple(
        Money(cents, currency)
        for cents, currency in draw(
            st.lists(st.tuples(st.integers(1, 150_00), st.sampled_from(["EUR", "USD"])), max_size=2)
        )
    )
    paid_on = {i.number: draw(st.integers(0, 200)) for i in invoices if draw(st.booleans())}
    nights = sorted(draw(st.sets(st.integers(-20, 160), max_size=60)))
    return Story(invoices, plan, credit), paid_on, nights


@settings(deadline=None)
@given(runs())
def test_whatever_nights_are_missed_the_ladder_keeps_its_promises(run):
    story, paid_on, nights = run
    contacts = []
    for number in nights:
        story.paid = {name for name, on in paid_on.items() if on <= number}
        plan = story.plan(number)
        story.night(number)
        if not isinstance(plan, Planned):
            continue
        assert not story.paid & {line.invoice.number for line in plan.lines}
        assert all(total.cents > 0 for total in plan.totals.values())
        assert plan.step in {line.step for line in plan.lines}
        if plan.step is StepCode.COURTESY:
            assert all(-5 <= line.days_late <= 0 and line.step is plan.step for line in plan.lines)
        else:
            assert all(line.days_late >= 1 for line in plan.lines)
            contacts.append(number)
        assert [line.invoice.due for line in plan.lines] == sorted(line.invoice.due for line in plan.lines)
    assert all(later - earlier >= 15 for earlier, later in pairwise(contacts))
    for done in story.done.values():
        ranks = [step.code.rank for step in done]
        assert ranks == sorted(set(ranks))
        statements = [step for step in done if step.code is not StepCode.COURTESY]
        assert [step.code.rank for step in statements] == list(range(1, len(statements) + 1)), "none skipped"
        for earlier, later in pairwise(statements):
            assert (later.on - earlier.on).days >= 15


@settings(deadline=None)
@given(runs(), st.integers(-20, 100))
def test_the_next_action_comes_true_when_every_night_runs_and_nothing_is_paid(run, today):
    story, _, nights = run
    story.credits = ()
    for number in nights:
        if number < today:
            story.night(number)
    promised = story.next(today)
    for number in range(today, today + 120):
        plan = story.plan(number)
        if isinstance(plan, Planned):
            assert promised == (SHORT[plan.step], number)
            return
    assert promised is None


@settings(deadline=None)
@given(
    dues=st.lists(st.integers(0, 30), min_size=1, max_size=4),
    maximum=st.integers(5, 40),
    nights=st.sets(st.integers(0, 80), max_size=40),
    today=st.integers(0, 80),
)
def test_a_lapsed_statement_gives_way_to_the_next_one_as_promised(dues, maximum, nights, today):
    plan = Plan(
        (Step(StepCode.STATEMENT_1, 5, maximum), Step(StepCode.STATEMENT_2, 20, None, 15)),
        contact_gap_days=15,
    )
    story = Story([invoice(chr(ord("A") + n), due) for n, due in enumerate(dues)], plan)
    for number in sorted(nights):
        if number < today:
            story.night(number)
    promised = story.next(today)
    for number in range(today, today + 60):
        plan = story.plan(number)
        if isinstance(plan, Planned):
            assert promised == (SHORT[plan.step], number)
            return
    assert promised is None


STOP = Held(HoldReason.DISPUTED, {})


def test_a_stopped_invoice_is_neither_asked_for_nor_listed():
    a, b = Story([invoice("A"), invoice("B")]).owed()
    message = plan_debtor(DEFAULT_PLAN, day(7), [a, replace(b, stop=STOP)])
    assert [line.invoice.number for line in message.lines] == ["A"]
    assert message.totals == {"EUR": HUNDRED}


def test_a_debtor_whose_every_due_invoice_is_stopped_is_held_for_that_reason():
    [a] = Story([invoice("A")]).owed()
    assert plan_debtor(DEFAULT_PLAN, day(7), [replace(a, stop=STOP)]) == STOP
    assert plan_debtor(DEFAULT_PLAN, day(6), [replace(a, stop=STOP)]) is None


def test_a_stopped_debtor_is_held_only_when_something_would_go():
    [a] = Story([invoice("A")]).owed()
    paused = Held(HoldReason.PAUSED, {})
    assert plan_debtor(DEFAULT_PLAN, day(7), [a], stop=paused) == paused
    assert plan_debtor(DEFAULT_PLAN, day(6), [a], stop=paused) is None


def test_the_next_message_waits_for_the_end_of_a_stop_and_without_an_end_there_is_none():
    [a] = Story([invoice("A")]).owed()
    until = replace(STOP, facts={"until": day(20)})
    assert next_action(DEFAULT_PLAN, day(7), [replace(a, stop=until)], None)[1] == day(21)
    assert next_action(DEFAULT_PLAN, day(7), [replace(a, stop=STOP)], None) is None
