"""The follow-up sheet that every accountant knows: each invoice with what was done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlmodel import col

from encaiss_dashboard.domain.ageing import due_range
from encaiss_dashboard.domain.claims import (
    ClaimKind,
    ClaimPaid,
    LateInvoice,
    Settled,
    claim_lines,
    is_rate_known,
)
from encaiss_dashboard.domain.consumer import ConsumerTerms
from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.dunning import HoldReason, StepCode, StepDone
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.interest import Regime
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import Cell, Column, Table, as_csv
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import day, text
from encaiss_dashboard.storage import claims, lists, queries, records
from encaiss_dashboard.storage.lists import InvoiceFilter, InvoiceLine
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work

AT_ONCE: Final = 2_000
"""Invoices, or debtors, in memory at once."""
_CSV: Final = "text/csv; charset=utf-8"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWS: Final = frozenset({"open", "overdue", "paid", "credit_notes", "all"})
_TEXT_MAX: Final = 100
_COLUMNS: Final = (
    ("debtor", 30),
    ("number", 16),
    ("issue", 12),
    ("due", 12),
    ("total", 13),
    ("settled", 13),
    ("open", 13),
    ("interest", 11),
    ("indemnity", 11),
    ("currency", 8),
    ("reminders", 9),
    ("reminded", 42),
    ("next", 28),
    ("state", 34),
    ("days_late", 8),
    ("reference", 22),
)


@dataclass(frozen=True, slots=True)
class SheetFile:
    """A file ready to be taken away."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What is to come for a debtor: how it stands, its next message, what holds some of its invoices."""

    state: DelegationState
    next: tuple[StepCode, date] | None
    held: Mapping[int, HoldReason]
    regime: Regime
    terms: ConsumerTerms


def follow_up(work: Work, client_id: int | None, form: str, query: Mapping[str, str]) -> SheetFile:
    """The invoices as they are filtered on the screen, the oldest first, as ``xlsx`` or ``csv``.

    Raises:
        NotFound: no such form.
    """
    client = work.require(Action.VIEW, client_id)
    if form not in {"xlsx", "csv"}:
        raise NotFound
    lang, wanted = work.actor.language, _wanted(work, query)
    writer = _Writer(work, client, lang, wanted)
    columns = [Column(text(lang, f"followup.{name}"), width) for name, width in _COLUMNS]
    table = Table(text(lang, "followup.title"), columns, writer.rows(), writer.totals())
    name = f"follow-up-{wanted.on}.{form}"
    if form == "csv":
        return SheetFile(name, _CSV, as_csv(table))
    return SheetFile(name, _XLSX, work.sheets.workbook(table))


def _wanted(work: Work, query: Mapping[str, str]) -> InvoiceFilter:
    """What an address asks for; what it gets wrong is as if it had not said it."""
    try:
        on = date.fromisoformat(query.get("on", ""))
    except ValueError:
        on = work.today
    show = query.get("show", "open")
    first, last = due_range(query.get("bucket", ""), on)
    return InvoiceFilter(
        on=on,
        text=query.get("q", "").strip()[:_TEXT_MAX],
        show=show if show in _SHOWS else "open",
        due_from=first,
        due_to=last,
    )


@dataclass(slots=True)
class _Writer:
    """Writes rows, and adds up what it wrote."""

    work: Work
    client_id: int
    lang: str
    wanted: InvoiceFilter
    sums: dict[str, Counter[str]]
    settled: Mapping[int, Sequence[Settled]]
    paid: Mapping[int, Sequence[ClaimPaid]]

    def __init__(self, work: Work, client_id: int, lang: str, wanted: InvoiceFilter) -> None:
        self.work, self.client_id, self.lang, self.wanted = work, client_id, lang, wanted
        self.sums, self.settled, self.paid = {}, {}, {}

    def rows(self) -> Iterator[Sequence[Cell]]:
        """Every invoice, so many at a time."""
        session = self.work.session
        outlooks = _outlooks(self.work, self.client_id)
        for lines in lists.invoice_pages(session, self.client_id, self.wanted, AT_ONCE):
            done = _reminders(self.work, self.client_id, self.wanted.on, [line.id for line in lines])
            self.settled = _settled(self.work, self.client_id, [line.id for line in lines])
            self.paid = claims.paid(session, self.client_id, [line.id for line in lines])
            for line in lines:
                yield self._row(line, outlooks.get(line.debtor_id), done.get(line.id, ()))

    def totals(self) -> Iterator[Sequence[Cell]]:
        """One row a currency, once the rows were read."""
        for currency, sums in sorted(self.sums.items(), key=lambda one: (one[0] != "EUR", one[0])):
            named = {name: Money(cents, currency) for name, cents in sums.items()}
            first = text(self.lang, "followup.sum", currency=currency)
            yield [first if name == "debtor" else named.get(name) for name, _ in _COLUMNS[:9]] + [currency]

    def _row(self, line: InvoiceLine, outlook: _Outlook | None, done: Sequence[StepDone]) -> Sequence[Cell]:
        sign = 1 if line.kind is Kind.INVOICE else -1
        total = Money(sign * line.total.cents, line.total.currency)
        amounts: dict[str, Money | None] = {"total": total, "settled": total - line.open, "open": line.open}
        is_late = line.kind is Kind.INVOICE and line.open.cents > 0 and line.due < self.wanted.on
        if is_late and outlook:
            late = LateInvoice(
                _value(line), self.settled.get(line.id, ()), done, paid=self.paid.get(line.id, ())
            )
            amounts |= _surcharge(late, outlook, self.wanted.on)
        self._add(amounts)
        cells: dict[str, Cell] = {
            **amounts,
            "debtor": line.debtor,
            "number": line.number,
            "issue": line.issue,
            "due": line.due,
            "currency": line.total.currency,
            "reminders": len(done),
            "reminded": self._reminded(done),
            "next": self._next(line, outlook),
            "state": self._state(line, outlook, done),
            "days_late": (self.wanted.on - line.due).days if is_late else None,
            "reference": line.reference,
        }
        return [cells.get(name) for name, _ in _COLUMNS]

    def _add(self, amounts: Mapping[str, Money | None]) -> None:
        for name, amount in amounts.items():
            if amount is not None:
                self.sums.setdefault(amount.currency, Counter())[name] += amount.cents

    def _reminded(self, done: Sequence[StepDone]) -> str:
        told = (
            f"{text(self.lang, f'step.{one.code}_short')} {day(one.on, self.lang, 'numeric')}" for one in done
        )
        return " · ".join(told)

    def _next(self, line: InvoiceLine, outlook: _Outlook | None) -> str:
        if outlook is None or outlook.next is None or line.kind is not Kind.INVOICE or line.open.cents <= 0:
            return ""
        step, on = outlook.next
        if self.wanted.on != self.work.today:
            return ""  # what is to come is known as of today only
        if line.id in outlook.held or (line.due >= on and step is not StepCode.COURTESY):
            return ""  # the next message will not name this invoice
        return f"{text(self.lang, f'step.{step}_short')} {day(on, self.lang, 'numeric')}"

    def _state(self, line: InvoiceLine, outlook: _Outlook | None, done: Sequence[StepDone]) -> str:
        if line.kind is Kind.CREDIT_NOTE:
            return text(self.lang, "followup.credit_left" if line.open else "followup.credit_used")
        if not line.open:
            return text(self.lang, "followup.paid")
        late = line.due < self.wanted.on
        parts = [text(self.lang, "followup.late" if late else "followup.not_due")]
        if done:
            last = max(done, key=lambda one: one.code.rank)
            parts.append(text(self.lang, f"step.{last.code}_short"))
        if outlook is not None and line.id in outlook.held:
            parts.append(text(self.lang, f"cli.held_{outlook.held[line.id]}"))
        state = outlook.state if outlook else DelegationState.NOT_DELEGATED
        if state is not DelegationState.DELEGATED:
            parts.append(text(self.lang, f"followup.{state}"))
        return " · ".join(parts)


def _value(line: InvoiceLine) -> Invoice:
    total = Money(line.total.cents, line.total.currency)
    return Invoice(line.id, line.debtor_id, line.kind, line.number, line.issue, line.due, total)


def _surcharge(late: LateInvoice, outlook: _Outlook, on: date) -> dict[str, Money | None]:
    """What may be claimed beside the balance of an invoice on a day, by the law of its debtor.

    Interest is None when the rate of a period is not known.
    """
    total, due = late.invoice.total, late.invoice.due
    lines = claim_lines(late, on, outlook.regime, outlook.terms)
    found = {one.kind: one.amount for one in lines}
    nothing = Money(0, total.currency) if is_rate_known(due, on, outlook.regime) else None
    return {
        "interest": found.get(ClaimKind.INTEREST, nothing),
        "indemnity": found.get(ClaimKind.INDEMNITY, Money(0)),
    }


def _settled(work: Work, client_id: int, invoice_ids: Sequence[int]) -> dict[int, list[Settled]]:
    """What was set against these invoices, with its date."""
    one = records.Allocation
    query = select(*map(col, (one.invoice_id, one.on, one.amount_cents, one.currency))).where(
        col(one.client_id) == client_id, col(one.invoice_id).in_(invoice_ids)
    )
    found: dict[int, list[Settled]] = {}
    for invoice_id, on, cents, currency in work.session.execute(query):
        found.setdefault(invoice_id, []).append(Settled(on, Money(cents, currency)))
    return found


def _outlooks(work: Work, client_id: int) -> dict[int, _Outlook]:
    """What is to come for each debtor that owes something or has a decision about it, as of today."""
    found = {}
    ids = [key for key, *_ in queries.names(work.session, client_id)]
    for start in range(0, len(ids), AT_ONCE):
        seen = prospects(work.session, client_id, work.today, ids[start : start + AT_ONCE])
        found.update({key: _outlook(one) for key, one in seen.items()})
    return found


def _outlook(seen: Prospect) -> _Outlook:
    held = {item.invoice.id: item.stop.reason for item in seen.invoices if item.stop}
    coming = seen.next_message() if seen.events else None
    return _Outlook(seen.status.state, coming, held, seen.regime, seen.plan.consumer)


def _reminders(work: Work, client_id: int, on: date, invoice_ids: Sequence[int]) -> dict[int, list[StepDone]]:
    """The steps of these invoices that were sent or are on their way by a day, the oldest first."""
    line, message = records.OutboxLine, records.OutboxMessage
    query = (
        select(
            *map(col, (line.invoice_id, line.step, message.day, message.channel, message.sent_at)),
        )
        .join(message, col(message.id) == col(line.message_id))
        .where(
            col(line.client_id) == client_id,
            col(line.invoice_id).in_(invoice_ids),
            col(line.step).is_not(None),
            col(line.dropped).is_(False),
            col(message.day) <= on,
        )
        .order_by(col(message.day), col(line.id))
    )
    done: dict[int, list[StepDone]] = {}
    for invoice_id, step, day_of, channel, at in work.session.execute(query):
        sent_on = at.date() if at else None
        done.setdefault(invoice_id, []).append(StepDone(StepCode(step), day_of, Channel(channel), sent_on))
    return done
