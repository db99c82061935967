"""How a payment finds what it pays: why it is thought so, how sure that is, and what it settles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.money import Money


class Policy(StrEnum):
    """What a payment settles where nobody says so."""

    STRICT = "strict"
    """Only the invoices that it names or sums up to, each up to its balance; the rest waits unallocated."""
    OLDEST_FIRST = "oldest_first"
    """The invoices that it names, then those due longest; principal only."""
    INTEREST_FIRST = "interest_first"
    """Of each invoice the interest, indemnity and costs that were asked for, then its principal (Civil code,
    art. 5.210; RULES §3); the invoices that it names, then those due longest."""
    AS_TOLD = "as_told"
    """What a person said, invoice by invoice in that order, principal only; never the rule of a client."""


class Reason(StrEnum):
    """Why a payment is thought to be of a debtor, in the order in which they are tried."""

    REFERENCE = "reference"
    """A structured communication or RF reference of one of its invoices, or of its statement."""
    REFERENCE_MENDED = "reference_mended"
    """The same, typed with an error that leaves one reference of an open invoice."""
    END_TO_END = "end_to_end"
    """The payer's own identification names an invoice or a reference."""
    NUMBER = "number"
    """The communication names an invoice's number."""
    ACCOUNT_AND_AMOUNT = "account_and_amount"
    """The account is the debtor's, and the amount is the balance of one of its invoices."""
    SUM = "sum"
    """The amount is the sum of some of the debtor's balances, and of no others of it."""
    NAME_AND_AMOUNT = "name_and_amount"
    """The name is alike, and the amount is a balance of it."""
    LEARNT = "learnt"
    """Somebody decided before whose this account or name is."""
    ACCOUNT = "account"
    """The account is the debtor's; the amount says nothing."""
    NAME = "name"
    """The name is alike; the amount says nothing."""
    RETURNED = "returned"
    """It takes back a payment that was booked."""
    CONFIRMS = "confirms"
    """It is money that is in the books already: by the client's word, or by a file."""


class DecisionKind(StrEnum):
    """What was decided about a line of a bank."""

    BOOKED = "booked"
    """It became payments; whether by itself or by a person, ``user_id`` says."""
    CONFIRMED = "confirmed"
    """It tells of payments that were in the books before it, whose ids are in ``terms``; none came of it."""
    SET_ASIDE = "set_aside"
    """It pays no invoice: costs of the bank, a transfer of one's own, somebody else's money."""
    REOPENED = "reopened"
    """Either was taken back: it waits again."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How a client's payments are booked; what holds where nobody said anything.

    Attributes:
        confidence_min: from which confidence a proposal is booked by itself, 0 to 100; 101 for never.
        tolerance_cents: by how much less an invoice counts as paid all the same: costs of a bank, a discount.
    """

    policy: Policy = Policy.INTEREST_FIRST
    confidence_min: int = 85
    tolerance_cents: int = 0


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice with an open balance, as a payment may settle it.

    Attributes:
        client_id: whose it is; on the agency's own account a payment may be of any client.
        number, reference: as the client wrote them.
        open: its balance, above zero.
        accessories: interest, indemnity and costs asked for and not yet paid, above zero each.
        delegated: whether the agency follows it.
    """

    invoice_id: int
    debtor_id: int
    client_id: int
    number: str
    issue: date
    due: date
    open: Money
    reference: str = ""
    accessories: tuple[tuple[ClaimKind, Money], ...] = ()
    delegated: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """What a payment settles of one invoice: its principal, or with ``kind`` a claim beside it."""

    invoice_id: int
    amount: Money
    kind: ClaimKind | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """What of a payment is of one debtor.

    Attributes:
        amount: all of it; what ``parts`` leave of it waits unallocated with the debtor.
        short: what is still missing of invoices that count as paid all the same, within the tolerance.
    """

    client_id: int
    debtor_id: int
    amount: Money
    parts: tuple[Part, ...]
    short: Money | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to book a movement.

    Attributes:
        reason: the strongest one for it.
        confidence: how sure it is, 0 to 100.
        shares: together the whole amount; one a debtor.
        named: ids of the invoices that the payment itself points at.
        takes_back: ids of the payments that it takes back; then amounts and parts are below zero.
        confirms: ids of the payments that it tells of: they are in the books already.
    """

    reason: Reason
    confidence: int
    shares: tuple[Share, ...]
    named: tuple[int, ...] = ()
    takes_back: tuple[int, ...] = ()
    confirms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Booked:
    """A payment that was booked, as a later movement may take it back.

    Attributes:
        payment_id: its id; several payments of one movement have the same ``line_id``.
        on: its value date.
        amount: what has not been taken back of it, above zero.
        parts: what it settles of invoices, in the order in which it did; the rest of it is free.
    """

    payment_id: int
    line_id: int
    client_id: int
    debtor_id: int
    on: date
    amount: Money
    parts: tuple[Part, ...] = ()
    counterparty: str = ""
    iban: str = ""
    end_to_end: str = ""
    mandate: str = ""
    bank_reference: str = ""

    @property
    def free(self) -> Money:
        """What of it is set against nothing."""
        return self.amount - Money.total((part.amount for part in self.parts), self.amount.currency)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is left of a payment that could not be set against anything on its day.

    Attributes:
        on: its value date.
        left: above zero.
        movement: what its bank told, where a bank did.
    """

    payment_id: int
    on: date
    left: Money
    movement: Movement | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """A part that a waiting payment settles after all, from a day on."""

    payment_id: int
    on: date
    part: Part
