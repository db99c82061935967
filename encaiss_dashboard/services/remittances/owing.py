"""What the agency has of each client and has not paid on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum import iban

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import Owed, owed
from encaiss_dashboard.storage import desk, queries, records
from encaiss_dashboard.storage.remittances import RemittanceRow, receipts, remittances
from encaiss_dashboard.work import Work

HISTORY_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Due:
    """What is owed to one client in one currency.

    Attributes:
        iban: where it goes, "" where nobody said or it is none.
        payments: how many; back: how many of them took one back.
        oldest: the first of their days.
    """

    client_id: int
    client: str
    iban: str
    amount: Money
    payments: int
    back: int
    oldest: date


@dataclass(frozen=True, slots=True)
class Owing:
    """What there is to pay on, what is carried over, and what was paid on, the newest first."""

    due: tuple[Due, ...]
    carried: tuple[Due, ...]
    made: tuple[RemittanceRow, ...]
    today: date


def owing(work: Work, client_id: int | None = None) -> Owing:  # noqa: ARG001 - the whole agency
    """What is owed to all clients as of today.

    Raises:
        NotAllowed: not an administrator.
    """
    work.require_agency()
    clients = {queries.known(one.id): one for one in desk.clients(work.session, None)}
    found = owed(receipts(work.session, work.today))
    rows = [_due(one, clients[one.client_id]) for one in found]
    return Owing(
        due=tuple(one for one in rows if one.amount.cents > 0),
        carried=tuple(one for one in rows if one.amount.cents <= 0),
        made=tuple(remittances(work.session, most=HISTORY_MAX)),
        today=work.today,
    )


def account_of(client: records.Client) -> str:
    """The IBAN of a client without spaces, "" where it has none that can be."""
    number = str(iban.compact(client.iban))
    return number if iban.is_valid(number, check_country=False) else ""


def _due(one: Owed, client: records.Client) -> Due:
    return Due(
        client_id=one.client_id,
        client=client.name,
        iban=account_of(client),
        amount=one.amount,
        payments=len(one.receipts),
        back=sum(receipt.amount.cents < 0 for receipt in one.receipts),
        oldest=one.receipts[0].on,
    )
