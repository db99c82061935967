"""The zone that takes statements of banks and tables of payments, and says what came of each."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.ui.components import icon
from encaiss_dashboard.ui.i18n import Language, t
from encaiss_dashboard.ui.limits import BANK_BYTES_MAX

_ACCEPTED: Final = (
    ".cod,.coda,.xml,.camt,.zip,.sta,.mt940,.940,.txt,.csv,.tsv,.xlsx,.xlsm,.ods,.bc2,text/plain,text/csv,"
    "application/xml,text/xml,application/vnd.oasis.opendocument.spreadsheet,"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)


def bank_zone(*, route: str, queue: str, big: Any, after: Any) -> rx.Component:
    """Where files are dropped or chosen; assets/upload.js sends them and says what comes of each.

    Args:
        route: that takes them.
        queue: the screen where lines wait to be decided.
        big: whether there is nothing yet, so that the zone is what the screen is for.
        after: the event that shows the screen anew.
    """
    return rx.el.section(
        rx.script(src="/upload.js"),
        rx.el.label(
            icon("upload"),
            rx.el.span(
                rx.el.span(t("payments.drop"), class_name="strong"),
                rx.el.span(t("payments.drop_hint"), class_name="muted small", id="bank-hint"),
                class_name="words",
            ),
            rx.el.span(t("payments.choose"), class_name="btn p", aria_hidden="true"),
            rx.el.input(
                type="file",
                multiple=True,
                accept=_ACCEPTED,
                class_name="sr",
                aria_label=t("payments.choose"),
                aria_describedby="bank-hint bank-problem",
            ),
            class_name="target",
        ),
        rx.el.div(
            rx.el.span(class_name="what"),
            rx.el.progress(max=100, aria_label=t("invoices.sending")),
            class_name="sending",
            role="status",
        ),
        rx.el.p(class_name="problem", id="bank-problem", role="alert"),
        rx.el.div(class_name="results", role="status"),
        rx.el.button(type="button", on_click=after, hidden=True, custom_attrs={"data-after-upload": ""}),
        _whose(),
        class_name=rx.cond(big, "drop bank big", "drop bank"),
        aria_label=t("payments.drop"),
        custom_attrs={
            "data-dropzone": route,
            "data-megabytes": str(BANK_BYTES_MAX // 2**20),
            "data-language": Language.lang,
            "data-sending": t("invoices.sending_file"),
            "data-checking": t("payments.booking_file"),
            "data-failed": t("invoices.send_failed"),
            "data-which": t("invoices.sending_which"),
            "data-folder": t("invoices.no_folder"),
            "data-too-large": t("import.too_large"),
            "data-queue": queue,
            "data-queue-words": t("payments.to_queue"),
        },
    )


def _whose() -> rx.Component:
    """The browser's own dialog: it keeps the focus within, and Escape means no."""
    return rx.el.dialog(
        rx.el.form(
            rx.el.h2(t("payments.whose_title"), id="bank-whose"),
            rx.el.p(rx.el.strong(class_name="account nw"), class_name="asked"),
            rx.el.p(t("payments.whose_text")),
            rx.el.p(
                t("payments.whose_file"), " ", rx.el.span(class_name="file strong"), class_name="muted small"
            ),
            rx.el.div(
                rx.el.button(t("payments.whose_no"), value="", auto_focus=True, class_name="btn"),
                rx.el.button(t("payments.whose_yes"), value="ours", class_name="btn p"),
                class_name="end",
            ),
            method="dialog",
            on_submit=None,
            class_name="whose",
        ),
        aria_labelledby="bank-whose",
    )
