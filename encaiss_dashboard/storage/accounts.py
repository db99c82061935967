"""The tables of people: who they are, what they may do for whom, how they sign in.

Nothing here opens a session to whoever steals the table: passwords are hashed, of cookies a keyed digest
is kept, and the key of a second factor, recovery codes and the tokens of mailed links are derived from
their row's nonce and the deployment's secret (domain/signing.py).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from encaiss_dashboard.storage.base import Record, client_column, json_column, key_column, time_column


def _user(**options: Any) -> Any:
    return Field(foreign_key="app_user.id", index=True, **options)


class User(Record, table=True):
    """A person with a login. ``agency_role`` is set for the agency's own people only.

    ``erased_at`` marks an account whose personal data was erased: it cannot sign in any more.
    """

    __tablename__ = "app_user"

    id: int | None = key_column()
    email: str = Field(unique=True)
    name: str
    password_hash: str
    language: str = "fr"
    agency_role: str | None = None
    created_at: datetime = time_column()
    disabled_at: datetime | None = time_column(default=None)
    erased_at: datetime | None = time_column(default=None)


class Membership(Record, table=True):
    """One role of one person for one client, from when to when.

    A client's people are owner, accountant, signatory or reader, several at once if need be; a case
    manager of the agency has a membership for each client it follows.
    """

    __table_args__ = (
        Index(
            "uq_membership_live",
            "client_id",
            "user_id",
            "role",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = key_column()
    client_id: int = Field(foreign_key="client.id", index=True)
    user_id: int = _user()
    role: str
    created_at: datetime = time_column()
    ended_at: datetime | None = time_column(default=None)


class LoginSession(Record, table=True):
    """One signed-in browser. Only a keyed digest of its cookie is kept.

    Attributes:
        complete_at: when everything that sign-in asks for was given; before that the session opens
            nothing but the pages of the second factor.
        second_factor: how it was given: ``totp``, ``recovery``, "" when none is needed.
        seen_at: last use, to the minute; expires_at: the absolute end.
        agent: what the browser calls itself, cut to a sane length.
    """

    __tablename__ = "login_session"

    id: int | None = key_column()
    digest: str = Field(unique=True)
    user_id: int = _user()
    client_id: int | None = Field(default=None, foreign_key="client.id")
    created_at: datetime = time_column()
    seen_at: datetime = time_column()
    expires_at: datetime = time_column()
    complete_at: datetime | None = time_column(default=None)
    second_factor: str = ""
    address: str = ""
    agent: str = ""
    ended_at: datetime | None = time_column(default=None)


class SecondFactor(Record, table=True):
    """A key of time-based codes (RFC 6238); it counts once a first code confirmed it.

    Attributes:
        last_step: number of the last 30-second step whose code was used: no code passes twice.
    """

    __tablename__ = "second_factor"

    id: int | None = key_column()
    user_id: int = _user()
    nonce: str
    created_at: datetime = time_column()
    confirmed_at: datetime | None = time_column(default=None)
    last_step: int = 0
    ended_at: datetime | None = time_column(default=None)


class RecoveryCode(Record, table=True):
    """One of the codes that stand in for a lost telephone, each once."""

    __tablename__ = "recovery_code"

    id: int | None = key_column()
    user_id: int = _user()
    nonce: str
    created_at: datetime = time_column()
    used_at: datetime | None = time_column(default=None)
    ended_at: datetime | None = time_column(default=None)


class LoginAttempt(Record, table=True):
    """One try to sign in, to count those that failed: by account, known or not, and by address.

    Attributes:
        account: keyed digest of the e-mail address that was typed.
        outcome: ``tried`` until the answer is known, then ``in`` or ``wrong``.
    """

    __tablename__ = "login_attempt"

    __table_args__ = (
        Index("ix_login_attempt_account_at", "account", "at"),
        Index("ix_login_attempt_address_at", "address", "at"),
    )

    id: int | None = key_column()
    at: datetime = time_column()
    account: str
    address: str
    outcome: str


class AccountMail(Record, table=True):
    """A mail about an account, some with a link that works once: the intention, then what became of it.

    The link's token is derived when the mail is written (domain/signing.py); no row holds it.

    Attributes:
        kind: ``invitation``, ``reset``, ``email`` (confirm a new address) or a notice without a link.
        to: the address written to.
        user_id: whose account, None while an invited person has none.
        client_id: for which client somebody is invited, None for the agency's own people.
        roles: roles that an invitation gives; agency_role: the one at the agency.
        details: values that the mail's sentences name.
    """

    __tablename__ = "account_mail"

    id: int | None = key_column()
    kind: str
    to: str
    language: str = "fr"
    user_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    client_id: int | None = Field(default=None, foreign_key="client.id", index=True)
    invited_by: int | None = Field(default=None, foreign_key="app_user.id")
    name: str = ""
    roles: list[str] = json_column(default_factory=list)
    agency_role: str | None = None
    details: dict[str, Any] = json_column()
    nonce: str
    created_at: datetime = time_column()
    expires_at: datetime | None = time_column(default=None)
    used_at: datetime | None = time_column(default=None)
    revoked_at: datetime | None = time_column(default=None)
    claimed_at: datetime | None = time_column(default=None)
    attempts: int = 0
    sent_at: datetime | None = time_column(default=None)
    failed_at: datetime | None = time_column(default=None)
    detail: str = ""


class ApiToken(Record, table=True):
    """A key with which a client's accounting software sends invoices; only its digest is kept."""

    __tablename__ = "api_token"

    id: int | None = key_column()
    client_id: int = client_column()
    name: str
    digest: str = Field(unique=True)
    ending: str
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = time_column()
    used_at: datetime | None = time_column(default=None)
    revoked_at: datetime | None = time_column(default=None)


class ApiRequest(Record, table=True):
    """What a client's software sent and was answered: sent again under its own key, it gets the same answer.

    Attributes:
        key: what the software calls the request (its Idempotency-Key), None when it does not.
        digest: of what was asked.
        batch_id: the import it became, None when there was nothing to keep.
    """

    __tablename__ = "api_request"

    __table_args__ = (UniqueConstraint("client_id", "key"),)

    id: int | None = key_column()
    client_id: int = client_column()
    key: str | None = None
    digest: str
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    status: int
    answer: dict[str, Any] = json_column()
    at: datetime = time_column()
