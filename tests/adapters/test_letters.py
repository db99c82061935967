"""What a debtor reads: the golden letters, and what every letter must and must not say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from encaiss_dashboard.adapters.letters import write_statement
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import (
    BankAccount,
    CreditLine,
    LetterLine,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LETTER_LANGUAGES, catalogue, day, money

GOLDEN = Path(__file__).parent / "golden" / "letters"
ON = date(2026, 11, 21)
ACCOUNT = BankAccount("BE68 5390 0754 7034", "GKCCBEBB", "Menuiserie Exemple SRL")
OGM = "+++900/0000/04257+++"
STATEMENTS = [step for step in StepCode if step is not StepCode.FORMAL_NOTICE]


def line(number, due, total, still_open, step):
    issue = due - timedelta(days=30)
    return LetterLine(number, issue, due, Money(total), Money(still_open), (ON - due).days, step)


def section(lines, credits=(), currency="EUR"):  # noqa: A002 - the trade's word
    total = Money.total((x.open for x in lines), currency) - Money.total(
        (c.amount for c in credits), currency
    )
    return Section(currency, tuple(lines), tuple(credits), total)


def statement(language="fr", step=StepCode.STATEMENT_1, lines=None, credits=None, **changes):  # noqa: A002
    """Three due invoices, one of them partly paid and one not yet at this step, and two credits."""
    if lines is None:
        newest = step if step is StepCode.COURTESY else None
        lines = [
            line("2026-0377", date(2026, 9, 11), 1_000_000, 860_000, step),
            line("2026-0398", date(2026, 9, 30), 524_000, 524_000, step),
            line("2026-0421", date(2026, 10, 31), 440_000, 440_000, newest),
        ]
    if credits is None:
        credits = [  # noqa: A001 - the trade's word
            CreditLine("NC-2026-014", date(2026, 10, 5), Money(24_000)),
            CreditLine("", None, Money(1_050)),
        ]
    facts = {
        "step": step,
        "language": language,
        "on": ON,
        "sender": Party(
            "Encaiss Recouvrement SRL",
            "0202239951",
            ("Rue de l’Exemple 12", "5000 Namur"),
            "suivi@encaiss.example",
            "+32 81 00 00 00",
        ),
        "creditor": Party("Menuiserie Exemple SRL", "BE 0123.456.749", ("Zoning 7", "5590 Ciney")),
        "debtor": Party("Brasserie du Condroz SRL", "", ("Place Monseu 3", "5590 Ciney"), "a@b.example"),
        "country": "BE",
        "account": ACCOUNT,
        "sections": (section(lines, credits),),
        "reference": OGM,
    }
    return StatementLetter(**(facts | changes))


class Page(HTMLParser):
    """What a reader sees of a page, and which elements it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return "\n".join(self.words)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data):
        if self.tags and self.tags[-1] not in {"style", "title"} and data.strip():
            self.words.append(data)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def amounts(text: str) -> set[str]:
    """Every amount with cents, whatever the language."""
    return set(re.findall(r"(?<![\d/.])\d{1,3}(?:[.,\u202f]\d{3})*[.,]\d{2}(?!\d|\.\d)", text))


AGREED = ((StepCode.STATEMENT_1, "BE"), (StepCode.FORMAL_NOTICE, "BE"), (StepCode.FORMAL_NOTICE, "FR"))


def agreed_file(language, step, country):
    return GOLDEN / f"{language}-{step}{'-france' if country == 'FR' else ''}.txt"


@pytest.mark.parametrize("step, country", AGREED)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_the_letter_reads_as_agreed(language, step, country):
    """Agreed anew by golden_letters.py."""
    letter = write_statement(statement(language, step, country=country))
    agreed = agreed_file(language, step, country).read_text(encoding="utf-8")
    assert f"{letter.subject}\n\n{letter.text}" == agreed


def test_every_sentence_exists_in_every_language():
    names = [{key for key in catalogue(lang) if key.startswith("letter.")} for lang in LETTER_LANGUAGES]
    assert all(one == names[0] for one in names)
    for key in names[0]:
        facts = [
            set(re.findall(r"\{(\w+)\}", str(catalogue(lang)[key]))) - {"n"} for lang in LETTER_LANGUAGES
        ]
        assert all(one == facts[0] for one in facts), key


@pytest.mark.parametrize("step", StepCode)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_every_letter_says_who_writes_for_whom_what_is_due_and_how_to_pay_or_answer(language, step):
    letter = write_statement(statement(language, step))
    behalf = {
        "fr": "au nom et pour compte de",
        "nl": "in naam en voor rekening van",
        "en": "in the name and on behalf of",
        "de": "im Namen und für Rechnung von",
    }
    for shown in (letter.text, Page(letter.html).text):
        seen = squeezed(shown)
        for fact in (
            f"{behalf[language]} Menuiserie Exemple SRL",
            "Encaiss Recouvrement SRL",
            "BE 0202.239.951",
            "BE 0123.456.749",
            "Brasserie du Condroz SRL",
            "BE68 5390 0754 7034",
            "GKCCBEBB",
            OGM,
            "suivi@encaiss.example",
            *("2026-0377", date(2026, 8, 12), date(2026, 9, 11), money(Money(860_000), language)),
            *("2026-0398", date(2026, 8, 31), date(2026, 9, 30), money(Money(524_000), language)),
            *("2026-0421", date(2026, 10, 1), date(2026, 10, 31), money(Money(440_000), language)),
            *(
                "NC-2026-014",
                date(2026, 10, 5),
                money(Money(-24_000), language),
                money(Money(-1_050), language),
            ),
            money(Money(1_798_950), language),
        ):
            said = day(fact, language, "numeric") if isinstance(fact, date) else fact
            assert squeezed(said) in seen, fact
        assert "{" not in shown


@pytest.mark.parametrize("step", StepCode)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_the_text_and_the_page_name_the_same_amounts(language, step):
    letter = write_statement(statement(language, step))
    assert amounts(letter.text) == amounts(Page(letter.html).text)
    assert len(amounts(letter.text)) == 7


@pytest.mark.parametrize("step", STATEMENTS)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_interest_indemnity_law_and_court_are_named_in_the_formal_notice_only(language, step):
    words = re.compile(
        r"intérêt|interest|indemnité|vergoeding|40|\bloi\b|\bwet\b|\blaw\b|justice|rechtbank|court"
        r"|zinsen|entschädigung|gesetz|gericht"
    )
    before = write_statement(statement(language, step)).text.casefold()
    notice = write_statement(statement(language, StepCode.FORMAL_NOTICE)).text.casefold()
    # The invoice of 4,400.00 and the telephone number are no indemnity.
    assert not words.search(re.sub(r"[\d.,/+-]*\d[\d.,/+-]*", lambda m: m[0] if m[0] == "40" else "", before))
    assert "2002" in notice
    assert re.search(r"\b40\seuros?\b", notice)
    assert words.search(notice)


@pytest.mark.parametrize(
    "country,named,not_named",
    [
        ("BE", ["2002", "40 euro"], ["441"]),
        ("FR", ["L. 441-10", "D. 441-5", "40 euro"], ["2002", "2 august", "2 août", "2 augustus"]),
        ("DE", [], ["441", "2002", "40 euro"]),
        ("", [], ["441", "2002", "40 euro"]),
    ],
)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_a_formal_notice_names_the_law_of_the_debtors_country_or_none(language, country, named, not_named):
    letter = write_statement(statement(language, StepCode.FORMAL_NOTICE, country=country))
    for shown in (letter.text, Page(letter.html).text):
        words = " ".join(shown.split()).casefold()
        assert not [fact for fact in named if fact.casefold() not in words]
        assert not [fact for fact in not_named if fact.casefold() in words]


@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_a_formal_notice_reserves_the_clients_rights_whatever_the_law(language):
    reserved = {
        "fr": "réserve ses droits",
        "nl": "behoudt zich alle rechten",
        "en": "reserves its rights",
        "de": "behält sich alle rechte",
    }
    for country in ("BE", "FR", "DE"):
        notice = write_statement(statement(language, StepCode.FORMAL_NOTICE, country=country)).text
        assert reserved[language] in " ".join(notice.split()).casefold()


@pytest.mark.parametrize("step", StepCode)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_no_letter_speaks_as_a_court_or_a_bailiff_would(language, step):
    letter = write_statement(statement(language, step))
    office = (
        r"huissier|deurwaarder|bailiff|saisie|beslag|seizure|citation|dagvaard|summons|jugement|vonnis"
        r"|gerichtsvollzieher|pfändung|vorladung|urteil"
    )
    assert not re.search(office, letter.text.casefold())


@pytest.mark.parametrize(
    "sent,last_day",
    [
        (date(2026, 11, 16), date(2026, 11, 30)),
        (date(2026, 11, 14), date(2026, 11, 30)),  # a Saturday rolls to Monday
        (date(2026, 11, 21), date(2026, 12, 7)),
        (date(2026, 12, 11), date(2026, 12, 28)),  # Christmas, then a weekend
    ],
)
def test_a_formal_notice_leaves_fourteen_days_and_ends_on_a_working_day(sent, last_day):
    letter = statement("en", StepCode.FORMAL_NOTICE, on=sent)
    assert letter.deadline == last_day
    assert f"{last_day.day} {last_day:%B} {last_day.year}" in " ".join(write_statement(letter).text.split())


def test_an_invoice_that_has_not_reached_the_formal_notice_is_listed_for_information_only():
    notice = write_statement(statement("fr", StepCode.FORMAL_NOTICE))
    assert "les 2 factures échues ci-dessous" in " ".join(notice.text.split())
    after = notice.text.split("2026-0421")[1]
    assert after.splitlines()[1].strip() == "(pour information)"
    assert notice.text.count("(pour information)") == 1
    reminder = write_statement(statement("fr", StepCode.STATEMENT_3))
    assert "pour information" not in reminder.text


def test_a_courtesy_notice_counts_no_days_of_delay():
    soon = [line("2026-0512", date(2026, 11, 26), 125_000, 125_000, StepCode.COURTESY)]
    letter = write_statement(statement("fr", StepCode.COURTESY, soon, []))
    for shown in (letter.text, Page(letter.html).text):
        assert "etard" not in shown
        assert "jour" not in shown


def test_a_part_payment_shows_what_the_invoice_was_for():
    letter = write_statement(statement("en"))
    assert "(of €10,000.00)" in letter.text
    assert letter.text.count("(of ") == 1
    assert "of €10,000.00" in Page(letter.html).words


def test_the_table_of_the_text_stands_in_columns():
    blocks = write_statement(statement("fr")).text.split("\n\n")
    table = next(block for block in blocks if block.startswith("Facture ")).splitlines()
    rows = [row for row in table if not row.startswith(("  ", "-"))]
    assert len(rows) == 7
    assert len({len(row) for row in rows}) == 1
    assert {row.index("/") for row in rows[1:4]} == {rows[1].index("/")}


HOSTILE = '<script>alert(1)</script> & "Fils" {client} {0} #eval(1) $x$ *b*'


def test_a_script_in_a_name_is_shown_as_it_is_written_and_never_runs():
    party = Party(HOSTILE, HOSTILE, (HOSTILE,), "a@b.example", HOSTILE)
    bad_line = replace(line("x", date(2026, 9, 11), 100, 100, StepCode.STATEMENT_1), number=HOSTILE)
    letter = write_statement(
        statement(
            lines=[bad_line],
            credits=[CreditLine(HOSTILE, None, Money(1))],
            debtor=party,
            creditor=party,
            sender=party,
            account=BankAccount(ACCOUNT.iban, "", HOSTILE),
        )
    )
    page = Page(letter.html)
    assert "script" not in page.tags
    assert HOSTILE in page.words
    assert HOSTILE in letter.text


def test_line_breaks_and_direction_marks_in_a_name_are_left_out():
    letter = write_statement(statement(debtor=Party("Bras\u202eserie\r\nBcc: x\x00", "", ())))
    assert "\nBrasserie Bcc: x\n" in letter.text


def test_a_subject_is_one_line_whoever_the_client_is():
    letter = write_statement(statement(creditor=Party("Menuiserie\r\nBcc: spy@elsewhere.example")))
    assert letter.subject == "Relevé de compte – Menuiserie Bcc: spy@elsewhere.example"


# --- how to pay


@pytest.mark.parametrize("iban", ["", "BE69539007547034", "BE68 5390 0754 703", "<script>", "539007547034"])
def test_nobody_is_asked_to_pay_into_an_account_that_cannot_exist(iban):
    with pytest.raises(ValueError, match="not a bank account"):
        BankAccount(iban, "GKCCBEBB", "Menuiserie Exemple SRL")


def test_a_bic_is_optional_but_never_wrong():
    assert "BIC" not in write_statement(statement(account=BankAccount(ACCOUNT.iban, "", "X"))).text
    with pytest.raises(ValueError, match="not a bank account"):
        BankAccount(ACCOUNT.iban, "GKCC", "X")


@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_without_an_account_the_letter_sends_the_debtor_to_its_invoices_and_has_no_code(language):
    letter = write_statement(statement(language, account=None))
    said = {
        "fr": "celui qui figure sur les factures",
        "nl": "die op de facturen",
        "en": "the one shown on the invoices",
        "de": "das auf den Rechnungen angegebene",
    }
    for shown in (letter.text, Page(letter.html).text):
        assert said[language] in shown
        assert "IBAN" not in shown
        assert OGM in shown
    assert [a.mime for a in letter.attachments] == ["application/pdf"]
    assert Page(letter.html).images == []


def test_the_page_shows_the_code_that_is_attached():
    letter = write_statement(statement())
    [picture] = [a for a in letter.attachments if a.inline_id]
    [image] = Page(letter.html).images
    assert image["src"] == f"cid:{picture.inline_id}"
    assert picture.content.startswith(b"\x89PNG")
    assert money(Money(1_798_950), "fr") in image["alt"]


def test_a_balance_in_the_debtors_favour_is_said_so_and_has_no_code():
    credit = [CreditLine("NC-1", date(2026, 10, 5), Money(2_000_000))]
    letter = write_statement(statement("fr", credits=credit))
    assert "Solde en votre faveur" in letter.text
    assert "Total à payer" not in letter.text
    assert [a.mime for a in letter.attachments] == ["application/pdf"]
    assert Page(letter.html).images == []


def test_each_currency_has_its_table_and_only_the_euros_have_a_code():
    dollars = LetterLine(
        "US-1", date(2026, 8, 1), date(2026, 9, 1), Money(5, "USD"), Money(5, "USD"), 81, None
    )
    euros = statement().sections[0]
    letter = write_statement(statement(sections=(section([dollars], currency="USD"), euros)))
    [image] = Page(letter.html).images
    assert "17\u202f989,50" in image["alt"]
    for shown in (letter.text, Page(letter.html).text):
        assert shown.count("Total à payer") == 4  # below each table, and among the payment data
        assert money(Money(5, "USD"), "fr") in shown


# --- the facts of a letter


def test_a_total_that_is_not_the_sum_of_its_lines_is_refused():
    good = statement().sections[0]
    with pytest.raises(ValueError, match="do not add up"):
        replace(good, total=good.total + Money(1))


@pytest.mark.parametrize("cents", [0, -1])
def test_a_credit_is_above_zero(cents):
    with pytest.raises(ValueError, match="above zero"):
        CreditLine("NC-1", ON, Money(cents))
