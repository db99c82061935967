"""Mails about accounts: the intention with the change itself, the letter when it is handed over."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final

from sqlmodel import col, func, or_, select

from encaiss_dashboard.domain.errors import NotAllowed, Unreadable
from encaiss_dashboard.domain.letters import AccountLetter, Delivered, DeliveryFailed, Message, Party
from encaiss_dashboard.domain.permissions import Action, Role
from encaiss_dashboard.domain.signing import LINK_LENGTHS, LinkKind, link_token
from encaiss_dashboard.locales import moment, text
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.accounts import AccountMail, User
from encaiss_dashboard.storage.queries import known
from encaiss_dashboard.storage.records import Client
from encaiss_dashboard.work import Work

ATTEMPTS_MAX: Final = 6
_INTERRUPTED_AFTER: Final = timedelta(minutes=15)


def intend(work: Work, kind: str, to: str, language: str, **facts: Any) -> AccountMail:
    """Keep the intention to write; it leaves when this transaction has committed.

    Raises:
        NotAllowed: neither about the own account, nor to somebody invited by who manages that team.
        Unreadable: not made of text, which SQLite would keep all the same.
    """
    _may_write(work, facts.get("client_id"), facts.get("user_id"))
    if not all(isinstance(one, str) for one in (kind, to, language)):
        raise Unreadable(value="")
    length = LINK_LENGTHS[LinkKind(kind)] if kind in set(LinkKind) else None
    mail = AccountMail(
        kind=kind,
        to=to,
        language=language,
        nonce=secrets.token_hex(16),
        created_at=work.now,
        expires_at=work.now + length if length else None,
        **facts,
    )
    work.session.add(mail)
    return mail


def _may_write(work: Work, client_id: int | None, user_id: int | None) -> None:
    if work.actor.administers:
        return
    if client_id is not None:
        work.require(Action.MANAGE_TEAM, client_id)
    elif user_id is None or user_id != work.actor.user_id:
        raise NotAllowed


def notify(work: Work, user: User, kind: str, *, to: str = "", **details: str) -> None:
    """Tell a person what was changed about the own account, so that a thief's change is noticed.

    Raises:
        NotAllowed: as :func:`intend`.
    """
    details = {"at": moment(work.now, user.language), "address": work.actor.address or "–", **details}
    intend(work, kind, to or user.email, user.language, user_id=user.id, name=user.name, details=details)


def revoke_links(work: Work, user_id: int, *kinds: LinkKind) -> None:
    """Take back the links that wait for a person; to a new password or address unless kinds are named.

    Raises:
        NotAllowed: as :func:`intend`.
    """
    _may_write(work, None, user_id)
    open_links = select(AccountMail).where(
        col(AccountMail.kind).in_(kinds or (LinkKind.RESET, LinkKind.EMAIL)),
        AccountMail.user_id == user_id,
        col(AccountMail.used_at).is_(None),
        col(AccountMail.revoked_at).is_(None),
    )
    for mail in work.session.exec(open_links):
        mail.revoked_at = work.now


def recent(work: Work, kind: LinkKind, user_id: int) -> int:
    """How many links of a kind were mailed for a person within the last hour.

    Raises:
        NotAllowed: as :func:`intend`.
    """
    _may_write(work, None, user_id)
    query = select(func.count(col(AccountMail.id))).where(
        AccountMail.kind == kind.value,
        AccountMail.user_id == user_id,
        AccountMail.created_at > work.now - timedelta(hours=1),
    )
    return int(work.session.exec(query).one())


def waiting(work: Work) -> list[int]:
    """Ids of the mails to hand over now, oldest first.

    Raises:
        NotAllowed: only the house itself delivers.
    """
    if not work.actor.house:
        raise NotAllowed
    idle = or_(
        col(AccountMail.claimed_at).is_(None), col(AccountMail.claimed_at) < work.now - _INTERRUPTED_AFTER
    )
    query = select(AccountMail.id).where(
        col(AccountMail.sent_at).is_(None),
        col(AccountMail.failed_at).is_(None),
        col(AccountMail.revoked_at).is_(None),
        idle,
    )
    return [known(key) for key in work.session.exec(query.order_by(col(AccountMail.id)))]


def hand_over(work: Work, mail_id: int, base_url: str) -> Message | None:
    """Claim a mail and write it, None when somebody else has it.

    Raises:
        NotAllowed: only the house itself delivers.
    """
    if not work.actor.house:
        raise NotAllowed
    mail = work.session.exec(
        select(AccountMail).where(AccountMail.id == mail_id).with_for_update(skip_locked=True)
    ).first()
    if mail is None or mail_id not in waiting(work):
        return None
    mail.claimed_at, mail.attempts = work.now, mail.attempts + 1
    agency = queries.agency(work.session)
    link = ""
    if mail.expires_at is not None:
        link = f"{base_url}/link/{link_token(work.sign, mail_id, mail.kind, mail.nonce, mail.to)}"
    facts = {**{name: str(value) for name, value in mail.details.items()}, **_named(work, mail)}
    sender = Party(agency.name, agency.enterprise_number, tuple(agency.address.splitlines()), agency.email)
    letter = AccountLetter(mail.kind, mail.language, mail.name, sender, link, facts)
    domain = agency.email.rpartition("@")[2]
    return Message(
        message_id=f"account.{mail_id}.{mail.nonce[:8]}@{domain}",
        sender_name=agency.name,
        sender_email=agency.email,
        to=(mail.to,),
        reply_to=agency.email,
        letter=work.letters.write_account_mail(letter),
        language=mail.language,
        at=mail.created_at,
    )


def settle(work: Work, mail_id: int, outcome: Delivered | DeliveryFailed) -> None:
    """Write down what became of a mail that was handed over.

    Raises:
        NotAllowed: only the house itself delivers.
    """
    if not work.actor.house:
        raise NotAllowed
    mail = work.session.get_one(AccountMail, mail_id)
    if isinstance(outcome, Delivered):
        mail.sent_at, mail.detail = work.now, outcome.detail
        return
    mail.detail = outcome.reason
    if outcome.permanent or mail.attempts >= ATTEMPTS_MAX:
        mail.failed_at = work.now


def _named(work: Work, mail: AccountMail) -> dict[str, str]:
    """What an invitation says of who invites whom to what."""
    named = {"agency": queries.agency(work.session).name, "to": mail.to}
    if mail.expires_at is not None:
        named["until"] = moment(mail.expires_at, mail.language)
    client = work.session.get(Client, mail.client_id) if mail.client_id else None
    named["client"] = client.name if client else named["agency"]
    host = work.session.get(User, mail.invited_by) if mail.invited_by else None
    named["by"] = host.name if host else named["agency"]
    roles = [Role(role) for role in (*mail.roles, *([mail.agency_role] if mail.agency_role else []))]
    named["roles"] = ", ".join(text(mail.language, f"role.{role}") for role in roles)
    return named
