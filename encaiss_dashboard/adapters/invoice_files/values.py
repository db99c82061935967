"""What single cells say: amounts, dates, numbers and names, and which convention a file follows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from encaiss_dashboard.adapters.invoice_files.codes import read_currency
from encaiss_dashboard.domain.intake import DateOrder, DecimalMark, Field

EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2099, 12, 31)
# Spreadsheets count days from here (their 1900 counts one leap day too many, hence the 30th).
SERIAL_ZERO: Final = date(1899, 12, 30)
_AMOUNT_CHARS: Final = 40
_CENT_DIGITS: Final = 2
_GROUP_DIGITS: Final = 3
_PIVOT_YEAR: Final = 70
_MARKS: Final[tuple[tuple[DecimalMark, DecimalMark], ...]] = ((",", "."), (".", ","))
_CURRENCY: Final = r"€|\$|£|[A-Za-z]{3}"
_AMOUNT: Final = re.compile(
    rf"([-+−–])?\s*({_CURRENCY})?\s*([-+−–])?\s*([0-9][0-9\s.,'’]*|[.,][0-9]+)(?<!\s)\s*([-−–])?\s*({_CURRENCY})?\s*"
    r"([-−–])?"
)
_DIGITS: Final[Mapping[DecimalMark, re.Pattern[str]]] = {
    ",": re.compile(r"([0-9]+|[0-9]{1,3}([\s'’.])[0-9]{3}(?:\2[0-9]{3})*)?(?:,([0-9]*))?"),
    ".": re.compile(r"([0-9]+|[0-9]{1,3}([\s'’,])[0-9]{3}(?:\2[0-9]{3})*)?(?:\.([0-9]*))?"),
}
_BARE: Final = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,8})?")
_TIME: Final = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}.*)?"
_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(rf"([0-9]{{1,2}})[-/. ]([0-9]{{1,2}})[-/. ]([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_EIGHT: Final = re.compile(r"[0-9]{8}")
_SERIAL: Final = re.compile(r"([2-7][0-9]{4})(?:[.,][0-9]+)?")
_SHAPES: Final[tuple[DateOrder, ...]] = ("dmy", "ymd", "compact", "serial")
DATES: Final = (Field.ISSUE, Field.DUE, Field.SETTLED)
AMOUNTS: Final = (Field.TOTAL, Field.VAT, Field.PAID, Field.OPEN)


class Fault(StrEnum):
    """Why a cell could not be read; the value is a problem code."""

    AMOUNT = "amount_unreadable"
    FRACTION = "amount_fraction"
    DATE = "date_unreadable"
    IMPOSSIBLE = "date_impossible"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as a cell states it.

    Attributes:
        cents: minor units, negative by a sign on either side or by parentheses.
        currency: ISO code of a sign or code in the cell, None when there is none.
    """

    cents: int
    currency: str | None


@lru_cache(maxsize=65_536)
def read_amount(text: str, decimal: DecimalMark) -> Amount | Fault:
    """An amount in any European or American writing, thousands grouped by ``. , ' ’`` or spaces.

    Args:
        text: the cell, not empty.
        decimal: the mark before cents; the other one can only group thousands.
    """
    # Most cells are bare digits: no need to look for signs and currencies around them.
    found = (False, text, None) if _BARE.fullmatch(text) else _match_amount(text)
    if found is None:
        return Fault.AMOUNT
    negative, digits, currency = found
    parts = _DIGITS[decimal].fullmatch(digits)
    if parts is None:
        return Fault.AMOUNT
    cents = (parts[3] or "").rstrip("0")
    if len(cents) > _CENT_DIGITS:
        return Fault.FRACTION
    whole = (parts[1] or "0") if parts[2] is None else re.sub(r"[^0-9]", "", parts[1])
    value = int(whole) * 100 + int(cents.ljust(_CENT_DIGITS, "0"))
    return Amount(-value if negative else value, currency)


class Proof(NamedTuple):
    """What one amount says about the mark before cents.

    Attributes:
        mark: which it is, if it is one.
        weight: ``proof`` settles it, ``hint`` does where no other amount is doubtful, ``doubt`` allows
            both, ``broken`` looks like a proof and is no amount.
    """

    mark: DecimalMark
    weight: Literal["proof", "hint", "doubt", "broken"]


def decimal_proof(text: str) -> Proof | None:
    """What an amount says about the mark before cents, None where it has no mark.

    "1.234,56", "12,50" and "1.234.567" prove a mark. "1.234" fits both; "1,5" proves one only where
    no such cell stands beside it. Whether digits are zeros matters, which other digits they are does not.
    """
    found = _match_amount(text)
    marks = re.sub(r"[\s'’]", "", found[1]) if found else ""
    if not found or not re.search(r"[.,]", marks):
        return None
    last = marks[max(marks.rfind("."), marks.rfind(","))]
    mark: DecimalMark = "." if last == "." else ","
    other: DecimalMark = "," if mark == "." else "."
    after = len(marks) - marks.rfind(mark) - 1
    if marks.count(mark) > 1:
        return Proof(other, "proof" if isinstance(read_amount(text, other), Amount) else "broken")
    if other in marks or after == _CENT_DIGITS or re.search(r"[\s'’]", found[1]):
        return Proof(mark, "proof" if isinstance(read_amount(text, mark), Amount) else "broken")
    if after == _GROUP_DIGITS and re.match(r"[1-9][0-9]{0,2}[.,]", marks):
        return Proof(mark, "doubt")
    return Proof(mark, "hint")


def decide_decimal(texts: Iterable[str]) -> DecimalMark | None:
    """The mark before cents in a whole file, None when both stay possible; see `weigh_decimal`."""
    return weigh_decimal(Counter(proof for text in set(texts) if (proof := decimal_proof(text))))


def weigh_decimal(proofs: Mapping[Proof, int]) -> DecimalMark | None:
    """The mark before cents by how many different amounts say what, None when both stay possible.

    Of proofs for both marks one must be ten times the other, which is then a mistake in its row; an
    amount that is unreadable either way proves nothing. ``,`` when no cell has a mark.
    """
    said = Counter[str]()
    hints: set[DecimalMark] = set()
    for proof, count in proofs.items():
        said[proof.weight] += count
        if proof.weight == "hint":
            hints.add(proof.mark)
    for mark, other in _MARKS:
        if proofs.get(Proof(mark, "proof"), 0) > 10 * proofs.get(Proof(other, "proof"), 0):
            return mark
    if said["proof"] or said["broken"] or said["doubt"] or len(hints) > 1:
        return None
    return hints.pop() if hints else ","


@lru_cache(maxsize=65_536)
def read_date(text: str, order: DateOrder) -> date | Fault:
    """A date in the order of its file; a time of day after it is dropped.

    A year written first in four digits leaves no doubt and is read under every order, as are eight
    digits. Two-digit years are those from 1970 to 2069.
    """
    year_first = _YEAR_FIRST.fullmatch(text)
    if year_first:
        return _date(year_first[1], year_first[2], year_first[3])
    if _EIGHT.fullmatch(text):
        compact = _date(text[:4], text[4:6], text[6:])
        if isinstance(compact, date) and EARLIEST <= compact <= LATEST:
            return compact
        first, second = text[:2], text[2:4]
        return _date(text[4:], first, second) if order == "mdy" else _date(text[4:], second, first)
    serial = _SERIAL.fullmatch(text)
    if serial:
        return SERIAL_ZERO + timedelta(days=int(serial[1])) if order == "serial" else Fault.DATE
    year_last = _YEAR_LAST.fullmatch(text)
    if not year_last or order not in {"dmy", "mdy"}:
        return Fault.DATE
    day, month = (year_last[1], year_last[2]) if order == "dmy" else (year_last[2], year_last[1])
    return _date(year_last[3], month, day)


def decide_dates(rows: Sequence[tuple[str, str, str]], *, day_first: bool) -> DateOrder | None:
    """The order of all dates of a file, None when day and month stay interchangeable.

    Args:
        rows: every different set of issue, due and settlement date, "" where there is none.
        day_first: whether the header's language writes the day first.
    """
    texts = Counter(text for row in rows for text in row if text)
    shapes = Counter[DateOrder]()
    only_day_first = only_month_first = 0
    undecided = False
    for text, count in texts.items():
        if not _YEAR_LAST.fullmatch(text):
            if shape := _shape(text):
                shapes[shape] += count
            continue
        shapes["dmy"] += count
        as_dmy, as_mdy = read_date(text, "dmy"), read_date(text, "mdy")
        only_day_first += count * (isinstance(as_dmy, date) and not isinstance(as_mdy, date))
        only_month_first += count * (isinstance(as_mdy, date) and not isinstance(as_dmy, date))
        undecided |= isinstance(as_dmy, date) and isinstance(as_mdy, date) and as_dmy != as_mdy
    # Of as many of each the first here: the others are read under it, or it may still be asked.
    order: DateOrder = max(_SHAPES, key=lambda shape: shapes[shape])
    if order != "dmy":
        return order
    # One mistyped month in a long file is a mistake in a row; as many of each kind are a question.
    if only_day_first > 10 * only_month_first:
        return "dmy"
    if only_month_first > 10 * only_day_first:
        return "mdy"
    if only_day_first or only_month_first:
        return "dmy" if day_first and only_day_first >= only_month_first else None
    if not undecided:
        return "dmy"
    # The language of the header speaks before the sense of the rows: a wrong row may not turn them all.
    return "dmy" if day_first else _order_by_sense(rows)


def _order_by_sense(rows: Sequence[tuple[str, str, str]]) -> DateOrder | None:
    """The order in which nothing falls due before it is issued, if that is true of one order only."""

    def is_sound(order: DateOrder) -> bool:
        read = ((read_date(issue, order), read_date(due, order)) for issue, due, _ in rows)
        return not any(isinstance(a, date) and isinstance(b, date) and b < a for a, b in read)

    dmy, mdy = is_sound("dmy"), is_sound("mdy")
    if dmy == mdy:
        return None
    return "dmy" if dmy else "mdy"


def is_date_like(text: str) -> bool:
    """Whether it has the form of a date, a spreadsheet's day count included."""
    if _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text):
        return True
    if _EIGHT.fullmatch(text):
        return isinstance(read_date(text, "dmy"), date)
    return is_serial(text)


def is_serial(text: str) -> bool:
    """Whether it may be a spreadsheet's day count."""
    return _SERIAL.fullmatch(text) is not None


def is_amount_like(text: str) -> bool:
    """Whether it has the form of an amount."""
    return _match_amount(text) is not None


def _shape(text: str) -> DateOrder | None:
    """How a date that does not end in its year is written, None where it is none."""
    if _YEAR_FIRST.fullmatch(text):
        return "ymd"
    if _EIGHT.fullmatch(text):
        return "compact" if isinstance(_date(text[:4], text[4:6], text[6:]), date) else "dmy"
    return "serial" if _SERIAL.fullmatch(text) else None


def _match_amount(text: str) -> tuple[bool, str, str | None] | None:
    """Whether it is negative, its digits with their marks, and the currency beside them."""
    # An apostrophe before all else is a spreadsheet's sign for a text.
    text = text.strip().removeprefix("'")
    if len(text) > _AMOUNT_CHARS:
        return None
    in_parentheses = text.startswith("(") and text.endswith(")")
    # "125,-" has no cents; the dash is no sign.
    bare = re.sub(r"(?<=[0-9])[.,][-–—]{1,2}(?=\s|$)", "", text[1:-1] if in_parentheses else text)
    found = _AMOUNT.fullmatch(bare.strip())
    if found is None:
        return None
    signs = [sign for sign in (found[1], found[3], found[5], found[7]) if sign]
    codes = [code for code in (found[2], found[6]) if code]
    if len(signs) + in_parentheses > 1 or len(codes) > 1:
        return None
    currency = read_currency(codes[0]) if codes else None
    if codes and currency is None:
        return None
    return in_parentheses or any(sign != "+" for sign in signs), found[4].strip(), currency


def _date(year: str, month: str, day: str) -> date | Fault:
    full = int(year)
    if len(year) < len("2025"):
        full += 2000 if full < _PIVOT_YEAR else 1900
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return Fault.IMPOSSIBLE
