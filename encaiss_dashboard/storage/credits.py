"""What debtors have paid or been credited and that is not set against an invoice yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.bank import AccessoryAllocation


def credited(session: Session, client_id: int, on: date) -> set[int]:
    """Debtors of a client with anything in credit on a day."""
    every = select(col(records.Debtor.id)).where(col(records.Debtor.client_id) == client_id)
    return {key for key, amounts in free_credit(session, [client_id], on, every).items() if amounts}


def free_credit(
    session: Session, client_ids: Collection[int], on: date, debtor_ids: Collection[int] | Select[Any]
) -> dict[int, list[Money]]:
    """What ``Ledger.unallocated_by_debtor`` tells of debtors of clients, where it is above zero."""
    invoice, payment, allocation = records.Invoice, records.Payment, records.Allocation
    accessory = AccessoryAllocation
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
    beside = select(col(payment.debtor_id), col(payment.currency), -func.sum(accessory.amount_cents))
    beside = beside.join(accessory, col(accessory.payment_id) == col(payment.id))
    add(
        beside.where(col(payment.client_id).in_(client_ids), col(accessory.on) <= on),
        payment.debtor_id,
        payment.currency,
    )
    return {
        key: [Money(cents, currency) for currency, cents in sorted(sums.items()) if cents > 0]
        for key, sums in free.items()
    }
