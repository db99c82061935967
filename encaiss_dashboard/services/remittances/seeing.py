"""What a client sees of what was paid on to it: payment by payment, invoice by invoice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage.remittances import PaidOn, RemittanceRow, paid_on, remittances
from encaiss_dashboard.work import Work

LISTED_MAX: Final = 200
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Seen:
    """A remittance with the payments that it pays on, in the order of their days."""

    remittance: RemittanceRow
    lines: tuple[PaidOn, ...]


def mine(work: Work, client_id: int | None) -> tuple[RemittanceRow, ...]:
    """What was paid on to a client, the newest first.

    Raises:
        NotAllowed: somebody else's.
    """
    client = work.require(Action.VIEW, client_id)
    return tuple(remittances(work.session, client, most=LISTED_MAX))


def seen(work: Work, client_id: int | None, remittance_id: int) -> Seen:
    """One of them.

    Raises:
        NotAllowed, NotFound: none of this client's.
    """
    client = work.require(Action.VIEW, client_id)
    if not 0 < remittance_id <= _ID_MAX:
        raise NotFound
    found = remittances(work.session, client, ids=[remittance_id])
    if not found:
        raise NotFound
    return Seen(found[0], tuple(paid_on(work.session, [remittance_id])))
