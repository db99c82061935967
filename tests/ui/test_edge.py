"""The edge before a running server: what each answer carries, and how much may come in."""

import asyncio
import base64
import hashlib
import re
from html.parser import HTMLParser

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.settings import settings
from encaiss_dashboard.ui.edge import Edge
from encaiss_dashboard.ui.limits import BODY_BYTES_MAX, UPLOAD_BYTES_MAX
from encaiss_dashboard.ui.policy import TOASTER, built_pages, inline, source_of

PAGES = ("/", "/invoices", "/invoices/import/1", "/debtors", "/debtors/1", "/figures", "/reminders")
BUILD = built_pages()

TOO_MANY = UPLOAD_BYTES_MAX // 2**20 + 10


@pytest.fixture
def reader(server, ardenne):
    """The server as a reader's browser asks it."""
    cookies = {"encaiss_session": ardenne.cookies["reader"]}
    with httpx.Client(base_url=server.base, cookies=cookies, headers={"Origin": server.base}) as one:
        yield one


# The policy of pages


class Inline(HTMLParser):
    """Texts of scripts and styles, read in another way than the edge reads them."""

    def __init__(self, page):
        super().__init__()
        self.texts = {"script": [], "style": []}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tag = tag

    def handle_data(self, data):
        if self.lasttag in self.texts and self.tag == self.lasttag:
            self.texts[self.lasttag].append(data)

    def handle_endtag(self, tag):
        self.tag = ""


def sources(answer, directive):
    policy = answer.headers["content-security-policy"].split("; ")
    return next(one for one in policy if one.startswith(directive + " ")).split()[1:]


def source(data):
    return f"'sha256-{base64.b64encode(hashlib.sha256(data.encode()).digest()).decode()}'"


@pytest.mark.parametrize("path", [*PAGES, "/no/such/page"])
def test_a_page_may_run_what_the_build_wrote_into_it_and_nothing_else(reader, path):
    answer = reader.get(path)
    found = Inline(answer.text).texts
    assert len(found["script"]) > 3
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        allowed = sources(answer, directive)
        assert {source(one) for one in found[tag]} <= set(allowed)
        assert all(one == "'self'" or one.startswith("'sha256-") for one in allowed)
    assert not re.search("unsafe-(inline|eval)", answer.headers["content-security-policy"])


def test_a_page_that_did_not_change_keeps_its_policy(reader):
    page = reader.get("/invoices")
    again = reader.get("/invoices", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert again.headers["content-security-policy"] == page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/files/invoices/all", "/tokens.css", "/favicon.svg", "/healthz", "/files/x/1"]
)
def test_what_is_no_page_may_load_nothing(reader, path):
    assert reader.get(path).headers["content-security-policy"].startswith("default-src 'none'; ")


def test_what_stands_in_a_page_is_read_as_a_browser_reads_it():
    found = inline(
        '<script src="/a.js">not read</script><script>a < b && "</p>"\r\n</script>'
        '<script type="module">x&amp;y</script><p>text</p><style media="print">p > a {}</style>'
    )
    assert found.scripts == {source('a < b && "</p>"\n'), source("x&amp;y")}
    assert found.styles == {source("p > a {}")}


def test_the_sheet_of_the_notices_is_the_one_that_the_policy_knows(server):
    """A new version of sonner has another: put the hash that this names into ui/policy.py."""
    for path in BUILD.glob("assets/*.js"):
        sheet = re.search(r"([`'\"])(\[data-sonner-toaster\]\[dir=ltr\].*?)\1", path.read_text())
        if sheet:
            assert source_of(sheet[2]) == TOASTER
            return
    pytest.fail("no asset holds the sheet of the notices")


# What every answer carries


@pytest.mark.parametrize("path", ["/tokens.css", "/favicon.svg", "/fonts/inter.woff2", "/upload.js"])
def test_what_is_not_named_after_its_content_is_asked_for_again(reader, path):
    answer = reader.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")
    again = reader.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_an_answer_that_no_route_of_ours_gave_carries_the_headers_too(reader):
    asked = {"Access-Control-Request-Method": "POST"}
    for answer in (reader.options("/", headers=asked), reader.request("TRACE", "/"), reader.get("/ping")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"]


def test_a_browser_is_not_told_to_keep_to_tls_where_there_is_none(reader):
    assert "strict-transport-security" not in reader.get("/").headers


def test_no_uploaded_file_lies_where_a_browser_could_ask_for_it(server, reader, ardenne):
    kept = sorted((server.folder / "uploads").iterdir())
    assert kept
    for path in ("/uploads/", "/uploads/{}", "/uploads/invoices", "/assets/../../../var/uploads/{}", "/{}"):
        answer = reader.get(path.format(kept[0].name))
        assert kept[0].read_bytes() not in answer.content
        assert answer.headers.get("content-type", "") != "text/csv"
    assert not server.folder.resolve().is_relative_to(BUILD.resolve())
    names = {path.name for path in BUILD.rglob("*")}
    assert not names & {path.name for path in kept}


# How much may come in


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_body_that_nothing_here_asks_for_is_refused_with_a_sentence(reader, lang):
    headers = {"Accept-Language": f"de-DE,{lang}-BE;q=0.8,ja"}
    answer = reader.post("/auth/logout", content=b"x" * 70_000, headers=headers)
    assert (answer.status_code, answer.text) == (413, text(lang, "edge.too_large"))


async def test_a_body_that_does_not_say_how_long_it_is_is_counted():
    """Before a route that would take in whatever comes; those of the house do not even ask for it."""

    async def greedy(request):
        return PlainTextResponse(str(len(await request.body())))

    async def body(kilobytes):
        for _ in range(kilobytes):
            yield b"x" * 1024

    edge = Edge(Starlette(routes=[Route("/auth/anything", greedy, methods=["POST"])]))
    origin = settings.origins[0]
    own = {"Origin": origin, "Accept-Language": "en"}
    transport = httpx.ASGITransport(edge)
    async with httpx.AsyncClient(transport=transport, base_url=origin, headers=own) as client:
        within = await client.post("/auth/anything", content=body(BODY_BYTES_MAX // 1024))
        beyond = await client.post("/auth/anything", content=body(BODY_BYTES_MAX // 1024 + 1))
    assert (within.status_code, within.text) == (200, str(BODY_BYTES_MAX))
    assert (beyond.status_code, beyond.text) == (413, text("en", "edge.too_large"))


def uploads(server):
    folder = server.folder / "uploads"
    return sorted(path.name for path in folder.iterdir()), server.house.dump()["import_batch"]


@pytest.fixture
def owner(server, ardenne):
    cookies = {"encaiss_session": ardenne.cookies["owner"]}
    own = {"Origin": server.base}
    with httpx.Client(base_url=server.base, cookies=cookies, headers=own, timeout=60) as one:
        yield one


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_that_is_too_large_is_refused_in_words_and_leaves_nothing(server, owner, announced):
    before = uploads(server)
    megabytes = (b"x" * 2**20 for _ in range(TOO_MANY))
    headers = {"X-Language": "nl"} | ({"Content-Length": str(TOO_MANY * 2**20)} if announced else {})
    answer = owner.post("/uploads/invoices", content=megabytes, headers=headers)
    problem = text("nl", "import.too_large", megabytes=UPLOAD_BYTES_MAX // 2**20)
    assert (answer.status_code, answer.json()) == (413, {"problem": problem})
    assert uploads(server) == before
    assert owner.get("/healthz").status_code == 200


@pytest.fixture
def begun(server, ardenne):
    """A function that sends the head of the owner's upload and some of its body, and leaves the line open."""

    async def begin(length, body=b"", *more):
        host, port = server.base.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        cookie = f"Cookie: encaiss_session={ardenne.cookies['owner']}"
        lines = ("POST /uploads/invoices HTTP/1.1", f"Host: {host}", f"Origin: {server.base}", cookie)
        head = "\r\n".join([*lines, f"Content-Length: {length}", *more, "", ""])
        writer.write(head.encode() + body)
        await writer.drain()
        return reader, writer

    return begin


async def test_who_waits_to_be_asked_for_the_file_is_refused_without_sending_it(begun):
    answer, writer = await begun(TOO_MANY * 2**20, b"", "Expect: 100-continue")
    async with asyncio.timeout(5):
        assert (await answer.readline()).split()[1] == b"413"
    writer.close()


async def test_a_browser_that_goes_away_while_it_sends_leaves_nothing(server, begun):
    before = uploads(server)
    for _ in range(3):
        _, writer = await begun(9_000_000, b"x" * 3_000_000)
        await asyncio.sleep(0.2)
        writer.close()
    await asyncio.sleep(0.3)
    assert uploads(server) == before
    assert "ClientDisconnect" not in server.log.read_text(errors="replace")
