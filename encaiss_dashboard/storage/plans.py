"""The plans agreed with clients: each version is kept, the latest one is in force."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint, func
from sqlmodel import Field, Session, col, select

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, Plan
from encaiss_dashboard.domain.plan_terms import plan_of
from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class PlanVersion(Record, table=True):
    """What was agreed with a client from a moment on; ``terms`` as ``domain.plan_terms`` writes them."""

    __tablename__ = "plan_version"

    __table_args__ = (UniqueConstraint("client_id", "version"),)

    id: int | None = key_column()
    client_id: int = client_column()
    version: int
    terms: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


def versions(session: Session, client_id: int) -> list[PlanVersion]:
    """All versions of a client's plan, the newest first; none while it has the house's own."""
    query = select(PlanVersion).where(PlanVersion.client_id == client_id)
    return list(session.exec(query.order_by(col(PlanVersion.version).desc())))


def in_force(session: Session, client_ids: Collection[int]) -> dict[int, tuple[int, Plan]]:
    """Number and content of the plan of each client; 0 and the house's own where nothing was agreed."""
    latest = (
        select(PlanVersion.client_id, func.max(PlanVersion.version).label("version"))
        .where(col(PlanVersion.client_id).in_(client_ids))
        .group_by(col(PlanVersion.client_id))
        .subquery()
    )
    query = select(PlanVersion).join(
        latest,
        (latest.c.client_id == col(PlanVersion.client_id)) & (latest.c.version == col(PlanVersion.version)),
    )
    agreed = {one.client_id: (one.version, plan_of(one.terms)) for one in session.exec(query)}
    return {key: agreed.get(key, (0, DEFAULT_PLAN)) for key in client_ids}
