"""What the books cannot know: statements of an account between which another one seems to be missing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage.bank import BankAccount, BankStatement


def gaps(session: Session) -> Iterator[Problem]:
    """Each statement of an account whose opening balance is not the closing one of the statement before.

    Statements of the same days, that several files told, are compared as one: any of them may be followed.
    """
    query = select(BankStatement, BankAccount.number).join(
        BankAccount, col(BankAccount.id) == col(BankStatement.account_id)
    )
    query = query.where(
        col(BankStatement.opening_cents).is_not(None), col(BankStatement.closing_cents).is_not(None)
    )
    order = (col(BankStatement.account_id), col(BankStatement.last), col(BankStatement.id))
    for (old, _), (new, number) in pairwise(session.exec(query.order_by(*order))):
        is_next = old.account_id == new.account_id and new.last > old.last
        if is_next and old.closing_cents != new.opening_cents:
            facts = {
                "account": number,
                "statement": new.number,
                "before": old.number,
                "closing": str(Money(old.closing_cents or 0, old.currency)),
                "opening": str(Money(new.opening_cents or 0, new.currency)),
            }
            yield Problem("bank_gap_before", facts=facts, blocks=False)
