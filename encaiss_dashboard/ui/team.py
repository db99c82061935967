"""A client's team: who may do what, inviting, changing roles, taking out."""

from __future__ import annotations

import asyncio

import reflex as rx

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import ALLOWED, CLIENT_ROLES, Action, Role
from encaiss_dashboard.services.accounts import team
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, card, empty, top
from encaiss_dashboard.ui.i18n import t
from encaiss_dashboard.ui.people import (
    People,
    deliver_mails,
    invitations_table,
    invite_button,
    invite_form,
    over,
    people_table,
    role_choice,
)
from encaiss_dashboard.ui.shell import Next, Shell, handler, page


class Team(People):
    """The team of the client that is looked at."""

    may_manage: bool = False
    _held: dict[int, list[str]] = {}

    @handler
    async def load(self) -> Next:
        """Read who is in the team, and who was invited."""
        await self._read()

    @handler
    async def begin_invitation(self) -> Next:
        """Open the form that invites."""
        self._close()
        self.inviting = True

    @handler
    async def invite(self, form: dict[str, str]) -> Next:
        """Invite somebody, and say whether the mail has left."""
        roles = [role.value for role in CLIENT_ROLES if form.get(role.value)]
        facts = {name: form.get(name, "").strip() for name in ("email", "name", "language")}
        await access.act(self, team.invite, roles=roles, **facts)
        await asyncio.to_thread(deliver_mails)
        self._close()
        await self._read()
        self._say("team.done_invited", email=facts["email"])
        return rx.set_focus("invite")

    @handler
    async def revoke(self, invitation_id: int) -> Next:
        """Take an invitation back."""
        await access.act(self, team.revoke, invitation_id)
        await self._read()
        self._say("team.done_revoked")

    @handler
    async def choose(self, user_id: int) -> Next:
        """Open the dialog about one person."""
        if user_id not in self._held:
            raise NotFound
        self._close()
        self.chosen, self.chosen_keys = user_id, self._held[user_id]
        self.chosen_name = next(row["name"] for row in self.people if row["id"] == user_id)

    @handler
    async def change(self, form: dict[str, str]) -> Next:
        """Give the person exactly the roles that are ticked."""
        roles = [role.value for role in CLIENT_ROLES if form.get(role.value)]
        await access.act(self, team.change_roles, self.chosen, roles)
        return self._settled("team.done_changed")

    @handler
    async def ask_out(self) -> Next:
        """Ask once more before somebody is taken out."""
        self.taking_out = True

    @handler
    async def take_out(self) -> Next:
        """Take the person out of the team."""
        await access.act(self, team.remove, self.chosen)
        return self._settled("team.done_removed")

    @handler
    async def cancel(self) -> Next:
        """Close the dialog; nothing happened."""
        self._close()

    def _settled(self, key: str) -> Next:
        name = self.chosen_name
        self._close()
        return self._done(key, name=name)

    async def _read(self) -> None:
        seen = await access.read(self, team.team)
        self.may_manage = seen.may_manage
        self._held = {
            member.user_id: [role.value for role in member.roles]
            for member in seen.members
            if not member.of_agency
        }
        self._show(seen.members, seen.invitations)


def team_page() -> rx.Component:
    """The page."""
    return rx.fragment(
        rx.el.div(
            page(
                "menu.team",
                top(
                    t("menu.team"),
                    t("team.sub"),
                    rx.cond(Team.may_manage, invite_button(Team.begin_invitation)),
                ),
                _people(),
                rx.cond(Team.invited.length() > 0, _invited()),
                _permissions(),
            ),
            custom_attrs={"inert": Team.inviting | (Team.chosen > 0)},
        ),
        rx.cond(Team.inviting, over(_invite(), Team.cancel)),
        rx.cond(Team.chosen > 0, over(rx.cond(Team.taking_out, _out(), _change()), Team.cancel)),
    )


def _people() -> rx.Component:
    return card(
        t("team.people"),
        "",
        rx.cond(
            Team.ready,
            rx.cond(
                Team.people.length() > 0,
                people_table(Team, Team.choose, manages=Team.may_manage),
                empty(t("team.nobody"), t("team.nobody_hint")),
            ),
            rx.el.div(*(rx.el.div(class_name="skeleton line") for _ in range(4)), class_name="waiting"),
        ),
    )


def _invited() -> rx.Component:
    return card(
        t("team.invitations"),
        t("team.invitations_hint"),
        invitations_table(Team, Team.revoke),
        class_name="row-card",
    )


def _invite() -> rx.Component:
    return invite_form(
        *(
            rx.cond(Shell.as_agency & (Action.CONSENT in ALLOWED[role]), rx.fragment(), role_choice(role))
            for role in CLIENT_ROLES
        ),
        send=Team.invite,
        cancel=Team.cancel,
    )


def _change() -> rx.Component:
    return rx.el.form(
        rx.el.h2(t("team.change_title"), " ", Team.chosen_name, id="people-title"),
        rx.el.fieldset(
            rx.el.legend(t("team.column_roles"), class_name="sr"),
            *(
                role_choice(role, default_checked=Team.chosen_keys.contains(role.value))
                for role in CLIENT_ROLES
            ),
            class_name="roles-of",
        ),
        rx.el.div(
            rx.el.button(t("team.out"), on_click=Team.ask_out, type="button", class_name="btn left"),
            button(t("team.cancel"), on_click=Team.cancel),
            rx.el.button(t("team.keep"), type="submit", auto_focus=True, class_name="btn p"),
            class_name="end",
        ),
        on_submit=Team.change,
        class_name="sheet",
    )


def _out() -> rx.Component:
    return rx.el.div(
        rx.el.h2(t("team.out_title"), " ", Team.chosen_name, id="people-title"),
        rx.el.p(t("team.out_lead")),
        rx.el.div(
            button(t("team.cancel"), on_click=Team.cancel, auto_focus=True),
            button(t("team.out_go"), kind="d", on_click=Team.take_out),
            class_name="end",
        ),
        class_name="sheet",
    )


def _permissions() -> rx.Component:
    """The table of permissions, drawn from the one that services ask."""
    roles = tuple(Role)
    return card(
        t("team.permissions"),
        t("team.permissions_hint"),
        rx.el.div(
            rx.el.table(
                rx.el.caption(t("team.permissions"), class_name="sr"),
                rx.el.thead(
                    rx.el.tr(
                        rx.el.th(t("team.column_action"), scope="col"),
                        *(rx.el.th(t(f"role.{role}"), scope="col", class_name="mid") for role in roles),
                    )
                ),
                rx.el.tbody(
                    *(
                        rx.el.tr(
                            rx.el.th(t(f"action.{action}"), scope="row"),
                            *(_may(action in ALLOWED[role]) for role in roles),
                        )
                        for action in Action
                    )
                ),
                class_name="rows",
            ),
            class_name="scroll",
            tab_index=0,
            role="region",
            aria_label=t("team.permissions"),
        ),
        class_name="row-card permissions",
    )


def _may(allowed: bool) -> rx.Component:  # noqa: FBT001 - a cell has nothing else
    return rx.el.td(
        rx.el.span("✓" if allowed else "–", aria_hidden="true"),
        rx.el.span(t("team.yes" if allowed else "team.no"), class_name="sr"),
        class_name="mid yes" if allowed else "mid no",
    )
