"""Before and after: somebody sees what will go out and reads it, and later asks why something was sent."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from encaiss_dashboard.locales import text

OWNER = "owner@screens.example"


@pytest.fixture
def calendar(signed_in, furnished, settled):
    signed_in(OWNER)
    return settled("/reminders/calendar")


def test_a_day_opens_with_the_keyboard_and_a_message_is_read_before_it_goes(calendar):
    day = calendar.locator(".ahead .unfold").first
    day.focus()
    calendar.keyboard.press("Enter")
    expect(day).to_have_attribute("aria-expanded", "true")
    read = calendar.locator(".coming .unfold").first
    read.press("Enter")
    expect(calendar.locator(".letter pre")).to_contain_text("Menuiserie Exemple SRL")
    expect(calendar.locator(".reasons li").first).to_contain_text("Facture F")
    day.press("Enter")
    expect(calendar.locator(".coming")).to_have_count(0)


def test_who_is_left_out_is_listed_by_reason(calendar):
    calendar.locator("main select").select_option(label=text("fr", "calendar.left_not_delegated"))
    expect(calendar).to_have_url(re.compile("reason=not_delegated"))
    cells = calendar.locator(".ahead").last.locator("tbody td.muted")
    expect(cells.first).to_have_text(text("fr", "calendar.left_not_delegated"))
    others = cells.filter(has_not_text=text("fr", "calendar.left_not_delegated"))
    expect(others).to_have_count(0)


def test_other_days_are_chosen_and_days_that_cannot_be_are_refused(calendar, settled):
    today = date.today()  # noqa: DTZ011 - as the server does
    for name, days in (("from", 40), ("to", 90)):
        calendar.locator(f"input[name={name}]").fill((today + timedelta(days=days)).isoformat())
    calendar.get_by_role("button", name=text("fr", "calendar.show"), exact=True).click()
    expect(calendar).to_have_url(re.compile("from=.*to="))
    settled(f"/reminders/calendar?from={today - timedelta(days=9)}")
    expect(calendar.locator(".n-bad")).to_have_text(text("fr", "refusal.beyond_the_calendar"))
    settled("/reminders/calendar?from=yesterday&part=x&page=-1&left=9999999")
    expect(calendar.locator(".n-bad")).to_be_visible()


def test_a_message_that_was_sent_says_why(signed_in, furnished, settled):
    signed_in(OWNER)
    page = settled("/reminders")
    page.get_by_role("link", name=re.compile("^Pourquoi cet envoi")).first.click()
    expect(page).to_have_url(re.compile(r"/messages/\d+$"))
    expect(page.locator(".coming li").first).to_contain_text("Facture F")
    expect(page.locator(".facts").first).to_contain_text(text("fr", "message.house_plan"))
    settled("/messages/999999")
    expect(page.locator("main")).to_contain_text(text("fr", "message.missing_title"))
