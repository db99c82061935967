"""Messages on their way: once each, whoever delivers them and whatever breaks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise

import pytest
from aiosmtpd.controller import Controller

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters import letters
from encaiss_dashboard.adapters.mail import SmtpMailer
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import deliveries
from encaiss_dashboard.services.deliveries import ATTEMPTS_MAX

DUE = date(2026, 11, 1)
BUSY = DeliveryFailed(permanent=False, reason="451 4.3.0 try later")
UNKNOWN = DeliveryFailed(permanent=True, reason="550 5.1.1 no such user")


def after(days):
    """The night so many days after the due date of most invoices here."""
    return DUE + timedelta(days=days)


# --- once, whoever runs it


def test_two_runs_in_one_night_send_once(moulin, night, mailbox):
    assert [night(7).planned, night(7).planned] == [1, 0]
    assert len(mailbox.sent) == 1


def many(house, count):
    client = house.client()
    debtors = [house.debtor(client, f"Débiteur {n}", email=f"d{n}@x.example") for n in range(count)]
    house.delegate(*debtors, from_date=date(2026, 1, 1))
    for debtor in debtors:
        house.invoice(debtor, "1", due=DUE, cents=10_000)
    return {f"d{n}@x.example" for n in range(count)}


def test_four_workers_at_once_send_each_message_once(house, clock, mailbox, story):
    everybody = many(house, 12)
    clock.set(after(7))
    workers = [threading.Thread(target=jobs.remind, args=(house.wiring,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert Counter(m.to[0] for m in mailbox.sent) == Counter(everybody)
    assert len(story.acts("sent")) == len(everybody)


class Postbox:
    """An SMTP server that keeps what it is given; its answers are taken one by one, then 250."""

    def __init__(self):
        self.received = []
        self.answers = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 2.0.0 queued"
        if answer.startswith("2"):
            self.received.append(envelope)
        return answer


@pytest.fixture
def postbox():
    box = Postbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(box, "127.0.0.1", port)
    server.start()
    box.url = f"smtp://127.0.0.1:{port}"
    yield box
    server.stop()


def message_id(envelope):
    [line] = [x for x in envelope.content.split(b"\r\n") if x.lower().startswith(b"message-id:")]
    return line.partition(b":")[2].strip().decode()


WORKER = """
from datetime import date
from encaiss_dashboard import jobs, wiring
jobs.remind(wiring.house(), on=date(2026, 11, 8))
"""


def test_two_processes_at_once_send_each_message_once(house, settings, postbox):
    everybody = many(house, 12)
    environment = os.environ | {
        "ENCAISS_DATA_DIR": str(settings.data_dir),
        "ENCAISS_DATABASE_URL": settings.database_url,
        "ENCAISS_SMTP_URL": postbox.url,
    }
    workers = [subprocess.Popen([sys.executable, "-c", WORKER], env=environment) for _ in range(2)]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert Counter(e.rcpt_tos[0] for e in postbox.received) == Counter(everybody)


# --- delivery


def test_a_statement_travels_by_real_mail_and_shows_in_the_journal(moulin, house, night, postbox, story):
    house.wiring = replace(house.wiring, mail=SmtpMailer(postbox.url))
    night(7)
    [envelope] = postbox.received
    assert envelope.rcpt_tos == ["compta@moulin.example"]
    [message] = story.outbox()
    assert message_id(envelope) == f"<{message.message_id}>"
    [(_, facts)] = story.acts("sent")
    assert facts == {
        "step": "statement_1",
        "channel": "email",
        "to": "compta@moulin.example",
        "message": message.id,
        "detail": "250 2.0.0 queued",
        "sha256": sha256(envelope.content).hexdigest(),
    }
    assert "2026-001" in message.body_text
    assert "2026-001" in message.body_html


def test_a_server_that_is_busy_is_tried_again_with_the_same_message(
    moulin, house, night, clock, postbox, story
):
    house.wiring = replace(house.wiring, mail=SmtpMailer(postbox.url))
    postbox.answers = ["451 4.3.0 try later"]
    assert night(7).sent == 0
    [waiting] = story.outbox()
    assert (waiting.sent_at, waiting.failed_at, waiting.detail) == (None, None, "451 4.3.0 try later")
    assert story.acts("sent", "failed") == []
    assert jobs.deliver(house.wiring, at_once=False) == 0
    clock.forward(minutes=16)
    assert jobs.deliver(house.wiring, at_once=False) == 1
    assert [message_id(e) for e in postbox.received] == [f"<{waiting.message_id}>"]
    assert jobs.deliver(house.wiring) == 0


def test_a_run_that_somebody_asks_for_tries_what_was_refused_at_once(moulin, night, mailbox):
    mailbox.failure = BUSY
    night(7)
    mailbox.failure = None
    assert night(7).sent == 1


def test_rounds_nobody_asked_for_wait_longer_each_time_and_give_up(
    moulin, house, night, clock, mailbox, story
):
    mailbox.failure = BUSY
    night(7)
    start = clock.now
    tries = [0]
    for minute in range(15, 40 * 60, 15):
        clock.now = start + timedelta(minutes=minute)
        attempts = story.outbox()[0].attempts
        jobs.deliver(house.wiring, at_once=False)
        if story.outbox()[0].attempts > attempts:
            tries.append(minute)
    assert len(tries) == ATTEMPTS_MAX
    assert all(b - a > 15 * 2**n for n, (a, b) in enumerate(pairwise(tries)))
    assert [facts["detail"] for _, facts in story.acts("failed")] == ["451 4.3.0 try later"]


def test_an_address_that_does_not_exist_is_a_failed_act_and_takes_no_step(moulin, night, mailbox, story):
    mailbox.failure = UNKNOWN
    night(7)
    assert [facts["detail"] for _, facts in story.acts("failed", "sent")] == ["550 5.1.1 no such user"]
    mailbox.failure = None
    assert night(8).sent == 0
    # A debtor that no letter reached does not climb the plan.
    night(22)
    assert [m.letter.subject.partition(" –")[0] for m in mailbox.sent] == ["Relevé de compte"]


class Crash(BaseException):
    """The process ends here."""


class Fragile:
    """Hands a message over and dies before anybody hears of it, as often as told."""

    def __init__(self, mailbox, crashes):
        self.mailbox, self.crashes = mailbox, crashes

    def deliver(self, message):
        done = self.mailbox.deliver(message)
        if self.crashes:
            self.crashes -= 1
            raise Crash
        return done


def test_a_crash_before_the_outcome_is_made_good_after_a_quarter_of_an_hour(
    moulin, house, night, clock, mailbox, story
):
    house.wiring = replace(house.wiring, mail=Fragile(mailbox, 1))
    with pytest.raises(Crash):
        night(7)
    clock.forward(minutes=14)
    assert jobs.deliver(house.wiring) == 0
    clock.forward(minutes=2)
    assert jobs.deliver(house.wiring, at_once=False) == 1
    first, second = mailbox.sent
    assert first.message_id == second.message_id
    assert len(story.acts("sent")) == 1


def test_a_crash_on_the_second_attempt_is_as_doubtful_as_on_the_first(moulin, house, night, clock, mailbox):
    mailbox.failure = BUSY
    night(7)
    mailbox.failure = None
    house.wiring = replace(house.wiring, mail=Fragile(mailbox, 1))
    with pytest.raises(Crash):
        jobs.deliver(house.wiring)
    assert jobs.deliver(house.wiring) == 0
    clock.forward(minutes=16)
    assert jobs.deliver(house.wiring) == 1


def test_a_message_that_always_crashes_is_given_up(moulin, house, night, clock, mailbox, story):
    house.wiring = replace(house.wiring, mail=Fragile(mailbox, 99))
    with pytest.raises(Crash):
        night(7)
    for _ in range(ATTEMPTS_MAX - 1):
        clock.forward(days=1)
        with pytest.raises(Crash):
            jobs.deliver(house.wiring)
    clock.forward(days=1)
    assert jobs.deliver(house.wiring) == 0
    assert [facts["detail"] for _, facts in story.acts("failed")] == ["interrupted"]


class Clumsy:
    """Cannot write to one debtor."""

    def write_statement(self, letter):
        if letter.debtor.name == "Débiteur 0":
            raise ValueError(letter.debtor.name)
        return letters.write_statement(letter)


def test_a_letter_that_cannot_be_written_keeps_nobody_elses_back(house, night, mailbox, caplog):
    many(house, 3)
    house.wiring = replace(house.wiring, letters=Clumsy())
    assert night(7).sent == 2
    assert "stays in the outbox" in caplog.text
    house.wiring = replace(house.wiring, letters=letters)
    assert night(7).sent == 1


def test_the_slower_of_two_deliveries_adds_no_second_act(moulin, house, night, story):
    night(7)
    with house.wiring.begin(HOUSE) as work:
        deliveries.settle(work, 1, UNKNOWN)
    assert [kind for kind, _ in story.acts("sent", "failed")] == ["sent"]


def test_without_an_address_the_letter_goes_to_the_agencys_post_tray(house, night, mailbox, story):
    client = house.client()
    debtor = house.debtor(client, "Scierie du Nord", address="Rue Haute 1", city="Namur", postcode="5000")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "1", due=DUE, cents=10_000)
    night(7)
    [message] = mailbox.sent
    assert message.to == ("agency@encaiss.example",)
    assert message.letter.subject.startswith("À poster à Scierie du Nord\u202f: Relevé de compte")
    assert "Rue Haute 1" in message.letter.text
    [(_, facts)] = story.acts("sent")
    assert (facts["channel"], facts["to"]) == ("post", "agency@encaiss.example")


def test_a_debtor_in_france_is_told_french_law(house, night, mailbox):
    debtor = house.debtor(house.client(), email="compta@lille.example", country="FR")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "1", due=DUE, cents=10_000)
    for days in (7, 22, 37, 52):
        night(days)
    assert "L. 441-10" in " ".join(mailbox.sent[-1].letter.text.split())
