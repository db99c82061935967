"""Payments taken back: by a bank on a day of its own, or by a person as if they had never been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlmodel import Session, col, select

from encaiss_dashboard.domain.booking import Part, Proposal
from encaiss_dashboard.domain.claims import ClaimKind
from encaiss_dashboard.domain.errors import NotFound, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.payments.seen import AlreadyReturned, Confirmed, MoreThanOwed
from encaiss_dashboard.services.payments.writing import Writer, lock
from encaiss_dashboard.storage import confirmations, payments, queries
from encaiss_dashboard.storage.bank import BankLine
from encaiss_dashboard.storage.bank_lines import ID_MAX, Decided
from encaiss_dashboard.storage.records import Invoice, Payment
from encaiss_dashboard.work import Work

_YEARS = range(1990, 2100)
WORDS_LENGTH_MAX = 500

_Net = list[tuple[date, Part]]


def reverse(work: Work, client_id: int | None, payment_id: int, on: date, words: str = "") -> int:
    """Take a whole payment back from a day on: what it settled is owed again from then.

    Args:
        work: of whoever knows of it.
        client_id: whose payment.
        payment_id: the payment.
        on: no earlier than the payment.
        words: why.

    Raises:
        NotFound: no such payment, or another client's.
        AlreadyReturned: nothing is left of it.
        Unreadable: a day before the payment.
    """
    client = work.require(Action.UPLOAD, client_id)
    lock(work.session, [client])
    row = payment_of(work.session, client, payment_id)
    if not isinstance(on, date) or on.year not in _YEARS or on < row.on:
        raise Unreadable(value=str(on)[:20])
    writer = Writer(work)
    amount, parts = net(work.session, row)
    if amount.cents <= 0:
        raise AlreadyReturned
    dated = [(max(on, day), _minus(part)) for day, part in parts]
    writer.give_back(row, on, -amount, dated, source="returned", words=checked_words(words))
    return writer.write()[0]


def payment_of(session: Session, client_id: int, payment_id: int) -> Payment:
    """A payment of a client that took nothing back.

    Raises:
        NotFound: no such one.
    """
    if isinstance(payment_id, bool) or not isinstance(payment_id, int) or not 0 < payment_id <= ID_MAX:
        raise NotFound
    row = session.get(Payment, payment_id)
    if row is None or row.client_id != client_id or row.reverses_id is not None:
        raise NotFound
    return row


def net(session: Session, row: Payment) -> tuple[Money, _Net]:
    """What is left of a payment after whatever took it back: its amount, and what it settles since when."""
    family = payments.family_of(session, [queries.known(row.id)])
    amount = Money(sum(one.amount_cents for one in family), row.currency)
    sums: dict[tuple[int, ClaimKind | None], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    settled = payments.parts(session, [queries.known(one.id) for one in family])
    for one in family:
        for on, part in settled.get(queries.known(one.id), ()):
            sums[part.invoice_id, part.kind][on] += part.amount.cents
    found: _Net = []
    for (invoice_id, kind), days in sums.items():
        found += [(on, Part(invoice_id, Money(n, row.currency), kind)) for on, n in _standing(days)]
    return amount, sorted(found, key=lambda pair: pair[0])


def _standing(days: dict[date, int]) -> list[tuple[date, int]]:
    """What of amounts set against something on days stands: what was taken back later is off the first."""
    back = -sum(n for n in days.values() if n < 0)
    found = []
    for on, cents in sorted(days.items()):
        if cents <= 0:
            continue
        gone = min(back, cents)
        back -= gone
        if cents > gone:
            found.append((on, cents - gone))
    return found


def return_as_proposed(writer: Writer, line: BankLine, proposal: Proposal) -> None:
    """A line takes payments back, as it was proposed.

    Raises:
        AlreadyReturned: one of them was taken back meanwhile.
    """
    session = writer.work.session
    originals = {key: session.get_one(Payment, key) for key in proposal.takes_back}
    lock(session, {one.client_id for one in originals.values()})
    left = -line.amount_cents
    for original in originals.values():
        amount, parts = net(session, original)
        cents = min(left, amount.cents)
        if cents <= 0:
            raise AlreadyReturned
        back = _off(parts, amount.cents, cents)
        dated = [(max(line.value_on, day), _minus(part)) for day, part in back]
        minus = Money(-cents, original.currency)
        writer.give_back(
            original, line.value_on, minus, dated, source="bank", line=line, words=line.return_reason
        )
        left -= cents
    if left:
        raise MoreThanOwed(what=line.place, left=str(Money(left, line.currency)))


def _off(parts: _Net, amount: int, cents: int) -> _Net:
    """What a taking back of so many cents takes off: first what is free, then what was settled last."""
    free = amount - sum(part.amount.cents for _, part in parts)
    left = max(0, cents - free)
    found: _Net = []
    for day, part in reversed(parts):
        some = min(left, part.amount.cents)
        if some > 0:
            found.append((day, Part(part.invoice_id, Money(some, part.amount.currency), part.kind)))
            left -= some
    return found


def refund(writer: Writer, line: BankLine, debtor: tuple[int, int], cents: int) -> None:
    """A line gives a debtor back what waited unallocated with it, the oldest payments first.

    Raises:
        MoreThanOwed: more than waits.
    """
    client_id, debtor_id = debtor
    session = writer.work.session
    mine = (col(Payment.client_id) == client_id, col(Payment.debtor_id) == debtor_id)
    left = payments.left_of(session, *mine, col(Payment.currency) == line.currency)
    wanted = cents
    for key in sorted(left):
        some = min(wanted, left[key])
        if some > 0:
            original = session.get_one(Payment, key)
            minus = Money(-some, line.currency)
            writer.give_back(original, max(line.value_on, original.on), minus, (), source="refund", line=line)
            wanted -= some
    if wanted:
        raise MoreThanOwed(what=line.place, left=str(Money(cents - wanted, line.currency)))


def undo_line(writer: Writer, line: BankLine) -> None:
    """Take back what a line became, on the days on which it was, as if it had never been.

    Raises:
        AlreadyReturned: another line took a payment of it back; that one has to be reopened first.
        Confirmed: a bank's line rests on a payment of it; the same.
    """
    session = writer.work.session
    rows = payments.of_line(session, queries.known(line.id))
    lock(session, {one.client_id for one in rows})
    check_unconfirmed(session, rows)
    settled = payments.parts(session, [queries.known(one.id) for one in rows])
    family = payments.family_of(session, [queries.known(one.id) for one in rows if not one.reverses_id])
    if sum(one.amount_cents for one in family) != sum(
        one.amount_cents for one in rows if one.reverses_id is None
    ):
        raise AlreadyReturned
    for one in rows:
        dated = [(day, _minus(part)) for day, part in settled.get(queries.known(one.id), ())]
        dated = _with_room(session, dated) if one.amount_cents < 0 else dated
        amount = Money(-one.amount_cents, one.currency)
        writer.give_back(one, one.on, amount, dated, source=payments.UNDONE, line=line)


def _with_room(session: Session, parts: _Net) -> _Net:
    """What is settled anew as far as it is open: somebody else may have paid it since."""
    ids = sorted({part.invoice_id for _, part in parts})
    rows = payments.balances(session, [col(Invoice.id).in_(ids)])
    left = {row[0]: int(row[7]) for row in rows}
    found: _Net = []
    for day, part in parts:
        cents = part.amount.cents if part.kind else min(part.amount.cents, left[part.invoice_id])
        if cents > 0:
            left[part.invoice_id] -= cents if part.kind is None else 0
            found.append((day, Part(part.invoice_id, Money(cents, part.amount.currency), part.kind)))
    return found


def undo_said(writer: Writer, row: Payment, words: str = "") -> None:
    """Take a payment without a line back as if it had never been.

    Raises:
        AlreadyReturned: it was before.
        Confirmed: a bank told of it; its line has to be reopened first.
    """
    check_unconfirmed(writer.work.session, [row])
    amount, parts = net(writer.work.session, row)
    if amount.cents != row.amount_cents:
        raise AlreadyReturned
    dated = [(day, _minus(part)) for day, part in parts]
    writer.give_back(row, row.on, -amount, dated, source=payments.UNDONE, words=words)


def check_unconfirmed(session: Session, rows: Sequence[Payment]) -> None:
    """Make sure that no line confirms any of these payments.

    Raises:
        Confirmed: one does.
    """
    clients = {row.client_id for row in rows}
    if confirmations.among(session, clients, [queries.known(row.id) for row in rows]):
        raise Confirmed


def check_unreturned(session: Session, decided: Decided) -> None:
    """Make sure that nothing was taken back of the payments that a line confirms.

    Raises:
        AlreadyReturned: something was; what did so has to be reopened first.
    """
    said = decided.decision.terms.get("confirms", ()) if decided.decision else ()
    if any(one.reverses_id for one in payments.family_of(session, said)):
        family = payments.family_of(session, said)
        if sum(one.amount_cents for one in family) != decided.line.amount_cents:
            raise AlreadyReturned


def standing_of(session: Session, client_id: int | None, line: BankLine) -> Sequence[Payment]:
    """Payments of the owner of an account that a negative line may take back: of its amount at least."""
    query = select(Payment).where(
        col(Payment.reverses_id).is_(None),
        col(Payment.currency) == line.currency,
        col(Payment.amount_cents) >= -line.amount_cents,
        col(Payment.on) <= line.value_on,
    )
    if client_id is not None:
        query = query.where(Payment.client_id == client_id)
    else:
        query = query.where(payments.agency_paid(Payment.bank_line_id))
    return session.exec(query.order_by(col(Payment.on).desc(), col(Payment.id).desc()).limit(200)).all()


def checked_words(words: str) -> str:
    """Words as they are kept.

    Raises:
        Unreadable: no text, or too long a one.
    """
    if not isinstance(words, str) or len(words) > WORDS_LENGTH_MAX or "\x00" in words:
        raise Unreadable(value=str(words)[:20])
    return words.strip()


def _minus(part: Part) -> Part:
    return Part(part.invoice_id, -part.amount, part.kind)
