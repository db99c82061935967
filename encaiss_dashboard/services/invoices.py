"""The list of invoices: found, filtered, sorted and cut into pages by the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from encaiss_dashboard.domain.ageing import due_range
from encaiss_dashboard.domain.dunning import Held
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.stops import Stops
from encaiss_dashboard.storage import lists, stops
from encaiss_dashboard.storage.lists import InvoiceFilter, InvoiceLine
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 50


class Show(StrEnum):
    """Which invoices are listed."""

    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    CREDIT_NOTES = "credit_notes"
    STOPPED = "stopped"
    ALL = "all"


class SortBy(StrEnum):
    """By which column; ties go to the newest."""

    DUE = "due"
    ISSUE = "issue"
    NUMBER = "number"
    DEBTOR = "debtor"
    TOTAL = "total"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for.

    Attributes:
        text: part of a number, reference or debtor's name.
        bucket: an ageing bucket by due date, "" for any.
        on: the date the balances are true for.
        page: from 1; one past the end is the last.
    """

    on: date
    text: str = ""
    show: Show = Show.OPEN
    bucket: str = ""
    debtor_id: int | None = None
    sort: SortBy = SortBy.DUE
    descending: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """One page of invoices.

    Attributes:
        found: how many there are on all pages.
        open: what is open on all pages together, by currency.
        stops: what stops reminders about those of this page that anything stops, by id.
    """

    lines: tuple[InvoiceLine, ...]
    found: int
    page: int
    pages: int
    open: tuple[Money, ...]
    stops: Mapping[int, Held]


def find(work: Work, client_id: int | None, search: Search) -> InvoicePage:
    """One page of what is looked for."""
    client = work.require(Action.VIEW, client_id)
    due_from, due_to = due_range(search.bucket, search.on)
    wanted = InvoiceFilter(
        on=search.on,
        text=search.text.strip()[:100],
        show=search.show.value,
        due_from=due_from,
        due_to=due_to,
        debtor_id=search.debtor_id,
        only=stops.stopped(work.session, client, search.on) if search.show is Show.STOPPED else None,
    )
    found, sums = lists.count_invoices(work.session, client, wanted)
    pages = max(1, -(-found // PAGE_SIZE))
    page = min(max(1, search.page), pages)
    lines = lists.invoice_lines(
        work.session,
        client,
        wanted,
        sort=search.sort.value,
        descending=search.descending,
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    halted = stops.of_debtors(work.session, client, {line.debtor_id for line in lines})
    held = {
        line.id: stop
        for line in lines
        if line.debtor_id in halted and line.open.cents > 0 and line.kind is Kind.INVOICE
        if (stop := _stop(halted[line.debtor_id].stops, line.id, search.on)) is not None
    }
    return InvoicePage(tuple(lines), found, page, pages, tuple(sums), held)


def _stop(known: Stops, invoice_id: int, on: date) -> Held | None:
    return known.of_debtor(on) or known.of_invoice(invoice_id, on)
