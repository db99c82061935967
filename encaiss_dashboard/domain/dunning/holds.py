"""Why a message that is due does not go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from encaiss_dashboard.domain.money import Money


class HoldReason(StrEnum):
    """Why a message that is due does not go.

    The first ones follow from the plan and the balance, the others are stops: facts that somebody stated
    about an invoice or a debtor (``OpenInvoice.stop``, ``stop`` of :func:`plan_debtor`). A stop's fact
    ``until`` is its last day; without it it lasts until somebody decides.
    """

    CONTACT_GAP = "contact_gap"  # written to too recently; fact ``until``: the day it may go
    CREDIT_COVERS = "credit_covers"  # facts ``credit`` and ``due``: the debtor owes nothing, net
    BELOW_MINIMUM = "below_minimum"  # facts ``due`` and ``minimum``
    NOT_A_SENDING_DAY = "not_a_sending_day"  # fact ``until``: the next one
    LAW_WAITS = "law_waits"  # fact ``until``: the first day on which the law allows the step
    STALE_DATA = "stale_data"  # fact ``since``: the day the client's payments were last known on
    PAUSED = "paused"
    INVOICE_PAUSED = "invoice_paused"
    DISPUTED = "disputed"
    PROMISED = "promised"
    INSTALMENTS = "instalments"  # a plan of instalments that is kept
    INSOLVENT = "insolvent"
    UNDELIVERABLE = "undeliverable"  # the address the message would go to does not exist
    REPLY_UNREAD = "reply_unread"  # the debtor answered, and nobody has looked yet


@dataclass(frozen=True, slots=True)
class Held:
    """A message that is due and does not go.

    Attributes:
        reason: why.
        facts: what the sentence names, still to be written in the reader's language.
    """

    reason: HoldReason
    facts: Mapping[str, date | Money]
