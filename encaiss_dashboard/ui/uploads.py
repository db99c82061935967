"""A file of invoices from a browser: who may, how long, and where it lies while it comes in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import DEFAULT_LANGUAGE, LANGUAGES, text
from encaiss_dashboard.services import imports
from encaiss_dashboard.ui.callers import as_client
from encaiss_dashboard.ui.limits import REFUSED_BYTES_MAX, UPLOAD_BYTES_MAX, UPLOAD_SECONDS_MAX

_NAME_LENGTH_MAX: Final = 200
_BLOCK_BYTES: Final = 2**20


async def upload_invoices(request: Request) -> Response:
    """Take one file as the raw body, counted while it streams; answers where to check it.

    It comes into a private file of its own: a browser that goes away and a refusal leave nothing behind,
    and what a killed process leaves is swept within a day.
    """
    language = request.headers.get("x-language", "")
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    try:
        # Before the first byte is taken in: nobody else's 250 MB are held, not even for a moment.
        await as_client(request, lambda work, client: work.require(Action.UPLOAD, client), write=False)
        with wiring.house().store.arriving() as place:
            async with asyncio.timeout(UPLOAD_SECONDS_MAX):
                whole = await take(request, place, UPLOAD_BYTES_MAX)
            if not whole:
                problem = text(language, "import.too_large", megabytes=UPLOAD_BYTES_MAX // 2**20)
                return JSONResponse({"problem": problem}, 413)
            name = file_name(request.headers.get("x-file-name", ""))
            batch_id = await as_client(
                request, lambda work, client: imports.receive(work, client, name, place)
            )
    except Refusal as refusal:
        return JSONResponse({"problem": text(language, f"refusal.{refusal.code}", **refusal.facts)}, 403)
    except TimeoutError:
        return JSONResponse({"problem": text(language, "edge.too_slow")}, 408)
    return JSONResponse({"location": f"/invoices/import/{batch_id}"})


async def take(request: Request, place: Path, bytes_max: int) -> bool:
    """Write the body to a file; whether it was short enough, as announced or as it came.

    A body that is too long is still taken in for a while, and kept nowhere: a browser reads no answer
    before it has sent everything, and would say nothing but that the line broke. Who waits to be asked
    for the body (RFC 9110, 10.1.1) is told without.
    """
    announced = request.headers.get("content-length", "")
    too_long = announced.isdecimal() and int(announced[:20]) > bytes_max
    if too_long and ("expect" in request.headers or int(announced[:20]) > REFUSED_BYTES_MAX):
        return False
    taken, block = 0, bytearray()
    with place.open("wb") as file:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > REFUSED_BYTES_MAX:
                return False
            if not too_long and taken > bytes_max:
                too_long = True
                block.clear()
                await asyncio.to_thread(file.truncate, 0)
            if not too_long:
                block += chunk
            if len(block) >= _BLOCK_BYTES:
                await asyncio.to_thread(file.write, bytes(block))
                block.clear()
        if not too_long:
            await asyncio.to_thread(file.write, bytes(block))
    return not too_long


def file_name(header: str) -> str:
    """The name as it is shown: its last part, without what no name can hold."""
    name = unquote(header).replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())[:_NAME_LENGTH_MAX]
