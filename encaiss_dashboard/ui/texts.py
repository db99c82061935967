"""A client's own words in its letters: what may be said, and the letter that comes of it."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.ui.components import button, card, link_button, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Shell, page
from encaiss_dashboard.ui.small_files import small_drop
from encaiss_dashboard.ui.texts_state import Words

PATH = "/reminders/texts"


def texts_page() -> rx.Component:
    """The page."""
    return page(
        "texts.title",
        top(
            t("texts.title"),
            rx.cond(Words.ready, Words.in_force, "…"),
            rx.cond(
                Shell.may_delegate,
                button(
                    t("texts.save"),
                    kind="p",
                    on_click=Words.save,
                    disabled=~Words.ready | ~Words.changed | (Words.problem != ""),
                ),
            ),
            crumbs=rx.el.nav(
                rx.el.a(t("menu.reminders"), href="/reminders"),
                aria_label=t("texts.title"),
                class_name="crumbs",
            ),
        ),
        rx.script(src="/mail.js"),
        rx.cond(
            Words.ready,
            rx.el.div(
                rx.el.div(_words(), _fields(), _logo(), _versions(), class_name="grid words"),
                rx.el.div(_preview(), class_name="grid words"),
                class_name="grid words-both",
            ),
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(8)), class_name="waiting card"),
        ),
    )


def texts_link() -> rx.Component:
    """The way to this page from those of the reminders and of the plan."""
    return link_button(t("texts.title"), PATH)


def _select(label: str, choices: Any, value: Any, on_change: Any) -> rx.Component:
    return rx.el.label(
        rx.el.span(t(label)),
        rx.el.select(
            rx.foreach(choices, lambda one: rx.el.option(one["label"], value=one["value"])),
            value=value,
            on_change=on_change,
            class_name="in",
        ),
        class_name="field",
    )


def _words() -> rx.Component:
    return card(
        t("texts.own"),
        Words.hint,
        rx.el.div(
            _select("texts.step", Words.steps, Words.step, Words.choose_step),
            _select("texts.language", Words.languages, Words.language, Words.choose_words),
            class_name="words-which",
        ),
        rx.el.div(
            rx.cond(Words.problem != "", rx.el.p(Words.problem, class_name="note n-bad", id="words-problem")),
            role="status",
            aria_live="polite",
        ),
        rx.el.fieldset(
            rx.foreach(Words.rows, _part),
            rx.cond(
                Shell.may_delegate,
                rx.el.div(
                    button(t("texts.from_house"), on_click=Words.from_house, disabled=Words.own),
                    button(t("texts.back"), on_click=Words.back, disabled=~Words.own),
                    class_name="words-ways",
                ),
                rx.el.p(t("texts.only_read"), class_name="muted small"),
            ),
            disabled=~Shell.may_delegate,
        ),
        rx.el.p(t("texts.house_keeps"), class_name="muted small"),
    )


def _part(row: rx.vars.ObjectVar[Any]) -> rx.Component:
    shared = {
        "key": Words.drawn.to_string() + Words.step + Words.language + row["name"],
        "default_value": row["said"],
        "placeholder": row["house"],
        "on_change": lambda said: Words.type_in(row["name"], said).debounce(500),
        "max_length": row["most"].to(int),
        "class_name": "in",
    }
    return rx.el.label(
        rx.el.span(row["label"]),
        rx.cond(row["long"], rx.el.textarea(rows="4", **shared), rx.el.input(auto_complete="off", **shared)),
        class_name="field",
    )


def _fields() -> rx.Component:
    return card(
        t("texts.fields"),
        t("texts.fields_hint"),
        rx.el.dl(
            rx.foreach(
                Words.fields,
                lambda one: rx.fragment(rx.el.dt(one["name"]), rx.el.dd(one["meaning"])),
            ),
            class_name="words-fields",
        ),
    )


def _logo() -> rx.Component:
    return card(
        t("texts.logo"),
        t("texts.logo_hint"),
        rx.el.div(
            rx.cond(
                Words.logo != "",
                rx.fragment(
                    rx.el.img(src=Words.logo, alt=t("texts.logo_alt")),
                    rx.cond(Shell.may_delegate, button(t("texts.logo_remove"), on_click=Words.remove_logo)),
                ),
                rx.el.p(t("texts.logo_none"), class_name="muted"),
            ),
            class_name="words-logo",
        ),
        rx.cond(
            Shell.may_delegate,
            small_drop("/uploads/logo", "texts.logo", ".png,.jpg,.jpeg,image/png,image/jpeg"),
        ),
    )


def _preview() -> rx.Component:
    return card(
        t("texts.preview"),
        t("texts.preview_hint"),
        rx.el.label(
            rx.el.span(t("texts.debtor")),
            rx.el.select(
                rx.el.option(t("texts.most"), value=""),
                rx.foreach(Words.examples, lambda one: rx.el.option(one["label"], value=one["value"])),
                value=Words.debtor,
                on_change=Words.choose_debtor,
                class_name="in",
            ),
            class_name="field",
        ),
        rx.cond(
            Words.nobody,
            rx.el.p(t("texts.nobody"), class_name="note n-info"),
            rx.fragment(
                rx.el.h3(t("texts.mail")),
                rx.el.div(
                    rx.el.div(Words.subject, class_name="strong"),
                    rx.el.div(Words.to, class_name="muted"),
                    class_name="words-head",
                ),
                rx.el.div(
                    class_name="words-mail",
                    custom_attrs={"data-mail": Words.mail},
                    tab_index=0,
                    role="region",
                    aria_label=t("texts.mail"),
                ),
                rx.el.h3(t("texts.paper")),
                rx.foreach(
                    Words.pages,
                    lambda one: rx.el.img(src=one["src"], alt=one["alt"], class_name="words-page"),
                ),
            ),
        ),
    )


def _versions() -> rx.Component:
    return card(
        t("texts.versions"),
        t("texts.versions_hint"),
        rx.el.ul(
            rx.foreach(
                Words.versions,
                lambda row: rx.el.li(
                    rx.el.div(row["name"], class_name="strong"),
                    rx.el.div(row["when"], class_name="muted small"),
                    rx.cond(row["what"] != "", rx.el.div(row["what"], class_name="muted small")),
                ),
            ),
            class_name="plan-versions",
        ),
    )
