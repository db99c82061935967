"""Where the store keeps what messages said, byte for byte."""

from __future__ import annotations

from collections.abc import Iterable

from encaiss_dashboard.storage.records import OutboxMessage


def content_key(row: OutboxMessage, number: int | None = None) -> str:
    """The key of a content of a message, from 1; of the last one when no number is given."""
    return f"message-{row.id}-{number or len(row.contents)}"


def content_keys(rows: Iterable[OutboxMessage]) -> list[str]:
    """The keys of every content of messages."""
    return [content_key(row, n) for row in rows for n in range(1, len(row.contents) + 1)]
