"""Plain HTTP beside the pages: signing in and out, uploads, downloads, health."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import debtors, exports, imports, letters, people
from encaiss_dashboard.ui.callers import as_client
from encaiss_dashboard.ui.debtor_facts import told
from encaiss_dashboard.ui.edge import COOKIE, session_digest
from encaiss_dashboard.ui.limits import HEALTH_SECONDS_MAX
from encaiss_dashboard.ui.uploads import upload_invoices
from encaiss_dashboard.work import Work

_FORM_BYTES_MAX: Final = 4096


async def sign_in(request: Request) -> Response:
    """Check the password and hand out a cookie; a wrong one goes back to the form."""
    body = await _body(request, _FORM_BYTES_MAX)
    if body is None:
        return PlainTextResponse("", status_code=413)
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    email, password = form.get("email", ""), form.get("password", "")

    def attempt() -> str | None:
        house = wiring.house()
        with house.begin(HOUSE) as work:
            token = people.sign_in(work, email, password)
            if token:
                people.open_session(work, email, house.digest(token))
            return token

    try:
        token = await asyncio.to_thread(attempt)
    except Unreadable:
        token = None
    if token is None:
        return RedirectResponse("/login?failed=1", status_code=303)
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="lax",
        secure=wiring.house().settings.secure_cookies,
        max_age=int(people.SESSION_LENGTH.total_seconds()),
        path="/",
    )
    return response


async def sign_out(request: Request) -> Response:
    """End the session on the server, then forget its cookie."""
    digest = session_digest(request.scope)

    def end() -> None:
        with wiring.house().begin(HOUSE) as work:
            people.sign_out(work, digest)

    await asyncio.to_thread(end)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


async def _body(request: Request, bytes_max: int) -> bytes | None:
    """The body, or None as soon as it is longer: announced or found so while it streams."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > bytes_max:
        return None
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > bytes_max:
            return None
    return bytes(taken)


async def download(request: Request) -> Response:
    """A file made for the person who asks, from that client's data only."""
    kind, key = request.path_params["kind"], request.path_params["key"]
    query = dict(request.query_params)
    try:
        made = await as_client(
            request, lambda work, client: _make(work, client, kind, key, query), write=False
        )
    except (NotAllowed, NotFound):
        return PlainTextResponse("", status_code=404)
    except Refusal:
        return PlainTextResponse("", status_code=400)
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    headers = {"content-disposition": disposition, "cache-control": "private, no-store"}
    return Response(made.content, media_type=made.mime, headers=headers)


def _make(work: Work, client_id: int | None, kind: str, key: str, query: Mapping[str, str]) -> exports.Made:
    """One file, from the service that makes its kind."""
    if kind == "rejected":
        seen = imports.preview(work, client_id, exports.number(key))
        return exports.rejected(work, client_id, seen.batch_id, seen.reading.problems)
    if kind == "acts":
        seen_file = debtors.file(work, client_id, exports.number(key))
        return exports.acts(work, client_id, exports.number(key), told(seen_file, work.actor.language))
    if kind == "statement":
        statement = letters.statement_pdf(work, client_id, exports.number(key))
        return exports.Made(statement.name, "application/pdf", statement.content)
    return exports.make(work, client_id, kind, key, query)


async def healthz(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    """Whether the database answers, and soon."""

    def ask() -> None:
        with wiring.house().begin(HOUSE, write=False) as work:
            people.anybody(work)

    try:
        await asyncio.wait_for(asyncio.to_thread(ask), HEALTH_SECONDS_MAX)
    except Exception:  # noqa: BLE001 - whatever the database's library calls it, and nothing of it is told
        return JSONResponse({"status": "database"}, 503)
    return JSONResponse({"status": "ok"})


def routes() -> Starlette:
    """The application that is mounted around the pages."""
    return Starlette(
        routes=[
            Route("/auth/login", sign_in, methods=["POST"]),
            Route("/auth/logout", sign_out, methods=["POST"]),
            Route("/uploads/invoices", upload_invoices, methods=["POST"]),
            Route("/files/{kind}/{key}", download, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
        ]
    )
