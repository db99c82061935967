"""What a night sends: planned from the facts of the day, kept as intentions, once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from encaiss_dashboard.domain.dunning import Held, Planned, Why, why_instalment
from encaiss_dashboard.domain.inbound import message_mac
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.routes import TOGETHER, Route, route
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import instalments, queries, records
from encaiss_dashboard.storage.instalments import Due
from encaiss_dashboard.storage.nights import night
from encaiss_dashboard.storage.prospects import Prospect
from encaiss_dashboard.storage.recipients import reachable
from encaiss_dashboard.work import Work

RECENT: Final = 20


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message that a night would send.

    Attributes:
        recipient: e-mail addresses or the number of a telephone, "" when it goes on paper.
        route: by which way it goes, and why not as its step says.
        plan_version: of the client's plan that it follows.
        why: which invoice reached which step by which of the plan's rules.
        stop_id: of the message before an instalment, its plan of instalments; None for any other.
    """

    debtor_id: int
    name: str
    language: str
    recipient: str
    planned: Planned
    plan_version: int
    route: Route
    why: Why
    stop_id: int | None = None

    @property
    def channel(self) -> Channel:
        """How it goes."""
        return self.route.channel


@dataclass(frozen=True, slots=True)
class HeldMessage:
    """One message that is due and stays, and why; ``instalment_on`` of the one before that instalment."""

    debtor_id: int
    name: str
    held: Held
    instalment_on: date | None = None


@dataclass(frozen=True, slots=True)
class Night:
    """Everything one client's run would do on a day."""

    on: date
    messages: tuple[PlannedMessage, ...]
    held: tuple[HeldMessage, ...]


class MessageState(StrEnum):
    """What became of a message, derived from its times."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message that was planned, whatever became of it.

    Attributes:
        at: when it reached its state.
        detail: the server's words; of a dropped one why: ``settled`` or the delegation's state.
        step: what it is called, a catalogue key below ``step.``.
    """

    id: int
    debtor_id: int
    name: str
    step: str
    channel: str
    recipient: str
    state: MessageState
    at: datetime
    detail: str


def foresee(work: Work, client_id: int | None, debtor_id: int | None = None) -> Night:
    """What a run today would send and hold, for all debtors or for one; changes nothing."""
    client = work.require(Action.VIEW, client_id)
    some = None if debtor_id is None else [debtor_id]
    outcomes = {one.debtor_id: one for one in night(work.session, client, work.today, some)}
    busy = {key for key, one in outcomes.items() if isinstance(one.result, Planned)}
    parts = defaultdict[int, list[Due]](list)
    for due in instalments.due(work.session, client, work.today, busy=busy, debtor_ids=some):
        parts[due.debtor_id].append(due)
    ways = _Ways(reachable(work.session, client, debtor_id), texts=work.texts is not None)
    messages, held = list[PlannedMessage](), list[HeldMessage]()
    for key, name, language, phone in queries.names(work.session, client):
        to = _Debtor(key, name, language, phone)
        outcome = outcomes.get(key)
        result, seen = (outcome.result, outcome.seen) if outcome else (None, None)
        if isinstance(result, Held):
            held.append(HeldMessage(key, name, result))
        elif result is not None and seen is not None:
            messages.append(ways.statement(to, result, seen))
        for due in parts.get(key, ()):
            if isinstance(due.result, Planned):
                messages.append(ways.instalment(to, due, due.result))
            else:
                held.append(HeldMessage(key, name, due.result, due.about.due))
    return Night(work.today, tuple(messages), tuple(held))


class _Debtor(NamedTuple):
    id: int
    name: str
    language: str
    phone: str


@dataclass(frozen=True, slots=True)
class _Ways:
    """By which way each message of a night goes."""

    emails: Mapping[int, tuple[str, ...]]
    texts: bool

    def statement(self, to: _Debtor, planned: Planned, seen: Prospect) -> PlannedMessage:
        step = seen.plan.step(planned.step)
        way = self._way(to, step.channel if step else Channel.EMAIL)
        who = to.id, to.name, to.language, TOGETHER.join(way.to)
        return PlannedMessage(*who, planned, seen.version, way, seen.why(planned))

    def instalment(self, to: _Debtor, due: Due, planned: Planned) -> PlannedMessage:
        """By e-mail, else by post: no step of a plan says how."""
        way = self._way(to, Channel.EMAIL)
        who = to.id, to.name, to.language, TOGETHER.join(way.to)
        why = why_instalment(due.about, due.seen.on)
        return PlannedMessage(*who, planned, due.seen.version, way, why, due.stop_id)

    def _way(self, to: _Debtor, wanted: Channel) -> Route:
        return route(wanted, emails=self.emails.get(to.id, ()), phone=to.phone, texts=self.texts)


def intend(work: Work, client_id: int | None) -> tuple[Night, list[int]]:
    """Keep what is due today as intentions; returns the night and the new messages' ids.

    Run twice, or by two workers at once, it keeps each message once: the client's row is locked while
    it plans, the message id follows from debtor, day and step or instalment, no invoice takes a step twice,
    and no instalment has two messages.
    """
    client = work.require(Action.REMIND, client_id)
    work.session.exec(select(records.Client).where(records.Client.id == client).with_for_update()).one()
    tonight = foresee(work, client)
    agency = queries.agency(work.session)
    slug = queries.client(work.session, client).slug
    made = []
    for message in tonight.messages:
        row = _row(work, client, message, tonight.on)
        left = f"{slug}.{message.debtor_id}.{tonight.on:%Y%m%d}.{_ending(message)}"
        row.message_id = _message_id(work, left, agency.email.rpartition("@")[2])
        # What goes on paper is sent to the agency's post tray; a call may have no number yet.
        row.recipient = agency.email if message.route.channel.on_paper else message.recipient
        try:
            with work.session.begin_nested():
                work.session.add(row)
                work.session.flush()
                work.session.add_all(_lines(message, row))
                work.session.flush()
        except IntegrityError:  # the same was kept by a run that began before this one
            continue
        made.append(queries.known(row.id))
    return tonight, made


def _row(work: Work, client_id: int, message: PlannedMessage, on: date) -> records.OutboxMessage:
    about = message.planned.instalment
    return records.OutboxMessage(
        client_id=client_id,
        debtor_id=message.debtor_id,
        message_id="",
        day=on,
        step=message.planned.step.value,
        language=message.language,
        channel=message.route.channel.value,
        recipient="",
        rerouted=message.route.rerouted or "",
        plan_version=message.plan_version,
        created_at=work.now,
        stop_id=message.stop_id,
        instalment_on=about.due if about else None,
        instalment_cents=sum(one.cents for one in message.planned.totals.values()) if about else None,
    )


def _ending(message: PlannedMessage) -> str:
    """Of the message id: the step, or which instalment of which plan; short, for a header of one line."""
    about = message.planned.instalment
    return f"i{message.stop_id}-{about.due:%y%m%d}" if about else message.planned.step.value


def those_kept(
    work: Work, client_id: int | None, night: Night, made: Sequence[int]
) -> tuple[PlannedMessage, ...]:
    """The messages of a night that :func:`intend` kept, without those that another run had kept before."""
    client = work.require(Action.VIEW, client_id)
    if len(made) == len(night.messages):
        return night.messages
    message = records.OutboxMessage
    new = select(message.debtor_id, message.stop_id).where(
        message.client_id == client, message.day == night.on, col(message.id) >= min(made, default=0)
    )
    kept = set(work.session.exec(new)) if made else set()
    return tuple(one for one in night.messages if (one.debtor_id, one.stop_id) in kept)


def _lines(message: PlannedMessage, row: records.OutboxMessage) -> list[records.OutboxLine]:
    return [
        records.OutboxLine(
            client_id=row.client_id,
            message_id=queries.known(row.id),
            invoice_id=line.invoice.id,
            step=line.step.value if line.step else None,
            days_late=line.days_late,
            open_cents=line.open.cents,
            currency=line.open.currency,
        )
        for line in message.planned.lines
    ]


def _message_id(work: Work, left: str, domain: str) -> str:
    """The same for the same debtor, day and step, and not to be guessed: who names it was written to."""
    return f"{left}.{message_mac(work.sign, left)}@{domain}"


def recent(work: Work, client_id: int | None) -> tuple[MessageLine, ...]:
    """The messages planned last, newest first."""
    client = work.require(Action.VIEW, client_id)
    message, debtor = records.OutboxMessage, records.Debtor
    rows = work.session.exec(
        select(message, debtor.name)
        .join(debtor, col(debtor.id) == col(message.debtor_id))
        .where(message.client_id == client)
        .order_by(col(message.id).desc())
        .limit(RECENT)
    )
    return tuple(_recent(row, name) for row, name in rows)


def undelivered(work: Work, client_id: int | None) -> int:
    """How many planned messages have no outcome yet."""
    client = work.require(Action.VIEW, client_id)
    message = records.OutboxMessage
    ends = (message.sent_at, message.failed_at, message.dropped_at)
    open_ended = (col(end).is_(None) for end in ends)
    return work.session.exec(select(func.count()).where(message.client_id == client, *open_ended)).one()


def _recent(row: records.OutboxMessage, name: str) -> MessageLine:
    ends = (
        (MessageState.SENT, row.sent_at),
        (MessageState.FAILED, row.failed_at),
        (MessageState.DROPPED, row.dropped_at),
    )
    state, at = next(((s, t) for s, t in ends if t is not None), (MessageState.WAITING, row.created_at))
    return MessageLine(
        id=queries.known(row.id),
        debtor_id=row.debtor_id,
        name=name,
        step=row.word,
        channel=row.channel,
        recipient=row.recipient,
        state=state,
        at=at,
        detail=row.detail,
    )
