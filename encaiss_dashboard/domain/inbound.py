"""Mail that comes back: what it is, whose it is, and the address that says so.

Each statement asks for answers at an address of its own, ``local+TOKEN@domain``: client and debtor with a
keyed digest over both, so that nobody who was not written to can put anything into a debtor's file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

Sign = Callable[[str], str]

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_MAC_BYTES: Final = 8
_MAC_LENGTH: Final = 12  # of base 32: 60 bits, for who can only try by sending mails
_TOKEN: Final = re.compile(r"\+([0-9a-z]{1,7})-([0-9a-z]{1,7})-([a-z2-7]{12})@")
_ID_MAX: Final = 2**31 - 1


class MailKind(StrEnum):
    """What a mail is. Each has its words in the catalogue under ``inbound.kind_``."""

    REPLY = "reply"  # somebody wrote: what was to be sent next waits until it is read
    BOUNCE = "bounce"  # a server says what became of a message (RFC 3464)
    AUTO = "auto"  # a machine answers (RFC 3834): absences, receipts, newsletters


class How(StrEnum):
    """How it was known whose a mail is. Each has its words in the catalogue under ``inbound.how_``."""

    TOKEN = "token"  # noqa: S105 - by the address that only this debtor was given
    REFERENCE = "reference"  # it answers one of our messages
    SENDER = "sender"  # its sender is this debtor's address, and no other's
    PERSON = "person"  # somebody of the agency said so
    NOBODY = "nobody"


class MailboxUnreachable(Exception):  # noqa: N818 - an outcome of the trade, told to people; not our bug
    """The mailbox does not answer, or not sensibly; ``reason`` is told to the agency and holds no secret."""

    def __init__(self, reason: str) -> None:
        """Keep what the agency is told."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Returned:
    """What a server says became of a message to one address (RFC 3464 §2.3).

    Attributes:
        address: it was for.
        permanent: no later attempt will help (status 5.x.x).
        status: such as ``5.1.1``, "" when it is not said.
        reason: the server's own words, one line.
    """

    address: str
    permanent: bool
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file in a mail, named and typed as its sender says: to be believed in nothing."""

    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A mail as it was fetched and understood; every text is plain, without control characters.

    Attributes:
        content: its exact bytes, as far as they were fetched.
        digest: the same for the same mail, however often and by whatever way it comes.
        size_bytes: of the whole mail; whole: all of it was fetched and understood.
        message_id, references: without angle brackets; the latter newest first.
        recipients: every address that it was written or delivered to.
        sender_email: "" for what is no address.
        text: what was written, quoted history included; shown: without it.
        original: of a bounce: Message-ID of the message it is about, "" when it does not say.
    """

    content: bytes = field(repr=False)
    digest: str
    size_bytes: int
    whole: bool = True
    kind: MailKind = MailKind.REPLY
    message_id: str = ""
    references: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    sender_name: str = ""
    sender_email: str = ""
    subject: str = ""
    text: str = ""
    shown: str = ""
    original: str = ""
    returned: tuple[Returned, ...] = ()
    files: tuple[IncomingFile, ...] = ()


def unread_mail(content: bytes, digest: str, size_bytes: int) -> Incoming:
    """A mail that could not be understood: it is kept, and somebody has to look at it in the mailbox."""
    return Incoming(content, digest, size_bytes, whole=False)


def digest_of(content: bytes, message_id: str) -> str:
    """Under which a mail is known again.

    Its id alone would let a stranger who guesses one keep somebody's mail out, and the bytes alone differ
    by the way a mail came: so the id with what stands below the headers.
    """
    head, end, body = content.partition(b"\r\n\r\n")
    if not end:
        head, end, body = content.partition(b"\n\n")
    known = message_id.encode("utf-8", "replace") or head
    return hashlib.sha256(known + b"\0" + hashlib.sha256(body).digest()).hexdigest()


def reply_token(sign: Sign, client_id: int, debtor_id: int) -> str:
    """What the address for answers of a debtor carries: short, and the same in any case of letters."""
    raw = bytes.fromhex(sign(f"reply:{client_id}:{debtor_id}"))[:_MAC_BYTES]
    mac = base64.b32encode(raw).decode().lower()[:_MAC_LENGTH]
    return f"{_base36(client_id)}-{_base36(debtor_id)}-{mac}"


def reply_address(address: str, sign: Sign, client_id: int, debtor_id: int) -> str:
    """The address for answers of a debtor, a subaddress (RFC 5233) of the agency's."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{reply_token(sign, client_id, debtor_id)}@{domain}"


def addressed(sign: Sign, addresses: Iterable[str]) -> tuple[int, int] | None:
    """Client and debtor of the first address that this house made for answers, None without any."""
    for address in addresses:
        for client, debtor, mac in _TOKEN.findall(address.lower()):
            ids = int(client, 36), int(debtor, 36)
            if max(ids) <= _ID_MAX and hmac.compare_digest(
                reply_token(sign, *ids), f"{_base36(ids[0])}-{_base36(ids[1])}-{mac}"
            ):
                return ids
    return None


def message_mac(sign: Sign, left: str) -> str:
    """What makes the id of a message unguessable, over the rest of its left part."""
    return sign(f"message:{left}")[:_MAC_LENGTH]


def is_ours(sign: Sign, message_id: str) -> bool:
    """Whether an id carries the digest that only this house can make."""
    left, _, mac = message_id.partition("@")[0].rpartition(".")
    return bool(left) and hmac.compare_digest(
        message_mac(sign, left), mac.encode("ascii", "replace").decode()
    )


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits or "0"
