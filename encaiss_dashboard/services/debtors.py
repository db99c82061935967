"""Debtors: the list with who is delegated since when, and one debtor's whole file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain.delegation import DelegationState, DelegationStatus
from encaiss_dashboard.domain.dso import average_days_late
from encaiss_dashboard.domain.dunning import DEFAULT_LADDER, OpenInvoice, StepCode, last_step, next_action
from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.interest import InterestResult, RateUnknown, Regime, interest, late_indemnity
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.terms import Term
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 50
_NOBODY: Final = DelegationStatus(DelegationState.NOT_DELEGATED)
_EMAIL: Final = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LANGUAGES: Final = frozenset({"fr", "nl", "en"})
_YEAR_DAYS: Final = 365


class BadEmail(Refusal):
    """Not an e-mail address."""

    code = "bad_email"


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
        step: the last step taken on what is still open.
        next_step, next_on: its next message, None when none will go.
    """

    id: int
    name: str
    city: str
    open: Money
    overdue: Money
    days_late: int
    status: DelegationStatus
    step: StepCode | None
    next_step: StepCode | None
    next_on: date | None
    email: str


@dataclass(frozen=True, slots=True)
class DebtorPage:
    """One page of debtors; ``ids`` are those of all pages, for "choose all"."""

    lines: tuple[DebtorLine, ...]
    found: int
    page: int
    pages: int
    ids: tuple[int, ...]


def find(work: Work, client_id: int | None, search: DebtorSearch) -> DebtorPage:
    """One page of what is looked for."""
    client = work.require(Action.VIEW, client_id)
    lines = [line for line in _lines(work, client) if _wanted(line, search)]
    lines.sort(key=lambda line: line.name.casefold())
    lines.sort(key=lambda line: _sort_key(line, search.sort), reverse=search.descending)
    pages = max(1, -(-len(lines) // PAGE_SIZE))
    page = min(max(1, search.page), pages)
    shown = tuple(lines[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])
    return DebtorPage(shown, len(lines), page, pages, tuple(line.id for line in lines))


def _wanted(line: DebtorLine, search: DebtorSearch) -> bool:
    text = search.text.strip().casefold()
    if text and text not in line.name.casefold() and text not in line.city.casefold():
        return False
    if search.state == "overdue":
        return line.overdue.cents > 0
    return not search.state or line.status.state.value == search.state


def _sort_key(line: DebtorLine, sort: DebtorSort) -> str | int:
    keys: dict[DebtorSort, str | int] = {
        DebtorSort.NAME: line.name.casefold(),
        DebtorSort.OPEN: line.open.cents,
        DebtorSort.OVERDUE: line.overdue.cents,
        DebtorSort.DAYS_LATE: line.days_late,
        DebtorSort.SINCE: line.status.since.toordinal() if line.status.since else 0,
    }
    return keys[sort]


def _lines(work: Work, client_id: int) -> list[DebtorLine]:
    states = queries.delegation_states(work.session, client_id, work.today)
    owed = queries.open_invoices(work.session, client_id, work.today)
    contacts = queries.last_contacts(work.session, client_id)
    addresses = queries.addresses(work.session, client_id)
    lines = []
    for debtor in queries.debtors(work.session, client_id):
        key = queries.known(debtor.id)
        invoices, status = owed.get(key, []), states.get(key, _NOBODY)
        currency = invoices[0].open.currency if invoices else "EUR"
        mine = [i for i in invoices if i.open.currency == currency]
        late = [i for i in mine if i.invoice.due < work.today]
        upcoming = _upcoming(work, invoices, status, contacts.get(key))
        lines.append(
            DebtorLine(
                id=key,
                name=debtor.name,
                city=debtor.city,
                open=Money.total((i.open for i in mine), currency),
                overdue=Money.total((i.open for i in late), currency),
                days_late=max((i.invoice.days_late(work.today) for i in late), default=0),
                status=status,
                step=last_step(invoices),
                next_step=upcoming[0] if upcoming else None,
                next_on=upcoming[1] if upcoming else None,
                email=addresses.get(key, ""),
            )
        )
    return lines


def _upcoming(
    work: Work, invoices: list[OpenInvoice], status: DelegationStatus, last_contact: date | None
) -> tuple[StepCode, date] | None:
    if status.state is not DelegationState.DELEGATED:
        return None
    return next_action(DEFAULT_LADDER, work.today, invoices, last_contact)


@dataclass(frozen=True, slots=True)
class DebtorFile:
    """Everything about one debtor, as of today, in its main currency.

    Attributes:
        overdue_invoices, invoices_ever: "3 invoices out of 9".
        interest: late interest on what is past due by right until today, None when a rate is unknown.
        rate_percent: the yearly rate of today's semester, None as above.
        indemnity: the flat indemnities for late invoices.
        oldest_due: due date of its oldest invoice past due.
        days_late_usual: how late it paid over the last year, weighted, None when it paid nothing.
        acts: newest first.
    """

    debtor: records.Debtor
    email: str
    status: DelegationStatus
    open: Money
    overdue: Money
    overdue_invoices: int
    invoices_ever: int
    interest: Money | None
    rate_percent: Decimal | None
    indemnity: Money
    oldest_due: date | None
    days_late: int
    days_late_usual: Decimal | None
    invoices: tuple[OpenInvoice, ...]
    credit: Money
    next_step: StepCode | None
    next_on: date | None
    acts: tuple[records.Act, ...]
    term: str


def file(work: Work, client_id: int | None, debtor_id: int) -> DebtorFile:
    """One debtor's whole file.

    Raises:
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.VIEW, client_id)
    debtor = queries.debtor(work.session, client, debtor_id)
    ledgers = queries.ledgers(work.session, client, [debtor_id])
    owed = queries.open_invoices(work.session, client, work.today, [debtor_id]).get(debtor_id, [])
    currency = owed[0].open.currency if owed else next(iter(ledgers), "EUR")
    ledger = ledgers.get(currency)
    late = [i for i in owed if i.invoice.due < work.today and i.open.currency == currency]
    states = queries.delegation_states(work.session, client, work.today, [debtor_id])
    status = states.get(debtor_id, _NOBODY)
    accrued = _accrued(work, late, debtor.country)
    upcoming = _upcoming(work, owed, status, queries.last_contacts(work.session, client).get(debtor_id))
    oldest = min((i.invoice.due for i in late), default=None)
    return DebtorFile(
        debtor=debtor,
        email=queries.addresses(work.session, client).get(debtor_id, ""),
        status=status,
        open=Money.total((i.open for i in owed if i.open.currency == currency), currency),
        overdue=Money.total((i.open for i in late), currency),
        overdue_invoices=len(late),
        invoices_ever=len(ledger.invoices) if ledger else 0,
        interest=Money.total((r.amount for r in accrued), currency) if accrued is not None else None,
        rate_percent=accrued[0].periods[-1].rate.percent if accrued else None,
        indemnity=Money.total((late_indemnity(i.invoice.due, work.today) for i in late), "EUR"),
        oldest_due=oldest,
        days_late=(work.today - oldest).days if oldest else 0,
        days_late_usual=average_days_late(ledger, work.today, _YEAR_DAYS) if ledger else None,
        invoices=tuple(sorted(owed, key=lambda i: (i.invoice.due, i.invoice.id))),
        credit=ledger.unallocated(work.today) if ledger else Money(0, currency),
        next_step=upcoming[0] if upcoming else None,
        next_on=upcoming[1] if upcoming else None,
        acts=tuple(queries.acts(work.session, client, debtor_id)),
        term=debtor.term or queries.client(work.session, client).default_term,
    )


def _accrued(work: Work, late: list[OpenInvoice], country: str) -> list[InterestResult] | None:
    """Interest by right on each invoice past due, None when the law's rate of a period is unknown."""
    regime = Regime.FR_B2B if country == "FR" else Regime.BE_B2B
    try:
        return [interest(i.open, i.invoice.due, work.today, regime) for i in late]
    except RateUnknown:
        return None


def message(work: Work, client_id: int | None, message_id: int) -> records.OutboxMessage:
    """A message to one of this client's debtors, as it was sent.

    Raises:
        NotFound: another client's, or none.
    """
    return queries.message(work.session, work.require(Action.VIEW, client_id), message_id)


def edit(work: Work, client_id: int | None, debtor_id: int, *, email: str, language: str, term: str) -> None:
    """Change how a debtor is reached and its usual payment term (for invoices still to come).

    Raises:
        BadEmail: not an address; "" removes nothing and keeps the letter going by post.
        TermUnreadable: not a payment term.
    """
    client = work.require(Action.UPLOAD, client_id)
    debtor = queries.debtor(work.session, client, debtor_id)
    if language not in _LANGUAGES:
        raise Unreadable(value=language)
    debtor.language = language
    debtor.term = Term.parse(term).code if term.strip() else ""
    address = email.strip()
    if address and not _EMAIL.fullmatch(address):
        raise BadEmail(value=address[:80])
    for contact in work.session.exec(
        select(records.Contact).where(col(records.Contact.debtor_id) == debtor_id)
    ):
        work.session.delete(contact)
    work.session.flush()
    if address:
        work.session.add(
            records.Contact(client_id=client, debtor_id=debtor_id, email=address, created_at=work.now)
        )
