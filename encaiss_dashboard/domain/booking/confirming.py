"""What a bank tells of money that is in the books already: the client said so, or a file brought it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.book import Book
from encaiss_dashboard.domain.booking.case import Case, at_most
from encaiss_dashboard.domain.booking.nouns import Part, Proposal, Reason, Rules, Share
from encaiss_dashboard.domain.booking.pointing import Weight
from encaiss_dashboard.domain.booking.subsets import LOOKED_AT_MAX, only_subset
from encaiss_dashboard.domain.money import Money

CONFIRM_DAYS_MAX: Final = 10
"""How far a word and the bank's value date may be apart, either way.

A transfer takes a working day, a client looks at its account once a week and clicks on the day it looks, so
that its word may be the later one. Instalments follow each other after half a month at least.
"""
_NAMED, _KNOWN, _SUM, _UNSURE, _OTHER = 98, 92, 86, 80, 70
_POINTS_EXACTLY: Final = 95


@dataclass(frozen=True, slots=True)
class Said:
    """A payment that no bank told of yet; ``confirmed``: one has meanwhile."""

    payment_id: int
    client_id: int
    debtor_id: int
    on: date
    amount: Money
    parts: tuple[Part, ...]
    confirmed: bool = False


def with_confirmations(
    movement: Movement,
    book: Book,
    rules: Mapping[int, Rules],
    found: Sequence[Proposal],
    said: Sequence[Said],
) -> tuple[Proposal, ...]:
    """The ways to book a movement, with those in which it only confirms what is in the books; surest first.

    A movement that may pay something open as well as confirm something is not sure either way, nor is one
    that tells once more what was confirmed: somebody looks whether it was paid twice.

    Args:
        movement: what came in.
        book: as for ``propose``.
        rules: as for ``propose``.
        found: what ``propose`` made of it.
        said: payments of about its day, whoever made them.
    """
    near = [one for one in said if _is_near(movement, one)]
    if not near or movement.is_charge or movement.is_return:
        return tuple(found)
    case = Case(movement, book, rules)
    pointers = [one for one in case.pointed.pointers if one.weight >= Weight.PLAIN]
    named = {item.invoice_id for one in pointers for item in one.items}
    pointed = {key for one in pointers for key in one.whose}
    whose = pointed or {*case.by_account, *case.learnt} or set(case.alike)
    mine: list[Proposal] = []
    for debtor_id in sorted(whose):
        of = [one for one in near if one.debtor_id == debtor_id]
        sure = _NAMED if debtor_id in pointed else _KNOWN if _knows(case, debtor_id) else _UNSURE
        mine += _of_debtor(movement, of, named, sure)
    if not mine:
        again = any(
            one.confirmed and one.debtor_id in whose and one.amount == movement.amount for one in near
        )
        return tuple(_less_sure(found, named, near) if again else found)
    if len(mine) > 1:
        mine = [at_most(one, _UNSURE) for one in mine]
    best = max((one.confidence for one in found), default=0)
    if best >= _POINTS_EXACTLY and not _is_about(mine[0], named, near) and named:
        mine = [at_most(one, _OTHER) for one in mine]
    elif best > mine[0].confidence or (best and best == mine[0].confidence):
        mine = [at_most(one, _UNSURE) for one in mine]
        found = [at_most(one, _UNSURE) for one in found]
    return tuple(sorted([*mine, *found], key=lambda one: -one.confidence))


def _is_near(movement: Movement, one: Said) -> bool:
    days = abs((movement.value_on - one.on).days)
    same = one.amount.currency == movement.amount.currency
    return same and days <= CONFIRM_DAYS_MAX and one.amount <= movement.amount


def _knows(case: Case, debtor_id: int) -> bool:
    return debtor_id in case.by_account or debtor_id in case.learnt


def _of_debtor(movement: Movement, said: Sequence[Said], named: set[int], confidence: int) -> list[Proposal]:
    """The payment of a debtor that has the amount, else the only choice of several that adds up to it."""
    free = [one for one in said if not one.confirmed]
    equal = [one for one in free if one.amount == movement.amount]
    about = [one for one in equal if named & {part.invoice_id for part in one.parts}]
    chosen = about or equal
    if chosen:
        chosen = sorted(chosen, key=lambda one: (abs((movement.value_on - one.on).days), one.payment_id))
        sure = confidence if len(chosen) == 1 else min(confidence, _UNSURE)
        if named and not about:
            sure = min(sure, _OTHER)
        return [_proposal(movement, [one], sure) for one in chosen]
    looked = free[:LOOKED_AT_MAX]
    places = only_subset([one.amount.cents for one in looked], movement.amount.cents)
    if places is None or len(free) > len(looked):
        return []
    return [_proposal(movement, [looked[n] for n in places], min(confidence, _SUM))]


def _proposal(movement: Movement, said: Sequence[Said], confidence: int) -> Proposal:
    parts = tuple(part for one in said for part in one.parts)
    share = Share(said[0].client_id, said[0].debtor_id, movement.amount, parts)
    ids = tuple(dict.fromkeys(part.invoice_id for part in parts))
    return Proposal(
        Reason.CONFIRMS, confidence, (share,), ids, confirms=tuple(one.payment_id for one in said)
    )


def _is_about(proposal: Proposal, named: set[int], said: Sequence[Said]) -> bool:
    ids = set(proposal.confirms)
    return any(named & {p.invoice_id for p in one.parts} for one in said if one.payment_id in ids)


def _less_sure(found: Sequence[Proposal], named: set[int], said: Sequence[Said]) -> list[Proposal]:
    """What tells once more of a payment; an invoice that it names to the cent and that is another is sure."""
    known = {part.invoice_id for one in said for part in one.parts}
    return [
        one
        if one.confidence >= _POINTS_EXACTLY and named and not named & known
        else replace(one, confidence=min(one.confidence, _UNSURE))
        for one in found
    ]
