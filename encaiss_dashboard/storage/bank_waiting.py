"""How many lines of banks wait for somebody, and since when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.booking import DecisionKind
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.bank_lines import state_of

Waiting = tuple[int, date]


def waiting_counts(session: Session, client_ids: Collection[int]) -> dict[int, Waiting]:
    """Of each client with any: how many, and the day of the first; who waits longest comes first."""
    query: Any = select(BankLine.client_id, func.count(col(BankLine.id)), func.min(col(BankLine.booked_on)))
    query = query.where(
        col(BankLine.client_id).in_(list(client_ids)), state_of() == DecisionKind.REOPENED.value
    )
    rows = session.exec(query.group_by(BankLine.client_id)).all()
    return {key: (int(n), first) for key, n, first in sorted(rows, key=lambda row: (row[2], row[0]))}


def own_waiting(session: Session) -> Waiting | None:
    """The same of the agency's own accounts, None when nothing waits there."""
    query: Any = select(func.count(col(BankLine.id)), func.min(col(BankLine.booked_on)))
    query = query.where(col(BankLine.client_id).is_(None), state_of() == DecisionKind.REOPENED.value)
    n, first = session.exec(query).one()
    return (int(n), first) if n else None
