"""What a movement takes back: a payment that came back, a direct debit refused, money refunded."""

from __future__ import annotations

from collections.abc import Iterable

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.nouns import Booked, Proposal


def propose_return(movement: Movement, booked: Iterable[Booked]) -> tuple[Proposal, ...]:
    """At most five ways in which money that left takes back payments that were booked, the surest first.

    Shares and their parts are below zero; ``takes_back`` says which payments, in the order of the shares.
    """
    return ()
