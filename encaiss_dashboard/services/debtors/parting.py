"""A merge undone: what moved goes back, as far as it still is with the debtor that has it now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select

from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.debtors import moving
from encaiss_dashboard.services.debtors.history import OTHER
from encaiss_dashboard.services.debtors.moving import Obstacle, Share, debtor_of
from encaiss_dashboard.storage import merges, queries, records
from encaiss_dashboard.storage.bank import Counterparty
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

_ZONE: Final = ZoneInfo("Europe/Brussels")


@dataclass(frozen=True, slots=True)
class Part:
    """A merge that can be undone, and what undoing it would do.

    Attributes:
        names: of the debtor that was merged, then of those that had been merged into it before.
        on: day in Brussels on which it was merged.
        documents, payments, contacts, messages: how many go back.
        open: what is open of what goes back, by currency.
        blocked: what has to be over first; with any of it nothing goes back.
    """

    merge_id: int
    debtor_id: int
    names: tuple[str, ...]
    on: date
    documents: int
    payments: int
    contacts: int
    messages: int
    open: tuple[Money, ...]
    blocked: tuple[Obstacle, ...]

    @property
    def mark(self) -> str:
        """A digest of all of it, to notice that it changed between seeing and doing."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def parts(work: Work, client_id: int | None, debtor_id: int) -> tuple[Part, ...]:
    """What a debtor was merged from, oldest first; nothing once it was erased.

    What had been merged into one of these before parts with it, and can be parted from it afterwards.

    Raises:
        NotAllowed: no right to see this client.
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.VIEW, client_id)
    key = queries.known(debtor_of(work.session, client, debtor_id).id)
    standing = [one for one in merges.standing(work.session, client) if one.into_id == key]
    if not standing or moving.erased_among(work.session, [key]):
        return ()
    return tuple(_part(work, client, one) for one in standing)


def _part(work: Work, client_id: int, merge: records.DebtorMerge) -> Part:
    session = work.session
    back = _back(work, merge)
    family = merges.family(session, client_id, merge.debtor_id)
    names = merges.names(session, client_id, set(family))
    return Part(
        merge_id=queries.known(merge.id),
        debtor_id=merge.debtor_id,
        names=tuple(names[key] for key in family),
        on=merge.at.astimezone(_ZONE).date(),
        documents=len(back.documents),
        payments=len(back.payments),
        contacts=len(_held(work, records.Contact, merge)),
        messages=len(_held(work, records.OutboxMessage, merge)),
        open=moving.open_by_currency(work.session, client_id, merge.into_id, work.today, back.documents),
        blocked=(*moving.on_their_way(session, [merge.into_id]), *moving.torn(back)),
    )


def _back(work: Work, merge: records.DebtorMerge) -> Share:
    """Invoices with what settles them, and what moved and settles nothing."""
    documents, payments = (_held(work, cls, merge) for cls in (records.Invoice, records.Payment))
    return moving.share(work.session, work.actor.language, merge.into_id, documents, payments, strict=False)


def _held(work: Work, cls: type[Any], merge: records.DebtorMerge) -> set[int]:
    """What a merge moved and is still where it moved it."""
    return moving.held(work.session, cls, merge.moved.get(moving.table_of(cls), ()), merge.into_id)


def part(work: Work, client_id: int | None, merge_id: int, seen: str) -> Part:
    """Undo a merge: what it moved and still is with the kept debtor goes back; returns what was done.

    Money that came since goes with the invoices that it settles; everything else that came since stays.

    Args:
        work: of the person who decides.
        client_id: whose debtors they are.
        merge_id: of :class:`Part`.
        seen: :attr:`Part.mark` of what the person was shown.

    Raises:
        NotAllowed: no right to merge this client's debtors.
        NotFound: no such merge of this client's that can be undone: it is already, its debtor was merged
            further (that one is parted first), or erased.
        Blocked: with what stands in the way.
        ChangedMeanwhile: something came or went since it was shown; nothing was done.
    """
    client = work.require(Action.MERGE, client_id)
    work.session.get(records.Client, client, with_for_update=True)
    merge = _merge(work, client, merge_id)
    plan = next((one for one in parts(work, client, merge.into_id) if one.merge_id == merge_id), None)
    if plan is None or merges.kept(work.session, client, merge.into_id) != merge.into_id:
        raise NotFound
    moving.refuse_if(plan.blocked, work.actor.language)
    if plan.mark != seen:
        raise ChangedMeanwhile
    _give_back(work, client, merge)
    merge.undone_at = work.now
    for whose, other in ((merge.into_id, merge.debtor_id), (merge.debtor_id, merge.into_id)):
        counts = {name: getattr(plan, name) for name in moving.COUNTED}
        work.journal.record(
            ActKind.PARTED,
            day=work.today,
            client_id=client,
            debtor_id=whose,
            facts={OTHER: other, "kept": whose == merge.into_id, "moved": counts},
            shown={**counts, "open": {amount.currency: amount.cents for amount in plan.open}},
        )
    return plan


def _merge(work: Work, client_id: int, merge_id: int) -> records.DebtorMerge:
    found = work.session.get(records.DebtorMerge, merge_id) if 0 < merge_id <= moving.ID_MAX else None
    if found is None or found.client_id != client_id or found.undone_at is not None:
        raise NotFound
    return found


def _give_back(work: Work, client_id: int, merge: records.DebtorMerge) -> None:
    session, kept_id, gone_id = work.session, merge.into_id, merge.debtor_id
    kept, gone = (debtor_of(work.session, client_id, key) for key in (kept_id, gone_id))
    back = _back(work, merge)
    moving.move(session, records.Invoice, back.documents, kept_id, gone_id)
    moving.move(session, records.Payment, back.payments, kept_id, gone_id)
    for cls in (records.OutboxMessage, records.DebtorAlias, Counterparty):
        moving.move(session, cls, merge.moved.get(moving.table_of(cls), ()), kept_id, gone_id)
    contacts = merge.moved.get(moving.table_of(records.Contact), ())
    returned = moving.move(session, records.Contact, contacts, kept_id, gone_id)
    for alias in merge.moved.get("added", ()):
        row = session.get(records.DebtorAlias, alias)
        if row is not None and row.debtor_id == kept_id:
            session.delete(row)
    emptied = [name for name in merge.moved.get("filled", ()) if getattr(kept, name) == getattr(gone, name)]
    for name in emptied:
        setattr(kept, name, "")
    session.flush()
    others = [
        one for one in merges.standing(session, client_id) if one.into_id == kept_id and one.id != merge.id
    ]
    _step_in(work, kept, others, emptied, _emails(work, returned))


def _emails(work: Work, contacts: Iterable[int]) -> set[str]:
    contact = records.Contact
    query = select(func.lower(contact.email)).where(col(contact.id).in_(list(contacts)))
    return set(work.session.exec(query))


def _step_in(
    work: Work,
    kept: records.Debtor,
    others: Iterable[records.DebtorMerge],
    emptied: Iterable[str],
    emails: set[str],
) -> None:
    """What only the parted one gave is given by another merged one that has it too."""
    contact, wanting = records.Contact, set(emptied)
    # An address of another town was left out as a whole while the parted one's stood there.
    wanting |= set(moving.ADDRESS) if wanting & set(moving.ADDRESS) else set()
    for merge in others:
        other = work.session.get_one(records.Debtor, merge.debtor_id)
        filled = moving.fill_in(kept, other, [n for n in moving.lacking(kept, other) if n in wanting])
        mine = select(contact.id).where(
            contact.debtor_id == merge.debtor_id, func.lower(contact.email).in_(emails)
        )
        wanted = [queries.known(key) for key in work.session.exec(mine)]
        moved = moving.move(work.session, contact, wanted, merge.debtor_id, queries.known(kept.id))
        emails = emails - _emails(work, moved)
        if filled or moved:
            # A new object: the column would not notice a change inside the old one.
            table = moving.table_of(contact)
            merge.moved = {
                **merge.moved,
                table: [*merge.moved.get(table, ()), *moved],
                "filled": [*merge.moved.get("filled", ()), *filled],
            }
