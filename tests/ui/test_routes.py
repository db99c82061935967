"""Plain HTTP: signing in, uploads and downloads, to whom and with which headers."""

import http.client
import secrets
from urllib.parse import urlsplit

import httpx
import pytest

from encaiss_dashboard.locales import text
from encaiss_dashboard.ui.limits import UPLOAD_BYTES_MAX

CSV = "Numéro;Client;Date;Échéance;Total\nU-1;Moulin;01/09/2026;01/10/2026;10,00\n".encode()
PASSWORD = "correct horse battery"


@pytest.fixture
def caller(server):
    """A function that opens connections of a person, or of nobody."""
    opened = []

    def open_caller(cookie="", origin=None):
        headers = {"Origin": server.base if origin is None else origin}
        cookies = {"encaiss_session": cookie} if cookie else {}
        opened.append(httpx.Client(base_url=server.base, headers=headers, cookies=cookies, timeout=30))
        return opened[-1]

    yield open_caller
    for one in opened:
        one.close()


def sign_in(caller, email, password, **options):
    return caller.post("/auth/login", data={"email": email, "password": password}, **options)


def test_the_right_password_opens_a_session_in_a_cookie_that_no_script_reads(caller, ardenne):
    one = caller()
    answer = sign_in(one, " Owner@WalkArdenne.example ", PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/auth/start")
    assert one.get("/auth/start").headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert one.get("/").status_code == 200
    assert one.post("/auth/logout").headers["location"] == "/login"
    assert one.get("/").headers["location"] == "/login"


@pytest.mark.parametrize(
    "email, password",
    [
        ("owner@walkardenne.example", "wrong password here"),
        ("nobody@walkardenne.example", PASSWORD),
        ("owner@walkardenne.example", ""),
        ("", ""),
        ("a\0b", PASSWORD),
        ("owner@walkardenne.example' OR '1'='1", "' OR '1'='1"),
        ("%", "%"),
    ],
)
def test_every_wrong_sign_in_looks_the_same(server, caller, ardenne, email, password):
    before = server.house.dump() | {"login_attempt": None}
    answer = sign_in(caller(), email, password)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?problem=failed")
    assert "set-cookie" not in answer.headers
    assert server.house.dump() | {"login_attempt": None} == before


def test_a_session_that_was_signed_out_is_over_on_the_server(server, caller, ardenne):
    cookie = server.house.session("owner@walkardenne.example", secrets.token_urlsafe(32))
    caller(cookie).post("/auth/logout")
    assert caller(cookie).get("/").headers["location"] == "/login"
    refused = caller(cookie).get("/files/invoices/all", headers={"accept-language": "nl"})
    assert refused.status_code == 404
    assert refused.text.startswith("Dit bestand is er niet")


def test_a_form_of_4_kilobytes_is_the_longest_that_signs_anybody_in(caller):
    assert sign_in(caller(), "a" * 5000, "b").status_code == 413


@pytest.mark.parametrize("path", ["/", "/invoices", "/debtors", "/debtors/1", "/figures", "/reminders"])
def test_a_stranger_is_sent_to_the_sign_in_page_from_every_page(caller, path):
    answer = caller().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert caller().get("/login").status_code == 200


def test_who_is_signed_in_has_no_business_on_the_sign_in_page(caller, ardenne):
    assert caller(ardenne.cookies["reader"]).get("/login").headers["location"] == "/"


@pytest.mark.parametrize("foreign", ['broken="', "a=[1,2]; {x}=1; ", "é=ü"])
def test_a_foreign_cookie_beside_ours_signs_nobody_out(server, ardenne, foreign):
    header = f"{foreign}; encaiss_session={ardenne.cookies['reader']}".encode()
    answer = httpx.get(f"{server.base}/invoices", headers={b"Cookie": header})
    assert answer.status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ""])
@pytest.mark.parametrize("path", ["/auth/login", "/auth/logout", "/uploads/invoices"])
def test_a_form_or_file_from_another_page_is_refused(server, caller, ardenne, path, origin):
    before = server.house.dump()
    answer = caller(ardenne.cookies["owner"], origin).post(path, content=CSV)
    assert answer.status_code == 403
    assert server.house.dump() == before


FILES = ("acts/{0.debtor_id}", "message/{0.message_id}", "batch/{0.batch_id}", "letter/{0.message_id}")


@pytest.mark.parametrize("path", FILES)
def test_a_file_of_a_client_goes_to_its_own_people_only(caller, ardenne, baltique, path):
    address = f"/files/{path.format(ardenne)}"
    for who in (caller(), caller("made-up"), caller(baltique.cookies["owner"])):
        answer = who.get(address)
        assert answer.status_code == 404
        # Nor does the sentence tell whether there is such a file.
        assert answer.text == who.get("/files/acts/987654321").text == text("fr", "edge.no_file")


def test_its_own_people_get_it_for_themselves_alone(caller, ardenne):
    reader = caller(ardenne.cookies["reader"])
    for path in ("invoices/all", f"acts/{ardenne.debtor_id}", f"message/{ardenne.message_id}"):
        answer = reader.get(f"/files/{path}")
        assert answer.status_code == 200
        assert ardenne.mark in answer.text
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "key", ["x", "-1", "1.5", "99999999999999999999999", "%00", "1 OR 1=1", "..%2f..%2fx"]
)
@pytest.mark.parametrize("kind", ["acts", "message", "batch", "no-such"])
def test_a_key_that_can_be_no_key_is_refused(caller, ardenne, kind, key):
    answer = caller(ardenne.cookies["owner"]).get(f"/files/{kind}/{key}")
    assert answer.status_code in {400, 404}
    assert ardenne.mark not in answer.text


def test_an_owner_uploads_a_file_and_is_told_where_to_check_it(caller, ardenne):
    headers = {"X-File-Name": "..%2F..%2Fle%CC%81tc%00%0d%0afactures.csv"}
    answer = caller(ardenne.cookies["owner"]).post("/uploads/invoices", content=CSV, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["location"].startswith("/invoices/import/")


@pytest.mark.parametrize("who", ["nobody", "reader", "signatory"])
def test_who_may_not_upload_is_refused_before_anything_is_taken(server, caller, ardenne, who):
    before = server.house.dump()
    taken = []

    def body():
        for _ in range(400):
            taken.append(65_536)
            yield b"x" * 65_536

    try:
        answer = caller(ardenne.cookies.get(who, "")).post("/uploads/invoices", content=body())
        assert answer.status_code == 403
    except httpx.TransportError:
        pass  # the server had answered and closed the line
    assert server.house.dump() == before
    assert not list(server.folder.rglob("*.part"))


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_beyond_the_limit_is_refused_whether_it_says_so_or_not(server, caller, ardenne, announced):
    before = server.house.dump()

    def body():
        for _ in range(UPLOAD_BYTES_MAX // 2**20 + 1):
            yield b"x" * 2**20

    content = b"x" * (UPLOAD_BYTES_MAX + 1) if announced else body()
    answer = caller(ardenne.cookies["owner"]).post(
        "/uploads/invoices", content=content, headers={"X-Language": "en"}
    )
    assert answer.status_code == 413
    assert str(UPLOAD_BYTES_MAX // 2**20) in answer.json()["problem"]
    assert server.house.dump() == before


@pytest.mark.parametrize("path", ["/_upload", "/_upload/", "/_upload/x", "/_all_routes"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_uploads_of_reflex_are_closed(caller, ardenne, path, method):
    for who in (caller(), caller(ardenne.cookies["owner"])):
        answer = who.request(method, path, files={"files": ("x.csv", CSV)} if method == "POST" else None)
        assert answer.status_code == 404 or (answer.status_code == 403 and method == "POST")
        assert not answer.content


@pytest.mark.parametrize("path", ["//_upload", "/x/../_upload", "/_upload%2f", "/%5fupload", "/_Upload"])
def test_no_other_way_of_writing_it_opens_them(server, ardenne, path):
    """Sent as written: a client library would tidy the path first."""
    address = urlsplit(server.base)
    line = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    headers = {"Origin": server.base, "Cookie": f"encaiss_session={ardenne.cookies['owner']}"}
    line.request("POST", path, body=b"x" * 1000, headers=headers)
    assert line.getresponse().status in {403, 404, 405}
    line.close()


def test_every_answer_carries_the_headers_that_browsers_obey(caller, ardenne):
    reader = caller(ardenne.cookies["reader"])
    page = reader.get("/")
    asset = page.text.partition('href="/assets/')[2].partition('"')[0]
    answers = [
        page,
        reader.get(f"/assets/{asset}"),
        reader.get("/assets/none.js"),
        reader.get("/files/invoices/all"),
        reader.get("/files/message/999999"),
        reader.get("/healthz"),
        reader.get("/_upload"),
        reader.post("/auth/login", content=b"x" * 9999),
        caller().get("/"),
        caller(origin="http://evil.example").post("/auth/login"),
        caller(origin="http://evil.example").get("/_event/?EIO=4&transport=polling"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["x-frame-options"] == "DENY", answer.url
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src ")
        assert "'unsafe-inline'" not in policy
        assert "'unsafe-eval'" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"], answer.url
    assert answers[1].status_code == 200
    assert answers[1].headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in answers[2].headers["cache-control"]
    assert answers[0].headers["cache-control"] == "no-cache"


def test_health_says_nothing_but_that_the_database_answers(caller):
    answer = caller().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "path, status, kind",
    [
        ("/files/follow-up/xlsx", 200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("/files/follow-up/csv?show=all", 200, "text/csv; charset=utf-8"),
        ("/files/follow-up/pdf", 404, "text/plain; charset=utf-8"),
        ("/files/calendar/csv?from=2020-01-01&to=2020-02-01", 400, "text/plain; charset=utf-8"),
        ("/files/calendar/csv?from=soon", 400, "text/plain; charset=utf-8"),
        ("/files/calendar/csv", 400, "text/plain; charset=utf-8"),
        ("/files/upcoming/1?on=2999-12-31", 400, "text/plain; charset=utf-8"),
        ("/files/upcoming/1", 400, "text/plain; charset=utf-8"),
    ],
)
def test_sheets_and_the_calendar_are_taken_away_or_refused_in_a_sentence(caller, ardenne, path, status, kind):
    answer = caller(ardenne.cookies["reader"]).get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    if status == 200:
        assert answer.headers["content-disposition"].startswith("attachment")
