"""Signing in: a plain form, so that the password never passes through the socket."""

from __future__ import annotations

import reflex as rx

from encaiss_dashboard.locales import LANGUAGES
from encaiss_dashboard.ui.access import open_to_strangers
from encaiss_dashboard.ui.components import plain_form
from encaiss_dashboard.ui.i18n import LANGUAGE_NAMES, Language, t


class Login(Language):
    """What the sign-in page shows to anybody."""

    failed: bool = False

    @rx.event
    @open_to_strangers
    async def load(self) -> None:
        """Show the sentence about a wrong password after a failed attempt."""
        self.failed = "failed=1" in str(self.router.url)

    @rx.event
    @open_to_strangers
    async def choose_language(self, language: str) -> None:
        """Switch the texts of this page."""
        if language in LANGUAGES:
            self.lang = language


def login_page() -> rx.Component:
    """The sign-in page."""
    return rx.el.main(
        plain_form(
            rx.el.div(rx.el.div("€", class_name="mark", aria_hidden="true"), "Encaiss", class_name="brand"),
            rx.el.h1(t("login.title")),
            rx.el.p(t("login.sub"), class_name="sub"),
            rx.cond(Login.failed, rx.el.p(t("login.failed"), class_name="note n-bad", role="alert")),
            rx.el.label(
                t("login.email"),
                rx.el.input(
                    type="email",
                    name="email",
                    auto_complete="username",
                    required=True,
                    auto_focus=True,
                    class_name="in",
                ),
                class_name="field",
            ),
            rx.el.label(
                t("login.password"),
                rx.el.input(
                    type="password",
                    name="password",
                    auto_complete="current-password",
                    required=True,
                    max_length=256,
                    class_name="in",
                ),
                class_name="field",
            ),
            rx.el.button(t("login.go"), type="submit", class_name="btn p wide"),
            rx.el.label(
                rx.el.span(t("shell.language"), class_name="sr"),
                rx.el.select(
                    *(rx.el.option(LANGUAGE_NAMES[lang], value=lang) for lang in LANGUAGES),
                    value=Language.lang,
                    on_change=Login.choose_language,
                    class_name="in",
                ),
            ),
            action="/auth/login",
            class_name="card login",
        ),
        class_name="lone",
        lang=Language.lang,
    )
