"""The plans agreed with a client: for businesses, for consumers, for one debtor or one invoice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import col, select

from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, PLANS, Named, Plan, named_for
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotFound, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.plan_terms import plan_of, written
from encaiss_dashboard.services.plans.checking import ForeseenStep, checked, played
from encaiss_dashboard.storage import accounts, merges, plans, queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.plans import Agreed, Audience, ClientPlans, PlanVersion, SpecialPlan
from encaiss_dashboard.work import Work

__all__ = ["AgreedPlan", "ForeseenStep", "Scoped", "foresee", "save", "scoped"]

BUSINESS: Final = Audience.BUSINESS.value
_SCOPE: Final = re.compile(r"(debtor|invoice):([1-9][0-9]{0,9})")
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class AgreedPlan:
    """One version of a plan.

    Attributes:
        version: 0 for what held before anything was agreed: what was sent under it stays described by it, so
            it never changes.
        plan: None when the general plan held again from then on.
        at: from when it holds, None for the house's own.
        by: who agreed to it, "" for the house's own.
    """

    version: int
    plan: Plan | None
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Scoped:
    """The plan of a scope as its screen shows it.

    Attributes:
        scope: ``business``, ``consumer``, ``debtor:ID`` or ``invoice:ID``.
        name: of the debtor or invoice, "" for a general plan.
        debtor_id: of a special plan.
        consumer: whether it is for consumers.
        kind: what was said of the debtor: ``business``, ``consumer`` or "" for nothing.
        consumers: whether the client's debtors are consumers where nothing else is known.
        plan: what is in force; of a scope without one of its own the plan that holds instead.
        by_debtor: of an invoice whether its debtor has a plan of its own.
        history: the newest first; of a general plan the house's own last.
        house: what the house advises here.
    """

    scope: str
    name: str
    debtor_id: int | None
    consumer: bool
    kind: str
    consumers: bool
    plan: Plan
    by_debtor: bool
    history: tuple[AgreedPlan, ...]
    house: Plan

    @property
    def version(self) -> int:
        """The version in force in this scope alone, 0 when nothing was agreed in it."""
        return self.history[0].version if self.history else 0

    @property
    def own(self) -> bool:
        """Whether it has a plan of its own."""
        return bool(self.history) and self.history[0].version > 0 and self.history[0].plan is not None


@dataclass(frozen=True, slots=True)
class _Place:
    """A scope whose debtor or invoice was looked up."""

    audience: Audience
    debtor: records.Debtor | None = None
    invoice: records.Invoice | None = None

    @property
    def consumer(self) -> bool:
        return self.audience is Audience.CONSUMER


def scoped(work: Work, client_id: int | None, scope: str = BUSINESS) -> Scoped:
    """The plan of a scope, and all that was agreed in it.

    Raises:
        NotFound: a debtor or invoice that is not this client's.
        Unreadable: no scope.
    """
    client = work.require(Action.VIEW, client_id)
    agreed = _in_force(work, client)
    place = _place(work, client, agreed, scope)
    history = _history(work, client, place)
    if place.debtor is None:
        first = PLANS[Named.CONSUMER_BE] if place.consumer else DEFAULT_PLAN
        history = (*history, AgreedPlan(0, first, None, ""))
    return Scoped(
        scope=scope,
        name=_name(place),
        debtor_id=place.debtor.id if place.debtor else None,
        consumer=place.consumer,
        kind=place.debtor.kind if place.debtor else "",
        consumers=agreed.consumers,
        by_debtor=place.invoice is not None and place.invoice.debtor_id in agreed.debtors,
        plan=_holds(agreed, place).plan,
        history=history,
        house=PLANS[named_for(agreed.country, consumer=place.consumer)],
    )


def foresee(
    work: Work, client_id: int | None, terms: Mapping[str, Any], scope: str = BUSINESS
) -> tuple[ForeseenStep, ...]:
    """When the steps of an invoice due today would go under these terms; changes nothing.

    Raises:
        NotFound, Unreadable: as :func:`scoped`, or as ``checking.checked``.
    """
    client = work.require(Action.VIEW, client_id)
    place = _place(work, client, _in_force(work, client), scope)
    return played(checked(terms, consumer=place.consumer), work.today, consumer=place.consumer)


def save(
    work: Work, client_id: int | None, terms: Mapping[str, Any], seen: int, scope: str = BUSINESS
) -> int:
    """Agree on other terms from now on; returns the version that holds then.

    What was sent stays described by the version it was planned under. The same terms once more make no
    new version.

    Args:
        work: of the person who decides.
        client_id: whose plan it is.
        terms: as ``domain.plan_terms`` writes them; none at all lets the general plan hold again for a
            debtor or an invoice.
        seen: the version of this scope that the person had before their eyes.
        scope: whom it is for.

    Raises:
        NotFound, Unreadable: as :func:`scoped`, or as ``checking.checked``.
        ChangedMeanwhile: somebody agreed on something else since.
    """
    client = work.require(Action.DELEGATE, client_id)
    work.session.get(records.Client, client, with_for_update=True)
    agreed = _in_force(work, client)
    place = _place(work, client, agreed, scope)
    if not terms and place.debtor is None:
        raise Unreadable(value="")
    plan = checked(terms, consumer=place.consumer) if terms else None
    history = _history(work, client, place)
    if seen != (history[0].version if history else 0):
        raise ChangedMeanwhile
    before = _holds(agreed, place).plan
    own = history[0].plan if history else (None if place.debtor else before)
    if plan == own:
        return seen
    version = plans.next_version(work.session, client)
    new, old = written(plan) if plan else {}, written(before)
    _keep(work, client, place, version, new)
    changed = [name for name in new if new[name] != old[name]]
    facts = {
        "version": version,
        "scope": scope,
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }
    whose = queries.known(place.debtor.id) if place.debtor else None
    work.journal.record(
        ActKind.PLAN_CHANGED, day=work.today, client_id=client, debtor_id=whose, facts=facts, shown=new
    )
    work.session.flush()
    return version


def _keep(work: Work, client_id: int, place: _Place, version: int, terms: Mapping[str, Any]) -> None:
    kept: dict[str, Any] = {
        "client_id": client_id,
        "version": version,
        "terms": terms,
        "user_id": work.actor.user_id,
        "at": work.now,
    }
    if place.debtor is None:
        work.session.add(PlanVersion(**kept, audience=place.audience.value))
    else:
        invoice_id = place.invoice.id if place.invoice else None
        work.session.add(SpecialPlan(**kept, debtor_id=queries.known(place.debtor.id), invoice_id=invoice_id))


def _in_force(work: Work, client_id: int) -> ClientPlans:
    client = queries.client(work.session, client_id)
    return plans.in_force(work.session, {client_id: (client.country, client.consumers)})[client_id]


def _place(work: Work, client_id: int, agreed: ClientPlans, scope: str) -> _Place:
    if scope in {one.value for one in Audience}:
        return _Place(Audience(scope))
    found = _SCOPE.fullmatch(scope) if isinstance(scope, str) else None
    if found is None or int(found[2]) > _ID_MAX:
        raise Unreadable(value="")
    invoice = None
    debtor_id = int(found[2])
    if found[1] == "invoice":
        invoice = work.session.get(records.Invoice, debtor_id)
        if invoice is None or invoice.client_id != client_id:
            raise NotFound
        debtor_id = invoice.debtor_id
    debtor = queries.debtor(work.session, client_id, merges.kept(work.session, client_id, debtor_id))
    consumer = agreed.is_consumer(debtor.kind, debtor.enterprise_number)
    return _Place(Audience.CONSUMER if consumer else Audience.BUSINESS, debtor, invoice)


def _holds(agreed: ClientPlans, place: _Place) -> Agreed:
    if place.debtor is None:
        return agreed.general[place.audience]
    own = agreed.invoices.get(place.invoice.id or 0) if place.invoice else None
    return own or agreed.of(queries.known(place.debtor.id), consumer=place.consumer)


def _name(place: _Place) -> str:
    if place.debtor is None:
        return ""
    return f"{place.invoice.number} · {place.debtor.name}" if place.invoice else place.debtor.name


def _history(work: Work, client_id: int, place: _Place) -> tuple[AgreedPlan, ...]:
    rows: Sequence[PlanVersion | SpecialPlan] = plans.versions(work.session, client_id, place.audience)
    if place.debtor is not None:
        special = select(SpecialPlan).where(
            SpecialPlan.client_id == client_id,
            SpecialPlan.debtor_id == place.debtor.id,
            col(SpecialPlan.invoice_id) == (place.invoice.id if place.invoice else None),
        )
        rows = work.session.exec(special.order_by(col(SpecialPlan.version).desc())).all()
    people = {row.user_id for row in rows if row.user_id is not None}
    query = select(accounts.User.id, accounts.User.name).where(col(accounts.User.id).in_(people))
    names: dict[int | None, str] = dict(work.session.exec(query).all())
    return tuple(
        AgreedPlan(row.version, plan_of(row.terms) if row.terms else None, row.at, names.get(row.user_id, ""))
        for row in rows
    )
