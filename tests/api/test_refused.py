"""What is refused, with which status, in which words; and that nothing of it is kept."""

import json
from dataclasses import replace

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.routing import Mount

from encaiss_dashboard.api.application import application, routes
from encaiss_dashboard.api.bodies import BODY_BYTES_MAX
from encaiss_dashboard.api.shapes import ITEMS_MAX
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import imports, tokens

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
GOOD = {
    "number": "F-1",
    "issue": "2026-10-01",
    "due": "2026-10-31",
    "total": "1000.00",
    "debtor": {"name": "Moulin Clair SA"},
}


def told(answer, status, code):
    """The document of a refusal, once it is sure that it is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == f"/api/v1/docs#status-{status}"
    assert document["title"]
    assert document["detail"]
    assert "{" not in document["detail"].replace("{1,200}", "")
    return document


# Whose request it is


@pytest.mark.parametrize("shown", ["", "Basic dXNlcjpwYXNz", "Bearer", "encaiss_", "Token x"])
async def test_without_a_key_nothing_is_even_read(odoo, shown, house):
    before = house.dump()
    odoo.headers = {"authorization": shown}
    answer = await odoo.send(b"not even json", "application/json")
    told(answer, 401, "token_missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="Encaiss"'
    assert house.dump() == before


@pytest.mark.parametrize("token", ["x", "encaiss_" + "0" * 43, "encaiss_é", "x" * 5000, "a b"])
async def test_an_unknown_key_opens_nothing(odoo, token, house):
    before = house.dump()
    odoo.headers = {"authorization": f"Bearer {token}".encode()}
    answer = await odoo.push(GOOD)
    told(answer, 401, "token_unknown")
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert house.dump() == before


async def test_a_key_that_was_taken_back_opens_nothing_any_more(odoo, house):
    assert (await odoo.push(GOOD)).status_code == 201
    with house.wiring.begin(odoo.owner) as work:
        (token,) = tokens.listed(work, odoo.client_id)
        tokens.revoke(work, odoo.client_id, token.id)
    told(await odoo.push(GOOD), 401, "token_unknown")
    told(await odoo.ask(1), 401, "token_unknown")


@pytest.mark.parametrize("moment", [1, 2, 3, 4])
async def test_a_key_taken_back_while_its_request_waited_changes_nothing(odoo, house, moment):
    """The key is asked again inside each transaction."""
    real, begun = house.wiring.begin, []

    def begin(actor, *args, **options):
        begun.append(actor.name)
        if begun.count("Odoo") == moment and actor.name == "Odoo":
            with real(odoo.owner) as work:
                (token,) = tokens.listed(work, odoo.client_id)
                tokens.revoke(work, odoo.client_id, token.id)
        return real(actor, *args, **options)

    app = application(lambda: Held(house.wiring, begin))
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/api/v1", app=app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://house.example") as http:
        told(await replace(odoo, http=http).push(GOOD), 403, "not_allowed")
    assert not house.dump()["invoice"]
    assert not house.dump()["import_batch"]
    assert not list(house.wiring.store.kept())


class Held:
    """The wiring of a house with another way to begin."""

    def __init__(self, wiring, begin):
        self._wiring, self.begin = wiring, begin

    def __getattr__(self, name):
        return getattr(self._wiring, name)


async def test_a_key_reaches_its_own_client_only(software, house, invoices):
    ardenne, baltique = software("ardenne"), software("baltique", "Exact")
    batch = (await ardenne.push(GOOD)).json()["batch"]
    told(await baltique.ask(batch), 404, "not_found")
    assert (await baltique.push(GOOD)).status_code == 201
    assert [client for client, *_ in invoices()] == [ardenne.client_id, baltique.client_id]
    with house.wiring.begin(baltique.owner) as work:
        theirs = imports.receive(work, baltique.client_id, "x.csv", b"a;b\n")
    told(await ardenne.ask(theirs), 404, "not_found")


@pytest.mark.parametrize("batch", ["999999", str(2**31 - 1)])
async def test_an_import_that_there_is_not_is_not_found(odoo, batch):
    told(await odoo.ask(batch), 404, "not_found")


@ON_SQLITE
@pytest.mark.parametrize("batch", ["0", "-1", "x", str(2**31), "1.5", "%00", "9" * 400])
async def test_what_can_be_no_import_is_refused(odoo, batch):
    document = told(await odoo.ask(batch), 422, "form")
    assert document["errors"][0]["parameter"] == "batch"


# What the request carries


@ON_SQLITE
@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]]", b"{'invoices': []}", b"\xff", b'{"invoices": [' + b"[" * 5000, b'{"n": "\\ud800"}'],
)
async def test_a_body_that_is_no_json_is_refused_as_such(odoo, body):
    told(await odoo.send(body), 400, "json_broken")


@ON_SQLITE
@pytest.mark.parametrize(
    "body, pointer, code",
    [
        ([], "", "form_model_type"),
        ({}, "/invoices", "form_missing"),
        ({"invoices": []}, "/invoices", "form_too_short"),
        ({"invoices": {}}, "/invoices", "form_list_type"),
        ({"invoices": [GOOD] * (ITEMS_MAX + 1)}, "/invoices", "form_too_long"),
        ({"invoices": [GOOD], "dryrun": True}, "/dryrun", "form_extra_forbidden"),
        ({"invoices": [GOOD], "dry_run": "yes"}, "/dry_run", "form_bool_type"),
        ({"invoices": [GOOD], "on_change": "ask"}, "/on_change", "form_literal_error"),
        ({"invoices": [GOOD, "F-2"]}, "/invoices/1", "form_model_type"),
        ({"invoices": [GOOD | {"total": 12.5}]}, "/invoices/0/total", "json_number"),
        ({"invoices": [GOOD | {"vat": 12}]}, "/invoices/0/vat", "json_number"),
        ({"invoices": [GOOD | {"paid": True}]}, "/invoices/0/paid", "json_text"),
        ({"invoices": [GOOD | {"number": 12}]}, "/invoices/0/number", "json_text"),
        ({"invoices": [GOOD | {"kind": "dream"}]}, "/invoices/0/kind", "form_literal_error"),
        ({"invoices": [GOOD | {"a/b~c": 1}]}, "/invoices/0/a~1b~0c", "form_extra_forbidden"),
        ({"invoices": [GOOD | {"debtor": None}]}, "/invoices/0/debtor", "form_model_type"),
        ({"invoices": [GOOD | {"debtor": {"iban": 1}}]}, "/invoices/0/debtor/iban", "json_text"),
        (
            {"invoices": [{k: v for k, v in GOOD.items() if k != "issue"}]},
            "/invoices/0/issue",
            "form_missing",
        ),
    ],
)
async def test_what_has_not_the_form_is_told_with_its_place(odoo, house, body, pointer, code):
    before = house.dump()
    document = told(await odoo.send(body), 422, "form")
    assert [(one["pointer"], one["code"]) for one in document["errors"]] == [(pointer, code)]
    assert house.dump() == before


@ON_SQLITE
async def test_an_amount_as_a_json_number_is_refused_with_the_reason(odoo):
    for lang in LANGUAGES:
        document = told(await odoo.push(GOOD | {"total": 12.5}, lang=lang), 422, "form")
        assert document["errors"][0]["message"] == text(lang, "problem.json_number", value="12.5")
        assert "1234.56" in document["errors"][0]["message"]


@ON_SQLITE
async def test_of_very_many_flaws_the_first_hundred_are_told(odoo):
    document = told(await odoo.push(*[GOOD | {"total": 1}] * 300), 422, "form")
    assert len(document["errors"]) == 100
    assert "300" in document["detail"]


@ON_SQLITE
@pytest.mark.parametrize(
    "media", ["", "text/html", "multipart/form-data; boundary=x", "application/jsonx", "x"]
)
async def test_a_kind_of_content_that_is_not_understood_is_refused(odoo, media):
    answer = await odoo.send(GOOD, media)
    told(answer, 415, "media")
    assert "application/json" in answer.headers["accept"]


@ON_SQLITE
async def test_a_body_that_is_too_long_is_refused_whether_it_says_so_or_not(odoo, house):
    before = house.dump()
    told(await odoo.send(b" " * (BODY_BYTES_MAX + 1)), 413, "too_large")

    async def endless():
        for _ in range(200):
            yield b" " * 2**20

    headers = {"authorization": f"Bearer {odoo.token}", "content-type": "application/json"}
    told(await odoo.http.post("/api/v1/invoices", content=endless(), headers=headers), 413, "too_large")
    headers |= {"content-length": str(10**12), "expect": "100-continue"}
    told(await odoo.http.post("/api/v1/invoices", content=b"", headers=headers), 413, "too_large")
    assert house.dump() == before


@ON_SQLITE
@pytest.mark.parametrize(
    "query, parameter",
    [
        ("?dry_run=maybe", "dry_run"),
        ("?on_change=", "on_change"),
        ("?all_or_nothing=1", "all_or_nothing"),
        ("?unheard=of", "unheard"),
        (f"?name={'x' * 201}", "name"),
    ],
)
async def test_a_parameter_that_cannot_be_is_refused(odoo, query, parameter):
    document = told(await odoo.send({"invoices": [GOOD]}, query=query), 422, "form")
    assert [one["parameter"] for one in document["errors"]] == [parameter]


@ON_SQLITE
@pytest.mark.parametrize("key", ["a key", "é", "x" * 201, "tab\tbed"])
async def test_a_key_of_a_request_is_short_and_printable(odoo, key):
    odoo.headers = {"idempotency-key": key.encode()}
    document = told(await odoo.push(GOOD), 422, "form")
    assert [one["parameter"] for one in document["errors"]] == ["idempotency-key"]


@ON_SQLITE
@pytest.mark.parametrize("name", ["../../etc/passwd", "a\0b", "x" * 200, "\u202eevil", "%n", "{0}"])
async def test_a_hostile_name_is_only_ever_a_name(odoo, name, house):
    answer = await odoo.http.post(
        "/api/v1/invoices",
        params={"name": name},
        content=json.dumps({"invoices": [GOOD]}),
        headers={"authorization": f"Bearer {odoo.token}", "content-type": "application/json"},
    )
    assert answer.status_code == 201
    assert list(house.wiring.store.kept()) == ["batch-1"]


# Where it goes


@ON_SQLITE
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_another_method_is_refused_with_those_that_there_are(odoo, method):
    answer = await odoo.http.request(method, "/api/v1/invoices")
    told(answer, 405, "method")
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/v1", "/api/v1/", "/api/v1/invoices/", "/api/v2/invoices", "/api/v1/redoc"]
)
async def test_where_nothing_is_there_is_said_so_in_the_same_form(path):
    app = Starlette(routes=routes())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house.example") as http:
        for method in ("GET", "POST", "DELETE"):
            told(await http.request(method, path), 404, "no_such_address")


@ON_SQLITE
async def test_a_database_that_is_busy_says_when_to_come_back(odoo, house, software):
    def begin(actor, *args, **options):
        if actor.house:
            return house.wiring.begin(actor, *args, **options)
        raise OperationalError("", {}, Exception("database is locked"))

    app = application(lambda: Held(house.wiring, begin))
    transport = httpx.ASGITransport(Starlette(routes=[Mount("/api/v1", app=app)]))
    async with httpx.AsyncClient(transport=transport, base_url="http://house.example") as http:
        answer = await replace(odoo, http=http).push(GOOD)
    told(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) > 0
