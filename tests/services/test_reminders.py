"""What leaves the house, night after night: dated stories on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import Session

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.locales import money
from encaiss_dashboard.services import deliveries, reminders
from encaiss_dashboard.services.reminders import MessageState
from encaiss_dashboard.storage import records

DUE = date(2026, 11, 1)
UNKNOWN = DeliveryFailed(permanent=True, reason="550 5.1.1 no such user")


def after(days):
    """The night so many days after the due date of most invoices here."""
    return DUE + timedelta(days=days)


# --- the plan


def test_the_ladder_goes_on_days_7_22_37_and_52_and_then_rests(moulin, night, mailbox):
    sent = {}
    for days in range(-40, 75):
        night(days)
        sent.update((days, message.letter.subject) for message in mailbox.sent)
        mailbox.sent.clear()
    assert sent == {
        7: "Relevé de compte – Ardenne Bois SRL",
        22: "Deuxième relevé de compte – Ardenne Bois SRL",
        37: "Troisième relevé de compte – Ardenne Bois SRL",
        52: "Mise en demeure – Ardenne Bois SRL",
    }


def test_a_missed_month_catches_up_with_one_step_at_a_time(moulin, night, story):
    for days in (60, 61, 74, 75, 76, 90):
        night(days)
    assert [(m.day, m.step) for m in story.outbox()] == [
        (after(60), "statement_1"),
        (after(75), "statement_2"),
        (after(90), "statement_3"),
    ]


def test_nobody_inside_its_own_term_is_ever_contacted(moulin, night, house, mailbox):
    other = house.debtor(1, "Scierie du Nord", email="s@nord.example")
    house.delegate(other, from_date=date(2026, 1, 1))
    house.invoice(other, "2026-090", due=after(90), cents=1, issue=date(2026, 1, 1))
    for days in range(-30, 7):
        night(days)
    assert mailbox.sent == []
    night(40)
    assert [m.to for m in mailbox.sent] == [("compta@moulin.example",)]


def test_a_debtor_that_is_not_delegated_or_withdrawn_is_never_contacted(house, night, mailbox):
    client = house.client()
    stranger, left, later = (house.debtor(client, name, email=f"{name}@x.example") for name in "abc")
    for debtor in (stranger, left, later):
        house.invoice(debtor, "1", due=DUE, cents=5)
    house.delegate(left, from_date=date(2026, 1, 1))
    house.delegate(left, from_date=after(5), kind="withdraw")
    house.delegate(later, from_date=after(11))
    night(10)
    assert mailbox.sent == []
    night(11)
    assert [m.to for m in mailbox.sent] == [("c@x.example",)]


def test_one_statement_names_every_invoice_past_due_and_none_that_is_not(
    moulin, house, night, mailbox, story
):
    for number, due in (("2026-002", after(10)), ("2026-003", after(19)), ("2026-004", after(22))):
        house.invoice(moulin, number, due=due, cents=10_000)
    night(20)
    [message] = mailbox.sent
    assert [n for n in ("001", "002", "003", "004") if f"2026-{n}" in message.letter.text] == [
        "001",
        "002",
        "003",
    ]
    # The third is past due and has not reached a step: it is named and takes none.
    assert [line.step for line in story.rows(records.OutboxLine)] == ["statement_1", "statement_1", None]


def test_each_invoice_keeps_its_own_step_in_the_one_message(moulin, house, night, mailbox, story):
    house.invoice(moulin, "2026-002", due=after(15), cents=10_000)
    night(7)
    night(22)
    assert [(line.invoice_id, line.step) for line in story.rows(records.OutboxLine)] == [
        (1, "statement_1"),
        (1, "statement_2"),
        (2, "statement_1"),
    ]
    assert [m.letter.subject.partition(" –")[0] for m in mailbox.sent] == [
        "Relevé de compte",
        "Deuxième relevé de compte",
    ]


# --- what is paid


def test_a_paid_invoice_is_never_reminded(moulin, house, night, mailbox, story):
    house.payment(moulin, on=after(3), cents=100_000, invoice_id=1)
    for days in range(60):
        night(days)
    assert mailbox.sent == []
    assert story.outbox() == []


def test_what_is_paid_between_planning_and_hand_over_is_not_reminded(moulin, house, mailbox, story):
    story.plan(7)
    house.payment(moulin, on=after(7), cents=100_000, invoice_id=1)
    assert jobs.deliver(house.wiring) == 0
    assert mailbox.sent == []
    [(_, facts)] = story.acts("sent", "dropped", "failed")
    assert (facts["detail"], facts["step"]) == ("settled", "statement_1")
    assert jobs.remind(house.wiring).planned == 0


def test_a_part_payment_between_planning_and_hand_over_leaves_the_rest(moulin, house, mailbox, story):
    story.plan(7)
    house.payment(moulin, on=after(7), cents=40_000, invoice_id=1)
    jobs.deliver(house.wiring)
    [message] = mailbox.sent
    assert money(Money(60_000), "fr") in message.letter.text
    assert [line.open_cents for line in story.rows(records.OutboxLine)] == [60_000]


def test_the_tone_softens_when_the_invoice_that_set_it_is_paid(moulin, house, night, mailbox, story):
    house.invoice(moulin, "2026-002", due=after(45), cents=10_000)
    for days in (7, 22, 37):
        night(days)
    mailbox.sent.clear()
    story.plan(52)
    assert story.outbox()[-1].step == "formal_notice"
    house.payment(moulin, on=after(52), cents=100_000, invoice_id=1)
    jobs.deliver(house.wiring)
    [message] = mailbox.sent
    assert message.letter.subject.startswith("Relevé de compte")
    assert "2026-001" not in message.letter.text
    assert story.outbox()[-1].step == "statement_1"


def test_an_invoice_whose_due_date_was_corrected_meanwhile_is_left_out(moulin, house, mailbox, story):
    story.plan(7)
    with Session(house.engine) as session, session.begin():
        session.get_one(records.Invoice, 1).due = after(30)
    jobs.deliver(house.wiring)
    assert mailbox.sent == []
    assert story.acts("dropped")


def test_credits_are_deducted(moulin, house, night, mailbox):
    house.invoice(moulin, "NC-1", due=after(2), cents=30_000, kind="credit_note", issue=after(2))
    night(7)
    [message] = mailbox.sent
    assert money(Money(-30_000), "fr") in message.letter.text
    assert money(Money(70_000), "fr") in message.letter.text


def test_a_debtor_whose_credit_covers_what_is_due_gets_nothing(moulin, house, night, mailbox):
    house.payment(moulin, on=after(2), cents=100_000)
    result = night(7)
    assert mailbox.sent == []
    [held] = result.held
    assert held.held.reason is HoldReason.CREDIT_COVERS


def test_a_credit_that_comes_between_planning_and_hand_over_stops_the_message(moulin, house, mailbox, story):
    story.plan(7)
    house.payment(moulin, on=after(7), cents=150_000)
    jobs.deliver(house.wiring)
    assert mailbox.sent == []
    assert jobs.remind(house.wiring).held[0].held.reason is HoldReason.CREDIT_COVERS


def test_currencies_stay_apart(moulin, house, night, mailbox):
    house.invoice(moulin, "US-1", due=DUE, cents=50_000, currency="USD")
    house.payment(moulin, on=after(2), cents=20_000)
    night(7)
    [message] = mailbox.sent
    for amount in (Money(80_000), Money(50_000, "USD")):
        assert money(amount, "fr") in message.letter.text


def test_a_currency_that_is_covered_meanwhile_takes_no_step(moulin, house, mailbox, story):
    house.invoice(moulin, "US-1", due=DUE, cents=50_000, currency="USD")
    story.plan(7)
    house.payment(moulin, on=after(7), cents=100_000)
    jobs.deliver(house.wiring)
    [message] = mailbox.sent
    assert "2026-001" not in message.letter.text
    dropped = {line.currency: line.dropped for line in story.rows(records.OutboxLine)}
    assert dropped == {"EUR": True, "USD": False}


# --- what the client decides


def test_a_debtor_paused_between_planning_and_hand_over_gets_nothing(moulin, house, mailbox, story):
    story.plan(7)
    house.delegate(moulin, from_date=after(7), kind="pause")
    jobs.deliver(house.wiring)
    assert mailbox.sent == []
    assert [facts["detail"] for _, facts in story.acts("dropped")] == ["paused"]


def test_a_pause_holds_the_message_back_and_its_end_lets_it_go(moulin, house, night, mailbox):
    house.add(
        records.Delegation(
            client_id=1,
            debtor_id=moulin,
            kind="pause",
            from_date=after(5),
            until=after(9),
            at=house.clock(),
        )
    )
    [held] = night(8).held
    assert (held.held.reason, held.held.facts) == (HoldReason.PAUSED, {"until": after(9)})
    night(10)
    assert len(mailbox.sent) == 1


def test_what_is_foreseen_is_what_is_sent_and_foreseeing_changes_nothing(moulin, house, clock, mailbox):
    clock.set(after(7))
    before = house.dump()
    with house.wiring.begin(HOUSE) as work:
        seen = reminders.foresee(work, 1)
        nobody = reminders.foresee(work, 1, moulin + 1)
    assert house.dump() == before
    assert [m.recipient for m in seen.messages] == ["compta@moulin.example"]
    assert nobody.messages == ()
    jobs.remind(house.wiring)
    assert [m.to for m in mailbox.sent] == [("compta@moulin.example",)]


# --- who may


@pytest.mark.parametrize("role", [Role.READER, Role.OWNER, Role.ACCOUNTANT, Role.SIGNATORY])
def test_a_clients_own_people_cannot_run_the_reminders(moulin, house, night, role, story):
    actor = house.user(role, "ardenne")
    with pytest.raises(NotAllowed):
        night(7, client_ids=(1,), actor=actor)
    assert story.outbox() == []
    with pytest.raises(NotAllowed):
        jobs.deliver(house.wiring, 1, actor=actor)


def test_another_clients_people_neither_run_nor_see_the_reminders(moulin, house, mailbox, story):
    house.client("condroz", "Condroz Toitures SA")
    other = house.user(Role.OWNER, "condroz")
    story.plan(7)
    with pytest.raises(NotAllowed):
        jobs.deliver(house.wiring, 1, actor=other)
    assert jobs.deliver(house.wiring, actor=other) == 0
    for read in (reminders.foresee, reminders.recent):
        with house.wiring.begin(other, write=False) as work, pytest.raises(NotAllowed):
            read(work, 1)
    assert mailbox.sent == []


def test_a_stranger_who_names_a_message_gets_nothing_claimed(moulin, house, story):
    reader = house.user(Role.READER, "ardenne")
    _, [key] = story.plan(7)
    with pytest.raises(NotAllowed), house.wiring.begin(reader) as work:
        deliveries.hand_over(work, key)
    with pytest.raises(NotAllowed), house.wiring.begin(reader) as work:
        deliveries.settle(work, key, UNKNOWN)
    assert [(m.claimed_at, m.attempts, m.failed_at) for m in story.outbox()] == [(None, 0, None)]


def test_the_agency_runs_one_client_and_the_journal_names_who(moulin, house, night, mailbox, story):
    house.client("condroz", "Condroz Toitures SA")
    other = house.debtor(2, email="x@y.example")
    house.delegate(other, from_date=date(2026, 1, 1))
    house.invoice(other, "1", due=DUE, cents=10_000)
    manager = house.user(Role.CASE_MANAGER, "ardenne")
    steps = []
    night(7, client_ids=(1,), actor=manager, progress=lambda done, planned: steps.append((done, planned)))
    assert [m.to for m in mailbox.sent] == [("compta@moulin.example",)]
    assert steps == [(0, 1), (1, 1)]
    assert [act.user_id for act in story.rows(records.Act) if act.kind == "sent"] == [manager.user_id]


def test_the_last_messages_are_listed_with_what_became_of_them(moulin, house, night, mailbox, story):
    night(7)
    mailbox.failure = UNKNOWN
    night(22)
    mailbox.failure = None
    story.plan(37)
    house.payment(moulin, on=after(37), cents=100_000, invoice_id=1)
    jobs.deliver(house.wiring)
    house.invoice(moulin, "2026-002", due=after(30), cents=10_000)
    story.plan(52)
    with house.wiring.begin(HOUSE, write=False) as work:
        seen = reminders.recent(work, 1)
    assert [(line.state, line.detail, line.name) for line in seen] == [
        (MessageState.WAITING, "", "Moulin Clair SA"),
        (MessageState.DROPPED, "settled", "Moulin Clair SA"),
        (MessageState.FAILED, "550 5.1.1 no such user", "Moulin Clair SA"),
        (MessageState.SENT, "250 kept 1", "Moulin Clair SA"),
    ]
