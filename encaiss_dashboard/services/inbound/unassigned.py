"""Mails of which nobody could tell whose they are: the agency's, until somebody there does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlmodel import col, func, or_, select

from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.inbound import How
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.inbound import tell
from encaiss_dashboard.services.inbound.replies import Reply, Taken, reply_of, taken
from encaiss_dashboard.storage import merges, personal, queries, records
from encaiss_dashboard.storage.inbound import InboundMailbox, InboundMessage
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

LISTED_MAX: Final = 50
FOUND_MAX: Final = 8
_WORDS_LENGTH_MAX: Final = 100
_ID_MAX: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """The mails that wait for somebody to say whose they are.

    Attributes:
        mails: the oldest of them first.
        n: how many there are.
    """

    mails: tuple[Reply, ...]
    n: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A debtor that a mail may be of."""

    client_id: int
    client: str
    debtor_id: int
    name: str
    city: str


def waiting(work: Work, client_id: int | None) -> Waiting:  # noqa: ARG001
    """The mails that nobody was found for, the oldest first.

    Raises:
        NotAllowed: nobody of the agency.
    """
    _of_agency(work)
    mail = InboundMessage
    there = (col(mail.client_id).is_(None), col(mail.looked_at).is_(None))
    n = work.session.exec(select(func.count(col(mail.id))).where(*there)).one()
    found = work.session.exec(select(mail).where(*there).order_by(col(mail.id)).limit(LISTED_MAX))
    return Waiting(tuple(reply_of(row) for row in found), int(n))


def find(work: Work, client_id: int | None, words: str) -> tuple[Candidate, ...]:  # noqa: ARG001
    """Debtors of the clients that the actor reminds for, by a part of their name or of their address.

    Raises:
        NotAllowed: nobody of the agency.
    """
    _of_agency(work)
    wanted = words.strip()[:_WORDS_LENGTH_MAX].lower()
    if not wanted:
        return ()
    debtor, client, contact = records.Debtor, records.Client, records.Contact
    reached = select(contact.debtor_id).where(func.lower(contact.email).contains(wanted, autoescape=True))
    query = (
        select(debtor, client.name)
        .join(client, col(client.id) == col(debtor.client_id))
        .where(
            or_(func.lower(debtor.name).contains(wanted, autoescape=True), col(debtor.id).in_(reached)),
            col(debtor.id).not_in(merges.gone()),
        )
        .order_by(func.lower(debtor.name), col(debtor.id))
        .limit(FOUND_MAX)
    )
    if not work.actor.everywhere:
        query = query.where(col(debtor.client_id).in_(_reminded(work)))
    return tuple(
        Candidate(one.client_id, named, queries.known(one.id), one.name, one.city)
        for one, named in work.session.exec(query)
    )


def assign(work: Work, client_id: int | None, reply_id: int, chosen_id: int, debtor_id: int) -> None:  # noqa: ARG001
    """Say which debtor of which client a mail is of; from then on it is that client's.

    Raises:
        NotAllowed: not somebody of the agency who reminds for that client.
        NotFound: no such mail waits, or no such debtor of that client.
    """
    _of_agency(work)
    chosen = work.require(Action.REMIND, chosen_id)
    row = _mail(work, reply_id, lock=True)
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    # As merging does: it would leave the mail with a debtor that has nothing any more.
    work.session.get(records.Client, chosen, with_for_update=True)
    key = merges.kept(work.session, chosen, debtor_id)
    queries.debtor(work.session, chosen, key)
    if personal.erased(work.session, key):
        raise NotFound
    row.client_id, row.debtor_id, row.how = chosen, key, How.PERSON.value
    work.session.flush()
    tell(work, row)


def set_aside(work: Work, client_id: int | None, reply_id: int) -> None:  # noqa: ARG001
    """Say that a mail is of no debtor.

    Raises:
        NotAllowed: nobody of the agency.
        NotFound: no such mail waits.
    """
    _of_agency(work)
    row = _mail(work, reply_id, lock=True)
    row.looked_at, row.user_id = work.now, work.actor.user_id
    facts = {"reply": row.id, "by": work.actor.name, "aside": True}
    work.journal.record(ActKind.REPLY_READ, day=work.today, facts=facts)


def attached(work: Work, client_id: int | None, reply_id: int, number: int) -> Taken:  # noqa: ARG001
    """A file of a mail that waits, or with number 0 the mail itself with its exact bytes.

    Raises:
        NotAllowed: nobody of the agency.
        NotFound: no such mail waits, or no such file.
    """
    _of_agency(work)
    row = _mail(work, reply_id)
    if not 0 <= number <= len(row.files):
        raise NotFound
    return taken(work.store, row, number)


def trouble(work: Work, client_id: int | None) -> str:  # noqa: ARG001
    """What a mailbox that does not answer says, "" while all do.

    Raises:
        NotAllowed: not an administrator.
    """
    work.require_agency()
    row = work.session.exec(
        select(InboundMailbox)
        .where(col(InboundMailbox.failing_since).is_not(None))
        .order_by(col(InboundMailbox.failing_since))
    ).first()
    return row.failure if row else ""


def _of_agency(work: Work) -> None:
    if work.actor.agency_role is None and not work.actor.house:
        raise NotAllowed


def _reminded(work: Work) -> list[int]:
    return [key for key in work.actor.roles if work.actor.may(Action.REMIND, key)]


def _mail(work: Work, reply_id: int, *, lock: bool = False) -> InboundMessage:
    if not 0 < reply_id <= _ID_MAX:
        raise NotFound
    row = work.session.get(InboundMessage, reply_id, with_for_update=lock or None)
    if row is None or row.client_id is not None or row.looked_at is not None:
        raise NotFound
    return row
