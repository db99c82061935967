"""Calls to debtors: how one went, and when it is made again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.sending_days import SendingDays
from encaiss_dashboard.domain.stops import DisputeReason

TRIES_MAX: Final = 3
"""How often nobody answers until the step counts as tried."""
TRANSCRIPT_LENGTH_MAX: Final = 10_000
AGAIN_WITHIN: Final = timedelta(days=30)
PAID_BANK_DAYS: Final = 5
"""What a debtor says it has paid is waited for so long: a transfer takes one, a paper order some more."""


class CallOutcome(StrEnum):
    """How a call went. Each has its words in the catalogue under ``calls.outcome_``."""

    PROMISE = "promise"
    PAID = "paid"
    DISPUTE = "dispute"
    PLAN = "plan"
    OTHER = "other"
    NOT_REACHED = "not_reached"
    WRONG_NUMBER = "wrong_number"

    @property
    def reached(self) -> bool:
        """Whether the debtor was spoken to."""
        return self not in {CallOutcome.NOT_REACHED, CallOutcome.WRONG_NUMBER}


class CallAgainWhen(Refusal):
    """Not a day from tomorrow on, within thirty days; fact ``last``."""

    code = "call_again_when"


class OutcomeIncomplete(Refusal):
    """A promise without its day, a dispute without its reason, or something else without a word of it."""

    code = "call_incomplete"


@dataclass(frozen=True, slots=True)
class CallSaid:
    """What whoever made a call says of it.

    Attributes:
        outcome: how it went.
        transcript: what was said, in as many words as it takes.
        again_on: of one that nobody answered, when it is made again; None for the next day.
        promised: of a promise, its day.
        amount_cents: of a promise, None for all that is past due.
        reason: of a dispute.
    """

    outcome: CallOutcome
    transcript: str = ""
    again_on: date | None = None
    promised: date | None = None
    amount_cents: int | None = None
    reason: DisputeReason | None = None

    def checked(self) -> CallSaid:
        """The same, once it is sure that it can be kept.

        Raises:
            Unreadable: a transcript that is too long, or that no database could keep.
            OutcomeIncomplete: it lacks what its outcome is about.
        """
        said = self.transcript
        if (
            len(said) > TRANSCRIPT_LENGTH_MAX
            or "\x00" in said
            or any("\ud800" <= c <= "\udfff" for c in said)
        ):
            raise Unreadable(value=said[:40].encode("utf-8", "replace").decode().replace("\x00", ""))
        needed = {
            CallOutcome.PROMISE: self.promised,
            CallOutcome.DISPUTE: self.reason,
            CallOutcome.OTHER: said.strip(),
        }
        if not needed.get(self.outcome, True):
            raise OutcomeIncomplete
        return self


def next_call(asked: date | None, today: date, sending: SendingDays) -> date:
    """The day on which a call is made again: the one asked for, or the next on which anything may go.

    Raises:
        CallAgainWhen: it has come already, or is too far away.
    """
    if asked is None:
        return sending.next_open(today + timedelta(days=1))
    last = today + AGAIN_WITHIN
    if not today < asked <= last:
        raise CallAgainWhen(last=last.isoformat())
    return asked
