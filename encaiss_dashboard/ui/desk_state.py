"""What the agency's desk shows, written in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, TypedDict
from urllib.parse import urlencode

import reflex as rx

from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.domain.money import EUR
from encaiss_dashboard.locales import day, integer, money, percent, text
from encaiss_dashboard.services import desk
from encaiss_dashboard.services.desk import PAGE_SIZE, Balance, ClientLine, DeskSearch, DeskSort, tasks
from encaiss_dashboard.services.desk.tasks import Task, TaskKind
from encaiss_dashboard.services.inbound import replies
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.ui.whose import OF_AGENCY
from encaiss_dashboard.work import Work

PATH: Final = "/desk"
TEXT_LENGTH_MAX: Final = 100
_TASKS_FEW: Final = 6
_TASKS_MANY: Final = 60
# Names are looked at from A, everything else from its largest end.
_ASCENDING_FIRST: Final = frozenset({DeskSort.NAME, DeskSort.IMPORTED})
CALLS: Final = "/desk/calls"
_TONES: Final = {
    TaskKind.REPLY: "info",
    TaskKind.CALL: "info",
    TaskKind.FAILED: "bad",
    TaskKind.BROKEN_PROMISE: "bad",
    TaskKind.BREACH: "bad",
    TaskKind.REQUEST_WAITS: "warn",
    TaskKind.DISPUTE_WAITS: "warn",
    TaskKind.CREDIT_WAITS: "warn",
    TaskKind.TRAY: "warn",
    TaskKind.BANK_LINES: "info",
    TaskKind.OWN_BANK_LINES: "info",
    TaskKind.UPLOAD: "info",
    TaskKind.SILENT: "mute",
    TaskKind.NO_IBAN: "warn",
    TaskKind.NO_OWNER: "warn",
    TaskKind.INVITATION: "bad",
}


class Part(TypedDict):
    """One ageing bucket of a bar: its share as a CSS width."""

    code: str
    width: str


class Row(TypedDict):
    """One client of the list."""

    id: str
    name: str
    number: str
    open: str
    open_more: str
    overdue: str
    overdue_more: str
    parts: list[Part]
    aged: str
    oldest: str
    oldest_tone: str
    delegated: str
    delegated_words: str
    tonight: str
    waiting: str
    imported: str
    failed: str
    uploads: str


class Thing(TypedDict):
    """One thing to do; ``does`` is what its button does: ``open``, ``complete`` or nothing else."""

    key: str
    tag: str
    tone: str
    client_id: str
    client: str
    sentence: str
    since: str
    go: str
    leads_to: str
    does: str
    letters: int
    reply: int
    message: int


class Desk(Shell):
    """The clients that somebody follows, as the address asks for them, and what there is to do."""

    ready: bool = False
    may_add: bool = False
    title: str = ""
    sub: str = ""
    followed: str = ""
    followed_sub: str = ""
    open: str = ""
    open_sub: str = ""
    total_parts: list[Part] = []
    total_aged: str = ""
    overdue: str = ""
    overdue_sub: str = ""
    tasks: str = ""
    tasks_sub: str = ""
    things: list[Thing] = []
    things_more: str = ""
    things_href: str = ""
    rows: list[Row] = []
    nobody: bool = False
    ask: str = ""
    typed: str = ""
    typing: int = 0
    sort_by: str = ""
    sort_way: str = ""
    shown: str = ""
    previous: str = ""
    next: str = ""

    @handler
    async def load(self) -> Next:
        """Read what the address names; a client's own people have no desk, and are led to their figures."""
        query = self._query()
        try:
            seen, things = await access.read(self, _see, _search(query))
        except NotAllowed:
            return rx.redirect("/")
        if query.get("q", "") != self.typed:
            # The address came from elsewhere: the box has to be drawn anew.
            self.typed, self.typing = query.get("q", ""), self.typing + 1
        self._write_head(seen, things)
        self._write_things(things, query)
        self._write_rows(seen, query)
        self.ready = True
        return None

    @handler
    async def enter(self, client_id: str, path: str) -> Next:
        """Open a client's view at one of its screens."""
        if path in {CALLS, OF_AGENCY}:
            return rx.redirect(path)
        return await self._enter(client_id, path)

    @handler
    async def empty_tray(self, client_id: str, letters: int) -> Next:
        """Say that a client's letters are printed and posted."""
        if not client_id.isdecimal():
            raise Unreadable(value="")
        await access.act(self, tasks.empty_tray, int(client_id[:18]), letters)
        return self._done("desk.tray_done", n=letters)

    @handler
    async def mark_read(self, client_id: str, reply: int) -> Next:
        """Say that an answer was read: the reminders go on."""
        if not client_id.isdecimal():
            raise Unreadable(value="")
        await access.act(self, replies.mark_read, reply, int(client_id[:18]))
        return self._done("inbound.read_done")

    @handler
    async def search(self, words: str) -> Next:
        """Look for words as they are typed; the address follows without filling the history."""
        self.typed = words.strip()[:TEXT_LENGTH_MAX]
        return rx.redirect(_address(self._query(), q=self.typed), replace=True)

    @handler
    async def search_form(self, form: dict[str, str]) -> Next:
        """Look for the words of the box at once, on Enter."""
        self.typed = form.get("q", "").strip()[:TEXT_LENGTH_MAX]
        return rx.redirect(_address(self._query(), q=self.typed), replace=True)

    @handler
    async def sort(self, column: DeskSort) -> Next:
        """Sort by a column; the same one again turns round."""
        now, descending = _sort_of(self._query())
        turned = not descending if column is now else column not in _ASCENDING_FIRST
        return rx.redirect(_address(self._query(), sort=f"{'-' if turned else ''}{column.value}"))

    def _query(self) -> dict[str, str]:
        """What the address asks for, without what it cannot ask for."""
        given = self.router.url.query_parameters
        known = {name: str(given.get(name, "")) for name in ("q", "sort", "page", "tasks")}
        known["q"] = known["q"].strip()[:TEXT_LENGTH_MAX]
        return {name: value for name, value in known.items() if value}

    def _write_head(self, seen: desk.Desk, things: Sequence[Task]) -> None:
        lang = self._language()
        self.may_add, self.nobody = seen.may_add, seen.clients == 0
        self.title = text(lang, "desk.hello", n=len(things)) if things else text(lang, "desk.hello_none")
        self.sub = text(lang, "desk.as_of", day=day(seen.on, lang, "full"))
        self.ask = ", ".join(f"{name} ({email})" for name, email in seen.ask)
        self.followed = integer(seen.clients, lang)
        self.followed_sub = text(lang, "desk.clients_sub", n=seen.debtors, delegated=seen.delegated)
        main = next(iter(seen.total.values()), None)
        self.open, self.overdue = (_amount(seen.total, name, lang) for name in ("open", "overdue"))
        others = _others(seen.total, "open", lang)
        self.open_sub = text(lang, "desk.others", amounts=others) if others else text(lang, "desk.open_sub")
        self.total_parts, self.total_aged = _parts(main), _aged(main, lang)
        share = Decimal(main.overdue.cents) / max(1, main.open.cents) if main else Decimal(0)
        self.overdue_sub = text(lang, "desk.overdue_share", share=percent(share, lang))
        self.tasks = integer(len(things), lang)
        tonight = text(lang, "desk.tonight_sub", n=seen.tonight)
        waiting = [text(lang, "desk.waiting_sub", n=seen.waiting)] if seen.waiting else []
        self.tasks_sub = " · ".join([tonight, *waiting])

    def _write_things(self, things: Sequence[Task], query: Mapping[str, str]) -> None:
        lang, every = self._language(), query.get("tasks") == "all"
        shown = things[: _TASKS_MANY if every else _TASKS_FEW]
        self.things = [self._thing(number, one) for number, one in enumerate(shown)]
        more = len(things) - len(shown)
        self.things_more, self.things_href = "", ""
        if more and every:
            self.things_more = text(lang, "desk.tasks_rest", n=more)
        elif more:
            self.things_more = text(lang, "desk.tasks_all", n=len(things))
            self.things_href = _address(query, page=query.get("page", ""), tasks="all")
        elif every and len(things) > _TASKS_FEW:
            self.things_more = text(lang, "desk.tasks_few")
            self.things_href = _address(query, page=query.get("page", ""), tasks="")

    def _thing(self, number: int, one: Task) -> Thing:
        lang = self._language()
        completes = one.kind is TaskKind.NO_IBAN and self.may_add
        return Thing(
            key=f"{one.kind}-{one.client_id}-{number}",
            tag=text(lang, f"desk.{one.kind}_tag"),
            tone=_TONES[one.kind],
            client_id=str(one.client_id),
            client=one.client,
            sentence=text(lang, f"desk.{one.kind}_text", **one.facts),
            since=day(one.since, lang, "short") if one.since else "",
            go=text(
                lang, f"desk.{one.kind}_go" if completes or one.kind is not TaskKind.NO_IBAN else "desk.enter"
            ),
            leads_to=one.leads_to,
            does="complete" if completes else "open",
            letters=int(one.facts.get("n", 0)) if one.kind is TaskKind.TRAY else 0,
            reply=int(one.facts.get("reply", 0)),
            message=int(one.facts.get("message", 0)),
        )

    def _write_rows(self, seen: desk.Desk, query: Mapping[str, str]) -> None:
        lang = self._language()
        self.rows = [_row(line, seen.on, lang) for line in seen.lines]
        sort, descending = _sort_of(query)
        self.sort_by, self.sort_way = sort.value, "descending" if descending else "ascending"
        first = (seen.page - 1) * PAGE_SIZE
        numbers = {"first": first + 1, "last": first + len(seen.lines), "found": seen.found}
        self.shown = text(lang, "desk.shown", **{key: integer(n, lang) for key, n in numbers.items()})
        self.previous = _address(query, page=str(seen.page - 1)) if seen.page > 1 else ""
        self.next = _address(query, page=str(seen.page + 1)) if seen.page < seen.pages else ""


def _see(work: Work, client_id: int | None, search: DeskSearch) -> tuple[desk.Desk, tuple[Task, ...]]:
    return desk.desk(work, client_id, search), tasks.waiting(work, client_id)


def _search(query: Mapping[str, str]) -> DeskSearch:
    """What an address asks for; what it gets wrong is as if it had not said it."""
    number, (sort, descending) = query.get("page", ""), _sort_of(query)
    page = int(number) if number.isdecimal() and len(number) < len(str(10**9)) else 1
    return DeskSearch(query.get("q", ""), sort, descending, page)


def _sort_of(query: Mapping[str, str]) -> tuple[DeskSort, bool]:
    sort = query.get("sort", "")
    name = sort.removeprefix("-")
    return (DeskSort(name), sort.startswith("-")) if name in set(DeskSort) else (DeskSort.OVERDUE, True)


def _address(query: Mapping[str, str], **changes: str) -> str:
    """This screen with some of what is asked for changed; any change but of the page goes to the first."""
    wanted = {**query, **({} if "page" in changes else {"page": ""}), **changes}
    if wanted.get("page") == "1":
        wanted["page"] = ""
    asked = urlencode({name: value for name, value in wanted.items() if value})
    return f"{PATH}?{asked}" if asked else PATH


def _row(line: ClientLine, today: date, lang: str) -> Row:
    main = next(iter(line.balances.values()), None)
    late = line.oldest_days or 0
    shares = {"n": integer(line.delegated, lang), "debtors": integer(line.debtors, lang)}
    return Row(
        id=str(line.id),
        name=line.name,
        number=line.enterprise_number,
        open=_amount(line.balances, "open", lang),
        open_more=_others(line.balances, "open", lang),
        overdue=_amount(line.balances, "overdue", lang),
        overdue_more=_others(line.balances, "overdue", lang),
        parts=_parts(main),
        aged=_aged(main, lang),
        oldest=text(lang, "desk.days_short", n=late) if late else "–",
        oldest_tone=_tone(late),
        delegated=text(lang, "desk.delegated_of", **shares) if line.debtors else "–",
        delegated_words=text(lang, "desk.delegated_words", **shares),
        tonight=integer(line.tonight, lang),
        waiting=text(lang, "desk.waiting_short", n=line.waiting) if line.waiting else "",
        imported=_imported(line.imported_on, today, lang),
        failed=text(lang, "desk.failed_short", n=line.failed) if line.failed else "",
        uploads=text(lang, "desk.uploads_short", n=line.uploads) if line.uploads else "",
    )


def _tone(days: int) -> str:
    bounds = ((90, "90p"), (60, "61-90"), (30, "31-60"), (0, "1-30"))
    return next((tone for bound, tone in bounds if days > bound), "settled")


def _imported(on: date | None, today: date, lang: str) -> str:
    if on is None:
        return text(lang, "desk.never")
    return day(on, lang, "short" if on.year == today.year else "medium")


def _amount(balances: Mapping[str, Balance], name: str, lang: str) -> str:
    """What is open or overdue in the first currency: euro, where there is any."""
    code = next(iter(balances), EUR)
    return money(getattr(balances[code], name), lang) if balances else "–"


def _others(balances: Mapping[str, Balance], name: str, lang: str) -> str:
    amounts = [getattr(one, name) for one in list(balances.values())[1:]]
    return " + ".join(money(amount, lang) for amount in amounts if amount)


def _parts(balance: Balance | None) -> list[Part]:
    """The ageing of one currency as parts of a bar; an amount that is owed to debtors has no width."""
    cents = {code: max(0, amount.cents) for code, amount in balance.buckets.items()} if balance else {}
    whole = sum(cents.values())
    return [Part(code=code, width=f"{n * 100 / whole:.2f}%") for code, n in cents.items() if n]


def _aged(balance: Balance | None, lang: str) -> str:
    """The same in words, for who does not see the bar."""
    buckets = balance.buckets.items() if balance else ()
    return " · ".join(
        f"{text(lang, f'bucket.{code}')} {money(amount, lang, cents=False)}"
        for code, amount in buckets
        if amount
    )
