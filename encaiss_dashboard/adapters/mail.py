"""Mail leaves here: by SMTP, or as files that any mail program opens."""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import socket
import ssl
import tempfile
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from encaiss_dashboard.domain.letters import Attachment, Delivered, DeliveryFailed, Gone, Message

_PORTS: Final = {"smtp": 25, "smtps": smtplib.SMTP_SSL_PORT}
# RFC 5321 §4.2.1: the first digit says whether trying again can help.
_PERMANENT_FROM: Final = 500
_ACCEPTED: Final = range(200, 300)
_GO_ON: Final = 354
_CLOSING: Final = 421
# What says that there is no such address: the basic codes, and those of RFC 3463 §3.2 and §3.3 that are
# about the recipient (5.1.7 and 5.1.8 are about the sender).
_NO_SUCH_ADDRESS: Final = frozenset({550, 551, 553})
_GONE: Final = re.compile(r"5\.1\.(?![78]\b)[0-9]{1,3}\b|5\.2\.1\b")
_STATUS: Final = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}\b")
_POLICY: Final = re.compile(r"5\.7\.[0-9]{1,3}\b")
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9._+-]{1,120}@[A-Za-z0-9.-]{1,120}")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take, in seconds.

    Attributes:
        answer: for the connection, and for the answer to each command.
        receipt: for the answer to the whole message. A server that is left while it still looks at it may
            take it all the same, and would get it twice (RFC 5321 §4.5.3.2.6 gives it ten minutes).
        whole: for everything together; less than the quarter of an hour after which another worker takes
            a message that nobody says anything about.
    """

    answer: float = 30
    receipt: float = 300
    whole: float = 600


PATIENCE: Final = Patience()


class SmtpMailer:
    """Hands mail to an SMTP server (RFC 5321).

    ``smtp://user:password@host:port`` starts TLS whenever the server offers it, ``smtps://`` speaks
    TLS from the first byte. A password is never sent without TLS: whoever sits between could hide the
    offer and read it.
    """

    def __init__(self, url: str, patience: Patience = PATIENCE) -> None:
        """Read the address of the server; nothing is opened yet.

        Raises:
            ValueError: another scheme, no host, or a port that is no number.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("the mail server is written smtp://host:port or smtps://host:port")
        self._over_tls = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._patience = patience

    def deliver(self, message: Message) -> Delivered:
        """Send one message as it is kept, or as it is written now; the detail is the server's own receipt.

        Raises:
            DeliveryFailed: permanent when the content or every recipient was refused with a 5xx reply,
                else temporary. What is about this house and not about the letter is temporary and holds
                for all: a refused login, greeting or sender. So is what a policy forbids (5.7.x): a server
                that has this house on a list would else burn a whole night's letters. Doubtful when the
                connection broke after the last byte.
        """
        content = message.content or written(message)
        with self._connected() as server:
            options = [f"size={len(content)}"] if server.has_extn("size") else []
            _expect(server.mail(message.return_path or message.sender_email, options), for_all=True)
            refused = {to: reply for to in message.to if (reply := server.rcpt(to))[0] not in _ACCEPTED}
            gone = tuple(Gone(to, _reply(*reply)) for to, reply in refused.items() if _is_gone(*reply))
            if len(refused) == len(message.to):
                # One recipient that may be accepted later is worth another attempt.
                raise _refusal(*min(refused.values()), gone=gone)
            for to in message.copies:
                # Whatever becomes of a copy, the letter is the debtor's.
                server.rcpt(to)
            receipt = self._hand_over(server, content)
        detail = "; ".join([receipt, *(f"{to}: {_reply(*reply)}" for to, reply in refused.items())])
        return Delivered(detail, gone)

    def _hand_over(self, server: smtplib.SMTP, content: bytes) -> str:
        """Send the content and wait for the receipt (RFC 5321 §4.1.1.4)."""
        code, words = server.docmd("DATA")
        if code != _GO_ON:
            raise _refusal(code, words)
        end = b"" if content.endswith(b"\r\n") else b"\r\n"
        server.send(re.sub(rb"(?m)^\.", b"..", content) + end + b".\r\n")
        try:
            assert server.sock is not None
            server.sock.settimeout(self._patience.receipt)
            return _expect(server.getreply())
        except OSError as error:
            # A repeat carries the same Message-ID, by which the reader's server may know it again.
            reason = f"no receipt for what was sent, it may have arrived: {error}"
            raise DeliveryFailed(permanent=False, reason=reason, for_all=True, doubtful=True) from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            with closing(self._server()) as server, _ended_after(self._patience.whole, server):
                _expect(server.connect(self._host, self._port), for_all=True)
                self._secure(server)
                yield server
                # What the server says to a goodbye cannot undo its receipt.
                with suppress(OSError):
                    server.quit()
        except smtplib.SMTPResponseException as error:
            reason = _reply(error.smtp_code, error.smtp_error)
            raise DeliveryFailed(permanent=False, reason=reason, for_all=True) from error
        except OSError as error:
            reason = f"{self._host}: {error}"
            raise DeliveryFailed(permanent=False, reason=reason, for_all=True) from error

    def _server(self) -> smtplib.SMTP:
        seconds = self._patience.answer
        server = smtplib.SMTP(timeout=seconds)
        if self._over_tls:
            server = smtplib.SMTP_SSL(timeout=seconds, context=ssl.create_default_context())
        # Whom its certificate has to name: given to the constructor it would connect at once, out of reach.
        server._host = self._host  # type: ignore[attr-defined]  # noqa: SLF001 - see above
        return server

    def _secure(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        encrypted = self._over_tls
        if not encrypted and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            encrypted = True
        if self._user:
            if not encrypted:
                raise smtplib.SMTPNotSupportedError("no TLS, so the password was not sent")
            server.login(self._user, self._password)


@contextmanager
def _ended_after(seconds: float, server: smtplib.SMTP) -> Iterator[None]:
    """Break the connection off when everything together takes too long.

    A server that sends one letter every few seconds never runs into the time-out of an answer.
    """

    def end() -> None:
        with suppress(OSError):
            if server.sock is not None:
                socket.socket.shutdown(server.sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class EmlFolder:
    """Writes each mail as one file, where no server is configured."""

    def __init__(self, path: Path) -> None:
        """Remember the folder; it is made private when the first mail is written."""
        self._folder = path

    def deliver(self, message: Message) -> Delivered:
        """Write ``<left part of the message id>.eml``, whole or not at all; a repeat replaces itself.

        Raises:
            DeliveryFailed: permanent for a message that cannot be written as mail, temporary when the
                folder cannot be written.
        """
        content = message.content or written(message)
        name = f"{_message_id(message).partition('@')[0]}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                Path(draft).replace(self._folder / name)
            except BaseException:
                Path(draft).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise DeliveryFailed(permanent=False, reason=f"{name}: {error.strerror}") from error
        return Delivered(name)


def written(message: Message) -> bytes:
    """The mail as bytes, as :func:`write_mail` writes it; they are kept and sent as they are.

    Raises:
        DeliveryFailed: as there.
    """
    return write_mail(message).as_bytes()


def write_mail(message: Message) -> EmailMessage:
    """The mail as it travels (RFC 5322): text, HTML with its pictures, then the files.

    The same message gives the same bytes. It carries ``Auto-Submitted`` (RFC 3834), so that absence
    notices are not answered to it, and no List header: it is a letter to one debtor, not a mailing that
    one could unsubscribe from.

    Raises:
        DeliveryFailed: permanent, when an address or the message id is none.
    """
    mail = EmailMessage(policy=policy.SMTP)
    mail["Message-ID"] = f"<{_message_id(message)}>"
    mail["Date"] = format_datetime(message.at)
    mail["From"] = _address(message.sender_email, message.sender_name)
    mail["To"] = [_address(to) for to in message.to]
    mail["Reply-To"] = _address(message.reply_to)
    mail["Subject"] = _one_line(message.letter.subject)
    mail["Auto-Submitted"] = "auto-generated"
    # Seven bits pass every server, whatever it announces.
    mail.set_content(message.letter.text, cte="quoted-printable")
    mail.add_alternative(message.letter.html, subtype="html", cte="quoted-printable")
    page = mail.get_payload(1)
    assert isinstance(page, EmailMessage)
    for picture in message.letter.attachments:
        if picture.inline_id is not None:
            _attach(page, picture)
    for file in message.letter.attachments:
        if file.inline_id is None:
            _attach(mail, file)
    # Only now: the library moves content headers that it finds into the first part.
    mail["Content-Language"] = message.language
    _fix_boundaries(mail, message.message_id)
    return mail


def _attach(mail: EmailMessage, file: Attachment) -> None:
    main, _, sub = file.mime.partition("/")
    if file.inline_id is None:
        mail.add_attachment(file.content, main, sub, filename=file.name)
    else:
        mail.add_related(
            file.content, main, sub, cid=f"<{file.inline_id}>", filename=file.name, disposition="inline"
        )


def _fix_boundaries(mail: EmailMessage, message_id: str) -> None:
    """Boundaries from the message id: the library's random ones would make each retry another mail."""
    for place, part in enumerate(mail.walk()):
        if part.is_multipart():
            digest = hashlib.sha256(f"{message_id} {place}".encode()).hexdigest()
            part.set_boundary(f"=_{digest[:40]}")


def _message_id(message: Message) -> str:
    bare = message.message_id.removeprefix("<").removesuffix(">")
    if not _MESSAGE_ID.fullmatch(bare):
        raise DeliveryFailed(permanent=True, reason=f"not a message id: {message.message_id!r}")
    return bare


def _address(email: str, name: str = "") -> Address:
    """An address that can be nothing else: a line break in it would begin a header of the writer's choice."""
    try:
        address = Address(_one_line(name), addr_spec=email)
    except (ValueError, IndexError, MessageError) as error:
        raise DeliveryFailed(permanent=True, reason=f"not an address: {email!r}") from error
    if not address.domain or not email.isascii() or not email.isprintable() or " " in email:
        raise DeliveryFailed(permanent=True, reason=f"not an address: {email!r}")
    return address


def _one_line(words: str) -> str:
    return "".join(c for c in " ".join(words.split()) if unicodedata.category(c) not in {"Cc", "Cf"})


def _expect(reply: tuple[int, bytes], *, for_all: bool = False) -> str:
    if reply[0] not in _ACCEPTED:
        raise _refusal(*reply, for_all=for_all)
    return _reply(*reply)


def _refusal(
    code: int, words: bytes | str, *, for_all: bool = False, gone: tuple[Gone, ...] = ()
) -> DeliveryFailed:
    said = _reply(code, words)
    ours = for_all or code == _CLOSING
    permanent = code >= _PERMANENT_FROM and not ours and not _POLICY.search(said)
    return DeliveryFailed(permanent=permanent, reason=said, for_all=ours, gone=gone)


def _is_gone(code: int, words: bytes | str) -> bool:
    """Whether a refusal says that there is no such address, and not merely that this mail is unwanted."""
    said = _reply(code, words)
    if _STATUS.search(said):
        return code >= _PERMANENT_FROM and _GONE.search(said) is not None
    return code in _NO_SUCH_ADDRESS


def _reply(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(said.split())}"
