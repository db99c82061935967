"""The lists on the screen of one import: what is wrong, what changes, what is netted, the first rows."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.ui.components import button, card, tag
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.import_state import Import, held
from encaiss_dashboard.ui.shell import Shell

_LINE: Final = "import.column_line"
_FEW: Final = 6


def file_troubles() -> rx.Component:
    """What concerns the whole file."""
    return rx.foreach(
        Import.file_troubles,
        lambda trouble: rx.el.p(
            rx.cond(trouble["field"] != "", rx.el.span(trouble["field"] + " · ", class_name="strong")),
            trouble["reason"],
            class_name="note n-" + trouble["tone"],
            role="alert",
        ),
    )


def errors() -> rx.Component:
    """The rows that are not imported, each with its reason."""
    return rx.cond(
        (Import.errors.length() > 0) | (Import.error_kinds.length() > 0),
        card(
            Import.errors_title,
            rx.cond(_of_documents(), t("import.errors_hint_documents"), t("import.errors_hint")),
            _kinds(Import.error_kinds, Import.error_kind, Import.show_errors, Import.errors),
            _troubles("import.errors_caption", Import.errors),
            _more(Import.errors_more),
            action=rx.el.a(t("import.download"), href=Import.csv, download=True, reload_document=True),
            class_name="wrong",
        ),
    )


def warnings() -> rx.Component:
    """What is imported all the same, but had better be looked at."""
    opened = Import.warnings_open
    return rx.cond(
        Import.warning_kinds.length() > 0,
        card(
            Import.warnings_title,
            t("import.warnings_hint"),
            rx.cond(
                opened,
                rx.el.div(
                    _kinds(Import.warning_kinds, Import.warning_kind, Import.show_warnings, Import.warnings),
                    _troubles("import.warnings_caption", Import.warnings),
                    _more(Import.warnings_more),
                ),
            ),
            action=rx.el.button(
                rx.cond(opened, t("import.hide"), t("import.show")),
                rx.el.span(" ", Import.warnings_title, class_name="sr"),
                type="button",
                on_click=Import.toggle_warnings,
                aria_expanded=opened,
                class_name="link end",
            ),
        ),
    )


def _kinds(kinds: Any, chosen: Any, choose: Any, rows: Any) -> rx.Component:
    """The choice of one kind of problem, where there are several and more than a few rows."""
    return rx.cond(
        (kinds.length() > 1) & ((rows.length() > _FEW) | (chosen != "")),
        rx.el.label(
            rx.el.span(t("import.kind"), class_name="small muted"),
            rx.el.select(
                rx.el.option(t("import.kind_all"), value=""),
                rx.foreach(kinds, lambda kind: rx.el.option(kind["label"], value=kind["value"])),
                value=chosen,
                on_change=choose,
                class_name="in",
            ),
            class_name="kinds",
        ),
    )


def _troubles(caption: str, rows: Any) -> rx.Component:
    return _table(
        "troubles",
        caption,
        (
            (_LINE, "num"),
            ("import.column_invoice", ""),
            ("field.debtor", ""),
            ("import.column_amount", "num"),
            ("import.column_problem", ""),
        ),
        rows,
        lambda row: rx.el.tr(
            _at(row["line"]),
            rx.el.td(row["number"], class_name="wrap"),
            rx.el.td(row["debtor"]),
            rx.el.td(row["amount"], class_name="num"),
            rx.el.td(
                rx.el.span(
                    rx.cond(row["field"] != "", rx.el.span(row["field"] + " · ", class_name="strong")),
                    row["reason"],
                    class_name="tag long t-" + row["tone"],
                ),
                class_name="reason",
            ),
        ),
    )


def _table(
    kind: str, caption: str, headings: tuple[tuple[str, str], ...], rows: Any, line: Any
) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t(caption), class_name="sr"),
            rx.el.thead(
                rx.el.tr(*(rx.el.th(_heading(key), scope="col", class_name=c) for key, c in headings))
            ),
            rx.el.tbody(rx.foreach(rows, line)),
        ),
        class_name=f"scroll tall t-{kind}",
        tab_index=0,
        role="region",
        aria_label=t(caption),
    )


def _at(line: Any) -> rx.Component:
    """On which line; its caption shows where the headings do not, on a phone."""
    return rx.el.td(line, class_name="num muted", custom_attrs={"data-cap": _heading(_LINE)})


def _heading(key: str) -> Any:
    """The heading of a column; documents stand on no line."""
    return rx.cond(_of_documents(), t("import.column_document"), t(_LINE)) if key == _LINE else t(key)


def _of_documents() -> Any:
    return Import.documents.length() > 0


def _more(words: Any) -> rx.Component:
    return rx.cond(words != "", rx.el.p(words, class_name="muted small more"))


def pager(caption: str, words: Any, number: Any, turn: Any) -> rx.Component:
    """Pages of a list that the server already knows whole; ``words`` say which of how many."""
    return rx.cond(
        words != "",
        rx.el.nav(
            rx.el.p(words, class_name="muted", role="status"),
            button(t("invoices.previous"), on_click=turn(number - 1), disabled=number == 0),
            button(t("invoices.next"), on_click=turn(number + 1)),
            aria_label=t(caption),
            class_name="pager",
        ),
    )


def changes() -> rx.Component:
    """Known invoices that the file states otherwise, each to be accepted or left."""
    return rx.cond(
        Import.changes.length() > 0,
        card(
            t("import.changes"),
            Import.changes_title,
            rx.el.div(
                rx.el.p(t("import.changes_hint"), class_name="muted small"),
                rx.cond(
                    Shell.may_upload,
                    rx.el.div(
                        button(t("import.take_none"), on_click=Import.take_changes("none"), disabled=held()),
                        button(t("import.take_all"), on_click=Import.take_changes("all"), disabled=held()),
                        class_name="do",
                    ),
                ),
                class_name="between",
            ),
            _table(
                "changes",
                "import.changes",
                (
                    ("import.column_take", "pick"),
                    (_LINE, "num"),
                    ("import.column_invoice", ""),
                    ("field.debtor", ""),
                    ("import.column_change", ""),
                ),
                Import.changes,
                _change,
            ),
            _more(Import.changes_rest),
            pager("import.changes", Import.changes_pages, Import.changes_page, Import.turn_changes),
        ),
    )


def _change(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.input(
                type="checkbox",
                checked=row["taken"],
                on_change=lambda take: Import.take_change(row["line"], take),
                disabled=held() | ~Shell.may_upload,
                aria_label=row["label"],
            ),
            class_name="pick",
        ),
        _at(row["at"]),
        rx.el.td(row["number"], class_name="nw strong"),
        rx.el.td(row["debtor"]),
        rx.el.td(
            rx.foreach(
                row["differences"].to(list[dict[str, str]]),
                lambda one: rx.el.div(
                    rx.el.span(one["field"], class_name="muted"),
                    rx.el.del_(one["before"]),
                    rx.el.span("→", aria_hidden="true"),
                    rx.el.ins(one["after"]),
                    class_name="difference",
                ),
            ),
            rx.cond(row["taken"], rx.fragment(), rx.el.span(t("import.stays"), class_name="muted small")),
            class_name=rx.cond(row["taken"], "differences", "differences off"),
        ),
        key=row["line"].to_string(),
    )


def nettings() -> rx.Component:
    """Which invoice each credit note nets, or that it waits."""
    return rx.cond(
        Import.nettings.length() > 0,
        card(
            t("import.credit_notes"),
            t("import.nettings_hint"),
            _table(
                "nettings",
                "import.nettings_caption",
                (
                    (_LINE, "num"),
                    ("import.column_credit_note", ""),
                    ("field.credited", ""),
                    ("import.column_becomes", ""),
                ),
                Import.nettings,
                lambda row: rx.el.tr(
                    _at(row["line"]),
                    rx.el.td(row["number"], class_name="nw strong"),
                    rx.el.td(row["credited"], class_name="nw"),
                    rx.el.td(tag(row["word"], row["tone"])),
                ),
            ),
            _more(Import.nettings_more),
        ),
    )


def first_rows() -> rx.Component:
    """The first invoices of the file as they were understood."""
    return rx.cond(
        Import.first.length() > 0,
        card(
            t("import.first"),
            t("import.first_hint"),
            _table(
                "first",
                "import.first",
                (
                    (_LINE, "num"),
                    ("import.column_invoice", ""),
                    ("field.debtor", ""),
                    ("field.issue", ""),
                    ("field.due", ""),
                    ("field.total", "num"),
                ),
                Import.first,
                lambda row: rx.el.tr(
                    _at(row["line"]),
                    rx.el.td(
                        rx.el.span(row["number"]),
                        rx.cond(row["is_credit"], tag(t("invoices.credit_note"), "info")),
                        class_name="nw strong",
                    ),
                    rx.el.td(row["debtor"]),
                    rx.el.td(row["issue"], class_name="nw"),
                    rx.el.td(row["due"], class_name="nw"),
                    rx.el.td(row["total"], class_name="num"),
                ),
            ),
        ),
    )
