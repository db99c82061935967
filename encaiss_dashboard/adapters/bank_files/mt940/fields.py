"""The fields of an MT940, and the two whose every character counts: movements and balances."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple

from encaiss_dashboard.adapters.bank_files.refused import refuse
from encaiss_dashboard.domain.money import Money

_TAG: Final = re.compile(
    r":(20|21|25P?|28C?|60[FM]|61|62[FM]|64|65|86|NS|13D?|34F|90[CD]|940|942):(.*)", re.DOTALL
)
_MARK: Final = re.compile(r"\s*(-?\}?(\{[0-9]:.*)?|-?[\x01\x03]*)\s*")
"""What frames a message: blocks of SWIFT, the dash at its end."""
_MOVEMENT: Final = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>E?[CD]|R[CD])(?P<funds>[A-Z])?"
    r"(?P<amount>[0-9]{1,15},[0-9]*)(?P<kind>[A-Z][A-Z0-9 ]{3})(?P<reference>.*?)(?://(?P<bank>.*))?\s*"
)
_BALANCE: Final = re.compile(
    r"(?P<mark>[CD])(?P<on>[0-9]{6})(?P<currency>[A-Z]{3})?(?P<amount>[0-9]{1,18},[0-9]*)\s*"
)
_CENTURY_PIVOT: Final = 80
_FEBRUARY: Final = 2
_THIRTY: Final = 30
_WRAPPED_MAX: Final = 2


class Field(NamedTuple):
    """A field with all its lines.

    Attributes:
        line: of the file, where it starts.
        tag: between its colons.
        lines: without their ends, the first behind the tag.
    """

    line: int
    tag: str
    lines: list[str]


class Balance(NamedTuple):
    """A balance; ``currency`` "" where the bank leaves it out."""

    cents: int
    currency: str
    on: date


class Line(NamedTuple):
    """Field 61.

    Attributes:
        cents: above zero for what came in; the reversal of a credit is below.
        is_reversal: of a booking (marks RC and RD).
        kind: N, F, S or M and three characters.
        more: what the bank adds on further lines.
    """

    booked_on: date
    value_on: date
    cents: int
    is_reversal: bool
    kind: str
    reference: str
    bank_reference: str
    more: str


def fields_of(text: str) -> Iterator[Field]:
    """The fields of a file in their order; what stands before the first one is its envelope.

    Only tags of statements begin a field: a time of day that a bank breaks after its hour does not.

    Raises:
        RefusedError: characters that no text holds.
    """
    field: Field | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if "\0" in line:
            refuse("bank_encoding", number)
        found = _TAG.fullmatch(line.lstrip("\x01\x02\x03 ") if line[:1] in "\x01\x02\x03 " else line)
        if found:
            if field is not None:
                yield field
            field = Field(number, found[1], [found[2]])
        elif field is not None and not _MARK.fullmatch(line):
            field.lines.append(line)
    if field is not None:
        yield field


def read_line(field: Field) -> Line:
    """Field 61, also where it is broken over two lines before its amount.

    Raises:
        RefusedError: it does not read as one.
    """
    for wrapped in range(1, min(_WRAPPED_MAX, len(field.lines)) + 1):
        found = _MOVEMENT.fullmatch("".join(field.lines[:wrapped]))
        if found:
            break
    else:
        refuse("bank_record_unreadable", field.line, record=":61:", value=" ".join(field.lines))
    value_on = _day(found["value"], field)
    cents = _cents(found["amount"], field)
    mark = found["mark"]
    return Line(
        booked_on=_entry_day(found["entry"], value_on, field) if found["entry"] else value_on,
        value_on=value_on,
        # What reverses a debit comes in.
        cents=cents if mark in {"C", "EC", "RD"} else -cents,
        is_reversal=mark[0] == "R",
        kind=found["kind"].strip(),
        reference=found["reference"].strip(),
        bank_reference=(found["bank"] or "").strip(),
        more=" ".join(" ".join(field.lines[wrapped:]).split()),
    )


def read_balance(field: Field) -> Balance:
    """Fields 60 and 62.

    Raises:
        RefusedError: it does not read as one.
    """
    found = _BALANCE.fullmatch("".join(field.lines))
    if not found:
        refuse("bank_record_unreadable", field.line, record=f":{field.tag}:", value=" ".join(field.lines))
    cents = _cents(found["amount"], field)
    on = _day(found["on"], field)
    return Balance(cents if found["mark"] == "C" else -cents, found["currency"] or "", on)


def read_sum(field: Field) -> tuple[int, int] | None:
    """Fields 90C and 90D: how many movements, and their cents; None where they do not read as such."""
    found = re.fullmatch(r"([0-9]{1,5})[A-Z]{3}([0-9]{1,15},[0-9]*)\s*", "".join(field.lines))
    return (int(found[1]), _cents(found[2], field)) if found else None


def original_amount(text: str) -> Money | None:
    """An amount with its currency before it, ``USD100,00``."""
    found = re.fullmatch(r"([A-Z]{3})([0-9]{1,15}),([0-9]{0,2})0*", text.strip())
    return Money(int(found[2] + found[3].ljust(2, "0")), found[1]) if found else None


def _cents(amount: str, field: Field) -> int:
    whole, _, decimals = amount.partition(",")
    if decimals[2:].strip("0"):
        refuse("bank_currency_decimals", field.line, record=f":{field.tag}:", value=amount)
    return int(whole + decimals[:2].ljust(2, "0"))


def _day(digits: str, field: Field) -> date:
    """The day of ``YYMMDD``; banks that count every month as thirty days write a 30 February."""
    year = int(digits[:2])
    year += 1900 if year >= _CENTURY_PIVOT else 2000
    return _of_month(year, int(digits[2:4]), int(digits[4:]), field)


def _of_month(year: int, month: int, day: int, field: Field) -> date:
    if month == _FEBRUARY and day <= _THIRTY:
        day = min(day, calendar.monthrange(year, month)[1])
    try:
        return date(year, month, day)
    except ValueError:
        value = f"{year}-{month:02}-{day:02}"
        refuse("bank_date", field.line, record=f":{field.tag}:", value=value)


def _entry_day(digits: str, value_on: date, field: Field) -> date:
    """The day of ``MMDD``, of the year in which it is nearest to the value date."""
    month, day = int(digits[:2]), int(digits[2:])
    near = (
        _of_month(year, month, day, field) for year in (value_on.year, value_on.year - 1, value_on.year + 1)
    )
    return min(near, key=lambda on: abs((on - value_on).days))
