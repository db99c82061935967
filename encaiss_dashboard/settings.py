"""The only reader of the environment. Every setting, its default and its meaning stand in README.md."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from encaiss_dashboard.domain.sending_hours import SendingHours

_ROOT = Path(__file__).resolve().parent.parent


class SettingsError(RuntimeError):
    """The environment does not allow a safe start; the message says what to set."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this deployment runs.

    Attributes:
        data_dir: private folder for the database, uploads and written mails.
        database_url: SQLAlchemy URL.
        demo: demo data may exist here, with its printed logins.
        host: address the server binds to.
        port: the one port of pages, socket and uploads.
        public_url: address the browser uses, without a trailing slash; baked into the build.
        secret: key of the session digests.
        smtp_url: ``smtp://user:password@host:port`` (or ``smtps``), "" writes .eml files instead.
        reply_address: address that answers to statements go to, with a token of the debtor after a plus
            sign; "" sends them to the agency's own.
        imap_url: ``imaps://user:password@host/folder`` of the mailbox that they come to, "" reads none.
        sms_url: where the provider of texts takes them (``https://…``), "" where there is none.
        sms_token: the key it is asked with.
        sms_sender: what a telephone shows as sender: a number, or at most 11 letters and digits.
        hours: in which somebody is written to.
        remind_at: local hour and minute of the nightly run, ``HH:MM``.
        proxies: how many trusted proxies stand in front; as many addresses on the right of
            ``X-Forwarded-For`` are theirs to write, 0 believes none.
        rate_factor: how many times the usual limits on how often an address may ask; 0 lifts them.
    """

    data_dir: Path
    database_url: str
    demo: bool
    host: str
    port: int
    public_url: str
    secret: str
    smtp_url: str
    reply_address: str
    imap_url: str
    sms_url: str
    sms_token: str
    sms_sender: str
    hours: SendingHours
    remind_at: str
    proxies: int
    rate_factor: float

    @property
    def uploads(self) -> Path:
        """The folder of what clients uploaded: the files that a backup holds."""
        return self.data_dir / "uploads"

    @property
    def origins(self) -> tuple[str, ...]:
        """The only web origins whose pages may open a socket or post a form here."""
        parts = urlsplit(self.public_url)
        own = f"{parts.scheme}://{parts.netloc}"
        local = (f"http://127.0.0.1:{self.port}", f"http://localhost:{self.port}")
        return (own, *(origin for origin in local if origin != own)) if self.demo else (own,)

    @property
    def secure_cookies(self) -> bool:
        """Whether the session cookie is kept to TLS connections."""
        return self.public_url.startswith("https://")


def read(environment: Mapping[str, str]) -> Settings:
    """Build the settings from an environment.

    Raises:
        SettingsError: a number that is none; the secret is checked by :func:`require_secret`.
    """
    data_dir = Path(environment.get("ENCAISS_DATA_DIR", str(_ROOT / "var"))).expanduser().resolve()
    port_text = environment.get("ENCAISS_PORT", "3000")
    if not port_text.isdecimal() or not 0 < int(port_text) < 65536:  # noqa: PLR2004 - TCP ports
        raise SettingsError(f"ENCAISS_PORT must be a port number between 1 and 65535, not {port_text!r}.")
    demo = environment.get("ENCAISS_DEMO", "") == "1"
    return Settings(
        data_dir=data_dir,
        database_url=environment.get("ENCAISS_DATABASE_URL", f"sqlite:///{data_dir / 'encaiss.db'}"),
        demo=demo,
        host=environment.get("ENCAISS_HOST", "127.0.0.1"),
        port=int(port_text),
        public_url=environment.get("ENCAISS_PUBLIC_URL", f"http://localhost:{port_text}").rstrip("/"),
        secret=environment.get("ENCAISS_SECRET", "") or (_demo_secret(data_dir) if demo else ""),
        smtp_url=environment.get("ENCAISS_SMTP_URL", ""),
        reply_address=_reply_address(environment.get("ENCAISS_REPLY_ADDRESS", "")),
        imap_url=_imap_url(environment.get("ENCAISS_IMAP_URL", "")),
        sms_url=_sms_url(environment.get("ENCAISS_SMS_URL", "")),
        sms_token=environment.get("ENCAISS_SMS_TOKEN", ""),
        sms_sender=environment.get("ENCAISS_SMS_SENDER", ""),
        hours=_hours(environment.get("ENCAISS_SEND_BETWEEN", "08:00-19:00")),
        remind_at=environment.get("ENCAISS_REMIND_AT", "02:00"),
        proxies=_proxies(environment.get("ENCAISS_PROXIES", "0")),
        rate_factor=_rate_factor(environment.get("ENCAISS_RATE_FACTOR", "1")),
    )


def _reply_address(given: str) -> str:
    # Room for the token within the 64 letters of a local part (RFC 5321 §4.5.3.1.1).
    if given and not re.fullmatch(r"[A-Za-z0-9._-]{1,32}@[A-Za-z0-9.-]{1,190}", given):
        raise SettingsError(f"ENCAISS_REPLY_ADDRESS must be an address without a plus sign, not {given!r}.")
    return given


def _imap_url(given: str) -> str:
    # What is wrong with it is not repeated: there is a password in it.
    if given and not re.fullmatch(r"imaps?://[^:@/\s]+:[^@/\s]+@[^@/\s]+(/\S*)?", given):
        raise SettingsError("ENCAISS_IMAP_URL must be written imaps://user:password@host/folder.")
    return given


def _sms_url(given: str) -> str:
    parts = urlsplit(given)
    here = parts.hostname in {"localhost", "127.0.0.1"}
    if given and (not parts.hostname or parts.scheme not in ({"http", "https"} if here else {"https"})):
        raise SettingsError("ENCAISS_SMS_URL must be an https:// address; what is sent there is personal.")
    return given


def _hours(given: str) -> SendingHours:
    try:
        return SendingHours.parse(given)
    except ValueError as error:
        said = f"ENCAISS_SEND_BETWEEN is written like 08:00-19:00 (00:00-24:00 for always), not {given!r}."
        raise SettingsError(said) from error


def _proxies(given: str) -> int:
    if not re.fullmatch(r"[0-9]", given):
        raise SettingsError(f"ENCAISS_PROXIES must be the number of proxies in front, 0 to 9, not {given!r}.")
    return int(given)


def _rate_factor(given: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", given):
        raise SettingsError(f"ENCAISS_RATE_FACTOR must be a number like 1, 0.5 or 0, not {given!r}.")
    return float(given)


def require_secret(settings: Settings) -> None:
    """Refuse to serve without a secret of at least 32 characters.

    Raises:
        SettingsError: with the sentence that says how to make one.
    """
    if len(settings.secret) < 32:  # noqa: PLR2004 - 128 bits in hexadecimal
        raise SettingsError(
            "ENCAISS_SECRET is missing or shorter than 32 characters. Set it to a random value, for example "
            'the output of: python3 -c "import secrets; print(secrets.token_hex(32))"'
        )


def _demo_secret(data_dir: Path) -> str:
    """A random secret kept beside the demo's data, so that its sessions survive a restart."""
    path = data_dir / "demo-secret"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(32), encoding="ascii")
    return path.read_text(encoding="ascii")


settings = read(os.environ)
