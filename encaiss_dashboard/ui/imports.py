"""One uploaded file: what was understood of it, what is wrong with it, and its import."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, icon, link_button, top
from encaiss_dashboard.ui.drop_zone import HISTORY
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.import_columns import documents, layout, questions, settings
from encaiss_dashboard.ui.import_debtors import doubtful
from encaiss_dashboard.ui.import_state import Import, held
from encaiss_dashboard.ui.import_tables import (
    changes,
    errors,
    file_troubles,
    first_rows,
    nettings,
    warnings,
)
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.undoing import undone_on


def import_page() -> rx.Component:
    """The page."""
    return undone_on(
        page(
            "menu.invoices",
            top(
                rx.cond(Import.done, _title_done(), t("import.title")),
                rx.cond(Import.ready, rx.cond(Import.missing, t("import.missing"), Import.sub), Import.name),
                _steps(),
                crumbs=_crumbs(),
            ),
            rx.cond(
                ~Import.ready,
                rx.cond(Import.working != "", _working(), _waiting()),
                rx.cond(
                    Import.missing,
                    link_button(t("import.back"), "/invoices"),
                    rx.el.div(
                        rx.cond(Import.done, _done(), _check()),
                        aria_busy=held(),
                        class_name="stack",
                    ),
                ),
            ),
        )
    )


def _title_done() -> rx.Var[str]:
    return rx.cond(Import.taken_back, t("import.taken_back"), t("import.done"))


def _crumbs() -> rx.Component:
    return rx.el.nav(
        rx.el.a(t("menu.invoices"), href="/invoices"),
        rx.el.span(" / ", aria_hidden="true"),
        rx.el.a(t("history.title"), href=HISTORY),
        aria_label=t("import.crumbs"),
        class_name="crumbs",
    )


def _steps() -> rx.Component:
    def step(number: str, key: str, here: Any) -> rx.Component:
        return rx.el.li(
            rx.el.i(number, aria_hidden="true"),
            t(key),
            class_name=rx.cond(here, "step on", "step"),
            custom_attrs={"aria-current": rx.cond(here, "step", "false")},
        )

    return rx.el.ol(
        step("1", "import.step_file", here=False),
        step("2", "import.step_check", ~Import.done),
        step("3", "import.step_done", Import.done),
        class_name="steps",
        aria_label=t("import.steps"),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        *(rx.el.div(rx.el.div(class_name="skeleton val"), class_name="card") for _ in range(4)),
        class_name="grid cards",
        role="status",
        aria_label=t("import.reading"),
    )


def _working() -> rx.Component:
    """How far long work is, with the way to stop it."""
    reads = Import.working == "reading"
    title = rx.cond(reads, t("import.reading"), t("import.writing"))
    return rx.el.section(
        rx.el.div(
            rx.el.div(rx.el.h2(rx.cond(Import.stopping, t("import.stopping"), title)), role="status"),
            rx.el.span(rx.cond(Import.doing["percent"] < 0, "", Import.doing["percent"].to_string() + " %")),
            class_name="h",
        ),
        rx.cond(
            Import.doing["percent"] < 0,
            rx.el.progress(aria_label=title),
            rx.el.progress(value=Import.doing["percent"], max=100, aria_label=title),
        ),
        rx.el.div(
            rx.el.p(
                rx.el.span(Import.doing["far"]),
                rx.el.span(Import.doing["rate"]),
                rx.el.span(Import.doing["left"]),
                class_name="far",
            ),
            rx.cond(
                Shell.may_upload,
                button(
                    rx.cond(reads, t("import.discard"), t("import.stop")),
                    on_click=Import.stop,
                    disabled=Import.stopping,
                ),
            ),
            class_name="under",
        ),
        rx.el.p(rx.cond(reads, t("import.reading_hint"), t("import.writing_hint")), class_name="muted small"),
        class_name="card working",
    )


def _check() -> rx.Component:
    understood = Import.counted & ((Import.header.length() > 0) | (Import.documents.length() > 0))
    return rx.fragment(
        file_troubles(),
        questions(),
        rx.cond(understood, _counts()),
        rx.cond(Import.working != "", _working(), rx.cond(Shell.may_upload, _action())),
        doubtful(),
        changes(),
        documents(),
        layout(),
        errors(),
        warnings(),
        nettings(),
        settings(),
        first_rows(),
    )


def _counts() -> rx.Component:
    return rx.el.div(
        _count(
            rx.cond(Import.done, t("import.created"), t("import.ready")),
            Import.created,
            Import.total,
            rx.cond(Import.has_new_debtors, Import.new_debtors, ""),
        ),
        rx.cond(Import.updated != "", _count(t("import.updated"), Import.updated, _updated_hint())),
        _count(t("import.known"), Import.unchanged, t("import.known_hint")),
        _count(t("import.credit_notes"), Import.credit_notes, Import.credit_hint),
        rx.cond(
            Import.rejected != "",
            _count(t("import.to_correct"), Import.rejected, _download(), tone=" bad"),
            _count(t("import.to_correct"), "0", t("import.all_good")),
        ),
        class_name="grid cards",
    )


def _updated_hint() -> rx.Var[str]:
    return rx.cond(Import.done, t("import.updated_done"), t("import.updated_hint"))


def _download() -> rx.Component:
    return rx.cond(
        Import.csv != "",
        rx.el.a(
            rx.cond(Import.documents.length() > 0, t("import.csv_documents"), t("import.csv")),
            href=Import.csv,
            download=True,
            reload_document=True,
            class_name="link",
        ),
    )


def _count(label: Any, value: Any, *under: Any, tone: str = "") -> rx.Component:
    return rx.el.div(
        rx.el.div(label, class_name="lab"),
        rx.el.div(value, class_name=f"val{tone}"),
        *(rx.el.div(part, class_name="delta") for part in under),
        class_name="card",
    )


def _action() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.p(
                rx.cond(
                    Import.can_go,
                    rx.cond(Import.outcome != "", Import.outcome, t("import.nothing_new")),
                    Import.why_not,
                ),
                id="import-says",
                role="status",
            ),
            rx.cond(
                Import.stale,
                rx.el.p(
                    t("import.stale"),
                    " ",
                    rx.el.button(
                        t("import.recount"),
                        type="button",
                        on_click=[Import.wait, Import.recount],
                        disabled=Import.busy,
                        class_name="link",
                    ),
                    class_name="small",
                ),
            ),
            rx.el.p(t("import.nothing_sent"), class_name="muted small"),
            _whole(),
            class_name="says",
        ),
        button(t("import.discard"), on_click=[Import.wait, Import.discard], disabled=Import.busy),
        button(
            rx.cond(Import.busy, t("import.working"), Import.go),
            kind="p",
            on_click=[Import.wait, Import.accept],
            disabled=Import.busy | ~Import.can_go,
            aria_busy=Import.busy,
            custom_attrs={"aria-describedby": "import-says"},
        ),
        class_name="card action",
    )


def _whole() -> rx.Component:
    """All or nothing: only worth asking where something is refused, or was asked for before."""
    return rx.cond(
        Import.counted & ((Import.rejected != "") | Import.whole),
        rx.el.label(
            rx.el.input(type="checkbox", role="switch", checked=Import.whole, on_change=Import.choose_whole),
            rx.el.span(t("import.whole"), rx.el.span(t("import.whole_hint"), class_name="muted small")),
            class_name="switch",
        ),
    )


def _done() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            rx.el.div(
                icon("check"),
                class_name=rx.cond(Import.taken_back, "tick off", "tick"),
                aria_hidden="true",
            ),
            rx.el.div(
                rx.el.p(Import.done_at, class_name="strong", role="status"),
                rx.el.p(
                    rx.cond(Import.taken_back, t("import.taken_back_text"), t("import.done_text")),
                    class_name="muted",
                ),
                class_name="told",
            ),
            rx.el.div(
                rx.cond(
                    ~Import.taken_back & Import.has_new_debtors & Shell.may_delegate,
                    link_button(t("import.delegate"), "/debtors?state=not_delegated", kind="p"),
                ),
                link_button(t("import.see"), "/invoices"),
                link_button(t("history.title"), HISTORY),
                rx.cond(
                    ~Import.taken_back & Shell.may_upload,
                    button(t("import.take_back"), id="take-back", on_click=Import.ask_take_back),
                ),
                class_name="r",
            ),
            class_name="card success",
        ),
        _counts(),
        errors(),
        warnings(),
    )
