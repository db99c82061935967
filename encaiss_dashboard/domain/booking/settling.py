"""What a payment settles, by the policy of its client: whole cents, never more than is owed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from encaiss_dashboard.domain.booking.nouns import OpenItem, Part, Policy
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.money import Money

_PLACES: Final = {kind: place for place, kind in enumerate(ClaimKind)}


def settle(
    amount: Money,
    items: Sequence[OpenItem],
    policy: Policy,
    named: Sequence[int] = (),
    tolerance_cents: int = 0,
) -> tuple[Part, ...]:
    """Divide a payment over the open items of one debtor; what the parts leave of it waits unallocated.

    A debtor may say what it pays, and a payer who quotes an invoice and pays what stands on it has said so:
    under ``INTEREST_FIRST`` an amount that is what is open of the named invoices, to the cent or short by no
    more than the tolerance, is principal. Everything else settles accessories before principal, invoice by
    invoice (Civil code, book 5; RULES §3), in the order of ``ClaimKind``. Where nothing is named, what has
    been due longest comes first; ties go to the earlier issue, then to the lower id.

    Args:
        amount: above zero, else nothing is settled.
        items: with open balances, of one debtor; those of another currency are passed over.
        policy: see :class:`Policy`.
        named: ids of the invoices that the payment points at, in its order; ids of no item are passed over.
        tolerance_cents: see ``Rules``.
    """
    mine = {one.invoice_id: one for one in items if one.open.currency == amount.currency}
    first = [mine[key] for key in dict.fromkeys(named) if key in mine]
    others = oldest_first(one for one in mine.values() if one.invoice_id not in set(named))
    if policy in {Policy.STRICT, Policy.AS_TOLD}:
        return _fill(amount, [(one, False) for one in first])
    if policy is Policy.OLDEST_FIRST:
        return _fill(amount, [(one, False) for one in (*first, *others)])
    asks_interest = not (first and means_principal(amount, first, tolerance_cents))
    return _fill(amount, [*((one, asks_interest) for one in first), *((one, True) for one in others)])


def oldest_first(items: Iterable[OpenItem]) -> list[OpenItem]:
    """The items due longest first."""
    return sorted(items, key=lambda one: (one.due, one.issue, one.invoice_id))


def means_principal(amount: Money, named: Collection[OpenItem], tolerance_cents: int = 0) -> bool:
    """Whether an amount is what is open of the invoices that it names, or less within the tolerance."""
    return 0 <= sum(one.open.cents for one in named) - amount.cents <= tolerance_cents


def principal(items: Iterable[OpenItem], currency: str) -> Money:
    """What is open of some items together."""
    return Money(sum(one.open.cents for one in items), currency)


def with_accessories(items: Iterable[OpenItem], currency: str) -> Money:
    """What is open of some items together, with what was asked for beside it."""
    return Money(sum(one.open.cents + _asked_cents(one) for one in items), currency)


def _asked_cents(item: OpenItem) -> int:
    currency = item.open.currency
    return sum(amount.cents for _, amount in item.accessories if amount.currency == currency)


def _owed(item: OpenItem, *, accessories: bool) -> list[tuple[ClaimKind | None, Money]]:
    if not accessories or not item.accessories:
        return [(None, item.open)]
    asked = [pair for pair in item.accessories if pair[1].currency == item.open.currency]
    return [*sorted(asked, key=lambda pair: _PLACES[pair[0]]), (None, item.open)]


def _fill(amount: Money, order: Iterable[tuple[OpenItem, bool]]) -> tuple[Part, ...]:
    """Fill one item after the other, those marked with their accessories first."""
    left, parts = amount, list[Part]()
    for item, accessories in order:
        if left.cents <= 0:
            break
        for kind, balance in _owed(item, accessories=accessories):
            part = min(left, balance)
            if part.cents > 0:
                parts.append(Part(item.invoice_id, part, kind))
                left -= part
    return tuple(parts)
