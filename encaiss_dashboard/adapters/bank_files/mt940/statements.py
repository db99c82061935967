"""A statement out of its pages, and whether it adds up."""

from __future__ import annotations

import re
from typing import Final

from encaiss_dashboard.adapters.bank_files.mt940.details import Details
from encaiss_dashboard.adapters.bank_files.mt940.fields import Balance, Field, Line
from encaiss_dashboard.adapters.bank_files.mt940.pages import Page
from encaiss_dashboard.adapters.bank_files.refused import refuse, warn
from encaiss_dashboard.domain.bank import Movement, Statement
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money

# Kinds of field 61 (SWIFT): returned items; charges and commissions.
_RETURNED: Final = "RTI"
_CHARGED: Final = frozenset({"CHG", "COM"})
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_NO_REFERENCE: Final = frozenset({"NONREF", "N"})


def joined(pages: list[Page]) -> Statement:
    """One statement of its pages, from the first opening to the last closing balance."""
    first, last = pages[0], pages[-1]
    currency = first.currency
    problems = [problem for page in pages for problem in page.problems]
    lines = [one for page in pages for one in page.movements]
    movements = tuple(_movement(seq, one, currency) for seq, one in enumerate(lines, 1))
    if last.closing is None and not movements:
        # A report within the day without movements says nothing, not even of which day it is.
        refuse("bank_field_missing", last.line, value=":61:")
    days = [movement.booked_on for movement in movements]
    if last.closing:
        days.append(last.closing.on)
        _check_balance(last, first.opening, movements, problems)
    for page in pages:
        _check_sums(page, problems)
    year = f"{max(days).year:04}"
    return Statement(
        account=first.account,
        currency=currency,
        number=f"{year}/{first.number}" if first.number else max(days).isoformat(),
        first=min(days),
        last=max(days),
        movements=movements,
        opening=Money(first.opening.cents, currency) if first.opening else None,
        closing=Money(last.closing.cents, currency) if last.closing else None,
        problems=tuple(problems),
    )


def _movement(seq: int, one: tuple[Field, Line, Details], currency: str) -> Movement:
    field, line, told = one
    kind = line.kind[1:]
    # Some banks give the other account where others describe the movement.
    is_account = not told.iban and _IBAN.fullmatch(line.more) is not None
    return Movement(
        seq=seq,
        place=f"line {field.line}",
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount=Money(line.cents, currency),
        original=told.original if told.original and told.original.currency != currency else None,
        counterparty=told.counterparty,
        iban=line.more if is_account else told.iban,
        bic=told.bic,
        structured=told.structured,
        text=told.text or ("" if is_account else line.more),
        end_to_end=told.end_to_end,
        mandate=told.mandate,
        bank_reference=line.bank_reference or ("" if line.reference in _NO_REFERENCE else line.reference),
        code=line.kind + (f"-{told.code}" if told.code else ""),
        is_return=line.is_reversal or told.is_return or kind == _RETURNED,
        return_reason=told.return_reason,
        is_charge=told.is_charge or kind in _CHARGED,
    )


def _check_balance(
    last: Page, opening: Balance | None, movements: tuple[Movement, ...], problems: list[Problem]
) -> None:
    if opening is None or last.closing is None:
        return
    reached = opening.cents + sum(movement.amount.cents for movement in movements)
    if reached != last.closing.cents:
        said = {"value": str(Money(last.closing.cents)), "other": str(Money(reached))}
        problems.append(warn("bank_balance", last.line, **said))


def _check_sums(page: Page, problems: list[Problem]) -> None:
    """Counts and sums of credits and debits, which a report within the day ends with."""
    for mark, (count, cents) in page.sums.items():
        moved = [line.cents for _, line, _ in page.movements if (line.cents > 0) == (mark == "C")]
        if count != len(moved):
            problems.append(warn("bank_count", page.line, value=str(count), other=str(len(moved))))
        if cents != abs(sum(moved)):
            said = {"value": str(Money(cents)), "other": str(Money(abs(sum(moved))))}
            problems.append(warn("bank_total", page.line, **said))
