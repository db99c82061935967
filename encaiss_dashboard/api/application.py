"""The addresses under ``/api/v1``. No cookie counts here: whoever asks shows a key of a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from encaiss_dashboard import wiring
from encaiss_dashboard.api import pushing
from encaiss_dashboard.api.access import Caller, caller
from encaiss_dashboard.api.bodies import JSON, media_of, taken, understood
from encaiss_dashboard.api.document import BODY, EXAMPLE_ANSWER, answers, described
from encaiss_dashboard.api.page import page
from encaiss_dashboard.api.problems import Refused, answer, flaws
from encaiss_dashboard.api.shapes import Import, Outcome, Ways
from encaiss_dashboard.locales import LANGUAGES, preferred
from encaiss_dashboard.services import pushes
from encaiss_dashboard.wiring import Wiring

PREFIX: Final = "/api"
_BASE: Final = f"{PREFIX}/v1"
_KEY: Final = "^[!-~]{1,200}$"
_REPLAYED: Final = {
    "Idempotent-Replayed": {"description": "api.header_replayed", "schema": {"type": "string"}}
}
_PLACED: Final = {"Location": {"description": "api.header_location", "schema": {"type": "string"}}}
_PRIVATE: Final = {"cache-control": "private, no-store"}


def application(house: Callable[[], Wiring] = wiring.house) -> FastAPI:
    """The first version. Its documents are the house's own: FastAPI's load scripts from elsewhere."""
    app = FastAPI(
        title="Encaiss", version="1", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    app.state.house = house
    app.add_api_route(
        "/invoices",
        push_invoices,
        methods=["POST"],
        status_code=201,
        response_model=Outcome,
        summary="api.push",
        description="api.push_about",
        operation_id="push_invoices",
        response_description="api.answer_201",
        responses={
            201: {"headers": _REPLAYED | _PLACED},
            200: {
                "model": Outcome,
                "description": "api.answer_200",
                "headers": _REPLAYED,
                "content": {JSON: {"example": EXAMPLE_ANSWER}},
            },
            **answers(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
        },
        openapi_extra=BODY,
    )
    app.add_api_route(
        "/imports/{batch}",
        read_import,
        methods=["GET"],
        response_model=Import,
        summary="api.read",
        description="api.read_about",
        operation_id="read_import",
        response_description="api.answer_import",
        responses=answers(401, 403, 404, 422, 429, 503),
    )
    app.add_route("/openapi.json", document, methods=["GET"])
    app.add_route("/docs", docs, methods=["GET"])
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _malformed)
    return app


def routes() -> list[BaseRoute]:
    """What is mounted beside the pages; no other version is there yet."""

    async def unknown(request: Request) -> Response:
        return answer(Refused(404, "no_such_address"), _language(request))

    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    return [
        Mount(_BASE, app=application()),
        Route(PREFIX, unknown, methods=methods),
        Route(PREFIX + "/{rest:path}", unknown, methods=methods),
    ]


async def push_invoices(
    request: Request,
    by: Annotated[Caller, Depends(caller)],
    ways: Annotated[Ways, Query()],
    idempotency_key: Annotated[str | None, Header(pattern=_KEY, description="api.header_key")] = None,
) -> Response:
    """Take invoices in JSON, or a file of them; what is good is taken and what is bad is told."""
    media = media_of(request)
    data = await taken(request, by.house)
    sent = understood(media, data, ways, by.pusher.name, by.lang)
    answered, again = await pushing.push(by, sent, idempotency_key)
    headers = _PRIVATE | ({"idempotent-replayed": "true"} if again else {})
    if answered.batch_id is not None:
        headers["location"] = f"{_BASE}/imports/{answered.batch_id}"
    return JSONResponse(dict(answered.answer), answered.status, headers)


async def read_import(
    by: Annotated[Caller, Depends(caller)],
    batch: Annotated[int, Path(gt=0, lt=2**31, description="api.field_batch")],
) -> Response:
    """What became of an import."""
    found = await by.work(lambda work: pushes.pushed(work, by.client_id, batch), write=False)
    return JSONResponse(pushing.shown(found), headers=_PRIVATE)


async def document(request: Request) -> Response:
    """The OpenAPI document, in a language."""
    return JSONResponse(_described(request, _chosen(request)))


async def docs(request: Request) -> Response:
    """The same document for people."""
    lang = _chosen(request)
    return HTMLResponse(page(_described(request, lang), lang), headers={"content-language": lang})


def _described(request: Request, lang: str) -> dict[str, Any]:
    app: FastAPI = request.app
    return described(app, app.state.house().settings.public_url + _BASE, lang)


def _chosen(request: Request) -> str:
    asked = request.query_params.get("lang", "")
    return asked if asked in LANGUAGES else _language(request)


def _language(request: Request) -> str:
    """That of the request, once the key's client is known also by that."""
    known: str = getattr(request.state, "lang", "")
    return known or preferred(request.headers.get("accept-language", ""))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return answer(error, _language(request))


async def _http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such address, another method, a body cut off at the edge."""
    assert isinstance(error, HTTPException)
    code = {404: "no_such_address", 405: "method"}.get(error.status_code, "form")
    return answer(
        Refused(error.status_code, code, {"n": 1}, headers=dict(error.headers or {})), _language(request)
    )


async def _malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    lang, found = _language(request), error.errors()
    return answer(Refused(422, "form", {"n": len(found)}, {"errors": flaws(found, lang)}), lang)
