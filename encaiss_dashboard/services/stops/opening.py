"""Stopping reminders about invoices or to a debtor: shown before it is done, then recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from encaiss_dashboard.domain.dunning import Held, StepCode
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops import Insolvency
from encaiss_dashboard.domain.stops.opening import NewStop, stop_for
from encaiss_dashboard.services.stops import debtor_key
from encaiss_dashboard.storage import personal, records
from encaiss_dashboard.storage.prospects import prospects
from encaiss_dashboard.storage.stopping import currency_of, numbers_of, open_stop
from encaiss_dashboard.work import Work


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a stop would mean.

    Attributes:
        covers: how much is open of the invoices that it is about, None for a whole debtor.
        numbers: of the first of them.
        held: what keeps them back from today on, with its last day where it has one.
        before, after: the next message and its earliest day without it and with it, None for none.
    """

    on: date
    covers: Money | None
    numbers: tuple[str, ...]
    held: Held | None
    before: tuple[StepCode, date] | None
    after: tuple[StepCode, date] | None


def foresee(work: Work, client_id: int | None, debtor_id: int, new: NewStop) -> Foreseen:
    """What would be held and until when; changes nothing.

    Raises:
        NotFound, Refusal: as :func:`open_one`.
    """
    client = work.require(Action.VIEW, client_id)
    key = debtor_key(work.session, client, debtor_id)
    seen = prospects(work.session, client, work.today, [key])[key]
    stop = stop_for(new, seen.invoices, seen.stops, work.today)
    after = seen.supposing(stop)
    mine = [item for item in after.invoices if item.invoice.id in stop.invoices]
    whole, currency = isinstance(stop, Insolvency), currency_of(seen, stop)
    covered = (item.open for item in mine if item.open.currency == currency)
    return Foreseen(
        on=work.today,
        covers=None if whole else Money.total(covered, currency),
        numbers=tuple(numbers_of(seen, stop)),
        held=after.stop if whole else next((item.stop for item in mine), None),
        before=seen.next_message(),
        after=after.next_message(),
    )


def open_one(work: Work, client_id: int | None, debtor_id: int, new: NewStop, words: str) -> int:
    """Stop reminders about invoices or to a debtor; returns the stop's id.

    Raises:
        NotAllowed: no right to decide about this client's debtors.
        NotFound: not one of this client's debtors, or an invoice that is not open.
        Unreadable: words too long.
        Refusal: as ``domain.stops.opening.stop_for``.
    """
    client = work.require(Action.DELEGATE, client_id)
    # As imports do: one at a time may change what a client's debtors owe.
    work.session.get(records.Client, client, with_for_update=True)
    key = debtor_key(work.session, client, debtor_id)
    said = (
        "" if personal.erased(work.session, key) else words
    )  # nothing personal comes back to who is forgotten
    return open_stop(work.session, work.journal, client, key, new, words=said, today=work.today)
