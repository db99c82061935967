"""The dialog in which an administrator describes a client: a new one with its first owner, or a known one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

import reflex as rx

from encaiss_dashboard import jobs, wiring
from encaiss_dashboard.domain.errors import BadEmail, NotAllowed, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.services.accounts import team
from encaiss_dashboard.services.people import clients
from encaiss_dashboard.services.people.clients import COUNTRIES, NAME_LENGTH_MAX, ClientFacts
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import LANGUAGE_NAMES, t
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.work import Work

_FIELDS: Final = tuple(name for name in ClientFacts.__dataclass_fields__ if name != "copied")
_TITLE_ID: Final = "client-form-title"
# Under which field the sentence of a refusal stands; of any other it stands below them all.
_BESIDE: Final = {
    "client_unnamed": "name",
    "number_unreadable": "enterprise_number",
    "number_taken": "enterprise_number",
    "bad_email": "email",
    "copy_nowhere": "email",
    "iban_unreadable": "iban",
    "term_unreadable": "default_term",
    "already_member": "owner_email",
    "too_many_invitations": "owner_email",
}
# Kept until they are done: the event loop itself holds its tasks but weakly.
_deliveries: set[asyncio.Task[int]] = set()


class ClientForm(Shell):
    """What the dialog shows; it is open while ``form_for`` says for what."""

    form_for: str = ""
    drawn: int = 0
    filled: dict[str, str] = {}
    copied: bool = False
    problem: str = ""
    problem_at: str = ""
    _chosen_id: int = 0

    @handler
    async def begin(self, client_id: str) -> Next:
        """Open it for a new client, "", or for one that is known."""
        if client_id and not client_id.isdecimal():
            raise Unreadable(value="")
        signed = await access.who(self)
        if signed is None or not signed.actor.administers:
            raise NotAllowed
        chosen = int(client_id[:18] or 0)
        known = await access.read(self, clients.describe, chosen) if chosen else ClientFacts(name="")
        lang = self._language()
        self.filled = {name: str(getattr(known, name)) for name in _FIELDS}
        if not chosen:
            self.filled |= {"language": lang}
        self.filled |= {"default_term": _term_words(known.default_term, lang)}
        self.copied, self._chosen_id = known.copied, chosen
        self.problem, self.problem_at, self.drawn = "", "", self.drawn + 1
        self.form_for = "known" if chosen else "new"

    @handler
    async def cancel(self) -> Next:
        """Close it; nothing happened."""
        self.form_for = ""

    @handler
    async def save(self, form: dict[str, str | None]) -> Next:
        """Add the client and invite its owner, or correct it; what cannot be is said beside its field."""
        # Reflex also sends, as null, fields that the dialog showed before.
        told = {name: value or "" for name, value in form.items()}
        facts = ClientFacts(**{name: told.get(name, "") for name in _FIELDS}, copied=bool(told.get("copied")))
        self.problem = self.problem_at = ""
        try:
            if self._chosen_id:
                await access.act(self, clients.change, self._chosen_id, facts)
            else:
                await access.act(self, _add, facts, told)
        except Refusal as refusal:
            return self._refused(refusal, told)
        self.form_for = ""
        if self._chosen_id:
            return self._done("desk.changed", name=facts.name.strip())
        invited = told.get("owner_email", "").strip()
        if not invited:
            return self._done("desk.added", name=facts.name.strip())
        _deliver()
        return self._done("desk.added_invited", name=facts.name.strip(), to=invited)

    def _refused(self, refusal: Refusal, form: Mapping[str, str]) -> Next:
        if isinstance(refusal, access.SignedOut):
            return self._tell(refusal)
        self.problem = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
        self.problem_at = _BESIDE.get(refusal.code, "form")
        if isinstance(refusal, BadEmail) and refusal.facts.get("value") != form.get("email", "").strip():
            self.problem_at = "owner_email"
        return rx.set_focus(f"client-{self.problem_at}") if self.problem_at != "form" else None


def _add(work: Work, client_id: int | None, facts: ClientFacts, form: Mapping[str, str]) -> None:
    """A client and the invitation of its owner are one act: refused together, kept together."""
    added = clients.add(work, client_id, facts)
    email = form.get("owner_email", "")
    if email.strip():
        name = form.get("owner_name", "")
        team.invite(work, added, email=email, name=name, roles=[Role.OWNER.value], language=facts.language)


def _deliver() -> None:
    """Hand the invitation over on a thread: whoever added the client does not wait for a mail server."""
    task = asyncio.create_task(asyncio.to_thread(jobs.deliver_account_mails, wiring.house()))
    _deliveries.add(task)
    task.add_done_callback(_delivered)


def _delivered(task: asyncio.Task[int]) -> None:
    _deliveries.discard(task)
    if not task.cancelled() and task.exception() is not None:
        # It stays waiting: the worker's next round takes it.
        logging.getLogger("encaiss").error("an invitation waits", exc_info=task.exception())


def _term_words(code: str, lang: str) -> str:
    """A plain number of days in words, any other term as its code, which the field reads as well."""
    term = Term.parse(code)
    return text(lang, "desk.term_days", n=term.days) if term.code == f"NET_{term.days}" else term.code


def described_on(screen: rx.Component) -> rx.Component:
    """A screen with the dialog over it; while it is open nothing else can be reached."""
    shut = ClientForm.form_for != ""
    return rx.fragment(
        rx.el.div(screen, custom_attrs={"inert": shut}),
        rx.cond(shut, _dialog()),
    )


def _dialog() -> rx.Component:
    new = ClientForm.form_for == "new"
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=ClientForm.cancel, aria_hidden="true"),
        rx.el.div(
            rx.el.form(
                rx.el.h2(rx.cond(new, t("desk.new_title"), t("desk.known_title")), id=_TITLE_ID),
                rx.cond(new, rx.el.p(t("desk.new_lead"), class_name="muted")),
                _input("name", max_length=NAME_LENGTH_MAX, required=True, auto_focus=True),
                rx.el.div(
                    _input("enterprise_number", max_length=30, hint="desk.number_hint"),
                    _select("country", {code: t(f"desk.country_{code.lower()}") for code in COUNTRIES}),
                    class_name="two",
                ),
                rx.el.div(
                    _input("email", type="email", max_length=254),
                    _select("language", {lang: LANGUAGE_NAMES[lang] for lang in LANGUAGES}),
                    class_name="two",
                ),
                rx.el.div(
                    _input("iban", max_length=42, hint="desk.iban_hint"),
                    _input("default_term", max_length=40, hint="desk.term_hint"),
                    class_name="two",
                ),
                rx.el.label(
                    rx.el.input(type="checkbox", name="copied", default_checked=ClientForm.copied),
                    rx.el.span(t("desk.field_copied")),
                    class_name="choice",
                ),
                rx.cond(new, _owner()),
                rx.cond(
                    ClientForm.problem_at == "form",
                    rx.el.p(ClientForm.problem, role="alert", class_name="note n-bad"),
                ),
                rx.el.div(
                    button(t("desk.cancel"), on_click=ClientForm.cancel),
                    button(rx.cond(new, t("desk.add"), t("desk.save")), kind="p", type="submit"),
                    class_name="end",
                ),
                key=ClientForm.drawn.to_string(),
                on_submit=ClientForm.save,
                no_validate=True,
                class_name="sheet client-form",
            ),
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": _TITLE_ID},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", ClientForm.cancel(), rx.noop()),
        class_name="over",
        lang=ClientForm.lang,
    )


def _owner() -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(t("desk.owner")),
        rx.el.p(t("desk.owner_hint"), class_name="muted small"),
        rx.el.div(
            _input("owner_name", max_length=100, auto_complete="off"),
            _input("owner_email", type="email", max_length=254, auto_complete="off"),
            class_name="two",
        ),
    )


def _input(name: str, *, hint: str = "", **props: Any) -> rx.Component:
    wrong = ClientForm.problem_at == name
    said = f"client-{name}-said"
    return rx.el.div(
        rx.el.label(t(f"desk.field_{name}"), html_for=f"client-{name}"),
        rx.el.input(
            id=f"client-{name}",
            name=name,
            default_value=ClientForm.filled[name] if name in _FIELDS else "",
            aria_invalid=rx.cond(wrong, "true", "false"),
            aria_describedby=said,
            class_name="in",
            **props,
        ),
        rx.el.span(
            rx.cond(wrong, ClientForm.problem, t(hint) if hint else ""),
            id=said,
            role="status",
            class_name=rx.cond(wrong, "small dn", "small muted"),
        ),
        class_name="field",
    )


def _select(name: str, options: Mapping[str, Any]) -> rx.Component:
    return rx.el.div(
        rx.el.label(t(f"desk.field_{name}"), html_for=f"client-{name}"),
        rx.el.select(
            *(rx.el.option(label, value=value) for value, label in options.items()),
            id=f"client-{name}",
            name=name,
            default_value=ClientForm.filled[name],
            class_name="in",
        ),
        class_name="field",
    )
