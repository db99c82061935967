"""Proposals from what a movement names: references, and numbers of invoices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from encaiss_dashboard.domain.booking.case import Case, at_most
from encaiss_dashboard.domain.booking.choosing import How, choose, fits
from encaiss_dashboard.domain.booking.nouns import OpenItem, Proposal, Reason, Share
from encaiss_dashboard.domain.booking.pointing import Pointer, Weight
from encaiss_dashboard.domain.booking.settling import oldest_first, principal
from encaiss_dashboard.domain.booking.subsets import LOOKED_AT_MAX, only_subset
from encaiss_dashboard.domain.money import Money

UNSURE = 80
"""Below every default threshold: somebody looks at it."""
_GUESS = 70
_DEBTOR_ONLY = 84
# Reason: with an amount that fits exactly, and otherwise.
_SURE = {
    Reason.REFERENCE: (100, 97),
    Reason.REFERENCE_MENDED: (90, UNSURE),
    Reason.END_TO_END: (96, 88),
    Reason.NUMBER: (95, 88),
}
_MENDED_OF_PAYER = 90
_CHANCE_OF_PAYER = 90
_OF_OTHERS_ACCOUNT = 90
_NOT_THE_PAYER = 75


def by_pointers(case: Case) -> list[Proposal]:
    """What the movement names, of one debtor or of several together."""
    pointers = case.pointed.pointers
    said = [one for one in pointers if one.weight >= Weight.SAID]
    likely = [one for one in pointers if one.weight >= Weight.PLAIN]
    whose = _common(said or pointers)
    found = [one for debtor_id in whose for one in _of_debtor(case, debtor_id)]
    found = _told_apart(case, found)
    if likely and not set[int].intersection(*(one.whose for one in likely)):
        several = [*_of_several(case, said or likely), *_of_several(case, likely)]
        found += [one for one in several if not whose or one.confidence > _GUESS]
    return found


def _common(pointers: Sequence[Pointer]) -> list[int]:
    """Debtors whom all of the pointers may mean."""
    if not pointers:
        return []
    sets = [one.whose for one in pointers]
    if all(one.weight < Weight.SAID for one in pointers):
        return sorted(set().union(*sets))
    return sorted(set.intersection(*sets))


def _told_apart(case: Case, found: list[Proposal]) -> list[Proposal]:
    """Of several debtors that may be meant the payer, else the one whose balance it is; else none is sure."""
    if len(found) < 2:  # noqa: PLR2004 - one alone is not ambiguous
        return found
    likely = [one for one in found if case.is_payer(one.shares[0].debtor_id)] or found
    likely = [one for one in likely if _is_exact(case, one)] or likely
    if len(likely) > 1:
        return [at_most(one, UNSURE) for one in found]
    return [*likely, *(at_most(one, _GUESS) for one in found if one is not likely[0])]


def _is_exact(case: Case, proposal: Proposal) -> bool:
    [share] = proposal.shares
    named = [one for one in case.items_of(share.debtor_id) if one.invoice_id in proposal.named]
    return fits(share.amount, named, case.rules_of(share.debtor_id))


def _of_debtor(case: Case, debtor_id: int) -> Iterator[Proposal]:
    """The items of one debtor that are named, by as many of the pointers as make the amount fit."""
    mine = [one for one in case.pointed.pointers if debtor_id in one.whose]  # the weightiest first
    named, told, exact = list[OpenItem](), list[Pointer](), False
    for weight in sorted({one.weight for one in mine}, reverse=True):
        level = [(one, _items(case, debtor_id, one)) for one in mine if one.weight is weight]
        items = [item for _, found in level for item in found]
        more = list(dict.fromkeys([*named, *items]))
        exact = fits(case.amount, more, case.rules_of(debtor_id))
        if exact or weight >= Weight.SAID or (weight is Weight.PLAIN and not named):
            named, told = more, [*told, *(one for one, found in level if found)]
        if exact:
            break
    if named:
        named = named if exact else _with_rest(case, debtor_id, named)
        yield case.proposal(
            told[0].reason, _confidence(case, debtor_id, told[0], exact=exact), debtor_id, named
        )
    elif mine[0].weight >= Weight.SAID:
        yield _debtor_alone(case, debtor_id, mine[0].reason)


def _confidence(case: Case, debtor_id: int, told: Pointer, *, exact: bool) -> int:
    """How sure it is that a movement means what it names; its name is only compared where that matters."""
    fitting, other = _SURE[told.reason]
    if told.weight is Weight.CHANCE:
        return _CHANCE_OF_PAYER if case.is_payer(debtor_id) else _GUESS
    if told.weight is Weight.REFERENCE:
        unsure = other < _MENDED_OF_PAYER and not exact
        return _MENDED_OF_PAYER if unsure and case.is_payer(debtor_id) else fitting if exact else other
    known = case.by_account or case.learnt
    is_others_account = bool(known) and not case.is_payer(debtor_id)
    if exact:
        return _OF_OTHERS_ACCOUNT if is_others_account else fitting
    if is_others_account or (told.weight is Weight.PLAIN and not case.is_payer(debtor_id)):
        return _NOT_THE_PAYER
    return other


def _items(case: Case, debtor_id: int, pointer: Pointer) -> list[OpenItem]:
    """The debtor's open items that a pointer names: all that are due for the reference of its statement."""
    rules, on = case.rules_of(debtor_id), case.movement.booked_on
    if debtor_id in pointer.debtors:
        open_items = case.items_of(debtor_id)
        due = [one for one in open_items if one.due < on]
        if fits(case.amount, due, rules):
            return due
        choice = choose(case.amount, open_items, rules, on)
        return list(choice.items) if choice and choice.how is not How.LOOSE_SUM else due or open_items
    items = [one for one in pointer.items if one.debtor_id == debtor_id and case.is_payable(one)]
    if len(items) > 1:
        items = oldest_first(items)
        choice = None if fits(case.amount, items, rules) else choose(case.amount, items, rules, on)
        return list(choice.items) if choice else items
    return items


def _with_rest(case: Case, debtor_id: int, named: list[OpenItem]) -> list[OpenItem]:
    """With those others that the rest of the amount is the sum of, where only these are."""
    rest = case.amount - principal(named, case.amount.currency)
    others = [one for one in case.items_of(debtor_id) if one not in named][:LOOKED_AT_MAX]
    places = only_subset([one.open.cents for one in others], rest.cents) if rest.cents > 0 else None
    return [*named, *(others[n] for n in places or ())]


def _debtor_alone(case: Case, debtor_id: int, reason: Reason) -> Proposal:
    """What is named is paid, or in another currency: the debtor is sure, what it pays is not."""
    items = case.items_of(debtor_id)
    choice = choose(case.amount, items, case.rules_of(debtor_id), case.movement.booked_on)
    if choice and choice.how is How.ONE:
        return case.proposal(reason, UNSURE, debtor_id, choice.items)
    return Proposal(reason, _DEBTOR_ONLY, (case.waits(debtor_id),))


def _of_several(case: Case, pointers: Sequence[Pointer]) -> Iterator[Proposal]:
    """Invoices of several debtors, each by its balance; sure where these are the amount."""
    named: dict[int, list[OpenItem]] = {}
    for pointer in pointers:
        debtor_id = _only(case, pointer)
        if debtor_id is None:
            return
        items = named.setdefault(debtor_id, [])
        items += [one for one in _items(case, debtor_id, pointer) if one not in items]
    every = [one for items in named.values() for one in items]
    if not every:
        return
    exact = principal(every, case.amount.currency) == case.amount
    reason = pointers[0].reason
    shares = _shares(case, {key: items for key, items in named.items() if items})
    confidence = _SURE[reason][0] - 2 if exact else _GUESS
    ids = tuple(one.invoice_id for one in every)
    yield Proposal(reason, confidence, shares, ids)


def _only(case: Case, pointer: Pointer) -> int | None:
    """The one debtor that a pointer means, by its account or name where several could be."""
    whose = pointer.whose
    paying = {one for one in whose if case.is_payer(one)}
    for chosen in (whose, paying):
        if len(chosen) == 1:
            return next(iter(chosen))
    return None


def _shares(case: Case, named: dict[int, list[OpenItem]]) -> tuple[Share, ...]:
    """To each its balances, as far as the amount goes; what is too much waits with the first."""
    left, amounts = case.amount, dict[int, Money]()
    for debtor_id, items in named.items():
        amounts[debtor_id] = min(left, principal(items, left.currency))
        left -= amounts[debtor_id]
    first = next(iter(amounts))
    amounts[first] += left
    return tuple(case.share(key, named[key], amount) for key, amount in amounts.items() if amount.cents)
