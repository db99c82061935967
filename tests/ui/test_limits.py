"""How often an address and a tab may ask: before a server with a tenth of the limits, behind one proxy.

The proxy is the test itself, so that each test comes from an address of its own. The server's database
does not answer: nothing of this asks it, and what happens then is told here too.
"""

import contextlib
import os
import re
import subprocess
import sys
import time
from itertools import count

import aiohttp
import httpx
import pytest

from encaiss_dashboard.locales import text
from encaiss_dashboard.ui import limits
from encaiss_dashboard.ui.addresses import client_address, forwarded, network

PUBLIC = "https://encaiss.example"
FACTOR = 0.1
START_LIMIT_S = 60
NUMBERS = count(1)


class Proxied:
    """A server as it sees somebody through its proxy; a new address unless one is named."""

    def __init__(self, base, log):
        self.base, self.log = base, log
        self.client = httpx.Client(base_url=base, headers={"Origin": PUBLIC}, timeout=30)

    def address(self):
        number = next(NUMBERS)
        return f"203.0.{number // 256}.{number % 256}"

    def ask(self, method, path, address="", **options):
        headers = {"X-Forwarded-For": address or self.address()} | options.pop("headers", {})
        return self.client.request(method, path, headers=headers, **options)


@pytest.fixture(scope="session")
def proxied(server, free_port, tmp_path_factory, stop):
    """Served from the pages that the other server built, with a process, a folder and limits of its own."""
    folder, port = tmp_path_factory.mktemp("proxied"), free_port()
    environment = os.environ | {
        "ENCAISS_DATA_DIR": str(folder / "var"),
        "ENCAISS_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "ENCAISS_DEMO": "0",
        "ENCAISS_PORT": str(port),
        "ENCAISS_PUBLIC_URL": PUBLIC,
        "ENCAISS_PROXIES": "1",
        "ENCAISS_RATE_FACTOR": str(FACTOR),
        "REFLEX_STATES_WORKDIR": str(folder / "states"),
    }
    program = f"from encaiss_dashboard.cli.server import serve; serve('127.0.0.1', {port})"
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            one = Proxied(f"http://127.0.0.1:{port}", folder / "log")
            end = time.monotonic() + START_LIMIT_S
            while time.monotonic() < end and process.poll() is None:
                try:
                    one.ask("GET", "/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield one
            one.client.close()
        finally:
            stop(process)


def allowed(limit):
    return round(limit.amount * FACTOR)


ASKED = {
    "pages": ("GET", "/login", limits.PAGES),
    "assets": ("GET", "/app.css", limits.PAGES),
    "signing in": ("POST", "/auth/login", limits.SIGNING),
    "signing out": ("POST", "/auth/logout", limits.SIGNING),
    "uploads": ("POST", "/uploads/invoices", limits.UPLOADS),
    "files": ("GET", "/files/invoices/all", limits.FILES),
}


@pytest.mark.parametrize("what", ASKED)
def test_an_address_may_ask_so_often_a_minute_and_is_told_when_to_come_back(proxied, what):
    method, path, limit = ASKED[what]
    address = proxied.address()
    for _ in range(allowed(limit)):
        assert proxied.ask(method, path, address).status_code != 429
    refused = proxied.ask(method, path, address, headers={"Accept-Language": "nl"})
    wait = int(refused.headers["retry-after"])
    assert refused.status_code == 429
    assert 0 < wait <= 60
    told = refused.json()["problem"] if path.startswith("/uploads/") else refused.text
    assert told == text("nl", "edge.too_many", n=wait)
    assert refused.headers["content-security-policy"]
    assert proxied.ask(method, path).status_code != 429  # somebody else


def test_nobody_gets_another_address_by_writing_one_into_the_header(proxied):
    address = proxied.address()
    statuses = [
        proxied.ask("POST", "/auth/login", f"198.51.100.{number}, {address}").status_code
        for number in range(allowed(limits.SIGNING) + 1)
    ]
    assert statuses.count(429) == 1


def told(answer):
    """How long software has to wait, as its answer says it."""
    wait = int(answer.headers["retry-after"])
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (answer.status_code, document["status"], document["code"]) == (429, 429, "too_many")
    assert document["detail"] == text("nl", "edge.too_many", n=wait)
    assert 0 < wait <= 60
    return wait


def test_a_key_may_be_used_so_often_a_minute_wherever_it_comes_from(proxied):
    headers = {"Authorization": "Bearer of many addresses", "Accept-Language": "nl"}
    for _ in range(allowed(limits.KEYS)):
        assert proxied.ask("POST", "/api/v1/invoices", headers=headers).status_code != 429
    assert told(proxied.ask("POST", "/api/v1/invoices", headers=headers))
    other = headers | {"Authorization": "Bearer of another"}
    assert proxied.ask("POST", "/api/v1/invoices", headers=other).status_code != 429
    assert proxied.ask("GET", "/api/v1/docs", headers=headers).status_code == 200


def test_an_address_sends_so_much_a_minute_with_whatever_keys(proxied):
    address = proxied.address()
    for number in range(allowed(limits.API)):
        headers = {"Authorization": f"Bearer {number}"}
        assert proxied.ask("POST", "/api/v1/invoices", address, headers=headers).status_code != 429
    assert told(proxied.ask("POST", "/api/v1/invoices", address, headers={"Accept-Language": "nl"}))


def test_without_its_database_software_is_told_to_come_back(proxied):
    headers = {"Authorization": "Bearer somebody", "Accept-Language": "en"}
    answer = proxied.ask("GET", "/api/v1/imports/1", headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (503, text("en", "api.error_busy"))
    assert int(answer.headers["retry-after"]) > 0


def test_who_watches_the_house_is_never_limited_and_hears_that_the_database_is_away(proxied):
    address = proxied.address()
    for _ in range(allowed(limits.PAGES) + 5):
        proxied.ask("GET", "/app.css", address)
    answer = proxied.ask("GET", "/healthz", address)
    assert (answer.status_code, answer.json()) == (503, {"status": "database"})
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/files/invoices/all"])
def test_without_its_database_the_house_says_so_in_a_sentence(proxied, path):
    headers = {"Cookie": "encaiss_session=made-up", "Accept-Language": "en"}
    answer = proxied.ask("GET", path, headers=headers)
    assert (answer.status_code, answer.text) == (500, text("en", "edge.broken"))
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_behind_tls_a_browser_is_told_to_stay_there(proxied):
    answer = proxied.ask("GET", "/login")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


@pytest.fixture
def own_line(proxied, open_line):
    """A function that opens a line from an address."""
    return lambda address: open_line(proxied.base, {"Origin": PUBLIC, "X-Forwarded-For": address})


EVENT = '42/_event,["ping"]'


async def flood_with(line, events):
    """Send without waiting for anything; whoever is hung up on in the middle has been heard."""
    with contextlib.suppress(ConnectionError):
        for _ in range(events):
            await line.ws.send_str(EVENT)


async def test_a_socket_that_floods_is_closed_and_the_others_go_on(proxied, own_line):
    async with own_line(proxied.address()) as flood, own_line(proxied.address()) as neighbour:
        await flood_with(flood, allowed(limits.EVENTS) + 1)
        assert await flood.closed() == 1008
        assert await neighbour.answers()


async def ended(line, within):
    """How a line ends that sends so many events: the code it was closed with, over its first words maybe."""
    try:
        async with line:
            await flood_with(line, within)
            return await line.closed()
    except aiohttp.WSMessageTypeError as closed:
        return int(re.search("[0-9]{4}", str(closed))[0])


async def test_more_sockets_give_one_person_no_more_events(proxied, own_line):
    address = proxied.address()
    within = allowed(limits.EVENTS) - 2
    for _ in range(allowed(limits.SESSION_EVENTS) // allowed(limits.EVENTS)):
        async with own_line(address) as line:
            await flood_with(line, within)
            assert await line.answers()
    assert await ended(own_line(address), within) == 1008


async def test_an_address_opens_so_many_sockets_a_minute(proxied, own_line):
    address = proxied.address()
    for _ in range(allowed(limits.SOCKETS)):
        async with own_line(address):
            pass
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with own_line(address):
            pass
    async with own_line(proxied.address()) as other:
        assert await other.answers()


def test_an_address_has_so_many_sockets_at_once(clock):
    counted = limits.Limits(FACTOR, clock)
    room = round(limits.SOCKETS_OPEN * FACTOR)
    assert all(counted.enter("203.0.113.7") for _ in range(room))
    assert not counted.enter("203.0.113.7")
    assert counted.enter("203.0.113.8")
    counted.leave("203.0.113.7")
    assert counted.enter("203.0.113.7")


def test_without_limits_nothing_is_refused(clock):
    counted = limits.Limits(0, clock)
    assert not any(counted.wait_seconds(limits.UPLOADS, "203.0.113.7") for _ in range(1000))
    assert all(counted.enter("203.0.113.7") for _ in range(1000))


def test_no_traceback_of_all_this_but_those_of_the_database(proxied):
    _, *broken = proxied.log.read_text(errors="replace").split("Traceback (most recent call last):")
    assert all("OperationalError" in one for one in broken)


# Whose address it is


def entries(*values):
    return [(b"host", b"x"), *((b"x-forwarded-for", value.encode()) for value in values)]


@pytest.mark.parametrize(
    "headers, proxies, address",
    [
        (entries("203.0.113.7"), 1, "203.0.113.7"),
        (entries("198.51.100.1, 203.0.113.7"), 1, "203.0.113.7"),  # the left one is the client's own word
        (entries("198.51.100.1", "203.0.113.7"), 1, "203.0.113.7"),  # in a header of its own, the same
        (entries("198.51.100.1, 203.0.113.7, 192.0.2.1"), 2, "203.0.113.7"),
        (entries("203.0.113.7"), 2, None),  # did not pass both
        (entries(), 1, None),
        (entries(""), 1, None),
        (entries("unknown"), 1, None),
        (entries("203.0.113.7, <script>"), 1, None),
        (entries("203.0.113.7:4711"), 1, "203.0.113.7"),
        (entries("[2001:db8::1]:443"), 1, "2001:db8::1"),
        (entries("::ffff:203.0.113.7"), 1, "203.0.113.7"),
    ],
)
def test_the_address_is_what_our_own_proxies_wrote(headers, proxies, address):
    found = forwarded(headers, proxies)
    assert (str(found) if found else None) == address


def test_without_proxies_no_header_counts():
    headers = entries("203.0.113.7")
    assert client_address({"client": ("198.51.100.1", 4711), "headers": headers}) == "198.51.100.1"
    assert client_address({"client": ("::ffff:198.51.100.1", 1), "headers": headers}) == "198.51.100.1"
    assert client_address({"client": None, "headers": headers}) == ""


def test_who_holds_a_block_of_addresses_is_one_for_the_limits():
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network("203.0.113.7") == "203.0.113.7"
    assert network("") == ""
