"""Addresses that a server said do not exist, until they are changed or somebody says that they do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Table
from sqlmodel import Field, Session, col, select

from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class UndeliverableAddress(Record, table=True):
    """A server, or a bounce, says that an address of a debtor does not exist.

    Attributes:
        reason: the server's own words.
        message_id: of the message that was refused or came back, None when it is not known which.
        ended_at: when somebody had it tried again, None while it holds. One that was entered anew after
            ``at`` is not held back either.
    """

    __tablename__ = "undeliverable_address"

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    address: str
    reason: str = ""
    at: datetime = time_column()
    message_id: int | None = Field(default=None, foreign_key="outbox_message.id", index=True)
    ended_at: datetime | None = time_column(default=None)


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """A debtor none of whose e-mail addresses exists.

    Attributes:
        addresses: all of them, the first one first.
        reason: what was said of the last one.
        since: when it was said.
    """

    addresses: tuple[str, ...]
    reason: str
    since: datetime


def dead(
    session: Session, client_ids: Collection[int], debtor_ids: Sequence[int] | None = None
) -> dict[int, dict[str, UndeliverableAddress]]:
    """Debtor id → its present addresses that do not exist, with the latest fact about each."""
    contact, fact = _contacts().c, UndeliverableAddress
    query = (
        select(fact)
        .join(_contacts(), contact.debtor_id == col(fact.debtor_id))
        .where(
            col(fact.client_id).in_(client_ids),
            col(fact.ended_at).is_(None),
            contact.email == col(fact.address),
            contact.created_at <= col(fact.at),
        )
        .order_by(col(fact.id))
    )
    if debtor_ids is not None:
        query = query.where(col(fact.debtor_id).in_(debtor_ids))
    found = defaultdict[int, dict[str, UndeliverableAddress]](dict)
    for row in session.exec(query):
        found[row.debtor_id][row.address] = row
    return dict(found)


def undeliverable(
    session: Session, client_id: int, debtor_ids: Sequence[int] | None = None
) -> dict[int, Undeliverable]:
    """Those of these debtors, or of all, that have e-mail addresses of which none exists, by id."""
    return undeliverable_among(session, [client_id], debtor_ids)


def undeliverable_among(
    session: Session, client_ids: Collection[int], debtor_ids: Sequence[int] | None = None
) -> dict[int, Undeliverable]:
    """The same of several clients."""
    contact, facts = _contacts().c, dead(session, client_ids, debtor_ids)
    present = defaultdict[int, list[str]](list)
    if facts:
        query = select(contact.debtor_id, contact.email).where(contact.debtor_id.in_(sorted(facts)))
        for debtor_id, email in session.execute(query.order_by(contact.id)):
            present[debtor_id].append(email)
    held = {}
    for key, mine in facts.items():
        if mine.keys() >= set(present[key]):
            last = max(mine.values(), key=lambda fact: fact.at)
            held[key] = Undeliverable(tuple(present[key]), last.reason, last.at)
    return held


def _contacts() -> Table:
    """Its class lies in the module that registers this one."""
    return Record.metadata.tables["contact"]


def lift(session: Session, debtor_id: int, addresses: Collection[str], now: datetime) -> None:
    """Let addresses of a debtor be tried again."""
    fact = UndeliverableAddress
    wanted = (fact.debtor_id == debtor_id, col(fact.address).in_(addresses), col(fact.ended_at).is_(None))
    for row in session.exec(select(fact).where(*wanted)):
        row.ended_at = now
