"""How it is known that a remittance has left the agency's account, or has come back to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlmodel import col, func, select

from encaiss_dashboard.domain.booking import DecisionKind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.remittances import Waiting, batch_id, message_id, told_by
from encaiss_dashboard.services.remittances.making import told
from encaiss_dashboard.storage.bank import BankDecision, BankLine, Remittance
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.remittances import LOCK, by_transfer, is_live, waiting_lines
from encaiss_dashboard.work import Work

# A remittance is sometimes written down after a bank has it already.
_BEFORE: Final = timedelta(days=5)


def leave(work: Work, client_id: int | None = None) -> int:  # noqa: ARG001 - the whole agency
    """Tie the movements of the agency's accounts that wait to the remittances that they are the transfer of.

    To be called after every import of a statement of the agency's own; again does nothing more. A line that
    is tied is set aside, with the numbers of the remittances: it pays no invoice.

    Returns:
        How many remittances left or came back.

    Raises:
        NotAllowed: not an administrator.
    """
    work.require_agency()
    lock(work.session, LOCK)
    first = work.session.exec(select(func.min(Remittance.on)).where(is_live())).one()
    if first is None:
        return 0
    return sum(_tie(work, line) for line in waiting_lines(work.session, first - _BEFORE))


def _tie(work: Work, line: BankLine) -> int:
    """What a movement says to be transferred, or to have come back; 0 where it names none."""
    comes_back = line.amount_cents > 0
    query = select(Remittance).where(is_live(), Remittance.account_id == line.account_id)
    has_left = col(Remittance.line_id).is_not(None)
    rows = list(work.session.exec(query.where(has_left if comes_back else ~has_left)))
    words = f"{line.end_to_end}\n{line.structured}\n{line.text}\n{line.bank_reference}"
    found = told_by(words, Money(line.amount_cents, line.currency), _waiting(work, rows))
    tied = [row for row in rows if row.number in found]
    for row in tied:
        facts = {"line": line.id, "on": line.booked_on.isoformat()}
        if comes_back:
            row.returned_id, row.returned_on = line.id, line.booked_on
            told(row, work, ActKind.REMITTANCE_RETURNED, **facts, reason=line.return_reason)
        else:
            row.line_id, row.left_on = line.id, line.booked_on
            told(row, work, ActKind.REMITTANCE_LEFT, **facts)
    if tied:
        _set_aside(work, line, found)
    return len(tied)


def _waiting(work: Work, rows: Sequence[Remittance]) -> list[Waiting]:
    orders = {row.transfer for row in rows if row.transfer}
    all_of = by_transfer(work.session.exec(select(Remittance).where(col(Remittance.transfer).in_(orders))))
    messages = {digest: message_id([row.number for row in some]) for digest, some in all_of.items()}
    found = []
    for row in rows:
        name = batch_id(messages[row.transfer], row.account_id) if row.transfer else ""
        found.append(Waiting(row.number, Money(row.amount_cents, row.currency), name))
    return found


def _set_aside(work: Work, line: BankLine, numbers: Sequence[str]) -> None:
    assert line.id is not None
    decision = BankDecision(line_id=line.id, kind=DecisionKind.SET_ASIDE.value, at=work.now)
    decision.terms, decision.user_id = {"remittances": list(numbers)}, work.actor.user_id
    work.session.add(decision)
    work.session.flush()
