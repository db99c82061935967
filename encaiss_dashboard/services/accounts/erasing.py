"""Erasing an account: the person is forgotten, what it decided stays under its number.

GDPR art. 17(1). The journal names who acted as it was then and cannot be changed (art. 17(3)(e)); nothing
else keeps name or address. Why stands in decisions/0014-erasure.md.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, delete, func, or_, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.permissions import Action, Role
from encaiss_dashboard.domain.signing import Asked, tried_as
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.accounts.colleagues import LastAdministrator
from encaiss_dashboard.services.accounts.signing import WrongPassword
from encaiss_dashboard.services.accounts.team import ClientsDecision, LastOwner
from encaiss_dashboard.storage.accounts import (
    AccountMail,
    LoginAttempt,
    LoginSession,
    Membership,
    RecoveryCode,
    SecondFactor,
    User,
)
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind, By
from encaiss_dashboard.storage.sessions import roles_of
from encaiss_dashboard.work import Work

_ID_MAX = 2**31 - 1


class AccountErased(Refusal):
    """Nothing personal is left of this account."""

    code = "already_erased"


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who was in the team and has no role anywhere any more."""

    user_id: int
    name: str
    email: str


def erase_own(work: Work, client_id: int | None, password_hash: str) -> None:
    """Erase the account of the person who asks, whose password was just checked against this hash.

    A session left open must not be enough; the check itself is counted, and outside of any transaction
    (:func:`signing.check`).

    Raises:
        NotAllowed: the house itself, which is no person.
        WrongPassword: the account has another by now; nothing was erased.
        LastOwner, LastAdministrator: as :func:`erase_account`.
    """
    user = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    if user is None:
        raise NotAllowed
    if user.password_hash != password_hash:
        raise WrongPassword
    _erase(work, client_id, work.actor.user_id or 0)


def erase_account(work: Work, client_id: int | None, user_id: int) -> None:
    """Erase somebody's account: it cannot sign in, and nobody can tell whose it was but by the journal.

    An administrator may, and an owner for somebody who left the team for good.

    Raises:
        NotAllowed: neither of these, or about oneself.
        NotFound: no such account.
        AccountErased: it is erased already.
        LastOwner, LastAdministrator: somebody would be left without; name another one first.
        ClientsDecision: an administrator erases who decides for a client: the client takes that role first.
    """
    if user_id == work.actor.user_id:
        raise NotAllowed  # a session left open must not be enough: see erase_own
    _erase(work, client_id, user_id)


def _erase(work: Work, client_id: int | None, user_id: int) -> None:
    own = work.actor.user_id == user_id
    chain = None if own or work.actor.administers else _client_left(work, client_id, user_id)
    # Rows of the person lie with clients it left long ago, and tries to sign in are the house's alone.
    # Behind the wall is looked only for oneself and for whom it showed as gone: an administrator has none.
    with work.past_wall() if own or chain is not None else nullcontext():
        user = work.session.get(User, user_id, with_for_update=True) if 0 < user_id <= _ID_MAX else None
        if user is None:
            raise NotFound
        if user.erased_at is not None:
            raise AccountErased
        held = roles_of(work.session, user_id)
        lock(work.session, "agency", *(f"team:{client}" for client in sorted(held)))
        _keep_others(work, user)
        pseudonym = text(user.language, "privacy.erased_account", n=user_id)
        counts = _forget(work, user)
        # RFC 2606 §2: nothing is ever delivered to a name under ".invalid".
        user.name, user.email, user.password_hash = pseudonym, f"erased-{user_id}@erased.invalid", ""
        user.agency_role, user.erased_at, user.disabled_at = None, work.now, user.disabled_at or work.now
    work.journal.record(
        ActKind.ERASED,
        day=work.today,
        client_id=chain,
        facts={"account": user_id, "erased": counts},
        # Who erases itself is not named once more while being forgotten.
        by=By(user_id, pseudonym) if own else None,
    )


def left(work: Work, client_id: int | None) -> tuple[Left, ...]:
    """People who were in this client's team, have no role anywhere now and are not erased yet.

    Raises:
        NotAllowed: the actor does not manage this team.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    were = set(work.session.exec(select(Membership.user_id).where(Membership.client_id == client)))
    live = select(Membership.user_id).where(
        col(Membership.user_id).in_(were), col(Membership.ended_at).is_(None)
    )
    # Whoever works for another client now has not left: the own wall hides that, and only that is asked.
    with work.past_wall():
        still = set(work.session.exec(live))
    query = select(User).where(
        col(User.id).in_(were - still),
        col(User.agency_role).is_(None),
        col(User.erased_at).is_(None),
    )
    people = work.session.exec(query.order_by(User.name, col(User.id)))
    return tuple(Left(one.id or 0, one.name, one.email) for one in people)


def _client_left(work: Work, client_id: int | None, user_id: int) -> int:
    """The client that this person left for good, in whose journal it is written.

    A stranger's question about an account that there is looks like one about none.
    """
    client = work.require(Action.MANAGE_TEAM, client_id)
    if user_id not in {one.user_id for one in left(work, client)}:
        raise NotAllowed
    return client


def _keep_others(work: Work, user: User) -> None:
    """Make sure that every client keeps an owner, the agency an administrator, and consent its client."""
    held = roles_of(work.session, user.id or 0)
    for client, roles in held.items():
        chosen_by_client = {Role.SIGNATORY, Role.OWNER} & set(roles)
        if chosen_by_client and work.actor.user_id != user.id and not work.actor.house:
            raise ClientsDecision
        others = select(func.count(col(Membership.id))).where(
            Membership.client_id == client,
            Membership.role == Role.OWNER.value,
            col(Membership.ended_at).is_(None),
            Membership.user_id != user.id,
        )
        if Role.OWNER in roles and not work.session.exec(others).one():
            raise LastOwner
    if user.agency_role == Role.ADMINISTRATOR.value and user.disabled_at is None:
        colleagues = select(func.count(col(User.id))).where(
            User.agency_role == Role.ADMINISTRATOR.value, col(User.disabled_at).is_(None), User.id != user.id
        )
        if not work.session.exec(colleagues).one():
            raise LastAdministrator


def _forget(work: Work, user: User) -> dict[str, int]:
    """Take out everything that the account's rows tell of the person; returns how much there was."""
    now, key = work.now, user.id
    counts = {"memberships": 0, "sessions": 0, "mails": 0}
    for membership in work.session.exec(select(Membership).where(Membership.user_id == key)):
        counts["memberships"] += membership.ended_at is None
        membership.ended_at = membership.ended_at or now
    for login in work.session.exec(select(LoginSession).where(LoginSession.user_id == key)):
        counts["sessions"] += 1
        login.ended_at, login.address, login.agent = login.ended_at or now, "", ""
    mine = or_(col(AccountMail.user_id) == key, col(AccountMail.to) == user.email)
    for mail in work.session.exec(select(AccountMail).where(mine)):
        counts["mails"] += 1
        # Rows stay for a delivery that may be under way this very moment.
        mail.to, mail.name, mail.detail = f"erased-{key}@erased.invalid", "", ""
        mail.details, mail.revoked_at = {}, mail.revoked_at or now
    tried = [tried_as(work.sign, user.email, asked) for asked in Asked]
    counts["attempts"] = _delete(work, LoginAttempt, col(LoginAttempt.account).in_(tried))
    counts["second_factors"] = _delete(work, SecondFactor, SecondFactor.user_id == key)
    counts["recovery_codes"] = _delete(work, RecoveryCode, RecoveryCode.user_id == key)
    return counts


def _delete(work: Work, cls: Any, where: Any) -> int:
    return int(work.session.exec(delete(cls).where(where)).rowcount)
