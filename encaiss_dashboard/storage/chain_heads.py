"""Where each chain of the journal ends."""

from __future__ import annotations

from sqlmodel import Field

from encaiss_dashboard.storage.base import Record


class JournalHead(Record, table=True):
    """Where a chain of the journal ends: locked by who adds to it, signed with the deployment's secret.

    Without it nobody would notice that the last acts were cut off.
    """

    __tablename__ = "journal_head"

    chain: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    seq: int
    hash: str
    signature: str
