"""A desk where files come in whose rows a test writes down itself: how files are read is tested elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import Session, col, select
from walls import dump

from encaiss_dashboard.adapters.invoice_files.staging import StagedRows, frame_of
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Attachment, Choices, InvoiceRow, Reading, untold
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import imports
from encaiss_dashboard.storage import queries, records
from encaiss_dashboard.storage.journal import verify
from encaiss_dashboard.wiring import Wiring

ISSUE = date(2026, 9, 1)
DUE = date(2026, 10, 1)


def row(
    number: str = "F1", total: str = "100.00", debtor: str = "Garage Petit", **details: Any
) -> InvoiceRow:
    """One row of a file: an invoice of Garage Petit, issued on 1 September, due on 1 October."""
    currency = details.pop("currency", "EUR")
    for name in ("vat", "paid"):
        if name in details:
            details[name] = Money.of(details[name], currency)
    facts: dict[str, Any] = {
        "kind": Kind.INVOICE,
        "debtor_number": "",
        "issue": ISSUE,
        "due": DUE,
        "term": None,
    }
    return InvoiceRow(
        line=details.pop("line", 0),
        number=number,
        debtor=debtor,
        total=Money.of(total, currency),
        **{**facts, **details},
    )


def note(number: str = "C1", total: str = "30.00", credited: str = "", **details: Any) -> InvoiceRow:
    """A credit note, of the same debtor and day."""
    return row(number, total, kind=Kind.CREDIT_NOTE, credited=credited, **details)


@dataclass
class Pile:
    """Understands uploads as the test that made them has written down."""

    readings: dict[str, Reading] = field(default_factory=dict)

    def read_file(
        self, source: Path, name: str, choices: Choices, folder: Path, tell: Any = untold
    ) -> Reading:
        reading = self.readings[source.read_text(encoding="utf-8")]
        for attachment in reading.attachments:
            (folder / attachment.file).write_bytes(f"{attachment.file} of {name}".encode())
        return replace(reading, name=name)

    def kept(self, source: Path, name: str, choices: Choices, folder: Path) -> Reading | None:
        return None


@dataclass
class Desk:
    """Where one client's files come in, looked at by the house itself."""

    wiring: Wiring
    pile: Pile
    house: Any
    clock: Any
    client: int

    def do(self, service: Any, *args: Any, client: int | None = None, **named: Any) -> Any:
        self.clock.forward(seconds=1)
        with self.wiring.begin(HOUSE) as work:
            return service(work, client or self.client, *args, **named)

    def upload(
        self,
        *rows: InvoiceRow,
        problems: tuple[Problem, ...] = (),
        attachments: tuple[Attachment, ...] = (),
        client: int | None = None,
        unlisted: dict[str, int] | None = None,
        seen: int | None = None,
    ) -> int:
        """Receive a file; rows without a line stand on the lines from 2 on. ``seen`` rows were read."""
        lined = [replace(one, line=one.line or place) for place, one in enumerate(rows, start=2)]
        key = str(len(self.pile.readings))
        self.pile.readings[key] = Reading(
            "ledger.csv",
            rows=StagedRows([frame_of(lined)]),
            row_count=len(rows) if seen is None else seen,
            problems=problems,
            unlisted=unlisted or {},
            attachments=attachments,
            format="csv",
        )
        return int(self.do(imports.receive, "ledger.csv", key.encode(), client=client))

    def preview(self, *rows: InvoiceRow, answers: dict[str, Any] | None = None, **details: Any) -> Any:
        batch = self.upload(*rows, **details)
        if answers:
            self.do(imports.answer, batch, answers, client=details.get("client"))
        return self.do(imports.preview, batch, client=details.get("client"))

    def take(self, *rows: InvoiceRow, answers: dict[str, Any] | None = None, **details: Any) -> Any:
        """Import a file; what it did."""
        batch = self.preview(*rows, answers=answers, **details).batch_id
        return self.do(imports.accept, batch, client=details.get("client"))

    def answered(self, answers: dict[str, int], *rows: InvoiceRow) -> Any:
        """Import a file, answering each doubt by the name that it is about."""
        seen = self.preview(*rows)
        keys = {doubt.name: doubt.key for doubt in seen.doubts}
        self.do(imports.answer, seen.batch_id, {"debtors": {keys[n]: key for n, key in answers.items()}})
        return self.do(imports.accept, seen.batch_id)

    def rows(self, table: Any, **where: Any) -> list[Any]:
        with Session(self.house.engine) as session:
            query = select(table).order_by(col(table.id))
            for name, value in where.items():
                query = query.where(getattr(table, name) == value)
            return list(session.exec(query))

    def invoice(self, number: str) -> Any:
        (found,) = self.rows(records.Invoice, number=number)
        return found

    def owners(self) -> dict[str, int]:
        return {one.number: one.debtor_id for one in self.rows(records.Invoice)}

    def names(self) -> list[str]:
        return [one.name for one in self.rows(records.Debtor)]

    def acts(self, *kinds: str) -> list[tuple[str, dict[str, Any]]]:
        return [(one.kind, one.facts) for one in self.rows(records.Act) if one.kind in kinds]

    def settled(self) -> dict[str, list[tuple[str, int]]]:
        """What was set against each invoice: the source, and cents."""
        numbers = {one.id: one.number for one in self.rows(records.Invoice)}
        found: dict[str, list[tuple[str, int]]] = {}
        for one in self.rows(records.Allocation):
            source = numbers.get(one.credit_note_id, "payment")
            found.setdefault(numbers[one.invoice_id], []).append((source, one.amount_cents))
        return found

    def open(self, on: date = date(2027, 1, 1)) -> dict[str, int]:
        """Cents still open of every invoice, as everything that chases and counts sees them."""
        with self.wiring.begin(HOUSE, on, write=False) as work:
            owed = queries.open_invoices(work.session, self.client, on)
        return {item.invoice.number: item.open.cents for items in owed.values() for item in items}

    def state(self) -> dict[str, list[Any]]:
        """Every row but those of the journal and of uploads, and every document."""
        kept = dump(self.wiring.engine)
        for name in ("act", "journal_head", "import_batch", "import_layout"):
            del kept[name]
        documents = [key for key in self.wiring.store.kept() if key.startswith("document-")]
        return {**kept, "documents": [(key, self.wiring.store.load(key)) for key in documents]}

    def is_whole(self) -> bool:
        """Every chain of the journal is as it was written."""
        with self.wiring.begin(HOUSE, write=False) as work:
            return not [chain for chain in verify(work.session, work.sign) if chain.flaw]
