"""What a message says when it leaves: from today's balances, kept byte for byte, the same on a retry.

All of it is about a message that its caller has claimed, and was allowed to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.dunning import StatementLine, StepCode
from encaiss_dashboard.domain.inbound import reply_address
from encaiss_dashboard.domain.invoices import Invoice, Ledger
from encaiss_dashboard.domain.letters import (
    Letter,
    LetterLine,
    Message,
    Section,
    ShortMessage,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.routes import TOGETHER
from encaiss_dashboard.domain.short_texts import fitted
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.deliveries.claiming import Claimant
from encaiss_dashboard.storage import letters, posting, queries, records
from encaiss_dashboard.storage.contents import content_key
from encaiss_dashboard.work import Work

_CURRENCIES_NAMED: Final = 2


@dataclass(frozen=True, slots=True)
class _Envelope:
    """All that a content follows from; its ``repr`` is what is compared between two attempts."""

    facts: StatementLetter
    channel: str
    to: tuple[str, ...]
    copies: tuple[str, ...]
    sender: tuple[str, str]
    answers: str

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()


def message(claimant: Claimant, sections: Sequence[Section]) -> Message | ShortMessage:
    """A message ready to be handed over, its bytes kept.

    When all that it follows from is as at an attempt before (the day, the balances, who writes to whom),
    the bytes of then go again. Else it is written anew, under the same id and beside the old ones: the
    debtor's server may have taken those, and whoever asks must find both.
    """
    row, work = claimant.row, claimant.work
    client, agency = queries.client(work.session, row.client_id), queries.agency(work.session)
    envelope = _Envelope(
        facts=letters.statement_letter(
            work.session,
            row.client_id,
            row.debtor_id,
            sections,
            step=StepCode(row.step),
            language=row.language,
            on=work.today,
            email=row.recipient if row.channel == Channel.EMAIL else "",
            logo=letters.logo(work.session, row.client_id, work.store.load),
            first_reminder=claimant.first_reminder(_lines(row, work)),
            consumer=claimant.seen.standing.consumer,
            instalment=claimant.instalment,
        ),
        channel=row.channel,
        to=tuple(row.recipient.split(TOGETHER)),
        copies=(client.email,) if client.copied and client.email and row.channel == Channel.EMAIL else (),
        sender=(f"{client.name} via {agency.name}", agency.email),
        answers=_answers(row, work),
    )
    if row.channel == Channel.SMS:
        return _text(work, row, envelope)
    content = _kept(work, row, envelope)
    letter = Letter(row.subject, row.body_text, row.body_html, ())
    if not content:
        letter = work.letters.write_statement(envelope.facts)
        row.subject, row.body_text, row.body_html = letter.subject, letter.text, letter.html
        row.text_version = envelope.facts.texts.version
        if Channel(row.channel).on_paper:
            work.store.keep(posting.store_key(queries.known(row.id)), letter.paper)
    mail = Message(
        message_id=row.message_id,
        sender_name=envelope.sender[0],
        sender_email=envelope.sender[1],
        to=envelope.to,
        reply_to=envelope.answers or agency.email,
        return_path=envelope.answers,
        letter=replace(letter, subject=_outside(row, client, envelope.facts, letter.subject)),
        language=row.language,
        at=row.created_at,
        copies=envelope.copies,
    )
    return replace(mail, content=content or _keep(work, row, envelope, work.seal(mail)))


def _answers(row: records.OutboxMessage, work: Work) -> str:
    """Where this debtor's answers come to, "" for the agency's address.

    A letter to be posted goes to the agency: neither an answer to it nor its failure is the debtor's.
    """
    if not work.reply_address or row.channel != Channel.EMAIL:
        return ""
    return reply_address(work.reply_address, work.sign, row.client_id, row.debtor_id)


def _outside(row: records.OutboxMessage, client: records.Client, facts: StatementLetter, subject: str) -> str:
    """The subject of the mail: who empties the post tray reads first what to do with a letter."""
    if not Channel(row.channel).on_paper:
        return subject
    key = f"reminders.{row.channel}_subject"
    return text(client.language, key, debtor=facts.debtor.name, subject=subject)


def _text(work: Work, row: records.OutboxMessage, envelope: _Envelope) -> ShortMessage:
    """Only a total and a reference: a telephone lies about, and shows what it gets to whoever looks."""
    assert work.texts is not None, "a text is only planned where there is a provider"
    facts = envelope.facts
    totals = [f"{one.currency} {_amount(one.total)}" for one in facts.sections]
    named = " + ".join([*totals[:_CURRENCIES_NAMED], *(["…"] if len(totals) > _CURRENCIES_NAMED else [])])
    key = "sms.text_phone" if facts.sender.phone else "sms.text"
    after = text(row.language, key, total=named, reference=facts.reference, phone=facts.sender.phone[:20])
    words = fitted("", facts.creditor.name, f": {after}")
    row.subject, row.body_text, row.body_html = "", words, ""
    written = work.texts.write(row.message_id, row.recipient, words)
    content = _kept(work, row, envelope) or _keep(work, row, envelope, written.content)
    return replace(written, content=content)


def _amount(amount: Money) -> str:
    return f"{amount.cents // 100},{amount.cents % 100:02}"


def _kept(work: Work, row: records.OutboxMessage, envelope: _Envelope) -> bytes:
    """The bytes of the attempt before, b"" when they would not say what is true now."""
    if not row.contents or row.written_from != envelope.digest:
        return b""
    try:
        content = work.store.load(content_key(row))
    except FileNotFoundError:
        return b""
    return content if hashlib.sha256(content).hexdigest() == row.contents[-1] else b""


def _keep(work: Work, row: records.OutboxMessage, envelope: _Envelope, content: bytes) -> bytes:
    row.contents = [*row.contents, hashlib.sha256(content).hexdigest()]
    row.written_from = envelope.digest
    work.store.keep(content_key(row), content)
    return content


def _lines(row: records.OutboxMessage, work: Work) -> list[records.OutboxLine]:
    line = records.OutboxLine
    query = select(line).where(line.message_id == row.id, col(line.dropped).is_(False))
    return list(work.session.exec(query.order_by(col(line.id))))


def _all_lines(row: records.OutboxMessage, work: Work) -> list[records.OutboxLine]:
    line = records.OutboxLine
    return list(work.session.exec(select(line).where(line.message_id == row.id).order_by(col(line.id))))


def named(row: records.OutboxMessage, work: Work) -> set[int]:
    """Ids of the invoices that a message is still about."""
    line = records.OutboxLine
    query = select(line.invoice_id).where(line.message_id == row.id, col(line.dropped).is_(False))
    return set(work.session.exec(query))


def mark(row: records.OutboxMessage, work: Work, asked_for: Mapping[int, StatementLine]) -> None:
    """Keep what is open of each invoice of a message; those that it no longer asks for are marked dropped."""
    for line in _all_lines(row, work):
        today = asked_for.get(line.invoice_id)
        line.dropped = today is None
        if today is not None:
            line.open_cents, line.days_late = today.open.cents, today.days_late


def sections(claimant: Claimant, stopped: Collection[int]) -> list[Section]:
    """What is still owed of a message's lines; those that it no longer names are marked dropped.

    ``stopped`` are ids of invoices that nobody is asked for today.
    """
    row, work = claimant.row, claimant.work
    lines = _lines(row, work)
    for line in lines:
        line.dropped = line.invoice_id in stopped
    ledgers = queries.ledgers(work.session, row.client_id, [row.debtor_id])
    owed = {
        currency: _still_owed(
            work, ledger, [one for one in lines if one.currency == currency and not one.dropped]
        )
        for currency, ledger in ledgers.items()
    }
    claims = claimant.claims([line for line in lines if not line.dropped], ledgers)
    claimant.keep(claims)
    found = []
    for currency, ledger in ledgers.items():
        mine = [line for line in lines if line.currency == currency and not line.dropped]
        credit = ledger.unallocated(work.today) - _claimed_first(claimant, currency)
        section = letters.section(currency, owed[currency], credit, claims)
        if section is not None:
            found.append(section)
        else:
            for line in mine:
                line.dropped = True
    return found


def _claimed_first(claimant: Claimant, currency: str) -> Money:
    """What of a credit is not for the lines of a courtesy message: it belongs to what is late already."""
    if claimant.row.step != StepCode.COURTESY:
        return Money(0, currency)
    items, today = claimant.seen.invoices, claimant.work.today
    late = (item.open for item in items if item.stop is None and item.invoice.due < today)
    return Money.total((amount for amount in late if amount.currency == currency), currency)


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
