"""Calls to debtors: each attempt with how it went, only ever added to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Table
from sqlmodel import Field, Session, col, select

from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class CallAttempt(Record, table=True):
    """One time that somebody called, or tried to.

    Attributes:
        on: the day; at: when it was written down.
        outcome: one of ``domain.calls.CallOutcome``.
        transcript: what was said.
        next_on: of one that nobody answered, when it is made again, None when it is not.
        stop_id: of the promise, dispute or the like that came of it.
    """

    __tablename__ = "call_attempt"

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    message_id: int = Field(foreign_key="outbox_message.id", index=True)
    on: date = Field(sa_column_kwargs={"name": "called_on"})
    outcome: str
    transcript: str = ""
    next_on: date | None = None
    stop_id: int | None = Field(default=None, foreign_key="stop.id", index=True)
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call that is planned and not made yet.

    Attributes:
        id: of its message.
        day: on which it was planned.
        tries: how often somebody tried.
        next_on: when it is made again, None for one that nobody tried.
    """

    id: int
    client_id: int
    debtor_id: int
    day: date
    step: str
    tries: int
    next_on: date | None

    def is_due(self, on: date) -> bool:
        """Whether it is to be made on a day."""
        return self.next_on is None or self.next_on <= on


def waiting(session: Session, client_ids: Collection[int]) -> list[WaitingCall]:
    """The calls of these clients that have no outcome, oldest first."""
    message = _messages().c
    query = (
        select(message.id, message.client_id, message.debtor_id, message.day, message.step)  # type: ignore[call-overload]  # five columns
        .where(
            message.client_id.in_(client_ids),
            message.channel == Channel.CALL.value,
            *(end.is_(None) for end in (message.sent_at, message.failed_at, message.dropped_at)),
        )
        .order_by(message.day, message.id)
    )
    rows = session.execute(query).all()
    tried = attempts(session, [row.id for row in rows])
    return [
        WaitingCall(
            row.id,
            row.client_id,
            row.debtor_id,
            row.day,
            row.step,
            tries=len(tried.get(row.id, ())),
            next_on=tried[row.id][-1].next_on if row.id in tried else None,
        )
        for row in rows
    ]


def attempts(session: Session, message_ids: Collection[int]) -> Mapping[int, list[CallAttempt]]:
    """What was tried for each of these messages, oldest first."""
    found: dict[int, list[CallAttempt]] = {}
    query = select(CallAttempt).where(col(CallAttempt.message_id).in_(message_ids))
    for row in session.exec(query.order_by(col(CallAttempt.id))):
        found.setdefault(row.message_id, []).append(row)
    return found


def transcripts(session: Session, client_id: int, debtor_ids: Collection[int]) -> dict[int, str]:
    """What was said in calls to these debtors, by attempt."""
    query = select(CallAttempt.id, CallAttempt.transcript).where(
        CallAttempt.client_id == client_id, col(CallAttempt.debtor_id).in_(debtor_ids)
    )
    return {key: said for key, said in session.exec(query) if key is not None and said}


def _messages() -> Table:
    """Its class lies in the module that registers this one."""
    return Record.metadata.tables["outbox_message"]
