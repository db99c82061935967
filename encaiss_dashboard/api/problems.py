"""Why a request is refused, as a document that programs read and people understand (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.responses import JSONResponse

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field
from encaiss_dashboard.locales import catalogue, text

MIME: Final = "application/problem+json"
DOCS: Final = "/api/v1/docs"
RETRY_SECONDS: Final = 5
_AMOUNTS: Final = frozenset({"total", "vat", "paid"})
# Fields of the trade as the body names them.
NAMES: Final[Mapping[str, str]] = {
    Field.DEBTOR: "debtor.name",
    Field.DEBTOR_NUMBER: "debtor.number",
    **{
        about: f"debtor.{about}"
        for about in (
            *(Field.VAT_NUMBER, Field.ENDPOINT, Field.EMAIL, Field.LANGUAGE, Field.ADDRESS),
            *(Field.POSTCODE, Field.CITY, Field.COUNTRY, Field.IBAN),
        )
    },
}


@dataclass
class Refused(Exception):  # noqa: N818 - the house says no, nothing broke
    """A request that is refused.

    Attributes:
        status: of HTTP.
        code: catalogue key below ``api.error_``, or whole where it has a dot.
        facts: values that the sentence names.
        more: further members of the document.
        headers: of the answer.
    """

    status: int
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def document(status: int, code: str, detail: str, lang: str, **more: Any) -> dict[str, Any]:
    """The document of a refusal: what kind it is, and one clear sentence."""
    return {
        "type": f"{DOCS}#status-{status}",
        "title": text(lang, f"api.title_{status}"),
        "status": status,
        "detail": detail,
        "code": code,
        **more,
    }


def answer(refused: Refused, lang: str) -> JSONResponse:
    """The answer to a request that is refused."""
    key = refused.code if "." in refused.code else f"api.error_{refused.code}"
    code, detail = key.partition(".")[2].removeprefix("error_"), text(lang, key, **refused.facts)
    return JSONResponse(
        document(refused.status, code, detail, lang, **refused.more),
        refused.status,
        dict(refused.headers),
        media_type=MIME,
    )


def finding(problem: Problem, lang: str) -> dict[str, Any]:
    """A problem of a file or an item in words."""
    return {
        "code": problem.code,
        "field": NAMES.get(problem.field, problem.field) if problem.field else None,
        "message": text(lang, f"problem.{problem.code}", **problem.facts),
    }


def flaws(errors: Iterable[Mapping[str, Any]], lang: str) -> list[dict[str, Any]]:
    """What in a request is not of the form that the document gives, each with its place."""
    return [_flaw(error, lang) for error in errors]


def _flaw(error: Mapping[str, Any], lang: str) -> dict[str, Any]:
    where = [str(part) for part in error["loc"]]
    code, message = _said(error, where[-1] if where else "", lang)
    if where[:1] in (["query"], ["header"], ["path"]):
        return {"pointer": None, "parameter": ".".join(where[1:]), "code": code, "message": message}
    return {"pointer": "".join(f"/{_escaped(part)}" for part in where), "code": code, "message": message}


def _said(error: Mapping[str, Any], name: str, lang: str) -> tuple[str, str]:
    value = str(error.get("input", ""))[:60]
    if error["type"] == "string_type":
        is_number = isinstance(error["input"], int | float) and not isinstance(error["input"], bool)
        code = "json_number" if is_number and name in _AMOUNTS else "json_text"
        return code, text(lang, f"problem.{code}", value=value)
    code = f"form_{error['type']}"
    if f"api.{code}" not in catalogue(lang):
        code = "form_other"
    facts = {name: str(fact) for name, fact in error.get("ctx", {}).items()}
    return code, text(lang, f"api.{code}", **{"value": value, **facts})


def _escaped(part: str) -> str:
    """One step of a JSON pointer (RFC 6901, 3)."""
    return part.replace("~", "~0").replace("/", "~1")
