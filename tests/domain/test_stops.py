"""What stops reminders, as dated stories. Day 0 is Thursday 1 October 2026, the day A and B are due.

Without any stop the ladder goes: day 7 first statement, day 22 second, day 37 third, day 52 formal notice.
"""

from dataclasses import replace
from datetime import date

import pytest
from nights import day
from stop_nights import ALL, A, B, owing

from encaiss_dashboard.domain.bank_days import bank_days_after
from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.stops import (
    Decision,
    Dispute,
    DisputeReason,
    Insolvency,
    InsolvencyKind,
    Instalment,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    StopState,
    unanswered_request_since,
)

WHOLE = range(-10, 150)


def promise(made, promised, *, cents=ALL, left=0, of=(A,), withdrawn=None):
    ended = None if withdrawn is None else day(withdrawn)
    return Promise(frozenset(of), cents, left, day(made), day(promised), withdrawn_on=ended)


def dispute(opened, state=None, decided=0, left=0, of=(A,)):
    decision = Decision(state, day(decided), left) if state else None
    return Dispute(frozenset(of), DisputeReason.PRICE, day(opened), decision)


def parts(*days, cents=ALL // 4, tolerance=5, started=5):
    schedule = tuple(Instalment(day(n), cents) for n in days)
    return InstalmentPlan(frozenset({A}), schedule, day(started), tolerance)


def pause(first, until, of=(A,)):
    return InvoicePause(frozenset(of), day(first), None if until is None else day(until))


# ---------------------------------------------------------------- promises


def test_a_promise_that_is_kept_is_the_end_of_it():
    """Made on day 5 for day 20, paid on day 20: nobody is ever reminded."""
    story = owing().stops(promise(5, 20)).pays(20)
    assert story.nights(*WHOLE) == {7: "promised", **dict.fromkeys(range(8, 20), "promised")}
    assert [story.state(n) for n in (4, 5, 19, 20, 90)] == [None, "running", "running", "kept", "kept"]


def test_a_broken_promise_returns_to_the_ladder_the_day_after_the_grace():
    """Promised for Wednesday, day 20; Thursday and Friday are the grace: the first statement on day 23."""
    story = owing().stops(promise(5, 20))
    sent = {n: told for n, told in story.nights(*WHOLE).items() if told != "promised"}
    assert sent == {23: "A1", 38: "A2", 53: "A3", 68: "AF"}
    assert [story.state(n) for n in (22, 23)] == ["running", "broken"]


def test_a_broken_promise_takes_the_next_step_and_never_repeats_one():
    story = owing().stops(promise(8, 40))
    sent = {n: told for n, told in story.nights(*WHOLE).items() if told != "promised"}
    assert sent == {7: "A1", 43: "A2", 58: "A3", 73: "AF"}


@pytest.mark.parametrize("paid, state", [(20, "kept"), (21, "kept"), (22, "kept"), (23, "broken")])
def test_what_arrives_within_the_bank_days_of_grace_keeps_a_promise(paid, state):
    assert owing().stops(promise(5, 20)).pays(paid).state(60) == state


def test_a_promise_for_a_friday_is_waited_for_until_tuesday():
    """Day 15 is a Friday: Monday and Tuesday, day 19, are the bank days after it."""
    story = owing().stops(promise(5, 15))
    assert (story.state(19), story.night(20)) == ("running", "A1")


def test_a_part_of_what_was_promised_is_a_broken_promise_for_the_rest():
    story = owing().stops(promise(5, 20)).pays(18, 60_00)
    assert [line.open.cents for line in story.plan(23).lines] == [40_00]


def test_a_promise_of_a_part_is_kept_by_that_part_and_the_rest_is_due_as_ever():
    story = owing().stops(promise(5, 20, cents=60_00, left=40_00)).pays(18, 60_00)
    assert (story.state(17), story.state(18)) == ("running", "kept")
    assert story.night(18) == "A1"


def test_a_payment_taken_back_in_time_did_not_keep_a_promise():
    story = owing().stops(promise(5, 20)).pays(10).pays(16, -ALL)
    assert [story.state(n) for n in (10, 15, 16, 22, 23)] == ["kept", "kept", "running", "running", "broken"]


def test_a_payment_taken_back_later_leaves_the_promise_kept_and_the_invoice_due():
    story = owing().stops(promise(5, 20)).pays(19).pays(40, -ALL)
    assert (story.state(60), story.night(41)) == ("kept", "A1")


def test_a_promise_withdrawn_today_is_due_again_tonight():
    story = owing().stops(promise(5, 30, withdrawn=12))
    assert (story.night(11), story.state(12), story.night(12)) == ("promised", "withdrawn", "A1")


def test_a_promise_is_known_to_return_on_the_day_after_its_grace():
    story = owing().stops(promise(5, 20))
    assert (story.next(10), story.night(10)) == (("1", 23), "promised")


def test_only_what_was_promised_is_left_out_of_the_message():
    story = owing("A", "B").stops(promise(5, 20))
    assert story.night(7) == "B1"


# ---------------------------------------------------------------- disputes


def test_a_dispute_that_is_lost_returns_to_the_ladder_where_it_stood():
    """First statement on day 7, contested on day 10, rejected on day 40: the second one that night."""
    story = owing().stops(dispute(10, StopState.REJECTED, 40))
    told = story.nights(*WHOLE)
    assert {n: one for n, one in told.items() if one != "disputed"} == {7: "A1", 40: "A2", 55: "A3", 70: "AF"}
    assert {n for n, one in told.items() if one == "disputed"} == set(range(22, 40))


def test_a_dispute_that_is_won_holds_until_the_credit_note_has_come():
    story = owing().stops(dispute(3, StopState.UPHELD, 30)).pays(45)
    assert set(story.nights(*WHOLE).values()) == {"disputed"}
    assert [story.state(n) for n in (29, 30, 60)] == ["running", "upheld", "upheld"]


def test_without_the_credit_note_nobody_is_chased_for_what_is_to_be_credited():
    story = owing().stops(dispute(3, StopState.UPHELD, 30))
    assert set(story.nights(*WHOLE).values()) == {"disputed"}


def test_a_dispute_won_in_part_returns_with_the_rest_once_the_part_is_credited():
    story = owing().stops(dispute(3, StopState.PARTLY, 30, left=40_00)).pays(50, 60_00)
    assert (story.night(49), story.night(50)) == ("disputed", "A1")
    assert [line.open.cents for line in story.plan(65).lines] == [40_00]


def test_an_undecided_dispute_has_no_next_message():
    assert owing().stops(dispute(3)).next(20) is None


# ---------------------------------------------------------------- instalments


def test_a_plan_of_instalments_that_is_kept_is_the_end_of_it():
    story = owing().stops(parts(20, 50, 80, 110))
    for n in (20, 50, 80, 110):
        story.pays(n, 25_00)
    assert set(story.nights(*WHOLE).values()) == {"instalments"}
    assert [story.state(n) for n in (4, 5, 109, 110)] == [None, "running", "running", "kept"]


def test_an_instalment_within_the_tolerance_is_in_time_and_one_day_later_is_not():
    late = owing().stops(parts(20, 50, 80, 110)).pays(25, 25_00)
    later = owing().stops(parts(20, 50, 80, 110)).pays(26, 25_00)
    assert (late.state(26), later.state(25), later.state(26)) == ("running", "running", "broken")


def test_a_breach_returns_to_the_ladder_that_day_with_the_next_step():
    """First statement on day 7, plan on day 8, the second instalment fails: its last day is day 55."""
    story = owing().stops(parts(20, 50, 80, 110, started=8)).pays(20, 25_00)
    sent = {n: told for n, told in story.nights(*WHOLE).items() if told != "instalments"}
    assert sent == {7: "A1", 56: "A2", 71: "A3", 86: "AF"}


def test_a_breach_is_not_healed_by_paying_later():
    assert owing().stops(parts(20, 50, 80, 110)).pays(30, 50_00).state(60) == "broken"


def test_an_instalment_taken_back_after_its_last_day_breaks_the_plan_the_day_after():
    story = owing().stops(parts(20, 50, 80, 110)).pays(18, 25_00).pays(40, -25_00)
    assert [story.state(n) for n in (26, 40, 41)] == ["running", "running", "broken"]
    assert story.pays(42, 50_00).state(60) == "broken"


def test_what_is_taken_back_and_was_paid_ahead_breaks_nothing():
    story = owing().stops(parts(20, 50, 80, 110)).pays(18, 75_00).pays(40, -50_00)
    assert (story.state(55), story.state(56)) == ("running", "broken")


def test_paying_ahead_covers_the_instalments_to_come():
    story = owing().stops(parts(20, 50, 80, 110)).pays(20, 75_00)
    assert (story.state(100), story.known[0].standing(story.stopping.balances, day(60)).until) == (
        "running",
        day(115),
    )


def test_a_request_for_a_plan_freezes_until_it_is_answered():
    asked = PlanRequest(frozenset({A}), day(5))
    refused = replace(asked, answered_on=day(30))
    assert set(owing().stops(asked).nights(*WHOLE).values()) == {"instalments"}
    story = owing().stops(refused)
    assert (story.night(29), story.state(30), story.night(30)) == ("instalments", "refused", "A1")


def test_a_request_unanswered_for_thirty_days_stops_interest_until_it_is_answered():
    """Asked on day 5: day 35 is the last of the thirty."""
    asked = PlanRequest(frozenset({A}), day(5))
    answered = replace(asked, answered_on=day(60), accepted=True)
    story = owing()

    def since(stop, number):
        return unanswered_request_since([stop], story.stopping.balances, A, day(number))

    assert [since(asked, n) for n in (5, 35, 36, 90)] == [None, None, day(36), day(36)]
    assert [since(answered, n) for n in (59, 60)] == [day(36), None]
    assert unanswered_request_since([asked], story.stopping.balances, B, day(90)) is None


# ---------------------------------------------------------------- pauses, insolvency, several at once


def test_a_pause_of_an_invoice_ends_by_itself():
    story = owing().stops(pause(3, 30))
    told = story.nights(*WHOLE)
    assert {n: one for n, one in told.items() if one != "invoice_paused"} == {
        31: "A1",
        46: "A2",
        61: "A3",
        76: "AF",
    }


def test_a_pause_is_as_long_as_was_known_on_the_day():
    story = owing().stops(replace(pause(3, 30), extended=((day(20), day(40)), (day(35), None))))
    ends = [story.known[0].standing(story.stopping.balances, day(n)).until for n in (19, 20, 35)]
    assert ends == [day(30), day(40), None]
    assert story.state(99) == "running"


def test_a_pause_that_ended_was_not_withdrawn_afterwards():
    over = replace(pause(3, 30), withdrawn_on=day(35))
    assert owing().stops(over).state(40) == "ended"


def test_an_insolvent_debtor_is_sent_nothing_at_all_until_it_is_lifted():
    bankrupt = Insolvency(InsolvencyKind.BANKRUPTCY, day(10))
    story = owing("A", "B").stops(replace(bankrupt, lifted_on=day(60)))
    told = story.nights(*WHOLE)
    assert {n: one for n, one in told.items() if one != "insolvent"} == {
        7: "A1 B1",
        60: "A2 B2",
        75: "A3 B3",
        90: "AF BF",
    }
    assert story.state(60) == "lifted"


def test_of_several_stops_the_one_that_holds_longest_is_named():
    stops = owing().stops(pause(3, 30), promise(5, 20), dispute(8, StopState.REJECTED, 12)).stopping
    said = [(n, stops.of_invoice(A, day(n))) for n in (3, 9, 25, 31)]
    assert [(n, held and held.reason) for n, held in said] == [
        (3, HoldReason.INVOICE_PAUSED),
        (9, HoldReason.DISPUTED),
        (25, HoldReason.INVOICE_PAUSED),
        (31, None),
    ]


def test_one_stop_that_follows_another_moves_the_end():
    """Paused until day 10, and the same invoice again from day 11 to day 30."""
    held = owing().stops(pause(3, 10), pause(11, 30)).stopping.of_invoice(A, day(5))
    assert held.facts == {"until": day(30)}


# ---------------------------------------------------------------- bank days


@pytest.mark.parametrize(
    "after, n, expected",
    [
        (date(2026, 10, 16), 0, date(2026, 10, 16)),
        (date(2026, 10, 16), 1, date(2026, 10, 19)),
        (date(2026, 10, 17), 2, date(2026, 10, 20)),
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # Christmas, and a Saturday
        (date(2026, 4, 2), 2, date(2026, 4, 8)),  # Good Friday and Easter Monday
        (date(2026, 11, 10), 1, date(2026, 11, 11)),  # a holiday in Belgium, not at the banks' own
        (date(2027, 12, 31), 1, date(2028, 1, 3)),
    ],
)
def test_bank_days_leave_out_weekends_and_the_days_on_which_t2_is_closed(after, n, expected):
    assert bank_days_after(after, n) == expected
