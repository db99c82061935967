"""Whose session a cookie is: asked at every request and every event, so it has to be quick."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Final

from sqlalchemy import Engine
from sqlmodel import Session, col, select, update

from encaiss_dashboard.domain.permissions import Actor, Role, needs_second_factor
from encaiss_dashboard.domain.signing import SEEN_EVERY, is_live
from encaiss_dashboard.storage.accounts import LoginSession, Membership, User
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client

_REMEMBERED_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session: who it is and which client is being looked at.

    Attributes:
        complete: everything that sign-in asks for was given; without it the session opens nothing but
            the page of the second factor. It follows from the roles of this moment: who becomes a
            signatory while signed in has to set a second factor first.
        clients: id and name of every client this person may look at, by name.
        client_id: the one looked at; None when there is none at all, or the agency has opened none.
        as_agency: the client is looked at by somebody of the agency.
    """

    session_id: int
    email: str
    actor: Actor
    complete: bool
    second_factor: str
    seen_at: datetime
    expires_at: datetime
    clients: tuple[tuple[int, str], ...]
    client_id: int | None

    @property
    def as_agency(self) -> bool:
        """Whether it is the agency that looks at the client."""
        return self.actor.agency_role is not None


class Memory:
    """Sessions that were looked up before, good for as long as nobody has written to the database.

    SQLite tells at the price of reading a number whether any other connection, of whatever process,
    has committed since (``PRAGMA data_version``): a revoked session is forgotten at once, and an event
    costs no query while nothing changes. PostgreSQL has no such number, so there nothing is remembered.
    """

    def __init__(self, engine: Engine) -> None:
        url = engine.url
        self._path = url.database if url.get_backend_name() == "sqlite" else None
        self._lock = Lock()
        self._process = 0
        self._connection: sqlite3.Connection | None = None
        self._version: int | None = None
        self._known: dict[tuple[str, str], SignedIn] = {}

    def recall(self, digest: str, address: str, now: datetime) -> SignedIn | None:
        """What is known of a session, None when it has to be looked up (again)."""
        with self._lock:
            self._look()
            found = self._known.get((digest, address))
        if found is None or now - found.seen_at >= SEEN_EVERY or now >= found.expires_at:
            return None
        return found

    def keep(self, digest: str, address: str, found: SignedIn, version: int | None) -> None:
        """Remember a session that was looked up after ``version`` was read."""
        with self._lock:
            if version is None or version != self._look():
                return
            if len(self._known) >= _REMEMBERED_MAX:
                self._known.clear()
            self._known[digest, address] = found

    def version(self) -> int | None:
        """The number of the database's last change as this connection counts it, None where there is none."""
        with self._lock:
            return self._look()

    def _look(self) -> int | None:
        if not self._path:
            return None
        if self._process != os.getpid():
            # A connection must not be shared with a child process.
            self._process, self._known = os.getpid(), {}
            self._connection = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
        assert self._connection is not None
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if version != self._version:
            self._version, self._known = version, {}
        return self._version


def signed_in(session: Session, digest: str, now: datetime, address: str = "") -> SignedIn | None:
    """Whose live session has this digest, if anybody's; ``address`` is where it is used from."""
    row = session.exec(
        select(LoginSession, User)
        .join(User, col(User.id) == col(LoginSession.user_id))
        .where(
            LoginSession.digest == digest,
            col(LoginSession.ended_at).is_(None),
            col(User.disabled_at).is_(None),
        )
    ).first()
    if row is None or not is_live(now, seen_at=row[0].seen_at, expires_at=row[0].expires_at):
        return None
    login, user = row
    roles = roles_of(session, known(user.id))
    agency_role = Role(user.agency_role) if user.agency_role else None
    actor = Actor(known(user.id), user.name, user.language, agency_role, roles, address)
    held = {*({agency_role} if agency_role else ()), *(role for some in roles.values() for role in some)}
    complete = login.complete_at is not None and bool(login.second_factor or not needs_second_factor(held))
    query = select(Client.id, Client.name).order_by(Client.name, col(Client.id))
    if not actor.everywhere:
        query = query.where(col(Client.id).in_(roles))
    clients = tuple((known(key), name) for key, name in session.exec(query))
    ids = [key for key, _ in clients]
    # The agency opens a client by an act of its own, never by default.
    first = ids[0] if ids and agency_role is None else None
    looked_at = login.client_id if login.client_id in ids else first
    return SignedIn(
        known(login.id),
        user.email,
        actor,
        complete,
        login.second_factor,
        login.seen_at,
        login.expires_at,
        clients,
        looked_at,
    )


def roles_of(session: Session, user_id: int) -> dict[int, frozenset[Role]]:
    """Client id → the roles that a person has for it now."""
    query = select(Membership.client_id, Membership.role).where(
        Membership.user_id == user_id, col(Membership.ended_at).is_(None)
    )
    roles: dict[int, set[Role]] = defaultdict(set)
    for client_id, role in session.exec(query):
        roles[client_id].add(Role(role))
    return {client_id: frozenset(some) for client_id, some in roles.items()}


def has_owner(session: Session, client_id: int) -> bool:
    """Whether a client has an owner who can sign in."""
    query = (
        select(Membership.id)
        .join(User, col(User.id) == col(Membership.user_id))
        .where(
            Membership.client_id == client_id,
            Membership.role == Role.OWNER.value,
            col(Membership.ended_at).is_(None),
            col(User.disabled_at).is_(None),
        )
    )
    return session.exec(query).first() is not None


def seen(session: Session, session_id: int, now: datetime) -> None:
    """Write down that a session was used."""
    session.exec(update(LoginSession).where(col(LoginSession.id) == session_id).values(seen_at=now))
