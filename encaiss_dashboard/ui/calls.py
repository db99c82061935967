"""Calls to make: the list, and beside what is said the open invoices and how it went."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.domain.calls import TRANSCRIPT_LENGTH_MAX, CallOutcome
from encaiss_dashboard.domain.stops import DisputeReason
from encaiss_dashboard.ui.calls_state import OUTCOMES, CallRow, Calls, OwedRow
from encaiss_dashboard.ui.components import button, card, empty, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import page


def calls_page() -> rx.Component:
    """The page."""
    making = Calls.about > 0
    return page(
        "calls.title",
        top(
            rx.cond(making, Calls.title, t("calls.title")),
            rx.cond(making, Calls.of, rx.cond(Calls.ready, Calls.sub, "…")),
            rx.cond(making, button(t("calls.back"), on_click=Calls.back)),
            crumbs=rx.el.nav(
                rx.el.a(t("menu.desk"), href="/desk"), aria_label=t("calls.title"), class_name="crumbs"
            ),
        ),
        rx.cond(Calls.closed, rx.el.p(t("calls.closed"), class_name="note n-warn gap", role="status")),
        rx.cond(
            Calls.ready,
            rx.cond(making, _call(), _list()),
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(6)), class_name="waiting card"),
        ),
        of_client=False,
    )


def _list() -> rx.Component:
    return card(
        t("calls.list"),
        t("calls.lead"),
        rx.cond(
            Calls.rows.length() > 0,
            rx.fragment(
                rx.el.div(
                    rx.el.table(
                        rx.el.caption(t("calls.list"), class_name="sr"),
                        rx.el.thead(
                            rx.el.tr(
                                rx.el.th(t("calls.debtor"), scope="col"),
                                rx.el.th(t("calls.phone"), scope="col", class_name="wide"),
                                rx.el.th(t("calls.first_step"), scope="col", class_name="wide"),
                                rx.el.th(t("calls.owed"), scope="col", class_name="num"),
                                rx.el.th(t("calls.late"), scope="col", class_name="num wide"),
                                rx.el.th(t("calls.tries"), scope="col", class_name="wide"),
                                rx.el.th(rx.el.span(t("calls.result"), class_name="sr"), scope="col"),
                            )
                        ),
                        rx.el.tbody(rx.foreach(Calls.rows, _row)),
                        class_name="told",
                    ),
                    class_name="scroll",
                    tab_index=0,
                    role="region",
                    aria_label=t("calls.list"),
                ),
                rx.cond(Calls.more != "", rx.el.p(Calls.more, class_name="muted small rest")),
            ),
            empty(t("calls.none"), t("calls.none_hint")),
        ),
    )


def _row(row: rx.vars.ObjectVar[CallRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["debtor"], rx.el.div(row["client"], class_name="muted small"), scope="row"),
        rx.el.td(rx.cond(row["phone"] != "", row["phone"], t("calls.no_phone")), class_name="nw wide"),
        rx.el.td(row["step"], class_name="wide"),
        rx.el.td(row["owed"], class_name="num"),
        rx.el.td(row["late"], class_name="num wide"),
        rx.el.td(row["tries"], class_name="nw wide"),
        rx.el.td(
            button(
                rx.fragment(t("desk.call_go"), rx.el.span(" ", row["debtor"], class_name="sr")),
                on_click=Calls.open(row["id"]),
            ),
            class_name="num",
        ),
        key=row["id"].to_string(),
    )


def _call() -> rx.Component:
    return rx.el.div(
        rx.el.div(_script(), _result(), class_name="grid"),
        rx.el.div(_facts(), _rules(), class_name="grid"),
        class_name="grid k2 call",
        key=Calls.about.to_string(),
    )


def _script() -> rx.Component:
    return card(
        t("calls.script"),
        Calls.spoken_in,
        rx.el.ol(rx.foreach(Calls.script, rx.el.li), class_name="said"),
    )


def _rules() -> rx.Component:
    return card(
        t("calls.rules"),
        "",
        rx.el.ul(rx.foreach(Calls.rules, rx.el.li), class_name="explained small"),
    )


def _facts() -> rx.Component:
    return card(
        t("calls.invoices"),
        "",
        rx.el.p(
            rx.cond(
                Calls.phone != "",
                rx.el.a(Calls.phone, href="tel:" + Calls.phone, class_name="strong"),
                rx.el.span(t("calls.no_phone"), class_name="muted"),
            ),
            rx.el.button(t("calls.complete"), type="button", on_click=Calls.correct, class_name="link small"),
            class_name="seeking",
        ),
        rx.el.table(
            rx.el.caption(t("calls.invoices"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(t("calls.number"), scope="col"),
                    rx.el.th(t("calls.due"), scope="col"),
                    rx.el.th(t("calls.amount"), scope="col", class_name="num"),
                )
            ),
            rx.el.tbody(rx.foreach(Calls.owed, _owed)),
            class_name="told",
        ),
        rx.foreach(Calls.tries, lambda one: rx.el.p(one, class_name="muted small")),
    )


def _owed(row: rx.vars.ObjectVar[OwedRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["number"], scope="row"),
        rx.el.td(row["due"], rx.cond(row["late"] != "", rx.el.span(" · ", row["late"], class_name="muted"))),
        rx.el.td(row["open"], class_name=rx.cond(row["total"], "num strong", "num")),
        key=row["key"],
    )


def _result() -> rx.Component:
    return card(
        t("calls.result"),
        "",
        rx.el.form(
            rx.el.fieldset(
                rx.el.legend(t("calls.result"), class_name="sr"),
                *(_choice(one, first=one is OUTCOMES[0]) for one in OUTCOMES),
                class_name="kinds",
            ),
            rx.match(
                Calls.outcome,
                (CallOutcome.PROMISE.value, _promise()),
                (CallOutcome.DISPUTE.value, _reason()),
                (CallOutcome.NOT_REACHED.value, _again()),
                (CallOutcome.PAID.value, rx.el.p(Calls.paid_hint, class_name="muted small")),
                (CallOutcome.PLAN.value, rx.el.p(t("calls.plan_hint"), class_name="muted small")),
                (CallOutcome.WRONG_NUMBER.value, rx.el.p(t("calls.wrong_hint"), class_name="muted small")),
                rx.fragment(),
            ),
            _field(
                "transcript",
                rx.el.textarea(
                    name="transcript",
                    on_blur=Calls.heard,
                    max_length=TRANSCRIPT_LENGTH_MAX,
                    rows="4",
                    class_name="in",
                ),
            ),
            rx.el.p(t("calls.transcript_hint"), class_name="muted small"),
            rx.el.p(Calls.wrong, role="alert", class_name="small dn"),
            rx.el.div(
                button(t("calls.back"), on_click=Calls.back),
                button(t("calls.save"), kind="p", type="submit"),
                class_name="end",
            ),
            on_submit=Calls.save,
            no_validate=True,
            class_name="fields-of",
        ),
    )


def _choice(one: CallOutcome, *, first: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio",
            name="outcome",
            value=one.value,
            checked=Calls.outcome == one.value,
            on_change=Calls.choose(one.value),
            auto_focus=first,
        ),
        rx.el.span(t(f"calls.outcome_{one.value}")),
        class_name="choice",
    )


def _promise() -> rx.Component:
    return rx.fragment(
        rx.el.div(button(t("calls.quick"), kind="p", on_click=Calls.quick)),
        rx.el.div(
            _field(
                "promised",
                rx.el.input(
                    type="date",
                    name="promised",
                    default_value=Calls.promised,
                    min=Calls.tomorrow,
                    class_name="in",
                ),
            ),
            _field(
                "promised_amount",
                rx.el.input(
                    name="amount",
                    max_length=20,
                    auto_complete="off",
                    placeholder=t("calls.amount_hint"),
                    custom_attrs={"inputMode": "decimal"},
                    class_name="in",
                ),
            ),
            class_name="two",
        ),
    )


def _reason() -> rx.Component:
    return _field(
        "reason",
        rx.el.select(
            *(rx.el.option(t(f"stops.reason_{one.value}"), value=one.value) for one in DisputeReason),
            name="reason",
            class_name="in",
        ),
    )


def _again() -> rx.Component:
    return rx.cond(
        Calls.last_try,
        rx.el.p(t("calls.last_try"), class_name="note n-warn"),
        _field(
            "again_on",
            rx.el.input(
                type="date",
                name="again_on",
                default_value=Calls.again_on,
                min=Calls.tomorrow,
                class_name="in",
            ),
        ),
    )


def _field(name: str, made: Any) -> rx.Component:
    return rx.el.label(rx.el.span(t(f"calls.{name}")), made, class_name="field")
