"""Why was this sent? The facts and the rule of that day, whatever was agreed, paid or corrected since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import Session

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, StepCode, Trigger
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.services import messages
from encaiss_dashboard.storage import plans, records
from encaiss_dashboard.storage.journal import ActKind

DUE = date(2026, 11, 1)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def after(days):
    return DUE + timedelta(days=days)


@pytest.fixture
def ask(house):
    def ask(message_id, actor=HOUSE, client=1):
        with house.wiring.begin(actor, date(2027, 3, 1), write=False) as work:
            return messages.explained(work, client, message_id)

    return ask


def test_the_first_message_says_how_late_the_invoice_was_and_what_the_plan_asked_for(moulin, night, ask):
    night(7)
    seen = ask(1)
    [line] = seen.lines
    assert (line.why.trigger, line.why.number, line.why.step) == (
        Trigger.DAYS_LATE,
        "2026-001",
        StepCode.STATEMENT_1,
    )
    assert (line.why.due, line.why.days_late, line.why.days_late_min) == (DUE, 7, 7)
    assert (line.open, line.dropped, seen.previous, seen.reached) == (Money(100_000), False, None, after(7))
    assert (seen.plan, seen.row.detail, [kind for kind, _ in seen.acts]) == (
        DEFAULT_PLAN,
        "250 kept 1",
        [ActKind.SENT],
    )


@ON_SQLITE
def test_a_later_message_names_the_step_before_and_the_distance_between_two(moulin, house, night, ask):
    night(9)
    night(24)
    seen = ask(2)
    assert (seen.previous, seen.gap_over) == (after(9), after(24))
    [line] = seen.lines
    assert line.why.trigger is Trigger.AFTER_PREVIOUS
    assert (line.why.previous.code, line.why.previous.on) == (StepCode.STATEMENT_1, after(9))
    assert line.why.days_after_previous == 15


@ON_SQLITE
def test_an_invoice_that_is_only_listed_says_so(moulin, house, night, ask):
    house.invoice(moulin, "2026-002", due=after(5), cents=10_000)
    night(7)
    assert [(one.why.number, one.why.trigger) for one in ask(1).lines] == [
        ("2026-001", Trigger.DAYS_LATE),
        ("2026-002", Trigger.LISTED),
    ]


@ON_SQLITE
def test_what_was_agreed_paid_or_corrected_since_changes_nothing(moulin, house, night, ask):
    gentle = replace(DEFAULT_PLAN, steps=(replace(DEFAULT_PLAN.steps[0], days_late_min=5),))
    at = {"client_id": 1, "at": house.clock()}
    house.add(plans.PlanVersion(**at, version=1, terms=written(gentle)))
    night(6)
    before = ask(1)

    strict = replace(DEFAULT_PLAN, steps=(replace(DEFAULT_PLAN.steps[0], days_late_min=90),))
    house.add(plans.PlanVersion(**at, version=2, terms=written(strict)))
    house.payment(moulin, on=after(30), cents=100_000, invoice_id=1)
    with Session(house.engine) as session, session.begin():
        session.get_one(records.Invoice, 1).due = after(20)

    seen = ask(1)
    assert (seen.lines, seen.plan, seen.credits) == (before.lines, before.plan, before.credits)
    assert (seen.lines[0].why.due, seen.lines[0].why.days_late_min) == (DUE, 5)
    assert seen.row.plan_version == 1


@ON_SQLITE
def test_credits_of_that_day_are_named(moulin, house, night, ask):
    house.payment(moulin, on=after(3), cents=30_000)
    night(7)
    house.payment(moulin, on=after(9), cents=1_000)
    assert ask(1).credits == (Money(30_000),)


@ON_SQLITE
def test_a_message_that_could_not_be_delivered_tells_the_servers_words(moulin, night, mailbox, ask):
    mailbox.failure = DeliveryFailed(permanent=True, reason="550 5.1.1 no such user")
    night(7)
    seen = ask(1)
    assert (seen.row.detail, [kind for kind, _ in seen.acts]) == (
        "550 5.1.1 no such user",
        [ActKind.FAILED],
    )
    assert [line.dropped for line in seen.lines] == [True]


@ON_SQLITE
def test_a_step_that_reminded_nobody_is_no_step_before(moulin, night, mailbox, ask):
    mailbox.failure = DeliveryFailed(permanent=True, reason="550 no")
    night(7)
    mailbox.failure = None
    night(30)
    [line] = ask(2).lines
    assert line.why.previous is None


@ON_SQLITE
@pytest.mark.parametrize("key", [0, -1, 999, 2**31, 10**30])
def test_there_is_no_such_message(moulin, night, ask, key):
    night(7)
    with pytest.raises(NotFound):
        ask(key)


@ON_SQLITE
def test_another_clients_message_is_not_there(moulin, house, night, ask):
    night(7)
    other = house.client("other", "Other SA")
    stranger = house.user(Role.OWNER, "other")
    with pytest.raises(NotFound):
        ask(1, actor=stranger, client=other)
    with pytest.raises(NotAllowed):
        ask(1, actor=stranger)
