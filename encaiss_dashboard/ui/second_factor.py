"""The step after the password: a code of the app, or setting an app where one is required."""

from __future__ import annotations

from typing import Any

import reflex as rx

from encaiss_dashboard import wiring
from encaiss_dashboard.services.accounts import factors
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.access import open_before_second_factor
from encaiss_dashboard.ui.components import plain_form
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.login import Login, lone_page, sentence, text_field
from encaiss_dashboard.ui.shell import Next, handler

KEY_FIELD = "factor_key"


class SecondFactor(Login):
    """What the page shows to somebody whose password was right."""

    ready: bool = False
    enrolling: bool = False
    demo_code: str = ""

    @handler
    @open_before_second_factor
    async def begin(self) -> Next:
        """See which of the two steps this is."""
        standing = await access.act_before_second_factor(self, factors.standing)
        self.enrolling = standing.since is None
        self.demo_code = ""
        if wiring.house().settings.demo:
            self.demo_code = await access.act_before_second_factor(self, factors.demo_code)
        self.ready = True

    @handler
    @open_before_second_factor
    async def show_key(self) -> Next:
        """Write the key into its field, for whoever cannot scan: it is sent once and kept nowhere."""
        enrolment = await access.act_before_second_factor(self, factors.enrol_first)
        return rx.set_value(KEY_FIELD, grouped(enrolment.key))

    def _tell(self, refusal: Exception) -> Next:  # noqa: ARG002
        return rx.redirect("/login")


def grouped(key: str) -> str:
    """A key in groups of four, as it is typed."""
    return " ".join(key[i : i + 4] for i in range(0, len(key), 4))


def second_factor_page() -> rx.Component:
    """The page."""
    return lone_page(
        rx.cond(SecondFactor.enrolling, _enrol(), _ask()),
        plain_form(
            rx.el.button(t("factor.other_account"), type="submit", class_name="link"), action="/auth/logout"
        ),
    )


def _ask() -> rx.Component:
    return rx.fragment(
        rx.el.h1(t("factor.title")),
        rx.el.p(t("factor.sub"), class_name="sub"),
        sentence(Login.tone, Login.sentence),
        plain_form(
            code_field(t("factor.code"), t("factor.code_hint"), auto_focus=True),
            rx.el.button(t("factor.go"), type="submit", class_name="btn p wide"),
            action="/auth/code",
            class_name="fields",
        ),
        _demo(),
    )


def _enrol() -> rx.Component:
    return rx.fragment(
        rx.el.h1(t("factor.set_title")),
        rx.el.p(t("factor.set_sub"), class_name="sub"),
        sentence(Login.tone, Login.sentence),
        app_steps(
            SecondFactor.show_key,
            plain_form(
                code_field(t("factor.first_code"), None),
                rx.el.button(t("factor.set_go"), type="submit", class_name="btn p wide"),
                action="/auth/factor",
                class_name="fields",
            ),
        ),
        _demo(),
    )


def app_steps(show_key: Any, form: rx.Component) -> rx.Component:
    """How an app is set: scan or type the key, then give its first code."""
    return rx.el.ol(
        rx.el.li(t("factor.step_app")),
        rx.el.li(
            t("factor.step_scan"),
            rx.el.img(src="/auth/factor.svg", alt=t("factor.qr"), class_name="qr", width="205", height="205"),
            rx.el.details(
                rx.el.summary(t("factor.no_camera")),
                rx.el.div(
                    rx.el.input(
                        id=KEY_FIELD,
                        read_only=True,
                        aria_label=t("factor.key"),
                        placeholder="•••• •••• •••• ••••",
                        class_name="in mono",
                    ),
                    rx.el.button(t("factor.show_key"), on_click=show_key, type="button", class_name="btn"),
                    class_name="fields",
                ),
            ),
        ),
        rx.el.li(t("factor.step_code"), form),
        class_name="setup",
    )


def code_field(label: rx.Var[str], hint: rx.Var[str] | None, **props: Any) -> rx.Component:
    """Where a code is typed: telephones offer digits and, where they can, the code itself."""
    return text_field(
        label, "code", hint=hint, auto_complete="one-time-code", max_length=40, spell_check=False, **props
    )


def _demo() -> rx.Component:
    return rx.cond(
        SecondFactor.demo_code != "",
        rx.el.p(
            t("factor.demo"),
            " ",
            rx.el.strong(SecondFactor.demo_code),
            class_name="note n-info",
            id="demo-code",
        ),
    )
