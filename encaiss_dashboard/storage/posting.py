"""Letters on paper: on which day somebody brought one to the post, and under which tracking number."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class Posting(Record, table=True):
    """What somebody said of one letter on paper; only ever added to, the last word of each kind holds.

    Attributes:
        posted_on: the day it was brought to the post, None where only its number is said.
        tracking: the number the post gave it, "" where only its day is said.
    """

    id: int | None = key_column()
    client_id: int = client_column()
    message_id: int = Field(foreign_key="outbox_message.id", index=True)
    posted_on: date | None = None
    tracking: str = ""
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


def store_key(message_id: int) -> str:
    """Where the letter of a message on paper lies in the store, as it was written."""
    return f"letter-{message_id}"
