"""What the next messages of many debtors depend on, read once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationStatus, status
from encaiss_dashboard.domain.dunning import DEFAULT_LADDER, OpenInvoice, StepCode
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import next_message
from encaiss_dashboard.storage import queries


@dataclass(frozen=True, slots=True)
class Prospect:
    """One debtor as of a day.

    Attributes:
        on: the day.
        events: decisions about it in the order in which they were recorded.
        invoices: what is open, with the steps taken.
        credit: paid or credited and not yet set against an invoice.
        last_contact: day of the last message other than a courtesy.
    """

    on: date
    events: Sequence[DelegationEvent]
    invoices: Sequence[OpenInvoice]
    credit: Sequence[Money]
    last_contact: date | None

    @property
    def status(self) -> DelegationStatus:
        """How it stands on the day."""
        return status(self.events, self.on)

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
            DEFAULT_LADDER,
            [*self.events, *more],
            self.on,
            self.invoices,
            credit=self.credit,
            last_contact=self.last_contact,
        )


def prospects(
    session: Session, client_id: int, on: date, debtor_ids: Sequence[int]
) -> Mapping[int, Prospect]:
    """Each of these debtors as of a day, by id."""
    events = queries.delegation_events(session, client_id, debtor_ids)
    invoices = queries.open_invoices(session, client_id, on, debtor_ids)
    contacts = queries.last_contacts(session, client_id)
    credit: dict[int, list[Money]] = {}
    for currency, ledger in queries.ledgers(session, client_id, debtor_ids).items():
        for key, cents in ledger.unallocated_by_debtor(on).items():
            if cents > 0:
                credit.setdefault(key, []).append(Money(cents, currency))
    return {
        key: Prospect(on, events.get(key, ()), invoices.get(key, ()), credit.get(key, ()), contacts.get(key))
        for key in debtor_ids
    }
