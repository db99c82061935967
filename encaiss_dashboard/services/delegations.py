"""Which debtors the client lets the agency act on: shown before it is done, then recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.delegation import (
    DelegationEvent,
    DelegationKind,
    DelegationState,
    DelegationStatus,
    status,
)
from encaiss_dashboard.domain.dunning import DEFAULT_LADDER, StepCode, next_action
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind, record
from encaiss_dashboard.work import Work

_ACTS: Final = {
    DelegationKind.DELEGATE: ActKind.DELEGATED,
    DelegationKind.PAUSE: ActKind.PAUSED,
    DelegationKind.RESUME: ActKind.RESUMED,
    DelegationKind.WITHDRAW: ActKind.WITHDRAWN,
}
_DEBTORS_MAX: Final = 5000
_REASON_LENGTH_MAX: Final = 500


class NobodyChosen(Refusal):
    """No debtor was chosen."""

    code = "nobody_chosen"


class PastPause(Refusal):
    """A pause that ends before it begins."""

    code = "past_pause"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision means for one debtor.

    Attributes:
        state: how it stands before.
        changes: False when the decision changes nothing for it.
        overdue: what is past due today, the first currency only.
        open_invoices: how many invoices are open.
        step, on: the next message and its earliest day once decided, None when none will go.
    """

    debtor_id: int
    name: str
    state: DelegationState
    changes: bool
    overdue: Money
    open_invoices: int
    step: StepCode | None
    on: date | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a client decides about several debtors.

    Attributes:
        from_date: first day on which it holds.
        until: last day of a pause, None until further notice.
    """

    kind: DelegationKind
    debtor_ids: tuple[int, ...]
    from_date: date
    until: date | None = None
    reason: str = ""


def foresee(work: Work, client_id: int | None, decision: Decision) -> list[Effect]:
    """What would happen to whom and when; changes nothing.

    Raises:
        NotFound: a debtor that is not this client's.
        NobodyChosen, PastPause: as :func:`decide`.
    """
    client = work.require(Action.VIEW, client_id)
    debtors = _debtors(work, client, decision)
    ids = [queries.known(d.id) for d in debtors]
    events = queries.delegation_events(work.session, client, ids)
    invoices = queries.open_invoices(work.session, client, work.today, ids)
    contacts = queries.last_contacts(work.session, client)
    effects = []
    for debtor in debtors:
        key = queries.known(debtor.id)
        before = status(events.get(key, []), decision.from_date)
        after = status([*events.get(key, []), _event(decision)], decision.from_date)
        day = _resumes(after, decision)
        upcoming = (
            next_action(DEFAULT_LADDER, max(day, work.today), invoices.get(key, []), contacts.get(key))
            if day
            else None
        )
        owed = invoices.get(key, [])
        currency = owed[0].open.currency if owed else "EUR"
        late = [i.open for i in owed if i.invoice.due < work.today and i.open.currency == currency]
        effects.append(
            Effect(
                debtor_id=key,
                name=debtor.name,
                state=before.state,
                changes=before != after,
                overdue=Money.total(late, currency),
                open_invoices=len(owed),
                step=upcoming[0] if upcoming else None,
                on=upcoming[1] if upcoming else None,
            )
        )
    return effects


def decide(work: Work, client_id: int | None, decision: Decision) -> int:
    """Record a decision for every debtor it changes; returns how many those are.

    Raises:
        NobodyChosen: an empty choice.
        PastPause: a pause that ends before it begins.
        NotFound: a debtor that is not this client's; then nothing is recorded at all.
    """
    client = work.require(Action.DELEGATE, client_id)
    debtors = _debtors(work, client, decision)
    events = queries.delegation_events(work.session, client, [queries.known(d.id) for d in debtors])
    changed = 0
    for debtor in debtors:
        key = queries.known(debtor.id)
        before = events.get(key, [])
        event = _event(decision)
        if status(before, decision.from_date) == status([*before, event], decision.from_date):
            continue
        changed += 1
        work.session.add(
            records.Delegation(
                client_id=client,
                debtor_id=key,
                kind=event.kind.value,
                from_date=event.from_date,
                until=event.until,
                reason=event.reason,
                user_id=work.actor.user_id,
                at=work.now,
            )
        )
        record(
            work.session,
            client_id=client,
            kind=_ACTS[event.kind],
            day=min(event.from_date, work.today),
            at=work.now,
            user_id=work.actor.user_id,
            debtor_id=key,
            facts={
                "from": event.from_date.isoformat(),
                "until": event.until.isoformat() if event.until else None,
                "reason": event.reason,
                "by": work.actor.name,
            },
        )
    return changed


def _debtors(work: Work, client_id: int, decision: Decision) -> Sequence[records.Debtor]:
    if not decision.debtor_ids:
        raise NobodyChosen
    if len(decision.debtor_ids) > _DEBTORS_MAX or len(decision.reason) > _REASON_LENGTH_MAX:
        raise Unreadable(value=str(len(decision.debtor_ids)))
    if decision.until is not None and decision.until < max(decision.from_date, work.today):
        raise PastPause
    return [queries.debtor(work.session, client_id, key) for key in dict.fromkeys(decision.debtor_ids)]


def _event(decision: Decision) -> DelegationEvent:
    until = decision.until if decision.kind is DelegationKind.PAUSE else None
    return DelegationEvent(decision.kind, decision.from_date, until, decision.reason)


def _resumes(after: DelegationStatus, decision: Decision) -> date | None:
    """The first day on which the agency acts under a status, None when it does not."""
    if after.state is DelegationState.DELEGATED:
        return decision.from_date
    if after.state is DelegationState.PAUSED and after.paused_until:
        return after.paused_until + timedelta(days=1)
    return None
