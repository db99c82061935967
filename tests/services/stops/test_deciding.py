"""What is decided about a stop later, and when its invoices return to the ladder."""

from datetime import date

import pytest

from encaiss_dashboard.domain.dunning import HoldReason, StepCode
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.stops import DisputeReason, InsolvencyKind, Instalment, StopKind, StopState
from encaiss_dashboard.domain.stops.opening import (
    AlreadyStopped,
    AmountOutside,
    DayOutside,
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPromise,
    NewRequest,
)
from encaiss_dashboard.services import deliveries, stops
from encaiss_dashboard.services.stops import deciding
from encaiss_dashboard.services.stops.deciding import StopOver, Terms, Verdict
from encaiss_dashboard.storage import records

DUE = date(2026, 11, 1)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def test_a_message_that_waits_no_longer_names_the_invoice_that_was_stopped(house, story, stop, moulin):
    other = house.invoice(moulin, "2026-002", due=DUE, cents=50_000)
    _, [message] = story.plan(8)
    stop(NewDispute((other,), DisputeReason.NOT_RECEIVED))

    with house.wiring.begin(HOUSE) as work:
        letter = deliveries.hand_over(work, message).letter

    assert "2026-001" in letter.text
    assert "2026-002" not in letter.text
    assert [line.dropped for line in story.rows(records.OutboxLine)] == [False, True]
    assert story.outbox()[0].detail == ""


def test_a_step_that_was_dropped_goes_when_the_stop_is_withdrawn(story, stop, by_owner, house):
    _, [message] = story.plan(8)
    stop_id = stop(NewPause(None))
    with house.wiring.begin(HOUSE) as work:
        deliveries.hand_over(work, message)
    by_owner(deciding.withdraw, stop_id, "")

    story.night(9)

    assert [(row.step, row.sent_at is not None) for row in story.outbox()] == [
        ("statement_1", False),
        ("statement_1", True),
    ]


def test_a_rejected_dispute_returns_its_invoice_tonight(story, stop, by_owner, moulin, held):
    story.clock.set(story.after(8))
    stop_id = stop(NewDispute(None, DisputeReason.QUANTITY), "trois palettes en moins")
    assert held(20) == ([HoldReason.DISPUTED], [])

    by_owner(deciding.decide, stop_id, Verdict(StopState.REJECTED), "bon de livraison signé")

    assert held(20) == ([], [StepCode.STATEMENT_1])
    [line] = by_owner(stops.of_debtor, moulin).past
    [decided] = line.later
    assert (line.words, decided.words, decided.by) == (
        "trois palettes en moins",
        "bon de livraison signé",
        "owner@ardenne.example",
    )


def test_a_dispute_won_in_part_waits_for_the_credit_and_returns_with_the_rest(
    house, story, stop, by_owner, moulin, held
):
    story.clock.set(story.after(8))
    stop_id = stop(NewDispute(None, DisputeReason.PRICE))
    for cents in (0, -1, 100_000, 10**40):
        with pytest.raises(AmountOutside):
            by_owner(deciding.decide, stop_id, Verdict(StopState.PARTLY, cents), "")
    by_owner(deciding.decide, stop_id, Verdict(StopState.PARTLY, 30_000), "")
    assert held(20) == ([HoldReason.DISPUTED], [])

    [invoice] = story.rows(records.Invoice)
    note = house.invoice(moulin, "NC-1", due=story.after(21), cents=30_000, kind="credit_note")
    house.allocate(invoice.id, on=story.after(21), cents=30_000, credit_note_id=note)

    assert held(21) == ([], [StepCode.STATEMENT_1])


def test_a_request_is_answered_with_a_plan_that_holds_in_its_place(story, stop, by_owner, moulin, held):
    story.clock.set(story.after(8))
    request = stop(NewRequest(None, story.after(6)), "par lettre")
    parts = tuple(Instalment(story.after(20 + 30 * n), 25_000) for n in range(4))

    plan = by_owner(deciding.answer, request, Terms(parts), "")

    seen = by_owner(stops.of_debtor, moulin)
    assert [(line.id, line.kind, line.until) for line in seen.running] == [
        (plan, StopKind.INSTALMENTS, story.after(25))
    ]
    assert [(line.id, line.state) for line in seen.past] == [(request, StopState.ACCEPTED)]
    assert held(25) == ([HoldReason.INSTALMENTS], [])
    assert held(26) == ([], [StepCode.STATEMENT_1])
    [broken] = [line for line in by_owner(stops.of_debtor, moulin).past if line.id == plan]
    assert [(part.paid, part.missed) for part in broken.parts] == [(False, True), *[(False, False)] * 3]


def test_a_refused_request_returns_to_the_ladder(story, stop, by_owner, held):
    story.clock.set(story.after(8))
    request = stop(NewRequest(None))
    assert by_owner(deciding.answer, request, None, "refusé") is None
    assert held(8) == ([], [StepCode.STATEMENT_1])


def test_a_plan_that_does_not_add_up_leaves_the_request_unanswered(story, stop, by_owner, moulin):
    story.clock.set(story.after(8))
    request = stop(NewRequest(None))
    with pytest.raises(Exception, match="stop_schedule"):
        by_owner(deciding.answer, request, Terms((Instalment(story.after(20), 1),)), "")
    assert [line.state for line in by_owner(stops.of_debtor, moulin).running] == [StopState.RUNNING]


def test_a_pause_is_extended_and_ends_on_its_new_day(story, stop, by_owner, moulin, held):
    story.clock.set(story.after(8))
    stop_id = stop(NewPause(None, story.after(10)))
    with pytest.raises(DayOutside):
        by_owner(deciding.extend, stop_id, story.after(7), "")
    by_owner(deciding.extend, stop_id, story.after(15), "")
    assert held(15) == ([HoldReason.INVOICE_PAUSED], [])
    assert held(16) == ([], [StepCode.STATEMENT_1])
    with pytest.raises(StopOver):
        by_owner(deciding.extend, stop_id, story.after(30), "")


def test_lifting_an_insolvency_returns_what_the_debtor_owes(story, stop, by_owner, held):
    story.clock.set(story.after(8))
    stop_id = stop(NewInsolvency(InsolvencyKind.DEBT_SETTLEMENT, story.after(2)))
    assert held(20) == ([HoldReason.INSOLVENT], [])
    by_owner(deciding.lift, stop_id, "")
    assert held(20) == ([], [StepCode.STATEMENT_1])


def test_what_is_over_can_be_neither_decided_nor_taken_back(house, story, stop, by_owner, moulin):
    story.clock.set(story.after(8))
    kept, lost = stop(NewPromise(None, story.after(20))), stop(NewDispute(None, DisputeReason.OTHER))
    by_owner(deciding.decide, lost, Verdict(StopState.REJECTED), "")
    [invoice] = story.rows(records.Invoice)
    house.payment(moulin, on=story.after(10), cents=100_000, invoice_id=invoice.id)
    story.clock.set(story.after(12))
    for stop_id in (kept, lost):
        with pytest.raises(StopOver):
            by_owner(deciding.withdraw, stop_id, "")
    with pytest.raises(StopOver):
        by_owner(deciding.decide, lost, Verdict(StopState.UPHELD), "")


def test_each_decision_asks_for_its_own_kind(story, stop, by_owner):
    story.clock.set(story.after(8))
    stop_id = stop(NewPromise(None, story.after(20)))
    for wrong in (
        lambda: by_owner(deciding.decide, stop_id, Verdict(StopState.REJECTED), ""),
        lambda: by_owner(deciding.answer, stop_id, None, ""),
        lambda: by_owner(deciding.extend, stop_id, None, ""),
        lambda: by_owner(deciding.lift, stop_id, ""),
    ):
        with pytest.raises(StopOver):
            wrong()


def test_the_same_is_not_noted_twice_and_words_are_bounded(story, stop):
    story.clock.set(story.after(8))
    stop(NewPromise(None, story.after(20)))
    with pytest.raises(AlreadyStopped):
        stop(NewPromise(None, story.after(21)))
    for words in ("x" * 501, "a\0b", "\ud800"):
        with pytest.raises(Unreadable):
            stop(NewPause(None), words)
