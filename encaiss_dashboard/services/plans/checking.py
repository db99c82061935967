"""What a plan may be: how far apart, on which days, what it may cost, what the law wants for consumers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from encaiss_dashboard.domain.consumer import Clause, Creditor, costs_cap
from encaiss_dashboard.domain.dunning import (
    COURTESY,
    OpenInvoice,
    Plan,
    Planned,
    Standing,
    StepCode,
    StepDone,
    plan_debtor,
)
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.plan_terms import plan_of, written
from encaiss_dashboard.domain.workdays import Channel

LATE_MAX: Final = 365
"""Days past due at which the last step goes at the latest."""
APART_MIN: Final = 7
APART_MAX: Final = 120
"""Days between two steps, and between two messages to one debtor."""
MINIMUM_MAX: Final = 10_000_00
CLOSURES_MAX: Final = 10
STALE_MIN: Final = 7
STALE_MAX: Final = 120
COSTS_MAX: Final = 50_00
CONSUMER_APART_MIN: Final = 15
"""The free days that the first reminder opens, and the day on which it leaves."""
_WORDS_MAX: Final = 120
_PLAYED_DAYS: Final = 800


class _StepTerms(BaseModel):
    code: StepCode
    days_late_min: int
    days_late_max: int | None
    days_after_previous: int
    channel: Channel = Channel.EMAIL
    costs_cents: int = 0
    claims: bool = False


class _ConsumerTerms(BaseModel):
    supplies: str = ""
    creditor: Creditor = Creditor.OTHER
    clause: Clause = Clause.NONE
    fixed_cents: int = 0
    interest: bool = False


class _Terms(BaseModel):
    steps: list[_StepTerms]
    contact_gap_days: int
    minimum_cents: int
    weekdays: list[int]
    country: str
    closures: list[tuple[str, str]]
    enters_by_age: bool = False
    stale_after_days: int | None = None
    consumer: _ConsumerTerms = _ConsumerTerms()


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


class PlanCosts(Refusal):
    """A reminder that would cost more than it may; facts ``step`` and ``last`` in whole and part euros."""

    code = "plan_costs"


class PlanFirstFree(Refusal):
    """A consumer's first reminder that would cost or claim something; fact ``step``."""

    code = "plan_first_free"


class PlanFirstWritten(Refusal):
    """A consumer's first reminder that would not be in writing; fact ``step``."""

    code = "plan_first_written"


class PlanStale(Refusal):
    """Too few or too many days for payments to be up to date; facts ``first`` and ``last``."""

    code = "plan_stale"


class PlanClosed(Refusal):
    """No day is left on which anything may leave, or a day that no year has."""

    code = "plan_closed"


@dataclass(frozen=True, slots=True)
class ForeseenStep:
    """When a step of an invoice that falls due on a day would go, if nothing were paid."""

    step: StepCode
    on: date
    days_late: int


def checked(terms: Mapping[str, Any], *, consumer: bool = False) -> Plan:
    """The plan that terms describe, within what is possible.

    Args:
        terms: as ``domain.plan_terms`` writes them.
        consumer: whether it is for consumers.

    Raises:
        Unreadable, PlanStepMissing, PlanDays, PlanOrder, PlanGap, PlanMinimum, PlanCosts, PlanFirstFree,
            PlanFirstWritten, PlanStale, PlanClosed: no plan.
    """
    try:
        given = _Terms.model_validate(terms).model_dump()
    except ValidationError as error:
        raise Unreadable(value="") from error
    steps = _steps(given["steps"], CONSUMER_APART_MIN if consumer else APART_MIN)
    _check_costs(steps, consumer=consumer)
    if not APART_MIN <= given["contact_gap_days"] <= APART_MAX:
        facts = {"first": str(APART_MIN), "last": str(APART_MAX)}
        raise PlanGap(value=str(given["contact_gap_days"]), **facts)
    if not 0 <= given["minimum_cents"] <= MINIMUM_MAX:
        raise PlanMinimum(last=str(MINIMUM_MAX // 100))
    if given["stale_after_days"] is not None and not STALE_MIN <= given["stale_after_days"] <= STALE_MAX:
        raise PlanStale(first=str(STALE_MIN), last=str(STALE_MAX))
    agreed = given["consumer"]
    if (
        len(given["closures"]) > CLOSURES_MAX
        or len(agreed["supplies"]) > _WORDS_MAX
        or not agreed["supplies"].isprintable()
        or not 0 <= agreed["fixed_cents"] <= MINIMUM_MAX
    ):
        raise Unreadable(value="")
    try:
        return plan_of({**given, "steps": steps})
    except (ValueError, KeyError, TypeError) as error:
        raise PlanClosed from error


def _check_costs(steps: Sequence[Mapping[str, Any]], *, consumer: bool) -> None:
    late = [step for step in steps if step["code"] is not StepCode.COURTESY]
    for step in late:
        most = COSTS_MAX
        if consumer:
            most = costs_cap(Channel(step["channel"]))
        if not 0 <= step["costs_cents"] <= most:
            raise PlanCosts(step=step["code"].value, last=f"{most // 100}.{most % 100:02}")
    if consumer and (late[0]["costs_cents"] or late[0]["claims"]):
        raise PlanFirstFree(step=late[0]["code"].value)
    if consumer and not Channel(late[0]["channel"]).in_writing:
        raise PlanFirstWritten(step=late[0]["code"].value)


def _steps(given: Sequence[dict[str, Any]], apart_min: int) -> list[Mapping[str, Any]]:
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
        if apart < apart_min:
            raise PlanOrder(step=after["code"].value, first=str(before["days_late_min"] + apart_min))
        after["days_after_previous"] = min(APART_MAX, apart)
    return [*courteous, *late]


def played(plan: Plan, due: date, *, consumer: bool = False) -> tuple[ForeseenStep, ...]:
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
        owed = [OpenInvoice(invoice, invoice.total, tuple(done))]
        result = plan_debtor(plan, on, owed, (), last, standing=Standing(consumer=consumer))
        if isinstance(result, Planned):
            step = plan.step(result.step)
            done.append(StepDone(result.step, on, step.channel if step else Channel.EMAIL))
            found.append(ForeseenStep(result.step, on, late))
            last = last if result.step is StepCode.COURTESY else on
        if len(found) == len(plan.steps):
            break
    return tuple(found)
