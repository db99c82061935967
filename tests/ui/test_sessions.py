"""Whose tab it is: sockets by origin and session, and where the cookie never turns up."""

import secrets
from urllib.parse import urlsplit

import httpx
import pytest
from reflex_base.registry import RegistrationContext
from socketio.exceptions import ConnectionError as Refused

import encaiss_dashboard.encaiss_dashboard  # noqa: F401 - registers the handlers
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services.accounts import signing

HYDRATE = next(n for n in RegistrationContext.get().event_handlers if n.endswith(".hydrate_and_load"))
PLAIN_HYDRATE = next(n for n in RegistrationContext.get().event_handlers if n.endswith("_state.hydrate"))


@pytest.fixture
def cookie(server, ardenne):
    return server.house.session("owner@walkardenne.example", secrets.token_urlsafe(32))


def sign_out(server, cookie):
    with server.house.wiring.begin(HOUSE) as work:
        signing.sign_out(work, server.house.wiring.digest(cookie))


async def test_an_owner_sees_the_own_client(tab, cookie, ardenne, baltique):
    async with tab(cookie) as owner:
        said = await owner.ask(HYDRATE, {"vars": {}}, "/")
    assert ardenne.mark in said
    assert baltique.mark not in said


async def test_a_tab_shows_nothing_of_before_after_signing_out(server, tab, cookie, ardenne):
    async with tab(cookie) as owner:
        assert ardenne.mark in await owner.ask(HYDRATE, {"vars": {}}, "/")
        token = owner.token
    sign_out(server, cookie)
    for old in ("", cookie):  # the cookie is gone, or somebody kept it
        async with tab(old, token) as later:
            said = await later.ask(PLAIN_HYDRATE) + await later.ask(HYDRATE, {"vars": {}}, "/")
        assert ardenne.mark not in said


async def test_a_tab_left_open_is_emptied_when_its_session_ends(server, tab, cookie, ardenne):
    async with tab(cookie) as owner:
        assert ardenne.mark in await owner.ask(HYDRATE, {"vars": {}}, "/")
        sign_out(server, cookie)
        assert ardenne.mark not in await owner.ask(PLAIN_HYDRATE)
        assert "/login" in await owner.ask(HYDRATE, {"vars": {}}, "/")


async def test_the_same_tab_shows_another_person_nothing_of_the_first(tab, cookie, ardenne, baltique):
    async with tab(cookie) as owner:
        assert ardenne.mark in await owner.ask(HYDRATE, {"vars": {}}, "/")
        token = owner.token
    async with tab(baltique.cookies["reader"], token) as other:
        said = await other.ask(PLAIN_HYDRATE) + await other.ask(HYDRATE, {"vars": {}}, "/")
    assert ardenne.mark not in said
    assert baltique.mark in said


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://localhost", "http://localhost.evil.example"]
)
async def test_a_page_from_elsewhere_opens_no_socket(tab, cookie, origin):
    with pytest.raises(Refused):
        async with tab(cookie, origin=origin):
            pass


@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_nor_by_polling(server, cookie, origin):
    answer = httpx.get(
        f"{server.base}/_event/",
        params={"EIO": "4", "transport": "polling", "token": "x"},
        headers={"Origin": origin, "Cookie": f"encaiss_session={cookie}"},
    )
    assert answer.status_code == 403


async def test_nobody_names_the_session_of_another(server, tab, ardenne, cookie):
    """The header that the edge adds for the guard is worth nothing when a browser sends it."""
    forged = tab()
    forged.headers["Authorization"] = f"session {server.house.wiring.digest(cookie)}"
    async with forged as stranger:
        said = await stranger.ask(HYDRATE, {"vars": {}}, "/")
    assert ardenne.mark not in said


async def test_the_cookie_is_in_no_answer_and_in_no_log(server, tab, cookie, ardenne):
    async with tab(cookie) as owner:
        said = await owner.ask(PLAIN_HYDRATE) + await owner.ask(HYDRATE, {"vars": {}}, "/")
        said += await owner.ask("no.such.event") + await owner.ask(HYDRATE, {"wrong": cookie[:3]})
    async with httpx.AsyncClient(base_url=server.base, cookies={"encaiss_session": cookie}) as browser:
        for path in (f"message/{ardenne.message_id}", "no-such/1"):
            await browser.get(f"/files/{path}")
    assert ardenne.mark in said
    assert cookie not in said
    assert "encaiss_session" not in said
    kept = server.log.read_bytes() + b"".join(p.read_bytes() for p in server.folder.parent.rglob("states/*"))
    assert cookie.encode() not in kept
    assert urlsplit(server.base).netloc.encode() in kept  # it is the log of this server
