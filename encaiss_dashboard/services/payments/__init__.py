"""Money in: what banks and clients tell, how it settles invoices, and how any of it is taken back."""

from __future__ import annotations

from encaiss_dashboard.domain.booking import Rules
from encaiss_dashboard.services.payments.checking import notes, verify
from encaiss_dashboard.services.payments.deciding import (
    accept,
    book_as_told,
    reopen,
    set_aside,
    suggestions,
    take_back_payment,
)
from encaiss_dashboard.services.payments.importing import receive
from encaiss_dashboard.services.payments.lists import known_until, payments, payments_of
from encaiss_dashboard.services.payments.owners import accept_account, accounts
from encaiss_dashboard.services.payments.paid import say_paid, unsay_paid
from encaiss_dashboard.services.payments.queue import debtors_for, line, open_for, returnable, waiting
from encaiss_dashboard.services.payments.reversing import reverse
from encaiss_dashboard.services.payments.ruling import choose_rules, rules
from encaiss_dashboard.services.payments.seen import (
    Account,
    AlreadyReturned,
    BooksDiffer,
    BuiltUpon,
    Confirmed,
    DoesNotAddUp,
    Imported,
    ImportSeen,
    Line,
    LineDecided,
    MoreThanOwed,
    NothingToPay,
    NotImported,
    Obstacle,
    Owed,
    PartSeen,
    Payer,
    PaymentSearch,
    PaymentSeen,
    ShareSeen,
    Suggestion,
    Told,
    ToldPart,
    ToldShare,
    WrongAccount,
)
from encaiss_dashboard.services.payments.undo import history, obstacles, take_back
from encaiss_dashboard.storage.bank_lines import LineState

__all__ = [
    "Account",
    "AlreadyReturned",
    "BooksDiffer",
    "BuiltUpon",
    "Confirmed",
    "DoesNotAddUp",
    "ImportSeen",
    "Imported",
    "Line",
    "LineDecided",
    "LineState",
    "MoreThanOwed",
    "NotImported",
    "NothingToPay",
    "Obstacle",
    "Owed",
    "PartSeen",
    "Payer",
    "PaymentSearch",
    "PaymentSeen",
    "Rules",
    "ShareSeen",
    "Suggestion",
    "Told",
    "ToldPart",
    "ToldShare",
    "WrongAccount",
    "accept",
    "accept_account",
    "accounts",
    "book_as_told",
    "choose_rules",
    "debtors_for",
    "history",
    "known_until",
    "line",
    "notes",
    "obstacles",
    "open_for",
    "payments",
    "payments_of",
    "receive",
    "reopen",
    "returnable",
    "reverse",
    "rules",
    "say_paid",
    "set_aside",
    "suggestions",
    "take_back",
    "take_back_payment",
    "unsay_paid",
    "verify",
    "waiting",
]
