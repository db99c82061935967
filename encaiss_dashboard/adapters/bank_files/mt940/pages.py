"""Messages of an MT940 file: the fields between two references, each in its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from encaiss_dashboard.adapters.bank_files.accounts import account_number
from encaiss_dashboard.adapters.bank_files.mt940.details import NOTHING, Details, own_details, read_details
from encaiss_dashboard.adapters.bank_files.mt940.fields import (
    Balance,
    Field,
    Line,
    read_balance,
    read_line,
    read_sum,
)
from encaiss_dashboard.adapters.bank_files.refused import refuse, warn
from encaiss_dashboard.domain.errors import Problem

# Which fields may follow which; a message starts anew with 20, and 940 or 942 before it only announce it.
_MAY_STAND: Final = {
    "head": frozenset({"21", "25", "25P", "28", "28C", "13", "13D", "34F", "NS", "60F", "60M"}),
    "body": frozenset({"61", "86", "NS", "62F", "62M", "90C", "90D"}),
    "tail": frozenset({"64", "65", "86", "NS", "90C", "90D"}),
}
# A report within the day has no opening balance: its body begins with one of these.
_INTERIM: Final = frozenset({"61", "90C", "90D"})
_ANNOUNCES: Final = frozenset({"940", "942"})
_NUMBER: Final = re.compile(r"\s*0*([0-9]+)")
_CURRENCY: Final = re.compile(r"([A-Z]{3})")


@dataclass(slots=True)
class Page:
    """One message: all of a statement, or a part of it.

    Attributes:
        account: "" until field 25 was read.
        number: of the statement, without what counts its pages; "" where the bank gives none.
        opening, closing: None in a report within the day.
        opens_between, closes_between: whether that balance is carried from or to another page.
        movements: each field 61 with what details it.
    """

    line: int
    account: str = ""
    number: str | None = None
    currency: str = ""
    is_interim: bool = False
    opening: Balance | None = None
    closing: Balance | None = None
    opens_between: bool = False
    closes_between: bool = False
    movements: list[tuple[Field, Line, Details]] = field(default_factory=list)
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    state: str = "head"
    is_detailed: bool = False


def pages_of(fields: Iterator[Field]) -> list[Page]:
    """All messages of a file.

    Raises:
        RefusedError: a field that is missing, not understood, or where it may not be.
    """
    pages: list[Page] = []
    last = 1
    for one in fields:
        last = one.line
        if one.tag in _ANNOUNCES:
            continue
        if one.tag == "20":
            if pages:
                _finish(pages[-1], one.line)
            pages.append(Page(one.line))
        elif not pages:
            _out_of_place(one)
        else:
            _take(pages[-1], one)
    if not pages:
        refuse("bank_field_missing", last, value=":20:")
    _finish(pages[-1], last)
    return pages


def _take(page: Page, one: Field) -> None:
    tag = one.tag
    if page.state == "head" and page.is_interim and tag in _INTERIM:
        page.state = "body"
    if tag not in _MAY_STAND[page.state]:
        _out_of_place(one)
    if tag in {"60F", "60M"}:
        page.state = "body"
        page.opening, page.opens_between = read_balance(one), tag == "60M"
        page.currency = page.opening.currency or page.currency
    elif tag in {"62F", "62M"}:
        page.state = "tail"
        page.closing, page.closes_between = read_balance(one), tag == "62M"
        _same_currency(page, one, page.closing)
    elif tag == "61":
        page.movements.append((one, read_line(one), NOTHING))
        page.is_detailed = False
    elif page.state == "body" and tag in {"86", "NS"}:
        _take_details(page, one)
    elif page.state == "head":
        _take_head(page, one)
    elif tag in {"90C", "90D"} and (told := read_sum(one)):
        page.sums[tag[2]] = told


def _take_head(page: Page, one: Field) -> None:
    tag, text = one.tag, " ".join(one.lines).strip()
    if tag in {"25", "25P"}:
        page.account = account_number(one.lines[0].strip().strip("/"))
    elif tag in {"28", "28C"}:
        found = _NUMBER.match(text)
        page.number = found[1] if found and found[1] != "0" else ""
    elif tag in {"13", "13D", "34F"}:
        page.is_interim = True
        if tag == "34F" and (currency := _CURRENCY.match(text)):
            page.currency = currency[1]


def _take_details(page: Page, one: Field) -> None:
    """What belongs to the movement before it; a second field 86 would be of a movement that is missing."""
    if one.tag == "86" and (page.is_detailed or not page.movements):
        _out_of_place(one)
    if not page.movements:
        return
    page.is_detailed = page.is_detailed or one.tag == "86"
    movement, line, before = page.movements[-1]
    told = read_details(one.lines) if one.tag == "86" else own_details(one.lines)
    page.movements[-1] = (movement, line, before.with_more(told))


def _same_currency(page: Page, one: Field, closing: Balance) -> None:
    if not closing.currency:
        page.problems.append(
            warn("bank_balance_currency", one.line, record=f":{one.tag}:", value=page.currency)
        )
    elif closing.currency != page.currency:
        refuse("bank_currency", one.line, record=f":{one.tag}:", value=closing.currency)


def _out_of_place(one: Field) -> NoReturn:
    refuse("bank_field_order", one.line, record=f":{one.tag}:", value=" ".join(one.lines))


def _finish(page: Page, line: int) -> None:
    """Nothing that a message must have is missing."""
    if not page.account:
        refuse("bank_field_missing", line, value=":25:")
    if page.number is None:
        refuse("bank_field_missing", line, value=":28C:")
    if page.is_interim and page.opening is None:
        if not page.currency:
            refuse("bank_field_missing", line, value=":34F:")
        return
    if page.opening is None:
        refuse("bank_field_missing", line, value=":60F:")
    if page.closing is None:
        refuse("bank_truncated", line, value=page.account)
    if not page.currency:
        refuse("bank_field_missing", line, value=":60F:")
