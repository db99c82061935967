"""The plan of reminders in the browser: changed with the dates before one's eyes, and refused in words."""

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import text


def fr(key, **facts):
    return text("fr", f"plan.{key}", **facts)


@pytest.fixture(scope="module")
def people(server):
    server.house.client("plans", "Plan Exemple SRL")
    for role in (Role.OWNER, Role.READER):
        server.house.user(role, "plans", f"{role.value}@plans.example", f"Test {role.value}")


def test_an_owner_changes_the_plan_and_sees_what_it_leads_to_before_it_holds(
    people, signed_in, settled, page
):
    signed_in("owner@plans.example")
    settled("/reminders")
    page.get_by_role("link", name=fr("title")).click()
    expect(page.get_by_text(fr("in_force_standard"))).to_be_visible()
    apply = page.get_by_role("button", name=fr("save"))
    expect(apply).to_be_disabled()
    foreseen = page.locator(".plan-line li")
    expect(foreseen).to_have_count(4)

    late = page.get_by_label(f"{text('fr', 'step.statement_2_short')} — {fr('days_late')}")
    late.fill("10")
    refused = page.get_by_role("status").filter(has_text=text("fr", "refusal.plan_order", first="14"))
    expect(refused).to_be_visible()
    expect(apply).to_be_disabled()
    late.fill("25")
    expect(refused).to_have_count(0)
    expect(foreseen.nth(1)).to_contain_text(fr("late", n=25))

    page.get_by_role("checkbox", name="dimanche").click()
    page.get_by_label(fr("holidays")).select_option("BE")
    page.get_by_role("button", name=fr("add_christmas")).click()
    expect(page.get_by_label(fr("first"), exact=True)).to_have_value("24/12")
    page.get_by_label(fr("minimum"), exact=True).fill("25,50")
    expect(apply).to_be_enabled()
    apply.click()
    expect(page.get_by_text(re.compile(re.escape(fr("version", n=1)) + "$"))).to_be_visible()
    page.reload()
    expect(late).to_have_value("25")
    expect(page.get_by_label(fr("minimum"), exact=True)).to_have_value("25,50")
    expect(page.get_by_role("checkbox", name="dimanche")).not_to_be_checked()
    expect(apply).to_be_disabled()


def test_who_may_only_look_sees_the_plan_and_can_change_nothing(people, signed_in, settled, page):
    signed_in("reader@plans.example")
    settled("/reminders/plan")
    expect(page.locator(".plan-line li")).not_to_have_count(0)
    expect(page.get_by_role("checkbox").first).to_be_disabled()
    expect(page.get_by_role("button", name=fr("save"))).to_have_count(0)


def test_consumers_one_debtor_and_stale_payments_have_their_own_terms(
    people, server, signed_in, settled, page
):
    """The owner agrees on what consumers' terms say, gives one debtor a plan of its own and takes it back."""
    client = server.house.client("specials", "Plan Propre SRL")
    server.house.user(Role.OWNER, "specials", "owner@specials.example", "Test owner")
    debtor = server.house.debtor(client, "Moulin Clair SA", city="Namur")
    invoice = server.house.invoice(debtor, "2026-001", due=date(2026, 11, 1), cents=100_000)
    signed_in("owner@specials.example")
    settled("/reminders/plan")
    page.get_by_role("link", name=fr("persons")).click()
    expect(page.get_by_text(fr("free"))).to_have_count(1)
    page.get_by_label(fr("supplies"), exact=True).fill("travaux de menuiserie")
    page.get_by_label(fr("clause")).select_option("scale")
    costs = page.get_by_label(f"{text('fr', 'step.statement_2_short')} — {fr('costs')}")
    costs.fill("7,51")
    expect(page.locator(".n-bad")).to_contain_text("7,50")
    costs.fill("7,50")
    page.get_by_label(fr("stale"), exact=True).fill("30")
    expect(page.locator(".n-bad")).to_have_count(0)
    page.get_by_role("button", name=fr("save")).click()
    expect(page.get_by_text(fr("saved", n=1))).to_be_visible()
    page.reload()
    expect(page.get_by_label(fr("supplies"), exact=True)).to_have_value("travaux de menuiserie")
    expect(costs).to_have_value("7,50")

    settled("/reminders")
    page.get_by_role("button", name=fr("news_say")).click()
    expect(page.get_by_text(fr("news_said"))).to_be_visible()
    expect(page.locator("#payments-known")).to_have_count(0)

    settled(f"/debtors/{debtor}")
    page.get_by_label(fr("kind"), exact=True).select_option("consumer")
    expect(page.get_by_text(fr("kind_said"))).to_be_visible()
    page.get_by_role("link", name=fr("link"), exact=True).click()
    expect(page.locator("h1")).to_have_text("Moulin Clair SA")
    expect(page.get_by_text(fr("which_consumer"))).to_be_visible()
    page.get_by_label(fr("begin_from"), exact=True).select_option("business_be")
    expect(page.locator(".plan-line li")).to_have_count(4)
    page.get_by_role("button", name=fr("save")).click()
    page.get_by_role("button", name=fr("go_back")).click()
    expect(page.get_by_text(fr("went_back", n=3))).to_be_visible()
    expect(page.get_by_text(fr("which_consumer"))).to_be_visible()

    settled(f"/reminders/plan?for=invoice:{invoice}")
    expect(page.locator("h1")).to_contain_text("2026-001")
    expect(page.get_by_text(fr("invoice_hint"))).to_be_visible()
    expect(page.get_by_label(fr("gap"), exact=True)).to_have_count(0)


@pytest.mark.parametrize("asked", ["debtor:999999", "invoice:1", "all", "%00", "debtor%3A1%27--", "x" * 3000])
def test_an_address_that_names_nobody_shows_where_to_go_instead(people, signed_in, page, asked):
    signed_in("reader@plans.example")
    page.goto(f"/reminders/plan?for={asked}")
    page.get_by_role("link", name=fr("missing_go")).click()
    expect(page.get_by_role("heading", name=fr("title"))).to_be_visible()
