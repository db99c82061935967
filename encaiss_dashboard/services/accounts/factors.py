"""The second factor: an authenticator app (RFC 6238), and codes for the day the telephone is lost."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain import signing
from encaiss_dashboard.domain.errors import NotAllowed, Refusal
from encaiss_dashboard.domain.permissions import needs_second_factor
from encaiss_dashboard.services.accounts import mails
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.accounts import LoginSession, RecoveryCode, SecondFactor, User
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.sessions import roles_of
from encaiss_dashboard.work import Work

CODES_SHOWN: Final = timedelta(minutes=15)


class WrongCode(Refusal):
    """No code of the app now, nor an unused recovery code."""

    code = "wrong_code"


class FactorRequired(Refusal):
    """The roles of this person ask for a second factor: it can be replaced, not removed."""

    code = "factor_required"


class CodesHidden(Refusal):
    """Recovery codes are shown for a quarter of an hour after they were made."""

    code = "codes_hidden"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person's second factor stands.

    Attributes:
        since: when it was set, None without one.
        required: the roles of this person ask for one.
        codes_left: recovery codes not used yet.
    """

    since: datetime | None
    required: bool
    codes_left: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an app has to be told.

    Attributes:
        key: in base 32, for whoever types it.
        picture: the QR code as SVG.
    """

    key: str
    picture: bytes


def current(work: Work, user_id: int) -> SecondFactor | None:
    """The confirmed factor of a person, None without one.

    Raises:
        NotAllowed: neither that person, nor who runs the agency.
    """
    _about(work, user_id)
    return work.session.exec(
        select(SecondFactor).where(
            SecondFactor.user_id == user_id,
            col(SecondFactor.confirmed_at).is_not(None),
            col(SecondFactor.ended_at).is_(None),
        )
    ).first()


def standing(work: Work, client_id: int | None) -> Standing:  # noqa: ARG001
    """How the second factor of whoever asks stands."""
    user = _self(work)
    factor = current(work, known(user.id))
    return Standing(
        factor.confirmed_at if factor else None, is_required(work, user), len(_unused(work, user))
    )


def enrol(work: Work, client_id: int | None) -> Enrolment:  # noqa: ARG001
    """A key for a new app, the same until it is confirmed; the one in use goes on meanwhile."""
    user = _self(work)
    waiting = _waiting(work, user)
    if waiting is None:
        waiting = SecondFactor(user_id=known(user.id), nonce=secrets.token_hex(16), created_at=work.now)
        work.session.add(waiting)
        work.session.flush()
    key = _key(work, waiting)
    return Enrolment(key, work.letters.qr_svg(signing.factor_uri(key, user.email)))


def enrol_first(work: Work, client_id: int | None) -> Enrolment:
    """As :func:`enrol`, for a first app only: a password alone must not replace the one in use.

    Raises:
        NotAllowed: there is one.
    """
    if current(work, known(_self(work).id)) is not None:
        raise NotAllowed
    return enrol(work, client_id)


def confirm(work: Work, client_id: int | None, code: str, keep: str = "") -> None:  # noqa: ARG001
    """Put the new app in use, from its first code; older apps, recovery codes and sessions end.

    ``keep`` is the digest of the session that goes on.

    Raises:
        WrongCode: not a code of the new app.
    """
    user = _self(work, alone=True)
    waiting = _waiting(work, user)
    step = signing.code_step(_key(work, waiting), code, work.now, 0) if waiting else None
    if waiting is None or step is None:
        raise WrongCode
    _end(work, user)
    waiting.confirmed_at, waiting.last_step, waiting.ended_at = work.now, step, None
    _end_sessions(work, known(user.id), keep)
    _make_codes(work, user)
    work.journal.record(ActKind.SECOND_FACTOR_SET, day=work.today)
    mails.notify(work, user, "factor_set")


def forget_waiting(work: Work, user_id: int) -> None:
    """Forget a key that was shown and never confirmed, whoever asked for it.

    Raises:
        NotAllowed: neither that person, nor who runs the agency.
    """
    _about(work, user_id)
    waiting = select(SecondFactor).where(
        SecondFactor.user_id == user_id,
        col(SecondFactor.confirmed_at).is_(None),
        col(SecondFactor.ended_at).is_(None),
    )
    for row in work.session.exec(waiting):
        row.ended_at = work.now


def accepts(work: Work, code: str) -> str:
    """How this code proves the person: ``totp`` or ``recovery``; it is used up.

    Raises:
        WrongCode: neither a code of the app now nor an unused recovery code.
    """
    user = _self(work, alone=True)
    factor = current(work, known(user.id))
    step = signing.code_step(_key(work, factor), code, work.now, factor.last_step) if factor else None
    if factor is not None and step is not None:
        factor.last_step = step
        return "totp"
    for kept in _unused(work, user):
        if signing.same_recovery_code(code, signing.recovery_code(work.sign, known(kept.id), kept.nonce)):
            kept.used_at = work.now
            mails.notify(work, user, "recovery_used")
            return "recovery"
    raise WrongCode


def recovery_codes(work: Work, client_id: int | None) -> list[str]:  # noqa: ARG001
    """The unused codes of whoever asks, to be kept where the telephone is not.

    Raises:
        CodesHidden: they were made a while ago: a stolen session must not find them.
    """
    codes = [code for code in _unused(work, _self(work)) if work.now - code.created_at < CODES_SHOWN]
    if not codes:
        raise CodesHidden
    return [signing.recovery_code(work.sign, known(code.id), code.nonce) for code in codes]


def renew_codes(work: Work, client_id: int | None) -> None:  # noqa: ARG001
    """New recovery codes; those of before end.

    Raises:
        NotAllowed: without a second factor there is nothing to recover.
    """
    user = _self(work, alone=True)
    if current(work, known(user.id)) is None:
        raise NotAllowed
    _make_codes(work, user)
    work.journal.record(ActKind.RECOVERY_CODES_MADE, day=work.today)
    mails.notify(work, user, "codes_made")


def remove(work: Work, client_id: int | None) -> None:  # noqa: ARG001
    """Go back to a password alone.

    Raises:
        FactorRequired: not for signatories and the agency.
        NotAllowed: there is none.
    """
    user = _self(work)
    if is_required(work, user):
        raise FactorRequired
    if current(work, known(user.id)) is None:
        raise NotAllowed
    _end(work, user)
    work.journal.record(ActKind.SECOND_FACTOR_REMOVED, day=work.today)
    mails.notify(work, user, "factor_removed")


def reset(work: Work, client_id: int | None, user_id: int) -> None:  # noqa: ARG001
    """Take a lost second factor away, so that the next sign-in sets another; the person is told.

    Only an administrator may, and not for itself: whoever holds a stolen session could.

    Raises:
        NotAllowed: anybody else, or no such person.
    """
    work.require_agency()
    user = work.session.get(User, user_id)
    if user is None or user_id == work.actor.user_id or current(work, user_id) is None:
        raise NotAllowed
    _end(work, user)
    _end_sessions(work, user_id)
    work.journal.record(
        ActKind.SECOND_FACTOR_REMOVED, day=work.today, facts={"person": user.name, "email": user.email}
    )
    mails.notify(work, user, "factor_removed")


def demo_code(work: Work, client_id: int | None) -> str:  # noqa: ARG001
    """What the app of a made-up person shows now; only called where the settings say demo.

    Asked where the data is not made up it is "" as well: a password alone would be enough to sign in.
    """
    user = _self(work)
    if not queries.agency(work.session).demo:
        return ""
    factor = current(work, known(user.id)) or _waiting(work, user)
    if factor is None:
        return ""
    # No code passes twice: whoever signs in again within half a minute is shown the next one.
    used = factor.last_step >= int(work.now.timestamp()) // signing.CODE_SECONDS
    at = work.now + timedelta(seconds=signing.CODE_SECONDS if used else 0)
    return signing.code_at(_key(work, factor), at)


def give_to_demo(work: Work, user_id: int) -> None:
    """A confirmed factor for a made-up person, whose code the demo shows.

    Raises:
        NotAllowed: only the house itself.
    """
    if not work.actor.house:
        raise NotAllowed
    work.session.add(
        SecondFactor(user_id=user_id, nonce=secrets.token_hex(16), created_at=work.now, confirmed_at=work.now)
    )
    _make_codes(work, work.session.get_one(User, user_id))


def _about(work: Work, user_id: int) -> None:
    """How somebody signs in is the own business, and that of who runs the agency."""
    if not work.actor.administers and work.actor.user_id != user_id:
        raise NotAllowed


def _self(work: Work, *, alone: bool = False) -> User:
    """The person who asks; ``alone``: no other request of it gets past here at the same time."""
    if work.actor.user_id is None:
        raise NotAllowed
    if alone:
        lock(work.session, f"factor:{work.actor.user_id}")
    user = work.session.get(User, work.actor.user_id)
    if user is None:
        raise NotAllowed
    return user


def is_required(work: Work, user: User) -> bool:
    """Whether the roles of a person ask for a second factor.

    Raises:
        NotAllowed: neither that person, nor who runs the agency.
    """
    _about(work, known(user.id))
    roles = {role for some in roles_of(work.session, known(user.id)).values() for role in some}
    return user.agency_role is not None or needs_second_factor(roles)


def _key(work: Work, factor: SecondFactor) -> str:
    return signing.factor_key(work.sign, known(factor.id), factor.nonce)


def _waiting(work: Work, user: User) -> SecondFactor | None:
    query = select(SecondFactor).where(
        SecondFactor.user_id == user.id,
        col(SecondFactor.confirmed_at).is_(None),
        col(SecondFactor.ended_at).is_(None),
        SecondFactor.created_at > work.now - signing.ENROL_LENGTH,
    )
    # Two requests at once may have made two: the picture and the text must be of the same.
    return work.session.exec(query.order_by(col(SecondFactor.id))).first()


def _unused(work: Work, user: User) -> list[RecoveryCode]:
    query = select(RecoveryCode).where(
        RecoveryCode.user_id == user.id,
        col(RecoveryCode.used_at).is_(None),
        col(RecoveryCode.ended_at).is_(None),
    )
    return list(work.session.exec(query.order_by(col(RecoveryCode.id))))


def _end_sessions(work: Work, user_id: int, keep: str = "") -> None:
    live = select(LoginSession).where(
        LoginSession.user_id == user_id, LoginSession.digest != keep, col(LoginSession.ended_at).is_(None)
    )
    for login in work.session.exec(live):
        login.ended_at = work.now


def _end(work: Work, user: User) -> None:
    """End the apps and recovery codes of a person."""
    live = select(SecondFactor).where(SecondFactor.user_id == user.id, col(SecondFactor.ended_at).is_(None))
    for row in [*work.session.exec(live), *_unused(work, user)]:
        row.ended_at = work.now


def _make_codes(work: Work, user: User) -> None:
    for old in _unused(work, user):
        old.ended_at = work.now
    for _ in range(signing.RECOVERY_CODES):
        work.session.add(
            RecoveryCode(user_id=known(user.id), nonce=secrets.token_hex(16), created_at=work.now)
        )
