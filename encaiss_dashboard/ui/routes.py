"""Plain HTTP beside the pages: uploads, downloads, health; signing in is ui/signing.py, software api/."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from encaiss_dashboard import wiring
from encaiss_dashboard.api.application import routes as api_routes
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import debtors, documents, exports, imports, letters, people, post
from encaiss_dashboard.services.deliveries import originals
from encaiss_dashboard.services.inbound import replies, unassigned
from encaiss_dashboard.services.privacy import bundle
from encaiss_dashboard.services.stops import papers
from encaiss_dashboard.ui.callers import as_client
from encaiss_dashboard.ui.debtor_facts import told
from encaiss_dashboard.ui.edge import spoken
from encaiss_dashboard.ui.limits import HEALTH_SECONDS_MAX
from encaiss_dashboard.ui.new_key import key_routes
from encaiss_dashboard.ui.signing import signing_routes
from encaiss_dashboard.ui.small_files import small_routes
from encaiss_dashboard.ui.stop_uploads import upload_paper
from encaiss_dashboard.ui.uploads import upload_invoices
from encaiss_dashboard.work import Work

# Handing these out is an act of the journal.
_RECORDED = frozenset({"personal"})
_MAILED = frozenset({"reply", "mail"})


async def download(request: Request) -> Response:
    """A file made for the person who asks, from that client's data only."""
    kind, key = request.path_params["kind"], request.path_params["key"]
    query = dict(request.query_params)
    try:
        made = await as_client(
            request, lambda work, client: _make(work, client, kind, key, query), write=kind in _RECORDED
        )
    except (NotAllowed, NotFound):
        return PlainTextResponse(text(spoken(request.scope), "edge.no_file"), status_code=404)
    except Refusal as refusal:
        sentence = text(spoken(request.scope), f"refusal.{refusal.code}", **refusal.facts)
        return PlainTextResponse(sentence, status_code=400)
    disposition = f"attachment; filename*=UTF-8''{quote(made.name)}"
    headers = {"content-disposition": disposition, "cache-control": "private, no-store"}
    return Response(made.content, media_type=made.mime, headers=headers)


def _make(work: Work, client_id: int | None, kind: str, key: str, query: Mapping[str, str]) -> exports.Made:
    """One file, from the service that makes its kind."""
    if kind == "rejected":
        return _rejected(work, client_id, exports.number(key))
    if kind == "acts":
        seen_file = debtors.file(work, client_id, exports.number(key))
        return exports.acts(work, client_id, exports.number(key), told(seen_file, work.actor.language))
    if kind == "personal":
        own = key == "own"
        made = bundle.export_own(work, client_id) if own else None
        made = made or bundle.export_debtor(work, client_id, exports.number(key))
        return exports.Made(made.name, bundle.MIME, made.content)
    if kind in {"post", "statement", "original", "document", "stop", *_MAILED}:
        make = _mailed if kind in _MAILED else _paper
        return make(work, client_id, kind, key)
    return exports.make(work, client_id, kind, key, query)


def _paper(work: Work, client_id: int | None, kind: str, key: str) -> exports.Made:
    """A letter as it would be today, a message as it left, a document beside something, the post."""
    if kind == "statement":
        statement = letters.statement_pdf(work, client_id, exports.number(key))
        return exports.Made(statement.name, statement.mime, statement.content)
    if kind == "post":
        ways = {"letters": post.batch, "manifest": post.manifest}
        if key not in ways:
            raise NotFound
        file = ways[key](work, client_id)
        return exports.Made(file.name, file.mime, file.content)
    if kind == "original":
        key, _, number = key.partition("-")
        which = exports.number(number) if number else None
        sent = originals.original(work, client_id, exports.number(key), which)
        return exports.Made(sent.name, sent.mime, sent.content)
    kept = documents.content if kind == "document" else papers.content
    document, content = kept(work, client_id, exports.number(key))
    return exports.Made(document.name, document.mime, content)


def _mailed(work: Work, client_id: int | None, kind: str, key: str) -> exports.Made:
    """A mail of a debtor or one that waits to be assigned, or with a number behind it one of its files."""
    number, _, file = key.partition("-")
    numbers = exports.number(number), exports.number(file) if file else 0
    of = replies.attached if kind == "reply" else unassigned.attached
    taken = of(work, client_id, *numbers)
    return exports.Made(taken.name, taken.mime, taken.content)


def _rejected(work: Work, client_id: int | None, batch_id: int) -> exports.Made:
    """Rejected rows in the layout of their file, or what is wrong with documents that have none."""
    mendable = imports.rejected(work, client_id, batch_id)
    if mendable is not None:
        return exports.Made(mendable.name, mendable.mime, mendable.content)
    seen = imports.preview(work, client_id, batch_id)
    return exports.rejected(work, client_id, seen.batch_id, seen.reading.problems)


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
            *signing_routes(),
            *key_routes(),
            *api_routes(),
            *small_routes(),
            Route("/uploads/invoices", upload_invoices, methods=["POST"]),
            Route("/uploads/stop/{key}", upload_paper, methods=["POST"]),
            Route("/files/{kind}/{key}", download, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
        ]
    )
