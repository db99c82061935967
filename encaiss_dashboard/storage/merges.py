"""Debtors that turned out to be one: who has what was whose, while their merge is not undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import Session, col

from encaiss_dashboard.storage.records import Debtor, DebtorMerge


def standing(session: Session, client_id: int) -> list[DebtorMerge]:
    """The merges of a client that are not undone, oldest first; of each debtor merged away there is one."""
    query = (
        select(DebtorMerge)
        .where(col(DebtorMerge.client_id) == client_id, col(DebtorMerge.undone_at).is_(None))
        .order_by(col(DebtorMerge.id))
    )
    return list(session.scalars(query))


def gone(client_id: int | None = None) -> Select[Any]:
    """The ids of debtors merged away, of one client or of all, as a part of other queries."""
    query = select(col(DebtorMerge.debtor_id)).where(col(DebtorMerge.undone_at).is_(None))
    return query if client_id is None else query.where(col(DebtorMerge.client_id) == client_id)


def kept(session: Session, client_id: int, debtor_id: int) -> int:
    """The debtor that has by now what this one had: itself, unless it was merged away."""
    into = _into(session, client_id)
    while debtor_id in into:
        debtor_id = into[debtor_id]
    return debtor_id


def family(session: Session, client_id: int, debtor_id: int) -> tuple[int, ...]:
    """A debtor and those merged into it, directly or through another one; itself first."""
    members = [debtor_id]
    into = _into(session, client_id)
    for member in members:  # it grows while those merged into its members are found
        members += [key for key, target in into.items() if target == member]
    return tuple(members)


def former(session: Session, client_id: int) -> dict[int, list[Debtor]]:
    """The debtors merged away, by the debtor that has by now what they had."""
    into = _into(session, client_id)
    found: dict[int, list[Debtor]] = defaultdict(list)
    for debtor in session.scalars(select(Debtor).where(col(Debtor.id).in_(gone(client_id)))):
        key = debtor.id
        while key in into:
            key = into[key]
        assert key is not None
        found[key].append(debtor)
    return found


def came(session: Session, client_id: int, table: str) -> Mapping[int, tuple[int, ...]]:
    """Through which debtors merged away a row of a table came, by its id: first the one it was of."""
    found: dict[int, tuple[int, ...]] = {}
    for merge in standing(session, client_id):
        for key in merge.moved.get(table, ()):
            found[key] = (*found.get(key, ()), merge.debtor_id)
    return found


def names(session: Session, client_id: int, ids: set[int]) -> dict[int, str]:
    """The names of a client's debtors, merged away or not, by id."""
    query = select(col(Debtor.id), col(Debtor.name)).where(
        col(Debtor.client_id) == client_id, col(Debtor.id).in_(ids)
    )
    return dict(session.execute(query).all())


def _into(session: Session, client_id: int) -> dict[int, int]:
    query = select(col(DebtorMerge.debtor_id), col(DebtorMerge.into_id)).where(
        col(DebtorMerge.client_id) == client_id, col(DebtorMerge.undone_at).is_(None)
    )
    return dict(session.execute(query).all())
