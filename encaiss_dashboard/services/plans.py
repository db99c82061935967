"""The plan agreed with a client: which steps, how far apart, on which days, from which amount on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from sqlmodel import col, select

from encaiss_dashboard.domain.dunning import (
    COURTESY,
    DEFAULT_PLAN,
    OpenInvoice,
    Plan,
    Planned,
    StepCode,
    StepDone,
    plan_debtor,
)
from encaiss_dashboard.domain.errors import ChangedMeanwhile, Refusal, Unreadable
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.plan_terms import plan_of, written
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import accounts, plans, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

LATE_MAX: Final = 365
"""Days past due at which the last step goes at the latest."""
APART_MIN: Final = 7
APART_MAX: Final = 120
"""Days between two steps, and between two messages to one debtor."""
MINIMUM_MAX: Final = 10_000_00
CLOSURES_MAX: Final = 10
_PLAYED_DAYS: Final = 800


class _StepTerms(BaseModel):
    code: StepCode
    days_late_min: int
    days_late_max: int | None
    days_after_previous: int
    channel: Channel = Channel.EMAIL
    template: str = ""
    costs_cents: int = 0
    claims: bool = False


class _Terms(BaseModel):
    steps: list[_StepTerms]
    contact_gap_days: int
    minimum_cents: int
    weekdays: list[int]
    country: str
    closures: list[tuple[str, str]]


class PlanStepMissing(Refusal):
    """No reminder is left before the formal notice, or no step at all."""

    code = "plan_step_missing"


class PlanDays(Refusal):
    """A number of days outside what is possible; facts ``step``, ``value``, ``first`` and ``last``."""

    code = "plan_days"


class PlanOrder(Refusal):
    """A step that would come before the one below it; fact ``step``."""

    code = "plan_order"


class PlanGap(Refusal):
    """Too few or too many days between two messages; facts ``value``, ``first`` and ``last``."""

    code = "plan_gap"


class PlanMinimum(Refusal):
    """A least amount outside what is possible; fact ``last`` in cents."""

    code = "plan_minimum"


class PlanClosed(Refusal):
    """No day is left on which anything may leave, or a day that no year has."""

    code = "plan_closed"


@dataclass(frozen=True, slots=True)
class AgreedPlan:
    """One version of a client's plan.

    Attributes:
        version: 0 for the house's own, which holds until something else is agreed.
        at: from when it holds, None for the house's own.
        by: who agreed to it, "" for the house's own.
    """

    version: int
    plan: Plan
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class ForeseenStep:
    """When a step of an invoice that falls due on a day would go, if nothing were paid."""

    step: StepCode
    on: date
    days_late: int


def history(work: Work, client_id: int | None) -> tuple[AgreedPlan, ...]:
    """All that was agreed, the newest first; the house's own last."""
    client = work.require(Action.VIEW, client_id)
    rows = plans.versions(work.session, client)
    people = {row.user_id for row in rows if row.user_id is not None}
    query = select(accounts.User.id, accounts.User.name).where(col(accounts.User.id).in_(people))
    names = dict(work.session.exec(query).all())
    agreed = [AgreedPlan(row.version, plan_of(row.terms), row.at, names.get(row.user_id, "")) for row in rows]
    return (*agreed, AgreedPlan(0, DEFAULT_PLAN, None, ""))


def foresee(work: Work, client_id: int | None, terms: Mapping[str, Any]) -> tuple[ForeseenStep, ...]:
    """When the steps of an invoice due today would go under these terms; changes nothing.

    Raises:
        Unreadable, PlanStepMissing, PlanDays, PlanOrder, PlanGap, PlanMinimum, PlanClosed: no plan.
    """
    work.require(Action.VIEW, client_id)
    return played(checked(terms), work.today)


def save(work: Work, client_id: int | None, terms: Mapping[str, Any], seen: int) -> int:
    """Agree on other terms from now on; returns the version that holds then.

    What was sent stays described by the version it was planned under. The same terms once more make no
    new version.

    Args:
        work: of the person who decides.
        client_id: whose plan it is.
        terms: as ``domain.plan_terms`` writes them.
        seen: the version that the person had before their eyes.

    Raises:
        Unreadable, PlanStepMissing, PlanDays, PlanOrder, PlanGap, PlanMinimum, PlanClosed: no plan.
        ChangedMeanwhile: somebody agreed on something else since.
    """
    client = work.require(Action.DELEGATE, client_id)
    plan = checked(terms)
    work.session.get(records.Client, client, with_for_update=True)
    version, before = plans.in_force(work.session, (client,))[client]
    if seen != version:
        raise ChangedMeanwhile
    if plan == before:
        return version
    new, old = written(plan), written(before)
    work.session.add(
        plans.PlanVersion(
            client_id=client, version=version + 1, terms=new, user_id=work.actor.user_id, at=work.now
        )
    )
    changed = [name for name in new if new[name] != old[name]]
    facts = {
        "version": version + 1,
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }
    work.journal.record(ActKind.PLAN_CHANGED, day=work.today, client_id=client, facts=facts, shown=new)
    work.session.flush()
    return version + 1


def checked(terms: Mapping[str, Any]) -> Plan:
    """The plan that terms describe, within what is possible.

    Raises:
        Unreadable, PlanStepMissing, PlanDays, PlanOrder, PlanGap, PlanMinimum, PlanClosed: no plan.
    """
    try:
        given = _Terms.model_validate(terms).model_dump()
    except ValidationError as error:
        raise Unreadable(value="") from error
    steps = _steps(given["steps"])
    if not APART_MIN <= given["contact_gap_days"] <= APART_MAX:
        facts = {"first": str(APART_MIN), "last": str(APART_MAX)}
        raise PlanGap(value=str(given["contact_gap_days"]), **facts)
    if not 0 <= given["minimum_cents"] <= MINIMUM_MAX:
        raise PlanMinimum(last=str(MINIMUM_MAX // 100))
    if len(given["closures"]) > CLOSURES_MAX:
        raise Unreadable(value="")
    try:
        return plan_of({**given, "steps": steps})
    except (ValueError, KeyError, TypeError) as error:
        raise PlanClosed from error


def _steps(given: Sequence[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """The steps with what follows from their days: how far each is from the one below it."""
    late = [step for step in given if step["code"] is not StepCode.COURTESY]
    if all(step["code"] is StepCode.FORMAL_NOTICE for step in late):
        raise PlanStepMissing
    courteous = [written(Plan((COURTESY,), 0))["steps"][0]] if len(late) < len(given) else []
    for step in late:
        if not 1 <= step["days_late_min"] <= LATE_MAX:
            facts = {"step": step["code"].value, "value": str(step["days_late_min"])}
            raise PlanDays(**facts, first="1", last=str(LATE_MAX))
        step["days_late_max"], step["days_after_previous"] = None, 0
    for before, after in pairwise(late):
        apart = after["days_late_min"] - before["days_late_min"]
        if apart < APART_MIN:
            raise PlanOrder(step=after["code"].value, first=str(before["days_late_min"] + APART_MIN))
        after["days_after_previous"] = min(APART_MAX, apart)
    return [*courteous, *late]


def played(plan: Plan, due: date) -> tuple[ForeseenStep, ...]:
    """When each step of one invoice due on a day would go, if nothing were paid and every night ran."""
    invoice = Invoice(
        0, 0, Kind.INVOICE, "", due - timedelta(days=30), due, Money(max(1, plan.minimum_cents))
    )
    done: list[StepDone] = []
    found: list[ForeseenStep] = []
    last: date | None = None
    first = min(step.days_late_min for step in plan.steps)
    for late in range(min(first, 0), _PLAYED_DAYS):
        on = due + timedelta(days=late)
        result = plan_debtor(plan, on, [OpenInvoice(invoice, invoice.total, tuple(done))], (), last)
        if isinstance(result, Planned):
            done.append(StepDone(result.step, on))
            found.append(ForeseenStep(result.step, on, late))
            last = last if result.step is StepCode.COURTESY else on
        if len(found) == len(plan.steps):
            break
    return tuple(found)
