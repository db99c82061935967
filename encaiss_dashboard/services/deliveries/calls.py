"""Calls that plans ask for: which are to be made, what is said in one, and how it went.

A call waits in the outbox like any message. Before it is shown, and again before its outcome is kept,
the balances are asked as for a letter: what was paid or stopped meanwhile is not talked about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.calls import (
    TRIES_MAX,
    next_call,
)
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import FirstReminder, Section
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.references import ogm_for_debtor
from encaiss_dashboard.services.deliveries import calling, outcomes
from encaiss_dashboard.services.deliveries.asking import asked_for
from encaiss_dashboard.storage import calls as reads
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.calls import CallAttempt, WaitingCall
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work

LISTED_MAX: Final = 100
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call in the list of those to make.

    Attributes:
        id: of its message.
        phone: as dialled, "" while nobody knows it.
        owed: what is past due of its invoices today, one sum per currency.
        days_late: of the oldest of them.
        tries: how often nobody answered.
        next_on: when it is made again, None for one that nobody tried.
        due: whether it is to be made today.
    """

    id: int
    client_id: int
    client: str
    debtor_id: int
    debtor: str
    phone: str
    step: StepCode
    planned_on: date
    owed: tuple[Money, ...]
    days_late: int
    tries: int
    next_on: date | None
    due: bool


@dataclass(frozen=True, slots=True)
class ToMake:
    """The calls of all clients that somebody works for.

    Attributes:
        lines: those due today first, the oldest first among each.
        left_off: how many more there are.
        open_now: whether anybody may be called at this hour.
    """

    lines: tuple[CallLine, ...]
    left_off: int
    open_now: bool


@dataclass(frozen=True, slots=True)
class Try:
    """A call before that nobody answered."""

    on: date
    transcript: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call with all that is said in it, as of today.

    Attributes:
        line: as in the list.
        sections: its invoices and what is claimed besides, by currency.
        language: of the debtor.
        consumer: whether Book XIX of the Code of economic law protects it.
        first_reminder: what a consumer's first reminder has to say, else None.
        agency, creditor, iban, reference: who calls, for whom, and how it is paid.
        tries: the calls before, oldest first.
        again_on: when it is made again if nobody answers and nothing else is said.
        tomorrow: the first day that may be chosen for it.
        last_try: whether the step counts as tried when nobody answers this time.
    """

    line: CallLine
    sections: tuple[Section, ...]
    language: str
    consumer: bool
    first_reminder: FirstReminder | None
    agency: str
    creditor: str
    iban: str
    reference: str
    tries: tuple[Try, ...]
    again_on: date
    tomorrow: date
    last_try: bool


def to_make(work: Work, client_id: int | None) -> ToMake:  # noqa: ARG001 - the whole desk
    """The calls of the clients that the actor reminds for; without those that have no reason any more.

    Raises:
        NotAllowed: nobody of the agency.
    """
    clients = calling.followed(work.actor, work.session)
    found = list[CallLine]()
    by_client: dict[int, list[WaitingCall]] = {}
    for one in reads.waiting(work.session, clients):
        by_client.setdefault(one.client_id, []).append(one)
    for key, waiting in by_client.items():
        found += _lines(work, clients[key], waiting)
    found.sort(key=lambda line: (not line.due, line.planned_on, line.id))
    shown = tuple(found[:LISTED_MAX])
    return ToMake(shown, len(found) - len(shown), work.hours.are_open(work.now))


def tidy(work: Work, client_id: int | None) -> int:
    """Drop the calls of a client that have no reason any more, and say why; returns how many.

    Raises:
        NotAllowed: the actor may not send that client's messages.
    """
    client = work.require(Action.REMIND, client_id)
    dropped = 0
    for one in reads.waiting(work.session, [client]):
        row = work.session.get_one(records.OutboxMessage, one.id, with_for_update=True)
        dropped += calling.is_open(row) and asked_for(row, work) is None
    return dropped


def call(work: Work, client_id: int | None, message_id: int) -> Call | None:  # noqa: ARG001
    """One call that is to be made, written from today's balances.

    Returns:
        It, or None: there is no reason for it any more, it was dropped, and the journal says why.

    Raises:
        NotAllowed: nobody of the agency.
        NotFound: no call of a client that the actor reminds for.
        CallOver: it has its outcome.
    """
    row, client = calling.call_row(message_id, work)
    asked = asked_for(row, work)
    if asked is None:
        return None
    claimant, sections = asked
    before = reads.attempts(work.session, [message_id]).get(message_id, [])
    [line] = _lines(work, client, [_waiting(row, before)])
    consumer = claimant.seen.standing.consumer
    return Call(
        line=line,
        sections=tuple(sections),
        language=row.language,
        consumer=consumer,
        first_reminder=claimant.first_reminder(calling.invoice_lines(row, work)) if consumer else None,
        agency=queries.agency(work.session).name,
        creditor=client.name,
        iban=client.iban,
        reference=ogm_for_debtor(row.debtor_id),
        tries=tuple(Try(one.on, one.transcript) for one in before),
        again_on=next_call(None, work.today, claimant.seen.plan.sending),
        tomorrow=work.today + timedelta(days=1),
        last_try=len(before) + 1 >= TRIES_MAX,
    )


def _lines(work: Work, client: records.Client, waiting: list[WaitingCall]) -> list[CallLine]:
    """Those of one client that have a reason today."""
    key = queries.known(client.id)
    debtor_ids = sorted({one.debtor_id for one in waiting})
    seen = prospects(work.session, key, work.today, debtor_ids)
    named = _named(work, [one.id for one in waiting])
    found = []
    for one in waiting:
        about = [
            item
            for item in seen[one.debtor_id].invoices
            if item.invoice.id in named.get(one.id, ()) and item.stop is None
        ]
        if not about or outcomes.no_reason(seen[one.debtor_id]):
            continue
        debtor = queries.debtor(work.session, key, one.debtor_id)
        found.append(
            CallLine(
                id=one.id,
                client_id=key,
                client=client.name,
                debtor_id=one.debtor_id,
                debtor=debtor.name,
                phone=debtor.phone,
                step=StepCode(one.step),
                planned_on=one.day,
                owed=_sums(seen[one.debtor_id], {item.invoice.id for item in about}),
                days_late=max(item.invoice.days_late(work.today) for item in about),
                tries=one.tries,
                next_on=one.next_on,
                due=one.is_due(work.today),
            )
        )
    return found


def _sums(seen: Prospect, invoice_ids: set[int]) -> tuple[Money, ...]:
    by_currency: dict[str, list[Money]] = {}
    for item in seen.invoices:
        if item.invoice.id in invoice_ids:
            by_currency.setdefault(item.open.currency, []).append(item.open)
    return tuple(Money.total(some, currency) for currency, some in sorted(by_currency.items()))


def _named(work: Work, message_ids: list[int]) -> dict[int, set[int]]:
    line = records.OutboxLine
    query = select(line.message_id, line.invoice_id).where(
        col(line.message_id).in_(message_ids), col(line.dropped).is_(False)
    )
    named: dict[int, set[int]] = {}
    for message_id, invoice_id in work.session.exec(query):
        named.setdefault(message_id, set()).add(invoice_id)
    return named


def _waiting(row: records.OutboxMessage, before: list[CallAttempt]) -> WaitingCall:
    return WaitingCall(
        queries.known(row.id),
        row.client_id,
        row.debtor_id,
        row.day,
        row.step,
        tries=len(before),
        next_on=before[-1].next_on if before else None,
    )
