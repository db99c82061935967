"""Plain HTTP beside the pages: uploads, downloads, health; signing in is ui/signing.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.permissions import HOUSE, Action
from encaiss_dashboard.locales import DEFAULT_LANGUAGE, LANGUAGES, text
from encaiss_dashboard.services import debtors, exports, imports, letters, people
from encaiss_dashboard.services.privacy import bundle
from encaiss_dashboard.ui.debtor_facts import told
from encaiss_dashboard.ui.edge import client_address, session_digest
from encaiss_dashboard.ui.signing import signing_routes
from encaiss_dashboard.work import Work

R = TypeVar("R")
UPLOAD_BYTES_MAX: Final = 25 * 1024 * 1024
# Handing these out is an act of the journal.
_RECORDED: Final = frozenset({"personal"})


async def upload_invoices(request: Request) -> Response:
    """Take one file as the raw body, counted while it streams; answers where to check it."""
    language = request.headers.get("x-language", "")
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    try:
        # Before the first byte is taken in: nobody else's 25 MB are held, not even for a moment.
        await _as_client(request, lambda work, client: work.require(Action.UPLOAD, client), write=False)
        data = await _body(request, UPLOAD_BYTES_MAX)
        if data is None:
            problem = text(language, "import.too_large", megabytes=UPLOAD_BYTES_MAX // 2**20)
            return JSONResponse({"problem": problem}, 413)
        name = _file_name(request.headers.get("x-file-name", ""))
        batch_id = await _as_client(request, lambda work, client: imports.receive(work, client, name, data))
    except Refusal as refusal:
        return JSONResponse({"problem": text(language, f"refusal.{refusal.code}", **refusal.facts)}, 403)
    return JSONResponse({"location": f"/invoices/import/{batch_id}"})


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


def _file_name(header: str) -> str:
    """The name as it is shown: its last part, without what no name can hold."""
    name = unquote(header).replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:200]


async def download(request: Request) -> Response:
    """A file made for the person who asks, from that client's data only."""
    kind, key = request.path_params["kind"], request.path_params["key"]
    query = dict(request.query_params)
    try:
        made = await _as_client(
            request, lambda work, client: _make(work, client, kind, key, query), write=kind in _RECORDED
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
    if kind == "personal":
        own = key == "own"
        made = bundle.export_own(work, client_id) if own else None
        made = made or bundle.export_debtor(work, client_id, exports.number(key))
        return exports.Made(made.name, bundle.MIME, made.content)
    if kind == "statement":
        statement = letters.statement_pdf(work, client_id, exports.number(key))
        return exports.Made(statement.name, "application/pdf", statement.content)
    return exports.make(work, client_id, kind, key, query)


async def healthz(request: Request) -> Response:  # noqa: ARG001 - a route's signature
    """Whether the database answers."""

    def ask() -> None:
        with wiring.house().begin(HOUSE, write=False) as work:
            people.anybody(work)

    await asyncio.to_thread(ask)
    return JSONResponse({"status": "ok"})


async def _as_client(request: Request, service: Callable[[Work, int | None], R], *, write: bool = True) -> R:
    digest, address = session_digest(request.scope), client_address(request.scope)

    def call() -> R:
        house = wiring.house()
        session = house.signed_in(digest, address) if digest else None
        if session is None:
            raise NotAllowed
        with house.begin(session.actor, write=write) as work:
            return service(work, session.client_id)

    return await asyncio.to_thread(call)


def routes() -> Starlette:
    """The application that is mounted around the pages."""
    return Starlette(
        routes=[
            *signing_routes(),
            Route("/uploads/invoices", upload_invoices, methods=["POST"]),
            Route("/files/{kind}/{key}", download, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
        ]
    )
