"""To which addresses of a debtor a message goes: all that it has, without those that do not exist."""

from __future__ import annotations

from sqlmodel import Session

from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.undeliverable import dead


def reachable(session: Session, client_id: int, debtor_id: int | None = None) -> dict[int, tuple[str, ...]]:
    """Debtor id → the e-mail addresses that a message to it goes to; of one debtor or of all of a client.

    A debtor none of whose addresses exists keeps them all: its messages are held, and whoever has one
    tried again means these.
    """
    some = None if debtor_id is None else [debtor_id]
    every = queries.emails(session, client_id, some)
    living = queries.emails(session, client_id, some, without=dead(session, [client_id], some))
    return {key: living.get(key, mine) for key, mine in every.items()}
