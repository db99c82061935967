"""Claim lines as they were written into messages: kept as facts, never worked out again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlmodel import Field, Session, col, select

from encaiss_dashboard.domain.claims import ClaimKind, ClaimLine, ClaimPaid
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.storage.bank import AccessoryAllocation
from encaiss_dashboard.storage.base import Record, cents_column, client_column, json_column, key_column


class ClaimRow(Record, table=True):
    """One claim line of one message; ``periods`` of interest: days, percent and principal of each."""

    __tablename__ = "claim_line"

    id: int | None = key_column()
    client_id: int = client_column()
    message_id: int = Field(foreign_key="outbox_message.id", index=True)
    invoice_id: int = Field(foreign_key="invoice.id", index=True)
    kind: str
    currency: str = "EUR"
    amount_cents: int = cents_column()
    periods: list[dict[str, Any]] = json_column(default_factory=list)


def row(client_id: int, message_id: int, line: ClaimLine) -> ClaimRow:
    """A claim line as it is kept."""
    periods = [
        {
            "first_day": one.first_day.isoformat(),
            "last_day": one.last_day.isoformat(),
            "percent": str(one.rate.percent),
            "published": one.rate.published,
            "principal_cents": one.principal.cents,
        }
        for one in line.periods
    ]
    return ClaimRow(
        client_id=client_id,
        message_id=message_id,
        invoice_id=line.invoice_id,
        kind=line.kind.value,
        currency=line.amount.currency,
        amount_cents=line.amount.cents,
        periods=periods,
    )


def paid(session: Session, client_id: int, invoice_ids: Sequence[int]) -> dict[int, list[ClaimPaid]]:
    """What was paid of the claims beside these invoices, with its day."""
    row = AccessoryAllocation
    query = select(row).where(row.client_id == client_id, col(row.invoice_id).in_(list(invoice_ids)))
    found: dict[int, list[ClaimPaid]] = defaultdict(list)
    for one in session.exec(query.order_by(col(row.id))):
        amount = Money(one.amount_cents, one.currency)
        found[one.invoice_id].append(ClaimPaid(ClaimKind(one.kind), one.on, amount))
    return found
