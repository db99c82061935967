"""Who works for a client and at the agency: invited, given roles, taken out; every change is an act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import col, func, select

from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, ALLOWED, CLIENT_ROLES, Action, Role
from encaiss_dashboard.domain.signing import LinkKind
from encaiss_dashboard.services.accounts import links, mails
from encaiss_dashboard.services.accounts.roster import Member, member, with_habits
from encaiss_dashboard.storage.accounts import AccountMail, Membership, User
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.sessions import has_owner, roles_of
from encaiss_dashboard.work import Work

INVITATIONS_PER_DAY: Final = 50
_LANGUAGES: Final = frozenset({"fr", "nl", "en"})
_CONSENTING: Final = frozenset(role for role in Role if Action.CONSENT in ALLOWED[role])


class LastOwner(Refusal):
    """A client would have nobody left who manages its team."""

    code = "last_owner"


class AlreadyMember(Refusal):
    """Invited is somebody who is there."""

    code = "already_member"


class NoRole(Refusal):
    """A person without any role has nothing to do here."""

    code = "no_role"


class ClientsDecision(Refusal):
    """Who may consent for a client is the client's own decision, never the agency's."""

    code = "clients_decision"


class TooManyInvitations(Refusal):
    """More mails a day than any team needs."""

    code = "too_many_invitations"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody who was invited and has not answered yet.

    Attributes:
        expired: the link does not work any more; a new invitation replaces it.
        delivery: ``waiting``, ``sent`` or ``failed``.
    """

    id: int
    email: str
    name: str
    roles: tuple[Role, ...]
    by: str
    expires_at: datetime
    expired: bool
    delivery: str


@dataclass(frozen=True, slots=True)
class Team:
    """The people of one client, or of the agency, with those invited."""

    members: tuple[Member, ...]
    invitations: tuple[Invitation, ...]
    may_manage: bool


def team(work: Work, client_id: int | None) -> Team:
    """A client's people by name, the agency's own after them; who manages sees the invitations."""
    client = work.require(Action.VIEW, client_id)
    roles: dict[int, set[Role]] = defaultdict(set)
    for user_id, role in work.session.exec(
        select(Membership.user_id, Membership.role).where(
            Membership.client_id == client, col(Membership.ended_at).is_(None)
        )
    ):
        roles[user_id].add(Role(role))
    may_manage = work.actor.may(Action.MANAGE_TEAM, client)
    people = work.session.exec(select(User).where(col(User.id).in_(roles), col(User.disabled_at).is_(None)))
    rows = [member(work.actor, user, roles[known(user.id)], ()) for user in people]
    members = sorted(with_habits(work.session, rows), key=lambda m: (m.of_agency, m.name.casefold()))
    return Team(tuple(members), invitations(work, client) if may_manage else (), may_manage)


def invite(
    work: Work, client_id: int | None, *, email: str, name: str, roles: Collection[str], language: str
) -> int:
    """Invite somebody to a client's team by mail; a newer invitation replaces an older one.

    Returns the id of the invitation.

    Raises:
        NotAllowed: the actor does not manage this team.
        NoRole, Unreadable: no role, or one that a client's people cannot have.
        ClientsDecision: the agency gives a role that consents.
        AlreadyMember: that person is in the team, or works for the agency.
        TooManyInvitations: more than fifty a day.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    wanted = _client_roles(roles)
    _clients_own(work, client, wanted)
    address = links.checked_address(email)
    found = work.session.exec(select(User).where(User.email == address)).first()
    ours = found is not None and found.agency_role is not None and found.disabled_at is None
    if found is not None and (ours or client in roles_of(work.session, known(found.id))):
        raise AlreadyMember(value=address)
    names = [role.value for role in wanted]
    mail_id = write_invitation(work, client, address, name, language, roles=names)
    work.journal.record(
        ActKind.INVITED, day=work.today, client_id=client, facts={"email": address, "roles": names}
    )
    return mail_id


def revoke(work: Work, client_id: int | None, invitation_id: int) -> None:
    """Take an invitation back: its link does not work any more.

    Raises:
        NotAllowed: the actor does not manage the team it belongs to.
        NotFound: no open invitation of this client, nor of the agency for an administrator.
        ClientsDecision: the agency takes back what a client's owner sent to a signatory or an owner.
    """
    mail = work.session.get(AccountMail, invitation_id)
    mine = mail is not None and mail.kind == LinkKind.INVITATION.value
    if mail is None or not mine or mail.used_at or mail.revoked_at:
        raise NotFound
    if mail.client_id is None:
        # As if it were not there: to PostgreSQL's policies it is not.
        if not work.actor.administers:
            raise NotFound
    elif mail.client_id != work.require(Action.MANAGE_TEAM, client_id):
        raise NotFound
    else:
        _clients_own(work, mail.client_id, mail.roles)
    mail.revoked_at = work.now
    facts = {"email": mail.to, "roles": mail.roles}
    work.journal.record(ActKind.INVITATION_REVOKED, day=work.today, client_id=mail.client_id, facts=facts)


def change_roles(work: Work, client_id: int | None, user_id: int, roles: Collection[str]) -> None:
    """Give a member exactly these roles.

    Raises:
        NotAllowed: the actor does not manage this team.
        NotFound: not a member.
        NoRole, Unreadable: as :func:`invite`.
        ClientsDecision: the agency gives or takes a role that consents.
        LastOwner: nobody would be left to manage the team.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    lock(work.session, f"team:{client}")
    wanted = _client_roles(roles)
    user, held = _member_of(work, client, user_id)
    if set(wanted) == held:
        return
    _clients_own(work, client, set(wanted) ^ held)
    _keep_owner(work, client, user_id, set(wanted))
    end_roles(work, client, user_id, held - set(wanted))
    for role in (role for role in wanted if role not in held):
        work.session.add(Membership(client_id=client, user_id=user_id, role=role.value, created_at=work.now))
    facts = {
        "person": user.name,
        "email": user.email,
        "before": sorted(held),
        "after": sorted(wanted),
    }
    shown = {"person": user.name, "email": user.email, "roles": sorted(held)}
    work.journal.record(ActKind.ROLES_CHANGED, day=work.today, client_id=client, facts=facts, shown=shown)


def remove(work: Work, client_id: int | None, user_id: int) -> None:
    """Take somebody out of a client's team; sees nothing of it from this moment on.

    Raises:
        NotAllowed: the actor does not manage this team.
        NotFound: not a member.
        LastOwner: nobody would be left to manage the team.
        ClientsDecision: the agency takes a signatory out.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    lock(work.session, f"team:{client}")
    user, held = _member_of(work, client, user_id)
    _clients_own(work, client, held)
    _keep_owner(work, client, user_id, set())
    end_roles(work, client, user_id, held)
    facts = {"person": user.name, "email": user.email, "roles": sorted(held)}
    work.journal.record(ActKind.LEFT, day=work.today, client_id=client, facts=facts, shown=facts)


def write_invitation(
    work: Work, client_id: int | None, address: str, name: str, language: str, **roles: list[str] | str
) -> int:
    """Keep an invitation to a client's team, or to the agency.

    Raises:
        NotAllowed: the actor does not manage this team.
        Unreadable: no language of ours, or a name too long.
        TooManyInvitations: more than fifty a day.
    """
    _manages(work, client_id)
    if language not in _LANGUAGES:
        raise Unreadable(value=language[:40])
    cleaned = " ".join(name.split())
    if len(cleaned) > links.NAME_LENGTH_MAX:
        raise Unreadable(value=cleaned[:40])
    today = select(func.count(col(AccountMail.id))).where(
        AccountMail.kind == LinkKind.INVITATION.value,
        AccountMail.client_id == client_id,
        AccountMail.created_at > work.now - timedelta(days=1),
    )
    if work.session.exec(today).one() >= INVITATIONS_PER_DAY:
        raise TooManyInvitations
    for older in _open(work, client_id):
        if older.to == address:
            if client_id is not None:
                _clients_own(work, client_id, older.roles)
            older.revoked_at = work.now
    mail = mails.intend(
        work,
        LinkKind.INVITATION,
        address,
        language,
        client_id=client_id,
        invited_by=work.actor.user_id,
        name=cleaned,
        **roles,
    )
    work.session.flush()
    return known(mail.id)


def _manages(work: Work, client_id: int | None) -> None:
    """A client's team is managed by its owners and the agency, the agency's own by who runs it."""
    if client_id is None:
        work.require_agency()
    else:
        work.require(Action.MANAGE_TEAM, client_id)


def _open(work: Work, client_id: int | None) -> list[AccountMail]:
    query = select(AccountMail).where(
        AccountMail.kind == LinkKind.INVITATION.value,
        AccountMail.client_id == client_id,
        col(AccountMail.used_at).is_(None),
        col(AccountMail.revoked_at).is_(None),
    )
    return list(work.session.exec(query.order_by(col(AccountMail.id).desc())))


def invitations(work: Work, client_id: int | None) -> tuple[Invitation, ...]:
    """Those invited to a client's team, or to the agency, who have not answered.

    Raises:
        NotAllowed: the actor does not manage this team.
    """
    _manages(work, client_id)
    rows = []
    for mail in _open(work, client_id):
        host = work.session.get(User, mail.invited_by) if mail.invited_by else None
        named = [*mail.roles, *([mail.agency_role] if mail.agency_role else [])]
        expires_at = mail.expires_at or work.now
        rows.append(
            Invitation(
                id=known(mail.id),
                email=mail.to,
                name=mail.name,
                roles=tuple(Role(role) for role in named),
                by=host.name if host else "",
                expires_at=expires_at,
                expired=expires_at <= work.now,
                delivery="sent" if mail.sent_at else "failed" if mail.failed_at else "waiting",
            )
        )
    return tuple(rows)


def _client_roles(names: Collection[str]) -> tuple[Role, ...]:
    if not names:
        raise NoRole
    for name in names:
        if name not in CLIENT_ROLES:
            raise Unreadable(value=name[:40])
    return tuple(role for role in CLIENT_ROLES if role in names)


def _clients_own(work: Work, client_id: int, roles: Collection[str]) -> None:
    """The agency may never decide for its client, so it does not choose who does either.

    Nor who chooses: it may invite a first owner, while the client has none, and touch no owner later.
    """
    if work.actor.house or work.actor.agency_role is None:
        return
    if _CONSENTING & set(roles) or (Role.OWNER in roles and has_owner(work.session, client_id)):
        raise ClientsDecision


def _member_of(work: Work, client_id: int, user_id: int) -> tuple[User, set[Role]]:
    user = work.session.get(User, user_id)
    held = set(roles_of(work.session, user_id).get(client_id, frozenset())) - AGENCY_ROLES
    if user is None or not held:
        raise NotFound
    return user, held


def _keep_owner(work: Work, client_id: int, user_id: int, roles: Collection[Role]) -> None:
    if Role.OWNER in roles:
        return
    others = select(func.count(col(Membership.id))).where(
        Membership.client_id == client_id,
        Membership.role == Role.OWNER.value,
        col(Membership.ended_at).is_(None),
        Membership.user_id != user_id,
    )
    was_owner = Role.OWNER in roles_of(work.session, user_id).get(client_id, frozenset())
    if was_owner and not work.session.exec(others).one():
        raise LastOwner


def end_roles(work: Work, client_id: int, user_id: int, roles: Collection[Role]) -> None:
    """End some roles of a person for a client; that there were some stays known.

    Raises:
        NotAllowed: the actor does not manage this team.
    """
    _manages(work, client_id)
    rows = select(Membership).where(
        Membership.client_id == client_id,
        Membership.user_id == user_id,
        col(Membership.ended_at).is_(None),
    )
    for row in work.session.exec(rows):
        if row.role in roles:
            row.ended_at = work.now
