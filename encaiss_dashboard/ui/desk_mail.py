"""Mails of which nobody could tell whose they are: at the desk, until somebody says so."""

from __future__ import annotations

from typing import Final, TypedDict

import reflex as rx

from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.locales import moment, text
from encaiss_dashboard.services.inbound import unassigned
from encaiss_dashboard.services.inbound.replies import Reply
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, card, tag
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.replies import NO_REPLY, ReplyRow, mail_of, reply_row
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.work import Work

TEXT_LENGTH_MAX: Final = 100
_SHOWN_MAX: Final = 6
_EXCERPT: Final = 140
_TONES: Final = {"reply": "info", "bounce": "bad", "auto": "mute"}


class MailRow(TypedDict):
    """A mail in the list."""

    id: int
    tag: str
    tone: str
    who: str
    at: str
    says: str


class FoundRow(TypedDict):
    """A debtor that it may be of."""

    key: str
    debtor_id: int
    client_id: int
    name: str
    of: str


class Mail(Shell):
    """The mails that wait, and the one that the dialog is about."""

    mails: list[MailRow] = []
    mails_more: str = ""
    mail_trouble: str = ""
    chosen: ReplyRow = NO_REPLY
    found: list[FoundRow] = []
    looked: bool = False

    @handler
    async def load(self) -> Next:
        """List what waits; a client's own people have no desk."""
        self.chosen, self.found, self.looked, lang = NO_REPLY, [], False, self._language()
        try:
            there, trouble = await access.read(self, _see)
        except NotAllowed:
            self.mails, self.mails_more, self.mail_trouble = [], "", ""
            return None
        self.mails = [_row(one, lang) for one in there.mails[:_SHOWN_MAX]]
        more = there.n - len(self.mails)
        self.mails_more = text(lang, "inbound.mail_more", n=more) if more > 0 else ""
        self.mail_trouble = text(lang, "inbound.trouble", why=trouble) if trouble else ""
        return None

    @handler
    async def open(self, mail_id: int) -> Next:
        """Open the dialog with a mail."""
        there, _ = await access.read(self, _see)
        mail = next((one for one in there.mails if one.id == mail_id), None)
        if mail is None:
            raise Unreadable(value="")
        self.chosen = reply_row(mail, self._language(), "mail")
        await self._look(mail.sender_email)

    @handler
    async def close(self) -> Next:
        """Close the dialog; nothing happened."""
        self.chosen = NO_REPLY

    @handler
    async def look(self, words: str) -> Next:
        """Look for a debtor."""
        await self._look(words[:TEXT_LENGTH_MAX])

    @handler
    async def assign(self, client_id: int, debtor_id: int) -> Next:
        """Put the mail into a debtor's file."""
        named = next((one["name"] for one in self.found if one["debtor_id"] == debtor_id), "")
        await access.act(self, unassigned.assign, self.chosen["id"], client_id, debtor_id)
        return self._done("inbound.mail_done", name=named)

    @handler
    async def set_aside(self) -> Next:
        """Say that the mail is of no debtor."""
        await access.act(self, unassigned.set_aside, self.chosen["id"])
        return self._done("inbound.mail_put_aside")

    async def _look(self, words: str) -> None:
        found = await access.read(self, unassigned.find, words)
        self.looked = bool(words.strip())
        self.found = [
            FoundRow(
                key=f"{one.client_id}-{one.debtor_id}",
                debtor_id=one.debtor_id,
                client_id=one.client_id,
                name=one.name,
                of=" · ".join(part for part in (one.client, one.city) if part),
            )
            for one in found
        ]


def _see(work: Work, client_id: int | None) -> tuple[unassigned.Waiting, str]:
    trouble = unassigned.trouble(work, client_id) if work.actor.administers else ""
    return unassigned.waiting(work, client_id), trouble


def _row(mail: Reply, lang: str) -> MailRow:
    said = " ".join(mail.shown.split())[:_EXCERPT]
    subject = mail.subject or text(lang, "inbound.no_subject")
    return MailRow(
        id=mail.id,
        tag=text(lang, f"inbound.kind_{mail.kind}"),
        tone=_TONES[mail.kind.value],
        who=mail.sender_email or mail.sender_name or text(lang, "inbound.no_sender"),
        at=moment(mail.received_at, lang),
        says=f"{subject} — {said}" if said else subject,
    )


def mail_card() -> rx.Component:
    """The list, where there is anything to say."""
    return rx.cond(
        (Mail.mails.length() > 0) | (Mail.mail_trouble != ""),
        rx.el.div(
            card(
                t("inbound.mail_title"),
                t("inbound.mail_hint"),
                rx.cond(
                    Mail.mail_trouble != "",
                    rx.el.p(Mail.mail_trouble, class_name="note n-warn", role="alert"),
                ),
                rx.el.ul(rx.foreach(Mail.mails, _line), class_name="things"),
                rx.cond(Mail.mails_more != "", rx.el.p(Mail.mails_more, class_name="muted small rest")),
            ),
            class_name="row gap",
        ),
    )


def _line(row: rx.vars.ObjectVar[MailRow]) -> rx.Component:
    return rx.el.li(
        tag(row["tag"], row["tone"]),
        rx.el.div(
            rx.el.div(
                rx.el.span(row["who"], class_name="strong"),
                rx.el.span(row["at"], class_name="muted small since"),
                class_name="of",
            ),
            rx.el.div(row["says"], class_name="muted small"),
            class_name="words",
        ),
        rx.el.div(
            button(
                rx.fragment(t("inbound.mail_go"), rx.el.span(" ", row["who"], class_name="sr")),
                on_click=Mail.open(row["id"]),
            ),
            class_name="does",
        ),
        key=row["id"].to_string(),
    )


def mail_dialog_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = Mail.chosen["id"] > 0
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=Mail.close, aria_hidden="true"),
        rx.el.div(
            rx.el.div(
                rx.el.h2(t("inbound.mail_dialog"), id="mail-title"),
                rx.el.div(mail_of(Mail.chosen), class_name="letter"),
                rx.el.label(
                    rx.el.span(t("inbound.mail_search")),
                    rx.el.input(
                        type="search",
                        on_change=Mail.look.debounce(350),
                        max_length=TEXT_LENGTH_MAX,
                        auto_complete="off",
                        auto_focus=True,
                        class_name="in",
                    ),
                    class_name="field",
                ),
                rx.el.div(
                    rx.el.ul(rx.foreach(Mail.found, _candidate), class_name="things"),
                    rx.cond(
                        Mail.looked & (Mail.found.length() == 0),
                        rx.el.p(t("inbound.mail_none"), class_name="muted"),
                    ),
                    aria_live="polite",
                ),
                rx.el.div(
                    button(t("inbound.mail_cancel"), on_click=Mail.close),
                    button(t("inbound.mail_aside"), on_click=Mail.set_aside),
                    class_name="end",
                ),
                class_name="sheet",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "mail-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", Mail.close(), rx.noop()),
        class_name="over",
        lang=Mail.lang,
    )


def _candidate(row: rx.vars.ObjectVar[FoundRow]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.div(row["name"], class_name="strong"),
            rx.el.div(row["of"], class_name="muted small"),
            class_name="words",
        ),
        button(
            rx.fragment(t("inbound.mail_choose"), rx.el.span(" ", row["name"], class_name="sr")),
            on_click=Mail.assign(row["client_id"], row["debtor_id"]),
        ),
        key=row["key"],
        class_name="pick",
    )
