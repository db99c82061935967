"""Writing one file down: debtors, invoices, payments, what credits net, documents, and the acts of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, Final, NamedTuple

import polars as pl
from sqlalchemy import func, or_
from sqlmodel import col, select

from encaiss_dashboard.domain.allocation import named_invoice
from encaiss_dashboard.domain.intake import Tell
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services.imports.compared import Preview
from encaiss_dashboard.services.imports.intake import PAID, Changed, Intake
from encaiss_dashboard.services.imports.learning import learn
from encaiss_dashboard.services.imports.papers import keep_papers
from encaiss_dashboard.storage import bulk, queries, records
from encaiss_dashboard.storage.changes import ImportChange
from encaiss_dashboard.storage.journal import ActKind, Entry
from encaiss_dashboard.storage.late_payments import settle_late
from encaiss_dashboard.work import Work

COUNTED: Final = (
    *("created", "updated", "left_out", "unchanged", "credit_notes"),
    *("duplicates", "new_debtors"),
)
_AT_ONCE: Final = 500
_COLUMNS: Final = {
    "debtor_id": "debtor_id",
    "kind": "kind",
    "number": "number",
    "issue": "issue",
    "due_on": "due",
    "due_source": "due_source",
    "term_code": "term",
    "currency": "currency",
    "total_cents": "total_cents",
    "vat_cents": "vat_cents",
    "reference": "reference",
    "credited": "credited",
}
"""Columns of the intake by those of the table."""


class _Paid(NamedTuple):
    """What a file says was paid of one invoice."""

    invoice_id: int
    debtor_id: int
    number: str
    issue: date
    settled: date | None
    currency: str
    cents: int


def keep(work: Work, intake: Intake, tell: Tell) -> Preview:
    """Write down what an intake found; the caller's transaction makes it all or nothing."""
    client_id, batch_id = work.require(Action.UPLOAD, intake.client.id), queries.known(intake.batch.id)
    seen = intake.preview()
    learn(work, intake.debtors, intake.accepted_parties(), intake.batch)
    new = _Written(work, intake)
    new.write(tell)
    for one in intake.taken:
        _apply(work, intake, one)
    work.session.flush()
    acts = [_corrected(work, client_id, one) for one in intake.taken if set(one.change.after) - {PAID}]
    acts += _pay(work, client_id, batch_id, [*new.paid(), *_paid_known(intake)])
    acts += net(work, client_id, batch_id, _naming(work, intake, new))
    acts += settle_late(work.session, client_id, batch_id, work.today)
    papers = keep_papers(work, intake)
    result = {name: getattr(seen, name) for name in COUNTED} | {"rejected": seen.rejected_rows}
    result["documents"] = papers
    intake.batch.imported_at, intake.batch.result = work.now, result
    intake.batch.format = intake.reading.format
    facts = {"file": intake.batch.file_name, "batch": batch_id, **result}
    shown = {**result, "total": {code: str(amount) for code, amount in seen.total.items()}}
    acts.append(Entry(ActKind.IMPORTED, work.today, client_id, facts=facts, shown=shown))
    for start in range(0, len(acts), _AT_ONCE):
        work.journal.record_many(acts[start : start + _AT_ONCE])
    return seen


class _Written:
    """The new rows as they are written, and what has to be done about some of them afterwards."""

    def __init__(self, work: Work, intake: Intake) -> None:
        self._work, self._intake = work, intake
        self._paid: list[pl.DataFrame] = []

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows with the ids of their debtors, which all have one by now."""
        ids = [party.id for party in self._intake.parties]
        owners = pl.DataFrame(
            {"party": range(len(ids)), "debtor_id": ids}, schema={"party": pl.UInt32, "debtor_id": pl.Int64}
        )
        for frame in self._intake.new.frames():
            yield frame.join(owners, on="party", how="left", maintain_order="left")

    def write(self, tell: Tell) -> None:
        """All of them, sorted by debtor and number as the largest index is."""
        work, intake, whole = self._work, self._intake, len(self._intake.new)
        same = {"client_id": intake.client.id, "batch_id": intake.batch.id, "recorded_at": work.now}
        done = 0
        tell(done, whole)
        table = queries.table(records.Invoice)
        with bulk.loading(work.session, table, whole):
            for frame in self.frames():
                rows = frame.select(pl.col(name).alias(named) for name, named in _COLUMNS.items())
                bulk.insert(work.session, table, rows, same, _beyond(done, whole, tell))
                done += len(frame)
                paid = frame.filter(pl.col("paid") > 0)
                if len(paid):
                    self._paid.append(
                        paid.select("debtor_id", "number", "issue", "settled", "currency", "paid")
                    )

    def paid(self) -> Iterable[_Paid]:
        """What the file says was paid of them."""
        if not self._paid:
            return
        ids = _ids(self._work, queries.known(self._intake.batch.id))
        for frame in self._paid:
            rows = frame.join(ids, on=("debtor_id", "number"), how="inner", maintain_order="left")
            names = ("invoice_id", "debtor_id", "number", "issue", "settled", "currency", "paid")
            for values in rows.select(names).iter_rows():
                yield _Paid(*values)

    def invoices(self) -> Iterator[pl.DataFrame]:
        """Debtor and number of the new invoices, credit notes left out."""
        for frame in self.frames():
            yield frame.filter(pl.col("kind") == Kind.INVOICE.value).select("debtor_id", "number")


def _ids(work: Work, batch_id: int) -> pl.DataFrame:
    """Ids of the invoices that this import added, by debtor and number."""
    invoice = records.Invoice
    query = select(invoice.id, invoice.debtor_id, invoice.number).where(invoice.batch_id == batch_id)
    schema = {"invoice_id": pl.Int64, "debtor_id": pl.Int64, "number": pl.String}
    return bulk.read(work.session, query, schema)


def _beyond(done: int, whole: int, tell: Tell) -> Tell:
    """Tell how far a part has come as how far the whole has."""
    return lambda more, _: tell(done + more, whole)


def _apply(work: Work, intake: Intake, one: Changed) -> None:
    """Change a known invoice, and remember how it was."""
    fields = [name for name in one.change.after if name != PAID]
    invoice = work.session.get_one(records.Invoice, one.known.id)
    names = ("issue", "due", "due_source", "term", "total_cents", "vat_cents", "reference", "credited")
    before = {name: _plain(getattr(invoice, name)) for name in names}
    if fields:
        invoice.issue, invoice.total_cents = one.row.issue, one.row.total.cents
        if one.due_source:
            invoice.due, invoice.due_source, invoice.term = one.due, one.due_source, one.term
        invoice.reference = one.row.reference or invoice.reference
        invoice.credited = one.row.credited or invoice.credited
        if one.row.vat is not None:
            invoice.vat_cents = one.row.vat.cents
    after = {name: _plain(getattr(invoice, name)) for name in names}
    work.session.add(
        ImportChange(
            client_id=queries.known(intake.client.id),
            batch_id=queries.known(intake.batch.id),
            invoice_id=one.known.id,
            before={name: before[name] for name in names if before[name] != after[name]},
            after={name: after[name] for name in names if before[name] != after[name]},
        )
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _corrected(work: Work, client_id: int, one: Changed) -> Entry:
    fields = [name for name in one.change.after if name != PAID]
    facts = {
        "number": one.row.number,
        "before": {name: one.change.before[name] for name in fields},
        "after": {name: one.change.after[name] for name in fields},
    }
    return Entry(ActKind.CORRECTED, work.today, client_id, one.known.debtor_id, facts)


def _paid_known(intake: Intake) -> Iterable[_Paid]:
    for one in intake.taken:
        if one.paid_cents:
            row, known = one.row, one.known
            yield _Paid(
                known.id, known.debtor_id, row.number, row.issue, row.settled, known.currency, one.paid_cents
            )


def _pay(work: Work, client_id: int, batch_id: int, paid: list[_Paid]) -> list[Entry]:
    """Turn what the file says was paid into payments, each set against its own invoice."""
    if not paid:
        return []
    session, payment = work.session, records.Payment
    last = session.exec(select(func.max(payment.id)).where(payment.batch_id == batch_id)).one() or 0
    days = [one.settled or work.today for one in paid]
    rows = pl.DataFrame(
        {
            "debtor_id": [one.debtor_id for one in paid],
            "paid_on": days,
            "currency": [one.currency for one in paid],
            "amount_cents": [one.cents for one in paid],
            "reference": [one.number for one in paid],
        }
    )
    same = {
        "client_id": client_id,
        "batch_id": batch_id,
        "source": "invoice_file",
        "recorded_at": work.now,
    }
    bulk.insert(session, queries.table(payment), rows, same)
    of_batch = select(payment.id).where(payment.batch_id == batch_id, col(payment.id) > last)
    ids = list(session.exec(of_batch.order_by(col(payment.id))))
    allocations = pl.DataFrame(
        {
            "invoice_id": [one.invoice_id for one in paid],
            "payment_id": ids,
            "allocated_on": [max(day, one.issue) for day, one in zip(days, paid, strict=True)],
            "currency": rows["currency"],
            "amount_cents": rows["amount_cents"],
        }
    )
    whose = {"client_id": client_id, "batch_id": batch_id}
    bulk.insert(session, queries.table(records.Allocation), allocations, whose)
    return [
        Entry(
            ActKind.PAYMENT,
            day,
            client_id,
            one.debtor_id,
            {"cents": one.cents, "currency": one.currency, "number": one.number},
        )
        for day, one in zip(days, paid, strict=True)
    ]


def _naming(work: Work, intake: Intake, new: _Written) -> list[records.Invoice]:
    """Credit notes that name an invoice, where this import brought or changed the one or the other."""
    invoice, session, batch = records.Invoice, work.session, intake.batch
    naming = (
        invoice.client_id == batch.client_id,
        invoice.kind == Kind.CREDIT_NOTE.value,
        invoice.credited != "",
    )
    found: list[records.Invoice] = []
    if intake.new.naming:
        found += session.exec(select(invoice).where(*naming, invoice.batch_id == batch.id))
    changed = [one.known.id for one in intake.taken if one.known.kind == Kind.CREDIT_NOTE.value]
    of_before = select(invoice.id, invoice.debtor_id, invoice.credited).where(
        *naming, or_(col(invoice.batch_id).is_(None), col(invoice.batch_id) != batch.id)
    )
    schema = {"id": pl.Int64, "debtor_id": pl.Int64, "number": pl.String}
    waiting = bulk.read(session, of_before, schema)
    if len(waiting):
        known = [(one.known.debtor_id, one.row.number) for one in intake.taken]
        frames = [pl.DataFrame(known, schema={"debtor_id": pl.Int64, "number": pl.String}, orient="row")]
        for frame in (*frames, *new.invoices()):
            changed += waiting.join(frame, on=("debtor_id", "number"), how="semi")["id"].to_list()
    ids = sorted(set(changed))
    for start in range(0, len(ids), _AT_ONCE):
        some = col(invoice.id).in_(ids[start : start + _AT_ONCE])
        found += session.exec(select(invoice).where(*naming, some))
    return found


def net(work: Work, client_id: int, batch_id: int, credit_notes: Iterable[records.Invoice]) -> list[Entry]:
    """Set credit notes against the invoice that each names (BT-25), as far as both reach.

    The oldest first. What no invoice takes waits unallocated; a credit note whose invoice is unknown waits
    wholly.
    """
    work.require(Action.UPLOAD, client_id)
    invoice, session = records.Invoice, work.session
    credit_notes = sorted(credit_notes, key=lambda one: (one.issue, queries.known(one.id)))
    numbers = sorted({one.credited for one in credit_notes})
    targets: dict[tuple[int, str], records.Invoice] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        query = select(invoice).where(
            invoice.client_id == client_id,
            invoice.kind == Kind.INVOICE.value,
            col(invoice.number).in_(numbers[start : start + _AT_ONCE]),
        )
        targets |= {(one.debtor_id, one.number): one for one in session.exec(query)}
    pairs = [(one, targets.get((one.debtor_id, one.credited))) for one in credit_notes]
    used = _allocated(work, [queries.known(one.id) for one, _ in pairs], "credit_note_id")
    settled = _allocated(work, [queries.known(one.id) for _, one in pairs if one], "invoice_id")
    acts = []
    for note, target in pairs:
        if target is None:
            continue
        note_id, target_id = queries.known(note.id), queries.known(target.id)
        allocation = named_invoice(
            queries.invoice_value(note),
            note.total_cents - used[note_id],
            queries.invoice_value(target),
            target.total_cents - settled[target_id],
        )
        if allocation is None:
            continue
        cents = allocation.amount.cents
        used[note_id] += cents
        settled[target_id] += cents
        session.add(
            records.Allocation(
                client_id=client_id,
                batch_id=batch_id,
                invoice_id=target_id,
                credit_note_id=note_id,
                on=allocation.on,
                currency=allocation.amount.currency,
                amount_cents=cents,
            )
        )
        facts = {
            "cents": cents,
            "currency": note.currency,
            "number": note.number,
            "credited": target.number,
        }
        acts.append(Entry(ActKind.CREDITED, allocation.on, client_id, note.debtor_id, facts))
    session.flush()
    return acts


def _allocated(work: Work, ids: list[int], of: str) -> dict[int, int]:
    """Cents allocated so far, by invoice or by credit note."""
    column = col(getattr(records.Allocation, of))
    sums: dict[int, int] = defaultdict(int)
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            select(column, func.sum(records.Allocation.amount_cents))
            .where(column.in_(ids[start : start + _AT_ONCE]))
            .group_by(column)
        )
        sums.update({key: int(cents) for key, cents in work.session.exec(query)})
    return sums
