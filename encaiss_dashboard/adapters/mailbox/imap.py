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

    def __init__(
        self,
        url: str,
        *,
        seconds: float = _SECONDS_MAX,
        timeout: SocketTimeout = _TIMEOUT,
        size_max: int = SIZE_MAX,
    ) -> None:
        """Read the address of the mailbox; nothing is opened yet.

        ``seconds`` is how long a connection may last in all: time-outs alone do not stop a server that
        sends a byte now and then. Of a mail beyond ``size_max`` bytes only the beginning is fetched.

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
        self._seconds, self._timeout, self._size_max = seconds, timeout, size_max
        named = f"{self._host}:{self._port}/{self._user}/{self._folder}"
        self.place = hashlib.sha256(named.encode()).hexdigest()[:32]

    @contextmanager
    def opened(self) -> Iterator[OpenMailbox]:
        """The folder, until the block ends.

        Raises:
            MailboxUnreachable: at any step in which the server does not answer, or not sensibly.
        """
        # However slowly it talks: closed from outside, whatever waits for it fails at once.
        held: list[socket.socket] = []
        guard = Timer(self._seconds, _cut, (held,))
        guard.daemon = True
        guard.start()
        client = None
        try:
            client = self._ask(self._connect, held)
            self._ask(self._sign_in, client)
            chosen = self._ask(client.select_folder, self._folder)
            validity = _number(chosen.get(b"UIDVALIDITY"))
            yield OpenMailbox(client, self._ask, validity, self._size_max)
            with suppress(Exception):  # what it says to a goodbye changes nothing
                client.logout()
        finally:
            guard.cancel()
            with suppress(Exception):
                if client is not None:
                    client.shutdown()
            _cut(held)

    def _connect(self, held: list[socket.socket]) -> IMAPClient:
        context = ssl.create_default_context() if self._over_tls else None
        return _Client(
            self._host,
            self._port,
            ssl=self._over_tls,
            ssl_context=context,
            timeout=self._timeout,
            held=held,
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

    def __init__(self, client: IMAPClient, ask: Callable[..., Any], validity: int, size_max: int) -> None:
        self._client, self._ask, self.validity, self._size_max = client, ask, validity, size_max

    def numbers(self, after: int, since: date) -> list[int]:
        """The mails beyond a number that came on a day or later, in the order in which they came.

        Raises:
            MailboxUnreachable: as :meth:`ImapMailbox.opened`.
        """
        found = self._ask(self._client.search, ["UID", f"{after + 1}:*", "SINCE", since])
        # "n:*" always names the last mail, even one below n (RFC 3501 §6.4.8).
        return sorted({number for number in found if isinstance(number, int) and number > after})

    def fetch(self, number: int) -> Incoming | None:
        """A mail, understood as far as it can be; of a huge one its beginning.

        None when it is there no more. It stays unread.

        Raises:
            MailboxUnreachable: as :meth:`ImapMailbox.opened`.
        """
        sizes = self._ask(self._client.fetch, [number], ["RFC822.SIZE"]).get(number)
        if sizes is None:
            return None
        size = _number(sizes.get(b"RFC822.SIZE"))
        wanted = self._size_max if size <= self._size_max else min(BEGINNING, self._size_max)
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


class _Client(IMAPClient):  # type: ignore[misc]  # the library has no types
    """The library's client, whose socket is at hand before the server has said a word."""

    def __init__(self, *given: Any, held: list[socket.socket], **named: Any) -> None:
        self._held = held
        super().__init__(*given, **named)

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - the library's name
        return _Connection(self.host, self.port, self.ssl_context, self._timeout.connect, self._held)

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> Any:
        """As the library's; the socket within TLS is another one."""
        said = super().starttls(ssl_context)
        self._held.append(self.socket())
        return said


class _Connection(imaplib.IMAP4):
    """A connection that can be cut while it is made: neither time-out ends a greeting that never ends."""

    def __init__(
        self,
        host: str,
        port: int,
        context: ssl.SSLContext | None,
        seconds: float,
        held: list[socket.socket],
    ) -> None:
        self._context, self._seconds, self._held = context, seconds, held
        super().__init__(host, port)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout or self._seconds)
        self._held.append(plain)
        if self._context is None:
            return plain
        within = self._context.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self._held.append(within)
        within.do_handshake()
        return within


def _cut(held: list[socket.socket]) -> None:
    for one in held:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            one.close()


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
