"""The letters that are compared with what was agreed, by text and by picture, and how to agree anew.

    python tests/golden_letters.py

writes the texts and the pictures of all of them into tests/adapters/golden/letters. Look at what git says
has changed before it is committed: each of these files is what somebody agreed to send to debtors.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image

from encaiss_dashboard.adapters import letters
from encaiss_dashboard.domain.consumer import indemnity_cap
from encaiss_dashboard.domain.dunning import InstalmentNotice, StepCode
from encaiss_dashboard.domain.letter_texts import checked
from encaiss_dashboard.domain.letters import (
    BankAccount,
    CreditLine,
    FirstReminder,
    LetterLine,
    Party,
    Section,
    StatementLetter,
)
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel, waiting_period
from encaiss_dashboard.locales import LETTER_LANGUAGES

FOLDER = Path(__file__).parent / "adapters" / "golden" / "letters"
DPI = 60
ON = date(2026, 11, 21)
ACCOUNT = BankAccount("BE68 5390 0754 7034", "GKCCBEBB", "Menuiserie Exemple SRL")
CONSUMER = Party("Client Exemple", "", ("Rue de l’Essai 5", "5590 Ciney"))
OGM = "+++900/0000/04257+++"
BLOCK = 6
"""Pixels of a side of the squares in which two pictures are compared: 2.5 mm, a line of text."""
MOVED = 20
"""Grey levels by which the mean of a square may differ. Measured: a kept picture, of sixteen greys, differs
by up to 8, all shifted by a third of a pixel by 15; a table moved by a pixel (0.4 mm) by 21, by two by 33."""


def line(
    number: str, due: date, total: int, still_open: int, step: str | None, currency: str = "EUR"
) -> LetterLine:
    """One invoice, in cents."""
    issue = due - timedelta(days=30)
    amounts = Money(total, currency), Money(still_open, currency)
    return LetterLine(number, issue, due, *amounts, (ON - due).days, step)


def section(lines: list[LetterLine], credits: tuple[CreditLine, ...] = (), currency: str = "EUR") -> Section:  # noqa: A002 - the trade's word
    """All of one currency, with its sum."""
    owed = Money.total((one.open for one in lines), currency)
    return Section(
        currency, tuple(lines), credits, owed - Money.total((one.amount for one in credits), currency)
    )


def statement(language: str, step: StepCode, *sections: Section, **changes: object) -> StatementLetter:
    """A letter of these sections."""
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
        "debtor": Party(
            "Brasserie du Condroz SRL", "", ("Place Monseu 3", "5590 Ciney"), "compta@condroz.example"
        ),
        "country": "BE",
        "account": ACCOUNT,
        "sections": sections,
        "reference": OGM,
    }
    return StatementLetter(**(facts | changes))  # type: ignore[arg-type]


def _three(step: StepCode) -> Section:
    newest = step if step is StepCode.COURTESY else None
    lines = [
        line("2026-0377", date(2026, 9, 11), 1_000_000, 860_000, step),
        line("2026-0398", date(2026, 9, 30), 524_000, 524_000, step),
        line("2026-0421", date(2026, 10, 31), 440_000, 440_000, newest),
    ]
    return section(lines, (CreditLine("NC-2026-014", date(2026, 10, 5), Money(24_000)),))


def _soon() -> Section:
    due = ON + timedelta(days=5)
    return section([line("2026-0512", due, 125_000, 125_000, StepCode.COURTESY)])


def _instalment(language: str, number: int = 2, paid: int = 0, missing: int = 0) -> StatementLetter:
    """Before an instalment of 250.00 of a plan of four, some of it paid, some of the earlier ones not."""
    due, agreed, lacking = ON + timedelta(days=3), Money(25_000), Money(25_000 - paid)
    about = InstalmentNotice(
        number=number,
        count=4,
        agreed_on=date(2026, 10, 12),
        due=due,
        begins=ON,
        days_before=3,
        agreed=agreed,
        lacking=lacking,
        missing=Money(missing),
        remains=Money((4 - number) * 25_000 + missing),
        invoices=("2026-0377", "2026-0398")[: 3 - number // 2],
    )
    lines = LetterLine(about.place, about.agreed_on, due, agreed, lacking, 0)
    return statement(language, StepCode.COURTESY, section([lines]), instalment=about)


def _sixty() -> Section:
    first = date(2026, 6, 1)
    many = [
        line(
            f"2026-{n:04}", first + timedelta(days=n), 10_000 + 37 * n, 10_000 + 37 * n, StepCode.STATEMENT_2
        )
        for n in range(60)
    ]
    return section(many)


def _two_currencies() -> tuple[Section, Section]:
    dollars = [line("US-7", date(2026, 9, 1), 250_000, 250_000, StepCode.STATEMENT_1, "USD")]
    credit = CreditLine("CN-3", date(2026, 10, 1), Money(50_000, "USD"))
    return _three(StepCode.STATEMENT_1), section(dollars, (credit,), "USD")


def _logo() -> letters.Logo:
    picture = Image.new("RGB", (400, 120), "white")
    picture.paste((150, 80, 30), (10, 10, 110, 110))
    picture.paste((60, 60, 60), (140, 45, 390, 75))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return letters.logo(out.getvalue())


def all_letters() -> Iterator[tuple[str, StatementLetter]]:
    """Every letter that is agreed, by the name of its files."""
    for language in LETTER_LANGUAGES:
        yield f"{language}-first", statement(language, StepCode.STATEMENT_1, _three(StepCode.STATEMENT_1))
    yield "fr-courtesy", statement("fr", StepCode.COURTESY, _soon())
    yield "fr-sixty", statement("fr", StepCode.STATEMENT_2, _sixty())
    yield "nl-notice", statement("nl", StepCode.FORMAL_NOTICE, _three(StepCode.FORMAL_NOTICE))
    yield "en-currencies", statement("en", StepCode.STATEMENT_1, *_two_currencies())
    free = FirstReminder(waiting_period(ON, Channel.EMAIL).last_day, indemnity_cap(Money(21_500)))
    for language in ("fr", "nl"):
        one = line("2026-0455", date(2026, 11, 1), 21_500, 21_500, StepCode.STATEMENT_1)
        yield (
            f"{language}-consumer",
            statement(language, StepCode.STATEMENT_1, section([one]), first_reminder=free, debtor=CONSUMER),
        )
    for language in LETTER_LANGUAGES:
        yield f"{language}-instalment", _instalment(language)
    last = _instalment("fr", number=4, paid=10_000, missing=5_000)
    yield "fr-last-instalment", last
    said = checked(
        StepCode.STATEMENT_1,
        "fr",
        {"opening": "Bonjour,\n\n{invoices} pour {total} : la plus ancienne était due le {oldest_due}."},
    )
    own = statement(
        "fr", StepCode.STATEMENT_1, _three(StepCode.STATEMENT_1), texts=said, window="fr_right_35"
    )
    yield "fr-own", replace(own, logo=_logo())


def drawn(pdf: bytes) -> Iterator[Image.Image]:
    """The pages of a PDF in grey, as a printer would see them from far away."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield page.render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
    finally:
        document.close()


def difference(one: Image.Image, other: Image.Image) -> float:
    """By how much the mean of any square of two pictures differs most, in grey levels; 255 for two sizes."""
    if one.size != other.size:
        return 255.0
    return float(np.abs(_squares(one) - _squares(other)).max())


def _squares(picture: Image.Image) -> np.ndarray:
    grey = np.asarray(picture, dtype=float)
    high, wide = (side // BLOCK * BLOCK for side in grey.shape)
    return grey[:high, :wide].reshape(high // BLOCK, BLOCK, wide // BLOCK, BLOCK).mean(axis=(1, 3))


def write() -> None:
    """Agree anew on every letter."""
    # Those that test_letters.py compares by text alone are of its own letter.
    sys.path.append(str(FOLDER.parents[1]))
    import test_letters as others  # noqa: PLC0415

    for language in LETTER_LANGUAGES:
        for step, country in others.AGREED:
            written = letters.write_statement(others.statement(language, step, country=country))
            said = f"{written.subject}\n\n{written.text}"
            others.agreed_file(language, step, country).write_text(said, encoding="utf-8")
    for old in FOLDER.glob("*.png"):
        old.unlink()
    for name, letter in all_letters():
        written = letters.write_statement(letter)
        said = f"{written.subject}\n\n{written.text}"
        (FOLDER / f"{name}.txt").write_text(said, encoding="utf-8")
        for number, page in enumerate(drawn(written.paper), start=1):
            page.point(lambda grey: round(grey / 17) * 17).save(
                FOLDER / f"{name}-{number}.png", optimize=True
            )


if __name__ == "__main__":
    write()
    sys.stdout.write(f"{len(list(FOLDER.glob('*.png')))} pages\n")
