"""Lines of banks as they are read: which wait, what was decided about them, what was told before."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func
from sqlmodel import Session, col, select

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking import DecisionKind
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage.accounts import User
from encaiss_dashboard.storage.bank import BankAccount, BankDecision, BankImport, BankLine, BankStatement

_AT_ONCE = 500
ID_MAX = 2**31 - 1


class LineState(StrEnum):
    """What became of a line."""

    WAITING = "waiting"
    BOOKED = "booked"
    SET_ASIDE = "set_aside"


_STATES = {
    DecisionKind.BOOKED.value: LineState.BOOKED,
    DecisionKind.CONFIRMED.value: LineState.BOOKED,
    DecisionKind.SET_ASIDE.value: LineState.SET_ASIDE,
    DecisionKind.REOPENED.value: LineState.WAITING,
}


@dataclass(frozen=True, slots=True)
class Decided:
    """A line with its account's number and the decision that holds, None while nobody decided."""

    line: BankLine
    account: str
    decision: BankDecision | None
    by: str

    @property
    def state(self) -> LineState:
        """What became of it."""
        return LineState.WAITING if self.decision is None else _STATES[self.decision.kind]


def owned(column: Any, client_id: int | None) -> ColumnElement[bool]:
    """Whether a row is a client's; without one, whether it is of the agency's own accounts."""
    mine: ColumnElement[bool] = column.is_(None) if client_id is None else column == client_id
    return mine


def state_of() -> Any:
    """The kind of the decision that holds, as a part of queries about lines."""
    newest = select(func.max(BankDecision.id)).where(BankDecision.line_id == BankLine.id)
    kind = select(BankDecision.kind).where(
        col(BankDecision.id) == newest.correlate(BankLine).scalar_subquery()
    )
    reopened = DecisionKind.REOPENED.value
    return func.coalesce(kind.correlate(BankLine).scalar_subquery(), reopened)


def waiting(session: Session, client_id: int | None, *, first: int, count: int) -> tuple[list[Decided], int]:
    """The lines that wait, the oldest first, and how many there are."""
    where = (owned(col(BankLine.client_id), client_id), state_of() == DecisionKind.REOPENED.value)
    whole = int(session.exec(select(func.count(col(BankLine.id))).where(*where)).one())
    query = select(BankLine).where(*where).order_by(col(BankLine.booked_on), col(BankLine.id))
    return decided(session, session.exec(query.offset(first).limit(count)).all()), whole


def decided(session: Session, lines: Sequence[BankLine]) -> list[Decided]:
    """Lines with what was decided about them."""
    ids = [line.id for line in lines]
    newest: dict[int, tuple[BankDecision, str]] = {}
    query: Any = select(BankDecision, User.name).join(
        User, col(User.id) == col(BankDecision.user_id), isouter=True
    )
    query = query.where(col(BankDecision.line_id).in_(ids)).order_by(col(BankDecision.id))
    for row, name in session.exec(query):
        newest[row.line_id] = (row, name or "Encaiss")
    accounts = {one.account_id for one in lines}
    numbers = dict(
        session.exec(
            select(BankAccount.id, BankAccount.number).where(col(BankAccount.id).in_(accounts))
        ).all()
    )
    return [
        Decided(one, numbers.get(one.account_id, ""), *newest.get(one.id or 0, (None, ""))) for one in lines
    ]


def line_of(session: Session, client_id: int | None, line_id: int, *, lock: bool = False) -> Decided:
    """One line of a client, or of the agency's own accounts.

    Args:
        session: of the transaction.
        client_id: whose it is.
        line_id: its id.
        lock: whether nobody else may decide about it before this transaction ends.

    Raises:
        NotFound: no such line, or somebody else's.
    """
    if isinstance(line_id, bool) or not isinstance(line_id, int) or not 0 < line_id <= ID_MAX:
        raise NotFound
    line = session.get(BankLine, line_id, with_for_update=lock or None)
    if line is None or line.client_id != client_id:
        raise NotFound
    return decided(session, [line])[0]


def movement(line: BankLine) -> Movement:
    """The noun of a line."""
    original = None
    if line.original_cents is not None and line.original_currency:
        original = Money(line.original_cents, line.original_currency)
    return Movement(
        seq=line.seq,
        place=line.place,
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount=Money(line.amount_cents, line.currency),
        original=original,
        counterparty=line.counterparty,
        iban=line.iban,
        bic=line.bic,
        structured=line.structured,
        text=line.text,
        end_to_end=line.end_to_end,
        mandate=line.mandate,
        bank_reference=line.bank_reference,
        code=line.code,
        is_return=line.is_return,
        return_reason=line.return_reason,
        is_charge=line.is_charge,
        invoice_number=line.invoice_number,
    )


def values(one: Movement) -> dict[str, Any]:
    """The columns of a line that a movement fills."""
    return {
        "seq": one.seq,
        "place": one.place,
        "fingerprint": one.fingerprint,
        "booked_on": one.booked_on,
        "value_on": one.value_on,
        "currency": one.amount.currency,
        "amount_cents": one.amount.cents,
        "original_currency": one.original.currency if one.original is not None else "",
        "original_cents": one.original.cents if one.original is not None else None,
        "counterparty": one.counterparty,
        "iban": one.iban,
        "bic": one.bic,
        "structured": one.structured,
        "text": one.text,
        "end_to_end": one.end_to_end,
        "mandate": one.mandate,
        "bank_reference": one.bank_reference,
        "code": one.code,
        "is_return": one.is_return,
        "return_reason": one.return_reason,
        "is_charge": one.is_charge,
        "invoice_number": one.invoice_number,
    }


def accounts(session: Session, client_id: int | None) -> list[BankAccount]:
    """The accounts of a client, or the agency's own, as they were added."""
    query = select(BankAccount).where(owned(col(BankAccount.client_id), client_id))
    return list(session.exec(query.order_by(col(BankAccount.id))))


def lines_between(session: Session, account_id: int, first: date, last: date) -> list[BankLine]:
    """The lines of an account that its bank wrote down in a period, as they came."""
    query = select(BankLine).where(
        BankLine.account_id == account_id, col(BankLine.booked_on).between(first, last)
    )
    return list(session.exec(query.order_by(col(BankLine.id))))


def statements(session: Session, account_ids: Collection[int]) -> list[tuple[BankStatement, str]]:
    """The statements of accounts with the format each came in, as they came."""
    query = (
        select(BankStatement, BankImport.format)
        .join(BankImport, col(BankImport.id) == col(BankStatement.import_id))
        .where(col(BankStatement.account_id).in_(list(account_ids)))
        .order_by(col(BankStatement.id))
    )
    return list(session.exec(query))


def imports(
    session: Session, client_id: int | None, *, first: int, count: int
) -> tuple[list[tuple[BankImport, str]], int]:
    """A page of the files that came, the newest first, each with the name of who brought it; and how many."""
    mine = owned(col(BankImport.client_id), client_id)
    whole = int(session.exec(select(func.count(col(BankImport.id))).where(mine)).one())
    query: Any = select(BankImport, User.name).join(
        User, col(User.id) == col(BankImport.user_id), isouter=True
    )
    query = query.where(mine).order_by(col(BankImport.id).desc()).offset(first).limit(count)
    return [(row, name or "Encaiss") for row, name in session.exec(query)], whole


def in_parts(ids: Sequence[int]) -> list[Sequence[int]]:
    """Not too many at once for one statement."""
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
