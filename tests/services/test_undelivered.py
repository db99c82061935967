"""Messages that were given up: once more or set aside, by the agency, for the client to see."""

from datetime import date, timedelta

import pytest

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Unreadable
from encaiss_dashboard.domain.letters import DeliveryFailed, Gone
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services.desk import tasks, undelivered
from encaiss_dashboard.services.desk.undelivered import MessageReplaced, MessageSettled, ReasonMissing
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DUE = date(2026, 11, 1)
SAID = "550 5.1.1 no such user"
NO_SUCH_USER = DeliveryFailed(permanent=True, reason=SAID, gone=(Gone("compta@moulin.example", SAID),))
REFUSED = DeliveryFailed(permanent=True, reason="552 5.3.4 too big")


@pytest.fixture(autouse=True)
def long_ago(clock):
    """What a test makes was there before its first night."""
    clock.set(date(2026, 1, 1))


@pytest.fixture
def given_up(moulin, night, mailbox):
    """A first statement to an address that does not exist."""
    mailbox.failure = NO_SUCH_USER
    night(7)
    mailbox.failure = None
    return 1


@pytest.fixture
def decide(house):
    def call(service, *args, actor=HOUSE):
        with house.wiring.begin(actor) as work:
            return service(work, None, *args)

    return call


def to_do(house):
    with house.wiring.begin(HOUSE, write=False) as work:
        return [
            one.facts["message"] for one in tasks.waiting(work, None) if one.kind is tasks.TaskKind.FAILED
        ]


def test_the_desk_lists_it_with_the_servers_words_for_whom_it_was_and_when(given_up, house, decide, clock):
    assert to_do(house) == [given_up]
    found = decide(undelivered.dead_letter, given_up)
    assert (found.client, found.debtor, found.recipient, found.said, found.attempts, found.failed_at) == (
        "Ardenne Bois SRL",
        "Moulin Clair SA",
        "compta@moulin.example",
        SAID,
        1,
        clock.now,
    )


def test_once_more_is_the_same_message_under_the_same_id_and_takes_the_step(
    given_up, house, decide, night, mailbox, story, clock
):
    before = story.outbox()[0].message_id
    clock.forward(days=2)
    decide(undelivered.try_again, given_up)
    assert to_do(house) == []
    assert night(9).planned == 0
    [message] = mailbox.sent
    assert message.message_id == before
    assert len(story.outbox()) == 1
    [(_, retried)] = story.acts("message_retried")
    assert (retried["said"], retried["message"]) == (SAID, given_up)
    # The second statement keeps its distance from the day on which the first one really went.
    night(22)
    assert len(mailbox.sent) == 1
    night(24)
    assert len(mailbox.sent) == 2


def test_it_goes_to_the_addresses_that_the_debtor_has_by_now(given_up, house, decide, mailbox, story):
    with house.wiring.begin(HOUSE) as work:
        work.session.get(records.Contact, 1).email = "facturen@moulin.example"
    decide(undelivered.try_again, given_up)
    jobs.deliver(house.wiring)
    assert [m.to for m in mailbox.sent] == [("facturen@moulin.example",)]
    [(_, facts)] = story.acts("message_retried")
    assert facts["before"] == "compta@moulin.example"


def test_who_tries_again_says_that_the_address_exists_until_a_server_denies_it_once_more(
    given_up, house, decide, night, mailbox, story
):
    decide(undelivered.try_again, given_up)
    assert [fact.ended_at is None for fact in story.rows(UndeliverableAddress)] == [False]
    mailbox.failure = NO_SUCH_USER
    jobs.deliver(house.wiring)
    assert [fact.ended_at is None for fact in story.rows(UndeliverableAddress)] == [False, True]
    assert to_do(house) == [given_up]
    assert night(30).planned == 0


def test_what_was_paid_meanwhile_is_not_asked_for(given_up, moulin, house, decide, mailbox, story):
    house.payment(moulin, on=DUE + timedelta(days=7), cents=100_000, invoice_id=1)
    decide(undelivered.try_again, given_up)
    jobs.deliver(house.wiring)
    assert mailbox.sent == []
    assert [facts["detail"] for _, facts in story.acts("dropped")] == ["settled"]


def test_a_message_that_a_later_one_replaced_is_not_sent_as_well(
    moulin, house, night, decide, mailbox, story
):
    mailbox.failure = REFUSED
    night(7)
    mailbox.failure = None
    night(22)
    assert len(mailbox.sent) == 1
    with pytest.raises(MessageReplaced):
        decide(undelivered.try_again, 1)
    assert story.acts("message_retried") == []


def test_it_is_sent_once_whoever_decides_twice(given_up, house, decide, mailbox):
    decide(undelivered.try_again, given_up)
    with pytest.raises(MessageSettled):
        decide(undelivered.try_again, given_up)
    jobs.deliver(house.wiring)
    with pytest.raises(MessageSettled):
        decide(undelivered.set_aside, given_up, "too late")
    assert len(mailbox.sent) == 1


def test_set_aside_it_leaves_the_desk_and_the_reason_stands_in_the_clients_journal(
    given_up, house, decide, story
):
    decide(undelivered.set_aside, given_up, "  Le gérant a   appelé, il paie lundi. ")
    assert to_do(house) == []
    [(_, facts)] = story.acts("message_set_aside")
    assert facts["reason"] == "Le gérant a appelé, il paie lundi."
    with pytest.raises(MessageSettled):
        decide(undelivered.dead_letter, given_up)


def test_a_step_that_was_set_aside_is_free_and_the_plan_goes_on(moulin, night, decide, mailbox, story):
    mailbox.failure = REFUSED
    night(7)
    mailbox.failure = None
    decide(undelivered.set_aside, 1, "trop lourd")
    night(22)
    assert [row.step for row in story.outbox()] == ["statement_1", "statement_1"]


@pytest.mark.parametrize(
    "reason,refused", [("", ReasonMissing), (" \0 ", ReasonMissing), ("x" * 501, Unreadable)]
)
def test_without_a_reason_that_can_be_read_nothing_is_set_aside(given_up, house, decide, reason, refused):
    with pytest.raises(refused):
        decide(undelivered.set_aside, given_up, reason)
    assert to_do(house) == [given_up]


def test_only_who_reminds_for_that_client_decides(given_up, house, decide):
    owner = house.user(Role.OWNER, "ardenne")
    manager = house.user(Role.CASE_MANAGER)
    for actor, refused in ((owner, NotAllowed), (manager, NotFound)):
        for service, more in ((undelivered.try_again, ()), (undelivered.set_aside, ("x",))):
            with pytest.raises(refused):
                decide(service, given_up, *more, actor=actor)


@pytest.mark.parametrize("message_id", [0, -1, 2, 2**31, 2**63])
def test_a_message_that_does_not_exist_is_not_found(given_up, decide, message_id):
    with pytest.raises(NotFound):
        decide(undelivered.try_again, message_id)
