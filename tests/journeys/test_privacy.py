"""Personal data in the browser: a debtor asks, gets a copy, is erased after a preview; the own data."""

import io
import json
import secrets
import zipfile
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from sqlmodel import Session, select

from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage import records

PASSWORD = "correct horse battery"


def fr(key, **facts):
    return text("fr", f"privacy.{key}", **facts)


@pytest.fixture
def told(server):
    """A client of its own with a debtor that has paid, one that has not, and people of each sort."""
    house, mark = server.house, secrets.token_hex(3)
    client = house.client(f"privacy-{mark}", f"Vie Privée {mark}")
    for role in (Role.OWNER, Role.READER):
        house.user(role, f"privacy-{mark}", f"{role.value}@{mark}.example", f"Test {role.value}")
    house.user(Role.ADMINISTRATOR, None, f"admin@{mark}.example", "Test Admin")
    due = date.today() - timedelta(days=90)  # noqa: DTZ011 - as the server does
    paid = house.debtor(client, f"Jeanne Payée {mark}", f"jeanne@{mark}.example", city="Ciney")
    owing = house.debtor(client, f"Luc Ouvert {mark}", f"luc@{mark}.example", city="Ciney")
    invoice = house.invoice(paid, "P-1", due=due, cents=10_000)
    house.payment(paid, on=due, cents=10_000, invoice_id=invoice)
    house.invoice(owing, "O-1", due=due, cents=5_000)
    return SimpleNamespace(mark=mark, client=client, paid=paid, owing=owing)


def row_of(page, name):
    return page.get_by_role("listitem").filter(has_text=name)


def look_for(page, words):
    page.get_by_role("searchbox", name=fr("search")).fill(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name=fr("found"))).to_be_visible()


def test_a_debtor_who_asks_gets_a_copy_and_is_erased(server, told, signed_in, settled, page):
    signed_in(f"owner@{told.mark}.example")
    settled("/privacy")
    expect(page.get_by_role("rowheader", name=fr("kind_invoices"))).to_be_visible()
    look_for(page, "ciney")
    row = row_of(page, "Jeanne")
    with page.expect_download() as waiting:
        row.get_by_role("link", name=fr("export")).click()
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    tables = json.loads(archive.read("data.json"))["tables"]
    assert tables["contact"][0]["email"] == f"jeanne@{told.mark}.example"

    # By the keyboard alone: opened, left, opened again, ticked, confirmed.
    opener = row.get_by_role("button", name=fr("erase"))
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Code de la TVA")
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    expect(dialog.get_by_role("button", name=fr("confirm"))).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("checkbox")).to_be_focused()
    page.keyboard.press("Space")
    expect(dialog.get_by_role("button", name=fr("confirm"))).to_be_enabled()
    dialog.get_by_role("button", name=fr("confirm")).press("Enter")
    pseudonym = fr("erased_debtor", n=told.paid)
    expect(page.get_by_role("status").first).to_contain_text(pseudonym)
    look_for(page, "effacé")
    expect(row_of(page, pseudonym)).to_contain_text(fr("erased_tag"))
    expect(page.locator("main")).not_to_contain_text("Jeanne")
    with Session(server.house.engine) as session:
        kinds = session.exec(select(records.Act.kind).where(records.Act.debtor_id == told.paid)).all()
    assert kinds == ["exported", "erased"]


def test_who_still_owes_is_not_erased_and_the_dialog_says_why(told, signed_in, settled, page):
    signed_in(f"owner@{told.mark}.example")
    settled("/privacy")
    look_for(page, "luc@")
    row_of(page, "Luc").get_by_role("button", name=fr("erase")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("50,00")
    expect(dialog.get_by_role("button", name=fr("confirm"))).to_have_count(0)
    expect(dialog.get_by_role("button", name=fr("close"))).to_be_focused()


def test_a_reader_sees_what_is_held_and_takes_only_the_own_data(told, signed_in, settled, page):
    signed_in(f"reader@{told.mark}.example")
    settled("/privacy")
    expect(page.get_by_role("rowheader", name=fr("kind_debtors"))).to_be_visible()
    expect(page.get_by_role("searchbox")).to_have_count(0)
    expect(page.get_by_text(fr("not_yours"))).to_be_visible()
    assert page.request.get(f"/files/personal/{told.paid}").status == 404
    with page.expect_download() as waiting:
        page.get_by_role("link", name=fr("own_export")).click()
    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))
    assert json.loads(archive.read("data.json"))["tables"]["app_user"][0]["name"] == "Test reader"


def test_the_own_account_goes_with_its_password_only(told, signed_in, settled, page):
    signed_in(f"reader@{told.mark}.example")
    settled("/privacy")
    page.get_by_role("button", name=fr("own_erase")).click()
    dialog = page.get_by_role("dialog")
    for password in ("not the password", PASSWORD):
        dialog.get_by_role("checkbox").check()
        dialog.get_by_label(fr("password")).fill(password)
        dialog.get_by_role("button", name=fr("confirm")).click()
        if password != PASSWORD:
            expect(page.locator(".notices")).to_contain_text(text("fr", "refusal.wrong_password"))
            page.get_by_role("button", name=fr("own_erase")).click()
    expect(page.get_by_role("alert")).to_have_text(text("fr", "done.erased"))


def test_an_administrator_chooses_periods_within_the_law(told, signed_in, settled, page):
    signed_in(f"admin@{told.mark}.example", told.client)
    settled("/privacy")
    years = page.get_by_label(fr("keep_debtors"))
    years.fill("9")
    page.get_by_role("button", name=fr("save")).click()
    expect(page.get_by_role("status").first).to_contain_text("art. 60")
    years.fill("11")
    page.get_by_role("button", name=fr("save")).click()
    expect(page.get_by_role("status").first).to_contain_text(fr("saved"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", ["owner", "admin"])
def test_the_screen_and_its_dialog_are_without_barriers_at_every_width(
    told, signed_in, settled, page, scheme, who
):
    signed_in(f"{who}@{told.mark}.example", told.client)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    settled("/privacy")
    if who == "owner":
        look_for(page, "jeanne")
    for width in (1440, 768, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name=fr("erase" if who == "owner" else "own_erase")).first.click()
    expect(page.get_by_role("dialog").get_by_role("checkbox")).to_be_focused()
    assert Axe().run(page).response["violations"] == []
