"""One uploaded file: what was understood of it, what is wrong with it, and its import."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui import import_rows
from encaiss_dashboard.ui.components import button, card, icon, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.import_state import Import, Setting
from encaiss_dashboard.ui.shell import Shell, page


def import_page() -> rx.Component:
    """The page."""
    return page(
        "menu.invoices",
        top(
            rx.cond(Import.done, t("import.done"), t("import.title")),
            rx.cond(
                Import.ready, rx.cond(Import.missing, t("import.missing"), Import.sub), t("import.reading")
            ),
            _steps(),
            crumbs=rx.el.nav(
                rx.el.a(t("menu.invoices"), href="/invoices"),
                aria_label=t("import.crumbs"),
                class_name="crumbs",
            ),
        ),
        rx.cond(
            ~Import.ready,
            _waiting(),
            rx.cond(
                Import.missing,
                link_button(t("import.back"), "/invoices"),
                rx.el.div(rx.cond(Import.done, _done(), _check()), aria_busy=Import.busy, class_name="stack"),
            ),
        ),
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


def _check() -> rx.Component:
    return rx.fragment(
        rx.foreach(Import.file_troubles, _file_trouble),
        rx.cond(Import.date_reads.length() > 0, _question("date_order", "dates", Import.date_reads)),
        rx.cond(Import.decimal_reads.length() > 0, _question("decimal", "decimals", Import.decimal_reads)),
        rx.cond(Import.asking | (Import.header.length() == 0), rx.fragment(), _counts()),
        rx.cond(Shell.may_upload, _action()),
        rx.cond(Import.header.length() > 0, _layout()),
        rx.cond(Import.settable, _settings()),
        _troubles(),
        _changes(),
        _first_rows(),
    )


def _file_trouble(trouble: Any) -> rx.Component:
    return rx.el.p(
        rx.cond(trouble["field"] != "", rx.el.span(trouble["field"] + " · ", class_name="strong")),
        trouble["reason"],
        class_name="note n-" + trouble["tone"],
        role="alert",
    )


def _question(setting: Setting, name: str, reads: Any) -> rx.Component:
    return rx.el.section(
        rx.el.h2(t(f"import.ask_{name}")),
        rx.el.p(t(f"import.ask_{name}_why"), class_name="small"),
        rx.el.div(
            rx.foreach(
                reads,
                lambda way: rx.el.button(
                    rx.el.span(way["label"], class_name="strong"),
                    rx.el.span(way["example"], class_name="muted"),
                    type="button",
                    class_name="reading",
                    disabled=Import.busy | ~Shell.may_upload,
                    on_click=[Import.wait, Import.choose_setting(setting, way["value"])],
                ),
            ),
            class_name="ways",
        ),
        class_name="note n-warn ask",
    )


def _counts() -> rx.Component:
    return rx.el.div(
        _count(
            rx.cond(Import.done, t("import.created"), t("import.ready")),
            Import.created,
            Import.total,
            rx.cond(Import.has_new_debtors, Import.new_debtors, ""),
        ),
        rx.cond(Import.updated != "", _count(t("import.updated"), Import.updated, t("import.updated_hint"))),
        _count(t("import.known"), Import.unchanged, t("import.known_hint")),
        _count(t("import.credit_notes"), Import.credit_notes, t("import.credit_notes_hint")),
        rx.cond(
            Import.rejected != "",
            _count(
                t("import.to_correct"),
                Import.rejected,
                rx.el.a(
                    t("import.csv"), href=Import.csv, download=True, reload_document=True, class_name="link"
                ),
                tone=" bad",
            ),
            _count(t("import.to_correct"), "0", t("import.all_good")),
        ),
        class_name="grid cards",
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
        rx.el.p(
            rx.cond(
                Import.can_go,
                rx.cond(Import.outcome != "", Import.outcome, t("import.nothing_new")),
                rx.cond(Import.asking, t("refusal.questions_open"), t("import.cannot_yet")),
            ),
            rx.el.span(t("import.nothing_sent"), class_name="muted small"),
            class_name="says",
        ),
        button(t("import.discard"), on_click=[Import.wait, Import.discard], disabled=Import.busy),
        button(
            rx.cond(Import.busy, t("import.working"), Import.go),
            kind="p",
            on_click=[Import.wait, Import.accept],
            disabled=Import.busy | ~Import.can_go,
            aria_busy=Import.busy,
        ),
        class_name="card action",
    )


def _layout() -> rx.Component:
    return card(
        t("import.columns"),
        t("import.columns_hint"),
        rx.el.div(rx.foreach(Import.columns, _column), class_name="columns"),
        rx.el.details(
            rx.el.summary(t("import.more_columns")),
            rx.el.div(rx.foreach(Import.more_columns, _column), class_name="columns"),
        ),
    )


def _settings() -> rx.Component:
    return card(
        t("import.settings"),
        t("import.settings_hint"),
        rx.el.div(
            _setting("separator", [(v, f"import.separator_{n}") for v, n in import_rows.SEPARATORS.items()]),
            _setting("decimal", [(v, f"import.decimal_{n}") for v, n in import_rows.DECIMALS.items()]),
            _setting("date_order", [(v, f"import.dates_{v}") for v in import_rows.DATE_ORDERS]),
            _setting("encoding", list(import_rows.ENCODINGS.items())),
            class_name="settings",
        ),
    )


def _column(column: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(column["label"], class_name="strong"),
        rx.el.select(
            rx.el.option(t("import.no_column"), value=""),
            rx.foreach(Import.header, lambda name: rx.el.option(name["label"], value=name["value"])),
            value=column["column"],
            on_change=lambda value: [Import.wait, Import.choose_column(column["field"], value)],
            disabled=Import.busy | ~Shell.may_upload,
            class_name="in",
        ),
        rx.el.span(column["hint"], class_name="hint"),
        class_name="column n-" + column["tone"],
    )


def _setting(name: Setting, options: list[tuple[str, str]]) -> rx.Component:
    def label(words: str) -> Any:
        return t(words) if words.startswith("import.") else words

    return rx.el.label(
        rx.el.span(t(f"import.setting_{name}")),
        rx.el.select(
            rx.cond(Import.settings[name] == "", rx.el.option("–", value="")),
            *(rx.el.option(label(words), value=value) for value, words in options),
            value=Import.settings[name],
            on_change=lambda value: [Import.wait, Import.choose_setting(name, value)],
            disabled=Import.busy | ~Shell.may_upload,
            class_name="in",
        ),
        class_name="field",
    )


def _table(caption: str, headings: tuple[tuple[str, str], ...], rows: Any, line: Any) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t(caption), class_name="sr"),
            rx.el.thead(rx.el.tr(*(rx.el.th(t(key), scope="col", class_name=c) for key, c in headings))),
            rx.el.tbody(rx.foreach(rows, line)),
        ),
        class_name="scroll tall",
        tab_index=0,
        role="region",
        aria_label=t(caption),
    )


def _more(words: Any) -> rx.Component:
    return rx.cond(words != "", rx.el.p(words, class_name="muted small more"))


def _troubles() -> rx.Component:
    return rx.cond(
        Import.troubles.length() > 0,
        card(
            Import.troubles_title,
            t("import.troubles_hint"),
            _table(
                "import.troubles_caption",
                (
                    ("import.column_line", "num"),
                    ("import.column_field", ""),
                    ("import.column_problem", ""),
                    ("import.column_row", ""),
                ),
                Import.troubles,
                lambda row: rx.el.tr(
                    rx.el.td(row["line"], class_name="num"),
                    rx.el.td(row["field"], class_name="muted"),
                    rx.el.td(row["reason"], class_name="reason"),
                    rx.el.td(tag(row["weight"], row["tone"])),
                ),
            ),
            _more(Import.troubles_more),
            action=rx.el.a(t("import.download"), href=Import.csv, download=True, reload_document=True),
        ),
    )


def _changes() -> rx.Component:
    return rx.cond(
        Import.changes.length() > 0,
        card(
            t("import.changes"),
            t("import.changes_hint"),
            _table(
                "import.changes",
                (
                    ("import.column_line", "num"),
                    ("field.number", ""),
                    ("field.debtor", ""),
                    ("import.column_field", ""),
                    ("import.before", ""),
                    ("import.after", ""),
                ),
                Import.changes,
                lambda row: rx.el.tr(
                    rx.el.td(row["line"], class_name="num"),
                    rx.el.td(row["number"], class_name="nw strong"),
                    rx.el.td(row["debtor"]),
                    rx.el.td(row["field"], class_name="muted"),
                    rx.el.td(rx.el.del_(row["before"]), class_name="nw muted"),
                    rx.el.td(row["after"], class_name="nw strong"),
                ),
            ),
            _more(Import.changes_more),
        ),
    )


def _first_rows() -> rx.Component:
    return rx.cond(
        Import.first.length() > 0,
        card(
            t("import.first"),
            t("import.first_hint"),
            _table(
                "import.first",
                (
                    ("import.column_line", "num"),
                    ("field.number", ""),
                    ("field.debtor", ""),
                    ("field.issue", ""),
                    ("field.due", ""),
                    ("field.total", "num"),
                ),
                Import.first,
                lambda row: rx.el.tr(
                    rx.el.td(row["line"], class_name="num muted"),
                    rx.el.td(
                        row["number"],
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


def _done() -> rx.Component:
    return rx.fragment(
        rx.el.section(
            rx.el.div(icon("check"), class_name="tick", aria_hidden="true"),
            rx.el.div(
                rx.el.p(Import.done_at, class_name="strong", role="status"),
                rx.el.p(t("import.done_text"), class_name="muted"),
            ),
            rx.el.div(
                rx.cond(
                    Import.has_new_debtors & Shell.may_delegate,
                    rx.el.a(t("import.delegate"), href="/debtors?state=not_delegated", class_name="btn p"),
                ),
                rx.el.a(t("import.see"), href="/invoices", class_name="btn"),
                class_name="r",
            ),
            class_name="card success",
        ),
        _counts(),
        _troubles(),
    )
