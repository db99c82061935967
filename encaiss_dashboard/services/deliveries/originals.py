"""What a message said, byte for byte as it was handed over, for whoever has to prove it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.contents import content_key
from encaiss_dashboard.work import Work

_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Original:
    """A message as it left: an e-mail that any mail program opens, or what a provider of texts got."""

    name: str
    mime: str
    content: bytes
    sha256: str


def original(work: Work, client_id: int | None, message_id: int, number: int | None = None) -> Original:
    """The bytes of a message.

    Args:
        work: of who asks.
        client_id: whose debtor it went to.
        message_id: the message.
        number: which of its contents, from 1; the one handed over last when left out. There are several
            where a balance changed between two attempts.

    Raises:
        NotFound: no such message or content, another client's, or the bytes are gone by now: erased, or
            past their time; also when they are no longer what was kept.
    """
    client = work.require(Action.VIEW, client_id)
    if not 0 < message_id <= _ID_MAX:
        raise NotFound
    row = queries.message(work.session, client, message_id)
    which = len(row.contents) if number is None else number
    if not 0 < which <= len(row.contents):
        raise NotFound
    try:
        content = work.store.load(content_key(row, which))
    except FileNotFoundError as error:
        raise NotFound from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != row.contents[which - 1]:
        raise NotFound
    ending, mime = ("json", "application/json") if row.channel == Channel.SMS else ("eml", "message/rfc822")
    name = row.message_id.partition("@")[0]
    return Original(f"{name}.{ending}", mime, content, digest)
