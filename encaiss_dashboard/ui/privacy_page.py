"""The screen of personal data, drawn."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, card, icon, link_button, plain_form, tag, top
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.privacy import FoundRow, LeftRow, Period, Privacy, Row
from encaiss_dashboard.ui.shell import Shell, page


def privacy_page() -> rx.Component:
    """The page; while its dialog is open nothing else can be reached."""
    shut = Privacy.asking != ""
    return rx.fragment(
        rx.el.div(_screen(), custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _screen() -> rx.Component:
    return page(
        "menu.privacy",
        top(t("menu.privacy"), t("privacy.sub")),
        card(
            t("privacy.held_title"),
            t("privacy.held_hint"),
            rx.cond(Privacy.ready, _table(), _waiting()),
            class_name="held",
        ),
        rx.el.div(
            rx.el.div(_debtor_asks(), rx.cond(Privacy.left.length() > 0, _people()), class_name="stack"),
            _own(),
            class_name="grid k2 row",
        ),
        rx.cond(Shell.administers & (Privacy.periods.length() > 0), _periods()),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        *(rx.el.div(class_name="skeleton line") for _ in range(6)), class_name="waiting", aria_hidden="true"
    )


def _table() -> rx.Component:
    return rx.el.table(
        rx.el.caption(t("privacy.caption"), class_name="sr"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th(t("privacy.column_kind"), scope="col"),
                rx.el.th(t("privacy.column_count"), scope="col", class_name="num"),
                rx.el.th(t("privacy.column_purpose"), scope="col"),
                rx.el.th(t("privacy.column_until"), scope="col"),
            )
        ),
        rx.el.tbody(rx.foreach(Privacy.rows, _row)),
        class_name="holdings",
    )


def _row(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["name"], scope="row"),
        rx.el.td(row["count"], class_name="num"),
        rx.el.td(row["purpose"], rx.el.span(row["why"], class_name="under")),
        rx.el.td(row["until"], rx.el.span(row["law"], class_name="under")),
        key=row["kind"],
    )


def _debtor_asks() -> rx.Component:
    return card(
        t("privacy.debtor_title"),
        "",
        rx.el.p(
            rx.cond(Privacy.may_answer, t("privacy.debtor_lead"), t("privacy.not_yours")), class_name="muted"
        ),
        rx.cond(Privacy.may_answer, rx.fragment(_search(), _found())),
        class_name="asks",
    )


def _search() -> rx.Component:
    return rx.el.form(
        rx.el.label(
            rx.el.span(t("privacy.search"), class_name="sr"),
            icon("search"),
            rx.el.input(
                type="search",
                name="q",
                placeholder=t("privacy.search"),
                max_length=100,
                auto_complete="off",
                class_name="in",
            ),
            class_name="search",
        ),
        button(t("privacy.search_go"), type="submit"),
        on_submit=Privacy.search,
        role="search",
        class_name="look",
    )


def _found() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Privacy.looked,
            rx.cond(
                Privacy.found.length() > 0,
                rx.fragment(
                    rx.el.ul(
                        rx.foreach(Privacy.found, _one_found),
                        aria_label=t("privacy.found"),
                        class_name="people",
                    ),
                    rx.cond(Privacy.found_more, rx.el.p(t("privacy.more"), class_name="muted small")),
                ),
                rx.el.p(t("privacy.none"), class_name="muted"),
            ),
        ),
        role="status",
        aria_live="polite",
    )


def _one_found(row: rx.vars.ObjectVar[FoundRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.a(row["name"], href=row["file"], class_name="row"),
            rx.el.span(row["city"], class_name="muted small"),
            class_name="whom",
        ),
        rx.cond(row["erased"], tag(t("privacy.erased_tag"), "mute")),
        link_button(
            rx.fragment(icon("download"), t("privacy.export"), rx.el.span(" ", row["name"], class_name="sr")),
            row["copy"],
            download=True,
            reload_document=True,
        ),
        rx.cond(~row["erased"], _opener(row, Privacy.ask_debtor(row["id"]))),
        key=row["id"],
    )


def _opener(row: rx.vars.ObjectVar[FoundRow] | rx.vars.ObjectVar[LeftRow], event: Any) -> rx.Component:
    """The button that opens the dialog; Reflex can give the focus back to no button of a list."""
    here = Privacy.back == row["opener"]
    return button(
        rx.fragment(t("privacy.erase"), rx.el.span(" ", row["name"], class_name="sr")),
        on_click=event,
        auto_focus=here,
        key=rx.cond(here, "back", "opener"),
    )


def _people() -> rx.Component:
    return card(
        t("privacy.left_title"),
        t("privacy.left_hint"),
        rx.el.ul(rx.foreach(Privacy.left, _one_left), class_name="people"),
    )


def _one_left(row: rx.vars.ObjectVar[LeftRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.span(row["name"], class_name="strong"),
            rx.el.span(row["email"], class_name="muted small"),
            class_name="whom",
        ),
        _opener(row, Privacy.ask_left(row["id"])),
        key=row["id"],
    )


def _own() -> rx.Component:
    return card(
        t("privacy.own_title"),
        "",
        rx.el.p(t("privacy.own_lead"), class_name="muted"),
        rx.el.div(
            link_button(
                rx.fragment(icon("download"), t("privacy.own_export")),
                "/files/personal/own",
                download=True,
                reload_document=True,
            ),
            button(
                t("privacy.own_erase"),
                on_click=Privacy.ask_own,
                auto_focus=Privacy.back == "erase-own",
                key=rx.cond(Privacy.back == "erase-own", "back", "own"),
            ),
            class_name="own",
        ),
        class_name="mine",
    )


def _periods() -> rx.Component:
    return card(
        t("privacy.retention_title"),
        t("privacy.retention_hint"),
        rx.el.p(t("privacy.retention_lead"), class_name="muted"),
        rx.el.form(
            rx.el.div(rx.foreach(Privacy.periods, _period), class_name="periods"),
            rx.el.div(button(t("privacy.save"), kind="p", type="submit"), class_name="end"),
            on_submit=Privacy.save,
            class_name="stack",
        ),
        class_name="kept",
    )


def _period(row: rx.vars.ObjectVar[Period]) -> rx.Component:
    return rx.el.div(
        rx.el.label(row["label"], html_for="keep-" + row["keep"], class_name="strong"),
        rx.el.div(
            rx.el.input(
                id="keep-" + row["keep"],
                name=row["keep"],
                type="number",
                input_mode="numeric",
                default_value=row["value"],
                required=True,
                aria_describedby="why-" + row["keep"],
                class_name="in",
            ),
            rx.el.span(row["unit"]),
            class_name="span",
        ),
        rx.el.p(row["hint"], " · ", row["law"], id="why-" + row["keep"], class_name="muted small"),
        key=row["keep"] + row["value"],
        class_name="period",
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Privacy.cancel, aria_hidden="true"),
        rx.el.div(
            rx.cond(
                Privacy.asking == "own",
                # A password never passes through the socket.
                plain_form(*_told(), action="/auth/erase", class_name="sheet erasing"),
                rx.el.form(*_told(), on_submit=Privacy.confirm, class_name="sheet erasing"),
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "erasing-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Privacy.cancel(), rx.noop()),
        class_name="over",
        lang=Privacy.lang,
    )


def _told() -> tuple[rx.Component, ...]:
    """What erasing would do, or what stands in its way, and the buttons."""
    return (
        rx.el.h2(Privacy.asking_title, id="erasing-title"),
        rx.cond(Privacy.blocked.length() > 0, _blocked(), _effects()),
        rx.el.div(
            rx.cond(Privacy.problem != "", rx.el.p(Privacy.problem, class_name="note n-bad")),
            role="alert",
        ),
        rx.cond(
            Privacy.blocked.length() > 0,
            rx.el.div(button(t("privacy.close"), on_click=Privacy.cancel, auto_focus=True), class_name="end"),
            rx.el.div(
                button(t("privacy.cancel"), on_click=Privacy.cancel),
                button(t("privacy.confirm"), kind="d", type="submit", disabled=~Privacy.ticked),
                class_name="end",
            ),
        ),
    )


def _blocked() -> rx.Component:
    return rx.el.div(
        rx.el.p(t("privacy.blocked_title"), class_name="strong"),
        rx.el.ul(rx.foreach(Privacy.blocked, rx.el.li)),
        class_name="note n-warn listed",
    )


def _effects() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.h3(t("privacy.gone_title")),
            rx.el.ul(rx.foreach(Privacy.gone, rx.el.li), class_name="fate"),
            rx.cond(Privacy.becomes != "", rx.el.p(Privacy.becomes, class_name="muted small")),
        ),
        rx.el.div(
            rx.el.h3(t("privacy.stays_title")),
            rx.el.ul(
                rx.foreach(
                    Privacy.stays,
                    lambda row: rx.el.li(row["what"], rx.el.span(row["why"], class_name="under")),
                ),
                class_name="fate",
            ),
        ),
        rx.cond(
            Privacy.asking == "own",
            rx.el.label(
                rx.el.span(t("privacy.password")),
                rx.el.input(
                    type="password",
                    name="password",
                    auto_complete="current-password",
                    required=True,
                    class_name="in",
                ),
                class_name="field",
            ),
        ),
        rx.el.label(
            rx.el.input(type="checkbox", default_checked=False, on_change=Privacy.tick, auto_focus=True),
            rx.el.span(t("privacy.tick")),
            class_name="agree",
        ),
    )
