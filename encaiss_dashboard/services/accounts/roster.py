"""People as a team's screen lists them: who, with which roles, and how they sign in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlmodel import Session, col, func, select

from encaiss_dashboard.domain.permissions import Actor, Role
from encaiss_dashboard.storage.accounts import LoginSession, SecondFactor, User
from encaiss_dashboard.storage.queries import known


@dataclass(frozen=True, slots=True)
class Member:
    """One person of a team.

    Attributes:
        roles: for this client; the one at the agency for its people.
        clients: names of the clients that a case manager follows, in the agency's own team.
        second_factor: one is set.
        last_seen: last use of any session, None before the first.
        of_agency: works for the agency.
        is_self: the one who asks.
    """

    user_id: int
    name: str
    email: str
    roles: tuple[Role, ...]
    clients: tuple[tuple[int, str], ...]
    second_factor: bool
    last_seen: datetime | None
    of_agency: bool
    is_self: bool


def member(actor: Actor, user: User, roles: Collection[Role], clients: Sequence[tuple[int, str]]) -> Member:
    """A person of a team; what is known of the sign-in comes from :func:`with_habits`."""
    return Member(
        user_id=known(user.id),
        name=user.name,
        email=user.email,
        roles=tuple(role for role in Role if role in roles),
        clients=tuple(clients),
        second_factor=False,
        last_seen=None,
        of_agency=user.agency_role is not None,
        is_self=user.id == actor.user_id,
    )


def with_habits(session: Session, members: Sequence[Member]) -> list[Member]:
    """The same members with what is known of their sign-in, in two reads for all."""
    ids = [member.user_id for member in members]
    guarded = set(
        session.exec(
            select(SecondFactor.user_id).where(
                col(SecondFactor.user_id).in_(ids),
                col(SecondFactor.confirmed_at).is_not(None),
                col(SecondFactor.ended_at).is_(None),
            )
        )
    )
    query = (
        select(LoginSession.user_id, func.max(LoginSession.seen_at))
        .where(col(LoginSession.user_id).in_(ids), col(LoginSession.complete_at).is_not(None))
        .group_by(col(LoginSession.user_id))
    )
    seen = dict(session.exec(query).all())
    return [replace(m, second_factor=m.user_id in guarded, last_seen=seen.get(m.user_id)) for m in members]
