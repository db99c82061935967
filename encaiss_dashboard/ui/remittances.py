"""The client's remittances: the list, and each with the payments and invoices in it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import card, empty, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.remittances_state import PaidOnPage, Remittances
from encaiss_dashboard.ui.remitting import head, state_cell, table, taking_away
from encaiss_dashboard.ui.shell import page


def remittances_page() -> rx.Component:
    """The list."""
    return page(
        "remit.title",
        top(t("remit.title"), t("remit.mine_sub")),
        rx.cond(
            Remittances.ready,
            rx.cond(
                Remittances.rows.length() > 0,
                card(
                    t("remit.history"),
                    t("remit.history_hint"),
                    table(
                        "remit.history",
                        [
                            head("number"),
                            head("on", "wide"),
                            head("payments", "wide"),
                            head("state"),
                            head("amount", "num"),
                        ],
                        Remittances.rows,
                        _line,
                    ),
                    taking_away(Remittances.months, Remittances.month, Remittances.choose_month, ""),
                ),
                rx.el.section(empty(t("remit.mine_none"), t("remit.mine_none_hint")), class_name="card"),
            ),
            _waiting(),
        ),
    )


def _waiting() -> rx.Component:
    return rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(5)), class_name="waiting card")


def _line(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(row["number"], href=row["href"], class_name="link"),
            rx.el.div(row["on"], " · ", row["payments"], class_name="muted small narrow"),
            scope="row",
        ),
        rx.el.td(row["on"], class_name="wide nw muted"),
        rx.el.td(row["payments"], class_name="wide muted"),
        state_cell(row),
        rx.el.td(row["amount"], class_name="num nw"),
        key=row["key"],
    )


def remittance_page() -> rx.Component:
    """One of them."""
    return page(
        "remit.title",
        rx.cond(
            PaidOnPage.missing,
            rx.fragment(
                rx.el.h1(t("remit.title")),
                rx.el.section(
                    empty(
                        t("remit.one_missing"),
                        t("remit.mine_sub"),
                        link_button(t("remit.title"), "/remittances", kind="p"),
                    ),
                    class_name="card gap",
                ),
            ),
            rx.fragment(
                _head(),
                rx.cond(PaidOnPage.ready, _payments(), _waiting()),
            ),
        ),
    )


def _head() -> rx.Component:
    address = rx.Var.create("/files/remittances/") + PaidOnPage.key
    return rx.fragment(
        rx.el.nav(
            rx.el.a(t("remit.title"), href="/remittances"), aria_label=t("remit.title"), class_name="crumbs"
        ),
        rx.el.div(
            rx.el.div(
                rx.el.h1(
                    rx.cond(PaidOnPage.ready, PaidOnPage.title, "…"),
                    rx.cond(PaidOnPage.ready, tag(PaidOnPage.state, PaidOnPage.tone)),
                ),
                rx.el.p(PaidOnPage.sub, class_name="sub"),
            ),
            rx.el.div(
                link_button(t("remit.csv"), address + "?form=csv", download=True, reload_document=True),
                link_button(t("remit.xlsx"), address + "?form=xlsx", download=True, reload_document=True),
                class_name="r",
            ),
            class_name="top",
        ),
    )


def _payments() -> rx.Component:
    return card(
        t("remit.lines"),
        t("remit.lines_hint"),
        table(
            "remit.lines",
            [head("debtor"), head("on", "wide"), head("settles"), head("amount", "num")],
            PaidOnPage.payments,
            _payment,
        ),
        rx.cond(PaidOnPage.more != "", rx.el.p(PaidOnPage.more, class_name="muted small rest")),
        rx.el.p(t("remit.sum"), rx.el.strong(PaidOnPage.total), class_name="remit-sum"),
    )


def _payment(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(row["debtor"], href=row["href"], class_name="link"),
            rx.cond(row["communication"] != "", rx.el.div(row["communication"], class_name="muted small")),
            rx.el.div(row["on"], class_name="muted small narrow"),
            scope="row",
        ),
        rx.el.td(row["on"], class_name="wide nw muted"),
        rx.el.td(
            rx.el.ul(
                rx.foreach(
                    row["parts"].to(list[dict[str, str]]),
                    lambda part: rx.el.li(
                        rx.el.span(part["what"]), rx.el.span(part["amount"], class_name="nw muted")
                    ),
                ),
                class_name="remit-parts",
            )
        ),
        rx.el.td(
            row["amount"],
            rx.cond(row["back"].to(bool), rx.el.div(t("remit.reversed"), class_name="dn small")),
            class_name="num nw",
        ),
        key=row["key"],
    )
