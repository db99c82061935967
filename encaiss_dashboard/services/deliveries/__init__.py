"""Handing messages over: the balance is asked once more, the letter written, the outcome kept.

A delivery is two transactions with the sending between them, so that no mail ever leaves inside one.
A crash in between leaves the message claimed; after a quarter of an hour it is handed over again
under the same message id: at least once, deduplicated by that id. A message that was refused for now
has its outcome in ``detail`` and no such doubt about it: a run that somebody asks for tries it at
once, the worker's own rounds wait longer each time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement
from sqlmodel import and_, case, col, or_, select, update

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed, Message, ShortMessage
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.services.deliveries import content, outcomes
from encaiss_dashboard.services.deliveries.asking import asked_for
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress
from encaiss_dashboard.work import Work

# With the waits below, a mail server may be away for a night and a day before a message is given up.
ATTEMPTS_MAX: Final = 8
INTERRUPTED_AFTER: Final = timedelta(minutes=15)
_REASON_MAX: Final = 500
# What goes on paper waits in the agency's own post tray: nobody is woken by it.
_ON_PAPER: Final = tuple(channel.value for channel in Channel if channel.on_paper)


class Waiting(NamedTuple):
    """A message that may be handed over now, and whether a provider of texts takes it."""

    id: int
    by_text: bool


def waiting(work: Work, client_id: int | None = None, *, at_once: bool = True) -> list[Waiting]:
    """The messages of one client, or of all, that may be handed over now, oldest first.

    Not ``at_once`` leaves out what was refused for now until its wait is over: a quarter of an hour
    after the first attempt, twice as long after each further one. Outside the sending hours only what
    goes on paper is among them; a call never is: somebody makes it.

    Raises:
        NotAllowed: the actor may not send that client's messages.
    """
    message = records.OutboxMessage
    query = select(message.id, message.client_id, message.channel).where(*_open(work))
    if client_id is not None:
        query = query.where(message.client_id == work.require(Action.REMIND, client_id))
    if not work.hours.are_open(work.now):
        query = query.where(col(message.channel).in_(_ON_PAPER))
    if not at_once:
        over = [
            and_(message.attempts == n, col(message.claimed_at) < work.now - INTERRUPTED_AFTER * 2 ** (n - 1))
            for n in range(1, ATTEMPTS_MAX + 1)
        ]
        query = query.where(or_(col(message.claimed_at).is_(None), *over))
    found = work.session.exec(query.order_by(col(message.id)))
    return [
        Waiting(queries.known(key), channel == Channel.SMS)
        for key, owner, channel in found
        if work.actor.may(Action.REMIND, owner)
    ]


def _open(work: Work) -> list[ColumnElement[bool]]:
    message = records.OutboxMessage
    return [
        col(message.channel) != Channel.CALL.value,
        col(message.sent_at).is_(None),
        col(message.failed_at).is_(None),
        col(message.dropped_at).is_(None),
        or_(
            col(message.claimed_at).is_(None),
            col(message.detail) != "",
            col(message.claimed_at) < work.now - INTERRUPTED_AFTER,
        ),
    ]


def waiting_calls(work: Work, client_id: int | None) -> list[records.OutboxMessage]:
    """The calls of a client that are planned and not made yet, oldest first.

    They stay in the outbox until whoever makes them says how they went (see ``calls``); no worker takes them.
    """
    client = work.require(Action.REMIND, client_id)
    message = records.OutboxMessage
    ends = (message.sent_at, message.failed_at, message.dropped_at)
    query = select(message).where(
        message.client_id == client,
        message.channel == Channel.CALL.value,
        *(col(end).is_(None) for end in ends),
    )
    return list(work.session.exec(query.order_by(col(message.id))))


def hand_over(work: Work, message_id: int) -> Message | ShortMessage | None:
    """Claim a message for delivery and write it from today's balances.

    Returns:
        The message to send, or None: somebody else has it, it may not leave at this hour or on this day,
        or there is no reason for it any more, in which case it is dropped for good and the journal says
        why.

    Raises:
        NotAllowed: the actor may not send that client's messages.
    """
    row = work.session.get(records.OutboxMessage, message_id)
    if row is None:
        return None
    work.require(Action.REMIND, row.client_id)
    seen = prospects(work.session, row.client_id, work.today, [row.debtor_id])[row.debtor_id]
    if not _may_leave(work, row, seen) or not _claim(work, message_id):
        return None
    row = work.session.get_one(records.OutboxMessage, message_id, populate_existing=True)
    if row.attempts > ATTEMPTS_MAX:
        row.detail = "interrupted"
        outcomes.fail(row, work)
        return None
    asked = asked_for(row, work, seen)
    return content.message(*asked) if asked else None


def _may_leave(work: Work, row: records.OutboxMessage, seen: Prospect) -> bool:
    """Whether the hour and the day allow it: a retry may not come at night either, nor on a Sunday."""
    on_paper = row.channel in _ON_PAPER
    return (on_paper or work.hours.are_open(work.now)) and seen.plan.sending.is_open(work.today)


def _claim(work: Work, message_id: int) -> bool:
    """Take a message before anybody else does; an attempt that nobody ended stays a doubt about it."""
    message = records.OutboxMessage
    unended = and_(col(message.claimed_at).is_not(None), col(message.detail) == "")
    claimed = work.session.exec(
        update(message)
        .where(col(message.id) == message_id, *_open(work))
        .values(
            claimed_at=work.now,
            attempts=message.attempts + 1,
            doubts=message.doubts + case((unended, 1), else_=0),
            detail="",
        )
    )
    return claimed.rowcount == 1


def settle(work: Work, message_id: int, outcome: Delivered | DeliveryFailed) -> None:
    """Keep what became of a message that was handed over; refused for now, it goes on waiting.

    A message that failed for good has reminded nobody: its invoices are free to take the step again.
    An address that does not exist is remembered: nothing more goes there until somebody changes it.

    Raises:
        NotFound: no such message.
        NotAllowed: the actor may not send that client's messages.
    """
    row = work.session.get(records.OutboxMessage, message_id, with_for_update=True)
    if row is None:
        raise NotFound
    work.require(Action.REMIND, row.client_id)
    if row.sent_at is not None or row.failed_at is not None:
        return  # claimed again after a quarter of an hour, and the other delivery was the quicker one
    row.detail = outcome.detail if isinstance(outcome, Delivered) else outcome.reason
    if row.channel == Channel.EMAIL:
        _remember(work, row, outcome)
    if isinstance(outcome, Delivered):
        row.sent_at = work.now
        outcomes.act(row, work, ActKind.SENT)
        return
    row.doubts += outcome.doubtful
    if outcome.permanent or row.attempts >= ATTEMPTS_MAX:
        outcomes.fail(row, work)


def _remember(work: Work, row: records.OutboxMessage, outcome: Delivered | DeliveryFailed) -> None:
    """Which addresses do not exist."""
    for one in outcome.gone:
        work.session.add(
            UndeliverableAddress(
                client_id=row.client_id,
                debtor_id=row.debtor_id,
                address=one.address,
                reason=one.reason[:_REASON_MAX],
                at=work.now,
                message_id=row.id,
            )
        )
