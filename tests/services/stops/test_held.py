"""Stops are honoured by the nights, the lists and the messages on their way, on both engines."""

from datetime import date

import pytest

from encaiss_dashboard.domain.dunning import HoldReason, StepCode
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.stops import DisputeReason, InsolvencyKind, StopKind, StopState
from encaiss_dashboard.domain.stops.opening import (
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPromise,
    NewRequest,
)
from encaiss_dashboard.services import debtors, deliveries, stops
from encaiss_dashboard.storage import records, stop_tables, stopping
from encaiss_dashboard.storage.prospects import prospects
from encaiss_dashboard.storage.stops import of_debtors

DUE = date(2026, 11, 1)


def test_a_promise_holds_the_night_and_once_broken_the_next_step_goes(story, stop, by_owner, moulin, held):
    """1 November is a Sunday. First statement on day 7, promise on day 8 for day 30, a Tuesday."""
    story.night(7)
    story.clock.set(story.after(8))
    stop(NewPromise(None, story.after(30)), "promis par téléphone")

    assert held(22) == ([HoldReason.PROMISED], [])
    assert held(32) == ([HoldReason.PROMISED], [])
    assert held(33) == ([], [StepCode.STATEMENT_2])
    [line] = by_owner(stops.of_debtor, moulin).past
    assert (line.kind, line.state, line.since) == (StopKind.PROMISE, StopState.BROKEN, story.after(33))


def test_the_file_and_the_list_tell_when_a_broken_promise_would_return(story, stop, by_owner, moulin):
    story.clock.set(story.after(8))
    stop(NewPromise(None, story.after(30)))

    assert by_owner(debtors.file, moulin).next == (StepCode.STATEMENT_1, story.after(33))
    [line] = by_owner(debtors.find, debtors.DebtorSearch()).lines
    assert line.next == (StepCode.STATEMENT_1, story.after(33))


def test_one_read_serves_many_debtors_each_with_its_own_stops(house, story, stop, moulin):
    others = [house.debtor(1, f"Client {n}") for n in range(3)]
    ids = [house.invoice(other, "F-1", due=DUE, cents=5_000) for other in others]
    story.clock.set(story.after(8))
    stop(NewPause((ids[0],), story.after(40)), debtor=others[0])
    stop(NewInsolvency(InsolvencyKind.BANKRUPTCY), debtor=others[1])

    with house.wiring.begin(HOUSE, write=False) as work:
        seen = prospects(work.session, 1, work.today, [moulin, *others])

    assert [item.stop and item.stop.reason for key in [moulin, *others] for item in seen[key].invoices] == [
        None,
        HoldReason.INVOICE_PAUSED,
        None,
        None,
    ]
    assert [seen[key].stop and seen[key].stop.reason for key in [moulin, *others]] == [
        None,
        None,
        HoldReason.INSOLVENT,
        None,
    ]
    assert seen[others[1]].next_message() is None


@pytest.mark.parametrize(
    "new, detail",
    [
        (NewDispute(None, DisputeReason.PRICE), "disputed"),
        (NewPromise(None, date(2026, 12, 1)), "promised"),
        (NewPause(None), "invoice_paused"),
        (NewRequest(None), "instalments"),
        (NewInsolvency(InsolvencyKind.REORGANISATION), "insolvent"),
    ],
)
def test_a_message_that_waits_is_dropped_with_the_reason_of_what_stopped_it(story, stop, new, detail):
    _, [message] = story.plan(8)
    stop(new)

    with story.house.wiring.begin(HOUSE) as work:
        assert deliveries.hand_over(work, message) is None

    [row] = story.outbox()
    assert (row.dropped_at is not None, row.detail) == (True, detail)
    assert all(line.dropped for line in story.rows(records.OutboxLine))


def test_a_promise_made_on_the_telephone_is_one_call_and_covers_what_is_past_due(house, story, moulin):
    later = house.invoice(moulin, "2026-009", due=story.after(90), cents=7_000, issue=DUE)
    story.clock.set(story.after(8))
    with house.wiring.begin(HOUSE) as work:
        stopping.promise(
            work.session, work.journal, 1, moulin, story.after(20), today=work.today, words="appel"
        )
    [row] = story.rows(stop_tables.Stop)
    covered = [one.invoice_id for one in story.rows(stop_tables.StopInvoice)]
    assert (row.terms["amount_cents"], row.words, later in covered) == (100_000, "appel", False)


def test_however_many_are_asked_for_each_has_its_own_stops_only(house, story, stop, moulin):
    other = house.debtor(1, "Autre SA")
    house.invoice(other, "F-1", due=DUE, cents=5_000)
    story.clock.set(story.after(8))
    mine, _ = stop(NewPause(None)), stop(NewPause(None), debtor=other)
    with house.wiring.begin(HOUSE, write=False) as work:
        few = of_debtors(work.session, 1, [moulin])
        many = of_debtors(work.session, 1, [moulin, *range(10_000, 11_000)])
    assert {key: [row.id for row in found.rows] for key, found in many.items()} == {moulin: [mine]}
    assert few == many
