"""Paying on to clients: what is owed, the file for the bank, what has left."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, card, empty, icon, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.people import over
from encaiss_dashboard.ui.remitting_state import Remitting
from encaiss_dashboard.ui.shell import page


def remitting_page() -> rx.Component:
    """The page; while its dialog is open nothing else can be reached."""
    return rx.fragment(
        rx.el.div(
            page(
                "remit.title",
                top(
                    t("remit.title"),
                    rx.cond(Remitting.ready, Remitting.sub, "…"),
                    crumbs=rx.el.nav(
                        rx.el.a(t("menu.desk"), href="/desk"),
                        aria_label=t("remit.title"),
                        class_name="crumbs",
                    ),
                ),
                rx.cond(
                    Remitting.ready,
                    rx.el.div(
                        _due(),
                        rx.cond(Remitting.carried.length() > 0, _carried()),
                        rx.cond(
                            (Remitting.waiting.length() > 0) | (Remitting.by_hand.length() > 0), _to_order()
                        ),
                        rx.cond(Remitting.files.length() > 0, _files()),
                        _history(),
                        class_name="grid",
                    ),
                    rx.el.div(
                        *(rx.el.div(class_name="skeleton line") for _ in range(6)), class_name="waiting card"
                    ),
                ),
                of_client=False,
            ),
            custom_attrs={"inert": Remitting.asked > 0},
        ),
        rx.cond(Remitting.asked > 0, over(_drop(), Remitting.cancel)),
    )


def table(caption: str | rx.Var[str], headings: list[rx.Component], body: Any, row: Any) -> rx.Component:
    """A table that scrolls by itself where a screen is narrow; its caption is a key, or words."""
    words = t(caption) if isinstance(caption, str) else caption
    return rx.el.div(
        rx.el.table(
            rx.el.caption(words, class_name="sr"),
            rx.el.thead(rx.el.tr(*headings)),
            rx.el.tbody(rx.foreach(body, row)),
            class_name="told remit-table",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=words,
    )


def head(name: str, class_name: str = "") -> rx.Component:
    """The heading of a column."""
    return rx.el.th(t(f"remit.column_{name}"), scope="col", class_name=class_name)


def _all(checked: Any, choose: Any) -> rx.Component:
    return rx.el.th(
        rx.el.input(
            type="checkbox",
            checked=checked,
            on_change=lambda on: choose("", on),
            aria_label=t("remit.all"),
        ),
        scope="col",
    )


def _due() -> rx.Component:
    return card(
        t("remit.due"),
        t("remit.due_hint"),
        rx.cond(
            Remitting.due.length() > 0,
            rx.fragment(
                table(
                    "remit.due",
                    [
                        _all(Remitting.any_due, Remitting.choose),
                        head("client"),
                        head("payments", "wide"),
                        head("amount", "num"),
                    ],
                    Remitting.due,
                    _due_row,
                ),
                rx.el.div(
                    rx.el.span(Remitting.total, role="status", class_name="strong"),
                    button(t("remit.make"), kind="p", on_click=Remitting.make, disabled=~Remitting.any_due),
                    class_name="remit-do",
                ),
            ),
            empty(t("remit.none"), t("remit.none_hint")),
        ),
    )


def _due_row(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.input(
                type="checkbox",
                checked=row["chosen"].to(bool),
                disabled=row["iban"] == "",
                on_change=lambda on: Remitting.choose(row["id"], on),
                aria_label=row["choose"],
            )
        ),
        rx.el.th(
            row["client"],
            rx.cond(
                row["iban"] != "",
                rx.el.div(row["iban"], class_name="muted small mono"),
                rx.el.div(
                    rx.el.span(t("remit.no_iban"), class_name="dn"),
                    " ",
                    rx.el.a(t("remit.to_desk"), href="/desk", class_name="link"),
                    class_name="small",
                ),
            ),
            rx.el.div(row["payments"], class_name="muted small narrow"),
            scope="row",
        ),
        rx.el.td(row["payments"], class_name="wide muted"),
        rx.el.td(
            row["amount"],
            rx.cond(row["more"] != "", rx.el.div(row["more"], class_name="muted small")),
            class_name="num nw",
        ),
        key=row["id"],
    )


def _carried() -> rx.Component:
    return card(
        t("remit.carried"),
        t("remit.carried_hint"),
        table(
            "remit.carried",
            [head("client"), head("payments", "wide"), head("amount", "num")],
            Remitting.carried,
            lambda row: rx.el.tr(
                rx.el.th(
                    row["client"], rx.el.div(row["payments"], class_name="muted small narrow"), scope="row"
                ),
                rx.el.td(row["payments"], class_name="wide muted"),
                rx.el.td(row["amount"], class_name="num nw"),
                key=row["id"] + row["amount"],
            ),
        ),
    )


def _to_order() -> rx.Component:
    return card(
        t("remit.to_order"),
        t("remit.to_order_hint"),
        rx.cond(
            Remitting.waiting.length() > 0,
            rx.fragment(
                table(
                    "remit.to_order",
                    [
                        _all(Remitting.any_waiting, Remitting.pick),
                        head("number"),
                        head("to", "wide"),
                        head("amount", "num"),
                        head("do"),
                    ],
                    Remitting.waiting,
                    lambda row: _waiting_row(row, first=_pick(row)),
                ),
                rx.el.div(
                    rx.el.span(Remitting.waiting_total, role="status", class_name="strong"),
                    rx.el.label(
                        rx.el.span(t("remit.execute_on")),
                        rx.el.input(
                            type="date",
                            value=Remitting.execute_on,
                            min=Remitting.today,
                            on_change=Remitting.pick_day,
                            class_name="in",
                        ),
                        class_name="field",
                    ),
                    button(
                        t("remit.order"),
                        kind="p",
                        on_click=Remitting.order,
                        disabled=~Remitting.any_waiting,
                    ),
                    class_name="remit-do",
                ),
            ),
        ),
        rx.cond(
            Remitting.by_hand.length() > 0,
            rx.fragment(
                rx.el.p(t("remit.by_hand"), class_name="note n-info remit-note"),
                table(
                    "remit.by_hand",
                    [head("number"), head("to", "wide"), head("amount", "num"), head("do")],
                    Remitting.by_hand,
                    _waiting_row,
                ),
            ),
        ),
    )


def _pick(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.td(
        rx.el.input(
            type="checkbox",
            checked=row["chosen"].to(bool),
            on_change=lambda on: Remitting.pick(row["key"], on),
            aria_label=row["choose"],
        )
    )


def _waiting_row(row: rx.vars.ObjectVar[Any], *, first: rx.Component | None = None) -> rx.Component:
    return rx.el.tr(
        *([first] if first is not None else []),
        rx.el.th(row["number"], rx.el.div(row["client"], class_name="muted small"), scope="row"),
        rx.el.td(rx.el.span(row["iban"], class_name="mono small"), class_name="wide nw"),
        rx.el.td(row["amount"], class_name="num nw"),
        rx.el.td(_drop_button(row), class_name="nw"),
        key=row["key"],
    )


def _drop_button(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return button(
        rx.fragment(t("remit.drop"), rx.el.span(" ", row["number"], class_name="sr")),
        id="drop-" + row["key"].to(str),
        on_click=Remitting.ask(row["key"]),
    )


def _files() -> rx.Component:
    return card(
        t("remit.files"),
        t("remit.files_hint"),
        rx.foreach(
            Remitting.files,
            lambda file: rx.el.div(
                rx.el.div(
                    rx.el.h3(file["title"]),
                    link_button(
                        rx.fragment(
                            icon("download"),
                            t("remit.download"),
                            rx.el.span(" ", file["download"], class_name="sr"),
                        ),
                        file["href"],
                        kind="p",
                        download=True,
                        reload_document=True,
                    ),
                    class_name="remit-file",
                ),
                table(
                    file["title"].to(str) + " " + file["download"].to(str),
                    [head("number"), head("to", "wide"), head("amount", "num"), head("do")],
                    file["remittances"].to(list[dict[str, str]]),
                    _waiting_row,
                ),
                key=file["href"],
            ),
        ),
    )


def _history() -> rx.Component:
    return card(
        t("remit.history"),
        t("remit.history_hint"),
        rx.cond(
            Remitting.history.length() > 0,
            rx.fragment(
                table(
                    "remit.history",
                    [head("number"), head("on", "wide"), head("state"), head("amount", "num")],
                    Remitting.history,
                    _history_row,
                ),
                taking_away(Remitting.months, Remitting.month, Remitting.choose_month, "agency-"),
            ),
            rx.el.p(t("remit.history_none"), class_name="muted"),
        ),
    )


def _history_row(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.button(
                row["number"],
                type="button",
                on_click=Remitting.enter(row["client_id"], row["key"]),
                class_name="link",
            ),
            rx.el.div(row["client"], class_name="muted small"),
            rx.el.div(row["on"], class_name="muted small narrow"),
            scope="row",
        ),
        rx.el.td(row["on"], class_name="wide nw muted"),
        state_cell(row),
        rx.el.td(row["amount"], class_name="num nw"),
        key=row["key"],
    )


def state_cell(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    """How far a remittance is, and since when."""
    return rx.el.td(
        tag(row["state_words"], row["tone"]),
        rx.cond(row["state_day"] != "", rx.el.div(row["state_day"], class_name="muted small")),
    )


def taking_away(months: Any, month: Any, choose: Any, whose: str) -> rx.Component:
    """The entries of a month for a bookkeeping."""
    address = rx.Var.create(f"/files/remittances/{whose}") + month
    return rx.el.div(
        rx.el.div(
            rx.el.div(t("remit.export"), class_name="strong"),
            rx.el.div(t("remit.export_hint"), class_name="muted small"),
            class_name="words",
        ),
        rx.el.label(
            rx.el.span(t("remit.month")),
            rx.el.select(
                rx.foreach(months, lambda one: rx.el.option(one["label"], value=one["value"])),
                value=month,
                on_change=choose,
                class_name="in",
            ),
            class_name="field",
        ),
        link_button(t("remit.csv"), address + "?form=csv", download=True, reload_document=True),
        link_button(t("remit.xlsx"), address + "?form=xlsx", download=True, reload_document=True),
        class_name="remit-do",
    )


def _drop() -> rx.Component:
    return rx.el.div(
        rx.el.h2(t("remit.drop_title"), " ", Remitting.asked_number, id="people-title"),
        rx.el.p(rx.cond(Remitting.asked_in_file, t("remit.drop_lead_file"), t("remit.drop_lead"))),
        rx.el.div(
            button(t("remit.keep"), on_click=Remitting.cancel, auto_focus=True),
            button(t("remit.drop"), kind="d", on_click=Remitting.drop),
            class_name="end",
        ),
        class_name="sheet",
    )
