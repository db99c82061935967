"""Who works at the agency, and for which clients."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, func, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, Role
from encaiss_dashboard.services.accounts import links, team
from encaiss_dashboard.services.accounts.roster import member, with_habits
from encaiss_dashboard.storage.accounts import LoginSession, Membership, User
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.storage.sessions import roles_of
from encaiss_dashboard.work import Work


class LastAdministrator(Refusal):
    """The agency would have nobody left who runs it."""

    code = "last_administrator"


def agency_team(work: Work, client_id: int | None) -> team.Team:  # noqa: ARG001
    """The agency's own people with the clients they follow.

    Raises:
        NotAllowed: not an administrator.
    """
    work.require_agency()
    names = {known(key): name for key, name in work.session.exec(select(Client.id, Client.name))}
    people = work.session.exec(
        select(User).where(col(User.agency_role).is_not(None), col(User.disabled_at).is_(None))
    )
    rows = []
    for user in people:
        followed = roles_of(work.session, known(user.id))
        clients = sorted(((key, names[key]) for key in followed), key=lambda one: one[1].casefold())
        rows.append(
            member(work.actor, user, {Role(user.agency_role)} if user.agency_role else set(), clients)
        )
    members = sorted(with_habits(work.session, rows), key=lambda m: m.name.casefold())
    return team.Team(tuple(members), team.invitations(work, None), may_manage=True)


def invite_colleague(
    work: Work,
    client_id: int | None,  # noqa: ARG001
    *,
    email: str,
    name: str,
    role: str,
    language: str,
) -> int:
    """Invite somebody to the agency; returns the id of the invitation.

    Raises:
        NotAllowed: not an administrator.
        Unreadable: no role of the agency.
        AlreadyMember: works for the agency already, or for a client.
    """
    work.require_agency()
    if role not in AGENCY_ROLES:
        raise Unreadable(value=role[:40])
    address = links.checked_address(email)
    found = work.session.exec(select(User).where(User.email == address)).first()
    if found is not None and (
        (found.agency_role and not found.disabled_at) or roles_of(work.session, known(found.id))
    ):
        raise team.AlreadyMember(value=address)
    mail_id = team.write_invitation(work, None, address, name, language, agency_role=role)
    work.journal.record(ActKind.INVITED, day=work.today, facts={"email": address, "roles": [role]})
    return mail_id


def assign(work: Work, client_id: int | None, user_id: int, client_ids: Sequence[int]) -> None:  # noqa: ARG001
    """Say which clients a case manager follows; it sees no other.

    Raises:
        NotAllowed: not an administrator, or not a case manager.
        NotFound: no such client.
    """
    work.require_agency()
    user = work.session.get(User, user_id)
    if user is None or user.agency_role != Role.CASE_MANAGER.value or user.disabled_at:
        raise NotAllowed
    if len(client_ids) != len(
        work.session.exec(select(Client.id).where(col(Client.id).in_(client_ids))).all()
    ):
        raise NotFound
    before = set(roles_of(work.session, user_id))
    for client in sorted({*client_ids} ^ before):
        held = [] if client in before else [Role.CASE_MANAGER.value]
        if held:
            work.session.add(Membership(client_id=client, user_id=user_id, role=held[0], created_at=work.now))
        else:
            team.end_roles(work, client, user_id, {Role.CASE_MANAGER})
        facts = {"person": user.name, "email": user.email, "after": held}
        work.journal.record(ActKind.ROLES_CHANGED, day=work.today, client_id=client, facts=facts)


def dismiss(work: Work, client_id: int | None, user_id: int) -> None:  # noqa: ARG001
    """End somebody's work for the agency: the account cannot sign in any more.

    Raises:
        NotAllowed: not an administrator, or about oneself.
        NotFound: nobody of the agency.
        LastAdministrator: the agency would be left without.
    """
    work.require_agency()
    lock(work.session, "agency")
    user = work.session.get(User, user_id)
    if user is None or user.agency_role is None or user.disabled_at is not None:
        raise NotFound
    if user_id == work.actor.user_id:
        raise NotAllowed
    others = select(func.count(col(User.id))).where(
        User.agency_role == Role.ADMINISTRATOR.value, col(User.disabled_at).is_(None), User.id != user_id
    )
    if not work.session.exec(others).one():
        raise LastAdministrator
    user.disabled_at = work.now
    for client in roles_of(work.session, user_id):
        team.end_roles(work, client, user_id, set(Role))
    live = select(LoginSession).where(LoginSession.user_id == user_id, col(LoginSession.ended_at).is_(None))
    for login in work.session.exec(live):
        login.ended_at = work.now
    work.journal.record(ActKind.LEFT, day=work.today, facts={"person": user.name, "email": user.email})
