"""Whose key a request shows, and for which client it may therefore send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from encaiss_dashboard.api.problems import RETRY_SECONDS, Refused
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role
from encaiss_dashboard.locales import preferred
from encaiss_dashboard.services import tokens
from encaiss_dashboard.services.tokens import Pusher
from encaiss_dashboard.wiring import UNAVAILABLE, Wiring
from encaiss_dashboard.work import Work

R = TypeVar("R")
_BEARER = HTTPBearer(auto_error=False, scheme_name="token", description="api.bearer")


@dataclass(frozen=True, slots=True)
class Caller:
    """Software that has shown a key in use.

    Attributes:
        house: what it talks to.
        actor: in whose name things are done: the key's, with the rights of an accountant of its client.
        lang: in which messages are written.
    """

    house: Wiring
    pusher: Pusher
    actor: Actor
    lang: str

    @property
    def client_id(self) -> int:
        """The one client that the key is of."""
        return self.pusher.client_id

    async def work(self, service: Callable[[Work], R], *, write: bool) -> R:
        """Do something in one transaction, on a worker thread.

        Raises:
            Refused: the key was taken back meanwhile, there is no such thing, or the database is busy.
        """

        def call() -> R:
            with self.house.begin(self.actor, write=write) as work:
                tokens.confirm(work, self.client_id, self.pusher.token_id)
                return service(work)

        try:
            return await _soon(call)
        except NotAllowed as refusal:
            raise Refused(403, "refusal.not_allowed") from refusal
        except NotFound as refusal:
            raise Refused(404, "refusal.not_found") from refusal
        except Unreadable as refusal:
            raise Refused(422, "refusal.unreadable") from refusal

    async def forget(self, service: Callable[[Work], None]) -> None:
        """Undo what was begun, as the house itself: the key may have been taken back meanwhile."""

        def call() -> None:
            with self.house.begin(HOUSE) as work:
                service(work)

        with suppress(*UNAVAILABLE, Refusal):
            await asyncio.to_thread(call)


async def caller(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
) -> Caller:
    """Whose request this is.

    Raises:
        Refused: no key, an unknown one, or one that was taken back.
    """
    if given is None:
        raise Refused(401, "token_missing", headers={"www-authenticate": 'Bearer realm="Encaiss"'})
    house: Wiring = request.app.state.house()
    pusher = await _soon(lambda: _whose(house, given.credentials))
    if pusher is None:
        challenge = 'Bearer realm="Encaiss", error="invalid_token"'
        raise Refused(401, "token_unknown", headers={"www-authenticate": challenge})
    lang = preferred(request.headers.get("accept-language", ""), pusher.language)
    request.state.lang = lang
    address = request.client.host if request.client else ""
    roles = {pusher.client_id: frozenset({Role.ACCOUNTANT})}
    return Caller(house, pusher, Actor(None, pusher.name, lang, None, roles, address), lang)


def _whose(house: Wiring, token: str) -> Pusher | None:
    with house.begin(HOUSE, write=False) as work:
        pusher = tokens.whose(work, token)
    if pusher is not None and not pusher.noted:
        with house.begin(HOUSE) as work:
            tokens.note(work, pusher.token_id)
    return pusher


async def _soon(call: Callable[[], R]) -> R:
    """Ask the database on a worker thread.

    Raises:
        Refused: it does not answer, or is busy for too long.
    """
    try:
        return await asyncio.to_thread(call)
    except UNAVAILABLE as error:
        raise Refused(503, "busy", headers={"retry-after": str(RETRY_SECONDS)}) from error
