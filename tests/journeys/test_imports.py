"""Files of invoices in a real browser: mapped, asked about, mended, stopped, taken back."""

import io
import re
import secrets
from datetime import date
from types import SimpleNamespace

import pytest
import xlsxwriter
from axe_playwright_python.sync_playwright import Axe
from einvoices import factur_x, golden, zip_of
from playwright.sync_api import expect
from sqlmodel import Session, func, select

from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import integer, text
from encaiss_dashboard.storage import records

HEADER = "Nr;Wie;Datum;Verval;Sum1"
DUE = date(2026, 12, 1)
MILLION = 1_000_000
LONG_MS = 60_000
KEPT = (records.Invoice, records.Debtor, records.DebtorAlias, records.Payment, records.Allocation)


def fr(key, **facts):
    return text("fr", key, **facts)


@pytest.fixture
def desk(server, signed_in, page):
    """A client of its own with a debtor and two open invoices, its owner at the drop zone."""
    house, mark = server.house, secrets.token_hex(3)
    client = house.client(f"imports-{mark}", f"Menuiserie Import {mark}", vat_number="BE0202239951")
    house.user(Role.OWNER, f"imports-{mark}", f"owner@{mark}.example", "Test Owner")
    garage = house.debtor(client, "Garage Petit SRL", city="Namur")
    for number in ("F1", "F2"):
        house.invoice(garage, number, due=DUE, cents=10_000)
    signed_in(f"owner@{mark}.example")
    return SimpleNamespace(server=server, page=page, client=client, garage=garage)


def send(desk, *files):
    """Choose files in the drop zone: paths, or names with their bytes or text."""
    desk.page.goto("/invoices")
    desk.page.wait_for_function("() => window.encaissUpload")
    chosen = [
        file
        if not isinstance(file, tuple)
        else {
            "name": file[0],
            "mimeType": "application/octet-stream",
            "buffer": file[1].encode() if isinstance(file[1], str) else file[1],
        }
        for file in files
    ]
    desk.page.set_input_files("[data-dropzone] input", chosen)


def checked(desk):
    """Wait until the check page shows what was understood."""
    expect(desk.page).to_have_url(re.compile(r"/invoices/import/\d+$"))
    expect(desk.page.locator(".action")).to_be_visible()


def go(desk):
    return desk.page.locator(".action .btn.p")


def column(desk, name):
    labels = desk.page.locator("label.column")
    return labels.filter(has=desk.page.get_by_text(fr(f"field.{name}"), exact=True))


def ledger(desk):
    """How many rows of each kind the client has, and the sum of its invoices."""
    with Session(desk.server.house.engine) as session:
        counted = {
            table.__name__: session.exec(
                select(func.count()).select_from(table).where(table.client_id == desk.client)
            ).one()
            for table in KEPT
        }
        owed = select(records.Invoice.number, records.Invoice.due, records.Invoice.total_cents)
        return counted, sorted(session.exec(owed.where(records.Invoice.client_id == desk.client)))


def holds(page):
    """Nothing scrolls sideways and no machine finds a barrier, by day on a desk and by night on a phone."""
    for scheme, width in (("dark", 390), ("light", 1440)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page).response["violations"]
        assert [(one["id"], node["html"][:160]) for one in found for node in one["nodes"][:3]] == []


def map_two_columns(desk):
    """What is not understood is said once, with what to do; nothing is counted before."""
    page = desk.page
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.locator("#import-says")).to_contain_text(fr("field.debtor"))
    expect(page.locator(".cards")).to_have_count(0)
    holds(page)
    for field, heading in (("total", "Sum1"), ("debtor", "Wie")):
        choice = column(desk, field).locator("select")
        choice.focus()
        page.keyboard.press(heading[0])  # each further letter would choose it once more
        expect(column(desk, field)).to_have_class(re.compile("n-good"))
        expect(choice).to_have_value(heading)
        expect(choice).to_be_focused()
    expect(page.locator("#import-says")).to_have_text(fr("import.why_debtors", n=1))
    expect(go(desk)).to_be_disabled()
    holds(page)


def answer_one_debtor_and_refuse_one_change(desk):
    page = desk.page
    same = page.get_by_role("button", name=fr("import.it_is"))
    same.press("Enter")
    expect(same).to_have_attribute("aria-pressed", "true")
    expect(same).to_be_focused()
    second = page.get_by_role("checkbox", name="F2")
    second.press("Space")
    expect(second).not_to_be_checked()
    expect(second).to_be_focused()
    expect(page.locator("#import-says")).to_have_text(
        ", ".join((fr("import.will_create", n=1), fr("import.will_update", n=1)))
    )


def finish(desk):
    """Import what is checked."""
    go(desk).press("Enter")
    expect(desk.page.locator("h1")).to_have_text(fr("import.done"))


def take_back(desk, name):
    """From the history; Escape leads back to where one was."""
    page = desk.page
    page.goto("/invoices/imports")
    opener = page.get_by_role("button", name=f"{fr('history.take_back')} {name}", exact=True)
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name=fr("import.keep_it"))).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name=fr("import.take_back_go")).press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator("tbody tr").filter(has_text=name)).to_contain_text(fr("history.taken_back"))


def test_a_file_is_mapped_asked_mended_sent_again_and_taken_back_without_a_mouse(desk):
    page, before = desk.page, ledger(desk)
    rows = (
        "F1;Garage Petit SRL;01/11/2026;15/12/2026;100,00",
        "F2;Garage Petit SRL;01/11/2026;16/12/2026;100,00",
        "F3;Garage Petits SRL;01/11/2026;01/12/2026;20,00",
        "F4;Hôtel du Pont;01/11/2026;01/12/2026;1.2O0,00",
    )
    send(desk, ("novembre.csv", "\n".join([HEADER, *rows])))
    checked(desk)
    map_two_columns(desk)
    answer_one_debtor_and_refuse_one_change(desk)
    with page.expect_download() as got:
        page.locator(".wrong").get_by_role("link", name=fr("import.download")).press("Enter")
    mended = got.value.path().read_text(encoding="utf-8-sig")
    assert mended.splitlines()[0] == f"{HEADER};{fr('problem.heading')}"
    assert "F4;Hôtel du Pont" in mended
    finish(desk)
    expect(page.locator("#content")).to_be_focused()
    holds(page)
    counted, owed = ledger(desk)
    assert counted["Invoice"] == before[0]["Invoice"] + 1
    assert counted["Debtor"] == before[0]["Debtor"]
    assert [due.day for _, due, _ in owed] == [15, 1, 1]

    # Mended, it needs no mapping any more.
    send(desk, ("corrige.csv", mended.replace("1.2O0,00", "1200,00")))
    checked(desk)
    expect(column(desk, "total").locator("select")).to_have_value("Sum1")
    finish(desk)
    assert ledger(desk)[0]["Debtor"] == before[0]["Debtor"] + 1

    # The next file of this layout is understood at once, who was asked about included.
    send(desk, ("decembre.csv", f"{HEADER}\nF5;Garage Petits SRL;01/12/2026;31/12/2026;30,00"))
    checked(desk)
    expect(go(desk)).to_have_text(fr("import.go_invoices", n=1))
    expect(go(desk)).to_be_enabled()
    expect(page.locator(".cards")).not_to_contain_text(fr("import.new_debtors", n=1))

    take_back(desk, "corrige.csv")
    take_back(desk, "novembre.csv")
    holds(page)
    assert ledger(desk) == before


def test_dates_that_can_be_read_two_ways_are_asked_and_the_answer_is_kept(desk):
    page = desk.page
    lines = ("Invoice,Customer,Date,Total", "A-1,Moulin,03/04/2026,10.00", "A-2,Moulin,05/06/2026,11.00")
    send(desk, ("export.csv", "\n".join(lines)))
    checked(desk)
    expect(page.locator("#import-says")).to_have_text(fr("import.why_dates"))
    expect(page.locator(".cards")).to_have_count(0)
    holds(page)
    month_first = page.get_by_role("button", name=fr("import.read_mdy"))
    expect(month_first).to_contain_text("4 mars 2026")
    month_first.press("Enter")
    expect(page.locator(".t-first tbody tr").first).to_contain_text("4 mars 2026")
    expect(page.locator("#content")).to_be_focused()
    finish(desk)
    send(desk, ("plus.csv", f"{lines[0]}\nA-3,Moulin,07/08/2026,12.00"))
    checked(desk)
    expect(page.locator(".t-first tbody tr").first).to_contain_text("8 juil. 2026")


def workbook():
    file = io.BytesIO()
    header = ("Numéro", "Client", "Date", "Total")
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        book.add_worksheet("Lisez-moi").write(0, 0, "Ce classeur contient nos factures.")
        for name, number, total in (("Factures", "X-1", 121), ("Octobre", "X-0", 50)):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, header)
            sheet.write_row(1, 0, (number, "Moulin Clair", "03/10/2026", total))
    return file.getvalue()


def test_a_workbook_is_read_from_the_sheet_that_is_chosen(desk):
    send(desk, ("factures.xlsx", workbook()))
    checked(desk)
    sheets = desk.page.get_by_label(fr("import.setting_sheet"))
    expect(sheets).to_have_value("Factures")
    expect(desk.page.locator(".t-first tbody")).to_contain_text("X-1")
    sheets.select_option("Octobre")
    expect(desk.page.locator(".t-first tbody")).to_contain_text("X-0")
    finish(desk)
    assert ("X-0", date(2026, 11, 2), 5_000) in ledger(desk)[1]


def test_a_zip_of_peppol_and_factur_x_is_checked_imported_and_says_what_it_did_not_take(desk):
    page = desk.page
    members = {
        "a.xml": golden("ubl-invoice.xml"),
        "sous/b.xml": golden("ubl-credit-note.xml"),
        "c.pdf": factur_x(golden("cii-invoice.xml")),
        "d.xml": b"<Invoice>",
        "lisez.txt": b"bonjour",
    }
    send(desk, ("peppol.zip", zip_of(members)))
    checked(desk)
    expect(page.locator("main")).to_contain_text(fr("import.documents", n=5))
    expect(page.locator(".wrong h2")).to_have_text(fr("import.errors_documents", n=2))
    expect(page.locator(".wrong tbody")).to_contain_text("d.xml")
    holds(page)
    with page.expect_download() as got:
        page.get_by_role("link", name=fr("import.csv_documents")).click()
    assert "lisez.txt" in got.value.path().read_text(encoding="utf-8-sig")
    finish(desk)
    assert ledger(desk)[0]["Invoice"] == 2 + 3


def test_several_files_go_to_the_history_and_one_that_is_refused_is_named(desk, tmp_path):
    page = desk.page
    send(desk, ("a.csv", f"{HEADER}\n"), ("b.csv", "x"))
    expect(page).to_have_url(re.compile("/invoices/imports$"))
    rows = page.locator(".imported tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("b.csv")
    holds(page)
    discard = page.get_by_role("button", name=f"{fr('history.discard')} b.csv")
    discard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name=fr("import.discard_go")).press("Enter")
    expect(rows).to_have_count(1)

    with (tmp_path / "enorme.csv").open("wb") as huge:
        huge.truncate(251 * 2**20)
    (tmp_path / "c.csv").write_text(f"{HEADER}\n")
    send(desk, tmp_path / "enorme.csv", tmp_path / "c.csv")
    results = page.locator("[data-dropzone] .results")
    expect(results).to_contain_text("enorme.csv")
    expect(results).to_contain_text(fr("import.too_large", megabytes=250))
    results.get_by_role("link").click()
    expect(rows.first).to_contain_text("c.csv")


def test_an_import_that_something_was_built_on_says_what_stands_in_the_way(desk):
    page, house = desk.page, desk.server.house
    send(desk, ("petit.csv", "Numéro;Client;Date;Total\nP-1;Garage Petit SRL;01/11/2026;40,00"))
    checked(desk)
    finish(desk)
    with Session(house.engine) as session:
        invoice = session.exec(
            select(records.Invoice.id).where(
                records.Invoice.client_id == desk.client, records.Invoice.number == "P-1"
            )
        ).one()
    house.payment(desk.garage, on=DUE, cents=500, invoice_id=invoice)
    opener = page.get_by_role("button", name=fr("import.take_back"), exact=True)
    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(fr("obstacle.paid", n=1, numbers="P-1"))
    expect(dialog.get_by_role("button")).to_have_count(1)
    holds(page)
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


@pytest.fixture(scope="module")
def million(tmp_path_factory):
    """A file of a million invoices of two thousand debtors, 51 MB."""
    path = tmp_path_factory.mktemp("large") / "grand.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Numéro;Client;Date;Échéance;Total\n")
        file.writelines(
            f"G{n};Grand {n % 2000} SRL;01/11/2026;01/12/2026;{n % 900 + 1},00\n" for n in range(MILLION)
        )
    return path


def kept_files(desk):
    with Session(desk.server.house.engine) as session:
        mine = records.ImportBatch.client_id == desk.client
        batches = session.exec(select(records.ImportBatch.id).where(mine)).all()
    there = {
        path.name for name in ("uploads", "uploads.work") for path in (desk.server.folder / name).glob("*")
    }
    return batches, there


def test_a_million_rows_show_how_far_they_are_survive_a_reload_and_leave_nothing_when_stopped(desk, million):
    page, before, kept = desk.page, ledger(desk), kept_files(desk)
    working, notices = page.locator(".working"), page.locator(".notices")
    stop = working.get_by_role("button", name=fr("import.stop"))
    send(desk, million)
    working.get_by_role("button", name=fr("import.discard")).click()
    expect(notices).to_contain_text(fr("import.stopped_reading"), timeout=LONG_MS)
    expect(page).to_have_url(re.compile("/invoices$"))
    assert kept_files(desk) == kept

    send(desk, million)
    expect(working).to_be_visible()
    holds(page)
    expect(go(desk)).to_have_text(fr("import.go_invoices", n=MILLION), timeout=LONG_MS)
    go(desk).click()
    stop.click()
    expect(notices).to_contain_text(fr("import.stopped_writing"), timeout=LONG_MS)
    expect(go(desk)).to_be_enabled(timeout=LONG_MS)
    assert ledger(desk) == before

    go(desk).click()
    far = rf"\d\D+sur {integer(MILLION, 'fr')} lignes.*lignes/s.*encore"
    expect(working).to_contain_text(re.compile(far, re.DOTALL))
    page.reload()
    expect(working).to_contain_text(fr("import.writing"))
    stop.click()
    # A fast machine may have written all of it by now: then it says so, and everything is there.
    stopped, done = fr("import.stopped_writing"), fr("import.stopped_too_late")
    expect(notices).to_contain_text(re.compile(f"{re.escape(stopped)}|{re.escape(done)}"), timeout=LONG_MS)
    written = 0 if stopped in notices.inner_text() else MILLION
    assert len(ledger(desk)[1]) == len(before[1]) + written
