"""Two debtors that turned out to be one: looked for, compared, merged; nothing of either is lost."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rapidfuzz import fuzz, process
from sqlmodel import col, func, select

from encaiss_dashboard.domain.delegation import DelegationStatus
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import ChangedMeanwhile
from encaiss_dashboard.domain.identity import enterprise_key
from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops import Balances, Stops
from encaiss_dashboard.services.debtors import matches, moving
from encaiss_dashboard.services.debtors.history import OTHER
from encaiss_dashboard.services.debtors.moving import Obstacle, debtor_of
from encaiss_dashboard.storage import merges, queries, records, stops
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work

FOUND_MAX: Final = 20
_ALIKE: Final = 78
"""From this score of rapidfuzz's token_sort_ratio on, 0 to 100, names are offered unasked."""
_OFFERED: Final = 6
_WORDS_LENGTH_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    """A debtor that another one may be; ``alike`` when it is offered because their names are."""

    id: int
    name: str
    city: str
    number: str
    enterprise_number: str
    alike: bool


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, as things stand today.

    Attributes:
        email: where it is written to, "" by post.
        term: its own payment term's code, "" for the client's usual one.
        counts: rows of each kind of ``moving.COUNTED``.
        open: what is open, by currency.
        status: whether the agency acts for it.
        next: step and earliest day of its next message, None when none will go.
    """

    id: int
    name: str
    number: str
    enterprise_number: str
    address: str
    email: str
    language: str
    term: str
    counts: Mapping[str, int]
    open: tuple[Money, ...]
    status: DelegationStatus
    next: tuple[StepCode, date] | None


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What merging one debtor into another would do.

    Attributes:
        gone: the one that has nothing of its own afterwards.
        kept: the one that has it all, whose own data and delegation hold.
        on: today.
        contacts: how many ways of reaching the first one move; the rest the other one has as well.
        filled: columns that the kept one lacks and the other one fills in.
        two_numbers: both have an enterprise number and they differ, which two companies do.
        next: the next message after merging.
        blocked: what has to be over first; with any of it nothing is merged.
    """

    on: date
    gone: Side
    kept: Side
    contacts: int
    filled: tuple[str, ...]
    two_numbers: bool
    next: tuple[StepCode, date] | None
    blocked: tuple[Obstacle, ...]

    @property
    def mark(self) -> str:
        """A digest of all that is foreseen, to notice that it changed between seeing and doing."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def others(work: Work, client_id: int | None, debtor_id: int, words: str) -> tuple[Found, ...]:
    """The debtors that this one may be: those found by the words, or those of nearly its name.

    Raises:
        NotAllowed: no right to merge this client's debtors.
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.MERGE, client_id)
    debtor = debtor_of(work.session, client, debtor_id)
    erased = _erased(work, client)
    every = [one for one in queries.debtors(work.session, client) if one.id not in {debtor_id, *erased}]
    wanted = words.strip()[:_WORDS_LENGTH_MAX].casefold()
    if not wanted:
        return tuple(_found(one, alike=True) for one in _alike(debtor, every))
    mails = queries.addresses(work.session, client)
    found = [
        one
        for one in every
        if matches(one, wanted) or wanted in mails.get(queries.known(one.id), "").casefold()
    ]
    return tuple(_found(one, alike=False) for one in found[:FOUND_MAX])


def _erased(work: Work, client_id: int) -> set[int | None]:
    act = records.Act
    query = select(act.debtor_id).where(act.client_id == client_id, act.kind == ActKind.ERASED.value)
    return set(work.session.exec(query))


def _alike(debtor: records.Debtor, every: Sequence[records.Debtor]) -> list[records.Debtor]:
    """The same enterprise number first, then the likeliest names."""
    number = enterprise_key(debtor.enterprise_number)
    same = [one for one in every if number and enterprise_key(one.enterprise_number) == number]
    names = {place: name_key(one.name) for place, one in enumerate(every) if one not in same}
    scored = process.extract(
        name_key(debtor.name), names, scorer=fuzz.token_sort_ratio, score_cutoff=_ALIKE, limit=_OFFERED
    )
    return [*same, *(every[place] for _, _, place in scored)][:_OFFERED]


def _found(one: records.Debtor, *, alike: bool) -> Found:
    return Found(queries.known(one.id), one.name, one.city, one.number, one.enterprise_number, alike)


def foresee(work: Work, client_id: int | None, debtor_id: int, into_id: int) -> Foreseen:
    """What merging a debtor into another one would do; changes nothing.

    Raises:
        NotAllowed: no right to merge this client's debtors.
        NotFound: not two debtors of this client.
    """
    client = work.require(Action.MERGE, client_id)
    gone, kept = debtor_of(work.session, client, debtor_id), debtor_of(work.session, client, into_id)
    ids = sorted({debtor_id, into_id})
    seen = prospects(work.session, client, work.today, ids)
    emails = queries.addresses(work.session, client)
    sides = [_side(work, client, one, seen, emails) for one in (gone, kept)]
    numbers = [enterprise_key(one.enterprise_number) for one in (gone, kept)]
    return Foreseen(
        on=work.today,
        gone=sides[0],
        kept=sides[1],
        contacts=_contacts_moving(work, debtor_id, into_id),
        filled=tuple(moving.lacking(kept, gone)),
        two_numbers=all(numbers) and numbers[0] != numbers[1],
        next=_together(work, client, seen[debtor_id], seen[into_id], ids).next_message(),
        blocked=tuple(_blocked(work, client, debtor_id, into_id)),
    )


def _side(
    work: Work,
    client_id: int,
    debtor: records.Debtor,
    seen: Mapping[int, Prospect],
    emails: Mapping[int, str],
) -> Side:
    key = queries.known(debtor.id)
    where = " ".join(part for part in (debtor.postcode, debtor.city) if part)
    return Side(
        id=key,
        name=debtor.name,
        number=debtor.number,
        enterprise_number=debtor.enterprise_number,
        address=", ".join(part for part in (debtor.address, where) if part),
        email=emails.get(key, ""),
        language=debtor.language,
        term=debtor.term,
        counts={name: _count(work, cls, key) for name, cls in moving.COUNTED.items()},
        open=moving.open_by_currency(work.session, client_id, key, work.today),
        status=seen[key].status,
        next=seen[key].next_message(),
    )


def _count(work: Work, cls: Any, debtor_id: int) -> int:
    return int(work.session.exec(select(func.count(col(cls.id))).where(cls.debtor_id == debtor_id)).one())


def _contacts_moving(work: Work, debtor_id: int, into_id: int) -> int:
    contact = records.Contact
    theirs = select(func.lower(contact.email)).where(contact.debtor_id == into_id)
    query = select(func.count(col(contact.id))).where(
        contact.debtor_id == debtor_id, func.lower(contact.email).not_in(theirs)
    )
    return int(work.session.exec(query).one())


def _together(work: Work, client_id: int, gone: Prospect, kept: Prospect, ids: Sequence[int]) -> Prospect:
    """The kept one as it would be: the invoices and credit of both, its own decisions, the last contact."""
    ledgers = queries.ledgers(work.session, client_id, ids)
    credit = [ledger.unallocated(work.today) for ledger in ledgers.values()]
    invoices = sorted(
        [*gone.invoices, *kept.invoices],
        key=lambda item: (item.open.currency != EUR, item.open.currency, item.invoice.id),
    )
    contacts = [one.last_contact for one in (gone, kept) if one.last_contact is not None]
    halted = stops.of_debtors(work.session, client_id, ids).values()
    known = {row.id: row.stop for of in halted for row in of.rows}
    balances = next((of.stops.balances for of in halted), Balances())
    both = Prospect(
        on=kept.on,
        events=kept.events,
        invoices=invoices,
        credit=[amount for amount in credit if amount.cents > 0],
        last_contact=max(contacts, default=None),
    )
    return both.with_stops(Stops(tuple(known.values()), balances))


def _blocked(work: Work, client_id: int, debtor_id: int, into_id: int) -> list[Obstacle]:
    if debtor_id == into_id:
        return [Obstacle("itself")]
    session, ids = work.session, (debtor_id, into_id)
    away = [one for one in ids if merges.kept(session, client_id, one) != one]
    names = merges.names(session, client_id, set(away))
    found = [Obstacle("merged", len(away), tuple(names.values()))] if away else []
    found += moving.erased_among(session, ids)
    found += moving.on_their_way(session, ids)
    both = _numbers_of_both(work, debtor_id, into_id)
    return [*found, *([Obstacle("numbers", len(both), both[: moving.NAMED_MAX])] if both else [])]


def _numbers_of_both(work: Work, debtor_id: int, into_id: int) -> tuple[str, ...]:
    """Numbers that both have an invoice of: one of them would have to give way, and nobody says which."""
    invoice = records.Invoice
    theirs = select(invoice.number).where(invoice.debtor_id == into_id)
    query = select(invoice.number).where(invoice.debtor_id == debtor_id, col(invoice.number).in_(theirs))
    return tuple(work.session.exec(query.order_by(invoice.number)))


def merge(work: Work, client_id: int | None, debtor_id: int, into_id: int, seen: str) -> Foreseen:
    """Make one debtor of two: give the second all that is the first one's; returns what was done.

    Args:
        work: of the person who decides.
        client_id: whose debtors they are.
        debtor_id: the one that has nothing of its own afterwards.
        into_id: the one that is kept.
        seen: :attr:`Foreseen.mark` of what the person was shown.

    Raises:
        NotAllowed, NotFound: as :func:`foresee`.
        Blocked: with what stands in the way.
        ChangedMeanwhile: something came or went since it was shown; nothing was done.
    """
    client = work.require(Action.MERGE, client_id)
    # As imports and nightly runs do: one at a time may change what a client's debtors owe.
    work.session.get(records.Client, client, with_for_update=True)
    plan = foresee(work, client, debtor_id, into_id)
    moving.refuse_if(plan.blocked, work.actor.language)
    if plan.mark != seen:
        raise ChangedMeanwhile
    gone, kept = debtor_of(work.session, client, debtor_id), debtor_of(work.session, client, into_id)
    moved = moving.move_all(work.session, gone, kept, user_id=work.actor.user_id, at=work.now)
    work.session.add(
        records.DebtorMerge(
            client_id=client,
            debtor_id=debtor_id,
            into_id=into_id,
            moved=moved,
            user_id=work.actor.user_id,
            at=work.now,
        )
    )
    counts = {name: len(moved[moving.table_of(cls)]) for name, cls in moving.COUNTED.items()}
    for whose, other in ((into_id, debtor_id), (debtor_id, into_id)):
        work.journal.record(
            ActKind.MERGED,
            day=work.today,
            client_id=client,
            debtor_id=whose,
            # By number only: who is erased later must not live on in the acts of another.
            facts={OTHER: other, "kept": whose == into_id, "moved": counts, "filled": moved["filled"]},
            shown=_shown(plan),
        )
    return plan


def _shown(plan: Foreseen) -> dict[str, Any]:
    """What the person was told before deciding: of both what they owe, who acts, and what goes next."""
    sides = {
        name: {
            "debtor": side.id,
            "open": {amount.currency: amount.cents for amount in side.open},
            "counts": dict(side.counts),
            "delegation": side.status.state.value,
            "next": message(side.next),
        }
        for name, side in (("gone", plan.gone), ("kept", plan.kept))
    }
    return {**sides, "two_numbers": plan.two_numbers, "next": message(plan.next)}


def message(upcoming: tuple[StepCode, date] | None) -> list[str] | None:
    """A message to come as acts keep it."""
    return [upcoming[0].value, upcoming[1].isoformat()] if upcoming else None
