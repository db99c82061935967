"""From when to when the client lets the agency act, read from facts that are only ever added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DelegationKind(StrEnum):
    """What the client decided."""

    DELEGATE = "delegate"  # the agency acts; also ends a pause
    PAUSE = "pause"  # the agency waits, the delegation stands
    RESUME = "resume"  # ends every pause begun until then
    WITHDRAW = "withdraw"  # the agency stops


class DelegationState(StrEnum):
    """How a debtor or invoice stands on a date."""

    NOT_DELEGATED = "not_delegated"
    DELEGATED = "delegated"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DelegationEvent:
    """One decision of the client about one debtor or invoice; never changed afterwards.

    Attributes:
        kind: what was decided.
        from_date: first day on which it holds.
        until: of a pause only, its last day; None for a pause until further notice.
        reason: the client's own words, "" when none.
    """

    kind: DelegationKind
    from_date: date
    until: date | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse an end that means nothing."""
        if self.until is None:
            return
        if self.kind is not DelegationKind.PAUSE:
            raise ValueError(f"only a pause has an end, not {self.kind}")
        if self.until < self.from_date:
            raise ValueError(f"a pause from {self.from_date} cannot end on {self.until}")

    def holds(self, on: date) -> bool:
        """Whether it has taken effect by a date and has not ended by itself."""
        return self.from_date <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class DelegationStatus:
    """How a debtor or invoice stands on a date.

    Attributes:
        state: whether the agency may act.
        since: first day of the current delegation, which a pause does not interrupt; None when there
            is none.
        paused_until: last day of the pause, None when not paused or until further notice.
    """

    state: DelegationState
    since: date | None = None
    paused_until: date | None = None


def status(events: Iterable[DelegationEvent], on: date) -> DelegationStatus:
    """What the decisions amount to on a date.

    Among those that hold, the latest ``from_date`` wins, and of one day the last recorded. So of two
    overlapping pauses the longer one goes on after the shorter one has ended. A pause or resume
    without a delegation under it changes nothing.

    Args:
        events: decisions in the order in which they were recorded.
        on: the date asked about.
    """
    current = DelegationStatus(DelegationState.NOT_DELEGATED)
    for event in sorted((e for e in events if e.holds(on)), key=lambda e: e.from_date):
        current = _after(current, event)
    return current


def _after(current: DelegationStatus, event: DelegationEvent) -> DelegationStatus:
    match event.kind:
        case DelegationKind.DELEGATE:
            return DelegationStatus(DelegationState.DELEGATED, current.since or event.from_date)
        case DelegationKind.WITHDRAW:
            return DelegationStatus(DelegationState.WITHDRAWN)
        case DelegationKind.PAUSE if current.since:
            return DelegationStatus(DelegationState.PAUSED, current.since, event.until)
        case DelegationKind.RESUME if current.since:
            return DelegationStatus(DelegationState.DELEGATED, current.since)
    return current
