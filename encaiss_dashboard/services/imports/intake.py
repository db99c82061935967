"""One file against one client's ledger: what is new, changed, known or impossible."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import func, insert
from sqlmodel import col, select

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import InvoiceRow, Reading
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.terms import Term, TermUnreadable, ceiling_days_over, resolve_due
from encaiss_dashboard.services.imports.debtors import Debtors, Party
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import ActKind, Entry
from encaiss_dashboard.work import Work

PAID: Final = "paid"


@dataclass(frozen=True, slots=True)
class Change:
    """A known invoice that the file states otherwise.

    Attributes:
        line: line of the file.
        number: the invoice.
        debtor: whose.
        before, after: what differs, by field: amounts as decimal strings, dates ISO. ``paid`` is what
            has been paid of it, the rest are fields of the invoice.
    """

    line: int
    number: str
    debtor: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    currency: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing the file would do.

    Attributes:
        reading: how the file was understood; its problems include those found against the ledger.
        created: new invoices, ``credit_notes``: new credit notes, ``updated``: changed ones,
            ``unchanged``: those already known as they are.
        new_debtors: debtors seen for the first time.
        total: accepted invoices of the file by currency, credit notes not deducted.
        total_new: of them those that are new.
        imported_at: when this upload was imported, None before.
        result: what its import did, the same counts by name; empty before.
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
    total_new: Mapping[str, Money]
    imported_at: datetime | None
    result: Mapping[str, int]

    @property
    def imported(self) -> bool:
        """Whether this upload has been imported."""
        return self.imported_at is not None

    @property
    def rejected(self) -> list[Problem]:
        """What keeps rows, or the whole file, from being imported."""
        return [p for p in self.reading.problems if p.blocks]

    @property
    def accepted(self) -> int:
        """Rows that importing would take or already has."""
        return self.created + self.updated + self.unchanged + self.credit_notes


class _Known(NamedTuple):
    """An invoice of the ledger, as far as a file can state it otherwise."""

    id: int
    debtor_id: int
    number: str
    kind: str
    issue: date
    due: date
    currency: str
    total_cents: int
    reference: str


class _Due(NamedTuple):
    on: date
    source: str
    term: str


class Intake:
    """One file against one client's ledger: what is new, changed, known or impossible."""

    def __init__(self, work: Work, client_id: int, batch: records.ImportBatch, reading: Reading) -> None:
        self._work, self._batch, self._reading = work, batch, reading
        self._client = queries.client(work.session, client_id)
        self._client_id = client_id
        self._debtors = Debtors(work, client_id)
        self._parties = self._debtors.sort(reading.rows)
        self._problems: list[Problem] = list(reading.problems)
        self._new: list[InvoiceRow] = []
        self._changed: list[tuple[InvoiceRow, _Known, Change]] = []
        self._same: list[InvoiceRow] = []
        self._due: dict[int, _Due] = {}
        self._terms: dict[str, Term | None] = {}
        self._settled = self._sums(records.Allocation.invoice_id)
        self._used = self._sums(records.Allocation.credit_note_id)
        self._sort()

    def _sums(self, of: Any) -> dict[int, int]:
        """Allocated cents by invoice, or by credit note."""
        query = (
            select(of, func.sum(records.Allocation.amount_cents))
            .where(records.Allocation.client_id == self._client_id)
            .group_by(of)
        )
        return {key: int(cents) for key, cents in self._work.session.exec(query)}

    def _known(self) -> dict[tuple[int | None, str], _Known]:
        invoice = records.Invoice
        columns: tuple[Any, ...] = tuple(getattr(invoice, name) for name in _Known._fields)
        # Only the columns: a client's ledger may hold a hundred thousand invoices.
        rows = self._work.session.execute(select(*columns).where(invoice.client_id == self._client_id))
        return {(row.debtor_id, row.number): _Known(*row) for row in rows}

    def _sort(self) -> None:
        known = self._known()
        for row in self._distinct():
            debtor = self._parties[row.line].debtor
            self._due[row.line] = self._resolve_due(row, debtor)
            invoice = known.get((debtor.id, row.number))
            if invoice is None:
                self._new.append(row)
            else:
                self._compare(row, invoice)

    def _distinct(self) -> Iterable[InvoiceRow]:
        """Rows without those that turn out to be one invoice of one debtor, spelt two ways."""
        groups: dict[tuple[int, str], list[InvoiceRow]] = defaultdict(list)
        for row in self._reading.rows:
            groups[id(self._parties[row.line]), row.number].append(row)
        for first, *others in groups.values():
            content = _content(first)
            if all(_content(other) == content for other in others):
                for other in others:
                    self._warn(other, None, "repeated_line", value=first.number, other=str(first.line))
                yield first
                continue
            for row in (first, *others):
                lines = [str(r.line) for r in (first, *others) if r is not row]
                self._refuse(row, "number", "number_twice", value=row.number, other=", ".join(lines[:5]))

    def _resolve_due(self, row: InvoiceRow, debtor: records.Debtor) -> _Due:
        """Due date, what decided it, and the term's code; a term nobody can read is only warned of."""
        term = self._term(row.term) if row.term else None
        if row.term and term is None:
            self._warn(row, "term", "term_unreadable", value=row.term)
        default, own = self._term(self._client.default_term), self._term(debtor.term)
        due, source = resolve_due(row.issue, row.due, term, own, default)
        over = ceiling_days_over(row.issue, due, row.country or debtor.country)
        if over:
            self._warn(row, "due", "above_ceiling", days=str((due - row.issue).days), over=str(over))
        return _Due(due, source.value, term.code if term else "")

    def _term(self, words: str) -> Term | None:
        if words not in self._terms:
            try:
                self._terms[words] = Term.parse(words) if words else None
            except TermUnreadable:
                self._terms[words] = None
        return self._terms[words]

    def _compare(self, row: InvoiceRow, known: _Known) -> None:
        due = self._due[row.line].on if row.due or row.term else known.due
        stated = {
            "issue": (known.issue.isoformat(), row.issue.isoformat()),
            "due": (known.due.isoformat(), due.isoformat()),
            "total": (str(Money(known.total_cents)), str(row.total)),
            "reference": (known.reference, row.reference or known.reference),
        }
        differs = {name: pair for name, pair in stated.items() if pair[0] != pair[1]}
        settled = (self._settled if row.kind is Kind.INVOICE else self._used).get(known.id, 0)
        if known.kind != row.kind.value:
            self._refuse(row, "kind", "not_the_same")
        elif known.currency != row.total.currency:
            self._refuse(row, "currency", "not_the_same")
        elif row.total.cents < settled:
            paid = str(Money(settled))
            self._refuse(row, "total", "below_settled", value=str(row.total), settled=paid)
        elif due < row.issue:
            # The file moved the date of issue past a due date that only the ledger knows.
            facts = {"value": due.isoformat(), "other": row.issue.isoformat()}
            self._refuse(row, "due", "due_before_issue", **facts)
        else:
            paid_now = self._paid_since(row, known.id)
            if paid_now:
                differs[PAID] = (str(Money(settled)), str(Money(settled + paid_now)))
            self._take(row, known, differs)

    def _take(self, row: InvoiceRow, known: _Known, differs: Mapping[str, tuple[str, str]]) -> None:
        if not differs:
            self._same.append(row)
            return
        before = {name: pair[0] for name, pair in differs.items()}
        after = {name: pair[1] for name, pair in differs.items()}
        change = Change(row.line, row.number, row.debtor, before, after, known.currency)
        self._changed.append((row, known, change))

    def _paid_since(self, row: InvoiceRow, invoice_id: int | None = None) -> int:
        """Cents that the file says were paid and the ledger does not know of yet."""
        if row.kind is not Kind.INVOICE:
            return 0
        stated = row.total.cents if row.settled else (row.paid.cents if row.paid else 0)
        known = self._settled.get(invoice_id, 0) if invoice_id else 0
        return max(0, min(stated, row.total.cents) - known)

    def _warn(self, row: InvoiceRow, field: str | None, code: str, **facts: str) -> None:
        self._problems.append(Problem(code, row.line, field, facts, blocks=False))

    def _refuse(self, row: InvoiceRow, field: str, code: str, **facts: str) -> None:
        self._problems.append(Problem(code, row.line, field, facts))

    def preview(self) -> Preview:
        """What importing the file would do."""
        new_invoices = [row for row in self._new if row.kind is Kind.INVOICE]
        old = [*(row for row, _, _ in self._changed), *self._same]
        problems = sorted(self._problems, key=lambda p: (p.line is not None, p.line or 0))
        return Preview(
            batch_id=queries.known(self._batch.id),
            reading=replace(self._reading, problems=tuple(problems)),
            created=len(new_invoices),
            updated=len(self._changed),
            unchanged=len(self._same),
            credit_notes=len(self._new) - len(new_invoices),
            new_debtors=sum(party.is_new for party in self._accepted_parties()),
            changes=tuple(change for _, _, change in self._changed),
            total=_total([*new_invoices, *old]),
            total_new=_total(new_invoices),
            imported_at=self._batch.imported_at,
            result=dict(self._batch.result),
        )

    def _accepted_parties(self) -> list[Party]:
        """Whose rows are taken, each once; a party with only refused rows is not made."""
        taken = (*self._new, *(row for row, _, _ in self._changed), *self._same)
        return list(dict.fromkeys(self._parties[row.line] for row in taken))

    def keep(self) -> None:
        """Write everything down; the caller's transaction makes it all or nothing."""
        seen = self.preview()
        self._debtors.keep(self._accepted_parties())
        acts: list[Entry] = []
        ids = self._insert(records.Invoice, [self._invoice(row) for row in self._new])
        for row, known, change in self._changed:
            acts += self._apply(row, known, change)
        pairs = [*zip(self._new, ids, strict=True), *((row, known.id) for row, known, _ in self._changed)]
        acts += self._pay(pairs)
        result = {name: getattr(seen, name) for name in _COUNTED}
        result["rejected"] = len({problem.line for problem in seen.rejected})
        self._batch.imported_at, self._batch.result = self._work.now, result
        facts = {"file": self._batch.file_name, "batch": self._batch.id, **result}
        shown = {**result, "total": {code: str(amount) for code, amount in seen.total.items()}}
        acts.append(Entry(ActKind.IMPORTED, self._work.today, self._client_id, facts=facts, shown=shown))
        self._work.journal.record_many(acts)

    def _insert(self, table: Any, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert many rows at once (an object for each took six times as long); their ids, in order."""
        if not rows:
            return []
        statement = insert(table).returning(col(table.id), sort_by_parameter_order=True)
        return list(self._work.session.scalars(statement, rows))

    def _invoice(self, row: InvoiceRow) -> dict[str, Any]:
        due = self._due[row.line]
        return {
            "client_id": self._client_id,
            "debtor_id": queries.known(self._parties[row.line].debtor.id),
            "batch_id": self._batch.id,
            "kind": row.kind.value,
            "number": row.number,
            "issue": row.issue,
            "due": due.on,
            "due_source": due.source,
            "term": due.term,
            "currency": row.total.currency,
            "total_cents": row.total.cents,
            "vat_cents": row.vat.cents if row.vat else None,
            "reference": row.reference,
            "recorded_at": self._work.now,
        }

    def _apply(self, row: InvoiceRow, known: _Known, change: Change) -> list[Entry]:
        fields = [name for name in change.after if name != PAID]
        if not fields:
            return []
        invoice = self._work.session.get(records.Invoice, known.id)
        assert invoice is not None
        invoice.issue, invoice.total_cents = row.issue, row.total.cents
        if row.due or row.term:
            invoice.due, invoice.due_source, invoice.term = self._due[row.line]
        invoice.reference = row.reference or invoice.reference
        facts = {
            "number": row.number,
            "before": {name: change.before[name] for name in fields},
            "after": {name: change.after[name] for name in fields},
        }
        return [self._act(ActKind.CORRECTED, self._work.today, known.debtor_id, facts)]

    def _pay(self, pairs: Iterable[tuple[InvoiceRow, int]]) -> list[Entry]:
        """Turn what the file says was paid into payments, each set against its own invoice."""
        owed = [(row, invoice_id, self._paid_since(row, invoice_id)) for row, invoice_id in pairs]
        paid = [(row, invoice_id, cents) for row, invoice_id, cents in owed if cents]
        payments = [self._payment(row, cents) for row, _, cents in paid]
        ids = self._insert(records.Payment, payments)
        allocations = [
            {
                "client_id": self._client_id,
                "invoice_id": invoice_id,
                "payment_id": payment_id,
                "on": max(payment["on"], row.issue),
                "currency": row.total.currency,
                "amount_cents": cents,
            }
            for (row, invoice_id, cents), payment, payment_id in zip(paid, payments, ids, strict=True)
        ]
        self._insert(records.Allocation, allocations)
        return [
            self._act(
                ActKind.PAYMENT,
                payment["on"],
                payment["debtor_id"],
                {"cents": cents, "currency": row.total.currency, "number": row.number},
            )
            for (row, _, cents), payment in zip(paid, payments, strict=True)
        ]

    def _payment(self, row: InvoiceRow, cents: int) -> dict[str, Any]:
        return {
            "client_id": self._client_id,
            "debtor_id": queries.known(self._parties[row.line].debtor.id),
            "batch_id": self._batch.id,
            "on": row.settled or self._work.today,
            "currency": row.total.currency,
            "amount_cents": cents,
            "source": "invoice_file",
            "reference": row.number,
            "recorded_at": self._work.now,
        }

    def _act(self, kind: ActKind, day: date, debtor_id: int | None, facts: dict[str, Any]) -> Entry:
        return Entry(kind, day, self._client_id, debtor_id, facts)


_COUNTED: Final = ("created", "updated", "unchanged", "credit_notes", "new_debtors")


def _content(row: InvoiceRow) -> InvoiceRow:
    """What a row says, whatever line it stands on and however it spells its debtor."""
    return replace(row, line=0, debtor="", debtor_number="", vat_number="")


def _total(rows: Iterable[InvoiceRow]) -> dict[str, Money]:
    cents: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.kind is Kind.INVOICE:
            cents[row.total.currency] += row.total.cents
    return {currency: Money(sum_, currency) for currency, sum_ in cents.items()}
