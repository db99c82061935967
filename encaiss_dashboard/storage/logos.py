"""The logo of a client: each one is kept as a fact, its picture only while it is the latest."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, Session, col, select

from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class ClientLogo(Record, table=True):
    """A logo that a client chose, or that it wants none any more: then ``digest`` is "".

    Attributes:
        digest: SHA-256 of the picture as the house wrote it anew; the bytes are in the store.
        width, height: in pixels.
    """

    __tablename__ = "client_logo"

    id: int | None = key_column()
    client_id: int = client_column()
    digest: str
    width: int
    height: int
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


def latest(session: Session, client_id: int) -> ClientLogo | None:
    """The logo in force, None when there is none."""
    query = select(ClientLogo).where(ClientLogo.client_id == client_id).order_by(col(ClientLogo.id).desc())
    row = session.exec(query.limit(1)).first()
    return row if row and row.digest else None


def store_key(logo_id: int) -> str:
    """Where its picture lies in the store."""
    return f"logo-{logo_id}"
