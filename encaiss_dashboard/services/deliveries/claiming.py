"""What a message asks for beside the balances, and what the law wants a consumer's first reminder to say.

Worked out once, as the message is written, and kept as rows: the mail, its PDF and the screens show these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, delete, select

from encaiss_dashboard.domain.claims import ClaimKind, ClaimLine, LateInvoice, Settled, claim_lines
from encaiss_dashboard.domain.consumer import costs_cap
from encaiss_dashboard.domain.dunning import (
    DEFAULT_PLAN,
    PLANS,
    InstalmentNotice,
    Named,
    OpenInvoice,
    Plan,
    Step,
    StepCode,
)
from encaiss_dashboard.domain.interest import Regime
from encaiss_dashboard.domain.invoices import Ledger
from encaiss_dashboard.domain.letters import FirstReminder
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.workdays import Channel, waiting_period
from encaiss_dashboard.storage import plans, records
from encaiss_dashboard.storage.bank import AccessoryAllocation
from encaiss_dashboard.storage.claims import ClaimRow, paid
from encaiss_dashboard.storage.claims import row as claim_row
from encaiss_dashboard.storage.prospects import Prospect
from encaiss_dashboard.work import Work


@dataclass(frozen=True, slots=True)
class Claimant:
    """One message with its debtor as of today; ``instalment`` when it is the one before an instalment."""

    work: Work
    row: records.OutboxMessage
    seen: Prospect
    instalment: InstalmentNotice | None = None

    @property
    def plan(self) -> Plan:
        """The plan that the message was planned under."""
        consumer = self.seen.regime is Regime.BE_B2C
        house = PLANS[Named.CONSUMER_BE] if consumer else DEFAULT_PLAN
        return plans.version(self.work.session, self.row.client_id, self.row.plan_version, house)

    def first_reminder(self, lines: Sequence[records.OutboxLine]) -> FirstReminder | None:
        """What it has to say when it is the first reminder of any of a consumer's invoices, else None."""
        first = self._first(lines)
        if not first:
            return None
        terms = self.plan.consumer
        announced = [terms.indemnity(item.open) for item in first if item.open.currency == EUR]
        indemnity = Money.total(announced)
        last_day = waiting_period(self.work.today, Channel(self.row.channel)).last_day
        return FirstReminder(last_day, indemnity if indemnity.cents else None, terms.supplies)

    def claims(self, lines: Sequence[records.OutboxLine], ledgers: Mapping[str, Ledger]) -> list[ClaimLine]:
        """The claim lines of the invoices that take a step by which their plan claims something.

        A message in which any of a consumer's invoices has its first reminder claims nothing: that one is
        free (Code of economic law, art. XIX.2).
        """
        if self._first(lines):
            return []
        items = {item.invoice.id: item for item in self.seen.invoices}
        before, found, tone = self._costs_before(lines), list[ClaimLine](), self._tone(lines)
        beside = paid(self.work.session, self.row.client_id, [line.invoice_id for line in lines])
        for line in lines:
            item = items.get(line.invoice_id)
            step = self._step(line, item)
            if item is None or step is None:
                continue
            own = self._costs(step) if line is tone else 0
            late = LateInvoice(
                item.invoice,
                [
                    Settled(one.on, one.amount)
                    for one in ledgers[line.currency].allocations
                    if one.invoice_id == line.invoice_id
                ],
                item.done,
                before.get(line.invoice_id, 0) + own,
                beside.get(line.invoice_id, ()),
            )
            asked = claim_lines(late, self.work.today, self.seen.regime, self.plan.consumer)
            found += [one for one in asked if step.claims or one.kind is ClaimKind.COSTS]
        return found

    def keep(self, claims: Sequence[ClaimLine]) -> None:
        """Keep the claim lines of the message instead of those of an attempt before."""
        session, row = self.work.session, self.row
        session.exec(delete(ClaimRow).where(col(ClaimRow.message_id) == row.id))
        assert row.id is not None
        session.add_all([claim_row(row.client_id, row.id, one) for one in claims])

    def _costs(self, step: Step) -> int:
        """What this reminder costs; a plan agreed while the debtor counted as a business may say more."""
        if self.seen.regime is not Regime.BE_B2C:
            return step.costs_cents
        return min(step.costs_cents, costs_cap(Channel(self.row.channel)))

    def _step(self, line: records.OutboxLine, item: OpenInvoice | None) -> Step | None:
        agreed = (item.plan if item else None) or self.plan
        return agreed.step(StepCode(line.step)) if line.step else None

    def _tone(self, lines: Sequence[records.OutboxLine]) -> records.OutboxLine | None:
        """The line that bears the costs of the message: the first of its highest step."""
        taking = [line for line in lines if line.step]
        return max(taking, key=lambda line: StepCode(str(line.step)).rank, default=None)

    def _first(self, lines: Sequence[records.OutboxLine]) -> list[OpenInvoice]:
        """The invoices of a consumer of which this is the first reminder."""
        if self.seen.regime is not Regime.BE_B2C:
            return []
        steps = {line.invoice_id: line.step for line in lines if line.step}
        free = StepCode.COURTESY.value
        return [
            item
            for item in self.seen.invoices
            if (step := steps.get(item.invoice.id)) and step != free
            if not any(d.code.value not in {free, step} and d.channel.in_writing for d in item.done)
        ]

    def _costs_before(self, lines: Sequence[records.OutboxLine]) -> dict[int, int]:
        """What reminders before this one cost, as the last asked, with what was paid by then."""
        message, of, beside = records.OutboxMessage, self.row.client_id, AccessoryAllocation
        ids = [line.invoice_id for line in lines]
        query = (
            select(ClaimRow.invoice_id, ClaimRow.amount_cents, message.created_at)
            .join(message, col(message.id) == col(ClaimRow.message_id))
            .where(
                ClaimRow.client_id == of,
                ClaimRow.kind == ClaimKind.COSTS.value,
                col(ClaimRow.invoice_id).in_(ids),
                col(ClaimRow.message_id) != self.row.id,
                col(message.dropped_at).is_(None),
                col(message.failed_at).is_(None),
            )
            .order_by(col(ClaimRow.id))
        )
        last = {key: (cents, at) for key, cents, at in self.work.session.exec(query)}
        settled = (
            select(beside.invoice_id, beside.amount_cents, records.Payment.recorded_at)
            .join(records.Payment, col(records.Payment.id) == col(beside.payment_id))
            .where(
                beside.client_id == of,
                beside.kind == ClaimKind.COSTS.value,
                col(beside.invoice_id).in_(list(last)),
            )
        )
        whole = {key: cents for key, (cents, _) in last.items()}
        for key, cents, known_at in self.work.session.exec(settled):
            whole[key] += cents if known_at <= last[key][1] else 0
        return whole
