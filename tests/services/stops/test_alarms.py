"""What the overview, the desk and the list of invoices say about stops."""

import pytest

from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.stops import DisputeReason, InsolvencyKind, Instalment, StopState
from encaiss_dashboard.domain.stops.opening import (
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPlan,
    NewPromise,
    NewRequest,
)
from encaiss_dashboard.services import desk, exports, figures, invoices
from encaiss_dashboard.services.desk import DeskSearch, tasks
from encaiss_dashboard.services.invoices import Search, Show
from encaiss_dashboard.services.stops import deciding
from encaiss_dashboard.services.stops.deciding import Verdict
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.stop_alarms import AlarmKind

KINDS = {kind.value for kind in AlarmKind}


@pytest.fixture
def told(story):
    """What the overview and the desk tell on a day, which is the same: kind and day since when."""

    def tell(days):
        story.clock.set(story.after(days))
        with story.house.wiring.begin(HOUSE, write=False) as work:
            seen = [(one.kind.value, one.since) for one in figures.overview(work, 1).decisions.stops]
            found = tasks.waiting(work, None)
        assert [(one.kind.value, one.since) for one in found if one.kind.value in KINDS] == seen
        assert {one.leads_to for one in found if one.kind.value in KINDS} <= {"/debtors/1"}
        return seen

    return tell


def test_a_broken_promise_is_told_for_a_month_unless_it_is_paid_or_promised_anew(story, stop, told, moulin):
    """Promised on day 8 for day 30: broken on day 33."""
    story.clock.set(story.after(8))
    stop(NewPromise(None, story.after(30)))
    broken = [("broken_promise", story.after(33))]
    assert [told(n) for n in (32, 33, 63, 64)] == [[], broken, broken, []]
    story.clock.set(story.after(40))
    stop(NewPromise(None, story.after(50)))
    assert told(41) == []


def test_a_broken_promise_that_was_paid_late_is_no_news(house, story, stop, told, moulin):
    story.clock.set(story.after(8))
    stop(NewPromise(None, story.after(30)))
    [invoice] = story.rows(records.Invoice)
    house.payment(moulin, on=story.after(36), cents=100_000, invoice_id=invoice.id)
    assert [bool(told(n)) for n in (35, 36)] == [True, False]


def test_a_plan_that_failed_is_told_from_the_day_it_ended(story, stop, told):
    story.clock.set(story.after(8))
    stop(NewPlan(None, (Instalment(story.after(20), 50_000), Instalment(story.after(50), 50_000))))
    assert [told(n) for n in (25, 26)] == [[], [("breach", story.after(26))]]


def test_a_request_is_told_at_once_and_a_dispute_after_a_fortnight(story, stop, told):
    story.clock.set(story.after(8))
    stop(NewRequest(None))
    stop(NewDispute(None, DisputeReason.PRICE))
    asked, disputed = ("request_waits", story.after(8)), ("dispute_waits", story.after(8))
    assert [told(n) for n in (8, 21, 22)] == [[asked], [asked], [asked, disputed]]


def test_a_credit_note_that_does_not_come_is_asked_for(house, story, stop, by_owner, told, moulin):
    story.clock.set(story.after(8))
    stop_id = stop(NewDispute(None, DisputeReason.PRICE))
    by_owner(deciding.decide, stop_id, Verdict(StopState.UPHELD), "")
    assert [told(n) for n in (21, 22)] == [[], [("credit_waits", story.after(8))]]
    [invoice] = story.rows(records.Invoice)
    note = house.invoice(moulin, "NC-1", due=story.after(23), cents=100_000, kind="credit_note")
    house.allocate(invoice.id, on=story.after(23), cents=100_000, credit_note_id=note)
    assert told(23) == []


def test_the_desk_counts_tonight_what_the_night_would_send(house, story, stop, by_owner, moulin):
    other = house.debtor(1, "Autre SA", "autre@autre.example")
    house.delegate(other, from_date=story.after(-20))
    house.invoice(other, "F-9", due=story.after(0), cents=9_000)
    story.clock.set(story.after(8))

    def tonight():
        with house.wiring.begin(HOUSE, write=False) as work:
            return desk.desk(work, None, DeskSearch()).lines[0].tonight

    assert tonight() == 2
    stop(NewPause(None))
    assert tonight() == 1
    stop(NewInsolvency(InsolvencyKind.LIQUIDATION), debtor=other)
    assert tonight() == 0


def test_the_desk_counts_the_reminder_of_an_instalment(house, story, stop, moulin):
    story.clock.set(story.after(8))
    stop(NewPlan(None, (Instalment(story.after(30), 50_000), Instalment(story.after(60), 50_000))))

    def tonight(days):
        story.clock.set(story.after(days))
        with house.wiring.begin(HOUSE, write=False) as work:
            return desk.desk(work, None, DeskSearch()).lines[0].tonight

    assert [tonight(n) for n in (26, 27, 30, 31)] == [0, 1, 1, 0]
    story.night(27)
    assert tonight(28) == 0


def test_the_list_of_invoices_shows_what_is_stopped_and_finds_it(house, story, stop, moulin):
    first = house.invoice(moulin, "2026-002", due=story.after(0), cents=5_000)
    insolvent = house.debtor(1, "Autre SA")
    house.invoice(insolvent, "F-9", due=story.after(0), cents=9_000)
    paid = house.invoice(insolvent, "F-10", due=story.after(0), cents=9_000)
    house.payment(insolvent, on=story.after(1), cents=9_000, invoice_id=paid)
    story.clock.set(story.after(8))
    stop(NewPromise((first,), story.after(20)))
    stop(NewInsolvency(InsolvencyKind.BANKRUPTCY), debtor=insolvent)

    def listed(show, days):
        with house.wiring.begin(HOUSE, write=False) as work:
            page = invoices.find(work, 1, Search(story.after(days), show=show))
        return {
            line.number: page.stops[line.id].reason if line.id in page.stops else None for line in page.lines
        }

    stopped = {"2026-002": HoldReason.PROMISED, "F-9": HoldReason.INSOLVENT}
    assert listed(Show.STOPPED, 8) == stopped
    assert listed(Show.ALL, 8) == {"2026-001": None, "F-10": None, **stopped}
    with house.wiring.begin(HOUSE, write=False) as work:
        taken_away = exports.make(work, 1, "invoices", "all", {"show": "stopped"}).content.decode()
    assert {number for number in ("2026-001", "2026-002", "F-9", "F-10") if number in taken_away} == set(
        stopped
    )
    assert listed(Show.STOPPED, 40) == {"F-9": HoldReason.INSOLVENT}
