"""The keys of a client's accounting software: which are in use, one more, one less."""

from __future__ import annotations

from typing import Any, TypedDict

import reflex as rx

from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.locales import moment, text
from encaiss_dashboard.services import tokens
from encaiss_dashboard.services.tokens import NAME_LENGTH_MAX, Token
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, card, empty, icon, link_button, plain_form, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.login import current_password_field, text_field
from encaiss_dashboard.ui.people import over
from encaiss_dashboard.ui.said import said
from encaiss_dashboard.ui.shell import Next, Shell, handler, page


class KeyRow(TypedDict):
    """One key in use; never the key itself."""

    id: int
    name: str
    ending: str
    by: str
    made: str
    used: str


class Software(Shell):
    """The keys of the client that is looked at."""

    ready: bool = False
    may_manage: bool = False
    keys: list[KeyRow] = []
    chosen: int = 0
    chosen_name: str = ""

    @handler
    async def load(self) -> Next:
        """Read the keys, and say what came of the form."""
        self.chosen = 0
        await self._read()
        tone, sentence = said(self.router.url.query_parameters, self._language())
        if sentence:
            self.notice, self.notice_kind = sentence, tone

    @handler
    async def ask(self, token_id: int) -> Next:
        """Ask once more before a key is taken back."""
        name = next((row["name"] for row in self.keys if row["id"] == token_id), None)
        if name is None:
            raise NotFound
        self.chosen, self.chosen_name = token_id, name

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing happened."""
        self.chosen = 0

    @handler
    async def revoke(self) -> Next:
        """Take the key back."""
        await access.act(self, tokens.revoke, self.chosen)
        self.chosen = 0
        return self._done("software.done_revoked", name=self.chosen_name)

    async def _read(self) -> None:
        lang = self._language()
        try:
            found = await access.read(self, tokens.listed)
        except NotAllowed:
            self.keys, self.may_manage, self.ready = [], False, True
            return
        self.keys = [_row(one, lang) for one in found]
        self.may_manage = self.ready = True


def _row(token: Token, lang: str) -> KeyRow:
    return KeyRow(
        id=token.id,
        name=token.name,
        ending=f"…{token.ending}",
        by=token.by or text(lang, "software.house"),
        made=moment(token.created_at, lang),
        used=moment(token.used_at, lang) if token.used_at else text(lang, "software.never"),
    )


def software_page() -> rx.Component:
    """The page; while its dialog is open nothing else can be reached."""
    return rx.fragment(
        rx.el.div(
            page(
                "menu.software",
                top(
                    t("menu.software"),
                    t("software.sub"),
                    link_button(
                        rx.fragment(icon("invoices"), t("software.docs")),
                        rx.Var.create("/api/v1/docs?lang=") + Shell.lang,
                        reload_document=True,
                    ),
                ),
                rx.cond(
                    ~Software.ready | Software.may_manage,
                    rx.fragment(_keys(), rx.el.div(_make(), _how(), class_name="grid k2 row")),
                    rx.el.p(t("software.not_yours"), class_name="note n-info"),
                ),
            ),
            custom_attrs={"inert": Software.chosen > 0},
        ),
        rx.cond(Software.chosen > 0, over(_out(), Software.cancel)),
    )


def _keys() -> rx.Component:
    return card(
        t("software.keys"),
        "",
        rx.cond(
            Software.ready,
            rx.cond(
                Software.keys.length() > 0,
                _table(),
                empty(t("software.none"), t("software.none_hint")),
            ),
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(3)), class_name="waiting"),
        ),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("software.caption"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"software.column_{name}"), scope="col")
                        for name in ("name", "ending", "by", "made", "used")
                    ),
                    rx.el.th(rx.el.span(t("software.column_end"), class_name="sr"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(Software.keys, _line)),
            class_name="rows",
        ),
        class_name="scroll keys",
        tab_index=0,
        role="region",
        aria_label=t("software.keys"),
    )


def _line(row: rx.vars.ObjectVar[KeyRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["name"], scope="row"),
        _cell("ending", rx.el.span(row["ending"], class_name="mono")),
        _cell("by", row["by"]),
        _cell("made", row["made"], class_name="nw muted"),
        _cell("used", row["used"], class_name="nw muted"),
        rx.el.td(
            rx.el.button(
                t("software.revoke"),
                rx.el.span(" ", row["name"], class_name="sr"),
                on_click=Software.ask(row["id"]),
                type="button",
                id="key-" + row["id"].to_string(),
                class_name="btn",
            ),
            class_name="num",
        ),
        key=row["id"].to_string(),
    )


def _cell(name: str, content: Any, **props: Any) -> rx.Component:
    """One cell; its caption shows where the headings do not, on a phone."""
    return rx.el.td(content, custom_attrs={"data-cap": t(f"software.column_{name}")}, **props)


def _make() -> rx.Component:
    """A form that the browser posts itself: neither the password nor the key passes through the socket."""
    return card(
        t("software.make"),
        t("software.make_hint"),
        plain_form(
            rx.el.input(type="hidden", name="client", value=Shell.client_id),
            text_field(
                t("software.name"),
                "name",
                hint=t("software.name_hint"),
                max_length=NAME_LENGTH_MAX,
                auto_complete="off",
            ),
            current_password_field(),
            rx.el.button(icon("plus"), t("software.go"), type="submit", class_name="btn p"),
            action="/auth/token",
            class_name="fields slim",
        ),
    )


def _how() -> rx.Component:
    return card(
        t("software.how"),
        "",
        rx.el.ul(*(rx.el.li(t(f"software.how_{n}")) for n in (1, 2, 3)), class_name="fate"),
    )


def _out() -> rx.Component:
    return rx.el.div(
        rx.el.h2(t("software.ask_title"), " ", Software.chosen_name, id="people-title"),
        rx.el.p(t("software.ask_lead")),
        rx.el.div(
            button(t("software.cancel"), on_click=Software.cancel, auto_focus=True),
            button(t("software.revoke"), kind="d", on_click=Software.revoke),
            class_name="end",
        ),
        class_name="sheet",
    )
