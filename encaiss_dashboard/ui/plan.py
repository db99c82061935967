"""The plan of a client's reminders: whose it is, what can be changed, and the dates it leads to."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.domain.dunning import Named
from encaiss_dashboard.ui import plan_fields
from encaiss_dashboard.ui.components import button, card, empty, link_button, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.plan_state import Terms
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.texts import texts_link


def plan_page() -> rx.Component:
    """The page."""
    return page(
        "plan.title",
        rx.cond(
            Terms.missing,
            rx.el.section(
                empty(
                    t("plan.missing_title"),
                    t("plan.missing_hint"),
                    link_button(t("plan.missing_go"), "/reminders/plan", kind="p"),
                ),
                class_name="card",
            ),
            rx.fragment(_head(), _scopes(), _whole()),
        ),
    )


def _head() -> rx.Component:
    return top(
        rx.cond(Terms.special, Terms.name, t("plan.title")),
        rx.cond(Terms.ready, Terms.in_force, "…"),
        texts_link(),
        rx.cond(
            Shell.may_delegate,
            rx.fragment(
                rx.cond(Terms.own, button(t("plan.go_back"), id="plan-go-back", on_click=Terms.go_back)),
                rx.el.select(
                    rx.el.option(t("plan.begin_from"), value=""),
                    *(rx.el.option(t(f"plan.named_{one.value}"), value=one.value) for one in Named),
                    value="",
                    on_change=Terms.begin_from,
                    disabled=~Terms.ready,
                    aria_label=t("plan.begin_from"),
                    class_name="in plan-from",
                ),
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
            rx.cond(
                Terms.special,
                rx.fragment(
                    rx.el.span(" / ", aria_hidden="true"),
                    rx.el.a(t("plan.to_debtor"), href=Terms.debtor_href),
                ),
            ),
            aria_label=t("plan.title"),
            class_name="crumbs",
        ),
    )


def _scopes() -> rx.Component:
    """The two general plans, and the special one that is looked at."""

    def scope(label: Any, href: str, here: Any) -> rx.Component:
        return rx.el.a(
            label,
            href=href,
            class_name=rx.cond(here, "tab on", "tab"),
            aria_current=rx.cond(here, "page", "false"),
        )

    return rx.el.nav(
        scope(t("plan.businesses"), "/reminders/plan", Terms.scope == "business"),
        scope(t("plan.persons"), "/reminders/plan?for=consumer", Terms.scope == "consumer"),
        rx.cond(Terms.special, rx.el.span(t("plan.special"), class_name="tab on", aria_current="page")),
        aria_label=t("plan.for_whom"),
        class_name="tabs plan-scopes",
    )


def _whole() -> rx.Component:
    return rx.cond(
        Terms.ready,
        rx.el.div(
            rx.el.fieldset(
                plan_fields.steps(),
                rx.cond(Terms.consumer & ~Terms.of_invoice, plan_fields.consumers()),
                rx.cond(~Terms.of_invoice, plan_fields.days()),
                disabled=~Shell.may_delegate,
                class_name="plan-fields grid",
            ),
            rx.el.div(
                _foreseen(),
                rx.el.fieldset(
                    rx.cond(~Terms.of_invoice | ~Terms.consumer, plan_fields.settings()),
                    rx.cond(Terms.scope == "consumer", plan_fields.who_is()),
                    disabled=~Shell.may_delegate,
                    class_name="plan-fields grid",
                ),
                _versions(),
                class_name="grid plan-side",
            ),
            class_name="grid k2",
        ),
        rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(8)), class_name="waiting card"),
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
        rx.cond(Terms.versions.length() == 0, rx.el.p(t("plan.no_versions"), class_name="muted small")),
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
