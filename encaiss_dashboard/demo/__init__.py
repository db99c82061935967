"""Made-up data for a deployment that says so: two clients, their debtors, eighteen months of facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlmodel import select

from encaiss_dashboard.demo.cast import UNREACHABLE, DemoLogin, logins
from encaiss_dashboard.demo.clients import AGENCY, PARTS, Part
from encaiss_dashboard.demo.play import Story
from encaiss_dashboard.demo.plot import first_day, sales
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.letters import Delivered, DeliveryFailed, Gone, Message
from encaiss_dashboard.domain.permissions import HOUSE, Actor, Role, needs_second_factor
from encaiss_dashboard.services import people
from encaiss_dashboard.services.accounts import factors
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.accounts import Membership, User
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.wiring import Wiring
from encaiss_dashboard.work import Work

__all__ = ["DemoLogin", "NoDemo", "fill", "logins"]

_ZONE: Final = ZoneInfo("Europe/Brussels")


class NoDemo(Refusal):
    """Made-up data was asked for where the settings do not allow it."""

    code = "no_demo"


@dataclass(frozen=True, slots=True)
class _Nowhere:
    """Delivers nothing: half a year of old mail would fill a folder that nobody reads.

    One mailbox is gone since ``closed_on``, so that a failure can be looked at.
    """

    closed_on: date

    def deliver(self, message: Message) -> Delivered:
        """Say what a server would.

        Raises:
            DeliveryFailed: to the mailbox that is gone.
        """
        if UNREACHABLE in message.to and message.at.date() >= self.closed_on:
            said = f"550 5.1.1 <{UNREACHABLE}>: no such user"
            raise DeliveryFailed(permanent=True, reason=said, gone=(Gone(UNREACHABLE, said),))
        return Delivered("250 2.0.0 Ok (demo)")


def fill(
    wiring: Wiring, progress: Callable[[str], None] = lambda _client: None, parts: Sequence[Part] = PARTS
) -> list[DemoLogin]:
    """Play the demo up to yesterday evening into an empty database; tells each client's name before it.

    The same day gives the same figures. Where there is a client already, nothing is done.

    Args:
        wiring: of the deployment; its clock tells today.
        progress: called with each client's name before its turn, the longest part.
        parts: the clients to play; tests play one alone.

    Raises:
        NoDemo: ``ENCAISS_DEMO`` is not set.
    """
    if not wiring.settings.demo:
        raise NoDemo
    today = wiring.clock().astimezone(_ZONE).date()
    opening = datetime.combine(first_day(today), time(8), _ZONE) - timedelta(days=1)
    past = replace(wiring, mail=_Nowhere(today - timedelta(days=30)), clock=lambda: opening)
    with past.begin(HOUSE) as work:
        if work.session.exec(select(Client.id)).first() is not None:
            return logins()
        people.set_up_agency(work, demo=True, **AGENCY)
        for part in parts:
            people.add_client(work, part.slug, **part.details)
        slugs = {"", *(part.slug for part in parts)}
        for login in (login for login in logins() if login.client in slugs):
            _join(work, login)
    for part in parts:
        progress(part.details["name"])
        _play(past, part, today)
    return logins()


def _join(work: Work, login: DemoLogin) -> None:
    """An account; whoever needs a second factor has one, whose code the demo shows."""
    user = people.add_user(
        work,
        email=login.email,
        name=login.name,
        password=login.password,
        role=login.role,
        client_slug=login.client or None,
        language=login.language,
    )
    if needs_second_factor([login.role]):
        factors.give_to_demo(work, queries.known(user.id))
    if login.role is Role.CASE_MANAGER:
        for client_id in people.client_ids(work):
            work.session.add(
                Membership(
                    client_id=client_id,
                    user_id=queries.known(user.id),
                    role=login.role.value,
                    created_at=work.now,
                )
            )


def _play(wiring: Wiring, part: Part, today: date) -> None:
    with wiring.begin(HOUSE, write=False) as work:
        client = queries.client_by_slug(work.session, part.slug)
        client_id = queries.known(client.id)
        address = next(x.email for x in logins() if x.client == part.slug and x.role is Role.OWNER)
        user = work.session.exec(select(User).where(User.email == address)).one()
    owner = Actor(queries.known(user.id), user.name, user.language, roles={client_id: {Role.OWNER}})
    older, newest = sales(part.shape, part.debtors(), today)
    story = Story(
        wiring, client_id, owner, part.details["language"], today, older, part.turns(part.debtors()), newest
    )
    story.play()
