"""The plan agreed with a client: in versions, within what is possible, and followed by the nights."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, HoldReason, StepCode, with_courtesy
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotAllowed, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.plan_terms import plan_of, written
from encaiss_dashboard.domain.sending_days import WEEK, Closure, DayOfYear, SendingDays
from encaiss_dashboard.services import plans, reminders
from encaiss_dashboard.services.plans import checking
from encaiss_dashboard.services.plans.checking import checked
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind, verify

DUE = date(2026, 11, 1)
STANDARD = written(DEFAULT_PLAN)
WORKDAYS = replace(
    DEFAULT_PLAN,
    contact_gap_days=20,
    minimum_cents=25_00,
    sending=SendingDays(WEEK - {5, 6}, "BE", (Closure(DayOfYear(12, 24), DayOfYear(1, 2)),)),
)


def days(*late, **more):
    """Terms whose statements and notice come so many days late."""
    steps = [
        {**step, "days_late_min": n}
        for step, n in zip(STANDARD["steps"], late, strict=False)
        if n is not None
    ]
    return {**STANDARD, "steps": steps, **more}


@pytest.fixture
def client(house):
    return house.client()


@pytest.fixture
def save(house, client):
    """Agrees on terms as the owner, or as somebody else."""
    owner = house.user(Role.OWNER, "ardenne")

    def call(terms, seen=0, actor=owner):
        with house.wiring.begin(actor) as work:
            return plans.save(work, client, terms, seen)

    return call


@pytest.fixture
def history(house, client):
    def call():
        with house.wiring.begin(HOUSE) as work:
            return plans.scoped(work, client).history

    return call


@pytest.mark.parametrize("plan", [DEFAULT_PLAN, with_courtesy(DEFAULT_PLAN), WORKDAYS])
def test_terms_say_all_of_a_plan(plan):
    assert plan_of(written(plan)) == plan
    assert checked(written(plan)) == plan


def test_the_houses_own_plan_holds_until_something_else_is_agreed(history, save):
    assert [(one.version, one.plan, one.by) for one in history()] == [(0, DEFAULT_PLAN, "")]
    assert save(written(WORKDAYS)) == 1
    assert save(days(10, 25, 40, 55), seen=1) == 2
    versions = history()
    assert [one.version for one in versions] == [2, 1, 0]
    assert versions[1].plan == WORKDAYS
    assert versions[0].by == "owner@ardenne.example"


def test_the_same_terms_once_more_are_no_new_version(history, save):
    assert save(STANDARD) == 0
    assert len(history()) == 1


def test_of_two_who_change_it_at_once_the_second_is_asked_to_look_again(history, save):
    save(written(WORKDAYS))
    with pytest.raises(ChangedMeanwhile):
        save(days(10, 25, 40, 55), seen=0)
    assert history()[0].plan == WORKDAYS


@pytest.mark.parametrize("role", [Role.READER, Role.ACCOUNTANT])
def test_who_may_not_delegate_may_not_change_the_plan(house, history, save, role):
    with pytest.raises(NotAllowed):
        save(written(WORKDAYS), actor=house.user(role, "ardenne"))
    assert len(history()) == 1


def test_the_change_is_an_act_with_what_was_before_and_after(house, client, save):
    save(written(WORKDAYS))
    with Session(house.engine) as session:
        act = session.exec(select(records.Act).where(records.Act.kind == ActKind.PLAN_CHANGED)).one()
        assert act.facts["before"]["contact_gap_days"] == 15
        assert act.facts["after"]["contact_gap_days"] == 20
        assert "steps" not in act.facts["after"]
        assert act.facts["version"] == 1
    with house.wiring.begin(HOUSE) as work:
        assert not [chain for chain in verify(work.session, work.sign, client) if chain.flaw]


@pytest.mark.parametrize(
    "terms, refusal",
    [
        ({}, Unreadable),
        ({**STANDARD, "weekdays": "all"}, Unreadable),
        ({**STANDARD, "closures": [["24-12"]]}, Unreadable),
        ({**STANDARD, "closures": [["01-01", "01-02"]] * 11}, Unreadable),
        ({**STANDARD, "steps": []}, checking.PlanStepMissing),
        ({**STANDARD, "steps": STANDARD["steps"][-1:]}, checking.PlanStepMissing),
        (days(0, 22, 37, 52), checking.PlanDays),
        (days(-3, 22, 37, 52), checking.PlanDays),
        (days(7, 22, 37, 400), checking.PlanDays),
        (days(7, 13, 37, 52), checking.PlanOrder),
        (days(22, 7, 37, 52), checking.PlanOrder),
        ({**STANDARD, "steps": STANDARD["steps"][::-1]}, checking.PlanOrder),
        ({**STANDARD, "contact_gap_days": 6}, checking.PlanGap),
        ({**STANDARD, "contact_gap_days": 121}, checking.PlanGap),
        ({**STANDARD, "minimum_cents": -1}, checking.PlanMinimum),
        ({**STANDARD, "minimum_cents": 10**30}, checking.PlanMinimum),
        ({**STANDARD, "weekdays": []}, checking.PlanClosed),
        ({**STANDARD, "weekdays": [7]}, checking.PlanClosed),
        ({**STANDARD, "country": "XX"}, checking.PlanClosed),
        ({**STANDARD, "closures": [["02-30", "03-01"]]}, checking.PlanClosed),
        ({**STANDARD, "closures": [["01-01", "12-31"]]}, checking.PlanClosed),
    ],
)
def test_what_is_no_lawful_plan_is_refused_and_changes_nothing(house, save, terms, refusal):
    before = house.dump()
    with pytest.raises(refusal):
        save(terms)
    assert house.dump() == before


def test_a_step_left_out_leaves_the_distance_between_those_beside_it():
    plan = checked(days(7, None, 37, 52))
    assert [(step.code, step.days_after_previous) for step in plan.steps] == [
        (StepCode.STATEMENT_1, 0),
        (StepCode.STATEMENT_3, 30),
        (StepCode.FORMAL_NOTICE, 15),
    ]


def test_what_is_foreseen_are_the_days_on_which_an_unpaid_invoice_is_written_about(house, client, clock):
    """Due on Sunday 1 November: day 7 is a Sunday, day 22 too, and the feasts delay the notice."""
    clock.set(DUE)
    with house.wiring.begin(HOUSE) as work:
        seen = plans.foresee(work, client, written(WORKDAYS))
    assert [(one.step, one.on, one.days_late) for one in seen] == [
        (StepCode.STATEMENT_1, date(2026, 11, 9), 8),
        (StepCode.STATEMENT_2, date(2026, 11, 30), 29),
        (StepCode.STATEMENT_3, date(2026, 12, 21), 50),
        (StepCode.FORMAL_NOTICE, date(2027, 1, 11), 71),
    ]


def test_the_nights_follow_the_plan_and_say_under_which_version_they_wrote(story, house, client, save):
    debtor = house.debtor(client, email="compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "2026-001", due=DUE, cents=100_000)
    save(written(WORKDAYS))
    assert [story.night(n).sent for n in range(6, 10)] == [0, 0, 1, 0]
    save(days(7, 22, 37, 52), seen=1)
    sent = [n for n in range(20, 40) if story.night(n).sent]
    assert sent == [23, 38]
    assert [(row.step, row.plan_version) for row in story.outbox()] == [
        ("statement_1", 1),
        ("statement_2", 2),
        ("statement_3", 2),
    ]


def test_what_is_held_by_the_plan_says_so(story, house, client, save, clock):
    debtor = house.debtor(client, email="compta@moulin.example")
    house.delegate(debtor, from_date=date(2026, 1, 1))
    house.invoice(debtor, "2026-001", due=DUE, cents=20_00)
    save(written(WORKDAYS))
    clock.set(DUE + timedelta(days=8))
    with house.wiring.begin(HOUSE) as work:
        (held,) = reminders.foresee(work, client).held
    assert held.held.reason is HoldReason.BELOW_MINIMUM
    house.invoice(debtor, "2026-002", due=DUE, cents=5_00)
    clock.set(DUE + timedelta(days=13))
    with house.wiring.begin(HOUSE) as work:
        (held,) = reminders.foresee(work, client).held
    assert (held.held.reason, held.held.facts) == (
        HoldReason.NOT_A_SENDING_DAY,
        {"until": date(2026, 11, 16)},
    )


def test_one_clients_plan_is_not_anothers(house, client, save):
    other = house.client("baltique", "Baltique")
    save(written(WORKDAYS))
    with house.wiring.begin(HOUSE) as work:
        assert plans.scoped(work, other).plan == DEFAULT_PLAN
