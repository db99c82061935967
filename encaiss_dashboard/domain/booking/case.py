"""One movement before a book: who may pay, and what a proposal of it looks like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking.book import Book
from encaiss_dashboard.domain.booking.nouns import OpenItem, Policy, Proposal, Reason, Rules, Share
from encaiss_dashboard.domain.booking.pointing import Pointed, pointed_at
from encaiss_dashboard.domain.booking.settling import principal, settle
from encaiss_dashboard.domain.money import Money

DEFAULT = Rules()


@dataclass
class Case:
    """A movement, the book, and what each says of the other."""

    movement: Movement
    book: Book
    rules: Mapping[int, Rules]

    @property
    def amount(self) -> Money:
        """What came in."""
        return self.movement.amount

    @cached_property
    def by_account(self) -> tuple[int, ...]:
        """Debtors that the account is known to be of."""
        return tuple(dict.fromkeys(self.book.with_account(self.movement.iban)))

    @cached_property
    def learnt(self) -> tuple[int, ...]:
        """Debtors that somebody decided this payer to be."""
        return tuple(self.book.learnt(self.movement.iban, self.movement.counterparty))

    @cached_property
    def alike(self) -> dict[int, int]:
        """Debtors named nearly as the payer is, each with how nearly."""
        return dict(self.book.alike(self.movement.counterparty))

    @cached_property
    def pointed(self) -> Pointed:
        """What the movement itself names."""
        return pointed_at(self.movement, self.book, {*self.by_account, *self.learnt})

    def is_payer(self, debtor_id: int) -> bool:
        """Whether account, earlier decisions or name say that this debtor pays."""
        return debtor_id in self.by_account or debtor_id in self.learnt or debtor_id in self.alike

    def rules_of(self, debtor_id: int) -> Rules:
        """How its client's payments are booked."""
        return self.rules.get(self.book.client_of(debtor_id), DEFAULT)

    def items_of(self, debtor_id: int) -> list[OpenItem]:
        """What is open with it in the movement's currency, due longest first."""
        return [one for one in self.book.items_of(debtor_id) if self.is_payable(one)]

    def is_payable(self, item: OpenItem) -> bool:
        """Whether the movement's money can settle it."""
        return item.open.cents > 0 and item.open.currency == self.amount.currency

    def share(self, debtor_id: int, named: Sequence[OpenItem], amount: Money | None = None) -> Share:
        """What a debtor's share settles, the named items first."""
        amount, rules = amount or self.amount, self.rules_of(debtor_id)
        policy, tolerance = rules.policy, rules.tolerance_cents
        missing = principal(named, amount.currency) - amount if named else Money(0, amount.currency)
        if named and -tolerance <= missing.cents < 0 and policy is Policy.OLDEST_FIRST:
            policy = Policy.STRICT  # some cents too many are no payment of another invoice
        ids = [one.invoice_id for one in named]
        items = named if named and missing.cents >= 0 else self.items_of(debtor_id)  # the others get nothing
        parts = settle(amount, items, policy, ids, tolerance)
        short = missing if 0 < missing.cents <= tolerance else None
        return Share(self.book.client_of(debtor_id), debtor_id, amount, parts, short)

    def waits(self, debtor_id: int) -> Share:
        """The whole amount, set against nothing."""
        return Share(self.book.client_of(debtor_id), debtor_id, self.amount, ())

    def proposal(
        self, reason: Reason, confidence: int, debtor_id: int, named: Sequence[OpenItem] = ()
    ) -> Proposal:
        """All of it is one debtor's."""
        ids = tuple(one.invoice_id for one in named)
        return Proposal(reason, confidence, (self.share(debtor_id, named),), ids)


def at_most(proposal: Proposal, confidence: int) -> Proposal:
    """The same, less sure."""
    return replace(proposal, confidence=min(proposal.confidence, confidence))
