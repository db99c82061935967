"""The facts of a letter to a debtor, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from encaiss_dashboard.domain import windows
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.dunning import InstalmentNotice, StepCode
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.letter_texts import THE_HOUSES, Texts
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel, waiting_period

_IBAN_GROUP: Final = 4


@dataclass(frozen=True, slots=True)
class Party:
    """A name on a letter: the agency, the client or the debtor.

    Attributes:
        name: as in the register.
        enterprise_number: with or without ``BE`` and dots, "" when unknown.
        address_lines: as on an envelope, without the name.
        email: where it is written to, "" when unknown.
        phone: as dialled, "" when unknown.
    """

    name: str
    enterprise_number: str = ""
    address_lines: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where the debtor pays; nobody is ever asked to pay into an account that cannot exist.

    Attributes:
        iban: kept without spaces, check digits verified (ISO 13616); the bank need not be known.
        bic: 8 or 11 characters (ISO 9362), "" where the scheme needs none.
        holder: the name the payer's bank compares with the account.

    Raises:
        ValueError: on construction, for an IBAN or BIC that is not one.
    """

    iban: str
    bic: str
    holder: str

    def __post_init__(self) -> None:
        """Normalise and check the two numbers."""
        try:
            object.__setattr__(self, "iban", iban.validate(self.iban, check_country=False))
            object.__setattr__(self, "bic", bic.validate(self.bic) if self.bic else "")
        except ValidationError as error:
            raise ValueError(f"not a bank account: {self.iban!r} {self.bic!r}") from error

    @property
    def grouped_iban(self) -> str:
        """The IBAN in groups of four, as it is printed (ISO 13616)."""
        return " ".join(self.iban[i : i + _IBAN_GROUP] for i in range(0, len(self.iban), _IBAN_GROUP))


class LogoUnreadable(Refusal):
    """No PNG or JPEG, not a whole one, or of a form that no logo has."""

    code = "logo_unreadable"


class LogoTooLarge(Refusal):
    """A picture of too many bytes or pixels; facts ``megabytes`` and ``pixels``."""

    code = "logo_too_large"


@dataclass(frozen=True, slots=True)
class Logo:
    """A client's logo as the house draws it: written anew by itself, never the file that came.

    Attributes:
        png: the picture.
        width, height: in pixels.
    """

    png: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One invoice of a statement.

    Attributes:
        number: the client's own number.
        issue: date of issue.
        due: last day on which payment is in time.
        total: VAT included.
        open: what is left of it on the day of the letter.
        days_late: days past due, zero or less only in a courtesy letter.
        step: the step this letter takes for this invoice, None when it is listed without taking one.
    """

    number: str
    issue: date
    due: date
    total: Money
    open: Money
    days_late: int
    step: str | None = None


@dataclass(frozen=True, slots=True)
class CreditLine:
    """Money in the debtor's favour that is not yet set against an invoice.

    Attributes:
        number: of the credit note; "" for a sum of payments and credit notes.
        on: its date, None for a sum.
        amount: above zero; the letter shows it as a negative line.

    Raises:
        ValueError: on construction, for an amount that is not above zero.
    """

    number: str
    on: date | None
    amount: Money

    def __post_init__(self) -> None:
        """A negative credit would ask the debtor for money that no invoice names."""
        if self.amount.cents <= 0:
            raise ValueError(f"a credit is above zero, not {self.amount}")


@dataclass(frozen=True, slots=True)
class ClaimSum:
    """What is claimed beside the invoices for one reason.

    Attributes:
        kind: the reason.
        amount: above zero.
        invoices: of how many invoices.
        percent: the yearly rate of interest that holds now, None for another kind.
    """

    kind: ClaimKind
    amount: Money
    invoices: int
    percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """All that is listed in one currency.

    Attributes:
        currency: ISO 4217 code of every amount in it.
        lines: in the order they are printed.
        credits: deducted below the invoices.
        total: what is asked for: open amounts less credits, and what is claimed besides.
        claims: interest, indemnity and costs, each one sum.

    Raises:
        ValueError: on construction, when the total is not that sum.
    """

    currency: str
    lines: tuple[LetterLine, ...]
    credits: tuple[CreditLine, ...]
    total: Money
    claims: tuple[ClaimSum, ...] = ()

    def __post_init__(self) -> None:
        """A total that is not the sum of its lines may not leave the house."""
        owed = Money.total((line.open for line in self.lines), self.currency)
        claimed = Money.total((c.amount for c in self.claims), self.currency)
        if owed + claimed - Money.total((c.amount for c in self.credits), self.currency) != self.total:
            raise ValueError(f"the lines do not add up to {self.total} {self.currency}")


@dataclass(frozen=True, slots=True)
class FirstReminder:
    """What a consumer's first reminder has to say besides (Code of economic law, art. XIX.2).

    Attributes:
        last_day: until when paying costs nothing more, see ``domain.workdays.waiting_period``.
        indemnity: what will be claimed after it, within the cap; None when none was agreed.
        supplies: what was supplied, "" leaves it to the invoices named.
    """

    last_day: date
    indemnity: Money | None
    supplies: str = ""


@dataclass(frozen=True, slots=True)
class StatementLetter:
    """The facts of one statement of account, courtesy notice or formal notice.

    Attributes:
        step: sets the tone: the highest step among the lines.
        language: ``fr``, ``nl``, ``en`` or ``de``: the debtor's.
        on: date of the letter.
        sender: the agency.
        creditor: the client, in whose name and for whose account it is written.
        debtor: who receives it.
        country: the debtor's, ISO 3166 alpha-2: whose law a formal notice names.
        consumer: whether Book XIX of the Code of economic law protects the debtor.
        account: where to pay, None when the client gave no account: then as its invoices say.
        sections: one per currency.
        reference: the one OGM or RF reference of the whole statement, as it is printed.
        texts: the client's own words; where it has none, the house's.
        logo: the client's, None when it has none.
        window: of the envelopes it goes in, a key of ``domain.windows.WINDOWS``.
        instalment: makes it the message before that instalment of a plan: its one line is the instalment.
        first_reminder: makes it the free first reminder of a consumer, whose mentions nobody can change.
    """

    step: StepCode
    language: str
    on: date
    sender: Party
    creditor: Party
    debtor: Party
    country: str
    account: BankAccount | None
    sections: tuple[Section, ...]
    reference: str
    texts: Texts = THE_HOUSES
    logo: Logo | None = None
    window: str = windows.DEFAULT
    first_reminder: FirstReminder | None = None
    consumer: bool = False
    instalment: InstalmentNotice | None = None

    @property
    def lines(self) -> tuple[LetterLine, ...]:
        """The invoices of all currencies."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def deadline(self) -> date:
        """Last day that a formal notice leaves for paying, disputing or proposing a plan.

        The law sets no period for businesses: interest runs without any notice (law of 2 August 2002,
        art. 5). The house takes the only period its rules attach to a collector's formal notice,
        14 calendar days from the day after an e-mail, rolled to a working day (RULES §4): it covers
        the 10 to 14 days in which businesses are expected to dispute an invoice (RULES §6), ends
        before the plan's next step at 15, and would still be lawful for a debtor that turns out
        to be a consumer. The customary eight days would be none of these.
        """
        return waiting_period(self.on, Channel.EMAIL if self.debtor.email else Channel.POST).last_day

    def is_listed_only(self, line: LetterLine) -> bool:
        """Whether a formal notice names an invoice without putting the debtor in default for it."""
        return self.step is StepCode.FORMAL_NOTICE and line.step != self.step
