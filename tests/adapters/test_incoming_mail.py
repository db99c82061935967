"""What is understood of strangers' mails: whatever they hold, it is plain text and never an error."""

from __future__ import annotations

import time
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from encaiss_dashboard.adapters.mailbox import read_mail
from encaiss_dashboard.domain.inbound import MailKind

HEAD = (
    b"From: Nadia Roy <Nadia@Moulin.example>\r\nTo: reponses@agence.example\r\nSubject: Re: Relev\xc3\xa9\r\n"
)


def mail(body=b"Bonjour", *headers):
    return HEAD + b"".join(one + b"\r\n" for one in headers) + b"\r\n" + body


# --- what is written


@pytest.mark.parametrize(
    "declared, data",
    [
        ("utf-8", "Payé".encode()),
        ("utf-8", "Payé".encode("latin-1")),
        ("us-ascii", "Payé".encode()),
        ("iso-8859-1", "Payé".encode()),
        ("iso-8859-1", "Payé".encode("latin-1")),
        ("windows-1252", "Payé".encode("cp1252")),
        ("utf-16", "Payé".encode("utf-16")),
        ("no-such-charset", "Payé".encode()),
        ("base64", "Payé".encode()),
        ("\0\"';", "Payé".encode()),
    ],
)
def test_a_text_is_read_whatever_its_charset_is_said_to_be(declared, data):
    kind = f'Content-Type: text/plain; charset="{declared}"'.encode()
    assert read_mail(mail(data, b"MIME-Version: 1.0", kind)).text == "Payé"


def test_headers_are_read_as_their_writer_meant_them_and_stay_on_one_line():
    found = read_mail(
        b"From: =?utf-8?q?Ren=C3=A9e_=22R=22?= <R@X.example>\r\n"
        b"Subject: =?utf-8?b?UGF5w6kNCkJjYzogeEB5?=\r\n\r\n"
    )
    assert (found.sender_name, found.sender_email) == ('Renée "R"', "r@x.example")
    assert found.subject == "Payé Bcc: x@y"
    assert read_mail(mail()).subject == "Re: Relevé"


def test_signs_that_turn_a_text_around_are_not_kept():
    assert read_mail(mail("fac\u202etxt.exe\0\x1b[31m".encode())).text == "factxt.exe[31m"


def test_of_html_only_its_words_are_kept():
    page = (
        b"<html><head><title>no</title><style>p{}</style></head><body><p>Bonjour&nbsp;Madame</p>"
        b"<script>alert(1)</script><div>Pay\xc3\xa9<br>hier &lt;b&gt;</div><!-- no --></body></html>"
    )
    text = read_mail(mail(page, b"Content-Type: text/html; charset=utf-8")).text
    assert text.replace("\xa0", " ").split("\n") == ["Bonjour Madame", "", "Payé", "hier <b>"]


def test_of_alternatives_the_plain_one_is_read_and_files_are_kept_beside():
    written = EmailMessage()
    written["From"] = "nadia@moulin.example"
    written.set_content("Voir la preuve.")
    written.add_alternative("<p>Voir la <b>preuve</b>.</p>", subtype="html")
    written.add_attachment(b"%PDF-1.7", "application", "pdf", filename="../../preuve.pdf")
    written.add_attachment(b"<script>", "text", "html", filename="page.html")
    found = read_mail(written.as_bytes())
    assert found.text == "Voir la preuve."
    assert [(one.name, one.content) for one in found.files] == [
        ("preuve.pdf", b"%PDF-1.7"),
        ("page.html", b"<script>"),
    ]


@pytest.mark.parametrize(
    "history",
    [
        "Le lun. 23 nov. 2026 à 10:00, Agence <a@b.example> a écrit :\n> Relevé\n> 121,00",
        "Op ma 23 nov. 2026 om 10:00 schreef Agence <a@b.example>:\n> Relevé",
        "On Mon, Nov 23, 2026 at 10:00 AM Agence <a@b.example> wrote:\n> Relevé",
        "De : Agence <a@b.example>\nEnvoyé : lundi 23 nov. 2026\nÀ : x@y.example\nObjet : Relevé\n\nRelevé",
        "Van: Agence <a@b.example>\nVerzonden: maandag\nAan: x@y.example\nOnderwerp: Relevé\n\nRelevé",
    ],
)
def test_what_is_quoted_is_taken_away_for_reading_and_kept(history):
    found = read_mail(mail(f"Bonjour,\n\nC’est payé.\n\n{history}\n".encode()))
    assert found.shown == "Bonjour,\n\nC’est payé."
    assert "Relevé" in found.text


@pytest.mark.parametrize(
    "body",
    [
        "> Avez-vous payé ?\nOui, hier.\n> Quand ?\nLe 3.",
        "> tout est cité",
        "",
        "De : nous avons payé hier\nMerci",
        "Op ma 23 nov. 2026 om 10:00 schreef Agence <a@b.example>:\n> Relevé\n\nBetaald.",
    ],
)
def test_where_it_cannot_be_told_what_is_new_all_is_shown(body):
    found = read_mail(mail(body.encode()))
    assert found.shown == found.text == body


# --- what it is


@pytest.mark.parametrize(
    "header, kind",
    [
        (b"X-Any: 1", MailKind.REPLY),
        (b"Auto-Submitted: no", MailKind.REPLY),
        (b"Auto-Submitted: auto-replied (vacation)", MailKind.AUTO),
        (b"Auto-Submitted: auto-generated; x=y", MailKind.AUTO),
        (b"Precedence: bulk", MailKind.AUTO),
        (b"X-Autoreply: yes", MailKind.AUTO),
        (b"List-Id: <news.example>", MailKind.AUTO),
        (b"Return-Path: <>", MailKind.AUTO),
    ],
)
def test_a_machine_is_told_from_a_person_by_its_headers(header, kind):
    assert read_mail(mail(b"x", header)).kind is kind


REPORT = """From: MAILER-DAEMON@mx.example
To: reponses@agence.example
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Nadia@Moulin.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--b
Content-Type: message/rfc822

Message-ID: <ardenne.7@agence.example>
Subject: Relevé

Bonjour
--b--
"""


@pytest.mark.parametrize(
    "action, status, said, permanent",
    [
        ("failed", "5.1.1", "550 5.1.1 no such user", True),
        ("failed", "4.4.7", "expired", False),
        ("delayed", "4.2.2", "452 mailbox full", False),
        ("failed", "", "550 5.1.1 no such user", True),
        ("failed", "", "whatever", False),
    ],
)
def test_a_report_says_what_became_of_which_message(action, status, said, permanent):
    found = read_mail(REPORT.format(action=action, status=status, said=said).encode())
    [one] = found.returned
    assert found.kind is MailKind.BOUNCE
    assert (one.address, one.permanent) == ("nadia@moulin.example", permanent)
    assert found.original == "ardenne.7@agence.example"


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "x"])
def test_news_of_an_arrival_is_no_failure(action):
    found = read_mail(REPORT.format(action=action, status="2.0.0", said="250 ok").encode())
    assert (found.kind, found.returned) == (MailKind.AUTO, ())


# --- whatever comes


def nested(depth):
    opening = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth)
    )
    return HEAD + opening + b"\r\nat the bottom"


HOSTILE = {
    "nothing": b"",
    "only an end": b"\r\n\r\n",
    "no headers": b"Bonjour",
    "nul": b"\0" * 1000,
    "nested": nested(90),
    "nested deeper": nested(5_000),
    "a huge header": b"Subject: " + b"x" * 400_000 + b"\r\n\r\nx",
    "many headers": b"".join(b"To: a%d@x.example\r\n" % n for n in range(9_000)) + b"\r\nx",
    "many addresses": b"To: " + b", ".join(b"a%d@x.example" % n for n in range(9_000)) + b"\r\n\r\nx",
    "broken addresses": b'From: "((((((<<<<@@@,,;;:"<>\r\nTo: (' + b"(" * 3_000 + b"\r\n\r\nx",
    "broken words": b"Subject: =?utf-8?b?=?=?=?x?y?=?= =?\xff?q?=zz?=\r\n\r\nx",
    "broken type": b"Content-Type: ;;;=multipart/\xff; boundary\r\n\r\nx",
    "broken disposition": HEAD + b"Content-Disposition: attachment; filename*=x'y\xff\r\n\r\nx",
    "boundary of nothing": HEAD + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\n--',
    "a long line": HEAD + b"\r\n" + b"Le " * 300_000,
    "quotes": HEAD + b"\r\n" + b"> " * 2_000_000,
    "tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 200_000,
    "open comments": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!-- " * 200_000,
    "attributes": HEAD + b"Content-Type: text/html\r\n\r\n<p " + b"a=b " * 250_000 + b">",
    "entities": HEAD + b"Content-Type: text/html\r\n\r\n" + b"&amp;&#0;&#xffffffff;" * 50_000,
    "base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 500_000 + b"!!!",
    "report of reports": b"Content-Type: message/delivery-status\r\n\r\n"
    + b"Action: failed\r\n\r\n" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_kept_and_takes_no_long_time(name):
    began = time.process_time()
    found = read_mail(HOSTILE[name])
    assert time.process_time() - began < 4
    assert found.content == HOSTILE[name]
    assert len(found.text) <= 200_000
    assert len(found.subject) <= 300
    assert not set("\0\r\x1b\u202e") & set(found.text + found.subject + found.sender_name)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.lists(st.sampled_from([b"\r\n", b"--b", b": ", b"=?", b"<", b";"])))
def test_any_bytes_are_a_mail(data, seams):
    for content in (data, mail(data), mail(data, b"Content-Type: multipart/mixed; boundary=b")):
        broken = content.join(seams) if seams else content
        assert read_mail(broken).content == broken
