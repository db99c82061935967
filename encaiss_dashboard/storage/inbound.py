"""Mail that came back: kept once each, filed with a debtor or waiting until somebody says whose it is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, func, select
from sqlalchemy import text as sql
from sqlmodel import Field, Session, col

from encaiss_dashboard.domain.inbound import MailKind
from encaiss_dashboard.storage.base import Record, cents_column, json_column, key_column, time_column


class InboundMessage(Record, table=True):
    """One mail. Without a client it is the agency's alone, until it is assigned.

    Its bytes are in the store under ``inbound-ID``, its files under ``inbound-ID-1`` and so on.

    Attributes:
        digest: under which it is known again.
        outbox_id: the message of ours that it answers or is about.
        how: it was known whose it is.
        recipient: the address that it was written to.
        text: what was written; shown: without the quoted history.
        files: name, mime, size in bytes and digest of each, in order.
        returned: of a bounce, what became of each address.
        whole: False when only its beginning was fetched or understood.
        looked_at: when somebody read it, or set it aside; user_id is who.
    """

    __tablename__ = "inbound_message"

    __table_args__ = (
        CheckConstraint("(client_id IS NULL) = (debtor_id IS NULL)", name="filed"),
        Index(
            "ix_inbound_message_unread",
            "client_id",
            "debtor_id",
            sqlite_where=sql("looked_at IS NULL AND kind = 'reply'"),
            postgresql_where=sql("looked_at IS NULL AND kind = 'reply'"),
        ),
    )

    id: int | None = key_column()
    client_id: int | None = Field(default=None, foreign_key="client.id", index=True)
    debtor_id: int | None = Field(default=None, foreign_key="debtor.id", index=True)
    outbox_id: int | None = Field(default=None, foreign_key="outbox_message.id", index=True)
    digest: str = Field(unique=True)
    kind: str
    how: str
    message_id: str = ""
    sender_name: str = ""
    sender_email: str = ""
    recipient: str = ""
    subject: str = ""
    text: str = ""
    shown: str = ""
    files: list[dict[str, Any]] = json_column(default_factory=list)
    returned: list[dict[str, Any]] = json_column(default_factory=list)
    size_bytes: int = cents_column()
    whole: bool = True
    received_at: datetime = time_column()
    looked_at: datetime | None = time_column(default=None)
    user_id: int | None = Field(default=None, foreign_key="app_user.id")


class InboundMailbox(Record, table=True):
    """How far a mailbox was read, and how that went.

    Attributes:
        place: digest of server, user and folder.
        validity, uid: of the last mail that was read (RFC 3501 §2.3.1.1).
        since: first day of mails that are read at all.
        tries: how often the mail after it was tried in vain.
        failing_since, failure: while the mailbox does not answer.
    """

    __tablename__ = "inbound_mailbox"

    place: str = Field(primary_key=True)
    validity: int = cents_column(default=0)
    uid: int = cents_column(default=0)
    since: date
    tries: int = 0
    reached_at: datetime | None = time_column(default=None)
    failing_since: datetime | None = time_column(default=None)
    failure: str = ""


def store_key(message_id: int, file: int = 0) -> str:
    """Under which a mail lies in the store, or one of its files, counted from 1."""
    return f"inbound-{message_id}-{file}" if file else f"inbound-{message_id}"


def store_keys(message_id: int, files: Collection[Any]) -> list[str]:
    """Every key of a mail in the store."""
    return [store_key(message_id, number) for number in range(len(files) + 1)]


def unread(
    session: Session, client_ids: Collection[int], debtor_ids: Collection[int] | None = None
) -> dict[int, datetime]:
    """Debtor id → since when an answer of it waits to be read."""
    mail = InboundMessage
    query = (
        select(col(mail.debtor_id), func.min(mail.received_at))
        .where(
            col(mail.client_id).in_(client_ids),
            col(mail.debtor_id).is_not(None),
            col(mail.looked_at).is_(None),
            col(mail.kind) == MailKind.REPLY.value,
        )
        .group_by(col(mail.debtor_id))
    )
    if debtor_ids is not None:
        query = query.where(col(mail.debtor_id).in_(debtor_ids))
    return {debtor_id: at for debtor_id, at in session.execute(query) if debtor_id is not None}
