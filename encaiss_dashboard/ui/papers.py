"""The document kept beside an invoice: a paper-clip that opens it, where there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import reflex as rx

from encaiss_dashboard.locales import text
from encaiss_dashboard.services.documents import Document
from encaiss_dashboard.ui.components import icon

Papers = Mapping[int, Sequence[Document]]


class Paper(TypedDict):
    """Where a document is and what the link to it says; "" where there is none."""

    href: str
    label: str


def paper_of(papers: Papers, invoice_id: int, lang: str) -> Paper:
    """The first document beside an invoice: its PDF, where it came as one."""
    found = papers.get(invoice_id, ())
    if not found:
        return Paper(href="", label="")
    first = next((one for one in found if one.mime == "application/pdf"), found[0])
    return Paper(href=f"/files/document/{first.id}", label=text(lang, "invoices.document", name=first.name))


def clip(paper: Any) -> rx.Component:
    """The paper-clip."""
    return rx.cond(
        paper["href"] != "",
        rx.el.a(
            icon("clip"),
            href=paper["href"],
            download=True,
            reload_document=True,
            aria_label=paper["label"],
            title=paper["label"],
            class_name="clip",
        ),
    )
