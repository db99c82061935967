"""A promise in the browser: noted, held tonight, withdrawn, due again; a dispute decided; no barriers."""

import re
import secrets
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.permissions import HOUSE, Role
from encaiss_dashboard.domain.stops import Instalment
from encaiss_dashboard.domain.stops.opening import NewPlan
from encaiss_dashboard.locales import day, text
from encaiss_dashboard.services import reminders
from encaiss_dashboard.services.stops import opening

PDF = b"%PDF-1.7\n% a letter of complaint\n"


def fr(key, **facts):
    return text("fr", f"stops.{key}", **facts)


@pytest.fixture
def late(server):
    """A client with one delegated debtor that is due a statement tonight, and its people."""
    house, mark = server.house, secrets.token_hex(3)
    client = house.client(f"stops-{mark}", f"Menuiserie Promise {mark}")
    for role in (Role.OWNER, Role.READER):
        house.user(role, f"stops-{mark}", f"{role.value}@{mark}.example", f"Test {role.value}")
    due = date.today() - timedelta(days=12)  # noqa: DTZ011 - as the server does
    debtor = house.debtor(client, f"Moulin Clair {mark}", f"compta@{mark}.example", city="Ciney")
    house.delegate(debtor, from_date=due)
    house.invoice(debtor, "A-1", due=due, cents=10_000)
    house.invoice(debtor, "A-2", due=due, cents=5_000)
    return SimpleNamespace(mark=mark, client=client, debtor=debtor)


def tonight(server, client):
    """What the night would hold and send."""
    with server.house.wiring.begin(HOUSE, write=False) as work:
        night = reminders.foresee(work, client)
    return [one.held.reason.value for one in night.held], [len(one.planned.lines) for one in night.messages]


def test_a_promise_holds_tonight_and_withdrawn_it_is_due_again(server, late, signed_in, settled, page):
    assert tonight(server, late.client) == ([], [2])
    signed_in(f"owner@{late.mark}.example")
    settled(f"/debtors/{late.debtor}")
    card, dialog = page.locator(".stopping"), page.get_by_role("dialog")
    page.locator("#stop-new").press("Enter")
    expect(dialog).to_contain_text(fr("chosen", n=2, amount="150,00").split(" ")[0])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    # Everything that is past due, in a week.
    page.locator("#stop-new").press("Enter")
    expect(dialog).to_contain_text(text("fr", "hold.promised", until="").split("{")[0][:20])
    dialog.get_by_label(fr("words_new")).fill("virement lundi")
    dialog.get_by_role("button", name=fr("go_new"), exact=True).press("Enter")
    expect(page.locator(".notices, .notice, [role=status]").first).to_be_visible()
    expect(card).to_contain_text(fr("kind_promise"))
    expect(card).to_contain_text("virement lundi")
    expect(page.locator(".file .number .tag")).to_have_count(2)
    assert tonight(server, late.client) == (["promised"], [])

    card.get_by_role("button", name=re.compile(f"^{fr('withdraw')}")).press("Enter")
    dialog.get_by_role("button", name=fr("go_withdraw"), exact=True).press("Enter")
    expect(card).to_contain_text(fr("none"))
    assert tonight(server, late.client) == ([], [2])


def test_a_dispute_with_its_letter_is_decided_and_a_plan_adds_up(server, late, signed_in, settled, page):
    signed_in(f"owner@{late.mark}.example")
    settled(f"/debtors/{late.debtor}")
    card, dialog = page.locator(".stopping"), page.get_by_role("dialog")
    page.locator("#stop-new").click()
    dialog.get_by_role("radio", name=fr("kind_dispute")).click()
    dialog.get_by_role("checkbox", name=fr("tick", number="A-2")).click()
    expect(dialog).to_contain_text(fr("chosen", n=1, amount="").split(",")[0])
    dialog.get_by_role("button", name=fr("go_new"), exact=True).click()
    expect(card).to_contain_text("A-1")
    assert tonight(server, late.client) == ([], [1])

    with page.expect_navigation():
        card.locator("input[type=file]").set_input_files(
            {"name": "plainte.pdf", "mimeType": "application/pdf", "buffer": PDF}
        )
    expect(card.get_by_role("link", name="plainte.pdf")).to_be_visible()
    with page.expect_download() as kept:
        card.get_by_role("link", name="plainte.pdf").click()
    assert kept.value.path().read_bytes() == PDF

    card.get_by_role("button", name=re.compile(f"^{fr('decide')}")).click()
    dialog.get_by_role("button", name=fr("go_decide"), exact=True).click()
    expect(card).to_contain_text(fr("none"))
    assert tonight(server, late.client) == ([], [2])

    page.locator("#stop-new").click()
    dialog.get_by_role("radio", name=fr("kind_instalments")).click()
    amounts = dialog.locator(".schedule .num")
    expect(amounts).to_have_count(3)
    amounts.first.fill("60,00")
    expect(dialog.get_by_role("alert")).to_contain_text("160.00")
    amounts.nth(1).fill("40,00")
    expect(dialog.get_by_role("alert")).to_have_text("")
    dialog.get_by_role("button", name=fr("go_new"), exact=True).click()
    expect(card.locator(".parts li")).to_have_count(3)
    assert tonight(server, late.client) == (["instalments"], [])


def test_the_reminder_of_an_instalment_is_foreseen_sent_and_explained(server, late, signed_in, settled, page):
    """A plan agreed yesterday, whose first part is due the day after tomorrow."""
    with server.house.wiring.begin(HOUSE, write=False) as work:
        today = work.today
    parts = tuple(Instalment(today + timedelta(days=n), 7_500) for n in (2, 32))
    with server.house.wiring.begin(HOUSE, today - timedelta(days=1)) as work:
        opening.open_one(work, late.client, late.debtor, NewPlan(None, parts), "")
    signed_in(f"owner@{late.mark}.example")
    settled(f"/debtors/{late.debtor}")
    rows = page.locator(".stopping .parts li")
    for number, on in enumerate((today, today + timedelta(days=29))):
        says = fr("reminder_coming", day=day(on, "fr"))
        expect(rows.nth(number)).to_contain_text(says)

    settled("/reminders/calendar")
    page.locator(".ahead .unfold").first.press("Enter")
    expect(page.locator(".coming")).to_contain_text(text("fr", "step.instalment_short"))
    page.locator(".coming .unfold").first.press("Enter")
    expect(page.locator(".letter pre")).to_contain_text("Échéance 1 sur 2")

    settled("/reminders")
    expect(page.locator("tbody tr").first).to_contain_text(text("fr", "step.instalment_short"))
    page.locator("tbody tr button").first.press("Enter")
    expect(page.locator("main")).to_contain_text(text("fr", "reminders.in_plan"))
    jobs.remind(server.house.wiring, client_ids=(late.client,))
    settled(f"/debtors/{late.debtor}")
    expect(page.locator("main")).to_contain_text("Rappel de l’échéance du")
    rows.first.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/messages/\d+$"))
    expect(page.locator("main")).to_contain_text("Échéance 1/2 du plan d’apurement")
    assert Axe().run(page).response["violations"] == []


def test_who_may_not_delegate_sees_what_stops_and_no_way_to_change_it(late, signed_in, settled, page):
    signed_in(f"reader@{late.mark}.example")
    settled(f"/debtors/{late.debtor}")
    expect(page.get_by_role("heading", name=fr("title"))).to_be_visible()
    expect(page.locator("#stop-new")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_dialog_is_without_barriers_at_every_width(late, signed_in, settled, page, scheme):
    signed_in(f"owner@{late.mark}.example")
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    settled(f"/debtors/{late.debtor}")
    dialog = page.get_by_role("dialog")
    page.locator("#stop-new").click()
    for kind in ("dispute", "instalments", "insolvency"):
        dialog.get_by_role("radio", name=fr(f"kind_{kind}")).click()
        expect(dialog.get_by_role("radio", name=fr(f"kind_{kind}"))).to_be_checked()
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(page).response["violations"] == []
        page.set_viewport_size({"width": 1440, "height": 844})
