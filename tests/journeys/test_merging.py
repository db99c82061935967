"""Two debtors become one in the browser, one becomes two, and the way back; by the keyboard alone."""

import re
import secrets
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlmodel import Session, select

from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage import records


def fr(key, **facts):
    return text("fr", f"merge.{key}", **facts)


@pytest.fixture
def doubled(server):
    """A client of its own with a debtor that has two records, and its people."""
    house, mark = server.house, secrets.token_hex(3)
    client = house.client(f"merge-{mark}", f"Menuiserie Double {mark}")
    for role in (Role.OWNER, Role.ACCOUNTANT):
        house.user(role, f"merge-{mark}", f"{role.value}@{mark}.example", f"Test {role.value}")
    due = date.today() - timedelta(days=30)  # noqa: DTZ011 - as the server does
    right = house.debtor(client, f"Moulin Clair {mark}", f"compta@{mark}.example", city="Ciney")
    typo = house.debtor(client, f"Moulin Claire {mark}", f"info@{mark}.example", number="K-7", city="Ciney")
    house.delegate(right, from_date=due)
    house.invoice(right, "A-1", due=due, cents=10_000)
    first = house.invoice(typo, "B-1", due=due, cents=5_000)
    house.payment(typo, on=due, cents=1_000, invoice_id=first)
    house.invoice(typo, "B-2", due=due, cents=2_500)
    return SimpleNamespace(mark=mark, client=client, right=right, typo=typo)


def owner_of(server, invoice, client):
    with Session(server.house.engine) as session:
        query = select(records.Invoice.debtor_id).filter_by(number=invoice, client_id=client)
        return session.exec(query).one()


def test_a_typo_is_merged_parted_and_split_without_a_mouse(server, doubled, signed_in, settled, page):
    signed_in(f"owner@{doubled.mark}.example")
    settled(f"/debtors/{doubled.typo}")
    opener = page.get_by_role("button", name=fr("button_merge"))
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("compta@")
    expect(dialog.get_by_role("heading", name=fr("found"))).to_be_visible()
    dialog.get_by_role("button", name=f"Moulin Clair {doubled.mark}").press("Enter")

    # Compared; the other record is to stay.
    expect(dialog.get_by_role("radio").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("cell", name=re.compile("K-7")).first).to_have_class(re.compile("filled"))
    confirm = dialog.get_by_role("button", name=fr("confirm_merge", name=f"Moulin Clair {doubled.mark}"))
    expect(dialog).to_contain_text(fr("documents", n=2))
    confirm.press("Enter")
    expect(page).to_have_url(re.compile(f"/debtors/{doubled.right}$"))
    expect(page.locator(".merged")).to_contain_text(f"Moulin Claire {doubled.mark}")
    expect(page.locator(".notices")).to_contain_text("ne font plus qu’un")
    assert owner_of(server, "B-1", doubled.client) == doubled.right

    # The old address leads here; there is a way back.
    settled(f"/debtors/{doubled.typo}")
    expect(page).to_have_url(re.compile(f"/debtors/{doubled.right}$"))
    page.get_by_role("button", name=fr("part")).press("Enter")
    expect(dialog).to_contain_text(fr("documents", n=2))
    dialog.get_by_role("button", name=fr("confirm_part"), exact=True).press("Enter")
    expect(page.locator(".merged")).to_have_count(0)
    assert owner_of(server, "B-1", doubled.client) == doubled.typo

    # One record that holds two debtors.
    settled(f"/debtors/{doubled.typo}")
    page.get_by_role("button", name=fr("button_split")).press("Enter")
    dialog.get_by_role("checkbox", name=fr("tick", number="B-1")).press("Space")
    expect(dialog).to_contain_text(fr("payments", n=1))
    dialog.get_by_label(fr("new_name")).fill(f"Moulin Claire {doubled.mark}")
    dialog.get_by_label(fr("new_number")).fill("K-8")
    dialog.get_by_role("button", name=fr("confirm_split"), exact=True).press("Enter")
    expect(page.locator("h1")).to_contain_text(f"Moulin Claire {doubled.mark}")
    expect(page).not_to_have_url(re.compile(f"/debtors/{doubled.typo}$"))
    new = owner_of(server, "B-1", doubled.client)
    assert new not in {doubled.typo, doubled.right}
    assert owner_of(server, "B-2", doubled.client) == doubled.typo


def test_who_may_not_merge_sees_what_was_merged_and_no_way_into_it(doubled, signed_in, settled, page):
    signed_in(f"accountant@{doubled.mark}.example")
    settled(f"/debtors/{doubled.right}")
    expect(page.get_by_role("heading", name=text("fr", "file.follow"))).to_be_visible()
    expect(page.locator("#ask-merge, #ask-split")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialogs_are_without_barriers_at_every_width(doubled, signed_in, settled, page, scheme):
    signed_in(f"owner@{doubled.mark}.example")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    settled(f"/debtors/{doubled.typo}")
    dialog = page.get_by_role("dialog")
    for opener in ("button_merge", "button_split"):
        page.get_by_role("button", name=fr(opener)).click()
        expect(dialog.get_by_role("searchbox")).to_be_focused()
        assert Axe().run(page).response["violations"] == []
        if opener == "button_merge":
            dialog.get_by_role("button", name=f"Moulin Clair {doubled.mark}").click()
            expect(dialog.get_by_role("radio").first).to_be_focused()
            assert Axe().run(page).response["violations"] == []
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(page).response["violations"] == []
        page.set_viewport_size({"width": 1440, "height": 844})
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
