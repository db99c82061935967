"""The list of debtors as its screen holds it: filtered, sorted, paged, and what is chosen of it."""

from __future__ import annotations

import re
from typing import Final, TypedDict
from urllib.parse import urlencode

import reflex as rx

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.locales import money, text
from encaiss_dashboard.services import debtors
from encaiss_dashboard.services.debtors import DebtorLine, DebtorPage, DebtorSearch, DebtorSort
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.deciding import Deciding, message_words, standing
from encaiss_dashboard.ui.shell import Next, handler

_STATES: Final = ("", "overdue", "not_delegated", "delegated", "paused", "withdrawn")
TEXT_LENGTH_MAX: Final = 100
_PAGE: Final = re.compile("[1-9][0-9]{0,4}")


class DebtorRow(TypedDict):
    """One debtor of the list."""

    id: int
    href: str
    name: str
    city: str
    open: str
    overdue: str
    late: str
    state: str
    state_tone: str
    state_when: str
    step: str
    step_tone: str
    next: str
    chosen: bool
    choose: str


class Tab(TypedDict):
    """One filter with how many it would show."""

    state: str
    label: str
    count: str


class Debtors(Deciding):
    """The list as it is filtered, sorted and turned to in the address, and what is chosen of it."""

    ready: bool = False
    rows: list[DebtorRow] = []
    tabs: list[Tab] = []
    wanted: str = ""
    wanted_version: int = 0
    state: str = ""
    sort: str = DebtorSort.OVERDUE.value
    descending: bool = True
    first_time: bool = False
    found: int = 0
    found_label: str = ""
    page_label: str = ""
    page: int = 1
    pages: int = 1
    chosen: int = 0
    chosen_label: str = ""
    choose_all_label: str = ""
    page_chosen: bool = False
    _chosen: frozenset[int] = frozenset()
    _address: str = ""

    @handler
    async def load(self) -> Next:
        """Show what the address asks for."""
        asked, address = self.router.url.query_parameters, str(self.router.url)
        if address == self._address:  # reloaded, or come back: an old choice may not be acted on
            self._chosen = frozenset()
        self._address = address
        wanted = asked.get("q", "")[:TEXT_LENGTH_MAX]
        if wanted != self.wanted:  # it came from elsewhere: the field shows it too
            self.wanted, self.wanted_version = wanted, self.wanted_version + 1
        state, sort, turned_to = asked.get("state", ""), asked.get("sort", ""), asked.get("page", "")
        self.state = state if state in _STATES else ""
        self.sort = sort if sort in set(DebtorSort) else DebtorSort.OVERDUE.value
        self.descending = asked.get("order", "desc" if self.sort != DebtorSort.NAME else "asc") != "asc"
        self.page = int(turned_to) if _PAGE.fullmatch(turned_to) else 1
        self._show(await self._find())

    @handler
    async def search(self, wanted: str) -> Next:
        """Look for another text."""
        self.wanted = wanted[:TEXT_LENGTH_MAX].strip()
        return self._go()

    @handler
    async def show(self, state: str) -> Next:
        """Another filter."""
        self.state = state if state in _STATES else ""
        return self._go()

    @handler
    async def order(self, sort: DebtorSort) -> Next:
        """Sort by a column; once more turns the order around."""
        same = self.sort == sort.value
        self.descending = not self.descending if same else sort is not DebtorSort.NAME
        self.sort = sort.value
        return self._go()

    @handler
    async def turn(self, turned_to: int) -> Next:
        """Another page."""
        return self._go(turned_to)

    @handler
    async def choose(self, debtor_id: int, chosen: bool) -> Next:  # noqa: FBT001 - a checkbox's event
        """Choose one debtor of the page, or no longer."""
        if debtor_id in {row["id"] for row in self.rows}:
            self._choose(self._chosen | {debtor_id} if chosen else self._chosen - {debtor_id})

    @handler
    async def choose_page(self, chosen: bool) -> Next:  # noqa: FBT001 - a checkbox's event
        """Choose every debtor of the page, or none of it."""
        ids = {row["id"] for row in self.rows}
        self._choose(self._chosen | ids if chosen else self._chosen - ids)

    @handler
    async def choose_all(self) -> Next:
        """Choose every debtor found, on all pages."""
        self._choose(frozenset((await self._find()).ids))

    @handler
    async def choose_none(self) -> Next:
        """Choose nobody."""
        self._choose(frozenset())

    @handler
    async def decide(self, kind: str) -> Next:
        """Ask what a decision about the chosen ones would do."""
        await self._begin(kind, sorted(self._chosen))

    def _go(self, turned_to: int = 1) -> Next:
        """The address of what is asked for; going there loads it."""
        asked = {
            "q": self.wanted,
            "state": self.state,
            "sort": self.sort if self.sort != DebtorSort.OVERDUE else "",
            "order": "desc" if self.descending else "asc",
            "page": str(turned_to) if turned_to > 1 else "",
        }
        if self.descending == (self.sort != DebtorSort.NAME):
            del asked["order"]
        query = urlencode({name: value for name, value in asked.items() if value})
        return rx.redirect(f"/debtors?{query}" if query else "/debtors", replace=True)

    async def _find(self) -> DebtorPage:
        search = DebtorSearch(self.wanted, self.state, DebtorSort(self.sort), self.descending, self.page)
        return await access.read(self, debtors.find, search)

    def _show(self, seen: DebtorPage) -> None:
        lang = self._language()
        self.rows = [_row(line, seen, lang) for line in seen.lines]
        self.tabs = [
            Tab(
                state=state,
                label=text(lang, f"debtors.show_{state or 'all'}"),
                count=str(seen.counts.get(state, 0)),
            )
            for state in _STATES
        ]
        self.page, self.pages, self.found = seen.page, seen.pages, seen.found
        self.first_time = not self.wanted and not seen.counts.get("", 0)
        self.found_label = text(lang, "debtors.found", n=seen.found)
        self.page_label = text(lang, "debtors.page", page=seen.page, pages=seen.pages)
        self.choose_all_label = text(lang, "debtors.choose_all", n=seen.found)
        self._choose(self._chosen & set(seen.ids))
        self.ready = True

    def _choose(self, ids: frozenset[int]) -> None:
        self._chosen, self.chosen = ids, len(ids)
        self.chosen_label = text(self._language(), "debtors.chosen", n=len(ids))
        self.rows = [DebtorRow(**{**row, "chosen": row["id"] in ids}) for row in self.rows]
        self.page_chosen = bool(self.rows) and all(row["chosen"] for row in self.rows)


def _row(line: DebtorLine, seen: DebtorPage, lang: str) -> DebtorRow:
    state, when, tone = standing(line.status, line.planned, lang)
    step, step_tone = text(lang, "debtors.no_step") if line.overdue else "", "mute"
    if line.step:
        step = text(lang, f"step.{line.step}_short")
        step_tone = "bad" if line.step.value == "formal_notice" else "warn"
    upcoming = message_words(line.next, seen.on, lang)
    if line.overdue and line.next is None and line.status.state is DelegationState.NOT_DELEGATED:
        upcoming = text(lang, "debtors.next_yours")
    return DebtorRow(
        id=line.id,
        href=f"/debtors/{line.id}",
        name=line.name,
        city=line.city,
        open=money(line.open, lang),
        overdue=money(line.overdue, lang) if line.overdue else "",
        late=text(lang, "debtors.days", n=line.days_late) if line.days_late else "",
        state=state,
        state_tone=tone,
        state_when=when,
        step=step,
        step_tone=step_tone,
        next=upcoming,
        chosen=False,
        choose=text(lang, "debtors.choose", name=line.name),
    )
