"""Before an instalment falls due its debtor is reminded of it, once: told as dated stories.

Day 0 is 1 November 2026, when the invoice of 1,000.00 is due. On day 8 a plan of four parts of 250.00 is
agreed, due on days 30, 60, 90 and 120, each reminded of three days before.
"""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, HoldReason
from encaiss_dashboard.domain.letters import DeliveryFailed, Gone
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import SendingDays
from encaiss_dashboard.domain.stops import DisputeReason, InsolvencyKind, Instalment
from encaiss_dashboard.domain.stops.opening import NewDispute, NewInsolvency, NewPlan
from encaiss_dashboard.services import (
    delegations,
    plans,
    reminders,
)
from encaiss_dashboard.services.desk import undelivered
from encaiss_dashboard.services.desk.undelivered import MessageReplaced
from encaiss_dashboard.services.stops import deciding
from encaiss_dashboard.storage import records

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
REFUSED = DeliveryFailed(permanent=True, reason="552 5.3.4 too big")


def words(mail):
    """The text of a mail with single spaces."""
    return " ".join(mail.letter.text.split())


def row(story):
    return story.outbox()[-1]


def test_a_plan_that_is_kept_is_reminded_of_before_each_part_and_of_nothing_else(
    story, plan, pays, sent, mailbox
):
    """Day 8 agreed … day 27 reminder … day 30 paid … the next, until all is paid."""
    for n in (30, 60, 90, 120):
        pays(n)
    days = {n: story.after(n) for n in (30, 60, 90, 120)}
    assert sent(*range(9, 140)) == {27: [days[30]], 57: [days[60]], 87: [days[90]], 117: [days[120]]}
    assert [mail.letter.subject for mail in mailbox.sent] == [
        "Prochaine échéance de votre plan d’apurement – Ardenne Bois SRL"
    ] * 4
    first, last = words(mailbox.sent[0]), words(mailbox.sent[-1])
    assert "Échéance 1 sur 4 01/12/2026 250,00 € ---" in first
    assert "Total à payer 250,00 € IBAN" in first.replace("Compte celui qui figure sur les factures", "IBAN")
    assert "Après ce paiement, il restera 750,00 € à payer selon le plan." in first
    assert "Échéance 4 sur 4" in last
    assert "Avec ce paiement, tout ce que couvre le plan est réglé." in last
    assert all("ntérêts de retard" not in words(mail) for mail in mailbox.sent)
    steps = [line.step for line in story.rows(records.OutboxLine)]
    assert steps == [None] * 4


def test_missed_nights_are_caught_up_until_the_day_itself_and_not_after_it(story, plan, pays, sent):
    assert sent(30) == {30: [story.after(30)]}
    pays(30)
    assert sent(61, 62) == {}


def test_a_night_run_twice_and_the_nights_after_it_remind_once(story, plan, sent):
    assert sent(27, 27, 28, 29, 30) == {27: [story.after(30)]}
    assert len(story.outbox()) == 1


def test_two_messages_about_one_instalment_cannot_be_kept(house, story, plan, sent):
    """Not because somebody looked before: the database refuses the second one."""
    sent(27)
    again = row(story).model_dump(exclude={"id", "message_id"})
    with pytest.raises(IntegrityError):
        house.add(records.OutboxMessage(**again, message_id="another@agency.example"))
    house.add(records.OutboxMessage(**again | {"dropped_at": house.clock()}, message_id="x@agency.example"))


@ON_SQLITE
def test_a_plan_that_was_broken_or_withdrawn_is_no_longer_reminded_of(story, plan, pays, sent, by_owner):
    """The first part is not paid: broken after day 35, and the ladder goes on."""
    assert sent(*range(27, 60)) == {27: [story.after(30)], 36: ["statement_1"], 51: ["statement_2"]}


@ON_SQLITE
def test_a_withdrawn_plan_is_no_longer_reminded_of(story, plan, pays, sent, by_owner):
    story.clock.set(story.after(26))
    by_owner(deciding.withdraw, plan, "")
    assert story.after(30) not in [one for some in sent(27, 28, 29, 30).values() for one in some]


@ON_SQLITE
@pytest.mark.parametrize("kind", [DelegationKind.PAUSE, DelegationKind.WITHDRAW])
def test_a_debtor_that_is_paused_or_taken_back_is_not_reminded(story, plan, sent, by_owner, moulin, kind):
    story.clock.set(story.after(26))
    by_owner(delegations.decide, delegations.Decision(kind, (moulin,)))
    assert sent(27, 28) == {}


@ON_SQLITE
def test_a_pause_that_ends_in_time_lets_the_reminder_go(story, plan, sent, by_owner, moulin):
    story.clock.set(story.after(26))
    pause = delegations.Decision(DelegationKind.PAUSE, (moulin,), until=story.after(28))
    by_owner(delegations.decide, pause)
    assert sent(27, 28, 29) == {29: [story.after(30)]}


@ON_SQLITE
@pytest.mark.parametrize(
    "new, why",
    [
        (NewDispute(None, DisputeReason.PRICE), HoldReason.DISPUTED),
        (NewInsolvency(InsolvencyKind.BANKRUPTCY), HoldReason.INSOLVENT),
    ],
)
def test_a_dispute_or_an_insolvency_holds_the_reminder_and_is_named(story, plan, stop, sent, new, why):
    stop(new)
    assert sent(27) == {}
    with story.house.wiring.begin(HOUSE, write=False) as work:
        held = [(one.held.reason, one.instalment_on) for one in reminders.foresee(work, 1).held]
    assert (why, story.after(30)) in held


@ON_SQLITE
def test_money_that_nobody_has_set_against_the_invoice_is_no_reason_to_write(
    house, story, plan, sent, moulin
):
    house.payment(moulin, on=story.after(20), cents=25_000)
    assert sent(27, 28) == {}


@ON_SQLITE
def test_it_keeps_to_the_sending_days(house, story, plan, pays, sent, by_owner):
    """Day 27 is a Saturday: it goes on the Friday before."""
    terms = written(replace(DEFAULT_PLAN, sending=SendingDays(frozenset(range(5)))))
    by_owner(plans.save, terms, 0)
    assert story.after(27).weekday() == 5
    assert sent(25, 26, 27, 28, 29, 30) == {26: [story.after(30)]}


@ON_SQLITE
def test_it_neither_waits_for_the_distance_between_messages_nor_starts_it(house, story, plan, sent, moulin):
    """Another invoice has its first statement on day 26, and its second 15 days later."""
    house.invoice(moulin, "2026-009", due=story.after(19), cents=10_000)
    assert sent(26, 27, 40, 41) == {
        26: ["statement_1"],
        27: [story.after(30)],
        41: ["statement_2"],
    }


@ON_SQLITE
def test_one_message_a_night_an_instalment_waits_for_the_next_one(house, story, plan, sent, moulin):
    house.invoice(moulin, "2026-009", due=story.after(20), cents=10_000)
    assert sent(27, 28) == {27: ["statement_1"], 28: [story.after(30)]}


@ON_SQLITE
def test_unless_that_would_be_too_late_for_it(house, story, plan, sent, moulin):
    house.invoice(moulin, "2026-009", due=story.after(23), cents=10_000)
    assert sent(30) == {30: ["statement_1", story.after(30)]}


# ---------------------------------------------------------------- between the intention and the mail


def test_what_was_paid_before_it_left_is_not_asked_for(story, plan, pays, mailbox):
    story.plan(27)
    pays(27)
    jobs.deliver(story.house.wiring)
    assert mailbox.sent == []
    assert (row(story).detail, [kind for kind, _ in story.acts("dropped")]) == ("settled", ["dropped"])


@ON_SQLITE
def test_what_was_paid_in_part_is_asked_for_in_part(story, plan, pays, mailbox):
    story.plan(27)
    pays(27, 10_000)
    jobs.deliver(story.house.wiring)
    assert "Échéance 1 sur 4 01/12/2026 150,00 € (sur 250,00 €)" in words(mailbox.sent[0])
    assert row(story).instalment_cents == 15_000


@ON_SQLITE
def test_a_message_that_a_server_kept_waiting_past_the_day_is_dropped(story, plan, mailbox):
    mailbox.failure = DeliveryFailed(permanent=False, reason="451 later")
    story.night(30)
    mailbox.failure = None
    story.clock.set(story.after(31))
    jobs.deliver(story.house.wiring)
    assert (mailbox.sent, row(story).detail) == ([], "instalment_over")


@ON_SQLITE
def test_a_plan_that_was_withdrawn_meanwhile_drops_its_message(story, plan, by_owner, mailbox):
    story.plan(27)
    by_owner(deciding.withdraw, plan, "")
    jobs.deliver(story.house.wiring)
    assert (mailbox.sent, row(story).detail) == ([], "plan_over")


@ON_SQLITE
def test_a_pause_meanwhile_drops_it_and_the_next_night_tries_again(story, plan, by_owner, moulin, sent):
    story.plan(27)
    by_owner(delegations.decide, delegations.Decision(DelegationKind.PAUSE, (moulin,), until=story.after(27)))
    jobs.deliver(story.house.wiring)
    assert row(story).detail == "paused"
    assert sent(28) == {28: [story.after(30)]}


@ON_SQLITE
def test_a_message_that_failed_has_reminded_nobody(story, plan, sent, mailbox):
    mailbox.failure = REFUSED
    assert sent(27) == {}
    mailbox.failure = None
    assert sent(28, 29) == {28: [story.after(30)]}


@ON_SQLITE
def test_a_message_that_failed_and_was_set_aside_is_left_at_that(story, plan, sent, mailbox):
    mailbox.failure = REFUSED
    assert sent(27) == {}
    mailbox.failure = None
    with story.house.wiring.begin(HOUSE) as work:
        undelivered.set_aside(work, None, row(story).id, "il sait")
    assert sent(28) == {}


@ON_SQLITE
def test_a_message_that_failed_goes_when_somebody_has_it_tried_again(story, plan, sent, mailbox):
    mailbox.failure = REFUSED
    sent(27)
    mailbox.failure = None
    with story.house.wiring.begin(HOUSE) as work:
        undelivered.try_again(work, None, row(story).id)
    jobs.deliver(story.house.wiring)
    assert (len(mailbox.sent), len(story.outbox())) == (1, 1)
    assert sent(28) == {}


@ON_SQLITE
def test_a_message_about_a_day_that_is_over_is_not_tried_again(story, plan, sent, mailbox):
    mailbox.failure = REFUSED
    sent(30)
    story.clock.set(story.after(31))
    with story.house.wiring.begin(HOUSE) as work, pytest.raises(MessageReplaced):
        undelivered.try_again(work, None, row(story).id)


@ON_SQLITE
def test_an_address_that_does_not_exist_holds_it(story, plan, sent, mailbox):
    gone = (Gone("compta@moulin.example", "550 no such user"),)
    mailbox.failure = DeliveryFailed(permanent=True, reason="550 no such user", gone=gone)
    sent(27)
    mailbox.failure = None
    assert sent(28) == {}
    with story.house.wiring.begin(HOUSE, write=False) as work:
        held = [one.held.reason for one in reminders.foresee(work, 1).held if one.instalment_on]
    assert held == [HoldReason.UNDELIVERABLE]


@ON_SQLITE
def test_without_an_address_it_goes_on_paper(house, story, stop):
    other = house.debtor(1, "Sans Adresse SA")
    house.delegate(other, from_date=date(2026, 1, 1))
    house.invoice(other, "P-1", due=story.after(0), cents=10_000)
    story.clock.set(story.after(1))
    stop(NewPlan(None, (Instalment(story.after(6), 10_000),)), debtor=other)
    story.night(3)
    assert (row(story).channel, row(story).rerouted, row(story).instalment_on) == (
        "post",
        "no_address",
        story.after(6),
    )
