"""What comparing a file with the ledger comes to, as its owner is shown it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import InvoiceRow, Reading, row_of
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.services.imports.parties import Doubt

# A key of a debtor or a line of a file; more fits into no column.
_Number = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class Answers(BaseModel):
    """What the owner of a file decided about its content.

    Attributes:
        debtors: for a doubtful debtor, by the key of its doubt, which one it is; 0 for none of them.
        doubtful: what becomes of doubtful debtors without an answer: they are asked for, taken as new
            ones, or their rows refused.
        changes: whether known invoices that the file states otherwise are changed.
        kept: lines whose change goes the other way than ``changes`` says.
        whole: import all rows or none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    debtors: dict[str, _Number] = {}
    doubtful: Literal["ask", "new", "refuse"] = "ask"
    changes: Literal["all", "none"] = "all"
    kept: tuple[_Number, ...] = ()
    whole: StrictBool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A known invoice that the file states otherwise.

    Attributes:
        line: line of the file.
        number: the invoice.
        debtor: whose.
        before, after: what differs, by field: amounts as decimal strings, dates ISO. ``paid`` is what
            has been paid of it, the rest are fields of the invoice.
        taken: whether importing makes the change.
    """

    line: int
    number: str
    debtor: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    currency: str
    taken: bool = True


@dataclass(frozen=True, slots=True)
class Netting:
    """A credit note of the file and the invoice it names.

    Attributes:
        line: line of the credit note.
        number, credited: both numbers.
        found: whether that invoice is known or in the file; otherwise the credit note waits.
    """

    line: int
    number: str
    credited: str
    found: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What importing the file would do.

    Attributes:
        reading: how the file was understood; its problems include those found against the ledger.
        created: new invoices, ``credit_notes``: new credit notes, ``updated``: changed ones,
            ``unchanged``: those already known as they are, or whose change is left out.
        duplicates: rows that repeat another row of the file.
        rejected_rows: rows that are not imported.
        new_debtors: debtors seen for the first time.
        changes: the first of them; ``updated`` and ``left_out`` count all.
        doubts: debtors that may be known ones.
        nettings: credit notes that name an invoice, the first of them.
        total: accepted invoices of the file by currency, credit notes not deducted.
        total_new: of them those that are new.
        imported_at: when this upload was imported, None before.
        taken_back_at: when that was undone, None otherwise.
        result: what its import did, the same counts by name; empty before.
    """

    batch_id: int
    reading: Reading
    answers: Answers
    created: int
    updated: int
    left_out: int
    unchanged: int
    credit_notes: int
    duplicates: int
    rejected_rows: int
    new_debtors: int
    changes: tuple[Change, ...]
    doubts: tuple[Doubt, ...]
    nettings: tuple[Netting, ...]
    total: Mapping[str, Money]
    total_new: Mapping[str, Money]
    imported_at: datetime | None
    taken_back_at: datetime | None
    result: Mapping[str, Any] = field(default_factory=dict)

    @property
    def imported(self) -> bool:
        """Whether this upload has been imported."""
        return self.imported_at is not None

    @property
    def rejected(self) -> list[Problem]:
        """What keeps rows, or the whole file, from being imported."""
        return [p for p in self.reading.problems if p.blocks]

    def stated(self, lines: Collection[int]) -> dict[int, InvoiceRow]:
        """What the file says on some lines, by line; without those whose row could not be read."""
        if not len(self.reading.rows):
            return {}
        rows: Any = self.reading.rows
        found = rows.scan().filter(pl.col("line").is_in(list(lines))).collect()
        return {values["line"]: row_of(values) for values in found.iter_rows(named=True)}

    @property
    def accepted(self) -> int:
        """Rows that importing would take or already has."""
        return self.created + self.updated + self.unchanged + self.credit_notes

    @property
    def questions(self) -> tuple[str, ...]:
        """What has to be answered before the import: ``decimal``, ``dates``, ``debtors``."""
        asked = self.answers.doubtful == "ask" and any(doubt.answer is None for doubt in self.doubts)
        return (*self.reading.questions, "debtors") if asked else self.reading.questions
