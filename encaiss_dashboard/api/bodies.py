"""What a request carries: how long it may be, what kind it is, and what it says it is to be done with."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import IO, Any, Final

from fastapi import Request
from pydantic import ValidationError

from encaiss_dashboard.api.problems import Refused, flaws
from encaiss_dashboard.api.shapes import OnChange, OnDoubt, Push, Ways
from encaiss_dashboard.wiring import Wiring

BODY_BYTES_MAX: Final = 25 * 2**20
# How much of a body that is too long is still taken in and thrown away, so that its sender hears why.
_THROWN_AWAY: Final = 4 * BODY_BYTES_MAX
_SECONDS_MAX: Final = 600
_FLAWS_LISTED: Final = 100
JSON: Final = "application/json"
# Read exactly as a file that somebody drops on a screen; the ending is that of a name.
FILES: Final = {
    "application/xml": "xml",
    "text/xml": "xml",
    "application/pdf": "pdf",
    "application/zip": "zip",
    "text/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with invoices that are sent.

    Attributes:
        name: what the import is called.
        dry_run: say what would happen, and leave all as it is.
        on_change: of a known invoice that is sent otherwise: only tell, or change it.
        on_doubt: of a debtor that may be a known one: refuse its invoices, or take it as a new one.
        all_or_nothing: take nothing where something is refused.
    """

    name: str
    dry_run: bool
    on_change: OnChange
    on_doubt: OnDoubt
    all_or_nothing: bool


@dataclass(frozen=True, slots=True)
class Sent:
    """Invoices as they came.

    Attributes:
        data: the bytes, kept as a file.
        digest: of all that is asked, whatever spaces and order a JSON body has.
        numbers: of the items of a JSON body in their order, None for other bodies.
        lang: in which messages are written.
    """

    data: bytes
    digest: str
    wish: Wish
    numbers: tuple[str, ...] | None
    lang: str


def media_of(request: Request) -> str:
    """The kind of the body.

    Raises:
        Refused: none that is understood.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != JSON and media not in FILES:
        kinds = ", ".join((JSON, *FILES))
        raise Refused(415, "media", {"value": media[:60] or "–", "kinds": kinds}, headers={"accept": kinds})
    return media


async def taken(request: Request, house: Wiring) -> bytes:
    """The body, kept in a private file of its own while it comes in.

    Raises:
        Refused: too long, or too slow.
    """
    with house.store.arriving() as place, place.open("w+b") as scratch:
        try:
            async with asyncio.timeout(_SECONDS_MAX):
                whole = await _take(request, scratch)
        except TimeoutError as error:
            raise Refused(408, "too_slow") from error
        if not whole:
            raise Refused(413, "too_large", {"megabytes": str(BODY_BYTES_MAX // 2**20)})
        scratch.seek(0)
        return scratch.read()


async def _take(request: Request, scratch: IO[bytes]) -> bool:
    """Write the body to a file; whether it was short enough, as announced or as it came."""
    announced = request.headers.get("content-length", "")
    length = int(announced[:20]) if announced.isdecimal() else 0
    if length > BODY_BYTES_MAX and ("expect" in request.headers or length > _THROWN_AWAY):
        return False
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        if came > _THROWN_AWAY:
            return False
        if came <= BODY_BYTES_MAX:
            await asyncio.to_thread(scratch.write, chunk)
    return came <= BODY_BYTES_MAX


def understood(media: str, data: bytes, ways: Ways, default_name: str, lang: str) -> Sent:
    """What is asked: a JSON body says it itself, any other in the query.

    Raises:
        Refused: a JSON body that is none, or not of the form that the document gives.
    """
    ending = FILES.get(media, "json")
    named = "".join(letter for letter in ways.name if letter.isprintable()) or f"{default_name}.{ending}"
    dry_run, whole = ways.dry_run == "true", ways.all_or_nothing == "true"
    if media != JSON:
        wish = Wish(named, dry_run, ways.on_change, ways.on_doubt, whole)
        return Sent(data, _digest(media, wish, hashlib.sha256(data).hexdigest()), wish, None, lang)
    push = _push(data, lang)
    said = push.model_fields_set
    wish = Wish(
        named,
        push.dry_run or dry_run,
        push.on_change if "on_change" in said else ways.on_change,
        push.on_doubt if "on_doubt" in said else ways.on_doubt,
        push.all_or_nothing or whole,
    )
    items = [invoice.model_dump() for invoice in push.invoices]
    numbers = tuple(one.number for one in push.invoices)
    return Sent(data, _digest(media, wish, items), wish, numbers, lang)


def _push(data: bytes, lang: str) -> Push:
    try:
        return Push.model_validate_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError as error:
        found = error.errors(include_url=False)
        if found[0]["type"] == "json_invalid":
            raise Refused(400, "problem.json_broken", {"value": str(found[0]["ctx"]["error"])}) from error
        listed = flaws(found[:_FLAWS_LISTED], lang)
        raise Refused(422, "form", {"n": len(found)}, {"errors": listed}) from error


def _digest(media: str, wish: Wish, content: Any) -> str:
    asked = json.dumps([media, asdict(wish), content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()
