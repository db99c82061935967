"""The calendar of what will go out: what it says is what the nights then do, and nothing is kept of it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date, timedelta

import pytest
from python_calamine import CalamineWorkbook

from encaiss_dashboard.domain.dunning import HoldReason, Trigger
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.services import forecasts
from encaiss_dashboard.services.forecasts import BeyondTheCalendar

TODAY = date(2026, 11, 5)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def ahead(days):
    return TODAY + timedelta(days=days)


@pytest.fixture
def client(house, moulin):
    """Moulin owes one invoice since the 1st; others wait for a credit, a pause, a delegation, a due date."""
    names = ("Bakker", "Crédité", "Dormant", "Étranger", "Fidèle")
    baker, credited, paused, stranger, later = (house.debtor(1, name) for name in names)
    house.delegate(baker, credited, paused, later, from_date=date(2026, 1, 1))
    house.delegate(paused, from_date=date(2026, 11, 4), kind="pause")
    for number, debtor, due in (
        ("B-1", baker, 2),
        ("B-2", baker, -30),
        ("C-1", credited, -20),
        ("D-1", paused, -20),
        ("E-1", stranger, -20),
        ("F-1", later, 200),
    ):
        house.invoice(debtor, number, due=ahead(due), cents=10_000, issue=date(2026, 9, 1))
    house.payment(credited, on=date(2026, 11, 3), cents=50_000)
    return 1


@pytest.fixture
def ask(house, client):
    def ask(service, *args, actor=HOUSE, on=TODAY, **kwargs):
        with house.wiring.begin(actor, on, write=False) as work:
            return service(work, client, *args, **kwargs)

    return ask


def test_the_calendar_says_what_the_nights_then_send(house, client, ask, mailbox, night, story):
    foreseen = ask(forecasts.calendar, TODAY, ahead(75))

    for days in range(4, 80):  # of the story: the due date is four days before today
        night(days)

    sent = [(m.day, m.debtor_id, m.step) for m in story.outbox()]
    assert [(one.on, one.debtor_id, one.step) for one in foreseen.coming] == sorted(sent)
    assert len(sent) == 9


@ON_SQLITE
def test_a_part_of_the_days_to_come_is_played_from_today_on(ask):
    whole = ask(forecasts.calendar, TODAY, ahead(75))
    part = ask(forecasts.calendar, ahead(20), ahead(40))
    assert part.coming == tuple(one for one in whole.coming if ahead(20) <= one.on <= ahead(40))
    assert 0 < len(part.coming) < len(whole.coming)


@ON_SQLITE
def test_days_say_how_many_messages_of_which_step_and_for_how_much(ask):
    seen = ask(forecasts.calendar, TODAY, ahead(30))
    told = [(d.on, d.messages, dict(d.steps), str(d.totals["EUR"])) for d in seen.days]
    assert told == [
        (TODAY, 1, {"statement_1": 1}, "100.00"),
        (ahead(3), 1, {"statement_1": 1}, "1000.00"),
        (ahead(15), 1, {"statement_2": 1}, "200.00"),
        (ahead(18), 1, {"statement_2": 1}, "1000.00"),
        (ahead(30), 1, {"statement_3": 1}, "200.00"),
    ]
    assert sum(one.messages for one in seen.days) == len(seen.coming)


@ON_SQLITE
def test_every_debtor_that_owes_and_gets_nothing_has_a_reason(ask):
    seen = ask(forecasts.calendar, TODAY, ahead(30))
    assert {one.name: one.reason for one in seen.left_out} == {
        "Crédité": "credit_covers",
        "Dormant": "paused",
        "Étranger": "not_delegated",
        "Fidèle": "later",
    }
    named = {one.debtor_id for one in seen.coming} | {one.debtor_id for one in seen.left_out}
    assert len(named) == 6
    paused = next(one for one in seen.left_out if one.name == "Dormant")
    assert paused.held.reason is HoldReason.PAUSED
    [wait] = paused.waits
    assert (wait.first, wait.last) == (TODAY, ahead(30))
    later = next(one for one in seen.left_out if one.name == "Fidèle")
    assert later.next[1] == ahead(207)


@ON_SQLITE
def test_a_debtor_to_whom_everything_was_said_is_left_out_for_that(house, client, ask, night):
    for days in (7, 22, 37, 52):
        night(days)
    on = date(2027, 1, 10)
    seen = ask(forecasts.calendar, on, on + timedelta(days=30), on=on)
    assert "all_said" in {one.reason for one in seen.left_out}


@ON_SQLITE
def test_a_message_to_come_is_shown_as_it_would_be_written_and_nothing_is_kept(house, client, ask, moulin):
    before = house.dump()
    seen = ask(forecasts.message, moulin, ahead(18))
    assert seen.letter.subject == "Deuxième relevé de compte – Ardenne Bois SRL"
    assert "2026-001" in seen.letter.text
    assert seen.letter.attachments[0].content.startswith(b"%PDF")
    [reason] = seen.reasons
    assert (reason.trigger, reason.previous.on) == (Trigger.DAYS_LATE, ahead(3))
    assert house.dump() == before


@ON_SQLITE
def test_there_is_no_message_on_a_day_without_one(ask, moulin):
    for debtor, on in ((moulin, ahead(4)), (999, ahead(3)), (2**40, ahead(3)), (0, ahead(3))):
        with pytest.raises(NotFound):
            ask(forecasts.message, debtor, on)


@ON_SQLITE
@pytest.mark.parametrize(
    "first, last",
    [
        (ahead(-1), ahead(5)),
        (ahead(5), ahead(4)),
        (TODAY, ahead(367)),
        (date.min, date.max),
        (date.max, date.max),
    ],
)
def test_the_calendar_goes_from_today_to_a_year_ahead(ask, first, last):
    with pytest.raises(BeyondTheCalendar):
        ask(forecasts.calendar, first, last)
    assert ask(forecasts.calendar, TODAY, ahead(366)).last == ahead(366)


@ON_SQLITE
def test_a_part_beyond_the_last_is_the_last(ask):
    for part in (-1, 0, 2, 10**30):
        assert ask(forecasts.calendar, TODAY, TODAY, part=part).part == 1


@ON_SQLITE
def test_another_clients_reader_sees_nothing(house, ask, moulin):
    house.client("other", "Other SA")
    stranger = house.user(Role.OWNER, "other")
    for service, args in (
        (forecasts.calendar, (TODAY, TODAY)),
        (forecasts.message, (moulin, ahead(3))),
        (forecasts.export, ("csv", TODAY, TODAY)),
    ):
        with pytest.raises(NotAllowed):
            ask(service, *args, actor=stranger)


@ON_SQLITE
def test_the_calendar_is_taken_away_with_the_reason_of_each_message(ask):
    name, mime, content = ask(forecasts.export, "csv", TODAY, ahead(30), actor=replace(HOUSE, language="fr"))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert (name, mime) == ("calendar-2026-11-05-2026-12-05.csv", "text/csv; charset=utf-8")
    assert rows[0][:3] == ["Date", "Débiteur", "Étape"]
    assert rows[1][:7] == ["2026-11-05", "Bakker", "1er relevé de compte", "courrier", "1", "100,00", "EUR"]
    assert "B-2" in rows[1][7]
    _, _, book = ask(forecasts.export, "xlsx", TODAY, ahead(30))
    first = CalamineWorkbook.from_filelike(io.BytesIO(book)).get_sheet_by_index(0).to_python()[1]
    assert (first[0], first[5]) == (TODAY, 100.0)
    with pytest.raises(NotFound):
        ask(forecasts.export, "pdf", TODAY, TODAY)


@ON_SQLITE
def test_who_has_no_address_is_written_to_by_post(ask):
    seen = ask(forecasts.calendar, TODAY, ahead(5))
    assert {one.name: one.channel for one in seen.coming} == {
        "Bakker": Channel.POST,
        "Moulin Clair SA": Channel.EMAIL,
    }


@ON_SQLITE
def test_a_message_that_waits_says_what_holds_it_until_the_night_before(house, client, ask, night, moulin):
    night(7)
    house.invoice(moulin, "2026-002", due=date(2026, 11, 2), cents=700)
    seen = ask(forecasts.calendar, ahead(10), ahead(20), on=ahead(10))
    [waiting] = [one for one in seen.coming if one.debtor_id == moulin]
    assert (waiting.on, waiting.held.reason) == (ahead(18), HoldReason.CONTACT_GAP)
