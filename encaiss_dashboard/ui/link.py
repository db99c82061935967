"""Where a mailed link leads: what it is for, and the form that uses it up."""

from __future__ import annotations

import asyncio

import reflex as rx

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services.accounts import links
from encaiss_dashboard.services.accounts.links import LinkFacts
from encaiss_dashboard.ui.access import open_to_strangers
from encaiss_dashboard.ui.components import plain_form
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.login import Login, lone_page, new_password_field, sentence, text_field

_TOKEN_LENGTH_MAX = 80


class Link(Login):
    """What the link in the address is for; whoever has it may know, and nobody else.

    ``kind`` is "" until it is known, ``broken`` when the link does not work.
    """

    token: str = ""
    kind: str = ""
    email: str = ""
    name: str = ""
    lead: str = ""
    has_account: bool = False

    @rx.event
    @open_to_strangers
    async def read(self) -> None:
        """Look at the link; that alone uses nothing up."""
        self.token = self.router.url.path.rstrip("/").rpartition("/")[2][:_TOKEN_LENGTH_MAX]
        try:
            facts = await asyncio.to_thread(_look, self.token)
        except Refusal as refusal:
            self.kind, self.tone = "broken", "bad"
            self.sentence = text(self._language(), f"refusal.{refusal.code}")
            return
        if facts.language in LANGUAGES and not self.kind:
            self.lang = facts.language
        self.kind, self.email, self.name = facts.kind.value, facts.email, facts.name
        self.has_account = facts.has_account
        self.lead = _lead(facts, self._language())


def _look(token: str) -> LinkFacts:
    with wiring.house().begin(HOUSE, write=False) as work:
        return links.look(work, token)


def _lead(facts: LinkFacts, lang: str) -> str:
    """What the link is for, in one sentence."""
    roles = ", ".join(text(lang, f"role.{role}") for role in facts.roles)
    words = {"email": facts.email, "client": facts.client or facts.agency, "roles": roles}
    return text(lang, f"link.{facts.kind}_lead", by=facts.by or facts.agency, **words)


def link_page() -> rx.Component:
    """The page."""
    return lone_page(
        rx.cond(
            Link.kind == "",
            rx.el.div(class_name="skeleton val", aria_hidden="true"),
            rx.match(
                Link.kind,
                ("invitation", _invitation()),
                ("reset", _reset()),
                ("email", _form("link.email_title", "link.email_go")),
                rx.fragment(
                    rx.el.h1(t("link.broken_title")),
                    sentence(Login.tone, Login.sentence),
                    rx.el.a(t("forgot.title"), href="/forgot", class_name="link"),
                ),
            ),
        ),
        rx.el.a(t("forgot.back"), href="/login", class_name="link"),
    )


def _reset() -> rx.Component:
    return _form("link.reset_title", "link.reset_go", new_password_field(t("link.new_password")))


def _invitation() -> rx.Component:
    return rx.cond(
        Link.has_account,
        _form("link.invitation_title", "link.invitation_go"),
        _form(
            "link.invitation_title",
            "link.invitation_new_go",
            text_field(
                t("link.name"),
                "name",
                hint=t("link.name_hint"),
                default_value=Link.name,
                auto_complete="name",
                max_length=100,
            ),
            new_password_field(t("link.new_password")),
        ),
    )


def _form(title: str, go: str, *fields: rx.Component) -> rx.Component:
    return rx.fragment(
        rx.el.h1(t(title)),
        rx.el.p(Link.lead, class_name="sub"),
        sentence(Login.tone, Login.sentence),
        plain_form(
            rx.el.input(type="hidden", name="token", value=Link.token, read_only=True),
            # A password manager keeps the new password under this address.
            rx.el.input(
                type="email",
                name="username",
                value=Link.email,
                read_only=True,
                auto_complete="username",
                aria_label=t("login.email"),
                class_name="in",
            ),
            *fields,
            rx.el.button(t(go), type="submit", class_name="btn p wide"),
            action="/auth/link",
            class_name="fields",
        ),
    )
