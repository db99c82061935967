"""Movements out of their records: what is told in detail is booked by its details."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from encaiss_dashboard.adapters.bank_files.accounts import account_number
from encaiss_dashboard.adapters.bank_files.coda.codes import is_charge, is_return
from encaiss_dashboard.adapters.bank_files.coda.records import Entry
from encaiss_dashboard.adapters.bank_files.coda.words import (
    R_TRANSACTIONS,
    Told,
    free_words,
    return_reason,
    structured_words,
)
from encaiss_dashboard.adapters.bank_files.refused import warn
from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money

_NO_REFERENCE: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED"})
_OF_DETAIL: Final = "7"
_WITHIN_DETAIL: Final = "9"
_COUNTERPARTY: Final = "001"
_PARTS_OF_ONE: Final = frozenset("89")
"""Kinds of details that split one payment: net amount, costs, VAT; its payer is told beside the whole."""


@dataclass(slots=True)
class Booked:
    """A movement or detail, with the records that belong to it.

    Attributes:
        line: of its record 2.1.
        second, third: records 2.2 and 2.3, "" where there is none.
        information: records 3.1 with what continues them: whether structured, and all their words.
    """

    line: int
    entry: Entry
    second: str = ""
    third: str = ""
    information: list[tuple[bool, str]] = field(default_factory=list)


def movements_of(group: list[Booked], currency: str, first: int) -> tuple[list[Movement], list[Problem]]:
    """The smallest movements of one sequence number.

    Details that do not add up to what they detail are left out, with a warning: then the whole is booked.

    Args:
        group: the movement, then its details in their order.
        currency: of the account.
        first: the place in the statement of the first of them.
    """
    whole = group[0]
    if len(group) == 1:
        return [_movement(whole, None, currency, first)], []
    problems: list[Problem] = []
    parts = list(_leaves(whole, group[1:], problems))
    told = [
        _movement(part, whole if part is not whole else None, currency, seq)
        for seq, part in enumerate(parts, first)
    ]
    return told, problems


def _leaves(whole: Booked, details: list[Booked], problems: list[Problem]) -> Iterator[Booked]:
    """What is booked of a movement: its details, or itself; two levels (standard, kinds 7 and 9)."""
    children: list[tuple[Booked, list[Booked]]] = []
    for detail in details:
        if detail.entry.kind == _WITHIN_DETAIL and children and children[-1][0].entry.kind == _OF_DETAIL:
            children[-1][1].append(detail)
        else:
            children.append((detail, []))
    if not _adds_up(whole, [child for child, _ in children], problems):
        yield whole
        return
    for child, inner in children:
        if inner and _adds_up(child, inner, problems):
            yield from inner
        else:
            yield child


def _adds_up(whole: Booked, parts: list[Booked], problems: list[Problem]) -> bool:
    found = sum(part.entry.cents for part in parts)
    if found == whole.entry.cents:
        return True
    total = str(Money(whole.entry.cents))
    said = {"record": _numbered(whole), "value": total, "other": str(Money(found))}
    problems.append(warn("bank_details", whole.line, **said))
    return False


def _numbered(booked: Booked) -> str:
    entry = booked.entry
    return f"2.1 {entry.seq:04}" + (f"/{entry.detail:04}" if entry.detail else "")


def _movement(booked: Booked, whole: Booked | None, currency: str, seq: int) -> Movement:
    entry, told = booked.entry, _told(booked)
    charge = is_charge(entry.code, is_detail=whole is not None)
    is_r = _is_r_transaction(booked.second)
    iban = account_number(booked.third[10:47].replace("\0", ""))
    came_back = not charge and is_return(entry.code, has_payer=entry.cents > 0 and iban != "")
    movement = Movement(
        seq=seq,
        place=f"record {_numbered(booked)}",
        booked_on=entry.booked_on,
        value_on=entry.value_on or entry.booked_on,
        amount=Money(entry.cents, currency),
        original=told.original if told.original and told.original.currency != currency else None,
        counterparty=_name(booked),
        iban=iban,
        bic=booked.second[98:109].strip(" 0"),
        structured=told.structured,
        text=told.text,
        end_to_end=_reference(booked.second),
        mandate=told.mandate,
        bank_reference=entry.reference.strip(),
        code=entry.code,
        is_return=is_r or told.returned or came_back,
        return_reason=told.reason or (return_reason(booked.second[113:117]) if is_r else ""),
        is_charge=charge,
    )
    if whole is None or entry.kind not in _PARTS_OF_ONE:
        return movement
    return _with_its_payer(movement, _movement(whole, None, currency, seq))


def _with_its_payer(part: Movement, whole: Movement) -> Movement:
    """A part of one payment knows what is told beside the whole; costs within it are nobody's reference."""
    knows = not part.is_charge or whole.is_charge
    has_words = bool(part.structured or part.text) or not knows
    return replace(
        part,
        counterparty=part.counterparty or whole.counterparty,
        iban=part.iban or whole.iban,
        bic=part.bic or whole.bic,
        structured=part.structured if has_words else whole.structured,
        text=part.text if has_words else whole.text,
        end_to_end=part.end_to_end or (whole.end_to_end if knows else ""),
        mandate=part.mandate or (whole.mandate if knows else ""),
        is_return=part.is_return or whole.is_return,
        return_reason=part.return_reason or whole.return_reason,
    )


def _told(booked: Booked) -> Told:
    entry = booked.entry
    second, third = booked.second[10:63], booked.third[82:125]
    if entry.is_structured:
        told = structured_words(entry.words, second, third)
    else:
        told = Told(text=free_words(entry.words, second, third))
    if not booked.information:
        return told
    more = [words.replace("\0", "").strip() for structured, words in booked.information if not structured]
    beside = "".join(words for words in more if words and words not in told.text)
    return told._replace(text=f"{told.text} {beside}".strip()) if beside else told


def _name(booked: Booked) -> str:
    """The counterparty's name; information 001 has seventy characters for it where record 2.3 has 35."""
    name = booked.third[47:82].replace("\0", "").strip()
    for structured, words in booked.information:
        if structured and words.startswith(_COUNTERPARTY):
            longer = words[3:73].replace("\0", "").strip()
            if len(longer) > len(name) and longer.startswith(name):
                return longer
    return name


def _reference(second: str) -> str:
    reference = second[63:98].replace("\0", "").strip()
    return "" if reference.upper() in _NO_REFERENCE or not reference.strip("0") else reference


def _is_r_transaction(second: str) -> bool:
    """Whether record 2.2 names an R-transaction; before version 2.3 a number of the bank's stood there."""
    zone = second[109:117]
    is_one = zone[3:4] in R_TRANSACTIONS and not zone[:3].strip()
    return bool(zone) and is_one and (not zone[4:].strip() or return_reason(zone[4:]) != "")
