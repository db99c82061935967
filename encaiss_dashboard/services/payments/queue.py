"""What waits for a person: lines of banks, and what is looked for to book them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import or_
from sqlmodel import col, select

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.deciding import clients_of, owner_of
from encaiss_dashboard.services.payments.reversing import standing_of
from encaiss_dashboard.services.payments.seen import Line, Owed, Payer
from encaiss_dashboard.storage import bank_lines, merges, payments, queries
from encaiss_dashboard.storage.bank_lines import Decided
from encaiss_dashboard.storage.records import Client, Debtor, Invoice
from encaiss_dashboard.work import Work

COUNT_MAX: Final = 200
_WORDS_LENGTH_MAX: Final = 100
_LOOKED_AT_MAX: Final = 2_000


def waiting(work: Work, client_id: int | None, *, first: int = 0, count: int = 50) -> tuple[list[Line], int]:
    """A page of the lines that wait, the oldest first, and how many there are in all."""
    owner = owner_of(Action.VIEW, work, client_id)
    found, whole = bank_lines.waiting(work.session, owner, first=max(0, first), count=within(count))
    return [line_seen(one) for one in found], whole


def line(work: Work, client_id: int | None, line_id: int) -> Line:
    """One line, whatever became of it.

    Raises:
        NotFound: no such line, or somebody else's.
    """
    owner = owner_of(Action.VIEW, work, client_id)
    return line_seen(bank_lines.line_of(work.session, owner, line_id))


def open_for(
    work: Work, client_id: int | None, words: str, *, currency: str = "EUR", count: int = 50
) -> list[Owed]:
    """Open invoices by part of their debtor's name, their number or their reference, due longest first."""
    owner = owner_of(Action.VIEW, work, client_id)
    wanted = _words(words)
    if not wanted:
        return []
    query: Any = (
        select(Invoice.id, Debtor.name, Client.id, Client.name)
        .join(Debtor, col(Debtor.id) == col(Invoice.debtor_id))
        .join(Client, col(Client.id) == col(Invoice.client_id))
        .where(
            col(Invoice.client_id).in_(clients_of(work.session, owner)),
            Invoice.currency == str(currency)[:3],
            or_(
                col(Invoice.number).icontains(wanted, autoescape=True),
                col(Invoice.reference).icontains(wanted, autoescape=True),
                col(Debtor.name).icontains(wanted, autoescape=True),
            ),
        )
        .order_by(col(Invoice.due), col(Invoice.id))
        .limit(_LOOKED_AT_MAX)
    )
    named = {key: (debtor, client_id, client) for key, debtor, client_id, client in work.session.exec(query)}
    rows = [row for row in payments.balances(work.session, [col(Invoice.id).in_(named)]) if row[7] > 0]
    rows = sorted(rows, key=lambda row: (row[5], row[0]))[: within(count)]
    clients = {named[row[0]][1] for row in rows}
    asked = payments.asked(work.session, clients, [row[0] for row in rows])
    followed = _followed(work, clients, [row[1] for row in rows])
    return [
        Owed(
            named[row[0]][1],
            named[row[0]][2],
            row[1],
            named[row[0]][0],
            row[0],
            row[2],
            row[4],
            row[5],
            Money(int(row[7]), row[6]),
            Money.total((one.left for one in asked.get(row[0], ())), row[6]),
            row[1] in followed,
        )
        for row in rows
    ]


def debtors_for(
    work: Work, client_id: int | None, words: str, *, currency: str = "EUR", count: int = 20
) -> list[Payer]:
    """Debtors by part of their name, each with what it owes, whether anything or not."""
    owner = owner_of(Action.VIEW, work, client_id)
    wanted = _words(words)
    if not wanted:
        return []
    query: Any = (
        select(Debtor.id, Debtor.name, Client.id, Client.name)
        .join(Client, col(Client.id) == col(Debtor.client_id))
        .where(
            col(Debtor.client_id).in_(clients_of(work.session, owner)),
            col(Debtor.id).not_in(merges.gone(owner)),
            col(Debtor.name).icontains(wanted, autoescape=True),
        )
        .order_by(col(Debtor.name), col(Debtor.id))
        .limit(within(count))
    )
    found = list(work.session.exec(query))
    rows = payments.balances(work.session, [col(Invoice.debtor_id).in_([key for key, *_ in found])])
    owed: dict[int, int] = {}
    for row in rows:
        if row[6] == currency:
            owed[row[1]] = owed.get(row[1], 0) + int(row[7])
    return [
        Payer(client_id, client, key, name, Money(owed.get(key, 0), str(currency)[:3]))
        for key, name, client_id, client in found
    ]


def returnable(work: Work, client_id: int | None, line_id: int) -> tuple[int, ...]:
    """Ids of the payments that a negative line may take back, the newest first; none for another line.

    Raises:
        NotFound: no such line, or somebody else's.
    """
    owner = owner_of(Action.VIEW, work, client_id)
    found = bank_lines.line_of(work.session, owner, line_id).line
    if found.amount_cents >= 0:
        return ()
    rows = standing_of(work.session, owner, found)
    family = payments.family_of(work.session, [queries.known(row.id) for row in rows])
    left: dict[int, int] = {}
    for one in family:
        root = one.reverses_id or queries.known(one.id)
        left[root] = left.get(root, 0) + one.amount_cents
    return tuple(queries.known(row.id) for row in rows if left[queries.known(row.id)] > 0)[:COUNT_MAX]


def line_seen(one: Decided) -> Line:
    """A line as screens show it."""
    row, said = one.line, one.decision
    original = None
    if row.original_cents is not None and row.original_currency:
        original = Money(row.original_cents, row.original_currency)
    return Line(
        id=queries.known(row.id),
        account=one.account,
        booked_on=row.booked_on,
        value_on=row.value_on,
        amount=Money(row.amount_cents, row.currency),
        original=original,
        counterparty=row.counterparty,
        iban=row.iban,
        structured=row.structured,
        text=row.text,
        end_to_end=row.end_to_end,
        bank_reference=row.bank_reference,
        code=row.code,
        is_return=row.is_return,
        return_reason=row.return_reason,
        is_charge=row.is_charge,
        state=one.state,
        by=one.by,
        at=said.at if said else None,
        reason=said.reason if said else "",
        confidence=said.confidence if said else 0,
        words=said.words if said else "",
    )


def within(count: int) -> int:
    """A number of rows that a page may have."""
    return min(max(1, count), COUNT_MAX)


def _words(words: str) -> str:
    return words.strip()[:_WORDS_LENGTH_MAX] if isinstance(words, str) else ""


def _followed(work: Work, clients: set[int], debtor_ids: Sequence[int]) -> set[int]:
    found: set[int] = set()
    for client_id in clients:
        states = queries.delegation_states(work.session, client_id, work.today, debtor_ids)
        found |= {key for key, one in states.items() if one.state is not DelegationState.NOT_DELEGATED}
    return found
