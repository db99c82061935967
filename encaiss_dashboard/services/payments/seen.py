"""What screens are told of payments, lines of banks and files; and what is refused about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from encaiss_dashboard.domain.booking import Reason
from encaiss_dashboard.domain.errors import Problem, Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage.bank_lines import LineState


class WrongAccount(Refusal):
    """A file is of an account that nobody said to be this one's; fact ``account``."""

    code = "wrong_account"


class LineDecided(Refusal):
    """Somebody else decided about the line meanwhile, or there is nothing to take back."""

    code = "line_decided"


class DoesNotAddUp(Refusal):
    """What was told does not add up to the line's amount; facts ``told``, ``amount``."""

    code = "does_not_add_up"


class MoreThanOwed(Refusal):
    """More was told than is open of an invoice, or than waits of a payment; facts ``what``, ``left``."""

    code = "more_than_owed"


class NothingToPay(Refusal):
    """Nothing is open of what was chosen."""

    code = "nothing_to_pay"


class AlreadyReturned(Refusal):
    """The payment was taken back before."""

    code = "already_returned"


class Confirmed(Refusal):
    """A bank's line confirms the payment: that one has to be reopened first."""

    code = "payment_confirmed"


class BooksDiffer(Refusal):
    """The books would not balance any more: our own fault, so that nothing was done; fact ``what``."""

    code = "books_differ"


class NotImported(Refusal):
    """There is nothing to take back."""

    code = "bank_not_imported"


class BuiltUpon(Refusal):
    """Something rests on what the file brought; ``obstacles`` says what."""

    code = "bank_built_upon"


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one statement: ``lines`` = matched + unmatched + duplicates + rejected.

    Attributes:
        first, last: the days it covers.
        booked: lines that became payments by themselves.
        matched: those for which a payer was found: booked + proposed.
        proposed: those that wait with a proposal; unmatched: those that wait with none.
        duplicates: lines that were known before.
        rejected: lines that nothing is done with, because of ``problems``.
    """

    account: str
    statement: str
    first: date
    last: date
    currency: str
    opening: Money | None
    closing: Money | None
    lines: int
    booked: int = 0
    matched: int = 0
    proposed: int = 0
    unmatched: int = 0
    duplicates: int = 0
    rejected: int = 0
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file.

    Attributes:
        id: of the import, None when nothing was kept.
        format: as ``domain.bank.BankFormat``, "" when it is no bank file.
        problems: of the file as a whole.
        kept: whether it was; a dry run keeps nothing.
    """

    id: int | None
    file: str
    format: str
    statements: tuple[Told, ...] = ()
    problems: tuple[Problem, ...] = ()
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An account whose statements come here; ``last`` and ``closing`` of its newest statement."""

    id: int
    number: str
    currency: str
    holder: str
    last: date | None
    closing: Money | None


@dataclass(frozen=True, slots=True)
class ImportSeen:
    """One file in the history; ``result`` as the command line prints it."""

    id: int
    file: str
    format: str
    by: str
    at: datetime
    taken_back_at: datetime | None
    result: dict[str, Any]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of taking a file back.

    Attributes:
        code: key below ``obstacle.bank_``: ``remitted``, ``returned``, ``later``.
        count: how many payments or lines it concerns.
        names: the first of them.
    """

    code: str
    count: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a bank; ``by``, ``at``, ``reason``, ``confidence`` and ``words`` of what was decided."""

    id: int
    account: str
    booked_on: date
    value_on: date
    amount: Money
    original: Money | None
    counterparty: str
    iban: str
    structured: str
    text: str
    end_to_end: str
    bank_reference: str
    code: str
    is_return: bool
    return_reason: str
    is_charge: bool
    state: LineState
    by: str = ""
    at: datetime | None = None
    reason: str = ""
    confidence: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class PartSeen:
    """What is settled of one invoice; ``kind`` "" for its principal, else as ``domain.claims.ClaimKind``."""

    invoice_id: int
    number: str
    due: date
    kind: str
    amount: Money
    open: Money


@dataclass(frozen=True, slots=True)
class ShareSeen:
    """What of a line would be of one debtor; ``rest`` waits with it unallocated."""

    client_id: int
    client: str
    debtor_id: int
    debtor: str
    amount: Money
    parts: tuple[PartSeen, ...]
    rest: Money
    short: Money | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way to book a line; ``mark`` is what accepting it has to say."""

    mark: str
    reason: Reason
    confidence: int
    shares: tuple[ShareSeen, ...]
    takes_back: tuple[int, ...] = ()
    confirms: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldPart:
    """What a person says is paid of one invoice; ``kind`` as in :class:`PartSeen`."""

    invoice_id: int
    amount_cents: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ToldShare:
    """What a person says is of one debtor; negative, without parts, gives back what waits with it."""

    debtor_id: int
    amount_cents: int
    parts: Sequence[ToldPart] = ()


@dataclass(frozen=True, slots=True)
class Owed:
    """An invoice with an open balance, as a person looks for it."""

    client_id: int
    client: str
    debtor_id: int
    debtor: str
    invoice_id: int
    number: str
    issue: date
    due: date
    open: Money
    accessories: Money
    delegated: bool


@dataclass(frozen=True, slots=True)
class Payer:
    """A debtor, as a person looks for it; ``open`` of the currency asked for."""

    client_id: int
    client: str
    debtor_id: int
    debtor: str
    open: Money


@dataclass(frozen=True, slots=True)
class PaymentSearch:
    """Which payments of a client.

    Attributes:
        words: in the debtor's name or the payment's reference.
        show: ``all``, ``unallocated``, ``returned`` or ``said``.
        first_on, last_on: both ends included.
    """

    words: str = ""
    show: str = "all"
    first_on: date | None = None
    last_on: date | None = None
    debtor_id: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentSeen:
    """A payment; ``returned`` is what was taken back of it since, ``settles`` what it settled at first.

    ``confirmed``: a bank's line told of it after it was in the books.
    """

    id: int
    on: date
    debtor_id: int
    debtor: str
    amount: Money
    settles: tuple[PartSeen, ...]
    unallocated: Money
    returned: Money
    source: str
    reference: str
    line_id: int | None
    reverses_id: int | None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Booking:
    """How one line is to be booked, once it is decided.

    Attributes:
        reason: "" for a person's own doing.
        words: of the person.
    """

    reason: str = ""
    confidence: int = 0
    words: str = ""
    learn: bool = False
    terms: dict[str, Any] = field(default_factory=dict)
