"""From the head of a statement, report or notification and its movements to a statement of the house."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from encaiss_dashboard.adapters.bank_files.camt.raw import (
    SIDES,
    Entry,
    account_of,
    cents_of,
    chosen,
    day_of,
    deep,
    money_of,
    shown,
    side_of,
    words,
)
from encaiss_dashboard.adapters.bank_files.camt.stream import BrokenError, local
from encaiss_dashboard.domain.bank import BankFormat, Movement, Statement
from encaiss_dashboard.domain.errors import Problem, Problems
from encaiss_dashboard.domain.money import Money

_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = "CLBD"
_INTERIM: Final = "ITBD"
_COUNT: Final = re.compile("[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Balance:
    """A booked balance: its code, the day it is of, and what it says."""

    code: str
    day: date | None
    amount: Money


@dataclass(slots=True)
class Tally:
    """How many entries, and cents, there were on each side, and in all."""

    counts: dict[str, int] = field(default_factory=lambda: {"CRDT": 0, "DBIT": 0})
    cents: dict[str, int] = field(default_factory=lambda: {"CRDT": 0, "DBIT": 0})

    def add(self, entry: Entry) -> None:
        """One more."""
        self.counts[entry.side] += 1
        self.cents[entry.side] += entry.cents


@dataclass(frozen=True, slots=True)
class Head:
    """All that stands beside the entries.

    Attributes:
        account: IBAN, else the bank's number.
        currency: of the account, "" where it does not say.
        numbers: identification and numbers by their element.
        page: of a statement in several pages, from 2; 0 for the first.
        period: first and last day, None where it does not say.
        made_on: the day it was made.
        stated: what its summary says of entries: count and sum by ``CRDT``, ``DBIT`` and ``""`` for all.
    """

    account: str
    currency: str
    holder: str
    numbers: Mapping[str, str]
    page: int
    period: tuple[date | None, date | None]
    made_on: date | None
    balances: Sequence[Balance]
    stated: Mapping[str, tuple[int | None, int | None]]
    line: int


def read_head(element: Any, made_on: date | None) -> Head:
    """What a statement says beside its entries; ``made_on`` is the day of its message.

    Raises:
        BrokenError: it names no account, or a balance is unreadable.
    """
    first: dict[str, Any] = {}
    balances = []
    for child in element:
        name = local(child.tag)
        if name == "Bal":
            balances.append(_balance(child))
        else:
            first.setdefault(name, child)
    account = first.get("Acct")
    number = "" if account is None else account_of(account)
    if account is None or not number:
        raise BrokenError(Problem("bank_xml_missing", element.sourceline, facts={"value": "Acct/Id"}))
    paged = [first[name] for name in ("StmtPgntn", "RptPgntn", "NtfctnPgntn") if name in first]
    page = deep(paged[0], "PgNb") if paged else ""
    period = first.get("FrToDt")
    owner = [child for child in account if local(child.tag) in {"Ownr", "Nm"}]
    return Head(
        account=number,
        currency=next((words(one) for one in account if local(one.tag) == "Ccy"), ""),
        holder=next((text for one in reversed(owner) if (text := deep(one, "Nm"))), ""),
        numbers={n: words(first[n]) for n in ("Id", "ElctrncSeqNb", "LglSeqNb") if n in first},
        page=int(page) if _COUNT.fullmatch(page) and page != "1" else 0,
        period=(
            day_of(deep(period, "FrDtTm", "FrDt")) if period is not None else None,
            day_of(deep(period, "ToDtTm", "ToDt")) if period is not None else None,
        ),
        made_on=(day_of(words(first["CreDtTm"])) if "CreDtTm" in first else None) or made_on,
        balances=[one for one in balances if one],
        stated=_summary(first.get("TxsSummry")),
        line=element.sourceline,
    )


def _balance(element: Any) -> Balance | None:
    parts = {local(child.tag): child for child in element}
    code = deep(parts["Tp"], "Cd") if "Tp" in parts else ""
    if code not in {*_OPENING, _CLOSING, _INTERIM}:
        return None
    if "Amt" not in parts:
        raise BrokenError(Problem("bank_xml_missing", element.sourceline, facts={"value": "Bal/Amt"}))
    cents, currency = money_of(parts["Amt"])
    sign = SIDES[side_of(parts.get("CdtDbtInd"), element.sourceline)]
    day = day_of(chosen(parts["Dt"])) if "Dt" in parts else None
    return Balance(code, day, Money(sign * cents, currency))


def _summary(element: Any) -> dict[str, tuple[int | None, int | None]]:
    stated: dict[str, tuple[int | None, int | None]] = {}
    sides = {"TtlNtries": "", "TtlCdtNtries": "CRDT", "TtlDbtNtries": "DBIT"}
    for one in () if element is None else element:
        side = sides.get(local(one.tag))
        if side is None:
            continue
        parts = {local(part.tag): words(part) for part in one}
        count = parts.get("NbOfNtries", "")
        stated[side] = (int(count) if _COUNT.fullmatch(count) else None, cents_of(parts.get("Sum", "")))
    return stated


def statements(
    head: Head, moved: Sequence[Movement], form: BankFormat, problems: Problems
) -> Iterable[Statement]:
    """A statement for each currency the account has; balances of another one are warned of."""
    by_currency: dict[str, list[Movement]] = defaultdict(list)
    for movement in moved:
        by_currency[movement.amount.currency].append(movement)
    main = _main_currency(head, by_currency)
    by_currency.setdefault(main, [])
    strange = {b.amount.currency or main for b in head.balances} - set(by_currency)
    for currency in sorted(strange):
        problems.add(Problem("bank_xml_balance_currency", head.line, facts={"value": currency}, blocks=False))
    for currency, listed in by_currency.items():
        own = problems.listed if currency == main else []
        yield _statement(head, currency, listed, form, own)


def _main_currency(head: Head, by_currency: Mapping[str, Sequence[Movement]]) -> str:
    if head.currency:
        return head.currency
    return next((b.amount.currency for b in head.balances if b.amount.currency), "") or next(
        iter(by_currency), ""
    )


def _statement(
    head: Head, currency: str, moved: Sequence[Movement], form: BankFormat, problems: Sequence[Problem]
) -> Statement:
    opening, closing = _balances(head, currency, problems := list(problems))
    first, last = _period(head, moved, closing)
    renumbered = moved if not moved or moved[-1].seq == len(moved) else _renumbered(moved)
    statement = Statement(
        account=head.account,
        currency=currency,
        holder=head.holder,
        number=_number(head, form, last),
        first=first,
        last=last,
        movements=tuple(renumbered),
        opening=opening.amount if opening else None,
        closing=closing.amount if closing else None,
        problems=problems,
    )
    if statement.proves is False and opening and closing:
        moving = Money.total((one.amount for one in moved), currency)
        facts = {
            "opening": str(opening.amount),
            "moved": str(moving),
            "closing": str(closing.amount),
            "difference": str(closing.amount - opening.amount - moving),
            "currency": currency,
        }
        problems.append(Problem("bank_xml_balance", head.line, facts=facts, blocks=False))
    return statement


def _renumbered(moved: Sequence[Movement]) -> list[Movement]:
    return [replace(one, seq=seq) for seq, one in enumerate(moved, start=1)]


def _balances(head: Head, currency: str, problems: list[Problem]) -> tuple[Balance | None, Balance | None]:
    """The balances before and after.

    A page in the middle of a statement begins and ends with interim ones; so does a report of the day.
    """
    own = [b for b in head.balances if (b.amount.currency or currency) == currency]
    opening = _outer([b for b in own if b.code == "OPBD"]) or _outer([b for b in own if b.code == "PRCD"])
    closing = _outer([b for b in own if b.code == _CLOSING], newest=True)
    interim = [b for b in own if b.code == _INTERIM]
    if interim and not opening and (closing or len(interim) > 1):
        opening = interim.pop(0)
    if interim and not closing:
        closing = interim[-1]
    said = defaultdict(set)
    for b in own:
        said[b.code, b.day].add(b.amount.cents)
    for (code, _), different in said.items():
        if len(different) > 1 and code != _INTERIM:
            problems.append(Problem("bank_xml_balance_twice", head.line, facts={"value": code}, blocks=False))
    return _of(opening, currency), _of(closing, currency)


def _outer(balances: Sequence[Balance], *, newest: bool = False) -> Balance | None:
    """The balance of the first day, or of the last; the first of those where a day is missing."""
    if not balances or any(b.day is None for b in balances):
        return balances[0] if balances else None
    days = [b.day for b in balances if b.day]
    outer = max(days) if newest else min(days)
    return next(b for b in balances if b.day == outer)


def _of(balance: Balance | None, currency: str) -> Balance | None:
    if balance is None or balance.amount.currency:
        return balance
    return Balance(balance.code, balance.day, Money(balance.amount.cents, currency))


def _period(head: Head, moved: Sequence[Movement], closing: Balance | None) -> tuple[date, date]:
    booked = [movement.booked_on for movement in moved]
    closed = closing.day if closing else None
    last = head.period[1] or closed or max(booked, default=None)
    last = last or head.made_on or next((b.day for b in head.balances if b.day), None)
    if last is None:
        raise BrokenError(Problem("bank_xml_missing", head.line, facts={"value": "CreDtTm"}))
    first = head.period[0] or min(booked, default=last)
    return min((first, last, *booked)), max((last, *booked))


def _number(head: Head, form: BankFormat, last: date) -> str:
    """By which a statement is told from others of its account.

    Reports and notifications number themselves anew beside statements, often by the day: their
    identification tells them.
    """
    order = ("ElctrncSeqNb", "LglSeqNb") if form is BankFormat.CAMT053 else ()
    number = next((head.numbers[name] for name in order if head.numbers.get(name, "").strip("0")), "")
    number = f"{last.year}/{number.zfill(3)}" if number else head.numbers.get("Id", "")
    if not number:
        number = next((head.numbers[n] for n in ("ElctrncSeqNb", "LglSeqNb") if n in head.numbers), "")
    return shown(f"{number} p.{head.page}" if head.page else number or last.isoformat())


def check_summary(head: Head, booked: Tally, every: Tally, problems: Problems) -> None:
    """Warn where the statement counts other entries than it has, booked ones or all."""
    for side, (count, cents) in head.stated.items():
        found = [
            (tally.counts[side], tally.cents[side])
            if side
            else (sum(tally.counts.values()), sum(tally.cents.values()))
            for tally in (booked, every)
        ]
        if any((count in {None, n}) and (cents in {None, c}) for n, c in found):
            continue
        facts = {
            "stated": f"{'?' if count is None else count} / {'?' if cents is None else Money(cents)}",
            "found": f"{found[0][0]} / {Money(found[0][1])}",
        }
        problems.add(Problem("bank_xml_summary", head.line, facts=facts, blocks=False))
