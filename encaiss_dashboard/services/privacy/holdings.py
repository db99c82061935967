"""What is held and why: the record of processing as the people it is about read it (GDPR art. 13 to 15)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlmodel import col, func, or_, select

from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.retention import Keep
from encaiss_dashboard.domain.signing import Asked, tried_as
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.privacy.retention import length, periods
from encaiss_dashboard.storage import merges, queries
from encaiss_dashboard.storage.accounts import AccountMail, LoginAttempt, LoginSession, Membership, User
from encaiss_dashboard.storage.bank import AccessoryAllocation, BankImport, BankLine, Counterparty
from encaiss_dashboard.storage.calls import CallAttempt
from encaiss_dashboard.storage.inbound import InboundMessage
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.records import (
    Act,
    Allocation,
    Contact,
    Debtor,
    ImportBatch,
    Invoice,
    OutboxMessage,
    Payment,
)
from encaiss_dashboard.storage.stop_tables import Stop, StopDocument, StopEvent
from encaiss_dashboard.work import Work

FOUND_MAX: Final = 20


class Kind(StrEnum):
    """A kind of data. Each has name, purpose and law in the catalogue under ``privacy.kind_`` and so on."""

    DEBTORS = "debtors"
    INVOICES = "invoices"
    MESSAGES = "messages"
    JOURNAL = "journal"
    FILES = "files"
    ACCOUNTS = "accounts"
    SIGN_INS = "sign_ins"


# The letter of GDPR art. 6(1) each rests on: contract (b), legal obligation (c), legitimate interest (f).
BASIS: Final = {
    Kind.DEBTORS: "f",
    Kind.INVOICES: "c",
    Kind.MESSAGES: "f",
    Kind.JOURNAL: "f",
    Kind.FILES: "b",
    Kind.ACCOUNTS: "b",
    Kind.SIGN_INS: "f",
}
_PERIOD: Final = {
    Kind.DEBTORS: Keep.DEBTORS,
    Kind.INVOICES: Keep.DEBTORS,
    Kind.MESSAGES: Keep.MESSAGES,
    Kind.FILES: Keep.FILES,
    Kind.SIGN_INS: Keep.SIGN_INS,
}


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of data that is held.

    Attributes:
        count: how many records: the client's; of sign-ins and sessions only the person's own.
        basis: letter of GDPR art. 6(1).
    """

    kind: Kind
    count: int
    basis: str
    name: str
    purpose: str
    why: str
    until: str
    law: str


@dataclass(frozen=True, slots=True)
class Found:
    """A debtor looked for."""

    id: int
    name: str
    city: str
    erased: bool


def holdings(work: Work, client_id: int | None) -> tuple[Holding, ...]:
    """Every kind of data that is held for a client, in words of the person who asks.

    Raises:
        NotAllowed: the client is none of the actor's business.
    """
    client = work.require(Action.VIEW, client_id)
    kept, lang = periods(work), work.actor.language
    rows = []
    for kind, count in _counts(work, client).items():
        keep = _PERIOD.get(kind)
        facts = {"length": length(keep, kept[keep], lang)} if keep else {}
        if kind is Kind.FILES:
            facts["waiting"] = length(Keep.UPLOADS, kept[Keep.UPLOADS], lang)
        rows.append(
            Holding(
                kind=kind,
                count=count,
                basis=BASIS[kind],
                name=text(lang, f"privacy.kind_{kind}"),
                purpose=text(lang, f"privacy.purpose_{kind}"),
                why=text(lang, f"privacy.basis_{BASIS[kind]}"),
                until=text(lang, f"privacy.held_{kind}", **facts),
                law=text(lang, f"privacy.rests_{kind}"),
            )
        )
    return tuple(rows)


def _counts(work: Work, client_id: int) -> dict[Kind, int]:
    def of(*tables: Any) -> int:
        return sum(_count(work, cls, cls.client_id == client_id) for cls in tables)

    members = select(Membership.user_id).where(
        Membership.client_id == client_id, col(Membership.ended_at).is_(None)
    )
    return {
        Kind.DEBTORS: of(Debtor, Contact, Stop, StopEvent, StopDocument),
        Kind.INVOICES: of(
            Invoice, InvoiceDocument, Payment, Allocation, BankLine, Counterparty, AccessoryAllocation
        ),
        Kind.MESSAGES: of(OutboxMessage, InboundMessage, CallAttempt),
        Kind.JOURNAL: of(Act),
        Kind.FILES: of(ImportBatch, BankImport),
        Kind.ACCOUNTS: _count(work, User, col(User.id).in_(members)),
        Kind.SIGN_INS: _own(work),
    }


def _own(work: Work) -> int:
    """Sessions, mails and tries of whoever asks; the house itself has none."""
    user = work.session.get(User, work.actor.user_id) if work.actor.user_id else None
    if user is None:
        return 0
    tried = [tried_as(work.sign, user.email, asked) for asked in Asked]
    mine = or_(col(AccountMail.user_id) == user.id, col(AccountMail.to) == user.email)
    # Tries are the house's to see, and mails of clients left are behind the wall.
    with work.past_wall():
        return (
            _count(work, LoginSession, LoginSession.user_id == user.id)
            + _count(work, AccountMail, mine)
            + _count(work, LoginAttempt, col(LoginAttempt.account).in_(tried))
        )


def _count(work: Work, cls: Any, *where: Any) -> int:
    return int(work.session.exec(select(func.count(col(cls.id))).where(*where)).one())


def find(work: Work, client_id: int | None, words: str) -> tuple[Found, ...]:
    """Debtors by part of their name, town, number or e-mail address, whoever asks to see or erase them.

    Raises:
        NotAllowed: neither an owner of this client nor an administrator.
    """
    client = work.require(Action.PERSONAL_DATA, client_id)
    wanted = words.strip()[:100].casefold()
    if not wanted:
        return ()
    mails = dict[int, str]()
    for contact in work.session.exec(select(Contact).where(Contact.client_id == client)):
        mails[contact.debtor_id] = f"{mails.get(contact.debtor_id, '')} {contact.email}".casefold()
    erased = set(
        work.session.exec(
            select(Act.debtor_id).where(Act.client_id == client, Act.kind == ActKind.ERASED.value)
        )
    )
    found = [
        Found(queries.known(one.id), one.name, one.city, one.id in erased)
        for one, called in _called(work, client)
        if any(_matches(debtor, mails.get(queries.known(one.id), ""), wanted) for debtor in called)
    ]
    return tuple(found[:FOUND_MAX])


def _called(work: Work, client_id: int) -> list[tuple[Debtor, list[Debtor]]]:
    """Each debtor with all that it is called by: itself, and those that were merged into it."""
    former = merges.former(work.session, client_id)
    return [
        (one, [one, *former.get(queries.known(one.id), ())])
        for one in queries.debtors(work.session, client_id)
    ]


def _matches(debtor: Debtor, mail: str, wanted: str) -> bool:
    parts = (debtor.name.casefold(), debtor.city.casefold(), debtor.number.casefold(), mail)
    folded = name_key(wanted)
    return any(wanted in part for part in parts) or bool(folded and folded in name_key(debtor.name))


def named(work: Work, client_id: int | None, name: str) -> tuple[int, ...]:
    """Ids of the debtors of exactly this name, however it is spaced or capitalised.

    Or of the name of one that was merged into it.

    Raises:
        NotAllowed: neither an owner of this client nor an administrator.
    """
    client = work.require(Action.PERSONAL_DATA, client_id)
    wanted = " ".join(name.casefold().split())
    return tuple(
        queries.known(one.id)
        for one, called in _called(work, client)
        if wanted in {" ".join(debtor.name.casefold().split()) for debtor in called}
    )
