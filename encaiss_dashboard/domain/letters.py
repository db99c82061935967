"""What is written to a debtor, as values: the facts of a letter, the finished letter, its delivery."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from encaiss_dashboard.domain import windows
from encaiss_dashboard.domain.dunning import StepCode
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
class Section:
    """All that is listed in one currency.

    Attributes:
        currency: ISO 4217 code of every amount in it.
        lines: in the order they are printed.
        credits: deducted below the invoices.
        total: what is asked for: open amounts less credits.

    Raises:
        ValueError: on construction, when the total is not that sum.
    """

    currency: str
    lines: tuple[LetterLine, ...]
    credits: tuple[CreditLine, ...]
    total: Money

    def __post_init__(self) -> None:
        """A total that is not the sum of its lines may not leave the house."""
        owed = Money.total((line.open for line in self.lines), self.currency)
        if owed - Money.total((c.amount for c in self.credits), self.currency) != self.total:
            raise ValueError(f"the lines do not add up to {self.total} {self.currency}")


@dataclass(frozen=True, slots=True)
class FirstReminder:
    """What a consumer's first reminder has to say besides (Code of economic law, art. XIX.2).

    Attributes:
        last_day: until when paying costs nothing more, see ``domain.workdays.waiting_period``.
        indemnity: what will be claimed after it, within the cap; None when none was agreed.
    """

    last_day: date
    indemnity: Money | None


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
        account: where to pay, None when the client gave no account: then as its invoices say.
        sections: one per currency.
        reference: the one OGM or RF reference of the whole statement, as it is printed.
        texts: the client's own words; where it has none, the house's.
        logo: the client's, None when it has none.
        window: of the envelopes it goes in, a key of ``domain.windows.WINDOWS``.
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
        return waiting_period(self.on, Channel.EMAIL).last_day

    def is_listed_only(self, line: LetterLine) -> bool:
        """Whether a formal notice names an invoice without putting the debtor in default for it."""
        return self.step is StepCode.FORMAL_NOTICE and line.step != self.step


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail.

    Attributes:
        name: ASCII file name.
        mime: such as ``application/pdf``.
        content: its bytes.
        inline_id: content id without angle brackets when the HTML shows it (RFC 2392), else None.
    """

    name: str
    mime: str
    content: bytes
    inline_id: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A written mail. Its text and its HTML each say everything.

    Attributes:
        subject: one line.
        text: plain alternative.
        html: a whole document.
        attachments: the PDF, and the pictures the HTML shows.
    """

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...]

    @property
    def paper(self) -> bytes:
        """The PDF, b"" without one."""
        return next((one.content for one in self.attachments if one.mime == "application/pdf"), b"")


@dataclass(frozen=True, slots=True)
class Message:
    """A letter on its way to somebody.

    Attributes:
        message_id: RFC 5322 id, chosen before the first attempt and kept on every retry.
        sender_name: what the reader sees, such as "Menuiserie Exemple SRL via Encaiss".
        sender_email: the agency's own address, which its mail servers may use.
        to: addresses, at least one.
        reply_to: where answers are read.
        return_path: where servers say that it did not arrive (RFC 5321 §4.4), "" for the sender's address.
        letter: what is said.
        language: of the letter.
        at: aware time of the intention; a retry does not change it.
        copies: addresses that get the very same mail without being named in it.
        content: the mail as it was kept, b"" while it is not written yet.

    Raises:
        TypeError: on construction, for a time without a zone.
    """

    message_id: str
    sender_name: str
    sender_email: str
    to: tuple[str, ...]
    reply_to: str
    letter: Letter
    language: str
    at: datetime
    return_path: str = ""
    copies: tuple[str, ...] = ()
    content: bytes = b""

    def __post_init__(self) -> None:
        """A naive time would be read in whatever zone the server is in."""
        if self.at.tzinfo is None:
            raise TypeError("a time without a zone")


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """A text for a telephone on its way to somebody.

    Attributes:
        message_id: chosen before the first attempt and kept on every retry; the provider is told it too.
        to: number in international form, ``+32470123456``.
        text: what is read; at most 160 characters of the alphabet of telephones.
        content: what the provider is handed: JSON, kept as it leaves.
    """

    message_id: str
    to: str
    text: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """An address that a server says does not exist, in the server's own words."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message was handed over.

    Attributes:
        detail: the evidence: the server's answer or the file's name.
        gone: those of its addresses that do not exist, while another one took it.
    """

    detail: str
    gone: tuple[Gone, ...] = ()


class DeliveryFailed(Exception):  # noqa: N818 - an outcome of the trade, told to people; not our bug
    """A message was not handed over.

    Attributes:
        permanent: trying again cannot help (RFC 5321 §4.2.1: a reply of 500 or above).
        reason: the server's own words, for the case manager.
        for_all: it is about the server or this house, not about the message: others would fare the same.
        doubtful: the server had all of it when the connection broke: it may have arrived.
        gone: its addresses that do not exist.
    """

    def __init__(
        self,
        *,
        permanent: bool,
        reason: str,
        for_all: bool = False,
        doubtful: bool = False,
        gone: tuple[Gone, ...] = (),
    ) -> None:
        """Keep what the outbox decides on."""
        super().__init__(reason)
        self.permanent = permanent
        self.reason = reason
        self.for_all = for_all
        self.doubtful = doubtful
        self.gone = gone


@dataclass(frozen=True, slots=True)
class AccountLetter:
    """The facts of a mail about somebody's account.

    Attributes:
        kind: catalogue key below ``mail.``: ``invitation``, ``reset``, ``email`` or a notice.
        language: the reader's.
        name: whom it addresses, "" when unknown.
        sender: the agency.
        link: where its button leads, "" for a notice.
        facts: values that its sentences name, already text.
    """

    kind: str
    language: str
    name: str
    sender: Party
    link: str
    facts: Mapping[str, str]
