"""What stands around a list of payments: their sums, and the payments that a line may take back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments import queue
from encaiss_dashboard.services.payments.lists import conditions, seen_rows
from encaiss_dashboard.services.payments.seen import PaymentSearch, PaymentSeen
from encaiss_dashboard.storage import payments as reads
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.bank_lines import ID_MAX
from encaiss_dashboard.storage.records import Debtor, Invoice, Payment
from encaiss_dashboard.work import Work

Sums = tuple[tuple[Money, ...], tuple[Money, ...]]


def sums(work: Work, client_id: int | None, search: PaymentSearch) -> Sums:
    """What the payments that a search finds come to, and what of them waits unallocated, by currency.

    Raises:
        Unreadable: a search for something that there is not.
    """
    client = work.require(Action.VIEW, client_id)
    where = conditions(client, search)
    joined = (Debtor, col(Debtor.id) == col(Payment.debtor_id))
    query: Any = select(Payment.currency, func.sum(col(Payment.amount_cents))).join(*joined)
    rows = work.session.exec(query.where(*where).group_by(Payment.currency)).all()
    ids: Any = select(Payment.id, Payment.currency).join(*joined).where(*where)
    waits = ids.where(col(Payment.id).in_(reads.with_left(client)))
    currencies: dict[int, str] = dict(work.session.exec(waits).all())
    left: dict[str, int] = {}
    if currencies:
        for key, cents in reads.left_of(work.session, col(Payment.client_id) == client).items():
            if key in currencies:
                left[currencies[key]] = left.get(currencies[key], 0) + cents
    came = tuple(Money(int(cents), currency) for currency, cents in sorted(rows) if cents)
    return came, tuple(Money(cents, currency) for currency, cents in sorted(left.items()) if cents)


def returnable(work: Work, client_id: int | None, line_id: int) -> tuple[PaymentSeen, ...]:
    """The payments that a negative line may take back, the newest first; none for another line.

    Raises:
        NotFound: no such line, or somebody else's.
    """
    ids = queue.returnable(work, client_id, line_id)
    query: Any = select(Payment, Debtor.name).join(Debtor, col(Debtor.id) == col(Payment.debtor_id))
    rows = work.session.exec(query.where(col(Payment.id).in_(ids))).all()
    found = {one.id: one for one in seen_rows(work.session, rows)}
    return tuple(found[key] for key in ids if key in found)


def open_of(work: Work, client_id: int | None, debtor_id: int) -> dict[int, tuple[str, Money]]:
    """Number and balance of every open invoice of a debtor, by its id."""
    client = work.require(Action.VIEW, client_id)
    if not _is_key(debtor_id):
        return {}
    where = (col(Invoice.client_id) == client, col(Invoice.debtor_id) == debtor_id)
    rows = reads.balances(work.session, where)
    return {row[0]: (row[2], Money(int(row[7]), row[6])) for row in rows if row[7] > 0}


def own_lines(work: Work, client_id: int | None, line_ids: Collection[int]) -> frozenset[int]:
    """Which of these lines are of the client's own accounts, so that it may decide about them anew."""
    client = work.require(Action.VIEW, client_id)
    ids = [key for key in line_ids if _is_key(key)]
    query = select(BankLine.id).where(col(BankLine.id).in_(ids), BankLine.client_id == client)
    return frozenset(key for key in work.session.exec(query) if key is not None)


def _is_key(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= ID_MAX
