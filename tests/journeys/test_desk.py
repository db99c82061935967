"""The agency's desk in the browser: what there is to do, a client opened from it, a client added to it."""

import re
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import imports
from encaiss_dashboard.storage import queries, records

ADMIN, MANAGER = "admin@desk.example", "nobody@desk.example"
NAME, QUIET = "Scierie Exemple SA", "Atelier Muet SRL"


@pytest.fixture(scope="module")
def scierie(server):
    """A client with a failed delivery and an upload to confirm, and one that lacks everything."""
    house, today = server.house, date.today()  # noqa: DTZ011 - as the server does
    house.user(Role.ADMINISTRATOR, None, ADMIN, "Test Desk")
    house.user(Role.CASE_MANAGER, None, MANAGER, "Test Nobody")
    client = house.client("desk-scierie", NAME, iban="BE68539007547034", enterprise_number="BE 0202.239.951")
    house.user(Role.OWNER, "desk-scierie", "owner@desk.example", "Test Owner")
    debtor = house.debtor(client, "Moulin Muet SA", "gone@moulin.example")
    house.invoice(debtor, "S-1", due=today - timedelta(days=70), cents=123_456)
    house.delegate(debtor, from_date=today - timedelta(days=30))
    now = house.clock()
    message = records.OutboxMessage(
        client_id=client,
        debtor_id=debtor,
        message_id="desk.1@agency.example",
        day=today,
        step="statement_1",
        language="fr",
        channel="email",
        recipient="gone@moulin.example",
        created_at=now,
        failed_at=now,
        detail="550 no such user",
    )
    row = message.model_dump(exclude={"id"})
    house.add(message)
    posted = house.debtor(client, "Zinc Poste SPRL")
    letter = row | {
        "debtor_id": posted,
        "message_id": "desk.2@agency.example",
        "channel": "post",
        "recipient": "agency@encaiss.example",
        "failed_at": None,
        "sent_at": now,
    }
    house.add(records.OutboxMessage(**letter))
    data = "Numéro;Client;Date;Échéance;Total\nS-2;Moulin;01/09/2026;01/10/2026;10,00\n"
    with house.wiring.begin(HOUSE) as work:
        batch = imports.receive(work, client, "octobre.csv", data.encode())
    house.client("desk-muet", QUIET)
    return {"client": client, "debtor": debtor, "batch": batch}


@pytest.fixture
def admin(signed_in, scierie):
    signed_in(ADMIN)


def opened(server, client_id):
    """Who opened this client for the agency, the last first."""
    with server.house.wiring.begin(HOUSE, write=False) as work:
        return [act.actor for act in queries.acts(work.session, client_id) if act.kind == "opened"]


def things(page):
    return page.locator(".things li")


def test_a_row_opens_the_clients_view_which_says_so_and_the_journal_too(
    admin, settled, page, server, scierie
):
    settled("/desk?q=Scierie")
    before = opened(server, scierie["client"])
    expect(page.locator(".banner")).to_have_count(0)
    row = page.locator(".desk tbody tr").filter(has_text=NAME)
    expect(row).to_contain_text("BE 0202.239.951")
    expect(row).to_contain_text(text("fr", "desk.failed_short", n=1))
    row.get_by_role("button", name=NAME).click()
    expect(page).to_have_url(re.compile(r"^https?://[^/]+/$"))
    expect(page.locator(".banner")).to_contain_text(NAME)
    assert opened(server, scierie["client"]) == ["Test Desk", *before]
    page.locator(".banner").get_by_role("link", name=text("fr", "shell.to_desk")).click()
    expect(page).to_have_url(re.compile("/desk$"))
    expect(page.locator(".banner")).to_have_count(0)


@pytest.mark.parametrize(
    "kind, facts, path",
    [
        ("failed", {"name": "Moulin Muet SA", "to": "gone@moulin.example"}, "/debtors/{debtor}"),
        ("upload", {"name": "octobre.csv"}, "/invoices/import/{batch}"),
    ],
)
def test_a_thing_to_do_leads_where_it_is_done(admin, settled, page, server, scierie, kind, facts, path):
    settled("/desk?tasks=all")
    before = opened(server, scierie["client"])
    thing = things(page).filter(has_text=text("fr", f"desk.{kind}_text", **facts))
    expect(thing).to_contain_text(NAME)
    thing.get_by_role("button").last.click()
    expect(page).to_have_url(re.compile(path.format(**scierie) + "$"))
    expect(page.locator(".banner")).to_contain_text(NAME)
    assert len(opened(server, scierie["client"])) == len(before) + 1


def test_letters_leave_the_tray_when_somebody_says_they_are_posted(admin, settled, page, server, scierie):
    settled("/desk?tasks=all")
    thing = things(page).filter(has_text=text("fr", "desk.tray_text", n=1))
    expect(thing).to_contain_text(NAME)
    thing.get_by_role("button", name=text("fr", "desk.tray_done_go")).click()
    expect(page.locator(".notices")).to_contain_text(text("fr", "desk.tray_done", n=1))
    expect(thing).to_have_count(0)
    with server.house.wiring.begin(HOUSE, write=False) as work:
        assert queries.acts(work.session, scierie["client"])[0].kind == "tray_emptied"


def test_a_case_manager_of_nothing_is_told_whom_to_ask(signed_in, scierie, settled, page):
    signed_in(MANAGER)
    settled("/desk")
    expect(page.locator(".empty")).to_contain_text(text("fr", "desk.nothing_followed"))
    expect(page.locator(".empty")).to_contain_text(f"Test Desk ({ADMIN})")
    expect(page.get_by_role("button", name=text("fr", "desk.new"))).to_have_count(0)
    expect(page.locator("main")).not_to_contain_text(NAME)


def test_a_clients_own_people_are_led_to_their_own_figures(signed_in, scierie, page):
    signed_in("owner@desk.example")
    page.goto("/desk")
    expect(page).to_have_url(re.compile(r"^https?://[^/]+/$"))
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".desk")).to_have_count(0)


def test_a_client_is_added_and_its_owner_invited_without_a_mouse(admin, settled, page, server):
    settled("/desk")
    page.locator("#desk-new").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("#client-name")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#desk-new")).to_be_focused()
    page.keyboard.press("Enter")
    dialog.locator("#client-name").fill("Boulangerie du Pont SRL")
    dialog.locator("#client-iban").fill("BE68 5390 0754 7035")
    dialog.locator("#client-owner_name").fill("Aline Pont")
    dialog.locator("#client-owner_email").fill("aline@pont.example")
    page.keyboard.press("Enter")
    wrong = text("fr", "refusal.iban_unreadable", value="BE68 5390 0754 7035")
    expect(dialog.locator("#client-iban-said")).to_have_text(wrong)
    expect(dialog.locator("#client-iban")).to_be_focused()
    expect(dialog.locator("#client-name")).to_have_value("Boulangerie du Pont SRL")
    dialog.locator("#client-iban").fill("BE68 5390 0754 7034")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    said = text("fr", "desk.added_invited", name="Boulangerie du Pont SRL", to="aline@pont.example")
    expect(page.locator(".notices")).to_contain_text(said)
    page.goto("/desk?q=boulangerie")
    expect(page.locator(".desk tbody")).to_contain_text("Boulangerie du Pont SRL")
    mail = invitation(page, server, "aline@pont.example")
    assert "Boulangerie du Pont SRL" in " ".join(mail.split())


def invitation(page, server, to):
    """The text of the mail that invites somebody, once it was handed over."""
    for _ in range(50):
        for path in server.folder.rglob("*.eml"):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            if to in str(mail["To"]):
                return mail.get_body(("plain",)).get_content()
        page.wait_for_timeout(200)
    pytest.fail(f"no mail to {to}")


def test_what_a_client_lacks_is_completed_from_the_desk(admin, settled, page):
    settled("/desk?tasks=all")
    lacking = things(page).filter(has_text=QUIET).filter(has_text=text("fr", "desk.no_iban_text"))
    lacking.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("#client-name")).to_have_value(QUIET)
    dialog.locator("#client-iban").fill("BE71 0961 2345 6769")
    dialog.get_by_role("button", name=text("fr", "desk.save")).click()
    expect(dialog).to_have_count(0)
    expect(page.locator(".notices")).to_contain_text(text("fr", "desk.changed", name=QUIET))
    expect(lacking).to_have_count(0)


def test_searching_and_sorting_stand_in_the_address(admin, settled, page):
    settled("/desk")
    page.get_by_role("searchbox").fill("scierie")
    expect(page).to_have_url(re.compile(r"\?q=scierie$"))
    expect(page.locator(".desk tbody tr")).to_have_count(1)
    page.get_by_role("columnheader").get_by_role("button", name=text("fr", "desk.client")).click()
    expect(page).to_have_url(re.compile("sort=name"))
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text(text("fr", "desk.client"))
    settled("/desk?q=nowhere%20to%20be%20found")
    expect(page.locator(".empty")).to_contain_text(text("fr", "desk.none"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_no_barrier_and_no_scrolling_sideways(admin, settled, page, scheme, width):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": 900})
    settled("/desk?tasks=all")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not Axe().run(page).response["violations"]
    page.locator("#desk-new").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert not Axe().run(page).response["violations"]


def test_it_speaks_three_languages(admin, settled, page):
    settled("/desk")
    for lang in ("nl", "en", "fr"):
        page.locator(".tools select").select_option(lang)
        expect(page.locator("main")).to_contain_text(text(lang, "desk.tasks_hint"))
        expect(page.locator(".things")).to_contain_text(text(lang, "desk.failed_tag"))
    assert set(LANGUAGES) == {"fr", "nl", "en"}
