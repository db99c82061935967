"""Which step one invoice has reached: by the plan, by what was sent before, and by the law."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from encaiss_dashboard.domain.dunning.holds import Held
from encaiss_dashboard.domain.dunning.plan import Plan, StepCode
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel, waiting_period


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of one invoice that was sent.

    Attributes:
        code: which rung.
        on: the day of the run that planned it.
        channel: how it went.
        sent_on: the day it left, None while that is not known: then ``on`` counts.
    """

    code: StepCode
    on: date
    channel: Channel = Channel.EMAIL
    sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with what is left of it and what was already sent about it.

    Attributes:
        invoice: never a credit note.
        open: balance today; zero or less is never reminded.
        done: steps sent, in any order.
        stop: what keeps this invoice out of every message today, None when nothing does.
        plan: agreed for this one invoice, whose steps count instead of its debtor's; None as a rule.
        known_since: day on which it was recorded, None when it was known when its debtor was delegated.
    """

    invoice: Invoice
    open: Money
    done: Sequence[StepDone] = ()
    stop: Held | None = None
    plan: Plan | None = None
    known_since: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the reminders of a debtor depend on besides its plan and its invoices.

    Attributes:
        consumer: whether Book XIX of the Code of economic law protects it.
        since: first day of its delegation, None when that is of no matter.
        stale_since: the day on which the client's payments were last known to be up to date, when that is
            too long ago for anything but a courtesy message; else None.
    """

    consumer: bool = False
    since: date | None = None
    stale_since: date | None = None


ORDINARY: Final = Standing()


class Reached(NamedTuple):
    """The next step of an invoice.

    Attributes:
        code: which rung.
        by_plan: the first day on which the plan lets it go.
        on: the first day on which the law lets it go too.
    """

    code: StepCode
    by_plan: date
    on: date


def next_step(
    plan: Plan, item: OpenInvoice, standing: Standing, courtesy_from: date, statement_from: date
) -> Reached | None:
    """The first step above those done that can still be reached, None when there is none.

    Args:
        plan: of the debtor; one agreed for the invoice itself comes before it.
        item: the invoice.
        standing: of its debtor.
        courtesy_from: first day considered for a courtesy message.
        statement_from: first day considered for any other.
    """
    assert item.invoice.kind is Kind.INVOICE
    moving_from = _moving_from(item)
    if moving_from is None:
        return None
    agreed = item.plan or plan
    highest = max((done.code.rank for done in item.done), default=-1)
    highest = max(highest, _entry(agreed, item, standing, courtesy_from) - 1)
    # A courtesy message keeps nothing waiting.
    previous = max((done.on for done in item.done if done.code is not StepCode.COURTESY), default=None)
    for step in agreed.steps:
        if step.code.rank <= highest:
            continue
        day = max(
            courtesy_from if step.code is StepCode.COURTESY else statement_from,
            item.invoice.due + timedelta(days=step.days_late_min),
            moving_from,
        )
        if previous is not None:
            day = max(day, previous + timedelta(days=step.days_after_previous))
        by_plan = plan.sending.next_open(day)
        on = plan.sending.next_open(max(by_plan, lawful_from(item.done, standing)))
        if step.days_late_max is None or item.invoice.days_late(on) <= step.days_late_max:
            return Reached(step.code, by_plan, on)
    return None


def lawful_from(done: Sequence[StepDone], standing: Standing) -> date:
    """The first day on which the law allows a further reminder of an invoice, the first of all for most.

    A consumer's first reminder opens a free period of 14 days, in which nothing else may be sent or
    charged (Code of economic law, art. XIX.2); a courtesy message before the due date is none, nor is
    a call or a text.
    """
    reminders = [one for one in done if one.code is not StepCode.COURTESY and one.channel.in_writing]
    if not standing.consumer or not reminders:
        return date.min
    first = min(reminders, key=lambda one: one.on)
    return waiting_period(first.sent_on or first.on, first.channel).first_day_with_charges


def _entry(plan: Plan, item: OpenInvoice, standing: Standing, on: date) -> int:
    """Rank of the step at which an invoice enters that was old when it was given, 0 for any other.

    Where its age puts it, but never at the last step nor at a formal notice; a consumer always gets the
    first reminder first (art. XIX.2). Nights that did not run make nothing older: what counts is the age
    on the day from which the agency could act.
    """
    begun = any(one.code is not StepCode.COURTESY for one in item.done)
    if not plan.enters_by_age or standing.since is None or standing.consumer or begun:
        return 0
    given = min(on, max(standing.since, item.known_since or standing.since))
    late = item.invoice.days_late(given)
    open_to = [step for step in plan.steps[:-1] if step.code is not StepCode.FORMAL_NOTICE]
    reached = [step.code.rank for step in open_to if 1 <= step.days_late_min <= late]
    return max(reached, default=0)


def _moving_from(item: OpenInvoice) -> date | None:
    """The day after an invoice's stop, the first of all without one, None while it has no end."""
    if item.stop is None:
        return date.min
    until = item.stop.facts.get("until")
    return until + timedelta(days=1) if isinstance(until, date) else None
