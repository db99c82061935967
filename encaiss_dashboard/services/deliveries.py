"""Handing messages over: the balance is asked once more, the letter written, the outcome kept.

A delivery is two transactions with the sending between them, so that no mail ever leaves inside one.
A crash in between leaves the message claimed; after a quarter of an hour it is handed over again
under the same message id: at least once, deduplicated by that id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement
from sqlmodel import col, or_, select, update

from encaiss_dashboard.domain.delegation import DelegationState, status
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.invoices import Invoice
from encaiss_dashboard.domain.letters import (
    BankAccount,
    CreditLine,
    Delivered,
    DeliveryFailed,
    LetterLine,
    Message,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.references import ogm_for_debtor
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind, record
from encaiss_dashboard.work import Work

ATTEMPTS_MAX: Final = 5
INTERRUPTED_AFTER: Final = timedelta(minutes=15)


def waiting(work: Work, client_id: int | None = None) -> list[int]:
    """Ids of the messages that may be handed over now, oldest first."""
    message = records.OutboxMessage
    query = select(message).where(*_open(work))
    if client_id is not None:
        query = query.where(message.client_id == client_id)
    return [queries.known(row.id) for row in work.session.exec(query.order_by(col(message.id)))]


def _open(work: Work) -> list[ColumnElement[bool]]:
    message = records.OutboxMessage
    return [
        col(message.sent_at).is_(None),
        col(message.failed_at).is_(None),
        col(message.dropped_at).is_(None),
        or_(col(message.claimed_at).is_(None), col(message.claimed_at) < work.now - INTERRUPTED_AFTER),
    ]


def hand_over(work: Work, message_id: int) -> Message | None:
    """Claim a message for delivery and write it from today's balances.

    Returns:
        The message to send, or None: somebody else has it, or nothing is owed any more, in which case
        it is dropped for good and the journal says why.
    """
    claimed = work.session.exec(
        update(records.OutboxMessage)
        .where(col(records.OutboxMessage.id) == message_id, *_open(work))
        .values(claimed_at=work.now, attempts=records.OutboxMessage.attempts + 1)
    )
    if claimed.rowcount != 1:
        return None
    row = work.session.get_one(records.OutboxMessage, message_id, populate_existing=True)
    work.require(Action.REMIND, row.client_id)
    events = queries.delegation_events(work.session, row.client_id, [row.debtor_id])
    stands = status(events.get(row.debtor_id, []), work.today)
    if stands.state is not DelegationState.DELEGATED:
        _drop(work, row, stands.state.value)
        return None
    sections = _sections(work, row)
    if not sections:
        _drop(work, row, "settled")
        return None
    letter = work.letters.write_statement(statement_letter(work, row.client_id, row.debtor_id, row, sections))
    row.subject, row.body_text, row.body_html = letter.subject, letter.text, letter.html
    client, agency = queries.client(work.session, row.client_id), queries.agency(work.session)
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
    """Keep what became of a message that was handed over."""
    row = work.session.get_one(records.OutboxMessage, message_id)
    work.require(Action.REMIND, row.client_id)
    row.detail = outcome.detail if isinstance(outcome, Delivered) else outcome.reason
    if isinstance(outcome, Delivered):
        row.sent_at = work.now
        _act(work, row, ActKind.SENT)
    elif outcome.permanent or row.attempts >= ATTEMPTS_MAX:
        row.failed_at = work.now
        _act(work, row, ActKind.FAILED)
    else:
        row.claimed_at = None


def statement_letter(
    work: Work,
    client_id: int,
    debtor_id: int,
    row: records.OutboxMessage,
    sections: Sequence[Section],
) -> StatementLetter:
    """The facts of one letter, from the records as they are today."""
    client, agency = queries.client(work.session, client_id), queries.agency(work.session)
    debtor = queries.debtor(work.session, client_id, debtor_id)
    where = " ".join(part for part in (debtor.postcode, debtor.city) if part)
    return StatementLetter(
        step=StepCode(row.step),
        language=row.language,
        on=work.today,
        sender=Party(
            agency.name,
            agency.enterprise_number,
            tuple(agency.address.splitlines()),
            agency.email,
            agency.phone,
        ),
        creditor=Party(
            client.name,
            client.enterprise_number,
            tuple(client.address.splitlines()),
            client.email,
            client.phone,
        ),
        debtor=Party(
            debtor.name,
            debtor.enterprise_number,
            tuple(part for part in (debtor.address, where) if part),
            row.recipient if row.channel == "email" else "",
        ),
        account=BankAccount(client.iban, client.bic, client.name) if client.iban else None,
        sections=tuple(sections),
        reference=ogm_for_debtor(debtor_id),
    )


def _sections(work: Work, row: records.OutboxMessage) -> list[Section]:
    """What is still owed of a message's lines; lines settled since are marked dropped."""
    lines = work.session.exec(
        select(records.OutboxLine)
        .where(records.OutboxLine.message_id == row.id)
        .order_by(col(records.OutboxLine.id))
    ).all()
    free = queries.free_credits(work.session, row.client_id, work.today)
    credit = {amount.currency: amount for amount in free.get(row.debtor_id, [])}
    sections = []
    for currency, ledger in queries.ledgers(work.session, row.client_id, [row.debtor_id]).items():
        balances = ledger.open_cents(work.today)
        invoices = {i.id: i for i in ledger.invoices}
        kept = []
        for line in lines:
            if line.currency != currency:
                continue
            line.open_cents = max(0, balances.get(line.invoice_id, 0))
            line.days_late = invoices[line.invoice_id].days_late(work.today)
            line.dropped = line.open_cents == 0
            if not line.dropped:
                kept.append(_line(line, invoices[line.invoice_id]))
        section = _section(currency, kept, credit.get(currency))
        if section is not None:
            sections.append(section)
    # Without one line that takes a step there is no reason to write at all.
    return sections if any(line.step for section in sections for line in section.lines) else []


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


def _section(currency: str, lines: Sequence[LetterLine], credit: Money | None) -> Section | None:
    owed = Money.total((line.open for line in lines), currency)
    credits = (CreditLine("", None, credit),) if credit else ()  # noqa: A001 - the trade's word
    total = owed - credit if credit else owed
    return Section(currency, tuple(lines), credits, total) if total.cents > 0 else None


def _drop(work: Work, row: records.OutboxMessage, why: str) -> None:
    row.dropped_at, row.detail = work.now, why
    for line in work.session.exec(select(records.OutboxLine).where(records.OutboxLine.message_id == row.id)):
        line.dropped = True
    _act(work, row, ActKind.DROPPED)


def _act(work: Work, row: records.OutboxMessage, kind: ActKind) -> None:
    record(
        work.session,
        client_id=row.client_id,
        debtor_id=row.debtor_id,
        kind=kind,
        day=work.today,
        at=work.now,
        user_id=work.actor.user_id,
        facts={
            "step": row.step,
            "channel": row.channel,
            "to": row.recipient,
            "message": row.id,
            "detail": row.detail,
        },
    )
