"""Every HTTP route there is, asked by everybody who may not, with somebody else's ids and with nonsense.

The routes are read from the application's own table, so that one written tomorrow is walked tomorrow.
"""

import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import delete
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from encaiss_dashboard.encaiss_dashboard import app
from encaiss_dashboard.storage.accounts import LoginAttempt

WORDS = (
    *("all", "invoices", "statement", "rejected", "acts", "message", "batch", "letter"),
    *("reply", "mail", "post", "stop", "original"),
    *("follow-up", "calendar", "upcoming", "transfer", "remittances"),
)
NONSENSE = ("0", "-1", "9" * 30, "1.5", "a\0b", "' OR 1=1 --", "../../etc/passwd", "é", "%", "x" * 2000)
FIELDS = ("email", "password", "new", "code", "name", "token", "q", "on", "sort", "bucket", "page", "next")


def table(routes: list[BaseRoute], under: str = "") -> dict[str, set[str]]:
    """Path → methods, of mounted applications as well."""
    found: dict[str, set[str]] = {}
    for route in routes:
        if isinstance(route, Mount):
            found |= table(list(route.routes), under + route.path)
        elif isinstance(route, Route):
            found[under + route.path] = found.get(under + route.path, set()) | set(route.methods or {"GET"})
    return found


GIVEN = app.api_transformer if isinstance(app.api_transformer, list) else [app.api_transformer]
OURS = [one for one in GIVEN if isinstance(one, Starlette)]
ROUTES = dict(sorted(table([*(route for one in OURS for route in one.routes), *app._api.routes]).items()))


def addresses(path, ids):
    """The path with everything in its places: somebody's ids after each word, then nonsense."""
    places = re.findall(r"{[^}]*}", path)
    if not places:
        yield path
        return
    words = WORDS if len(places) > 1 else ("",)
    for word in words:
        for value in (*map(str, ids), *NONSENSE):
            given = [*[word] * (len(places) - 1), value]
            address = path
            for place, one in zip(places, given, strict=True):
                address = address.replace(place, quote(one, safe=""), 1)
            yield address


def asked(path, methods, ids):
    """Method, address, query and form."""
    for method in sorted(methods - {"HEAD"}):
        for number, address in enumerate(addresses(path, ids)):
            yield method, address, {}, {}
            for value in (str(ids[0]), *NONSENSE) if number == 0 else ():
                given = dict.fromkeys(FIELDS, value)
                yield (method, address, given, {}) if method == "GET" else (method, address, {}, given)


def test_the_walk_meets_the_routes_of_the_house_and_those_of_reflex():
    assert {"/auth/login", "/uploads/invoices", "/files/{kind}/{key}", "/healthz"} <= set(ROUTES)
    assert {"/auth/token", "/api/v1/invoices", "/api/v1/imports/{batch}", "/api/v1/docs"} <= set(ROUTES)
    assert len(ROUTES) > 12
    source = (Path(__file__).parents[2] / "encaiss_dashboard" / "ui").rglob("*.py")
    written = {
        path for file in source for path in re.findall(r'Route\(\s*"(/[^"]+)"', file.read_text("utf-8"))
    }
    assert written <= set(ROUTES)


@pytest.fixture
def no_tries(server):
    """The wrong passwords of this walk are no reason to keep others from signing in."""
    yield
    with server.house.engine.begin() as connection:
        connection.execute(delete(LoginAttempt))


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "who",
    ["a stranger", "an ex-member", "a case manager of nothing", "a signatory before the second factor"],
)
def test_a_route_gives_nothing_and_changes_nothing(server, ardenne, limited, business, no_tries, path, who):
    person = limited[who]
    before = business(person.email)
    # A server that answers before it has read all of a form ends the connection: none is used twice.
    headers, cookie = {"Origin": server.base, "Connection": "close"}, person.session()
    if cookie:
        headers["Cookie"] = f"encaiss_session={cookie}"
    with httpx.Client(base_url=server.base, headers=headers, timeout=30) as client:
        for method, address, query, form in asked(path, ROUTES[path], ardenne.ids):
            answer = client.request(method, address, params=query, data=form or None)
            assert answer.status_code < 500, (method, address, query, form)
            assert ardenne.mark not in answer.text.replace(f"{ardenne.mark} signatory", "")
            assert ardenne.mark not in repr(answer.headers)
    assert business(person.email) == before
