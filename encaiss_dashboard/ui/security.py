"""The own account: password, address, second factor, recovery codes, and where one is signed in."""

from __future__ import annotations

from typing import TypedDict

import reflex as rx

from encaiss_dashboard.locales import moment, text
from encaiss_dashboard.services.accounts import factors, signing
from encaiss_dashboard.services.accounts.signing import SessionLine
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, card, icon, plain_form, tag, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.login import current_password_field, new_password_field, text_field
from encaiss_dashboard.ui.said import said
from encaiss_dashboard.ui.second_factor import KEY_FIELD, app_steps, code_field, grouped
from encaiss_dashboard.ui.shell import Next, Shell, handler, page

_CODES_FIELD = "recovery_codes"
# As a browser names itself: the first that fits, since each claims to be those below it too.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


class SessionRow(TypedDict):
    """One signed-in browser."""

    id: int
    what: str
    address: str
    since: str
    seen: str
    factor: str
    current: bool


class Security(Shell):
    """The own account, as its page shows it."""

    ready: bool = False
    email: str = ""
    factor_since: str = ""
    factor_required: bool = False
    codes_left: int = 0
    codes_words: str = ""
    sessions: list[SessionRow] = []

    @handler
    async def load(self) -> Next:
        """Read how the account stands, and say what came of a form."""
        await self._read()
        tone, sentence = said(self.router.url.query_parameters, self._language())
        if sentence:
            self.notice, self.notice_kind = sentence, tone

    @handler
    async def show_key(self) -> Next:
        """Write the key into its field, for whoever cannot scan: it is sent once and kept nowhere."""
        enrolment = await access.act(self, factors.enrol)
        return rx.set_value(KEY_FIELD, grouped(enrolment.key))

    @handler
    async def show_codes(self) -> Next:
        """Write the recovery codes into their field, soon after they were made and never later."""
        codes = await access.read(self, factors.recovery_codes)
        return rx.set_value(_CODES_FIELD, "\n".join(codes))

    @handler
    async def end(self, session_id: int) -> Next:
        """Sign out somewhere else."""
        await access.act(self, signing.end_session, session_id)
        await self._read()
        self._say("security.ended", n=1)

    @handler
    async def end_others(self) -> Next:
        """Sign out everywhere else."""
        ended = await access.act(self, signing.end_other_sessions, access.digest_of(self))
        await self._read()
        self._say("security.ended", n=ended)

    async def _read(self) -> None:
        lang = self._language()
        signed = await access.who(self)
        if signed is None:
            raise access.SignedOut
        standing = await access.read(self, factors.standing)
        lines = await access.read(self, signing.own_sessions, access.digest_of(self))
        self.email = signed.email
        self.factor_since = moment(standing.since, lang) if standing.since else ""
        self.factor_required, self.codes_left = standing.required, standing.codes_left
        self.codes_words = text(lang, "security.codes_left", n=standing.codes_left)
        self.sessions = [_row(line, lang) for line in lines]
        self.ready = True


def _row(line: SessionLine, lang: str) -> SessionRow:
    return SessionRow(
        id=line.id,
        what=_named(line.agent) or text(lang, "security.unknown_browser"),
        address=line.address or "–",
        since=moment(line.created_at, lang),
        seen=moment(line.seen_at, lang),
        factor=text(lang, f"security.factor_{line.second_factor or 'none'}"),
        current=line.current,
    )


def _named(agent: str) -> str:
    """A browser and its system in two words."""
    found = [next((name for sign, name in known if sign in agent), "") for known in (_BROWSERS, _SYSTEMS)]
    return " · ".join(filter(None, found))


def security_page() -> rx.Component:
    """The page."""
    return page(
        "menu.security",
        top(t("menu.security"), Security.email),
        rx.el.div(_factor(), _codes(), class_name="grid k2"),
        rx.el.div(_password(), _email(), class_name="grid k2 row"),
        _sessions(),
        of_client=False,
    )


def _factor() -> rx.Component:
    return card(
        t("factor.title"),
        "",
        rx.cond(
            Security.factor_since != "",
            rx.el.p(tag(t("security.on"), "good"), " ", t("security.since"), " ", Security.factor_since),
            rx.el.p(tag(t("security.off"), "warn"), " ", t("security.off_hint")),
        ),
        rx.el.details(
            rx.el.summary(
                rx.cond(Security.factor_since != "", t("security.factor_replace"), t("security.factor_set"))
            ),
            app_steps(
                Security.show_key,
                plain_form(
                    code_field(t("factor.first_code"), None),
                    current_password_field(),
                    rx.el.button(t("security.factor_go"), type="submit", class_name="btn p"),
                    action="/auth/factor/replace",
                    class_name="fields slim",
                ),
            ),
            class_name="opens",
        ),
        rx.cond(
            (Security.factor_since != "") & ~Security.factor_required,
            rx.el.details(
                rx.el.summary(t("security.factor_remove")),
                plain_form(
                    current_password_field(),
                    rx.el.button(t("security.factor_remove_go"), type="submit", class_name="btn d"),
                    action="/auth/factor/remove",
                    class_name="fields slim",
                ),
                class_name="opens",
            ),
        ),
        rx.cond(Security.factor_required, rx.el.p(t("security.required"), class_name="muted small")),
    )


def _codes() -> rx.Component:
    return card(
        t("security.codes"),
        "",
        rx.cond(
            Security.factor_since != "",
            rx.fragment(
                rx.el.p(Security.codes_words, class_name=rx.cond(Security.codes_left > 0, "", "note n-warn")),
                rx.el.div(
                    rx.el.textarea(
                        id=_CODES_FIELD,
                        read_only=True,
                        rows="5",
                        aria_label=t("security.codes"),
                        placeholder=t("security.codes_hidden"),
                        class_name="in mono codes",
                    ),
                    button(t("security.codes_show"), on_click=Security.show_codes),
                    class_name="fields",
                ),
                rx.el.details(
                    rx.el.summary(t("security.codes_renew")),
                    plain_form(
                        current_password_field(),
                        rx.el.button(t("security.codes_renew_go"), type="submit", class_name="btn"),
                        action="/auth/codes",
                        class_name="fields slim",
                    ),
                    class_name="opens",
                ),
            ),
            rx.el.p(t("security.codes_none"), class_name="muted"),
        ),
        id="codes",
    )


def _password() -> rx.Component:
    return card(
        t("login.password"),
        "",
        plain_form(
            rx.el.input(
                type="email",
                name="username",
                value=Security.email,
                read_only=True,
                auto_complete="username",
                hidden=True,
                aria_label=t("login.email"),
            ),
            current_password_field(),
            new_password_field(t("link.new_password"), "new"),
            rx.el.button(t("security.password_go"), type="submit", class_name="btn p"),
            action="/auth/password",
            class_name="fields slim",
        ),
    )


def _email() -> rx.Component:
    return card(
        t("security.email"),
        "",
        rx.el.p(Security.email, class_name="strong"),
        plain_form(
            text_field(t("security.email_new"), "email", "email", auto_complete="off"),
            current_password_field(),
            rx.el.button(t("security.email_go"), type="submit", class_name="btn"),
            action="/auth/email",
            class_name="fields slim",
        ),
    )


def _sessions() -> rx.Component:
    return card(
        t("security.sessions"),
        t("security.sessions_hint"),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("security.sessions"), class_name="sr"),
                rx.el.thead(
                    rx.el.tr(
                        *(
                            rx.el.th(t(f"security.column_{name}"), scope="col")
                            for name in ("what", "address", "since", "seen", "factor")
                        ),
                        rx.el.th(rx.el.span(t("security.column_end"), class_name="sr"), scope="col"),
                    )
                ),
                rx.el.tbody(rx.foreach(Security.sessions, _line)),
                class_name="rows",
            ),
            class_name="scroll",
            tab_index=0,
            role="region",
            aria_label=t("security.sessions"),
        ),
        rx.cond(
            Security.sessions.length() > 1,
            rx.el.div(button(t("security.end_others"), on_click=Security.end_others), class_name="end"),
        ),
        class_name="row-card",
    )


def _line(row: rx.vars.ObjectVar[SessionRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(row["what"], " ", rx.cond(row["current"], tag(t("security.this_one"), "good")), scope="row"),
        rx.el.td(row["address"], class_name="nw"),
        rx.el.td(row["since"], class_name="nw muted"),
        rx.el.td(row["seen"], class_name="nw muted"),
        rx.el.td(row["factor"]),
        rx.el.td(
            rx.cond(
                row["current"],
                rx.fragment(),
                rx.el.button(
                    icon("leave"),
                    t("security.end"),
                    on_click=Security.end(row["id"]),
                    type="button",
                    class_name="btn",
                ),
            ),
            class_name="num",
        ),
        key=row["id"].to_string(),
    )
