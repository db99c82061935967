"""What is foreseen is what the nights then do."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind, DelegationState, status
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    OpenInvoice,
    Planned,
    StepCode,
    StepDone,
    plan_debtor,
    with_courtesy,
)
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import acting_from, consequences, next_change, next_message
from encaiss_dashboard.domain.sending_days import WEEK, Closure, DayOfYear, SendingDays

TODAY = date(2026, 11, 22)
HORIZON = 260

days = st.integers(-40, 60).map(lambda n: TODAY + timedelta(days=n))
lengths = st.none() | st.integers(0, 30)


@st.composite
def events(draw):
    kind, first = draw(st.sampled_from(DelegationKind)), draw(days)
    length = draw(lengths) if kind is DelegationKind.PAUSE else None
    return DelegationEvent(kind, first, None if length is None else first + timedelta(days=length))


@st.composite
def invoices(draw, key):
    due = TODAY + timedelta(days=draw(st.integers(-80, 40)))
    taken = draw(st.integers(0, 4))
    steps = [code for code in StepCode if code is not StepCode.COURTESY][:taken]
    last = draw(st.integers(1, 30))
    done = [StepDone(c, TODAY - timedelta(days=last + 15 * (taken - n))) for n, c in enumerate(steps)]
    total = Money(draw(st.integers(1, 500)) * 100)
    return OpenInvoice(
        Invoice(key, 1, Kind.INVOICE, f"F{key}", due - timedelta(days=30), due, total), total, tuple(done)
    )


owed = st.integers(0, 4).flatmap(lambda n: st.tuples(*(invoices(key) for key in range(1, n + 1))))
credits_ = st.lists(st.integers(1, 800).map(lambda n: Money(n * 100)), max_size=1)
contacts = st.none() | st.integers(1, 20).map(lambda n: TODAY - timedelta(days=n))


def simulated(plan, facts, items, credit, contact):
    """The first message of a debtor when every night is played."""
    for n in range(HORIZON):
        day = TODAY + timedelta(days=n)
        if status(facts, day).state is not DelegationState.DELEGATED:
            continue
        result = plan_debtor(plan, day, items, credit, contact)
        if isinstance(result, Planned):
            return result.step, day
    return None


@st.composite
def closures(draw):
    first = draw(days)
    return Closure(DayOfYear.of(first), DayOfYear.of(first + timedelta(days=draw(st.integers(0, 30)))))


@st.composite
def plans(draw):
    plan = with_courtesy(DEFAULT_PLAN) if draw(st.booleans()) else DEFAULT_PLAN
    sending = SendingDays(
        draw(st.sampled_from([WEEK, WEEK - {5, 6}, frozenset({1, 3})])),
        draw(st.sampled_from(["", "BE"])),
        tuple(draw(st.lists(closures(), max_size=2))),
    )
    return replace(plan, sending=sending, minimum_cents=draw(st.sampled_from([0, 0, 100_00])))


@settings(max_examples=200, deadline=None)
@given(plans(), st.lists(events(), max_size=4), owed, credits_, contacts)
def test_the_message_foreseen_is_the_first_that_the_nights_send(plan, facts, items, credit, contact):
    foreseen = next_message(plan, facts, TODAY, items, credit=credit, last_contact=contact)

    assert foreseen == simulated(plan, facts, items, credit, contact)


@settings(max_examples=150, deadline=None)
@given(st.lists(events(), max_size=5))
def test_the_agency_acts_from_the_first_day_on_which_it_may(facts):
    played = (TODAY + timedelta(days=n) for n in range(HORIZON))
    acting = (day for day in played if status(facts, day).state is DelegationState.DELEGATED)
    assert acting_from(facts, TODAY) == next(acting, None)


@settings(max_examples=150, deadline=None)
@given(st.lists(events(), max_size=5))
def test_the_next_change_is_the_first_day_that_differs(facts):
    now = status(facts, TODAY).state
    played = (TODAY + timedelta(days=n) for n in range(HORIZON))
    changes = ((status(facts, day).state, day) for day in played if status(facts, day).state is not now)
    assert next_change(facts, TODAY) == next(changes, None)


def test_a_withdrawal_of_today_outlives_a_delegation_that_was_to_begin_later():
    facts = [DelegationEvent(DelegationKind.DELEGATE, date(2026, 12, 1))]

    facts += consequences(facts, DelegationEvent(DelegationKind.WITHDRAW, TODAY), TODAY)

    assert acting_from(facts, TODAY) is None


def test_resuming_with_nothing_to_resume_calls_off_the_pause_to_come():
    facts = [
        DelegationEvent(DelegationKind.DELEGATE, date(2026, 5, 4)),
        DelegationEvent(DelegationKind.PAUSE, date(2026, 12, 1)),
    ]

    facts += consequences(facts, DelegationEvent(DelegationKind.RESUME, TODAY), TODAY)

    assert next_change(facts, TODAY) is None


def test_resuming_today_leaves_a_later_pause_alone():
    facts = [
        DelegationEvent(DelegationKind.DELEGATE, date(2026, 5, 4)),
        DelegationEvent(DelegationKind.PAUSE, date(2026, 11, 1)),
        DelegationEvent(DelegationKind.PAUSE, date(2026, 12, 21), date(2026, 12, 31)),
    ]

    facts += consequences(facts, DelegationEvent(DelegationKind.RESUME, TODAY), TODAY)

    assert next_change(facts, TODAY) == (DelegationState.PAUSED, date(2026, 12, 21))


def test_pausing_a_debtor_that_is_not_delegated_changes_nothing():
    assert consequences([], DelegationEvent(DelegationKind.PAUSE, TODAY), TODAY) == []
