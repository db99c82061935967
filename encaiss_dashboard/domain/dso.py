"""How long a client waits for its money: days sales outstanding and its relatives.

All figures are as of a date and from dated facts only, VAT included (RULES §7). "Open" is the
balance of the invoices; payments and credit notes not yet allocated do not reduce it. Sales are
invoices minus credit notes by date of issue. A window is the N days that end on the date,
inclusive. Results are unrounded decimals.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Final

from encaiss_dashboard.domain.invoices import Kind, Ledger

DEFAULT_WINDOW_DAYS: Final = 90
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dso:
    """The collection figures of one currency as of a date; None where there is nothing to divide by.

    Attributes:
        on: the date they are true for.
        simple: open / sales of the window × N, in days.
        countback: days of sales, newest first, that the open balance is worth.
        best_possible: not overdue open / sales of the window × N, in days.
        average_days_delinquent: simple − best possible, in days.
        cei: collection effectiveness index over the window, in percent; 100 when all that was due
            came in.
    """

    on: date
    simple: Decimal | None
    countback: Decimal | None
    best_possible: Decimal | None
    average_days_delinquent: Decimal | None
    cei: Decimal | None


def figures(ledger: Ledger, on: date, window_days: int = DEFAULT_WINDOW_DAYS) -> Dso:
    """All figures as of a date (formulas: RULES §7; Credit Research Foundation for the CEI).

    Simple and best possible are None when the window's sales are zero or negative. The CEI begins
    with what was open the evening before the window. Count-back does not look at the window: from
    the month of the date (its days so far) backwards, whole months are subtracted from the open
    balance and counted in days, the last one pro rata. A month that sold nothing, or credited more
    than it sold, counts its days and subtracts nothing. When the open balance exceeds all sales
    known, the answer is the days since the first of the oldest month with a sale: a lower bound.

    Raises:
        ValueError: a window of less than one day.
    """
    return _figures(_curves(ledger), on, window_days)


def history(
    ledger: Ledger, month_ends: Sequence[date], window_days: int = DEFAULT_WINDOW_DAYS
) -> list[tuple[date, Dso]]:
    """The figures of several dates, in the order given, reading the ledger once.

    Raises:
        ValueError: a window of less than one day.
    """
    curves = _curves(ledger)
    return [(on, _figures(curves, on, window_days)) for on in month_ends]


def average_days_late(ledger: Ledger, on: date, window_days: int = DEFAULT_WINDOW_DAYS) -> Decimal | None:
    """Days between due date and full payment, weighted by amount, early payment counting as negative.

    Over the invoices whose balance reached zero within the window and is still zero on the date. The
    weight is what payments settled: an invoice that was only credited was never paid and is left out.

    Returns:
        Days, or None when no invoice was paid within the window.

    Raises:
        ValueError: a window of less than one day.
    """
    _check_window(window_days)
    settled: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    paid_cents: dict[int, int] = defaultdict(int)
    for allocation in ledger.allocations:
        if allocation.on <= on:
            settled[allocation.invoice_id][allocation.on] += allocation.amount.cents
            if allocation.payment_id is not None:
                paid_cents[allocation.invoice_id] += allocation.amount.cents
    weight = weighted_days = 0
    for invoice in ledger.invoices:
        paid = paid_cents.get(invoice.id, 0)
        if invoice.kind is not Kind.INVOICE or invoice.issue > on or paid <= 0:
            continue
        by_day = settled[invoice.id]
        if sum(by_day.values()) != invoice.total.cents:
            continue
        # Reversed and repaid on the same day, the balance never moved: such a day settles nothing.
        last = max(invoice.issue, max((day for day, cents in by_day.items() if cents), default=invoice.issue))
        if (on - last).days < window_days:
            weight += paid
            weighted_days += paid * invoice.days_late(last)
    return Decimal(weighted_days) / weight if weight else None


class _Curve:
    """A sum that moves on some days, in cents; any day's value is one binary search away."""

    def __init__(self, moves: Mapping[int, int]) -> None:
        self.days = sorted(moves)
        self._sums = list(accumulate(moves[day] for day in self.days))

    def at(self, day: int) -> int:
        """The sum at the end of a day (ordinal)."""
        known = bisect_right(self.days, day)
        return self._sums[known - 1] if known else 0

    def within(self, first: int, last: int) -> int:
        """What the days from first to last, both inclusive, added."""
        return self.at(last) - self.at(first - 1)


@dataclass(frozen=True, slots=True)
class _Curves:
    sales: _Curve
    open: _Curve
    overdue: _Curve


def _curves(ledger: Ledger) -> _Curves:
    sales: dict[int, int] = defaultdict(int)
    opened: dict[int, int] = defaultdict(int)
    overdue: dict[int, int] = defaultdict(int)
    starts: dict[int, tuple[int, int]] = {}
    for invoice in ledger.invoices:
        issue, cents = invoice.issue.toordinal(), invoice.total.cents
        if invoice.kind is Kind.CREDIT_NOTE:
            sales[issue] -= cents
            continue
        late_from = max(issue, invoice.due.toordinal() + 1)
        starts[invoice.id] = issue, late_from
        sales[issue] += cents
        opened[issue] += cents
        overdue[late_from] += cents
    for allocation in ledger.allocations:
        if allocation.invoice_id in starts:
            issue, late_from = starts[allocation.invoice_id]
            day, cents = allocation.on.toordinal(), allocation.amount.cents
            opened[max(day, issue)] -= cents
            overdue[max(day, late_from)] -= cents
    return _Curves(_Curve(sales), _Curve(opened), _Curve(overdue))


def _figures(curves: _Curves, on: date, window_days: int) -> Dso:
    _check_window(window_days)
    day = on.toordinal()
    begin, total = curves.open.at(day - window_days), curves.open.at(day)
    current = total - curves.overdue.at(day)
    sales = curves.sales.within(day - window_days + 1, day)
    simple = Decimal(total * window_days) / sales if sales > 0 else None
    best = Decimal(current * window_days) / sales if sales > 0 else None
    collectable = begin + sales - current
    return Dso(
        on=on,
        simple=simple,
        countback=_countback(curves.sales, total, on),
        best_possible=best,
        average_days_delinquent=None if simple is None or best is None else simple - best,
        cei=Decimal((begin + sales - total) * 100) / collectable if collectable > 0 else None,
    )


def _countback(sales: _Curve, open_cents: int, on: date) -> Decimal | None:
    if not sales.days or sales.days[0] > on.toordinal():
        return None
    remaining, days, last = open_cents, Decimal(0), on
    while remaining > 0 and last.toordinal() >= sales.days[0]:
        first = last.replace(day=1)
        sold = max(0, sales.within(first.toordinal(), last.toordinal()))
        if sold > remaining:
            return days + Decimal(remaining * last.day) / sold
        remaining -= sold
        days += last.day
        last = first - _ONE_DAY
    return days


def _check_window(window_days: int) -> None:
    if window_days < 1:
        raise ValueError(f"a window has at least one day, not {window_days}")
