"""Files that people take away: lists as CSV that spreadsheets open as they are, and letters as PDF."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from pydantic import Field, TypeAdapter, ValidationError

from encaiss_dashboard.domain.ageing import bucket_codes, bucket_of
from encaiss_dashboard.domain.errors import NotFound, Problem, Unreadable
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.sheets import amount, sheet
from encaiss_dashboard.locales import text
from encaiss_dashboard.storage import lists, merges, queries, stops
from encaiss_dashboard.storage.lists import InvoiceFilter, InvoiceLine
from encaiss_dashboard.work import Work

_CSV: Final = "text/csv; charset=utf-8"
_ID: Final = TypeAdapter(Annotated[int, Field(gt=0, lt=2**31)])
_SHOWS: Final = frozenset({"open", "overdue", "paid", "credit_notes", "stopped", "all"})
_SORTS: Final = frozenset({"due", "issue", "number", "debtor", "total", "open"})


@dataclass(frozen=True, slots=True)
class Made:
    """A file ready to be taken away."""

    name: str
    mime: str
    content: bytes


def make(work: Work, client_id: int | None, kind: str, key: str, query: Mapping[str, str]) -> Made:
    """One of the files: ``invoices/all``, ``message/<id>``.

    Raises:
        NotFound: no such file, or another client's.
        Unreadable: a key or query that cannot be one.
    """
    client = work.require(Action.VIEW, client_id)
    if kind == "invoices":
        return _invoices(work, client, query)
    if kind == "message":
        return _message(work, client, number(key))
    raise NotFound


def number(key: str) -> int:
    """An id out of an address.

    Raises:
        Unreadable: no number.
    """
    try:
        return _ID.validate_python(key)
    except ValidationError as error:
        raise Unreadable(value=key[:40]) from error


def rejected(work: Work, client_id: int | None, batch_id: int, problems: Iterable[Problem]) -> Made:
    """Everything wrong in an uploaded file, for whoever corrects it: line, field, sentence, weight.

    Args:
        work: of the person who reads it; sentences are in its language.
        client_id: whose upload it is.
        batch_id: the upload, for the file's name.
        problems: as its preview lists them.
    """
    work.require(Action.VIEW, client_id)
    rows = [
        (
            str(problem.line or ""),
            _heading(work, f"field.{problem.field}") if problem.field else "",
            text(work.actor.language, f"problem.{problem.code}", **problem.facts),
            _heading(work, f"import.{'left_out' if problem.blocks else 'taken'}"),
        )
        for problem in problems
    ]
    headings = [_heading(work, f"import.column_{name}") for name in ("line", "field", "problem", "row")]
    return _sheet(f"import-{batch_id}.csv", headings, rows)


def _invoices(work: Work, client_id: int, query: Mapping[str, str]) -> Made:
    """The list of invoices as it is filtered and sorted on the screen, all pages."""
    show, sort, bucket = query.get("show", "open"), query.get("sort", "due"), query.get("bucket", "")
    on = _day(query.get("on", "")) or work.today
    wanted = InvoiceFilter(
        on=on,
        text=query.get("q", "").strip()[:100],
        show=show if show in _SHOWS else "open",
        only=stops.stopped(work.session, client_id, on) if show == "stopped" else None,
    )
    name = sort.removeprefix("-")
    lines = lists.invoice_lines(
        work.session,
        client_id,
        wanted,
        sort=name if name in _SORTS else "due",
        descending=sort.startswith("-"),
    )
    if bucket in bucket_codes():
        lines = [line for line in lines if _in_bucket(line, on, bucket)]
    fields = ("number", "debtor", "issue", "due", "total", "open", "currency", "reference")
    rows = [
        (
            line.number,
            line.debtor,
            line.issue.isoformat(),
            line.due.isoformat(),
            amount(line.total.cents if line.kind is Kind.INVOICE else -line.total.cents),
            amount(line.open.cents),
            line.total.currency,
            line.reference,
        )
        for line in lines
    ]
    return _sheet(f"invoices-{on}.csv", [_heading(work, f"field.{f}") for f in fields], rows)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _in_bucket(line: InvoiceLine, on: date, bucket: str) -> bool:
    """Whether an invoice with a balance has the age of a bucket."""
    return line.kind is Kind.INVOICE and line.open.cents != 0 and bucket_of((on - line.due).days) == bucket


def acts(work: Work, client_id: int | None, debtor_id: int, rows: Iterable[tuple[str, str, str]]) -> Made:
    """One debtor's journal in the words of its screen: day, what, details.

    Raises:
        NotFound: not one of this client's debtors.
    """
    client = work.require(Action.VIEW, client_id)
    debtor = queries.debtor(work.session, client, merges.kept(work.session, client, debtor_id))
    keys = ("act.column_day", "field.debtor", "act.column_what", "act.column_facts")
    told = [(day, debtor.name, *words) for day, *words in rows]
    return _sheet(
        f"acts-{debtor_id}-{work.today}.csv",
        [_heading(work, key) for key in keys],
        told,
    )


def _message(work: Work, client_id: int, message_id: int) -> Made:
    """A message as the debtor received it, as a page that stands on its own."""
    row = queries.message(work.session, client_id, message_id)
    return Made(
        f"{row.message_id.partition('@')[0]}.html", "text/html; charset=utf-8", row.body_html.encode()
    )


def _heading(work: Work, key: str) -> str:
    return text(work.actor.language, key)


def _sheet(name: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Made:
    return Made(name, _CSV, sheet(headings, rows))
