"""What imports changed of what was known, kept to be taken back; and what their owners corrected."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from encaiss_dashboard.storage.base import Record, client_column, json_column, key_column, time_column


class ImportLayout(Record, table=True):
    """The corrections a client made for files with these columns, used again next time."""

    __tablename__ = "import_layout"

    __table_args__ = (UniqueConstraint("client_id", "header_digest"),)

    id: int | None = key_column()
    client_id: int = client_column()
    header_digest: str
    choices: dict[str, Any] = json_column()
    at: datetime = time_column()


class ImportChange(Record, table=True):
    """What one import changed of a known invoice: fields with their values before and after."""

    __tablename__ = "import_change"

    id: int | None = key_column()
    client_id: int = client_column()
    batch_id: int = Field(foreign_key="import_batch.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    before: dict[str, Any] = json_column()
    after: dict[str, Any] = json_column()


class DebtorChange(Record, table=True):
    """What one import added to what was known of a debtor.

    Attributes:
        filled: columns that were empty, with what they were given.
        email: the address it was given, "" for none.
        aliases: names that somebody answered to mean it, as keys of :class:`DebtorAlias`.
    """

    __tablename__ = "debtor_change"

    id: int | None = key_column()
    client_id: int = client_column()
    batch_id: int = Field(foreign_key="import_batch.id", index=True)
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    filled: dict[str, Any] = json_column()
    email: str = ""
    aliases: list[str] = json_column(default_factory=list)
