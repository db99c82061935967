"""Which movements of a statement are new: one told twice, in whatever form, is in the books once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from encaiss_dashboard.domain.bank import BankFormat, Movement, Statement
from encaiss_dashboard.storage.bank import BankLine, BankStatement

WHOLE: Final = frozenset({BankFormat.CODA, BankFormat.CAMT053, BankFormat.MT940})
"""Forms whose statements follow each other, balance to balance: no two of them tell the same movement."""


@dataclass(frozen=True, slots=True)
class Known:
    """A line that is in the books, with the statement that brought it and in which form."""

    line: BankLine
    statement: BankStatement
    form: str


@dataclass(frozen=True, slots=True)
class Split:
    """The movements of a statement.

    Attributes:
        new: those not in the books, each with how many of its fingerprint came before.
        known: those that are.
        changed: whether a statement of this number was told before, and otherwise.
    """

    new: tuple[tuple[Movement, int], ...]
    known: tuple[Movement, ...]
    changed: bool


def split(
    statement: Statement,
    form: BankFormat,
    lines: Iterable[Known],
    statements: Sequence[tuple[BankStatement, str]],
) -> Split:
    """Tell new movements from known ones.

    Args:
        statement: as it is told now.
        form: of its file.
        lines: of the account, on the days of its movements.
        statements: of the account, each with its form.
    """
    copies: dict[str, int] = defaultdict(int)
    free: list[Known] = []
    for one in lines:
        copies[one.line.fingerprint] = max(copies[one.line.fingerprint], one.line.copies + 1)
        if not _apart(statement, form, one.statement, one.form):
            free.append(one)
    alike: dict[str, list[Known]] = defaultdict(list)
    for one in free:
        alike[one.line.fingerprint].append(one)
    taken: set[int] = set()
    new: list[tuple[Movement, int]] = []
    known: list[Movement] = []
    left = list[Movement]()
    for movement in statement.movements:
        same = [one for one in alike[movement.fingerprint] if _may_be(movement, form, one)]
        found = next((one for one in same if one.line.id not in taken), None)
        if found is None:
            left.append(movement)
        else:
            taken.add(found.line.id or 0)
            known.append(movement)
    others = [one for one in free if one.line.id not in taken and one.form != form]
    for movement in left:
        found = next((one for one in others if one.line.id not in taken and _is_same(movement, one)), None)
        if found is None:
            new.append((movement, copies[movement.fingerprint]))
            copies[movement.fingerprint] += 1
        else:
            taken.add(found.line.id or 0)
            known.append(movement)
    before = [one for one, of in statements if of == form and _is_again(statement, one)]
    return Split(tuple(new), tuple(known), form in WHOLE and _changed(statement, before, len(new)))


def _apart(statement: Statement, form: BankFormat, other: BankStatement, of: str) -> bool:
    """Whether two statements cannot tell the same movement: both whole, one after the other."""
    if form not in WHOLE or of != form or statement.number == other.number:
        return False
    if statement.opening is None or statement.closing is None or other.opening_cents is None:
        return False
    if statement.opening.cents == other.opening_cents or statement.closing.cents == other.closing_cents:
        return False
    return statement.first >= other.last or statement.last <= other.first


def _may_be(movement: Movement, form: BankFormat, known: Known) -> bool:
    """Whether a movement of the same fingerprint is that line: not where its bank numbers them apart."""
    mine, other = movement.bank_reference, known.line.bank_reference
    return not (form == known.form and mine and other and mine != other)


def _is_same(movement: Movement, known: Known) -> bool:
    """Whether a line of another form is this movement in other words."""
    line = known.line
    if (line.booked_on, line.amount_cents, line.currency) != (
        movement.booked_on,
        movement.amount.cents,
        movement.amount.currency,
    ):
        return False
    references = movement.bank_reference and movement.bank_reference == line.bank_reference
    return bool(references or (movement.end_to_end and movement.end_to_end == line.end_to_end))


def _is_again(statement: Statement, other: BankStatement) -> bool:
    same = statement.number == other.number and statement.currency == other.currency
    return same and statement.first <= other.last and other.first <= statement.last


def _changed(statement: Statement, before: Sequence[BankStatement], new: int) -> bool:
    if not before:
        return False
    cents = sum(one.amount.cents for one in statement.movements)
    last = before[-1]
    balances = (
        statement.opening.cents if statement.opening is not None else None,
        statement.closing.cents if statement.closing is not None else None,
    )
    return new > 0 or cents != last.told_cents or balances != (last.opening_cents, last.closing_cents)
