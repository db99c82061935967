"""Letters a second on one core: ours beside WeasyPrint with the same content, in one run.

Both lay out the same words, tables, payment data, QR code and fonts as a tagged archive file. WeasyPrint
needs system libraries (Pango); where it is not installed or they are missing, that is said and only ours
is measured: pip install weasyprint
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import Any

from encaiss_dashboard.adapters import letters
from encaiss_dashboard.adapters.letters import wording as words
from encaiss_dashboard.adapters.letters.pdf import _svg
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.letters import BankAccount, LetterLine, Party, Section, StatementLetter
from encaiss_dashboard.domain.money import Money

ON = date(2026, 11, 21)
SECONDS, WARM_UP = 4.0, 3
FONTS = Path(letters.__file__).parent / "fonts"
VARIANT = "pdf/a-2a"
STYLE = """
@font-face {{ font-family: Inter; font-weight: 400; src: url("{regular}"); }}
@font-face {{ font-family: Inter; font-weight: 600; src: url("{bold}"); }}
@page {{ size: A4; margin: 17mm 22mm 24mm; @bottom-left {{ content: "{sender}"; font: 7.5pt Inter; }}
  @bottom-right {{ content: counter(page) "/" counter(pages); font: 7.5pt Inter; }} }}
body {{ font: 9.3pt/1.45 Inter; color: #16211d; }}
.address {{ position: absolute; left: 82mm; top: 20mm; font-size: 10.5pt; }}
.creditor {{ height: 66mm; font-size: 8pt; }}
table {{ width: 100%; border-collapse: collapse; }}
td, th {{ border-bottom: .5pt solid #dcdfd9; padding: 4pt 0; }}
th {{ font-weight: 400; text-align: left; }} .n {{ text-align: right; }} b, h1 {{ font-weight: 600; }}
.pay {{ background: #e3f1eb; border-radius: 3mm; padding: 4mm 5mm; break-inside: avoid; }}
svg {{ width: 29mm; }}
"""


def statement(count: int) -> StatementLetter:
    """A letter of so many invoices."""
    amounts = [Money(10_000 + 37 * n) for n in range(count)]
    lines = tuple(
        LetterLine(
            f"2026-{n:04}", ON - timedelta(days=110), ON - timedelta(days=80), one, one, 80, "statement_1"
        )
        for n, one in enumerate(amounts)
    )
    return StatementLetter(
        step=StepCode.STATEMENT_1,
        language="fr",
        on=ON,
        sender=Party("Encaiss SRL", "0202239951", ("5000 Namur",), "suivi@encaiss.example"),
        creditor=Party("Menuiserie Exemple SRL", "BE 0123.456.749", ("5590 Ciney",)),
        debtor=Party("Brasserie du Condroz SRL", "", ("Place Monseu 3", "5590 Ciney")),
        country="BE",
        account=BankAccount("BE68 5390 0754 7034", "GKCCBEBB", "Menuiserie Exemple SRL"),
        sections=(Section("EUR", lines, (), Money.total(amounts, "EUR")),),
        reference="+++900/0000/04257+++",
    )


def as_html(letter: StatementLetter) -> str:
    """The same words for WeasyPrint."""
    said = words.compose(letter)

    def p(*some: str) -> str:
        return "".join(f"<p>{escape(one)}</p>" for one in some)

    def lines(some: Any) -> str:
        return "<br>".join(map(escape, some))

    def row(cells: tuple[str, ...]) -> str:
        return "<tr>" + "".join(f'<td class="n">{escape(cell)}</td>' for cell in cells) + "</tr>"

    tables = ""
    for table in said.tables:
        heads = "".join(f"<th>{escape(head)}</th>" for head in table.columns.values())
        rows = [row((one.name, one.issue, one.due, one.late, one.total, one.open)) for one in table.rows]
        total = (
            f'<td colspan="5"><b>{escape(table.total_label)}</b></td><td class="n"><b>{escape(table.total)}'
        )
        tables += f"<table><thead><tr>{heads}</tr></thead>{''.join(rows)}<tr>{total}</b></td></tr></table>"
    payment = "".join(f"<tr><td>{escape(a)}</td><td><b>{escape(b)}</b></td></tr>" for a, b in said.payment)
    code = _svg(said.qr) if said.qr else ""
    style = STYLE.format(
        regular=next(FONTS.glob("*Regular*")).as_uri(),
        bold=next(FONTS.glob("*SemiBold*")).as_uri(),
        sender=" · ".join(said.sender),
    )
    return (
        f'<!doctype html><html lang="fr"><head><title>{escape(said.subject)}</title>'
        f"<style>{style}</style></head><body>"
        f'<div class="creditor"><b>{lines(said.signature)}</b><br>{lines(said.creditor)}</div>'
        f'<div class="address">{lines(said.debtor)}</div>'
        f"{p(said.date)}<h1>{escape(said.title)}</h1>{p(said.salutation, *said.before)}{tables}"
        f'<div class="pay">{escape(said.pay_heading)}<table>{payment}</table>{code}{p(said.scan)}</div>'
        f"{p(*said.after, said.closing, *said.signature, said.identity)}</body></html>"
    )


def rate(draw: Callable[[], object]) -> float:
    """How many a second, of processor time of this one thread's core."""
    for _ in range(WARM_UP):
        draw()
    done, begun = 0, time.process_time()
    while (taken := time.process_time() - begun) < SECONDS:
        draw()
        done += 1
    return done / taken


def theirs() -> Callable[[StatementLetter], bytes] | None:
    """WeasyPrint's way, or None with the reason said."""
    try:
        import weasyprint  # noqa: PLC0415 - may be missing, and is then said
        from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415
    except (ImportError, OSError) as error:
        print(f"WeasyPrint cannot run here ({error}); only ours is measured.")
        return None
    fonts = FontConfiguration()
    print(f"WeasyPrint {weasyprint.__version__}, {VARIANT}")

    def draw(letter: StatementLetter) -> bytes:
        page = weasyprint.HTML(string=as_html(letter))
        return bytes(page.write_pdf(font_config=fonts, pdf_variant=VARIANT))

    return draw


def main() -> int:
    """Measure and say."""
    other = theirs()
    for count in (3, 60):
        letter = statement(count)
        ours = rate(lambda letter=letter: letters.statement_pdf(letter))
        whole = rate(lambda letter=letter: letters.write_statement(letter))
        said = f"letters of {count:2} invoices: ours {ours:6.1f} a second per core (mail and PDF {whole:.1f})"
        if other is not None:
            slow = rate(lambda letter=letter: other(letter))
            said += f", WeasyPrint {slow:.1f}: ours is {ours / slow:.1f} times as fast"
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
