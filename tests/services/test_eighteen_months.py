"""Eighteen months of random events, every night judged by somebody who reads the rules with a pencil.

The oracle below knows nothing of the engine: it keeps its own books of what is owed, stopped and was sent,
reads the plan's figures and RULES §4, and says each night which debtors must hear from their client and
which must not.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

import pytest
from naive_books import BUSINESS, CONSUMER, DAY, Bill, Books, Halt, Person, Sent, banks_open
from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, StepCode
from encaiss_dashboard.domain.letters import DeliveryFailed
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.plan_terms import written
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


class Life:
    """What happens to one client, drawn from a seed; everything that happens is told to the books too."""

    def __init__(self, house, clock, mailbox, seed):
        self.house, self.clock, self.mailbox, self.chance = house, clock, mailbox, Random(seed)
        self.read, self.waiting, self.parts = 0, set(), 0
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
        later = not fails and self.chance.random() < 0.03
        refused = DeliveryFailed(reason="550 no", permanent=fails) if fails or later else None
        self.mailbox.failure = refused
        expected = {key: books.due(person, day) for key, person in books.people.items()}
        parts = books.all_parts_due(day, busy=[key for key, what in expected.items() if what])
        run = jobs.remind(self.house.wiring)
        left, tried, kept = self._left()
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
        dead = {one.instalment_on for one in run.held if one.held.reason.value == "undeliverable"}
        for part in [part for part in parts.keys() ^ kept.keys() if part[1] not in dead]:
            about = self.about(parts.get(part) or kept[part])
            raise AssertionError("\n".join([f"{day}: expected {parts}, kept {kept}", *about]))
        books.sent += left
        for one in left:
            if not one.polite and one.day > one.planned:
                books.people[one.debtor].tried.append(day)
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
        """What of tonight left, whether what was tried is a courtesy by debtor, the instalments told of."""
        with Session(self.house.engine) as session:
            which = (col(OutboxMessage.id) > self.read) | col(OutboxMessage.id).in_(self.waiting)
            rows = session.exec(select(OutboxMessage).where(which).order_by(col(OutboxMessage.id))).all()
            mails = {one.message_id: one.letter.text for one in self.mailbox.sent[-len(rows) - 1 :]}
            left, tried, kept, self.books.waiting = [], {}, {}, []
            for row in rows:
                new, self.read = row.id > self.read, max(row.id, self.read)
                if row.stop_id is not None:
                    kept |= {(row.stop_id, row.instalment_on): row.debtor_id} if new else {}
                    self._part(session, row, mails)
                    continue
                if new:
                    tried[row.debtor_id] = row.step == "courtesy"
                if row.dropped_at is not None and new:
                    told = [f"planned and dropped at once: {row.detail}", *self.about(row.debtor_id)]
                    raise AssertionError("\n".join(told))
                over = row.sent_at or row.dropped_at or row.failed_at
                (self.waiting.discard if over else self.waiting.add)(row.id)
                if not over:
                    lines = session.exec(select(OutboxLine).where(OutboxLine.message_id == row.id)).all()
                    under_way = {n.invoice_id: StepCode(n.step) for n in lines if n.step}
                    self.books.waiting.append(under_way)
                if row.sent_at is not None:
                    of = (OutboxLine.message_id == row.id, col(OutboxLine.dropped).is_(False))
                    lines = session.exec(select(OutboxLine).where(*of)).all()
                    steps = {n.invoice_id: StepCode(n.step) if n.step else None for n in lines}
                    named = {b.key for b in self.books.bills.values() if b.number in mails[row.message_id]}
                    assert named == steps.keys(), "a mail that names other invoices than it keeps"
                    left.append(Sent(row.debtor_id, self.today, row.day, row.channel, steps))
                elif row.dropped_at is not None and row.step != "courtesy":
                    self.books.people[row.debtor_id].tried.remove(row.day)  # it never came to anything
        return left, tried, kept

    def _part(self, session, row, mails):
        """The message before an instalment: what became of it, and whether it asked for what it may."""
        part, gone = (row.stop_id, row.instalment_on), row.dropped_at or row.failed_at
        (self.books.reminded.discard if gone else self.books.reminded.add)(part)
        (self.waiting.discard if gone or row.sent_at else self.waiting.add)(row.id)
        if row.sent_at is None:
            return
        self.parts += 1
        self.note("reminded", (row.stop_id, f"debtor={row.debtor_id},", part[1]))
        of = (OutboxLine.message_id == row.id, col(OutboxLine.dropped).is_(False))
        steps = {n.invoice_id: n.step for n in session.exec(select(OutboxLine).where(*of))}
        said = mails[row.message_id]
        self.books.judge_part(part, self.today, asked=row.instalment_cents, steps=steps, said=said)

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
        kinds = ["dispute", "promise", "instalments", "instalments", "request", "pause", "insolvency"]
        kind = self.chance.choice(kinds)
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
                halt.dues = [(ahead, half), (ahead + 30 * DAY, owed - half)]
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


@pytest.mark.parametrize("seed", range(1))
def test_a_debtor_hears_from_its_client_when_it_must_and_never_when_it_must_not(house, clock, mailbox, seed):
    life = Life(house, clock, mailbox, seed)
    assert life.live(NIGHTS) > 20
    assert life.parts > 0, "no instalment was ever reminded of"


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 160))
def test_the_same_for_many_lives(house, clock, mailbox, seed):
    assert Life(house, clock, mailbox, seed).live(NIGHTS) > 10
