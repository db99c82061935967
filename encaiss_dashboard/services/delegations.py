"""Which debtors the client lets the agency act on: shown before it is done, then recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from encaiss_dashboard.domain.delegation import DelegationEvent, DelegationKind, DelegationState, status
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.outlook import consequences
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import Prospect, prospects
from encaiss_dashboard.work import Work

_ACTS: Final = {
    DelegationKind.DELEGATE: ActKind.DELEGATED,
    DelegationKind.PAUSE: ActKind.PAUSED,
    DelegationKind.RESUME: ActKind.RESUMED,
    DelegationKind.WITHDRAW: ActKind.WITHDRAWN,
}
DEBTORS_MAX: Final = 5000
REASON_LENGTH_MAX: Final = 500
_AHEAD_MAX: Final = timedelta(days=5 * 366)


class NobodyChosen(Refusal):
    """No debtor was chosen."""

    code = "nobody_chosen"


class PastPause(Refusal):
    """A pause that ends before it begins."""

    code = "past_pause"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision means for one debtor, in its main currency.

    Attributes:
        state: how it stands before, on the day from which the decision holds.
        changes: False when the decision changes nothing for it.
        overdue, overdue_invoices: what is past due today.
        open_invoices: how many invoices are open.
        before: the next message and its earliest day without the decision, None when none will go.
        step, on: the same with it.
    """

    debtor_id: int
    name: str
    state: DelegationState
    changes: bool
    overdue: Money
    overdue_invoices: int
    open_invoices: int
    before: tuple[StepCode, date] | None
    step: StepCode | None
    on: date | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a client decides about several debtors.

    Attributes:
        from_date: first day on which it holds, None for today; people cannot choose one that has passed.
        until: last day of a pause, None until further notice.
    """

    kind: DelegationKind
    debtor_ids: tuple[int, ...]
    from_date: date | None = None
    until: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What a decision would do.

    Attributes:
        on: today, the first day that it can hold from.
        effects: one for each debtor chosen, by name.
    """

    on: date
    effects: tuple[Effect, ...]


def foresee(work: Work, client_id: int | None, decision: Decision) -> Foresight:
    """What would happen to whom and when; changes nothing.

    Raises:
        NotFound: a debtor that is not this client's.
        NobodyChosen, PastPause, Unreadable: as :func:`decide`.
    """
    client = work.require(Action.VIEW, client_id)
    debtors = _debtors(work, client, decision)
    seen = prospects(work.session, client, work.today, [queries.known(d.id) for d in debtors])
    effects = (_effect(work, decision, debtor, seen[queries.known(debtor.id)]) for debtor in debtors)
    return Foresight(work.today, tuple(effects))


def _effect(work: Work, decision: Decision, debtor: records.Debtor, seen: Prospect) -> Effect:
    added = consequences(seen.events, _event(work, decision), work.today)
    upcoming = seen.next_message(*added)
    return Effect(
        debtor_id=queries.known(debtor.id),
        name=debtor.name,
        state=status(seen.events, _first(work, decision)).state,
        changes=bool(added),
        overdue=Money.total((item.open for item in seen.late), seen.currency),
        overdue_invoices=len(seen.late),
        open_invoices=len(seen.invoices),
        before=seen.next_message(),
        step=upcoming[0] if upcoming else None,
        on=upcoming[1] if upcoming else None,
    )


def decide(work: Work, client_id: int | None, decision: Decision) -> int:
    """Record a decision for every debtor it changes, with what was foreseen of it; returns how many.

    Raises:
        NobodyChosen: an empty choice.
        PastPause: a pause that ends before it begins.
        Unreadable: more debtors than there can be, a reason too long, a day that a person cannot choose.
        NotFound: a debtor that is not this client's; then nothing is recorded at all.
    """
    client = work.require(Action.DELEGATE, client_id)
    debtors = _debtors(work, client, decision)
    seen = prospects(work.session, client, work.today, [queries.known(d.id) for d in debtors])
    changed = 0
    for debtor in debtors:
        known = seen[queries.known(debtor.id)]
        added = consequences(known.events, _event(work, decision), work.today)
        if added:
            changed += 1
            _keep(work, client, _effect(work, decision, debtor, known), decision, added)
    return changed


def _keep(
    work: Work, client_id: int, effect: Effect, decision: Decision, added: Sequence[DelegationEvent]
) -> None:
    """Write down the facts of one debtor, each in its order, and one act for all of them."""
    debtor_id = effect.debtor_id
    for event in added:
        work.session.add(
            records.Delegation(
                client_id=client_id,
                debtor_id=debtor_id,
                kind=event.kind.value,
                from_date=event.from_date,
                until=event.until,
                reason=event.reason,
                user_id=work.actor.user_id,
                at=work.now,
            )
        )
        # Ids give the order in which facts of one day count.
        work.session.flush()
    first = added[0].from_date
    work.journal.record(
        _ACTS[decision.kind],
        day=min(first, work.today),
        client_id=client_id,
        debtor_id=debtor_id,
        facts={
            "from": first.isoformat(),
            "until": added[-1].until.isoformat() if added[-1].until else None,
            "reason": decision.reason,
            "by": work.actor.name,
        },
        shown=_shown(effect),
    )


def _shown(effect: Effect) -> dict[str, Any]:
    """What the person was told before deciding: what is owed, and the next message without and with it."""
    after = (effect.step, effect.on) if effect.step and effect.on else None
    told = {"before": effect.before, "after": after}
    return {
        "overdue_cents": effect.overdue.cents,
        "currency": effect.overdue.currency,
        "overdue_invoices": effect.overdue_invoices,
        "open_invoices": effect.open_invoices,
        **{name: [one[0].value, one[1].isoformat()] if one else None for name, one in told.items()},
    }


def _debtors(work: Work, client_id: int, decision: Decision) -> list[records.Debtor]:
    """The debtors chosen, by name, once the decision is known to make sense."""
    if not decision.debtor_ids:
        raise NobodyChosen
    if len(decision.debtor_ids) > DEBTORS_MAX:
        raise Unreadable(value=str(len(decision.debtor_ids)))
    if len(decision.reason) > REASON_LENGTH_MAX or "\x00" in decision.reason:
        raise Unreadable(value=decision.reason[:40])
    first, until, latest = _first(work, decision), _until(decision), work.today + _AHEAD_MAX
    if not (date.min if work.actor.house else work.today) <= first <= latest:
        raise Unreadable(value=first.isoformat())
    if until is not None and not max(first, work.today) <= until <= latest:
        raise PastPause
    mine = {debtor.id: debtor for debtor in queries.debtors(work.session, client_id)}
    chosen = set(decision.debtor_ids)
    if not chosen <= mine.keys():
        raise NotFound
    return [debtor for key, debtor in mine.items() if key in chosen]


def _first(work: Work, decision: Decision) -> date:
    return decision.from_date or work.today


def _until(decision: Decision) -> date | None:
    return decision.until if decision.kind is DelegationKind.PAUSE else None


def _event(work: Work, decision: Decision) -> DelegationEvent:
    return DelegationEvent(decision.kind, _first(work, decision), _until(decision), decision.reason)
