"""A payment booked by hand, part by part, and the question why a line is set aside."""

from __future__ import annotations

import reflex as rx

from encaiss_dashboard.ui.basket import FoundRow, PieceRow
from encaiss_dashboard.ui.components import button, icon
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.queue_state import ASIDE_MAX, REASONS, TEXT_MAX, Queue


def by_hand() -> rx.Component:
    """Open invoices looked for, each with what of the line pays it; the difference stands below."""
    return rx.cond(
        Queue.may_book,
        rx.el.section(
            rx.el.div(rx.el.h2(t("queue.by_hand")), class_name="h"),
            rx.el.form(
                rx.el.label(
                    rx.el.span(t("queue.search"), class_name="sr"),
                    icon("search"),
                    rx.el.input(
                        key=Queue.line["id"].to_string(),
                        id="queue-search",
                        type="search",
                        name="q",
                        placeholder=rx.cond(Queue.line["out"], t("queue.search_back"), t("queue.search")),
                        on_change=Queue.find.debounce(300),
                        max_length=TEXT_MAX,
                        auto_complete="off",
                        custom_attrs={"data-key": "s", "aria-keyshortcuts": "s"},
                        class_name="in",
                    ),
                    rx.el.kbd("s", aria_hidden="true"),
                    class_name="search",
                ),
                on_submit=Queue.find_form,
                role="search",
            ),
            rx.cond(
                Queue.results.length() > 0,
                rx.el.ul(rx.foreach(Queue.results, _hit), class_name="hits", aria_label=t("queue.search")),
                rx.cond(
                    Queue.typed != "", rx.el.p(t("queue.no_hit"), class_name="muted small", role="status")
                ),
            ),
            rx.cond(Queue.pieces.length() > 0, _pieces()),
            class_name="card by-hand",
        ),
    )


def _hit(row: rx.vars.ObjectVar[FoundRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(
                rx.el.span(row["title"], class_name="strong wrap"),
                rx.el.span(row["amount"], class_name="num"),
                class_name="of",
            ),
            rx.el.div(row["sub"], class_name="muted small wrap"),
            rx.cond(row["note"] != "", rx.el.div(row["note"], class_name="muted small")),
        ),
        rx.el.button(
            icon("plus"),
            rx.el.span(t("queue.add"), " ", row["title"], class_name="sr"),
            type="button",
            disabled=row["taken"],
            on_click=Queue.add(row["key"]),
            class_name="btn only",
        ),
        key=row["key"],
    )


def _pieces() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(Queue.pieces, _piece), class_name="pieces"),
        rx.el.p(
            Queue.left,
            role="status",
            class_name=rx.cond(Queue.left_cents == 0, "small up", "small dn"),
        ),
        button(t("queue.book"), kind="p", on_click=Queue.book, disabled=~Queue.can_book),
        class_name="basket",
    )


def _piece(row: rx.vars.ObjectVar[PieceRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["title"], class_name="strong wrap"),
            rx.el.div(row["sub"], class_name="muted small wrap"),
            rx.cond(
                row["after"] != "",
                rx.el.div(row["after"], class_name=rx.cond(row["wrong"], "small dn", "muted small")),
            ),
        ),
        rx.el.input(
            key=row["key"] + "-" + Queue.typing.to_string(),
            id="piece-" + row["key"],
            default_value=row["amount"],
            on_change=lambda typed: Queue.change(row["key"], typed).debounce(250),
            max_length=20,
            auto_complete="off",
            aria_label=row["label"],
            aria_invalid=rx.cond(row["wrong"], "true", "false"),
            custom_attrs={"inputMode": "decimal"},
            class_name="in num",
        ),
        rx.el.button(
            "=",
            rx.el.span(t("queue.fill"), " ", row["title"], class_name="sr"),
            title=t("queue.fill"),
            type="button",
            on_click=Queue.fill(row["key"]),
            class_name="btn only",
        ),
        rx.el.button(
            icon("close"),
            rx.el.span(t("queue.drop"), " ", row["title"], class_name="sr"),
            title=t("queue.drop"),
            type="button",
            on_click=Queue.drop(row["key"]),
            class_name="btn only",
        ),
        key=row["key"],
    )


def aside_on(screen: rx.Component) -> rx.Component:
    """A screen with the question over it; while it is open nothing else can be reached."""
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": Queue.aside}),
        rx.cond(Queue.aside, _aside()),
    )


def _aside() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Queue.ask_aside, aria_hidden="true"),
        rx.el.div(
            rx.el.form(
                rx.el.h2(t("queue.aside_title"), id="aside-title"),
                rx.el.p(Queue.line["who"], " · ", Queue.line["amount"], class_name="strong wrap"),
                rx.el.p(t("queue.aside_lead"), class_name="muted"),
                rx.el.fieldset(
                    rx.el.legend(t("queue.aside_why"), class_name="sr"),
                    *(_reason(one, first=one == REASONS[0]) for one in REASONS),
                    class_name="asides",
                ),
                rx.el.label(
                    rx.el.span(t("queue.aside_words")),
                    rx.el.input(name="words", max_length=ASIDE_MAX, auto_complete="off", class_name="in"),
                    class_name="field",
                ),
                rx.el.p(Queue.aside_problem, role="alert", class_name="small dn"),
                rx.el.div(
                    button(t("queue.cancel"), on_click=Queue.ask_aside),
                    button(t("queue.aside"), kind="p", type="submit"),
                    class_name="end",
                ),
                on_submit=Queue.set_aside,
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "aside-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Queue.ask_aside(), rx.noop()),
        class_name="over",
        lang=Queue.lang,
    )


def _reason(name: str, *, first: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="reason",
            value=name,
            default_checked=first,
            auto_focus=first,
            **({"id": "aside-first"} if first else {}),
        ),
        rx.el.span(t(f"queue.aside_{name}")),
        class_name="pick",
    )
