"""What the next messages of many debtors depend on, read once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from encaiss_dashboard.domain.claims import regime_of
from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationState, DelegationStatus, status
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    ORDINARY,
    Held,
    HoldReason,
    OpenInvoice,
    Plan,
    Planned,
    Standing,
    StepCode,
    Why,
    plan_debtor,
    why,
)
from encaiss_dashboard.domain.foresight import Foresight, Span, play
from encaiss_dashboard.domain.interest import Regime
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import next_message, turns
from encaiss_dashboard.domain.stops import Balances, Stop, Stops
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import inbound, plans, queries, records, stops
from encaiss_dashboard.storage.credits import free_credit
from encaiss_dashboard.storage.plans import Agreed, ClientPlans
from encaiss_dashboard.storage.undeliverable import Undeliverable, undeliverable

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
        plan, version: what was agreed, and the number of that.
        standing: what else its reminders depend on.
        regime: whose law on late payment holds for it.
        stops: disputes, promises and the like; each invoice carries what they mean for it on the day.
        undeliverable: set when it has e-mail addresses of which none exists.
        unread: an answer of it waits to be read.
    """

    on: date
    events: Sequence[DelegationEvent]
    invoices: Sequence[OpenInvoice]
    credit: Sequence[Money]
    last_contact: date | None
    plan: Plan = DEFAULT_PLAN
    version: int = 0
    standing: Standing = ORDINARY
    regime: Regime = Regime.BE_B2B
    stops: Stops = field(default_factory=Stops)
    undeliverable: Undeliverable | None = None
    unread: bool = False

    @property
    def status(self) -> DelegationStatus:
        """How it stands on the day."""
        return status(self.events, self.on)

    @property
    def stop(self) -> Held | None:
        """What keeps every message to it back on the day."""
        stopped = self.stops.of_debtor(self.on)
        if stopped is not None:
            return stopped
        status = self.status
        if status.state is not DelegationState.PAUSED:
            return Held(HoldReason.REPLY_UNREAD, {}) if self.unread else None
        return Held(HoldReason.PAUSED, {"until": status.paused_until} if status.paused_until else {})

    def tonight(self) -> Planned | Held | None:
        """What a delegated or paused debtor is sent on the day, or why not."""
        found = plan_debtor(
            self.plan,
            self.on,
            self.invoices,
            self.credit,
            self.last_contact,
            stop=self.stop,
            standing=self.standing,
        )
        return self._unless_undeliverable(found)

    def _unless_undeliverable(self, found: Planned | Held | None) -> Planned | Held | None:
        """Hold what would go to an address that does not exist; what goes another way is not concerned.

        It does not go by post instead: that costs money, and whoever corrects the address wants the
        e-mail (decisions/0028-sending.md). Hence not a part of :attr:`stop`, which knows no step.
        """
        if self.undeliverable is None or found is None:
            return found
        if isinstance(found, Held):
            # It was written to lately, and in vain: this is what somebody can do something about.
            ways = (by_email(self.plan, step.code) for step in self.plan.steps)
            concerned = found.reason is HoldReason.CONTACT_GAP and all(ways)
        else:
            concerned = by_email(self.plan, found.step)
        if not concerned:
            return found
        return Held(HoldReason.UNDELIVERABLE, {"since": self.undeliverable.since.date()})

    def why(self, planned: Planned) -> Why:
        """Which invoice reached which step, by which rule, so that a message of it goes."""
        return why(self.plan, planned, self.invoices, self.standing)

    def foresight(self, last: date) -> Foresight:
        """What the nights until a last one hold for it, if nothing is paid or decided by then."""

        def night(
            on: date, invoices: Sequence[OpenInvoice], last_contact: date | None
        ) -> Planned | Held | None:
            then = replace(self, on=on, invoices=invoices, last_contact=last_contact)
            then = then.with_stops(self.stops) if self.stops.known else then
            return then.tonight() if then.status.state in IN_HAND else None

        days = turns(self.events)
        if self.stops.known:  # one may begin, break or end on any day
            days |= {self.on + timedelta(days=n) for n in range((last - self.on).days + 1)}
        span = Span(self.on, last)
        return play(
            night, self.plan, span, self.invoices, self.last_contact, standing=self.standing, turns=days
        )

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
        """The step and earliest day of its next message, supposing more decisions.

        None is told while it would go to an address that does not exist.
        """
        first, stopped = self.on, self.stops.of_debtor(self.on)
        if stopped is not None:
            until = stopped.facts.get("until")
            if not isinstance(until, date):
                return None
            first = until + timedelta(days=1)
        found = next_message(
            self.plan,
            [*self.events, *more],
            first,
            self.invoices,
            credit=self.credit,
            last_contact=self.last_contact,
            standing=self.standing,
        )
        dead = found is not None and self.undeliverable is not None and by_email(self.plan, found[0])
        return None if dead else found

    def with_stops(self, stops: Stops) -> Prospect:
        """The same debtor on the same day, supposing other stops."""
        invoices = [replace(item, stop=stops.of_invoice(item.invoice.id, self.on)) for item in self.invoices]
        return replace(self, invoices=invoices, stops=stops)

    def supposing(self, stop: Stop) -> Prospect:
        """The same debtor on the same day with one more stop about its open invoices."""
        known = self.stops.balances
        owed = {item.invoice.id: item.open.cents for item in self.invoices} | {**known.totals}
        return self.with_stops(Stops((*self.stops.known, stop), Balances(owed, known.settled)))


@dataclass(frozen=True, slots=True)
class Known:
    """What the plan asks about debtors of one client besides their invoices.

    Attributes:
        events: decisions about each in the order in which they were recorded.
        contacts: day of the last message other than a courtesy, by debtor.
        parties: kind, enterprise number and country, by debtor.
        paid_until: the day until which the client's payments are known, None when it never said.
    """

    client_id: int
    on: date
    plans: ClientPlans
    events: Mapping[int, Sequence[DelegationEvent]]
    contacts: Mapping[int, date]
    parties: Mapping[int, tuple[str, str, str]]
    paid_until: date | None
    _statuses: dict[int, DelegationStatus] = field(default_factory=dict)

    def status(self, debtor_id: int) -> DelegationStatus:
        """How a debtor stands on the day."""
        found = self._statuses.get(debtor_id)
        if found is None:
            found = self._statuses[debtor_id] = status(self.events.get(debtor_id, ()), self.on)
        return found

    def consumer(self, debtor_id: int) -> bool:
        """Whether Book XIX protects a debtor."""
        kind, number, _ = self.parties.get(debtor_id, ("", "", ""))
        return self.plans.is_consumer(kind, number)

    def agreed(self, debtor_id: int) -> Agreed:
        """Its plan with its number."""
        return self.plans.of(debtor_id, consumer=self.consumer(debtor_id))

    def plan(self, debtor_id: int) -> Plan:
        """Its plan."""
        return self.agreed(debtor_id).plan

    def standing(self, debtor_id: int, on: date) -> Standing:
        """What else its reminders depend on."""
        since, limit = self.status(debtor_id).since, self.plan(debtor_id).stale_after_days
        told = self.paid_until or since
        stale = limit is not None and told is not None and (on - told).days > limit
        return Standing(self.consumer(debtor_id), since, told if stale else None)

    def with_own_plan(self, item: OpenInvoice) -> OpenInvoice:
        """An invoice with the plan agreed for it alone, if there is one."""
        own = self.plans.invoices.get(item.invoice.id)
        return replace(item, plan=own.plan) if own else item

    def prospect(self, debtor_id: int, invoices: Sequence[OpenInvoice], credit: Sequence[Money]) -> Prospect:
        """A debtor with all that is known here."""
        agreed = self.agreed(debtor_id)
        return Prospect(
            self.on,
            self.events.get(debtor_id, ()),
            invoices,
            credit,
            self.contacts.get(debtor_id),
            agreed.plan,
            agreed.version,
            self.standing(debtor_id, self.on),
            self.regime(debtor_id),
        )

    def regime(self, debtor_id: int) -> Regime:
        """Whose law on late payment holds for it."""
        return regime_of(self.parties.get(debtor_id, ("", "", ""))[2], consumer=self.consumer(debtor_id))


def known_of(session: Session, client_id: int, on: date, debtor_ids: Sequence[int] | None = None) -> Known:
    """What is known of debtors of a client, or of all of them."""
    client = queries.client(session, client_id)
    events = queries.delegation_events(session, client_id, debtor_ids)
    clients = {client_id: (client.country, client.consumers)}
    return known_of_many(session, clients, on, events=events, debtor_ids=debtor_ids)[client_id]


def known_of_many(
    session: Session,
    clients: Mapping[int, tuple[str, bool]],
    on: date,
    *,
    events: Mapping[int, Sequence[DelegationEvent]],
    debtor_ids: Sequence[int] | None = None,
) -> dict[int, Known]:
    """What is known of debtors of some clients; the number of queries does not grow with them.

    Args:
        session: of the transaction.
        clients: country of each, and whether its debtors are consumers where nothing else is known.
        on: the day.
        events: the decisions about their debtors.
        debtor_ids: only these debtors, None for all.
    """
    debtor = records.Debtor
    query = select(*(col(one) for one in (debtor.id, debtor.kind, debtor.enterprise_number, debtor.country)))
    query = query.where(col(debtor.client_id).in_(list(clients)))
    if debtor_ids is not None:
        query = query.where(col(debtor.id).in_(debtor_ids))
    parties = {key: (kind, number, country) for key, kind, number, country in session.execute(query)}
    agreed = plans.in_force(session, clients)
    contacts = queries.contacts(session, list(clients), debtor_ids)
    paid = plans.payments_known(session, list(clients))
    return {key: Known(key, on, agreed[key], events, contacts, parties, paid.get(key)) for key in clients}


def by_email(plan: Plan, code: StepCode) -> bool:
    """Whether a step of a plan goes by e-mail."""
    step = plan.step(code)
    return step is not None and step.channel is Channel.EMAIL


def prospects(
    session: Session,
    client_id: int,
    on: date,
    debtor_ids: Sequence[int],
    *,
    at_once: int = _AT_ONCE,
    known: Known | None = None,
) -> Mapping[int, Prospect]:
    """Each of these debtors as of a day, by id.

    The database adds up: of a large client's invoices only the open ones are read.

    Args:
        session: of the transaction.
        client_id: whose debtors.
        on: the day.
        debtor_ids: which ones.
        at_once: how many are asked for in one statement.
        known: what is known of them by now, read when it is None.
    """
    found: dict[int, Prospect] = {}
    for start in range(0, len(debtor_ids), at_once):
        some = debtor_ids[start : start + at_once]
        facts = known or known_of(session, client_id, on, some)
        invoices = _open(session, client_id, on, some)
        credit = free_credit(session, [client_id], on, some)
        halted, dead, unread = (
            stops.of_debtors(session, client_id, some),
            undeliverable(session, client_id, some),
            inbound.unread(session, [client_id], some),
        )
        for key in some:
            items = [facts.with_own_plan(item) for item in invoices.get(key, ())]
            seen = facts.prospect(key, items, credit.get(key, ()))
            seen = replace(seen, undeliverable=dead.get(key), unread=key in unread)
            found[key] = seen.with_stops(halted[key].stops) if key in halted else seen
    return found


def _open(
    session: Session,
    client_id: int,
    on: date,
    debtor_ids: Sequence[int],
) -> dict[int, list[OpenInvoice]]:
    """What ``Ledger.open_cents`` tells of invoices, those in euro first."""
    invoice, allocation = records.Invoice, records.Allocation
    # Looked up invoice by invoice: added up for the whole client, each part of its debtors would wait for it.
    settled = (
        select(func.sum(allocation.amount_cents))
        .where(
            col(allocation.invoice_id) == col(invoice.id),
            col(allocation.client_id) == client_id,
            col(allocation.on) <= on,
        )
        .scalar_subquery()
    )
    left = col(invoice.total_cents) - func.coalesce(settled, 0)
    # As tuples: an object of the mapper for each would take twice as long.
    names = ("id", "debtor_id", "number", "issue", "due", "currency", "total_cents", "reference")
    query = (
        select(*(col(getattr(invoice, name)) for name in (*names, "recorded_at")), left)
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
    rows = session.execute(query)
    for key, debtor_id, number, issue, due, currency, total, reference, recorded, cents in rows:
        value = Invoice(key, debtor_id, Kind.INVOICE, number, issue, due, Money(total, currency), reference)
        owed[debtor_id].append(
            OpenInvoice(
                value,
                Money(int(cents), currency),
                done.get(key, ()),
                known_since=recorded.date(),
            )
        )
    return owed
