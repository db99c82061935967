"""From an entry to its movements: its details where they add up to it, else itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

from encaiss_dashboard.adapters.bank_files.camt.raw import SIDES, Detail, Entry, cents_of, day_of, shown
from encaiss_dashboard.adapters.bank_files.camt.stream import BrokenError
from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.errors import Problem, Problems
from encaiss_dashboard.domain.money import Money

# ISO 20022 bank transaction codes, sub-families: reversals, returns, what was not paid after all.
_RETURNS: Final = frozenset(
    (
        *("RRTN", "RPCR", "RCDD", "PRDD", "UPDD", "ARET", "AREV"),
        *("UPCQ", "CQRV", "XPCQ", "UPCT", "UDFT"),
    )
)
_CHARGES: Final = frozenset(("CHRG", "FEES", "COMM", "COME", "COMI", "COMT", "BKFE", "TRFE", "OVCH", "CHAR"))
# In which element the amounts of details stand that add up to their entry; banks differ.
_KINDS: Final = ("Amt", "TxAmt", "CntrValAmt", "InstdAmt")
_ORIGINALS: Final = ("InstdAmt", "CntrValAmt", "TxAmt", "Amt")
_NO_WORD: Final = frozenset(("NOTPROVIDED", "NOT PROVIDED", "NOTAVAIL", "NONREF"))
_CREDIT: Final = ("Dbtr", "UltmtDbtr", "DbtrAcct", "DbtrAgt")
_DEBIT: Final = ("Cdtr", "UltmtCdtr", "CdtrAcct", "CdtrAgt")
_NOTHING: Final = Detail()


@dataclass(slots=True)
class Told:
    """What movements of a statement are read with.

    Attributes:
        account: the one of the statement.
        currency: of an entry that names none.
        made_on: the day of the statement, for an entry without one.
        place: the element of entries, with their place in it.
        problems: warnings of the statement.
    """

    account: str
    currency: str
    made_on: date | None
    problems: Problems = field(default_factory=Problems)

    def warn(self, entry: Entry, number: int, code: str, **facts: str) -> None:
        """Something of an entry that its owner should know, and that loses nothing."""
        about = {"place": f"Ntry {number}", **facts}
        self.problems.add(Problem(code, entry.line, facts=about, blocks=False))


class _Part(NamedTuple):
    """A movement to be: which detail it is of, and its signed cents."""

    detail: Detail
    cents: int
    is_charge: bool = False


def movements(entry: Entry, number: int, seq: int, told: Told) -> Iterator[Movement]:
    """The movements of an entry, which add up to it.

    Args:
        entry: what the bank says.
        number: its place in its statement, from 1.
        seq: of the first movement.
        told: the statement it is of.

    Raises:
        BrokenError: a day is unreadable, or there is none at all.
    """
    booked, valued = _days(entry, number, told)
    parts = _parts(entry, number, told)
    shared = _shared_references(entry, parts)
    currency = entry.currency or told.currency
    for at, part in enumerate(parts):
        place = f"Ntry {number}" if len(parts) == 1 else f"Ntry {number} TxDtls {at + 1}"
        reference = part.detail.refs.get("AcctSvcrRef") or entry.reference
        if reference in shared:
            # One that several share tells none of them: with its place it does.
            reference = f"{reference}/{at + 1}"
        yield _movement(entry, part, told, _Frame(seq + at, place, booked, valued, currency, reference))


class _Frame(NamedTuple):
    """What a movement has of its entry and its place in it."""

    seq: int
    place: str
    booked: date
    valued: date
    currency: str
    reference: str


def _movement(entry: Entry, part: _Part, told: Told, frame: _Frame) -> Movement:
    detail = part.detail
    code = detail.code or entry.code
    last = code.rpartition("-")[2]
    is_return = entry.is_reversal or detail.reason is not None or last in _RETURNS
    name, account, bic = _counterparty(detail, part.cents, told.account, is_return=is_return)
    end_to_end = detail.refs.get("EndToEndId", "")
    text = detail.words or ("" if detail.structured else detail.more)
    if detail is _NOTHING:
        text = entry.more
    if extra := (*detail.structured[1:], *(detail.documents if len(detail.documents) > 1 else ())):
        text = " ".join(filter(None, (text, *extra)))
    if part.is_charge:
        return Movement(
            seq=frame.seq,
            place=frame.place,
            booked_on=frame.booked,
            value_on=frame.valued,
            amount=Money(part.cents, frame.currency),
            text=entry.more,
            bank_reference=frame.reference,
            code=code,
            is_charge=True,
        )
    return Movement(
        seq=frame.seq,
        place=frame.place,
        booked_on=frame.booked,
        value_on=frame.valued,
        amount=Money(part.cents, frame.currency),
        original=_original(detail, part.cents, frame.currency),
        counterparty=name,
        iban=account,
        bic=bic,
        structured=detail.structured[0] if detail.structured else "",
        text=text,
        end_to_end="" if end_to_end.upper() in _NO_WORD else end_to_end,
        mandate=detail.refs.get("MndtId", ""),
        bank_reference=frame.reference,
        code=code,
        is_return=is_return,
        return_reason=detail.reason or "",
        is_charge=last in _CHARGES,
        invoice_number=detail.documents[0] if len(detail.documents) == 1 else "",
    )


def _days(entry: Entry, number: int, told: Told) -> tuple[date, date]:
    """The days of booking and of value; each stands in for the other, and the statement's for both."""
    days = []
    for text in (entry.booked, entry.valued):
        day = day_of(text) if text else None
        if text and day is None:
            raise BrokenError(Problem("bank_xml_date", entry.line, facts={"value": shown(text)}))
        days.append(day)
    booked, valued = days
    if booked is None:
        settled = {detail.settled for detail in entry.details if detail.settled}
        told_on = day_of(settled.pop()) if len(settled) == 1 else None
        booked = valued or told_on or told.made_on
        if booked is None:
            raise BrokenError(Problem("bank_xml_missing", entry.line, facts={"value": "BookgDt"}))
        told.warn(entry, number, "bank_xml_day", value=booked.isoformat())
    return booked, valued or booked


def _parts(entry: Entry, number: int, told: Told) -> Sequence[_Part]:
    total = SIDES[entry.side] * entry.cents
    details = entry.details
    if not details:
        if entry.batch > 1:
            told.warn(entry, number, "bank_xml_batch", found=str(entry.batch))
        return [_Part(_NOTHING, total)]
    currency = entry.currency or told.currency
    if len(details) == 1 and _says_the_same(details[0], entry, currency):
        return [_Part(details[0], total)]
    charges = entry.charges.get(currency, 0) or sum(d.charges.get(currency, 0) for d in details)
    for kind in _KINDS:
        cents = [_cents(detail, kind, currency) for detail in details]
        if None in cents:
            continue
        signed = [SIDES[d.side or entry.side] * (c or 0) for d, c in zip(details, cents, strict=True)]
        parts = [_Part(detail, one) for detail, one in zip(details, signed, strict=True)]
        if sum(signed) == total:
            return parts
        if sum(signed) == -total and all(d.side != entry.side for d in details):
            # Of a reversal some banks repeat the side that the payment had.
            if not entry.is_reversal:
                told.warn(entry, number, "bank_xml_turned")
            return [_Part(part.detail, -part.cents) for part in parts]
        if charges > 0 and sum(signed) - charges == total:
            return [*parts, _Part(_NOTHING, -charges, is_charge=True)]
    return _alone(entry, number, told, total)


def _says_the_same(detail: Detail, entry: Entry, currency: str) -> bool:
    """Whether an only detail has the amount and the side of its entry, as nearly every one has."""
    if detail.side not in {"", entry.side}:
        return False
    return entry.cents in {_cents(detail, "Amt", currency), _cents(detail, "TxAmt", currency)}


def _alone(entry: Entry, number: int, told: Told, total: int) -> Sequence[_Part]:
    """The entry as one movement, as its details do not add up to it, or do not say what they are of."""
    if len(entry.details) > 1:
        told.warn(entry, number, "bank_xml_details", found=str(len(entry.details)))
        return [_Part(_NOTHING, total)]
    detail = entry.details[0]
    currency = entry.currency or told.currency
    stated = [detail.amounts[kind] for kind in ("Amt", "TxAmt") if kind in detail.amounts]
    if any((unit or currency) == currency for _, unit in stated):
        told.warn(entry, number, "bank_xml_details", found="1")
    return [_Part(detail, total)]


def _cents(detail: Detail, kind: str, currency: str) -> int | None:
    text, unit = detail.amounts.get(kind, ("", ""))
    return cents_of(text) if (unit or currency) == currency else None


def _shared_references(entry: Entry, parts: Sequence[_Part]) -> frozenset[str]:
    """Bank references that stand for more than one of the movements of an entry."""
    if len(parts) == 1:
        return frozenset()
    seen = Counter(part.detail.refs.get("AcctSvcrRef") or entry.reference for part in parts)
    return frozenset(reference for reference, count in seen.items() if reference and count > 1)


def _original(detail: Detail, cents: int, currency: str) -> Money | None:
    """The amount in the currency that was paid, on the side of the movement."""
    for kind in _ORIGINALS:
        text, unit = detail.amounts.get(kind, ("", ""))
        if unit and unit != currency and (found := cents_of(text)):
            return Money(-found if cents < 0 else found, unit)
    return None


def _counterparty(detail: Detail, cents: int, own: str, *, is_return: bool) -> tuple[str, str, str]:
    """Name, account and bank of the other side: who paid what came in, whom what went out was paid to.

    A return may keep the roles of the payment it returns: then the other side is the one that is not
    the account's own.
    """
    here, there = (_CREDIT, _DEBIT) if cents >= 0 else (_DEBIT, _CREDIT)
    found = _side(detail, here)
    if is_return and (found[1] == own if found[1] else not found[0]):
        other = _side(detail, there)
        if other[1] != own and (other[0] or other[1]):
            return other
    return found


def _side(detail: Detail, names: tuple[str, str, str, str]) -> tuple[str, str, str]:
    party, ultimate, account, agent = names
    name = detail.parties.get(party) or detail.parties.get(ultimate) or ""
    return name, detail.accounts.get(account, ""), detail.agents.get(agent, "")
