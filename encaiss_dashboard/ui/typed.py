"""What people type into fields: amounts and days, as they write them in any of our languages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation

from encaiss_dashboard.domain.errors import Unreadable

_DIGITS_MAX = 15


def typed_cents(typed: str) -> int | None:
    """An amount in cents: "1 234,50", "1.234,50" and "1234.5" are the same; None for nothing typed.

    Raises:
        Unreadable: no amount, a fraction of a cent, or more digits than any amount has.
    """
    plain = re.sub(r"[\s\u00a0\u202f€$£]", "", typed)
    if not plain:
        return None
    whole, mark, part = plain.rpartition(max(".,", key=plain.rfind))
    read = f"{re.sub('[.,]', '', whole)}.{part}" if mark else plain
    try:
        cents = Decimal(read) * 100
    except InvalidOperation as error:
        raise Unreadable(value=typed[:40]) from error
    if not cents.is_finite() or cents != cents.to_integral_value() or len(plain) > _DIGITS_MAX:
        raise Unreadable(value=typed[:40])
    return int(cents)


def typed_day(typed: str) -> date | None:
    """A day as date fields give it, None for nothing typed.

    Raises:
        Unreadable: no day.
    """
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError as error:
        raise Unreadable(value=typed[:40]) from error


def typed_number(typed: str) -> int:
    """A number of days or parts; -1, below all that is possible, when it is none."""
    return int(typed) if re.fullmatch("[0-9]{1,4}", typed) else -1
