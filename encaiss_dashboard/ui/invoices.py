"""The list of invoices, and the place where a file of them is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, TypedDict
from urllib.parse import urlencode

import reflex as rx

from encaiss_dashboard.domain.ageing import bucket_codes, bucket_of
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.locales import day, integer, money, text
from encaiss_dashboard.services import documents, invoices
from encaiss_dashboard.services.invoices import PAGE_SIZE, InvoiceLine, InvoicePage, Search, Show, SortBy
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import empty, icon, link_button, tag, top, turn
from encaiss_dashboard.ui.drop_zone import HISTORY, drop_zone, how_it_goes
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.papers import Paper, Papers, clip, paper_of
from encaiss_dashboard.ui.shell import Next, Shell, handler, page
from encaiss_dashboard.ui.stop_words import stop_tag
from encaiss_dashboard.ui.taking import taken_away
from encaiss_dashboard.work import Work

_PATH: Final = "/invoices"
_TEXT_MAX: Final = 100
# Dates and amounts are looked at from their largest end first, names from A.
_DESCENDING_FIRST: Final = frozenset({SortBy.ISSUE, SortBy.TOTAL, SortBy.OPEN})
_COLUMNS: Final = (
    (SortBy.NUMBER, "invoices.number", ""),
    (SortBy.DEBTOR, "invoices.debtor", ""),
    (SortBy.ISSUE, "invoices.issue", "nw"),
    (SortBy.DUE, "invoices.due", "nw"),
    (None, "invoices.late", ""),
    (SortBy.TOTAL, "invoices.total", "num"),
    (SortBy.OPEN, "invoices.open", "num"),
)


class Row(TypedDict):
    """One invoice of the list."""

    id: str
    number: str
    is_credit: bool
    debtor: str
    href: str
    issue: str
    due: str
    late: str
    tone: str
    total: str
    open: str
    stop: str
    paper: Paper


class Tab(TypedDict):
    """One of the filters, with where it leads."""

    label: str
    href: str
    current: str


class Invoices(Shell):
    """The list as the address asks for it."""

    ready: bool = False
    first_time: bool = False
    rows: list[Row] = []
    tabs: list[Tab] = []
    sort_by: str = ""
    sort_way: str = ""
    typed: str = ""
    typing: int = 0
    bucket: str = ""
    bucket_off: str = ""
    shown: str = ""
    open: str = ""
    previous: str = ""
    next: str = ""
    export: str = ""

    @handler
    async def load(self) -> Next:
        """Read the page that the address names."""
        query = self._query()
        seen, today, first_time, papers = await access.read(self, _find, query)
        if query.get("q", "") != self.typed:
            # The address came from elsewhere: the box has to be drawn anew.
            self.typed, self.typing = query.get("q", ""), self.typing + 1
        self._write(seen, today, query, papers)
        self.first_time, self.ready = first_time, True

    @handler
    async def search(self, words: str) -> Next:
        """Look for words as they are typed; the address follows without filling the history."""
        self.typed = words.strip()[:_TEXT_MAX]
        return rx.redirect(_address(self._query(), q=self.typed), replace=True)

    @handler
    async def search_form(self, form: dict[str, str]) -> Next:
        """Look for the words of the box at once, on Enter."""
        self.typed = form.get("q", "").strip()[:_TEXT_MAX]
        return rx.redirect(_address(self._query(), q=self.typed), replace=True)

    @handler
    async def sort(self, column: SortBy) -> Next:
        """Sort by a column; the same one again turns round."""
        now, descending = _sort_of(self._query())
        turned = not descending if column is now else column in _DESCENDING_FIRST
        return rx.redirect(_address(self._query(), sort=f"{'-' if turned else ''}{column.value}"))

    def _query(self) -> dict[str, str]:
        """What the address asks for, without what it cannot ask for."""
        given = self.router.url.query_parameters
        known = {name: str(given.get(name, "")) for name in ("q", "show", "bucket", "on", "sort", "page")}
        known["q"] = known["q"].strip()[:_TEXT_MAX]
        return {name: value for name, value in known.items() if value}

    def _write(self, seen: InvoicePage, today: date, query: Mapping[str, str], papers: Papers) -> None:
        lang = self._language()
        search = _search(query, today)
        self.rows = [_row(line, today, lang, papers, seen) for line in seen.lines]
        self.tabs = [
            Tab(
                label=text(lang, f"invoices.show_{show}"),
                href=_address(query, show="" if show is Show.OPEN else show.value, bucket=""),
                current="page" if show is search.show and not search.bucket else "false",
            )
            for show in Show
        ]
        self.sort_by, self.sort_way = search.sort.value, "descending" if search.descending else "ascending"
        marks = [text(lang, f"bucket.{search.bucket}")] if search.bucket else []
        self.bucket = " · ".join([*marks, *([day(today, lang)] if _day(query) else [])])
        self.bucket_off = _address(query, bucket="", on="")
        first = (seen.page - 1) * PAGE_SIZE
        numbers = {"first": first + 1, "last": first + len(seen.lines), "found": seen.found}
        self.shown = text(lang, "invoices.shown", **{key: integer(n, lang) for key, n in numbers.items()})
        self.open = " + ".join(money(amount, lang) for amount in seen.open)
        self.previous = _address(query, page=str(seen.page - 1)) if seen.page > 1 else ""
        self.next = _address(query, page=str(seen.page + 1)) if seen.page < seen.pages else ""
        self.export = _address(query, page="").removeprefix(_PATH)


def _find(
    work: Work, client_id: int | None, query: Mapping[str, str]
) -> tuple[InvoicePage, date, bool, Papers]:
    """The page asked for, the day it is true for, whether there is no invoice at all, and documents."""
    on = _day(query) or work.today
    seen = invoices.find(work, client_id, _search(query, on))
    every = Search(on=work.today, show=Show.ALL)
    first_time = seen.found == 0 and invoices.find(work, client_id, every).found == 0
    papers = documents.of_invoices(work, client_id, [line.id for line in seen.lines])
    return seen, on, first_time, papers


def _day(query: Mapping[str, str]) -> date | None:
    """The day that balances are asked for, None for today."""
    try:
        return date.fromisoformat(query.get("on", ""))
    except ValueError:
        return None


def _search(query: Mapping[str, str], on: date) -> Search:
    """What an address asks for; what it gets wrong is as if it had not said it."""
    show, bucket, number = query.get("show", ""), query.get("bucket", ""), query.get("page", "")
    sort, descending = _sort_of(query)
    return Search(
        on=on,
        text=query.get("q", ""),
        show=Show(show) if show in set(Show) else Show.OPEN,
        bucket=bucket if bucket in bucket_codes() else "",
        sort=sort,
        descending=descending,
        page=int(number) if number.isdecimal() and len(number) < len(str(10**9)) else 1,
    )


def _sort_of(query: Mapping[str, str]) -> tuple[SortBy, bool]:
    sort = query.get("sort", "")
    name = sort.removeprefix("-")
    return (SortBy(name), sort.startswith("-")) if name in set(SortBy) else (SortBy.DUE, False)


def _address(query: Mapping[str, str], **changes: str) -> str:
    """This screen with some of what is asked for changed; any change but of the page goes to the first."""
    wanted = {**query, **({} if "page" in changes else {"page": ""}), **changes}
    if wanted.get("page") == "1":
        wanted["page"] = ""
    asked = urlencode({name: value for name, value in wanted.items() if value})
    return f"{_PATH}?{asked}" if asked else _PATH


def _row(line: InvoiceLine, today: date, lang: str, papers: Papers, seen: InvoicePage) -> Row:
    late, tone = _late(line, today, lang)
    total = line.total if line.kind is Kind.INVOICE else -line.total
    return Row(
        id=str(line.id),
        number=line.number,
        is_credit=line.kind is Kind.CREDIT_NOTE,
        debtor=line.debtor,
        href=f"/debtors/{line.debtor_id}",
        issue=day(line.issue, lang),
        due=day(line.due, lang),
        late=late,
        tone=tone,
        total=money(total, lang),
        open=money(line.open, lang),
        stop=stop_tag(seen.stops.get(line.id), lang),
        paper=paper_of(papers, line.id, lang),
    )


def _late(line: InvoiceLine, today: date, lang: str) -> tuple[str, str]:
    """How late an invoice is in words, and the colour of its ageing bucket."""
    days = (today - line.due).days
    if line.kind is Kind.CREDIT_NOTE:
        key = "invoices.credit_left" if line.open else "invoices.credit_used"
        return text(lang, key), "settled"
    if not line.open:
        return text(lang, "invoices.paid"), "settled"
    bucket = bucket_of(days).replace("+", "p")
    if days > 0:
        return text(lang, "invoices.days_late", n=days), bucket
    return text(lang, "invoices.due_in", n=-days) if days else text(lang, "invoices.due_today"), bucket


def invoices_page() -> rx.Component:
    """The page."""
    return page(
        "menu.invoices",
        top(
            t("menu.invoices"),
            t("invoices.sub"),
            link_button(t("invoices.history"), HISTORY),
            rx.cond(
                Invoices.ready & ~Invoices.first_time,
                taken_away(Invoices.export),
            ),
        ),
        rx.cond(Shell.may_upload, drop_zone(big=Invoices.first_time)),
        rx.cond(Invoices.first_time, how_it_goes(), _list()),
    )


def _list() -> rx.Component:
    return rx.el.section(
        _filters(),
        rx.cond(
            ~Invoices.ready,
            rx.el.div(
                *(rx.el.div(class_name="skeleton line") for _ in range(8)),
                class_name="waiting",
                aria_hidden="true",
            ),
            rx.cond(
                Invoices.rows.length() > 0,
                rx.fragment(_table(), _pager()),
                empty(
                    t("invoices.none"),
                    t("invoices.none_hint"),
                    rx.el.a(t("invoices.show_everything"), href=f"{_PATH}?show=all", class_name="btn"),
                ),
            ),
        ),
        class_name="card list",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            rx.foreach(
                Invoices.tabs,
                lambda tab: rx.el.a(
                    tab["label"],
                    href=tab["href"],
                    class_name=rx.cond(tab["current"] == "page", "tab on", "tab"),
                    aria_current=tab["current"],
                ),
            ),
            aria_label=t("invoices.filters"),
            class_name="tabs",
        ),
        rx.cond(
            Invoices.bucket != "",
            rx.el.a(
                Invoices.bucket,
                rx.el.span(t("invoices.bucket_off"), class_name="sr"),
                icon("close"),
                href=Invoices.bucket_off,
                class_name="chip",
            ),
        ),
        rx.el.form(
            rx.el.label(
                rx.el.span(t("invoices.search"), class_name="sr"),
                icon("search"),
                rx.el.input(
                    key=Invoices.typing.to_string(),
                    type="search",
                    name="q",
                    default_value=Invoices.typed,
                    placeholder=t("invoices.search"),
                    on_change=Invoices.search.debounce(350),
                    max_length=_TEXT_MAX,
                    auto_complete="off",
                    class_name="in",
                ),
                class_name="search",
            ),
            on_submit=Invoices.search_form,
            role="search",
        ),
        class_name="bar-tools filters",
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("invoices.caption"), class_name="sr"),
            rx.el.thead(rx.el.tr(*(_heading(*column) for column in _COLUMNS))),
            rx.el.tbody(rx.foreach(Invoices.rows, _line)),
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("invoices.caption"),
    )


def _heading(column: SortBy | None, key: str, class_name: str) -> rx.Component:
    if column is None:
        return rx.el.th(t(key), scope="col", class_name=class_name)
    here = Invoices.sort_by == column.value
    return rx.el.th(
        rx.el.button(
            t(key),
            rx.el.span(
                rx.cond(here, rx.cond(Invoices.sort_way == "descending", "↓", "↑"), ""),
                class_name="way",
                aria_hidden="true",
            ),
            type="button",
            on_click=Invoices.sort(column.value),
        ),
        scope="col",
        aria_sort=rx.cond(here, Invoices.sort_way, "none"),
        class_name=class_name,
    )


def _line(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            row["number"],
            clip(row["paper"]),
            rx.cond(row["is_credit"], tag(t("invoices.credit_note"), "info")),
            scope="row",
            class_name="nw",
        ),
        rx.el.td(rx.el.a(row["debtor"], href=row["href"], class_name="row")),
        rx.el.td(row["issue"], class_name="nw muted"),
        rx.el.td(row["due"], class_name="nw"),
        rx.el.td(
            rx.el.span(row["late"], class_name="age a-" + row["tone"]),
            rx.cond(row["stop"] != "", tag(row["stop"], "info")),
        ),
        rx.el.td(row["total"], class_name="num"),
        rx.el.td(row["open"], class_name="num strong"),
        key=row["id"],
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.p(
            Invoices.shown,
            " · ",
            t("invoices.open_sum"),
            " ",
            rx.el.span(Invoices.open, class_name="strong"),
            role="status",
            class_name="muted",
        ),
        turn(Invoices.previous, "left", t("invoices.previous")),
        turn(Invoices.next, "right", t("invoices.next")),
        aria_label=t("invoices.pages"),
        class_name="pager",
    )
