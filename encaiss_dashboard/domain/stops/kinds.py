"""The stops themselves: each a fact with its day, ended by a later fact or by itself.

How one stands on a day follows from these facts and from what was open then, so that any past day gives
the same answer for ever. A stop holds on its first day and no longer on the one on which it is ended:
what is withdrawn today is due again tonight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import Final

from encaiss_dashboard.domain.bank_days import bank_days_after
from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.stops.facts import (
    Balances,
    DisputeReason,
    InsolvencyKind,
    Standing,
    StopKind,
    StopState,
)

GRACE_BANK_DAYS: Final = 2
_ONE_DAY: Final = timedelta(days=1)
_ANSWER_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about a dispute.

    Attributes:
        state: upheld (the client will credit), partly, or rejected.
        left_cents: what is still due of the invoices once the client has credited.
    """

    state: StopState
    on: date
    left_cents: int = 0

    def __post_init__(self) -> None:
        """Refuse what decides nothing."""
        if self.state not in {StopState.UPHELD, StopState.PARTLY, StopState.REJECTED}:
            raise ValueError(f"{self.state} is no decision about a dispute")


@dataclass(frozen=True, slots=True)
class Dispute:
    """A debtor contests invoices; nothing goes about them until it is decided.

    Upheld, it holds until the client's credit note has come: nobody is chased for what is to be credited.
    """

    invoices: frozenset[int]
    reason: DisputeReason
    opened_on: date
    decision: Decision | None = None
    withdrawn_on: date | None = None

    kind: StopKind = field(default=StopKind.DISPUTE, init=False)
    hold: HoldReason = field(default=HoldReason.DISPUTED, init=False)

    def standing(self, balances: Balances, on: date) -> Standing | None:
        """How it stands, None before it begins."""
        if on < self.opened_on:
            return None
        if _reached(self.withdrawn_on, on):
            return Standing(StopState.WITHDRAWN, self.withdrawn_on or on)
        decided = self.decision
        if decided is None or decided.on > on:
            return Standing(StopState.RUNNING, self.opened_on, holds=True)
        if decided.state is StopState.REJECTED:
            return Standing(StopState.REJECTED, decided.on)
        credited = balances.down_to_since(decided.left_cents, self.invoices, decided.on, on)
        return Standing(decided.state, credited or decided.on, holds=credited is None)


@dataclass(frozen=True, slots=True)
class Promise:
    """A debtor promised to pay by a day.

    Attributes:
        invoices: what it covers; "everything" means what was open on the day it was made.
        amount_cents: what was promised.
        left_cents: what is still open of them once it is kept.
        grace_bank_days: for the money to arrive; the day after them a broken promise returns to the ladder.
    """

    invoices: frozenset[int]
    amount_cents: int
    left_cents: int
    made_on: date
    promised: date
    grace_bank_days: int = GRACE_BANK_DAYS
    withdrawn_on: date | None = None

    kind: StopKind = field(default=StopKind.PROMISE, init=False)
    hold: HoldReason = field(default=HoldReason.PROMISED, init=False)

    @property
    def last_day(self) -> date:
        """The last day on which paying keeps it."""
        return bank_days_after(self.promised, self.grace_bank_days)

    def standing(self, balances: Balances, on: date) -> Standing | None:
        """How it stands, None before it is made; what was taken back in time was not paid in time."""
        if on < self.made_on:
            return None
        last = self.last_day
        if _reached(self.withdrawn_on, min(on, last)):
            return Standing(StopState.WITHDRAWN, self.withdrawn_on or on)
        kept = balances.down_to_since(self.left_cents, self.invoices, self.made_on, min(on, last))
        if kept is not None:
            return Standing(StopState.KEPT, kept)
        if on > last:
            return Standing(StopState.BROKEN, last + _ONE_DAY)
        return Standing(StopState.RUNNING, self.made_on, holds=True, until=last)


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of what is owed and the day it is to be paid by."""

    due: date
    cents: int


@dataclass(frozen=True, slots=True)
class InstalmentPlan:
    """What is owed may be paid in parts.

    Attributes:
        instalments: earliest first; together what was open of the invoices.
        tolerance_days: calendar days that an instalment may be late.
        reminder_days: before each instalment, 0 for none.
    """

    invoices: frozenset[int]
    instalments: tuple[Instalment, ...]
    started_on: date
    tolerance_days: int = 5
    reminder_days: int = 3
    withdrawn_on: date | None = None

    kind: StopKind = field(default=StopKind.INSTALMENTS, init=False)
    hold: HoldReason = field(default=HoldReason.INSTALMENTS, init=False)

    def __post_init__(self) -> None:
        """Refuse a schedule that is none."""
        days = [one.due for one in self.instalments]
        if not days or days != sorted(set(days)) or min(one.cents for one in self.instalments) <= 0:
            raise ValueError("instalments are in order, each on its own day and above zero")

    @property
    def total_cents(self) -> int:
        """All of them together."""
        return sum(one.cents for one in self.instalments)

    @property
    def targets(self) -> list[tuple[date, int]]:
        """By the last day of each instalment, how much may still be open."""
        grace, paid = timedelta(days=self.tolerance_days), accumulate(one.cents for one in self.instalments)
        return [
            (one.due + grace, self.total_cents - n) for one, n in zip(self.instalments, paid, strict=True)
        ]

    def standing(self, balances: Balances, on: date) -> Standing | None:
        """How it stands, None before it begins; the first instalment that fails ends it for good.

        One that is missing fails on its last day; one that was paid and is taken back after it, on that day.
        """
        if on < self.started_on:
            return None
        breach, end = self._breach(balances, on), self.targets[-1][0]
        paid = balances.down_to_since(0, self.invoices, self.started_on, min(on, end))
        ended = [day for day in (breach, paid) if day is not None]
        if _reached(self.withdrawn_on, min([on, end, *ended])):
            return Standing(StopState.WITHDRAWN, self.withdrawn_on or on)
        if breach is not None:
            return Standing(StopState.BROKEN, breach)
        if paid is not None:
            return Standing(StopState.KEPT, paid)
        still = balances.open_cents(self.invoices, on)
        until = next(last for last, cents in self.targets if last >= on and still > cents)
        return Standing(StopState.RUNNING, self.started_on, holds=True, until=until)

    def _breach(self, balances: Balances, on: date) -> date | None:
        """The day after an instalment failed, once that is over."""
        targets = self.targets
        for (last, cents), (following, _) in pairwise([*targets, (targets[-1][0] + _ONE_DAY, 0)]):
            until = min(following, on) - _ONE_DAY
            if last <= until and (day := balances.above_from(cents, self.invoices, last, until)) is not None:
                return day + _ONE_DAY
        return None


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A debtor asked for a plan of instalments, which freezes what it is about until it is answered.

    Of a consumer it stops interest too, when nobody answers within 30 days (Code of economic law,
    Book XIX): see :func:`unanswered_request_since`.
    """

    invoices: frozenset[int]
    asked_on: date
    answered_on: date | None = None
    accepted: bool = False
    withdrawn_on: date | None = None

    kind: StopKind = field(default=StopKind.REQUEST, init=False)
    hold: HoldReason = field(default=HoldReason.INSTALMENTS, init=False)

    @property
    def answer_by(self) -> date:
        """The last of the 30 days; interest runs until then and not after it without an answer."""
        return self.asked_on + timedelta(days=_ANSWER_DAYS)

    def standing(self, balances: Balances, on: date) -> Standing | None:  # noqa: ARG002
        """How it stands, None before it is made; paying changes nothing about it."""
        if on < self.asked_on:
            return None
        if _reached(self.withdrawn_on, on):
            return Standing(StopState.WITHDRAWN, self.withdrawn_on or on)
        if _reached(self.answered_on, on):
            state = StopState.ACCEPTED if self.accepted else StopState.REFUSED
            return Standing(state, self.answered_on or on)
        return Standing(StopState.RUNNING, self.asked_on, holds=True)


@dataclass(frozen=True, slots=True)
class InvoicePause:
    """Somebody decided to wait with invoices.

    Attributes:
        until: its last day, None until further notice; of an extended one the latest decided by a day.
        extended: the day of each extension and the last day that it set.
    """

    invoices: frozenset[int]
    started_on: date
    until: date | None
    extended: tuple[tuple[date, date | None], ...] = ()
    withdrawn_on: date | None = None

    kind: StopKind = field(default=StopKind.PAUSE, init=False)
    hold: HoldReason = field(default=HoldReason.INVOICE_PAUSED, init=False)

    def until_on(self, on: date) -> date | None:
        """Its last day as it was known on a day."""
        known = [until for day, until in self.extended if day <= on]
        return known[-1] if known else self.until

    def standing(self, balances: Balances, on: date) -> Standing | None:  # noqa: ARG002
        """How it stands, None before it begins; paying changes nothing about it."""
        if on < self.started_on:
            return None
        until = self.until_on(on)
        if _reached(self.withdrawn_on, min(on, until or on)):
            return Standing(StopState.WITHDRAWN, self.withdrawn_on or on)
        if until is not None and on > until:
            return Standing(StopState.ENDED, until + _ONE_DAY)
        return Standing(StopState.RUNNING, self.started_on, holds=True, until=until)


@dataclass(frozen=True, slots=True)
class Insolvency:
    """A debtor is in proceedings in which nobody may be reminded: everything of it stops."""

    proceedings: InsolvencyKind
    opened_on: date
    lifted_on: date | None = None
    withdrawn_on: date | None = None

    invoices: frozenset[int] = field(default=frozenset(), init=False)
    kind: StopKind = field(default=StopKind.INSOLVENCY, init=False)
    hold: HoldReason = field(default=HoldReason.INSOLVENT, init=False)

    def standing(self, balances: Balances, on: date) -> Standing | None:  # noqa: ARG002
        """How it stands, None before it begins."""
        if on < self.opened_on:
            return None
        for state, day in ((StopState.WITHDRAWN, self.withdrawn_on), (StopState.LIFTED, self.lifted_on)):
            if _reached(day, on):
                return Standing(state, day or on)
        return Standing(StopState.RUNNING, self.opened_on, holds=True)


Stop = Dispute | Promise | InstalmentPlan | PlanRequest | InvoicePause | Insolvency


def _reached(day: date | None, on: date) -> bool:
    return day is not None and day <= on
