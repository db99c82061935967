"""Messages that were given up: what the server said, and the two things that can be done about one.

A message that failed has reminded nobody and has freed its steps. Trying again is another attempt of
that message, under its id: its invoices take their steps back, where nothing later has taken them, and
what is owed is asked of the balances as at every attempt. Setting it aside needs a reason. Both are acts
that the client sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.routes import TOGETHER, route
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.services.desk.followed import followed_by
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.instalments import reminded
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import known_of
from encaiss_dashboard.storage.recipients import reachable
from encaiss_dashboard.storage.undeliverable import lift
from encaiss_dashboard.work import Work

REASON_LENGTH_MAX: Final = 500
_ID_MAX: Final = 2**31 - 1


class MessageSettled(Refusal):
    """The message no longer waits for a decision: somebody else took one."""

    code = "message_settled"


class MessageReplaced(Refusal):
    """A later message asks for what this one asked for, or nothing of it is left to ask for."""

    code = "message_replaced"


class ReasonMissing(Refusal):
    """Why a message needs no other attempt."""

    code = "reason_missing"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up.

    Attributes:
        step: what it is called, a catalogue key below ``step.``.
        said: the server's own words at the last attempt.
        attempts: how many there were; doubts: after how many of them it may have arrived.
    """

    id: int
    client: str
    debtor_id: int
    debtor: str
    step: str
    channel: str
    recipient: str
    said: str
    failed_at: datetime
    attempts: int
    doubts: int


def dead_letter(work: Work, client_id: int | None, message_id: int) -> DeadLetter:  # noqa: ARG001
    """One message that was given up, of a client that the actor follows.

    Raises:
        NotAllowed: nobody of the agency.
        NotFound: no such message of a client that the actor reminds for.
        MessageSettled: nothing is left to decide about it.
    """
    row = _row(work, message_id)
    assert row.failed_at is not None
    return DeadLetter(
        id=queries.known(row.id),
        client=queries.client(work.session, row.client_id).name,
        debtor_id=row.debtor_id,
        debtor=queries.debtor(work.session, row.client_id, row.debtor_id).name,
        step=row.word,
        channel=row.channel,
        recipient=row.recipient,
        said=row.detail,
        failed_at=row.failed_at,
        attempts=row.attempts,
        doubts=row.doubts,
    )


def try_again(work: Work, client_id: int | None, message_id: int) -> None:  # noqa: ARG001
    """Let a message that was given up be sent all the same, to the addresses that the debtor has by now.

    Whoever decides it says with it that the addresses exist. The worker sends it with its next round.

    Raises:
        NotAllowed, NotFound, MessageSettled: as :func:`dead_letter`.
        MessageReplaced: a later message took its place.
    """
    row = _row(work, message_id)
    takes_back = _take_steps_back if row.stop_id is None else _take_instalment_back
    if _later(work, row) or not takes_back(work, row):
        raise MessageReplaced
    said, before = row.detail, row.recipient
    lift(work.session, row.debtor_id, before.split(TOGETHER), work.now)
    work.session.flush()
    _address_anew(work, row)
    row.failed_at = row.claimed_at = None
    row.attempts, row.detail, row.day = 0, "", work.today
    facts = {"said": said, "before": before} if before != row.recipient else {"said": said}
    _act(work, row, ActKind.MESSAGE_RETRIED, facts)


def set_aside(work: Work, client_id: int | None, message_id: int, reason: str) -> None:  # noqa: ARG001
    """Leave it at that: the message needs no other attempt, and the plan goes on with its next one.

    Raises:
        NotAllowed, NotFound, MessageSettled: as :func:`dead_letter`.
        ReasonMissing: without a reason nobody could follow it.
        Unreadable: a reason of more than 500 characters.
    """
    row = _row(work, message_id)
    why = " ".join(reason.replace("\0", " ").split())
    if not why:
        raise ReasonMissing
    if len(why) > REASON_LENGTH_MAX:
        raise Unreadable(value=why[:40])
    row.set_aside_at = work.now
    _act(work, row, ActKind.MESSAGE_SET_ASIDE, {"reason": why})


def _row(work: Work, message_id: int) -> records.OutboxMessage:
    """The message, locked: two who decide at once must not both be right."""
    followed = followed_by(work)
    if not 0 < message_id <= _ID_MAX:
        raise NotFound
    row = work.session.get(records.OutboxMessage, message_id, with_for_update=True)
    if row is None or row.client_id not in followed or not work.actor.may(Action.REMIND, row.client_id):
        raise NotFound
    if row.failed_at is None or row.set_aside_at is not None:
        raise MessageSettled
    return row


def _later(work: Work, row: records.OutboxMessage) -> bool:
    """Whether the debtor was written to since, or is about to be."""
    message = records.OutboxMessage
    query = select(message.id).where(
        message.client_id == row.client_id,
        message.debtor_id == row.debtor_id,
        col(message.id) > row.id,
        col(message.dropped_at).is_(None),
        col(message.failed_at).is_(None),
    )
    return work.session.exec(query).first() is not None


def _take_steps_back(work: Work, row: records.OutboxMessage) -> bool:
    """Give the lines their steps again where their invoice has taken none as high since."""
    lines = work.session.exec(select(records.OutboxLine).where(records.OutboxLine.message_id == row.id)).all()
    done = queries.steps_done(work.session, row.client_id, [row.debtor_id])
    taken = False
    for line in lines:
        rank = StepCode(line.step).rank if line.step else -1
        highest = max((one.code.rank for one in done.get(line.invoice_id, ())), default=-1)
        line.dropped = line.step is not None and rank <= highest
        taken |= line.step is not None and not line.dropped
    if not taken:
        for line in lines:
            line.dropped = True
    return taken


def _take_instalment_back(work: Work, row: records.OutboxMessage) -> bool:
    """Give the lines their invoices again while the instalment is still to come and has no other message.

    One of another debtor, from which the plan was parted, would be such a message.
    """
    assert row.stop_id is not None
    assert row.instalment_on is not None
    others = reminded(work.session, [row.stop_id])
    taken = row.instalment_on >= work.today and (row.stop_id, row.instalment_on) not in others
    for line in work.session.exec(select(records.OutboxLine).where(records.OutboxLine.message_id == row.id)):
        line.dropped = not taken
    return taken


def _address_anew(work: Work, row: records.OutboxMessage) -> None:
    """By the way that its step says, to the addresses of now."""
    known = known_of(work.session, row.client_id, work.today, [row.debtor_id])
    step = known.plan(row.debtor_id).step(StepCode(row.step))
    debtor = queries.debtor(work.session, row.client_id, row.debtor_id)
    emails = reachable(work.session, row.client_id, row.debtor_id).get(row.debtor_id, ())
    wanted = step.channel if step else Channel(row.channel)
    wanted = wanted if row.stop_id is None else Channel.EMAIL
    way = route(wanted, emails=emails, phone=debtor.phone, texts=work.texts is not None)
    row.channel, row.rerouted = way.channel.value, way.rerouted or ""
    row.recipient = queries.agency(work.session).email if way.channel.on_paper else TOGETHER.join(way.to)


def _act(work: Work, row: records.OutboxMessage, kind: ActKind, facts: dict[str, str]) -> None:
    work.journal.record(
        kind,
        day=work.today,
        client_id=row.client_id,
        debtor_id=row.debtor_id,
        facts={"step": row.word, "channel": row.channel, "to": row.recipient, "message": row.id, **facts},
    )
