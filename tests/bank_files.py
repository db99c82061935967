"""Bank files made up for tests: values, given back by a reader that knows them by their bytes."""

from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any

from encaiss_dashboard.domain.bank import BankFile, BankFormat, Movement, Statement
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money

OURS = "BE68539007547034"
PAYERS = "BE71096123456769"


@dataclass
class MadeUp:
    """A reader of files that tests made; any other is none."""

    files: dict[str, BankFile] = field(default_factory=dict)
    made: list[bytes] = field(default_factory=list)

    def read(self, data: bytes, name: str) -> BankFile:
        found = self.files.get(sha256(data).hexdigest())
        return found or BankFile(name, None, problems=(Problem("bank_unknown"),))

    def file(
        self, *statements: Statement, form: BankFormat = BankFormat.CODA, name: str = "file.cod"
    ) -> bytes:
        """Bytes that read as these statements."""
        data = f"made up {len(self.files)} {name}".encode()
        self.files[sha256(data).hexdigest()] = BankFile(name, form, statements)
        self.made.append(data)
        return data

    def bytes_of(self, number: int) -> bytes:
        """The file that was made so many files after the first."""
        return self.made[number]


def movement(cents: int, on: date, **details: Any) -> Movement:
    known = {"counterparty": "Moulin Clair SA", "iban": PAYERS, "currency": "EUR"} | details
    amount = Money(cents, known.pop("currency"))
    value_on = known.pop("value_on", on)
    return Movement(seq=0, place="made up", booked_on=on, value_on=value_on, amount=amount, **known)


def statement(
    *movements: Movement,
    number: str = "2026/001",
    opening: int | None = 0,
    account: str = OURS,
    **details: Any,
) -> Statement:
    """A statement that proves, of these movements."""
    days = [one.booked_on for one in movements] or [details.pop("day")]
    currency = movements[0].amount.currency if movements else "EUR"
    numbered = tuple(_numbered(one, place) for place, one in enumerate(movements, start=1))
    closing = None if opening is None else opening + sum(one.amount.cents for one in movements)
    return Statement(
        account=account,
        currency=currency,
        number=number,
        first=details.get("first", min(days)),
        last=details.get("last", max(days)),
        movements=numbered,
        opening=None if opening is None else Money(opening, currency),
        closing=None if closing is None else Money(closing, currency),
    )


def _numbered(one: Movement, place: int) -> Movement:
    return replace(one, seq=place)
