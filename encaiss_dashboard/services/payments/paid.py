"""Paid to the client itself: its word, in one click, and taken back as easily."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlmodel import col

from encaiss_dashboard.domain.booking import Part, Share
from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.reversing import payment_of, undo_said
from encaiss_dashboard.services.payments.seen import NothingToPay
from encaiss_dashboard.services.payments.writing import Writer, check_room, lock
from encaiss_dashboard.storage import payments
from encaiss_dashboard.storage.bank_lines import ID_MAX
from encaiss_dashboard.storage.records import Invoice
from encaiss_dashboard.work import Work

CHOSEN_MAX: Final = 500
_YEARS: Final = range(1990, 2100)


def say_paid(
    work: Work,
    client_id: int | None,
    invoice_ids: Sequence[int],
    on: date | None = None,
    amount_cents: int | None = None,
) -> tuple[int, ...]:
    """The client says that invoices were paid to it; returns the ids of the payments, one a debtor.

    Args:
        work: of whoever says so.
        client_id: whose invoices.
        invoice_ids: which ones.
        on: the day on which it was, today unless said; not in the future.
        amount_cents: of one invoice, all that is open of each unless said.

    Raises:
        NotFound: one is no invoice of this client.
        NothingToPay: nothing is open of them.
        MoreThanOwed: the amount is above the balance.
        Unreadable: a day or an amount that makes no sense.
    """
    client = work.require(Action.UPLOAD, client_id)
    day = _day(work, on)
    ids = list(dict.fromkeys(invoice_ids))
    if not ids or len(ids) > CHOSEN_MAX or not all(_is_key(key) for key in ids):
        raise NotFound
    lock(work.session, [client])
    where = [col(Invoice.id).in_(ids), col(Invoice.client_id) == client]
    rows = payments.balances(work.session, where)
    if len(rows) != len(ids):
        raise NotFound
    if amount_cents is not None and (len(ids) != 1 or not _is_cents(amount_cents)):
        raise Unreadable(value=str(amount_cents)[:20])
    found: dict[tuple[int, str], list[Part]] = defaultdict(list)
    numbers: dict[tuple[int, str], list[str]] = defaultdict(list)
    for key, debtor_id, number, _, _, _, currency, left in rows:
        if left > 0:
            cents = int(left) if amount_cents is None else amount_cents
            found[debtor_id, currency].append(Part(key, Money(cents, currency)))
            numbers[debtor_id, currency].append(number)
    if not found:
        raise NothingToPay
    writer = Writer(work)
    shares = {
        whose: Share(client, whose[0], Money.total((p.amount for p in parts), whose[1]), tuple(parts))
        for whose, parts in found.items()
    }
    check_room(work.session, shares.values())
    for whose, share in shares.items():
        writer.pay(share, day, source=payments.SAID, reference=", ".join(numbers[whose])[:140])
    return tuple(writer.write())


def unsay_paid(work: Work, client_id: int | None, payment_id: int) -> None:
    """The client takes its word back: as if it had never been.

    Raises:
        NotFound: no such payment, or one that is not only its word.
        AlreadyReturned: it was taken back before.
    """
    client = work.require(Action.UPLOAD, client_id)
    lock(work.session, [client])
    row = payment_of(work.session, client, payment_id)
    if row.source != payments.SAID:
        raise NotFound
    writer = Writer(work)
    undo_said(writer, row)
    writer.write()


def _day(work: Work, on: date | None) -> date:
    if on is None:
        return work.today
    if not isinstance(on, date) or on.year not in _YEARS or on > work.today:
        raise Unreadable(value=str(on)[:20])
    return on


def _is_key(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= ID_MAX


def _is_cents(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
