"""Money that waited for its invoice: once a file brings the invoice, the payment that names it settles it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.booking import Late, OpenItem, Policy, Rules, Waiting, settle_waiting
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage import bank_lines, payments
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.journal import ActKind, Entry
from encaiss_dashboard.storage.records import Allocation, Invoice, Payment

_ONLY_NAMED = Rules(policy=Policy.STRICT)


def settle_late(session: Session, client_id: int, batch_id: int, today: date) -> list[Entry]:
    """Set what waits with debtors against the invoices that an import brought, where it names them.

    Nothing else: what somebody left with a debtor stays there. Taking the import back takes it back too.
    """
    left = payments.left_of(session, col(Payment.client_id) == client_id)
    rows = {row.id or 0: row for row in payments.family_of(session, [k for k, n in left.items() if n > 0])}
    by_debtor: dict[int, list[Payment]] = defaultdict(list)
    for key, row in rows.items():
        if left.get(key, 0) > 0 and row.reverses_id is None:
            by_debtor[row.debtor_id].append(row)
    if not by_debtor:
        return []
    brought = select(Invoice.debtor_id).where(Invoice.batch_id == batch_id).distinct()
    entries: list[Entry] = []
    for debtor_id in sorted(set(session.exec(brought)) & by_debtor.keys()):
        waiting = [_waiting(session, row, left[row.id or 0]) for row in by_debtor[debtor_id]]
        items = _items(session, client_id, debtor_id, batch_id)
        lates = settle_waiting(waiting, items, _ONLY_NAMED)
        entries += [_settle(session, rows[one.payment_id], one, batch_id, today) for one in lates]
    session.flush()
    return entries


def _waiting(session: Session, row: Payment, cents: int) -> Waiting:
    line = session.get(BankLine, row.bank_line_id) if row.bank_line_id else None
    told = bank_lines.movement(line) if line else None
    return Waiting(row.id or 0, row.on, Money(cents, row.currency), told)


def _items(session: Session, client_id: int, debtor_id: int, batch_id: int) -> list[OpenItem]:
    """The debtor's invoices; older ones without a balance, so that they are known and not settled."""
    mine = select(Invoice.id).where(Invoice.debtor_id == debtor_id, Invoice.batch_id == batch_id)
    new = set(session.exec(mine))
    found = []
    for key, whose, number, reference, issue, due, currency, cents in payments.balances(
        session, [col(Invoice.debtor_id) == debtor_id]
    ):
        item = OpenItem(key, whose, client_id, number, issue, due, Money(int(cents), currency), reference)
        found.append(item if key in new else replace(item, open=Money(0, currency)))
    return found


def _settle(session: Session, row: Payment, late: Late, batch_id: int, today: date) -> Entry:
    part = late.part
    session.add(
        Allocation(
            client_id=row.client_id,
            batch_id=batch_id,
            invoice_id=part.invoice_id,
            payment_id=row.id,
            on=late.on,
            currency=part.amount.currency,
            amount_cents=part.amount.cents,
        )
    )
    number = session.get_one(Invoice, part.invoice_id).number
    facts = {"cents": part.amount.cents, "currency": part.amount.currency, "number": number}
    return Entry(ActKind.PAYMENT_SETTLED, today, row.client_id, row.debtor_id, {**facts, "payment": row.id})
