"""The outermost layer: what may come in at all, and what every answer carries.

The session cookie is read here and nowhere else. Towards the socket it becomes a keyed digest, so
that neither a log nor the state store ever holds it, and the state token of a browser is bound to
it: after sign-out, or for another person, the same tab finds an empty state.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from limits import RateLimitItem
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, cookie_parser

from encaiss_dashboard import wiring
from encaiss_dashboard.api import problems
from encaiss_dashboard.locales import LANGUAGES, preferred, text
from encaiss_dashboard.ui import limits
from encaiss_dashboard.ui.access import authorization
from encaiss_dashboard.ui.addresses import client_address, network
from encaiss_dashboard.ui.gate import Gate, for_software, is_api
from encaiss_dashboard.ui.policy import NOTHING, PagePolicy, built_pages
from encaiss_dashboard.ui.sockets import Line

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

COOKIE: Final = "encaiss_session"
_SOCKET: Final = "/_event"
_UPLOADS: Final = "/uploads/"
_CLOSED: Final = ("/_upload", "/_all_routes")
_SIGN_IN_PAGES: Final = ("/login", "/forgot")
_SECOND_FACTOR: Final = "/second-factor"
_LINKS: Final = "/link/"
_BROKEN: Final = 500
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_TOKENS: Final = uuid.UUID("6f2d1c0e-9f0b-5a55-8a52-5d7d4b6e4a10")
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)
_TLS_ONLY: Final = (b"strict-transport-security", b"max-age=31536000")


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
        self._policy = PagePolicy(built_pages())

    @cached_property
    def _limits(self) -> limits.Limits:
        house = wiring.house()
        return limits.Limits(house.settings.rate_factor, house.clock)

    @cached_property
    def _gate(self) -> Gate:
        return Gate(self._limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, redirect, or pass on with the cookie taken away from the socket."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._inner(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answering(scope, send, self._policy)
        try:
            if not await self._turned_away(scope, answer):
                if _is_page(scope) and not scope["path"].endswith("/"):
                    # The built page lies in a folder of that name: no detour by a redirect to the slash.
                    slash = {"path": scope["path"] + "/", "raw_path": scope.get("raw_path", b"") + b"/"}
                    scope = {**scope, **slash}
                if is_api(scope["path"]):
                    await self._inner(for_software(scope), receive, answer.send)
                    self._gate.answered(scope, answer.status)
                else:
                    await self._inner(scope, _counted(scope, receive), answer.send)
        except ClientDisconnect:
            return  # nobody is there to answer
        except Exception:
            logging.getLogger("encaiss").exception("a request broke: %s %s", scope["method"], scope["path"])
        if not answer.begun:
            await answer.say(_BROKEN, "edge.broken")

    async def _turned_away(self, scope: Scope, answer: _Answering) -> bool:
        """Answer what goes no further; whether that was so."""
        path = scope["path"]
        limit = _limit(scope)
        wait = self._limits.wait_seconds(limit, network(client_address(scope))) if limit else 0
        if is_api(path):
            wait = wait or self._gate.wait_seconds(scope)
        if wait:
            await answer.say(429, "edge.too_many", [(b"retry-after", str(wait).encode())], n=wait)
        elif is_api(path):
            # No cookie counts there, so that no page can ask for anything in somebody's name.
            return False
        elif path.startswith(_CLOSED):
            await answer.bare(404)
        elif path.startswith(_SOCKET):
            # Pages open a socket at once: long polling would be a second door with checks of its own.
            await answer.bare(403)
        elif scope["method"] not in _SAFE and not _own_origin(scope, required=True):
            await answer.bare(403)
        elif _announced(scope) > _body_max(scope):
            await answer.say(413, "edge.too_large")
        elif target := await _detour(scope, path):
            await answer.bare(303, [(b"location", target.encode())])
        else:
            return False
        return True

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = network(client_address(scope))
        welcome = scope["path"].startswith(_SOCKET) and _own_origin(scope, required=False)
        if not welcome or self._limits.wait_seconds(limits.SOCKETS, who) or not self._limits.enter(who):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        try:
            session = session_digest(scope) or who
            line = Line(receive, send, self._limits, socket=uuid.uuid4().hex, session=session)
            await self._inner(_bound(scope), line.receive, line.send)
        finally:
            self._limits.leave(who)


class _Answering:
    """One answer: every one of them carries the headers that browsers obey."""

    def __init__(self, scope: Scope, send: Send, policy: PagePolicy) -> None:
        self.begun = False
        self.status = 0
        self._scope = scope
        self._send = send
        self._policy = policy

    async def send(self, message: Message) -> None:
        """Pass on what an application answers, with the headers of the house.

        Not the words that it has for an error of ours: what broke is raised once it has said them.
        """
        if message["type"] != "http.response.start":
            if self.begun:
                await self._send(message)
        elif message["status"] != _BROKEN:
            await self._begin(message)

    async def _begin(self, message: Message) -> None:
        self.begun = True
        headers = list(message.get("headers", []))
        path, status = self._scope["path"], message["status"]
        self.status = status
        if not any(name.lower() == b"cache-control" for name, _ in headers):
            # The build names its assets after their content; one that is missing may come yet.
            lasting = path.startswith("/assets/") and status < 400  # noqa: PLR2004 - HTTP errors
            cache = b"public, max-age=31536000, immutable" if lasting else b"no-cache"
            headers.append((b"cache-control", cache))
        if wiring.house().settings.secure_cookies:
            headers.append(_TLS_ONLY)
        headers.append((b"content-security-policy", await self._csp(headers)))
        await self._send({**message, "headers": [*headers, *_HEADERS]})

    async def bare(self, status: int, headers: Headers | None = None) -> None:
        """Answer with nothing but a status."""
        await self._whole(status, b"", headers or [])

    async def say(self, status: int, key: str, headers: Headers | None = None, **facts: object) -> None:
        """Answer with one sentence, in the reader's language and as the page that asked reads it."""
        sentence = text(spoken(self._scope), key, **facts)
        if is_api(self._scope["path"]):
            words = problems.document(status, key.partition(".")[2], sentence, spoken(self._scope))
            mime, body = problems.MIME.encode(), json.dumps(words).encode()
        elif self._scope["path"].startswith(_UPLOADS):
            mime, body = b"application/json", json.dumps({"problem": sentence}).encode()
        else:
            mime, body = b"text/plain; charset=utf-8", sentence.encode()
        await self._whole(status, body, [*(headers or []), (b"content-type", mime)])

    async def _whole(self, status: int, body: bytes, headers: Headers) -> None:
        length = (b"content-length", str(len(body)).encode())
        await self._begin({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await self._send({"type": "http.response.body", "body": body})

    async def _csp(self, headers: Headers) -> bytes:
        kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
        download = any(name.lower() == b"content-disposition" for name, _ in headers)
        if download or not (kind.startswith(b"text/html") or (_is_page(self._scope) and not kind)):
            return NOTHING
        return await asyncio.to_thread(self._policy.header)


def _limit(scope: Scope) -> RateLimitItem | None:
    path = scope["path"]
    if path == "/healthz":
        return None  # whoever watches the house asks as often as it likes
    if path.startswith("/auth/") and scope["method"] not in _SAFE:
        return limits.SIGNING
    if is_api(path):
        return limits.API
    for prefix, limit in ((_UPLOADS, limits.UPLOADS), ("/files/", limits.FILES)):
        if path.startswith(prefix):
            return limit
    return limits.PAGES


def _body_max(scope: Scope) -> float:
    """Bytes; the upload's own route counts for itself, to say so in its own words."""
    return float("inf") if scope["path"].startswith(_UPLOADS) else limits.BODY_BYTES_MAX


def _announced(scope: Scope) -> int:
    length = dict(scope["headers"]).get(b"content-length", b"")
    return int(length[:20]) if length.isdigit() else 0


def _counted(scope: Scope, receive: Receive) -> Receive:
    """The body as it comes, cut off where it is longer than anything that is asked for here."""
    taken, most = 0, _body_max(scope)

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, text(spoken(scope), "edge.too_large"))
        return message

    return receiving


def spoken(scope: Scope) -> str:
    """The language that a page of ours says it is in, else the first that the browser prefers."""
    headers = dict(scope["headers"])
    said = headers.get(b"x-language", b"").decode("latin-1")
    return said if said in LANGUAGES else preferred(headers.get(b"accept-language", b"").decode("latin-1"))


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


def _own_origin(scope: Scope, *, required: bool) -> bool:
    origin = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
    return origin in wiring.house().settings.origins if origin else not required


def _is_page(scope: Scope) -> bool:
    path = scope["path"]
    named = scope["method"] in {"GET", "HEAD"} and "." not in path.rsplit("/", 1)[-1]
    return (
        named
        and not is_api(path)
        and not path.startswith(("/_", "/auth/", "/files/", "/uploads/", "/healthz", "/ping"))
    )


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
