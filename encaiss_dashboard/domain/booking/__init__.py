"""How payments find what they pay: why it is thought so, how sure that is, and what they settle."""

from encaiss_dashboard.domain.booking.book import Accessories, Book, DebtorRow, ItemRow, LearntRow
from encaiss_dashboard.domain.booking.confirming import CONFIRM_DAYS_MAX, Said, with_confirmations
from encaiss_dashboard.domain.booking.nouns import (
    Booked,
    DecisionKind,
    Late,
    OpenItem,
    Part,
    Policy,
    Proposal,
    Reason,
    Rules,
    Share,
    Waiting,
)
from encaiss_dashboard.domain.booking.proposing import propose
from encaiss_dashboard.domain.booking.returning import propose_return
from encaiss_dashboard.domain.booking.settling import oldest_first, settle
from encaiss_dashboard.domain.booking.waiting import settle_waiting

__all__ = [
    "CONFIRM_DAYS_MAX",
    "Accessories",
    "Book",
    "Booked",
    "DebtorRow",
    "DecisionKind",
    "ItemRow",
    "Late",
    "LearntRow",
    "OpenItem",
    "Part",
    "Policy",
    "Proposal",
    "Reason",
    "Rules",
    "Said",
    "Share",
    "Waiting",
    "oldest_first",
    "propose",
    "propose_return",
    "settle",
    "settle_waiting",
    "with_confirmations",
]
