"""What stops reminders: disputes, promises, instalment plans, pauses of invoices, insolvency."""

from encaiss_dashboard.domain.stops.facts import (
    Balances,
    DisputeReason,
    InsolvencyKind,
    Standing,
    StopKind,
    StopState,
)
from encaiss_dashboard.domain.stops.held import Stops, debtor_stop, stop_of, unanswered_request_since
from encaiss_dashboard.domain.stops.kinds import (
    GRACE_BANK_DAYS,
    Decision,
    Dispute,
    Insolvency,
    Instalment,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    Stop,
)
from encaiss_dashboard.domain.stops.reminding import begins, instalment_message, next_instalment, notice
from encaiss_dashboard.domain.stops.schedule import Rhythm, equal_parts

__all__ = [
    "GRACE_BANK_DAYS",
    "Balances",
    "Decision",
    "Dispute",
    "DisputeReason",
    "Insolvency",
    "InsolvencyKind",
    "Instalment",
    "InstalmentPlan",
    "InvoicePause",
    "PlanRequest",
    "Promise",
    "Rhythm",
    "Standing",
    "Stop",
    "StopKind",
    "StopState",
    "Stops",
    "begins",
    "debtor_stop",
    "equal_parts",
    "instalment_message",
    "next_instalment",
    "notice",
    "stop_of",
    "unanswered_request_since",
]
