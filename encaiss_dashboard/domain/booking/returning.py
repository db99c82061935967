"""What a movement takes back: a payment that came back, a direct debit refused, money refunded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.book import compact_iban
from encaiss_dashboard.domain.booking.nouns import Booked, Part, Proposal, Reason, Share
from encaiss_dashboard.domain.matching import ALIKE, likeness
from encaiss_dashboard.domain.money import Money

RETURN_DAYS_MAX: Final = 400
"""Thirteen months: how long a direct debit that nobody authorised may be taken back (EPC016, SDD Core)."""
_VALUE_DAYS_MAX: Final = 5
"""By how much the value date of what came in may be after the day on which it went back."""
_PROPOSED_MAX: Final = 5
_UNSURE: Final = 80
_SAME_REFERENCE, _SAME_END_TO_END, _SAME_MANDATE, _SAME_ACCOUNT = 97, 96, 92, 90
_REFUND, _LESS = 75, 75


def propose_return(movement: Movement, booked: Iterable[Booked]) -> tuple[Proposal, ...]:
    """At most five ways in which money that left takes back payments that were booked, the surest first.

    What came back goes by the identification that both movements carry; else by mandate, account or name with
    the same amount, the newest first, and unsure as soon as there are two. Money that left without being
    called a return may be a refund: sure only where it is what the payment had too much. Of a part of a
    payment its free money is taken back first, then what it settled last.

    Shares and their parts are below zero; ``takes_back`` has the payments in the order of the shares.

    Args:
        movement: of what came in, and of costs, nothing is proposed.
        booked: what may be meant, in any order.
    """
    if movement.amount.cents >= 0 or movement.is_charge:
        return ()
    lines: dict[int, list[Booked]] = defaultdict(list)
    for one in booked:
        days = (max(movement.booked_on, movement.value_on) - one.on).days
        if one.amount.currency == movement.amount.currency and -_VALUE_DAYS_MAX <= days <= RETURN_DAYS_MAX:
            lines[one.line_id].append(one)
    newest = sorted(lines.values(), key=lambda group: (group[0].on, group[0].line_id), reverse=True)
    found = [told for group in newest if (told := _proposal(movement, group)) is not None]
    found.sort(key=lambda one: -one.confidence)
    if len(found) > 1 and found[0].confidence == found[1].confidence:
        found = [replace(one, confidence=min(one.confidence, _UNSURE)) for one in found]
    return tuple(found[:_PROPOSED_MAX])


def _proposal(movement: Movement, group: Sequence[Booked]) -> Proposal | None:
    """How a movement takes back the payments of one earlier movement; None where nothing says so."""
    back, currency = -movement.amount, movement.amount.currency
    whole = Money.total((one.amount for one in group), currency)
    free = Money.total((one.free for one in group), currency)
    if back > whole:
        return None
    is_free = back == free and not movement.is_return and _is_payer(movement, group[0])
    confidence = _SAME_ACCOUNT if is_free else _confidence(movement, group[0], exact=back == whole)
    if not confidence:
        return None
    shares = _shares(group, back, only_free=is_free)
    return Proposal(
        Reason.RETURNED,
        confidence,
        tuple(share for _, share in shares),
        tuple(dict.fromkeys(part.invoice_id for _, share in shares for part in share.parts)),
        tuple(payment_id for payment_id, _ in shares),
    )


def _confidence(movement: Movement, one: Booked, *, exact: bool) -> int:
    told = 0
    if movement.bank_reference and movement.bank_reference == one.bank_reference:
        told = _SAME_REFERENCE
    elif movement.end_to_end and movement.end_to_end == one.end_to_end:
        told = _SAME_END_TO_END
    if told:
        return told if exact else _LESS
    if not exact:
        return 0
    if movement.mandate and movement.mandate == one.mandate:
        return _SAME_MANDATE if movement.is_return else _REFUND
    if movement.iban and _is_payer(movement, one):
        return _SAME_ACCOUNT if movement.is_return else _REFUND
    named = bool(movement.counterparty and one.counterparty)
    is_alike = named and likeness(movement.counterparty, one.counterparty) >= ALIKE
    return _UNSURE if movement.is_return and is_alike else 0


def _is_payer(movement: Movement, one: Booked) -> bool:
    """Whether the money goes to the account that it came from."""
    return bool(one.iban) and compact_iban(movement.iban) == compact_iban(one.iban)


def _shares(group: Sequence[Booked], back: Money, *, only_free: bool) -> list[tuple[int, Share]]:
    left, shares = back, list[tuple[int, Share]]()
    for one in group:
        amount = min(left, one.free if only_free else one.amount)
        if amount.cents > 0:
            share = Share(one.client_id, one.debtor_id, -amount, _undone(one, amount))
            shares.append((one.payment_id, share))
            left -= amount
    return shares


def _undone(one: Booked, amount: Money) -> tuple[Part, ...]:
    """What is taken off what a payment settled, the last first, once its free money is gone."""
    left, parts = amount - one.free, list[Part]()
    for part in reversed(one.parts):
        taken = min(left, part.amount)
        if taken.cents > 0:
            parts.append(replace(part, amount=-taken))
            left -= taken
    return tuple(parts)
