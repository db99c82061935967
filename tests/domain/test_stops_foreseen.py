"""What is foreseen with stops is what the nights then do, and nobody stopped is ever written to."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from nights import HUNDRED, day, invoice

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    OpenInvoice,
    Planned,
    StepCode,
    StepDone,
    plan_debtor,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import next_message
from encaiss_dashboard.domain.sending_days import WEEK, SendingDays
from encaiss_dashboard.domain.stops import (
    Balances,
    Decision,
    Dispute,
    DisputeReason,
    Instalment,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    Rhythm,
    Stops,
    StopState,
    equal_parts,
)

TODAY = 20
HORIZON = 220
NAMES = "ABC"
KEYS = [ord(name) for name in NAMES]
ACTING = [DelegationEvent(DelegationKind.DELEGATE, day(-100))]
BALANCES = Balances(dict.fromkeys(KEYS, HUNDRED.cents))

some = st.sets(st.sampled_from(KEYS), min_size=1).map(frozenset)
past = st.integers(-10, TODAY)
ahead = st.integers(TODAY, TODAY + 60)


@st.composite
def stops(draw):
    """A stop that began by today; what ends it later is known already only where it ends by itself."""
    of, first = draw(some), day(draw(past))
    total = len(of) * HUNDRED.cents
    kind = draw(st.sampled_from(["promise", "plan", "pause", "dispute", "request"]))
    if kind == "promise":
        return Promise(of, total, 0, first, day(draw(ahead)), draw(st.integers(0, 4)))
    if kind == "plan":
        parts = equal_parts(total, draw(st.integers(1, 5)), day(draw(ahead)), draw(st.sampled_from(Rhythm)))
        return InstalmentPlan(of, parts, first, draw(st.integers(0, 10)))
    if kind == "pause":
        return InvoicePause(of, first, draw(st.none() | ahead.map(day)))
    decided = Decision(draw(st.sampled_from([StopState.UPHELD, StopState.REJECTED])), day(TODAY))
    if kind == "dispute":
        return Dispute(of, DisputeReason.OTHER, first, draw(st.none() | st.just(decided)))
    return PlanRequest(of, first)


@st.composite
def owed(draw):
    items = []
    for name in NAMES[: draw(st.integers(1, 3))]:
        taken = draw(st.integers(0, 4))
        steps = [code for code in StepCode if code is not StepCode.COURTESY][:taken]
        last = draw(st.integers(1, 15))
        done = [StepDone(code, day(TODAY - last - 15 * (taken - n - 1))) for n, code in enumerate(steps)]
        items.append(OpenInvoice(invoice(name, draw(st.integers(-60, 40))), HUNDRED, tuple(done)))
    return items


plans = st.sampled_from(
    [
        DEFAULT_PLAN,
        replace(DEFAULT_PLAN, minimum_cents=150_00),
        replace(DEFAULT_PLAN, sending=SendingDays(WEEK - {5, 6}, "BE", ())),
    ]
)
credit = st.lists(st.sampled_from([50_00, 120_00]).map(Money), max_size=1)
contacts = st.none() | st.integers(1, 20).map(lambda n: day(TODAY - n))


def as_of(items, halted, on):
    return [replace(item, stop=halted.of_invoice(item.invoice.id, on)) for item in items]


@settings(max_examples=100, deadline=None)
@given(plans, st.lists(stops(), max_size=3), owed(), credit, contacts)
def test_the_message_foreseen_is_the_first_that_the_nights_send(plan, known, items, free, contact):
    """Nothing is paid, and nobody decides anything: promises break, plans fail, pauses end."""
    halted = Stops(tuple(known), BALANCES)

    first = next_message(
        plan, ACTING, day(TODAY), as_of(items, halted, day(TODAY)), credit=free, last_contact=contact
    )

    for n in range(TODAY, TODAY + HORIZON):
        sent = plan_debtor(plan, day(n), as_of(items, halted, day(n)), free, contact)
        if isinstance(sent, Planned):
            assert first == (sent.step, day(n))
            return
    assert first is None


@settings(max_examples=80, deadline=None)
@given(st.lists(stops(), min_size=1, max_size=4), owed(), contacts, st.integers(0, 120))
def test_a_stopped_invoice_is_never_in_a_message(known, items, contact, later):
    halted, on = Stops(tuple(known), BALANCES), day(TODAY + later)
    sent = plan_debtor(DEFAULT_PLAN, on, as_of(items, halted, on), (), contact)
    named = {line.invoice.id for line in sent.lines} if isinstance(sent, Planned) else set()
    assert not any(halted.of_invoice(key, on) for key in named)


@settings(max_examples=80, deadline=None)
@given(st.lists(stops(), min_size=1, max_size=4), owed(), contacts)
def test_withdrawing_every_stop_returns_the_ladder_to_exactly_the_next_step(known, items, contact):
    on = day(TODAY)
    halted = Stops(tuple(replace(stop, withdrawn_on=on) for stop in known), BALANCES)
    assert as_of(items, halted, on) == items
    never = plan_debtor(DEFAULT_PLAN, on, items, (), contact)
    assert plan_debtor(DEFAULT_PLAN, on, as_of(items, halted, on), (), contact) == never


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 80), st.integers(-50_00, 100_00)), max_size=6),
    st.lists(stops(), min_size=1, max_size=3),
    st.integers(0, 100),
)
def test_a_past_day_gives_the_same_answer_whatever_is_paid_later(paid, known, number):
    """Only what had its day by then counts."""

    def as_known(some):
        settled = {key: [(day(n), cents) for of, n, cents in some if of == key] for key in KEYS}
        balances = Balances(dict.fromkeys(KEYS, HUNDRED.cents), settled)
        return [stop.standing(balances, day(number)) for stop in known]

    assert as_known(paid) == as_known([one for one in paid if one[1] <= number])


@given(st.integers(1, 10**9), st.integers(1, 60), st.dates(), st.sampled_from(Rhythm))
def test_equal_parts_add_up_to_the_cent_and_differ_by_one_at_most(cents, n, first, rhythm):
    if n > cents or first > first.replace(year=9990, month=1, day=1):
        return
    parts = equal_parts(cents, n, first, rhythm)
    amounts = [part.cents for part in parts]
    assert sum(amounts) == cents
    assert max(amounts) - min(amounts) <= 1
    assert [part.due for part in parts] == sorted({part.due for part in parts})


def test_by_months_a_part_falls_on_the_last_day_of_a_shorter_month():
    parts = equal_parts(100, 4, day(122), Rhythm.MONTHLY)
    assert [part.due.isoformat() for part in parts] == [
        "2027-01-31",
        "2027-02-28",
        "2027-03-31",
        "2027-04-30",
    ]
    weekly = equal_parts(100, 2, day(0), Rhythm.WEEKLY)
    assert weekly[1].due - weekly[0].due == timedelta(days=7)
    assert [Instalment(part.due, part.cents) for part in weekly] == list(weekly)
