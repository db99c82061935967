"""Customer statements of SWIFT, MT940, and the reports within the day that look alike, MT942.

Source: SWIFT user handbook, category 9; and what banks of Germany, the Netherlands, Poland and Hungary make
of field 86. Decision 0036 says why the kept library for it does not serve.
"""

from __future__ import annotations

import re
from typing import Final

from encaiss_dashboard.adapters.bank_files.decoding import decode
from encaiss_dashboard.adapters.bank_files.mt940.fields import fields_of
from encaiss_dashboard.adapters.bank_files.mt940.pages import Page, pages_of
from encaiss_dashboard.adapters.bank_files.mt940.statements import joined
from encaiss_dashboard.adapters.bank_files.refused import RefusedError, refuse, warn
from encaiss_dashboard.domain.bank import BankFile, BankFormat, Statement
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money

_FIELD: Final = re.compile(r"^:(20|25P?|28C?|60[FM]|61|62[FM]|86|NS):", re.MULTILINE)


def looks_like(head: bytes) -> bool:
    """Whether the first kilobytes of a file hold a field of a statement at the start of a line."""
    return _FIELD.search(decode(head) or "") is not None


def read_mt940(data: bytes, name: str) -> BankFile:
    """Understand all statements of a file, or none: a line that is not understood refuses it."""
    try:
        text = decode(data)
        if text is None:
            refuse("bank_encoding")
        pages = pages_of(fields_of(text))
        problems: list[Problem] = []
        statements = _once([joined(some) for some in _together(pages, problems)], problems)
    except RefusedError as error:
        return BankFile(name, BankFormat.MT940, problems=(error.problem,))
    return BankFile(name, BankFormat.MT940, tuple(statements), tuple(problems))


def _together(pages: list[Page], problems: list[Problem]) -> list[list[Page]]:
    """Pages that are one statement: each but the last ends in a balance to carry forward."""
    together: list[list[Page]] = []
    is_open = False
    for page in pages:
        before = together[-1][-1] if together else None
        if is_open and before and page.account == before.account and page.opens_between:
            _check_chain(before, page, problems)
            together[-1].append(page)
        else:
            if is_open or page.opens_between:
                problems.append(warn("bank_page_missing", page.line, value=page.account))
            together.append([page])
        is_open = page.closes_between
    if is_open:
        problems.append(warn("bank_page_missing", pages[-1].line, value=pages[-1].account))
    return together


def _check_chain(before: Page, page: Page, problems: list[Problem]) -> None:
    """What one page carries forward is what the next begins with."""
    carried, begun = before.closing, page.opening
    if carried and begun and carried.cents != begun.cents:
        said = {"value": str(Money(begun.cents)), "other": str(Money(carried.cents))}
        problems.append(warn("bank_chain", page.line, **said))


def _once(statements: list[Statement], problems: list[Problem]) -> list[Statement]:
    """Statements without those that the file tells again."""
    kept: dict[tuple[object, ...], Statement] = {}
    problems += [
        warn("bank_statement_twice", value=statement.number)
        for statement in statements
        if kept.setdefault(_content(statement), statement) is not statement
    ]
    return list(kept.values())


def _content(statement: Statement) -> tuple[object, ...]:
    whose = (statement.account, statement.currency, statement.number, statement.opening, statement.closing)
    return (*whose, tuple((one.fingerprint, one.value_on) for one in statement.movements))
