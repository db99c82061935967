"""Handing messages over: the balance is asked once more, the letter written, the outcome kept.

A delivery is two transactions with the sending between them, so that no mail ever leaves inside one.
A crash in between leaves the message claimed; after a quarter of an hour it is handed over again
under the same message id: at least once, deduplicated by that id. A message that was refused for now
has its outcome in ``detail`` and no such doubt about it: a run that somebody asks for tries it at
once, the worker's own rounds wait longer each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import and_, col, or_, select, update

from encaiss_dashboard.domain.delegation import DelegationState, status
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.invoices import Invoice, Ledger
from encaiss_dashboard.domain.letters import (
    Delivered,
    DeliveryFailed,
    Letter,
    LetterLine,
    Message,
    Section,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage import letters, papers, posting, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

# With the waits below, a mail server may be away for a night and a day before a message is given up.
ATTEMPTS_MAX: Final = 8
INTERRUPTED_AFTER: Final = timedelta(minutes=15)


def waiting(work: Work, client_id: int | None = None, *, at_once: bool = True) -> list[int]:
    """Ids of the messages of one client, or of all, that may be handed over now, oldest first.

    Not ``at_once`` leaves out what was refused for now until its wait is over: a quarter of an hour
    after the first attempt, twice as long after each further one.

    Raises:
        NotAllowed: the actor may not send that client's messages.
    """
    message = records.OutboxMessage
    query = select(message.id, message.client_id).where(*_open(work))
    if client_id is not None:
        query = query.where(message.client_id == work.require(Action.REMIND, client_id))
    if not at_once:
        over = [
            and_(message.attempts == n, col(message.claimed_at) < work.now - INTERRUPTED_AFTER * 2 ** (n - 1))
            for n in range(1, ATTEMPTS_MAX + 1)
        ]
        query = query.where(or_(col(message.claimed_at).is_(None), *over))
    found = work.session.exec(query.order_by(col(message.id)))
    return [queries.known(key) for key, owner in found if work.actor.may(Action.REMIND, owner)]


def _open(work: Work) -> list[ColumnElement[bool]]:
    message = records.OutboxMessage
    return [
        col(message.sent_at).is_(None),
        col(message.failed_at).is_(None),
        col(message.dropped_at).is_(None),
        or_(
            col(message.claimed_at).is_(None),
            col(message.detail) != "",
            col(message.claimed_at) < work.now - INTERRUPTED_AFTER,
        ),
    ]


def hand_over(work: Work, message_id: int) -> Message | None:
    """Claim a message for delivery and write it from today's balances.

    Returns:
        The message to send, or None: somebody else has it, or there is no reason for it any more, in
        which case it is dropped for good and the journal says why.

    Raises:
        NotAllowed: the actor may not send that client's messages.
    """
    claimed = work.session.exec(
        update(records.OutboxMessage)
        .where(col(records.OutboxMessage.id) == message_id, *_open(work))
        .values(claimed_at=work.now, attempts=records.OutboxMessage.attempts + 1, detail="")
    )
    if claimed.rowcount != 1:
        return None
    row = work.session.get_one(records.OutboxMessage, message_id, populate_existing=True)
    work.require(Action.REMIND, row.client_id)
    if row.attempts > ATTEMPTS_MAX:
        row.detail = "interrupted"
        _fail(work, row)
        return None
    events = queries.delegation_events(work.session, row.client_id, [row.debtor_id])
    stands = status(events.get(row.debtor_id, []), work.today)
    if stands.state is not DelegationState.DELEGATED:
        _drop(work, row, stands.state.value)
        return None
    sections = _sections(work, row)
    steps = [StepCode(line.step) for section in sections for line in section.lines if line.step]
    if not steps:
        _drop(work, row, "settled")
        return None
    # The invoice that set the tone may be paid by now.
    row.step = max(steps, key=lambda code: code.rank).value
    facts = letters.statement_letter(
        work.session,
        row.client_id,
        row.debtor_id,
        sections,
        step=StepCode(row.step),
        language=row.language,
        on=work.today,
        email=row.recipient if row.channel == "email" else "",
        logo=letters.logo(work.session, row.client_id, work.store.load),
    )
    row.text_version = facts.texts.version
    letter = work.letters.write_statement(facts)
    row.subject, row.body_text, row.body_html = letter.subject, letter.text, letter.html
    if row.channel in papers.PAPER:
        work.store.keep(posting.store_key(message_id), letter.paper)
    return _message(work, row, letter)


def _message(work: Work, row: records.OutboxMessage, letter: Letter) -> Message:
    client, agency = queries.client(work.session, row.client_id), queries.agency(work.session)
    if row.channel == "post":
        debtor = queries.debtor(work.session, row.client_id, row.debtor_id).name
        subject = text(client.language, "reminders.post_subject", debtor=debtor, subject=letter.subject)
        letter = replace(letter, subject=subject)
    return Message(
        message_id=row.message_id,
        sender_name=f"{client.name} via {agency.name}",
        sender_email=agency.email,
        to=(row.recipient,),
        reply_to=agency.email,
        letter=letter,
        language=row.language,
        at=row.created_at,
    )


def settle(work: Work, message_id: int, outcome: Delivered | DeliveryFailed) -> None:
    """Keep what became of a message that was handed over; refused for now, it goes on waiting.

    A message that failed for good has reminded nobody: its invoices are free to take the step again.

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
    if isinstance(outcome, Delivered):
        row.sent_at = work.now
        _act(work, row, ActKind.SENT)
    elif outcome.permanent or row.attempts >= ATTEMPTS_MAX:
        _fail(work, row)


def _sections(work: Work, row: records.OutboxMessage) -> list[Section]:
    """What is still owed of a message's lines; those that it no longer names are marked dropped."""
    lines = work.session.exec(
        select(records.OutboxLine)
        .where(records.OutboxLine.message_id == row.id, col(records.OutboxLine.dropped).is_(False))
        .order_by(col(records.OutboxLine.id))
    ).all()
    sections = []
    for currency, ledger in queries.ledgers(work.session, row.client_id, [row.debtor_id]).items():
        mine = [line for line in lines if line.currency == currency]
        credit = ledger.unallocated(work.today)
        section = letters.section(currency, _still_owed(work, ledger, mine), credit)
        if section is not None:
            sections.append(section)
        else:
            for line in mine:
                line.dropped = True
    return sections


def _still_owed(work: Work, ledger: Ledger, lines: Sequence[records.OutboxLine]) -> list[LetterLine]:
    """Today's balances; without what is paid, or no longer due because its due date was corrected."""
    balances = ledger.open_cents(work.today)
    invoices = {i.id: i for i in ledger.invoices}
    for line in lines:
        line.open_cents = max(0, balances.get(line.invoice_id, 0))
        line.days_late = invoices[line.invoice_id].days_late(work.today)
        in_time = line.days_late < 1
        line.dropped = line.open_cents == 0 or in_time != (line.step == StepCode.COURTESY)
    return [_line(line, invoices[line.invoice_id]) for line in lines if not line.dropped]


def _line(line: records.OutboxLine, invoice: Invoice) -> LetterLine:
    return LetterLine(
        number=invoice.number,
        issue=invoice.issue,
        due=invoice.due,
        total=invoice.total,
        open=Money(line.open_cents, line.currency),
        days_late=line.days_late,
        step=line.step,
    )


def _drop(work: Work, row: records.OutboxMessage, why: str) -> None:
    row.dropped_at, row.detail = work.now, why
    _free_steps(work, row)
    _act(work, row, ActKind.DROPPED)


def _fail(work: Work, row: records.OutboxMessage) -> None:
    row.failed_at = work.now
    _free_steps(work, row)
    _act(work, row, ActKind.FAILED)


def _free_steps(work: Work, row: records.OutboxMessage) -> None:
    for line in work.session.exec(select(records.OutboxLine).where(records.OutboxLine.message_id == row.id)):
        line.dropped = True


def _act(work: Work, row: records.OutboxMessage, kind: ActKind) -> None:
    work.journal.record(
        kind,
        day=work.today,
        client_id=row.client_id,
        debtor_id=row.debtor_id,
        facts={
            "step": row.step,
            "channel": row.channel,
            "to": row.recipient,
            "message": row.id,
            "detail": row.detail,
        },
    )
