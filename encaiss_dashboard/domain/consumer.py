"""What a Belgian consumer may be charged: Code of economic law, Book XIX (since 1 September 2023)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.interest import InterestResult, Regime, interest
from encaiss_dashboard.domain.money import Money, round_cents
from encaiss_dashboard.domain.workdays import Channel, waiting_period

_REMINDER_CENTS: Final = 7_50
_POSTAGE_CENTS: Final = 12_50
_CEILING: Final = Money(2_000_00)
# Balance above which the band holds, base at that balance, share of the part above it; highest first.
_BANDS: Final = (
    (Money(500_00), Decimal(65), Decimal("0.05")),
    (Money(150_00), Decimal(30), Decimal("0.10")),
    (Money(0), Decimal(20), Decimal(0)),
)


class Clause(StrEnum):
    """What the client's terms of sale give it when a consumer pays late."""

    NONE = "none"
    """Nothing: no indemnity may be claimed."""
    SCALE = "scale"
    """The most that the law allows (art. XIX.4)."""
    FIXED = "fixed"
    """A fixed amount; above the most that the law allows it counts as unwritten."""


class Creditor(StrEnum):
    """Whose claim it is: it decides from when interest runs (art. XIX.2)."""

    SME = "sme"
    """Interest from the day after the reminder was sent, once the free period has passed unpaid."""
    OTHER = "other"
    """Interest only after the free period."""


def costs_cap(channel: Channel) -> int:
    """The most that a reminder after the first one may cost, in cents (art. XIX.2): 7.50 and the postage.

    The postage of a registered letter is taken as 12.50 at the most; an e-mail, a text and a call have none.
    """
    return _REMINDER_CENTS + (_POSTAGE_CENTS if channel.on_paper else 0)


def indemnity_cap(balance: Money) -> Money:
    """The most that an agreed indemnity may be for a balance (art. XIX.4).

    Up to 150: 20. Up to 500: 30 + 10 % of the part above 150. Above: 65 + 5 % of the part above 500, at
    most 2 000 in all. Rounded half up to the cent; nothing owed, nothing due.

    Args:
        balance: what is still owed, in euro.

    Raises:
        CurrencyMismatchError: another currency than the law's.
    """
    for above, base, share in _BANDS:
        if balance > above:
            cap = Money(round_cents(base + share * (balance - above).decimal), balance.currency)
            return min(cap, _CEILING)
    return Money(0)


def claimable_indemnity(balance: Money, agreed: Money) -> Money:
    """The indemnity a clause gives: all of it within the cap, nothing above (it counts as unwritten)."""
    return agreed if agreed <= indemnity_cap(balance) else Money(0)


@dataclass(frozen=True, slots=True)
class ConsumerTerms:
    """What a client's terms of sale say about consumers, and what their first reminder has to name.

    Attributes:
        supplies: what the client supplies, as its customers would say it, such as "travaux de menuiserie";
            "" leaves it to the invoices named.
        creditor: decides from when interest runs.
        clause: the indemnity agreed.
        fixed_cents: its amount in euro cents, where it is fixed.
        interest: whether interest was agreed; without it none is claimed.
    """

    supplies: str = ""
    creditor: Creditor = Creditor.OTHER
    clause: Clause = Clause.NONE
    fixed_cents: int = 0
    interest: bool = False

    def indemnity(self, balance: Money) -> Money:
        """What may be claimed on a balance once the free period is over."""
        if self.clause is Clause.NONE:
            return Money(0, balance.currency)
        if self.clause is Clause.SCALE:
            return indemnity_cap(balance)
        return claimable_indemnity(balance, Money(self.fixed_cents))


NOTHING_AGREED: Final = ConsumerTerms()


def interest_since(sent: date, channel: Channel, creditor: Creditor) -> date:
    """The last day without interest, once the free period has passed unpaid (RULES §4)."""
    return sent if creditor is Creditor.SME else waiting_period(sent, channel).last_day


def consumer_interest(
    principal: Money, sent: date, channel: Channel, paid: date, creditor: Creditor
) -> InterestResult:
    """The most interest that a consumer owes, at the semester rate between businesses (RULES §4).

    Nothing while the free period of the first reminder runs. After it an SME's interest counts from the
    day after sending, anybody else's from the day after the period. A clause with a higher rate counts
    as unwritten: then use :data:`encaiss_dashboard.domain.interest.BE_CIVIL_RATES`.

    Args:
        principal: what the first reminder asked for.
        sent: day the first reminder left.
        channel: how it left.
        paid: day of payment, or the day as of which interest is asked.
        creditor: small or medium enterprise, or not.

    Raises:
        RateUnknown: a day outside the known rates.
    """
    last_free_day = waiting_period(sent, channel).last_day
    waited = paid > last_free_day
    since = interest_since(sent, channel, creditor) if waited else last_free_day
    return interest(principal, since, paid, Regime.BE_B2C)
