"""One file against one client's ledger: what is new, changed, known or impossible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlmodel import select

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import InvoiceRow, Reading
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.terms import Term, TermUnreadable, ceiling_days_over, resolve_due
from encaiss_dashboard.services.imports.debtors import Debtors
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind, record
from encaiss_dashboard.work import Work


@dataclass(frozen=True, slots=True)
class Change:
    """A known invoice that the file states otherwise.

    Attributes:
        line: line of the file.
        number: the invoice.
        debtor: whose.
        before, after: what differs, by field, as plain text.
    """

    line: int
    number: str
    debtor: str
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing the file would do.

    Attributes:
        reading: how the file was understood; its problems include those found against the ledger.
        created: new invoices, ``credit_notes``: new credit notes, ``updated``: changed ones,
            ``unchanged``: those already known as they are.
        new_debtors: debtors seen for the first time.
        total: invoices of the file by currency, credit notes not deducted.
        imported: True when this upload has been imported.
    """

    batch_id: int
    reading: Reading
    created: int
    updated: int
    unchanged: int
    credit_notes: int
    new_debtors: int
    changes: tuple[Change, ...]
    total: Mapping[str, Money]
    imported: bool

    @property
    def rejected(self) -> list[Problem]:
        """What keeps rows, or the whole file, from being imported."""
        return [p for p in self.reading.problems if p.blocks]


class Intake:
    """One file against one client's ledger: what is new, changed, known or impossible."""

    def __init__(self, work: Work, client_id: int, batch: records.ImportBatch, reading: Reading) -> None:
        self._work, self._batch = work, batch
        self._client = queries.client(work.session, client_id)
        self._reading = reading
        self._debtors = Debtors(work, client_id)
        self._problems: list[Problem] = list(reading.problems)
        self._new: list[InvoiceRow] = []
        self._changed: list[tuple[InvoiceRow, records.Invoice, Change]] = []
        self._same: list[tuple[InvoiceRow, records.Invoice]] = []
        self._due: dict[int, tuple[date, str, str]] = {}
        self._settled = self._settled_cents()
        self._sort()

    def _settled_cents(self) -> Counter[int]:
        sums: Counter[int] = Counter()
        query = select(records.Allocation.invoice_id, records.Allocation.amount_cents).where(
            records.Allocation.client_id == self._client.id
        )
        for invoice_id, cents in self._work.session.exec(query):
            sums[invoice_id] += cents
        return sums

    def _sort(self) -> None:
        known = {
            (row.debtor_id, row.number): row
            for row in self._work.session.exec(
                select(records.Invoice).where(records.Invoice.client_id == self._client.id)
            )
        }
        for row in self._reading.rows:
            debtor = self._debtors.find(row)
            self._due[row.line] = self._resolve_due(row, debtor)
            invoice = known.get((debtor.id, row.number)) if debtor and debtor.id else None
            if invoice is None:
                self._new.append(row)
            else:
                self._compare(row, invoice)

    def _resolve_due(self, row: InvoiceRow, debtor: records.Debtor | None) -> tuple[date, str, str]:
        """Due date, what decided it, and the term's code; a term nobody can read is only warned of."""
        term: Term | None = None
        if row.term:
            try:
                term = Term.parse(row.term)
            except TermUnreadable:
                self._warn(row, "term", "term_unreadable", value=row.term)
        debtor_term = Term.parse(debtor.term) if debtor and debtor.term else None
        default = Term.parse(self._client.default_term) if self._client.default_term else None
        due, source = resolve_due(row.issue, row.due, term, debtor_term, default)
        country = row.country or (debtor.country if debtor else self._client.country)
        over = ceiling_days_over(row.issue, due, country)
        if over:
            self._warn(row, "due", "above_ceiling", days=str((due - row.issue).days), over=str(over))
        return due, source.value, term.code if term else ""

    def _compare(self, row: InvoiceRow, invoice: records.Invoice) -> None:
        due = self._due[row.line][0] if row.due or row.term else invoice.due
        stated = {
            "issue": (invoice.issue.isoformat(), row.issue.isoformat()),
            "due": (invoice.due.isoformat(), due.isoformat()),
            "total": (str(Money(invoice.total_cents)), str(row.total)),
            "currency": (invoice.currency, row.total.currency),
            "reference": (invoice.reference, row.reference or invoice.reference),
        }
        differs = {name: pair for name, pair in stated.items() if pair[0] != pair[1]}
        if invoice.kind != row.kind.value or "currency" in differs:
            self._refuse(row, "kind" if invoice.kind != row.kind.value else "currency", "not_the_same")
        elif row.total.cents < self._settled[queries.known(invoice.id)]:
            paid = str(Money(self._settled[queries.known(invoice.id)]))
            self._refuse(row, "total", "below_settled", value=str(row.total), settled=paid)
        elif differs or self._paid_since(row, invoice):
            before = {name: pair[0] for name, pair in differs.items()}
            after = {name: pair[1] for name, pair in differs.items()}
            change = Change(row.line, row.number, row.debtor, before, after)
            self._changed.append((row, invoice, change))
        else:
            self._same.append((row, invoice))

    def _paid_since(self, row: InvoiceRow, invoice: records.Invoice | None) -> int:
        """Cents that the file says were paid and the ledger does not know of yet."""
        if row.kind is not Kind.INVOICE:
            return 0
        stated = row.total.cents if row.settled else (row.paid.cents if row.paid else 0)
        known = self._settled[queries.known(invoice.id)] if invoice else 0
        return max(0, min(stated, row.total.cents) - known)

    def _warn(self, row: InvoiceRow, field: str, code: str, **facts: str) -> None:
        self._problems.append(Problem(code, row.line, field, facts, blocks=False))

    def _refuse(self, row: InvoiceRow, field: str, code: str, **facts: str) -> None:
        self._problems.append(Problem(code, row.line, field, facts))

    def preview(self) -> Preview:
        """What importing the file would do."""
        new_invoices = [row for row in self._new if row.kind is Kind.INVOICE]
        accepted = [
            *self._new,
            *(row for row, _, _ in self._changed),
            *(row for row, _ in self._same),
        ]
        total: dict[str, Money] = {}
        for row in accepted:
            if row.kind is Kind.INVOICE:
                key = row.total.currency
                total[key] = total.get(key, Money(0, key)) + row.total
        problems = sorted(self._problems, key=lambda p: (p.line is not None, p.line or 0))
        return Preview(
            batch_id=queries.known(self._batch.id),
            reading=replace(self._reading, problems=tuple(problems)),
            created=len(new_invoices),
            updated=len(self._changed),
            unchanged=len(self._same),
            credit_notes=len(self._new) - len(new_invoices),
            new_debtors=len({self._debtors.key(row) for row in self._new if not self._debtors.find(row)}),
            changes=tuple(change for _, _, change in self._changed),
            total=total,
            imported=self._batch.imported_at is not None,
        )

    def keep(self) -> None:
        """Write everything down; the caller's transaction makes it all or nothing."""
        session, made = self._work.session, []
        for row in self._new:
            debtor = self._debtors.find(row) or self._debtors.create(row)
            invoice = self._invoice(row, queries.known(debtor.id))
            session.add(invoice)
            made.append((row, invoice))
        for row, invoice, change in self._changed:
            self._apply(row, invoice, change)
        session.flush()
        self._pay([*made, *((row, invoice) for row, invoice, _ in self._changed)])
        self._remember()

    def _invoice(self, row: InvoiceRow, debtor_id: int) -> records.Invoice:
        due, source, term = self._due[row.line]
        return records.Invoice(
            client_id=queries.known(self._client.id),
            debtor_id=debtor_id,
            batch_id=self._batch.id,
            kind=row.kind.value,
            number=row.number,
            issue=row.issue,
            due=due,
            due_source=source,
            term=term,
            currency=row.total.currency,
            total_cents=row.total.cents,
            vat_cents=row.vat.cents if row.vat else None,
            reference=row.reference,
            recorded_at=self._work.now,
        )

    def _apply(self, row: InvoiceRow, invoice: records.Invoice, change: Change) -> None:
        if not change.after:
            return
        invoice.issue, invoice.total_cents = row.issue, row.total.cents
        if row.due or row.term:
            invoice.due, invoice.due_source, invoice.term = self._due[row.line]
        invoice.reference = row.reference or invoice.reference
        facts = {"number": row.number, "before": dict(change.before), "after": dict(change.after)}
        self._act(ActKind.CORRECTED, self._work.today, invoice.debtor_id, facts)

    def _pay(self, pairs: Iterable[tuple[InvoiceRow, records.Invoice]]) -> None:
        """Turn what the file says was paid into payments, each set against its own invoice."""
        paid = [(row, invoice, self._paid_since(row, invoice)) for row, invoice in pairs]
        made = [(self._payment(row, invoice, cents), invoice) for row, invoice, cents in paid if cents]
        self._work.session.add_all([payment for payment, _ in made])
        self._work.session.flush()
        for payment, invoice in made:
            self._work.session.add(
                records.Allocation(
                    client_id=payment.client_id,
                    invoice_id=queries.known(invoice.id),
                    payment_id=payment.id,
                    on=max(payment.on, invoice.issue),
                    currency=payment.currency,
                    amount_cents=payment.amount_cents,
                )
            )
            cents, currency = payment.amount_cents, payment.currency
            facts = {"cents": cents, "currency": currency, "number": invoice.number}
            self._act(ActKind.PAYMENT, payment.on, invoice.debtor_id, facts)

    def _payment(self, row: InvoiceRow, invoice: records.Invoice, cents: int) -> records.Payment:
        return records.Payment(
            client_id=queries.known(self._client.id),
            debtor_id=invoice.debtor_id,
            batch_id=self._batch.id,
            on=row.settled or self._work.today,
            currency=invoice.currency,
            amount_cents=cents,
            source="invoice_file",
            reference=row.number,
            recorded_at=self._work.now,
        )

    def _remember(self) -> None:
        seen = self.preview()
        self._batch.imported_at = self._work.now
        self._batch.result = {
            "created": seen.created,
            "updated": seen.updated,
            "unchanged": seen.unchanged,
            "credit_notes": seen.credit_notes,
            "rejected": len(seen.rejected),
        }
        facts = {"file": self._batch.file_name, "batch": self._batch.id, **self._batch.result}
        self._act(ActKind.IMPORTED, self._work.today, None, facts)

    def _act(self, kind: ActKind, day: date, debtor_id: int | None, facts: dict[str, Any]) -> None:
        record(
            self._work.session,
            client_id=queries.known(self._client.id),
            kind=kind,
            day=day,
            at=self._work.now,
            user_id=self._work.actor.user_id,
            debtor_id=debtor_id,
            facts=facts,
        )
