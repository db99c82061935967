"""Why a message goes: which invoice reached which step, by which rule of the plan, from which day on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from encaiss_dashboard.domain.dunning.instalments import InstalmentNotice
from encaiss_dashboard.domain.dunning.plan import Plan, StepCode
from encaiss_dashboard.domain.dunning.planning import Planned, StatementLine
from encaiss_dashboard.domain.dunning.reaching import ORDINARY, OpenInvoice, Standing, StepDone, lawful_from


class Trigger(StrEnum):
    """The rule that an invoice met last before it could take its step."""

    BEFORE_DUE = "before_due"  # so many days before the due date
    DAYS_LATE = "days_late"  # so many days after it
    AFTER_PREVIOUS = "after_previous"  # so many days after the invoice's step before
    LAW_ALLOWS = "law_allows"  # the free period of a consumer's first reminder is over
    INSTALMENT = "instalment"  # so many days before an instalment of a plan that was agreed
    IN_PLAN = "in_plan"  # covered by the plan whose instalment a message is about
    LISTED = "listed"  # past due and named beside others, without a step of its own


@dataclass(frozen=True, slots=True)
class Why:
    """Why one invoice stands in a message.

    Attributes:
        trigger: the rule.
        number: of the invoice.
        step: the rung taken, None when it is only listed.
        due: its due date.
        days_late: days past due on the day of the message, negative before the due date.
        days_late_min: what the plan asks for, None when the invoice is only listed.
        previous: its step before, None when this is the first.
        days_after_previous: days the plan asks for between the two.
        reached: the first day on which the plan's days and the law allowed the step; a message of a later
            day had to wait for the distance between two messages, a sending day or the end of a stop.
    """

    trigger: Trigger
    number: str
    step: StepCode | None
    due: date
    days_late: int
    days_late_min: int | None = None
    previous: StepDone | None = None
    days_after_previous: int = 0
    reached: date | None = None


def why_line(
    plan: Plan, line: StatementLine, due: date, done: Sequence[StepDone], standing: Standing = ORDINARY
) -> Why:
    """Why an invoice stands in a message.

    Args:
        plan: the one that the message was planned under.
        line: the invoice in the message.
        due: its due date as it was on the day of the message.
        done: its steps taken before.
        standing: of its debtor.
    """
    step = plan.step(line.step) if line.step else None
    previous = max(done, key=lambda one: (one.on, one.code.rank), default=None)
    number = line.invoice.number
    if step is None:
        return Why(Trigger.LISTED, number, line.step, due, line.days_late, previous=previous)
    by_due = due + timedelta(days=step.days_late_min)
    by_previous = previous.on + timedelta(days=step.days_after_previous) if previous else by_due
    by_law = lawful_from(done, standing)
    reached = max(by_due, by_previous, by_law)
    if reached == by_due:
        trigger = Trigger.DAYS_LATE if step.days_late_min > 0 else Trigger.BEFORE_DUE
    else:
        trigger = Trigger.AFTER_PREVIOUS if reached == by_previous else Trigger.LAW_ALLOWS
    return Why(
        trigger,
        number,
        step.code,
        due,
        line.days_late,
        step.days_late_min,
        previous,
        step.days_after_previous,
        reached,
    )


def why(plan: Plan, planned: Planned, invoices: Sequence[OpenInvoice], standing: Standing = ORDINARY) -> Why:
    """Why a message goes: the oldest invoice among those that take its highest step.

    Args:
        plan: of the debtor; one agreed for the invoice itself comes before it.
        planned: the message.
        invoices: those it was planned from.
        standing: of the debtor.
    """
    line = next(line for line in planned.lines if line.step is planned.step)
    item = next(item for item in invoices if item.invoice.id == line.invoice.id)
    return why_line(item.plan or plan, line, line.invoice.due, item.done, standing)


def why_instalment(notice: InstalmentNotice, on: date) -> Why:
    """Why a message before an instalment goes on a day; ``number`` is its place in the plan."""
    days = (on - notice.due).days
    return Why(
        Trigger.INSTALMENT, notice.place, None, notice.due, days, -notice.days_before, reached=notice.begins
    )


def why_in_plan(line: StatementLine) -> Why:
    """Why an invoice stands in a message before an instalment."""
    return Why(Trigger.IN_PLAN, line.invoice.number, None, line.invoice.due, line.days_late)
