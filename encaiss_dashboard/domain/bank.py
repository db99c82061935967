"""What banks say happened on an account: statements, their balances, their movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from stdnum import iban

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money


class BankFormat(StrEnum):
    """In which form a bank, or a bookkeeping, tells it."""

    CODA = "coda"
    """Coded statement of account of Belgian banks (Febelfin, version 2)."""
    CAMT052 = "camt052"
    """Account report within the day, ISO 20022."""
    CAMT053 = "camt053"
    """Statement of a day, ISO 20022."""
    CAMT054 = "camt054"
    """Notification of single credits and debits, ISO 20022: it has no balances."""
    MT940 = "mt940"
    """Customer statement, SWIFT."""
    TABLE = "table"
    """Payments in a table (CSV, XLSX, ODS), as a bookkeeping exports them: it has no balances."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of an account, the smallest that the bank tells apart.

    A total that the bank details is never a movement beside its details.

    Attributes:
        seq: its place in its statement, from 1, the same whenever the statement is read.
        place: where it stands in the file, as its bank's documentation says it (``record 2.1 0003``,
            ``Ntry 4``, ``line 17``).
        booked_on: day on which the bank wrote it down.
        value_on: from when it counts.
        amount: of the account's currency; above zero for what came in.
        original: the amount in the currency that was paid, where that is another one.
        counterparty: name of the other side, as the bank has it; "" when unknown.
        iban: its account, without spaces; what is no IBAN stays as the bank has it.
        bic: of its bank.
        structured: a structured communication (the twelve digits of an OGM, or an RF reference) as the file
            gives it in the field meant for one; its check digits are not checked.
        text: the free communication, its lines joined as its sender wrote them.
        end_to_end: the payer's own identification; "" for none and for ``NOTPROVIDED``.
        mandate: of a direct debit.
        bank_reference: the bank's own number of the movement.
        code: what kind it is, in the words of its format (``0150000``, ``PMNT-RCDT-ESCT``, ``NTRF``).
        is_return: a payment or direct debit that came back, or the taking back of a booking.
        return_reason: why, as a code of ISO 20022 (``AC04``, ``MD06``) where the bank gives one.
        is_charge: costs of the bank itself.
        invoice_number: the invoice that a table names in a column of its own.
    """

    seq: int
    place: str
    booked_on: date
    value_on: date
    amount: Money
    original: Money | None = None
    counterparty: str = ""
    iban: str = ""
    bic: str = ""
    structured: str = ""
    text: str = ""
    end_to_end: str = ""
    mandate: str = ""
    bank_reference: str = ""
    code: str = ""
    is_return: bool = False
    return_reason: str = ""
    is_charge: bool = False
    invoice_number: str = ""

    @property
    def fingerprint(self) -> str:
        """The same for one movement told twice in whatever form: by two files, or by two formats.

        A digest of day, amount and what its payer wrote; two payments may share it, so that movements are
        compared as often as they occur.
        """
        words = "".join(filter(str.isalnum, f"{self.structured}{self.text}".casefold()))
        told = (self.booked_on.isoformat(), str(self.amount.cents), self.amount.currency, self.iban, words)
        return sha256("\0".join(told).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one account did between two balances.

    Attributes:
        account: its IBAN without spaces, else its number as the bank writes it.
        currency: ISO 4217.
        holder: its owner's name as the bank has it, "" when the file does not say.
        number: by which the bank tells it from others of the account, with its year where it has one
            (``2026/041``, or the statement's identification).
        first, last: the days it covers; of the first and last movement where the bank does not say.
        opening, closing: the balances before and after; None where the format has none.
        movements: in the bank's order.
        problems: what does not add up: warnings, which lose nothing.
    """

    account: str
    currency: str
    number: str
    first: date
    last: date
    movements: Sequence[Movement]
    opening: Money | None = None
    closing: Money | None = None
    holder: str = ""
    problems: Sequence[Problem] = ()

    @property
    def proves(self) -> bool | None:
        """Whether opening + movements = closing; None where there are no balances."""
        if self.opening is None or self.closing is None:
            return None
        moved = Money.total((one.amount for one in self.movements), self.currency)
        return self.opening + moved == self.closing


@dataclass(frozen=True, slots=True)
class BankFile:
    """A file that was understood, or was not.

    Attributes:
        name: as its owner calls it.
        format: None when it is no bank file.
        statements: empty when anything in the file is not understood: then ``problems`` says what, with
            record and line, and nothing of it is booked.
        problems: of the file as a whole, and of the rows of a table that could not be read.
    """

    name: str
    format: BankFormat | None
    statements: Sequence[Statement] = ()
    problems: Sequence[Problem] = ()


def printed_account(number: str) -> str:
    """The number of an account as it is printed: in groups of four where it is an IBAN."""
    return str(iban.format(number)) if iban.is_valid(number, check_country=False) else number
