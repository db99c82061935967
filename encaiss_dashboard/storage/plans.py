"""The plans agreed with clients: each version is kept, the latest one of its scope is in force.

A client has one plan for businesses and one for consumers; one debtor or one invoice may have its own.
Versions are numbered for a client as a whole, so that a number alone says what a message followed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, UniqueConstraint, func
from sqlmodel import Field, Session, col, select

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named, Plan
from encaiss_dashboard.domain.plan_terms import plan_of
from encaiss_dashboard.storage.base import Record, client_column, key_column, time_column


class Audience(StrEnum):
    """Whom one of the two plans of a client is for."""

    BUSINESS = "business"
    CONSUMER = "consumer"


class PlanVersion(Record, table=True):
    """What was agreed with a client from a moment on; ``terms`` as ``domain.plan_terms`` writes them."""

    __tablename__ = "plan_version"

    __table_args__ = (UniqueConstraint("client_id", "version"),)

    id: int | None = key_column()
    client_id: int = client_column()
    version: int
    audience: str = Audience.BUSINESS.value
    terms: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class SpecialPlan(Record, table=True):
    """What was agreed for one debtor, or for one of its invoices, from a moment on.

    Attributes:
        invoice_id: of the one invoice meant, None for all of the debtor's.
        terms: as above; empty when the general plan holds again.
    """

    __tablename__ = "special_plan"

    __table_args__ = (UniqueConstraint("client_id", "version"),)

    id: int | None = key_column()
    client_id: int = client_column()
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    invoice_id: int | None = Field(default=None, foreign_key="invoice.id", index=True)
    version: int
    terms: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class PaymentsKnown(Record, table=True):
    """A client's word that all payments it received until a day are known here."""

    __tablename__ = "payments_known"

    id: int | None = key_column()
    client_id: int = client_column()
    until: date
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


@dataclass(frozen=True, slots=True)
class Agreed:
    """A plan and the number of its version, 0 for the house's own."""

    version: int
    plan: Plan


@dataclass(frozen=True, slots=True)
class ClientPlans:
    """All plans of a client that are in force.

    Attributes:
        consumers: whether a debtor of whom nothing says what it is counts as a consumer.
        debtors, invoices: plans of their own, by id.
    """

    country: str
    consumers: bool
    general: Mapping[Audience, Agreed]
    debtors: Mapping[int, Agreed] = field(default_factory=dict)
    invoices: Mapping[int, Agreed] = field(default_factory=dict)

    def is_consumer(self, kind: str, enterprise_number: str) -> bool:
        """Whether Book XIX protects a debtor: what somebody said of it, or else what its number says."""
        if kind:
            return kind == Audience.CONSUMER.value
        return self.consumers and not enterprise_number

    def of(self, debtor_id: int, *, consumer: bool) -> Agreed:
        """The plan of a debtor."""
        return (
            self.debtors.get(debtor_id) or self.general[Audience.CONSUMER if consumer else Audience.BUSINESS]
        )

    @property
    def every(self) -> list[Plan]:
        """Each plan once."""
        found = [*self.general.values(), *self.debtors.values(), *self.invoices.values()]
        return list(dict.fromkeys(one.plan for one in found))


def versions(session: Session, client_id: int, audience: Audience) -> list[PlanVersion]:
    """All versions of one of a client's plans, the newest first; none while it has the house's own."""
    query = select(PlanVersion).where(
        PlanVersion.client_id == client_id, PlanVersion.audience == audience.value
    )
    return list(session.exec(query.order_by(col(PlanVersion.version).desc())))


def next_version(session: Session, client_id: int) -> int:
    """The number of what a client agrees to next; its row is to be locked by then."""
    latest = [
        session.exec(select(func.max(cls.version)).where(cls.client_id == client_id)).one()
        for cls in (PlanVersion, SpecialPlan)
    ]
    return 1 + max(number or 0 for number in latest)


def in_force(session: Session, clients: Mapping[int, tuple[str, bool]]) -> dict[int, ClientPlans]:
    """The plans of some clients.

    Args:
        session: of the transaction.
        clients: country of each, and whether its debtors are consumers where nothing else is known.
    """
    general: dict[int, dict[Audience, Agreed]] = {
        key: {
            Audience.BUSINESS: Agreed(0, DEFAULT_PLAN),
            Audience.CONSUMER: Agreed(0, PLANS[Named.CONSUMER_BE]),
        }
        for key in clients
    }
    for one in session.exec(_latest(PlanVersion, clients, PlanVersion.audience)):
        general[one.client_id][Audience(one.audience)] = Agreed(one.version, plan_of(one.terms))
    debtors: dict[int, dict[int, Agreed]] = {key: {} for key in clients}
    invoices: dict[int, dict[int, Agreed]] = {key: {} for key in clients}
    for special in session.exec(_latest(SpecialPlan, clients, SpecialPlan.debtor_id, SpecialPlan.invoice_id)):
        if special.terms:
            agreed = Agreed(special.version, plan_of(special.terms))
            if special.invoice_id is None:
                debtors[special.client_id][special.debtor_id] = agreed
            else:
                invoices[special.client_id][special.invoice_id] = agreed
    return {
        key: ClientPlans(country, consumers, general[key], debtors[key], invoices[key])
        for key, (country, consumers) in clients.items()
    }


def _latest(cls: Any, clients: Collection[int], *scope: Any) -> Any:
    """The rows of the highest version in each scope."""
    latest = (
        select(cls.client_id, func.max(cls.version).label("version"))
        .where(col(cls.client_id).in_(list(clients)))
        .group_by(col(cls.client_id), *map(col, scope))
        .subquery()
    )
    same = (latest.c.client_id == col(cls.client_id)) & (latest.c.version == col(cls.version))
    return select(cls).join(latest, same).order_by(col(cls.version))


def version(session: Session, client_id: int, number: int, house: Plan) -> Plan:
    """The plan of a client by its number; ``house`` is what number 0 means for the debtor asked about."""
    for cls in (PlanVersion, SpecialPlan):
        query = select(cls).where(cls.client_id == client_id, cls.version == number)
        found: Any = session.exec(query).first()
        if found is not None and found.terms:
            return plan_of(found.terms)
    return house


def payments_known(session: Session, client_ids: Collection[int]) -> dict[int, date]:
    """The day until which each of these clients last said that all payments are known, if it ever did."""
    known = PaymentsKnown
    query = select(known.client_id, func.max(known.until)).where(col(known.client_id).in_(client_ids))
    return dict(session.exec(query.group_by(col(known.client_id))).all())
