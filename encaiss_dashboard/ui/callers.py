"""Plain HTTP on somebody's behalf: the session's own client, and the session asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.ui.addresses import client_address
from encaiss_dashboard.ui.edge import session_digest
from encaiss_dashboard.work import Work

R = TypeVar("R")


async def as_client(request: Request, service: Callable[[Work, int | None], R], *, write: bool = True) -> R:
    """Call a service with the client that the request's session looks at, on a worker thread.

    Raises:
        NotAllowed: no live session.
        Refusal: what the service refuses; nothing was written.
    """
    digest, address = session_digest(request.scope), client_address(request.scope)

    def call() -> R:
        house = wiring.house()
        session = house.signed_in(digest, address) if digest else None
        if session is None:
            raise NotAllowed
        with house.begin_for(session, digest, write=write) as work:
            return service(work, session.client_id)

    return await asyncio.to_thread(call)
