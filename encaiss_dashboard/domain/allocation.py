"""Which invoices a payment or credit note settles when nothing says which."""

from __future__ import annotations

from collections.abc import Sequence

from encaiss_dashboard.domain.invoices import Allocation, Invoice, Kind, Payment
from encaiss_dashboard.domain.money import Money


def oldest_due_first(
    source: Payment | Invoice, available: Money, owed: Sequence[tuple[Invoice, Money]]
) -> tuple[list[Allocation], Money]:
    """Set what is left of a payment or credit note against the invoices due longest.

    Ties go to the earlier issue, then the lower id. An allocation counts from the value date of the
    payment or the issue of the credit note, but never from before its invoice was issued.

    Args:
        source: the payment or credit note.
        available: the part of it not yet allocated; zero or less settles nothing.
        owed: invoices of the same debtor, each with its open balance; zero or less is passed over.

    Returns:
        The allocations, oldest due first and each above zero, and what remains of ``available``.

    Raises:
        CurrencyMismatchError: amounts of different currencies.
    """
    remainder, allocations = available, []
    for invoice, balance in sorted(owed, key=lambda pair: (pair[0].due, pair[0].issue, pair[0].id)):
        assert invoice.kind is Kind.INVOICE
        assert invoice.debtor_id == source.debtor_id
        part = min(remainder, balance)
        if part.cents > 0:
            allocations.append(_allocation(source, invoice, part))
            remainder -= part
    return allocations, remainder


def named_invoice(
    credit_note: Invoice, left_cents: int, invoice: Invoice, open_cents: int
) -> Allocation | None:
    """Set a credit note against the invoice that it names (BT-25), as far as both reach.

    Args:
        credit_note: whose it is.
        left_cents: the part of it not yet allocated.
        invoice: the one it names, of the same debtor.
        open_cents: the balance of that.

    Returns:
        The allocation, from the later of both dates of issue; None where nothing is left, nothing is
        open, or the currencies differ: then the credit note waits.
    """
    assert (credit_note.kind, invoice.kind) == (Kind.CREDIT_NOTE, Kind.INVOICE)
    assert credit_note.debtor_id == invoice.debtor_id
    cents = min(left_cents, open_cents)
    if cents <= 0 or credit_note.total.currency != invoice.total.currency:
        return None
    return _allocation(credit_note, invoice, Money(cents, invoice.total.currency))


def _allocation(source: Payment | Invoice, invoice: Invoice, part: Money) -> Allocation:
    if isinstance(source, Payment):
        return Allocation(invoice.id, max(source.on, invoice.issue), part, payment_id=source.id)
    assert source.kind is Kind.CREDIT_NOTE
    return Allocation(invoice.id, max(source.issue, invoice.issue), part, credit_note_id=source.id)
