"""Remittances as rows of a screen, for the agency and for its clients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final, TypedDict

from encaiss_dashboard.domain.money import EUR
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.remittances import RemittanceRow
from encaiss_dashboard.ui.shell import Choice

_TONES: Final = {"made": "warn", "ordered": "info", "left": "good", "dropped": "mute", "returned": "bad"}
_MONTHS_MAX: Final = 24


class RemittanceLine(TypedDict):
    """One remittance; ``file`` is the digest of the transfer file it stands in."""

    key: str
    number: str
    href: str
    client: str
    client_id: str
    iban: str
    on: str
    amount: str
    cents: int
    euro: bool
    payments: str
    state: str
    state_words: str
    state_day: str
    tone: str
    file: str
    choose: str
    chosen: bool


def remittance_line(one: RemittanceRow, lang: str) -> RemittanceLine:
    """A remittance in a language."""
    row, when = one.row, one.row.returned_on or one.row.left_on
    return RemittanceLine(
        key=str(row.id),
        number=row.number,
        href=f"/remittances/{row.id}",
        client=one.client,
        client_id=str(row.client_id),
        iban=grouped(row.iban),
        on=day(row.on, lang),
        amount=money(one.amount, lang),
        cents=row.amount_cents,
        euro=row.currency == EUR,
        payments=text(lang, "remit.payments", n=one.payments),
        state=one.state,
        state_words=text(lang, f"remit.state_{one.state}"),
        state_day=text(lang, "remit.left_on", day=day(when, lang)) if when and one.state != "dropped" else "",
        tone=_TONES[one.state],
        file=row.transfer,
        choose=text(lang, "remit.choose", name=row.number),
        chosen=True,
    )


def months(days: Iterable[date], lang: str) -> list[Choice]:
    """The months that have remittances, the newest first."""
    firsts = sorted({on.replace(day=1) for on in days}, reverse=True)[:_MONTHS_MAX]
    return [Choice(value=f"{on:%Y-%m}", label=f"{day(on, lang, 'month_name')} {on.year}") for on in firsts]


def grouped(iban: str) -> str:
    """An IBAN in groups of four, as it is printed."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
