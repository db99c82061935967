"""The one natural way through the house: upload, delegate, remind, see it; in the browser, step by step.

The ledger is our own, in the shape of a real one: month-first dates without leading zeros, settlement
dates, numbers for customers, and a column of amounts whose name says nothing.
"""

import re
from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest
from playwright.sync_api import expect

from encaiss_dashboard.domain.ageing import bucket_of
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import money, text

OWNER, ADMIN = "owner@spine.example", "admin@spine.example"
PASSWORD = "correct horse battery"
HEADER = (
    "countryCode,customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,"
    "Sum1,Disputed,SettledDate,PaperlessBill,DaysToSettle,DaysLate"
)
DELEGATED = 4


def month_first(day):
    return f"{day.month}/{day.day}/{day.year}"


def ledger(today):
    """Ten customers over a year; what is not settled, with its due date and cents, by customer."""
    rows, owed = [], []
    for customer in range(10):
        for turn in range(12):
            issue = today - timedelta(days=10 + turn * 30 + customer)
            due = issue + timedelta(days=30)
            cents = 4_500 + 311 * customer + 17 * turn
            # The first five leave one invoice open that is 10 to 14 days late, all leave the newest.
            late = turn == 1 and customer < 5
            settled = "" if turn == 0 or late else month_first(min(due + timedelta(days=customer - 4), today))
            number = f"77{customer:02}{turn:03}"
            if not settled:
                owed.append((f"{customer:04}-SPINE", number, due, cents))
            amount = f"{cents // 100}.{cents % 100:02}"
            rows.append(
                [
                    "391", f"{customer:04}-SPINE", month_first(issue), number, month_first(issue),
                    month_first(due), amount, "No", settled, "Paper", "30", "0",
                ]
            )  # fmt: skip
    return "\n".join([HEADER, *map(",".join, rows)]), owed, len(rows)


@pytest.fixture(scope="module")
def today():
    return date.today()  # noqa: DTZ011 - as the server does


@pytest.fixture(scope="module")
def client(server):
    client_id = server.house.client(
        "spine",
        "Bois d’Exemple SRL",
        iban="BE68539007547034",
        bic="GKCCBEBB",
        address="Rue du Test 1\n5000 Namur",
    )
    server.house.client("spine-neighbour", "Autre Exemple NV")
    server.house.user(Role.OWNER, "spine", OWNER, "Test Owner")
    server.house.user(Role.ADMINISTRATOR, None, ADMIN, "Test Agency")
    return client_id


def sign_in(page, email):
    page.goto("/login")
    page.get_by_label(text("fr", "login.email")).fill(email)
    page.get_by_label(text("fr", "login.password")).fill(PASSWORD)
    page.get_by_role("button", name=text("fr", "login.go")).click()
    expect(page.locator("h1")).to_be_visible()


def sign_out(page):
    page.get_by_role("button", name=text("fr", "shell.sign_out")).click()
    expect(page).to_have_url(re.compile("/login$"))


def drop(page, name, content):
    """Drag a file over the zone and let it go, as a mouse does."""
    page.wait_for_function("() => window.encaissUpload")
    transfer = page.evaluate_handle(
        """([name, content]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([content], name, {type: "text/csv"}));
            return transfer;
        }""",
        [name, content],
    )
    zone = page.locator("[data-dropzone]")
    for event in ("dragenter", "dragover", "drop"):
        zone.dispatch_event(event, {"dataTransfer": transfer})


def import_the_ledger(page, content, rows):
    page.get_by_role("link", name=text("fr", "menu.invoices"), exact=True).click()
    expect(page.locator("[data-dropzone]")).to_be_visible()
    drop(page, "export.csv", content)
    expect(page).to_have_url(re.compile(r"/invoices/import/\d+"))
    # What was understood; the column of amounts is not, and the file says so.
    total = page.locator("label.column").filter(has_text=text("fr", "field.total")).first
    expect(total).to_contain_text(text("fr", "import.needed"))
    expect(page.get_by_label(text("fr", "import.setting_date_order"))).to_have_value("mdy")
    total.locator("select").select_option(label="Sum1")
    expect(total.locator("select")).to_have_value("Sum1")
    expect(page.locator("main")).to_contain_text(text("fr", "import.will_create", n=rows))
    page.get_by_role("button", name=text("fr", "import.go_invoices", n=rows)).click()
    expect(page.locator("h1")).to_have_text(text("fr", "import.done"))
    expect(page.locator("main")).to_contain_text(text("fr", "import.new_debtors", n=10))


def delegate_some(page):
    page.get_by_role("link", name=text("fr", "import.delegate")).click()
    expect(page).to_have_url(re.compile("state=not_delegated"))
    for customer in range(DELEGATED):
        name = text("fr", "debtors.choose", name=f"{customer:04}-SPINE")
        box = page.get_by_role("checkbox", name=name, exact=True)
        box.click()
        expect(box).to_be_checked()
    page.get_by_role("button", name=text("fr", "debtors.delegate"), exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(text("fr", "debtors.preview"))
    for customer in range(DELEGATED):
        expect(dialog).to_contain_text(f"{customer:04}-SPINE")
    expect(dialog).to_contain_text(text("fr", "step.statement_1_short"), ignore_case=True)
    dialog.get_by_role("button", name=text("fr", "debtors.confirm_delegate", n=DELEGATED)).click()
    expect(dialog).to_have_count(0)
    page.goto("/debtors?state=delegated")
    expect(page.locator("tbody a.row")).to_have_count(DELEGATED)


def run_the_reminders(page):
    """As the agency: the client cannot."""
    page.get_by_label(text("fr", "shell.client")).select_option(label="Bois d’Exemple SRL")
    # Its first screen: whoever goes on before it comes is called back to it.
    expect(page).to_have_url(re.compile(r"^[^/]+//[^/]+/$"))
    expect(page.locator(".who").first).to_contain_text("Bois d’Exemple SRL")
    page.get_by_role("link", name=text("fr", "menu.reminders"), exact=True).click()
    expect(page.locator("h1")).to_have_text(text("fr", "menu.reminders"))
    expect(page.locator("main")).to_contain_text("0003-SPINE")
    page.get_by_role("button", name=text("fr", "reminders.run")).click()
    page.get_by_role("dialog").get_by_role("button", name=text("fr", "reminders.confirm_go")).click()
    expect(page.locator("main")).to_contain_text(text("fr", "reminders.sent", n=DELEGATED))
    expect(page.locator("main")).to_contain_text(text("fr", "reminders.empty_title"))


def read_the_letter(page, server, due):
    """In the debtor's file, and as it was written for the post."""
    customer, number, _, cents = due
    page.goto("/debtors")
    page.get_by_role("link", name=customer, exact=True).click()
    expect(page.locator("h1")).to_contain_text(customer)
    page.get_by_role("button", name=re.compile(text("fr", "file.open_message"))).first.click()
    letter = page.locator("main")
    expect(letter).to_contain_text(number)
    expect(letter).to_contain_text(re.compile(spaced(money(Money(cents), "fr"))))
    mails = [message_from_bytes(p.read_bytes(), policy=policy.default) for p in server.folder.rglob("*.eml")]
    ours = [mail for mail in mails if number in mail.get_body(("plain",)).get_content()]
    assert len(ours) == 1
    assert "Bois d’Exemple SRL" in str(ours[0]["From"])
    assert any(part.get_content_type() == "application/pdf" for part in ours[0].iter_attachments())


def spaced(words):
    """An amount whatever the kind of its spaces."""
    return re.sub(
        r"\s", r"\\s", re.escape(words).replace("\\\u202f", " ").replace("\\\xa0", " ").replace("\\ ", " ")
    )


def look_at_the_charts(page, owed, today):
    page.get_by_role("link", name=text("fr", "menu.figures"), exact=True).click()
    total = Money(sum(cents for _, _, _, cents in owed))
    late = [one for one in owed if bucket_of((today - one[2]).days) == "1-30"]
    page.locator("summary", has_text=text("fr", "figures.numbers")).first.click()
    table = page.locator("table").first
    expect(table).to_contain_text(re.compile(spaced(money(total, "fr"))))
    expect(table).to_contain_text(re.compile(spaced(money(Money(sum(one[3] for one in late)), "fr"))))
    # The DSO line carries the day of the delegation.
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    expect(page.locator(".js-plotly-plot").nth(1)).to_contain_text("Délégation")
    bars = page.locator(".js-plotly-plot").first.locator(".bars .point path")
    bars.nth(1).hover(force=True)
    box = bars.nth(1).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page).to_have_url(re.compile(r"/invoices\?.*bucket=1-30"))
    expect(page.locator("tbody tr")).to_have_count(len(late))
    for _, number, _, _ in late:
        expect(page.locator("tbody")).to_contain_text(number)


def test_a_file_goes_in_a_reminder_goes_out_and_the_charts_move(page, server, client, today, signed_in):
    content, owed, rows = ledger(today)
    sign_in(page, OWNER)
    expect(page.locator("main")).not_to_contain_text("SPINE")
    import_the_ledger(page, content, rows)
    page.get_by_role("link", name=text("fr", "menu.overview"), exact=True).click()
    open_total = money(Money(sum(cents for *_, cents in owed)), "fr")
    expect(page.locator("main")).to_contain_text(re.compile(spaced(open_total)))
    page.go_back()
    delegate_some(page)
    sign_out(page)
    signed_in(ADMIN, client)  # the second factor has its own journey
    page.goto("/desk")
    run_the_reminders(page)
    sign_out(page)
    sign_in(page, OWNER)
    read_the_letter(page, server, next(one for one in owed if (today - one[2]).days > 0))
    look_at_the_charts(page, owed, today)


def test_a_client_cannot_run_the_reminders_itself(page, client):
    sign_in(page, OWNER)
    page.goto("/reminders")
    expect(page.locator("h1")).to_have_text(text("fr", "menu.reminders"))
    expect(page.get_by_role("button", name=text("fr", "reminders.run"))).to_have_count(0)


@pytest.mark.parametrize(
    "name, content, problem",
    [
        ("vide.csv", "", "problem.file_empty"),
        ("seul.csv", "Numéro;Client;Date;Total\n", "problem.file_header_only"),
        ("photo.csv", "%PDF-1.7 x", "problem.pdf_broken"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(page, client, name, content, problem):
    sign_in(page, OWNER)
    page.goto("/invoices")
    expect(page.locator("[data-dropzone]")).to_be_visible()
    drop(page, name, content)
    expect(page.locator("main")).to_contain_text(text("fr", problem))
