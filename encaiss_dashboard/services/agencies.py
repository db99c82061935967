"""The deployment itself: whose agency it is, whether its data is made up, which client a slug means."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select

from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.domain.references import is_email
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.records import Agency, Client
from encaiss_dashboard.work import Work


def identify(work: Work, *, name: str, email: str, **details: Any) -> None:
    """Say who the agency is: the sender of every letter. Made on first use, changed afterwards.

    Raises:
        NotAllowed: only the house itself may.
        Unreadable: the e-mail address is none.
    """
    if not work.actor.house:
        raise NotAllowed
    if not is_email(email):
        raise Unreadable(value=email[:80])
    agency = work.session.exec(select(Agency)).first() or Agency(name=name, email=email)
    agency.sqlmodel_update({"name": name, "email": email, **details})
    work.session.add(agency)


def is_made_up(work: Work) -> bool | None:
    """Whether this database holds demo data; None while it holds no agency at all."""
    return work.session.exec(select(Agency.demo)).first()


def client_id(work: Work, slug: str) -> int:
    """The client that has this name on the command line.

    Raises:
        NotAllowed: only the house itself calls clients by their slug.
        NotFound: there is none.
    """
    if not work.actor.house:
        raise NotAllowed
    return queries.known(queries.client_by_slug(work.session, slug).id)


def slugs(work: Work) -> tuple[str, ...]:
    """Every client's name on the command line, in alphabetical order.

    Raises:
        NotAllowed: only the house itself calls clients by their slug.
    """
    if not work.actor.house:
        raise NotAllowed
    return tuple(work.session.exec(select(Client.slug).order_by(col(Client.slug))))
