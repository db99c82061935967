"""Which nights were begun and which came to their end: all that the worker remembers of its own."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field

from encaiss_dashboard.storage.base import Record, time_column


class NightRun(Record, table=True):
    """A night of the worker; without ``ended_at`` it is under way, or was broken off."""

    __tablename__ = "night_run"

    day: date = Field(primary_key=True)
    began_at: datetime = time_column()
    ended_at: datetime | None = time_column(default=None)
