"""Nights of a debtor with stops, told as in ``nights``: what was paid, promised, contested, and when."""

from __future__ import annotations

from dataclasses import dataclass, field

from nights import HUNDRED, SHORT, Story, day, invoice

from encaiss_dashboard.domain.dunning import OpenInvoice, next_action, plan_debtor
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.stops import Balances, Stop, Stops

A, B = ord("A"), ord("B")
ALL = HUNDRED.cents


@dataclass
class StopStory(Story):
    """A debtor whose invoices are settled bit by bit and stopped by facts."""

    known: list[Stop] = field(default_factory=list)
    settled: list[tuple[int, int, int]] = field(default_factory=list)

    def pays(self, number, cents=ALL, *, of=A):
        """Money or a credit note set against an invoice on a day."""
        self.settled.append((of, number, cents))
        return self

    def stops(self, *stops):
        self.known = list(stops)
        return self

    @property
    def stopping(self):
        paid = {key: [(day(n), cents) for of, n, cents in self.settled if of == key] for key in (A, B)}
        return Stops(tuple(self.known), Balances({i.id: i.total.cents for i in self.invoices}, paid))

    def owed_on(self, number):
        stops, on = self.stopping, day(number)
        return [
            OpenInvoice(
                one,
                Money(stops.balances.open_cents([one.id], on)),
                self.done.get(one.number, []),
                stops.of_invoice(one.id, on),
            )
            for one in self.invoices
        ]

    def plan(self, number):
        stop = self.stopping.of_debtor(day(number))
        return plan_debtor(self.agreed, day(number), self.owed_on(number), (), self.last_contact, stop=stop)

    def state(self, number, which=0):
        """How a stop stands on a day."""
        standing = self.known[which].standing(self.stopping.balances, day(number))
        return standing and standing.state.value

    def next(self, number):
        found = next_action(self.agreed, day(number), self.owed_on(number), self.last_contact)
        return None if found is None else (SHORT[found[0]], (found[1] - day(0)).days)


def owing(*names):
    """A debtor that owes 100.00 on each of these invoices, due on day 0."""
    return StopStory([invoice(name) for name in names or ("A",)])
