"""The list of payments, and the place where statements of the bank are dropped."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.bank_zone import bank_zone
from encaiss_dashboard.ui.components import button, empty, icon, link_button, tag, top, turn
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.payment_rules import PaymentRules, ruled_on
from encaiss_dashboard.ui.payments_state import TEXT_MAX, Payments, Row
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.up_to_date import up_to_date
from encaiss_dashboard.ui.whose import OF_CLIENT

_COLUMNS = (
    ("day", "nw"),
    ("debtor", ""),
    ("settles", ""),
    ("source", ""),
    ("words", ""),
    ("unallocated", "num"),
    ("amount", "num"),
)


def payments_page() -> rx.Component:
    """The page."""
    return ruled_on(
        _undone_on(
            page(
                "menu.payments",
                top(
                    t("menu.payments"),
                    rx.cond(Payments.known != "", Payments.known, t("payments.sub")),
                    rx.cond(
                        Shell.may_delegate,
                        button(t("payments.rules"), id="rules", on_click=PaymentRules.begin),
                    ),
                    link_button(t("payments.history"), f"{OF_CLIENT}/imports"),
                    link_button(t("remit.title"), "/remittances"),
                    rx.cond(Payments.ready & ~Payments.first_time, _exports()),
                ),
                up_to_date(),
                rx.cond(Payments.waiting != "", _waiting()),
                rx.cond(
                    Shell.may_upload,
                    bank_zone(
                        route="/uploads/bank",
                        queue=f"{OF_CLIENT}/match",
                        big=Payments.first_time,
                        after=Payments.load,
                    ),
                ),
                rx.cond(Payments.first_time, _first(), _list()),
            )
        )
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.span(Payments.waiting),
        link_button(
            rx.cond(Shell.may_upload, t("payments.match"), t("payments.see_queue")),
            f"{OF_CLIENT}/match",
            kind="p",
        ),
        class_name="note n-info payments-wait",
        role="note",
    )


def _exports() -> rx.Component:
    return rx.el.details(
        rx.el.summary(icon("download"), t("invoices.exports"), class_name="btn"),
        rx.el.div(
            *(
                rx.el.a(
                    t(f"payments.export_{form}"),
                    href=f"/files/payments/{form}" + Payments.export,
                    download=True,
                    reload_document=True,
                )
                for form in ("xlsx", "csv")
            ),
            class_name="choices",
        ),
        class_name="export",
    )


def _first() -> rx.Component:
    return rx.el.section(
        empty(t("payments.first_title"), t("payments.first_text")),
        rx.el.ol(
            *(
                rx.el.li(
                    rx.el.span(t(f"payments.first_{name}"), class_name="strong"),
                    t(f"payments.first_{name}_text"),
                )
                for name in ("bank", "match", "stop")
            ),
            class_name="how",
        ),
        class_name="card",
    )


def _list() -> rx.Component:
    return rx.el.section(
        _filters(),
        rx.cond(
            ~Payments.ready,
            rx.el.div(
                *(rx.el.div(class_name="skeleton line") for _ in range(8)),
                class_name="waiting",
                aria_hidden="true",
            ),
            rx.cond(
                Payments.rows.length() > 0,
                rx.fragment(_table(), _pager()),
                empty(
                    t("payments.none"),
                    t("payments.none_hint"),
                    rx.el.a(t("payments.show_everything"), href=OF_CLIENT, class_name="btn"),
                ),
            ),
        ),
        class_name="card list paid",
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.nav(
            rx.foreach(
                Payments.tabs,
                lambda tab: rx.el.a(
                    tab["label"],
                    href=tab["href"],
                    class_name=rx.cond(tab["current"] == "page", "tab on", "tab"),
                    aria_current=tab["current"],
                ),
            ),
            aria_label=t("payments.filters"),
            class_name="tabs",
        ),
        rx.el.div(
            _day("from", Payments.first_on),
            _day("to", Payments.last_on),
            rx.cond(
                Payments.dated,
                rx.el.a(
                    icon("close"),
                    rx.el.span(t("payments.dates_off"), class_name="sr"),
                    href=Payments.dates_off,
                    title=t("payments.dates_off"),
                    class_name="btn only",
                ),
            ),
            class_name="days",
        ),
        rx.el.form(
            rx.el.label(
                rx.el.span(t("payments.search"), class_name="sr"),
                icon("search"),
                rx.el.input(
                    key=Payments.typing.to_string(),
                    type="search",
                    name="q",
                    default_value=Payments.typed,
                    placeholder=t("payments.search"),
                    on_change=Payments.search.debounce(350),
                    max_length=TEXT_MAX,
                    auto_complete="off",
                    class_name="in",
                ),
                class_name="search",
            ),
            on_submit=Payments.search_form,
            role="search",
        ),
        class_name="bar-tools filters",
    )


def _day(end: str, value: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(t(f"payments.{end}")),
        rx.el.input(
            type="date",
            value=value,
            on_change=lambda typed: Payments.choose_day(end, typed),
            class_name="in",
        ),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("payments.caption"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"payments.column_{name}"), scope="col", class_name=class_name)
                        for name, class_name in _COLUMNS
                    ),
                    rx.el.th(rx.el.span(t("history.column_do"), class_name="sr"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(Payments.rows, _line)),
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("payments.caption"),
    )


def _line(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row["day"], class_name="nw muted"),
        rx.el.th(rx.el.a(row["debtor"], href=row["href"], class_name="row"), scope="row"),
        rx.el.td(row["settles"], class_name="settles"),
        rx.el.td(
            tag(row["source"], row["tone"]),
            rx.cond(row["returned"] != "", tag(row["returned"], "bad")),
            class_name="from",
        ),
        rx.el.td(row["words"], class_name="muted small wrap"),
        rx.el.td(row["unallocated"], class_name="num"),
        rx.el.td(row["amount"], class_name=rx.cond(row["out"], "num strong dn", "num strong")),
        rx.el.td(
            rx.cond(
                Shell.may_upload & (row["undo"] != ""),
                rx.el.button(
                    t("payments.undo"),
                    rx.el.span(" ", row["debtor"], " ", row["amount"], class_name="sr"),
                    type="button",
                    id="undo-" + row["id"].to_string(),
                    on_click=Payments.ask(row["id"]),
                    class_name="link small",
                ),
            ),
            class_name="do num",
        ),
        key=row["id"].to_string(),
    )


def _pager() -> rx.Component:
    return rx.el.nav(
        rx.el.p(
            Payments.shown,
            rx.cond(Payments.sums != "", rx.el.span(" · ", rx.el.span(Payments.sums, class_name="strong"))),
            role="status",
            class_name="muted",
        ),
        turn(Payments.previous, "left", t("invoices.previous")),
        turn(Payments.next, "right", t("invoices.next")),
        aria_label=t("invoices.pages"),
        class_name="pager",
    )


def _undone_on(screen: rx.Component) -> rx.Component:
    """A screen with the question over it; while it is open nothing else can be reached."""
    shut = Payments.undoing > 0
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    of_line = Payments.undoing_kind == "line"
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Payments.cancel, aria_hidden="true"),
        rx.el.div(
            rx.el.div(
                rx.el.h2(t("payments.undo_title"), id="undo-title"),
                rx.el.p(Payments.undoing_title, class_name="strong wrap"),
                rx.el.p(
                    rx.cond(of_line, t("payments.undo_line"), t("payments.undo_said")), class_name="muted"
                ),
                rx.el.div(
                    button(t("queue.cancel"), on_click=Payments.cancel, auto_focus=True),
                    button(t("payments.undo_go"), kind="d", on_click=Payments.undo),
                    class_name="end",
                ),
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "undo-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Payments.cancel(), rx.noop()),
        class_name="over",
        lang=Payments.lang,
    )
