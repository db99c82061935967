"""Keys on the served house: made by a form, shown once; and what the edge does with requests of software."""

import re
import secrets

import httpx
import pytest

from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import tokens

PASSWORD = "correct horse battery"
KEY = re.compile("encaiss_[0-9A-Za-z]{43}")
GOOD = {
    "number": "F-1",
    "issue": "2026-10-01",
    "due": "2026-10-31",
    "total": "1000.00",
    "debtor": {"name": "Moulin Clair SA"},
}


@pytest.fixture
def caller(server):
    """A function that opens connections of a person, or of nobody."""
    opened = []

    def open_caller(cookie="", **headers):
        cookies = {"encaiss_session": cookie} if cookie else {}
        headers = {"Origin": server.base} | headers
        opened.append(httpx.Client(base_url=server.base, headers=headers, cookies=cookies, timeout=30))
        return opened[-1]

    yield open_caller
    for one in opened:
        one.close()


@pytest.fixture
def owner(server, ardenne, caller):
    return caller(server.house.session("owner@walkardenne.example", secrets.token_urlsafe(32)))


@pytest.fixture
def key(server, ardenne):
    """A key of the client, for this test."""
    with server.house.wiring.begin(HOUSE) as work:
        return tokens.make(work, ardenne.client_id, secrets.token_hex(8))


def form(tenant, **fields):
    return {"client": str(tenant.client_id), "name": secrets.token_hex(8), "password": PASSWORD} | fields


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


# Made by a form


def test_the_answer_to_the_form_shows_the_key_and_nothing_keeps_it(server, owner, ardenne):
    answer = owner.post("/auth/token", data=form(ardenne, name=" Exact  Online "))
    assert answer.status_code == 200
    (key,) = set(KEY.findall(answer.text))
    assert "Exact Online" in answer.text
    assert ardenne.mark in answer.text
    assert answer.headers["cache-control"] == "private, no-store"
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert owner.get(f"/api/v1/imports/{ardenne.batch_id}", headers=bearer(key)).status_code == 200
    kept = [path for path in server.folder.parent.rglob("*") if path.is_file()]
    assert not [path for path in kept if key.encode() in path.read_bytes()]
    assert key not in server.log.read_text(errors="replace")


def test_a_key_is_told_in_the_language_of_who_made_it(owner, ardenne):
    answer = owner.post("/auth/token", data=form(ardenne))
    assert text("fr", "software.shown_lead") in answer.text


@pytest.mark.parametrize(
    "fields, problem",
    [
        ({"password": "not the password"}, "wrong_password"),
        ({"password": ""}, "wrong_password"),
        ({"name": " "}, "token_unnamed"),
        ({"name": "x" * 61}, "unreadable"),
        ({"client": ""}, "another_client"),
        ({"client": "999999"}, "another_client"),
    ],
)
def test_a_form_that_says_something_else_makes_nothing(server, owner, ardenne, fields, problem):
    before = server.house.dump()["api_token"]
    answer = owner.post("/auth/token", data=form(ardenne, **fields))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/software?problem={problem}")
    assert server.house.dump()["api_token"] == before


def test_a_second_key_of_one_name_is_refused(owner, ardenne):
    asked = form(ardenne)
    assert owner.post("/auth/token", data=asked).status_code == 200
    assert owner.post("/auth/token", data=asked).headers["location"] == "/software?problem=token_name_taken"


@pytest.mark.parametrize("role", ["accountant", "signatory", "reader"])
def test_nobody_but_an_owner_of_the_client_makes_one(server, caller, ardenne, role):
    before = server.house.dump()["api_token"]
    answer = caller(ardenne.cookies[role]).post("/auth/token", data=form(ardenne))
    assert answer.headers["location"] == "/software?problem=not_allowed"
    assert caller().post("/auth/token", data=form(ardenne)).headers["location"] == "/login"
    assert server.house.dump()["api_token"] == before


def test_another_clients_owner_makes_none_for_this_one(server, caller, ardenne, baltique):
    cookie = server.house.session("owner@walkbaltique.example", secrets.token_urlsafe(32))
    answer = caller(cookie).post("/auth/token", data=form(ardenne))
    assert answer.headers["location"] == "/software?problem=another_client"


def test_a_form_from_another_page_makes_nothing(caller, server, ardenne):
    cookie = server.house.session("owner@walkardenne.example", secrets.token_urlsafe(32))
    answer = caller(cookie, Origin="http://evil.example").post("/auth/token", data=form(ardenne))
    assert answer.status_code == 403


# What the edge does with software


def test_software_needs_neither_cookie_nor_origin(server, ardenne, key):
    answer = httpx.post(f"{server.base}/api/v1/invoices", json={"invoices": [GOOD]}, headers=bearer(key))
    assert answer.status_code in {200, 201}
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


def test_no_cookie_opens_anything_there(owner):
    for method, path in (("POST", "/api/v1/invoices"), ("GET", "/api/v1/imports/1")):
        answer = owner.request(method, path, json={"invoices": [GOOD]} if method == "POST" else None)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


def test_no_key_opens_anything_else(server, caller, key):
    one = caller(**bearer(key))
    assert one.get("/invoices").headers["location"] == "/login"
    assert one.get("/files/invoices/all").status_code == 404
    assert one.post("/uploads/invoices", content=b"a;b").status_code == 403
    assert one.post("/auth/token", data={}).headers["location"] == "/login"


def test_a_body_may_be_longer_there_than_any_form(server, ardenne, key):
    items = [GOOD | {"number": f"L-{n}"} for n in range(2000)]
    answer = httpx.post(
        f"{server.base}/api/v1/invoices",
        json={"invoices": items, "dry_run": True},
        headers=bearer(key),
        timeout=60,
    )
    assert (answer.status_code, answer.json()["created"]) == (200, 2000)


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_of_40_megabytes_is_refused_in_words_and_leaves_nothing(server, key, announced):
    before = sorted(path.name for path in (server.folder / "uploads").iterdir())
    headers = bearer(key) | {"Content-Type": "application/json", "Accept-Language": "nl"}
    headers |= {"Content-Length": str(40 * 2**20)} if announced else {}
    body = (b" " * 2**20 for _ in range(40))
    answer = httpx.post(f"{server.base}/api/v1/invoices", content=body, headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        text("nl", "api.error_too_large", megabytes="25"),
    )
    assert sorted(path.name for path in (server.folder / "uploads").iterdir()) == before


def test_the_instructions_are_a_page_of_the_house_open_to_everybody(server, caller):
    answer = caller().get("/api/v1/docs", headers={"Accept-Language": "nl"})
    assert answer.status_code == 200
    assert '<html lang="nl">' in answer.text
    assert server.base in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "'unsafe-inline'" not in policy
    document = caller().get("/api/v1/openapi.json").json()
    assert document["servers"] == [{"url": f"{server.base}/api/v1"}]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1", "/api/v2/invoices", "/api/v1/../../invoices"])
def test_nothing_else_under_that_address_leads_anywhere(caller, path):
    answer = caller().request("GET", path)
    assert answer.status_code in {303, 404}
    if answer.status_code == 404:
        assert answer.json()["code"] == "no_such_address"
