"""What the two teams' screens share: rows of people and invitations, the dialog, the form that invites."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import reflex as rx

from encaiss_dashboard import jobs, wiring
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.locales import LANGUAGES, moment, text
from encaiss_dashboard.services.accounts.roster import Member
from encaiss_dashboard.services.accounts.team import Invitation
from encaiss_dashboard.ui.components import button, icon, tag
from encaiss_dashboard.ui.deciding import Overlay
from encaiss_dashboard.ui.i18n import LANGUAGE_NAMES, t
from encaiss_dashboard.ui.shell import Shell

_DELIVERY_TONES: Final = {"sent": "good", "waiting": "info", "failed": "bad", "expired": "warn"}


class PersonRow(TypedDict):
    """One person of a team."""

    id: int
    name: str
    email: str
    roles: list[str]
    clients: str
    seen: str
    guarded: bool
    of_agency: bool
    is_self: bool


class InvitedRow(TypedDict):
    """One invitation without an answer."""

    id: int
    who: str
    roles: str
    by: str
    until: str
    state: str
    tone: str


class People(Shell):
    """A team's rows, and the person that the dialog is about."""

    ready: bool = False
    people: list[PersonRow] = []
    invited: list[InvitedRow] = []
    inviting: bool = False
    inviting_again: int = 0
    chosen: int = 0
    chosen_name: str = ""
    chosen_keys: list[str] = []
    taking_out: bool = False

    def _show(self, members: tuple[Member, ...], invitations: tuple[Invitation, ...]) -> None:
        lang = self._language()
        self.people = [_person(member, lang) for member in members]
        self.invited = [_invited(invitation, lang) for invitation in invitations]
        self.ready = True

    def _close(self) -> None:
        self.chosen, self.taking_out, self.inviting = 0, False, False


def deliver_mails() -> None:
    """Hand over what was just intended, so that the screen can say whether it left."""
    jobs.deliver_account_mails(wiring.house())


def _person(member: Member, lang: str) -> PersonRow:
    return PersonRow(
        id=member.user_id,
        name=member.name,
        email=member.email,
        roles=[text(lang, f"role.{role}") for role in member.roles],
        clients=", ".join(name for _, name in member.clients),
        seen=moment(member.last_seen, lang) if member.last_seen else text(lang, "team.never"),
        guarded=member.second_factor,
        of_agency=member.of_agency,
        is_self=member.is_self,
    )


def _invited(invitation: Invitation, lang: str) -> InvitedRow:
    state = "expired" if invitation.expired else invitation.delivery
    return InvitedRow(
        id=invitation.id,
        who=f"{invitation.name} · {invitation.email}" if invitation.name else invitation.email,
        roles=", ".join(text(lang, f"role.{role}") for role in invitation.roles),
        by=invitation.by,
        until=moment(invitation.expires_at, lang),
        state=text(lang, f"team.invitation_{state}"),
        tone=_DELIVERY_TONES[state],
    )


def people_table(
    state: type[People], choose: Any, *, followed: bool = False, manages: Any = True
) -> rx.Component:
    """The people; ``followed`` adds the clients that each follows, ``choose`` opens the dialog."""
    columns = ("name", "roles", *(("clients",) if followed else ()), "seen", "guarded")

    def line(row: rx.vars.ObjectVar[PersonRow]) -> rx.Component:
        return rx.el.tr(
            rx.el.th(
                rx.el.div(
                    row["name"],
                    rx.cond(row["is_self"], tag(t("team.you"), "info")),
                    class_name="named",
                ),
                rx.el.div(row["email"], class_name="muted small"),
                scope="row",
            ),
            rx.el.td(
                rx.el.div(
                    rx.foreach(row["roles"].to(list[str]), lambda role: rx.el.span(role, class_name="pill")),
                    class_name="pills",
                )
            ),
            *([rx.el.td(row["clients"])] if followed else []),
            rx.el.td(row["seen"], class_name="nw muted"),
            rx.el.td(
                rx.cond(row["guarded"], tag(t("team.guarded"), "good"), tag(t("team.not_guarded"), "mute"))
            ),
            rx.el.td(
                rx.cond(
                    manages & (followed | ~row["of_agency"].to(bool)),
                    rx.el.button(
                        t("team.change"),
                        on_click=choose(row["id"]),
                        type="button",
                        id="person-" + row["id"].to_string(),
                        class_name="btn",
                    ),
                ),
                class_name="num",
            ),
            key=row["id"].to_string(),
        )

    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("team.caption"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *(rx.el.th(t(f"team.column_{name}"), scope="col") for name in columns),
                    rx.el.th(rx.el.span(t("team.change"), class_name="sr"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(state.people, line)),
            class_name="rows",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("team.caption"),
    )


def invitations_table(state: type[People], revoke: Any) -> rx.Component:
    """Who was invited and has not answered."""

    def line(row: rx.vars.ObjectVar[InvitedRow]) -> rx.Component:
        return rx.el.tr(
            rx.el.th(row["who"], scope="row"),
            rx.el.td(row["roles"]),
            rx.el.td(tag(row["state"], row["tone"])),
            rx.el.td(row["until"], class_name="nw muted"),
            rx.el.td(
                rx.el.button(t("team.revoke"), on_click=revoke(row["id"]), type="button", class_name="btn"),
                class_name="num",
            ),
            key=row["id"].to_string(),
        )

    return rx.el.div(
        rx.el.table(
            rx.el.caption(t("team.invitations"), class_name="sr"),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(t(f"team.column_{name}"), scope="col")
                        for name in ("who", "roles", "state", "until")
                    ),
                    rx.el.th(rx.el.span(t("team.revoke"), class_name="sr"), scope="col"),
                )
            ),
            rx.el.tbody(rx.foreach(state.invited, line)),
            class_name="rows",
        ),
        class_name="scroll",
        tab_index=0,
        role="region",
        aria_label=t("team.invitations"),
    )


def role_choice(role: Role, *, kind: str = "checkbox", **props: Any) -> rx.Component:
    """One role to tick, with what it may do in a line."""
    return rx.el.label(
        rx.el.input(
            type=kind,
            name=role.value if kind == "checkbox" else "role",
            **({"value": role.value} if kind == "radio" else {}),
            **props,
        ),
        rx.el.span(
            rx.el.span(t(f"role.{role}"), class_name="strong"),
            rx.el.span(t(f"role.{role}_may"), class_name="muted small"),
        ),
        class_name="choice",
    )


def invite_form(*roles: rx.Component, send: Any, cancel: Any) -> rx.Component:
    """Who is invited, in which language the mail is written, with which roles."""
    return rx.el.form(
        rx.el.h2(t("team.invite_title"), id="people-title"),
        rx.el.p(t("team.invite_lead"), class_name="muted"),
        rx.el.div(
            rx.el.label(
                t("team.email"),
                rx.el.input(
                    type="email",
                    name="email",
                    required=True,
                    auto_focus=True,
                    max_length=254,
                    class_name="in",
                ),
                class_name="field",
            ),
            rx.el.label(
                t("team.name"), rx.el.input(name="name", max_length=100, class_name="in"), class_name="field"
            ),
            class_name="two",
        ),
        rx.el.label(
            t("team.language"),
            rx.el.select(
                *(rx.el.option(LANGUAGE_NAMES[lang], value=lang) for lang in LANGUAGES),
                name="language",
                class_name="in",
            ),
            class_name="field",
        ),
        rx.el.fieldset(rx.el.legend(t("team.column_roles")), *roles, class_name="roles-of"),
        rx.el.div(
            button(t("team.cancel"), on_click=cancel),
            rx.el.button(t("team.send"), type="submit", class_name="btn p"),
            class_name="end",
        ),
        on_submit=send,
        class_name="sheet",
    )


def over(content: rx.Component, cancel: Any) -> rx.Component:
    """A dialog over the screen; Escape and a click beside it close it."""
    return Overlay.create(
        rx.el.div(class_name="shade", on_click=cancel, aria_hidden="true"),
        rx.el.div(
            content,
            role="dialog",
            custom_attrs={"aria-modal": "true", "aria-labelledby": "people-title"},
            class_name="holder",
        ),
        on_key_down=lambda key, _: rx.cond(key == "Escape", cancel(), rx.noop()),
        class_name="over",
        lang=Shell.lang,
    )


def invite_button(begin: Any) -> rx.Component:
    """The main action of a team's screen."""
    return rx.el.button(
        icon("plus"), t("team.invite"), on_click=begin, type="button", id="invite", class_name="btn p"
    )
