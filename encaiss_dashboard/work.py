"""One unit of work: who asks, on which day, through which edges; and what those edges promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from sqlmodel import Session

from encaiss_dashboard.domain.bank import BankFile
from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.inbound import Incoming
from encaiss_dashboard.domain.intake import Choices, Reading, Tell, untold
from encaiss_dashboard.domain.letters import (
    AccountLetter,
    Delivered,
    Letter,
    Logo,
    Message,
    ShortMessage,
    StatementLetter,
)
from encaiss_dashboard.domain.permissions import Action, Actor
from encaiss_dashboard.domain.remittances import TransferOrder
from encaiss_dashboard.domain.sending_hours import SendingHours
from encaiss_dashboard.domain.sheets import Table
from encaiss_dashboard.storage.journal import Journal


class Mailer(Protocol):
    """Hands a message to the world."""

    def deliver(self, message: Message) -> Delivered:
        """Deliver, or raise ``DeliveryFailed``; the same message id replaces itself where it can."""
        ...


class OpenInbox(Protocol):
    """A mailbox that is open.

    Every exchange with it raises ``MailboxUnreachable`` where its server does not answer sensibly.
    """

    validity: int

    def numbers(self, after: int, since: date) -> list[int]:
        """The mails beyond a number that came on a day or later, in their order."""
        ...

    def fetch(self, number: int) -> Incoming | None:
        """A mail, None when it is there no more; it stays unread."""
        ...

    def seen(self, numbers: Sequence[int]) -> None:
        """Mark mails as read."""
        ...


class Inbox(Protocol):
    """The mailbox that answers come to; ``place`` tells it from others."""

    place: str

    def opened(self) -> AbstractContextManager[OpenInbox]:
        """Open it until the block ends, or raise ``MailboxUnreachable``."""
        ...


class ShortMessages(Protocol):
    """Hands texts to a provider, which sends them to telephones."""

    def write(self, message_id: str, to: str, text: str) -> ShortMessage:
        """The text with the bytes that the provider will be handed."""
        ...

    def deliver(self, message: ShortMessage) -> Delivered:
        """Hand over, or raise ``DeliveryFailed``."""
        ...


class Letters(Protocol):
    """Writes what debtors and people with an account receive."""

    def write_statement(self, letter: StatementLetter) -> Letter:
        """The mail with its PDF."""
        ...

    def statement_pdf(self, letter: StatementLetter) -> bytes:
        """The letter alone."""
        ...

    def statement_pictures(self, letter: StatementLetter) -> tuple[bytes, ...]:
        """The letter on paper as a screen shows it, one PNG a page."""
        ...

    def bound(self, letters: Sequence[bytes]) -> bytes:
        """Letters as one PDF to be printed on both sides, each beginning on a sheet of its own."""
        ...

    def page_count(self, letter: bytes) -> int:
        """How many pages a letter has."""
        ...

    def logo(self, data: bytes) -> Logo:
        """A picture that somebody uploaded, drawn anew as a logo.

        Raises:
            LogoUnreadable, LogoTooLarge: no picture that could be one.
        """
        ...

    def qr_svg(self, content: str) -> bytes:
        """A QR code for a screen."""
        ...

    def write_account_mail(self, letter: AccountLetter) -> Letter:
        """A mail about somebody's account."""
        ...


class Sheets(Protocol):
    """Writes tables that people take away."""

    def workbook(self, table: Table) -> bytes:
        """A table as XLSX."""
        ...


class Transfers(Protocol):
    """Writes what a bank is asked to transfer."""

    def credit_transfers(self, order: TransferOrder) -> bytes:
        """A SEPA credit transfer file; the same order gives the same bytes."""
        ...


class InvoiceFiles(Protocol):
    """Understands what clients upload."""

    def read_file(
        self, source: Path, name: str, choices: Choices, folder: Path, tell: Tell = untold
    ) -> Reading:
        """Understand a file of invoices of any format and size.

        Never raises for bad content: what is wrong is listed in the reading. Its rows and attachments
        lie in the folder, which must stay until they are no more needed; what lay there before is gone.

        Args:
            source: where the file lies.
            name: as its owner calls it.
            choices: what a person corrected; the rest is guessed.
            folder: for rows and attachments.
            tell: told how many bytes of the file are read.

        Raises:
            Cancelled: ``tell`` raised it; the folder is empty.
        """
        ...

    def read_pushed(self, source: Path, name: str, folder: Path) -> Reading:
        """Understand JSON of the house's own form, at once and as ``read_file`` leaves it.

        Only for what the house has parsed and checked to be of that form: it is read in this process.
        """
        ...

    def kept(self, source: Path, name: str, choices: Choices, folder: Path) -> Reading | None:
        """The reading that ``read_file`` left in a folder, without reading the file again.

        None when there is none, or when the file, its name, the choices or the code that reads are no
        more the same.
        """
        ...

    def write_rejected(
        self, source: Path, reading: Reading, reasons: Mapping[int, str], heading: str, into: Path
    ) -> bool:
        """Write the rows on these lines as their file has them, with reasons; False where it has no rows."""
        ...


class BankFiles(Protocol):
    """Understands what banks and bookkeepings tell of payments."""

    def read(self, data: bytes, name: str) -> BankFile:
        """Understand a file of any form; never raises for bad content: what is wrong is listed in it."""
        ...


class Store(Protocol):
    """Keeps uploaded files, private to the server."""

    def keep(self, key: str, data: bytes) -> None:
        """Keep bytes under a key of the house's own making."""
        ...

    def load(self, key: str) -> bytes:
        """The bytes kept under a key."""
        ...

    def take(self, key: str, source: Path) -> None:
        """Keep a file of the same file system under a key, in place of where it lies."""
        ...

    def arriving(self) -> AbstractContextManager[Path]:
        """A private place for a file on its way in, gone afterwards unless :meth:`take` took it."""
        ...

    def sweep(self) -> int:
        """Remove what killed processes left of files on their way in; returns how many files that was."""
        ...

    def path(self, key: str) -> Path:
        """Where the bytes kept under a key lie."""
        ...

    def remove(self, key: str) -> None:
        """Keep nothing under a key any more."""
        ...

    def workshop(self, key: str) -> Path:
        """A private folder for what is worked out from a file: not in a backup, made anew when it is lost."""
        ...

    def remove_workshop(self, key: str) -> None:
        """Forget what was worked out from the file of a key."""
        ...


class UnitStore:
    """The store of one transaction: what it kept goes when it fails, what it removed when it does not."""

    def __init__(self, store: Store) -> None:
        """Work on a store; nothing is kept or removed yet."""
        self._store = store
        self._kept: set[str] = set()
        self._removed: set[str] = set()

    def keep(self, key: str, data: bytes) -> None:
        """See :class:`Store`."""
        self._begin(key)
        self._store.keep(key, data)

    def take(self, key: str, source: Path) -> None:
        """See :class:`Store`."""
        self._begin(key)
        self._store.take(key, source)

    def remove(self, key: str) -> None:
        """See :class:`Store`; what the transaction found there stays until it is committed."""
        if key in self._kept:
            self._kept.remove(key)
            self._store.remove(key)
        else:
            self._removed.add(key)

    def _begin(self, key: str) -> None:
        if key in self._removed:
            self._removed.remove(key)
            self._store.remove(key)
        self._kept.add(key)

    def load(self, key: str) -> bytes:
        """See :class:`Store`."""
        return self._store.load(key)

    def path(self, key: str) -> Path:
        """See :class:`Store`."""
        return self._store.path(key)

    def arriving(self) -> AbstractContextManager[Path]:
        """See :class:`Store`."""
        return self._store.arriving()

    def sweep(self) -> int:
        """See :class:`Store`."""
        return self._store.sweep()

    def workshop(self, key: str) -> Path:
        """See :class:`Store`."""
        return self._store.workshop(key)

    def remove_workshop(self, key: str) -> None:
        """See :class:`Store`."""
        self._store.remove_workshop(key)

    def committed(self) -> None:
        """Remove what the transaction no longer needs."""
        for key in sorted(self._removed):
            self._store.remove(key)

    def rolled_back(self) -> None:
        """Remove what the transaction would have needed."""
        for key in sorted(self._kept):
            self._store.remove(key)


class Passwords(Protocol):
    """Stores passwords so that a stolen table does not give them away."""

    def hash(self, password: str) -> str:
        """A salted hash with its parameters."""
        ...

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether it matches; without a hash it takes as long and answers no."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """What a service works with. One action is one transaction, committed at the edge.

    Attributes:
        session: of this transaction.
        actor: who asks; services check its rights on the record itself.
        now: aware time, for the journal.
        today: the day the rules are applied on.
        journal: the pen for acts of this transaction; they are this actor's unless one says otherwise.
        reply_address: of the agency, that answers to statements go to by debtor; "" for none.
        texts: who sends texts to telephones, None where nobody does.
        seal: writes a mail as the bytes that are kept and sent.
        hours: in which somebody may be written to.
        sign: keyed digest of a text with the deployment's secret, in hexadecimal.
        past_wall: a block in which PostgreSQL shows every client's rows (decisions/0013-second-wall.md).
            Only for rows of one person, once it is sure that this person may be looked for.
    """

    session: Session
    actor: Actor
    now: datetime
    today: date
    mail: Mailer
    texts: ShortMessages | None
    seal: Callable[[Message], bytes]
    hours: SendingHours
    letters: Letters
    sheets: Sheets
    transfers: Transfers
    files: InvoiceFiles
    banks: BankFiles
    store: Store
    passwords: Passwords
    journal: Journal
    reply_address: str
    sign: Callable[[str], str]
    past_wall: Callable[[], AbstractContextManager[None]]

    def require(self, action: Action, client_id: int | None) -> int:
        """The client id, once it is sure that the actor may do this to it.

        Raises:
            NotAllowed: no right, or no such client; both look the same from outside.
        """
        if client_id is None or not self.actor.may(action, client_id):
            raise NotAllowed
        return client_id

    def require_agency(self) -> None:
        """Make sure that the actor runs the agency itself.

        Raises:
            NotAllowed: anybody but an administrator and the house.
        """
        if not self.actor.administers:
            raise NotAllowed
