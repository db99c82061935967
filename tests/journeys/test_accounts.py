"""People in a real browser: invited, asked for a second factor, signed out somewhere else."""

import re
import secrets

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlmodel import update

from encaiss_dashboard import jobs
from encaiss_dashboard.domain import signing as rules
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.accounts import factors
from encaiss_dashboard.storage.accounts import LoginSession

OWNER = "owner@screens.example"
PASSWORD = "correct horse battery"
PHRASE = "trois chevaux sous la pluie"


def submit(page, **fields):
    for name, value in fields.items():
        page.fill(f"input[name={name}]", value)
    page.locator("form:has(input[name]) button[type=submit]").first.click()


def violations(page):
    return [
        f"{one['id']}: {node['html'][:160]}"
        for one in Axe().run(page).response["violations"]
        for node in one["nodes"]
    ]


def code_of(server, actor):
    """The code that the person's new app shows now."""
    with server.house.wiring.begin(actor) as work:
        return rules.code_at(factors.enrol(work, None).key, work.now)


def test_a_signatory_sets_an_app_at_the_first_sign_in_and_keeps_the_recovery_codes(server, page, furnished):
    email = f"sign.{secrets.token_hex(3)}@screens.example"
    actor = server.house.user(Role.SIGNATORY, "screens", email, "Test Signatory")
    page.goto("/login")
    submit(page, email=email, password=PASSWORD)
    expect(page.locator("h1")).to_have_text(text("fr", "factor.set_title"))
    expect(page.locator("img.qr")).to_have_js_property("complete", True)
    assert page.locator("img.qr").evaluate("img => img.naturalWidth") > 100
    page.get_by_text(text("fr", "factor.no_camera")).click()
    page.get_by_role("button", name=text("fr", "factor.show_key")).click()
    expect(page.locator("#factor_key")).to_have_value(re.compile(r"^([A-Z2-7]{4} ){7}[A-Z2-7]{4}$"))
    assert violations(page) == []
    submit(page, code="000000")
    expect(page.get_by_role("alert")).to_have_text(text("fr", "refusal.wrong_code"))
    submit(page, code=code_of(server, actor))
    expect(page).to_have_url(re.compile("/security"))
    expect(page.locator(".notices")).to_contain_text(text("fr", "done.factor_set"))
    page.get_by_role("button", name=text("fr", "security.codes_show")).click()
    expect(page.locator("#recovery_codes")).to_have_value(re.compile(r"^(?:[A-Z2-7-]{19}\n?){10}$"))
    assert violations(page) == []


def test_an_owner_invites_a_colleague_who_joins_with_the_mailed_link(
    server, signed_in, settled, page, context, browser, base_url, furnished
):
    signed_in(OWNER)
    email = f"new.{secrets.token_hex(3)}@screens.example"
    settled("/team")
    page.get_by_role("button", name=text("fr", "team.invite"), exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("input[name=email]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#invite")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.locator("input[name=email]").fill(email)
    dialog.locator("input[name=reader]").check()
    assert violations(page) == []
    dialog.get_by_role("button", name=text("fr", "team.send")).click()
    expect(page.get_by_role("row", name=re.compile(re.escape(email)))).to_contain_text(
        text("fr", "team.invitation_sent")
    )
    jobs.deliver_account_mails(server.house.wiring)
    mails = [f.read_text() for f in server.folder.rglob("account.*.eml")]
    mail = next(one for one in mails if f"To: {email}" in one)
    token = re.search(r"/link/([0-9]+-[0-9a-f=\n]{43,60})", mail).group(1).replace("=\n", "").split("\n")[0]
    other = browser.new_context(base_url=base_url)
    tab = other.new_page()
    tab.goto(f"/link/{token}")
    expect(tab.locator(".sub")).to_contain_text("Menuiserie Exemple SRL")
    assert violations(tab) == []
    submit(tab, name="Nouvelle Collègue", password="short")
    assert tab.locator("input[name=password]").evaluate("field => field.validity.tooShort")
    submit(tab, name="Nouvelle Collègue", password=PHRASE)
    expect(tab.get_by_role("alert")).to_have_text(text("fr", "done.link_invitation"))
    submit(tab, email=email, password=PHRASE)
    expect(tab.locator(".who .strong").first).to_have_text("Nouvelle Collègue")
    tab.goto(f"/link/{token}")
    expect(tab.get_by_role("alert")).to_have_text(text("fr", "refusal.link_used"))
    other.close()
    settled("/team")
    expect(page.get_by_role("row", name=re.compile("Nouvelle Collègue"))).to_be_visible()


def test_a_session_closed_from_elsewhere_is_over_at_the_next_click(
    server, signed_in, settled, page, furnished
):
    signed_in(OWNER)
    settled("/debtors")
    with server.house.wiring.begin(HOUSE) as work:
        work.session.exec(update(LoginSession).values(ended_at=work.now))
    page.locator(".menu a[href='/invoices']").click()
    expect(page).to_have_url(re.compile("/login"))
    expect(page.locator("body")).not_to_contain_text("Moulin")


def test_a_forgotten_password_says_the_same_whoever_asks(page, furnished):
    for email in (OWNER, "nobody@screens.example"):
        page.goto("/login")
        page.get_by_role("link", name=text("fr", "login.forgot")).click()
        expect(page.locator("h1")).to_have_text(text("fr", "forgot.title"))
        submit(page, email=email)
        expect(page.get_by_role("alert")).to_have_text(text("fr", "done.asked"))
        assert violations(page) == []


@pytest.mark.parametrize("width", [1440, 360])
def test_the_pages_before_sign_in_fit_any_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for path in ("/login?problem=too_many_tries&minutes=12", "/forgot", "/link/1-forged"):
        page.goto(path)
        expect(page.locator("h1")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_address_of_a_page_makes_it_say_nothing_of_its_own(page):
    page.goto("/login?problem=<b>Call+0900</b>&minutes=<i>1</i>")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[role=alert]")).to_have_count(0)
    page.goto("/login?problem=too_many_tries&minutes=call-0900")
    expect(page.get_by_role("alert")).to_have_text(text("fr", "refusal.too_many_tries", minutes=15))
