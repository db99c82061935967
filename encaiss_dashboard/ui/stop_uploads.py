"""A document beside a stop from a browser: who may, how large, and where to look at it afterwards."""

from __future__ import annotations

import asyncio
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import DEFAULT_LANGUAGE, LANGUAGES, text
from encaiss_dashboard.services.stops import papers
from encaiss_dashboard.services.stops.papers import PAPER_BYTES_MAX, PaperRefused
from encaiss_dashboard.ui.callers import as_client
from encaiss_dashboard.ui.limits import UPLOAD_SECONDS_MAX

_ID_DIGITS_MAX = 10


async def upload_paper(request: Request) -> Response:
    """Take one document as the raw body, never more than its bound; answers with the debtor's file."""
    language = request.headers.get("x-language", "")
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    key = request.path_params["key"]
    try:
        # Before the first byte is taken in.
        await as_client(request, lambda work, client: work.require(Action.DELEGATE, client), write=False)
        if not (key.isascii() and key.isdecimal()) or len(key) > _ID_DIGITS_MAX:
            raise NotFound
        async with asyncio.timeout(UPLOAD_SECONDS_MAX):
            data = await _taken(request)
        name = unquote(request.headers.get("x-file-name", ""))
        kept = await as_client(
            request, lambda work, client: papers.attach(work, client, int(key), name, data)
        )
        debtor = await as_client(request, lambda work, client: papers.beside(work, client, kept), write=False)
    except Refusal as refusal:
        return JSONResponse({"problem": text(language, f"refusal.{refusal.code}", **refusal.facts)}, 403)
    except TimeoutError:
        return JSONResponse({"problem": text(language, "edge.too_slow")}, 408)
    return JSONResponse({"location": f"/debtors/{debtor}"})


async def _taken(request: Request) -> bytes:
    """The body.

    Raises:
        PaperRefused: more than a document may have.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PAPER_BYTES_MAX:
            raise PaperRefused
    return bytes(body)
