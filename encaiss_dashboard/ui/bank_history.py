"""Every file of a bank that came: what became of it, with the way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypedDict

import reflex as rx
from pydantic import Field

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import integer, moment, text
from encaiss_dashboard.services import payments
from encaiss_dashboard.services.payments import BuiltUpon, ImportSeen, Obstacle
from encaiss_dashboard.ui import access, import_work
from encaiss_dashboard.ui.bank_words import counts, format_word, result_words
from encaiss_dashboard.ui.components import button, empty, link_button, tag, top, turn
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, handler, page
from encaiss_dashboard.ui.whose import OF_AGENCY, OF_CLIENT, Whose
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 25
_PAGE_DIGITS_MAX: Final = 5


class Row(TypedDict):
    """One file."""

    id: int
    name: str
    format: str
    accounts: list[str]
    counts: str
    at: str
    by: str
    word: str
    tone: str
    stands: bool


class BankHistory(Whose):
    """A page of the files, the newest first; ``undoing`` is the file that is being taken back, 0 for none."""

    ready: bool = False
    may_undo: bool = False
    rows: list[Row] = []
    shown: str = ""
    previous: str = ""
    next: str = ""
    undoing: int = 0
    undoing_file: str = ""
    undoing_what: str = ""
    obstacles: list[str] = []
    undoing_problem: str = ""
    undoing_busy: bool = False

    @handler
    async def load(self) -> Next:
        """Read the page that the address names."""
        self.undoing = 0
        here, asked = f"{self._home()}/imports", str(self.router.url.query_parameters.get("page", ""))
        number = max(1, int(asked)) if asked.isdecimal() and len(asked) <= _PAGE_DIGITS_MAX else 1
        first = (number - 1) * PAGE_SIZE
        files, found, self.may_undo = await self._read(_page, first)
        if found and not files:
            return rx.redirect(here, replace=True)
        self._write(files, first, found)
        self.previous = f"{here}?page={number - 1}" if number > 1 else ""
        self.next = f"{here}?page={number + 1}" if first + len(files) < found else ""
        return None

    @handler
    async def ask(self, import_id: Annotated[int, Field(gt=0, lt=2**31)]) -> Next:
        """Ask before a file is taken back; say what will be gone, or what stands in the way."""
        row = next((row for row in self.rows if row["id"] == import_id and row["stands"]), None)
        if row is None:
            raise NotFound
        found = await self._read(payments.obstacles, import_id)
        lang = self._language()
        self.undoing_file, self.undoing_what = row["name"], row["counts"]
        self.obstacles = [_obstacle(one, lang) for one in found]
        self.undoing, self.undoing_problem, self.undoing_busy = import_id, "", False

    @handler
    async def wait(self) -> Next:
        """Show at once that something is being done; the handler after it sends the end of it."""
        self.undoing_busy = True

    @handler
    async def go(self) -> Next:
        """Take the file back, then show the screen anew."""
        self.undoing_busy, import_id = False, self.undoing
        if not import_id:
            return None
        try:
            await self._act(payments.take_back, import_id)
        except Refusal as refusal:
            return await self._refused(refusal, import_id)
        self.undoing = 0
        return self._done("payments.taken_back")

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing happened."""
        self.undoing = 0

    async def _refused(self, refusal: Refusal, import_id: int) -> Next:
        if isinstance(refusal, access.SignedOut):
            return self._tell(refusal)
        lang = self._language()
        if isinstance(refusal, BuiltUpon):  # something was built on it while the dialog was open
            self.obstacles = [_obstacle(one, lang) for one in await self._read(payments.obstacles, import_id)]
        self.undoing_problem = text(lang, f"refusal.{refusal.code}", **refusal.facts)
        return None

    def _write(self, files: Sequence[ImportSeen], first: int, found: int) -> None:
        lang = self._language()
        self.rows = [_row(one, lang) for one in files]
        numbers = {"first": first + 1, "last": first + len(files), "found": found}
        self.shown = text(lang, "invoices.shown", **{name: integer(n, lang) for name, n in numbers.items()})
        self.ready = True


def _page(work: Work, client_id: int | None, first: int) -> tuple[list[ImportSeen], int, bool]:
    files, found = payments.history(work, client_id, first=first, count=PAGE_SIZE)
    return files, found, client_id is None or work.actor.may(Action.UPLOAD, client_id)


def _row(seen: ImportSeen, lang: str) -> Row:
    gone = seen.taken_back_at is not None
    parts = (format_word(seen.format, lang), import_work.size(seen.size_bytes, lang))
    return Row(
        id=seen.id,
        name=seen.file,
        format=" · ".join(part for part in parts if part),
        accounts=result_words(seen.result, lang),
        counts=counts(seen.result, lang),
        at=moment(seen.at, lang),
        by=seen.by,
        word=text(lang, "history.taken_back" if gone else "history.imported"),
        tone="mute" if gone else "good",
        stands=not gone,
    )


def _obstacle(one: Obstacle, lang: str) -> str:
    return text(lang, f"obstacle.bank_{one.code}", n=one.count, names=", ".join(one.names))


def bank_history_page() -> rx.Component:
    """The page of a client."""
    crumbs = rx.el.nav(
        rx.el.a(t("menu.payments"), href=OF_CLIENT), aria_label=t("import.crumbs"), class_name="crumbs"
    )
    send = link_button(t("payments.choose"), OF_CLIENT, kind="p")
    return _undone_on(page("menu.payments", _head(crumbs, send), _list()))


def agency_bank_history_page() -> rx.Component:
    """The same at the desk, of the agency's own accounts."""
    crumbs = rx.el.nav(
        rx.el.a(t("menu.desk"), href="/desk"),
        rx.el.span(" / ", aria_hidden="true"),
        rx.el.a(t("queue.agency_title"), href=OF_AGENCY),
        aria_label=t("import.crumbs"),
        class_name="crumbs",
    )
    send = link_button(t("payments.choose"), OF_AGENCY, kind="p")
    return _undone_on(page("payments.history", _head(crumbs, send), _list(), of_client=False))


def _head(crumbs: rx.Component, send: rx.Component) -> rx.Component:
    return top(
        t("payments.history"),
        t("payments.history_sub"),
        rx.cond(BankHistory.may_undo, send),
        crumbs=crumbs,
    )


def _list() -> rx.Component:
    return rx.el.section(
        rx.cond(
            ~BankHistory.ready,
            rx.el.div(
                *(rx.el.div(class_name="skeleton line") for _ in range(6)),
                class_name="waiting",
                aria_hidden="true",
            ),
            rx.cond(
                BankHistory.rows.length() > 0,
                rx.fragment(_table(), _pager()),
                empty(t("payments.history_none"), t("payments.history_none_hint")),
            ),
        ),
        class_name="card imported",
    )


def _table() -> rx.Component:
    headings = ("file", "state", "result", "when", "by")
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("payments.history"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *(rx.el.th(t(f"history.column_{name}"), scope="col") for name in headings),
                    rx.el.th(rx.el.span(t("history.column_do"), class_name="sr"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(BankHistory.rows, _line)),
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("payments.history"),
    )


def _line(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.span(row["name"], class_name="wrap"),
            rx.el.div(row["format"], class_name="muted small"),
            rx.foreach(
                row["accounts"].to(list[str]), lambda one: rx.el.div(one, class_name="muted small wrap")
            ),
            scope="row",
        ),
        rx.el.td(tag(row["word"], row["tone"])),
        rx.el.td(row["counts"], class_name="small"),
        rx.el.td(row["at"], class_name="small nw"),
        rx.el.td(row["by"], class_name="small"),
        rx.el.td(
            rx.cond(
                BankHistory.may_undo & row["stands"],
                button(
                    rx.fragment(t("history.take_back"), rx.el.span(" ", row["name"], class_name="sr")),
                    on_click=BankHistory.ask(row["id"]),
                    id="undo-" + row["id"].to_string(),
                ),
            ),
            class_name="do",
        ),
        key=row["id"].to_string(),
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.p(BankHistory.shown, role="status", class_name="muted"),
        turn(BankHistory.previous, "left", t("invoices.previous")),
        turn(BankHistory.next, "right", t("invoices.next")),
        aria_label=t("invoices.pages"),
        class_name="pager",
    )


def _undone_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = BankHistory.undoing > 0
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    forbidden = BankHistory.obstacles.length() > 0
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=BankHistory.cancel, aria_hidden="true"),
        rx.el.div(
            rx.el.div(
                rx.el.h2(t("payments.take_back"), id="taking-title"),
                rx.el.p(BankHistory.undoing_file, class_name="strong wrap"),
                rx.cond(forbidden, _obstacles(), _gone()),
                rx.cond(
                    BankHistory.undoing_problem != "",
                    rx.el.p(BankHistory.undoing_problem, class_name="note n-bad", role="alert"),
                ),
                rx.el.div(
                    button(
                        rx.cond(forbidden, t("import.close_dialog"), t("import.keep_it")),
                        on_click=BankHistory.cancel,
                        auto_focus=True,
                    ),
                    rx.cond(~forbidden, _confirm()),
                    class_name="end",
                ),
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "taking-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", BankHistory.cancel(), rx.noop()),
        class_name="over",
        lang=BankHistory.lang,
    )


def _gone() -> rx.Component:
    return rx.fragment(
        rx.el.p(t("payments.take_back_lead"), class_name="muted"),
        rx.cond(BankHistory.undoing_what != "", rx.el.p(BankHistory.undoing_what)),
    )


def _obstacles() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("payments.take_back_not")),
        rx.el.ul(rx.foreach(BankHistory.obstacles, rx.el.li), class_name="obstacles"),
        class_name="note n-warn",
    )


def _confirm() -> Any:
    return rx.el.button(
        rx.cond(BankHistory.undoing_busy, t("import.working"), t("payments.take_back_go")),
        type="button",
        on_click=[BankHistory.wait, BankHistory.go],
        disabled=BankHistory.undoing_busy,
        aria_busy=BankHistory.undoing_busy,
        class_name="btn d",
    )
