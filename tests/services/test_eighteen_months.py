"""Eighteen months of random events, every night judged by somebody who reads the rules with a pencil.

The oracle below knows nothing of the engine: it keeps its own books of what is owed, stopped and was sent,
reads the plan's figures and RULES §4, and says each night which debtors must hear from their client and
which must not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from dateutil.easter import easter
from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named, Plan, StepCode, with_courtesy
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import Closure, DayOfYear, SendingDays
from encaiss_dashboard.domain.stops import DisputeReason, InsolvencyKind, Instalment, StopState
from encaiss_dashboard.domain.stops.opening import (
    AlreadyStopped,
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPlan,
    NewPromise,
    NewRequest,
)
from encaiss_dashboard.services import delegations, plans
from encaiss_dashboard.services.stops import deciding, opening
from encaiss_dashboard.storage.plans import PaymentsKnown
from encaiss_dashboard.storage.records import OutboxLine, OutboxMessage

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

FIRST, NIGHTS = date(2025, 3, 3), 548
DAY = timedelta(days=1)
CHRISTMAS = Closure(DayOfYear(12, 22), DayOfYear(1, 4))
WORKING_WEEK = SendingDays(frozenset(range(5)), "BE", (CHRISTMAS,))
BUSINESS = [
    DEFAULT_PLAN,
    with_courtesy(DEFAULT_PLAN),
    replace(PLANS[Named.BUSINESS_BE], sending=WORKING_WEEK),
    replace(DEFAULT_PLAN, minimum_cents=150_00, contact_gap_days=7, enters_by_age=True),
    replace(DEFAULT_PLAN, stale_after_days=45, sending=SendingDays(frozenset({1, 3}))),
]
CONSUMER = [PLANS[Named.CONSUMER_BE], replace(PLANS[Named.CONSUMER_BE], contact_gap_days=7)]
RANKS = {code: place for place, code in enumerate(StepCode)}


def belgian_holiday(day):
    moving = {easter(day.year) + timedelta(days=n) for n in (1, 39, 50)}
    return day in moving or (day.month, day.day) in {
        (1, 1),
        (5, 1),
        (7, 21),
        (8, 15),
        (11, 1),
        (11, 11),
        (12, 25),
    }


def working(day):
    return day.weekday() < 5 and not belgian_holiday(day)


def banks_open(day):
    fixed = {(1, 1), (5, 1), (12, 25), (12, 26)}
    good_friday, easter_monday = easter(day.year) - 2 * DAY, easter(day.year) + DAY
    return day.weekday() < 5 and (day.month, day.day) not in fixed and day not in {good_friday, easter_monday}


def last_free_day(sent, channel):
    """RULES §4: 14 days from the next one, by post from the third working day, rolled to a working day."""
    first = sent + DAY
    if channel != "email":
        first, count = sent, 0
        while count < 3:
            first += DAY
            count += working(first)
    last = first + 13 * DAY
    while not working(last):
        last += DAY
    return last


@dataclass
class Bill:
    """An invoice in the oracle's books."""

    key: int
    number: str
    debtor: int
    due: date
    cents: int
    recorded: date
    moves: list[tuple[date, int]] = field(default_factory=list)
    plan: Plan | None = None

    def open_on(self, day):
        return self.cents - sum(cents for on, cents in self.moves if on <= day)


@dataclass
class Halt:
    """A stop in the oracle's books: ``ends`` is the first day on which it holds no longer."""

    key: int
    kind: str
    bills: list[Bill]
    since: date
    last: date | None = None
    left: int = 0
    parts: list[tuple[date, int]] = field(default_factory=list)
    upheld: bool = False
    ends: date | None = None

    def owed(self, day):
        return sum(max(0, bill.open_on(day)) for bill in self.bills)

    def holds(self, day):
        if self.ends is not None and day >= self.ends:
            return False
        if self.kind == "dispute":
            return not self.upheld or self.owed(day) > 0
        if self.kind == "promise":
            return day <= self.last and self.owed(day) > self.left
        if self.kind == "instalments":
            broken = any(last < day and self.owed(last) > left for last, left in self.parts)
            return not broken and day <= self.parts[-1][0] and self.owed(day) > 0
        return self.last is None or day <= self.last


@dataclass
class Person:
    """A debtor in the oracle's books."""

    key: int
    consumer: bool
    channel: str
    since: date | None = None
    paused: bool = False
    paused_until: date | None = None
    credit: int = 0
    plan: Plan | None = None
    tried: list[date] = field(default_factory=list)
    bounced: bool = False

    def rests(self, day):
        return self.paused and (self.paused_until is None or day <= self.paused_until)


@dataclass(frozen=True)
class Sent:
    """A message that left: to whom, when, which bills it names and which step it takes for each."""

    debtor: int
    day: date
    channel: str
    steps: dict[int, StepCode | None]

    @property
    def polite(self):
        return {StepCode.COURTESY} == {step for step in self.steps.values() if step}


@dataclass
class Books:
    """All that the oracle knows, and what it concludes."""

    general: dict[bool, Plan]
    people: dict[int, Person] = field(default_factory=dict)
    bills: dict[int, Bill] = field(default_factory=dict)
    halts: list[Halt] = field(default_factory=list)
    insolvent: dict[int, Halt] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    told: date | None = None

    def plan(self, person):
        return person.plan or self.general[person.consumer]

    def is_open(self, plan, day):
        """Whether anything leaves on a day."""
        if day.weekday() not in plan.sending.weekdays:
            return False
        christmas = (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 4)
        if plan.sending.closures and christmas:
            return False
        return not (plan.sending.country and belgian_holiday(day))

    def steps_of(self, bill):
        return [(one, one.steps[bill.key]) for one in self.sent if one.steps.get(bill.key)]

    def stopped(self, bill, day):
        return any(bill in halt.bills and halt.holds(day) for halt in self.halts)

    def owed_by(self, person, day):
        mine = [bill for bill in self.bills.values() if bill.debtor == person.key]
        return [bill for bill in mine if bill.open_on(day) > 0 and not self.stopped(bill, day)]

    def step(self, person, bill, day):
        """The step that is reached on a day and was not taken, None when there is none."""
        general, done = self.plan(person), self.steps_of(bill)
        plan = bill.plan or general
        hard = [(one, step) for one, step in done if step is not StepCode.COURTESY]
        highest, late = max((RANKS[step] for _, step in done), default=-1), (day - bill.due).days
        if plan.enters_by_age and not person.consumer and not hard:
            age = (max(person.since, bill.recorded) - bill.due).days
            for step in plan.steps[:-1]:
                if step.code is not StepCode.FORMAL_NOTICE and 1 <= step.days_late_min <= age:
                    highest = max(highest, RANKS[step.code] - 1)
        for step in plan.steps:
            gone = step.days_late_max is not None and late > step.days_late_max
            if RANKS[step.code] <= highest or gone:
                continue
            early = late < step.days_late_min
            if hard:
                early = early or (day - hard[-1][0].day).days < step.days_after_previous
            if hard and person.consumer:
                early = early or day <= last_free_day(hard[0][0].day, hard[0][0].channel)
            return None if early else step.code
        return None

    def due(self, person, day):
        """``statement``, ``courtesy`` or nothing: what a debtor must be sent on a day."""
        plan = self.plan(person)
        halted = person.key in self.insolvent and self.insolvent[person.key].holds(day)
        if person.since is None or person.rests(day) or halted or not self.is_open(plan, day):
            return None
        owed = self.owed_by(person, day)
        reached = {bill.key: self.step(person, bill, day) for bill in owed}
        late = [bill for bill in owed if bill.due < day]
        net = sum(bill.open_on(day) for bill in late) - person.credit
        told = self.told or person.since
        stale = plan.stale_after_days is not None and (day - told).days > plan.stale_after_days
        near = bool(person.tried) and (day - person.tried[-1]).days < plan.contact_gap_days
        wanted = any(reached[bill.key] for bill in late)
        if wanted and net > 0 and net >= plan.minimum_cents and not stale and not near:
            return "statement"
        polite = [bill for bill in owed if reached[bill.key] is StepCode.COURTESY]
        left = sum(bill.open_on(day) for bill in polite) - max(0, -net)
        return "courtesy" if polite and left > 0 and left >= plan.minimum_cents else None

    def judge(self, one, day):
        """What a message that left did wrong, by each rule of the trade."""
        person = self.people[one.debtor]
        plan, named = self.plan(person), [self.bills[key] for key in one.steps]
        assert named, "a message about nothing"
        assert person.since is not None, "a message to a debtor that was not given"
        assert not person.rests(day), "a message in a pause"
        assert all(bill.open_on(day) > 0 for bill in named), "a message about what is paid"
        assert not any(self.stopped(bill, day) for bill in named), "a message about what is stopped"
        assert self.is_open(plan, day), "a message on a closed day"
        if one.polite:
            assert all(bill.due >= day for bill in named)
        else:
            assert all(bill.due < day for bill in named), "a message inside a term"
            assert sum(bill.open_on(day) for bill in named) > person.credit, "a message with nothing due"
            before = [n.day for n in self.sent if n.debtor == one.debtor and not n.polite]
            assert all((day - on).days >= plan.contact_gap_days for on in before), "within the minimum gap"
        for key, step in one.steps.items():
            taken = [code for _, code in self.steps_of(self.bills[key])]
            assert step is None or step not in taken, "a step twice"
            assert step == self.step(person, self.bills[key], day), "another step than the next one"


class Life:
    """What happens to one client, drawn from a seed; everything that happens is told to the books too."""

    def __init__(self, house, clock, mailbox, seed):
        self.house, self.clock, self.mailbox, self.chance = house, clock, mailbox, Random(seed)
        self.read = 0
        clock.set(FIRST)
        self.client = house.client()
        self.owner = house.user(Role.OWNER, "ardenne")
        self.books = Books({False: DEFAULT_PLAN, True: CONSUMER[0]})
        for n in range(5):
            consumer, mail = n >= 3, "" if n == 4 else f"d{n}@debtor.example"
            kind = "consumer" if consumer else "business"
            key = house.debtor(self.client, f"Debtor {n}", mail, kind=kind, city="Ciney", address="Rue 1")
            self.books.people[key] = Person(key, consumer, "email" if mail else "post")
        self.history: list[str] = []

    @property
    def today(self):
        return self.clock.today

    def call(self, service, *given):
        with self.house.wiring.begin(self.owner) as work:
            return service(work, self.client, *given)

    def live(self, nights):
        """Every day a few things happen; most nights the run takes place."""
        runs = 0
        for n in range(nights):
            self.clock.set(FIRST + n * DAY)
            for event, odds in EVENTS.items():
                if self.chance.random() < odds:
                    self.note(event.__name__, event(self))
            if self.chance.random() < 0.92:
                runs += self.night()
        return runs

    def note(self, what, detail):
        if detail is not None:
            self.history.append(f"{self.today} {what} {detail}")

    def night(self):
        """The run of a night, and the oracle's word on each debtor."""
        day, books = self.today, self.books
        fails = self.chance.random() < 0.02
        self.mailbox.failure = DeliveryFailed(reason="550 no", permanent=True) if fails else None
        expected = {key: books.due(person, day) for key, person in books.people.items()}
        run = jobs.remind(self.house.wiring)
        left, tried = self._left()
        for one in left:
            self.note("sent", one)
            try:
                books.judge(one, day)
            except AssertionError as wrong:
                raise AssertionError("\n".join([str(wrong), *self.about(one.debtor)])) from wrong
        held = {one.debtor_id: one.held.reason.value for one in run.held}
        for key, what in expected.items():
            person = books.people[key]
            dead = person.bounced and held.get(key) == "undeliverable"
            if (key in tried) != (what is not None) and not dead:
                wrong = f"{day}: {what} expected of {key}, {tried.get(key)} went, held: {held.get(key)}"
                raise AssertionError("\n".join([wrong, *self.about(key)]))
        books.sent += left
        for key, polite in tried.items():
            books.people[key].bounced = fails
            if not polite:
                books.people[key].tried.append(day)
        return len(left)

    def about(self, key):
        """What happened to one debtor, for whoever has to find out."""
        numbers = [bill.number for bill in self.books.bills.values() if bill.debtor == key]
        marks = [f"debtor={key},", f"D{key}", *numbers, "plan_"]
        return [line for line in self.history if any(mark in line for mark in marks)][-40:]

    def _left(self):
        """The messages of tonight that left, and by debtor whether each that was tried is a courtesy."""
        with Session(self.house.engine) as session:
            rows = session.exec(select(OutboxMessage).where(col(OutboxMessage.id) > self.read)).all()
            mails = {one.message_id: one.letter.text for one in self.mailbox.sent[-len(rows) - 1 :]}
            left, tried = [], {}
            for row in sorted(rows, key=lambda one: one.id):
                self.read = row.id
                tried[row.debtor_id] = row.step == "courtesy"
                if row.dropped_at is not None:
                    told = [f"planned and dropped at once: {row.detail}", *self.about(row.debtor_id)]
                    raise AssertionError("\n".join(told))
                lines = session.exec(select(OutboxLine).where(OutboxLine.message_id == row.id)).all()
                if row.sent_at is not None:
                    steps = {n.invoice_id: StepCode(n.step) if n.step else None for n in lines}
                    named = {b.key for b in self.books.bills.values() if b.number in mails[row.message_id]}
                    assert named == steps.keys(), "a mail that names other invoices than it keeps"
                    left.append(Sent(row.debtor_id, row.day, row.channel, steps))
        return left, tried

    # ------------------------------------------------------------ what may happen on a day

    def someone(self):
        return self.chance.choice(list(self.books.people.values()))

    def unpaid(self, person):
        day = self.today
        return [b for b in self.books.bills.values() if b.debtor == person.key and b.open_on(day) > 0]

    def issue(self):
        person, old = self.someone(), self.chance.random() < 0.1
        ago, number = self.chance.randint(20, 90) if old else 0, f"F{len(self.books.bills) + 1:04d}"
        issue = self.today - ago * DAY
        due, cents = issue + self.chance.choice([8, 15, 30]) * DAY, self.chance.randint(20, 900) * 100
        key = self.house.invoice(person.key, number, issue=issue, due=due, cents=cents)
        self.books.bills[key] = Bill(key, number, person.key, due, cents, self.today)
        return number, person.key, due, cents

    def pay(self):
        bills = self.unpaid(self.someone())
        if not bills:
            return None
        bill = self.chance.choice(bills)
        owed = bill.open_on(self.today)
        cents = owed if self.chance.random() < 0.7 else self.chance.randint(1, owed)
        self.house.payment(bill.debtor, on=self.today, cents=cents, invoice_id=bill.key)
        bill.moves.append((self.today, cents))
        return bill.number, cents

    def pay_on_account(self):
        person, cents = self.someone(), self.chance.randint(10, 300) * 100
        if person.credit:
            cents = -person.credit  # it is paid back
        self.house.payment(person.key, on=self.today, cents=cents)
        person.credit += cents
        return f"D{person.key}", cents

    def credit(self):
        bills = self.unpaid(self.someone())
        if not bills:
            return None
        bill = self.chance.choice(bills)
        return self.write_off(bill, self.chance.randint(1, bill.open_on(self.today)))

    def write_off(self, bill, cents):
        number, day = f"N{len(self.history)}", self.today
        note = self.house.invoice(bill.debtor, number, issue=day, due=day, cents=cents, kind="credit_note")
        self.house.allocate(bill.key, on=day, cents=cents, credit_note_id=note)
        bill.moves.append((day, cents))
        return bill.number, cents

    def reverse(self):
        paid = [(b, m) for b in self.books.bills.values() for m in b.moves if m[0] < self.today and m[1] > 0]
        if not paid:
            return None
        bill, (_, cents) = self.chance.choice(paid[-6:])
        if cents > sum(n for _, n in bill.moves):
            return None
        self.house.payment(bill.debtor, on=self.today, cents=-cents, invoice_id=bill.key)
        bill.moves.append((self.today, -cents))
        return bill.number, -cents

    def delegate(self):
        person = self.someone()
        if person.since is None:
            kind, until = DelegationKind.DELEGATE, None
            person.since, person.paused = self.today, False
        elif person.rests(self.today):
            kind, until, person.paused = DelegationKind.RESUME, None, False
        elif self.chance.random() < 0.2:
            kind, until, person.since = DelegationKind.WITHDRAW, None, None
        elif self.chance.random() < 0.3:
            until = self.today + self.chance.randint(0, 40) * DAY if self.chance.random() < 0.7 else None
            kind, person.paused, person.paused_until = DelegationKind.PAUSE, True, until
        else:
            return None
        self.call(delegations.decide, delegations.Decision(kind, (person.key,), until=until))
        return f"D{person.key}", kind, until

    def stop(self):
        person = self.someone()
        bills = self.unpaid(person)
        if not bills:
            return None
        some = self.chance.sample(bills, self.chance.randint(1, len(bills)))
        kind = self.chance.choice(["dispute", "promise", "instalments", "request", "pause", "insolvency"])
        if kind == "insolvency" and self.chance.random() < 0.7:
            return None
        halt = Halt(0, kind, some, self.today)
        new = self.asked_for(halt, tuple(bill.key for bill in some))
        try:
            halt.key = self.call(opening.open_one, person.key, new, "")
        except AlreadyStopped:
            return None
        if kind == "insolvency":
            self.books.insolvent[person.key] = halt
        else:
            self.books.halts.append(halt)
        return f"D{person.key}", kind, [bill.number for bill in some], halt.last

    def asked_for(self, halt, ids) -> Any:
        """What a person enters for a stop; the books are told what it means."""
        ahead, owed = self.today + self.chance.randint(1, 30) * DAY, halt.owed(self.today)
        match halt.kind:
            case "dispute":
                return NewDispute(ids, self.chance.choice(list(DisputeReason)))
            case "promise":
                cents = owed if self.chance.random() < 0.6 else self.chance.randint(1, owed)
                halt.left, halt.last = owed - cents, ahead
                for _ in range(2):
                    halt.last += DAY
                    while not banks_open(halt.last):
                        halt.last += DAY
                return NewPromise(ids, ahead, cents)
            case "instalments":
                half = owed // 2
                halt.parts = [(ahead + 5 * DAY, owed - half), (ahead + 35 * DAY, 0)]
                return NewPlan(ids, (Instalment(ahead, half), Instalment(ahead + 30 * DAY, owed - half)))
            case "request":
                return NewRequest(ids)
            case "pause":
                halt.last = ahead if self.chance.random() < 0.7 else None
                return NewPause(ids, halt.last)
        return NewInsolvency(InsolvencyKind.REORGANISATION)

    def decide(self):
        running = [*self.books.halts, *self.books.insolvent.values()]
        running = [one for one in running if one.holds(self.today) and not one.upheld]
        if not running:
            return None
        halt, day = self.chance.choice(running), self.today
        numbers = [bill.number for bill in halt.bills]
        if halt.kind == "dispute" and self.chance.random() < 0.4:
            self.call(deciding.decide, halt.key, deciding.Verdict(StopState.UPHELD), "")
            halt.upheld = True
            return numbers, "upheld"
        if halt.kind == "dispute":
            self.call(deciding.decide, halt.key, deciding.Verdict(StopState.REJECTED), "")
        elif halt.kind == "request":
            self.call(deciding.answer, halt.key, None, "")
        elif halt.kind == "insolvency":
            self.call(deciding.lift, halt.key, "")
        elif self.chance.random() < 0.3:
            self.call(deciding.withdraw, halt.key, "")
        else:
            return None
        halt.ends = day
        return numbers, halt.kind, "ends"

    def credit_what_was_upheld(self):
        upheld = [one for one in self.books.halts if one.upheld and one.holds(self.today)]
        for bill in [bill for halt in upheld[:1] for bill in halt.bills]:
            if bill.open_on(self.today) > 0:
                self.note("credited", self.write_off(bill, bill.open_on(self.today)))

    def agree(self):
        consumer = self.chance.random() < 0.3
        plan = self.chance.choice(CONSUMER if consumer else BUSINESS)
        scope = "consumer" if consumer else "business"
        self._agreed(scope, plan)
        self.books.general[consumer] = plan
        return "plan_", scope, plan

    def agree_for_one(self):
        person = self.someone()
        if person.consumer:
            return None
        plan = None if person.plan else self.chance.choice(BUSINESS)
        self._agreed(f"debtor:{person.key}", plan)
        person.plan = plan
        return f"D{person.key}", plan

    def agree_for_an_invoice(self):
        person = self.someone()
        bills = [] if person.consumer else self.unpaid(person)
        if not bills:
            return None
        bill = self.chance.choice(bills)
        plan = None if bill.plan else self.chance.choice(BUSINESS)
        self._agreed(f"invoice:{bill.key}", plan)
        bill.plan = plan
        return bill.number, plan

    def _agreed(self, scope, plan):
        seen = self.call(plans.scoped, scope).version
        self.call(plans.save, written(plan) if plan else {}, seen, scope)

    def say_payments_are_known(self):
        self.books.told = self.today
        row = PaymentsKnown(client_id=self.client, until=self.today, user_id=None, at=self.clock())
        self.house.add(row)


EVENTS = {
    Life.issue: 0.22,
    Life.pay: 0.13,
    Life.pay_on_account: 0.02,
    Life.credit: 0.02,
    Life.reverse: 0.02,
    Life.delegate: 0.08,
    Life.stop: 0.05,
    Life.decide: 0.04,
    Life.credit_what_was_upheld: 0.1,
    Life.agree: 0.015,
    Life.agree_for_one: 0.01,
    Life.agree_for_an_invoice: 0.01,
    Life.say_payments_are_known: 0.03,
}


@pytest.mark.parametrize("seed", range(2))
def test_a_debtor_hears_from_its_client_when_it_must_and_never_when_it_must_not(house, clock, mailbox, seed):
    assert Life(house, clock, mailbox, seed).live(NIGHTS) > 20


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
def test_the_same_for_many_lives(house, clock, mailbox, seed):
    assert Life(house, clock, mailbox, seed).live(NIGHTS) > 10
