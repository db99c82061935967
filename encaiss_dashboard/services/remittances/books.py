"""Remittances as a bookkeeping takes them in: dated, balanced lines, the client's side and the agency's.

Both sides go over the account for transfers under way (58): the statement of the bank, which every
bookkeeping imports by itself, closes it, so that no transfer is booked twice.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import Cell, Column, Table, as_csv
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage.remittances import PRINCIPAL, PaidOn, RemittanceRow, paid_on, remittances
from encaiss_dashboard.work import Work

_CSV: Final = "text/csv; charset=utf-8"
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ID: Final = re.compile(r"[1-9][0-9]{0,8}")
_MONTH: Final = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
_COLUMNS: Final = (
    ("date", 12),
    ("journal", 8),
    ("document", 14),
    ("account", 10),
    ("account_name", 28),
    ("party_number", 14),
    ("party", 30),
    ("invoice", 18),
    ("paid_on", 12),
    ("what", 18),
    ("debit", 13),
    ("credit", 13),
    ("currency", 8),
    ("reference", 26),
)
# Accounts of the Belgian minimum chart (royal decree of 21 October 2018, annex 1): what a bookkeeping
# calls otherwise, it maps as it takes the file in.
_TRANSFERS: Final = "580000"
_CLIENTS_MONEY: Final = "489000"
_BOOKED: Final[Mapping[str, str]] = {
    PRINCIPAL: "400000",
    "": "400000",
    ClaimKind.INTEREST.value: "751000",
    ClaimKind.INDEMNITY.value: "743000",
    ClaimKind.COSTS.value: "743100",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file ready to be taken away."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a journal; one of debit and credit, never below zero, is given."""

    account: str
    amount: Money
    what: str = ""
    party_number: str = ""
    party: str = ""
    invoice: str = ""
    paid_on: date | None = None
    reference: str = ""


def accounts(work: Work, client_id: int | None, key: str, form: str) -> File:
    """The entries of one remittance (its id) or of a month (``2026-11``), as ``csv`` or ``xlsx``.

    Of the client; for a whole month of all clients the agency's own side (``agency-2026-11``). What was
    called off or came back is not in it.

    Raises:
        NotAllowed: somebody else's.
        NotFound: no such form, or no such remittance.
        Unreadable: neither an id nor a month.
    """
    if form not in {"csv", "xlsx"}:
        raise NotFound
    whole = key.startswith("agency-")
    if whole:
        work.require_agency()
        client = None
    else:
        client = work.require(Action.VIEW, client_id)
    rows = _rows(work, client, key.removeprefix("agency-"), whole=whole)
    live = [one for one in rows if one.state not in {"dropped", "returned"}]
    entries = _agency(live) if whole else _client(work, live)
    lang = work.actor.language
    columns = [Column(text(lang, f"remit.book_{name}"), width) for name, width in _COLUMNS]
    writer = _Writer(lang, live, entries)
    table = Table(text(lang, "remit.book_title"), columns, writer.rows(), writer.totals())
    name = f"remittances-{_named(key, rows)}.{form}"
    if form == "csv":
        return File(name, _CSV, as_csv(table))
    return File(name, _XLSX, work.sheets.workbook(table))


def _rows(work: Work, client: int | None, key: str, *, whole: bool) -> list[RemittanceRow]:
    if month := _MONTH.fullmatch(key):
        first = date(int(month[1]), int(month[2]), 1)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        return remittances(work.session, client, month=(first, last))[::-1]
    if whole or not _ID.fullmatch(key):
        raise Unreadable(value=key[:40])
    rows = remittances(work.session, client, ids=[int(key)])
    if not rows:
        raise NotFound
    return rows


def _named(key: str, rows: Sequence[RemittanceRow]) -> str:
    return rows[0].row.number if _ID.fullmatch(key) else key


def _client(work: Work, rows: Sequence[RemittanceRow]) -> dict[int, list[_Entry]]:
    """What is under way to the bank, against what each debtor paid of each invoice."""
    found: defaultdict[int, list[_Entry]] = defaultdict(list)
    for one in rows:
        found[one.row.id or 0].append(_Entry(_TRANSFERS, one.amount, "transfer"))
    for line in paid_on(work.session, list(found)):
        found[line.remittance_id] += _settled(line)
    return found


def _settled(line: PaidOn) -> Iterator[_Entry]:
    parts = [(number, kind, amount) for _, number, kind, amount in line.parts]
    for number, kind, amount in [*parts, ("", "", line.free)]:
        if amount:
            yield _Entry(
                _BOOKED[kind],
                -amount,
                kind or "free",
                line.debtor_number,
                line.debtor,
                number,
                line.on,
                line.communication,
            )


def _agency(rows: Sequence[RemittanceRow]) -> dict[int, list[_Entry]]:
    """What the agency no longer has of its clients, against what is under way from the bank."""
    found = {}
    for one in rows:
        found[one.row.id or 0] = [
            _Entry(account, amount, "transfer", party=one.client, reference=one.row.number)
            for account, amount in ((_CLIENTS_MONEY, one.amount), (_TRANSFERS, -one.amount))
        ]
    return found


class _Writer:
    """Writes the entries of remittances, and adds up what it wrote."""

    def __init__(
        self, lang: str, rows: Sequence[RemittanceRow], entries: Mapping[int, Sequence[_Entry]]
    ) -> None:
        self._lang, self._rows, self._entries = lang, rows, entries
        self._sums: dict[str, Counter[str]] = {}

    def rows(self) -> Iterator[Sequence[Cell]]:
        """One remittance after the other."""
        for one in self._rows:
            for entry in self._entries[one.row.id or 0]:
                yield self._row(one, entry)

    def totals(self) -> Iterator[Sequence[Cell]]:
        """One row a currency, whose debit and credit are the same."""
        for currency, sums in sorted(self._sums.items(), key=lambda one: (one[0] != "EUR", one[0])):
            cells: dict[str, Cell] = {name: Money(cents, currency) for name, cents in sums.items()}
            cells |= {"date": text(self._lang, "remit.book_sum"), "currency": currency}
            yield [cells.get(name) for name, _ in _COLUMNS]

    def _row(self, one: RemittanceRow, entry: _Entry) -> Sequence[Cell]:
        side = "debit" if entry.amount.cents > 0 else "credit"
        amount = Money(abs(entry.amount.cents), entry.amount.currency)
        self._sums.setdefault(amount.currency, Counter())[side] += amount.cents
        cells: dict[str, Cell] = {
            "date": one.row.on,
            "journal": text(self._lang, "remit.book_code"),
            "document": one.row.number,
            "account": entry.account,
            "account_name": text(self._lang, f"remit.account_{entry.account}"),
            "party_number": entry.party_number,
            "party": entry.party,
            "invoice": entry.invoice,
            "paid_on": entry.paid_on,
            "what": text(self._lang, f"remit.what_{entry.what}"),
            side: amount,
            "currency": amount.currency,
            "reference": entry.reference,
        }
        return [cells.get(name) for name, _ in _COLUMNS]
