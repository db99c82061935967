"""What banks told: accounts, the files that came, their statements, their lines; and how lines are booked.

Rows without a client are of the agency's own accounts. Rows are only added, but for an import that is
taken back while nothing was built on it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from encaiss_dashboard.storage.base import (
    Record,
    cents_column,
    client_column,
    json_column,
    key_column,
    time_column,
)


def _owner_column() -> Any:
    """The client whose account it is, None for the agency's own."""
    return Field(default=None, foreign_key="client.id", index=True)


class BankAccount(Record, table=True):
    """An account whose statements come here; ``number`` is an IBAN without spaces, or what its bank has."""

    __tablename__ = "bank_account"
    __table_args__ = (UniqueConstraint("client_id", "number", "currency"),)

    id: int | None = key_column()
    client_id: int | None = _owner_column()
    number: str
    currency: str = "EUR"
    holder: str = ""
    added_at: datetime = time_column()


class BankImport(Record, table=True):
    """One file of a bank or a bookkeeping.

    Attributes:
        format: one of ``domain.bank.BankFormat``.
        digest: SHA-256 of its bytes, which the store keeps under ``bank-ID``.
        result: what came of it, as the command line prints it.
        taken_back_at: when everything it had brought was removed again.
    """

    __tablename__ = "bank_import"

    id: int | None = key_column()
    client_id: int | None = _owner_column()
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    file_name: str
    format: str
    digest: str = Field(index=True)
    size_bytes: int = cents_column()
    result: dict[str, Any] = json_column()
    at: datetime = time_column()
    taken_back_at: datetime | None = time_column(default=None)


class BankStatement(Record, table=True):
    """A statement of one account; ``number`` as in ``domain.bank.Statement``, with its balances.

    ``told_cents`` is the sum of all movements it told, ``known_cents`` of those that were known before.
    """

    __tablename__ = "bank_statement"
    __table_args__ = (Index("ix_bank_statement_account_number", "account_id", "number"),)

    id: int | None = key_column()
    client_id: int | None = _owner_column()
    import_id: int = Field(foreign_key="bank_import.id", index=True)
    account_id: int = Field(foreign_key="bank_account.id")
    number: str
    first: date = Field(sa_column_kwargs={"name": "first_on"})
    last: date = Field(sa_column_kwargs={"name": "last_on"})
    currency: str
    opening_cents: int | None = cents_column(default=None)
    closing_cents: int | None = cents_column(default=None)
    told_cents: int = cents_column(default=0)
    known_cents: int = cents_column(default=0)


class BankLine(Record, table=True):
    """One movement, as ``domain.bank.Movement`` has it.

    Attributes:
        copies: how many lines with this fingerprint the account had before it, 0 for the first: what makes
            a line unrepeatable, whichever file tells it again.
    """

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("account_id", "fingerprint", "copies"),
        Index("ix_bank_line_client_booked", "client_id", "booked_on", "id"),
    )

    id: int | None = key_column()
    client_id: int | None = Field(default=None, foreign_key="client.id")  # an index above begins with it
    account_id: int = Field(foreign_key="bank_account.id")
    statement_id: int = Field(foreign_key="bank_statement.id", index=True)
    seq: int
    place: str
    fingerprint: str
    copies: int = 0
    booked_on: date
    value_on: date
    currency: str = "EUR"
    amount_cents: int = cents_column()
    original_currency: str = ""
    original_cents: int | None = cents_column(default=None)
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


class BankDecision(Record, table=True):
    """What was decided about a line; the newest one holds, and a line without one waits.

    Attributes:
        kind: one of ``domain.booking.DecisionKind``.
        reason: one of ``domain.booking.Reason``, "" for a person's own doing.
        confidence: of the proposal, 0 to 100.
        terms: what it rests on, as it is shown; read and written as a whole.
        user_id: who decided, None for the house.
    """

    __tablename__ = "bank_decision"

    id: int | None = key_column()
    client_id: int | None = _owner_column()
    line_id: int = Field(foreign_key="bank_line.id", index=True)
    kind: str
    reason: str = ""
    confidence: int = 0
    terms: dict[str, Any] = json_column()
    words: str = ""
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class Counterparty(Record, table=True):
    """Who pays from an account, or under a name, as a person once decided: it is remembered.

    ``key`` is an IBAN, or ``name:`` and the name as matched (``domain.matching.name_key``).
    """

    __table_args__ = (Index("ix_counterparty_client_key", "client_id", "key"),)

    id: int | None = key_column()
    client_id: int = Field(foreign_key="client.id")
    debtor_id: int = Field(foreign_key="debtor.id", index=True)
    key: str
    line_id: int | None = Field(default=None, foreign_key="bank_line.id", index=True)
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class AccessoryAllocation(Record, table=True):
    """Which part of a payment settles interest, indemnity or costs of an invoice, from which date.

    ``kind`` is one of ``domain.claims.ClaimKind``. A reversal is a second row with the opposite sign.
    """

    __tablename__ = "accessory_allocation"

    id: int | None = key_column()
    client_id: int = client_column()
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    payment_id: int = Field(foreign_key="payment.id", index=True)
    kind: str
    on: date = Field(sa_column_kwargs={"name": "allocated_on"})
    currency: str = "EUR"
    amount_cents: int = cents_column()


class BookingRules(Record, table=True):
    """How a client's payments are booked; the newest holds.

    Attributes:
        policy: one of ``domain.booking.Policy``.
        confidence_min: from which confidence a proposal is booked by itself, 0 to 100; 101 for never.
        tolerance_cents: up to which difference an invoice counts as paid.
    """

    __tablename__ = "booking_rules"
    __table_args__ = (
        CheckConstraint("confidence_min BETWEEN 0 AND 101", name="confidence"),
        CheckConstraint("tolerance_cents >= 0", name="tolerance"),
    )

    id: int | None = key_column()
    client_id: int = client_column()
    policy: str
    confidence_min: int
    tolerance_cents: int = cents_column(default=0)
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()


class Remittance(Record, table=True):
    """Money on the agency's account that is paid on to the client it belongs to.

    Attributes:
        number: by which it is known, on the transfer too.
        account_id: the agency's account that it is drawn on.
        iban: of the client's account that it goes to.
        transfer: digest of the SEPA credit transfer file it stands in, "" before that.
        line_id, left_on: the movement of the agency's account with which it left, and its day.
        returned_id, returned_on: the one with which it came back: what it paid on is owed again.
        dropped_at: when it was called off before it left.
    """

    __table_args__ = (UniqueConstraint("number"),)

    id: int | None = key_column()
    client_id: int = client_column()
    number: str
    on: date = Field(sa_column_kwargs={"name": "remitted_on"})
    currency: str = "EUR"
    amount_cents: int = cents_column()
    account_id: int = Field(foreign_key="bank_account.id")
    iban: str
    transfer: str = Field(default="", index=True)
    line_id: int | None = Field(default=None, foreign_key="bank_line.id", index=True)
    left_on: date | None = None
    returned_id: int | None = Field(default=None, foreign_key="bank_line.id", index=True)
    returned_on: date | None = None
    user_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = time_column()
    dropped_at: datetime | None = time_column(default=None)


class RemittanceLine(Record, table=True):
    """A payment, or what took one back, that a remittance pays on."""

    __tablename__ = "remittance_line"
    __table_args__ = (UniqueConstraint("remittance_id", "payment_id"),)

    id: int | None = key_column()
    client_id: int = client_column()
    remittance_id: int = Field(foreign_key="remittance.id", index=True)
    payment_id: int = Field(foreign_key="payment.id", index=True)
    amount_cents: int = cents_column()
