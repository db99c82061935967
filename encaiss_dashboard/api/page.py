"""The OpenAPI document as a page for people; whatever it says stands in that document."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Final

from encaiss_dashboard.api.frame import brand, element, frame
from encaiss_dashboard.locales import LANGUAGES, text

_NAMES: Final = {"fr": "Français", "nl": "Nederlands", "en": "English"}
_REF: Final = "#/components/schemas/"
_KEY: Final = "encaiss_…"
_JSON: Final = "application/json"
_CSV: Final = "text/csv"

Document = Mapping[str, Any]


def page(document: Document, lang: str) -> str:
    """The page of an OpenAPI document that is worded in this language."""
    title = text(lang, "api.page_title")
    body = (
        _top(lang),
        element(
            "main",
            element("h1", title),
            element("p", escape(document["info"]["description"]), class_="sub"),
            element(
                "p", escape(text(lang, "api.page_version", n=document["info"]["version"])), class_="muted"
            ),
            _begin(document, lang),
            _trial(document, lang),
            *(_operation(*one, document, lang) for one in _operations(document)),
            *(_shape(name, schema, lang) for name, schema in document["components"]["schemas"].items()),
        ),
    )
    return frame(lang, title, *body, class_="docs")


def _top(lang: str) -> str:
    ways = (
        element(
            "a",
            _NAMES[one],
            href=f"?lang={one}",
            lang=one,
            hreflang=one,
            **({"aria_current": "true"} if one == lang else {}),
        )
        for one in LANGUAGES
    )
    languages = element("nav", *ways, aria_label=text(lang, "api.page_languages"))
    return element("header", brand(), languages)


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _begin(document: Document, lang: str) -> str:
    (scheme,) = document["components"]["securitySchemes"].values()
    named = (
        ("api.page_address", element("code", escape(document["servers"][0]["url"]))),
        ("api.page_key", escape(scheme["description"])),
        ("api.page_document", element("a", "openapi.json", href=f"openapi.json?lang={lang}", class_="link")),
    )
    rows = (element("dt", escape(text(lang, key))) + element("dd", value) for key, value in named)
    return _card(text(lang, "api.page_begin"), "", element("dl", *rows))


def _trial(document: Document, lang: str) -> str:
    """What to type first: the document's own example, as a trial, and a file."""
    path, _, operation = next(one for one in _operations(document) if "requestBody" in one[2])
    example = operation["requestBody"]["content"][_JSON]["examples"]["invoices"]
    address = document["servers"][0]["url"] + path
    body = json.dumps({"dry_run": True, **example["value"]}, ensure_ascii=False, indent=2)
    key = f'  -H "Authorization: Bearer {_KEY}" \\'
    pushed = (f"curl {address} \\", key, f'  -H "Content-Type: {_JSON}" \\', f"  -d '{body}'")
    asked = f'"{address}?dry_run=true&name=factures.csv"'
    file = (f"curl {asked} \\", key, f'  -H "Content-Type: {_CSV}" \\', "  --data-binary @factures.csv")
    answered = json.dumps(
        operation["responses"]["200"]["content"][_JSON]["example"], ensure_ascii=False, indent=2
    )
    return _card(
        text(lang, "api.page_try"),
        text(lang, "api.page_try_hint"),
        element("p", escape(example["summary"])),
        _code("\n".join(pushed), example["summary"]),
        element("p", element("span", "200", class_="tag t-good"), " ", escape(_answer(operation, "200"))),
        _code(answered, text(lang, "api.page_answers")),
        element("p", escape(text(lang, "api.page_file"))),
        _code("\n".join(file), text(lang, "api.page_file")),
    )


def _answer(operation: Document, status: str) -> str:
    return str(operation["responses"][status]["description"])


def _operation(path: str, method: str, operation: Document, document: Document, lang: str) -> str:
    parts = [element("p", escape(operation["description"]))]
    if operation.get("parameters"):
        rows = [_parameter(one, lang) for one in operation["parameters"]]
        parts += [_heading("api.page_parameters", lang), _table(_NAMED, rows, "api.page_parameters", lang)]
    if "requestBody" in operation:
        contents = operation["requestBody"]["content"].items()
        kinds = [(element("code", escape(kind)), _form(one["schema"], lang)) for kind, one in contents]
        parts += [_heading("api.page_body", lang), _table(_KINDS, kinds, "api.page_body", lang)]
    is_first = path == next(iter(document["paths"]))
    answers = [
        _answered(status, one, lang, named=is_first) for status, one in sorted(operation["responses"].items())
    ]
    parts += [_heading("api.page_answers", lang), _table(_ANSWERED, answers, "api.page_answers", lang)]
    address = element("code", element("b", method), " ", escape(path))
    return _card(operation["summary"], "", element("p", address), *parts)


_NAMED: Final = ("api.page_column_name", "api.page_column_type", "api.page_column_meaning")
_KINDS: Final = ("api.page_column_name", "api.page_column_type")
_ANSWERED: Final = ("api.page_column_status", "api.page_column_type", "api.page_column_meaning")


def _parameter(one: Document, lang: str) -> tuple[str, ...]:
    name = _name(one["name"], lang, required=one.get("required", False))
    return name, _form(one["schema"], lang), escape(one.get("description", ""))


def _answered(status: str, one: Document, lang: str, *, named: bool) -> tuple[str, ...]:
    tone = "good" if status.startswith("2") else "warn"
    tag = element("span", status, class_=f"tag t-{tone}", **({"id": f"status-{status}"} if named else {}))
    schemas = [kind["schema"] for kind in one.get("content", {}).values() if kind.get("schema")]
    headers = "".join(
        element("span", element("code", escape(name)), " ", escape(header["description"]), class_="under")
        for name, header in one.get("headers", {}).items()
    )
    return tag, " ".join(_form(schema, lang) for schema in schemas), escape(one["description"]) + headers


def _shape(name: str, schema: Document, lang: str) -> str:
    needed = schema.get("required", ())
    rows = [
        (
            _name(member, lang, required=member in needed),
            _form(form, lang),
            escape(form.get("description", "")) + _examples(form),
        )
        for member, form in schema.get("properties", {}).items()
    ]
    table = _table(_NAMED, rows, "api.page_shapes", lang)
    return _card(name, schema["description"], table, id=name)


def _name(name: str, lang: str, *, required: bool) -> str:
    mark = element("span", escape(text(lang, "api.page_required")), class_="under") if required else ""
    return element("code", escape(name)) + mark


def _examples(form: Document) -> str:
    written = (
        element("code", escape(json.dumps(one, ensure_ascii=False))) for one in form.get("examples", ())
    )
    return "".join(element("span", one, class_="under") for one in written)


def _form(schema: Document, lang: str) -> str:
    """What a value looks like, in a word or a link to the shape."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return element("a", escape(name), href=f"#{name}", class_="link")
    if "anyOf" in schema:
        return " · ".join(_form(one, lang) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " · ".join(element("code", escape(str(one))) for one in schema["enum"])
    kind = "binary" if schema.get("format") == "binary" else schema.get("type", "object")
    word = escape(text(lang, f"api.type_{kind}"))
    inner = schema.get("items") or schema.get("additionalProperties")
    most = schema.get("maxItems") or schema.get("maxLength")
    return "".join(
        (
            word,
            f" · {_form(inner, lang)}" if isinstance(inner, dict) else "",
            f" · {escape(text(lang, 'api.page_at_most', n=str(most)))}" if most else "",
        )
    )


def _card(title: str, hint: str, *inner: str, **attributes: str) -> str:
    head = element("div", element("h2", escape(title)), element("span", escape(hint)), class_="h")
    return element("section", head, *inner, class_="card", **attributes)


def _heading(key: str, lang: str) -> str:
    return element("h3", escape(text(lang, key)))


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], caption: str, lang: str) -> str:
    heads = (element("th", escape(text(lang, key)), scope="col") for key in columns)
    lines = (
        element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in cells))
        for first, *cells in rows
    )
    return element(
        "table",
        element("caption", escape(text(lang, caption)), class_="sr"),
        element("thead", element("tr", *heads)),
        element("tbody", *lines),
    )


def _code(content: str, label: str) -> str:
    return element("pre", element("code", escape(content)), tabindex="0", role="region", aria_label=label)
