"""Plain HTTP beside the pages: uploads, downloads, health; signing in is ui/signing.py, software api/."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from encaiss_dashboard import wiring
from encaiss_dashboard.api.application import routes as api_routes
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import (
    debtors,
    documents,
    exports,
    followups,
    forecasts,
    imports,
    letters,
    people,
    post,
    remittances,
)
from encaiss_dashboard.services.deliveries import originals
from encaiss_dashboard.services.inbound import replies, unassigned
from encaiss_dashboard.services.payments import sheets as payment_sheets
from encaiss_dashboard.services.privacy import bundle
from encaiss_dashboard.services.stops import papers
from encaiss_dashboard.ui.bank_uploads import upload_of_agency, upload_of_client
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """One file that somebody asks for."""

    work: Work
    client_id: int | None
    key: str
    query: Mapping[str, str]

    @property
    def number(self) -> int:
        return exports.number(self.key)

    @property
    def numbers(self) -> tuple[int, int | None]:
        first, _, second = self.key.partition("-")
        return exports.number(first), exports.number(second) if second else None

    @property
    def file(self) -> tuple[int, int]:
        number, file = self.numbers
        return number, file or 0


def _make(work: Work, client_id: int | None, kind: str, key: str, query: Mapping[str, str]) -> exports.Made:
    """One file, from the service that makes its kind."""
    make = _MAKERS.get(kind)
    if make is None:
        return exports.make(work, client_id, kind, key, query)
    return make(_Asked(work, client_id, key, query))


def _acts(asked: _Asked) -> exports.Made:
    seen = debtors.file(asked.work, asked.client_id, asked.number)
    return exports.acts(asked.work, asked.client_id, asked.number, told(seen, asked.work.actor.language))


def _personal(asked: _Asked) -> exports.Made:
    made = bundle.export_own(asked.work, asked.client_id) if asked.key == "own" else None
    made = made or bundle.export_debtor(asked.work, asked.client_id, asked.number)
    return exports.Made(made.name, bundle.MIME, made.content)


def _statement(asked: _Asked) -> exports.Made:
    statement = letters.statement_pdf(asked.work, asked.client_id, asked.number)
    return exports.Made(statement.name, statement.mime, statement.content)


def _post(asked: _Asked) -> exports.Made:
    """What the agency brings to the post, or the list of it."""
    ways = {"letters": post.batch, "manifest": post.manifest}
    if asked.key not in ways:
        raise NotFound
    file = ways[asked.key](asked.work, asked.client_id)
    return exports.Made(file.name, file.mime, file.content)


def _original(asked: _Asked) -> exports.Made:
    """A message as it left, with a number behind it the one of several contents."""
    sent = originals.original(asked.work, asked.client_id, *asked.numbers)
    return exports.Made(sent.name, sent.mime, sent.content)


def _stop_paper(asked: _Asked) -> exports.Made:
    document, content = papers.content(asked.work, asked.client_id, asked.number)
    return exports.Made(document.name, document.mime, content)


def _reply(asked: _Asked) -> exports.Made:
    """A mail of a debtor, or with a number behind it one of its files."""
    taken = replies.attached(asked.work, asked.client_id, *asked.file)
    return exports.Made(taken.name, taken.mime, taken.content)


def _mail(asked: _Asked) -> exports.Made:
    """The same of a mail that waits to be assigned."""
    taken = unassigned.attached(asked.work, asked.client_id, *asked.file)
    return exports.Made(taken.name, taken.mime, taken.content)


def _document(asked: _Asked) -> exports.Made:
    document, content = documents.content(asked.work, asked.client_id, asked.number)
    return exports.Made(document.name, document.mime, content)


def _follow_up(asked: _Asked) -> exports.Made:
    sheet = followups.follow_up(asked.work, asked.client_id, asked.key, asked.query)
    return exports.Made(sheet.name, sheet.mime, sheet.content)


def _calendar(asked: _Asked) -> exports.Made:
    try:
        first, last = (date.fromisoformat(asked.query.get(end, "")) for end in ("from", "to"))
    except ValueError as error:
        raise Unreadable(value=asked.query.get("from", "")[:20]) from error
    return exports.Made(*forecasts.export(asked.work, asked.client_id, asked.key, first, last))


def _payments(asked: _Asked) -> exports.Made:
    """The payments as they are filtered on the screen."""
    return exports.Made(*payment_sheets.sheet(asked.work, asked.client_id, asked.key, asked.query))


def _upcoming(asked: _Asked) -> exports.Made:
    """The letter of a message to come."""
    try:
        on = date.fromisoformat(asked.query.get("on", ""))
    except ValueError as error:
        raise Unreadable(value=asked.query.get("on", "")[:20]) from error
    stop_id = exports.number(asked.query["stop"]) if "stop" in asked.query else 0
    seen = forecasts.message(asked.work, asked.client_id, asked.number, on, stop_id)
    pdf = next(one for one in seen.letter.attachments if one.mime == "application/pdf")
    return exports.Made(f"{asked.number}-{on}-{pdf.name}", pdf.mime, pdf.content)


def _transfer(asked: _Asked) -> exports.Made:
    """What the bank is asked to transfer, as it was written."""
    file = remittances.transfer_again(asked.work, asked.client_id, asked.key)
    return exports.Made(file.name, file.mime, file.content)


def _remittances(asked: _Asked) -> exports.Made:
    """The entries of a remittance or of a month."""
    form = asked.query.get("form", "csv")
    file = remittances.accounts(asked.work, asked.client_id, asked.key, form)
    return exports.Made(file.name, file.mime, file.content)


def _rejected(asked: _Asked) -> exports.Made:
    """Rejected rows in the layout of their file, or what is wrong with documents that have none."""
    mendable = imports.rejected(asked.work, asked.client_id, asked.number)
    if mendable is not None:
        return exports.Made(mendable.name, mendable.mime, mendable.content)
    seen = imports.preview(asked.work, asked.client_id, asked.number)
    return exports.rejected(asked.work, asked.client_id, seen.batch_id, seen.reading.problems)


_MAKERS: Final[Mapping[str, Callable[[_Asked], exports.Made]]] = {
    "rejected": _rejected,
    "acts": _acts,
    "personal": _personal,
    "statement": _statement,
    "document": _document,
    "post": _post,
    "original": _original,
    "stop": _stop_paper,
    "reply": _reply,
    "mail": _mail,
    "follow-up": _follow_up,
    "calendar": _calendar,
    "upcoming": _upcoming,
    "transfer": _transfer,
    "remittances": _remittances,
    "payments": _payments,
}


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
            Route("/uploads/bank", upload_of_client, methods=["POST"]),
            Route("/uploads/bank/agency", upload_of_agency, methods=["POST"]),
            Route("/uploads/stop/{key}", upload_paper, methods=["POST"]),
            Route("/files/{kind}/{key}", download, methods=["GET"]),
            Route("/healthz", healthz, methods=["GET"]),
        ]
    )
