"""What becomes of a line: a proposal accepted, a person's own division, set aside, or taken back."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from sqlmodel import Session, col, delete, select

from encaiss_dashboard.domain.booking import DecisionKind, Part, Proposal, Reason, Share
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.books import Books, rest
from encaiss_dashboard.services.payments.proposing import proposals
from encaiss_dashboard.services.payments.reversing import (
    check_unreturned,
    checked_words,
    payment_of,
    refund,
    return_as_proposed,
    undo_line,
)
from encaiss_dashboard.services.payments.seen import (
    Booking,
    DoesNotAddUp,
    LineDecided,
    PartSeen,
    ShareSeen,
    Suggestion,
    ToldShare,
)
from encaiss_dashboard.services.payments.writing import Writer, check_room, lock
from encaiss_dashboard.storage import bank_lines, queries, records
from encaiss_dashboard.storage.bank import BankLine, Counterparty
from encaiss_dashboard.storage.bank_lines import ID_MAX, LineState
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work

_SHARES_MAX = 200
_CENTS_MAX = 10**15


def owner_of(action: Action, work: Work, client_id: int | None) -> int | None:
    """The owner of an account, once it is sure that the actor may do this: a client, or the agency (None).

    Raises:
        NotAllowed: no right to it.
    """
    if client_id is None:
        work.require_agency()
        return None
    return work.require(action, client_id)


def clients_of(session: Session, owner: int | None) -> list[int]:
    """Whose debtors may have paid to an account: its client's, or everybody's."""
    if owner is not None:
        return [owner]
    return sorted(queries.known(key) for key in session.exec(select(records.Client.id)))


def suggestions(work: Work, client_id: int | None, line_id: int) -> tuple[Suggestion, ...]:
    """Ways to book a line that waits, the surest first; none for one that does not wait.

    Raises:
        NotFound: no such line, or somebody else's.
    """
    owner = owner_of(Action.VIEW, work, client_id)
    found = bank_lines.line_of(work.session, owner, line_id)
    if found.state is not LineState.WAITING:
        return ()
    books = Books(work, clients_of(work.session, owner))
    return tuple(_suggestion(work, books, one) for one in proposals(books, found.line))


def accept(work: Work, client_id: int | None, line_id: int, mark: str) -> tuple[int, ...]:
    """Book a line as it was suggested; returns the ids of the payments.

    Args:
        work: of whoever accepts.
        client_id: whose account, None for the agency's own.
        line_id: the line.
        mark: of the suggestion that was shown.

    Raises:
        NotFound: no such line, or somebody else's.
        LineDecided: somebody was quicker.
        ChangedMeanwhile: it would be booked otherwise by now.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    line = _waiting(work, owner, line_id)
    books = Books(work, clients_of(work.session, owner))
    chosen = next((one for one in proposals(books, line) if mark_of(one) == mark), None)
    if chosen is None:
        raise ChangedMeanwhile
    writer = Writer(work)
    terms = {"suggested": True, "named": list(chosen.named)}
    how = Booking(chosen.reason.value, chosen.confidence, learn=True, terms=terms)
    if chosen.confirms:
        writer.confirm(line, chosen.confirms, how)
    elif chosen.takes_back:
        return_as_proposed(writer, line, chosen)
        writer.decide(line, DecisionKind.BOOKED, how)
    else:
        lock(work.session, {share.client_id for share in chosen.shares})
        check_room(work.session, chosen.shares)
        writer.book(line, chosen.shares, how)
    return tuple(writer.write())


def book_as_told(
    work: Work, client_id: int | None, line_id: int, told: Sequence[ToldShare], *, learn: bool = True
) -> tuple[int, ...]:
    """Book a line as a person divides it; returns the ids of the payments.

    Args:
        work: of that person.
        client_id: whose account, None for the agency's own.
        line_id: the line.
        told: what is of whom, and what of it settles which invoice; the rest waits with the debtor.
        learn: whether the account and the name mean this debtor from now on.

    Raises:
        NotFound: no such line or debtor, or somebody else's.
        LineDecided: somebody was quicker.
        DoesNotAddUp: not all of the line was divided, or more than it.
        MoreThanOwed: an invoice is not open as far as that.
        Unreadable: amounts that make no sense.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    line = _waiting(work, owner, line_id)
    shares = _shares(work, owner, line, told)
    lock(work.session, {share.client_id for share in shares})
    writer = Writer(work)
    if line.amount_cents < 0:
        for share in shares:
            refund(writer, line, (share.client_id, share.debtor_id), -share.amount.cents)
        writer.decide(line, DecisionKind.BOOKED, Booking())
        return tuple(writer.write())
    check_room(work.session, shares)
    writer.book(line, shares, Booking(learn=bool(learn)))
    return tuple(writer.write())


def take_back_payment(work: Work, client_id: int | None, line_id: int, payment_id: int) -> tuple[int, ...]:
    """A negative line takes back a payment that a person chose, up to its amount.

    Raises:
        NotFound: no such line or payment, or somebody else's.
        LineDecided: somebody was quicker.
        AlreadyReturned, MoreThanOwed: less is left of the payment.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    line = _waiting(work, owner, line_id)
    if line.amount_cents >= 0:
        raise Unreadable(value=str(line.amount_cents))
    original = _payment_anywhere(work, owner, payment_id)
    if original.currency != line.currency:
        raise Unreadable(value=original.currency)
    writer = Writer(work)
    proposal = Proposal(Reason.RETURNED, 100, (), takes_back=(queries.known(original.id),))
    return_as_proposed(writer, line, proposal)
    writer.decide(line, DecisionKind.BOOKED, Booking())
    return tuple(writer.write())


def set_aside(work: Work, client_id: int | None, line_id: int, words: str) -> None:
    """Say that a line pays no invoice: costs of the bank, a transfer of one's own, somebody else's money.

    Raises:
        NotFound: no such line, or somebody else's.
        LineDecided: somebody was quicker.
        Unreadable: no words, or too many.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    line = _waiting(work, owner, line_id)
    said = checked_words(words)
    if not said:
        raise Unreadable(value="")
    writer = Writer(work)
    writer.decide(line, DecisionKind.SET_ASIDE, Booking(words=said))
    writer.write()
    _tell(work, ActKind.LINE_SET_ASIDE, line, said)


def reopen(work: Work, client_id: int | None, line_id: int) -> None:
    """Take a decision about a line back, as if it had never been: it waits again and taught nothing.

    Raises:
        NotFound: no such line, or somebody else's.
        LineDecided: it waits already.
        AlreadyReturned: another line took back what it paid; that one first.
    """
    owner = owner_of(Action.UPLOAD, work, client_id)
    found = bank_lines.line_of(work.session, owner, line_id, lock=True)
    if found.state is LineState.WAITING:
        raise LineDecided
    writer = Writer(work)
    if found.state is LineState.BOOKED:
        check_unreturned(work.session, found)
        undo_line(writer, found.line)
    writer.decide(found.line, DecisionKind.REOPENED, Booking())
    writer.write()
    forget(work.session, [queries.known(found.line.id)])
    _tell(work, ActKind.LINE_REOPENED, found.line, "")


def forget(session: Session, line_ids: Collection[int]) -> None:
    """Nothing is learnt from these lines any more."""
    for some in bank_lines.in_parts(sorted(line_ids)):
        session.exec(delete(Counterparty).where(col(Counterparty.line_id).in_(some)))


def mark_of(proposal: Proposal) -> str:
    """What a suggestion is told from others by: all that it would write."""
    told = (
        proposal.reason.value,
        sorted(proposal.takes_back),
        sorted(proposal.confirms),
        [
            (
                share.debtor_id,
                share.amount.cents,
                [(p.invoice_id, p.kind, p.amount.cents) for p in share.parts],
            )
            for share in proposal.shares
        ],
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _waiting(work: Work, owner: int | None, line_id: int) -> BankLine:
    """A line that waits, which nobody else decides about before this transaction ends."""
    if owner is not None:
        lock(work.session, [owner])
    found = bank_lines.line_of(work.session, owner, line_id, lock=True)
    if found.state is not LineState.WAITING:
        raise LineDecided
    return found.line


def _shares(work: Work, owner: int | None, line: BankLine, told: Sequence[ToldShare]) -> list[Share]:
    if not told or len(told) > _SHARES_MAX or len({one.debtor_id for one in told}) != len(told):
        raise DoesNotAddUp(told="0.00", amount=str(Money(line.amount_cents, line.currency)))
    shares = [_share(work, owner, line, one) for one in told]
    whole = sum(share.amount.cents for share in shares)
    if whole != line.amount_cents:
        amount = Money(line.amount_cents, line.currency)
        raise DoesNotAddUp(told=str(Money(whole, line.currency)), amount=str(amount))
    return shares


def _share(work: Work, owner: int | None, line: BankLine, told: ToldShare) -> Share:
    debtor = _debtor(work, owner, told.debtor_id)
    sign = 1 if line.amount_cents > 0 else -1
    amount = _money(told.amount_cents * sign if _is_cents(told.amount_cents) else 0, line.currency)
    parts = tuple(
        Part(_key(one.invoice_id), _money(one.amount_cents, line.currency), _kind(one.kind))
        for one in told.parts
    )
    if len({(part.invoice_id, part.kind) for part in parts}) != len(parts) or (sign < 0 and parts):
        raise Unreadable(value="")
    share = Share(
        debtor.client_id, queries.known(debtor.id), Money(amount.cents * sign, line.currency), parts
    )
    if sign > 0 and rest(share).cents < 0:
        whole = Money.total((part.amount for part in parts), line.currency)
        raise DoesNotAddUp(told=str(whole), amount=str(amount))
    return share


def _debtor(work: Work, owner: int | None, debtor_id: int) -> records.Debtor:
    found = work.session.get(records.Debtor, _key(debtor_id))
    if found is None or (owner is not None and found.client_id != owner):
        raise NotFound
    return found


def _payment_anywhere(work: Work, owner: int | None, payment_id: int) -> records.Payment:
    if owner is not None:
        return payment_of(work.session, owner, payment_id)
    row = work.session.get(records.Payment, _key(payment_id))
    if row is None or row.reverses_id is not None:
        raise NotFound
    return row


def _key(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= ID_MAX:
        raise NotFound
    return value


def _is_cents(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _money(cents: int, currency: str) -> Money:
    if not _is_cents(cents) or not 0 < cents < _CENTS_MAX:
        raise Unreadable(value=str(cents)[:20])
    return Money(cents, currency)


def _kind(value: str) -> ClaimKind | None:
    if value not in {"", *ClaimKind}:
        raise Unreadable(value=str(value)[:20])
    return ClaimKind(value) if value else None


def _tell(work: Work, kind: ActKind, line: BankLine, words: str) -> None:
    facts: dict[str, object] = {
        "line": queries.known(line.id),
        "cents": line.amount_cents,
        "currency": line.currency,
        "from": line.counterparty,
    }
    if words:
        facts["words"] = words
    work.journal.record(kind, day=work.today, client_id=line.client_id, facts=facts)


def _suggestion(work: Work, books: Books, one: Proposal) -> Suggestion:
    shares = tuple(_share_seen(work, books, share, before=bool(one.confirms)) for share in one.shares)
    return Suggestion(mark_of(one), one.reason, one.confidence, shares, one.takes_back, one.confirms)


def _share_seen(work: Work, books: Books, share: Share, *, before: bool) -> ShareSeen:
    """``before``: what is open is told as it was before what it settles."""
    client = work.session.get_one(records.Client, share.client_id)
    debtor = work.session.get_one(records.Debtor, share.debtor_id)
    items = {one.invoice_id: one for one in books.book.items_of(share.debtor_id)}
    parts = []
    for part in share.parts:
        item = items.get(part.invoice_id)
        row = work.session.get_one(records.Invoice, part.invoice_id)
        balance = item.open if item else Money(0, part.amount.currency)
        balance = balance + part.amount if before and not part.kind else balance
        parts.append(PartSeen(part.invoice_id, row.number, row.due, part.kind or "", part.amount, balance))
    return ShareSeen(
        share.client_id,
        client.name,
        share.debtor_id,
        debtor.name,
        share.amount,
        tuple(parts),
        rest(share),
        share.short,
    )
