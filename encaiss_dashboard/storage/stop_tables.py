"""The tables of what stops reminders: an opening fact, later facts about it, documents beside it.

Rows are only added. What a stop is about is read through its invoices, so that it follows them when
debtors are merged, parted or split.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from encaiss_dashboard.storage.base import (
    Record,
    cents_column,
    client_column,
    json_column,
    key_column,
    time_column,
)


class Stop(Record, table=True):
    """Something that stops reminders, as it was opened.

    Attributes:
        kind: one of ``domain.stops.StopKind``.
        on: first day on which it holds.
        terms: of its kind, as ``storage.stops`` writes them: read and written as a whole, never searched.
        words: of whoever opened it.
    """

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    kind: str
    on: date = Field(sa_column_kwargs={"name": "opened_on"})
    terms: dict[str, Any] = json_column()
    words: str = ""
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class StopInvoice(Record, table=True):
    """An invoice that a stop is about."""

    __tablename__ = "stop_invoice"

    __table_args__ = (UniqueConstraint("stop_id", "invoice_id"),)

    id: int | None = key_column()
    client_id: int = client_column()
    stop_id: int = Field(foreign_key="stop.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)


class StopEvent(Record, table=True):
    """What was decided about a stop later; ``kind`` is one of ``storage.stops.EventKind``.

    ``terms`` and ``words`` as in :class:`Stop`.
    """

    __tablename__ = "stop_event"

    id: int | None = key_column()
    client_id: int = client_column()
    stop_id: int = Field(foreign_key="stop.id", index=True)
    kind: str
    on: date = Field(sa_column_kwargs={"name": "happened_on"})
    terms: dict[str, Any] = json_column()
    words: str = ""
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class StopDocument(Record, table=True):
    """A document beside a stop, such as the debtor's letter; the bytes are in the store."""

    __tablename__ = "stop_document"

    id: int | None = key_column()
    client_id: int = client_column()
    stop_id: int = Field(foreign_key="stop.id", index=True)
    name: str
    mime: str
    digest: str
    size_bytes: int = cents_column()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()
