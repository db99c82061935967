"""Every row there is about one debtor, or about one person with an account, whatever table it lies in.

The tables are found by their keys, not by a list: one added tomorrow is read tomorrow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, inspect, or_, select
from sqlmodel import Session, col

from encaiss_dashboard.storage.accounts import (
    AccountMail,
    ApiToken,
    LoginAttempt,
    LoginSession,
    RecoveryCode,
    SecondFactor,
    User,
)
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.records import Act, Contact, Debtor, ImportBatch, Invoice, Payment

Found = dict[str, list[dict[str, Any]]]

# Keys and digests: of no use to whom they are about, of great use to whoever finds the file.
_SECRET: Final[Mapping[type[Record], frozenset[str]]] = {
    User: frozenset({"password_hash"}),
    LoginSession: frozenset({"digest"}),
    SecondFactor: frozenset({"nonce", "last_step"}),
    RecoveryCode: frozenset({"nonce"}),
    AccountMail: frozenset({"nonce"}),
    LoginAttempt: frozenset({"account"}),
    ApiToken: frozenset({"digest"}),
}
_ABOUT_PEOPLE: Final = frozenset(
    {
        ActKind.INVITED,
        ActKind.INVITATION_REVOKED,
        ActKind.JOINED,
        ActKind.ROLES_CHANGED,
        ActKind.LEFT,
        ActKind.EMAIL_CHANGED,
        ActKind.SECOND_FACTOR_REMOVED,
    }
)


def tables() -> dict[Table, type[Record]]:
    """Every table with its class, those that others refer to first."""
    classes = {inspect(cls).local_table: cls for cls in _classes(Record)}
    return {table: classes[table] for table in Record.metadata.sorted_tables if table in classes}


def _classes(cls: type[Record]) -> Iterator[type[Record]]:
    for inner in cls.__subclasses__():
        if hasattr(inner, "__table__"):
            yield inner
        yield from _classes(inner)


def of_debtor(*debtor_ids: int) -> dict[type[Record], ColumnElement[bool]]:
    """Which rows of which tables are about a debtor: by its key, or by the key of a row that is.

    Several debtors are one that others were merged into.
    """
    classes, debtors = tables(), inspect(Debtor).local_table
    ways: dict[Any, ColumnElement[bool]] = {debtors: col(Debtor.id).in_(debtor_ids)}
    for table in classes:
        if table in ways:
            continue
        named = sorted(key.parent.name for key in table.foreign_keys if key.column.table is debtors)
        if named:
            ways[table] = or_(*(table.c[name].in_(debtor_ids) for name in named))
            continue
        keys = sorted(table.foreign_keys, key=lambda key: str(key.parent))
        led = [
            key.parent.in_(select(key.column).where(ways[key.column.table]))
            for key in keys
            if key.column.table in ways
        ]
        if led:
            ways[table] = or_(*led)
    return {classes[table]: way for table, way in ways.items()}


def about_debtor(session: Session, *debtor_ids: int) -> Found:
    """Every row about a debtor by table, with the files that its invoices and payments came from."""
    found = {
        _name(cls): [_row(row) for row in _rows(session, cls, way)]
        for cls, way in of_debtor(*debtor_ids).items()
    }
    paid = select(col(Payment.bank_line_id)).where(col(Payment.debtor_id).in_(debtor_ids))
    found[_name(BankLine)] = [_row(row) for row in _rows(session, BankLine, col(BankLine.id).in_(paid))]
    sources = [
        select(col(cls.batch_id)).where(col(cls.debtor_id).in_(debtor_ids)) for cls in (Invoice, Payment)
    ]
    came = or_(*(col(ImportBatch.id).in_(source) for source in sources))
    files = _rows(session, ImportBatch, came)
    named = ("id", "file_name", "digest", "size_bytes", "uploaded_at", "imported_at")
    # A file names other debtors too: what it is called and when it came is all that concerns this one.
    found[_name(ImportBatch)] = [{name: _plain(getattr(row, name)) for name in named} for row in files]
    return found


def about_user(session: Session, user: User, tried: Collection[str]) -> Found:
    """Every row about a person with an account by table, without keys, digests and others' data.

    Of what the person did to debtors, and of rows that merely name the person, only keys, kinds and
    times come along: the rest is about somebody else (GDPR art. 15(4)).

    Args:
        session: of the transaction.
        user: the person.
        tried: the digests under which tries to sign in to this account are counted.
    """
    people = inspect(User).local_table
    found: Found = {}
    for table, cls in tables().items():
        keys = sorted(key.parent.name for key in table.foreign_keys if key.column.table is people)
        ways = [table.c[key] == user.id for key in keys]
        ways += [table.c.id == user.id] if cls is User else []
        ways += [col(AccountMail.to) == user.email] if cls is AccountMail else []
        ways += [col(LoginAttempt.account).in_(tried)] if cls is LoginAttempt else []
        if ways:
            rows = _rows(session, cls, or_(*ways))
            found[_name(cls)] = [_own(row, user) for row in rows]
    told = _rows(session, Act, col(Act.kind).in_(sorted(_ABOUT_PEOPLE)))
    # Who did it from which address is that other person's.
    found["act_about"] = [
        {name: value for name, value in _row(act).items() if name != "address"}
        for act in told
        if act.user_id != user.id and act.facts.get("email") == user.email
    ]
    return found


def erased(session: Session, debtor_id: int) -> bool:
    """Whether a debtor's personal data was erased: the journal says so."""
    query = select(col(Act.id)).where(col(Act.debtor_id) == debtor_id, col(Act.kind) == ActKind.ERASED.value)
    return session.execute(query).first() is not None


def addresses(session: Session, *debtor_ids: int) -> list[Contact]:
    """Every way a debtor is reached."""
    return list(_rows(session, Contact, col(Contact.debtor_id).in_(debtor_ids)))


def _rows(session: Session, cls: type[Any], way: ColumnElement[bool]) -> list[Any]:
    (key,) = inspect(cls).primary_key[:1]
    return list(session.scalars(select(cls).where(way).order_by(key)))


def _name(cls: type[Record]) -> str:
    return str(inspect(cls).local_table.name)


def _row(row: Record) -> dict[str, Any]:
    hidden = _SECRET.get(type(row), frozenset())
    return {name: _plain(value) for name, value in row.model_dump().items() if name not in hidden}


def _own(row: Record, user: User) -> dict[str, Any]:
    values = _row(row)
    mine = user.id in {getattr(row, "user_id", None), row.id if isinstance(row, User) else None}
    mine = mine or getattr(row, "to", None) == user.email or isinstance(row, LoginAttempt)
    about_debtor = getattr(row, "debtor_id", None) is not None or hasattr(row, "stop_id")
    if mine and not about_debtor:
        return values
    keys = {column.key for column in inspect(type(row)).columns if column.primary_key or column.foreign_keys}
    times = {name for name, value in row.model_dump().items() if isinstance(value, date)}
    return {name: value for name, value in values.items() if name in {*keys, *times, "kind", "actor"}}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
