"""Whose account a statement is of: the client's own, or the agency's."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlmodel import Session, col, select
from stdnum import iban

from encaiss_dashboard.domain.bank import BankFormat, Statement
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.deciding import owner_of
from encaiss_dashboard.services.payments.seen import Account, WrongAccount
from encaiss_dashboard.storage import bank_lines, queries
from encaiss_dashboard.storage.bank import BankAccount, BankStatement
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

_NUMBER_LENGTH_MAX: Final = 34
_HOLDER_LENGTH_MAX: Final = 140
_LOCAL_LENGTH_MIN: Final = 10


def accounts(work: Work, client_id: int | None) -> tuple[Account, ...]:
    """The accounts whose statements come here, of a client or (None) the agency's own."""
    owner = owner_of(Action.VIEW, work, client_id)
    found = []
    for row in bank_lines.accounts(work.session, owner):
        newest = work.session.exec(
            select(BankStatement)
            .where(BankStatement.account_id == row.id)
            .order_by(col(BankStatement.last).desc(), col(BankStatement.id).desc())
        ).first()
        closing = newest.closing_cents if newest else None
        found.append(
            Account(
                queries.known(row.id),
                row.number,
                row.currency,
                row.holder,
                newest.last if newest else None,
                Money(closing, row.currency) if closing is not None else None,
            )
        )
    return tuple(found)


def accept_account(work: Work, client_id: int | None, number: str, holder: str = "") -> None:
    """Say that an account is the client's, or (None) the agency's own: its statements are taken from now on.

    Raises:
        Unreadable: no number of an account.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    plain = compact(number)
    if not plain or len(plain) > _NUMBER_LENGTH_MAX or not plain.isascii() or not plain.isalnum():
        raise Unreadable(value=str(number)[:40])
    if not isinstance(holder, str) or len(holder) > _HOLDER_LENGTH_MAX or "\x00" in holder:
        raise Unreadable(value=str(holder)[:40])
    if _known(work.session, owner, plain) is not None:
        return
    row = BankAccount(client_id=owner, number=plain, holder=holder.strip(), added_at=work.now)
    work.session.add(row)
    work.journal.record(ActKind.ACCOUNT_ADDED, day=work.today, client_id=owner, facts={"account": plain})


def add(session: Session, owner: int | None, number: str, statement: Statement, at: datetime) -> BankAccount:
    """The account of this owner that a statement is of, in its currency; added now where it is not there."""
    row = BankAccount
    query = select(row).where(
        bank_lines.owned(row.client_id, owner), row.number == number, row.currency == statement.currency
    )
    found = session.exec(query).first()
    if found is None:
        found = row(client_id=owner, number=number, currency=statement.currency, added_at=at)
        found.holder = statement.holder
        session.add(found)
        session.flush()
    return found


def account_of(session: Session, owner: int | None, statement: Statement, form: BankFormat) -> str:
    """The number of the account that a statement is of, as it is kept.

    A table of a bookkeeping may name none: it is of the client who brings it.

    Raises:
        WrongAccount: nobody said that this account is this owner's.
    """
    number = compact(statement.account)
    if not number and owner is not None and form is BankFormat.TABLE:
        return ""
    found = _known(session, owner, number) if number else None
    if found is None:
        raise WrongAccount(account=iban.format(number) if iban.is_valid(number) else statement.account)
    return found


def is_paid_to(session: Session, client_id: int, number: str) -> bool:
    """Whether an account is the one that a client's debtors are asked to pay to."""
    asked = compact(queries.client(session, client_id).iban)
    return bool(number) and (not asked or asked == number)


def compact(number: str) -> str:
    """The number of an account without spaces, in capitals."""
    return "".join(number.split()).upper() if isinstance(number, str) else ""


def _known(session: Session, owner: int | None, number: str) -> str | None:
    """The account of this owner that a number is of: itself, or the IBAN that holds it."""
    mine = {row.number for row in bank_lines.accounts(session, owner)}
    if owner is not None:
        mine |= {compact(queries.client(session, owner).iban)} - {""}
    if number in mine:
        return number
    if len(number) < _LOCAL_LENGTH_MIN:
        return None
    return next((one for one in sorted(mine) if iban.is_valid(one) and one[4:] == number), None)
