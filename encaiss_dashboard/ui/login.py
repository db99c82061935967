"""Signing in, asking for a new password: plain forms, so that nothing secret passes through the socket."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard.locales import LANGUAGES
from encaiss_dashboard.ui.access import open_to_strangers
from encaiss_dashboard.ui.components import plain_form
from encaiss_dashboard.ui.i18n import LANGUAGE_NAMES, Language, t
from encaiss_dashboard.ui.said import said


class Login(Language):
    """What the pages before sign-in show to anybody."""

    tone: str = ""
    sentence: str = ""

    @rx.event
    @open_to_strangers
    async def load(self) -> None:
        """Say what came of the form that was posted before."""
        self.tone, self.sentence = said(self.router.url.query_parameters, self._language())

    @rx.event
    @open_to_strangers
    async def choose_language(self, language: str) -> None:
        """Switch the texts of this page."""
        if language in LANGUAGES:
            self.lang = language
            self.tone, self.sentence = said(self.router.url.query_parameters, language)


def lone_page(*content: rx.Component, language: bool = True) -> rx.Component:
    """A page of one card, for people whom the frame shows nothing yet."""
    return rx.el.main(
        rx.el.div(
            rx.el.div(rx.el.div("€", class_name="mark", aria_hidden="true"), "Encaiss", class_name="brand"),
            *content,
            *([_languages()] if language else []),
            class_name="card login",
        ),
        class_name="lone",
        lang=Language.lang,
    )


def sentence(tone: Any, words: Any) -> rx.Component:
    """What came of a form; screen readers say it at once."""
    return rx.cond(words != "", rx.el.p(words, class_name="note n-" + tone, role="alert"))


def text_field(label: Any, name: str, kind: str = "text", hint: Any = None, **props: Any) -> rx.Component:
    """A labelled field of a plain form, with what helps to fill it under it."""
    props.setdefault("required", True)
    described = {"aria_describedby": f"{name}-hint"} if hint is not None else {}
    return rx.el.div(
        rx.el.label(
            label,
            rx.el.input(type=kind, name=name, class_name="in", **described, **props),
            class_name="field",
        ),
        *([rx.el.p(hint, id=f"{name}-hint", class_name="muted small")] if hint is not None else []),
    )


def new_password_field(label: Any, name: str = "password") -> rx.Component:
    """A field for a password that is chosen now."""
    return text_field(
        label,
        name,
        "password",
        hint=t("login.password_hint"),
        auto_complete="new-password",
        min_length=12,
        max_length=256,
    )


def current_password_field(name: str = "password") -> rx.Component:
    """A field for the password of the account, asked again before something grave."""
    return text_field(
        t("login.current_password"), name, "password", auto_complete="current-password", max_length=256
    )


def _languages() -> rx.Component:
    return rx.el.label(
        rx.el.span(t("shell.language"), class_name="sr"),
        rx.el.select(
            *(rx.el.option(LANGUAGE_NAMES[lang], value=lang) for lang in LANGUAGES),
            value=Language.lang,
            on_change=Login.choose_language,
            class_name="in",
        ),
    )


def login_page() -> rx.Component:
    """The sign-in page."""
    return lone_page(
        rx.el.h1(t("login.title")),
        rx.el.p(t("login.sub"), class_name="sub"),
        sentence(Login.tone, Login.sentence),
        plain_form(
            text_field(t("login.email"), "email", "email", auto_complete="username", auto_focus=True),
            text_field(
                t("login.password"), "password", "password", auto_complete="current-password", max_length=256
            ),
            rx.el.button(t("login.go"), type="submit", class_name="btn p wide"),
            action="/auth/login",
            class_name="fields",
        ),
        rx.el.a(t("login.forgot"), href="/forgot", class_name="link"),
    )


def forgot_page() -> rx.Component:
    """Asking for a link to a new password."""
    return lone_page(
        rx.el.h1(t("forgot.title")),
        rx.el.p(t("forgot.sub"), class_name="sub"),
        sentence(Login.tone, Login.sentence),
        plain_form(
            text_field(t("login.email"), "email", "email", auto_complete="username", auto_focus=True),
            rx.el.button(t("forgot.go"), type="submit", class_name="btn p wide"),
            action="/auth/forgot",
            class_name="fields",
        ),
        rx.el.a(t("forgot.back"), href="/login", class_name="link"),
    )
