"""What can be taken away of the list of invoices."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import icon
from encaiss_dashboard.ui.i18n import t


def taken_away(query: Any) -> rx.Component:
    """The follow-up sheet and the list as it is shown, of what an address's query asks for."""
    files = (
        ("invoices.follow_up_xlsx", "/files/follow-up/xlsx" + query),
        ("invoices.follow_up_csv", "/files/follow-up/csv" + query),
        ("invoices.export", "/files/invoices/all" + query),
    )
    return rx.el.details(
        rx.el.summary(icon("download"), t("invoices.exports"), class_name="btn"),
        rx.el.div(
            *(rx.el.a(t(key), href=href, download=True, reload_document=True) for key, href in files),
            class_name="choices",
        ),
        class_name="export",
    )
