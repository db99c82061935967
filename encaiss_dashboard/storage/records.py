"""The tables of the trade. Facts are only added; what is paid, late or delegated is computed from them.

Amounts are BIGINT minor units with their currency beside them, times are aware UTC, dates are dates.
Every business row carries the client it belongs to, so that no read can forget whose it is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from encaiss_dashboard.storage import (  # noqa: F401 - registers their tables
    bank,
    calls,
    chain_heads,
    changes,
    claims,
    inbound,
    invoice_documents,
    logos,
    night_runs,
    plans,
    posting,
    stop_tables,
    texts,
    undeliverable,
)
from encaiss_dashboard.storage.base import (
    Record,
    cents_column,
    client_column,
    json_column,
    key_column,
    time_column,
)
from encaiss_dashboard.storage.outbox import OutboxLine as OutboxLine  # noqa: PLC0414 - all know it from here
from encaiss_dashboard.storage.outbox import OutboxMessage as OutboxMessage  # noqa: PLC0414 - as above


class Agency(Record, table=True):
    """The operator of this deployment; exactly one.

    Attributes:
        demo: its data is made up.
        envelope: the window of those that it posts letters in, a key of ``domain.windows.WINDOWS``.
    """

    id: int | None = key_column()
    name: str
    enterprise_number: str = ""
    address: str = ""
    email: str
    phone: str = ""
    demo: bool = False
    envelope: str = "be_right"
    retention: dict[str, Any] = json_column()


class Client(Record, table=True):
    """A creditor that gives its invoices to the agency.

    ``consumers``: what its unknown debtors count as; ``copied``: it gets a copy of every e-mail.
    """

    id: int | None = key_column()
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
    consumers: bool = False
    default_term: str = "NET_30"
    copied: bool = False
    created_at: datetime = time_column()


class Debtor(Record, table=True):
    """A customer of a client; ``batch_id`` is the import that added it, ``phone`` as ``+32470123456``.

    ``kind`` is ``business`` or ``consumer``, "" while nobody said: see ``plans.ClientPlans.is_consumer``.
    """

    __table_args__ = (
        # The name as matched: folded case, accents and spaces, then a number (domain/identity.py).
        UniqueConstraint("client_id", "match_key"),
    )

    id: int | None = key_column()
    client_id: int = client_column()
    name: str
    match_key: str
    kind: str = ""
    number: str = ""
    enterprise_number: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "BE"
    language: str = "fr"
    term: str = ""
    endpoint: str = ""
    iban: str = ""
    phone: str = ""
    batch_id: int | None = None
    created_at: datetime = time_column()


class DebtorAlias(Record, table=True):
    """Somebody's answer that a debtor named so in a file is this one: asked once, remembered.

    ``key`` is the name as matched with its number behind it, as in ``Debtor.match_key``.
    """

    __tablename__ = "debtor_alias"
    __table_args__ = (UniqueConstraint("client_id", "key"),)

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    key: str
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class DebtorMerge(Record, table=True):
    """One debtor turned out to be another: what moved from it, so that it can be parted again.

    Attributes:
        debtor_id: the one that has nothing of its own any more, until ``undone_at``.
        into_id: the one that has it now.
        moved: ids of what moved, by table name; under ``filled`` the columns that the other one lacked
            and was given, under ``added`` the alias that was made for the name.
    """

    __tablename__ = "debtor_merge"

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    into_id: int = Field(foreign_key="debtor.id", index=True)
    moved: dict[str, Any] = json_column()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()
    undone_at: datetime | None = time_column(default=None)


class Contact(Record, table=True):
    """Where a debtor is reached."""

    __table_args__ = (UniqueConstraint("debtor_id", "email"),)

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    name: str = ""
    email: str
    created_at: datetime = time_column()


class Delegation(Record, table=True):
    """One decision about one debtor: delegate, pause, resume or withdraw, from a date."""

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    kind: str
    from_date: date
    until: date | None = None
    reason: str = ""
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class ImportBatch(Record, table=True):
    """One uploaded file: what it was called, how it was understood, what came of it.

    Attributes:
        choices: how its owner says it is written.
        answers: what its owner decided about its content: which debtors are meant, which changes stay out.
        format: what kind of file it is, once it was imported.
        taken_back_at: when everything it had brought was removed again.
    """

    __tablename__ = "import_batch"

    id: int | None = key_column()
    client_id: int = client_column()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    file_name: str
    digest: str
    size_bytes: int = cents_column()
    choices: dict[str, Any] = json_column()
    answers: dict[str, Any] = json_column()
    format: str = ""
    uploaded_at: datetime = time_column()
    imported_at: datetime | None = time_column(default=None)
    taken_back_at: datetime | None = time_column(default=None)
    result: dict[str, Any] = json_column()


class Invoice(Record, table=True):
    """An invoice or credit note; its total is positive for both.

    ``credited`` is the number of the invoice that a credit note names (BT-25).
    """

    __table_args__ = (
        UniqueConstraint("client_id", "debtor_id", "number"),
        Index("ix_invoice_client_due", "client_id", "due", "id"),
        Index(
            "ix_invoice_credited",
            "client_id",
            "credited",
            sqlite_where=text("credited <> ''"),
            postgresql_where=text("credited <> ''"),
        ),
        CheckConstraint("total_cents >= 0", name="total"),
        CheckConstraint("due >= issue", name="due"),
    )

    id: int | None = key_column()
    client_id: int = Field(foreign_key="client.id")  # the indexes above begin with it
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    kind: str
    number: str
    issue: date
    due: date
    due_source: str = ""
    term: str = ""
    currency: str = "EUR"
    total_cents: int = cents_column()
    vat_cents: int | None = cents_column(default=None)
    reference: str = ""
    credited: str = ""
    recorded_at: datetime = time_column()


class Payment(Record, table=True):
    """Money that came in, to whomever it was paid; a reversal is a negative one, of ``reverses_id``."""

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    bank_line_id: int | None = Field(default=None, foreign_key="bank_line.id", index=True)
    reverses_id: int | None = Field(default=None, foreign_key="payment.id", index=True)
    on: date = Field(sa_column_kwargs={"name": "paid_on"})
    currency: str = "EUR"
    amount_cents: int = cents_column()
    source: str
    reference: str = ""
    recorded_at: datetime = time_column()


class Allocation(Record, table=True):
    """Which part of one payment or credit note settles which invoice; ``batch_id``: the import that did."""

    __table_args__ = (CheckConstraint("(payment_id IS NULL) <> (credit_note_id IS NULL)", name="one_source"),)

    id: int | None = key_column()
    client_id: int = client_column()
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    payment_id: int | None = Field(default=None, foreign_key="payment.id", index=True)
    credit_note_id: int | None = Field(default=None, foreign_key="invoice.id", index=True)
    on: date = Field(sa_column_kwargs={"name": "allocated_on"})
    currency: str = "EUR"
    amount_cents: int = cents_column()
    batch_id: int | None = None


class Act(Record, table=True):
    """The journal: anything done towards a debtor or decided by a person. Only ever added to.

    The database itself refuses to change or remove a row (see the first migration). The acts of one
    client form a chain: each carries the hash of the one before and its own (storage/journal.py).
    Without a client it is an act of the agency itself, or of a person towards the own account.

    Attributes:
        chain: the client's id, 0 for the agency's own chain.
        seq: 1, 2, 3… within the chain.
        actor: name of who did it, as it was then.
        address: network address it was done from, "" for the house itself.
        facts: what was done or answered.
        shown: what the person saw when it was decided.
    """

    __table_args__ = (
        Index("ix_act_debtor_day", "debtor_id", "day", "id"),
        UniqueConstraint("chain", "seq"),
    )

    id: int | None = key_column()
    client_id: int | None = Field(default=None, foreign_key="client.id", index=True)
    debtor_id: int | None = Field(default=None, foreign_key="debtor.id")
    kind: str
    day: date
    at: datetime = time_column()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    actor: str = ""
    address: str = ""
    facts: dict[str, Any] = json_column()
    shown: dict[str, Any] = json_column()
    chain: int
    seq: int
    previous: str
    hash: str
