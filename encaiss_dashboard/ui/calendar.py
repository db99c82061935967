"""The calendar of the reminders to come: day by day, message by message, and who is left out."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.calendar_state import PATH, Ahead
from encaiss_dashboard.ui.components import card, empty, figure, icon, link_button, tag, top, turn
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import page


def calendar_page() -> rx.Component:
    """The page."""
    return page(
        "calendar.title",
        top(
            t("calendar.title"),
            rx.cond(Ahead.ready, Ahead.sub, "…"),
            _taken("XLSX", Ahead.as_sheet),
            _taken("CSV", Ahead.as_text),
            crumbs=rx.el.nav(
                rx.el.a(t("menu.reminders"), href="/reminders"),
                aria_label=t("calendar.title"),
                class_name="crumbs",
            ),
        ),
        rx.el.p(t("calendar.if_unpaid"), class_name="note n-info gap"),
        _range(),
        rx.el.div(
            rx.cond(Ahead.wrong != "", rx.el.p(Ahead.wrong, class_name="note n-bad gap")),
            role="status",
            aria_live="polite",
        ),
        _figures(),
        rx.cond(Ahead.part_of != "", _part()),
        rx.el.div(_days(), class_name="row gap"),
        rx.el.div(_left(), class_name="row gap"),
    )


def calendar_link() -> rx.Component:
    """The way to this page from that of the reminders."""
    return link_button(t("calendar.title"), PATH)


def _taken(form: str, href: Any) -> rx.Component:
    words = rx.fragment(icon("download"), form, rx.el.span(t("calendar.take"), class_name="sr"))
    return rx.cond(Ahead.ready, link_button(words, href, download=True, reload_document=True))


def _range() -> rx.Component:
    return rx.el.form(
        _date(t("calendar.from"), "from", Ahead.first),
        _date(t("calendar.to"), "to", Ahead.last),
        rx.el.button(t("calendar.show"), type="submit", class_name="btn"),
        on_submit=Ahead.choose,
        class_name="bar-tools span",
    )


def _date(label: Any, name: str, value: Any) -> rx.Component:
    return rx.el.label(
        label,
        rx.el.input(
            key=value,
            type="date",
            name=name,
            default_value=value,
            min=Ahead.earliest,
            max=Ahead.latest,
            required=True,
            class_name="in",
        ),
        class_name="field",
    )


def _figures() -> rx.Component:
    loading = ~Ahead.ready
    return rx.el.div(
        figure(t("calendar.messages"), Ahead.total, Ahead.total_sub, loading=loading),
        figure(t("reminders.claimed"), Ahead.claimed, t("calendar.claimed_sub"), loading=loading),
        figure(t("calendar.left"), Ahead.left_count, t("calendar.left_sub"), loading=loading),
        class_name="grid k3",
    )


def _part() -> rx.Component:
    return rx.el.nav(
        rx.el.span(Ahead.part_of, class_name="muted", role="status"),
        turn(Ahead.part_before, "left", t("calendar.part_before")),
        turn(Ahead.part_after, "right", t("calendar.part_after")),
        aria_label=t("calendar.parts"),
        class_name="pager",
    )


def _days() -> rx.Component:
    return card(
        t("calendar.days"),
        t("calendar.days_hint"),
        rx.cond(
            ~Ahead.ready,
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(6)), aria_hidden="true"),
            rx.cond(
                Ahead.days.length() > 0,
                rx.fragment(
                    _table(
                        "calendar.days",
                        (("day", ""), ("step", ""), ("messages", "num"), ("amount", "num wide")),
                        rx.foreach(Ahead.days, _day),
                    ),
                    _pager(Ahead.days_of, Ahead.days_before, Ahead.days_after, t("calendar.days")),
                ),
                empty(
                    t("calendar.empty_title"),
                    t("calendar.empty_text"),
                    link_button(t("reminders.empty_go"), "/debtors"),
                ),
            ),
        ),
    )


def _table(caption: str, columns: tuple[tuple[str, str], ...], *body: Any) -> rx.Component:
    heads = (rx.el.th(t(f"calendar.{name}"), scope="col", class_name=kind) for name, kind in columns)
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t(caption), class_name="sr"),
            rx.el.thead(rx.el.tr(*heads)),
            rx.el.tbody(*body),
            class_name="told ahead",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t(caption),
    )


def _unfold(shown: Any, here: Any, said: Any, toggle: Any) -> rx.Component:
    return rx.el.button(
        shown,
        rx.el.span(rx.cond(here, "▴", "▾"), aria_hidden="true"),
        rx.el.span(said, class_name="sr"),
        on_click=toggle,
        aria_expanded=here,
        class_name="unfold",
        type="button",
    )


def _day(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    here = Ahead.opened_day == row["id"]
    return rx.fragment(
        rx.el.tr(
            rx.el.th(row["day"], rx.el.div(row["amount"], class_name="muted small narrow num"), scope="row"),
            rx.el.td(
                rx.foreach(
                    row["steps"].to(list[dict[str, str]]), lambda step: tag(step["label"], step["value"])
                ),
                class_name="tags",
            ),
            rx.el.td(
                _unfold(row["messages"], here, row["show"], Ahead.toggle_day(row["id"])), class_name="num"
            ),
            rx.el.td(row["amount"], class_name="num strong wide"),
        ),
        rx.cond(here, rx.el.tr(rx.el.td(_messages(row), col_span=4, class_name="within"))),
    )


def _messages(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.div(
        rx.el.ul(
            rx.foreach(Ahead.messages, _message),
            aria_label=row["show"],
            class_name="coming",
        ),
        rx.cond(Ahead.messages_more != "", rx.el.p(Ahead.messages_more, class_name="muted small")),
    )


def _message(one: rx.vars.ObjectVar[Any]) -> rx.Component:
    here = Ahead.opened == one["id"]
    return rx.el.li(
        rx.el.div(
            rx.el.a(one["name"], href=one["href"], class_name="row"),
            tag(one["step"], one["tone"]),
            rx.el.span(one["channel"], class_name="muted small"),
            rx.el.span(one["amount"], class_name="num strong end"),
            _unfold(t("calendar.read"), here, one["show"], Ahead.toggle_message(one["id"])),
            class_name="head",
        ),
        rx.el.p(one["why"], class_name="muted small"),
        rx.cond(one["held"] != "", rx.el.p(t("calendar.held"), " ", one["held"], class_name="muted small")),
        rx.cond(here, _letter()),
    )


def _letter() -> rx.Component:
    """As plain text: what a message holds comes from files of strangers too."""
    letter = Ahead.letter
    return rx.el.div(
        rx.el.dl(
            rx.el.dt(t("file.subject")),
            rx.el.dd(letter["subject"]),
            rx.el.dt(t("file.to")),
            rx.el.dd(letter["to"]),
        ),
        rx.el.pre(letter["body"], tab_index=0),
        rx.el.a(
            t("calendar.pdf"),
            href=letter["pdf"],
            download=True,
            reload_document=True,
            class_name="link small",
        ),
        rx.el.div(
            rx.el.p(t("calendar.why"), class_name="strong"),
            rx.el.ul(rx.foreach(Ahead.reasons, rx.el.li), class_name="reasons"),
            rx.cond(letter["credit"] != "", rx.el.p(letter["credit"])),
            class_name="small",
        ),
        class_name="letter",
    )


def _left() -> rx.Component:
    return card(
        t("calendar.left"),
        t("calendar.left_hint"),
        rx.cond(
            ~Ahead.ready,
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(4)), aria_hidden="true"),
            rx.cond(
                Ahead.left.length() > 0,
                rx.fragment(
                    rx.el.div(_filter(), class_name="bar-tools"),
                    _table(
                        "calendar.left",
                        (("debtor", ""), ("reason", ""), ("later", "wide")),
                        rx.foreach(Ahead.left, _left_row),
                    ),
                    _pager(Ahead.left_of, Ahead.left_before, Ahead.left_after, t("calendar.left")),
                ),
                rx.el.p(t("calendar.nobody_left"), class_name="muted"),
            ),
        ),
    )


def _filter() -> rx.Component:
    return rx.el.label(
        rx.el.span(t("calendar.reason"), class_name="sr"),
        rx.el.select(
            rx.foreach(Ahead.why_left, lambda one: rx.el.option(one["label"], value=one["value"])),
            value=Ahead.reason,
            on_change=Ahead.only,
            class_name="in",
        ),
    )


def _left_row(one: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(one["name"], href=one["href"], class_name="row"),
            rx.el.div(one["when"], class_name="muted small narrow"),
            scope="row",
        ),
        rx.el.td(one["reason"], class_name="muted"),
        rx.el.td(one["when"], class_name="nw wide"),
    )


def _pager(of: Any, before: Any, after: Any, label: Any) -> rx.Component:
    return rx.cond(
        of != "",
        rx.el.nav(
            rx.el.span(of, class_name="muted", role="status"),
            turn(before, "left", t("reminders.previous")),
            turn(after, "right", t("reminders.next")),
            aria_label=label,
            class_name="pager",
        ),
    )
