"""Debtors of a file that may be known ones: shown side by side, and said by who knows."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, card, tag
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.import_state import Import, held
from encaiss_dashboard.ui.import_tables import pager
from encaiss_dashboard.ui.shell import Shell


def doubtful() -> rx.Component:
    """The card that asks."""
    return rx.cond(
        Import.doubts.length() > 0,
        card(
            t("import.doubts"),
            Import.doubts_title,
            rx.el.div(
                rx.el.p(t("import.doubts_hint"), class_name="muted small"),
                rx.cond(Shell.may_upload, _rest()),
                class_name="between",
            ),
            rx.el.ul(rx.foreach(Import.doubts, _doubt), class_name="doubts"),
            pager("import.doubts", Import.doubts_pages, Import.doubts_page, Import.turn_doubts),
            class_name="asked",
        ),
    )


def _rest() -> rx.Component:
    return rx.cond(
        Import.rest_new,
        button(t("import.ask_rest"), on_click=Import.answer_rest("ask"), disabled=held()),
        button(
            t("import.rest_new"),
            on_click=Import.answer_rest("new"),
            disabled=held() | (Import.open_doubts == 0),
        ),
    )


def _doubt(row: Any) -> rx.Component:
    asked = rx.el.div(
        rx.el.div(
            rx.el.div(
                rx.el.span(row["name"], class_name="strong"),
                rx.cond(row["is_open"], tag(t("import.to_answer"), "warn")),
                class_name="named",
            ),
            rx.el.div(row["detail"], class_name="muted small"),
            class_name="said-of",
        ),
        rx.el.ul(
            rx.foreach(row["suggestions"].to(list[dict[str, Any]]), lambda one: _suggestion(row, one)),
            rx.el.li(
                rx.el.span(t("import.none_of_them"), class_name="muted"),
                _answer(row["is_new"], t("import.it_is_new"), row["new_label"], row["key"], 0),
                class_name="suggestion",
            ),
            class_name="suggestions",
        ),
        role="group",
        aria_label=row["name"],
        class_name=rx.cond(row["is_open"], "doubt-row open", "doubt-row"),
    )
    return rx.el.li(asked, key=row["key"])


def _suggestion(row: Any, one: Any) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(one["name"], class_name="strong"),
            rx.el.span(one["detail"], class_name="muted small"),
            rx.el.span(one["why"], class_name="pill"),
            class_name="one",
        ),
        _answer(one["chosen"], t("import.it_is"), one["label"], row["key"], one["id"]),
        key=one["id"].to_string(),
        class_name=rx.cond(one["chosen"], "suggestion chosen", "suggestion"),
    )


def _answer(pressed: Any, words: Any, label: Any, doubt: Any, debtor_id: Any) -> rx.Component:
    return rx.el.button(
        rx.cond(pressed, rx.el.span("✓ ", aria_hidden="true")),
        words,
        type="button",
        on_click=Import.answer_debtor(doubt, debtor_id),
        disabled=held() | ~Shell.may_upload,
        aria_label=label,
        aria_pressed=pressed,
        class_name=rx.cond(pressed, "btn on", "btn"),
    )
