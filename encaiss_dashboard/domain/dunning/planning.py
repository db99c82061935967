"""The plan of reminders: which step each invoice has reached, and what one debtor is sent tonight.

Steps are reached "at least N days late", never "exactly N": a missed night catches up with one
step. The state is per invoice, the message per debtor, so one statement may hold several steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from encaiss_dashboard.domain.dunning.holds import Held, HoldReason
from encaiss_dashboard.domain.dunning.instalments import INSTALMENT, InstalmentNotice
from encaiss_dashboard.domain.dunning.plan import Plan, StepCode
from encaiss_dashboard.domain.dunning.reaching import ORDINARY, OpenInvoice, Reached, Standing, next_step
from encaiss_dashboard.domain.invoices import Invoice
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.sending_days import EVERY_DAY, SendingDays


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
        instalment: of the message before an instalment, which one: it asks for that one, and its lines are
            the invoices that the plan is about, none of which takes a step.
    """

    lines: tuple[StatementLine, ...]
    credits: tuple[Money, ...]
    step: StepCode
    totals: dict[str, Money]
    instalment: InstalmentNotice | None = None

    @property
    def word(self) -> str:
        """What it is called, a catalogue key below ``step.``: its step, or ``instalment``."""
        return INSTALMENT if self.instalment else self.step.value


def plan_debtor(
    plan: Plan,
    on: date,
    invoices: Sequence[OpenInvoice],
    credits: Sequence[Money] = (),  # noqa: A002 - the trade's word; Python's own is for the prompt only
    last_contact: date | None = None,
    *,
    stop: Held | None = None,
    standing: Standing = ORDINARY,
) -> Planned | Held | None:
    """What one delegated debtor is sent on a night.

    A statement goes when at least one invoice has reached a step; it then lists all invoices past
    due, each at its own step or at none, but for those that are stopped: these are neither asked for
    nor listed. A currency whose credits cover what is past due drops out. When no statement goes, a
    courtesy message may, with only the invoices whose courtesy step it is.

    Args:
        plan: the plan of this debtor.
        on: the night of the run.
        invoices: the debtor's delegated invoices.
        credits: unallocated payments and credit notes, positive, any number per currency.
        last_contact: day of the last message other than a courtesy, None when there was none.
        stop: what keeps every message to this debtor back today, None when nothing does.
        standing: what else it depends on.

    Returns:
        The message, the reason why one that is due waits, or None when nothing is due.
    """
    night = _Night(plan, on, _sums(credits), last_contact, standing, plan.sending)
    moving = [item for item in invoices if item.stop is None]
    result = night.planned(moving)
    stopped = [item.stop for item in invoices if item.stop]
    if result is None and stopped and night.planned([replace(item, stop=None) for item in invoices]):
        result = stopped[0]
    return stop if result is not None and stop is not None else result


@dataclass(frozen=True, slots=True)
class _Night:
    """One debtor's night; ``sending`` stays what it is where the plan is supposed to send every day."""

    plan: Plan
    on: date
    credit: Mapping[str, Money]
    last_contact: date | None
    standing: Standing
    sending: SendingDays

    def planned(self, invoices: Sequence[OpenInvoice]) -> Planned | Held | None:
        """The message, the reason why one that is due waits, or None when nothing is due."""
        if not self.plan.sending.is_open(self.on):
            return self._on_a_closed_day(invoices)
        reached = _reached(self.plan, self.on, invoices, self.standing)
        lines = [
            _line(item, self.on, found if found and found.on <= self.on else None) for item, found in reached
        ]
        past_due = [line for line in lines if line.days_late >= 1]
        courtesy = [line for line in lines if line.step is StepCode.COURTESY]
        statement = self._statement(past_due) or self._unlawful(reached)
        if isinstance(statement, Planned):
            return statement
        # What is already late has the first claim on a credit.
        owed = _sums(line.open for line in past_due)
        left = {key: amount - owed.get(key, Money(0, key)) for key, amount in self.credit.items()}
        message = _worth_sending(self.plan, _message(courtesy, left))
        return message if statement is None or isinstance(message, Planned) else statement

    def _statement(self, past_due: Sequence[StatementLine]) -> Planned | Held | None:
        statement = _worth_sending(self.plan, _message(past_due, self.credit))
        if not isinstance(statement, Planned):
            return statement
        if self.standing.stale_since is not None:
            return Held(HoldReason.STALE_DATA, {"since": self.standing.stale_since})
        waits_until = _gap_end(self.plan, self.last_contact)
        if waits_until is None or waits_until <= self.on:
            return statement
        return Held(HoldReason.CONTACT_GAP, {"until": self.sending.next_open(waits_until)})

    def _unlawful(self, reached: Sequence[tuple[OpenInvoice, Reached | None]]) -> Held | None:
        """Why what the plan would send today waits for the law, None when nothing does."""
        days = [found.on for _, found in reached if found and found.by_plan <= self.on < found.on]
        if not days:
            return None
        lines = (
            _line(item, self.on, found if found and found.by_plan <= self.on else None)
            for item, found in reached
        )
        would = self._statement([line for line in lines if line.days_late >= 1])
        return Held(HoldReason.LAW_WAITS, {"until": min(days)}) if isinstance(would, Planned) else would

    def _on_a_closed_day(self, invoices: Sequence[OpenInvoice]) -> Planned | Held | None:
        """Why what would go today waits for the next sending day; nothing when none will go then."""
        today = replace(self, plan=replace(self.plan, sending=EVERY_DAY)).planned(invoices)
        if not isinstance(today, Planned):
            return today
        until = self.plan.sending.next_open(self.on)
        then = replace(self, on=until).planned(invoices)
        return Held(HoldReason.NOT_A_SENDING_DAY, {"until": until}) if isinstance(then, Planned) else then


def next_action(
    plan: Plan,
    on: date,
    invoices: Sequence[OpenInvoice],
    last_contact: date | None,
    standing: Standing = ORDINARY,
) -> tuple[StepCode, date] | None:
    """The tone and day of the debtor's next message, if nothing is paid until then.

    Args:
        plan: the plan of this debtor's client.
        on: first day considered.
        invoices: the debtor's delegated invoices; credits are left out of account.
        last_contact: day of the last message other than a courtesy, None when there was none.
        standing: what else it depends on; that payments are not up to date is left out of account.

    Returns:
        The highest step of that message and its day, or None when every invoice has had all steps.
    """
    statement_from = max(on, _gap_end(plan, last_contact) or on)
    nexts = (next_step(plan, item, standing, on, statement_from) for item in invoices if item.open.cents > 0)
    steps = [found for found in nexts if found]
    if not steps:
        return None
    first = min(found.on for found in steps)
    return max((found.code for found in steps if found.on == first), key=lambda code: code.rank), first


def last_step(invoices: Iterable[OpenInvoice]) -> StepCode | None:
    """The harshest step taken on invoices that are still open, None when none was."""
    steps = [done.code for item in invoices for done in item.done]
    return max(steps, key=lambda code: code.rank, default=None)


def _reached(
    plan: Plan, on: date, invoices: Sequence[OpenInvoice], standing: Standing
) -> list[tuple[OpenInvoice, Reached | None]]:
    """What is owed, the oldest due first, each with its next step."""
    owed = (item for item in invoices if item.open.cents > 0)
    ordered = sorted(owed, key=lambda i: (i.invoice.due, i.invoice.issue, i.invoice.id))
    return [(item, next_step(plan, item, standing, on, on)) for item in ordered]


def _line(item: OpenInvoice, on: date, taken: Reached | None) -> StatementLine:
    return StatementLine(
        item.invoice, item.open, item.invoice.days_late(on), step=taken.code if taken else None
    )


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
