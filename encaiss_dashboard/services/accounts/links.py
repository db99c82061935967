"""Mailed links: each works once, for a while, and only if the house wrote it.

Looking at one changes nothing, since mail programs follow links by themselves; only a form uses it up.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.errors import BadEmail, NotAllowed, Refusal
from encaiss_dashboard.domain.permissions import AGENCY_ROLES, ALLOWED, Action, Role
from encaiss_dashboard.domain.references import is_email
from encaiss_dashboard.domain.signing import LinkKind, link_token, read_link_token
from encaiss_dashboard.services.accounts import mails, signing
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.accounts import AccountMail, LoginSession, Membership, User
from encaiss_dashboard.storage.engine import lock
from encaiss_dashboard.storage.journal import ActKind, By
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.storage.sessions import has_owner, roles_of
from encaiss_dashboard.work import Work

LINKS_PER_HOUR: Final = 3
NAME_LENGTH_MAX: Final = 100


class LinkForged(Refusal):
    """No link of this house: mistyped, cut by a mail program, or made up."""

    code = "link_forged"


class LinkUsed(Refusal):
    """It has worked once already."""

    code = "link_used"


class LinkExpired(Refusal):
    """Its time is over."""

    code = "link_expired"


class LinkRevoked(Refusal):
    """Whoever sent it took it back, or a newer one replaced it."""

    code = "link_revoked"


class NameMissing(Refusal):
    """A person needs a name, as it will stand in the journal."""

    code = "name_missing"


class TooManyMails(Refusal):
    """More links an hour than anybody needs: somebody else's mailbox would be flooded."""

    code = "too_many_mails"


class AddressTaken(Refusal):
    """Another account has this address."""

    code = "address_taken"


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """What a link is for, as its page says it.

    Attributes:
        email: to whom it was written.
        name: of that person, as known.
        client: to which client somebody is invited, "" for the agency itself.
        roles: that an invitation gives.
        has_account: the person only has to accept, and needs no password.
    """

    kind: LinkKind
    email: str
    name: str
    language: str
    agency: str
    client: str
    by: str
    roles: tuple[Role, ...]
    has_account: bool


def look(work: Work, token: str) -> LinkFacts:
    """What a link is for.

    Raises:
        NotAllowed: only the house itself, for whoever brought the link.
        LinkForged, LinkUsed, LinkExpired, LinkRevoked: why it does not work.
    """
    _house(work)
    mail = _mail(work, token)
    client = work.session.get(Client, mail.client_id) if mail.client_id else None
    host = work.session.get(User, mail.invited_by) if mail.invited_by else None
    named = [*mail.roles, *([mail.agency_role] if mail.agency_role else [])]
    return LinkFacts(
        kind=LinkKind(mail.kind),
        email=mail.to,
        name=mail.name,
        language=mail.language,
        agency=queries.agency(work.session).name,
        client=client.name if client else "",
        by=host.name if host else "",
        roles=tuple(Role(role) for role in named),
        has_account=_account(work, mail.to) is not None,
    )


def ask_reset(work: Work, email: str) -> None:
    """Write a link for a new password to an account, if there is one; nobody learns which.

    Raises:
        NotAllowed: only the house itself.
    """
    _house(work)
    user = _account(work, email)
    if user is None or user.disabled_at is not None:
        return
    if mails.recent(work, LinkKind.RESET, known(user.id)) < LINKS_PER_HOUR:
        mails.intend(work, LinkKind.RESET, user.email, user.language, user_id=user.id, name=user.name)


def reset(work: Work, token: str, password_hash: str) -> None:
    """Use a reset link up: the new password counts, every session and other reset link ends.

    Raises:
        NotAllowed: only the house itself.
        LinkForged, LinkUsed, LinkExpired, LinkRevoked: why it does not work.
    """
    _house(work)
    mail = _mail(work, token, LinkKind.RESET)
    mail.used_at = work.now
    signing.set_password(work, known(mail.user_id), password_hash)


def accept(work: Work, token: str, name: str, password_hash: str) -> None:
    """Use an invitation up: the account is made if need be, and gets its roles.

    Raises:
        NotAllowed: only the house itself.
        NameMissing: a new account without a name.
        LinkForged, LinkUsed, LinkExpired, LinkRevoked: why it does not work.
    """
    _house(work)
    mail = _mail(work, token, LinkKind.INVITATION)
    lock(work.session, f"address:{mail.to}")
    user = _account(work, mail.to) or _new(work, mail, name, password_hash)
    if user.disabled_at is not None:
        # Somebody who left the agency comes back, be it as a client.
        user.agency_role = user.disabled_at = None
    if mail.client_id and user.agency_role:
        raise NotAllowed
    mail.used_at = work.now
    if mail.agency_role:
        _join_agency(work, user, Role(mail.agency_role))
    held = roles_of(work.session, known(user.id)).get(mail.client_id or 0, frozenset())
    for role in mail.roles if mail.client_id and user.agency_role is None else ():
        if role not in held:
            work.session.add(
                Membership(
                    client_id=known(mail.client_id), user_id=known(user.id), role=role, created_at=work.now
                )
            )
    work.journal.record(
        ActKind.JOINED,
        day=work.today,
        client_id=mail.client_id,
        facts={
            "email": user.email,
            "roles": [*mail.roles, *([mail.agency_role] if mail.agency_role else [])],
        },
        by=By(known(user.id), user.name, work.actor.address),
    )


def _new(work: Work, mail: AccountMail, name: str, password_hash: str) -> User:
    cleaned = " ".join(name.split())[:NAME_LENGTH_MAX]
    if not cleaned or not password_hash:
        raise NameMissing
    user = User(
        email=mail.to,
        name=cleaned,
        password_hash=password_hash,
        language=mail.language,
        created_at=work.now,
    )
    work.session.add(user)
    work.session.flush()
    return user


def _join_agency(work: Work, user: User, role: Role) -> None:
    """Who decides for a client cannot act for the agency as well."""
    theirs = {role for some in roles_of(work.session, known(user.id)).values() for role in some}
    if theirs - AGENCY_ROLES:
        raise NotAllowed
    user.agency_role, user.disabled_at = role.value, None


def ask_email(work: Work, client_id: int | None, email: str) -> None:  # noqa: ARG001
    """Write to a new address of whoever asks; it counts once the link in it was used.

    Raises:
        NotAllowed: nobody is signed in.
        BadEmail: it is no address.
    """
    user = work.session.get(User, work.actor.user_id) if work.actor.user_id is not None else None
    if user is None:
        raise NotAllowed
    address = checked_address(email)
    mails.revoke_links(work, known(user.id), LinkKind.EMAIL)
    if mails.recent(work, LinkKind.EMAIL, known(user.id)) >= LINKS_PER_HOUR:
        raise TooManyMails
    mails.intend(work, LinkKind.EMAIL, address, user.language, user_id=user.id, name=user.name)
    mails.notify(work, user, "email_asked", new=address)


def confirm_email(work: Work, token: str) -> None:
    """Use the link to a new address up: from now on the account has it.

    Raises:
        NotAllowed: only the house itself.
        AddressTaken: somebody else has it by now.
        LinkForged, LinkUsed, LinkExpired, LinkRevoked: why it does not work.
    """
    _house(work)
    mail = _mail(work, token, LinkKind.EMAIL)
    lock(work.session, f"address:{mail.to}")
    if _account(work, mail.to) is not None:
        raise AddressTaken
    user = work.session.get_one(User, known(mail.user_id))
    mail.used_at = work.now
    before, user.email = user.email, mail.to
    facts = {"before": before, "after": mail.to}
    work.journal.record(
        ActKind.EMAIL_CHANGED, day=work.today, facts=facts, by=By(user.id, user.name, work.actor.address)
    )
    mails.notify(work, user, "email_changed", to=before, new=mail.to)
    # What was mailed to the old address must open nothing any more.
    mails.revoke_links(work, known(user.id))
    live = select(LoginSession).where(LoginSession.user_id == user.id, col(LoginSession.ended_at).is_(None))
    for login in work.session.exec(live):
        login.ended_at = work.now


def checked_address(email: str) -> str:
    """An e-mail address as accounts have it.

    Raises:
        BadEmail: it is none.
    """
    address = signing.normal(email)
    if not is_email(address):
        raise BadEmail(value=address[:80])
    return address


def _house(work: Work) -> None:
    if not work.actor.house:
        raise NotAllowed


def _account(work: Work, email: str) -> User | None:
    return work.session.exec(select(User).where(User.email == signing.normal(email))).first()


def _mail(work: Work, text: str, kind: LinkKind | None = None) -> AccountMail:
    """The mail whose link this is, locked until the transaction ends."""
    token = read_link_token(text)
    mail = work.session.get(AccountMail, token.mail_id, with_for_update=True) if token else None
    if token is None or mail is None or mail.expires_at is None or mail.kind != (kind or mail.kind):
        raise LinkForged
    proof = link_token(work.sign, token.mail_id, mail.kind, mail.nonce, mail.to)
    if not hmac.compare_digest(proof.mac, token.mac):
        raise LinkForged
    if mail.revoked_at is not None:
        raise LinkRevoked
    if mail.used_at is not None:
        raise LinkUsed
    if mail.expires_at <= work.now:
        raise LinkExpired
    if not _still_meant(work, mail):
        raise LinkRevoked
    return mail


def _still_meant(work: Work, mail: AccountMail) -> bool:
    """Whether whoever sent an invitation could send it now: it must not outlive the right to invite.

    Nor may the agency's invitation of a first owner outlive the moment when the client has one.
    """
    if mail.kind != LinkKind.INVITATION.value or mail.invited_by is None:
        return True
    host = work.session.get(User, mail.invited_by)
    if host is None or host.disabled_at is not None:
        return False
    if host.agency_role == Role.ADMINISTRATOR.value:
        first = Role.OWNER.value not in mail.roles or not has_owner(work.session, mail.client_id or 0)
        return mail.client_id is None or first
    held = roles_of(work.session, known(host.id)).get(mail.client_id or 0, frozenset())
    return any(Action.MANAGE_TEAM in ALLOWED[role] for role in held)
