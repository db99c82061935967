"""What the next messages of many debtors depend on, read once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationState, DelegationStatus, status
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    Held,
    HoldReason,
    OpenInvoice,
    Plan,
    Planned,
    StepCode,
    Why,
    plan_debtor,
    why,
)
from encaiss_dashboard.domain.foresight import Foresight, Span, play
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import next_message, turns
from encaiss_dashboard.storage import plans, queries, records

IN_HAND: Final = frozenset({DelegationState.DELEGATED, DelegationState.PAUSED})
"""Debtors that a night looks at: those of a pause too, to say that it holds a message back."""
_AT_ONCE: Final = 30_000
"""Every SQLite takes 32,766 values in a statement, PostgreSQL twice as many."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """One debtor as of a day.

    Attributes:
        on: the day.
        events: decisions about it in the order in which they were recorded.
        invoices: what is open, with the steps taken.
        credit: paid or credited and not yet set against an invoice.
        last_contact: day of the last message other than a courtesy.
        plan, version: what its client agreed to, and the number of that.
    """

    on: date
    events: Sequence[DelegationEvent]
    invoices: Sequence[OpenInvoice]
    credit: Sequence[Money]
    last_contact: date | None
    plan: Plan = DEFAULT_PLAN
    version: int = 0

    @property
    def status(self) -> DelegationStatus:
        """How it stands on the day."""
        return status(self.events, self.on)

    @property
    def stop(self) -> Held | None:
        """What keeps every message to it back on the day."""
        status = self.status
        if status.state is not DelegationState.PAUSED:
            return None
        return Held(HoldReason.PAUSED, {"until": status.paused_until} if status.paused_until else {})

    def tonight(self) -> Planned | Held | None:
        """What a delegated or paused debtor is sent on the day, or why not."""
        return plan_debtor(self.plan, self.on, self.invoices, self.credit, self.last_contact, stop=self.stop)

    def why(self, planned: Planned) -> Why:
        """Which invoice reached which step, by which rule, so that a message of it goes."""
        return why(self.plan, planned, self.invoices)

    def foresight(self, last: date) -> Foresight:
        """What the nights until a last one hold for it, if nothing is paid or decided by then."""

        def night(
            on: date, invoices: Sequence[OpenInvoice], last_contact: date | None
        ) -> Planned | Held | None:
            then = replace(self, on=on, invoices=invoices, last_contact=last_contact)
            return then.tonight() if then.status.state in IN_HAND else None

        span = Span(self.on, last)
        return play(night, self.plan, span, self.invoices, self.last_contact, turns=turns(self.events))

    @property
    def currency(self) -> str:
        """The one its figures are shown in: euro when anything is open in euro."""
        return self.invoices[0].open.currency if self.invoices else "EUR"

    @property
    def main(self) -> list[OpenInvoice]:
        """What is open in its main currency."""
        return [item for item in self.invoices if item.open.currency == self.currency]

    @property
    def late(self) -> list[OpenInvoice]:
        """What is past due in its main currency."""
        return [item for item in self.main if item.invoice.due < self.on]

    def next_message(self, *more: DelegationEvent) -> tuple[StepCode, date] | None:
        """The step and earliest day of its next message, supposing more decisions."""
        return next_message(
            self.plan,
            [*self.events, *more],
            self.on,
            self.invoices,
            credit=self.credit,
            last_contact=self.last_contact,
        )


def prospects(
    session: Session, client_id: int, on: date, debtor_ids: Sequence[int], *, at_once: int = _AT_ONCE
) -> Mapping[int, Prospect]:
    """Each of these debtors as of a day, by id.

    The database adds up: of a large client's invoices only the open ones are read.
    """
    version, plan = plans.in_force(session, (client_id,))[client_id]
    found: dict[int, Prospect] = {}
    for start in range(0, len(debtor_ids), at_once):
        some = debtor_ids[start : start + at_once]
        events = queries.delegation_events(session, client_id, some)
        invoices = _open(session, client_id, on, some)
        credit = free_credit(session, [client_id], on, some)
        contacts = queries.last_contacts(session, client_id, some)
        for key in some:
            known = (events.get(key, ()), invoices.get(key, ()), credit.get(key, ()), contacts.get(key))
            found[key] = Prospect(on, *known, plan, version)
    return found


def _open(
    session: Session, client_id: int, on: date, debtor_ids: Sequence[int]
) -> dict[int, list[OpenInvoice]]:
    """What ``Ledger.open_cents`` tells of invoices, those in euro first."""
    invoice, allocation = records.Invoice, records.Allocation
    settled = (
        select(col(allocation.invoice_id), func.sum(allocation.amount_cents).label("cents"))
        .where(col(allocation.client_id) == client_id, col(allocation.on) <= on)
        .group_by(col(allocation.invoice_id))
        .subquery()
    )
    left = col(invoice.total_cents) - func.coalesce(settled.c.cents, 0)
    # As tuples: an object of the mapper for each would take twice as long.
    names = ("id", "debtor_id", "number", "issue", "due", "currency", "total_cents", "reference")
    query = (
        select(*(col(getattr(invoice, name)) for name in names), left)
        .outerjoin(settled, settled.c.invoice_id == col(invoice.id))
        .where(
            col(invoice.client_id) == client_id,
            col(invoice.debtor_id).in_(debtor_ids),
            col(invoice.kind) == Kind.INVOICE.value,
            col(invoice.issue) <= on,
            left > 0,
        )
        .order_by(col(invoice.currency) != "EUR", col(invoice.currency), col(invoice.id))
    )
    done = queries.steps_done(session, client_id, debtor_ids)
    owed: dict[int, list[OpenInvoice]] = defaultdict(list)
    for key, debtor_id, number, issue, due, currency, total, reference, cents in session.execute(query):
        value = Invoice(key, debtor_id, Kind.INVOICE, number, issue, due, Money(total, currency), reference)
        owed[debtor_id].append(OpenInvoice(value, Money(int(cents), currency), done.get(key, ())))
    return owed


def free_credit(
    session: Session, client_ids: Collection[int], on: date, debtor_ids: Collection[int] | Select[Any]
) -> dict[int, list[Money]]:
    """What ``Ledger.unallocated_by_debtor`` tells of debtors of clients, where it is above zero."""
    invoice, payment, allocation = records.Invoice, records.Payment, records.Allocation
    issued = [col(invoice.client_id).in_(client_ids), col(invoice.issue) <= on]
    free: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(query: Any, debtor: Any, currency: Any) -> None:
        mine = query.where(col(debtor).in_(debtor_ids)).group_by(col(debtor), col(currency))
        for debtor_id, code, cents in session.execute(mine):
            free[debtor_id][code] += int(cents)

    paid = select(col(payment.debtor_id), col(payment.currency), func.sum(payment.amount_cents))
    add(
        paid.where(col(payment.client_id).in_(client_ids), col(payment.on) <= on),
        payment.debtor_id,
        payment.currency,
    )
    credited = select(col(invoice.debtor_id), col(invoice.currency), func.sum(invoice.total_cents))
    add(
        credited.where(col(invoice.kind) == Kind.CREDIT_NOTE.value, *issued),
        invoice.debtor_id,
        invoice.currency,
    )
    used = select(col(invoice.debtor_id), col(invoice.currency), -func.sum(allocation.amount_cents))
    used = used.join(allocation, col(allocation.invoice_id) == col(invoice.id))
    add(used.where(col(allocation.on) <= on, *issued), invoice.debtor_id, invoice.currency)
    return {
        key: [Money(cents, currency) for currency, cents in sorted(sums.items()) if cents > 0]
        for key, sums in free.items()
    }
