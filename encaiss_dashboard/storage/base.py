"""What all tables share: aware times, one metadata with predictable names, the usual columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, DateTime, MetaData
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


def key_column() -> Any:
    """The primary key, numbered by the database."""
    return Field(default=None, primary_key=True)


def client_column() -> Any:
    """The client that a row belongs to."""
    return Field(foreign_key="client.id", index=True)


def time_column(*, default: Any = ...) -> Any:
    """An aware time."""
    return Field(default=default, sa_type=Utc)


def cents_column(*, default: Any = ...) -> Any:
    """A whole number of minor units (or bytes), 64 bits."""
    return Field(default=default, sa_type=BigInteger)


def json_column(*, default_factory: Any = dict) -> Any:
    """A JSON object."""
    return Field(default_factory=default_factory, sa_type=JSON)
