"""The OpenAPI document: written by FastAPI from the routes and shapes, worded by the catalogue."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from encaiss_dashboard.api.bodies import FILES, JSON
from encaiss_dashboard.api.problems import MIME
from encaiss_dashboard.api.shapes import Push, Trouble
from encaiss_dashboard.locales import catalogue, text

_REF: Final = "#/components/schemas/{model}"
EXAMPLE: Final[dict[str, Any]] = {
    "invoices": [
        {
            "number": "2026-0412",
            "issue": "2026-11-03",
            "due": "2026-12-03",
            "total": "1234.56",
            "vat": "214.26",
            "reference": "+++123/4567/89002+++",
            "debtor": {
                "name": "Moulin Clair SA",
                "number": "C-0042",
                "vat_number": "BE0202239951",
                "email": "compta@moulin.example",
                "language": "fr",
            },
        },
        {
            "number": "NC-2026-031",
            "kind": "credit_note",
            "issue": "2026-11-10",
            "total": "100.00",
            "credited": "2026-0412",
            "debtor": {"name": "Moulin Clair SA", "number": "C-0042"},
        },
    ]
}
_TAKEN: Final[dict[str, Any]] = {
    "line": 1,
    "status": "created",
    "problems": [],
    "warnings": [],
    "changes": {},
}
EXAMPLE_ANSWER: Final[dict[str, Any]] = {
    "batch": None,
    "dry_run": True,
    "created": 1,
    "updated": 0,
    "changed": 0,
    "unchanged": 0,
    "credit_notes": 1,
    "rejected": 0,
    "new_debtors": 1,
    "problems": [],
    "warnings": [],
    "items": [
        {"index": 0, "number": "2026-0412", **_TAKEN},
        {"index": 1, "number": "NC-2026-031", **_TAKEN, "line": 2},
    ],
    "items_complete": True,
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {"$ref": _REF.format(model="Push")},
                "examples": {"invoices": {"summary": "api.example", "value": EXAMPLE}},
            },
            **dict.fromkeys(FILES, _BINARY),
        },
    }
}
_RETRY: Final = {"Retry-After": {"description": "api.header_retry", "schema": {"type": "string"}}}
_CHALLENGE: Final = {
    "WWW-Authenticate": {"description": "api.header_challenge", "schema": {"type": "string"}}
}
_HEADERS: Final = {401: _CHALLENGE, 429: _RETRY, 503: _RETRY}


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals that a route may answer with."""
    schema = {"schema": {"$ref": _REF.format(model=Trouble.__name__)}}
    return {
        status: {
            "description": f"api.answer_{status}",
            "content": {MIME: schema},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


def described(app: FastAPI, address: str, lang: str) -> dict[str, Any]:
    """The document in a language; ``address`` is where the application is found."""
    whole = get_openapi(
        title=app.title,
        version=app.version,
        description="api.about",
        routes=app.routes,
        servers=[{"url": address}],
    )
    _, more = models_json_schema([(Push, "validation"), (Trouble, "serialization")], ref_template=_REF)
    schemas: dict[str, Any] = whole["components"]["schemas"]
    schemas |= more["$defs"]
    for name, schema in schemas.items():
        schema["description"] = f"api.shape_{name.lower()}"
        for member in schema.get("properties", {}).values():
            member.pop("title", None)
    worded: dict[str, Any] = _worded(whole, lang)
    return worded


def _worded(part: Any, lang: str) -> Any:
    """A part of the document with every key of the catalogue replaced by its text."""
    if isinstance(part, dict):
        return {name: _worded(value, lang) for name, value in part.items()}
    if isinstance(part, list):
        return [_worded(value, lang) for value in part]
    if isinstance(part, str) and part.startswith("api.") and part in catalogue(lang):
        return text(lang, part)
    return part
