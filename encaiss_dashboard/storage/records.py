"""The tables. Facts are only added; what is paid, late or delegated is computed from them.

Amounts are BIGINT minor units with their currency beside them, times are aware UTC, dates are dates.
Every business row carries the client it belongs to, so that no read can forget whose it is.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, Index, MetaData, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Utc(TypeDecorator[datetime]):
    """An aware time, kept as UTC; a naive one is our own bug and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Convert to UTC on the way in."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """SQLite forgets the zone: it was UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Record(SQLModel):
    """What all tables share: one metadata with predictable constraint names."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _key() -> Any:
    return Field(default=None, primary_key=True)


def _client() -> Any:
    return Field(foreign_key="client.id", index=True)


def _time(*, default: Any = ...) -> Any:
    return Field(default=default, sa_type=Utc)


def _cents(*, default: Any = ...) -> Any:
    return Field(default=default, sa_type=BigInteger)


def _json() -> Any:
    return Field(default_factory=dict, sa_type=JSON)


class Agency(Record, table=True):
    """The operator of this deployment; exactly one. ``demo`` marks made-up data."""

    id: int | None = _key()
    name: str
    enterprise_number: str = ""
    address: str = ""
    email: str
    phone: str = ""
    demo: bool = False


class Client(Record, table=True):
    """A creditor that gives its invoices to the agency."""

    id: int | None = _key()
    agency_id: int = Field(foreign_key="agency.id")
    slug: str = Field(unique=True)
    name: str
    enterprise_number: str = ""
    address: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    bic: str = ""
    language: str = "fr"
    country: str = "BE"
    default_term: str = "NET_30"
    created_at: datetime = _time()


class User(Record, table=True):
    """A person with a login. ``agency_role`` is set for the agency's own people only."""

    __tablename__ = "app_user"

    id: int | None = _key()
    email: str = Field(unique=True)
    name: str
    password_hash: str
    language: str = "fr"
    agency_role: str | None = None
    created_at: datetime = _time()
    disabled_at: datetime | None = _time(default=None)


class Membership(Record, table=True):
    """What a person is for one client: owner, accountant, signatory or reader."""

    __table_args__ = (UniqueConstraint("client_id", "user_id"),)

    id: int | None = _key()
    client_id: int = _client()
    user_id: int = Field(foreign_key="app_user.id", index=True)
    role: str


class LoginSession(Record, table=True):
    """One signed-in browser. Only a keyed digest of its cookie is kept."""

    __tablename__ = "login_session"

    id: int | None = _key()
    digest: str = Field(unique=True)
    user_id: int = Field(foreign_key="app_user.id", index=True)
    client_id: int | None = Field(default=None, foreign_key="client.id")
    created_at: datetime = _time()
    expires_at: datetime = _time()
    ended_at: datetime | None = _time(default=None)


class Debtor(Record, table=True):
    """A customer of a client."""

    __table_args__ = (
        # The name as matched: folded case, accents and spaces (services/imports.py).
        UniqueConstraint("client_id", "match_key"),
    )

    id: int | None = _key()
    client_id: int = _client()
    name: str
    match_key: str
    number: str = ""
    enterprise_number: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "BE"
    language: str = "fr"
    term: str = ""
    created_at: datetime = _time()


class Contact(Record, table=True):
    """Where a debtor is reached."""

    __table_args__ = (UniqueConstraint("debtor_id", "email"),)

    id: int | None = _key()
    client_id: int = _client()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    name: str = ""
    email: str
    created_at: datetime = _time()


class Delegation(Record, table=True):
    """One decision about one debtor: delegate, pause, resume or withdraw, from a date."""

    id: int | None = _key()
    client_id: int = _client()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    kind: str
    from_date: date
    until: date | None = None
    reason: str = ""
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = _time()


class ImportBatch(Record, table=True):
    """One uploaded file: what it was called, how it was understood, what came of it."""

    __tablename__ = "import_batch"

    id: int | None = _key()
    client_id: int = _client()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    file_name: str
    digest: str
    size_bytes: int = _cents()
    choices: dict[str, Any] = _json()
    uploaded_at: datetime = _time()
    imported_at: datetime | None = _time(default=None)
    result: dict[str, Any] = _json()


class ImportLayout(Record, table=True):
    """The corrections a client made for files with these columns, used again next time."""

    __tablename__ = "import_layout"

    __table_args__ = (UniqueConstraint("client_id", "header_digest"),)

    id: int | None = _key()
    client_id: int = _client()
    header_digest: str
    choices: dict[str, Any] = _json()
    at: datetime = _time()


class Invoice(Record, table=True):
    """An invoice or credit note; its total is positive for both."""

    __table_args__ = (
        UniqueConstraint("client_id", "debtor_id", "number"),
        Index("ix_invoice_client_due", "client_id", "due", "id"),
        CheckConstraint("total_cents >= 0", name="total"),
        CheckConstraint("due >= issue", name="due"),
    )

    id: int | None = _key()
    client_id: int = _client()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    kind: str
    number: str
    issue: date
    due: date
    due_source: str = ""
    term: str = ""
    currency: str = "EUR"
    total_cents: int = _cents()
    vat_cents: int | None = _cents(default=None)
    reference: str = ""
    recorded_at: datetime = _time()


class Payment(Record, table=True):
    """Money that came in, to whomever it was paid; a reversal is a negative one."""

    id: int | None = _key()
    client_id: int = _client()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    on: date = Field(sa_column_kwargs={"name": "paid_on"})
    currency: str = "EUR"
    amount_cents: int = _cents()
    source: str
    reference: str = ""
    recorded_at: datetime = _time()


class Allocation(Record, table=True):
    """Which part of one payment or credit note settles which invoice, from which date."""

    __table_args__ = (CheckConstraint("(payment_id IS NULL) <> (credit_note_id IS NULL)", name="one_source"),)

    id: int | None = _key()
    client_id: int = _client()
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    payment_id: int | None = Field(default=None, foreign_key="payment.id", index=True)
    credit_note_id: int | None = Field(default=None, foreign_key="invoice.id", index=True)
    on: date = Field(sa_column_kwargs={"name": "allocated_on"})
    currency: str = "EUR"
    amount_cents: int = _cents()


class Act(Record, table=True):
    """The journal: anything done towards a debtor or decided by a client. Only ever added to.

    The database itself refuses to change or remove a row (see the first migration).
    """

    __table_args__ = (Index("ix_act_debtor_day", "debtor_id", "day", "id"),)

    id: int | None = _key()
    client_id: int = _client()
    debtor_id: int | None = Field(default=None, foreign_key="debtor.id")
    kind: str
    day: date
    at: datetime = _time()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    facts: dict[str, Any] = _json()


class OutboxMessage(Record, table=True):
    """One message to one debtor: the intention first, then what became of it.

    Its state is derived: dropped, sent, failed, handed over (claimed without an outcome) or waiting.
    The content is written when it is handed over, from the balances of that moment.
    """

    __tablename__ = "outbox_message"

    id: int | None = _key()
    client_id: int = _client()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    message_id: str = Field(unique=True)
    day: date
    step: str
    language: str
    channel: str
    recipient: str
    subject: str = ""
    body_text: str = ""
    body_html: str = ""
    created_at: datetime = _time()
    claimed_at: datetime | None = _time(default=None)
    attempts: int = 0
    sent_at: datetime | None = _time(default=None)
    failed_at: datetime | None = _time(default=None)
    dropped_at: datetime | None = _time(default=None)
    detail: str = ""


class OutboxLine(Record, table=True):
    """One invoice in one message, at its own step. The index is what makes a step unrepeatable."""

    __tablename__ = "outbox_line"

    __table_args__ = (
        Index(
            "uq_outbox_line_invoice_step",
            "invoice_id",
            "step",
            unique=True,
            sqlite_where=text("dropped = 0"),
            postgresql_where=text("NOT dropped"),
        ),
    )

    id: int | None = _key()
    client_id: int = _client()
    message_id: int = Field(foreign_key="outbox_message.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id")
    step: str | None = None
    days_late: int
    open_cents: int = _cents()
    currency: str = "EUR"
    dropped: bool = False
