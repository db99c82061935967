"""One client's eighteen months, played day by day through the house's own services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.demo.bank import camt, moves
from encaiss_dashboard.demo.files import export
from encaiss_dashboard.demo.plot import HABITS, Sale, first_day, workday
from encaiss_dashboard.domain.delegation import DelegationKind, DelegationState
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    OpenInvoice,
    Planned,
    StepCode,
    StepDone,
    plan_debtor,
)
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Actor
from encaiss_dashboard.domain.stops import DisputeReason
from encaiss_dashboard.domain.stops.opening import NewDispute, NewPromise, NewStop
from encaiss_dashboard.services import debtors, delegations, imports, payments
from encaiss_dashboard.services.debtors import DebtorSearch, DebtorSort
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.services.stops import opening
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.wiring import Wiring
from encaiss_dashboard.work import Work

_ZONE: Final = ZoneInfo("Europe/Brussels")
_NIGHT, _MORNING, _BANK, _DESK = time(2), time(8), time(9, 5), time(10, 20)
_EXPORT, _UPLOAD, _STATEMENT = time(17, 42), time(18, 5), time(18, 20)
_ONE_DAY: Final = timedelta(days=1)
# The last nights are not played: whoever opens the demo finds something to send tonight.
_LEFT_FOR_TONIGHT: Final = timedelta(days=4)
_FORTNIGHT: Final = timedelta(days=14)
_FRIDAY: Final = 5  # the ordinal of a Monday is 1 more than a multiple of 7
_SOONER: Final = 0.9
_LEARNING: Final = timedelta(days=130)
_LAST_EXPORT_DAYS: Final = 4
_STUBBORN: Final = 0.5


@dataclass(frozen=True, slots=True)
class Turn:
    """One decision of the client about some debtors, so many days ago."""

    days_ago: int
    kind: DelegationKind
    debtors: tuple[str, ...]
    pause_days: int = 0
    reason: str = ""


@dataclass
class Story:
    """One client and everything that happens to it.

    Attributes:
        sales: every document until yesterday.
        turns: what the client decides, oldest first.
        waiting: documents of the file that was uploaded last and not imported.
    """

    wiring: Wiring
    client_id: int
    owner: Actor
    language: str
    today: date
    sales: Sequence[Sale]
    turns: Sequence[Turn]
    waiting: Sequence[Sale]
    _unpaid: dict[int, Sale] = field(default_factory=dict, init=False)
    _ids: dict[str, int] = field(default_factory=dict, init=False)
    _open: dict[str, int] = field(default_factory=dict, init=False)
    _debtors: dict[str, int] = field(default_factory=dict, init=False)
    _steps: dict[int, list[StepDone]] = field(default_factory=lambda: defaultdict(list), init=False)
    _contacts: dict[int, date] = field(default_factory=dict, init=False)
    _reminded: dict[str, date] = field(default_factory=dict, init=False)

    def play(self) -> None:
        """From the first day until yesterday evening."""
        delegated = self.today - timedelta(days=max(turn.days_ago for turn in self.turns))
        pending = list(self.sales)
        day = first_day(self.today)
        while day < self.today:
            exports = self._exports(day, delegated)
            if delegated < day < self.today - _LEFT_FOR_TONIGHT:
                self._night(day)
            if exports or day > delegated - _FORTNIGHT:
                self._payments(day)
            self._decisions(day)
            if exports:
                batch = [sale for sale in pending if sale.issue <= day]
                pending = pending[len(batch) :]
                self._import(day, batch)
            day += _ONE_DAY
        yesterday = self.today - _ONE_DAY
        data = export(self.waiting, self.language)
        with self._at(yesterday, _UPLOAD).begin(self.owner, yesterday) as work:
            imports.receive(work, self.client_id, self._file_name("suite", yesterday), data)
        self._answers(yesterday)
        self._statement(yesterday)

    def _answers(self, day: date) -> None:
        """Two debtors answered: one promises to pay everything, one contests its oldest invoice."""
        with self._at(day, _DESK).begin(self.owner, day) as work:
            search = DebtorSearch(state=DelegationState.DELEGATED.value, sort=DebtorSort.OVERDUE)
            late = [line for line in debtors.find(work, self.client_id, search).lines if line.overdue.cents]
            # The first ones stay as they are: somebody has to be reminded tonight.
            for line, asked in zip(late[3:5], ("promise", "dispute"), strict=False):
                open_ = debtors.file(work, self.client_id, line.id).invoices
                ids = tuple(item.invoice.id for item in open_ if item.invoice.due < day)
                new: NewStop = NewPromise(ids, day + _FORTNIGHT)
                if asked == "dispute":
                    new = NewDispute(ids[:1], DisputeReason.NOT_CONFORMING)
                opening.open_one(work, self.client_id, line.id, new, "")

    def _statement(self, day: date) -> None:
        """The bank tells of a morning; what is not sure waits for somebody who opens the demo."""
        untouched = [sale for sale in self._unpaid.values() if self._open[sale.number] == sale.cents]
        some = {sale.debtor.name: sale for sale in untouched if sale.issue < day - _FORTNIGHT}
        # Of the scripted debtors the screens tell: they go on owing what they owe.
        free = [some[name] for name in sorted(some) if self._is_free(name) and some[name].asked]
        chosen = free[len(free) // 2 :]
        with self._at(day, _STATEMENT).begin(self.owner, day) as work:
            client = queries.client(work.session, self.client_id)
            data = camt(moves(chosen, self.language), client.iban, client.name, day)
            seen = payments.receive(work, self.client_id, f"CAMT053-{day:%Y%m%d}.xml", data)
            assert seen.kept

    def _is_free(self, name: str) -> bool:
        return sum(sale.debtor.name == name for sale in self._unpaid.values()) == 1

    def _at(self, day: date, moment: time) -> Wiring:
        now = datetime.combine(day, moment, _ZONE)
        return replace(self.wiring, clock=lambda: now)

    def _exports(self, day: date, delegated: date) -> bool:
        """At the end of every month at first, every other Friday once the agency acts, and yesterday."""
        left = (self.today - _ONE_DAY - day).days
        month_end = (day + _ONE_DAY).day == 1
        friday = day > delegated - _FORTNIGHT and day.toordinal() % _FORTNIGHT.days == _FRIDAY
        # Yesterday's file needs something to bring.
        return left == 0 or (left > _LAST_EXPORT_DAYS and (month_end or friday))

    def _file_name(self, what: str, day: date) -> str:
        word = {"fr": "factures", "nl": "facturen"}[self.language]
        return f"{word}-{day:%Y-%m-%d}{'-' + what if what else ''}.csv"

    def _import(self, day: date, sales: Sequence[Sale]) -> None:
        if not sales:
            return
        with self._at(day, _EXPORT).begin(self.owner, day) as work:
            data = export(sales, self.language)
            batch = imports.receive(work, self.client_id, self._file_name("", day), data)
            if not self._ids:
                imports.correct(work, self.client_id, batch, {"date_order": "dmy", "decimal": ","})
            seen = imports.accept(work, self.client_id, batch)
            assert not seen.rejected
            mine = records.Invoice.batch_id == batch
            for row in work.session.exec(select(records.Invoice).where(mine)):
                self._ids[row.number] = queries.known(row.id)
            for sale in sales:
                self._open[sale.number] = sale.cents
                if sale.kind is Kind.INVOICE:
                    self._unpaid[self._ids[sale.number]] = sale
                self._hurry(sale)
            for debtor in queries.debtors(work.session, self.client_id):
                self._debtors[debtor.name] = queries.known(debtor.id)
            for sale in sales:
                if sale.credits is not None:
                    self._credit(work.session, sale, sale.credits)

    def _credit(self, session: Session, note: Sale, invoice: Sale) -> None:
        cents = min(note.cents, self._open[invoice.number])
        self._open[invoice.number] -= cents
        session.add(
            records.Allocation(
                client_id=self.client_id,
                invoice_id=self._ids[invoice.number],
                credit_note_id=self._ids[note.number],
                on=note.issue,
                amount_cents=cents,
            )
        )

    def _payments(self, day: date) -> None:
        """What has come in until this day on imported invoices, recorded with its own value date.

        The bank's statements come with the exports at first, every day once the agency acts.
        """
        due = [(on, cents, sale) for sale in self._unpaid.values() for on, cents in sale.pays if on <= day]
        if not due:
            return
        with self._at(day, _BANK).begin(self.owner, day) as work:
            paid = []
            for on, planned, sale in due:
                sale.pays = [(later, cents) for later, cents in sale.pays if later > day]
                cents = min(planned, self._open[sale.number])
                self._open[sale.number] -= cents
                if cents:
                    paid.append((self._payment(work.now, on, cents, sale), sale))
            work.session.add_all([payment for payment, _ in paid])
            work.session.flush()
            for payment, sale in paid:
                self._allocate(work, payment, sale)
        self._unpaid = {key: sale for key, sale in self._unpaid.items() if self._open[sale.number]}

    def _payment(self, now: datetime, on: date, cents: int, sale: Sale) -> records.Payment:
        return records.Payment(
            client_id=self.client_id,
            debtor_id=self._debtors[sale.debtor.name],
            on=on,
            amount_cents=cents,
            source="bank",
            reference=sale.ogm,
            recorded_at=now,
        )

    def _allocate(self, work: Work, payment: records.Payment, sale: Sale) -> None:
        work.session.add(
            records.Allocation(
                client_id=self.client_id,
                invoice_id=self._ids[sale.number],
                payment_id=queries.known(payment.id),
                on=payment.on,
                amount_cents=payment.amount_cents,
            )
        )
        work.journal.record(
            ActKind.PAYMENT,
            day=payment.on,
            client_id=self.client_id,
            debtor_id=payment.debtor_id,
            facts={"cents": payment.amount_cents, "currency": payment.currency, "number": sale.number},
        )

    def _decisions(self, day: date) -> None:
        for turn in self.turns:
            if day != self.today - timedelta(days=turn.days_ago):
                continue
            decision = Decision(
                turn.kind,
                tuple(self._debtors[name] for name in turn.debtors),
                day,
                until=self.today + timedelta(days=turn.pause_days) if turn.pause_days else None,
                reason=turn.reason,
            )
            with self._at(day, _DESK).begin(self.owner, day) as work:
                delegations.decide(work, self.client_id, decision)

    def _night(self, day: date) -> None:
        wiring = self._at(day, _NIGHT)
        with wiring.begin(self.owner, day, write=False) as work:
            if not self._somebody_is_due(work.session, day):
                return
        jobs.remind(wiring, on=day, client_ids=(self.client_id,))
        jobs.deliver(self._at(day, _MORNING), self.client_id, on=day)
        line, message = records.OutboxLine, records.OutboxMessage
        query = (
            select(line, message)
            .join(message, col(message.id) == col(line.message_id))
            .where(message.client_id == self.client_id, message.day == day, col(line.dropped).is_(False))
            .order_by(col(line.id))
        )
        with wiring.begin(self.owner, day, write=False) as work:
            for listed, written in work.session.exec(query):
                self._contacts[written.debtor_id] = day
                if listed.step:
                    self._steps[listed.invoice_id].append(StepDone(StepCode(listed.step), day))
                if written.sent_at:
                    self._answer(self._unpaid[listed.invoice_id], day)

    def _somebody_is_due(self, session: Session, day: date) -> bool:
        """Whether a run tonight would write at all; a run reads the whole ledger and most nights do not."""
        owed: dict[int, list[OpenInvoice]] = defaultdict(list)
        for key, sale in self._unpaid.items():
            debtor_id = self._debtors[sale.debtor.name]
            total = Money(sale.cents)
            invoice = Invoice(key, debtor_id, sale.kind, sale.number, sale.issue, sale.due, total)
            owed[debtor_id].append(OpenInvoice(invoice, Money(self._open[sale.number]), self._steps[key]))
        return any(
            isinstance(plan_debtor(DEFAULT_PLAN, day, owed[key], (), self._contacts.get(key)), Planned)
            for key, status in queries.delegation_states(session, self.client_id, day).items()
            if status.state is DelegationState.DELEGATED
        )

    def _answer(self, sale: Sale, day: date) -> None:
        """Whether a reminder moves the debtor; the same invoice and day always give the same answer."""
        first = self._reminded.setdefault(sale.debtor.name, day)
        chance = Random(f"{sale.number} {day}")  # noqa: S311 - the same story every time, no secret
        listens = HABITS[sale.debtor.habit].listens * (0.5 + 0.5 * _learnt(first, day))
        if not sale.asked or chance.random() >= listens:
            return
        on = workday(day + timedelta(days=chance.randint(2, 9)))
        if all(on < planned for planned, _ in sale.pays):
            sale.pays = [(on, self._open[sale.number])]

    def _hurry(self, sale: Sale) -> None:
        """Whoever was reminded pays its next invoices sooner after their due date, and ever sooner."""
        first = self._reminded.get(sale.debtor.name)
        if first is None or not sale.asked or HABITS[sale.debtor.habit].listens < _STUBBORN:
            return
        share = 1 - _SOONER * _learnt(first, sale.issue)
        sale.pays = [
            (workday(sale.due + (on - sale.due) * share) if on > sale.due else on, cents)
            for on, cents in sale.pays
        ]


def _learnt(first: date, day: date) -> float:
    """From 0 on the day of the first reminder to 1 some months later."""
    return min(1.0, max(0.0, (day - first) / _LEARNING))
