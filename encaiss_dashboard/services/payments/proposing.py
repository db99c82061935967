"""What a line is thought to be, against what is open and what was booked."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import Session

from encaiss_dashboard.domain.booking import Booked, Proposal, propose, propose_return, with_confirmations
from encaiss_dashboard.services.payments.books import Books
from encaiss_dashboard.services.payments.reversing import net, standing_of
from encaiss_dashboard.storage import bank_lines, confirmations, payments, queries
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.records import Payment


def proposals(books: Books, line: BankLine) -> tuple[Proposal, ...]:
    """Ways to book a line, the surest first; of what left the account, payments that it takes back."""
    movement = bank_lines.movement(line)
    if line.amount_cents < 0:
        if line.is_charge:
            return ()
        return propose_return(
            movement, booked(books.session, standing_of(books.session, line.client_id, line))
        )
    found = [books.on_the_day(one, line.value_on) for one in propose(movement, books.book, books.rules)]
    return with_confirmations(movement, books.book, books.rules, found, books.said_about(line))


def booked(session: Session, rows: Iterable[Payment]) -> list[Booked]:
    """Payments as a later line may take them back, with what their own lines said."""
    found = list[Booked]()
    every = list(rows)
    told = [confirmations.confirmed(session, key) for key in sorted({row.client_id for row in every})]
    by_bank = {key: line for some in told for key, line in some.items()}
    for row in every:
        amount, parts = net(session, row)
        line = session.get(BankLine, row.bank_line_id) if row.bank_line_id else None
        line = by_bank.get(queries.known(row.id), line)
        if amount.cents <= 0 or (row.source in {payments.SAID, payments.UNDONE} and line is None):
            continue
        found.append(
            Booked(
                queries.known(row.id),
                queries.known(line.id) if line else 0,
                row.client_id,
                row.debtor_id,
                row.on,
                amount,
                tuple(part for _, part in parts),
                counterparty=line.counterparty if line else "",
                iban=line.iban if line else "",
                end_to_end=line.end_to_end if line else "",
                mandate=line.mandate if line else "",
                bank_reference=line.bank_reference if line else "",
            )
        )
    return found
