"""A stop opened: kept with its invoices and told in the journal, for whichever service it comes from."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlmodel import Session

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.stops import (
    Dispute,
    Insolvency,
    InstalmentPlan,
    InvoicePause,
    PlanRequest,
    Promise,
    Stop,
)
from encaiss_dashboard.domain.stops.opening import NewPromise, NewStop, stop_for
from encaiss_dashboard.storage import stops
from encaiss_dashboard.storage.journal import ActKind, Journal
from encaiss_dashboard.storage.prospects import Prospect, prospects

WORDS_LENGTH_MAX: Final = 500
_NUMBERS_TOLD: Final = 10


def checked_words(words: str) -> str:
    """What somebody wrote, as it is kept.

    Raises:
        Unreadable: too long, or nothing that a database could keep.
    """
    said = words.strip()
    if len(said) > WORDS_LENGTH_MAX or "\x00" in said or any("\ud800" <= c <= "\udfff" for c in said):
        raise Unreadable(value=said[:40].encode("utf-8", "replace").decode().replace("\x00", ""))
    return said


def open_stop(
    session: Session,
    journal: Journal,
    client_id: int,
    debtor_id: int,
    asked: NewStop,
    *,
    words: str,
    today: date,
) -> int:
    """Keep what is asked for and tell it in the journal; returns the stop's id.

    Whether the actor may, and that the debtor is this client's, was asked before.

    Raises:
        Unreadable: words too long.
        NotFound, Refusal: as ``domain.stops.opening.stop_for``.
    """
    said = checked_words(words)
    seen = prospects(session, client_id, today, [debtor_id])[debtor_id]
    stop = stop_for(asked, seen.invoices, seen.stops, today)
    stop_id = stops.add(
        session, client_id, debtor_id, stop, words=said, user_id=journal.by.user_id, at=journal.at
    )
    after = seen.supposing(stop)
    journal.record(
        ActKind.STOP_OPENED,
        day=today,
        client_id=client_id,
        debtor_id=debtor_id,
        facts={
            "stop": stop_id,
            "kind": stop.kind.value,
            "numbers": numbers_of(seen, stop),
            "reason": said,
            "by": journal.by.name,
            **facts_of(stop, currency_of(seen, stop)),
        },
        shown={"before": message_of(seen), "after": message_of(after)},
    )
    return stop_id


def promise(
    session: Session,
    journal: Journal,
    client_id: int,
    debtor_id: int,
    promised: date,
    *,
    today: date,
    amount_cents: int | None = None,
    invoice_ids: tuple[int, ...] | None = None,
    words: str = "",
) -> int:
    """Keep a debtor's promise, such as one made on the telephone; returns its id.

    Without invoices it covers what is past due, or all that is open when nothing is; without an amount,
    all of that. Raises as :func:`open_stop`.
    """
    if invoice_ids is None:
        seen = prospects(session, client_id, today, [debtor_id])[debtor_id]
        invoice_ids = tuple(item.invoice.id for item in seen.late) or None
    asked = NewPromise(invoice_ids, promised, amount_cents)
    return open_stop(session, journal, client_id, debtor_id, asked, words=words, today=today)


def numbers_of(seen: Prospect, stop: Stop) -> list[str]:
    """The numbers of the first invoices that a stop is about."""
    numbers = [item.invoice.number for item in seen.invoices if item.invoice.id in stop.invoices]
    return numbers[:_NUMBERS_TOLD]


def currency_of(seen: Prospect, stop: Stop) -> str:
    """Of the invoices that a stop is about."""
    found = (item.open.currency for item in seen.invoices if item.invoice.id in stop.invoices)
    return next(found, seen.currency)


def message_of(seen: Prospect) -> list[str] | None:
    """The next message and its earliest day, as the journal keeps them."""
    found = seen.next_message()
    return [StepCode(found[0]).value, found[1].isoformat()] if found else None


def facts_of(stop: Stop, currency: str) -> dict[str, Any]:
    """What is peculiar to a stop, as the journal keeps it."""
    match stop:
        case Dispute():
            return {"code": stop.reason.value}
        case Promise():
            amount = {"cents": stop.amount_cents, "currency": currency}
            return amount | {"promised": stop.promised.isoformat(), "until": stop.last_day.isoformat()}
        case InstalmentPlan():
            parts = [[part.due.isoformat(), part.cents] for part in stop.instalments]
            return {"cents": stop.total_cents, "currency": currency, "instalments": parts}
        case PlanRequest():
            return {"asked": stop.asked_on.isoformat()}
        case InvoicePause():
            return {"until": stop.until.isoformat() if stop.until else None}
        case Insolvency():
            return {"code": stop.proceedings.value, "from": stop.opened_on.isoformat()}
