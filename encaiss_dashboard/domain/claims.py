"""What a late invoice costs its debtor besides its balance: interest, indemnity, costs of reminders.

Each is a claim line of its own, worked out here alone: mail, PDF, screen and dossier show the same one.
Money in a currency other than the euro bears interest, but neither indemnity nor costs: the law and the
plans give these in euro.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from encaiss_dashboard.domain.consumer import ConsumerTerms, interest_since
from encaiss_dashboard.domain.dunning import StepCode, StepDone
from encaiss_dashboard.domain.interest import (
    RATES,
    Balance,
    InterestResult,
    Period,
    RateUnknown,
    Regime,
    accrue_all,
    late_indemnity,
)
from encaiss_dashboard.domain.invoices import Invoice
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.workdays import waiting_period

_ONE_DAY: Final = timedelta(days=1)


class ClaimKind(StrEnum):
    """What a claim line is for, in the order in which they are listed."""

    INTEREST = "interest"
    INDEMNITY = "indemnity"
    COSTS = "costs"


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One claim beside the balance of one invoice.

    Attributes:
        invoice_id: which one.
        kind: what for.
        amount: above zero.
        periods: of interest, in order of time; empty otherwise.
    """

    invoice_id: int
    kind: ClaimKind
    amount: Money
    periods: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """What one payment or credit note took off an invoice."""

    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class ClaimPaid:
    """What one payment settled of a claim beside the balance."""

    kind: ClaimKind
    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class LateInvoice:
    """An invoice with all that its claim lines follow from.

    Attributes:
        settled: in any order; negative where a payment was taken back.
        done: reminders sent about it, in any order.
        costs_cents: of these and of the one being written, together, in euro cents.
        paid: of claims beside the balance, in any order; negative where a payment was taken back.
    """

    invoice: Invoice
    settled: Sequence[Settled] = ()
    done: Sequence[StepDone] = ()
    costs_cents: int = 0
    paid: Sequence[ClaimPaid] = ()


def regime_of(country: str, *, consumer: bool) -> Regime:
    """Whose law on late payment holds for a debtor of a country (ISO 3166 alpha-2)."""
    if consumer:
        return Regime.BE_B2C
    return Regime.FR_B2B if country == "FR" else Regime.BE_B2B


def claim_lines(
    late: LateInvoice, on: date, regime: Regime, terms: ConsumerTerms | None = None
) -> tuple[ClaimLine, ...]:
    """What may be claimed on a day beside the balance of an invoice; nothing while it is not late.

    Between businesses interest and EUR 40 are due by right from the day after the due date (law of
    2 August 2002, art. 5 and 6; Code de commerce L441-10). A consumer owes nothing but the balance until
    the free period of its first reminder is over, and then what was agreed within the limits of Book XIX.
    What was paid of a claim is taken off it, never below nothing, and what was paid of the principal bears
    no more interest. A period whose rate is unknown leaves out the interest and nothing else.

    Args:
        late: the invoice and what became of it.
        on: the day of the claim, which still bears interest.
        regime: see :func:`regime_of`.
        terms: of the client towards consumers; for ``BE_B2C`` only.
    """
    free = _free_days(late, regime)
    if late.invoice.due >= on or free is None or free >= on:
        return ()
    currency = late.invoice.total.currency
    found = {ClaimKind.INTEREST: _interest(late, on, regime, terms)}
    if currency == EUR:
        if regime is Regime.BE_B2C:
            indemnity = (terms or ConsumerTerms()).indemnity(balance(late, free))
        else:
            was_late = balance(late, late.invoice.due).cents > 0
            indemnity = late_indemnity(late.invoice.due, on) if was_late else Money(0)
        found |= {
            ClaimKind.INDEMNITY: InterestResult(indemnity, ()),
            ClaimKind.COSTS: InterestResult(Money(late.costs_cents), ()),
        }
    left = {kind: one.amount - claim_paid(late, kind, on) for kind, one in found.items() if one is not None}
    return tuple(
        ClaimLine(late.invoice.id, kind, left[kind], one.periods)
        for kind, one in found.items()
        if one is not None and left[kind].cents > 0
    )


def is_rate_known(since: date, until: date, regime: Regime) -> bool:
    """Whether the rate of every day after the first and up to the second is known."""
    rates = RATES[regime]
    return until <= since or (rates[0].first_day <= since + _ONE_DAY and until <= rates[-1].last_day)


def balance(late: LateInvoice, on: date) -> Money:
    """What was left of an invoice at the end of a day, never below zero."""
    total = late.invoice.total
    settled = Money.total((one.amount for one in late.settled if one.on <= on), total.currency)
    return max(total - settled, Money(0, total.currency))


def claim_paid(late: LateInvoice, kind: ClaimKind, on: date) -> Money:
    """What was paid of the claims of one kind by the end of a day."""
    paid = (one.amount for one in late.paid if one.kind is kind and one.on <= on)
    return Money.total(paid, late.invoice.total.currency)


def _free_days(late: LateInvoice, regime: Regime) -> date | None:
    """The last day on which nothing may be claimed; None when it has not been set yet."""
    if regime is not Regime.BE_B2C:
        return late.invoice.due
    first = _first_reminder(late)
    if first is None:
        return None
    return waiting_period(first.sent_on or first.on, first.channel).last_day


def _first_reminder(late: LateInvoice) -> StepDone | None:
    reminders = [one for one in late.done if one.code is not StepCode.COURTESY and one.channel.in_writing]
    return min(reminders, key=lambda one: one.on, default=None)


def _interest(
    late: LateInvoice, on: date, regime: Regime, terms: ConsumerTerms | None
) -> InterestResult | None:
    since = late.invoice.due
    if regime is Regime.BE_B2C:
        first = _first_reminder(late)
        if terms is None or not terms.interest or first is None:
            return None
        since = interest_since(first.sent_on or first.on, first.channel, terms.creditor)
    stages = _interest_paid_on(late)
    changed = {one.on for one in late.settled} | stages
    turns = (since, *sorted(day for day in changed if since < day < on), on)
    # What is paid on a day still bears interest on that day.
    spans = [Balance(balance(late, start), start, end) for start, end in pairwise(turns)]
    try:
        return _stages([one for one in spans if one.principal.cents], stages, regime, late)
    except RateUnknown:
        return None


def _interest_paid_on(late: LateInvoice) -> set[date]:
    """Days on which interest was paid, and stayed so."""
    paid: dict[date, int] = defaultdict(int)
    for one in late.paid:
        if one.kind is ClaimKind.INTEREST:
            paid[one.on] += one.amount.cents
    return {day for day, cents in paid.items() if cents}


def _stages(
    spans: Sequence[Balance], ends: Collection[date], regime: Regime, late: LateInvoice
) -> InterestResult:
    """Interest, rounded once between two days on which some was paid: what was settled stays settled."""
    stages: list[list[Balance]] = [[]]
    for span in spans:
        stages[-1].append(span)
        if span.until in ends:
            stages.append([])
    currency = late.invoice.total.currency
    found = [accrue_all(stage, RATES[regime], currency) for stage in stages]
    return InterestResult(
        Money.total((one.amount for one in found), currency),
        tuple(period for one in found for period in one.periods),
    )
