"""Finished letters and mails, and what became of handing them over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from encaiss_dashboard.domain.letters.statement import Party


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
