"""One client's eighteen months, played day by day through the house's own services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from encaiss_dashboard import jobs
from encaiss_dashboard.demo.files import export
from encaiss_dashboard.demo.plot import HABITS, Sale, first_day, workday
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.permissions import Actor
from encaiss_dashboard.services import delegations, imports
from encaiss_dashboard.services.delegations import Decision
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind, record
from encaiss_dashboard.wiring import Wiring
from encaiss_dashboard.work import Work

_ZONE: Final = ZoneInfo("Europe/Brussels")
_NIGHT, _BANK, _DESK, _EXPORT, _UPLOAD = time(2), time(9, 5), time(10, 20), time(17, 42), time(18, 5)
_ONE_DAY: Final = timedelta(days=1)
_FRIDAY: Final = 4


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
    _rows: dict[int, Sale] = field(default_factory=dict, init=False)
    _ids: dict[str, int] = field(default_factory=dict, init=False)
    _open: dict[str, int] = field(default_factory=dict, init=False)
    _debtors: dict[str, int] = field(default_factory=dict, init=False)

    def play(self) -> None:
        """From the first day until yesterday evening."""
        delegated = self.today - timedelta(days=max(turn.days_ago for turn in self.turns))
        pending = list(self.sales)
        day = first_day(self.today)
        while day < self.today:
            if day > delegated:
                self._night(day)
            self._payments(day)
            self._decisions(day)
            if self._exports(day, delegated):
                batch = [sale for sale in pending if sale.issue <= day]
                pending = pending[len(batch) :]
                self._import(day, batch)
            day += _ONE_DAY
        yesterday = self.today - _ONE_DAY
        data = export(self.waiting, self.language)
        with self._at(yesterday, _UPLOAD).begin(self.owner, yesterday) as work:
            imports.receive(work, self.client_id, self._file_name("corr", yesterday), data)

    def _at(self, day: date, moment: time) -> Wiring:
        now = datetime.combine(day, moment, _ZONE)
        return replace(self.wiring, clock=lambda: now)

    def _exports(self, day: date, delegated: date) -> bool:
        """At the end of every month at first, every Friday once the agency acts, and yesterday."""
        month_end = (day + _ONE_DAY).day == 1
        weekly = day > delegated - timedelta(days=8) and day.weekday() == _FRIDAY
        return month_end or weekly or day == self.today - _ONE_DAY

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
                self._rows[self._ids[sale.number]] = sale
                self._open[sale.number] = sale.cents
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
        """What has come in until this day on imported invoices, recorded with its own value date."""
        due = [
            (on, cents, sale)
            for sale in self._rows.values()
            for on, cents in sale.pays
            if on <= day and self._open[sale.number]
        ]
        if not due:
            return
        for sale in {id(sale): sale for _, _, sale in due}.values():
            sale.pays = [(on, cents) for on, cents in sale.pays if on > day]
        with self._at(day, _BANK).begin(self.owner, day) as work:
            for on, planned, sale in due:
                cents = min(planned, self._open[sale.number])
                self._open[sale.number] -= cents
                self._pay(work, on, cents, sale)

    def _pay(self, work: Work, on: date, cents: int, sale: Sale) -> None:
        debtor_id = self._debtors[sale.debtor.name]
        payment = records.Payment(
            client_id=self.client_id,
            debtor_id=debtor_id,
            on=on,
            amount_cents=cents,
            source="bank",
            reference=sale.ogm,
            recorded_at=work.now,
        )
        work.session.add(payment)
        work.session.flush()
        work.session.add(
            records.Allocation(
                client_id=self.client_id,
                invoice_id=self._ids[sale.number],
                payment_id=queries.known(payment.id),
                on=on,
                amount_cents=cents,
            )
        )
        record(
            work.session,
            client_id=self.client_id,
            kind=ActKind.PAYMENT,
            day=on,
            at=work.now,
            debtor_id=debtor_id,
            facts={"cents": cents, "currency": "EUR", "number": sale.number},
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
        if not jobs.remind(wiring, on=day, client_ids=(self.client_id,)).sent:
            return
        line, message = records.OutboxLine, records.OutboxMessage
        query = (
            select(line.invoice_id)
            .join(message, col(message.id) == col(line.message_id))
            .where(message.client_id == self.client_id, message.day == day, col(line.dropped).is_(False))
            .order_by(col(line.id))
        )
        with wiring.begin(self.owner, day, write=False) as work:
            for invoice_id in work.session.exec(query):
                self._answer(self._rows[invoice_id], day)

    def _answer(self, sale: Sale, day: date) -> None:
        """Whether a reminder moves the debtor; the same invoice and day always give the same answer."""
        chance = Random(f"{sale.number} {day}")  # noqa: S311 - the same story every time, no secret
        owed = self._open[sale.number]
        if not sale.asked or chance.random() >= HABITS[sale.debtor.habit].listens:
            return
        on = workday(day + timedelta(days=chance.randint(2, 9)))
        if all(on < planned for planned, _ in sale.pays):
            sale.pays = [(on, owed)]
