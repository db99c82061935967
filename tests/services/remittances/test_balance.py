"""Whatever is received, taken back, paid on, called off or returned: no cent is lost or paid on twice."""

from collections import Counter, defaultdict
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from remitted import OWN, SECOND, THEIRS, Till
from sqlmodel import Session, col, delete, select

from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import remittances
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.bank import BankDecision, BankLine, Remittance, RemittanceLine

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ON = date(2026, 11, 10)

STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("receive"),
            st.integers(0, 2),
            st.integers(1, 10**7),
            st.sampled_from(["EUR", "EUR", "USD"]),
            st.sampled_from([OWN, SECOND]),
        ),
        st.tuples(st.sampled_from(["take back", "undo"]), st.integers(0, 9)),
        st.tuples(st.just("make"), st.sets(st.integers(0, 2), min_size=1)),
        st.tuples(st.sampled_from(["drop", "order", "leave", "return"]), st.integers(0, 9)),
    ),
    max_size=16,
)


class Books:
    """The same story on paper: only what came in and what went out, by client and currency."""

    def __init__(self, house, till, clients, debtors):
        self.house, self.till = house, till
        self.clients, self.debtors = clients, debtors
        self.came: Counter[tuple[int, str]] = Counter()
        self.payments: list[tuple[int, int, int, str]] = []

    def act(self, service, *args):
        with self.house.wiring.begin(HOUSE) as work:
            return service(work, None, *args)

    def rows(self, table):
        with Session(self.house.engine) as session:
            return list(session.exec(select(table).order_by(table.id)))

    def go(self, step, *args):
        # What may not be done changes nothing, which is what is checked.
        with suppress(Refusal):
            getattr(self, f"_{step.replace(' ', '_')}")(*args)

    def _receive(self, who, cents, currency, account):
        key = self.till.receives(self.debtors[who], cents, ON, of=account, currency=currency)
        self.payments.append((key, who, cents, currency))
        self.came[self.clients[who], currency] += cents

    def _take_back(self, n):
        if not self.payments:
            return
        key, who, cents, currency = self.payments.pop(n % len(self.payments))
        self.came[self.clients[who], currency] -= cents
        self.till.receives(self.debtors[who], -cents, ON, currency=currency, reverses_id=key)

    def _undo(self, n):
        if not self.payments:
            return
        key, who, cents, currency = self.payments.pop(n % len(self.payments))
        self.came[self.clients[who], currency] -= cents
        self.till.payment(self.debtors[who], -cents, ON, currency=currency, reverses_id=key)

    def _make(self, chosen):
        self.act(remittances.make, [self.clients[n] for n in chosen], ON)

    def _one(self, n):
        made = self.rows(Remittance)
        return made[n % len(made)] if made else None

    def _drop(self, n):
        if one := self._one(n):
            self.act(remittances.drop, one.id)

    def _order(self, n):
        if one := self._one(n):
            self.act(remittances.transfer_file, [one.id], ON)

    def _leave(self, n, sign=-1, **details):
        if one := self._one(n):
            number = SECOND if self.till.account(SECOND, one.currency) == one.account_id else OWN
            self.till.line(
                sign * one.amount_cents, ON, number, one.currency, end_to_end=one.number, **details
            )
            self.act(remittances.leave)

    def _return(self, n):
        self._leave(n, 1, is_return=True)

    def check(self):
        seen = self.act(remittances.owing)
        owed = Counter(
            {(one.client_id, one.amount.currency): one.amount.cents for one in (*seen.due, *seen.carried)}
        )
        made = self.rows(Remittance)
        live = [one for one in made if one.dropped_at is None and one.returned_id is None]
        paid = Counter()
        for one in live:
            paid[one.client_id, one.currency] += one.amount_cents
        for key in {*self.came, *owed, *paid}:
            assert owed[key] + paid[key] == self.came[key], key
        lines = defaultdict(list)
        for line in self.rows(RemittanceLine):
            lines[line.remittance_id].append(line)
        amounts = {one.id: one.amount_cents for one in self.rows(records.Payment)}
        for one in made:
            assert one.amount_cents == sum(line.amount_cents for line in lines[one.id]) > 0
            assert all(amounts[line.payment_id] == line.amount_cents for line in lines[one.id])
        twice = Counter(line.payment_id for one in live for line in lines[one.id])
        assert set(twice.values()) <= {1}
        assert [one.number for one in made] == [f"R2026-{n:05}" for n in range(1, len(made) + 1)]
        self.check_files(made)

    def check_files(self, made):
        files = defaultdict(list)
        for one in made:
            if one.transfer:
                files[one.transfer].append(one)
        for digest, some in files.items():
            content = self.act(remittances.transfer_again, digest).content
            told = etree.fromstring(content).iterfind(".//{*}CdtTrfTxInf")
            said = [(one.findtext(".//{*}EndToEndId"), one.findtext(".//{*}InstdAmt")) for one in told]
            assert said == [
                (one.number, f"{one.amount_cents // 100}.{one.amount_cents % 100:02}") for one in some
            ]


@pytest.fixture
def begin(house, clock):
    """A function that begins a story: with the same clients, of whom nothing was ever received."""
    clock.set(ON)
    clients = [house.client(f"client{n}", f"Client {n}", iban=THEIRS) for n in range(3)]
    debtors = [house.debtor(key) for key in clients]
    till = Till(house)

    def anew():
        with Session(house.engine) as session, session.begin():
            for table in (RemittanceLine, Remittance, BankDecision):
                session.exec(delete(table))
            session.exec(delete(records.Payment).where(col(records.Payment.reverses_id).is_not(None)))
            for table in (records.Payment, BankLine):
                session.exec(delete(table))
        return Books(house, till, clients, debtors)

    return anew


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_what_came_in_is_what_is_owed_and_what_was_paid_on(begin, steps):
    books = begin()
    for step in steps:
        books.go(*step)
        books.check()
