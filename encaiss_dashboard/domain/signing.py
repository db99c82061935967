"""The rules of signing in: passwords, second factor, sessions, mailed links, and how often one may try.

Keys are derived, never stored: whoever steals the database alone can make neither a code nor a link.
A ``sign`` is a keyed digest of a text (HMAC-SHA-256 with the deployment's secret, in hexadecimal).
"""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from pyotp import TOTP
from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

Sign = Callable[[str], str]

# NIST SP 800-63B §2.2.3: again after 12 hours at the latest, or after a pause.
SESSION_LENGTH: Final = timedelta(hours=12)
IDLE_LENGTH: Final = timedelta(hours=2)
SEEN_EVERY: Final = timedelta(minutes=5)

PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 256
_PASSWORD_SCORE_MIN: Final = 3  # of 4: "safely unguessable" for whoever holds the hashes
_PASSWORD_MEASURED: Final = 64  # the estimate takes seconds on long ones, which are strong anyway
_BREACHED: Final = frozenset(FREQUENCY_LISTS["passwords"])

TRIES_WINDOW: Final = timedelta(minutes=15)
TRIES_PER_ACCOUNT: Final = 10
TRIES_PER_ADDRESS: Final = 30
# From everywhere together: so many that no stranger can shut somebody out of an own account, and few
# enough for a password that takes a hundred million guesses.
TRIES_FROM_ANYWHERE: Final = 100

CODE_SECONDS: Final = 30
CODE_DIGITS: Final = 6
RECOVERY_CODES: Final = 10
# A key that was shown and not confirmed is forgotten, or a thief could leave his own behind.
ENROL_LENGTH: Final = timedelta(minutes=15)
_KEY_BYTES: Final = 20  # RFC 4226 §4, R6: 160 bits
_RECOVERY_BYTES: Final = 10
_MAC_LENGTH: Final = 43
API_TOKEN_BYTES: Final = 32
# Letters and digits alone: a double click marks the whole of it, and no shell reads anything into it.
_BASE62: Final = string.digits + string.ascii_uppercase + string.ascii_lowercase
_API_TOKEN: Final = re.compile("encaiss_[0-9A-Za-z]{43}")


class Asked(StrEnum):
    """What is tried; each is counted for itself, so that strangers cannot use up an owner's tries."""

    PASSWORD = "password"  # noqa: S105 - a kind of try
    CODE = "code"
    WITHIN = "within"


class LinkKind(StrEnum):
    """What a mailed link is good for, once."""

    INVITATION = "invitation"
    RESET = "reset"
    EMAIL = "email"


LINK_LENGTHS: Final = {
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.RESET: timedelta(hours=1),
    LinkKind.EMAIL: timedelta(days=1),
}


class Weakness(StrEnum):
    """Why a password is refused. Each has a sentence in the catalogue under ``refusal.password_``."""

    SHORT = "short"
    LONG = "long"
    BREACHED = "breached"
    GUESSABLE = "guessable"


def weakness(password: str, about: Sequence[str] = ()) -> Weakness | None:
    """What is wrong with a password, None when it may be used (NIST SP 800-63B §3.1.1.2).

    Args:
        password: as typed.
        about: what an attacker would try first: the person's name, address, the client's name.
    """
    if len(password) < PASSWORD_LENGTH_MIN:
        return Weakness.SHORT
    if len(password) > PASSWORD_LENGTH_MAX:
        return Weakness.LONG
    if password.lower() in _BREACHED:
        return Weakness.BREACHED
    measured = zxcvbn(password[:_PASSWORD_MEASURED], user_inputs=[word for word in about if word])
    return Weakness.GUESSABLE if measured["score"] < _PASSWORD_SCORE_MIN else None


def wait(failures: Sequence[datetime], allowed: int, now: datetime) -> timedelta:
    """How long until another try is allowed: zero while fewer than ``allowed`` failed within the window."""
    recent = sorted(at for at in failures if now - TRIES_WINDOW < at <= now)
    return recent[-allowed] + TRIES_WINDOW - now if len(recent) >= allowed else timedelta(0)


def tried_as(sign: Sign, email: str, asked: Asked) -> str:
    """The digest under which tries of an account are counted, so that no table lists what was typed."""
    return sign(f"{asked}:{email}")


def is_live(now: datetime, *, seen_at: datetime, expires_at: datetime) -> bool:
    """Whether a session is neither too old nor too long unused."""
    return now < expires_at and now - seen_at < IDLE_LENGTH


def factor_key(sign: Sign, factor_id: int, nonce: str) -> str:
    """The base-32 key of a second factor (RFC 6238, SHA-1 as every app understands it)."""
    return base64.b32encode(bytes.fromhex(sign(f"totp:{factor_id}:{nonce}"))[:_KEY_BYTES]).decode()


def code_at(key: str, at: datetime) -> str:
    """The six digits that an app shows at that moment."""
    return TOTP(key).at(int(at.timestamp()))


def factor_uri(key: str, email: str) -> str:
    """What an authenticator app reads from the QR code."""
    return TOTP(key, name=email, issuer="Encaiss").provisioning_uri()


def code_step(key: str, code: str, now: datetime, last_step: int) -> int | None:
    """The number of the 30-second step whose code this is, None when it fits none that may still be used.

    A clock may be half a minute off either way (RFC 6238 §5.2), and no code passes twice: a step up to
    ``last_step`` is used up.
    """
    current = int(now.timestamp()) // CODE_SECONDS
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdecimal() and len(digits) == CODE_DIGITS):
        return None
    for step in (current, current - 1, current + 1):
        if step > last_step and TOTP(key).verify(digits, for_time=step * CODE_SECONDS):
            return step
    return None


def recovery_code(sign: Sign, code_id: int, nonce: str) -> str:
    """One recovery code: 80 bits in four groups of four."""
    raw = base64.b32encode(bytes.fromhex(sign(f"recovery:{code_id}:{nonce}"))[:_RECOVERY_BYTES]).decode()
    return "-".join(raw[i : i + 4] for i in range(0, len(raw), 4))


def same_recovery_code(typed: str, kept: str) -> bool:
    """Whether a typed code is this one, whatever its case, spaces and hyphens."""
    return bare_recovery_code(typed) == bare_recovery_code(kept)


def bare_recovery_code(typed: str) -> str:
    """A code without case, spaces and hyphens."""
    return "".join(letter for letter in typed.upper() if letter.isalnum())


@dataclass(frozen=True, slots=True)
class LinkToken:
    """What a mailed link carries: which mail it is of, and the proof that the house wrote it."""

    mail_id: int
    mac: str

    def __str__(self) -> str:
        """As it stands in the address."""
        return f"{self.mail_id}-{self.mac}"


def link_token(sign: Sign, mail_id: int, kind: str, nonce: str, to: str) -> LinkToken:
    """The token of a mail's link: 172 bits of a keyed digest over what the link is for."""
    return LinkToken(mail_id, sign(f"link:{kind}:{mail_id}:{nonce}:{to}")[:_MAC_LENGTH])


def read_link_token(text: str) -> LinkToken | None:
    """A token as it came back in an address, None when it can be none."""
    number, _, mac = text.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) <= len(str(2**31))):
        return None
    return LinkToken(int(number), mac) if len(mac) == _MAC_LENGTH and mac.isascii() else None


def api_token(raw: bytes) -> str:
    """A key for a client's software out of 32 random bytes; its beginning tells a scanner whose it is."""
    number, digits = int.from_bytes(raw[:API_TOKEN_BYTES], "big"), ""
    for _ in range(_MAC_LENGTH):
        number, digit = divmod(number, len(_BASE62))
        digits = _BASE62[digit] + digits
    return f"encaiss_{digits}"


def api_token_digest(sign: Sign, token: str) -> str:
    """Under which a key is kept and looked up, "" for what can be none.

    Looked up by a keyed digest, a guess learns nothing from how long the answer takes.
    """
    return sign(f"api:{token}") if _API_TOKEN.fullmatch(token) else ""
