"""The records of a CODA: where each field stands, and what may stand in it.

Positions in comments are those of the standard, from 1; slices are Python's.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final, NamedTuple, NoReturn

from encaiss_dashboard.adapters.bank_files.accounts import account_number
from encaiss_dashboard.adapters.bank_files.refused import refuse
from encaiss_dashboard.domain.money import EUR, Money

RECORD: Final = 128
"""Characters of a record."""
VERSION: Final = "2"
_MOVEMENT: Final = re.compile(
    r"21(?P<seq>[0-9]{4})(?P<detail>[0-9]{4})(?P<reference>.{21})(?P<sign>[01])(?P<amount>[0-9]{15})"
    r"(?P<value>[0-9]{6})(?P<kind>[0-9])(?P<code>[0-9]{7})(?P<structured>[01])(?P<words>.{53})"
    r"(?P<entry>[0-9]{6}).{4}(?P<next>.).(?P<link>.)",
    re.DOTALL,
)
_BALANCE: Final = re.compile(r"(?P<sign>[01])(?P<amount>[0-9]{15})(?P<day>[0-9]{6})")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_UNKNOWN_DAY: Final = "000000"
_CENTURY_PIVOT: Final = 80
THREE_DECIMALS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies whose third decimal is money (ISO 4217), which the books, in hundredths, cannot hold."""
# Account structures of records 1 and 8 (standard, 7.5).
_BELGIAN, _FOREIGN, _BELGIAN_IBAN, _FOREIGN_IBAN = "0", "1", "2", "3"


class Account(NamedTuple):
    """An account as records 1 and 8 name it."""

    number: str
    currency: str


class Entry(NamedTuple):
    """What record 2.1 says.

    Attributes:
        kind: what of the amount is detailed, the first digit of the transaction code: 0 to 3 of a movement,
            5 to 9 of a detail.
        code: the other seven: family, transaction, category.
        has_next: whether a record 2.2 or 2.3 is announced.
        has_link: whether a record 3.1 is.
    """

    seq: int
    detail: int
    reference: str
    cents: int
    value_on: date | None
    kind: str
    code: str
    is_structured: bool
    words: str
    booked_on: date
    has_next: bool
    has_link: bool


class Balance(NamedTuple):
    """A balance and its day."""

    amount: Money
    on: date


@lru_cache(maxsize=4_096)
def day(digits: str) -> date | None:
    """The day of ``DDMMYY``; None for what is none."""
    try:
        year = int(digits[4:6])
        return date(year + (1900 if year >= _CENTURY_PIVOT else 2000), int(digits[2:4]), int(digits[:2]))
    except ValueError:
        return None


def whole_cents(sign: str, digits: str) -> int:
    """Whole cents of twelve digits and three decimals; sign 0 is in favour of the account, 1 against it."""
    cents = int(digits[:14])
    return -cents if sign == "1" else cents


def read_entry(line: int, record: str) -> Entry:
    """Record 2.1.

    Raises:
        RefusedError: with the field that is not as it must be.
    """
    found = _MOVEMENT.fullmatch(record)
    if found is None:
        _bad_entry(line, record)
    seq, detail, reference, sign, amount, value, kind, code, structured, words, entry, after, link = (
        found.groups()
    )
    booked_on, value_on = day(entry), day(value)
    if booked_on is None:
        refuse("bank_date", line, record="2.1", value=entry)
    if value_on is None and value != _UNKNOWN_DAY:
        refuse("bank_date", line, record="2.1", value=value)
    return Entry(
        *(int(seq), int(detail), reference, whole_cents(sign, amount), value_on, kind, code),
        *(structured == "1", words, booked_on, after == "1", link == "1"),
    )


def _bad_entry(line: int, record: str) -> NoReturn:
    if not re.fullmatch(r"[01][0-9]{15}", record[31:47]):
        refuse("bank_amount", line, record="2.1", value=record[31:47])
    for at in (slice(47, 53), slice(115, 121)):
        if not re.fullmatch(r"[0-9]{6}", record[at]):
            refuse("bank_date", line, record="2.1", value=record[at])
    refuse("bank_record_unreadable", line, record="2.1", value=record)


def read_account(structure: str, zone: str, line: int) -> Account:
    """Account and currency of records 1 and 8 (standard, 7.5).

    Raises:
        RefusedError: an unknown structure, or no currency.
    """
    if structure == _BELGIAN:
        number, currency = account_number(zone[:12]), zone[13:16].strip() or EUR
    elif structure == _BELGIAN_IBAN:
        number, currency = account_number(zone[:31]), zone[34:37].strip() or EUR
    elif structure in {_FOREIGN, _FOREIGN_IBAN}:
        number, currency = account_number(zone[:34]), zone[34:37]
    else:
        refuse("bank_record_unreadable", line, record="1", value=structure + zone)
    if not _CURRENCY.fullmatch(currency):
        refuse("bank_currency", line, record="1", value=currency)
    if not number:
        refuse("bank_account_missing", line)
    return Account(number.replace("\0", ""), currency)


def read_balance(line: int, record: str, zone: str, currency: str) -> Balance:
    """The balance of records 1 and 8.

    Raises:
        RefusedError: an amount or a date that is none.
    """
    found = _BALANCE.fullmatch(zone)
    if found is None:
        refuse("bank_amount", line, record=record, value=zone)
    on = day(found["day"])
    if on is None:
        refuse("bank_date", line, record=record, value=found["day"])
    return Balance(Money(whole_cents(found["sign"], found["amount"]), currency), on)
