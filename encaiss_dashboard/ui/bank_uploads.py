"""A file of a bank from a browser: taken in, booked, and told at once what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import DEFAULT_LANGUAGE, LANGUAGES, text
from encaiss_dashboard.services import payments, remittances
from encaiss_dashboard.services.payments import Imported, WrongAccount
from encaiss_dashboard.ui import whose
from encaiss_dashboard.ui.bank_words import told
from encaiss_dashboard.ui.callers import as_client
from encaiss_dashboard.ui.limits import BANK_BYTES_MAX, UPLOAD_SECONDS_MAX
from encaiss_dashboard.ui.uploads import file_name, take
from encaiss_dashboard.work import Work

_ACCOUNTS_MAX: Final = 50


async def upload_of_client(request: Request) -> Response:
    """Take one file for the client that the session looks at, as the raw body."""
    return await _upload(request, agencys=False)


async def upload_of_agency(request: Request) -> Response:
    """Take one file of the agency's own accounts, as the raw body."""
    return await _upload(request, agencys=True)


async def _upload(request: Request, *, agencys: bool) -> Response:
    """Answers with what came of it; with ``ask`` where its owner has to say whose account it is of."""
    language = request.headers.get("x-language", "")
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    name = file_name(request.headers.get("x-file-name", ""))
    named = unquote(request.headers.get("x-accounts", "")).split(",")
    ours = [number for number in named[:_ACCOUNTS_MAX] if number.strip()]
    try:
        # Before the first byte is taken in.
        await as_client(request, whose.of(_may, agencys=agencys), write=False)
        with wiring.house().store.arriving() as place:
            async with asyncio.timeout(UPLOAD_SECONDS_MAX):
                whole = await take(request, place, BANK_BYTES_MAX)
            if not whole:
                problem = text(language, "import.too_large", megabytes=BANK_BYTES_MAX // 2**20)
                return JSONResponse({"problem": problem}, 413)
            service = whose.of(_receive, agencys=agencys)
            seen = await as_client(request, lambda work, client: service(work, client, name, place, ours))
    except WrongAccount as refusal:
        sentence = text(language, f"refusal.{refusal.code}", **refusal.facts)
        return JSONResponse({"ask": refusal.facts.get("account", ""), "problem": sentence})
    except Refusal as refusal:
        return JSONResponse({"problem": text(language, f"refusal.{refusal.code}", **refusal.facts)}, 403)
    except TimeoutError:
        return JSONResponse({"problem": text(language, "edge.too_slow")}, 408)
    return JSONResponse({"told": told(seen, language)})


def _may(work: Work, client_id: int | None) -> None:
    if client_id is None:
        work.require_agency()
    else:
        work.require(Action.UPLOAD, client_id)


def _receive(work: Work, client_id: int | None, name: str, place: Path, ours: Sequence[str]) -> Imported:
    for number in ours:
        payments.accept_account(work, client_id, number)
    seen = payments.receive(work, client_id, name, place)
    if client_id is None and seen.kept:
        remittances.leave(work)
    return seen
