"""What is paid on to clients of the money that debtors paid to the agency, and how its leaving is known."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from encaiss_dashboard.domain.money import EUR, Money

_NUMBER: Final = re.compile(r"R([0-9]{4})-([0-9]{5,})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A payment on an account of the agency's own, or what took one back.

    Attributes:
        account_id: the agency's account.
        on: from when it counts.
        amount: below zero for what took one back.
    """

    payment_id: int
    client_id: int
    account_id: int
    on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class Owed:
    """What the agency has of one client in one currency and has not paid on.

    Attributes:
        receipts: the oldest first.
    """

    client_id: int
    currency: str
    receipts: Sequence[Receipt]

    @property
    def amount(self) -> Money:
        """To the cent what its receipts come to; zero or less is carried over to the next time."""
        return Money.total((one.amount for one in self.receipts), self.currency)

    @property
    def is_due(self) -> bool:
        """Whether there is anything to pay on."""
        return self.amount.cents > 0

    @property
    def account_id(self) -> int:
        """The agency's account that most of it came in on; of two alike the older one."""
        came: Counter[int] = Counter()
        for one in self.receipts:
            came[one.account_id] += one.amount.cents
        return min(came, key=lambda key: (-came[key], key))


def owed(receipts: Iterable[Receipt]) -> tuple[Owed, ...]:
    """What is owed by client and currency, the euro before others."""
    by: defaultdict[tuple[int, bool, str], list[Receipt]] = defaultdict(list)
    for one in receipts:
        by[one.client_id, one.amount.currency != EUR, one.amount.currency].append(one)
    return tuple(
        Owed(client_id, currency, tuple(sorted(some, key=lambda one: (one.on, one.payment_id))))
        for (client_id, _, currency), some in sorted(by.items())
    )


def next_number(year: int, taken: Iterable[str]) -> str:
    """The number after those of a year, ``R2026-00041``: one series, which leaves none out."""
    matches = filter(None, map(_NUMBER.fullmatch, taken))
    last = max((int(one[2]) for one in matches if int(one[1]) == year), default=0)
    return f"R{year:04d}-{last + 1:05d}"


def message_id(numbers: Collection[str]) -> str:
    """By which banks tell one transfer file from all others: it follows from what it pays.

    No other file has it: a remittance stands in one file, and one that was called off is never paid again.
    """
    return f"T{sha256(','.join(sorted(numbers)).encode()).hexdigest()[:20].upper()}"


def batch_id(message: str, account_id: int) -> str:
    """By which a bank tells what of a file is drawn on one account."""
    return f"{message}-{account_id}"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account it is, and where; ``bic`` is "" where it is not known."""

    name: str
    iban: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One amount to one account.

    Attributes:
        reference: the payer's own identification, which goes from end to end.
        amount: in euro, above zero.
        words: what the payee reads.
    """

    reference: str
    to: Account
    amount: Money
    words: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Transfers that are drawn on one account."""

    reference: str
    drawn_on: Account
    transfers: Sequence[Transfer]


@dataclass(frozen=True, slots=True)
class TransferOrder:
    """What a bank is asked to transfer.

    Attributes:
        reference: see :func:`message_id`.
        by: who asks; enterprise_number: its ten digits, "" where they are not known.
        written_at: aware; it stands in the file as the time of day in Brussels.
        execute_on: on which day, or on the next one on which banks transfer.
    """

    reference: str
    by: str
    enterprise_number: str
    written_at: datetime
    execute_on: date
    batches: Sequence[Batch]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A remittance that has not left the account yet, or has not come back.

    Attributes:
        batch: its :func:`batch_id`, "" while it stands in no transfer file.
    """

    number: str
    amount: Money
    batch: str = ""


def told_by(words: str, amount: Money, waiting: Sequence[Waiting]) -> tuple[str, ...]:
    """Numbers of the remittances that a movement of the agency's account is the transfer of.

    It is one that the movement names and whose amount it has to the cent; or, where the bank draws a file
    as one amount, all of a batch that it names. The amount alone is never enough: nothing is found then.

    Args:
        words: all that the bank has of the movement: end-to-end id, communication, its own references.
        amount: of the movement, with either sign.
        waiting: those that may be meant.
    """
    size = Money(abs(amount.cents), amount.currency)
    for one in waiting:
        if one.amount == size and _names(words, one.number):
            return (one.number,)
    batches: defaultdict[str, list[Waiting]] = defaultdict(list)
    for one in waiting:
        if one.batch and one.amount.currency == size.currency:
            batches[one.batch].append(one)
    for name, some in batches.items():
        if _names(words, name) and Money.total((one.amount for one in some), size.currency) == size:
            return tuple(sorted(one.number for one in some))
    return ()


def _names(words: str, name: str) -> bool:
    """Whether a text has a name in it; banks break lines within one, and drop or change its hyphens."""
    loose = r"[\W_]*".join(filter(str.isalnum, name.upper()))
    return re.search(rf"(?<![0-9A-Z]){loose}(?![0-9])", words.upper()) is not None
