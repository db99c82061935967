"""From which day an invoice has room for a payment: what was settled then and taken back later had none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date


def room_from(total_cents: int, settled: Iterable[tuple[date, int]], cents: int, earliest: date) -> date:
    """The first day, at or after the earliest one, from which so much of an invoice stays open for ever.

    Args:
        total_cents: of the invoice.
        settled: each amount set against it with its day, negative where it was taken back.
        cents: what is to be set against it; no more than is open in the end.
        earliest: the day of the payment, or of the invoice's issue if that is later.
    """
    days: dict[date, int] = defaultdict(int)
    for on, amount in settled:
        days[on] += amount
    left, first = total_cents, earliest
    for on in sorted(days):
        if left < cents:
            first = max(first, on)
        left -= days[on]
    return first
