"""Letters as they were agreed, by text and by picture; golden_letters.py agrees anew."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import golden_letters as golden
import pytest
from PIL import Image, ImageChops, ImageFilter
from pypdf import PdfReader

from encaiss_dashboard.adapters import letters
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import Party
from encaiss_dashboard.domain.windows import WINDOWS

LETTERS = dict(golden.all_letters())
MM = 72 / 25.4


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_says_what_was_agreed(name):
    written = letters.write_statement(LETTERS[name])
    agreed = (golden.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert f"{written.subject}\n\n{written.text}" == agreed


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_looks_as_was_agreed(name):
    agreed = [Image.open(path).convert("L") for path in sorted(golden.FOLDER.glob(f"{name}-*.png"))]
    pages = list(golden.drawn(letters.statement_pdf(LETTERS[name])))
    assert len(pages) == len(agreed)
    assert max(golden.difference(one, other) for one, other in zip(pages, agreed, strict=True)) < golden.MOVED


@pytest.fixture(scope="module")
def page():
    return next(golden.drawn(letters.statement_pdf(LETTERS["fr-first"])))


def test_the_comparison_sees_a_table_that_moved_by_two_millimetres(page):
    table = (0, 240, page.width, 330)
    moved = page.copy()
    moved.paste(ImageChops.offset(page.crop(table), 0, 5), table)
    assert golden.difference(page, moved) > golden.MOVED


def test_the_comparison_sees_one_amount_less(page):
    without = page.copy()
    without.paste(255, _ink_of(page))
    assert golden.difference(page, without) > golden.MOVED


def _ink_of(page):
    """A word's worth of the darkest place."""
    squares = golden._squares(page)
    row, column = divmod(int(squares.argmin()), squares.shape[1])
    left, top = column * golden.BLOCK, row * golden.BLOCK
    return (left, top, left + golden.BLOCK, top + golden.BLOCK)


def test_the_comparison_forgives_another_antialiasing(page):
    soft = page.filter(ImageFilter.GaussianBlur(0.4))
    assert golden.difference(page, soft) < golden.MOVED


def test_sixty_invoices_stand_under_headings_on_every_page_and_the_total_is_not_alone():
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(_pdf("fr-sixty"))).pages]
    listing = [said for said in pages if "2026-00" in said]
    assert len(listing) >= 2
    assert all("Échéance" in said and "Retard" in said for said in listing)
    last = next(said for said in pages if "2026-0059" in said)
    assert "Total à payer" in last


@pytest.mark.parametrize("count", [*range(20, 30), *range(62, 70)])
def test_no_total_begins_a_page_without_an_invoice(count):
    """One of ten counts puts the end of the page just there, whatever the layout is."""
    step, due = StepCode.STATEMENT_2, date(2026, 6, 1)
    lines = [golden.line(f"2026-{n:04}", due, 10_000, 10_000, step) for n in range(count)]
    pdf = letters.statement_pdf(golden.statement("fr", step, golden.section(lines)))
    tables = [said for page in PdfReader(io.BytesIO(pdf)).pages if "Retard" in (said := page.extract_text())]
    assert "Total à payer" in tables[-1]
    assert all("2026-00" in said for said in tables)


def _pdf(name):
    return letters.statement_pdf(LETTERS[name])


def _words(pdf):
    """Every piece of text of the first page: its left and lower edge in mm from the upper left corner."""
    found = []
    page = PdfReader(io.BytesIO(pdf)).pages[0]
    height = float(page.mediabox.height)

    def visit(text, matrix, position, font, size):
        if text.strip():
            x = position[4] * matrix[0] + position[5] * matrix[2] + matrix[4]
            y = position[4] * matrix[1] + position[5] * matrix[3] + matrix[5]
            found.append((text.strip(), x / MM, (height - y) / MM))

    page.extract_text(visitor_text=visit)
    return found


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("with_logo", [False, True])
@pytest.mark.parametrize(
    "debtor",
    [
        Party("Brasserie du Condroz SRL", "", ("Place Monseu 3", "5590 Ciney")),
        Party(
            "Association momentanée des Brasseurs et Malteurs du Condroz et de la Famenne SRL",
            "",
            (
                "Département des achats",
                "Bâtiment B, étage 4",
                "Rue de la Grande Brasserie 128 boîte 12",
                "5590 Ciney",
            ),
        ),
    ],
)
def test_the_window_shows_the_whole_address_and_nothing_else(window, with_logo, debtor):
    logo = LETTERS["fr-own"].logo if with_logo else None
    letter = replace(LETTERS["fr-first"], window=window, debtor=debtor, logo=logo, country="FR")
    box, seen = WINDOWS[window].safe, WINDOWS[window].seen
    address = " ".join((debtor.name, *debtor.address_lines, "FRANCE"))
    inside = [
        one
        for one in _words(letters.statement_pdf(letter))
        if seen.left <= one[1] <= seen.right and seen.top <= one[2] <= seen.bottom
    ]
    assert "".join(text for text, _, _ in inside).replace(" ", "") == address.replace(" ", "")
    assert all(box.left <= x and box.top + 2 <= y <= box.bottom for _, x, y in inside), inside
    # Nothing drawn reaches over its right edge, nor stands anywhere else in what the window may show.
    first = next(golden.drawn(letters.statement_pdf(letter)))
    scale = golden.DPI / 25.4
    shown = first.crop(tuple(round(side * scale) for side in (seen.left, seen.top, seen.right, seen.bottom)))
    inner = tuple(
        round(side * scale)
        for side in (box.left - seen.left, box.top - seen.top, box.right - seen.left, box.bottom - seen.top)
    )
    shown.paste(255, inner)
    assert shown.getextrema()[0] > 250


@pytest.mark.parametrize("window", WINDOWS.values())
def test_a_window_leaves_room_for_an_address_however_the_sheet_lies(window):
    box = window.safe
    assert box.right - box.left >= 80
    assert box.bottom - box.top >= 24
    assert window.left >= 0
    assert window.left + window.width <= 220 - 15  # bpost's free space at the right
    assert window.top + window.height <= 110 - 20
