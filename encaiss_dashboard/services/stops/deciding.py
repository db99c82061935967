"""What comes after a stop was opened: a decision, an answer, a longer pause, its end, its withdrawal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlmodel import Session

from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops import Instalment, PlanRequest, StopState
from encaiss_dashboard.domain.stops.opening import AmountOutside, DayOutside, NewPlan
from encaiss_dashboard.services.stops import ID_MAX, allowed
from encaiss_dashboard.storage import records, stops
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.storage.stopping import (
    checked_words,
    currency_of,
    message_of,
    numbers_of,
    open_stop,
)
from encaiss_dashboard.storage.stops import EventKind, Known
from encaiss_dashboard.work import Work

_AHEAD_MAX: Final = timedelta(days=5 * 366)


class StopOver(Refusal):
    """The stop is over, or of a kind about which this cannot be decided."""

    code = "stop_over"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is decided about a dispute.

    Attributes:
        state: upheld, partly or rejected.
        credit_cents: what the client will credit of it; of one partly upheld only.
    """

    state: StopState
    credit_cents: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """The plan that a debtor's request is answered with; see ``domain.stops.InstalmentPlan``."""

    instalments: tuple[Instalment, ...]
    tolerance_days: int = 5
    reminder_days: int = 3


@dataclass(frozen=True, slots=True)
class _Open:
    """A stop that still holds, with its debtor as of today."""

    known: Known
    seen: Prospect
    client_id: int


def decide(work: Work, client_id: int | None, stop_id: int, verdict: Verdict, words: str) -> None:
    """Decide a dispute: rejected, its invoices return to the ladder; upheld, they wait for the credit note.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: no such stop.
        StopOver: no dispute, or one that is over.
        AmountOutside: a part that is none.
        Unreadable: words too long.
    """
    found = _still_open(work, work.require(Action.DELEGATE, client_id), stop_id, "decide")
    stop = found.known.stop
    due = found.seen.stops.balances.open_cents(stop.invoices, work.today)
    left = 0
    if verdict.state is StopState.PARTLY:
        if not 0 < verdict.credit_cents < due:
            currency = currency_of(found.seen, stop)
            raise AmountOutside(most=f"{Money(max(0, due - 1), currency)} {currency}")
        left = due - verdict.credit_cents
    elif verdict.state not in {StopState.UPHELD, StopState.REJECTED}:
        raise StopOver
    _keep(work, found, EventKind.DECIDED, {"decision": verdict.state.value, "left_cents": left}, words)


def answer(work: Work, client_id: int | None, stop_id: int, terms: Terms | None, words: str) -> int | None:
    """Answer a debtor's request for a plan of instalments: with the plan, whose id is returned, or refuse it.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: no such stop.
        StopOver: no request, or one that is over.
        Unreadable: words too long.
        Refusal: as ``domain.stops.opening.stop_for``.
    """
    client = work.require(Action.DELEGATE, client_id)
    found = _still_open(work, client, stop_id, "answer")
    assert isinstance(found.known.stop, PlanRequest)
    _keep(work, found, EventKind.ANSWERED, {"accepted": terms is not None}, words)
    if terms is None:
        return None
    owed = {item.invoice.id for item in found.seen.invoices}
    ids = tuple(sorted(found.known.stop.invoices & owed))
    plan = NewPlan(ids, terms.instalments, terms.tolerance_days, terms.reminder_days)
    debtor = found.known.debtor_id
    return open_stop(work.session, work.journal, client, debtor, plan, words=words, today=work.today)


def extend(work: Work, client_id: int | None, stop_id: int, until: date | None, words: str) -> None:
    """Give a pause of invoices another last day, None for further notice.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: no such stop.
        StopOver: no pause, or one that is over.
        DayOutside: a day that has passed, or one too far away.
        Unreadable: words too long.
    """
    found = _still_open(work, work.require(Action.DELEGATE, client_id), stop_id, "extend")
    if until is not None and not work.today <= until <= work.today + _AHEAD_MAX:
        raise DayOutside
    _keep(work, found, EventKind.EXTENDED, {"until": until.isoformat() if until else None}, words)


def lift(work: Work, client_id: int | None, stop_id: int, words: str) -> None:
    """The proceedings about a debtor are over: what it still owes returns to the ladder.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: no such stop.
        StopOver: no insolvency, or one that is over.
        Unreadable: words too long.
    """
    found = _still_open(work, work.require(Action.DELEGATE, client_id), stop_id, "lift")
    _keep(work, found, EventKind.LIFTED, {}, words)


def withdraw(work: Work, client_id: int | None, stop_id: int, words: str) -> None:
    """Take a stop back while it holds: from today on it is as if it had never been.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: no such stop.
        StopOver: it ended or was decided; what followed cannot be taken back.
        Unreadable: words too long.
    """
    found = _still_open(work, work.require(Action.DELEGATE, client_id), stop_id, "withdraw")
    _keep(work, found, EventKind.WITHDRAWN, {}, words)


def known_stop(session: Session, client_id: int, stop_id: int) -> Known:
    """A stop of this client.

    Raises:
        NotFound: no such stop, or another client's.
    """
    found = stops.one(session, client_id, stop_id) if 0 < stop_id <= ID_MAX else None
    if found is None:
        raise NotFound
    return found


def _still_open(work: Work, client_id: int, stop_id: int, what: str) -> _Open:
    # Two deciding at once: the second one finds what the first one decided.
    work.session.get(records.Client, client_id, with_for_update=True)
    known = known_stop(work.session, client_id, stop_id)
    seen = prospects(work.session, client_id, work.today, [known.debtor_id])[known.debtor_id]
    balances = stops.balances(work.session, known.stop.invoices)
    if what not in allowed(known.stop, known.stop.standing(balances, work.today)):
        raise StopOver
    return _Open(known, seen, client_id)


def _keep(work: Work, found: _Open, kind: EventKind, terms: dict[str, Any], words: str) -> None:
    said, stop = checked_words(words), found.known.stop
    stops.add_event(
        work.session,
        found.client_id,
        found.known.id,
        kind,
        on=work.today,
        terms=terms,
        words=said,
        user_id=work.actor.user_id,
        at=work.now,
    )
    debtor = found.known.debtor_id
    after = prospects(work.session, found.client_id, work.today, [debtor])[debtor]
    currency = currency_of(found.seen, stop)
    work.journal.record(
        ActKind.STOP_WITHDRAWN if kind is EventKind.WITHDRAWN else ActKind.STOP_DECIDED,
        day=work.today,
        client_id=found.client_id,
        debtor_id=debtor,
        facts={
            "stop": found.known.id,
            "kind": stop.kind.value,
            "what": kind.value,
            "numbers": numbers_of(found.seen, stop),
            "currency": currency,
            "reason": said,
            "by": work.actor.name,
            **terms,
        },
        shown={"before": message_of(found.seen), "after": message_of(after)},
    )
