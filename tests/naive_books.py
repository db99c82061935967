"""Books kept with a pencil by somebody who has read the rules: what a debtor must hear, and must not.

Nothing here asks the engine: plans, days, stops and the law are read anew, slowly.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from dateutil.easter import easter

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named, Plan, StepCode, with_courtesy
from encaiss_dashboard.domain.sending_days import Closure, DayOfYear, SendingDays

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
    """A stop in the oracle's books: ``ends`` is the first day on which it holds no longer.

    Of a plan ``parts`` is by when how much may still be open, ``dues`` the day and amount of each part.
    """

    key: int
    kind: str
    bills: list[Bill]
    since: date
    last: date | None = None
    left: int = 0
    parts: list[tuple[date, int]] = field(default_factory=list)
    dues: list[tuple[date, int]] = field(default_factory=list)
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

    def next_part(self, day):
        """The first part to come that is not paid, with what it lacks; None when there is none."""
        if not self.holds(day):
            return None
        for (due, cents), (_, left) in zip(self.dues, self.parts, strict=True):
            if day <= due and self.owed(day) > left:
                return due, min(cents, self.owed(day) - left)
        return None


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
    planned: date
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
    waiting: list[dict[int, StepCode]] = field(default_factory=list)
    told: date | None = None
    reminded: set[tuple[int, date]] = field(default_factory=set)

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
        under_way = [steps[bill.key] for steps in self.waiting if bill.key in steps]
        taken = [*(step for _, step in done), *under_way]
        highest, late = max((RANKS[step] for step in taken), default=-1), (day - bill.due).days
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
                early = early or (day - hard[-1][0].planned).days < step.days_after_previous
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

    def all_parts_due(self, day, *, busy):
        """The same for everybody, each part with its debtor; ``busy`` are sent something else."""
        return {
            part: key
            for key, person in self.people.items()
            for part in self.parts_due(person, day, busy=key in busy)
        }

    def judge_part(self, part, day, *, asked, steps, said):
        """What a message about a part of a plan did wrong."""
        halt = next(one for one in self.halts if one.key == part[0])
        may = self.asked_of_part(self.people[halt.bills[0].debtor], halt, part[1], day)
        assert asked == may, f"{may} may be asked for, {asked} was"
        assert set(steps.values()) == {None}, "a step of the ladder taken by a courtesy"
        named = {bill.key for bill in self.bills.values() if bill.number in said}
        assert named == steps.keys(), "a mail that names other invoices than it keeps"

    def parts_due(self, person, day, *, busy):
        """The plans of which a part must be reminded of on a day, and which part: one message a night."""
        halts = [one for one in self.halts if one.kind == "instalments" and one.bills[0].debtor == person.key]
        found = [(one.next_part(day), one) for one in halts]
        due = []
        for (on, _), halt in sorted(
            ((part, h) for part, h in found if part), key=lambda n: (n[0][0], n[1].key)
        ):
            if (halt.key, on) in self.reminded or self.asked_of_part(person, halt, on, day) is None:
                continue
            morrow = day + DAY
            while not self.is_open(self.plan(person), morrow):
                morrow += DAY
            if not busy or morrow > on:
                due.append((halt.key, on))
                busy = True
        return due

    def asked_of_part(self, person, halt, on, day):
        """What may be asked for a part of a plan on a day, None when nobody may be written to about it."""
        halted = person.key in self.insolvent and self.insolvent[person.key].holds(day)
        if person.since is None or person.rests(day) or halted or not self.is_open(self.plan(person), day):
            return None
        part, first = halt.next_part(day), on - 3 * DAY
        while not self.is_open(self.plan(person), first):
            first -= DAY
        if part is None or part[0] != on or day < first or day <= halt.since:
            return None
        others = [one for one in self.halts if one.kind != "instalments" and one.holds(day)]
        free = [bill for bill in halt.bills if not any(bill in one.bills for one in others)]
        late = sum(bill.open_on(day) for bill in self.owed_by(person, day) if bill.due < day)
        asked = part[1] - max(0, person.credit - late)
        return asked if asked > 0 and sum(max(0, bill.open_on(day)) for bill in free) >= part[1] else None

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
            assert step == self.step(person, self.bills[key], one.planned), "another step than the next one"
