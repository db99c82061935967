"""The plans that hold until a client agrees on its own, and that it may begin from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.dunning.plan import DEFAULT_PLAN, Plan, Step, StepCode
from encaiss_dashboard.domain.sending_days import SendingDays

_WORKING_WEEK: Final = frozenset(range(5))


class Named(StrEnum):
    """Whose custom and law a plan follows."""

    BUSINESS_BE = "business_be"
    """Businesses in Belgium: three statements 15 days apart, then a formal notice that claims interest and
    indemnity (law of 2 August 2002)."""
    BUSINESS_FR = "business_fr"
    """Businesses in France: the same, on French working days (Code de commerce L441-10)."""
    CONSUMER_BE = "consumer_be"
    """Consumers in Belgium: the free first reminder, what was agreed from the second on (Book XIX)."""


def _with_claims(plan: Plan, *codes: StepCode) -> tuple[Step, ...]:
    return tuple(replace(step, claims=step.code in codes) for step in plan.steps)


_BUSINESS: Final = replace(
    DEFAULT_PLAN, steps=_with_claims(DEFAULT_PLAN, StepCode.FORMAL_NOTICE), enters_by_age=True
)
_CONSUMER_STEPS: Final = (
    Step(StepCode.STATEMENT_1, days_late_min=7),
    # 14 free days from the day after, and what the third working day of a letter adds to them.
    Step(StepCode.STATEMENT_2, days_late_min=27, days_after_previous=20, claims=True),
    Step(StepCode.FORMAL_NOTICE, days_late_min=47, days_after_previous=20, claims=True),
)

PLANS: Final[Mapping[Named, Plan]] = {
    Named.BUSINESS_BE: replace(_BUSINESS, sending=SendingDays(_WORKING_WEEK, "BE")),
    Named.BUSINESS_FR: replace(_BUSINESS, sending=SendingDays(_WORKING_WEEK, "FR")),
    Named.CONSUMER_BE: Plan(_CONSUMER_STEPS, contact_gap_days=15, sending=SendingDays(_WORKING_WEEK, "BE")),
}


def named_for(country: str, *, consumer: bool) -> Named:
    """The one that holds for a client's debtors until it agrees on another; ``country`` is the client's."""
    if consumer:
        return Named.CONSUMER_BE
    return Named.BUSINESS_FR if country == "FR" else Named.BUSINESS_BE
