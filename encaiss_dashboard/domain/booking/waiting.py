"""Payments that came before their invoice: what waits with a debtor is set against what is issued later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from encaiss_dashboard.domain.booking.book import Book
from encaiss_dashboard.domain.booking.choosing import How, choose
from encaiss_dashboard.domain.booking.nouns import Late, OpenItem, Part, Policy, Rules, Waiting
from encaiss_dashboard.domain.booking.pointing import Weight, pointed_at
from encaiss_dashboard.domain.booking.settling import oldest_first, settle


def settle_waiting(waiting: Sequence[Waiting], items: Sequence[OpenItem], rules: Rules) -> tuple[Late, ...]:
    """What payments of one debtor that wait settle of its open items, each from the later of both days.

    The earliest payment comes first. What a payment names, or is the balance of, it settles; of anything
    else only what the policy says, and nothing while it names an invoice that is not there yet.

    Args:
        waiting: of one debtor, in any order.
        items: of the same debtor. Those of a zero balance that a payment may have named tell that it does not
            wait for them.
        rules: of its client.
    """
    found: list[Late] = []
    left = {one.invoice_id: one for one in items}
    for one in sorted(waiting, key=lambda one: (one.on, one.payment_id)):
        for part in _parts(one, list(left.values()), rules):
            item = left[part.invoice_id]
            found.append(Late(one.payment_id, max(one.on, item.issue), part))
            left[part.invoice_id] = _less(item, part)
    return tuple(found)


def _parts(one: Waiting, items: Sequence[OpenItem], rules: Rules) -> tuple[Part, ...]:
    open_items = oldest_first(i for i in items if i.open.cents > 0 and i.open.currency == one.left.currency)
    if not open_items:
        return ()
    ids, elsewhere = _named(one, items)
    named = [item for item in open_items if item.invoice_id in ids]
    if not named:
        choice = choose(one.left, open_items, rules, one.on)
        if choice and choice.how is not How.LOOSE_SUM:
            named = list(choice.items)
    policy = Policy.STRICT if elsewhere else rules.policy
    return settle(one.left, open_items, policy, [i.invoice_id for i in named], rules.tolerance_cents)


def _named(one: Waiting, items: Sequence[OpenItem]) -> tuple[set[int], bool]:
    """Ids of the items that a payment names, and whether it names something else."""
    if one.movement is None:
        return set(), False
    debtor_id = items[0].debtor_id
    rows = (
        (i.invoice_id, debtor_id, i.number, i.reference, i.issue, i.due, i.open.currency, i.open.cents, True)
        for i in items
    )
    book = Book([(debtor_id, items[0].client_id, "", "")], rows)
    pointed = pointed_at(one.movement, book, ())
    said = (p for p in pointed.pointers if p.weight > Weight.CHANCE)
    return {item.invoice_id for pointer in said for item in pointer.items}, pointed.elsewhere


def _less(item: OpenItem, part: Part) -> OpenItem:
    if part.kind is None:
        return replace(item, open=item.open - part.amount)
    asked = ((k, m - part.amount if k is part.kind else m) for k, m in item.accessories)
    return replace(item, accessories=tuple(pair for pair in asked if pair[1].cents > 0))
