"""Every screen as its readers have it: in their language, by night, on a phone, without a mouse."""

import gzip
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from encaiss_dashboard.locales import text

OWNER = "owner@screens.example"
ADMIN = "admin@screens.example"
PASSWORD = "correct horse battery"
SCREENS = range(23)
CLOSELY = (
    *("/invoices", "/software", "/reminders/plan", "/reminders/texts"),
    *("/reminders/calendar", "/messages", "/payments", "/remittances"),
)
"""Where these begin, they are looked at on a phone as well."""
OF_THE_AGENCY = (
    *("/desk", "/desk/post", "/desk/calls", "/desk/payments", "/desk/payments/imports"),
    *("/desk/remittances", "/agency"),
)
FIRST_PAGE_BYTES_MAX = 250 * 1024


@pytest.fixture
def owner(signed_in, furnished):
    signed_in(OWNER)


def test_the_language_changes_at_once_and_is_remembered(owner, settled, page, furnished):
    settled(furnished.screens[3])
    loads = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    for lang, label in (("nl", "nl"), ("en", "en"), ("fr", "fr")):
        page.locator(".tools select").select_option(label)
        expect(page.locator("h1")).to_have_text(text(lang, "debtors.title"))
        expect(page.locator(".menu")).to_contain_text(text(lang, "menu.reminders"))
        expect(page.locator("main").locator("xpath=..")).to_have_attribute("lang", lang)
    assert not loads
    page.locator(".tools select").select_option("en")
    expect(page.locator("h1")).to_have_text(text("en", "debtors.title"))
    settled("/reminders")
    expect(page.locator("h1")).to_have_text(text("en", "menu.reminders"))
    page.locator(".tools select").select_option("fr")
    expect(page.locator("h1")).to_have_text(text("fr", "menu.reminders"))


def test_the_theme_changes_at_once_and_is_remembered(owner, settled, page):
    settled("/")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name=text("fr", "shell.theme")).click()
    expect(page.locator("html")).to_have_class(re.compile("dark"))
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    settled("/debtors")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


@pytest.mark.parametrize("number", SCREENS)
def test_no_screen_scrolls_sideways_and_nothing_on_it_comes_from_elsewhere(tab, furnished, base_url, number):
    asked = []
    page = tab(OWNER, furnished.screens[number], asked=asked)
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(150)  # charts follow their box a moment later
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked
    foreign = [url for url in asked if not url.startswith((base_url, "data:", "blob:"))]
    assert not foreign


def test_every_screen_is_looked_at(furnished):
    assert len(furnished.screens) == len(SCREENS)


def test_the_sign_in_page_fits_a_phone(page):
    page.set_viewport_size({"width": 360, "height": 640})
    page.goto("/login")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_menu_of_a_phone_opens_and_leads_on(owner, settled, page):
    page.set_viewport_size({"width": 390, "height": 844})
    settled("/")
    entry = page.get_by_role("link", name=text("fr", "menu.figures"), exact=True)
    expect(entry).not_to_be_visible()
    page.locator(".burger").click()
    entry.click()
    expect(page).to_have_url(re.compile("/figures$"))
    expect(page.locator("h1")).to_have_text(text("fr", "menu.figures"))


def violations(page):
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
        for one in found
        for node in one["nodes"][:3]
    ]


def by_day_and_by_night(page):
    """The same screen in both: its colours follow the system's at once."""
    body, seen = "getComputedStyle(document.body).backgroundColor", set()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_class(re.compile(rf"\b{scheme}\b"))
        seen.add(page.evaluate(body))
        yield scheme
    assert len(seen) == 2


@pytest.mark.parametrize("number", SCREENS)
def test_no_screen_has_a_barrier_that_a_machine_can_find(tab, furnished, number):
    path = furnished.screens[number]
    page = tab(ADMIN, path, furnished.client_id)  # who has every button there is
    sizes = [(1440, 940), *([(390, 844)] if path.startswith(CLOSELY) else [])]
    for scheme in by_day_and_by_night(page):
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            assert violations(page) == [], scheme


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_that_takes_a_key_back_has_none_and_closing_it_leads_back(owner, settled, page, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    settled("/software")
    opener = page.get_by_role("button", name=f"{text('fr', 'software.revoke')} Odoo")
    opener.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button").first).to_be_focused()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert violations(page) == []
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


@pytest.mark.parametrize("path", OF_THE_AGENCY)
def test_nor_has_any_screen_of_the_agency(furnished, tab, path):
    page = tab(ADMIN, path)
    for scheme in by_day_and_by_night(page):
        assert violations(page) == [], scheme
    page.set_viewport_size({"width": 360, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nor_has_the_sign_in_page(page, scheme):
    page.emulate_media(color_scheme=scheme)
    page.goto("/login?problem=failed")
    expect(page.locator("[role=alert]")).to_have_text(text("fr", "login.failed"))
    assert violations(page) == []


def test_signing_in_and_going_round_needs_no_mouse(page, furnished):
    page.goto("/")
    expect(page).to_have_url(re.compile("/login$"))
    expect(page.locator("input[name=email]")).to_be_focused()
    page.keyboard.type(OWNER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".who .strong").first).to_have_text("Test Owner")
    page.locator("body").press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('href')") == "/debtors":
            break
    shadow = "const s = getComputedStyle(document.activeElement); return s.outlineStyle + s.boxShadow"
    assert page.evaluate(f"(() => {{ {shadow} }})()") != "nonenone"
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(text("fr", "debtors.title"))


def test_a_wrong_password_is_answered_with_a_sentence_and_signing_out_ends_it(page, furnished):
    page.goto("/login")
    page.fill("input[name=email]", OWNER)
    page.fill("input[name=password]", "not the password")
    page.click("button[type=submit]")
    expect(page.get_by_role("alert")).to_have_text(text("fr", "login.failed"))
    page.fill("input[name=email]", OWNER)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(".who .strong").first).to_have_text("Test Owner")
    page.get_by_role("button", name=text("fr", "shell.sign_out")).click()
    expect(page).to_have_url(re.compile("/login$"))
    page.go_back()
    expect(page).to_have_url(re.compile("/login"))
    expect(page.locator("body")).not_to_contain_text("Test Owner")


def test_the_first_page_is_light(owner, page, settled):
    """What travels for the first page with an empty cache, charts apart, as gzip packs it."""
    sizes = {}

    def weigh(response):
        body = response.body() if response.status == 200 else b""
        packed = body if response.url.endswith((".woff2", ".png")) else gzip.compress(body, 6)
        sizes[response.url] = len(packed)

    page.on("response", weigh)
    settled("/")
    page.wait_for_load_state("networkidle")
    assert len(sizes) > 5
    assert not [url for url in sizes if "plotly" in url.lower()]
    assert sum(sizes.values()) <= FIRST_PAGE_BYTES_MAX, sorted(sizes.items(), key=lambda one: -one[1])[:8]
