"""Money on the agency's own account that is the clients': what is owed, paid on, ordered, left, booked."""

from encaiss_dashboard.services.remittances.books import File, accounts
from encaiss_dashboard.services.remittances.leaving import leave
from encaiss_dashboard.services.remittances.making import drop, make
from encaiss_dashboard.services.remittances.owing import Due, Owing, owing
from encaiss_dashboard.services.remittances.seeing import Seen, mine, seen
from encaiss_dashboard.services.remittances.transfers import transfer_again, transfer_file
from encaiss_dashboard.storage.remittances import PaidOn, RemittanceRow

__all__ = [
    "Due",
    "File",
    "Owing",
    "PaidOn",
    "RemittanceRow",
    "Seen",
    "accounts",
    "drop",
    "leave",
    "make",
    "mine",
    "owing",
    "seen",
    "transfer_again",
    "transfer_file",
]
