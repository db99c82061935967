"""One uploaded file on its way into the ledger: what its screen knows and does."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import reflex as rx
from pydantic import StringConstraints

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.intake import Field
from encaiss_dashboard.locales import integer, moment, text
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import Preview
from encaiss_dashboard.ui import access, import_rows
from encaiss_dashboard.ui.import_rows import Changed, Column, First, Reads, Trouble
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler

Setting = Literal["separator", "decimal", "date_order", "encoding"]
Short = Annotated[str, StringConstraints(max_length=500)]
_ID_DIGITS_MAX: Final = 9


class Import(Shell):
    """One file on its way into the ledger."""

    ready: bool = False
    missing: bool = False
    busy: bool = False
    done: bool = False
    done_at: str = ""
    sub: str = ""
    created: str = ""
    total: str = ""
    new_debtors: str = ""
    has_new_debtors: bool = False
    unchanged: str = ""
    updated: str = ""
    credit_notes: str = ""
    rejected: str = ""
    columns: list[Column] = []
    more_columns: list[Column] = []
    header: list[Choice] = []
    settings: dict[str, str] = {}
    settable: bool = False
    asking: bool = False
    date_reads: list[Reads] = []
    decimal_reads: list[Reads] = []
    file_troubles: list[Trouble] = []
    troubles: list[Trouble] = []
    troubles_title: str = ""
    troubles_more: str = ""
    changes: list[Changed] = []
    changes_more: str = ""
    first: list[First] = []
    go: str = ""
    outcome: str = ""
    can_go: bool = False
    csv: str = ""

    @handler
    async def load(self) -> Next:
        """Read the file that the address names and compare it with the ledger."""
        self.ready = self.missing = self.busy = False
        try:
            self._write(await access.read(self, imports.preview, self._batch_id()))
        except NotFound:
            self.missing = True
        self.ready = True

    @handler
    async def wait(self) -> Next:
        """Show at once that something is being done; the handler after it sends the end of it."""
        self.busy = True

    @handler
    async def choose_column(self, field: Field, column: Short) -> Next:
        """Read a field from another column, or from none."""
        await self._correct({"columns": {field.value: column or None}})

    @handler
    async def choose_setting(self, name: Setting, value: Short) -> Next:
        """Read the file with another separator, decimal mark, order of dates or encoding."""
        await self._correct({name: value})

    @handler
    async def accept(self) -> Next:
        """Import the file."""
        self.busy = False
        await access.act(self, imports.accept, self._batch_id())
        self._write(await access.read(self, imports.preview, self._batch_id()))

    @handler
    async def discard(self) -> Next:
        """Forget the file and go back."""
        self.busy = False
        await access.act(self, imports.discard, self._batch_id())
        return rx.redirect("/invoices")

    async def _correct(self, corrections: dict[str, Any]) -> None:
        self.busy = False
        await access.act(self, imports.correct, self._batch_id(), corrections)
        self._write(await access.read(self, imports.preview, self._batch_id()))

    def _batch_id(self) -> int:
        last = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        if not last.isdecimal() or len(last) > _ID_DIGITS_MAX:
            raise NotFound
        return int(last)

    def _write(self, seen: Preview) -> None:
        lang, reading = self._language(), seen.reading
        self.sub = import_rows.summary(reading, lang)
        self.csv = f"/files/rejected/{seen.batch_id}"
        self.done = seen.imported
        self.done_at = (
            text(lang, "import.done_at", at=moment(seen.imported_at, lang)) if seen.imported_at else ""
        )
        self._write_counts(seen)
        self.columns, self.more_columns = import_rows.columns(reading, lang)
        self.header = import_rows.header(reading)
        self.settings, self.settable = import_rows.settings(reading), import_rows.is_settable(reading)
        asked = reading.questions
        self.asking = bool(asked)
        self.date_reads = import_rows.date_readings(reading, lang) if "dates" in asked else []
        self.decimal_reads = import_rows.decimal_readings(reading, lang) if "decimal" in asked else []
        self._write_troubles(seen)
        self.changes = import_rows.changes(seen.changes, lang)
        hidden = sum(len(change.after) for change in seen.changes) - len(self.changes)
        self.changes_more = text(lang, "import.changes_more", n=hidden) if hidden else ""
        self.first = import_rows.first_rows(reading.rows, lang)

    def _write_counts(self, seen: Preview) -> None:
        lang = self._language()
        names = ("created", "updated", "unchanged", "credit_notes", "new_debtors")
        counts = {name: seen.result.get(name, 0) if seen.imported else getattr(seen, name) for name in names}
        bad_lines = len({problem.line for problem in seen.rejected})
        self.created = integer(counts["created"], lang)
        self.unchanged = integer(counts["unchanged"], lang)
        self.updated = integer(counts["updated"], lang) if counts["updated"] else ""
        self.credit_notes = integer(counts["credit_notes"], lang)
        self.rejected = integer(bad_lines, lang) if bad_lines else ""
        self.total = "" if seen.imported else import_rows.amounts(seen.total_new, lang)
        self.has_new_debtors = counts["new_debtors"] > 0
        self.new_debtors = text(lang, "import.new_debtors", n=counts["new_debtors"])
        self.go = import_rows.go(seen, lang)
        self.outcome = import_rows.outcome(seen, lang)
        self.can_go = seen.accepted > 0 and not seen.reading.questions

    def _write_troubles(self, seen: Preview) -> None:
        lang = self._language()
        problems = seen.reading.problems
        # What blocks comes first: a long list of warnings must not push it out of sight.
        in_rows = sorted((p for p in problems if p.line is not None), key=lambda p: not p.blocks)
        self.file_troubles = import_rows.troubles((p for p in problems if p.line is None), lang)
        self.troubles = import_rows.troubles(in_rows[: import_rows.LISTED], lang)
        lines = len({problem.line for problem in in_rows})
        self.troubles_title = text(lang, "import.troubles", n=lines)
        hidden = len(in_rows) - len(self.troubles)
        self.troubles_more = text(lang, "import.troubles_more", n=hidden) if hidden > 0 else ""
