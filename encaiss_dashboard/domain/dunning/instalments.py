"""What the message before an instalment says: which one, how much, by when, and what then remains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from encaiss_dashboard.domain.money import Money

INSTALMENT: Final = "instalment"
"""What the message before an instalment is called, where others are called by their step."""


@dataclass(frozen=True, slots=True)
class InstalmentNotice:
    """One instalment of a plan that runs, as of the day of a message about it.

    Attributes:
        number, count: its place in the plan, from 1, and how many there are.
        agreed_on: the day the plan was agreed on.
        due: the day it is to be paid by.
        begins: the first day on which a message about it goes.
        days_before: how long before its day that was agreed to be.
        agreed: what was agreed to be paid.
        lacking: what of it is not paid yet.
        missing: what is not paid of instalments whose day is over, within their tolerance.
        remains: what is open of the plan's invoices once the lacking is paid.
        invoices: numbers of those that are open and asked for.
    """

    number: int
    count: int
    agreed_on: date
    due: date
    begins: date
    days_before: int
    agreed: Money
    lacking: Money
    missing: Money
    remains: Money
    invoices: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Such as ``2/4``."""
        return f"{self.number}/{self.count}"
