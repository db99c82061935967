"""What debtors answered, as their file shows it; reading one lets the reminders go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.inbound import How, MailKind
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import merges, queries
from encaiss_dashboard.storage.inbound import InboundMessage, store_key
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Store, Work

SHOWN_MAX: Final = 500
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class ReplyFile:
    """A file of a mail, named and typed as its sender says."""

    number: int
    name: str
    mime: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Reply:
    """A mail of a debtor; its parts are those of :class:`InboundMessage`.

    Attributes:
        unread: what was to be sent next waits for it.
        answers: the message of ours that it answers, 0 when that is not known.
    """

    id: int
    client_id: int
    debtor_id: int
    kind: MailKind
    how: How
    sender_name: str
    sender_email: str
    subject: str
    text: str
    shown: str
    files: tuple[ReplyFile, ...]
    received_at: datetime
    whole: bool
    unread: bool
    answers: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Something of a mail to take away: always a file to keep, never a page to be shown."""

    name: str
    mime: str
    content: bytes


def of_debtor(work: Work, client_id: int | None, debtor_id: int) -> tuple[Reply, ...]:
    """The mails of a debtor and of those merged into it, newest first."""
    client = work.require(Action.VIEW, client_id)
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    key = merges.kept(work.session, client, debtor_id)
    mail = InboundMessage
    query = select(mail).where(mail.client_id == client, mail.debtor_id == key)
    found = work.session.exec(query.order_by(col(mail.id).desc()).limit(SHOWN_MAX))
    return tuple(reply_of(row) for row in found)


def reply_of(row: InboundMessage) -> Reply:
    """A mail as it is shown."""
    files = (
        ReplyFile(number, str(one["name"]), str(one["mime"]), int(one["size"]))
        for number, one in enumerate(row.files, start=1)
    )
    return Reply(
        id=queries.known(row.id),
        client_id=row.client_id or 0,
        debtor_id=row.debtor_id or 0,
        kind=MailKind(row.kind),
        how=How(row.how),
        sender_name=row.sender_name,
        sender_email=row.sender_email,
        subject=row.subject,
        text=row.text,
        shown=row.shown,
        files=tuple(files),
        received_at=row.received_at,
        whole=row.whole,
        unread=row.kind == MailKind.REPLY and row.looked_at is None,
        answers=row.outbox_id or 0,
    )


def reply(work: Work, client_id: int | None, reply_id: int) -> Reply:
    """One mail of a debtor of this client.

    Raises:
        NotFound: another client's, the agency's own, or none.
    """
    return reply_of(_mail(work, work.require(Action.VIEW, client_id), reply_id))


def attached(work: Work, client_id: int | None, reply_id: int, number: int) -> Taken:
    """A file of a mail, or with number 0 the mail itself with its exact bytes.

    Raises:
        NotFound: no such file, another client's, or its content is gone by now.
    """
    client = work.require(Action.VIEW, client_id)
    row = _mail(work, client, reply_id)
    if not 0 <= number <= len(row.files):
        raise NotFound
    return taken(work.store, row, number)


def taken(store: Store, row: InboundMessage, number: int) -> Taken:
    """What a mail holds under a number, whoever may have it was asked before."""
    key = queries.known(row.id)
    try:
        content = store.load(store_key(key, number))
    except FileNotFoundError as error:
        raise NotFound from error
    # Its sender says what it is; a browser that believed it would show it as ours.
    name = str(row.files[number - 1]["name"]) if number else f"{key}.eml"
    return Taken(name, "application/octet-stream", content)


def mark_read(work: Work, client_id: int | None, reply_id: int, chosen_id: int | None = None) -> bool:
    """Somebody has read an answer: what was to be sent next need wait for it no more.

    Args:
        work: of the person who has read it.
        client_id: whose debtor it is of.
        reply_id: the mail.
        chosen_id: whose debtor it is of, where that is not the client looked at.

    Returns:
        Whether it was unread until now.

    Raises:
        NotAllowed: somebody who may not decide about this client's debtors.
        NotFound: as :func:`reply`.
    """
    client = work.require(Action.DELEGATE, client_id if chosen_id is None else chosen_id)
    row = _mail(work, client, reply_id, lock=True)
    if row.looked_at is not None or row.kind != MailKind.REPLY:
        return False
    row.looked_at, row.user_id = work.now, work.actor.user_id
    work.journal.record(
        ActKind.REPLY_READ,
        day=work.today,
        client_id=client,
        debtor_id=row.debtor_id,
        facts={"reply": row.id, "by": work.actor.name},
    )
    return True


def _mail(work: Work, client_id: int, reply_id: int, *, lock: bool = False) -> InboundMessage:
    if not 0 < reply_id <= _ID_MAX:
        raise NotFound
    row = work.session.get(InboundMessage, reply_id, with_for_update=lock or None)
    if row is None or row.client_id != client_id:
        raise NotFound
    return row
