"""What the stops of one debtor mean for its invoices on a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from encaiss_dashboard.domain.dunning import Held, HoldReason
from encaiss_dashboard.domain.stops.facts import Balances, Standing
from encaiss_dashboard.domain.stops.kinds import Insolvency, PlanRequest, Stop

_ONE_DAY: Final = timedelta(days=1)
# Of stops that end on the same day the first one is named.
_RANKS: Final = {
    reason: rank
    for rank, reason in enumerate(
        (
            HoldReason.INSOLVENT,
            HoldReason.DISPUTED,
            HoldReason.INSTALMENTS,
            HoldReason.PROMISED,
            HoldReason.INVOICE_PAUSED,
        )
    )
}


def stop_of(stops: Iterable[Stop], balances: Balances, invoice_id: int, on: date) -> Held | None:
    """What keeps an invoice out of every message on a day, None when nothing does.

    Of several the one that holds longest, without an end before all others; the fact ``until`` is the last
    day on which anything holds, and is missing while that is open. Insolvency is :func:`debtor_stop`.
    """
    return _strongest([one for one in stops if invoice_id in one.invoices], balances, on)


def debtor_stop(stops: Iterable[Stop], balances: Balances, on: date) -> Held | None:
    """What keeps every message to a debtor back on a day, None when nothing does."""
    return _strongest([one for one in stops if isinstance(one, Insolvency)], balances, on)


def _strongest(stops: Sequence[Stop], balances: Balances, on: date) -> Held | None:
    now = _holding(stops, balances, on)
    if not now:
        return None
    stop, standing = max(now, key=lambda found: (found[1].until or date.max, -_RANKS[found[0].hold]))
    until = standing.until
    # One that begins before this one ends goes on.
    while until is not None and until < date.max:
        later = _holding(stops, balances, until + _ONE_DAY)
        ends = [standing.until for _, standing in later]
        if not later:
            break
        until = None if None in ends else max(day for day in ends if day is not None)
    return Held(stop.hold, {} if until is None else {"until": until})


def _holding(stops: Iterable[Stop], balances: Balances, on: date) -> list[tuple[Stop, Standing]]:
    standings = ((one, one.standing(balances, on)) for one in stops)
    return [(one, standing) for one, standing in standings if standing is not None and standing.holds]


def unanswered_request_since(
    stops: Iterable[Stop], balances: Balances, invoice_id: int, on: date
) -> date | None:
    """The first day on which no interest runs on an invoice because nobody answers its debtor's request.

    A consumer's request for a plan of instalments that is not answered within 30 days stops interest until
    it is (Code of economic law, Book XIX). None when there is no such request by the day.
    """
    asked = [one for one in stops if isinstance(one, PlanRequest) and invoice_id in one.invoices]
    silent = [
        one.answer_by + _ONE_DAY for one in asked if one.answer_by < on and _holding([one], balances, on)
    ]
    return min(silent, default=None)


@dataclass(frozen=True, slots=True)
class Stops:
    """All stops of one debtor, or about its invoices, with what their invoices come to.

    Attributes:
        known: in the order in which they were recorded.
    """

    known: tuple[Stop, ...] = ()
    balances: Balances = field(default_factory=Balances)

    def of_invoice(self, invoice_id: int, on: date) -> Held | None:
        """See :func:`stop_of`."""
        return stop_of(self.known, self.balances, invoice_id, on)

    def of_debtor(self, on: date) -> Held | None:
        """See :func:`debtor_stop`."""
        return debtor_stop(self.known, self.balances, on)
