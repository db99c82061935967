"""Settings become adapters here, and a unit of work begins and commits here. The only clock."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from encaiss_dashboard.adapters import bank_files, letters, sheets, transfers
from encaiss_dashboard.adapters.board import Board
from encaiss_dashboard.adapters.invoice_files import kept
from encaiss_dashboard.adapters.mail import EmlFolder, SmtpMailer, written
from encaiss_dashboard.adapters.mailbox import ImapMailbox
from encaiss_dashboard.adapters.passwords import Argon2Passwords
from encaiss_dashboard.adapters.sandbox import SandboxedFiles
from encaiss_dashboard.adapters.sms import HttpTexts
from encaiss_dashboard.adapters.store import FolderStore
from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.domain.sending_hours import ZONE
from encaiss_dashboard.domain.signing import SEEN_EVERY
from encaiss_dashboard.settings import Settings
from encaiss_dashboard.settings import settings as environment
from encaiss_dashboard.storage.engine import lifted, make_engine, restrict, role_that_ignores_policies
from encaiss_dashboard.storage.journal import By, Journal
from encaiss_dashboard.storage.sessions import Memory, SignedIn, seen, signed_in
from encaiss_dashboard.work import (
    BankFiles,
    Inbox,
    InvoiceFiles,
    Letters,
    Mailer,
    Passwords,
    Sheets,
    ShortMessages,
    Store,
    Transfers,
    UnitStore,
    Work,
)

# What a transaction raises while the database does not answer, or is busy for too long.
UNAVAILABLE: Final = (OperationalError, InterfaceError, PoolTimeout)
_ALEMBIC = Path(__file__).resolve().parent.parent / "alembic"


@dataclass(frozen=True)
class Wiring:
    """Everything a unit of work needs, put together once for a process.

    Attributes:
        clock: the present as an aware time; tests wire in another.
        memory: sessions looked up before.
        inbox: None where no mailbox is read.
    """

    settings: Settings
    engine: Engine
    mail: Mailer
    texts: ShortMessages | None
    letters: Letters
    sheets: Sheets
    transfers: Transfers
    files: InvoiceFiles
    banks: BankFiles
    store: Store
    passwords: Passwords
    clock: Callable[[], datetime]
    memory: Memory
    inbox: Inbox | None = None

    @property
    def board(self) -> Board:
        """How far long work on uploads is."""
        return Board(self.settings.uploads.with_name("progress"), self.clock)

    @contextmanager
    def begin(self, actor: Actor, today: date | None = None, *, write: bool = True) -> Iterator[Work]:
        """One transaction: committed when the block ends, rolled back when it raises, kept files with it.

        Raises:
            Unreadable: a value no column can hold (an id beyond 64 bits, a NUL, half a character):
                no screen sends one, somebody's own program did.
        """
        engine = self.engine.execution_options(sqlite_begin="IMMEDIATE") if write else self.engine
        store = UnitStore(self.store)
        try:
            with Session(engine, expire_on_commit=False) as session, session.begin():
                restrict(session, actor.roles, everywhere=actor.everywhere, user_id=actor.user_id)
                yield self._work(session, actor, today, store)
        except BaseException as error:
            store.rolled_back()
            if isinstance(error, DataError | OverflowError | UnicodeEncodeError):
                raise Unreadable(value="") from error
            raise
        store.committed()

    @contextmanager
    def begin_for(
        self, signed: SignedIn, digest: str, today: date | None = None, *, write: bool = True
    ) -> Iterator[Work]:
        """A transaction of a signed-in person, whose session and rights are read again inside it.

        A writer may have waited for its turn, and its person may have been taken out meanwhile.

        Raises:
            NotAllowed: the session has ended, or its person has other rights by now.
        """
        with self.begin(signed.actor, today, write=write) as work:
            if write and self.recalled_session(digest, signed.actor.address) is None:
                now = signed_in(work.session, digest, work.now, signed.actor.address)
                if now is None or (now.actor, now.complete) != (signed.actor, signed.complete):
                    raise NotAllowed
            yield work

    def _work(self, session: Session, actor: Actor, today: date | None, store: Store) -> Work:
        now = self.clock()
        return Work(
            session=session,
            actor=actor,
            now=now,
            today=today or now.astimezone(ZONE).date(),
            mail=self.mail,
            texts=self.texts,
            seal=written,
            hours=self.settings.hours,
            letters=self.letters,
            sheets=self.sheets,
            transfers=self.transfers,
            files=self.files,
            banks=self.banks,
            store=store,
            passwords=self.passwords,
            journal=Journal(session, By(actor.user_id, actor.name, actor.address), now, self.digest),
            reply_address=self.settings.reply_address,
            sign=self.digest,
            past_wall=partial(
                lifted, session, actor.roles, everywhere=actor.everywhere, user_id=actor.user_id
            ),
        )

    def role_that_ignores_policies(self) -> str:
        """The database role of this deployment if row level security does not hold for it, else ""."""
        return role_that_ignores_policies(self.engine)

    def digest(self, token: str) -> str:
        """A keyed digest of a text, such as what is kept of a session cookie: useless without the secret."""
        return hmac.new(self.settings.secret.encode(), token.encode(), hashlib.sha256).hexdigest()

    def signed_in(self, digest: str, address: str = "") -> SignedIn | None:
        """Whose live session this is, once everything that sign-in asks for was given."""
        session = self.session(digest, address)
        return session if session and session.complete else None

    def recalled_session(self, digest: str, address: str = "") -> SignedIn | None:
        """As :meth:`session`, where no query is needed to know it; quick enough for an event loop."""
        return self.memory.recall(digest, address, self.clock())

    def session(self, digest: str, address: str = "") -> SignedIn | None:
        """Whose live session this is, if anybody's; it may still have to give its second factor.

        That it was used is written down every few minutes, for the pause after which it ends.
        """
        found = self.recalled_session(digest, address)
        if found is not None:
            return found
        now, version = self.clock(), self.memory.version()
        with Session(self.engine) as session, session.begin():
            restrict(session, {}, everywhere=True)
            found = signed_in(session, digest, now, address)
        if found is not None:
            self.memory.keep(digest, address, found, version)
        if found is not None and now - found.seen_at >= SEEN_EVERY:
            with self.begin(HOUSE) as work:
                seen(work.session, found.session_id, now)
        return found


def build(settings: Settings, **replaced: Any) -> Wiring:
    """Wire up the adapters that the settings ask for; tests replace some by name."""
    folder = settings.data_dir
    parts: dict[str, Callable[[], Any]] = {
        "engine": lambda: make_engine(settings.database_url),
        "mail": lambda: SmtpMailer(settings.smtp_url) if settings.smtp_url else EmlFolder(folder / "outbox"),
        "inbox": lambda: ImapMailbox(settings.imap_url) if settings.imap_url else None,
        "texts": lambda: (
            HttpTexts(settings.sms_url, settings.sms_token, settings.sms_sender) if settings.sms_url else None
        ),
        "letters": lambda: letters,
        "sheets": lambda: sheets,
        "transfers": lambda: transfers,
        "files": lambda: SandboxedFiles(kept),
        "banks": lambda: bank_files,
        "store": lambda: FolderStore(settings.uploads),
        "passwords": Argon2Passwords,
        "clock": lambda: lambda: datetime.now(UTC),
    }
    made = {name: make() for name, make in parts.items() if name not in replaced} | replaced
    return Wiring(settings=settings, memory=Memory(made["engine"]), **made)


@cache
def house() -> Wiring:
    """The wiring of this process, from its environment."""
    return build(environment)


def migrate(url: str) -> None:
    """Bring a database to the newest revision."""
    command.upgrade(_alembic(url=url), "head")


def migrate_within(connection: Connection, revision: str, present: str | None) -> None:
    """The same inside a transaction of the caller's, from the present revision to any later one."""
    if present != revision:
        command.upgrade(_alembic(connection=connection), revision)


def unmigrate_within(connection: Connection) -> None:
    """Remove every table there is, inside a transaction of the caller's."""
    command.downgrade(_alembic(connection=connection), "base")


def known_revisions() -> set[str]:
    """The revisions that this release can bring to the newest one."""
    return {script.revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions()}


def _alembic(**attributes: object) -> Config:
    config = Config(_ALEMBIC / "alembic.ini")
    config.attributes.update(attributes)
    return config
