"""The plan of reminders: which step each invoice has reached, and what one debtor is sent tonight.

Steps are reached "at least N days late", never "exactly N": a missed night catches up with one
step. The state is per invoice, the message per debtor, so one statement may hold several steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from encaiss_dashboard.domain.dunning.holds import Held, HoldReason
from encaiss_dashboard.domain.dunning.plan import Plan, StepCode
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.sending_days import EVERY_DAY


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step of one invoice that was sent.

    Attributes:
        code: which rung.
        on: the day of the run that planned it.
    """

    code: StepCode
    on: date


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice with what is left of it and what was already sent about it.

    Attributes:
        invoice: never a credit note.
        open: balance today; zero or less is never reminded.
        done: steps sent, in any order.
        stop: what keeps this invoice out of every message today, None when nothing does.
    """

    invoice: Invoice
    open: Money
    done: Sequence[StepDone] = ()
    stop: Held | None = None


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One invoice in a message.

    Attributes:
        invoice: what it is about.
        open: its balance.
        days_late: days past due, zero or less only in a courtesy message.
        step: the rung this message takes for it; None when it is listed without taking one.
    """

    invoice: Invoice
    open: Money
    days_late: int
    step: StepCode | None


@dataclass(frozen=True, slots=True)
class Planned:
    """One message to one debtor.

    Attributes:
        lines: oldest due first.
        credits: unallocated credits of the currencies in the lines, one sum each, above zero.
        step: the highest step among the lines, which sets the tone.
        totals: what is asked for, by currency: lines minus credits, above zero.
    """

    lines: tuple[StatementLine, ...]
    credits: tuple[Money, ...]
    step: StepCode
    totals: dict[str, Money]


def plan_debtor(
    plan: Plan,
    on: date,
    invoices: Sequence[OpenInvoice],
    credits: Sequence[Money] = (),  # noqa: A002 - the trade's word; Python's own is for the prompt only
    last_contact: date | None = None,
    *,
    stop: Held | None = None,
) -> Planned | Held | None:
    """What one delegated debtor is sent on a night.

    A statement goes when at least one invoice has reached a step; it then lists all invoices past
    due, each at its own step or at none. A currency whose credits cover what is past due drops out.
    When no statement goes, a courtesy message may, with only the invoices whose courtesy step it is.

    Args:
        plan: the plan of this debtor's client.
        on: the night of the run.
        invoices: the debtor's delegated invoices.
        credits: unallocated payments and credit notes, positive, any number per currency.
        last_contact: day of the last message other than a courtesy, None when there was none.
        stop: what keeps every message to this debtor back today, None when nothing does.

    Returns:
        The message, the reason why one that is due waits, or None when nothing is due.
    """
    moving = [item for item in invoices if item.stop is None]
    result = _plan(plan, on, moving, credits, last_contact)
    if result is None and len(moving) < len(invoices):
        unstopped = [replace(item, stop=None) for item in invoices]
        if _plan(plan, on, unstopped, credits, last_contact) is not None:
            result = next(item.stop for item in invoices if item.stop)
    return stop if result is not None and stop is not None else result


def _plan(
    plan: Plan,
    on: date,
    invoices: Sequence[OpenInvoice],
    credits: Sequence[Money],  # noqa: A002 - as above
    last_contact: date | None,
) -> Planned | Held | None:
    if not plan.sending.is_open(on):
        return _on_a_closed_day(plan, on, invoices, credits, last_contact)
    lines = list(_lines(plan, on, invoices))
    past_due = [line for line in lines if line.days_late >= 1]
    courtesy = [line for line in lines if line.step is StepCode.COURTESY]
    credit = _sums(credits)
    statement = _worth_sending(plan, _message(past_due, credit))
    if isinstance(statement, Planned):
        waits_until = _gap_end(plan, last_contact)
        if waits_until is None or waits_until <= on:
            return statement
        statement = Held(HoldReason.CONTACT_GAP, {"until": plan.sending.next_open(waits_until)})
    # What is already late has the first claim on a credit.
    owed = _sums(line.open for line in past_due)
    left = {key: amount - owed.get(key, Money(0, key)) for key, amount in credit.items()}
    message = _worth_sending(plan, _message(courtesy, left))
    return message if statement is None or isinstance(message, Planned) else statement


def _on_a_closed_day(
    plan: Plan,
    on: date,
    invoices: Sequence[OpenInvoice],
    credits: Sequence[Money],  # noqa: A002 - as above
    last_contact: date | None,
) -> Held | None:
    """Why a message that would go today waits for the next sending day; nothing when none will go then."""
    today = _plan(replace(plan, sending=EVERY_DAY), on, invoices, credits, last_contact)
    if not isinstance(today, Planned):
        return today
    until = plan.sending.next_open(on)
    then = _plan(plan, until, invoices, credits, last_contact)
    return Held(HoldReason.NOT_A_SENDING_DAY, {"until": until}) if isinstance(then, Planned) else then


def next_action(
    plan: Plan, on: date, invoices: Sequence[OpenInvoice], last_contact: date | None
) -> tuple[StepCode, date] | None:
    """The tone and day of the debtor's next message, if nothing is paid until then.

    Args:
        plan: the plan of this debtor's client.
        on: first day considered.
        invoices: the debtor's delegated invoices; credits are left out of account.
        last_contact: day of the last message other than a courtesy, None when there was none.

    Returns:
        The highest step of that message and its day, or None when every invoice has had all steps.
    """
    statement_from = max(on, _gap_end(plan, last_contact) or on)
    nexts = (_next_step(plan, item, on, statement_from) for item in invoices if _is_owed(item))
    steps = [found for found in nexts if found]
    if not steps:
        return None
    first = min(day for _, day in steps)
    return max((code for code, day in steps if day == first), key=lambda code: code.rank), first


def last_step(invoices: Iterable[OpenInvoice]) -> StepCode | None:
    """The harshest step taken on invoices that are still open, None when none was."""
    steps = [done.code for item in invoices for done in item.done]
    return max(steps, key=lambda code: code.rank, default=None)


def _lines(plan: Plan, on: date, invoices: Sequence[OpenInvoice]) -> Iterator[StatementLine]:
    owed = (item for item in invoices if _is_owed(item))
    for item in sorted(owed, key=lambda i: (i.invoice.due, i.invoice.issue, i.invoice.id)):
        code, day = _next_step(plan, item, on, on) or (None, None)
        yield StatementLine(
            item.invoice, item.open, item.invoice.days_late(on), step=code if day == on else None
        )


def _is_owed(item: OpenInvoice) -> bool:
    assert item.invoice.kind is Kind.INVOICE
    return item.open.cents > 0


def _next_step(
    plan: Plan, item: OpenInvoice, courtesy_from: date, statement_from: date
) -> tuple[StepCode, date] | None:
    """The first step above those done that can still be reached, and from which day."""
    moving_from = _moving_from(item)
    if moving_from is None:
        return None
    highest = max((done.code.rank for done in item.done), default=-1)
    previous = max((done.on for done in item.done), default=None)
    for step in plan.steps:
        if step.code.rank <= highest:
            continue
        day = max(
            courtesy_from if step.code is StepCode.COURTESY else statement_from,
            item.invoice.due + timedelta(days=step.days_late_min),
            moving_from,
        )
        if previous is not None:
            day = max(day, previous + timedelta(days=step.days_after_previous))
        day = plan.sending.next_open(day)
        if step.days_late_max is None or item.invoice.days_late(day) <= step.days_late_max:
            return step.code, day
    return None


def _moving_from(item: OpenInvoice) -> date | None:
    """The day after an invoice's stop, the first of all without one, None while it has no end."""
    if item.stop is None:
        return date.min
    until = item.stop.facts.get("until")
    return until + timedelta(days=1) if isinstance(until, date) else None


def _message(lines: Sequence[StatementLine], credit: Mapping[str, Money]) -> Planned | Held | None:
    """One message of these lines, less the currencies that credit covers; None without any step."""
    owed = _sums(line.open for line in lines)
    totals = {key: due - credit[key] if _counts(credit, key) else due for key, due in owed.items()}
    totals = {key: total for key, total in totals.items() if total.cents > 0}
    stepping = [line for line in lines if line.step]
    kept = [line for line in lines if line.open.currency in totals]
    tones = [line.step for line in kept if line.step]
    if tones:
        used = tuple(credit[key] for key in totals if _counts(credit, key))
        return Planned(tuple(kept), used, max(tones, key=lambda code: code.rank), totals)
    if stepping:
        covered = stepping[0].open.currency
        facts: dict[str, date | Money] = {"credit": credit[covered], "due": owed[covered]}
        return Held(HoldReason.CREDIT_COVERS, facts)
    return None


def _worth_sending(plan: Plan, message: Planned | Held | None) -> Planned | Held | None:
    """The message, unless it asks for less than the plan's minimum in every currency."""
    if not isinstance(message, Planned) or any(
        total.cents >= plan.minimum_cents for total in message.totals.values()
    ):
        return message
    due = max(message.totals.values(), key=lambda total: total.cents)
    return Held(HoldReason.BELOW_MINIMUM, {"due": due, "minimum": Money(plan.minimum_cents, due.currency)})


def _counts(credit: Mapping[str, Money], currency: str) -> bool:
    return currency in credit and credit[currency].cents > 0


def _sums(amounts: Iterable[Money]) -> dict[str, Money]:
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) + amount
    return sums


def _gap_end(plan: Plan, last_contact: date | None) -> date | None:
    return None if last_contact is None else last_contact + timedelta(days=plan.contact_gap_days)
