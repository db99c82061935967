"""The journal: every act towards a debtor or decision of a client, only ever added to."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlmodel import Session

from encaiss_dashboard.storage.records import Act


class ActKind(StrEnum):
    """What happened. Each has a title in the catalogue under ``act.``."""

    IMPORTED = "imported"
    CORRECTED = "corrected"
    PAYMENT = "payment"
    DELEGATED = "delegated"
    PAUSED = "paused"
    RESUMED = "resumed"
    WITHDRAWN = "withdrawn"
    SENT = "sent"
    DROPPED = "dropped"
    FAILED = "failed"


def record(
    session: Session,
    *,
    client_id: int,
    kind: ActKind,
    day: date,
    at: datetime,
    user_id: int | None = None,
    debtor_id: int | None = None,
    facts: dict[str, Any] | None = None,
) -> Act:
    """Add one act. ``day`` is when it happened in the trade, ``at`` when it was written down."""
    act = Act(
        client_id=client_id,
        debtor_id=debtor_id,
        kind=kind.value,
        day=day,
        at=at,
        user_id=user_id,
        facts=facts or {},
    )
    session.add(act)
    return act
