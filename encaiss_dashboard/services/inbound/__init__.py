"""Mail that comes back: filed once with the debtor it is of, or left to the agency to say whose it is.

A reply keeps what was to be sent next until somebody has read it; what machines answer does not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.inbound import How, Incoming, MailKind, addressed, is_ours
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.routes import TOGETHER
from encaiss_dashboard.storage import merges, personal, queries, records
from encaiss_dashboard.storage.inbound import InboundMailbox, InboundMessage, store_key
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress
from encaiss_dashboard.work import Work

# Before it nobody was written to in a way that names a debtor, or it was answered long since.
READ_BACK: Final = timedelta(days=30)
TRIES_MAX: Final = 5
_REASON_LENGTH_MAX: Final = 200
_UID_MAX: Final = 2**32 - 1  # RFC 3501 §2.3.1.1


@dataclass(frozen=True, slots=True)
class Bookmark:
    """How far a mailbox was read; its parts are those of :class:`InboundMailbox`."""

    validity: int
    uid: int
    since: date
    tries: int


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose a mail is, how that is known, and which message of ours it answers."""

    how: How
    client_id: int | None = None
    debtor_id: int | None = None
    outbox_id: int | None = None


def bookmark(work: Work, place: str) -> Bookmark:
    """How far a mailbox was read; one that was never seen is read from a month back.

    Raises:
        NotAllowed: only the house itself reads mailboxes.
    """
    row = _mailbox(work, place)
    return Bookmark(row.validity, row.uid, row.since, row.tries)


def turn(work: Work, place: str, validity: int, uid: int) -> None:
    """A mail was read, and need not be fetched again.

    Raises:
        NotAllowed: as :func:`bookmark`.
    """
    row = _mailbox(work, place)
    row.uid = uid if validity != row.validity else max(uid, row.uid)
    row.validity, row.tries = validity, 0
    row.reached_at, row.failing_since, row.failure = work.now, None, ""


def reached(work: Work, place: str) -> None:
    """The mailbox answered, whether there was anything new or not.

    Raises:
        NotAllowed: as :func:`bookmark`.
    """
    row = _mailbox(work, place)
    row.reached_at, row.failing_since, row.failure = work.now, None, ""


def failed(work: Work, place: str, reason: str, *, on_mail: bool) -> int:
    """The mailbox did not answer; returns how often the mail at hand was tried in vain.

    Raises:
        NotAllowed: as :func:`bookmark`.
    """
    row = _mailbox(work, place)
    row.failing_since, row.failure = row.failing_since or work.now, reason[:_REASON_LENGTH_MAX]
    row.tries += on_mail
    return row.tries


def _mailbox(work: Work, place: str) -> InboundMailbox:
    _only_house(work)
    row = work.session.get(InboundMailbox, place, with_for_update=True)
    if row is None:
        row = InboundMailbox(place=place, since=work.today - READ_BACK)
        work.session.add(row)
        work.session.flush()
    return row


def _only_house(work: Work) -> None:
    if not work.actor.house:
        raise NotAllowed


def file(work: Work, mail: Incoming) -> int | None:
    """Keep a mail and file it where it belongs; returns its number, None for one that is known already.

    A mail of the house's own that came to its own mailbox, a letter to be posted for instance, is known.

    Raises:
        NotAllowed: as :func:`bookmark`.
    """
    _only_house(work)
    known = select(InboundMessage.id).where(InboundMessage.digest == mail.digest)
    if work.session.exec(known).first() is not None or _is_own(work, mail):
        return None
    whose = _whose(work, mail)
    row = _row(work, mail, whose)
    try:
        with work.session.begin_nested():
            work.session.add(row)
            work.session.flush()
    except IntegrityError:  # another worker keeps it at this moment
        return None
    key = queries.known(row.id)
    work.store.keep(store_key(key), mail.content)
    for number, one in enumerate(mail.files, start=1):
        work.store.keep(store_key(key, number), one.content)
    if whose.client_id is not None:
        tell(work, row)
        _remember(work, row)
    return key


def _remember(work: Work, row: InboundMessage) -> None:
    """Which of the debtor's addresses do not exist, as its server says; nothing more goes there."""
    contact = records.Contact
    query = select(contact.email).where(
        contact.client_id == row.client_id, contact.debtor_id == row.debtor_id
    )
    known = {email.lower(): email for email in work.session.exec(query)}
    for one in row.returned:
        if one["permanent"] and one["address"] in known:
            work.session.add(
                UndeliverableAddress(
                    client_id=row.client_id or 0,
                    debtor_id=row.debtor_id or 0,
                    address=known[one["address"]],
                    reason=f"{one['status']} {one['reason']}".strip(),
                    at=work.now,
                    message_id=row.outbox_id,
                )
            )


def _row(work: Work, mail: Incoming, whose: Whose) -> InboundMessage:
    files = [
        {
            "name": one.name,
            "mime": one.mime,
            "size": len(one.content),
            "digest": hashlib.sha256(one.content).hexdigest(),
        }
        for one in mail.files
    ]
    returned = [
        {"address": one.address, "permanent": one.permanent, "status": one.status, "reason": one.reason}
        for one in mail.returned
    ]
    return InboundMessage(
        client_id=whose.client_id,
        debtor_id=whose.debtor_id,
        outbox_id=whose.outbox_id,
        digest=mail.digest,
        kind=mail.kind.value,
        how=whose.how.value,
        message_id=mail.message_id,
        sender_name=mail.sender_name,
        sender_email=mail.sender_email,
        recipient=next(iter(mail.recipients), ""),
        subject=mail.subject,
        text=mail.text,
        shown=mail.shown,
        files=files,
        returned=returned,
        size_bytes=mail.size_bytes,
        whole=mail.whole,
        received_at=work.now,
    )


def _is_own(work: Work, mail: Incoming) -> bool:
    message, agency = records.OutboxMessage, queries.agency(work.session)
    sent = select(message.id).where(message.message_id == mail.message_id)
    if mail.message_id and work.session.exec(sent).first() is not None:
        return True
    # Mails about accounts, which the agency's own people get as well.
    return mail.kind is MailKind.AUTO and mail.sender_email == agency.email.lower()


def _whose(work: Work, mail: Incoming) -> Whose:
    answered = _answered(work, mail)
    ids = addressed(work.sign, mail.recipients)
    found = _known(work, How.TOKEN, *ids) if ids else None
    if found is None and answered is not None:
        found = _known(work, How.REFERENCE, answered.client_id, answered.debtor_id)
    if found is None and mail.kind is not MailKind.BOUNCE:
        found = _by_sender(work, mail.sender_email)
    if found is None:
        return Whose(How.NOBODY)
    if answered is None or answered.client_id != found.client_id:
        return found
    return Whose(found.how, found.client_id, found.debtor_id, answered.id)


def _known(work: Work, how: How, client_id: int, debtor_id: int) -> Whose | None:
    """The debtor that it is by now; nothing comes back to one who was forgotten."""
    debtor = work.session.get(records.Debtor, debtor_id)
    if debtor is None or debtor.client_id != client_id:
        return None
    key = merges.kept(work.session, client_id, debtor_id)
    return None if personal.erased(work.session, key) else Whose(how, client_id, key)


def _answered(work: Work, mail: Incoming) -> records.OutboxMessage | None:
    """The message of ours that a mail names, if only its reader could name it.

    Ids of today carry a digest that nobody can guess; who names an older one has to be whom it went to.
    """
    message = records.OutboxMessage
    named = [mail.original] if mail.kind is MailKind.BOUNCE else list(mail.references)
    if not any(named):
        return None
    query = select(message).where(col(message.message_id).in_([one for one in named if one]))
    found = {row.message_id: row for row in work.session.exec(query)}
    for one in named:
        row = found.get(one)
        if row is not None and (
            is_ours(work.sign, one)
            or (mail.sender_email and mail.sender_email in row.recipient.lower().split(TOGETHER))
        ):
            return row
    return None


def _by_sender(work: Work, address: str) -> Whose | None:
    """The one debtor of the one client whose address the sender has; of two nobody can tell which."""
    if not address:
        return None
    contact = records.Contact
    query = select(contact.client_id, contact.debtor_id).where(func.lower(contact.email) == address)
    found = {
        (client_id, merges.kept(work.session, client_id, debtor_id))
        for client_id, debtor_id in work.session.exec(query.distinct().limit(20))
    }
    return _known(work, How.SENDER, *next(iter(found))) if len(found) == 1 else None


def tell(work: Work, row: InboundMessage) -> None:
    """Write down in a debtor's journal that a mail of it came; of whom it is stands in the mail alone.

    Raises:
        NotAllowed: nobody who reminds for that client.
    """
    work.require(Action.REMIND, row.client_id)
    facts = {
        "reply": row.id,
        "how": row.how,
        "files": len(row.files),
        "size": row.size_bytes,
        "digest": hashlib.sha256(work.store.load(store_key(queries.known(row.id)))).hexdigest(),
    }
    record = partial(work.journal.record, day=work.today, client_id=row.client_id, debtor_id=row.debtor_id)
    for one in row.returned:
        said = {"to": one["address"], "reason": one["reason"], "status": one["status"]}
        more = {"permanent": one["permanent"], "message": row.outbox_id}
        record(ActKind.BOUNCED, facts=facts | said | more)
    if not row.returned:
        record(ActKind.REPLY_RECEIVED, facts=facts | {"auto": row.kind == MailKind.AUTO})
