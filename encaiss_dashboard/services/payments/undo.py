"""The files that came, and taking one back while nothing stands on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlmodel import col, delete, func, or_, select

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.deciding import clients_of, owner_of
from encaiss_dashboard.services.payments.queue import within
from encaiss_dashboard.services.payments.seen import BuiltUpon, ImportSeen, NotImported, Obstacle
from encaiss_dashboard.services.payments.writing import lock
from encaiss_dashboard.storage import bank_lines, confirmations, queries
from encaiss_dashboard.storage.bank import (
    AccessoryAllocation,
    BankDecision,
    BankImport,
    BankLine,
    BankStatement,
    Counterparty,
    Remittance,
    RemittanceLine,
)
from encaiss_dashboard.storage.bank_lines import ID_MAX
from encaiss_dashboard.storage.engine import lock as lock_name
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.plans import PaymentsKnown
from encaiss_dashboard.storage.records import Allocation, Payment
from encaiss_dashboard.storage.remittances import is_live
from encaiss_dashboard.work import Work

_NAMED: Final = 5


def history(
    work: Work, client_id: int | None, *, first: int = 0, count: int = 50
) -> tuple[list[ImportSeen], int]:
    """A page of the files that came, the newest first, and how many there are in all."""
    owner = owner_of(Action.VIEW, work, client_id)
    rows, whole = bank_lines.imports(work.session, owner, first=max(0, first), count=within(count))
    return [_seen(row, name) for row, name in rows], whole


def obstacles(work: Work, client_id: int | None, import_id: int) -> tuple[Obstacle, ...]:
    """What stands in the way of taking a file back; nothing does when it is empty.

    Raises:
        NotFound: no such file, or somebody else's.
    """
    owner = owner_of(Action.VIEW, work, client_id)
    return tuple(_obstacles(work, _import(work, owner, import_id)))


def take_back(work: Work, client_id: int | None, import_id: int) -> None:
    """Remove everything a file brought: lines, what they became, what they taught. The acts stay.

    Raises:
        NotFound: no such file, or somebody else's.
        NotImported: it was taken back before.
        BuiltUpon: something rests on it.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    if owner is None:
        lock_name(work.session, "bank of the agency")
    lock(work.session, clients_of(work.session, owner))
    row = _import(work, owner, import_id)
    if row.taken_back_at is not None:
        raise NotImported
    found = list(_obstacles(work, row))
    if found:
        raise BuiltUpon(code=found[0].code, count=str(found[0].count), names=", ".join(found[0].names))
    counts = _remove(work, row)
    row.taken_back_at = work.now
    facts = {"file": row.file_name, "import": row.id, **counts}
    work.journal.record(ActKind.BANK_TAKEN_BACK, day=work.today, client_id=owner, facts=facts, shown=facts)
    work.session.flush()
    work.store.remove(f"bank-{row.id}")


def _remove(work: Work, row: BankImport) -> dict[str, int]:
    session = work.session
    lines, paid = _lines(row), _payments(row)
    # The opposite order of the keys that they refer to.
    for table in (AccessoryAllocation, Allocation):
        _delete(work, table, col(table.payment_id).in_(paid))
    back = _delete(work, Payment, col(Payment.id).in_(paid) & col(Payment.reverses_id).is_not(None))
    counts = {"payments": back + _delete(work, Payment, col(Payment.id).in_(paid))}
    _delete(work, Counterparty, col(Counterparty.line_id).in_(lines))
    _delete(work, BankDecision, col(BankDecision.line_id).in_(lines))
    statements = select(BankStatement.id).where(BankStatement.import_id == row.id)
    counts["lines"] = _delete(work, BankLine, col(BankLine.statement_id).in_(statements))
    counts["statements"] = _delete(work, BankStatement, col(BankStatement.import_id) == row.id)
    if row.client_id is not None:
        said = (col(PaymentsKnown.client_id) == row.client_id) & (col(PaymentsKnown.at) == row.at)
        _delete(work, PaymentsKnown, said)
    session.expire_all()
    return counts


def _delete(work: Work, cls: type[Any], which: Any) -> int:
    found: Any = work.session.exec(delete(cls).where(which).execution_options(synchronize_session=False))
    return int(found.rowcount)


def _import(work: Work, owner: int | None, import_id: int) -> BankImport:
    if isinstance(import_id, bool) or not isinstance(import_id, int) or not 0 < import_id <= ID_MAX:
        raise NotFound
    row = work.session.get(BankImport, import_id)
    if row is None or row.client_id != owner:
        raise NotFound
    return row


def _lines(row: BankImport) -> Any:
    statements = select(BankStatement.id).where(BankStatement.import_id == row.id)
    return select(BankLine.id).where(col(BankLine.statement_id).in_(statements))


def _payments(row: BankImport) -> Any:
    return select(Payment.id).where(col(Payment.bank_line_id).in_(_lines(row)))


def _obstacles(work: Work, row: BankImport) -> Iterable[Obstacle]:
    if row.taken_back_at is not None:
        return
    paid = _payments(row)
    remitted = (
        select(Remittance.number)
        .join(RemittanceLine, col(RemittanceLine.remittance_id) == col(Remittance.id))
        .where(
            or_(
                col(RemittanceLine.payment_id).in_(paid) & is_live(),
                col(Remittance.line_id).in_(_lines(row)),
                col(Remittance.returned_id).in_(_lines(row)),
            )
        )
        .distinct()
    )
    yield from _named(work, "remitted", remitted)
    dropped = select(func.count(col(RemittanceLine.id))).where(col(RemittanceLine.payment_id).in_(paid))
    if not list(work.session.exec(remitted.limit(1))) and work.session.exec(dropped).one():
        yield Obstacle("remitted", int(work.session.exec(dropped).one()), ())
    # What another line, or a person, took back of what this file brought.
    returned = select(Payment.reference).where(
        col(Payment.reverses_id).in_(paid), col(Payment.id).not_in(paid)
    )
    yield from _named(work, "returned", returned)
    ids = [queries.known(key) for key in work.session.exec(paid)]
    held = confirmations.among(work.session, [row.client_id] if row.client_id else [], ids)
    if held:
        yield Obstacle("confirmed", len(held), ())
    yield from _later(work, row)


def _later(work: Work, row: BankImport) -> Iterable[Obstacle]:
    """Files that told some of its lines again, so that they rest on them."""
    own = select(BankStatement).where(BankStatement.import_id == row.id)
    mine = list(work.session.exec(own))
    names = []
    for one in mine:
        other = (
            select(BankImport.file_name, BankStatement.id)
            .join(BankImport, col(BankImport.id) == col(BankStatement.import_id))
            .where(
                BankStatement.account_id == one.account_id,
                col(BankStatement.import_id) > row.id,
                BankStatement.known_cents != 0,
                col(BankStatement.first) <= one.last,
                col(BankStatement.last) >= one.first,
            )
        )
        names += [name for name, _ in work.session.exec(other)]
    unique = sorted(set(names))
    if unique:
        yield Obstacle("later", len(unique), tuple(unique[:_NAMED]))


def _named(work: Work, code: str, query: Any) -> Iterable[Obstacle]:
    names = list(work.session.exec(query))
    if names:
        yield Obstacle(code, len(names), tuple(sorted({name for name in names if name})[:_NAMED]))


def _seen(row: BankImport, name: str) -> ImportSeen:
    return ImportSeen(
        queries.known(row.id),
        row.file_name,
        row.format,
        name,
        row.at,
        row.taken_back_at,
        dict(row.result),
        row.size_bytes,
    )
