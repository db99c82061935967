"""The list of payments, as the address asks for it, and what undoes one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final, TypedDict
from urllib.parse import urlencode

import reflex as rx
from pydantic import Field

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, integer, money, text
from encaiss_dashboard.services import payments
from encaiss_dashboard.services.payments import PaymentSearch, PaymentSeen, glances
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.queue_rows import settled_words, written_reference
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.ui.whose import OF_CLIENT
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 50
TEXT_MAX: Final = 100
SHOWS: Final = ("all", "unallocated", "returned", "said")
_PAGE_DIGITS_MAX: Final = 5
_TONES: Final = {"said": "warn", "refund": "info", "returned": "bad"}


class Row(TypedDict):
    """One payment; ``undo`` is "line" or "said" where it may be undone here, else ""."""

    id: int
    day: str
    debtor: str
    href: str
    settles: str
    amount: str
    out: bool
    unallocated: str
    source: str
    tone: str
    returned: str
    words: str
    undo: str


class Tab(TypedDict):
    """One of the filters, with where it leads."""

    label: str
    href: str
    current: str


class Payments(Shell):
    """The list as the address asks for it."""

    ready: bool = False
    first_time: bool = False
    rows: list[Row] = []
    tabs: list[Tab] = []
    typed: str = ""
    typing: int = 0
    first_on: str = ""
    last_on: str = ""
    dated: bool = False
    dates_off: str = ""
    waiting: str = ""
    known: str = ""
    shown: str = ""
    sums: str = ""
    previous: str = ""
    next: str = ""
    export: str = ""
    undoing: int = 0
    undoing_title: str = ""
    undoing_kind: str = ""
    _lines: dict[int, int] = {}

    @handler
    async def load(self) -> Next:
        """Read the page that the address names."""
        self.undoing = 0
        query = self._query()
        seen = await access.read(self, _find, query)
        if query.get("q", "") != self.typed:
            # The address came from elsewhere: the box has to be drawn anew.
            self.typed, self.typing = query.get("q", ""), self.typing + 1
        self._write(seen, query)
        self.ready = True

    @handler
    async def search(self, words: str) -> Next:
        """Look for words as they are typed; the address follows without filling the history."""
        self.typed = words.strip()[:TEXT_MAX]
        return rx.redirect(_address(self._query(), q=self.typed), replace=True)

    @handler
    async def search_form(self, form: dict[str, str]) -> Next:
        """Look for the words of the box at once, on Enter."""
        self.typed = form.get("q", "").strip()[:TEXT_MAX]
        return rx.redirect(_address(self._query(), q=self.typed), replace=True)

    @handler
    async def choose_day(self, end: str, typed: str) -> Next:
        """Only payments from, or until, a day."""
        name = "from" if end == "from" else "to"
        wanted = typed if _day(typed) else ""
        return rx.redirect(_address(self._query(), **{name: wanted}), replace=True)

    @handler
    async def ask(self, payment_id: Annotated[int, Field(gt=0, lt=2**31)]) -> Next:
        """Ask before a payment is undone, or close the question."""
        row = next((row for row in self.rows if row["id"] == payment_id and row["undo"]), None)
        if row is None:
            raise NotFound
        self.undoing, self.undoing_kind = payment_id, row["undo"]
        self.undoing_title = f"{row['debtor']} · {row['amount']}"

    @handler
    async def cancel(self) -> Next:
        """Close the question; nothing happened."""
        self.undoing = 0

    @handler
    async def undo(self) -> Next:
        """Undo it: a line waits again, what was said was never said."""
        payment_id, line_id = self.undoing, self._lines.get(self.undoing)
        if not payment_id:
            return None
        self.undoing = 0
        if line_id:
            await access.act(self, payments.reopen, line_id)
        else:
            await access.act(self, payments.unsay_paid, payment_id)
        return self._done("payments.undone_line" if line_id else "payments.undone_said")

    def _query(self) -> dict[str, str]:
        """What the address asks for, without what it cannot ask for."""
        given = self.router.url.query_parameters
        known = {name: str(given.get(name, "")) for name in ("q", "show", "from", "to", "page")}
        known["q"] = known["q"].strip()[:TEXT_MAX]
        known["from"], known["to"] = (known[end] if _day(known[end]) else "" for end in ("from", "to"))
        return {name: value for name, value in known.items() if value}

    def _write(self, seen: _Seen, query: Mapping[str, str]) -> None:
        lang, search = self._language(), search_of(query)
        self.rows = [_row(one, seen.own, lang) for one in seen.rows]
        self._lines = {one.id: one.line_id for one in seen.rows if one.line_id in seen.own}
        self.tabs = [
            Tab(
                label=text(lang, f"payments.show_{show}"),
                href=_address(query, show="" if show == "all" else show),
                current="page" if show == search.show else "false",
            )
            for show in SHOWS
        ]
        self.first_on, self.last_on = query.get("from", ""), query.get("to", "")
        self.dated = bool(self.first_on or self.last_on)
        self.dates_off = _address(query, **{"from": "", "to": ""})
        self.waiting = text(lang, "payments.waiting", n=seen.waiting) if seen.waiting else ""
        self.known = text(lang, "payments.known", day=day(seen.known, lang, "long")) if seen.known else ""
        self._pages(seen, query, lang)
        self.first_time = not seen.rows and not seen.waiting and not set(query) - {"page"}
        self.export = _address(query, page="").removeprefix(OF_CLIENT)

    def _pages(self, seen: _Seen, query: Mapping[str, str], lang: str) -> None:
        first, number = seen.first, seen.first // PAGE_SIZE + 1
        numbers = {"first": first + 1, "last": first + len(seen.rows), "found": seen.found}
        self.shown = text(lang, "invoices.shown", **{name: integer(n, lang) for name, n in numbers.items()})
        came, left = (" + ".join(money(one, lang) for one in some) for some in (seen.came, seen.left))
        self.sums = text(lang, "payments.sum", amount=came) if came else ""
        self.sums += f" · {text(lang, 'payments.sum_left', amount=left)}" if left else ""
        self.previous = _address(query, page=str(number - 1)) if number > 1 else ""
        self.next = _address(query, page=str(number + 1)) if first + len(seen.rows) < seen.found else ""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A page of payments and what stands around it."""

    rows: Sequence[PaymentSeen]
    first: int
    found: int
    came: Sequence[Money]
    left: Sequence[Money]
    own: frozenset[int]
    waiting: int
    known: date | None


def _find(work: Work, client_id: int | None, query: Mapping[str, str]) -> _Seen:
    search, first = search_of(query), (_number(query) - 1) * PAGE_SIZE
    rows, found = payments.payments(work, client_id, search, first=first, count=PAGE_SIZE)
    if found and not rows:
        first = 0
        rows, found = payments.payments(work, client_id, search, count=PAGE_SIZE)
    came, left = glances.sums(work, client_id, search)
    lines = [one.line_id for one in rows if one.line_id is not None]
    own = glances.own_lines(work, client_id, lines)
    # Without a client a service of payments means the agency.
    waiting = payments.waiting(work, client_id, count=1)[1] if client_id is not None else 0
    return _Seen(rows, first, found, came, left, own, waiting, payments.known_until(work, client_id))


def search_of(query: Mapping[str, str]) -> PaymentSearch:
    """What an address asks for; what it gets wrong is as if it had not said it."""
    show = query.get("show", "")
    return PaymentSearch(
        words=query.get("q", ""),
        show=show if show in SHOWS else "all",
        first_on=_day(query.get("from", "")),
        last_on=_day(query.get("to", "")),
    )


def _number(query: Mapping[str, str]) -> int:
    asked = query.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) <= _PAGE_DIGITS_MAX else 1


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _address(query: Mapping[str, str], **changes: str) -> str:
    """This screen with some of what is asked for changed; any change but of the page goes to the first."""
    wanted = {**query, **({} if "page" in changes else {"page": ""}), **changes}
    if wanted.get("page") == "1":
        wanted["page"] = ""
    asked = urlencode({name: value for name, value in wanted.items() if value})
    return f"{OF_CLIENT}?{asked}" if asked else OF_CLIENT


def _row(one: PaymentSeen, own: frozenset[int], lang: str) -> Row:
    source = "returned" if one.reverses_id is not None and one.source != "refund" else one.source
    source = "said_confirmed" if source == "said" and one.confirmed else source
    said = source == "said" and one.reverses_id is None and not one.returned.cents
    undo = "line" if one.line_id in own else "said" if said else ""
    return Row(
        id=one.id,
        day=day(one.on, lang),
        debtor=one.debtor,
        href=f"/debtors/{one.debtor_id}",
        settles=settled_words(one.settles, lang),
        amount=money(one.amount, lang),
        out=one.amount.cents < 0,
        unallocated=money(one.unallocated, lang) if one.unallocated.cents else "",
        source=source_word(source, lang),
        tone=_TONES.get(source, "mute"),
        returned=text(lang, "payments.returned_of", amount=money(one.returned, lang))
        if one.returned.cents
        else "",
        words=written_reference(one.reference),
        undo=undo,
    )


def source_word(source: str, lang: str) -> str:
    """Where a payment is known from."""
    known = {"bank", "table", "said", "said_confirmed", "invoice_file", "refund", "returned"}
    return text(lang, f"payments.source_{source if source in known else 'invoice_file'}")
