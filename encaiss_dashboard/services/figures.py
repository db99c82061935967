"""What a client watches: the figures of its ledger as of a date."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from encaiss_dashboard.domain.ageing import Ageing, Basis, ageing
from encaiss_dashboard.domain.delegation import DelegationKind, DelegationState, DelegationStatus
from encaiss_dashboard.domain.dso import Dso, average_days_late, history
from encaiss_dashboard.domain.dso import figures as dso_figures
from encaiss_dashboard.domain.dunning import StepCode, last_step
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.invoices import Ledger
from encaiss_dashboard.domain.money import EUR, Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import queries
from encaiss_dashboard.storage.prospects import prospects
from encaiss_dashboard.storage.stop_alarms import Alarm, alarms
from encaiss_dashboard.work import Work

_MONTHS: Final = 12
_WATCHED: Final = 6
_YEARS: Final = range(1990, 2100)
NO_DELEGATION: Final = DelegationStatus(DelegationState.NOT_DELEGATED)


@dataclass(frozen=True, slots=True)
class WatchedDebtor:
    """A debtor with something past due.

    Attributes:
        step: the last step taken on any of its open invoices, None when none was.
        next_step, next_on: its next message, None when none will go.
    """

    debtor_id: int
    name: str
    overdue: Money
    days_late: int
    state: DelegationState
    step: StepCode | None
    next_step: StepCode | None
    next_on: date | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What waits for the client.

    Attributes:
        uploads: id and file name of files received and not imported.
        undelegated: how many debtors are past due and not delegated, and what they owe in all.
        failed: debtor id and name of messages that could not be delivered.
        stops: promises and plans that failed, requests and disputes that wait.
    """

    uploads: tuple[tuple[int, str], ...]
    undelegated: int
    undelegated_overdue: Money
    failed: tuple[tuple[int, str], ...]
    stops: tuple[Alarm, ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """The first screen, in the client's main currency.

    Attributes:
        ageing: as of today.
        debtors: with anything open.
        overdue_before: what was past due thirty days ago.
        dso: count-back DSO of the last twelve month ends and today.
        delegated_on: first delegation, None when there is none.
        dso_at_delegation: count-back DSO on that day.
        collected: payments of the month so far.
        sent: messages sent in the month so far.
        other_currencies: open total of each other currency.
    """

    on: date
    ageing: Ageing
    debtors: int
    overdue_before: Money
    dso: tuple[tuple[date, Decimal | None], ...]
    delegated_on: date | None
    dso_at_delegation: Decimal | None
    collected: Money
    sent: int
    watched: tuple[WatchedDebtor, ...]
    decisions: Decisions
    other_currencies: Mapping[str, Money]
    invoices_ever: int


def month_ends(on: date, months: int = _MONTHS) -> list[date]:
    """The last days of so many months before a date's month, and the date itself."""
    ends, first = [], on.replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
        ends.append(first.replace(day=monthrange(first.year, first.month)[1]))
    return [*reversed(ends), on]


def main_ledger(work: Work, client_id: int) -> tuple[Ledger, dict[str, Ledger]]:
    """The ledger of the currency in which most is invoiced (EUR when nothing is), and all of them."""
    every = queries.ledgers(work.session, work.require(Action.VIEW, client_id))
    if not every:
        return Ledger(EUR, ()), every
    return max(every.values(), key=lambda one: (len(one.invoices), one.currency == EUR)), every


def overview(work: Work, client_id: int | None) -> Overview:
    """Everything the first screen shows, as of today."""
    client = work.require(Action.VIEW, client_id)
    ledger, every = main_ledger(work, client)
    today = work.today
    aged = ageing(ledger, today)
    balances = ledger.open_cents(today)
    watched = _watched(work, client, ledger.currency)
    delegated_on = min(
        (
            event.from_date
            for events in queries.delegation_events(work.session, client).values()
            for event in events
            if event.kind is DelegationKind.DELEGATE
        ),
        default=None,
    )
    first = today.replace(day=1)
    collected = sum(p.amount.cents for p in ledger.payments if first <= p.on <= today)
    return Overview(
        on=today,
        ageing=aged,
        debtors=len({i.debtor_id for i in ledger.invoices if i.id in balances}),
        overdue_before=ageing(ledger, today - timedelta(days=30)).overdue,
        dso=tuple((on, dso.countback) for on, dso in history(ledger, month_ends(today))),
        delegated_on=delegated_on,
        dso_at_delegation=dso_figures(ledger, delegated_on).countback if delegated_on else None,
        collected=Money(collected, ledger.currency),
        sent=queries.sent_between(work.session, client, first, today),
        watched=tuple(watched[:_WATCHED]),
        decisions=_decisions(work, client, watched, ledger.currency),
        other_currencies={
            code: ageing(one, today).open for code, one in every.items() if code != ledger.currency
        },
        invoices_ever=sum(len(one.invoices) for one in every.values()),
    )


Imported = datetime | None


def first_screen(work: Work, client_id: int | None) -> tuple[Overview, Imported]:
    """The overview, and when a file was imported last."""
    seen = overview(work, client_id)
    last = queries.last_import(work.session, work.require(Action.VIEW, client_id))
    return seen, last.imported_at if last else None


def _watched(work: Work, client_id: int, currency: str) -> list[WatchedDebtor]:
    """Every debtor with something past due, by what is past due times how long."""
    names = {queries.known(d.id): d.name for d in queries.debtors(work.session, client_id)}
    watched = []
    for debtor_id, seen in prospects(work.session, client_id, work.today, list(names)).items():
        late = [i for i in seen.invoices if i.invoice.due < work.today and i.open.currency == currency]
        if not late:
            continue
        upcoming = seen.next_message()
        watched.append(
            WatchedDebtor(
                debtor_id=debtor_id,
                name=names[debtor_id],
                overdue=Money.total((i.open for i in late), currency),
                days_late=max(i.invoice.days_late(work.today) for i in late),
                state=seen.status.state,
                step=last_step(seen.invoices),
                next_step=upcoming[0] if upcoming else None,
                next_on=upcoming[1] if upcoming else None,
            )
        )
    return sorted(watched, key=lambda w: -w.overdue.cents * w.days_late)


def _decisions(work: Work, client_id: int, watched: list[WatchedDebtor], currency: str) -> Decisions:
    waiting = [w for w in watched if w.state is DelegationState.NOT_DELEGATED]
    return Decisions(
        uploads=tuple(queries.uploads_waiting(work.session, client_id)),
        undelegated=len(waiting),
        undelegated_overdue=Money.total((w.overdue for w in waiting), currency),
        failed=tuple(queries.failed_messages(work.session, client_id)),
        stops=tuple(alarms(work.session, [client_id], work.today)),
    )


@dataclass(frozen=True, slots=True)
class Report:
    """Ageing and collection figures of one currency as of a date.

    Attributes:
        dso: as of the date, over the last ninety days.
        days_late: average days late of what was paid in the window, weighted by amount.
        history: all figures of the last twelve month ends and of the date.
        currencies: of all that was ever invoiced or paid.
        delegated_on: first delegation that had begun by the date, None when there was none.
        today: the day on which the report is made.
        blank: True when nothing was ever invoiced.
    """

    ageing: Ageing
    dso: Dso
    days_late: Decimal | None
    history: tuple[tuple[date, Dso], ...]
    currencies: tuple[str, ...]
    delegated_on: date | None
    today: date
    blank: bool


def report(
    work: Work,
    client_id: int | None,
    on: date | None = None,
    basis: Basis = Basis.DUE,
    currency: str | None = None,
) -> Report:
    """The figures screen and ``encaiss report``, as of any date until today, which None means.

    A currency that the client never used gives its main one.

    Raises:
        Unreadable: a date before 1990 or after 2099, which nobody means.
    """
    client = work.require(Action.VIEW, client_id)
    if on is not None and on.year not in _YEARS:
        raise Unreadable(value=on.isoformat())
    as_of = min(on or work.today, work.today)
    ledger, every = main_ledger(work, client)
    ledger = every.get(currency or "", ledger)
    past = tuple(history(ledger, month_ends(as_of)))
    begun = (
        event.from_date
        for events in queries.delegation_events(work.session, client).values()
        for event in events
        if event.kind is DelegationKind.DELEGATE and event.from_date <= as_of
    )
    return Report(
        ageing=ageing(ledger, as_of, basis),
        dso=past[-1][1],
        days_late=average_days_late(ledger, as_of),
        history=past,
        currencies=tuple(every) or (EUR,),
        delegated_on=min(begun, default=None),
        today=work.today,
        blank=not any(one.invoices for one in every.values()),
    )
