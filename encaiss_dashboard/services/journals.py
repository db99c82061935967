"""Whether the journal is whole, and the journal of one client as its people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import col, func, select

from encaiss_dashboard.domain.errors import NotAllowed
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import journal, merges
from encaiss_dashboard.storage.journal import ActKind, Flaw
from encaiss_dashboard.storage.records import Act, Client, Debtor
from encaiss_dashboard.work import Work

PAGE_SIZE = 50
_ABOUT_TWO = frozenset({ActKind.MERGED.value, ActKind.PARTED.value, ActKind.SPLIT.value})


@dataclass(frozen=True, slots=True)
class Checked:
    """One chain as it was found; see :class:`encaiss_dashboard.storage.journal.Chain`.

    Attributes:
        name: the client's, "" for the agency's own chain.
    """

    name: str
    entries: int
    hash: str
    flaw: Flaw | None
    seq: int


@dataclass(frozen=True, slots=True)
class JournalPage:
    """Some acts of a client, the newest first.

    Attributes:
        acts: each with the name of the debtor it is about, "" for none.
        names: of the other debtors that they mention, by id.
        found: how many there are in all.
    """

    acts: tuple[tuple[Act, str], ...]
    names: Mapping[int, str]
    found: int
    page: int
    pages: int


def verify(work: Work) -> list[Checked]:
    """Check every chain there is, the agency's own first.

    Raises:
        NotAllowed: only the house itself reads everybody's.
    """
    if not work.actor.house:
        raise NotAllowed
    names = dict(work.session.exec(select(Client.id, Client.name)).all())
    return [
        Checked(names.get(one.chain, ""), one.entries, one.hash, one.flaw, one.seq)
        for one in journal.verify(work.session, work.sign)
    ]


def acts(work: Work, client_id: int | None, page: int = 1) -> JournalPage:
    """One page of everything that was done and decided for a client.

    Raises:
        NotAllowed: no right to see this client.
    """
    client = work.require(Action.VIEW, client_id)
    found = int(work.session.exec(select(func.count(col(Act.id))).where(Act.client_id == client)).one())
    pages = max(1, -(-found // PAGE_SIZE))
    page = min(max(page, 1), pages)
    query = (
        select(Act, Debtor.name)
        .join(Debtor, col(Debtor.id) == col(Act.debtor_id), isouter=True)
        .where(Act.client_id == client)
        .order_by(col(Act.seq).desc())
        .offset((page - 1) * PAGE_SIZE)
        .limit(PAGE_SIZE)
    )
    rows = tuple((act, name or "") for act, name in work.session.exec(query))
    mentioned = {act.facts["other"] for act, _ in rows if act.kind in _ABOUT_TWO}
    return JournalPage(rows, merges.names(work.session, client, mentioned), found, page, pages)


def check(work: Work, client_id: int | None) -> Checked | None:
    """Check a client's chain from its first act on; None while there is no act.

    Raises:
        NotAllowed: no right to see this client.
    """
    client = work.require(Action.VIEW, client_id)
    found = next(iter(journal.verify(work.session, work.sign, client)), None)
    return Checked("", found.entries, found.hash, found.flaw, found.seq) if found else None
