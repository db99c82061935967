"""Payments without a line of a bank of their own, and the lines that confirm them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.bank import BankFormat
from encaiss_dashboard.domain.booking import DecisionKind
from encaiss_dashboard.storage.bank import BankDecision, BankImport, BankLine, BankStatement
from encaiss_dashboard.storage.payments import SAID
from encaiss_dashboard.storage.records import Payment

CONFIRMABLE = (SAID, "invoice_file")
"""Sources of payments that a bank may tell of later; those of a bookkeeping's table too."""


def standing(session: Session, *where: Any) -> Iterator[tuple[BankLine, list[int]]]:
    """Lines whose decision that holds says that they confirm payments, with the ids of these."""
    later = aliased(BankDecision)
    query = (
        select(BankLine, BankDecision)
        .join(BankDecision, col(BankDecision.line_id) == col(BankLine.id))
        .where(
            BankDecision.kind == DecisionKind.CONFIRMED.value,
            ~exists().where(
                col(later.line_id) == col(BankDecision.line_id), col(later.id) > col(BankDecision.id)
            ),
            *where,
        )
        .order_by(col(BankLine.id))
    )
    for line, decision in session.exec(query):
        yield line, [int(key) for key in decision.terms.get("confirms", ())]


def confirmed(session: Session, client_id: int) -> dict[int, BankLine]:
    """The line that confirms each of a client's payments that one confirms."""
    found = standing(session, BankLine.client_id == client_id)
    return {key: line for line, keys in found for key in keys}


def confirmable(session: Session, client_id: int) -> list[tuple[Payment, bool]]:
    """A client's payments that its bank did not bring, oldest first, and whether a bookkeeping's table did.

    Those of which anything was taken back are left out: there is nothing to confirm.
    """
    back = select(Payment.reverses_id).where(col(Payment.reverses_id).is_not(None))
    lines = (
        select(BankLine.id)
        .join(BankStatement, col(BankStatement.id) == col(BankLine.statement_id))
        .join(BankImport, col(BankImport.id) == col(BankStatement.import_id))
        .where(BankImport.format == BankFormat.TABLE.value, BankLine.client_id == client_id)
    )
    own = col(Payment.source).in_(CONFIRMABLE) & col(Payment.bank_line_id).is_(None)
    query = select(Payment).where(
        Payment.client_id == client_id,
        Payment.amount_cents > 0,
        col(Payment.reverses_id).is_(None),
        or_(own, col(Payment.bank_line_id).in_(lines)),
        col(Payment.id).not_in(back),
    )
    rows = session.exec(query.order_by(col(Payment.on), col(Payment.id)))
    return [(row, row.bank_line_id is not None) for row in rows]


def is_of_table(session: Session, line: BankLine) -> bool:
    """Whether a bookkeeping's table told of a line, and no bank."""
    query = (
        select(BankImport.format)
        .join(BankStatement, col(BankStatement.import_id) == col(BankImport.id))
        .where(BankStatement.id == line.statement_id)
    )
    return session.exec(query).one() == BankFormat.TABLE.value


def among(session: Session, client_ids: Collection[int], payment_ids: Collection[int]) -> set[int]:
    """Which of these payments a line confirms."""
    wanted = set(payment_ids)
    return {key for one in sorted(set(client_ids)) for key in confirmed(session, one) if key in wanted}
