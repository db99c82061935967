"""What people type into fields: amounts and days, as they write them in any of our languages."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from encaiss_dashboard.domain.errors import Unreadable

_AMOUNT: Final = re.compile(r"-?[0-9]{1,13}(\.[0-9]{0,2})?")


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
    if not _AMOUNT.fullmatch(read):
        raise Unreadable(value=typed[:40])
    return int(Decimal(read).scaleb(2))


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
