"""Removing what is past its time, one kind of data at a time; twice removes no more than once."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, or_
from sqlmodel import col, delete, func, select, update

from encaiss_dashboard.domain import retention
from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.inbound import MailKind
from encaiss_dashboard.domain.retention import Keep
from encaiss_dashboard.domain.signing import TRIES_WINDOW
from encaiss_dashboard.services.privacy import erasure
from encaiss_dashboard.services.privacy.retention import periods
from encaiss_dashboard.storage import posting, queries
from encaiss_dashboard.storage.accounts import (
    AccountMail,
    ApiRequest,
    ApiToken,
    LoginAttempt,
    LoginSession,
    RecoveryCode,
    SecondFactor,
)
from encaiss_dashboard.storage.contents import content_keys
from encaiss_dashboard.storage.inbound import InboundMessage, store_keys
from encaiss_dashboard.storage.records import ImportBatch, OutboxMessage
from encaiss_dashboard.work import Work

# Tries older than this no longer count against anybody.
_TRIES_KEPT: Final = 4 * TRIES_WINDOW
REMOVED: Final = "content_removed"


class Past(StrEnum):
    """What is removed. Each has its words in the catalogue under ``privacy.past_``."""

    ATTEMPTS = "attempts"
    SESSIONS = "sessions"
    MAILS = "mails"
    UPLOADS = "uploads"
    FILES = "files"
    MESSAGES = "messages"
    REPLIES = "replies"
    DEBTORS = "debtors"
    ANSWERS = "answers"


def purge(work: Work, what: Past, *, dry_run: bool = False) -> int:
    """Remove what is past its time of one kind; returns how many records that is, or would be.

    Raises:
        NotAllowed: only the house itself does.
    """
    if not work.actor.house:
        raise NotAllowed
    steps = {
        Past.ATTEMPTS: _attempts,
        Past.SESSIONS: _sessions,
        Past.MAILS: _mails,
        Past.UPLOADS: _uploads,
        Past.FILES: _files,
        Past.MESSAGES: _messages,
        Past.REPLIES: _replies,
        Past.DEBTORS: _debtors,
        Past.ANSWERS: _answers,
    }
    return steps[what](work, dry_run)


def _before(work: Work, keep: Keep) -> datetime:
    """The moment before which a kind of data is past its time."""
    first: date = retention.start(work.today, keep, periods(work)[keep])
    return datetime.combine(first, time.min, tzinfo=work.now.tzinfo)


def _delete(work: Work, cls: Any, *where: ColumnElement[bool], dry_run: bool) -> int:
    count = int(work.session.exec(select(func.count(col(cls.id))).where(*where)).one())
    if count and not dry_run:
        work.session.exec(delete(cls).where(*where))
    return count


def _attempts(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    old = col(LoginAttempt.at) < work.now - _TRIES_KEPT
    return _delete(work, LoginAttempt, old, dry_run=dry_run)


def _sessions(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """Sessions that are over, with second factors, recovery codes and keys that serve no more."""
    cut = _before(work, Keep.SIGN_INS)
    over = func.coalesce(LoginSession.ended_at, LoginSession.expires_at) < cut
    ended = _delete(work, LoginSession, over, dry_run=dry_run)
    ended += _delete(work, SecondFactor, col(SecondFactor.ended_at) < cut, dry_run=dry_run)
    ended += _delete(work, ApiToken, col(ApiToken.revoked_at) < cut, dry_run=dry_run)
    used = or_(col(RecoveryCode.ended_at) < cut, col(RecoveryCode.used_at) < cut)
    return ended + _delete(work, RecoveryCode, used, dry_run=dry_run)


def _mails(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """Mails about accounts that were settled one way or another and whose link serves no more."""
    cut = _before(work, Keep.SIGN_INS)
    settled = or_(
        col(AccountMail.sent_at) < cut, col(AccountMail.failed_at) < cut, col(AccountMail.revoked_at) < cut
    )
    spent = or_(col(AccountMail.expires_at).is_(None), col(AccountMail.expires_at) < cut)
    return _delete(work, AccountMail, settled, spent, dry_run=dry_run)


def _uploads(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """Files received and never imported, their rows included."""
    old = select(ImportBatch).where(
        col(ImportBatch.imported_at).is_(None), col(ImportBatch.uploaded_at) < _before(work, Keep.UPLOADS)
    )
    batches = list(work.session.exec(old))
    for batch in () if dry_run else batches:
        work.session.delete(batch)
    work.session.flush()
    for batch in () if dry_run else batches:
        work.store.remove(_key(batch))
    return len(batches)


def _files(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """The content of imported files; that they came, with their digest, stays with the invoices."""
    cut = _before(work, Keep.FILES)
    query = select(ImportBatch).where(col(ImportBatch.imported_at) < cut)
    batches = [batch for batch in work.session.exec(query) if REMOVED not in batch.result]
    for batch in () if dry_run else batches:
        batch.result = {**batch.result, REMOVED: work.today.isoformat()}
    work.session.flush()
    for batch in () if dry_run else batches:
        work.store.remove(_key(batch))
    return len(batches)


def _messages(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """What was written in messages to debtors who owe nothing any more; that they went out stays."""
    message = OutboxMessage
    query = select(message.id, message.client_id, message.debtor_id).where(
        col(message.created_at) < _before(work, Keep.MESSAGES),
        col(message.body_text) != "",
        or_(
            *(
                column.is_not(None)
                for column in map(col, (message.sent_at, message.failed_at, message.dropped_at))
            )
        ),
    )
    found = list(work.session.exec(query))
    owing = _owing(work, {(client, debtor) for _, client, debtor in found})
    done = [key for key, _, debtor in found if debtor not in owing]
    for start in range(0, 0 if dry_run else len(done), 500):
        some = col(message.id).in_(done[start : start + 500])
        for key in content_keys(work.session.exec(select(message).where(some))):
            work.store.remove(key)
        work.session.exec(update(message).where(some).values(subject="", body_text="", body_html=""))
    for number in () if dry_run else done:
        work.store.remove(posting.store_key(queries.known(number)))
    return len(done)


def _owing(work: Work, found: set[tuple[int, int]]) -> set[int]:
    """Which of these debtors, each with its client, owe anything."""
    owing: set[int] = set()
    for client_id in {client for client, _ in found}:
        ids = sorted(debtor for client, debtor in found if client == client_id)
        owing |= set(queries.open_invoices(work.session, client_id, work.today, ids))
    return owing


def _replies(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """What debtors who owe nothing any more wrote long ago, and mails that were set aside.

    The mailbox that they were read from is its owner's to clear.
    """
    mail = InboundMessage
    filed = select(mail).where(
        col(mail.received_at) < _before(work, Keep.MESSAGES), col(mail.looked_at).is_not(None)
    )
    machines = select(mail).where(
        col(mail.received_at) < _before(work, Keep.MESSAGES), col(mail.kind) != MailKind.REPLY.value
    )
    aside = select(mail).where(
        col(mail.client_id).is_(None), col(mail.looked_at) < _before(work, Keep.UPLOADS)
    )
    found = {row.id: row for query in (filed, machines, aside) for row in work.session.exec(query)}
    owing = _owing(
        work, {(row.client_id, row.debtor_id) for row in found.values() if row.client_id and row.debtor_id}
    )
    done = [row for row in found.values() if row.debtor_id not in owing]
    for row in () if dry_run else done:
        work.session.delete(row)
    work.session.flush()
    for row in () if dry_run else done:
        for key in store_keys(queries.known(row.id), row.files):
            work.store.remove(key)
    return len(done)


def _debtors(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """Debtors closed for longer than they are kept: erased as if they had asked."""
    found = erasure.past_time(work)
    for client_id, debtor_id in () if dry_run else found:
        erasure.erase(work, client_id, debtor_id, erasure.foresee(work, client_id, debtor_id).mark)
    return len(found)


def _answers(work: Work, dry_run: bool) -> int:  # noqa: FBT001 - the steps share one form
    """What a client's software was answered: it asks again within days or not at all."""
    old = col(ApiRequest.at) < work.now - retention.ANSWERS_KEPT
    return _delete(work, ApiRequest, old, dry_run=dry_run)


def _key(batch: ImportBatch) -> str:
    # As services/imports names it.
    return f"batch-{queries.known(batch.id)}"
