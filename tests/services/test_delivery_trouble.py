"""Servers in trouble, hours of the night, balances that change: what becomes of messages on their way."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from postoffice import PostOffice

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters.mail import Patience, SmtpMailer
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import SendingDays
from encaiss_dashboard.domain.sending_hours import SendingHours
from encaiss_dashboard.services import deliveries
from encaiss_dashboard.services.deliveries import originals
from encaiss_dashboard.services.reminders import foresee
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.plans import PlanVersion
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress, undeliverable

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DUE = date(2026, 11, 1)
QUICK = Patience(answer=0.2, receipt=0.2, whole=2)


@pytest.fixture(autouse=True)
def long_ago(clock):
    """What a test makes was there before its first night."""
    clock.set(date(2026, 1, 1))


@pytest.fixture
def office(house):
    opened = PostOffice()
    house.wiring = replace(house.wiring, mail=SmtpMailer(opened.url, QUICK))
    yield opened
    opened.close()


@pytest.fixture
def many(house):
    """Makes clients with debtors that are to be written to on the seventh day."""

    def make(*counts):
        for place, count in enumerate(counts):
            client = house.client(f"client-{place}", f"Client {place} SRL")
            for n in range(count):
                debtor = house.debtor(client, f"Débiteur {n}", email=f"d{place}-{n}@x.example")
                house.delegate(debtor, from_date=date(2026, 1, 1))
                house.invoice(debtor, "1", due=DUE, cents=10_000)

    return make


def attempts(story):
    return [row.attempts for row in story.outbox()]


# --- servers in trouble


def test_a_server_that_hangs_costs_a_run_of_all_clients_one_time_out_and_one_attempt(
    many, office, night, story
):
    many(4, 4)
    office.script = lambda stage, _: office.hang if stage == "mail" else None
    assert night(7).sent == 0
    assert attempts(story) == [1, 0, 0, 0, 0, 0, 0, 0]
    assert office.connections == 1


def test_a_server_that_has_had_enough_keeps_the_rest_waiting_and_none_of_them_fails(
    many, office, house, night, clock, story
):
    many(9)
    taken_each_round = 4
    office.script = lambda stage, _: (
        "421 4.7.0 too many messages" if stage == "mail" and len(office.received) >= quota else None
    )
    quota = taken_each_round
    assert night(7).sent == taken_each_round
    assert sorted(attempts(story)) == [0, 0, 0, 0, 1, 1, 1, 1, 1]
    rounds = 0
    while len(office.received) < 9:
        quota += taken_each_round
        clock.forward(minutes=16)
        jobs.deliver(house.wiring, at_once=False)
        rounds += 1
        assert rounds < 5
    assert len({one.message_id for one in office.received}) == 9
    assert story.acts("failed") == []


def test_three_letters_put_off_in_a_row_end_the_round_whatever_the_server_says_it_is_about(
    many, office, night, story
):
    many(6)
    office.script = lambda stage, _: "451 4.7.1 slow down" if stage == "content" else None
    night(7)
    assert attempts(story) == [1, 1, 1, 0, 0, 0]


def test_the_next_round_begins_with_letters_that_were_not_put_off(many, office, house, night, clock, story):
    many(6)
    dead = [f"rcpt d0-{n}@x.example" for n in range(3)]
    office.script = lambda stage, _: "450 4.2.0 greylisted" if stage in dead else None
    assert night(7).sent == 0
    clock.forward(minutes=1)
    assert jobs.deliver(house.wiring, at_once=False) == 3


def test_any_number_of_addresses_that_do_not_exist_keep_no_letter_from_the_others(many, office, night):
    many(6)
    dead = [f"rcpt d0-{n}@x.example" for n in range(5)]
    office.script = lambda stage, _: "550 5.1.1 no such user" if stage in dead else None
    assert night(7).sent == 1


def test_a_server_away_for_a_night_and_a_day_loses_nothing(many, office, house, night, clock, story):
    many(3)
    office.script = lambda stage, _: "554 5.3.2 closed" if stage == "connect" else None
    night(7)
    for _ in range(30 * 4):
        clock.forward(minutes=15)
        jobs.deliver(house.wiring, at_once=False)
    assert story.acts("failed") == []
    office.script = lambda *_: None
    for _ in range(80):
        clock.forward(minutes=15)
        jobs.deliver(house.wiring, at_once=False)
    assert len(office.received) == 3


def test_a_letter_that_may_have_arrived_goes_again_the_same_and_the_journal_says_so(
    moulin, office, house, night, clock, story
):
    lost = []
    office.script = lambda stage, n: (
        (lambda connected: (lost.append(n), connected.close())) if stage == "accepted" and n == 1 else None
    )
    night(7)
    clock.forward(minutes=16)
    assert jobs.deliver(house.wiring, at_once=False) == 1
    first, second = office.received
    assert (first.message_id, first.content) == (second.message_id, second.content)
    [(_, facts)] = story.acts("sent")
    assert facts["doubts"] == 1


# --- the very bytes


def original(house, number=None):
    with house.wiring.begin(HOUSE, write=False) as work:
        return originals.original(work, 1, 1, number)


def test_what_was_sent_is_kept_byte_for_byte_and_its_digest_stands_in_the_journal(
    moulin, office, house, night, story
):
    night(7)
    kept = original(house)
    assert kept.content == office.received[0].content
    assert re.fullmatch(r"ardenne\.1\.20261108\.statement_1\.[0-9a-f]{12}\.eml", kept.name)
    assert kept.mime == "message/rfc822"
    [(_, facts)] = story.acts("sent")
    assert facts["sha256"] == kept.sha256 == sha256(kept.content).hexdigest()


def test_a_retry_of_the_same_day_and_balance_sends_what_was_kept_even_when_the_house_would_write_otherwise(
    moulin, mailbox, house, night, story
):
    mailbox.failure = deliveries.DeliveryFailed(permanent=False, reason="451 busy")
    night(7)
    first = original(house).content
    mailbox.failure = None
    with house.wiring.begin(HOUSE) as work:
        row = work.session.get(records.OutboxMessage, 1)
        changed = first.replace(b"Ardenne", b"ARDENNE")
        work.store.keep("message-1-1", changed)
        row.contents = [sha256(changed).hexdigest()]
    night(7)
    assert mailbox.sent[0].content == changed


def test_a_part_payment_between_two_attempts_makes_another_letter_and_both_are_kept(
    moulin, mailbox, house, night, story
):
    mailbox.failure = deliveries.DeliveryFailed(permanent=False, reason="451 busy", doubtful=True)
    night(7)
    mailbox.failure = None
    house.payment(moulin, on=DUE + timedelta(days=7), cents=40_000, invoice_id=1)
    night(7)
    [message] = story.outbox()
    assert len(message.contents) == 2
    assert original(house, 1).content != original(house, 2).content == mailbox.sent[0].content
    assert "600,00" in mailbox.sent[0].letter.text


def test_a_retry_on_another_day_is_written_anew_because_its_date_and_its_term_are(
    moulin, mailbox, house, night, story
):
    mailbox.failure = deliveries.DeliveryFailed(permanent=False, reason="451 busy")
    night(7)
    mailbox.failure = None
    night(8)
    assert len(story.outbox()[0].contents) == 2


def test_bytes_that_are_no_longer_what_was_kept_are_not_given_out_nor_sent(
    moulin, mailbox, house, night, story
):
    mailbox.failure = deliveries.DeliveryFailed(permanent=False, reason="451 busy")
    night(7)
    (house.wiring.settings.uploads / "message-1-1").write_bytes(b"tampered with")
    with pytest.raises(NotFound):
        original(house)
    mailbox.failure = None
    night(7)
    assert b"tampered" not in mailbox.sent[0].content
    assert original(house).content == mailbox.sent[0].content


@pytest.mark.parametrize("number", [0, 2, -1, 10**30])
def test_a_content_that_was_never_written_is_not_found(moulin, house, night, number):
    night(7)
    with pytest.raises(NotFound):
        original(house, number)


# --- addresses that do not exist


@pytest.fixture
def gone(office):
    office.script = lambda stage, _: "550 5.1.1 no such user" if stage.startswith("rcpt compta@") else None


def held(house):
    with house.wiring.begin(HOUSE, write=False) as work:
        return [(one.debtor_id, one.held.reason.value) for one in foresee(work, 1).held]


def test_a_debtor_whose_address_does_not_exist_is_held_and_not_planned_again_every_night(
    moulin, office, house, night, story, gone
):
    night(7)
    for days in (8, 15, 22, 40):
        assert night(days).planned == 0
        assert held(house) == [(moulin, "undeliverable")]
    assert len(story.acts("failed")) == 1
    [fact] = story.rows(UndeliverableAddress)
    assert (fact.debtor_id, fact.address, fact.message_id) == (moulin, "compta@moulin.example", 1)
    assert fact.reason == "550 5.1.1 no such user"


def test_it_is_not_sent_by_post_behind_the_clients_back_although_its_street_is_known(
    house, office, night, story, gone
):
    debtor = house.debtor(house.client(), email="compta@x.example", address="Rue Haute 1", city="Namur")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "1", due=DUE, cents=10_000)
    night(7)
    night(30)
    assert office.received == []
    assert held(house) == [(debtor, "undeliverable")]


def test_a_corrected_address_lets_the_messages_go_on(moulin, office, house, clock, night, gone):
    night(7)
    clock.forward(days=15)
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Contact, 1).email = "facturen@moulin.example"
    assert night(22).sent == 1


def test_the_same_address_entered_anew_is_tried_anew(moulin, office, house, clock, night, gone):
    night(7)
    clock.forward(days=1)
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Contact, 1).created_at = work.now
        work.session.flush()
        assert undeliverable(work.session, 1, [moulin]) == {}


def test_while_one_of_its_addresses_exists_a_debtor_is_written_to_there_only(
    moulin, office, house, night, story
):
    house.add(
        records.Contact(client_id=1, debtor_id=moulin, email="old@moulin.example", created_at=house.clock())
    )
    office.script = lambda stage, _: "550 5.1.1 gone" if stage == "rcpt old@moulin.example" else None
    night(7)
    night(22)
    assert [one.to for one in office.received] == [["compta@moulin.example"]] * 2
    assert [row.recipient for row in story.outbox()] == [
        "compta@moulin.example, old@moulin.example",
        "compta@moulin.example",
    ]


# --- hours


@pytest.fixture
def by_day(house):
    house.wiring = replace(
        house.wiring, settings=replace(house.wiring.settings, hours=SendingHours.parse("08:00-19:00"))
    )


def test_a_night_plans_at_two_and_writes_to_nobody_before_eight(moulin, by_day, house, clock, mailbox, story):
    clock.now = datetime(2026, 11, 8, 1, 0, tzinfo=UTC)
    result = jobs.remind(house.wiring)
    assert (result.planned, result.sent, result.waits_until) == (1, 0, datetime(2026, 11, 8, 7, tzinfo=UTC))
    assert attempts(story) == [0]
    clock.now = datetime(2026, 11, 8, 6, 59, tzinfo=UTC)
    assert jobs.deliver(house.wiring) == 0
    clock.now = datetime(2026, 11, 8, 7, 0, tzinfo=UTC)
    assert jobs.deliver(house.wiring) == 1


def test_a_retry_that_comes_due_in_the_evening_waits_for_the_morning(
    moulin, by_day, house, clock, mailbox, story
):
    clock.now = datetime(2026, 11, 8, 17, 50, tzinfo=UTC)
    mailbox.failure = deliveries.DeliveryFailed(permanent=False, reason="451 busy")
    jobs.remind(house.wiring)
    mailbox.failure = None
    clock.forward(minutes=20)
    assert jobs.deliver(house.wiring) == 0
    with house.wiring.begin(HOUSE) as work:
        assert deliveries.hand_over(work, 1) is None
    assert attempts(story) == [1]
    clock.forward(hours=14)
    assert jobs.deliver(house.wiring) == 1


def test_what_goes_on_paper_reaches_the_post_tray_at_any_hour(house, by_day, clock, mailbox):
    debtor = house.debtor(house.client())
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "1", due=DUE, cents=10_000)
    clock.now = datetime(2026, 11, 8, 1, 0, tzinfo=UTC)
    assert jobs.remind(house.wiring).sent == 1


def test_a_retry_does_not_come_on_a_day_on_which_the_plan_sends_nothing(
    moulin, house, night, clock, mailbox, story
):
    plan = replace(DEFAULT_PLAN, sending=SendingDays(weekdays=frozenset(range(5))))
    house.add(PlanVersion(client_id=1, version=1, terms=written(plan), at=house.clock()))
    mailbox.failure = deliveries.DeliveryFailed(permanent=False, reason="451 busy")
    night(12)  # a Friday
    mailbox.failure = None
    for days, sent in ((1, 0), (1, 0), (1, 1)):
        clock.forward(days=days)
        assert jobs.deliver(house.wiring) == sent
    assert [row.attempts for row in story.outbox()] == [2]
