"""How a call went, kept with the promise or dispute that came of it."""

from __future__ import annotations

from encaiss_dashboard.domain.bank_days import bank_days_after
from encaiss_dashboard.domain.calls import (
    PAID_BANK_DAYS,
    TRIES_MAX,
    CallOutcome,
    CallSaid,
    next_call,
)
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops.opening import NewDispute, NewPause, NewRequest, NewStop
from encaiss_dashboard.locales import text
from encaiss_dashboard.services.deliveries import calling, content, outcomes
from encaiss_dashboard.services.deliveries.asking import asked_for
from encaiss_dashboard.storage import calls as reads
from encaiss_dashboard.storage import queries, records, stopping
from encaiss_dashboard.storage.calls import CallAttempt
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.work import Work


def record(work: Work, client_id: int | None, message_id: int, said: CallSaid) -> bool:  # noqa: ARG001
    """Keep how a call went, with the promise or dispute that came of it, all of it or nothing.

    Who was spoken to was reminded: the message has left. Nobody there leaves it waiting for its next day,
    three times; then the step counts as tried. A wrong number gives the message up, for the desk to decide.

    Returns:
        False when there was no reason for the call any more: it was dropped and nothing else was kept.

    Raises:
        NotAllowed, NotFound, CallOver: as :func:`services.deliveries.calls.call`.
        Unreadable, OutcomeIncomplete, CallAgainWhen: as ``domain.calls``.
        Refusal: as ``storage.stopping.open_stop``, for what came of it.
    """
    said = said.checked()
    row, client = calling.call_row(message_id, work)
    asked = asked_for(row, work)
    if asked is None:
        return False
    claimant, _ = asked
    row.recipient = queries.debtor(work.session, row.client_id, row.debtor_id).phone
    key = queries.known(client.id)
    stop_id = _stop(work, row, said) if said.outcome.reached else None
    next_on = None
    over = len(reads.attempts(work.session, [message_id]).get(message_id, ())) + 1 >= TRIES_MAX
    if said.outcome is CallOutcome.NOT_REACHED and not over:
        next_on = next_call(said.again_on, work.today, claimant.seen.plan.sending)
    attempt = CallAttempt(
        client_id=key,
        debtor_id=row.debtor_id,
        message_id=message_id,
        on=work.today,
        outcome=said.outcome.value,
        transcript=said.transcript.strip(),
        next_on=next_on,
        stop_id=stop_id,
        user_id=work.actor.user_id,
        at=work.now,
    )
    work.session.add(attempt)
    work.session.flush()
    _settle(work, row, attempt, stop_id)
    return True


def _settle(work: Work, row: records.OutboxMessage, attempt: CallAttempt, stop_id: int | None) -> None:
    outcome = CallOutcome(attempt.outcome)
    facts: dict[str, str | int] = {
        "call": queries.known(attempt.id),
        "outcome": outcome.value,
        "by": work.actor.name,
    }
    row.attempts += 1
    if outcome.reached:
        row.sent_at = work.now
        outcomes.act(row, work, ActKind.CALLED, **facts, stop=stop_id or 0)
        return
    if attempt.next_on is not None:
        outcomes.act(row, work, ActKind.CALL_TRIED, **facts, next=attempt.next_on.isoformat())
        return
    if outcome is CallOutcome.NOT_REACHED:
        # Tried often enough: the step is taken, nobody has to decide anything, the plan goes on.
        row.failed_at = row.set_aside_at = work.now
    outcomes.act(row, work, ActKind.CALL_TRIED, **facts, over=row.attempts)
    if outcome is CallOutcome.WRONG_NUMBER:
        row.detail = text(queries.client(work.session, row.client_id).language, "calls.outcome_wrong_number")
        outcomes.fail(row, work)


def _stop(work: Work, row: records.OutboxMessage, said: CallSaid) -> int | None:
    """What comes of a call with somebody: a promise, a dispute, a request, some days to let money come in."""
    named = tuple(sorted(content.named(row, work)))
    new: NewStop
    match said.outcome:
        case CallOutcome.DISPUTE:
            assert said.reason is not None
            new = NewDispute(named, said.reason)
        case CallOutcome.PLAN:
            new = NewRequest(named)
        case CallOutcome.PAID:
            new = NewPause(named, bank_days_after(work.today, PAID_BANK_DAYS))
        case CallOutcome.PROMISE:
            assert said.promised is not None
        case _:
            return None
    client = work.require(Action.DELEGATE, row.client_id)
    keep = (work.session, work.journal, client, row.debtor_id)
    if said.outcome is CallOutcome.PROMISE and said.promised is not None:
        return stopping.promise(*keep, said.promised, today=work.today, amount_cents=said.amount_cents)
    return stopping.open_stop(*keep, new, words="", today=work.today)
