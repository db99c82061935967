"""The dialog in which the agency decides about a message that was given up: once more, or set aside."""

from __future__ import annotations

from typing import Any, Final

import reflex as rx

from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import moment, text
from encaiss_dashboard.services.desk import undelivered
from encaiss_dashboard.services.desk.undelivered import REASON_LENGTH_MAX, DeadLetter, ReasonMissing
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler

_TITLE_ID: Final = "undelivered-title"
_REASON_ID: Final = "undelivered-reason"


class DeadLetters(Shell):
    """The message that the dialog is about; 0 while it is closed."""

    about: int = 0
    title: str = ""
    of: str = ""
    to: str = ""
    said: str = ""
    tried: str = ""
    doubt: str = ""
    wrong: str = ""

    @handler
    async def begin(self, message_id: int) -> Next:
        """Show what became of a message."""
        self._write(await access.read(self, undelivered.dead_letter, message_id))

    @handler
    async def cancel(self) -> Next:
        """Close it; nothing happened."""
        self.about = 0

    @handler
    async def again(self) -> Next:
        """Have it sent once more."""
        about, self.about = self.about, 0
        await access.act(self, undelivered.try_again, about)
        return self._done("desk.failed_again")

    @handler
    async def aside(self, form: dict[str, str]) -> Next:
        """Leave it at that, for a reason."""
        about, self.about = self.about, 0
        try:
            await access.act(self, undelivered.set_aside, about, form.get("reason") or "")
        except ReasonMissing as refusal:
            self.about, self.wrong = about, text(self._language(), f"refusal.{refusal.code}")
            return rx.set_focus(_REASON_ID)
        return self._done("desk.failed_aside")

    def _write(self, found: DeadLetter) -> None:
        lang = self._language()
        self.title = text(lang, "desk.failed_title", name=found.debtor)
        self.of = f"{found.client} · {text(lang, f'step.{found.step}')}"
        on_paper = Channel(found.channel).on_paper
        self.to = text(lang, "file.to_post") if on_paper else found.recipient
        self.said = found.said
        self.tried = text(lang, "desk.failed_tried", n=found.attempts, at=moment(found.failed_at, lang))
        self.doubt = text(lang, "act.doubts_failed") if found.doubts else ""
        self.wrong, self.about = "", found.id


def undelivered_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = DeadLetters.about > 0
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=DeadLetters.cancel, aria_hidden="true"),
        rx.el.div(
            _form(),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": _TITLE_ID},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", DeadLetters.cancel(), rx.noop()),
        class_name="over",
        lang=DeadLetters.lang,
    )


def _form() -> rx.Component:
    return rx.el.form(
        rx.el.h2(DeadLetters.title, id=_TITLE_ID),
        rx.el.p(DeadLetters.of, class_name="muted"),
        rx.el.dl(
            _pair("desk.failed_to", DeadLetters.to),
            _pair("desk.failed_said", DeadLetters.said),
            _pair("desk.failed_when", DeadLetters.tried),
            class_name="pairs small said",
        ),
        rx.cond(DeadLetters.doubt != "", rx.el.p(DeadLetters.doubt, class_name="note n-warn")),
        rx.el.p(t("desk.failed_hint"), class_name="muted small"),
        rx.el.label(
            rx.el.span(t("desk.failed_reason")),
            rx.el.textarea(
                id=_REASON_ID,
                name="reason",
                max_length=REASON_LENGTH_MAX,
                rows="2",
                aria_invalid=rx.cond(DeadLetters.wrong != "", "true", "false"),
                aria_describedby="undelivered-wrong",
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.span(DeadLetters.wrong, id="undelivered-wrong", role="status", class_name="small dn"),
        rx.el.div(
            button(t("desk.cancel"), auto_focus=True, on_click=DeadLetters.cancel),
            button(t("desk.failed_set_aside"), type="submit"),
            button(t("desk.failed_try"), kind="p", on_click=DeadLetters.again),
            class_name="end",
        ),
        key=DeadLetters.about.to_string(),
        on_submit=DeadLetters.aside,
        no_validate=True,
        class_name="sheet",
    )


def _pair(key: str, value: Any) -> rx.Component:
    return rx.el.div(rx.el.dt(t(key)), rx.el.dd(value))
