"""What the message before an instalment says around its table: which one, what remains, whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from encaiss_dashboard.domain.dunning import InstalmentNotice
from encaiss_dashboard.locales import day, money, text

HEADS: Final[Mapping[str, str]] = {
    "invoice": "instalment_column",
    "due": "instalment_due",
    "total": "column_total",
    "open": "column_open",
}
"""The columns of its table."""


def before(about: InstalmentNotice, client: str, lang: str) -> tuple[str, str]:
    """The paragraphs above the table."""
    facts = {
        "client": client,
        "number": about.number,
        "count": about.count,
        "agreed": day(about.agreed_on, lang, "long"),
        "due": day(about.due, lang, "long"),
    }
    return text(lang, "letter.instalment_opening", **facts), text(lang, "letter.courtesy_request")


def after(about: InstalmentNotice, email: str, lang: str) -> Iterator[str]:
    """Those below the payment data; what of earlier instalments is missing is told, not asked for."""
    if about.missing.cents > 0:
        yield text(lang, "letter.instalment_missing", amount=money(about.missing, lang))
    remains = text(lang, "letter.instalment_last")
    if about.remains.cents > 0:
        remains = text(lang, "letter.instalment_remains", amount=money(about.remains, lang))
    numbers = ", ".join(about.invoices)
    named = text(lang, "letter.instalment_about", n=len(about.invoices), numbers=numbers)
    yield f"{remains} {named}"
    yield text(lang, "letter.instalment_kept")
    yield text(lang, "letter.instalment_contest", email=email)
    yield text(lang, "letter.crossed")


def row_name(about: InstalmentNotice, lang: str) -> str:
    """What its one line is called."""
    return text(lang, "letter.instalment_row", number=about.number, count=about.count)
