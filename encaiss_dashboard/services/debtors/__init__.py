"""Debtors: the list with who is delegated since when, and one debtor's whole file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.claims import (
    ClaimKind,
    ClaimLine,
    LateInvoice,
    Settled,
    claim_lines,
    is_rate_known,
)
from encaiss_dashboard.domain.delegation import DelegationState, DelegationStatus
from encaiss_dashboard.domain.dso import average_days_late
from encaiss_dashboard.domain.dunning import Held, OpenInvoice, StepCode, last_step
from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.interest import Evidence, Period, Rate
from encaiss_dashboard.domain.invoices import Kind, Ledger
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import next_change
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.routes import TOGETHER
from encaiss_dashboard.services.debtors import history
from encaiss_dashboard.storage import merges, queries, records
from encaiss_dashboard.storage.claims import paid as claims_paid
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 50
OVERDUE: Final = "overdue"
_YEAR_DAYS: Final = 365
_ID_MAX: Final = 2**31 - 1
_DIGITS_MIN: Final = 4


class DebtorSort(StrEnum):
    """By which column."""

    NAME = "name"
    OPEN = "open"
    OVERDUE = "overdue"
    DAYS_LATE = "days_late"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class DebtorSearch:
    """What is looked for; ``state`` is a delegation state, ``overdue`` or "" for all."""

    text: str = ""
    state: str = ""
    sort: DebtorSort = DebtorSort.OVERDUE
    descending: bool = True
    page: int = 1


@dataclass(frozen=True, slots=True)
class DebtorLine:
    """One debtor of the list, in its main currency.

    Attributes:
        days_late: of its oldest invoice past due, 0 when none is.
        planned: the next change already decided and its first day, the end of a pause included.
        step: the last step taken on what is still open.
        next: the step and earliest day of its next message, None when none will go.
    """

    id: int
    name: str
    city: str
    open: Money
    overdue: Money
    days_late: int
    status: DelegationStatus
    planned: tuple[DelegationState, date] | None
    step: StepCode | None
    next: tuple[StepCode, date] | None


@dataclass(frozen=True, slots=True)
class DebtorPage:
    """One page of debtors.

    Attributes:
        ids: those of all pages, for "choose all".
        counts: how many of the text looked for there are in each state, ``overdue`` and "" for all.
        on: the day it is true for.
    """

    lines: tuple[DebtorLine, ...]
    found: int
    page: int
    pages: int
    ids: tuple[int, ...]
    counts: Mapping[str, int]
    on: date


def find(work: Work, client_id: int | None, search: DebtorSearch) -> DebtorPage:
    """One page of what is looked for; the text may be in a name, town or number."""
    client = work.require(Action.VIEW, client_id)
    every = _lines(work, client, search.text.strip().casefold())
    lines = [line for line in every if _wanted(line, search.state)]
    lines.sort(key=lambda line: line.name.casefold())
    lines.sort(key=lambda line: _sort_key(line, search.sort), reverse=search.descending)
    pages = max(1, -(-len(lines) // PAGE_SIZE))
    page = min(max(1, search.page), pages)
    counts = Counter(line.status.state.value for line in every)
    counts |= {"": len(every), OVERDUE: sum(_wanted(line, OVERDUE) for line in every)}
    return DebtorPage(
        lines=tuple(lines[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]),
        found=len(lines),
        page=page,
        pages=pages,
        ids=tuple(line.id for line in lines),
        counts=counts,
        on=work.today,
    )


def _wanted(line: DebtorLine, state: str) -> bool:
    if state == OVERDUE:
        return line.overdue.cents > 0
    return not state or line.status.state.value == state


def _sort_key(line: DebtorLine, sort: DebtorSort) -> str | int:
    keys: dict[DebtorSort, str | int] = {
        DebtorSort.NAME: line.name.casefold(),
        DebtorSort.OPEN: line.open.cents,
        DebtorSort.OVERDUE: line.overdue.cents,
        DebtorSort.DAYS_LATE: line.days_late,
        DebtorSort.SINCE: line.status.since.toordinal() if line.status.since else 0,
    }
    return keys[sort]


def _lines(work: Work, client_id: int, text: str) -> list[DebtorLine]:
    former = merges.former(work.session, client_id)
    found = [
        one
        for one in queries.debtors(work.session, client_id)
        if any(matches(debtor, text) for debtor in (one, *former.get(queries.known(one.id), ())))
    ]
    seen = prospects(work.session, client_id, work.today, [queries.known(debtor.id) for debtor in found])
    return [_line(debtor, seen[queries.known(debtor.id)]) for debtor in found]


def matches(debtor: records.Debtor, text: str) -> bool:
    """Whether a text, in small letters, is in the debtor's name, town or numbers."""
    parts = (debtor.name, debtor.city, debtor.number, debtor.enterprise_number)
    if any(text in part.casefold() for part in parts):
        return True
    digits = "".join(c for c in text if c.isdigit())
    own = "".join(c for c in debtor.enterprise_number if c.isdigit())
    return len(digits) >= _DIGITS_MIN and digits in own


def _line(debtor: records.Debtor, seen: Prospect) -> DebtorLine:
    return DebtorLine(
        id=queries.known(debtor.id),
        name=debtor.name,
        city=debtor.city,
        open=Money.total((item.open for item in seen.main), seen.currency),
        overdue=Money.total((item.open for item in seen.late), seen.currency),
        days_late=max((item.invoice.days_late(seen.on) for item in seen.late), default=0),
        status=seen.status,
        planned=next_change(seen.events, seen.on),
        step=last_step(seen.invoices),
        next=seen.next_message(),
    )


@dataclass(frozen=True, slots=True)
class DebtorFile:
    """Everything about one debtor, as of today, in its main currency.

    Attributes:
        overdue_invoices, invoices_ever: "3 invoices out of 9".
        interest: late interest on what is past due by right until today, None when a rate is unknown.
        rate: the one of today, None when nothing is past due or as above.
        rates_doubtful: those that interest runs at and that the official notice has not confirmed.
        indemnity: the flat indemnities for late invoices.
        oldest_due: due date of its oldest invoice past due.
        days_late_usual: how late it paid over the last year, weighted, None when it paid nothing.
        planned, next: as in the list.
        plan_version, contact_gap_days: of the client's plan in force, 0 for the house's own.
        acts: newest first, with the imports that brought its invoices and the acts of those merged into it.
        brought: how many of its invoices each import brought, by batch id.
        named: the numbers of the invoices in each message, by message id.
        names: of the debtors that the acts are about or mention, by id.
        calls: what was said in each, by the id that its act names.
        stop: what stops the debtor, or each of its open invoices, as of today; None when a message may go.
        term: its own payment term, else the client's.
    """

    debtor: records.Debtor
    email: str
    status: DelegationStatus
    planned: tuple[DelegationState, date] | None
    open: Money
    overdue: Money
    overdue_invoices: int
    invoices_ever: int
    interest: Money | None
    rate: Rate | None
    rates_doubtful: tuple[Rate, ...]
    indemnity: Money
    oldest_due: date | None
    days_late: int
    days_late_usual: Decimal | None
    invoices: tuple[OpenInvoice, ...]
    credit: tuple[Money, ...]
    next: tuple[StepCode, date] | None
    stop: Held | None
    plan_version: int
    contact_gap_days: int
    acts: tuple[records.Act, ...]
    brought: Mapping[int, int]
    named: Mapping[int, tuple[str, ...]]
    names: Mapping[int, str]
    calls: Mapping[int, str]
    term: str
    on: date


def file(work: Work, client_id: int | None, debtor_id: int) -> DebtorFile:
    """One debtor's whole file; of one merged away, the file of the debtor that it is by now.

    Raises:
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.VIEW, client_id)
    debtor = _debtor(work, client, debtor_id)
    debtor_id = queries.known(debtor.id)
    seen = prospects(work.session, client, work.today, [debtor_id])[debtor_id]
    ledger = queries.ledgers(work.session, client, [debtor_id]).get(seen.currency)
    claims = _claims(work, client, seen, ledger)
    periods = [period for line in claims for period in line.periods]
    oldest = min((item.invoice.due for item in seen.late), default=None)
    told = history.told(work.session, client, debtor_id)
    return DebtorFile(
        debtor=debtor,
        email=TOGETHER.join(queries.emails(work.session, client, [debtor_id]).get(debtor_id, ())),
        status=seen.status,
        planned=next_change(seen.events, seen.on),
        open=Money.total((item.open for item in seen.main), seen.currency),
        overdue=Money.total((item.open for item in seen.late), seen.currency),
        overdue_invoices=len(seen.late),
        invoices_ever=sum(i.kind is Kind.INVOICE for i in ledger.invoices) if ledger else 0,
        interest=_interest(seen, claims),
        rate=periods[-1].rate if periods else None,
        rates_doubtful=_doubtful(periods),
        indemnity=Money.total(one.amount for one in claims if one.kind is ClaimKind.INDEMNITY),
        oldest_due=oldest,
        days_late=(seen.on - oldest).days if oldest else 0,
        days_late_usual=average_days_late(ledger, seen.on, _YEAR_DAYS) if ledger else None,
        invoices=tuple(sorted(seen.invoices, key=lambda i: (i.invoice.due, i.invoice.id))),
        credit=tuple(seen.credit),
        next=seen.next_message(),
        stop=_stop(seen),
        plan_version=seen.version,
        contact_gap_days=seen.plan.contact_gap_days,
        acts=told.acts,
        brought=told.brought,
        named=told.named,
        names=told.names,
        calls=told.calls,
        term=debtor.term or queries.client(work.session, client).default_term,
        on=seen.on,
    )


def _stop(seen: Prospect) -> Held | None:
    stopped = [item.stop for item in seen.invoices]
    return seen.stops.of_debtor(seen.on) or (stopped[0] if stopped and all(stopped) else None)


def _debtor(work: Work, client_id: int, debtor_id: int) -> records.Debtor:
    if not 0 < debtor_id <= _ID_MAX:  # more than a key can be: the database would break on it
        raise NotFound
    return queries.debtor(work.session, client_id, merges.kept(work.session, client_id, debtor_id))


def _claims(work: Work, client_id: int, seen: Prospect, ledger: Ledger | None) -> list[ClaimLine]:
    """What may be claimed today beside the balances, by the law that holds for this debtor."""
    settled: dict[int, list[Settled]] = defaultdict(list)
    for one in ledger.allocations if ledger else ():
        settled[one.invoice_id].append(Settled(one.on, one.amount))
    ids = [item.invoice.id for item in seen.late]
    beside = claims_paid(work.session, client_id, ids) if ids else {}
    return [
        line
        for item in seen.late
        for line in claim_lines(
            LateInvoice(
                item.invoice, settled[item.invoice.id], item.done, paid=beside.get(item.invoice.id, ())
            ),
            seen.on,
            seen.regime,
            seen.plan.consumer,
        )
    ]


def _interest(seen: Prospect, claims: Sequence[ClaimLine]) -> Money | None:
    """The sum of interest, None when the law's rate of a period is unknown."""
    if not all(is_rate_known(item.invoice.due, seen.on, seen.regime) for item in seen.late):
        return None
    found = (one.amount for one in claims if one.kind is ClaimKind.INTEREST)
    return Money.total(found, seen.currency)


def _doubtful(periods: list[Period]) -> tuple[Rate, ...]:
    rates = dict.fromkeys(period.rate for period in periods)
    return tuple(rate for rate in rates if not rate.published or rate.evidence is not Evidence.HIGH)


def message(work: Work, client_id: int | None, message_id: int) -> records.OutboxMessage:
    """A message to one of this client's debtors, as it was sent.

    Raises:
        NotFound: another client's, or none.
    """
    client = work.require(Action.VIEW, client_id)
    if not 0 < message_id <= _ID_MAX:
        raise NotFound
    return queries.message(work.session, client, message_id)
