"""The agency's desk: every client that somebody follows, and how it stands today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from encaiss_dashboard.domain.delegation import DelegationState, status
from encaiss_dashboard.domain.dunning import Planned
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.services.desk.followed import Followed, day_of, followed_by
from encaiss_dashboard.storage import desk as reads
from encaiss_dashboard.storage import inbound, instalments, stops
from encaiss_dashboard.storage.desk import Balance
from encaiss_dashboard.storage.prospects import known_of_many
from encaiss_dashboard.storage.undeliverable import undeliverable_among
from encaiss_dashboard.work import Work

__all__ = ["PAGE_SIZE", "Balance", "ClientLine", "Desk", "DeskSearch", "DeskSort", "desk"]

PAGE_SIZE: Final = 25
_IN_HAND: Final = frozenset({DelegationState.DELEGATED, DelegationState.PAUSED})


class DeskSort(StrEnum):
    """What the clients can be sorted by."""

    NAME = "name"
    OPEN = "open"
    OVERDUE = "overdue"
    OLDEST = "oldest"
    DELEGATED = "delegated"
    TONIGHT = "tonight"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class DeskSearch:
    """Which clients, in which order.

    Attributes:
        text: part of a name or an enterprise number, "" for all.
        page: from 1; one too high is the last.
    """

    text: str = ""
    sort: DeskSort = DeskSort.OVERDUE
    descending: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class ClientLine:
    """One client as of today.

    Attributes:
        balances: what is open, by currency, euro first; empty when nothing was ever invoiced.
        oldest_days: days past due of the oldest invoice that is still owed, None when none is late.
        debtors: with anything open; delegated: how many of those are in the agency's hands.
        tonight: messages that tonight's run would send.
        waiting: planned messages without an outcome yet.
        failed: debtors whose last message could not be delivered.
        uploads: files received and not imported.
        imported_on: day in Brussels on which a file was imported last, None before the first.
    """

    id: int
    name: str
    enterprise_number: str
    balances: Mapping[str, Balance]
    oldest_days: int | None
    debtors: int
    delegated: int
    tonight: int
    waiting: int
    failed: int
    uploads: int
    imported_on: date | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The clients that somebody follows.

    Attributes:
        lines: one page of those found.
        clients: how many are followed; found: how many of them the search names.
        total: the balances of all that are followed, by currency, euro first.
        debtors, delegated, tonight, waiting: sums over all that are followed.
        may_add: this person can add a client.
        ask: name and address of the administrators, for somebody who follows nobody; else empty.
    """

    on: date
    lines: tuple[ClientLine, ...]
    clients: int
    found: int
    page: int
    pages: int
    total: Mapping[str, Balance]
    debtors: int
    delegated: int
    tonight: int
    waiting: int
    may_add: bool
    ask: tuple[tuple[str, str], ...]


def desk(work: Work, client_id: int | None, search: DeskSearch) -> Desk:  # noqa: ARG001
    """The clients that the actor follows, with their figures as of today.

    Raises:
        NotAllowed: nobody of the agency.
    """
    followed = followed_by(work)
    lines = _lines(work, followed)
    wanted = search.text.casefold()
    found = [line for line in lines if not wanted or wanted in _searched(line)]
    found.sort(key=_KEYS[search.sort], reverse=search.descending)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(max(1, search.page), pages)
    return Desk(
        on=work.today,
        lines=tuple(found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        clients=len(lines),
        found=len(found),
        page=page,
        pages=pages,
        total=_total(lines),
        debtors=sum(line.debtors for line in lines),
        delegated=sum(line.delegated for line in lines),
        tonight=sum(line.tonight for line in lines),
        waiting=sum(line.waiting for line in lines),
        may_add=work.actor.administers,
        ask=() if lines or work.actor.administers else tuple(reads.administrators(work.session)),
    )


def _lines(work: Work, followed: Followed) -> list[ClientLine]:
    session, today = work.session, work.today
    balances = reads.balances(session, followed, today)
    owing = reads.owing(session, followed, today)
    in_hand = _in_hand(work, followed)
    tonight = _tonight(work, followed)
    waiting = reads.undelivered(session, followed)
    failed = Counter(one.client_id for one in reads.failed(session, followed))
    uploads = Counter(client_id for client_id, *_ in reads.uploads(session, followed))
    imports = reads.last_imports(session, followed)
    return [
        ClientLine(
            id=key,
            name=client.name,
            enterprise_number=client.enterprise_number,
            balances=balances.get(key, {}),
            oldest_days=_oldest_days(balances.get(key, {}), today),
            debtors=len(owing.get(key, ())),
            delegated=len(owing.get(key, set()) & in_hand.keys()),
            tonight=tonight[key],
            waiting=waiting.get(key, 0),
            failed=failed[key],
            uploads=uploads[key],
            imported_on=day_of(imports.get(key)),
        )
        for key, client in followed.items()
    ]


def _in_hand(work: Work, followed: Followed) -> dict[int, DelegationState]:
    states = {
        key: status(events, work.today).state
        for key, events in reads.decisions(work.session, followed).items()
    }
    return {key: state for key, state in states.items() if state in _IN_HAND}


def _tonight(work: Work, followed: Followed) -> Counter[int]:
    """How many messages tonight's run would send for each client: the plan decides, as it will then."""
    session, today, ids = work.session, work.today, tuple(followed)
    clients = {key: (client.country, client.consumers) for key, client in followed.items()}
    known = known_of_many(session, clients, today, events=reads.decisions(session, followed))
    steps = [step for one in known.values() for plan in one.plans.every for step in plan.steps]
    first = min((step.days_late_min for step in steps), default=1)
    halted, dead, unread = (
        stops.of_clients(session, ids),
        undeliverable_among(session, ids),
        inbound.unread(session, ids),
    )
    planned: Counter[int] = Counter()
    busy = set[int]()
    for one in reads.candidates(session, followed, today, today - timedelta(days=first)):
        facts, key = known[one.client_id], one.debtor_id
        if facts.status(key).state is not DelegationState.DELEGATED:
            continue
        items = [facts.with_own_plan(item) for item in one.invoices]
        seen = facts.prospect(key, items, one.credit)
        seen = replace(seen, undeliverable=dead.get(key), unread=key in unread)
        seen = seen.with_stops(halted[key].stops) if key in halted else seen
        if isinstance(seen.tonight(), Planned):
            planned[one.client_id] += 1
            busy.add(key)
    for client_id, mine in _by_client(halted).items():
        parts = instalments.due(session, client_id, today, busy=busy, halted=mine)
        planned[client_id] += sum(isinstance(one.result, Planned) for one in parts)
    return planned


def _by_client(halted: Mapping[int, stops.Found]) -> dict[int, dict[int, stops.Found]]:
    """The debtors with stops of each client."""
    found: dict[int, dict[int, stops.Found]] = {}
    for debtor_id, of in halted.items():
        found.setdefault(of.rows[0].client_id, {})[debtor_id] = of
    return found


def _oldest_days(balances: Mapping[str, Balance], today: date) -> int | None:
    dues = [one.oldest_due for one in balances.values() if one.oldest_due is not None]
    return (today - min(dues)).days if dues else None


def _total(lines: list[ClientLine]) -> dict[str, Balance]:
    codes = {code for line in lines for code in line.balances}
    return {
        code: _sum([line.balances[code] for line in lines if code in line.balances], code)
        for code in sorted(codes, key=lambda code: (code != EUR, code))
    }


def _sum(parts: list[Balance], currency: str) -> Balance:
    return Balance(
        open=Money.total((one.open for one in parts), currency),
        overdue=Money.total((one.overdue for one in parts), currency),
        buckets={
            code: Money.total((one.buckets[code] for one in parts), currency) for code in parts[0].buckets
        },
        oldest_due=min((one.oldest_due for one in parts if one.oldest_due is not None), default=None),
    )


def _searched(line: ClientLine) -> str:
    digits = "".join(letter for letter in line.enterprise_number if letter.isdigit())
    return f"{line.name}\n{line.enterprise_number}\n{digits}".casefold()


def _cents(line: ClientLine, name: str) -> tuple[int, int]:
    """Amounts of several currencies do not compare: what is in euro decides, then the largest other."""
    amounts = {code: getattr(one, name).cents for code, one in line.balances.items()}
    return amounts.pop(EUR, 0), max(amounts.values(), default=0)


_KEYS: Final[Mapping[DeskSort, Callable[[ClientLine], Any]]] = {
    DeskSort.NAME: lambda line: line.name.casefold(),
    DeskSort.OPEN: lambda line: _cents(line, "open"),
    DeskSort.OVERDUE: lambda line: _cents(line, "overdue"),
    DeskSort.OLDEST: lambda line: line.oldest_days or 0,
    DeskSort.DELEGATED: lambda line: line.delegated,
    DeskSort.TONIGHT: lambda line: line.tonight + line.waiting,
    DeskSort.IMPORTED: lambda line: line.imported_on or date.min,
}
