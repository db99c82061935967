"""Which of some amounts add up to a sum, where only one choice of them does."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Final

LOOKED_AT_MAX: Final = 20
"""Of so many amounts every choice is looked at: about two thousand steps, a quarter of a millisecond."""


def only_subset(amounts: Sequence[int], target: int) -> tuple[int, ...] | None:
    """Places of the only amounts that add up to a target; None where none do, or several choices of them.

    Meet in the middle (Horowitz and Sahni, 1974): the sums of one half are looked up for each of the other.

    Args:
        amounts: above zero, at most :data:`LOOKED_AT_MAX`.
        target: above zero.
    """
    assert len(amounts) <= LOOKED_AT_MAX, "the caller chooses which"
    if target <= 0 or target > sum(amounts):
        return None
    half = len(amounts) // 2
    low: dict[int, int] = {}
    several: set[int] = set()
    for mask, total in enumerate(_sums(amounts[:half])):
        if low.setdefault(total, mask) != mask:
            several.add(total)
    found: int | None = None
    for mask, total in enumerate(_sums(amounts[half:])):
        rest = target - total
        if rest not in low:
            continue
        if found is not None or rest in several:
            return None
        found = low[rest] | mask << half
    return None if found is None else tuple(n for n in range(len(amounts)) if found >> n & 1)


def by_chance(amounts: Sequence[int]) -> float:
    """How many choices of these amounts some sum between them and nothing is expected to meet by chance."""
    return 2 ** len(amounts) * gcd(*amounts) / sum(amounts) if amounts else 0.0


def _sums(amounts: Sequence[int]) -> list[int]:
    """The sum of every choice, at the place whose bits tell which."""
    sums = [0]
    for amount in amounts:
        sums += [total + amount for total in sums]
    return sums
