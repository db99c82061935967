"""No mail tells anybody that it was opened or followed: it loads nothing and leads nowhere by us."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pytest

from encaiss_dashboard.adapters.letters import write_account_mail, write_statement
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import (
    AccountLetter,
    BankAccount,
    LetterLine,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import LANGUAGES

LOADS = ("src", "srcset", "background", "poster", "data", "action", "formaction", "ping")
LINK = "https://app.encaiss.example/link/1"


class Loaded(HTMLParser):
    """Collects what a page would load, and where it leads."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.loads, self.leads, self.styles = set(), [], [], page
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.loads += [value for name, value in attrs if name in LOADS]
        self.leads += [value for name, value in attrs if name == "href"]


def statement(language, step):
    amount = Money(100_000)
    line = LetterLine("2026-001", date(2026, 10, 1), date(2026, 11, 1), amount, amount, 21, step.value)
    return StatementLetter(
        step=step,
        language=language,
        on=date(2026, 11, 22),
        sender=Party("Agence", email="agence@encaiss.example", phone="02 000 00 00"),
        creditor=Party("Ardenne Bois SRL", email="compta@ardenne.example"),
        debtor=Party("Moulin Clair SA", email="compta@moulin.example"),
        country="BE",
        account=BankAccount("BE68539007547034", "", "Ardenne Bois SRL"),
        sections=(Section("EUR", (line,), (), amount),),
        reference="+++123/4567/89002+++",
    )


def remote(page):
    """What a mail program would fetch from anywhere."""
    found = Loaded(page)
    fetched = [address for address in found.loads if not address.startswith(("cid:", "data:"))]
    fetched += re.findall(r"url\(|@import", page)
    return fetched + sorted(found.tags & {"link", "script", "iframe", "object", "embed", "video", "audio"})


@pytest.mark.parametrize("step", StepCode)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_loads_nothing_and_its_links_only_write_or_call(language, step):
    letter = write_statement(statement(language, step))
    assert remote(letter.html) == []
    assert all(address.startswith(("mailto:", "tel:")) for address in Loaded(letter.html).leads)
    assert not re.search(r"https?://", letter.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mail_about_an_account_loads_nothing_and_leads_only_where_it_says(language):
    facts = {"name": "Ann", "until": "1 décembre", "to": "ann@ardenne.example"}
    letter = write_account_mail(
        AccountLetter("reset", language, "Ann", Party("Agence", email="a@encaiss.example"), LINK, facts)
    )
    assert remote(letter.html) == []
    assert set(Loaded(letter.html).leads) <= {LINK, "mailto:a@encaiss.example"}


def test_a_picture_from_elsewhere_would_be_found():
    assert remote('<p><img src="https://x.example/1.gif"></p>') == ["https://x.example/1.gif"]
    assert remote('<p style="background:url(//x.example)">') == ["url("]
