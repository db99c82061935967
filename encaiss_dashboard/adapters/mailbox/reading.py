"""Understanding a stranger's mail (RFC 5322, MIME): never raises, never believes, keeps what it was given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import Message
from typing import Any, Final

from encaiss_dashboard.adapters.mailbox.headers import Headers, one_line
from encaiss_dashboard.adapters.mailbox.words import decoded, is_text, named, without_quotes, written
from encaiss_dashboard.domain.inbound import (
    Incoming,
    IncomingFile,
    MailKind,
    Returned,
    digest_of,
    unread_mail,
)
from encaiss_dashboard.domain.references import is_email

FILES_MAX: Final = 25
_PARTS_MAX: Final = 200
_HEADERS_BYTES_MAX: Final = 256 * 1024
_RETURNED_MAX: Final = 20
_NAME_LENGTH_MAX: Final = 120
_MIME: Final = re.compile(r"[a-z0-9]+/[a-z0-9.+-]{1,80}")
# RFC 3463 §2: 5 is permanent, 4 may pass, 2 is a success.
_STATUS: Final = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def read_mail(content: bytes, size_bytes: int | None = None) -> Incoming:
    """A mail as far as it can be understood; what breaks is kept for somebody to look at.

    Args:
        content: its bytes, or the beginning of them.
        size_bytes: of the whole mail, when it is more.
    """
    size = len(content) if size_bytes is None else size_bytes
    blank = re.search(rb"\r?\n\r?\n", content)
    known = digest_of(content, "")
    if (blank.start() if blank else len(content)) > _HEADERS_BYTES_MAX or (
        # The library goes through every line once for each part around it.
        content.count(b"boundary") > _PARTS_MAX
    ):
        return unread_mail(content, known, size)
    try:
        found = _read(message_from_bytes(content, policy=policy.default), content, size)
    except Exception:  # noqa: BLE001 - the library breaks on some mails in ways that it does not name
        return unread_mail(content, known, size)
    return found if size <= len(content) else replace(found, whole=False)


def _read(mail: Message[Any, Any], content: bytes, size: int) -> Incoming:
    headers = Headers(mail)
    name, address = headers.sender()
    own = next(iter(headers.ids("message-id")), "")
    parts = [one for one, _ in zip(_leaves(mail), range(_PARTS_MAX), strict=False)]
    reports = [one for one in parts if one.get_content_type() == "message/delivery-status"]
    returned = tuple(one for report in reports for one in _returned(report))[:_RETURNED_MAX]
    kind = headers.kind()
    if returned:
        kind = MailKind.BOUNCE
    elif mail.get_content_type() == "multipart/report":
        kind = MailKind.AUTO  # a receipt (RFC 8098), or the news that something did arrive
    text = written(mail)
    return Incoming(
        content=content,
        digest=digest_of(content, own),
        size_bytes=size,
        kind=kind,
        message_id=own,
        references=headers.ids("references", "in-reply-to"),
        recipients=headers.recipients(),
        sender_name=name,
        sender_email=address,
        subject=headers.words("subject"),
        text=text,
        shown=without_quotes(text),
        original=_original(parts) if returned else "",
        returned=returned,
        files=tuple(_file(one, n) for n, one in enumerate(_files(parts), start=1))[:FILES_MAX],
    )


def _leaves(mail: Message[Any, Any]) -> Iterator[Message[Any, Any]]:
    """The parts that hold something; a mail within the mail is one of them."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            inner = part.get_payload()
            inside = [one for one in inner if isinstance(one, Message)] if isinstance(inner, list) else []
            waiting += reversed(inside)
        else:
            yield part


def _files(parts: list[Message[Any, Any]]) -> Iterator[Message[Any, Any]]:
    for part in parts:
        if not is_text(part) and part.get_content_type() != "message/delivery-status":
            yield part


def _file(part: Message[Any, Any], number: int) -> IncomingFile:
    mime = part.get_content_type().lower()
    if part.get_content_maintype() == "message" and part.is_multipart():
        content = b"\n".join(one.as_bytes() for one in part.get_payload() if isinstance(one, Message))
        return IncomingFile(_name(named(part)) or f"mail-{number}.eml", "message/rfc822", content)
    data = part.get_payload(decode=True)
    content = data if isinstance(data, bytes) else b""
    known = mime if _MIME.fullmatch(mime) else "application/octet-stream"
    return IncomingFile(_name(named(part)) or f"{number}", known, content)


def _name(given: str) -> str:
    """A file name that is neither a path nor hidden."""
    return one_line(re.split(r"[/\\]", given)[-1], _NAME_LENGTH_MAX).lstrip(".")


def _returned(report: Message[Any, Any]) -> Iterator[Returned]:
    """What a report says of each address that was not reached (RFC 3464 §2.3)."""
    blocks = report.get_payload()
    for block in blocks[:_PARTS_MAX] if isinstance(blocks, list) else ():
        if not isinstance(block, Message):
            continue
        headers = Headers(block)
        action = headers.raw("action").lower()
        address = (headers.raw("original-recipient") or headers.raw("final-recipient")).rpartition(";")[2]
        final = headers.raw("final-recipient").rpartition(";")[2]
        if action not in {"failed", "delayed"} or not (address or final):
            continue
        reason = headers.raw("diagnostic-code").partition(";")[2].strip() or headers.raw("diagnostic-code")
        said = _STATUS.search(headers.raw("status")) or _STATUS.search(reason)
        status = said.group(1) if said else ""
        wanted = next((one for one in map(_bare, (address, final)) if is_email(one)), "")
        if wanted:
            permanent = action == "failed" and status.startswith("5")
            yield Returned(wanted, permanent, status, one_line(reason))


def _bare(address: str) -> str:
    return address.strip().strip("<>").lower()


def _original(parts: list[Message[Any, Any]]) -> str:
    """The id of the message that a report is about, from what it sends back of it (RFC 3462)."""
    for part in parts:
        kind, inner = part.get_content_type(), part.get_payload()
        if kind == "message/rfc822" and isinstance(inner, list) and inner and isinstance(inner[0], Message):
            returned: Message[Any, Any] = inner[0]
        elif kind == "text/rfc822-headers":
            returned = message_from_bytes(decoded(part).encode(), policy=policy.default)
        else:
            continue
        for one in Headers(returned).ids("message-id"):
            return one
    return ""
