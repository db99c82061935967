"""Reading a mailbox over IMAP (RFC 3501), a bounded piece at a time, whatever its server does."""

from __future__ import annotations

import hashlib
import imaplib
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from functools import partial
from ipaddress import ip_address
from threading import Timer
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

from imapclient import SEEN, IMAPClient, SocketTimeout

from encaiss_dashboard.adapters.mailbox.reading import read_mail
from encaiss_dashboard.domain.inbound import Incoming, MailboxUnreachable

SIZE_MAX: Final = 25 * 1024 * 1024
BEGINNING: Final = 256 * 1024
_TIMEOUT: Final = SocketTimeout(connect=15, read=30)
_SECONDS_MAX: Final = 90.0
_PORTS: Final = {"imap": 143, "imaps": 993}
_REASON_LENGTH_MAX: Final = 200

R = TypeVar("R")


class ImapMailbox:
    """One folder of an IMAP server.

    ``imaps://user:password@host/folder`` speaks TLS from the first byte; ``imap://`` starts it, and sends no
    password without it except to a server on this machine. The user is written ``user%40domain``; the folder
    is ``INBOX`` unless one is named.
    """

    def __init__(self, url: str, *, seconds: float = _SECONDS_MAX, timeout: SocketTimeout = _TIMEOUT) -> None:
        """Read the address of the mailbox; nothing is opened yet.

        ``seconds`` is how long a connection may last in all: time-outs alone do not stop a server that
        sends a byte now and then.

        Raises:
            ValueError: another scheme, no host, user or password, or a port that is no number.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not (parts.hostname and parts.username and parts.password):
            raise ValueError("the mailbox is written imaps://user:password@host/folder")
        self._over_tls = parts.scheme == "imaps"
        self._host = parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username), unquote(parts.password)
        self._folder = unquote(parts.path.strip("/")) or "INBOX"
        self._seconds, self._timeout = seconds, timeout
        named = f"{self._host}:{self._port}/{self._user}/{self._folder}"
        self.place = hashlib.sha256(named.encode()).hexdigest()[:32]

    @contextmanager
    def opened(self) -> Iterator[OpenMailbox]:
        """The folder, until the block ends.

        Raises:
            MailboxUnreachable: at any step in which the server does not answer, or not sensibly.
        """
        client = self._ask(self._connect)
        # However slowly it talks: closed from outside, whatever waits for it fails at once.
        guard = Timer(self._seconds, _cut, (client,))
        guard.daemon = True
        guard.start()
        try:
            self._ask(self._sign_in, client)
            chosen = self._ask(client.select_folder, self._folder)
            yield OpenMailbox(client, self._ask, _number(chosen.get(b"UIDVALIDITY")))
            with suppress(Exception):  # what it says to a goodbye changes nothing
                client.logout()
        finally:
            guard.cancel()
            with suppress(Exception):
                client.shutdown()

    def _connect(self) -> IMAPClient:
        context = ssl.create_default_context() if self._over_tls else None
        return IMAPClient(
            self._host, self._port, ssl=self._over_tls, ssl_context=context, timeout=self._timeout
        )

    def _sign_in(self, client: IMAPClient) -> None:
        if not self._over_tls and client.has_capability("STARTTLS"):
            client.starttls(ssl.create_default_context())
        elif not self._over_tls and not is_here(client.socket().getpeername()[0]):
            raise MailboxUnreachable(f"{self._host}: no TLS, so the password was not sent")
        client.login(self._user, self._password)

    def _ask(self, what: Callable[..., R], *given: Any) -> R:
        """One exchange; the library lets a server's nonsense through as whatever it breaks on."""
        try:
            return what(*given)
        except MailboxUnreachable:
            raise
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxUnreachable(self._words(error)) from error
        except Exception as error:
            raise MailboxUnreachable(f"{self._host}: {type(error).__name__}") from error

    def _words(self, error: Exception) -> str:
        """What went wrong as the agency is told; never with the password, which some servers repeat."""
        said = " ".join(str(error).replace(self._password, "…").split())
        return f"{self._host}: {said or type(error).__name__}"[:_REASON_LENGTH_MAX]


class OpenMailbox:
    """A folder that is open.

    Attributes:
        validity: while it stays the same, a number means the same mail (RFC 3501 §2.3.1.1).
    """

    def __init__(self, client: IMAPClient, ask: Callable[..., Any], validity: int) -> None:
        self._client, self._ask, self.validity = client, ask, validity

    def numbers(self, after: int, since: date) -> list[int]:
        """The mails beyond a number that came on a day or later, in the order in which they came.

        Raises:
            MailboxUnreachable: as :meth:`ImapMailbox.opened`.
        """
        found = self._ask(self._client.search, ["UID", f"{after + 1}:*", "SINCE", since])
        # "n:*" always names the last mail, even one below n (RFC 3501 §6.4.8).
        return sorted({number for number in found if isinstance(number, int) and number > after})

    def fetch(self, number: int) -> Incoming | None:
        """A mail, understood as far as it can be; of one beyond ``SIZE_MAX`` its beginning.

        None when it is there no more. It stays unread.

        Raises:
            MailboxUnreachable: as :meth:`ImapMailbox.opened`.
        """
        sizes = self._ask(self._client.fetch, [number], ["RFC822.SIZE"]).get(number)
        if sizes is None:
            return None
        size = _number(sizes.get(b"RFC822.SIZE"))
        wanted = SIZE_MAX if size <= SIZE_MAX else BEGINNING
        # A piece that is asked for by its length is no longer than that, whatever the size was said to be.
        found = self._ask(self._client.fetch, [number], [f"BODY.PEEK[]<0.{wanted}>"]).get(number, {})
        content = next((value for key, value in found.items() if key.startswith(b"BODY[]")), None)
        if not isinstance(content, bytes):
            return None
        return read_mail(content[:wanted], size_bytes=max(size, len(content)))

    def seen(self, numbers: Sequence[int]) -> None:
        """Mark mails as read, for whoever looks at the mailbox.

        Raises:
            MailboxUnreachable: as :meth:`ImapMailbox.opened`.
        """
        if numbers:
            self._ask(partial(self._client.add_flags, silent=True), list(numbers), [SEEN])


def is_here(address: str) -> bool:
    """Whether a network address is this machine's own, where nobody sits between."""
    with suppress(ValueError):
        return ip_address(address.partition("%")[0]).is_loopback
    return False


def _cut(client: IMAPClient) -> None:
    with suppress(Exception):
        client.socket().shutdown(socket.SHUT_RDWR)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
