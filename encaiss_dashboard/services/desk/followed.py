"""Whose desk it is: the clients that somebody of the agency works for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import desk as reads
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.work import Work

_ZONE: Final = ZoneInfo("Europe/Brussels")

Followed = Mapping[int, Client]


def followed_by(work: Work) -> Followed:
    """The clients that the actor works for at the agency, by id, in the order of their names.

    Raises:
        NotAllowed: nobody of the agency.
    """
    actor = work.actor
    if actor.agency_role is None and not actor.house:
        raise NotAllowed
    ids = None if actor.everywhere else [key for key in actor.roles if actor.may(Action.VIEW, key)]
    return {known(client.id): client for client in reads.clients(work.session, ids)}


def day_of(at: datetime | None) -> date | None:
    """The day on which something happened in Brussels."""
    return at.astimezone(_ZONE).date() if at else None
