"""The frame around every screen: who is here, which client, the menu, language, theme, notices."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypedDict

import reflex as rx
from pydantic import ValidationError, validate_call
from reflex.event import EventSpec
from reflex.state import OnLoadInternalState

from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services import people
from encaiss_dashboard.services.accounts import signing
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import icon, plain_form
from encaiss_dashboard.ui.i18n import LANGUAGE_NAMES, Language, t

Next = EventSpec | Sequence[Any] | None

# Where a client's view may be entered: paths of its own screens, with nothing a browser could add.
_INNER: Final = re.compile(
    r"/(|invoices|debtors|figures|reminders|remittances|team|software|journal|privacy"
    r"|payments(?:/match|/imports)?|invoices/imports|invoices/import/[1-9][0-9]{0,17}"
    r"|reminders/(?:plan|texts|calendar)|messages/[1-9][0-9]{0,17}|(?:debtors|remittances)/[1-9][0-9]{0,17})"
)
_OF_NO_CLIENT: Final = frozenset(
    {
        *("/desk", "/desk/post", "/desk/calls", "/desk/payments", "/desk/payments/imports"),
        *("/desk/remittances", "/agency", "/security"),
    }
)


class Choice(TypedDict):
    """One entry of a selection list."""

    value: str
    label: str


def handler(function: Callable[..., Awaitable[Any]]) -> Any:
    """A handler of a screen: arguments checked against their types, refusals told to the user.

    Every argument comes from somebody's browser and type hints alone check nothing (measured).
    """
    checked = validate_call(function)

    @functools.wraps(function)
    async def guarded(self: Shell, *args: Any, **kwargs: Any) -> Any:
        try:
            return await checked(self, *args, **kwargs)
        except ValidationError:
            return self._tell(Unreadable(value=""))
        except Refusal as refusal:
            return self._tell(refusal)

    return rx.event(guarded)


class Shell(Language):
    """Who is signed in and what they may do, as the menu needs it. Services ask again."""

    user_name: str = ""
    initials: str = ""
    client_name: str = ""
    client_id: str = ""
    clients: list[Choice] = []
    may_upload: bool = False
    may_delegate: bool = False
    may_merge: bool = False
    may_remind: bool = False
    manages: bool = False
    as_agency: bool = False
    administers: bool = False
    notice: str = ""
    notice_kind: str = "info"
    _notice_stays: bool = False

    @handler
    async def load(self) -> Next:
        """Fill the frame; every page asks for it first."""
        signed = await access.anyone(self)
        if signed is None or not signed.complete:
            return rx.redirect("/second-factor" if signed else "/login")
        if signed.as_agency and signed.client_id is None and self.router.url.path not in _OF_NO_CLIENT:
            return rx.redirect("/desk")
        if not self._notice_stays:
            self.notice = ""
        self._notice_stays = False
        actor, client_id = signed.actor, signed.client_id or 0
        self.lang = actor.language
        self.user_name = actor.name
        self.initials = "".join(word[0] for word in actor.name.split()[:2]).upper()
        self.clients = [Choice(value=str(key), label=name) for key, name in signed.clients]
        self.client_id = str(client_id or "")
        self.client_name = dict(signed.clients).get(client_id, "")
        self.may_upload = actor.may(Action.UPLOAD, client_id)
        self.may_delegate = actor.may(Action.DELEGATE, client_id)
        self.may_merge = actor.may(Action.MERGE, client_id)
        self.may_remind = actor.may(Action.REMIND, client_id)
        self.manages = actor.may(Action.MANAGE_TEAM, client_id)
        self.as_agency, self.administers = signed.as_agency, actor.administers
        return None

    @handler
    async def choose_language(self, language: str) -> Next:
        """Switch every text at once, remember it, and have the page write its rows anew."""
        if language not in LANGUAGES:
            raise Unreadable(value=language)
        await access.act(self, people.choose_language, language)
        return OnLoadInternalState.on_load_internal

    @handler
    async def choose_client(self, client_id: str) -> Next:
        """Look at another client, from its first screen on."""
        return await self._enter(client_id, "/")

    @handler
    async def dismiss(self) -> Next:
        """Close the notice."""
        self.notice = ""

    @handler
    async def trouble(self) -> Next:
        """Say that something broke on our side, after it was logged."""
        self._say("shell.trouble", "bad")

    async def _enter(self, client_id: str, path: str) -> Next:
        """Look at a client of one's own from one of its screens on; that the agency did is an act."""
        if not re.fullmatch("[1-9][0-9]{0,17}", client_id) or not _INNER.fullmatch(path):
            raise Unreadable(value="")
        await access.act(self, signing.look_at, access.digest_of(self), int(client_id))
        # The screen that shows already has no other way to learn of it.
        return OnLoadInternalState.on_load_internal if self.router.url.path == path else rx.redirect(path)

    def _done(self, key: str, **facts: object) -> Next:
        """Say what was done and show the screen anew; what had the focus may be gone from it."""
        self._say(key, "good", **facts)
        self._notice_stays = True
        return [OnLoadInternalState.on_load_internal, rx.set_focus("content")]

    def _say(self, key: str, kind: str = "good", **facts: object) -> None:
        """Show a sentence in the notice bar."""
        self.notice, self.notice_kind = text(self._language(), key, **facts), kind

    def _tell(self, refusal: Refusal) -> Next:
        """Show why the house refused: the one place where refusals become sentences."""
        if isinstance(refusal, access.SignedOut):
            return rx.redirect("/login")
        self._say(f"refusal.{refusal.code}", "bad", **refusal.facts)
        return None


def on_trouble(exception: Exception) -> EventSpec:
    """Log what broke and tell the user; its transaction was rolled back."""
    logging.getLogger("encaiss").error("a handler broke", exc_info=exception)
    return Shell.trouble()


def page(
    title_key: str, *content: rx.Component, on_top: rx.Component | None = None, of_client: bool = True
) -> rx.Component:
    """A screen in its frame: menu at the side (a pop-over on a phone), content, notices.

    Args:
        title_key: catalogue key of the area, for the browser's history and screen readers.
        content: what the screen shows.
        on_top: buttons beside nothing else, when the screen has any.
        of_client: the screen shows one client's data, which the agency is told in a banner.
    """
    return rx.el.div(
        _side(),
        rx.el.main(
            *([_banner()] if of_client else []),
            _notice(),
            *([on_top] if on_top is not None else []),
            *content,
            id="content",
            tab_index=-1,
            aria_label=t(title_key),
        ),
        class_name="app",
        lang=Language.lang,
    )


_MENU = (
    ("/", "overview", "menu.overview"),
    ("/invoices", "invoices", "menu.invoices"),
    ("/debtors", "debtors", "menu.debtors"),
    ("/payments", "payments", "menu.payments"),
    ("/figures", "figures", "menu.figures"),
    ("/reminders", "reminders", "menu.reminders"),
)
_OFFICE = (
    ("/team", "team", "menu.team"),
    ("/journal", "journal", "menu.journal"),
    ("/privacy", "privacy", "menu.privacy"),
)


def _side() -> rx.Component:
    return rx.el.aside(
        rx.el.a(t("shell.skip"), href="#content", class_name="skip", reload_document=True),
        rx.el.div(
            rx.el.div("€", class_name="mark", aria_hidden="true"),
            rx.el.span("Encaiss"),
            rx.el.button(
                icon("menu"),
                class_name="burger",
                aria_label=t("shell.menu"),
                custom_attrs={"popoverTarget": "menu"},
                type="button",
            ),
            class_name="brand",
        ),
        rx.el.div(
            rx.el.nav(
                rx.cond(
                    Shell.as_agency,
                    rx.fragment(
                        _entry("/desk", "desk", "menu.desk"),
                        rx.cond(Shell.administers, _entry("/agency", "agency", "menu.agency")),
                        rx.el.div(Shell.client_name, class_name="sec"),
                    ),
                ),
                rx.cond(
                    ~Shell.as_agency | (Shell.client_name != ""),
                    rx.fragment(
                        *(_entry(*one) for one in _MENU),
                        rx.el.div(t("menu.office"), class_name="sec"),
                        *(_entry(*one) for one in _OFFICE),
                        rx.cond(Shell.manages, _entry("/software", "software", "menu.software")),
                    ),
                ),
                aria_label=t("shell.menu"),
                class_name="menu",
            ),
            _who(),
            id="menu",
            class_name="drawer",
            custom_attrs={"popover": "auto"},
        ),
        class_name="side",
    )


def _entry(href: str, name: str, key: str) -> rx.Component:
    path = rx.State.router.url.path
    here = (path == href) if href == "/" else path.startswith(href)
    return rx.el.a(
        icon(name),
        t(key),
        href=href,
        class_name=rx.cond(here, "nav on", "nav"),
        aria_current=rx.cond(here, "page", "false"),
    )


def _who() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Shell.clients.length() > 1,
            rx.el.label(
                rx.el.span(t("shell.client"), class_name="sr"),
                rx.el.select(
                    rx.cond(Shell.client_id == "", rx.el.option(t("shell.choose_client"), value="")),
                    rx.foreach(Shell.clients, lambda c: rx.el.option(c["label"], value=c["value"])),
                    value=Shell.client_id,
                    on_change=Shell.choose_client,
                    class_name="in",
                ),
            ),
        ),
        rx.el.div(
            rx.el.div(Shell.initials, class_name="av", aria_hidden="true"),
            rx.el.div(
                rx.el.div(Shell.user_name, class_name="strong"),
                rx.el.div(Shell.client_name, class_name="muted small"),
            ),
            rx.el.a(
                icon("lock"),
                href="/security",
                class_name="btn only",
                aria_label=t("menu.security"),
                title=t("menu.security"),
            ),
            class_name="who",
        ),
        rx.el.div(
            rx.el.select(
                *(rx.el.option(LANGUAGE_NAMES[lang], value=lang) for lang in LANGUAGES),
                value=Language.lang,
                on_change=Shell.choose_language,
                aria_label=t("shell.language"),
                class_name="in",
            ),
            rx.el.button(
                icon("theme"),
                on_click=rx.toggle_color_mode,
                aria_label=t("shell.theme"),
                title=t("shell.theme"),
                class_name="btn only",
                type="button",
            ),
            plain_form(
                rx.el.button(
                    icon("leave"),
                    type="submit",
                    aria_label=t("shell.sign_out"),
                    title=t("shell.sign_out"),
                    class_name="btn only",
                ),
                action="/auth/logout",
            ),
            class_name="tools",
        ),
        class_name="foot",
    )


def _banner() -> rx.Component:
    """Whose data the agency is looking at: a mix-up between two clients would be a leak."""
    return rx.cond(
        Shell.as_agency & (Shell.client_name != ""),
        rx.el.div(
            icon("desk"),
            rx.el.span(t("shell.as_agency"), " ", rx.el.strong(Shell.client_name)),
            rx.el.a(t("shell.to_desk"), href="/desk", class_name="link"),
            class_name="banner",
            role="note",
        ),
    )


def _notice() -> rx.Component:
    return rx.el.div(
        rx.cond(
            Shell.notice != "",
            rx.el.div(
                rx.el.span(Shell.notice),
                rx.el.button(
                    icon("close"),
                    on_click=Shell.dismiss,
                    aria_label=t("shell.dismiss"),
                    class_name="x",
                    type="button",
                ),
                class_name="note n-" + Shell.notice_kind,
            ),
        ),
        role="status",
        aria_live="polite",
        class_name="notices",
    )
