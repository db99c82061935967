"""The agency's own team: who works here, for which clients; administrators only."""

from __future__ import annotations

import asyncio

import reflex as rx

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.permissions import Role
from encaiss_dashboard.services.accounts import colleagues, factors, team
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.components import button, card, top
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
from encaiss_dashboard.ui.shell import Next, handler, page


class Colleagues(People):
    """The agency's people, and the clients that a case manager may follow."""

    follows: bool = False
    guarded: bool = False
    is_self: bool = False
    _held: dict[int, tuple[str, list[str]]] = {}

    @handler
    async def load(self) -> Next:
        """Read who works for the agency, and who was invited."""
        await self._read()

    @handler
    async def begin_invitation(self) -> Next:
        """Open the form that invites."""
        self._close()
        self.inviting = True

    @handler
    async def invite(self, form: dict[str, str]) -> Next:
        """Invite a colleague."""
        facts = {name: form.get(name, "").strip() for name in ("email", "name", "language", "role")}
        await access.act(self, colleagues.invite_colleague, **facts)
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
        """Open the dialog about one colleague."""
        if user_id not in self._held:
            raise NotFound
        self._close()
        role, followed = self._held[user_id]
        row = next(row for row in self.people if row["id"] == user_id)
        self.chosen, self.chosen_name, self.chosen_keys = user_id, row["name"], followed
        self.follows, self.guarded = role == Role.CASE_MANAGER, row["guarded"]
        self.is_self = row["is_self"]

    @handler
    async def assign(self, form: dict[str, str]) -> Next:
        """Let a case manager follow exactly the clients that are ticked."""
        known = {choice["value"] for choice in self.clients}
        chosen = sorted(int(name) for name, value in form.items() if value and name in known)
        await access.act(self, colleagues.assign, self.chosen, chosen)
        return self._settled("team.done_assigned")

    @handler
    async def reset_factor(self) -> Next:
        """Take a lost second factor away; the next sign-in sets another."""
        await access.act(self, factors.reset, self.chosen)
        await asyncio.to_thread(deliver_mails)
        return self._settled("team.done_factor_reset")

    @handler
    async def ask_out(self) -> Next:
        """Ask once more before somebody is taken out."""
        self.taking_out = True

    @handler
    async def take_out(self) -> Next:
        """End somebody's work for the agency."""
        await access.act(self, colleagues.dismiss, self.chosen)
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
        seen = await access.read(self, colleagues.agency_team)
        self._held = {
            member.user_id: (member.roles[0].value, [str(key) for key, _ in member.clients])
            for member in seen.members
        }
        self._show(seen.members, seen.invitations)


def agency_page() -> rx.Component:
    """The page."""
    return rx.fragment(
        rx.el.div(
            page(
                "menu.agency",
                top(t("menu.agency"), t("team.agency_sub"), invite_button(Colleagues.begin_invitation)),
                card(t("team.people"), "", people_table(Colleagues, Colleagues.choose, followed=True)),
                rx.cond(
                    Colleagues.invited.length() > 0,
                    card(
                        t("team.invitations"),
                        t("team.invitations_hint"),
                        invitations_table(Colleagues, Colleagues.revoke),
                        class_name="row-card",
                    ),
                ),
                of_client=False,
            ),
            custom_attrs={"inert": Colleagues.inviting | (Colleagues.chosen > 0)},
        ),
        rx.cond(Colleagues.inviting, over(_invite(), Colleagues.cancel)),
        rx.cond(
            Colleagues.chosen > 0, over(rx.cond(Colleagues.taking_out, _out(), _change()), Colleagues.cancel)
        ),
    )


def _invite() -> rx.Component:
    return invite_form(
        role_choice(Role.CASE_MANAGER, kind="radio", default_checked=True),
        role_choice(Role.ADMINISTRATOR, kind="radio"),
        send=Colleagues.invite,
        cancel=Colleagues.cancel,
    )


def _change() -> rx.Component:
    return rx.el.form(
        rx.el.h2(Colleagues.chosen_name, id="people-title"),
        rx.cond(
            Colleagues.follows,
            rx.el.fieldset(
                rx.el.legend(t("team.follows")),
                rx.foreach(
                    Colleagues.clients,
                    lambda choice: rx.el.label(
                        rx.el.input(
                            type="checkbox",
                            name=choice["value"],
                            default_checked=Colleagues.chosen_keys.contains(choice["value"]),
                        ),
                        rx.el.span(choice["label"]),
                        class_name="choice",
                    ),
                ),
                class_name="roles-of long",
            ),
            rx.el.p(t("team.sees_all"), class_name="muted"),
        ),
        rx.el.div(
            rx.cond(
                Colleagues.is_self,
                rx.fragment(),
                rx.fragment(
                    rx.el.button(
                        t("team.out"), on_click=Colleagues.ask_out, type="button", class_name="btn left"
                    ),
                    rx.cond(
                        Colleagues.guarded,
                        rx.el.button(
                            t("team.factor_reset"),
                            on_click=Colleagues.reset_factor,
                            type="button",
                            class_name="btn",
                        ),
                    ),
                ),
            ),
            button(t("team.cancel"), on_click=Colleagues.cancel, auto_focus=True),
            rx.cond(Colleagues.follows, rx.el.button(t("team.keep"), type="submit", class_name="btn p")),
            class_name="end",
        ),
        on_submit=Colleagues.assign,
        class_name="sheet",
    )


def _out() -> rx.Component:
    return rx.el.div(
        rx.el.h2(t("team.out_title"), " ", Colleagues.chosen_name, id="people-title"),
        rx.el.p(t("team.dismiss_lead")),
        rx.el.div(
            button(t("team.cancel"), on_click=Colleagues.cancel, auto_focus=True),
            button(t("team.out_go"), kind="d", on_click=Colleagues.take_out),
            class_name="end",
        ),
        class_name="sheet",
    )
