"""What tonight's run would send, to whom and why not to others; the agency may run it now."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.ui.calendar import calendar_link
from encaiss_dashboard.ui.components import button, card, empty, figure, link_button, tag, top, turn
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.plan import plan_link
from encaiss_dashboard.ui.reminders_state import Reminders
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.texts import texts_link
from encaiss_dashboard.ui.up_to_date import up_to_date

_DIALOG: Final = "run-reminders"


def reminders_page() -> rx.Component:
    """The page."""
    return page(
        "menu.reminders",
        top(
            t("menu.reminders"),
            rx.cond(Reminders.ready, Reminders.sub, "…"),
            texts_link(),
            calendar_link(),
            plan_link(),
            rx.cond(Shell.may_remind, _run_button()),
        ),
        rx.cond(Shell.may_remind, _confirm()),
        up_to_date(),
        _progress(),
        _figures(),
        rx.cond(
            Reminders.waiting != "", rx.el.p(Reminders.waiting, class_name="note n-info gap"), rx.fragment()
        ),
        rx.el.div(_list(), class_name="row gap"),
        rx.cond(Reminders.held.length() > 0, rx.el.div(_held(), class_name="row gap")),
        rx.el.div(_recent(), class_name="row gap"),
        rx.el.div(_answers(), class_name="row gap"),
    )


def _answers() -> rx.Component:
    """What happens when a debtor answers, for who has never seen it."""
    return card(
        t("reminders.answers_title"),
        t("reminders.answers_hint"),
        rx.el.ol(*(rx.el.li(t(f"reminders.answers_{n}")) for n in range(1, 5)), class_name="muted explained"),
    )


def _run_button() -> rx.Component:
    return button(
        t("reminders.run"),
        kind="p",
        disabled=~Reminders.ready | Reminders.running | (Reminders.confirm == ""),
        custom_attrs={"popoverTarget": _DIALOG},
    )


def _confirm() -> rx.Component:
    close = {"popoverTarget": _DIALOG, "popoverTargetAction": "hide"}
    return rx.el.dialog(
        rx.el.h2(t("reminders.confirm_title"), id=f"{_DIALOG}-title"),
        rx.el.p(Reminders.confirm),
        rx.el.div(
            button(t("reminders.cancel"), custom_attrs=close, auto_focus=True),
            button(t("reminders.confirm_go"), kind="p", on_click=Reminders.run, custom_attrs=close),
            class_name="ends",
        ),
        id=_DIALOG,
        custom_attrs={"popover": "auto"},
        aria_labelledby=f"{_DIALOG}-title",
        class_name="confirm",
    )


def _progress() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Reminders.running,
            rx.el.div(
                rx.el.span(Reminders.doing),
                rx.cond(
                    Reminders.total > 0,
                    rx.el.progress(value=Reminders.done, max=Reminders.total, aria_label=t("reminders.list")),
                    rx.el.progress(aria_label=t("reminders.list")),
                ),
                class_name="note n-info running",
            ),
        ),
        role="status",
        aria_live="polite",
    )


def _figures() -> rx.Component:
    loading = ~Reminders.ready
    return rx.el.div(
        figure(t("reminders.planned"), Reminders.planned, Reminders.planned_sub, loading=loading),
        figure(t("reminders.claimed"), Reminders.claimed, t("reminders.claimed_sub"), loading=loading),
        figure(t("reminders.by_post"), Reminders.by_post, t("reminders.by_post_sub"), loading=loading),
        figure(t("reminders.kept"), Reminders.kept, t("reminders.kept_sub"), loading=loading),
        class_name="grid k4",
    )


def _list() -> rx.Component:
    return card(
        t("reminders.list"),
        t("reminders.list_hint"),
        rx.cond(
            ~Reminders.ready,
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(6)), aria_hidden="true"),
            rx.cond(
                Reminders.rows.length() > 0,
                rx.fragment(_table("reminders.list", _heads(), rx.foreach(Reminders.rows, _row)), _pager()),
                empty(
                    t("reminders.empty_title"),
                    t("reminders.empty_text"),
                    link_button(t("reminders.empty_go"), "/debtors"),
                ),
            ),
        ),
    )


def _table(caption: str, heads: rx.Component, *body: Any) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t(caption), class_name="sr"),
            rx.el.thead(heads),
            rx.el.tbody(*body),
            class_name="told",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t(caption),
    )


def _columns(*columns: tuple[str, str]) -> rx.Component:
    return rx.el.tr(
        *(rx.el.th(t(f"reminders.{name}"), scope="col", class_name=kind) for name, kind in columns)
    )


def _heads() -> rx.Component:
    return _columns(
        ("debtor", ""), ("recipient", "wide"), ("step", ""), ("invoices", "num"), ("amount", "num")
    )


def _row(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    here = Reminders.opened == row["id"]
    return rx.fragment(
        rx.el.tr(
            _named(row["name"], row["href"], row["recipient"]),
            rx.el.td(row["recipient"], class_name=rx.cond(row["by_post"], "muted wide", "wide")),
            rx.el.td(tag(row["step"], row["tone"])),
            rx.el.td(
                rx.el.button(
                    row["invoices"],
                    rx.el.span(rx.cond(here, "▴", "▾"), aria_hidden="true"),
                    rx.el.span(row["show"], class_name="sr"),
                    on_click=Reminders.toggle(row["id"]),
                    aria_expanded=here,
                    class_name="unfold",
                    type="button",
                ),
                class_name="num",
            ),
            rx.el.td(row["amount"], class_name="num strong"),
        ),
        rx.cond(here, rx.el.tr(rx.el.td(_lines(row), col_span=5, class_name="within"))),
    )


def _named(name: Any, href: Any, *below: Any) -> rx.Component:
    """The debtor; on a telephone with what its own columns say elsewhere below."""
    return rx.el.th(
        rx.el.a(name, href=href, class_name="row"),
        *(rx.el.div(words, class_name="muted small narrow") for words in below),
        scope="row",
    )


def _lines(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(row["show"], class_name="sr"),
            rx.el.thead(_columns(("invoice", ""), ("late", "num"), ("open", "num"), ("step", ""))),
            rx.el.tbody(
                rx.foreach(
                    Reminders.lines,
                    lambda line: rx.el.tr(
                        rx.el.th(line["number"], scope="row"),
                        rx.el.td(line["late"], class_name="num"),
                        rx.el.td(line["open"], class_name="num"),
                        rx.el.td(tag(line["step"], line["tone"])),
                    ),
                )
            ),
            class_name="told",
        ),
        rx.cond(Reminders.lines_more != "", rx.el.p(Reminders.lines_more, class_name="muted small")),
        rx.cond(Reminders.credit != "", rx.el.p(Reminders.credit, class_name="muted small")),
    )


def _pager() -> rx.Component:
    return rx.cond(
        Reminders.pages != "",
        rx.el.nav(
            rx.el.span(Reminders.pages, class_name="muted", role="status"),
            turn(Reminders.previous, "left", t("reminders.previous")),
            turn(Reminders.next, "right", t("reminders.next")),
            aria_label=t("reminders.list"),
            class_name="pager",
        ),
    )


def _held() -> rx.Component:
    return card(
        t("reminders.held_list"),
        t("reminders.held_hint"),
        _table(
            "reminders.held_list",
            _columns(("debtor", ""), ("reason", "")),
            rx.foreach(
                Reminders.held,
                lambda one: rx.el.tr(
                    rx.el.th(rx.el.a(one["name"], href=one["href"], class_name="row"), scope="row"),
                    rx.el.td(one["reason"], class_name="muted"),
                ),
            ),
        ),
        rx.cond(Reminders.held_more != "", rx.el.p(Reminders.held_more, class_name="muted small")),
    )


def _recent() -> rx.Component:
    return card(
        t("reminders.recent"),
        t("reminders.recent_hint"),
        rx.cond(
            Reminders.recent.length() > 0,
            _table(
                "reminders.recent",
                _columns(
                    ("when", "wide"), ("debtor", ""), ("step", ""), ("recipient", "wide"), ("state", "")
                ),
                rx.foreach(Reminders.recent, _past),
            ),
            rx.cond(Reminders.ready, rx.el.p(t("reminders.recent_empty"), class_name="muted")),
        ),
    )


def _past(past: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(past["at"], class_name="nw muted wide"),
        _named(past["name"], past["href"], past["at"]),
        rx.el.td(tag(past["step"], past["tone"])),
        rx.el.td(past["to"], class_name="wide"),
        rx.el.td(
            tag(past["state"], past["state_tone"]),
            rx.cond(past["detail"] != "", rx.el.div(past["detail"], class_name="muted small")),
            rx.el.div(
                rx.el.a(t("message.see"), rx.el.span(" ", past["name"], class_name="sr"), href=past["told"]),
                class_name="small",
            ),
        ),
    )
