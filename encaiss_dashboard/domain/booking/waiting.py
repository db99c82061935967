"""Payments that came before their invoice: what waits with a debtor is set against what is issued later."""

from __future__ import annotations

from collections.abc import Sequence

from encaiss_dashboard.domain.booking.nouns import Late, OpenItem, Rules, Waiting


def settle_waiting(waiting: Sequence[Waiting], items: Sequence[OpenItem], rules: Rules) -> tuple[Late, ...]:
    """What payments of one debtor that wait settle of its open items, each from the later of both days."""
    return ()
