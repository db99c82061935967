"""Random histories of money against books kept with a pencil: every balance equal, nothing off."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from bank_files import OURS, MadeUp, movement, statement
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import Session

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import payments
from encaiss_dashboard.services.payments import ToldPart, ToldShare
from encaiss_dashboard.storage import claims, queries, records

FIRST = date(2026, 9, 1)
LAST = date(2026, 12, 31)
DAYS = st.integers(0, 60)
CENTS = st.integers(1, 9_999)
folders = count()


@dataclass
class Entry:
    """Money that moved, or what it was set against; ``invoice`` None for the money itself."""

    on: date
    cents: int
    invoice: int | None = None
    kind: str = ""


@dataclass
class Booking:
    """What one line became, or one word of the client; ``back``: it takes another one back."""

    payment: int
    entries: list[Entry]
    line: int | None = None
    of_import: int | None = None
    back: Booking | None = None
    touched: bool = False


@dataclass
class Pencil:
    """The naive books: every balance is a sum over all entries."""

    invoices: dict[int, tuple[date, int]] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    bookings: list[Booking] = field(default_factory=list)
    credits: list[tuple[date, int, Entry | None]] = field(default_factory=list)

    def entries(self):
        found = [entry for one in self.bookings for entry in one.entries]
        for on, cents, used in self.credits:
            found += [Entry(on, cents), *([used] if used else [])]
        return found

    def open(self, invoice, on=LAST):
        mine = (e for e in self.entries() if e.invoice == invoice and not e.kind and e.on <= on)
        return self.invoices[invoice][1] - sum(e.cents for e in mine)

    def free(self, on):
        came = sum(e.cents for e in self.entries() if e.invoice is None and e.on <= on)
        gone = sum(e.cents for e in self.entries() if e.invoice is not None and e.on <= on)
        return came - gone

    def day(self, invoice, cents, on):
        """The first day from which so much stays open for ever."""
        day = max(on, self.invoices[invoice][0])
        while any(
            self.open(invoice, later) < cents
            for later in (day + timedelta(n) for n in range((LAST - day).days + 1))
        ):
            day += timedelta(1)
        return day

    def left_asked(self, invoice):
        paid = sum(e.cents for e in self.entries() if e.invoice == invoice and e.kind)
        return self.asked.get(invoice, 0) - paid


class Books(RuleBasedStateMachine):
    """``make_house``, ``template`` and ``folder`` are given by the test."""

    make_house: Any
    template: Any
    folder: Any

    def __init__(self):
        super().__init__()
        place = self.folder / str(next(folders))
        place.mkdir()
        shutil.copyfile(self.template, place / "encaiss.db")
        house = self.make_house(f"sqlite:///{place / 'encaiss.db'}", place)
        self.banks, self.number, self.balance = MadeUp(), count(1), 0
        self.house = replace(house, wiring=replace(house.wiring, banks=self.banks))
        self.client = self.house.client(iban=OURS)
        self.debtor = self.house.debtor(self.client)
        self.pencil = Pencil()
        self.do("choose_rules", "strict", 101, 0)

    def teardown(self):
        self.house.wiring.engine.dispose()

    def do(self, name, *arguments):
        with self.house.wiring.begin(HOUSE) as work:
            return getattr(payments, name)(work, self.client, *arguments)

    def line(self, cents, on):
        """A line that waits, and the file that brought it."""
        n = next(self.number)
        one = statement(movement(cents, on, text=f"{n}", iban=""), number=f"{n}", opening=self.balance)
        with self.house.wiring.begin(HOUSE) as work:
            seen = payments.receive(work, self.client, "x", self.banks.file(one))
        self.balance += cents
        assert (seen.statements[0].lines, seen.statements[0].booked) == (1, 0)
        waiting, _ = self.do("waiting")
        return waiting[-1].id if waiting[-1].text == f"{n}" else self.found(f"{n}"), seen.id

    def found(self, text):
        return next(one.id for one in self.do("waiting")[0] if one.text == text)

    def booked(self, **wanted):
        return [one for one in self.pencil.bookings if all(getattr(one, k) == v for k, v in wanted.items())]

    @initialize(days=st.tuples(DAYS, DAYS), cents=st.tuples(CENTS, CENTS))
    def begin(self, days, cents):
        """Two invoices, of which something was asked beside the balance."""
        for key in map(self.invoice, days, cents):
            self.ask(key, 500)

    @rule(day=DAYS, cents=CENTS)
    def issue(self, day, cents):
        self.invoice(day, cents)

    def invoice(self, day, cents):
        on = FIRST + timedelta(day)
        key = self.house.invoice(
            self.debtor, f"F-{next(self.number)}", issue=on, due=on + timedelta(30), cents=cents
        )
        self.pencil.invoices[key] = (on, cents)
        return key

    def ask(self, key, cents):
        """Interest is asked for in a message."""
        at = datetime.combine(FIRST, self.house.clock().timetz())
        said = {"message_id": f"m{key}", "day": FIRST, "step": "statement_1", "language": "fr"}
        message = self.house.add(
            records.OutboxMessage(
                client_id=self.client,
                debtor_id=self.debtor,
                channel="email",
                recipient="",
                created_at=at,
                sent_at=at,
                **said,
            )
        )
        about = {"message_id": message, "invoice_id": key, "kind": "interest", "amount_cents": cents}
        self.house.add(claims.ClaimRow(client_id=self.client, **about))
        self.pencil.asked[key] = cents

    @rule(data=st.data(), day=DAYS, rest=st.integers(0, 500))
    def pay(self, data, day, rest):
        pencil, on = self.pencil, FIRST + timedelta(day)
        key = data.draw(st.sampled_from(sorted(pencil.invoices)))
        principal = data.draw(st.integers(0, pencil.open(key)))
        beside = data.draw(st.integers(0, max(0, pencil.left_asked(key))))
        cents = principal + beside + rest
        if not cents:
            return
        line, brought = self.line(cents, on)
        parts = [ToldPart(key, n, k) for n, k in ((principal, ""), (beside, "interest")) if n]
        (payment,) = self.do("book_as_told", line, [ToldShare(self.debtor, cents, parts)])
        entries = [Entry(on, cents)]
        if principal:
            entries.append(Entry(pencil.day(key, principal, on), principal, key))
        if beside:
            entries.append(Entry(max(on, pencil.invoices[key][0]), beside, key, "interest"))
        pencil.bookings.append(Booking(payment, entries, line, brought))

    @rule(data=st.data(), day=DAYS)
    def say(self, data, day):
        key = data.draw(st.sampled_from(sorted(self.pencil.invoices)))
        cents, on = self.pencil.open(key), min(FIRST + timedelta(day), self.house.clock().date())
        if cents <= 0:
            return
        (payment,) = self.do("say_paid", [key], on)
        entries = [Entry(on, cents), Entry(self.pencil.day(key, cents, on), cents, key)]
        self.pencil.bookings.append(Booking(payment, entries))

    @precondition(lambda self: self.booked(back=None, touched=False))
    @rule(data=st.data(), later=st.integers(0, 20))
    def give_back(self, data, later):
        """A bank takes a whole payment back, on a day of its own."""
        one = data.draw(st.sampled_from(self.booked(back=None, touched=False)))
        money = one.entries[0]
        on = money.on + timedelta(later)
        line, brought = self.line(-money.cents, on)
        (payment,) = self.do("take_back_payment", line, one.payment)
        entries = [Entry(on, -money.cents)]
        entries += [Entry(max(on, e.on), -e.cents, e.invoice, e.kind) for e in one.entries[1:]]
        one.touched = True
        self.pencil.bookings.append(Booking(payment, entries, line, brought, back=one))

    @precondition(lambda self: [one for one in self.booked(touched=False) if one.line])
    @rule(data=st.data(), whole_file=st.booleans())
    def undo(self, data, whole_file):
        """A decision, or its whole file, is taken back as if it had never been."""
        one = data.draw(st.sampled_from([one for one in self.booked(touched=False) if one.line]))
        if one.back and any(self.blocks(one, e) for e in one.entries[1:]):
            return
        self.do("take_back", one.of_import) if whole_file else self.do("reopen", one.line)
        self.pencil.bookings.remove(one)
        if one.back:
            one.back.touched = False

    def blocks(self, one, entry):
        """Whether what a return had opened was paid by something else since."""
        others = replace(self.pencil, bookings=[b for b in self.pencil.bookings if b is not one])
        days = [FIRST + timedelta(n) for n in range((LAST - FIRST).days + 1)]
        return not entry.kind and any(others.open(entry.invoice, day) < 0 for day in days)

    @precondition(lambda self: [one for one in self.booked(touched=False) if not one.line])
    @rule(data=st.data())
    def unsay(self, data):
        one = data.draw(st.sampled_from([one for one in self.booked(touched=False) if not one.line]))
        self.do("unsay_paid", one.payment)
        self.pencil.bookings.remove(one)

    @rule(data=st.data(), day=DAYS, cents=CENTS)
    def credit(self, data, day, cents):
        on = FIRST + timedelta(day)
        key = data.draw(st.sampled_from(sorted(self.pencil.invoices)))
        number = f"N-{next(self.number)}"
        note = self.house.invoice(self.debtor, number, issue=on, due=on, cents=cents, kind="credit_note")
        used, some = None, min(cents, self.pencil.open(key))
        if some > 0:
            used = Entry(self.pencil.day(key, some, on), some, key)
            self.house.allocate(key, on=used.on, cents=some, credit_note_id=note)
        self.pencil.credits.append((on, cents, used))

    @invariant()
    def every_balance_is_the_pencils(self):
        days = (FIRST, date(2026, 9, 20), date(2026, 10, 15), date(2026, 11, 5), LAST)
        with Session(self.house.engine) as session:
            ledger = queries.ledgers(session, self.client).get("EUR")
        for on in days:
            issued = [key for key, (issue, _) in self.pencil.invoices.items() if issue <= on]
            wanted = {key: self.pencil.open(key, on) for key in issued}
            found = ledger.open_cents(on) if ledger else {}
            assert found == {key: cents for key, cents in wanted.items() if cents}, on
            assert (ledger.unallocated(on).cents if ledger else 0) == self.pencil.free(on), on

    @invariant()
    def nothing_is_off(self):
        with self.house.wiring.begin(HOUSE) as work:
            assert payments.verify(work) == ()


@pytest.mark.parametrize("examples", [25])
def test_every_balance_is_that_of_books_kept_with_a_pencil(make_house, sqlite_template, tmp_path, examples):
    given = {"make_house": staticmethod(make_house), "template": sqlite_template, "folder": tmp_path}
    run_state_machine_as_test(
        type("Kept", (Books,), given),
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
