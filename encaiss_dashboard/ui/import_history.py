"""Every file that came: what became of it, with the way back."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypedDict

import reflex as rx
from pydantic import Field

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.locales import integer, moment, text
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import Imported
from encaiss_dashboard.ui import access, import_work
from encaiss_dashboard.ui.components import button, empty, link_button, tag, top, turn
from encaiss_dashboard.ui.drop_zone import HISTORY
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler, page
from encaiss_dashboard.ui.undoing import Undoing, undone_on

PAGE_SIZE: Final = 25
_COUNTED: Final = ("created", "updated", "credit_notes", "new_debtors", "rejected")
_PAGE_DIGITS_MAX: Final = 5
_TONES: Final = {"waiting": "warn", "working": "info", "imported": "good", "taken_back": "mute"}


class Row(TypedDict):
    """One upload."""

    id: int
    name: str
    href: str
    format: str
    at: str
    by: str
    counts: str
    state: str
    word: str
    tone: str


class ImportHistory(Undoing):
    """A page of the uploads of a client, the newest first."""

    ready: bool = False
    rows: list[Row] = []
    shown: str = ""
    previous: str = ""
    next: str = ""

    @handler
    async def load(self) -> Next:
        """Read the page that the address names."""
        self.undoing = ""
        asked = str(self.router.url.query_parameters.get("page", ""))
        number = int(asked) if asked.isdecimal() and len(asked) <= _PAGE_DIGITS_MAX else 1
        first = (max(1, number) - 1) * PAGE_SIZE
        uploads, found = await access.read(self, imports.history, first=first, count=PAGE_SIZE)
        if found and not uploads:
            return rx.redirect(HISTORY, replace=True)
        lang, number = self._language(), max(1, number)
        self.rows = [_row(upload, lang) for upload in uploads]
        numbers = {"first": first + 1, "last": first + len(uploads), "found": found}
        self.shown = text(lang, "invoices.shown", **{name: integer(n, lang) for name, n in numbers.items()})
        self.previous = f"{HISTORY}?page={number - 1}" if number > 1 else ""
        self.next = f"{HISTORY}?page={number + 1}" if first + len(uploads) < found else ""
        self.ready = True
        return None

    @handler
    async def ask(self, batch_id: Annotated[int, Field(gt=0, lt=2**31)]) -> Next:
        """Ask before an import is taken back, or a waiting upload discarded."""
        row = next((row for row in self.rows if row["id"] == batch_id), None)
        if row is None or row["state"] not in {"waiting", "imported"}:
            raise NotFound
        kind = "take_back" if row["state"] == "imported" else "discard"
        await self._open_undoing(kind, batch_id)


def _row(upload: Imported, lang: str) -> Row:
    state = _state(upload)
    counts = [(name, int(upload.result.get(name) or 0)) for name in _COUNTED]
    size = import_work.size(upload.size_bytes, lang)
    kind = text(lang, f"import.format_{upload.format}") if upload.format else ""
    return Row(
        id=upload.id,
        name=upload.file_name,
        href=f"/invoices/import/{upload.id}",
        format=" · ".join(filter(None, (kind, size))),
        at=moment(upload.imported_at or upload.uploaded_at, lang),
        by=upload.by,
        counts=", ".join(text(lang, f"import.count_{name}", n=n) for name, n in counts if n),
        state=state,
        word=text(lang, f"history.{state}"),
        tone=_TONES[state],
    )


def _state(upload: Imported) -> str:
    if upload.taken_back_at is not None:
        return "taken_back"
    if upload.imported_at is not None:
        return "imported"
    return "working" if import_work.elsewhere(upload.id) else "waiting"


def import_history_page() -> rx.Component:
    """The page."""
    return undone_on(
        page(
            "menu.invoices",
            top(
                t("history.title"),
                t("history.sub"),
                rx.cond(Shell.may_upload, link_button(t("history.upload"), "/invoices", kind="p")),
                crumbs=rx.el.nav(
                    rx.el.a(t("menu.invoices"), href="/invoices"),
                    aria_label=t("import.crumbs"),
                    class_name="crumbs",
                ),
            ),
            rx.el.section(
                rx.cond(
                    ~ImportHistory.ready,
                    rx.el.div(
                        *(rx.el.div(class_name="skeleton line") for _ in range(6)),
                        class_name="waiting",
                        aria_hidden="true",
                    ),
                    rx.cond(
                        ImportHistory.rows.length() > 0,
                        rx.fragment(_table(), _pager()),
                        empty(
                            t("history.none"),
                            t("history.none_hint"),
                            link_button(t("history.upload"), "/invoices"),
                        ),
                    ),
                ),
                class_name="card imported",
            ),
        )
    )


def _table() -> rx.Component:
    headings = ("file", "state", "result", "when", "by")
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("history.title"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *(rx.el.th(t(f"history.column_{name}"), scope="col") for name in headings),
                    rx.el.th(rx.el.span(t("history.column_do"), class_name="sr"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(ImportHistory.rows, _line)),
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("history.title"),
    )


def _line(row: Any) -> rx.Component:
    waits = row["state"] == "waiting"
    may_undo = Shell.may_upload & (waits | (row["state"] == "imported"))
    return rx.el.tr(
        rx.el.th(
            rx.el.a(row["name"], href=row["href"], class_name="row wrap"),
            rx.el.div(row["format"], class_name="muted small"),
            scope="row",
        ),
        rx.el.td(tag(row["word"], row["tone"])),
        rx.el.td(row["counts"], class_name="small"),
        rx.el.td(row["at"], class_name="small nw"),
        rx.el.td(row["by"], class_name="small"),
        rx.el.td(
            rx.cond(waits & Shell.may_upload, link_button(t("history.resume"), row["href"]), rx.fragment()),
            rx.cond(
                may_undo,
                button(
                    rx.cond(waits, t("history.discard"), t("history.take_back")),
                    on_click=ImportHistory.ask(row["id"]),
                    id="undo-" + row["id"].to_string(),
                    aria_label=rx.cond(waits, t("history.discard"), t("history.take_back"))
                    + " "
                    + row["name"],
                ),
            ),
            class_name="do",
        ),
        key=row["id"].to_string(),
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.p(ImportHistory.shown, role="status", class_name="muted"),
        turn(ImportHistory.previous, "left", t("invoices.previous")),
        turn(ImportHistory.next, "right", t("invoices.next")),
        aria_label=t("invoices.pages"),
        class_name="pager",
    )
