"""How a movement is thought to pay what is open, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.book import Book
from encaiss_dashboard.domain.booking.nouns import Proposal, Rules

PROPOSED_MAX = 5


def propose(movement: Movement, book: Book, rules: Mapping[int, Rules]) -> tuple[Proposal, ...]:
    """At most five ways to book a movement that came in, the surest first.

    Args:
        movement: what its bank told; of what left, and of costs, nothing is proposed: ``propose_return``.
        book: what is open.
        rules: by client; of others ``Rules()`` holds.
    """
    return ()
