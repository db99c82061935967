"""A plan as data: how its terms are kept with each version, and read again for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from encaiss_dashboard.domain.consumer import NOTHING_AGREED, Clause, ConsumerTerms, Creditor
from encaiss_dashboard.domain.dunning import Plan, Step, StepCode
from encaiss_dashboard.domain.sending_days import Closure, DayOfYear, SendingDays
from encaiss_dashboard.domain.workdays import Channel


def written(plan: Plan) -> dict[str, Any]:
    """The terms of a plan as JSON: days are numbers, days of the year ``MM-DD``, amounts cents."""
    return {
        "steps": [
            {
                "code": step.code.value,
                "days_late_min": step.days_late_min,
                "days_late_max": step.days_late_max,
                "days_after_previous": step.days_after_previous,
                "channel": step.channel.value,
                "costs_cents": step.costs_cents,
                "claims": step.claims,
            }
            for step in plan.steps
        ],
        "contact_gap_days": plan.contact_gap_days,
        "minimum_cents": plan.minimum_cents,
        "weekdays": sorted(plan.sending.weekdays),
        "country": plan.sending.country,
        "closures": [[_day(one.first), _day(one.last)] for one in plan.sending.closures],
        "enters_by_age": plan.enters_by_age,
        "stale_after_days": plan.stale_after_days,
        "consumer": {
            "supplies": plan.consumer.supplies,
            "creditor": plan.consumer.creditor.value,
            "clause": plan.consumer.clause.value,
            "fixed_cents": plan.consumer.fixed_cents,
            "interest": plan.consumer.interest,
        },
    }


def plan_of(terms: Mapping[str, Any]) -> Plan:
    """The plan that terms describe.

    Raises:
        ValueError, KeyError, TypeError: they describe none.
    """
    return Plan(
        steps=tuple(
            Step(
                StepCode(step["code"]),
                step["days_late_min"],
                step["days_late_max"],
                step["days_after_previous"],
                # Versions of before these were agreed say nothing of them.
                Channel(step.get("channel", Channel.EMAIL)),
                step.get("costs_cents", 0),
                step.get("claims", False),
            )
            for step in terms["steps"]
        ),
        contact_gap_days=terms["contact_gap_days"],
        minimum_cents=terms["minimum_cents"],
        sending=SendingDays(
            frozenset(terms["weekdays"]),
            terms["country"],
            tuple(Closure(_day_of(first), _day_of(last)) for first, last in terms["closures"]),
        ),
        enters_by_age=terms.get("enters_by_age", False),
        stale_after_days=terms.get("stale_after_days"),
        consumer=_consumer(terms.get("consumer")),
    )


def _consumer(terms: Mapping[str, Any] | None) -> ConsumerTerms:
    if terms is None:
        return NOTHING_AGREED
    return ConsumerTerms(
        terms["supplies"],
        Creditor(terms["creditor"]),
        Clause(terms["clause"]),
        terms["fixed_cents"],
        terms["interest"],
    )


def _day(day: DayOfYear) -> str:
    return f"{day.month:02}-{day.day:02}"


def _day_of(text: str) -> DayOfYear:
    month, day = text.split("-")
    return DayOfYear(int(month), int(day))
