"""Money in, in a real browser: a statement stops a reminder, and what waits is worked through by keys."""

import secrets
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from bank_writer import Day, Move, coda
from playwright.sync_api import expect
from sqlmodel import Session, select

from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.references import make_ogm
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage import records

ACCOUNT, OTHER = "BE68539007547034", "BE71096123456769"
TODAY = date.today()  # noqa: DTZ011 - as the server does
LATE = TODAY - timedelta(days=20)


def fr(key, **facts):
    return text("fr", key, **facts)


@pytest.fixture
def desk(server, signed_in, page):
    """A client of its own, four debtors that are late and delegated, its owner at the screen."""
    house, mark = server.house, secrets.token_hex(3)
    client = house.client(f"money-{mark}", f"Menuiserie Argent {mark}", iban=ACCOUNT, bic="GKCCBEBB")
    house.user(Role.OWNER, f"money-{mark}", f"owner@{mark}.example", "Test Owner")
    house.user(Role.READER, f"money-{mark}", f"reader@{mark}.example", "Test Reader")
    names = ("Moulin Clair SA", "Zinc et Cuivre SPRL", "De Korte Golf NV", "Haute Fagne ASBL")
    debtors = [house.debtor(client, name, f"d{n}@{mark}.example") for n, name in enumerate(names)]
    ogms = [make_ogm(f"12345678{n:02}") for n in range(4)]
    for n, debtor in enumerate(debtors):
        cents = 50_000 + 1_111 * n
        house.invoice(debtor, f"F-{n}", due=LATE, cents=cents, reference=ogms[n])
    house.delegate(*debtors, from_date=TODAY - timedelta(days=60))
    signed_in(f"owner@{mark}.example")
    return SimpleNamespace(
        server=server, page=page, client=client, debtors=debtors, names=names, ogms=ogms, mark=mark
    )


def statement(*moves, account=ACCOUNT, number=41):
    booked = tuple(
        Move(**{"booked": TODAY - timedelta(days=1), "value": TODAY - timedelta(days=1), **move})
        for move in moves
    )
    day = Day(booked, account=account, number=number, on=TODAY - timedelta(days=1))
    return coda(day).encode("latin-1")


def by_ogm(ogm, cents, name=""):
    return {"cents": cents, "structure": "101" + "".join(filter(str.isdecimal, ogm)), "name": name}


def send(desk, data, name="extrait.cod", path="/payments"):
    desk.page.goto(path)
    desk.page.wait_for_function("() => window.encaissUpload")
    expect(desk.page.locator(".skeleton")).to_have_count(0)
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": data}
    desk.page.set_input_files("[data-dropzone] input", file)


def holds(page):
    """Nothing scrolls sideways and no machine finds a barrier, by day on a desk and by night on a phone."""
    for scheme, width in (("dark", 360), ("light", 1440)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_timeout(150)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(one["id"], node["html"][:200]) for one in found for node in one["nodes"][:3]] == []


def balance(desk, number):
    with Session(desk.server.house.engine) as session:
        mine = (records.Invoice.client_id == desk.client, records.Invoice.number == number)
        row = session.exec(select(records.Invoice).where(*mine)).one()
        settled = select(records.Allocation.amount_cents).where(records.Allocation.invoice_id == row.id)
        return row.total_cents - sum(session.exec(settled))


def queue(desk):
    desk.page.goto("/payments/match")
    expect(desk.page.locator("#queue")).to_be_focused()
    return desk.page.locator("#queue [role=option]")


def chosen(desk):
    return desk.page.locator("#queue [aria-selected=true]")


def test_a_statement_comes_in_and_the_planned_reminder_of_who_paid_disappears(desk):
    page, (paid, _, _, owes) = desk.page, desk.names
    page.goto("/reminders")
    expect(page.locator("main")).to_contain_text(paid)
    expect(page.locator("main")).to_contain_text(owes)
    send(desk, statement(by_ogm(desk.ogms[0], 50_000, paid)))
    expect(page.locator(".outcome")).to_contain_text(fr("payments.count_booked", n=1))
    expect(page.locator(".paid tbody tr")).to_contain_text("F-0")
    holds(page)
    page.goto("/reminders")
    expect(page.locator("main")).to_contain_text(owes)
    expect(page.locator("main")).not_to_contain_text(paid)
    page.goto(f"/debtors/{desk.debtors[0]}")
    expect(page.locator(".paid-list li")).to_contain_text("F-0")
    expect(page.locator(".tl")).to_contain_text(fr("act.tag_payment"))
    # The same file once more: nothing counts twice.
    send(desk, statement(by_ogm(desk.ogms[0], 50_000, paid)))
    expect(page.locator(".outcome")).to_contain_text(fr("payments.nothing_new"))
    assert balance(desk, "F-0") == 0


def test_the_queue_is_worked_through_by_keys_alone(desk):
    page = desk.page
    moves = [{"cents": 50_000 + 1_111 * n, "name": desk.names[n].upper()} for n in range(3)]
    send(desk, statement(*moves, {"cents": -750, "text": "FRAIS DE COMPTE", "code": "0350000"}))
    expect(page.locator(".outcome")).to_contain_text(fr("payments.count_waiting", n=4))
    lines = queue(desk)
    expect(lines).to_have_count(4)
    holds(page)
    page.locator("#queue").focus()
    first = chosen(desk).inner_text()
    page.keyboard.press("j")
    expect(chosen(desk)).not_to_have_text(first)
    page.keyboard.press("k")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(lines.first).to_have_attribute("aria-selected", "true")
    waits = next(n for n in range(3) if desk.names[n].upper() in first)
    expect(page.locator(".proposal.best")).to_contain_text(f"F-{waits}")
    page.keyboard.press("Enter")
    expect(page.locator(".decided")).to_contain_text(desk.names[waits].upper())
    expect(lines).to_have_count(3)
    expect(page.locator("#queue")).to_be_focused()
    assert balance(desk, f"F-{waits}") == 0
    page.keyboard.press("u")
    expect(lines).to_have_count(4)
    assert balance(desk, f"F-{waits}") == 50_000 + 1_111 * waits
    page.keyboard.press("1")
    expect(lines).to_have_count(3)
    lines.filter(has_text=fr("queue.nobody")).click()
    page.locator("#queue").focus()
    page.keyboard.press("x")
    expect(page.get_by_role("dialog")).to_be_visible()
    holds(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(lines).to_have_count(2)
    expect(page.locator("#queue")).to_be_focused()


def test_no_key_acts_while_something_is_typed_or_once_they_are_switched_off(desk):
    page = desk.page
    send(desk, statement({"cents": 50_000, "name": desk.names[0].upper()}))
    expect(page.locator(".outcome")).to_be_visible()
    lines = queue(desk)
    page.keyboard.press("s")
    expect(page.locator("#queue-search")).to_be_focused()
    page.keyboard.type("1xuj")
    expect(page.locator("#queue-search")).to_have_value("1xuj")
    expect(lines).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("#queue")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("switch")).to_be_visible()
    holds(page)
    page.get_by_role("switch").click()
    expect(page.get_by_role("switch")).not_to_be_checked()
    page.locator("#queue").focus()
    page.keyboard.press("1")
    page.wait_for_timeout(600)
    expect(lines).to_have_count(1)
    assert balance(desk, "F-0") == 50_000


def test_one_payment_is_divided_by_hand_over_invoices_of_several_debtors(desk):
    page = desk.page
    send(desk, statement({"cents": 70_000, "name": "COMPTABLE DE PLUSIEURS", "text": "DIVERS"}))
    expect(page.locator(".outcome")).to_be_visible()
    lines = queue(desk)
    page.keyboard.press("s")
    for name, number in ((desk.names[0], "F-0"), (desk.names[1], "F-1")):
        page.locator("#queue-search").fill(name.split()[0])
        hit = page.locator(".hits li").filter(has_text=number)
        hit.get_by_role("button").click()
        expect(page.locator(".pieces li").filter(has_text=number)).to_be_visible()
    book = page.get_by_role("button", name=fr("queue.book"))
    expect(page.locator(".basket [role=status]")).to_have_text(fr("queue.all_told"))
    page.locator(".pieces li").filter(has_text="F-1").locator("input").fill("150,00")
    expect(book).to_be_disabled()
    expect(page.locator(".basket [role=status]")).to_contain_text("50,00")
    holds(page)
    page.locator(".pieces li").filter(has_text="F-1").locator("input").fill("200")
    expect(book).to_be_enabled()
    book.click()
    expect(page.locator("#queue-empty")).to_be_focused()
    expect(lines).to_have_count(0)
    assert (balance(desk, "F-0"), balance(desk, "F-1")) == (0, 51_111 - 20_000)


def test_a_file_is_taken_back_and_all_that_it_settled_is_open_again(desk):
    page = desk.page
    send(desk, statement(by_ogm(desk.ogms[1], 51_111)))
    expect(page.locator(".outcome")).to_contain_text(fr("payments.count_booked", n=1))
    page.goto("/payments/imports")
    page.locator(".imported .do button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("extrait.cod")
    holds(page)
    dialog.get_by_role("button", name=fr("payments.take_back_go")).click()
    expect(page.get_by_role("status").first).to_contain_text(fr("payments.taken_back"))
    expect(page.locator(".imported tbody tr")).to_contain_text(fr("history.taken_back"))
    assert balance(desk, "F-1") == 51_111


def test_an_account_that_nobody_named_is_asked_about_before_anything_is_booked(desk):
    page, data = desk.page, statement(by_ogm(desk.ogms[2], 52_222), account=OTHER)
    send(desk, data)
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("BE71 0961 2345 6769")
    holds(page)
    page.keyboard.press("Escape")
    expect(page.locator(".drop .problem")).not_to_be_empty()
    assert balance(desk, "F-2") == 52_222
    send(desk, data)
    page.locator("dialog[open]").get_by_role("button", name=fr("payments.whose_yes")).click()
    expect(page.locator(".outcome")).to_contain_text(fr("payments.count_booked", n=1))
    assert balance(desk, "F-2") == 0


def test_paid_to_me_is_said_in_the_debtors_file_and_undone_there(desk):
    page = desk.page
    page.goto(f"/debtors/{desk.debtors[3]}")
    expect(page.locator(".skeleton")).to_have_count(0)
    page.get_by_role("button", name=fr("payments.paid_to_me")).click()
    holds(page)
    page.get_by_role("dialog").get_by_role("button", name=fr("payments.paid_go")).click()
    expect(page.locator(".paid-list li")).to_contain_text(fr("payments.source_said"))
    assert balance(desk, "F-3") == 0
    page.locator(".paid-list button").click()
    expect(page.locator(".paid-list li")).to_have_count(0)
    assert balance(desk, "F-3") == 53_333


def test_a_reader_sees_what_waits_and_has_nothing_to_act_with(desk, signed_in):
    page = desk.page
    send(desk, statement({"cents": 50_000, "name": desk.names[0].upper()}))
    expect(page.locator(".outcome")).to_be_visible()
    signed_in(f"reader@{desk.mark}.example")
    queue(desk)
    expect(page.locator(".proposal.best")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    page.wait_for_timeout(500)
    expect(page.locator("#queue [role=option]")).to_have_count(1)
    expect(page.locator(".proposal button")).to_have_count(0)
    page.goto("/payments")
    expect(page.locator(".payments-wait")).to_be_visible()
    expect(page.locator("[data-dropzone]")).to_have_count(0)


def test_how_payments_are_booked_is_agreed_on_in_a_dialog(desk):
    page = desk.page
    page.goto("/payments")
    page.locator("#rules").click()
    dialog = page.get_by_role("dialog")
    holds(page)
    dialog.get_by_label(fr("payments.policy_strict")).click()
    expect(dialog.get_by_label(fr("payments.policy_strict"))).to_be_checked()
    dialog.get_by_label(fr("payments.tolerance")).fill("0,50")
    dialog.get_by_role("button", name=fr("payments.rules_go")).click()
    expect(dialog).to_have_count(0)
    page.locator("#rules").click()
    expect(dialog.get_by_label(fr("payments.policy_strict"))).to_be_checked()
    expect(dialog.get_by_label(fr("payments.tolerance"))).to_have_value("0,50")
