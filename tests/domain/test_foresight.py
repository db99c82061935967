"""The nights to come, played forward: what is skipped changes nothing, and nothing is left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind, DelegationState, status
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    ORDINARY,
    Held,
    HoldReason,
    OpenInvoice,
    Planned,
    Standing,
    Step,
    StepCode,
    StepDone,
    Trigger,
    plan_debtor,
    why,
    with_courtesy,
)
from encaiss_dashboard.domain.foresight import Span, play
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import turns
from encaiss_dashboard.domain.sending_days import WEEK, Closure, DayOfYear, SendingDays

TODAY = date(2026, 11, 22)
SPAN = Span(TODAY, TODAY + timedelta(days=75))
CODES = tuple(StepCode)


def day(number):
    return TODAY + timedelta(days=number)


def owed(key, due, *, cents=10_000, done=(), currency="EUR", **more):
    total = Money(cents, currency)
    value = Invoice(key, 1, Kind.INVOICE, f"F{key}", day(due) - timedelta(days=30), day(due), total)
    return OpenInvoice(value, total, tuple(StepDone(code, day(n)) for code, n in done), **more)


def nights_of(plan, credit=(), events=None, standing=ORDINARY):
    """What the nightly run asks of one debtor."""

    def night(on, items, last_contact):
        stop = None
        if events is not None:
            stands = status(events, on)
            if stands.state is DelegationState.PAUSED:
                stop = Held(HoldReason.PAUSED, {"until": stands.paused_until} if stands.paused_until else {})
            elif stands.state is not DelegationState.DELEGATED:
                return None
        return plan_debtor(plan, on, items, credit, last_contact, stop=stop, standing=standing)

    return night


def each_night(night, items, last_contact):
    """Every night of the span, one after the other: day, and the message or the reason."""
    told, items = [], list(items)
    for n in range((SPAN.last - SPAN.first).days + 1):
        on = day(n)
        now = [replace(i, stop=None) if i.stop and i.stop.facts.get("until", on) < on else i for i in items]
        result = night(on, now, last_contact)
        if isinstance(result, Planned):
            told.append((on, result))
            steps = {line.invoice.id: line.step for line in result.lines if line.step}
            items = [
                replace(i, done=(*i.done, StepDone(steps[i.invoice.id], on))) if i.invoice.id in steps else i
                for i in items
            ]
            last_contact = last_contact if result.step is StepCode.COURTESY else on
        elif result is not None:
            told.append((on, result.reason))
    return told


def foreseen(plan, night, items, last_contact=None, events=(), standing=ORDINARY):
    """The same, as it was foreseen."""
    found = play(night, plan, SPAN, items, last_contact, standing=standing, turns=turns(events))
    told = [(message.on, message.planned) for message in found.messages]
    for wait in found.waits:
        length = (wait.last - wait.first).days + 1
        told += [(wait.first + timedelta(days=n), wait.held.reason) for n in range(length)]
    return sorted(told, key=lambda one: one[0])


@st.composite
def plans(draw):
    codes = sorted(draw(st.sets(st.sampled_from(CODES), min_size=1)), key=lambda code: code.rank)
    steps = []
    for code in codes:
        first = draw(st.integers(-6, -1) if code is StepCode.COURTESY else st.integers(1, 60))
        longest = draw(st.none() | st.integers(0, 9))
        last = min(0, first + (longest or 0)) if code is StepCode.COURTESY else longest and first + longest
        steps.append(Step(code, first, last, days_after_previous=draw(st.integers(0, 20))))
    closures = []
    for _ in range(draw(st.integers(0, 2))):
        first_day = day(draw(st.integers(-10, 60)))
        last_day = first_day + timedelta(days=draw(st.integers(0, 20)))
        closures.append(Closure(DayOfYear.of(first_day), DayOfYear.of(last_day)))
    weekdays = draw(st.sampled_from([WEEK, WEEK - {5, 6}, frozenset({1, 3})]))
    return replace(
        DEFAULT_PLAN,
        steps=tuple(steps),
        contact_gap_days=draw(st.integers(0, 20)),
        minimum_cents=draw(st.sampled_from([0, 0, 150_00])),
        sending=SendingDays(weekdays, draw(st.sampled_from(["", "BE"])), tuple(closures)),
        enters_by_age=draw(st.booleans()),
    )


@st.composite
def stops(draw):
    reason = draw(st.sampled_from([HoldReason.DISPUTED, HoldReason.PROMISED, HoldReason.INVOICE_PAUSED]))
    until = draw(st.none() | st.integers(0, 40))
    return Held(reason, {} if until is None else {"until": day(until)})


@st.composite
def invoices(draw, key):
    taken = draw(st.integers(0, 3))
    last = draw(st.integers(1, 30))
    done = [(code, -last - 10 * (taken - n)) for n, code in enumerate(CODES[1 : taken + 1])]
    return owed(
        key,
        draw(st.integers(-90, 60)),
        cents=draw(st.integers(1, 300)) * 100,
        done=done,
        stop=draw(st.none() | stops()),
        currency=draw(st.sampled_from(["EUR", "EUR", "USD"])),
        plan=draw(st.none() | st.none() | plans()),
    )


@st.composite
def decisions(draw):
    kind, first = draw(st.sampled_from(DelegationKind)), draw(st.integers(-40, 60))
    length = draw(st.none() | st.integers(0, 30)) if kind is DelegationKind.PAUSE else None
    return DelegationEvent(kind, day(first), None if length is None else day(first + length))


debts = st.integers(0, 4).flatmap(lambda n: st.tuples(*(invoices(key) for key in range(1, n + 1))))
credits_ = st.lists(st.integers(1, 300).map(lambda n: Money(n * 100)), max_size=1)
standings = st.builds(
    Standing, consumer=st.booleans(), since=st.none() | st.integers(-60, 0).map(day), stale_since=st.none()
)
contacts = st.none() | st.integers(1, 20).map(lambda n: day(-n))


@settings(max_examples=200, deadline=None)
@given(plans(), st.lists(decisions(), max_size=4), debts, credits_, contacts, standings)
def test_skipping_to_the_days_on_which_something_changes_tells_what_every_single_night_does(
    plan, decided, items, credit, contact, standing
):
    facts = [DelegationEvent(DelegationKind.DELEGATE, day(-60)), *decided]
    night = nights_of(plan, credit, facts, standing)

    assert foreseen(plan, night, items, contact, facts, standing) == each_night(night, items, contact)


def test_an_unpaid_invoice_climbs_the_whole_ladder_once():
    night = nights_of(DEFAULT_PLAN)
    found = play(night, DEFAULT_PLAN, SPAN, [owed(1, 0)], None)

    assert [(message.on, message.planned.step.value) for message in found.messages] == [
        (day(7), "statement_1"),
        (day(22), "statement_2"),
        (day(37), "statement_3"),
        (day(52), "formal_notice"),
    ]
    assert found.waits == ()


def test_few_nights_are_asked_for_a_whole_year():
    asked = []

    def night(on, items, last_contact):
        asked.append(on)
        return plan_debtor(DEFAULT_PLAN, on, items, (), last_contact)

    play(night, DEFAULT_PLAN, Span(TODAY, day(365)), [owed(1, 3), owed(2, 40)], None)
    assert len(asked) < 40


def test_nights_held_for_one_reason_are_one_wait_with_what_was_true_last():
    night = nights_of(DEFAULT_PLAN)
    found = play(night, DEFAULT_PLAN, SPAN, [owed(1, -10)], day(-5))

    [wait] = found.waits
    assert (wait.first, wait.last) == (day(0), day(9))
    assert wait.held == Held(HoldReason.CONTACT_GAP, {"until": day(10)})
    assert found.messages[0].on == day(10)


def test_a_promise_ends_and_the_ladder_goes_on_the_day_after():
    stop = Held(HoldReason.PROMISED, {"until": day(12)})
    found = play(nights_of(DEFAULT_PLAN), DEFAULT_PLAN, SPAN, [owed(1, -10, stop=stop)], None)

    assert [(wait.first, wait.last, wait.held.reason) for wait in found.waits] == [
        (day(0), day(12), HoldReason.PROMISED)
    ]
    assert found.messages[0].on == day(13)


# --- why now


def told(plan, items, on, last_contact=None, standing=ORDINARY):
    planned = plan_debtor(plan, on, items, (), last_contact, standing=standing)
    return why(plan, planned, items, standing)


def test_the_first_statement_goes_because_of_the_days_late():
    found = told(DEFAULT_PLAN, [owed(1, -7)], TODAY)

    assert (found.trigger, found.number, found.step) == (Trigger.DAYS_LATE, "F1", StepCode.STATEMENT_1)
    assert (found.days_late, found.days_late_min, found.previous, found.reached) == (7, 7, None, TODAY)


def test_a_later_step_goes_because_of_the_days_since_the_one_before():
    item = owed(1, -60, done=[(StepCode.STATEMENT_1, -16)])
    found = told(DEFAULT_PLAN, [item], TODAY, day(-16))

    assert found.trigger is Trigger.AFTER_PREVIOUS
    assert found.previous == StepDone(StepCode.STATEMENT_1, day(-16))
    assert (found.days_after_previous, found.reached) == (15, day(-1))


def test_a_courtesy_message_goes_before_the_due_date():
    found = told(with_courtesy(DEFAULT_PLAN), [owed(1, 4)], TODAY)

    assert (found.trigger, found.days_late, found.days_late_min) == (Trigger.BEFORE_DUE, -4, -5)


def test_a_consumers_second_reminder_goes_because_the_law_allows_it_again():
    brisk = replace(
        DEFAULT_PLAN,
        steps=(Step(StepCode.STATEMENT_1, 7), Step(StepCode.STATEMENT_2, 9, days_after_previous=2)),
        contact_gap_days=0,
    )
    item = owed(1, -30, done=[(StepCode.STATEMENT_1, -15)])
    # Sent on a Saturday by e-mail: the last of 14 days is a Saturday too, and rolls to Monday.
    found = told(brisk, [item], day(2), standing=Standing(consumer=True))

    assert (found.trigger, found.reached) == (Trigger.LAW_ALLOWS, day(2))


def test_the_reason_is_the_oldest_invoice_of_the_highest_step():
    items = [
        owed(1, -70, done=[(StepCode.FORMAL_NOTICE, -16)]),
        owed(2, -20),
        owed(3, -40, done=[(StepCode.STATEMENT_1, -16)]),
        owed(4, -30, done=[(StepCode.STATEMENT_1, -16)]),
    ]
    assert told(DEFAULT_PLAN, items, TODAY, day(-16)).number == "F3"
