"""The journal of a client: everything that was done and decided, by whom, and whether it is whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, TypedDict

import reflex as rx

from encaiss_dashboard.locales import integer, moment, text
from encaiss_dashboard.services import journals
from encaiss_dashboard.services.journals import JournalPage
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.acts import act_row
from encaiss_dashboard.ui.components import empty, tag, top, turn
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler, page
from encaiss_dashboard.work import Work

_PAGE_DIGITS_MAX: Final = 6
_COLUMNS: Final = ("seq", "at", "what", "debtor", "who")


class JournalRow(TypedDict):
    """One act."""

    seq: str
    at: str
    what: str
    detail: str
    tag: str
    tone: str
    debtor: str
    href: str
    who: str
    address: str


class Journal(Shell):
    """One page of the journal, as the address asks for it."""

    ready: bool = False
    acts: list[JournalRow] = []
    shown: str = ""
    checked: bool = False
    whole: bool = True
    flaw: str = ""
    previous: str = ""
    next: str = ""

    @handler
    async def load(self) -> Next:
        """Read the page that the address names."""
        asked = str(self.router.url.query_parameters.get("page", ""))
        number = int(asked) if asked.isdecimal() and len(asked) <= _PAGE_DIGITS_MAX else 1
        seen, today = await access.read(self, _read, number)
        lang = self._language()
        self.acts = [_row(act, name, lang, today, seen.names) for act, name in seen.acts]
        first = (seen.page - 1) * journals.PAGE_SIZE
        numbers = {
            "first": first + 1 if seen.found else 0,
            "last": first + len(seen.acts),
            "found": seen.found,
        }
        self.shown = text(lang, "journal.shown", **{k: integer(v, lang) for k, v in numbers.items()})
        self.previous = f"/journal?page={seen.page - 1}" if seen.page > 1 else ""
        self.next = f"/journal?page={seen.page + 1}" if seen.page < seen.pages else ""
        self.ready = True

    @handler
    async def check(self) -> Next:
        """Check the client's chain from its first act on, after the page has its rows."""
        found = await access.read(self, journals.check)
        flaw = found.flaw if found else None
        self.whole, self.checked = flaw is None, True
        self.flaw = text(self._language(), f"journal.{flaw}", seq=found.seq) if found and flaw else ""


def _read(work: Work, client_id: int | None, number: int) -> tuple[JournalPage, date]:
    return journals.acts(work, client_id, number), work.today


def _row(act: Any, debtor: str, lang: str, today: date, names: Mapping[int, str]) -> JournalRow:
    words = act_row(act, lang, today, names=names)
    return JournalRow(
        seq=integer(act.seq, lang),
        at=moment(act.at, lang),
        what=words["title"],
        detail=words["detail"],
        tag=words["tag"],
        tone=words["tone"],
        debtor=debtor,
        href=f"/debtors/{act.debtor_id}" if act.debtor_id else "",
        who=act.actor,
        address=act.address,
    )


def journal_page() -> rx.Component:
    """The page."""
    return page(
        "menu.journal",
        top(
            t("menu.journal"),
            t("journal.sub"),
            rx.cond(
                Journal.checked,
                rx.cond(Journal.whole, tag(t("journal.is_whole"), "good"), tag(Journal.flaw, "bad")),
            ),
        ),
        rx.cond(
            Journal.checked & ~Journal.whole,
            rx.el.p(t("journal.broken"), class_name="note n-bad", role="alert"),
        ),
        rx.el.section(
            rx.cond(
                Journal.ready,
                rx.cond(
                    Journal.acts.length() > 0,
                    rx.fragment(_table(), _pager()),
                    empty(t("journal.none"), t("journal.none_hint")),
                ),
                rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(8)), class_name="waiting"),
            ),
            class_name="card",
        ),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("menu.journal"), class_name="sr"),
            rx.el.thead(rx.el.tr(*(rx.el.th(t(f"journal.column_{name}"), scope="col") for name in _COLUMNS))),
            rx.el.tbody(rx.foreach(Journal.acts, _line)),
            class_name="rows acts",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("menu.journal"),
    )


def _line(row: rx.vars.ObjectVar[JournalRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row["seq"], class_name="muted num"),
        rx.el.td(row["at"], class_name="nw muted"),
        rx.el.th(
            rx.el.div(row["what"], tag(row["tag"], row["tone"]), class_name="named"),
            rx.el.div(row["detail"], class_name="muted small said"),
            scope="row",
        ),
        rx.el.td(rx.cond(row["href"] != "", rx.el.a(row["debtor"], href=row["href"], class_name="row"), "")),
        rx.el.td(row["who"], rx.el.div(row["address"], class_name="muted small")),
        key=row["seq"],
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.p(Journal.shown, role="status", class_name="muted"),
        turn(Journal.previous, "left", t("journal.newer")),
        turn(Journal.next, "right", t("journal.older")),
        aria_label=t("journal.pages"),
        class_name="pager",
    )
