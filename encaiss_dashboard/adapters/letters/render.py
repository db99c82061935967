"""The mail: the same wording as plain text and as HTML that any mail program shows."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from encaiss_dashboard.adapters.letters.wording import Row, Table, Wording
from encaiss_dashboard.domain.letters import Logo

QR_ID: Final = "payment-qr@letter"
LOGO_ID: Final = "logo@letter"
_LOGO: Final = (200, 64)

_WIDTH: Final = 76
_COLUMN_GAP: Final = "  "
# Light values of the design tokens. Mail programs strip variables, so they stand in every element.
_PAPER, _CARD, _INK, INK_2, _INK_3 = "#f7f7f4", "#ffffff", "#16211d", "#53605a", "#6b7670"
LINE, ACCENT, _ACCENT_INK, _ACCENT_SOFT = "#e4e6e1", "#0b6b50", "#064734", "#e3f1eb"
FONT: Final = "font-family:Inter,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;"
_NUM: Final = "text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;"
_CELL: Final = f"padding:9px 0;border-bottom:1px solid {LINE};vertical-align:top;"
# Only what an inline style cannot say, for the programs that honour it: dark values, narrow screens.
_CONDITIONAL: Final = """
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.paper{background:#0f1412!important}.card{background:#161d1a!important;border-color:#27302c!important}
.ink{color:#edf2ef!important}.ink2,.ink3{color:#a7b2ad!important}
.rule{border-color:#27302c!important}
.soft{background:#123328!important}.accent{color:#9be3c8!important}
}
@media (max-width:480px){.qr{width:98px!important}.qr img{width:98px!important;height:98px!important}}
"""


def plain(wording: Wording) -> str:
    """The whole letter as text of at most 76 columns, its tables wider where a number is."""
    blocks = [
        wording.title.upper(),
        "\n".join(wording.debtor),
        wording.date,
        wording.salutation,
        *map(fill, wording.before),
        *("\n".join(_plain_table(table)) for table in wording.tables),
        "\n".join([f"{wording.pay_heading}", *_plain_payment(wording)]),
        *map(fill, wording.after),
        wording.closing,
        "\n".join(wording.signature),
        "-" * _WIDTH,
        fill(wording.identity),
        "\n".join(wording.sender),
        "\n".join([wording.creditor_heading, *wording.creditor]),
    ]
    return "\n\n".join(blocks) + "\n"


def fill(paragraph: str) -> str:
    """A paragraph of plain text in lines of at most 76 columns."""
    return textwrap.fill(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _plain_table(table: Table) -> Iterator[str]:
    names = [name for name in table.columns if name != "total"]
    cells = [[_plain_cell(row, name) for name in names] for row in table.rows]
    heads = [table.columns[name] for name in names]
    invoices = [line for line, row in zip(cells, table.rows, strict=True) if not row.is_beside]
    widths = [max(map(len, column)) for column in zip(heads, *invoices, strict=True)]
    widths[-1] = max(widths[-1], len(table.total), *(len(line[-1]) for line in cells))
    labels = [_label(row) for row in table.rows if row.is_beside] + [table.total_label]
    span = max(sum(widths[:-1]) + len(_COLUMN_GAP) * (len(widths) - 2), *map(len, labels))
    rule = "-" * (span + len(_COLUMN_GAP) + widths[-1])
    yield _plain_line(heads, widths, span)
    yield rule
    for row, line in zip(table.rows, cells, strict=True):
        if row.is_beside:
            yield f"{_label(row):<{span}}{_COLUMN_GAP}{row.open:>{widths[-1]}}"
        else:
            yield _plain_line(line, widths, span)
            yield from (f"  ({note})" for note in (row.out_of, *row.notes) if note)
    yield rule
    yield f"{table.total_label:<{span}}{_COLUMN_GAP}{table.total:>{widths[-1]}}"


def _plain_cell(row: Row, name: str) -> str:
    return {"invoice": row.name, "issue": row.issue, "due": row.due, "late": row.late, "open": row.open}[name]


def _plain_line(cells: list[str], widths: list[int], span: int) -> str:
    left = _COLUMN_GAP.join(f"{cell:<{width}}" for cell, width in zip(cells[:-1], widths[:-1], strict=True))
    return f"{left:<{span}}{_COLUMN_GAP}{cells[-1]:>{widths[-1]}}"


def _label(row: Row) -> str:
    return f"{row.name} ({row.issue})" if row.issue else row.name


def _plain_payment(wording: Wording) -> Iterator[str]:
    width = max(len(label) for label, _ in wording.payment)
    yield from (f"  {label:<{width}}  {value}" for label, value in wording.payment)


def html(wording: Wording, logo: Logo | None = None) -> str:
    """The whole letter as one HTML document; every value goes in as text, never as markup."""
    root, card = document(wording.language, wording.subject)
    if logo:
        _logo(card, wording, logo)
    letterhead(card, *wording.signature)
    add(
        card, "h1", "margin:22px 0 2px;font-size:21px;line-height:1.3;font-weight:650;", "ink"
    ).text = wording.title
    say(
        card,
        f"{wording.date} · {wording.debtor[0]}",
        f"margin:0 0 18px;color:{INK_2};font-size:13px;",
        "ink2",
    )
    for paragraph in (wording.salutation, *wording.before):
        say(card, paragraph)
    for table in wording.tables:
        _html_table(card, table)
    _html_payment(card, wording)
    for paragraph in (*wording.after, wording.closing):
        say(card, paragraph)
    agency, on_behalf = wording.signature
    say(card, agency, "margin:0;font-weight:600;")
    say(card, on_behalf, "margin:0 0 20px;")
    _colophon(card, wording)
    return written(root)


def document(language: str, subject: str) -> tuple[ET.Element, ET.Element]:
    """An empty document and the card in it that everything is written on."""
    root = ET.Element("html", {"lang": language})
    head = add(root, "head")
    add(head, "meta", charset="utf-8")
    add(head, "meta", name="viewport", content="width=device-width,initial-scale=1")
    add(head, "meta", name="color-scheme", content="light dark")
    add(head, "title").text = subject
    add(head, "style").text = _CONDITIONAL
    body = add(root, "body", style=f"margin:0;padding:0;background:{_PAPER};", **{"class": "paper"})
    outer = _cell(_layout(body, "width:100%;"), "padding:16px 6px;", align="center")
    card_style = (
        f"width:100%;max-width:620px;background:{_CARD};border:1px solid {LINE};border-radius:10px;"
        f"text-align:left;{FONT}font-size:15px;line-height:1.55;color:{_INK};"
    )
    return root, _cell(_layout(outer, card_style, "card"), "padding:24px 18px;")


def written(root: ET.Element) -> str:
    """The finished document."""
    return "<!doctype html>\n" + ET.tostring(root, encoding="unicode", method="html") + "\n"


def _logo(card: ET.Element, wording: Wording, logo: Logo) -> None:
    """The client's logo, on white in any theme; sized by attributes too, for programs without styles."""
    share = min(1.0, _LOGO[0] / logo.width, _LOGO[1] / logo.height)
    width, height = max(1, round(logo.width * share)), max(1, round(logo.height * share))
    style = f"display:block;width:{width}px;height:{height}px;background:#ffffff;border:0;margin:0 0 16px;"
    sides = {"width": str(width), "height": str(height)}
    add(card, "img", style, src=f"cid:{LOGO_ID}", alt=wording.logo_alt, **sides)


def letterhead(card: ET.Element, name: str, under: str) -> None:
    """The mark with a name beside it and a line under the name."""
    row = _layout(card, "")
    mark = (
        f"width:28px;height:28px;border-radius:7px;background:{ACCENT};color:#ffffff;{FONT}"
        "font-size:16px;line-height:28px;font-weight:700;text-align:center;"
    )
    add(_cell(row, "vertical-align:top;"), "div", mark).text = "€"
    side = _cell(row, f"padding-left:10px;{FONT}font-size:15px;line-height:1.3;color:{_INK};", "ink")
    add(side, "strong", "font-weight:650;").text = name
    add(side, "br")
    add(side, "span", f"font-size:12.5px;color:{INK_2};", "ink2").text = under


def _html_table(card: ET.Element, table: Table) -> None:
    """Three columns of two lines or more: five would not fit the 390 pixels of a telephone."""
    element = add(card, "table", f"width:100%;border-collapse:collapse;margin:18px 0;{FONT}font-size:14px;")
    heads = add(add(element, "thead"), "tr")
    for name in ("invoice", "due", "open"):
        style = f"{_CELL}padding-top:0;font-size:12px;font-weight:550;color:{_INK_3};text-align:left;"
        style += _NUM if name == "open" else ""
        add(heads, "th", style, "ink3 rule", scope="col").text = table.columns[name]
    rows = add(element, "tbody")
    for row in table.rows:
        line = add(rows, "tr")
        if row.is_beside:
            _lines(line, f"{_CELL}padding-right:8px;", row.name, row.issued, span=2)
            _lines(line, _CELL + _NUM, row.open)
            continue
        _lines(line, f"{_CELL}padding-right:8px;overflow-wrap:anywhere;", row.name, row.issued, *row.notes)
        _lines(line, f"{_CELL}padding-right:8px;white-space:nowrap;", row.due, row.late_by)
        _lines(line, _CELL + _NUM, row.open, row.out_of)
    last = add(rows, "tr")
    bold = f"padding:11px 0;font-size:15px;font-weight:650;color:{_INK};"
    add(last, "td", bold, "ink", colspan="2").text = table.total_label
    add(last, "td", bold + _NUM, "ink").text = table.total


def _lines(row: ET.Element, style: str, first: str, *below: str, span: int = 1) -> None:
    cell = add(row, "td", f"{style}color:{_INK};", "ink rule", colspan=str(span))
    cell.text = first
    for line in filter(None, below):
        add(cell, "br")
        add(cell, "span", f"font-size:12.5px;color:{INK_2};", "ink2").text = line


def _html_payment(card: ET.Element, wording: Wording) -> None:
    box = _layout(card, f"width:100%;background:{_ACCENT_SOFT};border-radius:10px;margin:0 0 20px;", "soft")
    data = _cell(box, f"padding:16px;vertical-align:top;{FONT}")
    heading = f"margin:0 0 8px;font-size:14.5px;font-weight:650;color:{_ACCENT_INK};"
    say(data, wording.pay_heading, heading, "accent")
    for label, value in wording.payment:
        say(data, label, f"margin:0;font-size:12px;line-height:1.35;color:{INK_2};", "ink2")
        style = "margin:0 0 7px;font-size:13.5px;line-height:1.35;font-weight:600;overflow-wrap:anywhere;"
        say(data, value, f"{style}font-variant-numeric:tabular-nums;color:{_INK};", "ink")
    if wording.qr:
        side = _cell(
            box, f"width:147px;padding:16px 16px 16px 0;vertical-align:top;text-align:center;{FONT}", "qr"
        )
        picture = "display:block;width:147px;height:147px;background:#ffffff;border-radius:6px;border:0;"
        add(side, "img", picture, src=f"cid:{QR_ID}", alt=wording.qr_alt, width="147", height="147")
        say(side, wording.scan, f"margin:6px 0 0;font-size:11.5px;line-height:1.35;color:{INK_2};", "ink2")


def _colophon(card: ET.Element, wording: Wording) -> None:
    small = f"margin:0 0 6px;font-size:12px;line-height:1.5;color:{INK_2};"
    say(card, wording.identity, f"{small}padding-top:14px;border-top:1px solid {LINE};", "ink2 rule")
    say(card, " · ".join(wording.sender), small, "ink2")
    creditor = " · ".join((wording.creditor_heading, *wording.creditor))
    say(card, creditor, f"{small}margin-bottom:0;", "ink2")


def _layout(parent: ET.Element, style: str, name: str = "") -> ET.Element:
    """The row of a table that only places things; screen readers skip the table itself."""
    attributes = {"role": "presentation", "cellpadding": "0", "cellspacing": "0", "border": "0"}
    return add(add(parent, "table", f"border-collapse:separate;{style}", name, **attributes), "tr")


def _cell(row: ET.Element, style: str, name: str = "", **attributes: str) -> ET.Element:
    return add(row, "td", style, name, **attributes)


def say(parent: ET.Element, words: str, style: str = "margin:0 0 12px;", name: str = "ink") -> None:
    """A paragraph."""
    add(parent, "p", style, name).text = words


def add(parent: ET.Element, tag: str, style: str = "", name: str = "", **attributes: str) -> ET.Element:
    """An element without empty attributes."""
    shown = {"style": style, "class": name, **attributes}
    return ET.SubElement(parent, tag, {key: value for key, value in shown.items() if value})
