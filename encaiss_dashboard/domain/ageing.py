"""The aged balance: what is open on a date, by how long it has been due or issued."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from encaiss_dashboard.domain.invoices import Invoice, Ledger
from encaiss_dashboard.domain.money import Money

DEFAULT_BOUNDS: Final = (30, 60, 90)
NOT_DUE: Final = "not_due"


class Basis(StrEnum):
    """From which day the age of an invoice counts."""

    DUE = "due"  # days past the due date; the due day itself is still in time
    ISSUE = "issue"  # days since the invoice was issued; the day of issue is 0 days old


@dataclass(frozen=True, slots=True)
class Ageing:
    """The aged balance of one currency as of a date.

    Attributes:
        on: the date it is true for.
        currency: ISO 4217 code.
        buckets: open amount by bucket code, youngest first, empty buckets included; sums to ``open``.
        counts: open invoices by bucket code; sums to ``invoices``.
        open: balance of all open invoices.
        invoices: how many invoices are open.
        unallocated: minus the payments and credit notes not yet set against an invoice; zero or
            negative, unless a payment was reversed before its allocations were.
        overdue: the part of ``open`` past its due date, on either basis.
    """

    on: date
    currency: str
    buckets: dict[str, Money]
    counts: dict[str, int]
    open: Money
    invoices: int
    unallocated: Money
    overdue: Money


def bucket_codes(bounds: Sequence[int] = DEFAULT_BOUNDS) -> tuple[str, ...]:
    """The codes of all buckets, youngest first: ``not_due``, ``1-30``, ``31-60``, ``61-90``, ``90+``.

    Args:
        bounds: last day of each bucket but the open-ended one, ascending.

    Raises:
        ValueError: no bounds, or bounds that are not positive and strictly ascending.
    """
    if not bounds or bounds[0] < 1 or any(a >= b for a, b in pairwise(bounds)):
        raise ValueError(f"bounds must be positive and ascending: {bounds!r}")
    between = (f"{below + 1}-{bound}" for below, bound in pairwise((0, *bounds)))
    return (NOT_DUE, *between, f"{bounds[-1]}+")


def bucket_of(days: int, bounds: Sequence[int] = DEFAULT_BOUNDS) -> str:
    """The code of the bucket for an age in days; an age of zero or less is ``not_due``.

    Raises:
        ValueError: as ``bucket_codes``.
    """
    return bucket_codes(bounds)[bisect_left((0, *bounds), days)]


def age_days(invoice: Invoice, on: date, basis: Basis) -> int:
    """The age of an invoice in days on a date, negative before its due date."""
    return (on - (invoice.due if basis is Basis.DUE else invoice.issue)).days


def ageing(
    ledger: Ledger,
    on: date,
    basis: Basis = Basis.DUE,
    bounds: Sequence[int] = DEFAULT_BOUNDS,
) -> Ageing:
    """Sort every invoice open on a date into its bucket (RULES §7).

    Invoices and allocations after the date play no part, so a past date gives the same answer for
    ever. An invoice settled for more than its total stays in its bucket with its negative balance.

    Raises:
        ValueError: as ``bucket_codes``.
    """
    codes, edges = bucket_codes(bounds), (0, *bounds)
    cents, counts, overdue = [0] * len(codes), [0] * len(codes), 0
    balances = ledger.open_cents(on)
    for invoice in ledger.invoices:
        balance = balances.get(invoice.id)
        if balance is None:
            continue
        bucket = bisect_left(edges, age_days(invoice, on, basis))
        cents[bucket] += balance
        counts[bucket] += 1
        if invoice.due < on:
            overdue += balance
    return Ageing(
        on=on,
        currency=ledger.currency,
        buckets={code: Money(part, ledger.currency) for code, part in zip(codes, cents, strict=True)},
        counts=dict(zip(codes, counts, strict=True)),
        open=Money(sum(balances.values()), ledger.currency),
        invoices=len(balances),
        unallocated=-ledger.unallocated(on),
        overdue=Money(overdue, ledger.currency),
    )


def due_range(code: str, on: date) -> tuple[date | None, date | None]:
    """First and last due date of a bucket by due date, None where it is open ended; an unknown one is all."""
    codes = bucket_codes(DEFAULT_BOUNDS)
    if code not in codes:
        return None, None
    if code == NOT_DUE:
        return on, None
    edges = (0, *DEFAULT_BOUNDS)
    index = codes.index(code) - 1
    newest = on - timedelta(days=edges[index] + 1)
    if index == len(DEFAULT_BOUNDS):
        return None, newest
    return on - timedelta(days=edges[index + 1]), newest
