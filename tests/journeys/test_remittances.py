"""Paying on in the browser: a remittance is made, its file downloaded, the client sees what it pays on."""

from datetime import date, timedelta

import pytest
from lxml import etree
from playwright.sync_api import expect
from remitted import OWN, THEIRS, Till

from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import remittances

ADMIN, OWNER, NAME = "admin@paid.example", "owner@paid.example", "Verger d’Été SRL"


@pytest.fixture(scope="module")
def verger(server):
    """A client for whom two payments came in on the agency's account, one of an invoice with interest."""
    house, today = server.house, date.today()  # noqa: DTZ011 - as the server does
    house.user(Role.ADMINISTRATOR, None, ADMIN, "Test Admin")
    client, till = house.client("paid-verger", NAME, iban=THEIRS), Till(house, "")
    house.user(Role.OWNER, "paid-verger", OWNER, "Test Owner")
    debtor = house.debtor(client, "Moulin Payeur SA")
    invoice = house.invoice(debtor, "V-1", due=today - timedelta(days=40), cents=120_000)
    first = till.receives(debtor, 121_525, today)
    house.allocate(invoice, on=today, cents=120_000, payment_id=first)
    till.accessory(invoice, first, "interest", 1_525, today)
    till.receives(debtor, 5_000, today)
    return client


def test_one_is_made_its_file_downloaded_and_the_client_reads_what_it_pays_on(
    server, verger, signed_in, settled, page
):
    signed_in(ADMIN)
    settled("/desk/remittances")
    due = page.get_by_role("region", name=text("fr", "remit.due"), exact=True)
    row = due.get_by_role("row").filter(has_text=NAME)
    expect(row).to_contain_text("1 265,25".replace(" ", "\u202f"))
    # Of all clients this one alone, by the keyboard.
    page.get_by_role("checkbox", name=text("fr", "remit.all")).first.click()
    expect(page.get_by_role("button", name=text("fr", "remit.make"))).to_be_disabled()
    row.get_by_role("checkbox").press("Space")
    expect(page.get_by_role("button", name=text("fr", "remit.make"))).to_be_enabled()
    page.get_by_role("button", name=text("fr", "remit.make")).press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("R20")
    with server.house.wiring.begin(HOUSE) as work:
        [made] = remittances.mine(work, verger)
    number = made.row.number

    waiting = page.get_by_role("region", name=text("fr", "remit.to_order"), exact=True)
    expect(waiting).to_contain_text(number)
    boxes = waiting.get_by_role("row").filter(has_text="R20").get_by_role("checkbox")
    for place in range(boxes.count()):
        if number not in boxes.nth(place).get_attribute("aria-label"):
            boxes.nth(place).click()
            expect(boxes.nth(place)).not_to_be_checked()
    page.get_by_role("button", name=text("fr", "remit.order")).click()
    files = page.locator("section", has=page.get_by_role("heading", name=text("fr", "remit.files")))
    expect(files).to_contain_text(number)
    with page.expect_download() as started:
        files.locator("div", has_text=number).get_by_role("link").last.click()
    content = started.value.path().read_bytes()
    [one] = etree.fromstring(content).iterfind(".//{*}CdtTrfTxInf")
    assert one.findtext(".//{*}EndToEndId") == number
    assert one.findtext(".//{*}InstdAmt") == "1265.25"
    assert one.findtext(".//{*}Cdtr/{*}Nm") == "Verger d'Ete SRL"
    assert etree.fromstring(content).findtext(".//{*}DbtrAcct//{*}IBAN") == OWN

    signed_in(OWNER)
    settled("/remittances")
    page.get_by_role("link", name=number).click()
    expect(page.locator("h1")).to_contain_text(number)
    lines = page.get_by_role("region", name=text("fr", "remit.lines"), exact=True)
    expect(lines).to_contain_text(text("fr", "remit.part_interest", number="V-1"))
    expect(lines).to_contain_text(text("fr", "remit.free"))
    with page.expect_download() as started:
        page.get_by_role("link", name=text("fr", "remit.csv")).click()
    assert number in started.value.path().read_text("utf-8-sig")


def test_calling_one_off_asks_first_and_makes_its_payments_owed_again(
    server, verger, signed_in, settled, page
):
    client = server.house.client("paid-second", "Second Verger SRL", iban=THEIRS)
    till = Till(server.house, "b")
    till.receives(server.house.debtor(client), 4_200, date.today())  # noqa: DTZ011 - as the server does
    with server.house.wiring.begin(HOUSE) as work:
        [number] = remittances.make(work, None, [client], work.today)
    signed_in(ADMIN)
    settled("/desk/remittances")
    opener = page.get_by_role("button", name=f"{text('fr', 'remit.drop')} {number}")
    opener.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=text("fr", "remit.drop")).click()
    expect(page.get_by_role("status").first).to_contain_text(number)
    due = page.get_by_role("region", name=text("fr", "remit.due"), exact=True)
    expect(due).to_contain_text("Second Verger SRL")


def test_nobody_but_an_administrator_is_shown_anything(verger, signed_in, page):
    signed_in(OWNER)
    page.goto("/desk/remittances")
    expect(page.get_by_role("status").first).to_contain_text(text("fr", "refusal.not_allowed"))
    expect(page.locator("main")).not_to_contain_text(NAME)
