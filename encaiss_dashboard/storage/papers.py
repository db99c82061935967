"""Letters on paper: which wait for the post, which were posted lately, under which number."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlmodel import Session, and_, col, or_, select

from encaiss_dashboard.domain.references import ogm_for_debtor
from encaiss_dashboard.storage import desk, posting, queries, records

PAPER: Final = ("post", "registered")
POSTED_SHOWN_DAYS: Final = 45
# By then the next statement has replaced a letter that nobody printed.
_TRAY_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class PaperLetter:
    """One letter on paper.

    Attributes:
        id: of its message; message_id: the same as its mail would carry it.
        name, address: whom it goes to, as on the envelope.
        reference: what its payment will name.
        step: what it is called, a catalogue key below ``step.``.
        written_on: the day on which it was written.
        posted_on: the day it was brought to the post, None before.
        tracking: the number of the post, "" without one.
        invoices: numbers of what it asks for.
    """

    id: int
    message_id: str
    client_id: int
    client: str
    debtor_id: int
    name: str
    address: str
    reference: str
    channel: str
    step: str
    written_on: date
    posted_on: date | None
    tracking: str
    invoices: tuple[str, ...]


def letters(session: Session, clients: Mapping[int, records.Client], now: datetime) -> list[PaperLetter]:
    """Those of some clients that wait and those posted lately, the oldest first.

    A registered letter waits until somebody says that it was posted. Any other is posted too by whoever
    empties the tray by hand, and after a fortnight the next statement has replaced it.
    """
    rows = list(session.exec(_query(clients, now)))
    keys = [queries.known(row.id) for row, _ in rows]
    said, numbers, emptied = _said(session, keys), _numbers(session, keys), desk.emptied(session, clients)
    found = []
    for row, debtor in rows:
        key = queries.known(row.id)
        stated = said.get(key, (None, ""))
        gone = emptied.get(row.client_id)
        by_hand = row.channel == "post" and gone and row.sent_at and row.sent_at <= gone
        if stated[0] is not None or not by_hand:
            name = clients[row.client_id].name
            found.append(_letter(row, debtor, name, stated, numbers.get(key, ())))
    return found


def _query(clients: Collection[int], now: datetime) -> Any:
    message, debtor, said = records.OutboxMessage, records.Debtor, posting.Posting
    stated = select(said.message_id).where(col(said.client_id).in_(clients), col(said.posted_on).is_not(None))
    shown = now - timedelta(days=POSTED_SHOWN_DAYS)
    waits = or_(message.channel == "registered", col(message.created_at) > now - timedelta(days=_TRAY_DAYS))
    return (
        select(message, debtor)
        .join(debtor, col(debtor.id) == col(message.debtor_id))
        .where(
            col(message.client_id).in_(clients),
            col(message.channel).in_(PAPER),
            col(message.body_text) != "",
            col(message.failed_at).is_(None),
            col(message.dropped_at).is_(None),
            or_(
                and_(col(message.id).in_(stated), col(message.sent_at) > shown),
                and_(col(message.id).not_in(stated), waits),
            ),
        )
        .order_by(col(message.id))
    )


def _said(session: Session, keys: Collection[int]) -> dict[int, tuple[date | None, str]]:
    """Day and number of each letter, as they were said last."""
    said, found = posting.Posting, dict[int, tuple[date | None, str]]()
    query = select(said).where(col(said.message_id).in_(keys)).order_by(col(said.id))
    for row in session.exec(query):
        on, number = found.get(row.message_id, (None, ""))
        found[row.message_id] = (row.posted_on or on, row.tracking or number)
    return found


def _numbers(session: Session, keys: Collection[int]) -> dict[int, list[str]]:
    line, invoice = records.OutboxLine, records.Invoice
    query = (
        select(line.message_id, invoice.number)
        .join(invoice, col(invoice.id) == col(line.invoice_id))
        .where(col(line.message_id).in_(keys), col(line.dropped).is_(False))
        .order_by(col(line.id))
    )
    found: dict[int, list[str]] = {}
    for key, number in session.exec(query):
        found.setdefault(key, []).append(number)
    return found


def _letter(
    row: records.OutboxMessage,
    debtor: records.Debtor,
    client: str,
    stated: tuple[date | None, str],
    numbers: Collection[str],
) -> PaperLetter:
    where = " ".join(part for part in (debtor.postcode, debtor.city) if part)
    return PaperLetter(
        id=queries.known(row.id),
        message_id=row.message_id,
        client_id=row.client_id,
        client=client,
        debtor_id=row.debtor_id,
        name=debtor.name,
        address=", ".join(part for part in (debtor.address, where, debtor.country) if part),
        reference=ogm_for_debtor(row.debtor_id),
        channel=row.channel,
        step=row.word,
        written_on=row.day,
        posted_on=stated[0],
        tracking=stated[1],
        invoices=tuple(numbers),
    )
