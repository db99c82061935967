"""What becomes of each table when a debtor is erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from encaiss_dashboard.storage import posting, records
from encaiss_dashboard.storage.bank import AccessoryAllocation, Counterparty, RemittanceLine
from encaiss_dashboard.storage.base import Record
from encaiss_dashboard.storage.calls import CallAttempt
from encaiss_dashboard.storage.changes import DebtorChange, ImportChange
from encaiss_dashboard.storage.claims import ClaimRow
from encaiss_dashboard.storage.inbound import InboundMessage
from encaiss_dashboard.storage.invoice_documents import InvoiceDocument
from encaiss_dashboard.storage.plans import SpecialPlan
from encaiss_dashboard.storage.stop_tables import Stop, StopDocument, StopEvent, StopInvoice
from encaiss_dashboard.storage.undeliverable import UndeliverableAddress

# Every table that is about debtors is decided here; a test fails for one that is not.
REMOVED: Final[frozenset[type[Record]]] = frozenset(
    {
        UndeliverableAddress,
        records.Contact,
        records.DebtorAlias,
        InvoiceDocument,
        DebtorChange,
        Counterparty,
        StopDocument,
        InboundMessage,
    }
)
EMPTIED: Final[Mapping[type[Record], tuple[str, ...]]] = {
    records.Debtor: (
        *("number", "enterprise_number", "endpoint", "iban"),
        *("address", "postcode", "city", "phone"),
    ),
    records.Delegation: ("reason",),
    records.Payment: ("reference",),
    records.OutboxMessage: ("recipient", "subject", "body_text", "body_html", "detail"),
    Stop: ("words",),
    StopEvent: ("words",),
    CallAttempt: ("transcript",),
}
KEPT: Final = frozenset(
    {
        records.Debtor,
        records.DebtorMerge,
        records.Delegation,
        records.Invoice,
        records.Payment,
        records.Allocation,
        AccessoryAllocation,
        RemittanceLine,
        ImportChange,
        records.OutboxMessage,
        records.OutboxLine,
        ClaimRow,
        SpecialPlan,
        posting.Posting,
        CallAttempt,
        records.Act,
        Stop,
        StopInvoice,
        StopEvent,
    }
)
LINE_EMPTIED: Final = (
    *("counterparty", "iban", "bic", "structured", "text", "end_to_end", "mandate"),
    *("bank_reference", "invoice_number"),
)
"""Of a bank's line that became a payment of an erased debtor: amount, days and fingerprint stay, so that the
books balance and the line is not taken in again."""
