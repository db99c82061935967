"""A ZIP of many: invoices, their PDFs, tables; each by its content, each invoice once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from encaiss_dashboard.adapters.invoice_files.documents import archive, tables
from encaiss_dashboard.adapters.invoice_files.documents.archive import Member, TooMuchError
from encaiss_dashboard.adapters.invoice_files.documents.beside import Names, stem
from encaiss_dashboard.adapters.invoice_files.documents.document import Document, from_pdf, from_xml
from encaiss_dashboard.adapters.invoice_files.documents.keeping import Keeper
from encaiss_dashboard.adapters.invoice_files.documents.listing import reading_of, refused
from encaiss_dashboard.adapters.invoice_files.documents.tables import ReadTable, Table
from encaiss_dashboard.adapters.invoice_files.formats import WORKBOOKS, Shape, shape_of
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Choices, InvoiceRow, Reading, Tell

_NAMING: Final = frozenset({"member_nested", "table_apart"})
_TABLES: Final = WORKBOOKS | {Shape.TABLE, Shape.JSON}


@dataclass(slots=True)
class _Contents:
    """What the members turned out to be."""

    folder: Path
    keeper: Keeper
    documents: list[Document] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take(self, member: Member) -> None:
        shape, code = shape_of(member.path)
        if not member.path.stat().st_size:
            self.refuse(member, "file_empty")
        elif shape is Shape.XML:
            self.documents.append(from_xml(member.path, member.place, member.name, self.keeper))
        elif shape is Shape.PDF:
            path = member.path.replace(self.folder / f"pdf-{member.place}")
            self.documents.append(from_pdf(path, member.place, member.name, self.keeper))
        elif shape in _TABLES:
            path = member.path.replace(self.folder / f"table-{member.place}")
            self.tables.append(Table(member.place, member.name, path))
        else:
            self.refuse(member, "member_nested" if shape is Shape.ZIP or code == "file_archive" else code)

    def forget(self) -> None:
        """Keep nothing of what was unpacked so far."""
        papers = [self.folder / kept.file for kept in self.keeper.kept]
        pdfs = [one.pdf for one in self.documents if one.pdf is not None]
        for path in (*papers, *pdfs, *(table.path for table in self.tables)):
            path.unlink(missing_ok=True)

    def refuse(self, member: Member | Table, code: str) -> None:
        facts = {"member": shown(member.name)}
        if code in _NAMING:
            facts["value"] = shown(member.name)
        self.problems.append(Problem(code, member.place, None, facts))


def read_zip(
    source: Path, name: str, choices: Choices, folder: Path, *, tell: Tell, read_table: ReadTable
) -> Reading:
    """Understand a ZIP of invoices.

    Args:
        source: the archive.
        name: as its owner calls it.
        choices: for the tables in it.
        folder: for rows, attachments and what is being worked on.
        tell: told how many of its bytes are read.
        read_table: reads a table that lies in a file of its own.

    Raises:
        Cancelled: ``tell`` raised it.
    """
    contents = _Contents(folder, Keeper(folder))
    scratch = folder / "member"
    try:
        for found in archive.members(source, scratch, tell):
            if isinstance(found, Problem):
                contents.problems.append(found)
            else:
                contents.take(found)
    except TooMuchError as error:
        contents.forget()
        return refused(name, error.problem, "zip")
    finally:
        scratch.unlink(missing_ok=True)
    if not contents.documents and not contents.tables and not contents.problems:
        return refused(name, Problem("zip_empty"), "zip")
    with_data = [one for one in contents.documents if one.has_data]
    if contents.tables and not with_data:
        return _tables(name, choices, contents, tell, read_table)
    for table in contents.tables:
        contents.refuse(table, "table_apart")
        table.path.unlink()
    _settle_pdfs(contents)
    return reading_of(name, "zip", contents.documents, contents.keeper.kept, contents.problems)


def _tables(name: str, choices: Choices, contents: _Contents, tell: Tell, read_table: ReadTable) -> Reading:
    """The tables of a ZIP without documents; PDFs beside them go to the rows that they name."""
    reading = tables.read_tables(
        name, contents.tables, choices, contents.folder, tell=tell, read_table=read_table
    )
    keeper = Keeper(contents.folder, list(reading.attachments))
    numbers = tables.lines_by_number(reading) if contents.documents else Names(())
    problems = list(contents.problems)
    for document in contents.documents:
        assert document.pdf is not None
        line = numbers.named_in(document.name)
        if line is None:
            facts = {"value": shown(document.name), "member": shown(document.name)}
            problems.append(Problem("pdf_unmatched", None, None, facts, blocks=False))
            document.pdf.unlink()
        else:
            keeper.take_pdf(line, document.name, document.pdf)
    return tables.with_more(reading, problems, keeper.kept)


def _settle_pdfs(contents: _Contents) -> None:
    """Give every PDF to the invoice it is of; what remains are documents of their own."""
    own = [one for one in contents.documents if one.pdf is None]
    rows = [one.row for one in own if one.row is not None]
    by_stem: dict[str, Document] = {}
    for one in own:
        by_stem.setdefault(stem(one.name), one)
    by_content = {_content(row): row.line for row in rows}
    numbers = Names((row.number, row.line) for row in rows)
    standing = []
    for one in contents.documents:
        if one.pdf is None:
            standing.append(one)
            continue
        beside = by_stem.get(stem(one.name))
        line = _line_of(one, beside, by_content, numbers)
        if line is not None:
            contents.keeper.take_pdf(line, one.name, one.pdf)
        elif one.row is not None:
            contents.keeper.take_pdf(one.line, one.name, one.pdf)
            standing.append(one)
        else:
            one.pdf.unlink()
            # Beside data that is refused, a PDF without any adds nothing that its owner could mend.
            if one.has_data or beside is None:
                standing.append(one)
    contents.documents = standing


def _line_of(
    pdf: Document, beside: Document | None, by_content: dict[tuple[object, ...], int], numbers: Names
) -> int | None:
    """The line of the invoice in XML that a PDF is of, None when it stands on its own."""
    if pdf.row is not None:
        return by_content.get(_content(pdf.row))
    if beside is not None and beside.row is not None:
        return beside.line
    return None if pdf.has_data else numbers.named_in(pdf.name)


def _content(row: InvoiceRow) -> tuple[object, ...]:
    """What makes two writings of an invoice the same one; names and addresses may be spelt otherwise."""
    return row.number, row.kind, row.issue, row.total
