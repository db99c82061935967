"""What a debtor answered, in its file: what waits to be read on top, every mail in the timeline."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import reflex as rx

from encaiss_dashboard.locales import integer, moment, text
from encaiss_dashboard.services.inbound import replies
from encaiss_dashboard.services.inbound.replies import Reply, ReplyFile
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, tag
from encaiss_dashboard.ui.debtor_facts import Debtor
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.shell import Next, Shell, handler

TEXT_LENGTH_MAX: Final = 30_000
_WAITING_MAX: Final = 5
_KILO: Final = 1024


class FileRow(TypedDict):
    """A file to take away."""

    label: str
    href: str


class ReplyRow(TypedDict):
    """A mail as a person reads it: always plain text."""

    id: int
    who: str
    at: str
    subject: str
    body: str
    quoted: bool
    how: str
    note: str
    files: list[FileRow]
    original: str


NO_REPLY: Final = ReplyRow(
    id=0, who="", at="", subject="", body="", quoted=False, how="", note="", files=[], original=""
)


class Replies(Debtor):
    """The answers of the debtor in the address; ``opened_reply`` is the act whose mail is open."""

    waiting: list[ReplyRow] = []
    waiting_title: str = ""
    opened_reply: int = 0
    mail: ReplyRow = NO_REPLY
    mail_whole: bool = False

    @handler
    async def load(self) -> Next:
        """Show what waits to be read; the file was loaded before."""
        self.opened_reply, self.mail, self.mail_whole, self.waiting = 0, NO_REPLY, False, []
        if self.missing:
            return None
        lang = self._language()
        found = [one for one in await access.read(self, replies.of_debtor, self.key) if one.unread]
        self.waiting_title = text(lang, "inbound.to_read", n=len(found))
        self.waiting = [reply_row(one, lang, "reply") for one in found[:_WAITING_MAX]]
        return None

    @handler
    async def open_mail(self, act_id: int, reply_id: int) -> Next:
        """Open a mail below its act, or close the one that is open."""
        if self.opened_reply == act_id:
            self.opened_reply, self.mail = 0, NO_REPLY
            return None
        await self._show(reply_id, whole=False)
        self.opened_reply = act_id
        return None

    @handler
    async def turn_whole(self) -> Next:
        """Show what the open mail quotes, or hide it again."""
        await self._show(self.mail["id"], whole=not self.mail_whole)

    @handler
    async def mark_read(self, reply_id: int) -> Next:
        """Somebody has read it: the reminders go on."""
        await access.act(self, replies.mark_read, reply_id)
        return self._done("inbound.read_done")

    async def _show(self, reply_id: int, *, whole: bool) -> None:
        found = await access.read(self, replies.reply, reply_id)
        self.mail, self.mail_whole = reply_row(found, self._language(), "reply", whole=whole), whole


def reply_row(reply: Reply, lang: str, kind: str, *, whole: bool = False) -> ReplyRow:
    """A mail in a language; ``kind`` is the one of its downloads."""
    who = " · ".join(part for part in (reply.sender_name, reply.sender_email) if part)
    body = (reply.text if whole else reply.shown) or text(lang, "inbound.no_text")
    return ReplyRow(
        id=reply.id,
        who=who or text(lang, "inbound.no_sender"),
        at=moment(reply.received_at, lang),
        subject=reply.subject or text(lang, "inbound.no_subject"),
        body=body[:TEXT_LENGTH_MAX],
        quoted=reply.shown != reply.text,
        how=text(lang, f"inbound.how_{reply.how}"),
        note="" if reply.whole else text(lang, "inbound.cut"),
        files=[
            FileRow(label=_label(file, lang), href=f"/files/{kind}/{reply.id}-{file.number}")
            for file in reply.files
        ],
        original=f"/files/{kind}/{reply.id}",
    )


def _label(file: ReplyFile, lang: str) -> str:
    kilobytes = -(-file.size_bytes // _KILO)
    size = (
        f"{integer(kilobytes, lang)} kB" if kilobytes < _KILO else f"{integer(kilobytes // _KILO, lang)} MB"
    )
    return text(lang, "inbound.file", name=file.name, size=size)


def to_be_read() -> rx.Component:
    """What waits, on top of the file: nothing goes to this debtor meanwhile."""
    return rx.cond(
        Replies.waiting.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2(Replies.waiting_title),
                tag(t("inbound.kind_reply"), "info"),
                class_name="h",
            ),
            rx.el.p(t("inbound.to_read_hint"), class_name="muted small"),
            rx.foreach(
                Replies.waiting,
                lambda row: rx.el.div(
                    mail_of(row),
                    rx.cond(
                        Shell.may_delegate,
                        button(t("inbound.read_go"), kind="p", on_click=Replies.mark_read(row["id"])),
                    ),
                    class_name="letter",
                    key=row["id"].to_string(),
                ),
            ),
            class_name="card answer",
            aria_label=Replies.waiting_title,
        ),
    )


def reply_opener(row: Any) -> rx.Component:
    """The button of an act that is about a mail."""
    is_open = Replies.opened_reply == row["id"]
    return rx.cond(
        row["reply"] > 0,
        rx.el.button(
            rx.cond(is_open, t("file.close_message"), t("file.open_message")),
            rx.el.span(" ", row["title"], class_name="sr"),
            type="button",
            on_click=Replies.open_mail(row["id"], row["reply"]),
            aria_expanded=is_open,
            custom_attrs={"aria-controls": "reply-" + row["id"].to_string()},
            class_name="link small",
        ),
    )


def reply_shown(row: Any) -> rx.Component:
    """The mail of an act, below it."""
    whole = rx.el.button(
        rx.cond(Replies.mail_whole, t("inbound.short"), t("inbound.whole")),
        type="button",
        on_click=Replies.turn_whole,
        class_name="link small",
    )
    return rx.el.div(
        rx.cond(
            Replies.opened_reply == row["id"],
            rx.el.div(mail_of(Replies.mail), rx.cond(Replies.mail["quoted"], whole), class_name="letter"),
        ),
        id="reply-" + row["id"].to_string(),
    )


def mail_of(row: Any) -> rx.Component:
    """A stranger's mail, as plain text; its files are to be kept, never shown."""
    return rx.fragment(
        rx.el.dl(
            rx.el.dt(t("inbound.from")),
            rx.el.dd(row["who"], " ", rx.el.span(row["at"], class_name="muted")),
            rx.el.dt(t("inbound.subject")),
            rx.el.dd(row["subject"]),
        ),
        rx.el.pre(row["body"], tab_index=0, dir="auto"),
        rx.cond(row["note"] != "", rx.el.p(row["note"], class_name="note n-warn small")),
        rx.cond(
            row["files"].to(list[FileRow]).length() > 0,
            rx.el.div(
                rx.el.p(t("inbound.files"), class_name="strong small"),
                rx.el.ul(
                    rx.foreach(
                        row["files"].to(list[FileRow]),
                        lambda file: rx.el.li(
                            rx.el.a(
                                file["label"],
                                href=file["href"],
                                download=True,
                                reload_document=True,
                                class_name="link small",
                            ),
                            key=file["href"],
                        ),
                    )
                ),
                rx.el.p(t("inbound.careful"), class_name="muted small"),
            ),
        ),
        rx.el.p(
            row["how"],
            " · ",
            rx.el.a(
                t("inbound.original"),
                href=row["original"],
                download=True,
                reload_document=True,
                class_name="link",
            ),
            class_name="muted small",
        ),
    )
