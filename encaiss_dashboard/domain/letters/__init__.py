"""What is written to a debtor, as values: the facts of a letter, the finished letter, its delivery."""

from encaiss_dashboard.domain.letters.mails import (
    AccountLetter,
    Attachment,
    Delivered,
    DeliveryFailed,
    Gone,
    Letter,
    Message,
    ShortMessage,
)
from encaiss_dashboard.domain.letters.statement import (
    BankAccount,
    ClaimSum,
    CreditLine,
    FirstReminder,
    LetterLine,
    Logo,
    LogoTooLarge,
    LogoUnreadable,
    Party,
    Section,
    StatementLetter,
)

__all__ = [
    "AccountLetter",
    "Attachment",
    "BankAccount",
    "ClaimSum",
    "CreditLine",
    "Delivered",
    "DeliveryFailed",
    "FirstReminder",
    "Gone",
    "Letter",
    "LetterLine",
    "Logo",
    "LogoTooLarge",
    "LogoUnreadable",
    "Message",
    "Party",
    "Section",
    "ShortMessage",
    "StatementLetter",
]
