"""What stops reminders, drawn: the card in a debtor's file."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.ui.components import card, icon, tag
from encaiss_dashboard.ui.i18n import Language, t
from encaiss_dashboard.ui.shell import Shell
from encaiss_dashboard.ui.stop_words import PaperLink, PartWords, StopRow
from encaiss_dashboard.ui.stopping_dialog import stopping_dialog
from encaiss_dashboard.ui.stopping_state import ASKED, Stopping

__all__ = ["Stopping", "stopped_on", "stops_card"]

_PAPER_MEGABYTES: Final = "10"


def stopped_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = Stopping.asking != ""
    return rx.fragment(rx.el.div(screen, custom_attrs={"inert": shut}), rx.cond(shut, stopping_dialog()))


def stops_card() -> rx.Component:
    """What runs and what is over, with what may be decided about each."""
    return card(
        t("stops.title"),
        "",
        rx.cond(
            Stopping.running.length() > 0,
            rx.el.ul(rx.foreach(Stopping.running, _stop), class_name="stops"),
            rx.cond(Stopping.ready, rx.el.p(t("stops.none"), class_name="muted")),
        ),
        rx.cond(
            Stopping.past.length() > 0,
            rx.el.details(
                rx.el.summary(t("stops.past"), class_name="link small"),
                rx.el.ul(rx.foreach(Stopping.past, _stop), class_name="stops past"),
            ),
        ),
        rx.script(src="/upload.js"),
        action=rx.cond(
            Shell.may_delegate,
            rx.el.button(
                t("stops.add"), id="stop-new", on_click=Stopping.ask_new, type="button", class_name="link end"
            ),
            rx.fragment(),
        ),
        class_name="stopping",
    )


def _stop(row: rx.vars.ObjectVar[StopRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["title"], class_name="strong"), tag(row["state"], row["tone"]), class_name="head"
        ),
        rx.el.div(row["when"], class_name="small"),
        rx.el.div(row["about"], class_name="muted small number"),
        rx.el.div(row["said"], class_name="muted small said"),
        rx.foreach(row["later"], lambda says: rx.el.div(says, class_name="small said")),
        rx.cond(
            row["parts"].length() > 0,
            rx.el.ul(rx.foreach(row["parts"].to(list[PartWords]), _part), class_name="parts"),
        ),
        rx.foreach(row["papers"].to(list[PaperLink]), _paper),
        rx.cond(
            Shell.may_delegate & row["may_withdraw"],
            rx.el.div(*(_way(row, what) for what in ASKED), _attach(row), class_name="own"),
        ),
        key=row["id"].to_string(),
    )


def _part(part: rx.vars.ObjectVar[PartWords]) -> rx.Component:
    """With the message before it: when it is to go, or where to read it."""
    said = rx.cond(
        part["href"] != "",
        rx.el.a(part["reminder"], href=part["href"], class_name="link small"),
        rx.el.span(part["reminder"], class_name="muted small"),
    )
    return rx.el.li(
        rx.el.div(rx.el.span(part["says"]), rx.cond(part["reminder"] != "", rx.el.div(said))),
        tag(part["state"], part["tone"]),
    )


def _paper(paper: rx.vars.ObjectVar[PaperLink]) -> rx.Component:
    return rx.el.a(
        icon("clip"),
        paper["name"],
        href=paper["href"],
        download=True,
        reload_document=True,
        class_name="link small paper",
    )


def _way(row: Any, what: str) -> rx.Component:
    return rx.cond(
        row[f"may_{what}"],
        rx.el.button(
            t(f"stops.{what}"),
            rx.el.span(" ", row["title"], class_name="sr"),
            on_click=Stopping.ask(what, row["id"]),
            type="button",
            class_name="btn small",
        ),
    )


def _attach(row: Any) -> rx.Component:
    """Where a document is chosen or dropped; assets/upload.js sends it and says what comes of it."""
    return rx.el.div(
        rx.el.label(
            rx.el.span(t("stops.attach"), class_name="btn small"),
            rx.el.input(
                type="file",
                accept=".pdf,.png,.jpg,.jpeg,application/pdf,image/png,image/jpeg",
                class_name="sr",
                aria_label=t("stops.attach"),
            ),
            class_name="target",
        ),
        rx.el.div(
            rx.el.span(class_name="what"),
            rx.el.progress(max=100, aria_label=t("invoices.sending")),
            class_name="sending",
            role="status",
        ),
        rx.el.p(class_name="problem", role="alert"),
        rx.el.div(class_name="results", role="alert"),
        class_name="drop attach",
        custom_attrs={
            "data-dropzone": row["upload"],
            "data-megabytes": _PAPER_MEGABYTES,
            "data-language": Language.lang,
            "data-sending": t("invoices.sending_file"),
            "data-checking": t("invoices.checking_file"),
            "data-failed": t("invoices.send_failed"),
            "data-which": t("invoices.sending_which"),
            "data-received": t("invoices.received"),
            "data-folder": t("invoices.no_folder"),
            "data-history": "",
            "data-too-large": t("refusal.stop_paper"),
        },
    )
