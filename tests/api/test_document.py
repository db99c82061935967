"""The OpenAPI document and its page: complete, worded in every language, and never apart."""

import re
from html.parser import HTMLParser

import pytest

from encaiss_dashboard.adapters.invoice_files.pushed import PATHS
from encaiss_dashboard.api.document import EXAMPLE
from encaiss_dashboard.api.shapes import Debtor, Invoice
from encaiss_dashboard.locales import LANGUAGES, catalogue

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


async def document(http, lang):
    return (await http.get("/api/v1/openapi.json", params={"lang": lang})).json()


def words(part):
    """Every text of a document."""
    if isinstance(part, dict):
        for value in part.values():
            yield from words(value)
    elif isinstance(part, list):
        for value in part:
            yield from words(value)
    elif isinstance(part, str):
        yield part


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_part_is_explained_in_every_language(http, lang):
    whole = await document(http, lang)
    assert not [one for one in words(whole) if one.startswith("api.")]
    for schema in whole["components"]["schemas"].values():
        assert schema["description"] in catalogue(lang).values()
        for name, member in schema["properties"].items():
            if name not in {"before", "after"}:
                assert member["description"] in catalogue(lang).values(), name
    for methods in whole["paths"].values():
        for operation in methods.values():
            assert operation["summary"] in catalogue(lang).values()
            for answer in operation["responses"].values():
                assert answer["description"] in catalogue(lang).values()
            for parameter in operation.get("parameters", ()):
                assert parameter["description"] in catalogue(lang).values()


async def test_every_field_that_is_sent_is_one_that_is_read(http):
    sent = {*Invoice.model_fields} - {"debtor"} | {f"debtor.{name}" for name in Debtor.model_fields}
    assert sent == set(PATHS)


async def test_nothing_of_fastapi_is_there_that_loads_from_elsewhere(http):
    for path in ("/docs/oauth2-redirect", "/redoc"):
        assert (await http.get(f"/api/v1{path}")).status_code == 404
    page = (await http.get("/api/v1/docs")).text
    assert not re.search(r'(src|href)="(?!/|#|\?|openapi\.json)', page)
    assert "<style" not in page
    assert "style=" not in page
    assert re.findall("<script[^>]*>[^<]", page) == []


async def test_the_language_of_the_page_is_asked_for_or_that_of_the_browser(http):
    for lang in LANGUAGES:
        asked = await http.get("/api/v1/docs", params={"lang": lang}, headers={"accept-language": "fr"})
        liked = await http.get("/api/v1/docs", headers={"accept-language": f"de,{lang}-BE;q=0.9,ja;q=0.1"})
        assert f'<html lang="{lang}">' in asked.text
        assert asked.text == liked.text
        assert asked.headers["content-language"] == lang
    assert '<html lang="fr">' in (await http.get("/api/v1/docs", params={"lang": "<x>"})).text


class Texts(HTMLParser):
    """What a page says, what its ids are and where it links to."""

    def __init__(self, page):
        super().__init__()
        self.said, self.ids, self.links = "", set(), set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.links |= {attributes["href"]} if tag == "a" else set()

    def handle_data(self, data):
        self.said += f"{data}\n"


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_page_says_everything_that_the_document_says(http, lang):
    whole = await document(http, lang)
    page = Texts((await http.get("/api/v1/docs", params={"lang": lang})).text)
    for schema in whole["components"]["schemas"].values():
        assert schema["description"] in page.said
        for name, member in schema["properties"].items():
            assert f"{name}\n" in page.said
            assert member.get("description", "") in page.said
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            assert method.upper() in page.said
            assert path in page.said
            for status, answer in operation["responses"].items():
                assert status in page.said
                assert answer["description"] in page.said
    assert EXAMPLE["invoices"][0]["number"] in page.said
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
    statuses = set(whole["paths"]["/invoices"]["post"]["responses"])
    assert {f"status-{status}" for status in statuses} <= page.ids
