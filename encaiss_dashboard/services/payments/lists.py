"""The payments of a client as screens show them."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, Final

from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.booking import Part
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.queue import within
from encaiss_dashboard.services.payments.seen import PartSeen, PaymentSearch, PaymentSeen
from encaiss_dashboard.storage import confirmations, plans, queries
from encaiss_dashboard.storage import payments as reads
from encaiss_dashboard.storage.records import Debtor, Invoice, Payment
from encaiss_dashboard.work import Work

SHOWN: Final = ("all", "unallocated", "returned", "said")
_WORDS_LENGTH_MAX: Final = 100


def payments(
    work: Work, client_id: int | None, search: PaymentSearch, *, first: int = 0, count: int = 50
) -> tuple[list[PaymentSeen], int]:
    """A page of a client's payments, the newest first, and how many there are in all.

    What was taken back as if it had never been is left out; what a bank took back is a payment of its own.

    Raises:
        Unreadable: a search for something that there is not.
    """
    client = work.require(Action.VIEW, client_id)
    where = conditions(client, search)
    of: Any = select(func.count(col(Payment.id))).join(Debtor, col(Debtor.id) == col(Payment.debtor_id))
    whole = int(work.session.exec(of.where(*where)).one())
    query: Any = select(Payment, Debtor.name).join(Debtor, col(Debtor.id) == col(Payment.debtor_id))
    query = query.where(*where).order_by(col(Payment.on).desc(), col(Payment.id).desc())
    rows = work.session.exec(query.offset(max(0, first)).limit(within(count))).all()
    return seen_rows(work.session, rows), whole


def payments_of(work: Work, client_id: int | None, debtor_id: int) -> list[PaymentSeen]:
    """The last payments of one debtor, the newest first."""
    return payments(work, client_id, PaymentSearch(debtor_id=debtor_id), count=200)[0]


def known_until(work: Work, client_id: int | None) -> date | None:
    """The day until which all payments of a client are known; None where nobody and nothing said so."""
    client = work.require(Action.VIEW, client_id)
    return plans.payments_known(work.session, [client]).get(client)


def conditions(client_id: int, search: PaymentSearch) -> list[Any]:
    """What a query of payments, joined with their debtors, has to ask for."""
    if search.show not in SHOWN:
        raise Unreadable(value=str(search.show)[:20])
    back = aliased(Payment)
    undone = (
        select(back.id)
        .where(
            back.source == reads.UNDONE,
            back.reverses_id == func.coalesce(col(Payment.reverses_id), col(Payment.id)),
            back.amount_cents == -col(Payment.amount_cents),
            func.coalesce(back.bank_line_id, 0) == func.coalesce(col(Payment.bank_line_id), 0),
            col(back.id) > col(Payment.id),
        )
        .exists()
    )
    where: list[Any] = [Payment.client_id == client_id, Payment.source != reads.UNDONE, ~undone]
    shown: dict[str, list[Any]] = {
        "all": [],
        "unallocated": [col(Payment.id).in_(reads.with_left(client_id))],
        "returned": [col(Payment.reverses_id).is_not(None)],
        "said": [Payment.source == reads.SAID],
    }
    where += shown[search.show]
    if search.first_on is not None:
        where.append(col(Payment.on) >= search.first_on)
    if search.last_on is not None:
        where.append(col(Payment.on) <= search.last_on)
    if search.debtor_id is not None:
        where.append(Payment.debtor_id == search.debtor_id)
    words = search.words.strip()[:_WORDS_LENGTH_MAX]
    if words:
        where.append(
            col(Debtor.name).icontains(words, autoescape=True)
            | col(Payment.reference).icontains(words, autoescape=True)
        )
    return where


def seen_rows(session: Session, rows: Any) -> list[PaymentSeen]:
    """Payments, each with its debtor's name, as screens show them."""
    ids = [queries.known(row.id) for row, _ in rows]
    parts = reads.parts(session, ids)
    invoices = _invoices(session, {part.invoice_id for some in parts.values() for _, part in some})
    roots = [key for (row, _), key in zip(rows, ids, strict=True) if row.reverses_id is None]
    back: dict[int, int] = defaultdict(int)
    for one in reads.family_of(session, roots):
        if one.reverses_id is not None:
            back[one.reverses_id] += one.amount_cents
    family = func.coalesce(col(Payment.reverses_id), col(Payment.id))
    left = reads.left_of(session, family.in_(roots)) if roots else {}
    clients = {row.client_id for row, _ in rows}
    confirmed = confirmations.among(session, clients, ids)
    found = []
    for (row, debtor), key in zip(rows, ids, strict=True):
        money = row.currency
        settles = tuple(_part(part, invoices) for _, part in parts.get(key, ()))
        found.append(
            PaymentSeen(
                id=key,
                on=row.on,
                debtor_id=row.debtor_id,
                debtor=debtor,
                amount=Money(row.amount_cents, money),
                settles=settles,
                unallocated=Money(left.get(key, 0), money),
                returned=Money(-back.get(key, 0), money),
                source=row.source,
                reference=row.reference,
                line_id=row.bank_line_id,
                reverses_id=row.reverses_id,
                confirmed=key in confirmed,
            )
        )
    return found


def _part(part: Part, invoices: dict[int, tuple[str, date, int]]) -> PartSeen:
    number, due, cents = invoices[part.invoice_id]
    kind = part.kind.value if part.kind else ""
    return PartSeen(part.invoice_id, number, due, kind, part.amount, Money(cents, part.amount.currency))


def _invoices(session: Session, ids: set[int]) -> dict[int, tuple[str, date, int]]:
    found: dict[int, tuple[str, date, int]] = {}
    for some in reads.parts_of(ids):
        rows = reads.balances(session, [col(Invoice.id).in_(some)])
        found |= {row[0]: (row[2], row[5], int(row[7])) for row in rows}
    return found
