"""The Content-Security-Policy in a real browser: nothing of ours is stopped, and something foreign is."""

import re

import pytest
from playwright.sync_api import expect

from encaiss_dashboard.locales import text

WATCH = """
window.stopped = [];
document.addEventListener("securitypolicyviolation", (event) =>
  window.stopped.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@pytest.fixture
def watched(context):
    context.add_init_script(WATCH)


def test_no_screen_needs_more_than_its_policy_gives(watched, signed_in, settled, page, furnished):
    signed_in("owner@screens.example")
    for path in furnished.screens:
        settled(path)
        page.wait_for_load_state("networkidle")
        for lang in ("nl", "fr"):
            page.locator(".tools select").select_option(lang)
            expect(page.locator(".menu")).to_contain_text(text(lang, "menu.reminders"))
        page.get_by_role("button", name=text("fr", "shell.theme")).click()
        for drawn in page.locator(".js-plotly-plot, .bars .point path").all():
            drawn.hover(force=True)
        assert page.evaluate("window.stopped") == [], path


def test_the_sign_in_page_needs_no_more_either(watched, page):
    page.goto("/login")
    page.wait_for_load_state("networkidle")
    page.locator("select").select_option("en")
    expect(page.locator("h1")).to_have_text(text("en", "login.title"))
    assert page.evaluate("window.stopped") == []


def test_a_script_that_somebody_slipped_in_does_not_run(watched, page, context):
    """In a tab of its own: the policy's protest stands in the console, as it should."""
    tab = context.new_page()
    tab.goto("/login")
    tab.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.slipped = true";
            const picture = document.createElement("div");
            picture.innerHTML = "<img src='data:,' onerror='window.slipped = true'>";
            document.body.append(script, picture);
        }"""
    )
    tab.wait_for_function("window.stopped.length >= 2")
    assert tab.evaluate("window.slipped") is None
    assert all(re.match("script-src-(elem|attr) inline", one) for one in tab.evaluate("window.stopped"))
