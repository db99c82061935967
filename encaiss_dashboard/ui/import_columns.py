"""How an uploaded file was understood, each guess with the way to change it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui import import_reading
from encaiss_dashboard.ui.components import card
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.import_state import Import, Setting, held
from encaiss_dashboard.ui.shell import Shell


def questions() -> rx.Component:
    """What only the owner of the file can say: how its dates and its amounts are meant."""
    return rx.fragment(
        rx.cond(Import.date_reads.length() > 0, _question("date_order", "dates", Import.date_reads)),
        rx.cond(Import.decimal_reads.length() > 0, _question("decimal", "decimals", Import.decimal_reads)),
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
                    disabled=held() | ~Shell.may_upload,
                    on_click=[Import.wait, Import.choose_setting(setting, way["value"])],
                ),
            ),
            class_name="readings",
        ),
        class_name="note n-warn ask",
    )


def documents() -> rx.Component:
    """What was read of files that have no columns."""
    return rx.cond(
        Import.documents.length() > 0,
        card(
            t("import.read"),
            t("import.read_hint"),
            rx.el.ul(
                rx.foreach(Import.documents, lambda said: rx.el.li(said, class_name="pill")),
                class_name="pills plain",
            ),
        ),
    )


def layout() -> rx.Component:
    """Which column holds what."""
    return rx.cond(
        Import.header.length() > 0,
        card(
            t("import.columns"),
            t("import.columns_hint"),
            rx.el.div(rx.foreach(Import.columns, _column), class_name="columns"),
            rx.el.details(
                rx.el.summary(t("import.more_columns")),
                rx.el.div(rx.foreach(Import.more_columns, _column), class_name="columns"),
            ),
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
            disabled=held() | ~Shell.may_upload,
            class_name="in",
        ),
        rx.el.span(column["hint"], class_name="hint", title=column["hint"]),
        key=column["field"],
        class_name="column n-" + column["tone"],
    )


def settings() -> rx.Component:
    """How the file is written, as far as a file of its kind can be written otherwise."""
    separators = [(v, f"import.separator_{n}") for v, n in import_reading.SEPARATORS.items()]
    decimals = [(v, f"import.decimal_{n}") for v, n in import_reading.DECIMALS.items()]
    orders = [(v, f"import.dates_{v}") for v in import_reading.DATE_ORDERS]
    return rx.cond(
        Import.settable,
        card(
            t("import.settings"),
            t("import.settings_hint"),
            rx.el.div(
                rx.cond(Import.sheets.length() > 0, _sheet()),
                rx.cond(Import.textual, _setting("separator", separators)),
                _setting("decimal", decimals),
                _setting("date_order", orders),
                rx.cond(Import.textual, _setting("encoding", list(import_reading.ENCODINGS.items()))),
                class_name="settings",
            ),
        ),
    )


def _sheet() -> rx.Component:
    options = rx.foreach(Import.sheets, lambda name: rx.el.option(name["label"], value=name["value"]))
    return _select("sheet", options)


def _setting(name: Setting, options: list[tuple[str, str]]) -> rx.Component:
    def label(words: str) -> Any:
        return t(words) if words.startswith("import.") else words

    return _select(name, *(rx.el.option(label(words), value=value) for value, words in options))


def _select(name: Setting, *options: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(t(f"import.setting_{name}")),
        rx.el.select(
            rx.cond(Import.settings[name] == "", rx.el.option("–", value="")),
            *options,
            value=Import.settings[name],
            on_change=lambda value: [Import.wait, Import.choose_setting(name, value)],
            disabled=held() | ~Shell.may_upload,
            class_name="in",
        ),
        class_name="field",
    )
