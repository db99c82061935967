"""Mails about accounts: every kind says everything in every language, twice."""

import re

import pytest

from encaiss_dashboard.adapters.letters import write_account_mail
from encaiss_dashboard.domain.letters import AccountLetter, Party
from encaiss_dashboard.domain.signing import LinkKind
from encaiss_dashboard.locales import LANGUAGES, catalogue

AGENCY = Party("Encaiss Recouvrement", "", ("Rue du Test 1", "5000 Namur"), "post@agency.example")
LINK = "https://encaiss.example/link/7-0123456789abcdef"
FACTS = {
    "by": "Anne Exemple",
    "client": "Menuiserie Exemple SRL",
    "roles": "Comptable",
    "to": "nina@menuiserie.example",
    "until": "1 déc. 2026 à 9:30",
    "agency": "Encaiss Recouvrement",
    "at": "24 nov. 2026 à 9:30",
    "address": "192.0.2.7",
    "new": "nina@nouveau.example",
}
KINDS = sorted(key[5:-8] for key in catalogue("fr") if re.fullmatch(r"mail\.[a-z_]+_subject", key))


def letter(kind, language="fr", name="Nina", **facts):
    link = LINK if kind in set(LinkKind) else ""
    return write_account_mail(AccountLetter(kind, language, name, AGENCY, link, FACTS | facts))


def test_there_is_a_mail_for_every_link_and_every_notice():
    assert set(LinkKind) <= set(KINDS)
    assert len(KINDS) >= 8


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_say_the_same(kind, language):
    mail = letter(kind, language)
    assert "\n" not in mail.subject
    assert f'lang="{language}"' in mail.html
    bare = " ".join(re.sub(r"<[^>]+>", " ", mail.html.partition("<body")[2]).split())
    for paragraph in mail.text.split("\n\n")[:2]:
        assert " ".join(paragraph.split()) in bare
    if kind in set(LinkKind):
        assert LINK in mail.text
        assert f'href="{LINK}"' in mail.html
    else:
        assert "http" not in mail.text


def test_a_name_is_text_and_never_markup():
    mail = letter("invitation", by="<script>alert(1)</script> & Cie", name="<b>Nina</b>")
    assert "<script" not in mail.html
    assert "<b>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "<script>alert(1)</script> & Cie" in mail.text


def test_no_picture_is_loaded_from_anywhere():
    """What a mail loads tells its sender who opened it, and when."""
    for kind in KINDS:
        assert not re.search(r"<img|url\(|@import|<link", letter(kind).html)
