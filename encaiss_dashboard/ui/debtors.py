"""The debtors: who is delegated since when, what comes next, and deciding about several at once."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, empty, icon, link_button, tag, top
from encaiss_dashboard.ui.debtors_list import TEXT_LENGTH_MAX, Debtors
from encaiss_dashboard.ui.deciding import decided_on
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Shell, page

__all__ = ["Debtors", "debtors_page"]


def debtors_page() -> rx.Component:
    """The page."""
    return decided_on(
        page(
            "menu.debtors",
            top(t("debtors.title"), t("debtors.sub")),
            rx.cond(
                Debtors.ready & Debtors.first_time,
                rx.el.section(
                    empty(
                        t("debtors.first_title"),
                        t("debtors.first_hint"),
                        rx.cond(Shell.may_upload, link_button(t("debtors.first_go"), "/invoices", kind="p")),
                    ),
                    class_name="card",
                ),
                rx.el.section(
                    _filters(),
                    _choice(),
                    rx.cond(Debtors.ready & (Debtors.found == 0), _nothing(), _table()),
                    _pager(),
                    class_name="card debtors",
                    aria_label=t("debtors.title"),
                ),
            ),
        )
    )


def _filters() -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span(t("debtors.search"), class_name="sr"),
            rx.el.input(
                type="search",
                key=Debtors.wanted_version.to_string(),
                default_value=Debtors.wanted,
                placeholder=t("debtors.search"),
                max_length=TEXT_LENGTH_MAX,
                on_change=Debtors.search.debounce(350),
                class_name="in",
            ),
            class_name="seek",
        ),
        rx.el.div(
            rx.foreach(
                Debtors.tabs,
                lambda tab: rx.el.button(
                    tab["label"],
                    rx.el.span(tab["count"], class_name="n"),
                    type="button",
                    on_click=Debtors.show(tab["state"]),
                    aria_pressed=Debtors.state == tab["state"],
                    class_name=rx.cond(Debtors.state == tab["state"], "tab on", "tab"),
                ),
            ),
            role="group",
            aria_label=t("debtors.filter"),
            class_name="tabs",
        ),
        class_name="filters",
    )


def _choice() -> rx.Component:
    """What can be done with the chosen ones; it keeps its place, so that no row jumps."""
    return rx.cond(
        Shell.may_delegate,
        rx.el.div(
            rx.cond(
                Debtors.chosen > 0,
                rx.fragment(
                    rx.el.span(Debtors.chosen_label, class_name="strong", role="status"),
                    rx.cond(
                        Debtors.chosen < Debtors.found,
                        rx.el.button(
                            Debtors.choose_all_label,
                            on_click=Debtors.choose_all,
                            type="button",
                            class_name="link",
                        ),
                    ),
                    rx.el.button(
                        t("debtors.choose_none"),
                        on_click=Debtors.choose_none,
                        type="button",
                        class_name="link",
                    ),
                    rx.el.div(
                        *(
                            button(
                                t(f"debtors.{kind}"),
                                kind="p" if kind == "delegate" else "",
                                id=f"decide-{kind}",
                                on_click=Debtors.decide(kind),
                            )
                            for kind in ("delegate", "pause", "resume", "withdraw")
                        ),
                        class_name="do",
                    ),
                ),
                rx.el.span(Debtors.found_label, class_name="muted", role="status"),
            ),
            class_name=rx.cond(Debtors.chosen > 0, "choice on", "choice"),
        ),
        rx.el.div(rx.el.span(Debtors.found_label, class_name="muted", role="status"), class_name="choice"),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("debtors.caption"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    rx.cond(
                        Shell.may_delegate,
                        rx.el.th(
                            rx.el.input(
                                type="checkbox",
                                checked=Debtors.page_chosen,
                                on_change=Debtors.choose_page,
                                aria_label=t("debtors.choose_page"),
                            ),
                            scope="col",
                            class_name="pick",
                        ),
                    ),
                    _heading("name"),
                    _heading("open", "num"),
                    _heading("overdue", "num"),
                    _heading("days_late", "num"),
                    _heading("since"),
                    rx.el.th(t("debtors.column_step"), scope="col"),
                    rx.el.th(t("debtors.column_next"), scope="col"),
                )
            ),
            rx.el.tbody(rx.cond(Debtors.ready, rx.foreach(Debtors.rows, _line), _waiting())),
        ),
        class_name="wide",
    )


def _heading(sort: str, class_name: str = "") -> rx.Component:
    here = Debtors.sort == sort
    return rx.el.th(
        rx.el.button(
            t(f"debtors.column_{sort}"),
            rx.el.span(
                rx.cond(here, rx.cond(Debtors.descending, "↓", "↑"), ""), class_name="way", aria_hidden="true"
            ),
            type="button",
            on_click=Debtors.order(sort),
        ),
        scope="col",
        aria_sort=rx.cond(here, rx.cond(Debtors.descending, "descending", "ascending"), "none"),
        class_name=class_name,
    )


def _line(row: Any) -> rx.Component:
    return rx.el.tr(
        rx.cond(
            Shell.may_delegate,
            rx.el.td(
                rx.el.input(
                    type="checkbox",
                    checked=row["chosen"],
                    on_change=lambda chosen: Debtors.choose(row["id"], chosen),
                    aria_label=row["choose"],
                ),
                class_name="pick",
            ),
        ),
        rx.el.td(
            rx.el.a(row["name"], href=row["href"], class_name="row"),
            rx.el.div(row["city"], class_name="muted small"),
            class_name="who-cell",
        ),
        _cell("open", row["open"], "num"),
        _cell("overdue", row["overdue"], "num strong"),
        _cell("days_late", row["late"], "num"),
        _cell(
            "since",
            rx.el.div(
                tag(row["state"], row["state_tone"]),
                rx.el.div(row["state_when"], class_name="muted small nw"),
            ),
        ),
        _cell("step", rx.cond(row["step"] != "", tag(row["step"], row["step_tone"]))),
        _cell("next", row["next"], "muted"),
        key=row["id"].to_string(),
        class_name=rx.cond(row["chosen"], "picked", ""),
    )


def _cell(column: str, content: Any, class_name: str = "") -> rx.Component:
    """A cell that carries its heading along, for phones, where rows become cards."""
    label = rx.el.span(t(f"debtors.column_{column}"), class_name="cap", aria_hidden="true")
    return rx.el.td(label, content, class_name=class_name)


def _waiting() -> rx.Component:
    """Rows without content while the first ones are on their way."""
    cell = rx.el.td(rx.el.div(".", class_name="skeleton"), col_span=8)
    return rx.fragment(*(rx.el.tr(cell, aria_hidden="true") for _ in range(8)))


def _nothing() -> rx.Component:
    return empty(
        t("debtors.empty_title"),
        t("debtors.empty_hint"),
        link_button(t("debtors.empty_all"), "/debtors"),
    )


def _pager() -> rx.Component:
    return rx.cond(
        Debtors.pages > 1,
        rx.el.nav(
            rx.el.span(Debtors.page_label, class_name="muted small"),
            rx.el.button(
                icon("left"),
                on_click=Debtors.turn(Debtors.page - 1),
                disabled=Debtors.page <= 1,
                aria_label=t("debtors.previous"),
                class_name="btn only",
                type="button",
            ),
            rx.el.button(
                icon("right"),
                on_click=Debtors.turn(Debtors.page + 1),
                disabled=Debtors.page >= Debtors.pages,
                aria_label=t("debtors.next"),
                class_name="btn only",
                type="button",
            ),
            class_name="pager",
        ),
    )
