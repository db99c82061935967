"""What debtors owe, from dated facts: invoices, credit notes, payments, allocations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from encaiss_dashboard.domain.money import Money


class Kind(StrEnum):
    """What a document does to what is owed."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice or credit note as of no particular date.

    Attributes:
        id: identity in storage.
        debtor_id: who owes it.
        kind: invoice, or the credit note that reduces invoices.
        number: the client's own number.
        issue: date of issue.
        due: last day on which payment is in time.
        total: VAT included, positive for both kinds.
        reference: OGM or RF reference the debtor is asked to quote, "" when none.
    """

    id: int
    debtor_id: int
    kind: Kind
    number: str
    issue: date
    due: date
    total: Money
    reference: str = ""

    def days_late(self, on: date) -> int:
        """Days past due on a date, negative while the debtor is inside its own term."""
        return (on - self.due).days


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in.

    Attributes:
        id: identity in storage.
        debtor_id: who paid.
        on: value date.
        amount: positive; a reversal is negative.
    """

    id: int
    debtor_id: int
    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which part of one payment or credit note settles which invoice, from which date.

    Exactly one of ``payment_id`` and ``credit_note_id`` is set. A reversal is a second allocation
    with the opposite sign, never a change.
    """

    invoice_id: int
    on: date
    amount: Money
    payment_id: int | None = None
    credit_note_id: int | None = None


@dataclass(frozen=True, slots=True)
class AccessoryAllocation:
    """Which part of one payment settles interest, indemnity or costs of which invoice, from which date.

    It lowers what is left of the payment, never the balance of the invoice; a reversal is a second one with
    the opposite sign.
    """

    invoice_id: int
    on: date
    amount: Money
    payment_id: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """All dated facts of one currency: every figure is computed from these and a date."""

    currency: str
    invoices: Sequence[Invoice]
    payments: Sequence[Payment] = ()
    allocations: Sequence[Allocation] = ()
    accessories: Sequence[AccessoryAllocation] = ()

    def open_cents(self, on: date) -> dict[int, int]:
        """Open balance in cents of every invoice (not credit note) issued by a date, by id.

        open(i, D) = total − everything allocated with date ≤ D (RULES §7). Settled ones are left out.
        """
        settled = _sum_by(((a.invoice_id, a) for a in self.allocations), on)
        balances = {
            i.id: i.total.cents - settled.get(i.id, 0)
            for i in self.invoices
            if i.kind is Kind.INVOICE and i.issue <= on
        }
        return {key: cents for key, cents in balances.items() if cents}

    def unallocated(self, on: date) -> Money:
        """Payments and credit notes received by a date and not yet set against an invoice."""
        return Money(sum(self.unallocated_by_debtor(on).values()), self.currency)

    def unallocated_by_debtor(self, on: date) -> dict[int, int]:
        """The same in cents for each debtor that has any, by debtor id."""
        free: dict[int, int] = defaultdict(int)
        invoices = {i.id: i for i in self.invoices}
        for payment in self.payments:
            if payment.on <= on:
                free[payment.debtor_id] += payment.amount.cents
        for invoice in self.invoices:
            if invoice.kind is Kind.CREDIT_NOTE and invoice.issue <= on:
                free[invoice.debtor_id] += invoice.total.cents
        used: tuple[Allocation | AccessoryAllocation, ...] = (*self.allocations, *self.accessories)
        for allocation in used:
            # Before its invoice exists, what was set against it is still free money.
            if max(allocation.on, invoices[allocation.invoice_id].issue) <= on:
                free[invoices[allocation.invoice_id].debtor_id] -= allocation.amount.cents
        return {key: cents for key, cents in free.items() if cents}


def _sum_by(allocations: Iterable[tuple[int, Allocation]], on: date) -> Mapping[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for key, allocation in allocations:
        if allocation.on <= on:
            sums[key] += allocation.amount.cents
    return sums
