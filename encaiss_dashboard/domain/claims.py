"""What a late invoice costs its debtor besides its balance: interest, indemnity, costs of reminders.

Each is a claim line of its own, worked out here alone: mail, PDF, screen and dossier show the same one.
Money in a currency other than the euro bears interest, but neither indemnity nor costs: the law and the
plans give these in euro.
"""

from __future__ import annotations

from collections.abc import Sequence
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
class LateInvoice:
    """An invoice with all that its claim lines follow from.

    Attributes:
        settled: in any order; negative where a payment was taken back.
        done: reminders sent about it, in any order.
        costs_cents: of these and of the one being written, together, in euro cents.
    """

    invoice: Invoice
    settled: Sequence[Settled] = ()
    done: Sequence[StepDone] = ()
    costs_cents: int = 0


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
    Payments count against the principal: a client's terms may say otherwise, the debtor never owes more
    by it. A period whose rate is unknown leaves out the interest and nothing else.

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
    return tuple(
        ClaimLine(late.invoice.id, kind, one.amount, one.periods)
        for kind, one in found.items()
        if one is not None and one.amount.cents > 0
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
    turns = sorted({one.on for one in late.settled if since < one.on < on})
    # What is paid on a day still bears interest on that day.
    spans = [Balance(balance(late, start), start, end) for start, end in pairwise((since, *turns, on))]
    try:
        return accrue_all(
            [one for one in spans if one.principal.cents], RATES[regime], late.invoice.total.currency
        )
    except RateUnknown:
        return None
