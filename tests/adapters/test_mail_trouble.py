"""Mail servers that misbehave: what each trouble means for the letter, and for all the others."""

import threading
import time
from dataclasses import replace
from datetime import UTC, datetime

import postoffice
import pytest
from postoffice import PostOffice

from encaiss_dashboard.adapters.mail import Patience, SmtpMailer, written
from encaiss_dashboard.domain.letters import DeliveryFailed, Letter, Message

QUICK = Patience(answer=0.3, receipt=0.6, whole=5)
MESSAGE = Message(
    message_id="ardenne.7.20261108.statement_1@encaiss.example",
    sender_name="Menuiserie Exemple SRL via Encaiss",
    sender_email="suivi@encaiss.example",
    to=("compta@moulin.example",),
    reply_to="suivi@encaiss.example",
    letter=Letter("Relevé de compte", "Bonjour\n.\n..deux points\n", "<p>Bonjour</p>", ()),
    language="fr",
    at=datetime(2026, 11, 8, 2, 0, tzinfo=UTC),
)


@pytest.fixture
def office():
    opened = PostOffice()
    yield opened
    opened.close()


@pytest.fixture
def fails(office):
    """The failure of a delivery to a server that does something at a stage."""

    def attempt(stage, does, patience=QUICK, message=MESSAGE):
        office.script = lambda now, _: does if now == stage else None
        with pytest.raises(DeliveryFailed) as failure:
            SmtpMailer(office.url, patience).deliver(message)
        return failure.value

    return attempt


# What is said at a stage, whether another attempt is worth it, and whether other letters would fare better.
REPLIES = {
    "greeting 4xx": ("connect", "421 4.7.0 too many connections", False, True),
    "greeting 5xx": ("connect", "554 5.3.2 closed for the night", False, True),
    "ehlo 4xx": ("ehlo", "450 4.3.0 not now", False, True),
    "sender 4xx": ("mail", "451 4.7.1 slow down", False, True),
    "sender 5xx": ("mail", "550 5.1.8 sender unknown", False, True),
    "recipient 4xx": ("rcpt", "450 4.2.0 greylisted", False, False),
    "recipient 421": ("rcpt", "421 4.7.0 enough for now", False, True),
    "recipient 5xx": ("rcpt", "550 5.1.1 no such user", True, False),
    "recipient, a policy": ("rcpt", "554 5.7.1 relay access denied", False, False),
    "before content 4xx": ("data", "451 4.3.0 no room", False, False),
    "before content 5xx": ("data", "554 5.5.1 no valid recipients", True, False),
    "content 4xx": ("content", "452 4.3.1 disk full", False, False),
    "content 421": ("content", "421 4.7.0 enough for now", False, True),
    "content 5xx": ("content", "552 5.3.4 too big", True, False),
    "content, a policy": ("content", "550 5.7.1 your address is on a list", False, False),
}


@pytest.mark.parametrize("stage,reply,permanent,for_all", REPLIES.values(), ids=REPLIES)
def test_a_refusal_is_read_by_its_code_and_by_what_it_is_about(
    office, fails, stage, reply, permanent, for_all
):
    failure = fails(stage, reply)
    assert (failure.permanent, failure.for_all, failure.doubtful) == (permanent, for_all, False)
    assert failure.reason.startswith(reply[:3])
    assert office.received == []


@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt", "data"])
@pytest.mark.parametrize("trouble", ["hang", "drop"])
def test_a_server_that_goes_silent_or_away_before_the_content_took_nothing_and_holds_for_all(
    office, fails, stage, trouble
):
    failure = fails(stage, office.hang if trouble == "hang" else postoffice.drop)
    assert (failure.permanent, failure.for_all, failure.doubtful) == (False, True, False)


@pytest.mark.parametrize("trouble", ["hang", "drop"])
@pytest.mark.parametrize("stage", ["content", "accepted"])
def test_after_the_last_byte_nobody_can_know_and_it_is_said(office, fails, stage, trouble):
    failure = fails(stage, office.hang if trouble == "hang" else postoffice.drop)
    assert (failure.permanent, failure.for_all, failure.doubtful) == (False, True, True)
    assert "may have arrived" in failure.reason


def test_a_server_may_take_longer_for_its_receipt_than_for_an_answer(office):
    def slow(_stage, _connection):
        if _stage == "accepted":
            time.sleep(0.45)

    office.script = slow
    assert SmtpMailer(office.url, QUICK).deliver(MESSAGE).detail == "250 2.0.0 Ok: queued"


def test_a_server_that_never_ends_its_answer_is_left_after_the_whole_time(office, fails):
    begun = time.monotonic()
    failure = fails("mail", postoffice.dribble, replace(QUICK, answer=2, whole=0.4))
    assert time.monotonic() - begun < 1.5
    assert (failure.permanent, failure.for_all) == (False, True)


def test_no_watch_is_left_behind_after_a_delivery(office):
    for _ in range(3):
        SmtpMailer(office.url, QUICK).deliver(MESSAGE)
    watches = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
    for watch in watches:
        watch.join(1)
    assert not [watch for watch in watches if watch.is_alive()]


@pytest.mark.parametrize(
    "reply,gone",
    [
        ("550 5.1.1 no such user", True),
        ("550 no such user", True),
        ("553 5.1.10 the domain takes no mail", True),
        ("550 5.2.1 mailbox disabled", True),
        ("552 5.2.2 mailbox full", False),
        ("550 5.7.1 not from you", False),
        ("550 5.1.8 no such sender", False),
        ("550 5.1.7 a sender like this", False),
        ("554 5.4.14 a loop", False),
        ("450 4.1.1 not known yet", False),
    ],
)
def test_an_address_is_gone_only_when_the_server_says_that_there_is_none(fails, reply, gone):
    assert [one.address for one in fails("rcpt", reply).gone] == (list(MESSAGE.to) if gone else [])


def test_of_several_addresses_the_one_that_is_gone_is_told_and_the_letter_goes_to_the_other(office):
    office.script = lambda stage, _: "550 5.1.1 gone" if stage == "rcpt old@moulin.example" else None
    both = replace(MESSAGE, to=("old@moulin.example", "compta@moulin.example"))
    delivered = SmtpMailer(office.url).deliver(both)
    assert [(one.address, one.reason) for one in delivered.gone] == [("old@moulin.example", "550 5.1.1 gone")]
    assert [one.to for one in office.received] == [["compta@moulin.example"]]


def test_a_copy_gets_the_same_mail_is_not_named_in_it_and_its_refusal_changes_nothing(office):
    copied = replace(MESSAGE, copies=("client@ardenne.example", "gone@ardenne.example"))
    office.script = lambda stage, _: "550 5.1.1 gone" if stage == "rcpt gone@ardenne.example" else None
    delivered = SmtpMailer(office.url).deliver(copied)
    assert delivered.gone == ()
    [received] = office.received
    assert received.to == ["compta@moulin.example", "client@ardenne.example"]
    assert b"ardenne.example>" not in received.content.replace(received.message_id.encode(), b"")
    assert received.content == written(MESSAGE)


def test_what_was_kept_is_sent_byte_for_byte_dots_and_all(office):
    kept = written(MESSAGE).replace(b"Bonjour", b"Kept as it was")
    SmtpMailer(office.url).deliver(replace(MESSAGE, content=kept))
    assert [one.content for one in office.received] == [kept]
