"""Signing in and out, sessions, and the own password.

A try is counted in a transaction of its own before it is answered, so that neither a crash nor ten
workers at once give anybody more tries; the slow check of a password happens outside any transaction
that writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlmodel import col, select

from encaiss_dashboard.domain import signing
from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal, Unreadable, WeakPassword
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.signing import PASSWORD_LENGTH_MAX, SESSION_LENGTH, Asked
from encaiss_dashboard.services.accounts import factors, mails
from encaiss_dashboard.storage.accounts import LoginAttempt, LoginSession, User
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind, By
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.work import Work

_AGENT_LENGTH_MAX: Final = 300


class TooManyTries(Refusal):
    """Too many failed tries for this account or from this address; says when to come back."""

    code = "too_many_tries"


class SessionOver(Refusal):
    """The session was ended meanwhile, from elsewhere or by a new password."""

    code = "signed_out"


class WrongPassword(Refusal):
    """The current password was asked for and is another."""

    code = "wrong_password"


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One signed-in browser of a person.

    Attributes:
        second_factor: ``totp``, ``recovery`` or "".
        current: it is the one that asks.
    """

    id: int
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str
    second_factor: str
    current: bool


def normal(email: str) -> str:
    """An address as accounts are found by it."""
    return "".join(letter for letter in email.strip().lower() if letter.isprintable())


def attempt(work: Work, email: str, address: str, asked: Asked = Asked.PASSWORD) -> int:
    """Count one try for an account, whether there is one or not; returns its id.

    A password may be tried ten times in a quarter of an hour from one address and a hundred times from
    everywhere, a code ten times in all: whoever gets that far knows the password already.

    Raises:
        NotAllowed: only the house itself counts.
        TooManyTries: it is not counted, and must not be answered.
    """
    if not work.actor.house:
        raise NotAllowed
    account = signing.tried_as(work.sign, normal(email), asked)
    lock(work.session, f"tries:{account}", f"tries:{address}")
    of_account, of_address = LoginAttempt.account == account, LoginAttempt.address == address
    limits: list[tuple[tuple[Any, ...], int]] = [((of_address,), signing.TRIES_PER_ADDRESS)]
    if asked is Asked.PASSWORD:
        limits.append(((of_account, of_address), signing.TRIES_PER_ACCOUNT))
        limits.append(((of_account,), signing.TRIES_FROM_ANYWHERE))
    else:
        limits.append(((of_account,), signing.TRIES_PER_ACCOUNT))
    since = work.now - signing.TRIES_WINDOW
    for which, allowed in limits:
        failed = select(LoginAttempt.at).where(*which, LoginAttempt.outcome != "in", LoginAttempt.at > since)
        left = signing.wait(work.session.exec(failed).all(), allowed, work.now)
        if left:
            raise TooManyTries(minutes=str(-(-int(left.total_seconds()) // 60)))
    tried = LoginAttempt(at=work.now, account=account, address=address, outcome="tried")
    work.session.add(tried)
    work.session.flush()
    return known(tried.id)


def settle(work: Work, attempt_id: int, *, worked: bool) -> None:
    """Write down how a counted try ended.

    Raises:
        NotAllowed: only the house itself does.
    """
    if not work.actor.house:
        raise NotAllowed
    work.session.get_one(LoginAttempt, attempt_id).outcome = "in" if worked else "wrong"


@dataclass(frozen=True, slots=True)
class Proof:
    """Whose password was right, and the hash that it was checked against."""

    user_id: int
    password_hash: str


def check(work: Work, email: str, password: str) -> Proof | None:
    """Whose password this is; an unknown account takes as long to refuse.

    Raises:
        NotAllowed: only the house itself asks.
    """
    if not work.actor.house:
        raise NotAllowed
    user = work.session.exec(
        select(User).where(User.email == normal(email), col(User.disabled_at).is_(None))
    ).first()
    fits = work.passwords.verify(user.password_hash if user else None, password[:PASSWORD_LENGTH_MAX])
    return Proof(known(user.id), user.password_hash) if fits and user else None


def open_session(
    work: Work,
    user_id: int,
    digest: str,
    *,
    address: str = "",
    agent: str = "",
    second_factor: str = "",
    replaces: str = "",
    goes_on: bool = False,
    password_hash: str | None = None,
) -> bool:
    """Open a session under a fresh digest; returns whether it is complete, or a second factor is due.

    Args:
        work: of the house, which has checked who it is.
        user_id: whose.
        digest: of the new cookie.
        address: where from.
        agent: with which browser.
        second_factor: how it was given, "" when it was not.
        replaces: digest of the session that the browser had before: it ends.
        goes_on: the new session continues that one, which has to be live still.
        password_hash: the one that was checked: a password changed meanwhile opens nothing.

    Raises:
        NotAllowed: anybody but the house.
        SessionOver: the session to continue has ended, or the password is another by now.
    """
    if not work.actor.house:
        raise NotAllowed
    user = work.session.get_one(User, user_id, with_for_update=True)
    ended = _end(work, LoginSession.digest == replaces, LoginSession.user_id == user_id) if replaces else []
    if replaces and not goes_on:
        _end(work, LoginSession.digest == replaces)  # somebody else's, in the same browser
    if (goes_on and not ended) or user.disabled_at or password_hash not in {None, user.password_hash}:
        raise SessionOver
    factors.forget_waiting(work, user_id)
    complete = bool(second_factor) or not (factors.is_required(work, user) or factors.current(work, user_id))
    login = LoginSession(
        digest=digest,
        user_id=user_id,
        created_at=work.now,
        seen_at=work.now,
        expires_at=work.now + SESSION_LENGTH,
        complete_at=work.now if complete else None,
        second_factor=second_factor,
        address=address,
        agent=agent[:_AGENT_LENGTH_MAX],
    )
    work.session.add(login)
    if complete:
        facts = {"second_factor": second_factor}
        work.journal.record(
            ActKind.SIGNED_IN, day=work.today, facts=facts, by=By(user_id, user.name, address)
        )
    return complete


def sign_out(work: Work, digest: str) -> None:
    """End a session for good.

    Raises:
        NotAllowed: only the house itself, for whoever brought the cookie.
    """
    if not work.actor.house:
        raise NotAllowed
    for login in _end(work, LoginSession.digest == digest):
        user = work.session.get_one(User, login.user_id)
        work.journal.record(
            ActKind.SIGNED_OUT, day=work.today, by=By(login.user_id, user.name, login.address)
        )


def _end(work: Work, *which: Any) -> list[LoginSession]:
    ended = list(work.session.exec(select(LoginSession).where(*which, col(LoginSession.ended_at).is_(None))))
    for login in ended:
        login.ended_at = work.now
    return ended


def own_sessions(work: Work, client_id: int | None, digest: str) -> list[SessionLine]:  # noqa: ARG001
    """The live sessions of whoever asks, the latest used first."""
    rows = work.session.exec(
        select(LoginSession)
        .where(LoginSession.user_id == work.actor.user_id, col(LoginSession.ended_at).is_(None))
        .order_by(col(LoginSession.seen_at).desc(), col(LoginSession.id).desc())
    )
    return [
        SessionLine(
            known(row.id),
            row.created_at,
            row.seen_at,
            row.address,
            row.agent,
            row.second_factor,
            row.digest == digest,
        )
        for row in rows
        if signing.is_live(work.now, seen_at=row.seen_at, expires_at=row.expires_at)
    ]


def end_session(work: Work, client_id: int | None, session_id: int) -> None:  # noqa: ARG001
    """End one of the own sessions, somewhere else.

    Raises:
        NotFound: no live session of this person.
    """
    mine = LoginSession.user_id == work.actor.user_id
    if work.actor.user_id is None or not _end(work, LoginSession.id == session_id, mine):
        raise NotFound
    work.journal.record(ActKind.SESSION_ENDED, day=work.today, facts={"sessions": 1})


def end_other_sessions(work: Work, client_id: int | None, digest: str) -> int:  # noqa: ARG001
    """End every own session but this one; returns how many there were."""
    ended = _end(work, LoginSession.user_id == work.actor.user_id, LoginSession.digest != digest)
    if ended:
        work.journal.record(ActKind.SESSION_ENDED, day=work.today, facts={"sessions": len(ended)})
    return len(ended)


def hashed(work: Work, password: str, *about: str) -> str:
    """The hash of a new password, once it is good enough; slow on purpose.

    Raises:
        WeakPassword: with what is wrong with it.
    """
    weak = signing.weakness(password, [word for text in about for word in (text, *text.split("@"))])
    if weak is not None:
        raise WeakPassword(why=weak.value, minimum=str(signing.PASSWORD_LENGTH_MIN))
    return work.passwords.hash(password)


def set_password(work: Work, user_id: int, password_hash: str, *, keep: str = "") -> None:
    """Give a person a new password, end its sessions but ``keep``, and tell it by mail.

    Raises:
        NotAllowed: neither the house itself nor that person.
        Unreadable: no text, which SQLite would keep all the same.
    """
    if not work.actor.house and work.actor.user_id != user_id:
        raise NotAllowed
    if not isinstance(password_hash, str):
        raise Unreadable(value="")
    user = work.session.get_one(User, user_id, with_for_update=True)
    user.password_hash = password_hash
    _end(work, LoginSession.user_id == user_id, LoginSession.digest != keep)
    # Whatever a thief may have begun goes with the old password.
    mails.revoke_links(work, user_id)
    factors.forget_waiting(work, user_id)
    work.journal.record(ActKind.PASSWORD_CHANGED, day=work.today, by=_by(work, user))
    mails.notify(work, user, "password_changed")


def _by(work: Work, user: User) -> By:
    """Who an act on the own account is of, when the house carries it out."""
    return By(user.id, user.name, work.actor.address)


def look_at(work: Work, client_id: int | None, digest: str, chosen_id: int) -> None:  # noqa: ARG001
    """Make this session look at another client of the same person; the agency's look is an act.

    Raises:
        NotAllowed: not one of this person's clients, or not this person's session.
    """
    login = work.session.exec(select(LoginSession).where(LoginSession.digest == digest)).first()
    if login is None or login.user_id != work.actor.user_id or login.user_id is None:
        raise NotAllowed
    chosen = work.require(Action.VIEW, chosen_id)
    if work.session.get(Client, chosen) is None:
        raise NotAllowed
    login.client_id = chosen
    if work.actor.agency_role is not None:
        work.journal.record(ActKind.OPENED, day=work.today, client_id=chosen)
