"""Whether the books balance: every cent of a line is somewhere, and nothing is settled twice.

What is found is our own fault, never a person's: it is listed as problems with the numbers of rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from encaiss_dashboard.domain.booking import DecisionKind
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.storage import confirmations, payments
from encaiss_dashboard.storage.bank import (
    AccessoryAllocation,
    BankLine,
    BankStatement,
    Remittance,
    RemittanceLine,
)
from encaiss_dashboard.storage.bank_lines import state_of
from encaiss_dashboard.storage.records import Allocation, Invoice, Payment
from encaiss_dashboard.storage.remittances import is_live

LISTED_MAX = 100
"""So many of each kind are listed: after the first it is clear that something is off."""


def check(session: Session, account_ids: Collection[int] | None = None) -> list[Problem]:
    """What does not add up; nothing where all does.

    Args:
        session: of the transaction, that sees every row concerned.
        account_ids: of accounts, so that only their lines, payments and what these settle is looked at.
    """
    session.flush()
    scope = _Scope(account_ids)
    checks = (
        _statements,
        _lines,
        _confirmed,
        _payments,
        _payments_by_day,
        _invoices,
        _invoices_by_day,
        _owners,
    )
    found = [problem for one in checks for problem in one(session, scope)]
    return [*found, *(_remittances(session) if account_ids is None else ())]


class _Scope:
    """Which lines, payments and invoices are looked at, as parts of queries."""

    def __init__(self, account_ids: Collection[int] | None) -> None:
        self._accounts = None if account_ids is None else sorted(account_ids)

    def accounts(self, column: Any) -> list[Any]:
        return [] if self._accounts is None else [col(column).in_(self._accounts)]

    def payments(self, key: Any = Payment.id) -> list[Any]:
        """Conditions on a payment's key: those of these accounts' lines, and what they take back."""
        if self._accounts is None:
            return []
        of = select(func.coalesce(col(Payment.reverses_id), col(Payment.id)))
        lines = select(col(BankLine.id)).where(col(BankLine.account_id).in_(self._accounts))
        return [key.in_(of.where(col(Payment.bank_line_id).in_(lines)))]

    def invoices(self) -> list[Any]:
        if self._accounts is None:
            return []
        lines = select(col(BankLine.id)).where(col(BankLine.account_id).in_(self._accounts))
        mine = select(col(Payment.id)).where(col(Payment.bank_line_id).in_(lines))
        return [
            col(Invoice.id).in_(
                select(col(Allocation.invoice_id)).where(col(Allocation.payment_id).in_(mine))
            )
        ]


def _listed(session: Session, query: Any, code: str) -> Iterator[Problem]:
    for key, is_, ought in session.execute(query.limit(LISTED_MAX)):
        yield Problem(code, facts={"id": str(key), "is": str(is_), "ought": str(ought)})


def _statements(session: Session, scope: _Scope) -> Iterator[Problem]:
    """The lines of a statement are what it told, without what was known before."""
    lines = func.coalesce(
        select(func.sum(BankLine.amount_cents))
        .where(col(BankLine.statement_id) == col(BankStatement.id))
        .correlate(BankStatement)
        .scalar_subquery(),
        0,
    )
    told = col(BankStatement.told_cents) - col(BankStatement.known_cents)
    query = select(col(BankStatement.id), lines, told).where(lines != told)
    return _listed(session, query.where(*scope.accounts(BankStatement.account_id)), "books_statement")


def _lines(session: Session, scope: _Scope) -> Iterator[Problem]:
    """A booked line is wholly in payments, any other in none."""
    # Summed once and joined: a sum for each line costs as much as all payments where statistics are old.
    sums = (
        select(col(Payment.bank_line_id).label("line_id"), func.sum(Payment.amount_cents).label("cents"))
        .where(col(Payment.bank_line_id).is_not(None))
        .group_by(col(Payment.bank_line_id))
        .subquery()
    )
    paid = func.coalesce(sums.c.cents, 0)
    ought = case((state_of() == DecisionKind.BOOKED.value, col(BankLine.amount_cents)), else_=0)
    query = (
        select(col(BankLine.id), paid, ought)
        .join(sums, sums.c.line_id == col(BankLine.id), isouter=True)
        .where(paid != ought, *scope.accounts(BankLine.account_id))
    )
    return _listed(session, query, "books_line")


def _confirmed(session: Session, scope: _Scope) -> Iterator[Problem]:
    """A line that confirms payments is their sum, and no payment is confirmed twice."""
    seen: set[int] = set()
    for line, keys in confirmations.standing(session, *scope.accounts(BankLine.account_id)):
        query = select(func.coalesce(func.sum(Payment.amount_cents), 0)).where(
            col(Payment.id).in_(keys),
            col(Payment.client_id) == line.client_id,
            col(Payment.currency) == line.currency,
            col(Payment.reverses_id).is_(None),
        )
        cents = 0 if seen & set(keys) else int(session.execute(query).scalar_one())
        seen |= set(keys)
        if cents != line.amount_cents:
            facts = {"id": str(line.id), "is": str(cents), "ought": str(line.amount_cents)}
            yield Problem("books_confirmed", facts=facts)


def _payments(session: Session, scope: _Scope) -> Iterator[Problem]:
    """Of a payment no more is set against something than it is, and no more is taken back."""
    root = func.coalesce(col(Payment.reverses_id), col(Payment.id))
    left = payments.left_of(session, *scope.payments(root))
    for key, cents in left.items():
        if cents < 0:
            yield Problem("books_payment", facts={"id": str(key), "is": str(cents), "ought": "0"})


def _payments_by_day(session: Session, scope: _Scope) -> Iterator[Problem]:
    """The same on every day, for payments of which something was taken back."""
    back = select(col(Payment.reverses_id)).where(col(Payment.reverses_id).is_not(None))
    root = func.coalesce(col(Payment.reverses_id), col(Payment.id))
    query = select(root, col(Payment.id), col(Payment.on), col(Payment.amount_cents)).where(
        root.in_(back), *scope.payments(root)
    )
    days: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    roots: dict[int, int] = {}
    for key, payment_id, on, cents in session.execute(query):
        roots[payment_id] = key
        days[key][on] += cents
    for payment_id, parts in payments.parts(session, roots).items():
        for on, part in parts:
            days[roots[payment_id]][on] -= part.amount.cents
    yield from _below_zero(days, dict.fromkeys(days, 0), "books_payment_day")


def _invoices(session: Session, scope: _Scope) -> Iterator[Problem]:
    """No more is set against an invoice than its total, and no less than nothing."""
    settled = (
        select(func.sum(Allocation.amount_cents))
        .where(col(Allocation.invoice_id) == col(Invoice.id))
        .correlate(Invoice)
        .scalar_subquery()
    )
    query = select(col(Invoice.id), settled, col(Invoice.total_cents)).where(
        (settled > col(Invoice.total_cents)) | (settled < 0), *scope.invoices()
    )
    return _listed(session, query, "books_invoice")


def _invoices_by_day(session: Session, scope: _Scope) -> Iterator[Problem]:
    """The same on every day, for invoices of which something was taken back."""
    back = select(col(Allocation.invoice_id)).where(col(Allocation.amount_cents) < 0)
    query = (
        select(col(Invoice.id), col(Invoice.total_cents), col(Allocation.on), col(Allocation.amount_cents))
        .join(Allocation, col(Allocation.invoice_id) == col(Invoice.id))
        .where(col(Invoice.id).in_(back), *scope.invoices())
    )
    days: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    totals: dict[int, int] = {}
    for key, total, on, cents in session.execute(query):
        totals[key] = total
        days[key][on] -= cents
    yield from _below_zero(days, totals, "books_invoice_day")


def _below_zero(days: dict[int, dict[date, int]], start: dict[int, int], code: str) -> Iterator[Problem]:
    for key, moves in days.items():
        left = start[key]
        for on in sorted(moves):
            left += moves[on]
            if left < 0:
                facts = {"id": str(key), "is": str(left), "ought": "0", "day": on.isoformat()}
                yield Problem(code, facts=facts)
                break


def _owners(session: Session, scope: _Scope) -> Iterator[Problem]:
    """What is set against an invoice is of its client, its debtor and its currency."""
    for table in (Allocation, AccessoryAllocation):
        row: Any = aliased(table)
        query = (
            select(row.id, col(Payment.debtor_id), col(Invoice.debtor_id))
            .join(Payment, col(Payment.id) == row.payment_id)
            .join(Invoice, col(Invoice.id) == row.invoice_id)
            .where(
                (col(Payment.debtor_id) != col(Invoice.debtor_id))
                | (col(Payment.client_id) != col(Invoice.client_id))
                | (row.client_id != col(Invoice.client_id))
                | (row.currency != col(Payment.currency))
                | (row.currency != col(Invoice.currency)),
                *scope.payments(),
            )
        )
        yield from _listed(session, query, "books_owner")


def _remittances(session: Session) -> Iterator[Problem]:
    """A payment is paid on once at most and wholly, and a remittance is the sum of its payments."""
    standing = is_live()
    of = col(RemittanceLine.remittance_id) == col(Remittance.id)
    lines = select(func.sum(RemittanceLine.amount_cents)).where(of).correlate(Remittance).scalar_subquery()
    whole = select(col(Remittance.id), lines, col(Remittance.amount_cents))
    yield from _listed(session, whole.where(lines != col(Remittance.amount_cents)), "books_remittance")
    paid = (
        select(col(Payment.id), func.sum(RemittanceLine.amount_cents), func.max(Payment.amount_cents))
        .join(RemittanceLine, col(RemittanceLine.payment_id) == col(Payment.id))
        .join(Remittance, of)
        .where(standing)
        .group_by(col(Payment.id))
        .having(func.sum(RemittanceLine.amount_cents) != func.max(Payment.amount_cents))
    )
    yield from _listed(session, paid, "books_remitted")
