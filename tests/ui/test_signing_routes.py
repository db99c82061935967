"""Signing in step by step over plain HTTP, as a browser without any script would."""

import re
import secrets
import time
from statistics import median

import httpx
import pytest
from sqlmodel import delete, select

from encaiss_dashboard import jobs
from encaiss_dashboard.adapters.passwords import Argon2Passwords
from encaiss_dashboard.domain import signing as rules
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.services.accounts import factors, links, signing, team
from encaiss_dashboard.storage.accounts import LoginAttempt, LoginSession
from encaiss_dashboard.storage.records import Act

PASSWORD = "correct horse battery"
PHRASE = "trois chevaux sous la pluie"


@pytest.fixture
def browser(server):
    """A function that opens a browser of somebody who has not been here."""
    opened = []

    def open_browser():
        opened.append(httpx.Client(base_url=server.base, headers={"Origin": server.base}, timeout=30))
        return opened[-1]

    yield open_browser
    for one in opened:
        one.close()


@pytest.fixture(autouse=True)
def nobody_waits(server):
    """Other tests type wrong passwords from the same address."""
    with server.house.wiring.begin(HOUSE) as work:
        work.session.exec(delete(LoginAttempt))


@pytest.fixture
def person(server, ardenne):
    """A function that makes a person of a role; returns the actor and the address."""

    def make(role, client="walkardenne"):
        email = f"{role.value}.{secrets.token_hex(4)}@walkardenne.example"
        return server.house.user(role, client, email, f"{role.value} of the test"), email

    return make


def call(server, actor, service, *args, **kwargs):
    with server.house.wiring.begin(actor) as work:
        return service(work, None, *args, **kwargs)


def sign_in(browser, email, password=PASSWORD):
    return browser.post("/auth/login", data={"email": email, "password": password}).headers["location"]


def with_factor(server, actor):
    """Set an app for somebody; returns a function that shows a code never used before."""
    with server.house.wiring.begin(actor) as work:
        key = factors.enrol(work, None).key
        factors.confirm(work, None, rules.code_at(key, work.now))
        row = factors.current(work, actor.user_id)
        row.last_step -= 2  # this test does not wait for half a minute
    return lambda: rules.code_at(key, server.house.clock())


def test_a_signatory_sets_an_app_before_anything_opens(server, browser, person):
    actor, email = person(Role.SIGNATORY)
    one = browser()
    assert sign_in(one, email) == "/second-factor"
    pending = one.cookies["encaiss_session"]
    for path in ("/", "/debtors", "/security", "/team", "/login"):
        assert one.get(path).headers["location"] == "/second-factor"
    assert one.get("/files/invoices/all").status_code == 404
    picture = one.get("/auth/factor.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["cache-control"] == "private, no-store"
    key = call(server, actor, factors.enrol).key
    assert one.post("/auth/factor", data={"code": "000000"}).headers["location"] == (
        "/second-factor?problem=wrong_code"
    )
    code = rules.code_at(key, server.house.clock())
    done = one.post("/auth/factor", data={"code": code})
    assert done.headers["location"] == "/security?done=factor_set#codes"
    assert one.cookies["encaiss_session"] != pending
    assert one.get("/").status_code == 200
    old = browser()
    old.cookies.set("encaiss_session", pending)
    assert old.get("/").headers["location"] == "/login"


def test_the_password_alone_neither_opens_nor_replaces_the_app(server, browser, person):
    actor, email = person(Role.SIGNATORY)
    code = with_factor(server, actor)
    one = browser()
    assert sign_in(one, email) == "/second-factor"
    assert one.get("/auth/factor.svg").status_code == 404
    assert "wrong_code" in one.post("/auth/factor", data={"code": code()}).headers["location"]
    for path in ("/auth/password", "/auth/email", "/auth/codes", "/auth/factor/remove"):
        answer = one.post(path, data={"password": PASSWORD, "new": PHRASE, "email": "x@y.example"})
        assert answer.headers["location"] == "/login"
    assert one.post("/auth/code", data={"code": code()}).headers["location"] == "/auth/start"
    assert one.get("/").status_code == 200


def test_a_code_opens_one_session_and_no_second(server, browser, person):
    actor, email = person(Role.SIGNATORY)
    code = with_factor(server, actor)()
    first, second = browser(), browser()
    for one in (first, second):
        sign_in(one, email)
    assert first.post("/auth/code", data={"code": code}).headers["location"] == "/auth/start"
    assert second.post("/auth/code", data={"code": code}).headers["location"] == (
        "/second-factor?problem=wrong_code"
    )


def test_codes_are_tried_as_rarely_as_passwords(server, browser, person):
    actor, email = person(Role.SIGNATORY)
    with_factor(server, actor)
    one = browser()
    sign_in(one, email)
    said = [one.post("/auth/code", data={"code": "000000"}).headers["location"] for _ in range(12)]
    assert said[0] == "/second-factor?problem=wrong_code"
    assert said[-1].startswith("/second-factor?problem=too_many_tries&minutes=")


def test_many_wrong_passwords_are_answered_with_when_to_come_back(browser, person):
    _, email = person(Role.READER)
    one = browser()
    said = [sign_in(one, email, f"wrong {n}") for n in range(rules.TRIES_PER_ACCOUNT + 2)]
    assert said[: rules.TRIES_PER_ACCOUNT] == ["/login?problem=failed"] * rules.TRIES_PER_ACCOUNT
    assert re.fullmatch(r"/login\?problem=too_many_tries&minutes=\d+", said[-1])
    assert sign_in(one, email) == said[-1]


def test_the_agency_starts_at_its_desk(server, browser, person):
    actor, email = person(Role.ADMINISTRATOR, None)
    code = with_factor(server, actor)
    one = browser()
    sign_in(one, email)
    one.post("/auth/code", data={"code": code()})
    assert one.get("/auth/start").headers["location"] == "/desk"


def test_signing_in_again_ends_the_session_that_was_there(browser, person):
    _, email = person(Role.READER)
    one = browser()
    sign_in(one, email)
    before = one.cookies["encaiss_session"]
    sign_in(one, email)
    old = browser()
    old.cookies.set("encaiss_session", before)
    assert old.get("/").headers["location"] == "/login"
    assert one.get("/").status_code == 200


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(server, browser, person):
    _, email = person(Role.READER)
    one = browser()
    assert one.post("/auth/forgot", data={"email": email}).headers["location"] == "/forgot?done=asked"
    token = mailed(server, email)
    assert one.get(f"/link/{token}").status_code == 200
    weak = one.post("/auth/link", data={"token": token, "password": "short"})
    assert weak.headers["location"] == f"/link/{token}?problem=password_short"
    done = one.post("/auth/link", data={"token": token, "password": PHRASE})
    assert done.headers["location"] == "/login?done=link_reset"
    again = one.post("/auth/link", data={"token": token, "password": PHRASE + " !"})
    assert again.headers["location"] == f"/link/{token}?problem=link_used"
    assert sign_in(one, email) == "/login?problem=failed"
    assert sign_in(one, email, PHRASE) == "/auth/start"


def mailed(server, email):
    """The token in the newest mail written to somebody; the server writes mails as files."""
    for _ in range(100):
        jobs.deliver_account_mails(server.house.wiring)
        files = sorted(server.folder.rglob("account.*.eml"), key=lambda path: path.stat().st_mtime_ns)
        texts = [t for t in (f.read_text() for f in files) if email in t and "/link/" in t]
        if texts and (found := re.findall(r"/link/([0-9]+-[0-9a-f=\n]{43,})", texts[-1])):
            return found[0].replace("=\n", "")[:60].split("\n")[0]
        time.sleep(0.1)
    pytest.fail("no mail with a link")


def test_an_invitation_makes_an_account_in_the_browser(server, browser, ardenne, person):
    owner, _ = person(Role.OWNER)
    email = f"invited.{secrets.token_hex(4)}@walkardenne.example"
    facts = {"email": email, "name": "", "roles": ["accountant"], "language": "en"}
    with server.house.wiring.begin(owner) as work:
        team.invite(work, ardenne.client_id, **facts)
    token, one = mailed(server, email), browser()
    nameless = one.post("/auth/link", data={"token": token, "name": " ", "password": PHRASE})
    assert nameless.headers["location"] == f"/link/{token}?problem=name_missing"
    made = one.post("/auth/link", data={"token": token, "name": "Ines", "password": PHRASE})
    assert made.headers["location"] == "/login?done=link_invitation"
    assert sign_in(one, email, PHRASE) == "/auth/start"
    assert ardenne.mark in one.get("/files/invoices/all").text


@pytest.mark.parametrize("token", ["", "1-x", "x" * 3000, "../login", "é", "1-" + "0" * 43, "%0d%0aX: y"])
def test_a_forged_link_is_answered_and_changes_nothing(server, browser, ardenne, token):
    before = server.house.dump()
    answer = browser().post("/auth/link", data={"token": token, "name": "X", "password": PHRASE})
    assert answer.status_code == 303
    assert "problem=link_forged" in answer.headers["location"]
    assert answer.headers["location"].startswith("/link")
    assert server.house.dump() == before


def test_the_own_password_and_address_change_only_after_the_current_password(server, browser, person):
    _, email = person(Role.READER)
    one, other = browser(), browser()
    for each in (one, other):
        sign_in(each, email)
    wrong = {"password": "wrong", "new": PHRASE, "email": "new@walkardenne.example"}
    for path in ("/auth/password", "/auth/email"):
        assert one.post(path, data=wrong).headers["location"] == "/security?problem=wrong_password"
    before = one.cookies["encaiss_session"]
    changed = one.post("/auth/password", data={"password": PASSWORD, "new": PHRASE})
    assert changed.headers["location"] == "/security?done=password_changed"
    assert one.cookies["encaiss_session"] != before
    assert one.get("/security").status_code == 200
    assert other.get("/security").headers["location"] == "/login"  # the second tab is signed out
    fresh = f"{secrets.token_hex(4)}@walkardenne.example"
    asked = one.post("/auth/email", data={"password": PHRASE, "email": fresh})
    assert asked.headers["location"] == "/security?done=email_asked"
    done = browser().post("/auth/link", data={"token": mailed(server, fresh)})
    assert done.headers["location"] == "/login?done=link_email"
    assert sign_in(browser(), fresh, PHRASE) == "/auth/start"


def test_a_factor_is_set_replaced_and_removed_after_the_password(server, browser, person):
    actor, email = person(Role.OWNER)
    one = browser()
    sign_in(one, email)
    key = call(server, actor, factors.enrol).key
    code = rules.code_at(key, server.house.clock())
    wrong = one.post("/auth/factor/replace", data={"code": code, "password": "wrong"})
    assert wrong.headers["location"] == "/security?problem=wrong_password"
    done = one.post("/auth/factor/replace", data={"code": code, "password": PASSWORD})
    assert done.headers["location"] == "/security?done=factor_set#codes"
    assert one.post("/auth/codes", data={"password": PASSWORD}).headers["location"] == (
        "/security?done=codes_made"
    )
    codes = call(server, actor, factors.recovery_codes)
    lost = browser()
    assert sign_in(lost, email) == "/second-factor"
    assert lost.post("/auth/code", data={"code": codes[0]}).headers["location"] == "/auth/start"
    removed = one.post("/auth/factor/remove", data={"password": PASSWORD})
    assert removed.headers["location"] == "/security?done=factor_removed"
    assert sign_in(browser(), email) == "/auth/start"


def test_whether_an_account_exists_shows_in_no_answer_and_in_no_time(server, browser, person):
    """Nine of each, in turns; a hundredth part of the difference between a hash and none would show."""
    actor, email = person(Role.READER)
    with server.house.wiring.begin(HOUSE) as work:  # hashed as the server itself does
        signing.set_password(work, actor.user_id, Argon2Passwords().hash(PASSWORD))
    times = {"known": [], "unknown": []}
    said = set()
    for number in range(9):
        for kind, address in (("known", email), ("unknown", f"nobody{number}@walkardenne.example")):
            one = browser()
            start = time.perf_counter()
            said.add(sign_in(one, address, "not the password"))
            times[kind].append(time.perf_counter() - start)
            assert not one.cookies
    assert said == {"/login?problem=failed"}
    known, unknown = median(times["known"]), median(times["unknown"])
    assert min(known, unknown) > max(known, unknown) / 3


def test_no_form_is_longer_than_any_form_of_ours(browser, person):
    _, email = person(Role.READER)
    one = browser()
    sign_in(one, email)
    for path in ("/auth/login", "/auth/link", "/auth/forgot", "/auth/password"):
        assert one.post(path, content=b"a=" + b"x" * 5000).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"a" * 4000, b"&" * 500, b"email=%00&password=%00", b"=&=&="]
)
@pytest.mark.parametrize("path", ["/auth/login", "/auth/link", "/auth/forgot", "/auth/code"])
def test_bytes_that_are_no_form_are_answered_and_the_server_stays_up(browser, path, body):
    answer = browser().post(path, content=body)
    assert answer.status_code == 303
    assert browser().get("/healthz").status_code == 200


def test_an_act_names_the_address_it_came_from(server, browser, person):
    actor, email = person(Role.READER)
    sign_in(browser(), email)
    with server.house.wiring.begin(HOUSE) as work:
        mine = select(Act).where(Act.user_id == actor.user_id, Act.kind == "signed_in")
        act = work.session.exec(mine).one()
        login = work.session.exec(select(LoginSession).where(LoginSession.user_id == actor.user_id)).one()
        assert act.address in {"127.0.0.1", "::1"}
        assert login.agent.startswith("python-httpx")


def test_links_and_signing_are_not_for_others_to_call(server, ardenne, person):
    owner, email = person(Role.OWNER)
    for service, args in ((links.ask_reset, (email,)), (signing.sign_out, ("digest",))):
        with pytest.raises(Exception, match="not_allowed"), server.house.wiring.begin(owner) as work:
            service(work, *args)
