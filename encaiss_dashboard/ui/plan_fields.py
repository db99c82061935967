"""What can be changed of a plan: its steps, its settings, its days, and what was agreed with consumers."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.domain.consumer import Clause, Creditor
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.ui.components import button, card, icon, tag
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.plan_state import CLOSURES, Terms


def steps() -> rx.Component:
    """The rungs, each with how it goes and what it costs."""
    return card(
        t("plan.steps"),
        t("plan.steps_hint"),
        rx.el.div(rx.foreach(Terms.steps, _step), class_name="plan-steps"),
        rx.el.p(t("plan.claims_hint"), class_name="muted small plan-hint"),
        rx.cond(Terms.of_invoice, rx.el.p(t("plan.invoice_hint"), class_name="muted small plan-hint")),
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
                    on_change=lambda typed: Terms.type_step(row["code"], "days", typed),
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
        rx.cond(row["on"].to(bool) & ~gentle, _how(row)),
        class_name="plan-step",
    )


def _how(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    return rx.el.div(
        rx.el.select(
            *(rx.el.option(t(f"plan.channel_{one.value}"), value=one.value) for one in Channel),
            value=row["channel"],
            on_change=lambda value: Terms.type_step(row["code"], "channel", value),
            aria_label=row["label"] + " — " + t("plan.channel"),
            class_name="in plan-channel",
        ),
        rx.cond(
            row["free"].to(bool),
            tag(t("plan.free"), "good"),
            rx.fragment(
                rx.el.label(
                    rx.el.span(t("plan.costs"), class_name="muted small"),
                    rx.el.input(
                        key=row["code"] + "-costs-" + Terms.drawn.to_string(),
                        default_value=row["costs"],
                        on_change=lambda typed: Terms.type_step(row["code"], "costs", typed),
                        input_mode="decimal",
                        max_length=10,
                        placeholder="0",
                        aria_label=row["label"] + " — " + t("plan.costs"),
                        class_name="in short",
                    ),
                    rx.el.span("€", class_name="muted small"),
                    class_name="plan-days",
                ),
                rx.el.label(
                    rx.el.input(
                        type="checkbox",
                        checked=row["claims"].to(bool),
                        on_change=lambda on: Terms.claim(row["code"], on),
                        aria_label=row["label"] + " — " + t("plan.claims"),
                    ),
                    rx.el.span(t("plan.claims"), class_name="small"),
                    class_name="plan-switch",
                ),
            ),
        ),
        class_name="plan-how",
    )


def _field(name: str, value: Any, *, mode: str = "text", length: int = 12) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span(t(f"plan.{name}")),
            rx.el.input(
                key=f"{name}-" + Terms.drawn.to_string(),
                default_value=value,
                on_change=lambda typed: Terms.type_in(name, typed),
                input_mode=mode,
                max_length=length,
                custom_attrs={"aria-describedby": f"plan-{name}-hint"},
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.p(t(f"plan.{name}_hint"), id=f"plan-{name}-hint", class_name="muted small"),
    )


def _check(label: Any, hint: Any, checked: Any, on_change: Any, name: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                checked=checked,
                on_change=on_change,
                custom_attrs={"aria-describedby": f"plan-{name}-hint"},
            ),
            rx.el.span(label),
            class_name="plan-switch",
        ),
        rx.el.p(hint, id=f"plan-{name}-hint", class_name="muted small"),
        class_name="plan-check plan-under",
    )


def settings() -> rx.Component:
    """What holds for all steps together."""
    return card(
        t("plan.settings"),
        "",
        rx.cond(
            ~Terms.of_invoice,
            rx.el.div(
                _field("gap", Terms.gap, mode="numeric"),
                _field("minimum", Terms.minimum, mode="decimal"),
                _field("stale", Terms.stale, mode="numeric"),
                class_name="plan-one",
            ),
        ),
        rx.cond(
            ~Terms.consumer,
            _check(
                t("plan.by_age"),
                t("plan.by_age_hint"),
                Terms.by_age,
                lambda on: Terms.switch("by_age", on),
                "by-age",
            ),
        ),
    )


def consumers() -> rx.Component:
    """What the terms of sale say about consumers, and what their first reminder has to name."""
    return card(
        t("plan.consumers"),
        t("plan.consumers_hint"),
        _field("supplies", Terms.supplies, length=120),
        rx.el.div(
            _select(
                "creditor",
                Terms.creditor,
                [(one.value, t(f"plan.creditor_{one.value}")) for one in Creditor],
            ),
            _select("clause", Terms.clause, [(one.value, t(f"plan.clause_{one.value}")) for one in Clause]),
            class_name="plan-two",
        ),
        rx.cond(
            Terms.clause == Clause.FIXED.value,
            rx.el.div(_field("fixed", Terms.fixed, mode="decimal"), class_name="plan-check"),
        ),
        _check(
            t("plan.interest"),
            t("plan.interest_hint"),
            Terms.interest,
            lambda on: Terms.switch("interest", on),
            "interest",
        ),
    )


def _select(name: str, value: Any, options: list[tuple[str, Any]]) -> rx.Component:
    return rx.el.div(
        rx.el.label(
            rx.el.span(t(f"plan.{name}")),
            rx.el.select(
                *(rx.el.option(label, value=code) for code, label in options),
                value=value,
                on_change=lambda chosen: Terms.choose(name, chosen),
                custom_attrs={"aria-describedby": f"plan-{name}-hint"},
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.p(t(f"plan.{name}_hint"), id=f"plan-{name}-hint", class_name="muted small"),
    )


def who_is() -> rx.Component:
    """What debtors are of whom nothing is known: no term of a plan, it holds at once."""
    return card(
        t("plan.who"),
        t("plan.who_hint"),
        _check(
            t("plan.by_default"), t("plan.by_default_hint"), Terms.consumers, Terms.say_consumers, "default"
        ),
    )


def days() -> rx.Component:
    """On which days messages leave."""
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
                on_change=lambda value: Terms.choose("country", value),
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
