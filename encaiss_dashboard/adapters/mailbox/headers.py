"""What the headers of a stranger's mail say, each bounded and plain."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
from typing import Any, Final

from encaiss_dashboard.domain.inbound import MailKind
from encaiss_dashboard.domain.references import is_email

_VALUE_LENGTH_MAX: Final = 4_000
_VALUES_MAX: Final = 20
_LINE_LENGTH_MAX: Final = 300
_REFERENCES_MAX: Final = 50
_ID: Final = re.compile(r"<([^<>\s]{3,250})>")
_RECIPIENTS: Final = (
    *("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to"),
    *("resent-to", "original-recipient", "x-forwarded-to"),
)
# RFC 3834 §5, and what programs wrote before it; lists and their like (RFC 2919, RFC 2369).
_AUTOMATIC: Final = frozenset(
    {"x-autoreply", "x-autorespond", "x-autoresponder", "list-id", "list-unsubscribe", "feedback-id"}
)
_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply"})


class Headers:
    """The headers of one mail or part: the first few of each name, cut to what a person would read."""

    def __init__(self, message: Message[Any, Any]) -> None:
        self._values: dict[str, list[str]] = defaultdict(list)
        for name, value in message.raw_items():
            held = self._values[name.lower()]
            if len(held) < _VALUES_MAX:
                held.append(_eight_bits(str(value))[:_VALUE_LENGTH_MAX])

    def __contains__(self, name: str) -> bool:
        """Whether there is such a header."""
        return name in self._values

    def raw(self, name: str) -> str:
        """The first of a name as it is written, in one line."""
        return one_line(next(iter(self._values.get(name, ())), ""))

    def words(self, name: str) -> str:
        """The first of a name as its writer meant it (RFC 2047), in one line."""
        value = next(iter(self._values.get(name, ())), "")
        try:
            return one_line(str(make_header(decode_header(value))))
        except Exception:  # noqa: BLE001 - the library breaks on some in ways that it does not name
            return one_line(value)

    def addresses(self, *names: str) -> list[tuple[str, str]]:
        """Names and addresses, in order."""
        values = [value for name in names for value in self._values.get(name, ())]
        try:
            found = getaddresses(values)
        except Exception:  # noqa: BLE001 - as above
            return []
        return [(_meant(name), address.strip().lower()) for name, address in found if address]

    def sender(self) -> tuple[str, str]:
        """Name and address of who wrote it; no address for what is none."""
        name, address = next(iter(self.addresses("from", "sender")), ("", ""))
        return name, address if is_email(address) else ""

    def recipients(self) -> tuple[str, ...]:
        """Every address that it was written or delivered to."""
        return tuple(dict.fromkeys(one_line(address) for _, address in self.addresses(*_RECIPIENTS)))

    def ids(self, *names: str) -> tuple[str, ...]:
        """Message-IDs without brackets, newest first: a thread is written from its oldest on."""
        found = [one for name in names for value in self._values.get(name, ()) for one in _ID.findall(value)]
        return tuple(dict.fromkeys(reversed(found[-_REFERENCES_MAX:])))

    def kind(self) -> MailKind:
        """Whether a person or a machine wrote, as far as headers say."""
        automatic = self.raw("auto-submitted").lower().partition(";")[0].strip()
        local = self.sender()[1].partition("@")[0].partition("+")[0]
        if (
            automatic not in {"", "no"}
            or self.raw("precedence").lower() in _PRECEDENCE
            or self.raw("return-path") == "<>"
            or local in _MACHINES
            or any(name in self for name in _AUTOMATIC)
        ):
            return MailKind.AUTO
        return MailKind.REPLY


def _meant(name: str) -> str:
    try:
        return one_line(str(make_header(decode_header(name))))
    except Exception:  # noqa: BLE001 - as above
        return one_line(name)


def _eight_bits(value: str) -> str:
    """What some programs write without saying how: UTF-8, or else Windows' letters."""
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def one_line(words: str, length: int = _LINE_LENGTH_MAX) -> str:
    """Words without line breaks, control characters and signs that turn what follows around."""
    kept = (c for c in " ".join(words.split()) if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    return "".join(kept)[:length].strip()
