"""Small files from a browser, a logo or a manifest: the zone that takes one, and the routes it posts to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import reflex as rx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from encaiss_dashboard.domain.errors import NotAllowed, Refusal
from encaiss_dashboard.domain.letters import LogoTooLarge
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import DEFAULT_LANGUAGE, LANGUAGES, text
from encaiss_dashboard.services import logos, post
from encaiss_dashboard.ui.callers import as_client
from encaiss_dashboard.ui.components import icon
from encaiss_dashboard.ui.i18n import Language, t
from encaiss_dashboard.work import Work

BYTES_MAX: Final = 2**20
_SECONDS_MAX: Final = 60


def small_drop(route: str, words: str, accepted: str) -> rx.Component:
    """A zone for one file; ``words`` are its texts' keys before ``_drop``, ``_drop_hint`` and ``_choose``."""
    return rx.el.section(
        rx.script(src="/upload.js"),
        rx.el.label(
            icon("upload"),
            rx.el.span(
                rx.el.span(t(f"{words}_drop"), class_name="strong"),
                rx.el.span(t(f"{words}_drop_hint"), class_name="muted small"),
                class_name="words",
            ),
            rx.el.input(type="file", accept=accepted, class_name="sr", aria_label=t(f"{words}_choose")),
            class_name="target",
        ),
        rx.el.div(
            rx.el.span(class_name="what"),
            rx.el.progress(max=100, aria_label=t("invoices.sending")),
            class_name="sending",
            role="status",
        ),
        rx.el.p(class_name="problem", role="alert"),
        rx.el.div(class_name="results", role="alert"),
        class_name="drop",
        aria_label=t(f"{words}_drop"),
        custom_attrs={
            "data-dropzone": route,
            "data-megabytes": str(BYTES_MAX // 2**20),
            "data-language": Language.lang,
            "data-sending": t("invoices.sending_file"),
            "data-checking": t("invoices.checking_file"),
            "data-failed": t("invoices.send_failed"),
            "data-which": t("invoices.sending_which"),
            "data-received": t("invoices.received"),
            "data-folder": t("invoices.no_folder"),
            "data-too-large": t("import.too_large"),
        },
    )


async def _logo(request: Request) -> Response:
    """A client's logo as the raw body."""

    def first(work: Work, client: int | None) -> None:
        work.require(Action.DELEGATE, client)

    return await _taken(request, first, logos.choose, "/reminders/texts")


async def _manifest(request: Request) -> Response:
    """A manifest of letters that was filled in, as the raw body."""

    def first(work: Work, client: int | None) -> None:  # noqa: ARG001 - as the other one's
        if work.actor.agency_role is None:
            raise NotAllowed

    return await _taken(request, first, post.take_manifest, "/desk/post")


async def _taken(
    request: Request,
    first: Callable[[Work, int | None], None],
    service: Callable[[Work, int | None, bytes], object],
    leads_to: str,
) -> Response:
    """Ask who it is before the first byte, take the file in up to its bound, then hand it to the service."""
    language = request.headers.get("x-language", "")
    language = language if language in LANGUAGES else DEFAULT_LANGUAGE
    try:
        await as_client(request, first, write=False)
        async with asyncio.timeout(_SECONDS_MAX):
            data = await _body(request)
        await as_client(request, lambda work, client: service(work, client, data))
    except Refusal as refusal:
        status = 413 if isinstance(refusal, LogoTooLarge) else 403
        return JSONResponse({"problem": text(language, f"refusal.{refusal.code}", **refusal.facts)}, status)
    except TimeoutError:
        return JSONResponse({"problem": text(language, "edge.too_slow")}, 408)
    return JSONResponse({"location": leads_to})


async def _body(request: Request) -> bytes:
    """The body, one byte longer than allowed at most: its service refuses it then."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > BYTES_MAX:
            return bytes(data[: BYTES_MAX + 1])
    return bytes(data)


def small_routes() -> list[Route]:
    """The routes of this module."""
    ways: dict[str, Callable[[Request], Awaitable[Response]]] = {"logo": _logo, "manifest": _manifest}
    return [Route(f"/uploads/{name}", way, methods=["POST"]) for name, way in ways.items()]
