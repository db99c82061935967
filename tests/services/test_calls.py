"""Calls that a plan asks for: made by somebody, from today's balances, and kept like any other act."""

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest

from encaiss_dashboard.domain.calls import (
    TRANSCRIPT_LENGTH_MAX,
    CallAgainWhen,
    CallOutcome,
    CallSaid,
    OutcomeIncomplete,
)
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.stops import DisputeReason
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.services import debtors
from encaiss_dashboard.services.deliveries import called, calls
from encaiss_dashboard.services.deliveries.calling import CallOver
from encaiss_dashboard.services.desk import tasks
from encaiss_dashboard.services.privacy import bundle
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.calls import CallAttempt
from encaiss_dashboard.storage.plans import PlanVersion
from encaiss_dashboard.storage.stop_tables import Stop

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NUMBER = "+32470123456"
NOBODY = CallSaid(CallOutcome.NOT_REACHED)
SOMETHING = CallSaid(CallOutcome.OTHER, "Rappellera elle-même.")


@pytest.fixture
def planned(moulin, house, night):
    """The first statement goes by telephone; it was planned on day 7 for a debtor that can be called."""
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Debtor, moulin).phone = NUMBER
    first, *rest = DEFAULT_PLAN.steps
    plan = replace(DEFAULT_PLAN, steps=(replace(first, channel=Channel.CALL), *rest))
    house.add(PlanVersion(client_id=1, version=1, terms=written(plan), at=house.clock()))
    night(7)
    return 1


@pytest.fixture
def desk(house, story, clock):
    """Calls a service on a day counted from the due date, as somebody."""

    def ask(days, service, *args, actor=HOUSE):
        clock.set(story.after(days))
        with house.wiring.begin(actor) as work:
            return service(work, None, *args)

    return ask


def listed(desk, days):
    return [(one.id, one.tries, one.due) for one in desk(days, calls.to_make).lines]


# --- the list and the script


def test_a_call_lies_at_the_desk_with_whom_to_call_and_what_is_owed_today(planned, desk):
    [line] = desk(8, calls.to_make).lines
    assert (line.debtor, line.phone, line.step, line.days_late, line.due) == (
        "Moulin Clair SA",
        NUMBER,
        "statement_1",
        8,
        True,
    )
    assert [amount.cents for amount in line.owed] == [100_000]
    [task] = [one for one in desk(8, tasks.waiting) if one.kind is tasks.TaskKind.CALL]
    assert (task.client, task.facts, task.leads_to) == ("Ardenne Bois SRL", {"n": 1}, "/desk/calls")


def test_what_is_said_is_the_balance_of_today_and_not_of_the_night(moulin, planned, house, desk, story):
    house.payment(moulin, on=story.after(8), cents=40_000, invoice_id=1)
    found = desk(8, calls.call, planned)
    [section] = found.sections
    assert section.total.cents == 60_000
    assert [line.number for line in section.lines] == ["2026-001"]
    assert (found.creditor, found.language, found.last_try) == ("Ardenne Bois SRL", "fr", False)
    assert desk(8, calls.to_make).lines[0].owed[0].cents == 60_000


def test_what_is_paid_is_not_called_about_and_the_journal_says_why(moulin, planned, house, desk, story):
    house.payment(moulin, on=story.after(8), cents=100_000, invoice_id=1)
    assert listed(desk, 8) == []
    assert desk(8, calls.call, planned) is None
    assert [facts["detail"] for _, facts in story.acts("dropped")] == ["settled"]
    with pytest.raises(CallOver):
        desk(8, calls.call, planned)


def test_an_outcome_of_a_call_that_nobody_had_to_make_is_not_kept(moulin, planned, house, desk, story):
    house.payment(moulin, on=story.after(8), cents=100_000, invoice_id=1)
    assert desk(8, called.record, planned, SOMETHING) is False
    assert story.rows(CallAttempt) == []
    assert [kind for kind, _ in story.acts("called", "dropped")] == ["dropped"]


def test_the_night_drops_a_call_that_was_settled_although_nobody_looked(moulin, planned, house, night, story):
    house.payment(moulin, on=story.after(8), cents=100_000, invoice_id=1)
    night(9)
    assert story.outbox()[0].dropped_at is not None


# --- outcomes


def test_a_story_nobody_there_then_a_promise_that_is_broken_then_the_next_step(
    planned, desk, night, mailbox, story
):
    """Day 7 planned, day 8 nobody, day 9 promised for day 16, not paid: day 24 the second statement."""
    assert desk(8, called.record, planned, NOBODY)
    assert listed(desk, 8) == [(1, 1, False)]
    assert listed(desk, 9) == [(1, 1, True)]
    assert desk(
        9, called.record, planned, CallSaid(CallOutcome.PROMISE, "Vendredi.", promised=story.after(16))
    )
    assert listed(desk, 9) == []
    [(_, tried), (_, made)] = story.acts("call_tried", "called")
    assert (tried["outcome"], tried["next"]) == ("not_reached", story.after(9).isoformat())
    assert (made["outcome"], made["channel"], made["to"], made["stop"]) == ("promise", "call", NUMBER, 1)
    assert "Vendredi" not in str(made), "an act is never changed again, so nothing personal lies in it"
    assert [row.kind for row in story.rows(Stop)] == ["promise"]
    for day in (16, 17):
        assert night(day).sent == 0
    night(24)
    [message] = mailbox.sent
    assert story.outbox()[1].step == "statement_2"
    assert message.to == ("compta@moulin.example",)


def test_a_promise_that_is_kept_ends_it(moulin, planned, house, desk, night, mailbox, story):
    desk(8, called.record, planned, CallSaid(CallOutcome.PROMISE, promised=story.after(15)))
    house.payment(moulin, on=story.after(15), cents=100_000, invoice_id=1)
    assert (night(24).planned, night(60).planned, mailbox.sent) == (0, 0, [])


def test_after_three_times_nobody_the_step_counts_as_tried_and_the_plan_goes_on(
    planned, desk, night, mailbox, story
):
    for days in (8, 9, 10):
        desk(days, called.record, planned, NOBODY)
    assert listed(desk, 11) == []
    [row] = story.outbox()
    assert (row.sent_at, row.set_aside_at is not None) == (None, True)
    assert story.acts("call_tried")[-1][1]["over"] == 3
    assert night(12).planned == 0
    night(22)
    assert story.outbox()[1].step == "statement_2"


def test_who_is_not_there_is_called_again_on_the_day_that_was_agreed(planned, desk, story):
    desk(8, called.record, planned, replace(NOBODY, again_on=story.after(12)))
    assert [due for _, _, due in listed(desk, 11)] == [False]
    assert [due for _, _, due in listed(desk, 12)] == [True]


@pytest.mark.parametrize("days", [-400, 0, 31, 400_000])
def test_a_call_is_made_again_within_a_month(planned, desk, story, days):
    with pytest.raises(CallAgainWhen):
        desk(8, called.record, planned, replace(NOBODY, again_on=story.after(8) + timedelta(days=days)))
    assert story.rows(CallAttempt) == []


def test_a_wrong_number_gives_the_message_up_for_the_desk_to_decide(planned, desk, story):
    desk(8, called.record, planned, CallSaid(CallOutcome.WRONG_NUMBER))
    [row] = story.outbox()
    assert (row.failed_at is not None, row.set_aside_at, row.detail) == (True, None, "Mauvais numéro")
    assert tasks.TaskKind.FAILED in {one.kind for one in desk(8, tasks.waiting)}


@pytest.mark.parametrize(
    "said,kind",
    [
        (CallSaid(CallOutcome.DISPUTE, reason=DisputeReason.PRICE), "dispute"),
        (CallSaid(CallOutcome.PLAN), "request"),
        (CallSaid(CallOutcome.PAID), "pause"),
        (CallSaid(CallOutcome.PROMISE, promised=date(2026, 11, 20), amount_cents=50_000), "promise"),
    ],
)
def test_what_comes_of_a_call_stops_reminders_in_the_same_action(planned, desk, night, story, said, kind):
    assert desk(8, called.record, planned, said)
    assert [row.kind for row in story.rows(Stop)] == [kind]
    assert story.outbox()[0].sent_at is not None
    assert [attempt.stop_id for attempt in story.rows(CallAttempt)] == [1]


def test_something_else_stops_nothing_and_the_next_step_keeps_its_distance(planned, desk, night, story):
    desk(8, called.record, planned, SOMETHING)
    assert story.rows(Stop) == []
    assert night(9).planned == 0
    assert night(22).planned == 0  # the call was made on day 8
    assert night(23).planned == 1


@pytest.mark.parametrize(
    "said,refusal",
    [
        (CallSaid(CallOutcome.PROMISE), OutcomeIncomplete),
        (CallSaid(CallOutcome.DISPUTE), OutcomeIncomplete),
        (CallSaid(CallOutcome.OTHER, "  "), OutcomeIncomplete),
        (CallSaid(CallOutcome.OTHER, "a\0b"), Unreadable),
        (CallSaid(CallOutcome.OTHER, "\ud800"), Unreadable),
        (CallSaid(CallOutcome.OTHER, "x" * (TRANSCRIPT_LENGTH_MAX + 1)), Unreadable),
    ],
)
def test_what_cannot_be_kept_is_refused_and_leaves_the_call_waiting(planned, desk, story, said, refusal):
    with pytest.raises(refusal):
        desk(8, called.record, planned, said)
    assert (story.rows(CallAttempt), story.acts("called")) == ([], [])
    assert listed(desk, 8) == [(1, 0, True)]


def test_an_outcome_is_kept_once_whoever_says_it_twice(planned, desk, story):
    desk(8, called.record, planned, SOMETHING)
    with pytest.raises(CallOver):
        desk(8, called.record, planned, SOMETHING)
    assert len(story.rows(CallAttempt)) == 1


# --- whose they are


def test_a_case_manager_sees_the_calls_of_its_own_clients_only(planned, house, desk):
    house.client("baltic", "Baltic SIA")
    other = house.user(Role.CASE_MANAGER, "baltic", "b@agency.example", "Elsewhere")
    mine = house.user(Role.CASE_MANAGER, "ardenne", "a@agency.example", "Here")
    assert desk(8, calls.to_make, actor=other).lines == ()
    for service, args in ((calls.call, ()), (called.record, (SOMETHING,))):
        with pytest.raises(NotFound):
            desk(8, service, planned, *args, actor=other)
    assert desk(8, called.record, planned, SOMETHING, actor=mine)


@pytest.mark.parametrize("role", [Role.OWNER, Role.READER])
def test_no_client_makes_the_agencys_calls(planned, house, desk, role):
    person = house.user(role, "ardenne", "p@ardenne.example", "Somebody")
    for service, args in ((calls.to_make, ()), (calls.call, (1,)), (called.record, (1, SOMETHING))):
        with pytest.raises(NotAllowed):
            desk(8, service, *args, actor=person)


def test_the_client_reads_what_was_said_in_its_debtors_file(planned, moulin, house, desk):
    desk(8, called.record, planned, SOMETHING)
    owner = house.user(Role.OWNER, "ardenne", "o@ardenne.example", "Owner")
    with house.wiring.begin(owner, write=False) as work:
        seen = debtors.file(work, 1, moulin)
    [act] = [act for act in seen.acts if act.kind == "called"]
    assert seen.calls[act.facts["call"]] == SOMETHING.transcript


def test_what_was_said_is_given_out_with_a_persons_data(planned, moulin, desk, house):
    desk(8, called.record, planned, SOMETHING)
    found = desk(8, lambda work, _: bundle.export_debtor(work, 1, moulin))
    with ZipFile(BytesIO(found.content)) as archive:
        assert any(SOMETHING.transcript in archive.read(name).decode() for name in archive.namelist())
