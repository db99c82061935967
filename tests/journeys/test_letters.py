"""A client's letters in the browser: its own words with the letter before one's eyes, its logo, the post."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
import segno
from playwright.sync_api import expect

from encaiss_dashboard import jobs
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import text

NUMBER = "RR123456789BE"


def fr(key, **facts):
    return text("fr", f"texts.{key}", **facts)


def post(key, **facts):
    return text("fr", f"post.{key}", **facts)


@pytest.fixture(scope="module")
def written(server):
    """A client with a debtor that was written to on paper, and people who may and may not change texts."""
    house, today = server.house, date.today()  # noqa: DTZ011 - as the server does
    client = house.client("letters", "Lettres Exemple SRL", iban="BE68539007547034")
    for role in (Role.OWNER, Role.READER):
        house.user(role, "letters", f"{role.value}@letters.example", f"Test {role.value}")
    house.user(Role.ADMINISTRATOR, None, "admin@letters.example", "Test Admin")
    debtor = house.debtor(client, "Papier Peint SA", address="Rue Haute 1", postcode="5500", city="Dinant")
    house.invoice(debtor, "P-1", due=today - timedelta(days=20), cents=123_456)
    house.delegate(debtor, from_date=today - timedelta(days=30))
    jobs.remind(house.wiring, on=today, client_ids=(client,))
    return client


def test_an_owner_writes_its_own_words_and_sees_the_letter_before_they_hold(
    written, signed_in, settled, page, tmp_path
):
    signed_in("owner@letters.example")
    settled("/reminders")
    page.get_by_role("link", name=fr("title")).click()
    expect(page.get_by_text(fr("house_holds"))).to_be_visible()
    apply = page.get_by_role("button", name=fr("save"))
    expect(apply).to_be_disabled()
    mail = page.locator(".words-mail")
    expect(mail).to_contain_text("Papier Peint SA")

    opening = page.get_by_label(fr("part_opening"))
    opening.fill("Chez {client}, {nom} !")
    refused = page.get_by_role("status").filter(has_text="{nom}".strip("{}"))
    expect(refused).to_be_visible()
    expect(apply).to_be_disabled()
    opening.fill("Chez {client}, nous attendons {invoices}.")
    expect(mail).to_contain_text("Chez Lettres Exemple SRL, nous attendons 1 facture.")
    expect(page.locator(".words-page").first).to_be_visible()
    expect(apply).to_be_enabled()
    apply.click()
    expect(page.locator(".notices, .note").get_by_text(fr("saved", n=1))).to_be_visible()
    page.reload()
    expect(opening).to_have_value("Chez {client}, nous attendons {invoices}.")
    expect(mail).to_contain_text("nous attendons 1 facture")

    page.get_by_role("button", name=fr("back")).click()
    expect(opening).to_have_value("")
    apply.click()
    expect(page.locator(".plan-versions li")).to_have_count(3)

    logo = tmp_path / "logo.png"
    segno.make("logo").save(str(logo), scale=6)
    page.get_by_label(fr("logo_choose")).set_input_files(logo)
    expect(page.get_by_alt_text(fr("logo_alt"))).to_be_visible()
    page.get_by_role("button", name=fr("logo_remove")).click()
    expect(page.get_by_text(fr("logo_none"))).to_be_visible()


def test_a_letter_of_another_language_is_written_and_shown_in_it(written, signed_in, settled, page):
    signed_in("owner@letters.example")
    settled("/reminders/texts")
    page.get_by_label(fr("language")).select_option("de")
    expect(page.locator(".words-mail")).to_contain_text("Sehr geehrte Damen und Herren")
    page.get_by_label(fr("step")).select_option("formal_notice")
    expect(page.locator(".words-mail")).to_contain_text("Förmliche Mahnung")
    expect(page.get_by_text("{deadline}")).to_be_visible()


def test_who_may_only_look_sees_the_letter_and_can_change_nothing(written, signed_in, settled, page):
    signed_in("reader@letters.example")
    settled("/reminders/texts")
    expect(page.locator(".words-mail")).to_contain_text("Papier Peint SA")
    expect(page.get_by_label(fr("part_opening"))).to_be_disabled()
    expect(page.get_by_role("button", name=fr("save"))).to_have_count(0)
    expect(page.get_by_label(fr("logo_choose"))).to_have_count(0)


def test_letters_are_printed_posted_and_followed(written, signed_in, settled, page):
    signed_in("admin@letters.example")
    settled("/desk")
    page.get_by_role("link", name=post("title")).click()
    row = page.get_by_role("row").filter(has_text="Papier Peint SA")
    expect(row).to_be_visible()
    with page.expect_download() as printed:
        page.get_by_role("link", name=post("print")).click()
    assert printed.value.path().read_bytes().startswith(b"%PDF-")
    with page.expect_download() as listed:
        page.get_by_role("link", name=post("manifest")).click()
    rows = list(csv.reader(io.StringIO(listed.value.path().read_text("utf-8-sig")), delimiter=";"))
    mine = next(one for one in rows if "Papier Peint SA" in one)

    # Others' letters lie there too: this one alone is posted.
    page.get_by_role("checkbox", name=post("all")).click()
    expect(page.get_by_role("button", name=post("mark"))).to_be_disabled()
    row.get_by_role("checkbox").click()
    expect(page.get_by_role("button", name=post("mark"))).to_be_enabled()
    page.get_by_role("button", name=post("mark")).click()
    expect(page.get_by_text(post("marked", n=1))).to_be_visible()
    posted = page.get_by_role("region", name=post("posted")).get_by_role("row").filter(has_text="Papier")
    expect(posted).to_be_visible()

    mine[-1] = NUMBER
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";").writerows([rows[0], mine])
    page.get_by_label(post("take_choose")).set_input_files(
        {"name": "manifest.csv", "mimeType": "text/csv", "buffer": out.getvalue().encode()}
    )
    expect(posted.get_by_role("textbox")).to_have_value(NUMBER)
    posted.get_by_role("textbox").fill("no")
    posted.get_by_role("button", name=post("keep")).click()
    expect(page.get_by_text(text("fr", "refusal.tracking_unreadable", value="no"))).to_be_visible()


def test_the_debtors_file_tells_when_its_letter_was_posted(written, signed_in, settled, page, server):
    signed_in("owner@letters.example")
    settled("/debtors")
    page.get_by_role("link", name=re.compile("Papier Peint")).first.click()
    expect(page.get_by_text(NUMBER).first).to_be_visible()
