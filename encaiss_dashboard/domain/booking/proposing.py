"""How a movement is thought to pay what is open, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.book import Book
from encaiss_dashboard.domain.booking.case import Case
from encaiss_dashboard.domain.booking.named import by_pointers
from encaiss_dashboard.domain.booking.nouns import Proposal, Reason, Rules
from encaiss_dashboard.domain.booking.payers import by_payer

PROPOSED_MAX: Final = 5
_ENOUGH: Final = 95
_ORDER: Final = {reason: place for place, reason in enumerate(Reason)}


def propose(movement: Movement, book: Book, rules: Mapping[int, Rules]) -> tuple[Proposal, ...]:
    """At most five ways to book a movement that came in, the surest first; none where nothing speaks for one.

    Who pays is only asked where what the movement names does not settle it.

    Args:
        movement: what its bank told; of what left, and of costs, nothing is proposed: ``propose_return``.
        book: what is open.
        rules: by client; of others ``Rules()`` holds.
    """
    if movement.amount.cents <= 0 or movement.is_charge or movement.is_return:
        return ()
    case = Case(movement, book, rules)
    found = by_pointers(case)
    if not any(one.confidence >= _ENOUGH for one in found):
        found += by_payer(case)
    best: dict[tuple[object, ...], Proposal] = {}
    for one in sorted(found, key=_rank):
        best.setdefault((one.shares, one.named), one)
    return tuple(best.values())[:PROPOSED_MAX]


def _rank(one: Proposal) -> tuple[int, int, int]:
    return -one.confidence, _ORDER[one.reason], one.shares[0].debtor_id
