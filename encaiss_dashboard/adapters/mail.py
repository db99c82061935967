"""Mail leaves here: by SMTP, or as files that any mail program opens."""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import ssl
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from encaiss_dashboard.domain.letters import Attachment, Delivered, DeliveryFailed, Message

_TIMEOUT_SECONDS: Final = 30
_PORTS: Final = {"smtp": 25, "smtps": smtplib.SMTP_SSL_PORT}
# RFC 5321 §4.2.1: the first digit says whether trying again can help.
_PERMANENT_FROM: Final = 500
_ACCEPTED: Final = range(200, 300)
_MESSAGE_ID: Final = re.compile(r"[A-Za-z0-9._+-]{1,120}@[A-Za-z0-9.-]{1,120}")


class SmtpMailer:
    """Hands mail to an SMTP server (RFC 5321).

    ``smtp://user:password@host:port`` starts TLS whenever the server offers it, ``smtps://`` speaks
    TLS from the first byte. A password is never sent without TLS: whoever sits between could hide the
    offer and read it.
    """

    def __init__(self, url: str) -> None:
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

    def deliver(self, message: Message) -> Delivered:
        """Send one message; its detail is the server's own receipt.

        Raises:
            DeliveryFailed: permanent when the message or every recipient was refused with a 5xx reply,
                else temporary. A refused login or greeting is temporary too: it is about this house and
                not about the letter, and must not lose it.
        """
        content = write_mail(message).as_bytes()
        with self._connected() as server:
            options = [f"size={len(content)}"] if server.has_extn("size") else []
            _expect(server.mail(message.return_path or message.sender_email, options))
            refused = {to: reply for to in message.to if (reply := server.rcpt(to))[0] not in _ACCEPTED}
            if len(refused) == len(message.to):
                # One recipient that may be accepted later is worth another attempt.
                _expect(min(refused.values()))
            receipt = _hand_over(server, content)
        return Delivered("; ".join([receipt, *(f"{to}: {_reply(*reply)}" for to, reply in refused.items())]))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        try:
            with closing(self._connect()) as server:
                self._secure(server)
                yield server
                # What the server says to a goodbye cannot undo its receipt.
                with suppress(OSError):
                    server.quit()
        except smtplib.SMTPResponseException as error:
            reason = _reply(error.smtp_code, error.smtp_error)
            raise DeliveryFailed(permanent=False, reason=reason) from error
        except OSError as error:
            raise DeliveryFailed(permanent=False, reason=f"{self._host}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        if self._over_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_SECONDS)

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
        content = write_mail(message).as_bytes()
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


def _hand_over(server: smtplib.SMTP, content: bytes) -> str:
    try:
        return _expect(server.data(content))
    except smtplib.SMTPDataError as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except smtplib.SMTPServerDisconnected as error:
        # A repeat carries the same Message-ID, by which the reader's server may know it again.
        reason = f"no receipt for what was sent, it may have arrived: {error}"
        raise DeliveryFailed(permanent=False, reason=reason) from error


def _expect(reply: tuple[int, bytes]) -> str:
    if reply[0] not in _ACCEPTED:
        raise _refusal(*reply)
    return _reply(*reply)


def _refusal(code: int, words: bytes | str) -> DeliveryFailed:
    return DeliveryFailed(permanent=code >= _PERMANENT_FROM, reason=_reply(code, words))


def _reply(code: int, words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(said.split())}"
