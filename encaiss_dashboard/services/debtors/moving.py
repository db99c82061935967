"""What moves between two debtors of one client, in which company, and what stands in the way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlmodel import Session, col, func, select, update

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.bank import AccessoryAllocation, Counterparty
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.calls import CallAttempt
from encaiss_dashboard.storage.changes import DebtorChange
from encaiss_dashboard.storage.inbound import InboundMessage
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.plans import SpecialPlan
from encaiss_dashboard.storage.stop_tables import Stop
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress

# Every table that names a debtor is decided here; a test fails for one that is not. Decisions were
# taken about whom they name, acts are what happened, and merges lead from one debtor to the other.
MOVED: Final[tuple[type[Any], ...]] = (
    records.Contact,
    records.Invoice,
    records.Payment,
    records.OutboxMessage,
    records.DebtorAlias,
    Stop,
    InboundMessage,
    CallAttempt,
    UndeliverableAddress,
    Counterparty,
)
COUNTED: Final[Mapping[str, type[Any]]] = {
    "documents": records.Invoice,
    "payments": records.Payment,
    "contacts": records.Contact,
    "messages": records.OutboxMessage,
}
"""What is counted for whoever decides; each has its words in the catalogue under ``merge.``."""
STAYS: Final[frozenset[type[Record]]] = frozenset(
    {records.Delegation, records.Act, records.DebtorMerge, DebtorChange, SpecialPlan}
)
NAMED_MAX: Final = 10
_FILLED: Final = ("number", "enterprise_number", "endpoint", "iban", "phone", "term")
ADDRESS: Final = ("address", "postcode", "city")
_AT_ONCE: Final = 500
ID_MAX: Final = 2**31 - 1


class Blocked(Refusal):
    """Something stands in the way; fact ``why``: all of it, in sentences."""

    code = "merge_blocked"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stands in the way of moving something from one debtor to another.

    Attributes:
        code: with its sentence in the catalogue under ``merge.blocked_``.
        n: how many of them.
        names: the first of them, already in the words of whoever asks.
    """

    code: str
    n: int = 1
    names: tuple[str, ...] = ()


def sentence(obstacle: Obstacle, lang: str) -> str:
    """An obstacle as it is shown."""
    more = ", …" if obstacle.n > len(obstacle.names) else ""
    facts = {"names": ", ".join(obstacle.names) + more} if obstacle.names else {}
    return text(lang, f"merge.blocked_{obstacle.code}", n=obstacle.n, **facts)


def refuse_if(obstacles: Sequence[Obstacle], lang: str) -> None:
    """Refuse when anything stands in the way.

    Raises:
        Blocked: with all of it.
    """
    if obstacles:
        raise Blocked(why=" ".join(sentence(one, lang) for one in obstacles))


def debtor_of(session: Session, client_id: int, debtor_id: int) -> records.Debtor:
    """A debtor of this client, merged away or not.

    Raises:
        NotFound: no such debtor, or another client's.
    """
    if not 0 < debtor_id <= ID_MAX:  # more than a key can be: the database would break on it
        raise NotFound
    return queries.debtor(session, client_id, debtor_id)


def table_of(cls: type[Any]) -> str:
    """A table's name, as a merge keeps what moved."""
    return str(cls.__tablename__)


def on_their_way(session: Session, debtor_ids: Collection[int]) -> list[Obstacle]:
    """Messages without an outcome: what they will say is looked up with their debtor when they leave."""
    message = records.OutboxMessage
    ends = (message.sent_at, message.failed_at, message.dropped_at)
    query = select(func.count(col(message.id))).where(
        col(message.debtor_id).in_(debtor_ids), *(col(end).is_(None) for end in ends)
    )
    n = int(session.exec(query).one())
    return [Obstacle("messages", n)] if n else []


def erased_among(session: Session, debtor_ids: Collection[int]) -> list[Obstacle]:
    """Of whom nothing may be known any more."""
    act = records.Act
    query = select(act.debtor_id).where(col(act.debtor_id).in_(debtor_ids), act.kind == ActKind.ERASED.value)
    return [Obstacle("erased")] if session.exec(query).first() is not None else []


def lacking(kept: records.Debtor, other: records.Debtor) -> list[str]:
    """The columns in which the other one knows what the kept one does not.

    An address is completed only where what is known of it is the same: never one town in another's street.
    """
    names = [name for name in _FILLED if not getattr(kept, name)]
    known = [name for name in ADDRESS if getattr(kept, name)]
    same = all(_same(getattr(kept, name), getattr(other, name)) for name in known)
    if not kept.address and same:
        names += [name for name in ADDRESS if not getattr(kept, name)]
    return [name for name in names if getattr(other, name)]


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def move_all(
    session: Session, gone: records.Debtor, kept: records.Debtor, *, user_id: int | None, at: datetime
) -> dict[str, Any]:
    """Give one debtor all that is another's; returns what moved, as :class:`DebtorMerge` keeps it.

    A contact whose address the kept one has stays where it is. The answer that the name means the kept one
    is kept as this person's, of this time.
    """
    to = queries.known(kept.id)
    alias, contact = records.DebtorAlias, records.Contact
    theirs = select(func.lower(contact.email)).where(contact.debtor_id == to)
    also: dict[type[Any], Any] = {
        # Somebody's older answer about the name of the one that goes means it as well.
        alias: (col(alias.debtor_id) == gone.id)
        | ((col(alias.client_id) == gone.client_id) & (col(alias.key) == gone.match_key)),
        contact: (col(contact.debtor_id) == gone.id) & func.lower(contact.email).not_in(theirs),
    }
    moved: dict[str, Any] = {
        table_of(cls): _move(session, cls, also.get(cls, cls.debtor_id == gone.id), to) for cls in MOVED
    }
    moved["filled"] = fill_in(kept, gone, lacking(kept, gone))
    moved["added"] = _name(session, gone, to, user_id, at)
    return moved


def _move(session: Session, cls: type[Any], which: Any, to: int) -> list[int]:
    return sorted(session.scalars(update(cls).where(which).values(debtor_id=to).returning(cls.id)))


def fill_in(kept: records.Debtor, other: records.Debtor, names: Iterable[str]) -> list[str]:
    """Write into the kept one's columns what the other one's say; returns their names."""
    filled = list(names)
    for name in filled:
        setattr(kept, name, getattr(other, name))
    return filled


def _name(
    session: Session, gone: records.Debtor, kept_id: int, user_id: int | None, at: datetime
) -> list[int]:
    """Have files that name the merged debtor find the kept one."""
    alias = records.DebtorAlias
    named = select(alias.id).where(alias.client_id == gone.client_id, alias.key == gone.match_key)
    if session.exec(named).first() is not None:
        return []
    row = alias(
        client_id=gone.client_id,
        debtor_id=kept_id,
        key=gone.match_key,
        user_id=user_id,
        at=at,
    )
    session.add(row)
    session.flush()
    return [queries.known(row.id)]


def move(session: Session, cls: type[Any], ids: Collection[int], frm: int, to: int) -> list[int]:
    """Give these rows to another debtor, as far as they are the first one's; returns which."""
    moved: list[int] = []
    for some in parts(sorted(ids)):
        moved += _move(session, cls, (cls.debtor_id == frm) & col(cls.id).in_(some), to)
    return moved


def held(session: Session, cls: type[Any], ids: Iterable[int], debtor_id: int) -> set[int]:
    """Which of these rows are a debtor's."""
    found: set[int] = set()
    for some in parts(sorted(ids)):
        found |= set(session.exec(select(cls.id).where(cls.debtor_id == debtor_id, col(cls.id).in_(some))))
    return found


def parts(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    """Not too many at once for one statement."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


@dataclass(frozen=True, slots=True)
class Share:
    """What goes from one debtor when some of its invoices do.

    Attributes:
        documents: ids of invoices and credit notes.
        payments: ids.
        torn: payments and credit notes that settle invoices on both sides, in words.
    """

    documents: frozenset[int]
    payments: frozenset[int]
    torn: tuple[str, ...]


def share(
    session: Session,
    lang: str,
    debtor_id: int,
    documents: Collection[int],
    payments: Collection[int] = (),
    *,
    strict: bool,
) -> Share:
    """What goes with some of a debtor's invoices: money follows what it settles, whole or not at all.

    A payment or credit note that settles nothing goes when it is among those asked for, and a credit note
    that names an invoice (BT-25) goes with it.

    Args:
        session: of the transaction.
        lang: of who reads what is torn.
        debtor_id: whose they are.
        documents: ids of invoices and credit notes asked for.
        payments: ids of payments asked for.
        strict: whether one asked for that settles only invoices that stay is torn, or simply stays.
    """
    invoice = records.Invoice
    query = select(invoice.id, invoice.kind, invoice.number, invoice.credited).where(
        invoice.debtor_id == debtor_id
    )
    kinds: dict[int, str] = {}
    numbers: dict[int, str] = {}
    names: dict[int, str] = {}
    for key, kind, number, credited in session.exec(query):
        kinds[queries.known(key)], numbers[queries.known(key)] = kind, number
        if credited:
            names[queries.known(key)] = credited
    bills = {key for key in documents if kinds.get(key) == Kind.INVOICE.value}
    billed = {numbers[key] for key in bills}
    settled = _settled(session, debtor_id)
    goes: set[tuple[str, int]] = set()
    torn: list[tuple[str, int]] = []
    asked = {("payment", key) for key in payments}
    asked |= {("note", key) for key in documents if kinds.get(key) == Kind.CREDIT_NOTE.value}
    asked |= {("note", key) for key, number in names.items() if number in billed}
    for source, of in settled.items():
        if of & bills and of - bills:
            torn.append(source)
        elif of & bills:
            goes.add(source)
        elif strict and source[0] == "note" and source[1] in documents:
            torn.append(source)
    goes |= asked - settled.keys()
    return Share(
        documents=frozenset(bills | {key for kind, key in goes if kind == "note"}),
        payments=_families(session, {key for kind, key in goes if kind == "payment"}),
        torn=tuple(_torn(session, lang, source, settled[source], numbers) for source in torn),
    )


def _settled(session: Session, debtor_id: int) -> dict[tuple[str, int], set[int]]:
    """Which invoices each payment, with what took it back, and each credit note of a debtor settles."""
    allocation, invoice, payment = records.Allocation, records.Invoice, records.Payment
    beside, found = AccessoryAllocation, defaultdict[tuple[str, int], set[int]](set)
    root = func.coalesce(col(payment.reverses_id), col(payment.id))
    for of in (allocation, beside):
        paid: Any = select(root, of.invoice_id).join(payment, col(payment.id) == col(of.payment_id))
        for key, invoice_id in session.exec(paid.where(payment.debtor_id == debtor_id)):
            found["payment", key].add(invoice_id)
    noted = (
        select(allocation.credit_note_id, allocation.invoice_id)
        .join(invoice, col(invoice.id) == col(allocation.invoice_id))
        .where(invoice.debtor_id == debtor_id, col(allocation.credit_note_id).is_not(None))
    )
    for key, invoice_id in session.exec(noted):
        found["note", queries.known(key)].add(invoice_id)
    return found


def _families(session: Session, payments: Collection[int]) -> frozenset[int]:
    """Payments with whatever took them back: they stay together."""
    found = set(payments)
    for some in parts(sorted(payments)):
        query = select(records.Payment.id).where(col(records.Payment.reverses_id).in_(some))
        found |= {queries.known(key) for key in session.exec(query)}
    return frozenset(found)


def _torn(session: Session, lang: str, source: tuple[str, int], of: set[int], numbers: dict[int, str]) -> str:
    """A payment or credit note with the invoices that it settles, as whoever has to choose reads it."""
    kind, key = source
    settles = ", ".join(sorted(numbers[one] for one in of))
    if kind == "note":
        return text(lang, "merge.torn_note", number=numbers[key], invoices=settles)
    paid = session.get_one(records.Payment, key)
    amount = money(Money(paid.amount_cents, paid.currency), lang)
    return text(lang, "merge.torn_payment", amount=amount, day=day(paid.on, lang), invoices=settles)


def torn(found: Share) -> list[Obstacle]:
    """What of a share stands in the way of it."""
    names = found.torn[:NAMED_MAX]
    return [Obstacle("torn", len(found.torn), names)] if names else []


def open_by_currency(
    session: Session, client_id: int, debtor_id: int, on: date, only: Collection[int] | None = None
) -> tuple[Money, ...]:
    """What is open of a debtor's invoices on a date, or of some of them, euro first."""
    sums = []
    for currency, ledger in queries.ledgers(session, client_id, [debtor_id]).items():
        balances = ledger.open_cents(on)
        cents = sum(n for key, n in balances.items() if only is None or key in only)
        sums += [Money(cents, currency)] if cents else []
    return tuple(sums)
