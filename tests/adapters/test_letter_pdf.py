"""The letter on paper, read back from the bytes of the PDF."""

from __future__ import annotations

import codecs
import re
import unicodedata
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest

from encaiss_dashboard.adapters.letters import statement_pdf, write_statement
from encaiss_dashboard.adapters.letters.pdf import _DRAWN
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
from encaiss_dashboard.locales import LETTER_LANGUAGES

ON = date(2026, 11, 21)
DUE = date(2026, 9, 1)


def many(count):
    """So many due invoices, F00000 first."""
    amounts = [Money(10_000 + n) for n in range(count)]
    return tuple(
        LetterLine(f"F{n:05d}", date(2026, 8, 2), DUE, amount, amount, 81, "statement_2")
        for n, amount in enumerate(amounts)
    )


def statement(language="fr", step=StepCode.STATEMENT_2, lines=None, **changes):
    lines = many(3) if lines is None else tuple(lines)
    total = Money.total(line.open for line in lines) - Money(1_050)
    facts = {
        "step": step,
        "language": language,
        "on": ON,
        "sender": Party("Encaiss SRL", "0202239951", ("5000 Namur",), "suivi@encaiss.example"),
        "creditor": Party("Menuiserie Exemple SRL", "BE 0123.456.749", ("5590 Ciney",)),
        "debtor": Party("Brasserie du Condroz SRL", "", ("5590 Ciney",)),
        "country": "BE",
        "account": BankAccount("BE68 5390 0754 7034", "GKCCBEBB", "Menuiserie Exemple SRL"),
        "sections": (Section("EUR", lines, (CreditLine("NC-1", date(2026, 10, 5), Money(1_050)),), total),),
        "reference": "+++900/0000/04257+++",
    }
    return StatementLetter(**(facts | changes))


# A font being chosen, a string in hexadecimal, an escaped byte or any other: what a PDF's text is made of.
TOKEN = re.compile(
    rb"/(?P<font>\w+) [\d.]+ Tf|<(?P<hex>(?:[0-9A-Fa-f]{4})+)>"
    rb"|\\(?P<escape>[0-7]{1,3}|.)|(?P<byte>.)",
    re.DOTALL,
)
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def strings(content: bytes):
    """Each font name chosen and each string drawn, in order (ISO 32000-1 §7.3.4.2: brackets may nest)."""
    depth, text, place = 0, b"", 0
    while token := TOKEN.match(content, place):
        place = token.end()
        byte, escape = token["byte"], token["escape"]
        if depth and (token["font"] or token["hex"]):
            place = token.start() + 1
            byte = content[token.start() : place]
        if byte == b"(":
            depth += 1
            text = text + byte if depth > 1 else b""
        elif byte == b")":
            depth -= 1
            if depth == 0:
                yield None, text
            text += byte
        elif depth:
            octal = escape is not None and escape.isdigit()
            text += byte or (bytes([int(escape, 8)]) if octal else ESCAPES.get(escape, escape))
        elif token["font"]:
            yield token["font"], b""
        elif token["hex"]:
            yield None, bytes.fromhex(token["hex"].decode())


def pdf_text(pdf: bytes) -> str:
    """All that is drawn on the pages, without spaces, through the fonts' own ToUnicode tables."""
    objects = {int(n): body for n, body in re.findall(rb"(\d+) 0 obj\s(.*?)\sendobj", pdf, re.DOTALL)}

    def follow(key, body):
        return int(re.search(rb"/" + key + rb" (\d+) 0 R", body)[1])

    def stream(number):
        head, _, body = objects[number].partition(b"stream\n")
        body = body[: int(re.search(rb"/Length (\d+)", head)[1])]
        return zlib.decompress(body) if b"FlateDecode" in head else body

    def alphabet(number):
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", stream(follow(b"ToUnicode", objects[number])))
        return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}

    drawn = []
    for page in (body for body in objects.values() if b"/Type/Page/" in body):
        names = re.search(rb"/Font\s*<<(.*?)>>", objects[follow(b"Resources", page)], re.DOTALL)[1]
        fonts = {name: alphabet(int(n)) for name, n in re.findall(rb"/(\w+) (\d+) 0 R", names)}
        font = {}
        for name, glyphs in strings(stream(follow(b"Contents", page))):
            if glyphs.startswith(codecs.BOM_UTF16_BE):
                continue  # a replacement text for readers aloud, which is not drawn
            font = fonts[name] if name else font
            drawn += [font[int.from_bytes(glyphs[i : i + 2])] for i in range(0, len(glyphs), 2)]
    return squeezed("".join(drawn))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("step", StepCode)
@pytest.mark.parametrize("language", LETTER_LANGUAGES)
def test_the_pdf_says_all_that_the_text_says(language, step):
    letter = write_statement(statement(language, step))
    drawn = pdf_text(letter.attachments[0].content).casefold()
    # Brackets and rules belong to the plain text's own layout.
    words = re.sub(r"[()]|-{3,}", " ", letter.text).casefold().split()
    assert len(words) > 100
    assert not [word for word in words if squeezed(word) not in drawn]


def test_markup_in_a_name_is_drawn_as_it_is_written():
    hostile = "<script> #eval(1) $x$ *b* _c_ @d [e] \\n //f"
    assert squeezed(hostile) in pdf_text(statement_pdf(statement(debtor=Party(hostile))))


def test_a_letter_without_an_account_is_drawn_without_a_code():
    drawn = pdf_text(statement_pdf(statement("fr", account=None)))
    assert squeezed("celui qui figure sur les factures") in drawn
    assert "IBAN" not in drawn


def test_the_same_letter_is_the_same_pdf_byte_for_byte():
    assert statement_pdf(statement()) == statement_pdf(statement())
    assert statement_pdf(statement()) == write_statement(statement()).attachments[0].content
    assert statement_pdf(statement()) != statement_pdf(statement(on=ON + timedelta(days=1)))


def test_letters_written_at_the_same_time_do_not_mix():
    letters = [statement(language, step) for language in LETTER_LANGUAGES for step in StepCode]
    one_by_one = [statement_pdf(letter) for letter in letters]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(statement_pdf, letters)) == one_by_one


def test_a_hundred_and_fifty_invoices_are_all_on_the_pages_each_under_its_headings():
    pdf = statement_pdf(statement("fr", StepCode.STATEMENT_2, many(150)))
    drawn = pdf_text(pdf)
    pages = pdf.count(b"/Type/Page/")
    assert not [n for n in range(150) if f"F{n:05d}" not in drawn]
    assert drawn.count("FactureDateÉchéanceRetardMontantReste") == pages == 5
    assert f"{pages}/{pages}" in drawn


def test_a_pdf_is_an_accessible_archive_file_with_its_own_fonts():
    pdf = statement_pdf(statement("nl"))
    assert b"<pdfaid:part>2</pdfaid:part>" in pdf
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in pdf
    assert b"<pdfuaid:part>1</pdfuaid:part>" in pdf
    assert b"/Lang(nl" in pdf
    assert set(re.findall(rb"/BaseFont/[A-Z]{6}\+(\w+)", pdf)) == {b"Inter"}


def test_every_letter_that_the_house_says_it_can_draw_is_drawn():
    alphabet = "".join(chr(code) for code in sorted(_DRAWN) if not chr(code).isspace())
    rows = tuple(alphabet[i : i + 30] for i in range(0, len(alphabet), 30))
    drawn = pdf_text(statement_pdf(statement(debtor=Party("X", "", rows))))
    assert not [row for row in rows if unicodedata.normalize("NFC", row) not in drawn]


def test_no_sign_in_a_number_is_drawn_as_another():
    # Inter has contextual forms that turn these into arrows and multiplication signs.
    lines = [replace(many(1)[0], number="F->10x20<=>(c)")]
    assert "F->10x20<=>(c)" in pdf_text(statement_pdf(statement(lines=lines)))


def test_a_name_that_the_fonts_cannot_draw_still_leaves_a_letter():
    name = "Łódź 日本 ﬁne 😀 Ǻrhus"
    letter = write_statement(statement(debtor=Party(name, "", ())))
    assert name in letter.text
    assert "Łódź??fine?Arhus" in pdf_text(letter.attachments[0].content)
