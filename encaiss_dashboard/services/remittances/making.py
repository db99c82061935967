"""Paying on: remittances are made, and called off while they have not left."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

from sqlmodel import select

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import Owed, next_number, owed
from encaiss_dashboard.locales import day
from encaiss_dashboard.services.remittances.owing import account_of
from encaiss_dashboard.services.remittances.refusals import NoAccount, NothingOwed, Over, RemitWhen
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.bank import Remittance, RemittanceLine
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.remittances import LOCK, numbers, receipts
from encaiss_dashboard.work import Work

BACK_MAX: Final = timedelta(days=31)
_ID_MAX: Final = 2**31 - 1


def make(work: Work, client_id: int | None, client_ids: Collection[int], on: date) -> tuple[str, ...]:  # noqa: ARG001
    """Pay on to these clients what is theirs up to a day; returns the numbers. All of them, or none.

    One remittance a client and currency. Whoever is owed nothing in a currency, or less, waits for the
    next time with all of it.

    Raises:
        NotAllowed: not an administrator.
        NotFound: no such client.
        RemitWhen: a day after today, or more than a month ago.
        NothingOwed: to one of them, or none was named.
        NoAccount: nobody said where one of them has its account.
    """
    work.require_agency()
    first = work.today - BACK_MAX
    if not first <= on <= work.today:
        raise RemitWhen(first=day(first, work.actor.language, "long"))
    wanted = sorted(set(client_ids))
    if not all(0 < key <= _ID_MAX for key in wanted):
        raise NotFound
    clients = {key: queries.client(work.session, key) for key in wanted}
    lock(work.session, LOCK)
    due = [one for one in owed(receipts(work.session, on, wanted)) if one.is_due]
    for key in wanted:
        if not any(one.client_id == key for one in due):
            raise NothingOwed(name=clients[key].name)
    if not due:
        raise NothingOwed(name="")
    taken = numbers(work.session, on.year)
    made: list[str] = []
    for one in due:
        number = next_number(on.year, (*taken, *made))
        _add(work, one, clients[one.client_id], number, on)
        made.append(number)
    return tuple(made)


def _add(work: Work, one: Owed, client: records.Client, number: str, on: date) -> None:
    iban = account_of(client)
    if not iban:
        raise NoAccount(name=client.name)
    row = Remittance(
        client_id=one.client_id,
        number=number,
        on=on,
        currency=one.currency,
        amount_cents=one.amount.cents,
        account_id=one.account_id,
        iban=iban,
        user_id=work.actor.user_id,
        at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    of = {"client_id": one.client_id, "remittance_id": queries.known(row.id)}
    for receipt in one.receipts:
        work.session.add(
            RemittanceLine(**of, payment_id=receipt.payment_id, amount_cents=receipt.amount.cents)
        )
    work.session.flush()
    told(row, work, ActKind.REMITTED, payments=len(one.receipts), iban=iban)


def drop(work: Work, client_id: int | None, remittance_id: int) -> None:  # noqa: ARG001
    """Call a remittance off before it left; what it paid on is owed again, its number is never used again.

    Where it stands in a transfer file, that file is void: the others of it can be ordered anew.

    Raises:
        NotAllowed: not an administrator.
        NotFound: no such remittance.
        Over: it, or another of its file, has left: then the bank has the file.
    """
    work.require_agency()
    lock(work.session, LOCK)
    row = _remittance(work, remittance_id)
    beside = [row]
    if row.transfer:
        beside = list(work.session.exec(select(Remittance).where(Remittance.transfer == row.transfer)))
    for one in (row, *beside):
        if one.line_id is not None or one.dropped_at is not None:
            raise Over(number=one.number)
    for one in beside:
        one.transfer = ""
    row.dropped_at = work.now
    told(row, work, ActKind.REMITTANCE_DROPPED)


def _remittance(work: Work, remittance_id: int) -> Remittance:
    """One of any client, to be changed.

    Raises:
        NotFound: no such remittance.
    """
    if not 0 < remittance_id <= _ID_MAX:
        raise NotFound
    found = work.session.get(Remittance, remittance_id, with_for_update=True)
    if found is None:
        raise NotFound
    return found


def told(row: Remittance, work: Work, kind: ActKind, **more: object) -> None:
    """Write an act about a remittance into its client's journal."""
    amount = Money(row.amount_cents, row.currency)
    facts = {"number": row.number, "cents": amount.cents, "currency": amount.currency, **more}
    work.journal.record(kind, day=work.today, client_id=row.client_id, facts=facts)
