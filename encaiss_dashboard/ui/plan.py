"""The plan of a client's reminders: its steps, its days, and the dates it leads to."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, card, icon, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.plan_state import CLOSURES, Terms
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.texts import texts_link


def plan_page() -> rx.Component:
    """The page."""
    return page(
        "plan.title",
        top(
            t("plan.title"),
            rx.cond(Terms.ready, Terms.in_force, "…"),
            texts_link(),
            rx.cond(
                Shell.may_delegate,
                rx.fragment(
                    button(t("plan.standard"), on_click=Terms.standard, disabled=~Terms.ready),
                    button(
                        t("plan.save"),
                        kind="p",
                        on_click=Terms.save,
                        disabled=~Terms.ready | ~Terms.changed | (Terms.problem != ""),
                    ),
                ),
            ),
            crumbs=rx.el.nav(
                rx.el.a(t("menu.reminders"), href="/reminders"),
                aria_label=t("plan.title"),
                class_name="crumbs",
            ),
        ),
        rx.cond(
            Terms.ready,
            rx.el.div(
                rx.el.fieldset(
                    _steps(), _days(), disabled=~Shell.may_delegate, class_name="plan-fields grid"
                ),
                rx.el.div(_foreseen(), _versions(), class_name="grid plan-side"),
                class_name="grid k2",
            ),
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(8)), class_name="waiting card"),
        ),
    )


def _steps() -> rx.Component:
    return card(
        t("plan.steps"),
        t("plan.steps_hint"),
        rx.el.div(rx.foreach(Terms.steps, _step), class_name="plan-steps"),
        rx.el.div(
            _field(t("plan.gap"), t("plan.gap_hint"), "gap", Terms.gap, "numeric"),
            _field(t("plan.minimum"), t("plan.minimum_hint"), "minimum", Terms.minimum, "decimal"),
            class_name="plan-two",
        ),
    )


def _step(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    gentle = row["code"] == "courtesy"
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=row["on"].to(bool),
                on_change=lambda on: Terms.switch(row["code"], on),
            ),
            rx.el.span(row["label"]),
            class_name="plan-switch",
        ),
        rx.cond(
            gentle,
            rx.el.span(t("plan.courtesy_days"), class_name="muted small"),
            rx.el.label(
                rx.el.input(
                    key=row["code"] + Terms.drawn.to_string(),
                    default_value=row["days"],
                    on_change=lambda typed: Terms.type_in(row["code"], typed),
                    disabled=~row["on"].to(bool),
                    input_mode="numeric",
                    max_length=3,
                    aria_label=row["label"] + " — " + t("plan.days_late"),
                    class_name="in short",
                ),
                rx.el.span(t("plan.days_late"), class_name="muted small"),
                class_name="plan-days",
            ),
        ),
        class_name="plan-step",
    )


def _field(label: Any, hint: Any, name: str, value: Any, mode: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span(label),
            rx.el.input(
                key=f"{name}-" + Terms.drawn.to_string(),
                default_value=value,
                on_change=lambda typed: Terms.type_in(name, typed),
                input_mode=mode,
                max_length=12,
                custom_attrs={"aria-describedby": f"plan-{name}-hint"},
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.p(hint, id=f"plan-{name}-hint", class_name="muted small"),
    )


def _days() -> rx.Component:
    return card(
        t("plan.days"),
        t("plan.days_hint"),
        rx.el.div(
            rx.foreach(
                Terms.weekdays,
                lambda row: rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=row["on"].to(bool),
                        on_change=lambda on: Terms.switch(row["value"], on),
                    ),
                    rx.el.span(row["label"]),
                    class_name="plan-switch",
                ),
            ),
            role="group",
            aria_label=t("plan.days"),
            class_name="plan-week",
        ),
        rx.el.label(
            rx.el.span(t("plan.holidays")),
            rx.el.select(
                rx.foreach(Terms.countries, lambda one: rx.el.option(one["label"], value=one["value"])),
                value=Terms.country,
                on_change=Terms.keep_holidays,
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.h3(t("plan.closures")),
        rx.cond(Terms.closures.length() == 0, rx.el.p(t("plan.no_closures"), class_name="muted small")),
        rx.foreach(Terms.closures, _closure),
        rx.cond(
            Terms.closures.length() < CLOSURES,
            rx.el.div(
                *(
                    button(t(f"plan.add_{what}"), on_click=Terms.add_closure(what))
                    for what in ("christmas", "builders", "other")
                ),
                class_name="plan-ways",
            ),
        ),
    )


def _closure(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    def end(name: str) -> rx.Component:
        return rx.el.label(
            rx.el.span(t(f"plan.{name}"), class_name="muted small"),
            rx.el.input(
                key=row["at"] + name,
                default_value=row[name],
                on_change=lambda typed: Terms.close(row["at"], name, typed),
                placeholder="24/12",
                max_length=5,
                class_name="in short",
            ),
            class_name="plan-days",
        )

    return rx.el.div(
        end("first"),
        end("last"),
        rx.el.button(
            icon("close"),
            on_click=Terms.remove_closure(row["at"]),
            aria_label=t("plan.remove"),
            title=t("plan.remove"),
            class_name="btn only",
            type="button",
        ),
        class_name="plan-closure",
    )


def _foreseen() -> rx.Component:
    return card(
        t("plan.foreseen"),
        t("plan.foreseen_hint"),
        rx.el.div(
            rx.cond(Terms.problem != "", rx.el.p(Terms.problem, class_name="note n-bad")),
            role="status",
            aria_live="polite",
        ),
        rx.cond(
            Terms.foreseen.length() > 0,
            rx.el.ol(
                rx.foreach(
                    Terms.foreseen,
                    lambda row: rx.el.li(
                        tag(row["step"], row["tone"]),
                        rx.el.div(
                            rx.el.div(row["on"], class_name="strong"),
                            rx.el.div(row["late"], class_name="muted small"),
                        ),
                    ),
                ),
                class_name="plan-line",
            ),
        ),
    )


def _versions() -> rx.Component:
    return card(
        t("plan.versions"),
        t("plan.versions_hint"),
        rx.el.ul(
            rx.foreach(
                Terms.versions,
                lambda row: rx.el.li(
                    rx.el.div(row["name"], class_name="strong"),
                    rx.el.div(row["when"], class_name="muted small"),
                    rx.el.div(row["what"], class_name="muted small"),
                ),
            ),
            class_name="plan-versions",
        ),
    )


def plan_link() -> rx.Component:
    """The way to this page from that of the reminders."""
    return link_button(t("plan.title"), "/reminders/plan")
