"""What is sent to debtors: the intention, what became of it, and the invoices it names."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field

from encaiss_dashboard.domain.dunning import INSTALMENT
from encaiss_dashboard.storage.base import (
    Record,
    cents_column,
    client_column,
    json_column,
    key_column,
    time_column,
)


class OutboxMessage(Record, table=True):
    """One message to one debtor: the intention first, then what became of it; its state is derived.

    Attributes:
        recipient: addresses, with ", " between them; the agency's own for what goes on paper.
        rerouted: why it goes by post instead.
        contents: SHA-256 of each one, the last handed over last; their bytes: storage/contents.py.
        text_version: of the client's own words in it; regime: the law it was written under.
        written_from: digest of what that one follows from; doubts: attempts that may have arrived.
        stop_id, instalment_on, instalment_cents: of the message before an instalment, its plan, its day and
            what was asked for; its ``step`` is then that of a courtesy message, and its lines take none.
    """

    __tablename__ = "outbox_message"

    __table_args__ = (
        # All that is asked about the last message to each debtor, without the messages themselves.
        Index(
            "ix_outbox_message_last",
            *("client_id", "debtor_id", "step", "day", "sent_at"),
            sqlite_where=text("dropped_at IS NULL"),
            postgresql_where=text("dropped_at IS NULL"),
        ),
        # What makes the message before an instalment unrepeatable; one that failed has reminded nobody.
        Index(
            "uq_outbox_message_instalment",
            *("stop_id", "instalment_on"),
            unique=True,
            sqlite_where=text("stop_id IS NOT NULL AND dropped_at IS NULL AND failed_at IS NULL"),
            postgresql_where=text("stop_id IS NOT NULL AND dropped_at IS NULL AND failed_at IS NULL"),
        ),
    )

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    message_id: str = Field(unique=True)
    day: date
    step: str
    language: str
    channel: str
    recipient: str
    rerouted: str = ""
    plan_version: int = 0
    regime: str = ""
    text_version: int = 0
    subject: str = ""
    body_text: str = ""
    body_html: str = ""
    contents: list[str] = json_column(default_factory=list)
    written_from: str = ""
    doubts: int = 0
    created_at: datetime = time_column()
    claimed_at: datetime | None = time_column(default=None)
    attempts: int = 0
    sent_at: datetime | None = time_column(default=None)
    failed_at: datetime | None = time_column(default=None)
    dropped_at: datetime | None = time_column(default=None)
    set_aside_at: datetime | None = time_column(default=None)
    detail: str = ""
    stop_id: int | None = Field(default=None, foreign_key="stop.id")
    instalment_on: date | None = None
    instalment_cents: int | None = cents_column(default=None)

    @property
    def word(self) -> str:
        """What it is called, as ``domain.dunning.Planned.word``."""
        return self.step if self.stop_id is None else INSTALMENT


class OutboxLine(Record, table=True):
    """One invoice in one message, at its own step. The index is what makes a step unrepeatable."""

    __tablename__ = "outbox_line"

    __table_args__ = (
        Index(
            "ix_outbox_line_taken",
            *("client_id", "invoice_id", "step", "message_id"),
            sqlite_where=text("dropped = 0 AND step IS NOT NULL"),
            postgresql_where=text("NOT dropped AND step IS NOT NULL"),
        ),
        Index(
            "uq_outbox_line_invoice_step",
            "invoice_id",
            "step",
            unique=True,
            sqlite_where=text("dropped = 0"),
            postgresql_where=text("NOT dropped"),
        ),
    )

    id: int | None = key_column()
    client_id: int = client_column()
    message_id: int = Field(foreign_key="outbox_message.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    step: str | None = None
    days_late: int
    open_cents: int = cents_column()
    currency: str = "EUR"
    dropped: bool = False
