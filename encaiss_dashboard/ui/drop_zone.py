"""The zone that takes files of invoices, and what is said around the first one."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.ui.components import empty, icon
from encaiss_dashboard.ui.i18n import Language, t
from encaiss_dashboard.ui.limits import UPLOAD_BYTES_MAX

HISTORY: Final = "/invoices/imports"
_ACCEPTED: Final = (
    ".csv,.txt,.tsv,.xlsx,.xlsm,.xls,.ods,.xml,.pdf,.zip,text/csv,text/plain,application/xml,text/xml,"
    "application/pdf,application/zip,application/vnd.ms-excel,application/vnd.oasis.opendocument.spreadsheet,"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)


def drop_zone(*, big: Any) -> rx.Component:
    """Where files are dropped or chosen; assets/upload.js sends them and says what comes of it."""
    return rx.el.section(
        rx.script(src="/upload.js"),
        rx.el.label(
            icon("upload"),
            rx.el.span(
                rx.el.span(t("invoices.drop"), class_name="strong"),
                rx.el.span(t("invoices.drop_hint"), class_name="muted small", id="drop-hint"),
                class_name="words",
            ),
            rx.el.span(t("invoices.choose"), class_name="btn p", aria_hidden="true"),
            rx.el.input(
                type="file",
                multiple=True,
                accept=_ACCEPTED,
                class_name="sr",
                aria_label=t("invoices.choose"),
                aria_describedby="drop-hint drop-problem",
            ),
            class_name="target",
        ),
        rx.el.div(
            rx.el.span(class_name="what"),
            rx.el.progress(max=100, aria_label=t("invoices.sending")),
            class_name="sending",
            role="status",
        ),
        rx.el.p(class_name="problem", id="drop-problem", role="alert"),
        rx.el.div(class_name="results", role="alert"),
        class_name=rx.cond(big, "drop big", "drop"),
        aria_label=t("invoices.drop"),
        custom_attrs={
            "data-dropzone": "/uploads/invoices",
            "data-megabytes": str(UPLOAD_BYTES_MAX // 2**20),
            "data-language": Language.lang,
            "data-sending": t("invoices.sending_file"),
            "data-checking": t("invoices.checking_file"),
            "data-failed": t("invoices.send_failed"),
            "data-which": t("invoices.sending_which"),
            "data-received": t("invoices.received"),
            "data-folder": t("invoices.no_folder"),
            "data-history": HISTORY,
            "data-too-large": t("import.too_large"),
        },
    )


def how_it_goes() -> rx.Component:
    """What is said while there is no invoice at all: the three steps from here."""
    return rx.el.section(
        empty(t("invoices.first_title"), t("invoices.first_text")),
        rx.el.ol(
            *(
                rx.el.li(
                    rx.el.span(t(f"invoices.first_{name}"), class_name="strong"),
                    t(f"invoices.first_{name}_text"),
                )
                for name in ("export", "check", "import")
            ),
            class_name="how",
        ),
        class_name="card",
    )
