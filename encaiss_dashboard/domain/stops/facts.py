"""What is known of stops: their kinds and states, the field's reasons, and what was open on which day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class StopKind(StrEnum):
    """What stops."""

    DISPUTE = "dispute"
    PROMISE = "promise"
    INSTALMENTS = "instalments"
    REQUEST = "request"  # a debtor asked for a plan of instalments
    PAUSE = "pause"
    INSOLVENCY = "insolvency"


class StopState(StrEnum):
    """How a stop stands on a day; the first ones may still hold, the others are over."""

    RUNNING = "running"
    UPHELD = "upheld"  # holds until what the client credits has come
    PARTLY = "partly"  # the same for a part
    REJECTED = "rejected"
    KEPT = "kept"
    BROKEN = "broken"
    ENDED = "ended"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LIFTED = "lifted"
    WITHDRAWN = "withdrawn"


class DisputeReason(StrEnum):
    """Why an invoice is contested, in the field's terms."""

    NOT_RECEIVED = "not_received"
    NOT_CONFORMING = "not_conforming"
    PRICE = "price"
    QUANTITY = "quantity"
    LATE_DELIVERY = "late_delivery"
    ALREADY_PAID = "already_paid"
    DUPLICATE = "duplicate"
    WRONG_PARTY = "wrong_party"
    MISSING_ORDER_REFERENCE = "missing_order_reference"
    OTHER = "other"


class InsolvencyKind(StrEnum):
    """Which proceedings a debtor is in (Code of economic law, Book XX; Judicial code, art. 1675/2)."""

    BANKRUPTCY = "bankruptcy"
    REORGANISATION = "reorganisation"
    DEBT_SETTLEMENT = "debt_settlement"
    LIQUIDATION = "liquidation"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a stop stands on a day.

    Attributes:
        since: the day from which it stands so.
        holds: whether it stops reminders on the day.
        until: the last day on which it holds if nothing is paid or decided, None while that is open.
    """

    state: StopState
    since: date
    holds: bool = False
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Balances:
    """What invoices come to and what settled them, in cents.

    Attributes:
        totals: by invoice.
        settled: by invoice, each with its day, in any order.
    """

    totals: Mapping[int, int] = field(default_factory=dict)
    settled: Mapping[int, Sequence[tuple[date, int]]] = field(default_factory=dict)

    def open_cents(self, invoices: Collection[int], on: date) -> int:
        """What is open of these together on a day; one paid twice does not pay another one."""
        return sum(
            max(0, self.totals.get(key, 0) - sum(n for day, n in self.settled.get(key, ()) if day <= on))
            for key in invoices
        )

    def down_to_since(self, cents: int, invoices: Collection[int], first: date, on: date) -> date | None:
        """Since which day (at the earliest the first) no more than this was open; None when more is."""
        if self.open_cents(invoices, on) > cents:
            return None
        days = sorted({day for key in invoices for day, _ in self.settled.get(key, ()) if first < day <= on})
        since = first
        for before, after in zip([first, *days], days, strict=False):
            if self.open_cents(invoices, before) > cents:
                since = after
        return since

    def above_from(self, cents: int, invoices: Collection[int], first: date, last: date) -> date | None:
        """The first day, of the first to the last, at the end of which more than this was open."""
        days = {day for key in invoices for day, _ in self.settled.get(key, ()) if first < day <= last}
        return next((day for day in (first, *sorted(days)) if self.open_cents(invoices, day) > cents), None)
