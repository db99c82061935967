"""One file against one client's ledger, column by column: what is new, changed, known or impossible."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, Final, NamedTuple

import polars as pl
from sqlalchemy import func
from sqlmodel import col, select

from encaiss_dashboard.domain.intake import InvoiceRow, Reading
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.services.imports.compared import Answers, Change, Netting, Preview
from encaiss_dashboard.services.imports.debtors import Debtors
from encaiss_dashboard.services.imports.parties import Party
from encaiss_dashboard.services.imports.rows import ROWS_AT_ONCE, FileRows
from encaiss_dashboard.storage import bulk, queries, records
from encaiss_dashboard.work import Work

PAID: Final = "paid"
_KNOWN: Final[Mapping[str, Any]] = {
    "known_id": pl.Int64,
    "debtor_id": pl.Int64,
    "number": pl.String,
    "known_kind": pl.String,
    "known_issue": pl.Date,
    "known_due": pl.Date,
    "known_currency": pl.String,
    "known_total": pl.Int64,
    "known_vat": pl.Int64,
    "known_reference": pl.String,
    "known_credited": pl.String,
}
_NUMBERS_ASKED: Final = 2_000
_SHOWN: Final = 500


class Known(NamedTuple):
    """An invoice of the ledger, as far as a file can state it otherwise."""

    id: int
    debtor_id: int
    kind: str
    issue: date
    due: date
    currency: str
    total_cents: int
    vat_cents: int | None
    reference: str
    credited: str


class Changed(NamedTuple):
    """A row, the invoice it changes, and how; ``paid_cents`` is what it says was paid since.

    ``due_source`` and ``term`` are "" where it says nothing of when the invoice falls due.
    """

    row: InvoiceRow
    known: Known
    change: Change
    due: date
    due_source: str
    term: str
    paid_cents: int


class Pile:
    """The new rows of a file, set aside by the hundred thousand until they are written.

    Attributes:
        invoices, credit_notes: how many of each.
        totals: cents of the invoices by currency.
        parties: places of the parties whose rows they are.
        naming: line, number, credited number, party and currency of the credit notes that name an invoice.
    """

    def __init__(self) -> None:
        self.invoices = self.credit_notes = 0
        self.totals: dict[str, int] = {}
        self.parties: set[int] = set()
        self.naming: list[tuple[int, str, str, int, str]] = []
        self._packed: list[bytes] = []

    def __len__(self) -> int:
        return self.invoices + self.credit_notes

    def add(self, rows: pl.DataFrame) -> None:
        """Set aside one frame more."""
        invoices = rows.filter(pl.col("kind") == Kind.INVOICE.value)
        self.invoices += len(invoices)
        self.credit_notes += len(rows) - len(invoices)
        _add(self.totals, _totals(invoices))
        self.parties |= set(rows["party"].unique().to_list())
        naming = rows.filter((pl.col("kind") == Kind.CREDIT_NOTE.value) & (pl.col("credited") != ""))
        currency = pl.col("currency").cast(pl.String)
        self.naming += naming.sort("at").select("line", "number", "credited", "party", currency).rows()
        buffer = io.BytesIO()
        rows.write_ipc(buffer, compression="lz4")
        self._packed.append(buffer.getvalue())

    def frames(self) -> Iterator[pl.DataFrame]:
        """Each frame as it was added."""
        for packed in self._packed:
            yield pl.read_ipc(io.BytesIO(packed))


class Intake:
    """One file against one client's ledger: what is new, changed, known or impossible.

    Attributes:
        new: rows of invoices and credit notes that the ledger does not have, as :class:`FileRows` has them.
        changed: rows that state a known invoice otherwise.
    """

    def __init__(
        self,
        work: Work,
        client_id: int,
        batch: records.ImportBatch,
        reading: Reading,
        answers: Answers,
        *,
        at_once: int = ROWS_AT_ONCE,
    ) -> None:
        self._work, self.batch, self.reading, self.answers = work, batch, reading, answers
        self.client = queries.client(work.session, client_id)
        self.debtors = Debtors(work, client_id, answers.debtors, otherwise_new=answers.doubtful == "new")
        self.rows = FileRows(self.client, reading, answers, self.debtors, at_once=at_once)
        self._kept = frozenset(answers.kept)
        self.parties = self.rows.parties
        self.changed: list[Changed] = []
        self._same = 0
        self._same_totals: dict[str, int] = {}
        self.new = Pile()
        for frame in self.rows.frames():
            self.new.add(self._against(frame))

    def _against(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows that are new; the others are counted, or compared one by one."""
        columns = rows.columns
        here = set(rows["party"].unique().to_list())
        ids = [party.id if place in here else None for place, party in enumerate(self.parties)]
        owner = pl.DataFrame(
            {"party": range(len(ids)), "debtor_id": ids}, schema={"party": pl.UInt32, "debtor_id": pl.Int64}
        )
        known = self._known(rows, [key for key in ids if key is not None])
        if not len(known):
            return rows
        rows = rows.join(owner, on="party", how="left", maintain_order="left")
        rows = rows.join(known, on=("debtor_id", "number"), how="left", maintain_order="left")
        met = rows.filter(pl.col("known_id").is_not_null())
        # A term that nobody can read says nothing.
        stated_due = pl.col("due").is_not_null() | (pl.col("term_code") != "")
        same = (
            (pl.col("known_kind") == pl.col("kind").cast(pl.String))
            & (pl.col("known_currency") == pl.col("currency").cast(pl.String))
            & (pl.col("known_issue") == pl.col("issue"))
            & (pl.col("known_total") == pl.col("total_cents"))
            & (~stated_due | (pl.col("known_due") == pl.col("due_on")))
            & (pl.col("vat_cents").is_null() | pl.col("known_vat").eq_missing(pl.col("vat_cents")))
            & ((pl.col("reference") == "") | (pl.col("known_reference") == pl.col("reference")))
            & ((pl.col("credited") == "") | (pl.col("known_credited") == pl.col("credited")))
            & (pl.col("paid") <= pl.col("settled_cents"))
        )
        alike = met.filter(same)
        self._same += len(alike)
        _add(self._same_totals, _totals(alike.filter(pl.col("kind") == Kind.INVOICE.value)))
        for values, row in self.rows.with_rows(met.filter(~same)):
            self._compare(values, row)
        return rows.filter(pl.col("known_id").is_null()).select(columns)

    def _known(self, rows: pl.DataFrame, debtor_ids: Sequence[int]) -> pl.DataFrame:
        """Invoices of the ledger that rows may name, with what is settled of each (or used, of a credit)."""
        invoice = records.Invoice
        names = ("id", "debtor_id", "number", "kind", "issue", "due", "currency", "total_cents", "vat_cents")
        columns = [col(getattr(invoice, name)) for name in (*names, "reference", "credited")]
        query = select(*columns).where(invoice.client_id == self.client.id)
        session = self._work.session
        if not debtor_ids or not len(rows):
            found = pl.DataFrame(schema=dict(_KNOWN))
        elif len(rows) <= _NUMBERS_ASKED:
            numbers = rows["number"].unique().to_list()
            asked = (numbers[start : start + _SHOWN] for start in range(0, len(numbers), _SHOWN))
            parts = [bulk.read(session, query.where(col(invoice.number).in_(some)), _KNOWN) for some in asked]
            found = pl.concat(parts)
        else:
            first, last = min(debtor_ids), max(debtor_ids)
            found = bulk.read(session, query.where(col(invoice.debtor_id).between(first, last)), _KNOWN)
        if not len(found):
            return found
        return found.join(self._settled, on="known_id", how="left").with_columns(
            pl.col("settled_cents").fill_null(0)
        )

    @cached_property
    def _settled(self) -> pl.DataFrame:
        """Allocated cents by invoice, and by credit note."""
        schema = {"known_id": pl.Int64, "settled_cents": pl.Int64}
        parts = []
        for of in (records.Allocation.invoice_id, records.Allocation.credit_note_id):
            query = (
                select(of, func.sum(records.Allocation.amount_cents))
                .where(records.Allocation.client_id == self.client.id, col(of).is_not(None))
                .group_by(col(of))
            )
            parts.append(bulk.read(self._work.session, query, schema))
        return pl.concat(parts)

    def _compare(self, values: Mapping[str, Any], row: InvoiceRow) -> None:
        known = Known(
            *(values[name] for name in ("known_id", "debtor_id", "known_kind", "known_issue", "known_due")),
            *(values[name] for name in ("known_currency", "known_total", "known_vat")),
            *(values[name] for name in ("known_reference", "known_credited")),
        )
        stated_due = row.due is not None or bool(values["term_code"])
        due = values["due_on"] if stated_due else known.due
        vat = known.vat_cents if row.vat is None else row.vat.cents
        stated = {
            "issue": (known.issue.isoformat(), row.issue.isoformat()),
            "due": (known.due.isoformat(), due.isoformat()),
            "total": (str(Money(known.total_cents)), str(Money(row.total.cents))),
            "vat": (_amount(known.vat_cents), _amount(vat)),
            "reference": (known.reference, row.reference or known.reference),
            "credited": (known.credited, row.credited or known.credited),
        }
        differs = {name: pair for name, pair in stated.items() if pair[0] != pair[1]}
        settled: int = values["settled_cents"]
        paid = max(0, values["paid"] - settled)
        if known.kind != row.kind.value:
            self.rows.refuse(row.line, "kind", "not_the_same")
        elif known.currency != row.total.currency:
            self.rows.refuse(row.line, "currency", "not_the_same")
        elif row.total.cents < settled:
            facts = {"value": str(row.total), "settled": str(Money(settled))}
            self.rows.refuse(row.line, "total", "below_settled", **facts)
        elif due < row.issue:
            # The file moved the date of issue past a due date that only the ledger knows.
            facts = {"value": due.isoformat(), "other": row.issue.isoformat()}
            self.rows.refuse(row.line, "due", "due_before_issue", **facts)
        else:
            if paid:
                differs[PAID] = (str(Money(settled)), str(Money(settled + paid)))
            change = Change(
                row.line,
                row.number,
                row.debtor,
                {name: pair[0] for name, pair in differs.items()},
                {name: pair[1] for name, pair in differs.items()},
                known.currency,
                taken=(self.answers.changes == "all") != (row.line in self._kept),
            )
            source = values["due_source"] if stated_due else ""
            self.changed.append(Changed(row, known, change, due, source, values["term_code"], paid))

    @property
    def taken(self) -> list[Changed]:
        """The changes that importing makes."""
        return [one for one in self.changed if one.change.taken]

    def accepted_parties(self) -> list[Party]:
        """Those the client has, and the new ones of whom some row is taken."""
        places = self.new.parties
        return [party for place, party in enumerate(self.parties) if place in places or not party.is_new]

    def preview(self) -> Preview:
        """What importing the file would do."""
        total = dict(self.new.totals)
        _add(total, self._same_totals)
        for one in self.changed:
            if one.row.kind is Kind.INVOICE:
                _add(total, {one.row.total.currency: one.row.total.cents})
        problems = sorted(self.rows.problems.listed, key=lambda p: (p.line is not None, p.line or 0))
        updated = len(self.taken)
        return Preview(
            batch_id=queries.known(self.batch.id),
            reading=replace(self.reading, problems=tuple(problems), unlisted=self.rows.problems.unlisted),
            answers=self.answers,
            created=self.new.invoices,
            updated=updated,
            left_out=len(self.changed) - updated,
            unchanged=self._same + len(self.changed) - updated,
            credit_notes=self.new.credit_notes,
            duplicates=self.rows.duplicates,
            rejected_rows=self.reading.row_count
            - len(self.reading.rows)
            - self.rows.repeats_read
            + self.rows.refused,
            new_debtors=sum(self.parties[place].is_new for place in self.new.parties),
            changes=tuple(sorted((one.change for one in self.changed), key=lambda one: one.line)[:_SHOWN]),
            doubts=tuple(self.debtors.doubts),
            nettings=self._nettings(),
            total=_money(total),
            total_new=_money(self.new.totals),
            imported_at=self.batch.imported_at,
            taken_back_at=self.batch.taken_back_at,
            result=dict(self.batch.result),
        )

    def _nettings(self) -> tuple[Netting, ...]:
        """What becomes of the credit notes that name an invoice."""
        # Pieces of a large file come by debtor, not by line.
        naming = sorted(self.new.naming)[:_SHOWN]
        if not naming:
            return ()
        numbers = sorted({credited for _, _, credited, _, _ in naming})
        named = pl.col("number").is_in(numbers) & (pl.col("kind") == Kind.INVOICE.value)
        here = {
            key
            for frame in self.new.frames()
            for key in frame.filter(named)
            .select("party", "number", pl.col("currency").cast(pl.String))
            .iter_rows()
        }
        invoice = records.Invoice
        query = select(invoice.debtor_id, invoice.number, invoice.currency).where(
            invoice.client_id == self.client.id,
            col(invoice.number).in_(numbers),
            invoice.kind == Kind.INVOICE.value,
        )
        there = set(self._work.session.exec(query))
        return tuple(
            Netting(
                line,
                number,
                credited,
                found=(party, credited, currency) in here
                or (self.parties[party].id, credited, currency) in there,
            )
            for line, number, credited, party, currency in naming
        )


def _totals(rows: pl.DataFrame) -> dict[str, int]:
    sums = rows.group_by(pl.col("currency").cast(pl.String)).agg(pl.col("total_cents").sum())
    return dict(sums.sort("currency").iter_rows())


def _add(sums: dict[str, int], more: Mapping[str, int]) -> None:
    for currency, cents in more.items():
        sums[currency] = sums.get(currency, 0) + cents


def _money(sums: Mapping[str, int]) -> dict[str, Money]:
    return {currency: Money(cents, currency) for currency, cents in sorted(sums.items())}


def _amount(cents: int | None) -> str:
    return "" if cents is None else str(Money(cents))
