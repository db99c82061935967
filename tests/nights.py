"""Nights of reminders to one debtor, told shortly. "Day n" is n days after 1 October 2026, when A is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    ORDINARY,
    Held,
    OpenInvoice,
    Plan,
    Standing,
    StepCode,
    StepDone,
    next_action,
    plan_debtor,
)
from encaiss_dashboard.domain.invoices import Invoice, Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel

ORIGIN = date(2026, 10, 1)
CODES = {
    "c": StepCode.COURTESY,
    "1": StepCode.STATEMENT_1,
    "2": StepCode.STATEMENT_2,
    "3": StepCode.STATEMENT_3,
    "F": StepCode.FORMAL_NOTICE,
}
SHORT = {code: short for short, code in CODES.items()} | {None: "-"}


def day(number):
    return ORIGIN + timedelta(days=number)


HUNDRED = Money(100_00)


def invoice(name, due=0, total=HUNDRED):
    """An invoice whose number is its name, due on a day number and issued 30 days before."""
    return Invoice(ord(name), 1, Kind.INVOICE, name, day(due - 30), day(due), total)


@dataclass
class Story:
    """One debtor, its plan and what it was sent so far."""

    invoices: list[Invoice]
    agreed: Plan = DEFAULT_PLAN
    credits: tuple[Money, ...] = ()
    paid: set[str] = field(default_factory=set)
    done: dict[str, list[StepDone]] = field(default_factory=dict)
    last_contact: date | None = None
    standing: Standing = ORDINARY
    channel: Channel = Channel.EMAIL

    def owed(self):
        return [
            OpenInvoice(i, Money(0) if i.number in self.paid else i.total, self.done.get(i.number, []))
            for i in self.invoices
        ]

    def plan(self, number):
        return plan_debtor(
            self.agreed, day(number), self.owed(), self.credits, self.last_contact, standing=self.standing
        )

    def night(self, number):
        """Run one night, keep what was sent, and tell it: ``"A2 B1 C-"``, ``"contact_gap"``, ``""``."""
        plan = self.plan(number)
        if isinstance(plan, Held):
            return plan.reason.value
        if plan is None:
            return ""
        for line in plan.lines:
            if line.step:
                self.done.setdefault(line.invoice.number, []).append(
                    StepDone(line.step, day(number), self.channel)
                )
        if plan.step is not StepCode.COURTESY:
            self.last_contact = day(number)
        return " ".join(line.invoice.number + SHORT[line.step] for line in plan.lines)

    def nights(self, *numbers):
        """What was sent on which of these days."""
        return {number: told for number in numbers if (told := self.night(number))}

    def next(self, number):
        found = next_action(self.agreed, day(number), self.owed(), self.last_contact, self.standing)
        return None if found is None else (SHORT[found[0]], (found[1] - ORIGIN).days)
