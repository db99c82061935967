"""What became of a message, whoever handed it over: dropped, given up, told in the journal."""

from __future__ import annotations

from sqlmodel import select

from encaiss_dashboard.domain.delegation import DelegationState
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import Prospect
from encaiss_dashboard.work import Work


def no_reason(seen: Prospect) -> str:
    """Why a debtor is not written to although it was planned, "" when it is."""
    if seen.status.state is not DelegationState.DELEGATED:
        return seen.status.state.value
    return seen.stop.reason.value if seen.stop else ""


def drop(row: records.OutboxMessage, work: Work, why: str) -> None:
    """There is no reason for a message any more: its invoices are free to take the step again."""
    row.dropped_at, row.detail = work.now, why
    _free_steps(row, work)
    act(row, work, ActKind.DROPPED)


def fail(row: records.OutboxMessage, work: Work) -> None:
    """Give a message up: nobody was reminded by it."""
    row.failed_at = work.now
    _free_steps(row, work)
    act(row, work, ActKind.FAILED)


def _free_steps(row: records.OutboxMessage, work: Work) -> None:
    for line in work.session.exec(select(records.OutboxLine).where(records.OutboxLine.message_id == row.id)):
        line.dropped = True


def act(row: records.OutboxMessage, work: Work, kind: ActKind, **more_facts: str | int) -> None:
    """Tell in the journal what became of a message."""
    more: dict[str, str | int] = {
        **more_facts,
        "instead": row.rerouted,
        "doubts": row.doubts,
        **_instalment(row, work),
        "sha256": row.contents[-1] if row.contents and kind is ActKind.SENT else "",
    }
    work.journal.record(
        kind,
        day=work.today,
        client_id=row.client_id,
        debtor_id=row.debtor_id,
        facts={
            "step": row.word,
            "channel": row.channel,
            "to": row.recipient,
            "message": row.id,
            "detail": row.detail,
            **{name: value for name, value in more.items() if value},
        },
    )


def _instalment(row: records.OutboxMessage, work: Work) -> dict[str, str | int]:
    """Which instalment a message is about, and what it asks for."""
    if row.instalment_on is None:
        return {}
    line = records.OutboxLine
    currency = work.session.exec(select(line.currency).where(line.message_id == row.id)).first()
    facts = {"instalment": row.instalment_on.isoformat(), "currency": currency or "EUR"}
    return {**facts, "cents": row.instalment_cents or 0}
