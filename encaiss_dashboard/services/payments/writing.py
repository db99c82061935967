"""Payments written down: each with what it settles, its act, and the decision about the line it came on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlmodel import Session, col, select
from stdnum import iban

from encaiss_dashboard.domain.booking import DecisionKind, Part, Share
from encaiss_dashboard.domain.booking.room import room_from
from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.services.payments.seen import Booking, MoreThanOwed
from encaiss_dashboard.storage import payments, queries, records
from encaiss_dashboard.storage.bank import AccessoryAllocation, BankDecision, BankLine, Counterparty
from encaiss_dashboard.storage.journal import ActKind, Entry
from encaiss_dashboard.work import Work

_ACTS_AT_ONCE = 500
_NAMED_MAX = 20
_REFERENCE_LENGTH = 140


@dataclass(frozen=True, slots=True)
class _New:
    """One payment to be written; ``parts`` that bring their own day are of a taking back."""

    row: records.Payment
    parts: Sequence[tuple[date | None, Part]]
    act: ActKind
    line: BankLine | None
    words: str = ""


@dataclass
class Writer:
    """What one action writes; nothing is there before :meth:`write`."""

    work: Work
    _new: list[_New] = field(default_factory=list)
    _decided: list[tuple[BankLine, DecisionKind, Booking]] = field(default_factory=list)
    _confirmed: list[tuple[BankLine, tuple[int, ...]]] = field(default_factory=list)
    _learnt: list[Counterparty] = field(default_factory=list)

    def book(self, line: BankLine, shares: Iterable[Share], how: Booking) -> None:
        """A line becomes payments, one a debtor."""
        mine = list(shares)
        for share in mine:
            self.pay(share, line.value_on, source="bank", reference=_said(line), line=line)
        self._decided.append((line, DecisionKind.BOOKED, how))
        if how.learn and len(mine) == 1 and mine[0].amount.cents > 0:
            self._learn(line, mine[0])

    def pay(
        self, share: Share, on: date, *, source: str, reference: str, line: BankLine | None = None
    ) -> records.Payment:
        """A payment of one debtor."""
        row = self._payment(share, on, share.amount, source, reference)
        row.bank_line_id = line.id if line else None
        parts = [(None, part) for part in share.parts]
        self._new.append(_New(row, parts, ActKind.PAYMENT, line))
        return row

    def give_back(
        self,
        of: records.Payment,
        on: date,
        amount: Money,
        parts: Sequence[tuple[date, Part]],
        *,
        source: str,
        line: BankLine | None = None,
        words: str = "",
    ) -> records.Payment:
        """What takes a payment back; ``amount`` and ``parts`` have the sign of what is written."""
        row = self._payment(of, on, amount, source, of.reference)
        row.bank_line_id, row.reverses_id = (line.id if line else None), of.reverses_id or of.id
        act = ActKind.PAYMENT_UNDONE if source == payments.UNDONE else ActKind.PAYMENT_RETURNED
        self._new.append(_New(row, parts, act, line, words))
        return row

    def decide(self, line: BankLine, kind: DecisionKind, how: Booking) -> None:
        """Something else was decided about a line."""
        self._decided.append((line, kind, how))

    def confirm(self, line: BankLine, payment_ids: tuple[int, ...], how: Booking) -> None:
        """A line tells of payments that are in the books: they stand as they are, on their own days."""
        terms = {**how.terms, "confirms": list(payment_ids)}
        self._decided.append((line, DecisionKind.CONFIRMED, replace(how, terms=terms)))
        self._confirmed.append((line, payment_ids))

    def write(self) -> list[int]:
        """Write it all; returns the ids of the payments in their order."""
        session = self.work.session
        session.add_all([one.row for one in self._new])
        session.flush()
        invoices = _invoices(session, {part.invoice_id for one in self._new for _, part in one.parts})
        lines = payments.timelines(session, invoices)
        for one in self._new:
            for on, part in one.parts:
                invoice = invoices[part.invoice_id]
                settled = lines.get(part.invoice_id, [])
                day = on if on and part.amount.cents < 0 else _day(on or one.row.on, part, invoice, settled)
                session.add(_allocation(one.row, part, day))
                if part.kind is None and part.invoice_id in lines:
                    lines[part.invoice_id].append((day, part.amount.cents))
        for line, kind, how in self._decided:
            session.add(self._decision(line, kind, how))
        session.add_all(self._learnt)
        session.flush()
        acts = [_act(one, invoices) for one in self._new]
        acts += [_confirmed(session, line, key) for line, keys in self._confirmed for key in keys]
        for start in range(0, len(acts), _ACTS_AT_ONCE):
            self.work.journal.record_many(acts[start : start + _ACTS_AT_ONCE])
        return [queries.known(one.row.id) for one in self._new]

    def _payment(
        self, whose: Share | records.Payment, on: date, amount: Money, source: str, reference: str
    ) -> records.Payment:
        return records.Payment(
            client_id=whose.client_id,
            debtor_id=whose.debtor_id,
            on=on,
            currency=amount.currency,
            amount_cents=amount.cents,
            source=source,
            reference=reference,
            recorded_at=self.work.now,
        )

    def _decision(self, line: BankLine, kind: DecisionKind, how: Booking) -> BankDecision:
        return BankDecision(
            client_id=line.client_id,
            line_id=queries.known(line.id),
            kind=kind.value,
            reason=how.reason,
            confidence=how.confidence,
            terms=how.terms,
            words=how.words,
            user_id=self.work.actor.user_id,
            at=self.work.now,
        )

    def _learn(self, line: BankLine, share: Share) -> None:
        keys = [line.iban] if iban.is_valid(line.iban) else []
        keys += [f"name:{name}"] if (name := name_key(line.counterparty)) else []
        self._learnt += [
            Counterparty(
                client_id=share.client_id,
                debtor_id=share.debtor_id,
                key=key,
                line_id=line.id,
                user_id=self.work.actor.user_id,
                at=self.work.now,
            )
            for key in keys
        ]


def check_room(session: Session, shares: Iterable[Share]) -> None:
    """Make sure that no part is more than is open of its invoice, of its debtor, in its currency.

    Raises:
        MoreThanOwed: with the invoice's number and what is left.
    """
    wanted: dict[int, int] = defaultdict(int)
    whose: dict[int, Share] = {}
    beside: dict[tuple[int, str], int] = defaultdict(int)
    for share in shares:
        for part in share.parts:
            whose[part.invoice_id] = share
            if part.kind is None:
                wanted[part.invoice_id] += part.amount.cents
            else:
                beside[part.invoice_id, part.kind.value] += part.amount.cents
    rows = payments.balances(session, [col(records.Invoice.id).in_(sorted(whose))])
    found = {row[0]: row for row in rows}
    for key, share in whose.items():
        row = found.get(key)
        if row is None or row[1] != share.debtor_id or row[6] != share.amount.currency:
            raise MoreThanOwed(what=str(row[2]) if row else "?", left="0.00")
        if wanted.get(key, 0) > row[7]:
            raise MoreThanOwed(what=str(row[2]), left=str(Money(int(row[7]), row[6])))
    if beside:
        clients = {share.client_id for share in whose.values()}
        asked = payments.asked(session, clients, {key for key, _ in beside})
        for (key, kind), cents in beside.items():
            left = sum(one.left.cents for one in asked.get(key, ()) if one.kind == kind)
            if cents > left:
                raise MoreThanOwed(what=str(found[key][2]), left=str(Money(left, found[key][6])))


def lock(session: Session, client_ids: Collection[int]) -> None:
    """Nobody else books for these clients before this transaction ends; always in the same order."""
    for client_id in sorted(set(client_ids)):
        session.get(records.Client, client_id, with_for_update=True)


def _invoices(session: Session, ids: Collection[int]) -> dict[int, records.Invoice]:
    found: dict[int, records.Invoice] = {}
    for some in payments.parts_of(ids):
        query = select(records.Invoice).where(col(records.Invoice.id).in_(some))
        found |= {queries.known(row.id): row for row in session.exec(query)}
    return found


def _day(on: date, part: Part, invoice: records.Invoice, settled: Sequence[tuple[date, int]]) -> date:
    earliest = max(on, invoice.issue)
    if part.kind is not None or not settled:
        return earliest
    return room_from(invoice.total_cents, settled, part.amount.cents, earliest)


def _allocation(row: records.Payment, part: Part, on: date) -> records.Allocation | AccessoryAllocation:
    payment_id = queries.known(row.id)
    if part.kind is not None:
        return AccessoryAllocation(
            client_id=row.client_id,
            invoice_id=part.invoice_id,
            payment_id=payment_id,
            kind=part.kind.value,
            on=on,
            currency=part.amount.currency,
            amount_cents=part.amount.cents,
        )
    return records.Allocation(
        client_id=row.client_id,
        invoice_id=part.invoice_id,
        payment_id=payment_id,
        on=on,
        currency=part.amount.currency,
        amount_cents=part.amount.cents,
    )


def _said(line: BankLine) -> str:
    """What a payer wrote, as its client reads it."""
    said = " ".join(filter(None, (line.invoice_number, line.structured, line.text)))
    return " ".join(said.split())[:_REFERENCE_LENGTH]


def _confirmed(session: Session, line: BankLine, payment_id: int) -> Entry:
    row = session.get_one(records.Payment, payment_id)
    facts: dict[str, object] = {
        "cents": row.amount_cents,
        "currency": row.currency,
        "payment": payment_id,
        "line": queries.known(line.id),
    }
    return Entry(ActKind.PAYMENT_CONFIRMED, line.value_on, row.client_id, row.debtor_id, facts)


def _act(one: _New, invoices: dict[int, records.Invoice]) -> Entry:
    row = one.row
    numbers = list(dict.fromkeys(invoices[part.invoice_id].number for _, part in one.parts))
    facts = {
        "cents": row.amount_cents,
        "currency": row.currency,
        "number": ", ".join(numbers[:_NAMED_MAX]),
        "payment": queries.known(row.id),
        "source": row.source,
    }
    if one.line is not None:
        facts["line"] = queries.known(one.line.id)
    if one.words:
        facts["words"] = one.words
    return Entry(one.act, row.on, row.client_id, row.debtor_id, facts)
