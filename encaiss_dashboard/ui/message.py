"""One message: what it said, what became of it, and why it was sent."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import card, empty, link_button, tag
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.message_state import Told
from encaiss_dashboard.ui.shell import page


def message_page() -> rx.Component:
    """The page."""
    return page(
        "message.title",
        rx.cond(
            Told.missing,
            rx.fragment(
                rx.el.h1(t("message.title")),
                rx.el.section(
                    empty(
                        t("message.missing_title"),
                        t("message.missing_text"),
                        link_button(t("message.missing_go"), "/reminders", kind="p"),
                    ),
                    class_name="card gap",
                ),
            ),
            rx.fragment(
                _crumbs(),
                _head(),
                rx.el.div(
                    rx.el.div(_why(), _said(), class_name="grid side-cards"),
                    _delivery(),
                    class_name="grid k2 file",
                ),
            ),
        ),
    )


def _crumbs() -> rx.Component:
    return rx.el.nav(
        rx.el.a(t("menu.reminders"), href="/reminders"),
        rx.el.span(" / ", aria_hidden="true"),
        rx.el.a(Told.debtor, href=Told.debtor_href),
        aria_label=t("message.title"),
        class_name="crumbs",
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1(rx.cond(Told.ready, Told.subject, "…"), rx.cond(Told.ready, tag(Told.state, Told.tone))),
        ),
        class_name="top",
    )


def _facts(facts: Any) -> rx.Component:
    return rx.el.dl(
        rx.foreach(facts, lambda fact: rx.fragment(rx.el.dt(fact["name"]), rx.el.dd(fact["value"]))),
        class_name="facts",
    )


def _waiting() -> rx.Component:
    return rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(5)), aria_hidden="true")


def _why() -> rx.Component:
    return card(
        t("message.why"),
        t("message.why_hint"),
        rx.cond(
            Told.ready,
            rx.fragment(
                _facts(Told.rules),
                rx.el.ul(
                    rx.foreach(
                        Told.lines,
                        lambda line: rx.el.li(
                            rx.el.div(
                                rx.el.span(
                                    line["why"],
                                    rx.cond(
                                        line["dropped"], tag(t("message.left_out"), "mute"), rx.fragment()
                                    ),
                                    class_name="small",
                                ),
                                rx.el.span(line["open"], class_name="num strong end"),
                                class_name="head reasoned",
                            ),
                        ),
                    ),
                    aria_label=t("message.invoices"),
                    class_name="coming",
                ),
                rx.cond(Told.lines_more != "", rx.el.p(Told.lines_more, class_name="muted small")),
                rx.el.p(t("message.facts_note"), class_name="muted small"),
            ),
            _waiting(),
        ),
    )


def _delivery() -> rx.Component:
    return card(
        t("message.delivery"),
        t("message.delivery_hint"),
        rx.cond(Told.ready, _facts(Told.delivery), _waiting()),
    )


def _said() -> rx.Component:
    """As plain text: what a message holds comes from files of strangers too."""
    return card(
        t("message.said"),
        t("message.said_hint"),
        rx.cond(
            Told.body != "",
            rx.el.div(
                rx.el.pre(Told.body, tab_index=0),
                rx.cond(
                    Told.page_href != "",
                    rx.el.a(
                        t("file.message_page"),
                        href=Told.page_href,
                        download=True,
                        reload_document=True,
                        class_name="link small",
                    ),
                ),
                rx.cond(
                    Told.original_href != "",
                    rx.el.a(
                        t("message.original"),
                        href=Told.original_href,
                        download=True,
                        reload_document=True,
                        class_name="link small",
                    ),
                ),
                class_name="letter",
            ),
            rx.cond(Told.ready, rx.el.p(t("file.not_written"), class_name="muted small"), _waiting()),
        ),
    )
