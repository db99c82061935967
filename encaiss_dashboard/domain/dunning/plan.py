"""What is agreed with a client: the steps, how far apart, on which days, from which amount on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Final

from encaiss_dashboard.domain.consumer import NOTHING_AGREED, ConsumerTerms
from encaiss_dashboard.domain.sending_days import EVERY_DAY, SendingDays
from encaiss_dashboard.domain.workdays import Channel


class StepCode(StrEnum):
    """The rungs, gentlest first; their order here is the order of every plan."""

    COURTESY = "courtesy"
    STATEMENT_1 = "statement_1"
    STATEMENT_2 = "statement_2"
    STATEMENT_3 = "statement_3"
    FORMAL_NOTICE = "formal_notice"

    @property
    def rank(self) -> int:
        """Place in the order, from 0."""
        return _RANKS[self]


_RANKS: Final = {code: rank for rank, code in enumerate(StepCode)}


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: from when it may go.

    Attributes:
        code: which rung.
        days_late_min: days past due from which it goes, negative before the due date.
        days_late_max: last day on which it still makes sense; after that the next rung is taken.
        days_after_previous: days since the night of the invoice's previous step other than a courtesy.
        channel: how it goes; by e-mail to a debtor without an address it goes by post.
        costs_cents: what this reminder itself adds to the claim, in cents.
        claims: whether it asks for interest and indemnity too, as separate lines.
    """

    code: StepCode
    days_late_min: int
    days_late_max: int | None = None
    days_after_previous: int = 0
    channel: Channel = Channel.EMAIL
    costs_cents: int = 0
    claims: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What was agreed with a client.

    Attributes:
        steps: gentlest first.
        contact_gap_days: least number of days between two messages to one debtor, so that a debtor
            with a new invoice due every day gets one statement a fortnight and not one a night.
            Courtesy messages neither wait for it nor start it.
        minimum_cents: a message whose total is smaller in every currency is not worth sending yet.
        sending: on which days messages leave; a step reached on another day goes on the next of them.
        enters_by_age: whether an invoice that was old when it was given to the agency begins at the step of
            its age instead of the first one.
        stale_after_days: how long the client's word that payments are up to date is good for; after that
            nothing but courtesy messages goes. None when it never ends.
        consumer: what the terms of sale say about consumers.
    """

    steps: tuple[Step, ...]
    contact_gap_days: int
    minimum_cents: int = 0
    sending: SendingDays = EVERY_DAY
    enters_by_age: bool = False
    stale_after_days: int | None = None
    consumer: ConsumerTerms = NOTHING_AGREED

    def step(self, code: StepCode) -> Step | None:
        """The step of a code, None when the plan has none."""
        return next((step for step in self.steps if step.code is code), None)

    def __post_init__(self) -> None:
        """Refuse a plan that steps back, or that chases a debtor inside its own term."""
        if any(a.code.rank >= b.code.rank for a, b in pairwise(self.steps)):
            raise ValueError("steps must go from the gentlest to the harshest, each once")
        for step in self.steps:
            if step.code is StepCode.COURTESY:
                if step.days_late_max is None or step.days_late_max > 0:
                    raise ValueError("a courtesy message goes on the due day at the latest")
            elif step.days_late_min < 1:
                raise ValueError(f"{step.code} would go to a debtor inside its own term")
            if step.days_after_previous < 0 or step.costs_cents < 0:
                raise ValueError(f"{step.code} would go before the step below it, or cost less than nothing")
        if not self.steps or self.contact_gap_days < 0 or self.minimum_cents < 0:
            raise ValueError("a plan has a step, and no days or amounts below zero")


COURTESY: Final = Step(StepCode.COURTESY, days_late_min=-5, days_late_max=0)
DEFAULT_PLAN: Final = Plan(
    steps=(
        Step(StepCode.STATEMENT_1, days_late_min=7),
        Step(StepCode.STATEMENT_2, days_late_min=22, days_after_previous=15),
        Step(StepCode.STATEMENT_3, days_late_min=37, days_after_previous=15),
        Step(StepCode.FORMAL_NOTICE, days_late_min=52, days_after_previous=15),
    ),
    contact_gap_days=15,
)


def with_courtesy(plan: Plan) -> Plan:
    """The same plan with the courtesy message before the due date."""
    return replace(plan, steps=(COURTESY, *(s for s in plan.steps if s.code is not StepCode.COURTESY)))
