"""What is open with one client, or with all for the agency's own account, so that payments find it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.booking import (
    CONFIRM_DAYS_MAX,
    OpenItem,
    Part,
    Policy,
    Proposal,
    Rules,
    Said,
    Share,
    settle,
)
from encaiss_dashboard.domain.booking.book import Book, ItemRow
from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage import confirmations, merges, payments, queries, records
from encaiss_dashboard.storage.bank import BankLine, BookingRules
from encaiss_dashboard.storage.payments import Asked
from encaiss_dashboard.work import Work

OF_THE_HOUSE = Rules()


class Books:
    """The book of some clients with the rules of each."""

    def __init__(
        self, work: Work, client_ids: Sequence[int], debtor_ids: Collection[int] | None = None
    ) -> None:
        """Read all that is open; of some debtors only where they are named."""
        self._work, self.client_ids = work, tuple(client_ids)
        session = self.session = work.session
        self.rules = rules_of(session, self.client_ids)
        debtors = payments.debtor_rows(session, self.client_ids)
        if debtor_ids is not None:
            debtors = [row for row in debtors if row[0] in debtor_ids]
        self.clients = {row[0]: row[1] for row in debtors}
        self.asked = payments.asked(session, self.client_ids)
        sums = {key: tuple((one.kind, one.left) for one in some) for key, some in self.asked.items()}
        learnt = payments.learnt_rows(session, self.client_ids)
        self.book = Book([*debtors, *self._former()], self._items(debtor_ids), learnt, sums)

    def _former(self) -> Iterator[tuple[int, int, str, str]]:
        """Names and accounts of debtors merged away, which mean the one that has what they had."""
        for client_id in self.client_ids:
            for kept, gone in merges.former(self._work.session, client_id).items():
                yield from ((kept, client_id, one.name, one.iban) for one in gone if kept in self.clients)

    def _items(self, debtor_ids: Collection[int] | None) -> Iterator[ItemRow]:
        session = self._work.session
        for client_id in self.client_ids:
            states = queries.delegation_states(session, client_id, self._work.today)
            followed = {key for key, one in states.items() if one.state is not DelegationState.NOT_DELEGATED}
            where: list[Any] = [records.Invoice.client_id == client_id]
            if debtor_ids is not None:
                where.append(col(records.Invoice.debtor_id).in_(sorted(debtor_ids)))
            for row in payments.balances(session, where):
                yield (*row[:7], int(row[7]), row[1] in followed)

    def on_the_day(self, proposal: Proposal, on: date) -> Proposal:
        """The same without accessories that nobody had asked for by then."""
        return replace(
            proposal, shares=tuple(self._share(one, proposal.named, on) for one in proposal.shares)
        )

    @cached_property
    def _confirmable(self) -> list[tuple[records.Payment, bool]]:
        found = (confirmations.confirmable(self.session, key) for key in self.client_ids)
        return sorted((pair for some in found for pair in some), key=lambda pair: pair[0].on)

    @cached_property
    def _confirmed(self) -> set[int]:
        return {key for one in self.client_ids for key in confirmations.confirmed(self.session, one)}

    def confirm(self, payment_ids: Collection[int]) -> None:
        """A line confirms these payments: no other line does any more."""
        self._confirmed.update(payment_ids)

    def said_about(self, line: BankLine) -> list[Said]:
        """Payments of about the day of a line, and no more than it, that it may tell of.

        Only for a client's own account: what its debtors paid to it never comes to the agency's.
        """
        if line.client_id is None or not self._confirmable:
            return []
        low, high = (line.value_on + timedelta(n) for n in (-CONFIRM_DAYS_MAX, CONFIRM_DAYS_MAX))
        first = bisect_left(self._confirmable, low, key=lambda pair: pair[0].on)
        last = bisect_right(self._confirmable, high, key=lambda pair: pair[0].on)
        near = [
            pair
            for pair in self._confirmable[first:last]
            if pair[0].currency == line.currency and pair[0].amount_cents <= line.amount_cents
        ]
        if any(of_table for _, of_table in near) and confirmations.is_of_table(self.session, line):
            near = [pair for pair in near if not pair[1]]
        parts = payments.parts(self.session, [queries.known(row.id) for row, _ in near])
        return [_said(row, parts, self._confirmed) for row, _ in near]

    def _share(self, share: Share, named: Sequence[int], on: date) -> Share:
        if not any(part.kind and not self._was_asked(part, on) for part in share.parts):
            return share
        items = [self._stripped(one, on) for one in self.book.items_of(share.debtor_id)]
        rules = self.rules[share.client_id]
        parts = settle(share.amount, items, rules.policy, named, rules.tolerance_cents)
        return replace(share, parts=parts)

    def _was_asked(self, part: Part, on: date) -> bool:
        return any(one.kind is part.kind and one.on <= on for one in self.asked.get(part.invoice_id, ()))

    def _stripped(self, item: OpenItem, on: date) -> OpenItem:
        mine: Sequence[Asked] = self.asked.get(item.invoice_id, ())
        then = {one.kind for one in mine if one.on <= on}
        return replace(item, accessories=tuple(pair for pair in item.accessories if pair[0] in then))


def _said(
    row: records.Payment, parts: Mapping[int, Sequence[tuple[date, Part]]], confirmed: Collection[int]
) -> Said:
    key = queries.known(row.id)
    mine = tuple(part for _, part in parts.get(key, ()))
    amount = Money(row.amount_cents, row.currency)
    return Said(key, row.client_id, row.debtor_id, row.on, amount, mine, key in confirmed)


def rules_of(session: Session, client_ids: Collection[int]) -> dict[int, Rules]:
    """How each client's payments are booked: what it said last, else as the house does."""
    row = BookingRules
    query = select(row).where(col(row.client_id).in_(list(client_ids))).order_by(col(row.id))
    said = {
        one.client_id: Rules(Policy(one.policy), one.confidence_min, one.tolerance_cents)
        for one in session.exec(query)
    }
    return {key: said.get(key, OF_THE_HOUSE) for key in client_ids}


def rest(share: Share) -> Money:
    """What the parts of a share leave of it."""
    return share.amount - Money.total((part.amount for part in share.parts), share.amount.currency)
