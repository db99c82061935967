"""Who works here: the agency, its clients, people and their sessions."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any, Final

from sqlmodel import col, select, update

from encaiss_dashboard.domain.errors import NotAllowed, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, Action, Role
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.records import Agency, Client, LoginSession, Membership, User
from encaiss_dashboard.work import Work

SESSION_LENGTH: Final = timedelta(hours=12)
PASSWORD_LENGTH_MIN: Final = 12
PASSWORD_LENGTH_MAX: Final = 256
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class AlreadyThere(Refusal):
    """A slug or an e-mail address that is taken."""

    code = "already_there"


class WeakPassword(Refusal):
    """Shorter than the minimum."""

    code = "weak_password"


def set_up_agency(work: Work, *, name: str, email: str, demo: bool = False, **details: Any) -> Agency:
    """The one agency of this deployment, made on first use."""
    found = work.session.exec(select(Agency)).first()
    if found is not None:
        return found
    agency = Agency(name=name, email=email, demo=demo, **details)
    work.session.add(agency)
    work.session.flush()
    return agency


def add_client(work: Work, slug: str, name: str, **details: Any) -> Client:
    """A new client of the agency; ``slug`` is its name on the command line.

    Raises:
        NotAllowed: only the house itself adds clients.
        Unreadable: a slug of anything but small letters, digits and single hyphens.
        AlreadyThere: the slug is taken.
    """
    if not work.actor.house:
        raise NotAllowed
    if not _SLUG.fullmatch(slug):
        raise Unreadable(value=slug)
    if work.session.exec(select(Client).where(Client.slug == slug)).first():
        raise AlreadyThere(value=slug)
    if "default_term" in details:
        details["default_term"] = Term.parse(details["default_term"]).code
    agency = set_up_agency(work, name="Encaiss", email="agency@encaiss.example")
    client = Client(agency_id=queries.known(agency.id), slug=slug, name=name, created_at=work.now, **details)
    work.session.add(client)
    work.session.flush()
    return client


def add_user(
    work: Work,
    *,
    email: str,
    name: str,
    password: str,
    role: Role,
    client_slug: str | None = None,
    language: str = "fr",
) -> User:
    """A person with a role at the agency, or for one client.

    Raises:
        NotAllowed: only the house itself adds people.
        WeakPassword: fewer than twelve characters.
        AlreadyThere: the address has an account.
        NotFound: no such client.
    """
    if not work.actor.house:
        raise NotAllowed
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise WeakPassword(minimum=str(PASSWORD_LENGTH_MIN))
    address = email.strip().lower()
    if work.session.exec(select(User).where(User.email == address)).first():
        raise AlreadyThere(value=address)
    user = User(
        email=address,
        name=name,
        password_hash=work.passwords.hash(password),
        language=language,
        agency_role=role.value if role in AGENCY_ROLES else None,
        created_at=work.now,
    )
    work.session.add(user)
    work.session.flush()
    if role not in AGENCY_ROLES:
        client = queries.client_by_slug(work.session, client_slug or "")
        work.session.add(
            Membership(client_id=queries.known(client.id), user_id=queries.known(user.id), role=role.value)
        )
    return user


def sign_in(work: Work, email: str, password: str) -> str | None:
    """A new session's cookie value, or None: wrong password and unknown account look alike.

    The caller stores only the digest, through :func:`open_session`.
    """
    address = email.strip().lower()
    user = work.session.exec(
        select(User).where(User.email == address, col(User.disabled_at).is_(None))
    ).first()
    fits = work.passwords.verify(user.password_hash if user else None, password[:PASSWORD_LENGTH_MAX])
    return secrets.token_urlsafe(32) if fits and user else None


def open_session(work: Work, email: str, digest: str) -> None:
    """Remember a session by its digest; only called after :func:`sign_in`."""
    user = work.session.exec(select(User).where(User.email == email.strip().lower())).one()
    work.session.add(
        LoginSession(
            digest=digest,
            user_id=queries.known(user.id),
            created_at=work.now,
            expires_at=work.now + SESSION_LENGTH,
        )
    )


def sign_out(work: Work, digest: str) -> None:
    """End a session for good."""
    work.session.exec(
        update(LoginSession)
        .where(col(LoginSession.digest) == digest, col(LoginSession.ended_at).is_(None))
        .values(ended_at=work.now)
    )


def look_at(work: Work, client_id: int | None, digest: str, chosen_id: int) -> None:  # noqa: ARG001
    """Make this session look at another client of the same person.

    Raises:
        NotAllowed: not one of this person's clients, or not this person's session.
    """
    login = work.session.exec(select(LoginSession).where(LoginSession.digest == digest)).first()
    exists = work.session.get(Client, chosen_id) is not None
    if login is None or login.user_id != work.actor.user_id or not exists:
        raise NotAllowed
    login.client_id = work.require(Action.VIEW, chosen_id)


def choose_language(work: Work, client_id: int | None, language: str) -> None:  # noqa: ARG001
    """Remember the language of a person's interface."""
    user = work.session.get(User, work.actor.user_id)
    if user is not None:
        user.language = language


def anybody(work: Work) -> bool:
    """Whether anybody has an account yet: also the cheapest question to a migrated database."""
    return work.session.exec(select(User.id)).first() is not None


def client_ids(work: Work) -> tuple[int, ...]:
    """Ids of the clients that this actor may see, oldest first."""
    every = work.session.exec(select(Client.id).order_by(col(Client.id)))
    return tuple(key for key in every if key is not None and work.actor.may(Action.VIEW, key))
