"""Who works here: the agency, its clients and their people."""

from __future__ import annotations

import re
from typing import Any, Final

from sqlmodel import col, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable, WeakPassword
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, Action, Role
from encaiss_dashboard.domain.signing import PASSWORD_LENGTH_MIN, weakness
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.locales import LANGUAGES
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.accounts import Membership, User
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.records import Agency, Client
from encaiss_dashboard.work import Work

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class AlreadyThere(Refusal):
    """A slug or an e-mail address that is taken."""

    code = "already_there"


def set_up_agency(work: Work, *, name: str, email: str, demo: bool = False, **details: Any) -> Agency:
    """The one agency of this deployment, made on first use.

    Raises:
        NotAllowed: anybody but an administrator and the house.
    """
    work.require_agency()
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
        NotAllowed: anybody but an administrator and the house.
        Unreadable: a slug of anything but small letters, digits and single hyphens.
        AlreadyThere: the slug is taken.
    """
    work.require_agency()
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
    work.journal.record(ActKind.CLIENT_ADDED, day=work.today, facts={"client": slug, "name": name})
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
        WeakPassword: with what is wrong with it.
        AlreadyThere: the address has an account.
        NotFound: no such client.
    """
    if not work.actor.house:
        raise NotAllowed
    address = email.strip().lower()
    weak = weakness(password, (address, *address.split("@"), name))
    if weak is not None:
        raise WeakPassword(why=weak.value, minimum=str(PASSWORD_LENGTH_MIN))
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
    client_id = None
    if client_slug or role not in AGENCY_ROLES:
        client_id = queries.known(queries.client_by_slug(work.session, client_slug or "").id)
        work.session.add(
            Membership(
                client_id=client_id, user_id=queries.known(user.id), role=role.value, created_at=work.now
            )
        )
    facts = {"email": address, "roles": [role.value], "person": name}
    work.journal.record(ActKind.JOINED, day=work.today, client_id=client_id, facts=facts)
    return user


def choose_language(work: Work, client_id: int | None, language: str) -> None:  # noqa: ARG001
    """Remember the language of a person's interface.

    Raises:
        Unreadable: no language of the interface.
    """
    if language not in LANGUAGES:
        raise Unreadable(value=str(language)[:40])
    user = work.session.get(User, work.actor.user_id)
    if user is not None:
        user.language = language


def user_id(work: Work, email: str) -> int:
    """The person with this address.

    Raises:
        NotAllowed: only the house itself calls people by their address.
        NotFound: there is none.
    """
    if not work.actor.house:
        raise NotAllowed
    found = work.session.exec(select(User.id).where(User.email == email.strip().lower())).first()
    if found is None:
        raise NotFound(what=email)
    return found


def anybody(work: Work) -> bool:
    """Whether anybody has an account yet: also the cheapest question to a migrated database."""
    return work.session.exec(select(User.id)).first() is not None


def client_ids(work: Work) -> tuple[int, ...]:
    """Ids of the clients that this actor may see, oldest first."""
    every = work.session.exec(select(Client.id).order_by(col(Client.id)))
    return tuple(key for key in every if key is not None and work.actor.may(Action.VIEW, key))
