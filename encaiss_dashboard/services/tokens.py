"""Keys with which a client's accounting software sends invoices: made, shown once, taken back.

Only a keyed digest is kept (domain/signing.py): whoever steals the table can send nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import col, select, update
from sqlmodel.sql.expression import SelectOfScalar

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.signing import API_TOKEN_BYTES, SEEN_EVERY, api_token, api_token_digest
from encaiss_dashboard.storage.accounts import ApiToken, User
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.work import Work

NAME_LENGTH_MAX: Final = 60
TOKENS_MAX: Final = 20
_ENDING: Final = 4
_ID_MAX: Final = 2**31 - 1


class TokenUnnamed(Refusal):
    """A key without a name: nobody would dare to take it back."""

    code = "token_unnamed"


class TokenNameTaken(Refusal):
    """Two keys of one name could not be told apart."""

    code = "token_name_taken"


class TooManyTokens(Refusal):
    """More keys than a client has programs."""

    code = "too_many_tokens"


@dataclass(frozen=True, slots=True)
class Token:
    """One key in use, as its client's owners see it.

    Attributes:
        ending: its last characters, to tell it from others.
        by: who made it, "" for the house itself.
        used_at: when it was last used, to some minutes; None when never.
    """

    id: int
    name: str
    ending: str
    by: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pusher:
    """Whose key it is that software has shown.

    Attributes:
        name: the key's.
        language: the client's.
        noted: that it is in use was written down some minutes ago.
    """

    token_id: int
    client_id: int
    name: str
    language: str
    noted: bool


def make(work: Work, client_id: int | None, name: str) -> str:
    """A new key for a program of this client; it can be shown this once.

    Raises:
        NotAllowed: the actor does not manage this client's team.
        TokenUnnamed, TokenNameTaken, TooManyTokens: nothing was made.
        Unreadable: a name too long.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    named = " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())
    if not named:
        raise TokenUnnamed
    if len(named) > NAME_LENGTH_MAX:
        raise Unreadable(value=named[:40])
    lock(work.session, f"tokens:{client}")
    live = list(work.session.exec(_live(client)))
    if named.casefold() in {one.name.casefold() for one in live}:
        raise TokenNameTaken
    if len(live) >= TOKENS_MAX:
        raise TooManyTokens
    token = api_token(secrets.token_bytes(API_TOKEN_BYTES))
    ending = token[-_ENDING:]
    work.session.add(
        ApiToken(
            client_id=client,
            name=named,
            digest=api_token_digest(work.sign, token),
            ending=ending,
            user_id=work.actor.user_id,
            created_at=work.now,
        )
    )
    facts = {"name": named, "ending": ending}
    work.journal.record(ActKind.TOKEN_MADE, day=work.today, client_id=client, facts=facts)
    return token


def revoke(work: Work, client_id: int | None, token_id: int) -> None:
    """Take a key back: what shows it from now on is turned away.

    Raises:
        NotAllowed: the actor does not manage this client's team.
        NotFound: no key of this client, or one that was taken back.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    row = work.session.get(ApiToken, token_id, with_for_update=True) if 0 < token_id <= _ID_MAX else None
    if row is None or row.client_id != client or row.revoked_at is not None:
        raise NotFound
    row.revoked_at = work.now
    facts = {"name": row.name, "ending": row.ending}
    work.journal.record(ActKind.TOKEN_REVOKED, day=work.today, client_id=client, facts=facts, shown=facts)


def listed(work: Work, client_id: int | None) -> tuple[Token, ...]:
    """The keys in use, the newest first.

    Raises:
        NotAllowed: the actor does not manage this client's team.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    rows = list(work.session.exec(_live(client)))
    makers = {row.user_id for row in rows if row.user_id is not None}
    names = {one.id: one.name for one in work.session.exec(select(User).where(col(User.id).in_(makers)))}
    return tuple(
        Token(known(row.id), row.name, row.ending, names.get(row.user_id, ""), row.created_at, row.used_at)
        for row in rows
    )


def whose(work: Work, token: str) -> Pusher | None:
    """Whose key this is, None for one that is unknown or was taken back.

    Raises:
        NotAllowed: only the house itself asks, before it knows for whom.
    """
    if not work.actor.house:
        raise NotAllowed
    digest = api_token_digest(work.sign, token)
    found = (
        work.session.exec(
            select(ApiToken, Client)
            .join(Client, col(Client.id) == col(ApiToken.client_id))
            .where(ApiToken.digest == digest, col(ApiToken.revoked_at).is_(None))
        ).first()
        if digest
        else None
    )
    if found is None:
        return None
    row, client = found
    noted = row.used_at is not None and work.now - row.used_at < SEEN_EVERY
    return Pusher(known(row.id), known(client.id), row.name, client.language, noted)


def note(work: Work, token_id: int) -> None:
    """Write down that a key was used.

    Raises:
        NotAllowed: only the house itself does.
    """
    if not work.actor.house:
        raise NotAllowed
    work.session.exec(update(ApiToken).where(col(ApiToken.id) == token_id).values(used_at=work.now))


def confirm(work: Work, client_id: int | None, token_id: int) -> None:
    """Make sure that a key still counts, inside the transaction that it opened.

    A writer may have waited for its turn, and its key may have been taken back meanwhile.

    Raises:
        NotAllowed: it was, or it never was this client's.
    """
    client = work.require(Action.UPLOAD, client_id)
    row = work.session.get(ApiToken, token_id) if 0 < token_id <= _ID_MAX else None
    if row is None or row.client_id != client or row.revoked_at is not None:
        raise NotAllowed


def _live(client_id: int) -> SelectOfScalar[ApiToken]:
    query = select(ApiToken).where(ApiToken.client_id == client_id, col(ApiToken.revoked_at).is_(None))
    return query.order_by(col(ApiToken.created_at).desc(), col(ApiToken.id).desc())
