"""The payments as they are filtered on the screen, to be taken away as CSV or as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import Cell, Column, Table, as_csv
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.payments import glances
from encaiss_dashboard.services.payments.lists import SHOWN, payments
from encaiss_dashboard.services.payments.seen import PartSeen, PaymentSearch, PaymentSeen
from encaiss_dashboard.work import Work

AT_ONCE: Final = 200
_CSV: Final = "text/csv; charset=utf-8"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TEXT_MAX: Final = 100
_COLUMNS: Final = (
    ("day", 12),
    ("debtor", 30),
    ("settles", 34),
    ("source", 18),
    ("words", 34),
    ("unallocated", 13),
    ("amount", 13),
    ("currency", 8),
)
_SOURCES: Final = frozenset({"bank", "table", "said", "said_confirmed", "invoice_file", "refund", "returned"})


def sheet(work: Work, client_id: int | None, form: str, query: Mapping[str, str]) -> tuple[str, str, bytes]:
    """Name, type and content of the file, as ``xlsx`` or ``csv``.

    Raises:
        NotFound: no such form.
    """
    client = work.require(Action.VIEW, client_id)
    if form not in {"xlsx", "csv"}:
        raise NotFound
    lang, search = work.actor.language, _search(query)
    columns = [Column(text(lang, f"payments.column_{name}"), width) for name, width in _COLUMNS]
    rows, totals = _rows(work, client, search), _totals(work, client, search)
    table = Table(text(lang, "menu.payments"), columns, rows, totals)
    name = f"payments-{work.today}.{form}"
    if form == "csv":
        return name, _CSV, as_csv(table)
    return name, _XLSX, work.sheets.workbook(table)


def _search(query: Mapping[str, str]) -> PaymentSearch:
    """What an address asks for; what it gets wrong is as if it had not said it."""
    show = query.get("show", "all")
    return PaymentSearch(
        words=query.get("q", "").strip()[:_TEXT_MAX],
        show=show if show in SHOWN else "all",
        first_on=_day(query.get("from", "")),
        last_on=_day(query.get("to", "")),
    )


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _rows(work: Work, client_id: int, search: PaymentSearch) -> Iterator[Sequence[Cell]]:
    """Every payment, so many at a time."""
    first, found = 0, 1
    while first < found:
        some, found = payments(work, client_id, search, first=first, count=AT_ONCE)
        for one in some:
            yield _row(one, work.actor.language)
        first += AT_ONCE


def _totals(work: Work, client_id: int, search: PaymentSearch) -> Iterator[Sequence[Cell]]:
    """One row a currency."""
    lang = work.actor.language
    came, left = glances.sums(work, client_id, search)
    waits = {one.currency: one for one in left}
    for one in came:
        words = text(lang, "followup.sum", currency=one.currency)
        yield [None, words, None, None, None, waits.get(one.currency), one, one.currency]


def _row(one: PaymentSeen, lang: str) -> Sequence[Cell]:
    source = "returned" if one.reverses_id is not None and one.source != "refund" else one.source
    source = "said_confirmed" if source == "said" and one.confirmed else source
    return [
        one.on,
        one.debtor,
        ", ".join(_part(part, lang) for part in one.settles),
        text(lang, f"payments.source_{source if source in _SOURCES else 'invoice_file'}"),
        one.reference,
        one.unallocated if one.unallocated.cents else None,
        one.amount,
        one.amount.currency,
    ]


def _part(part: PartSeen, lang: str) -> str:
    if not part.kind:
        return part.number
    return text(lang, "queue.beside", number=part.number, kind=text(lang, f"queue.kind_{part.kind}"))
