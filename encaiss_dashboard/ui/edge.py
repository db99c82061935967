"""The outermost layer: what may come in at all, and what every answer carries.

The session cookie is read here and nowhere else. Towards the socket it becomes a keyed digest, so
that neither a log nor the state store ever holds it, and the state token of a browser is bound to
it: after sign-out, or for another person, the same tab finds an empty state.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import cookie_parser

from encaiss_dashboard import wiring
from encaiss_dashboard.ui.access import authorization

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE: Final = "encaiss_session"
_SOCKET: Final = "/_event"
_CLOSED: Final = ("/_upload", "/_all_routes")
_SIGN_IN_PAGES: Final = ("/login", "/forgot")
_SECOND_FACTOR: Final = "/second-factor"
_LINKS: Final = "/link/"
_TOKENS: Final = uuid.UUID("6f2d1c0e-9f0b-5a55-8a52-5d7d4b6e4a10")
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (
        b"content-security-policy",
        (
            b"default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            b"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; "
            b"base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
        ),
    ),
)


def session_digest(scope: Scope) -> str:
    """The digest of the session cookie of a request, "" without one.

    Read as browsers write it: the standard library's parser gives up at the first foreign cookie that
    it cannot read, which on a shared host name would sign people out.
    """
    header = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    token = cookie_parser(header.decode("latin-1")).get(COOKIE, "")
    return wiring.house().digest(token) if token else ""


class Edge:
    """Wraps pages, socket and routes alike."""

    def __init__(self, inner: Asgi) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, redirect, or pass on with the cookie taken away from the socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._inner(scope, receive, send)
            return
        path = scope["path"]
        if scope["type"] == "http":
            send = _with_headers(send, path)
            if path.startswith(_CLOSED):
                await _answer(send, 404)
                return
            if scope["method"] not in {"GET", "HEAD", "OPTIONS"} and not _own_origin(scope, required=True):
                await _answer(send, 403)
                return
            target = await _detour(scope, path)
            if target:
                await _answer(send, 303, [(b"location", target.encode())])
                return
            if _is_page(scope) and not path.endswith("/"):
                # The built page lies in a folder of that name: no detour by a redirect to the slash.
                scope = {**scope, "path": path + "/", "raw_path": scope.get("raw_path", b"") + b"/"}
        if path.startswith(_SOCKET):
            if not _own_origin(scope, required=False):
                await _refuse(scope, receive, send)
                return
            scope = _bound(scope)
        await self._inner(scope, receive, send)


def _bound(scope: Scope) -> Scope:
    """The socket's scope with the digest for the cookie and its state token bound to it."""
    digest = session_digest(scope)
    headers = [(k, v) for k, v in scope["headers"] if k not in {b"cookie", b"authorization"}]
    if digest:
        headers.append((b"authorization", authorization(digest, client_address(scope))))
    query = [
        (name, str(uuid.uuid5(_TOKENS, f"{digest}:{value}")) if name == "token" else value)
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    ]
    return {**scope, "headers": headers, "query_string": urlencode(query).encode("latin-1")}


def client_address(scope: Scope) -> str:
    """The network address that a request comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _own_origin(scope: Scope, *, required: bool) -> bool:
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
    return origin in wiring.house().settings.origins if origin else not required


def _is_page(scope: Scope) -> bool:
    path = scope["path"]
    named = scope["method"] in {"GET", "HEAD"} and "." not in path.rsplit("/", 1)[-1]
    return named and not path.startswith(("/_", "/auth/", "/files/", "/uploads/", "/healthz", "/ping"))


async def _detour(scope: Scope, path: str) -> str:
    """Where a page request goes instead: strangers to the sign-in page, others away from it.

    Whoever still owes the second factor is kept on its page; mailed links open for everybody.
    """
    if not _is_page(scope) or path.startswith(_LINKS):
        return ""
    digest, page = session_digest(scope), path.rstrip("/")
    session = await asyncio.to_thread(wiring.house().session, digest) if digest else None
    if session is None:
        return "" if page in _SIGN_IN_PAGES else "/login"
    if not session.complete:
        return "" if page == _SECOND_FACTOR else _SECOND_FACTOR
    return "/" if page in {*_SIGN_IN_PAGES, _SECOND_FACTOR} else ""


def _with_headers(send: Send, path: str) -> Send:
    async def sending(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                # The build names its assets after their content; one that is missing may come yet.
                lasting = path.startswith("/assets/") and message["status"] < 400  # noqa: PLR2004 - HTTP errors
                cache = b"public, max-age=31536000, immutable" if lasting else b"no-cache"
                headers.append((b"cache-control", cache))
            message = {**message, "headers": [*headers, *_HEADERS]}
        await send(message)

    return sending


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    start = {"type": "http.response.start", "status": status, "headers": headers or []}
    await send(start)
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await _answer(send, 403)
        return
    await receive()
    await send({"type": "websocket.close", "code": 1008})
