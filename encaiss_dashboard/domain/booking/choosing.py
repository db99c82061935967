"""Which of a debtor's open items an amount means, where nothing but the amount says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Final

from encaiss_dashboard.domain.booking.nouns import OpenItem, Policy, Rules
from encaiss_dashboard.domain.booking.settling import means_principal, with_accessories
from encaiss_dashboard.domain.booking.subsets import LOOKED_AT_MAX, by_chance, only_subset
from encaiss_dashboard.domain.money import Money

CHANCE_MAX: Final = 0.01
"""A sum that some choice of the items would meet by chance more often than this says little."""


class How(Enum):
    """In which way an amount fits a debtor's items."""

    ONE = auto()
    """It is the balance of one, and of no other."""
    TWINS = auto()
    """It is the balance of several: the one due longest is meant, or another."""
    WHOLE = auto()
    """It is all that is due, or all that is open."""
    SUM = auto()
    """Only these add up to it."""
    LOOSE_SUM = auto()
    """The same, among so many or so round balances that some choice was likely to."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The items that an amount means, due longest first."""

    items: tuple[OpenItem, ...]
    how: How


def fits(amount: Money, items: Sequence[OpenItem], rules: Rules) -> bool:
    """Whether an amount is what is open of items, by the tolerance; or with what was asked for beside it."""
    if not items:
        return False
    if means_principal(amount, items, rules.tolerance_cents):
        return True
    asks = rules.policy is Policy.INTEREST_FIRST and any(one.accessories for one in items)
    return asks and amount == with_accessories(items, amount.currency)


def choose(
    amount: Money, items: Sequence[OpenItem], rules: Rules, on: date, *, sums: bool = True
) -> Choice | None:
    """What an amount means of the open items of one debtor in its currency; None where it says nothing.

    One item comes before all of them, and these before a choice of some. Of more than
    ``LOOKED_AT_MAX`` items the ones due longest are looked at.

    Args:
        amount: above zero.
        items: due longest first.
        rules: of their client.
        on: what is due before this day is what a statement of account asks for.
        sums: whether choices of some of them are looked at.
    """
    single = [one for one in items if fits(amount, [one], rules)]
    to_the_cent = [one for one in single if one.open == amount] or single
    if to_the_cent:
        return Choice((to_the_cent[0],), How.ONE if len(to_the_cent) == 1 else How.TWINS)
    due = [one for one in items if one.due < on]
    for whole in (due, items):
        if fits(amount, whole, rules):
            return Choice(tuple(whole), How.WHOLE)
    return _some(amount, items, rules) if sums else None


def _some(amount: Money, items: Sequence[OpenItem], rules: Rules) -> Choice | None:
    looked = items[:LOOKED_AT_MAX]
    balances = [[one.open.cents for one in looked]]
    if rules.policy is Policy.INTEREST_FIRST and any(one.accessories for one in looked):
        balances.append([with_accessories([one], amount.currency).cents for one in looked])
    for cents in balances:
        places = only_subset(cents, amount.cents)
        if places is not None:
            loose = len(items) > len(looked) or by_chance(cents) > CHANCE_MAX
            return Choice(tuple(looked[n] for n in places), How.LOOSE_SUM if loose else How.SUM)
    return None
