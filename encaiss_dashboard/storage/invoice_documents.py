"""Documents kept beside invoices, such as their PDF."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from encaiss_dashboard.storage.base import Record, cents_column, client_column, key_column, time_column


class InvoiceDocument(Record, table=True):
    """A document kept beside an invoice, such as its PDF; the bytes are in the store."""

    __tablename__ = "invoice_document"

    id: int | None = key_column()
    client_id: int = client_column()
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    batch_id: int | None = Field(default=None, foreign_key="import_batch.id", index=True)
    name: str
    mime: str
    digest: str
    size_bytes: int = cents_column()
    at: datetime = time_column()
