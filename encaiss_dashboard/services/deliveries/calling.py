"""What showing a call and keeping its outcome share: whose it is, and what is asked for in it today."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action, Actor
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import desk, queries, records
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1


class CallOver(Refusal):
    """The call was made already, given up, or dropped."""

    code = "call_over"


def followed(actor: Actor, session: Session) -> Mapping[int, records.Client]:
    """The clients that somebody of the agency reminds for, by id.

    Raises:
        NotAllowed: nobody of the agency.
    """
    if actor.agency_role is None and not actor.house:
        raise NotAllowed
    ids = None if actor.everywhere else [key for key in actor.roles if actor.may(Action.REMIND, key)]
    return {queries.known(client.id): client for client in desk.clients(session, ids)}


def call_row(message_id: int, work: Work) -> tuple[records.OutboxMessage, records.Client]:
    """The call and its client, both locked: as imports do, one at a time changes what debtors owe."""
    clients = followed(work.actor, work.session)
    if not 0 < message_id <= _ID_MAX:
        raise NotFound
    row = work.session.get(records.OutboxMessage, message_id)
    if row is None or row.client_id not in clients or row.channel != Channel.CALL:
        raise NotFound
    client = work.session.get_one(records.Client, row.client_id, with_for_update=True)
    row = work.session.get_one(
        records.OutboxMessage, message_id, with_for_update=True, populate_existing=True
    )
    if not is_open(row):
        raise CallOver
    return row, client


def is_open(row: records.OutboxMessage) -> bool:
    """Whether a message has no outcome yet."""
    return row.sent_at is None and row.failed_at is None and row.dropped_at is None


def invoice_lines(row: records.OutboxMessage, work: Work) -> list[records.OutboxLine]:
    """What a call is still about."""
    line = records.OutboxLine
    query = select(line).where(line.message_id == row.id, col(line.dropped).is_(False))
    return list(work.session.exec(query.order_by(col(line.id))))
