"""What the screen of one import shows: written from a preview, and marked with answers given since."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field as Bound
from pydantic import StringConstraints

from encaiss_dashboard.locales import integer, moment, text
from encaiss_dashboard.services.imports import Answers, Imported, Preview
from encaiss_dashboard.ui import import_reading, import_rows, import_troubles
from encaiss_dashboard.ui.import_reading import Column, Reads
from encaiss_dashboard.ui.import_rows import Asked, Changed, First, Netted
from encaiss_dashboard.ui.import_troubles import Sorted, Trouble
from encaiss_dashboard.ui.shell import Choice, Next, handler
from encaiss_dashboard.ui.undoing import Undoing

Kind = Annotated[str, StringConstraints(max_length=100)]
PageNumber = Annotated[int, Bound(ge=0, lt=10**6)]
DOUBTS_SHOWN: Final = 20
CHANGES_SHOWN: Final = 25
_WARNINGS_OPEN: Final = 5


def is_erased(upload: Imported) -> bool:
    """Whether the content of the file is past its time, and gone."""
    return "content_removed" in upload.result


class ImportView(Undoing):
    """What is shown; handlers here only turn pages of it and ask nobody."""

    name: str = ""
    sub: str = ""
    done: bool = False
    taken_back: bool = False
    done_at: str = ""
    created: str = ""
    total: str = ""
    new_debtors: str = ""
    has_new_debtors: bool = False
    unchanged: str = ""
    updated: str = ""
    credit_notes: str = ""
    credit_hint: str = ""
    rejected: str = ""
    columns: list[Column] = []
    more_columns: list[Column] = []
    header: list[Choice] = []
    settings: dict[str, str] = {}
    settable: bool = False
    textual: bool = False
    sheets: list[Choice] = []
    documents: list[str] = []
    counted: bool = False
    date_reads: list[Reads] = []
    decimal_reads: list[Reads] = []
    file_troubles: list[Trouble] = []
    errors: list[Trouble] = []
    errors_title: str = ""
    errors_more: str = ""
    error_kinds: list[Choice] = []
    error_kind: str = ""
    warnings: list[Trouble] = []
    warnings_title: str = ""
    warnings_more: str = ""
    warning_kinds: list[Choice] = []
    warning_kind: str = ""
    warnings_open: bool = False
    doubts: list[Asked] = []
    doubts_title: str = ""
    doubts_pages: str = ""
    doubts_page: int = 0
    doubts_last: int = 0
    open_doubts: int = 0
    rest_new: bool = False
    changes: list[Changed] = []
    changes_title: str = ""
    changes_rest: str = ""
    changes_pages: str = ""
    changes_page: int = 0
    changes_last: int = 0
    nettings: list[Netted] = []
    nettings_more: str = ""
    first: list[First] = []
    go: str = ""
    outcome: str = ""
    can_go: bool = False
    why_not: str = ""
    whole: bool = False
    stale: bool = False
    csv: str = ""
    _errors: Sorted = Sorted()
    _warnings: Sorted = Sorted()
    _doubts: list[Asked] = []
    _changes: list[Changed] = []
    _changes_count: int = 0
    _changes_taken: int = 0
    _answers: dict[str, Any] = {}
    _questions: tuple[str, ...] = ()
    _missing: str = ""
    _accepted: int = 0
    _rejected: int = 0
    _slow: bool = False

    @handler
    async def show_errors(self, kind: Kind) -> Next:
        """Show the rows of one kind of problem only, "" for all."""
        self.error_kind = kind if kind in self._errors.of_kind else ""
        self._show_troubles()

    @handler
    async def show_warnings(self, kind: Kind) -> Next:
        """Show the warnings of one kind only, "" for all."""
        self.warning_kind = kind if kind in self._warnings.of_kind else ""
        self.warnings_open = True
        self._show_troubles()

    @handler
    async def toggle_warnings(self) -> Next:
        """Open the list of warnings, or close it."""
        self.warnings_open = not self.warnings_open

    @handler
    async def turn_doubts(self, number: PageNumber) -> Next:
        """Another page of doubtful debtors."""
        self.doubts_page = min(number, self.doubts_last)
        self._show_doubts()

    @handler
    async def turn_changes(self, number: PageNumber) -> Next:
        """Another page of changes."""
        self.changes_page = min(number, self.changes_last)
        self._show_changes()

    def _write(self, seen: Preview) -> None:
        """Everything that is shown before the import."""
        lang, reading = self._language(), seen.reading
        self.done = self.taken_back = self.stale = False
        self.sub = import_reading.summary(reading, lang)
        self.csv = f"/files/rejected/{seen.batch_id}"
        self.columns, self.more_columns = import_reading.columns(reading, lang)
        self.header = import_reading.header(reading)
        self.settings = import_reading.settings(reading)
        self.settable, self.textual = import_reading.is_settable(reading), import_reading.is_text(reading)
        self.sheets = import_reading.sheets(reading)
        asked = reading.questions
        unusable = any(problem.blocks and problem.line is None for problem in reading.problems)
        self.counted = not asked and (bool(len(reading.rows)) or not unusable)
        self.date_reads = import_reading.date_readings(reading, lang) if "dates" in asked else []
        self.decimal_reads = import_reading.decimal_readings(reading, lang) if "decimal" in asked else []
        self.first = import_rows.first_rows(reading.rows, lang)
        self._write_counts(import_rows.counts(seen))
        self.total = import_rows.amounts(seen.total_new, lang)
        self.credit_hint = import_rows.credit_hint(seen, lang)
        self.go, self.outcome = import_rows.go(seen, lang), import_rows.outcome(seen, lang)
        self.nettings = import_rows.netted(seen.nettings, lang)
        hidden = len(seen.nettings) - len(self.nettings)
        self.nettings_more = text(lang, "import.nettings_more", n=hidden) if hidden else ""
        self._write_answers(seen)
        self._write_troubles(seen)

    def _write_done(self, upload: Imported) -> None:
        """What the import did."""
        lang = self._language()
        at, back = upload.imported_at, upload.taken_back_at
        self.done, self.counted, self.taken_back = True, True, back is not None
        self.sub = upload.file_name
        self.csv = "" if is_erased(upload) else f"/files/rejected/{upload.id}"
        self.done_at = text(lang, "import.done_at", at=moment(at, lang)) if at else ""
        if back:
            self.done_at = text(lang, "import.taken_back_at", at=moment(back, lang))
        names = ("created", "updated", "unchanged", "credit_notes", "new_debtors", "rejected")
        self._write_counts({name: int(upload.result.get(name) or 0) for name in names})
        self.total = ""
        self.credit_hint = text(lang, "import.credit_notes_hint")

    def _write_counts(self, counts: dict[str, int]) -> None:
        lang = self._language()
        self.created = integer(counts["created"], lang)
        self.unchanged = integer(counts["unchanged"], lang)
        self.updated = integer(counts["updated"], lang) if counts["updated"] else ""
        self.credit_notes = integer(counts["credit_notes"], lang)
        self._rejected = counts["rejected"]
        self.rejected = integer(self._rejected, lang) if self._rejected else ""
        self.has_new_debtors = counts["new_debtors"] > 0
        self.new_debtors = text(lang, "import.new_debtors", n=counts["new_debtors"])

    def _write_troubles(self, seen: Preview | None) -> None:
        """What is wrong in the file; None when that is not looked up."""
        lang = self._language()
        self._errors, self._warnings = import_troubles.of_rows(seen, lang) if seen else (Sorted(), Sorted())
        self.file_troubles = import_troubles.of_file(seen, lang) if seen else []
        self.documents = import_reading.documents(seen.reading, lang) if seen else []
        self.error_kinds, self.warning_kinds = self._errors.kinds, self._warnings.kinds
        self.error_kind = self.warning_kind = ""
        lines = (self._rejected if self.counted else 0) or self._errors.count
        kind = "errors_documents" if self.documents else "errors"
        self.errors_title = text(lang, f"import.{kind}", n=lines)
        self.warnings_title = text(lang, "import.warnings", n=self._warnings.count)
        self.warnings_open = self._warnings.count <= _WARNINGS_OPEN
        self._show_troubles()

    def _show_troubles(self) -> None:
        lang = self._language()
        self.errors, hidden = self._errors.shown(self.error_kind)
        self.errors_more = text(lang, "import.errors_more", n=hidden) if hidden else ""
        self.warnings, hidden = self._warnings.shown(self.warning_kind)
        self.warnings_more = text(lang, "import.warnings_more", n=hidden) if hidden else ""

    def _write_answers(self, seen: Preview) -> None:
        lang = self._language()
        self._answers = seen.answers.model_dump(mode="json")
        self._questions, self._accepted = seen.reading.questions, seen.accepted
        self._missing = import_troubles.missing_columns(seen, lang)
        self._doubts = [import_rows.asked(doubt, lang) for doubt in seen.doubts]
        self._changes = [import_rows.changed(change, lang) for change in seen.changes]
        self._changes_count = seen.updated + seen.left_out
        self._changes_taken = seen.updated
        self.rest_new, self.whole = seen.answers.doubtful == "new", seen.answers.whole
        self.doubts_last = max(0, len(self._doubts) - 1) // DOUBTS_SHOWN
        self.doubts_page = min(self.doubts_page, self.doubts_last)
        self.changes_last = max(0, len(self._changes) - 1) // CHANGES_SHOWN
        self.changes_page = min(self.changes_page, self.changes_last)
        self._show_doubts()
        self._show_changes()
        self._say_why_not()

    def _show_doubts(self) -> None:
        lang, first = self._language(), self.doubts_page * DOUBTS_SHOWN
        self.doubts = self._doubts[first : first + DOUBTS_SHOWN]
        self.open_doubts = sum(row["is_open"] for row in self._doubts)
        key = "import.doubts_open" if self.open_doubts else "import.doubts_answered"
        self.doubts_title = text(lang, key, n=self.open_doubts or len(self._doubts))
        self.doubts_pages = self._pages(self.doubts_page, self.doubts_last)

    def _show_changes(self) -> None:
        lang, first = self._language(), self.changes_page * CHANGES_SHOWN
        self.changes = self._changes[first : first + CHANGES_SHOWN]
        facts = {"taken": integer(self._changes_taken, lang), "all": integer(self._changes_count, lang)}
        self.changes_title = text(lang, "import.changes_taken", **facts)
        rest = self._changes_count - len(self._changes)
        taken = self._answers.get("changes") != "none"
        key = "import.changes_rest_taken" if taken else "import.changes_rest_left"
        self.changes_rest = text(lang, key, n=rest) if rest else ""
        self.changes_pages = self._pages(self.changes_page, self.changes_last)

    def _pages(self, page: int, last: int) -> str:
        lang = self._language()
        facts = {"page": integer(page + 1, lang), "pages": integer(last + 1, lang)}
        return text(lang, "import.page_of", **facts) if last else ""

    def _mark_debtor(self, key: str, debtor_id: int) -> None:
        self._doubts = [
            import_rows.answered(row, debtor_id) if row["key"] == key else row for row in self._doubts
        ]
        given = {**self._answers.get("debtors", {}), key: debtor_id}
        self._answers = {**self._answers, "debtors": given}
        self._show_doubts()
        self._say_why_not()

    def _mark_rest(self, *, new: bool) -> None:
        self.rest_new = new
        given = self._answers.get("debtors", {})
        self._doubts = [
            row if row["key"] in given else Asked(**{**row, "is_new": new, "is_open": not new})
            for row in self._doubts
        ]
        self._show_doubts()
        self._say_why_not()

    def _with_change(self, line: int, *, take: bool) -> tuple[int, ...]:
        """The lines that go the other way than the rest, with one more or one less."""
        before = Answers.model_validate(self._answers)
        kept = set(before.kept) - {line}
        return tuple(sorted(kept | ({line} if take != (before.changes == "all") else set())))

    def _mark_change(self, line: int, *, take: bool) -> None:
        self._answers = {**self._answers, "kept": list(self._with_change(line, take=take))}
        for row in self._changes:
            if row["line"] == line and row["taken"] != take:
                self._changes_taken += 1 if take else -1
        self._changes = [
            Changed(**{**row, "taken": take}) if row["line"] == line else row for row in self._changes
        ]
        self._show_changes()

    def _mark_changes(self, *, take: bool) -> None:
        self._answers = {**self._answers, "changes": "all" if take else "none", "kept": []}
        self._changes = [Changed(**{**row, "taken": take}) for row in self._changes]
        self._changes_taken = self._changes_count if take else 0
        self._show_changes()

    def _say_why_not(self) -> None:
        """Whether the import may go on, and what it waits for."""
        lang = self._language()
        why = [text(lang, f"import.why_{question}") for question in self._questions]
        if self._missing:
            why.append(text(lang, "import.why_columns", fields=self._missing))
        if self.open_doubts:
            why.append(text(lang, "import.why_debtors", n=self.open_doubts))
        if self.whole and self._rejected:
            why.append(text(lang, "import.why_whole", n=self._rejected))
        if not why and not self._accepted:
            why.append(text(lang, "import.cannot_yet"))
        self.can_go, self.why_not = not why, " ".join(why)
