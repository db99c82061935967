"""One document of one file: its data read, its rules checked, its files kept."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from encaiss_dashboard.adapters.invoice_files.documents import cii, pdf, rules, ubl
from encaiss_dashboard.adapters.invoice_files.documents.invoice import invoice_of
from encaiss_dashboard.adapters.invoice_files.documents.keeping import Keeper
from encaiss_dashboard.adapters.invoice_files.documents.parsing import UBL_ROOTS, XML_BYTES_MAX, parse_invoice
from encaiss_dashboard.adapters.invoice_files.documents.rules import Broken
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Format, InvoiceRow

_LISTED: Final = 20
_SCHEMA: Final = "XSD"


@dataclass(slots=True)
class Document:
    """What one document turned out to be.

    Attributes:
        line: which one of several it is, from 1.
        name: its name within a ZIP, "" for a file of its own.
        format: ``ubl``, ``cii`` or ``pdf``, "" for XML that is neither.
        row: None when a problem blocks it.
        pdf: where the PDF lies that the data came from, None when it was none.
    """

    line: int
    name: str
    format: Format
    row: InvoiceRow | None = None
    problems: list[Problem] = field(default_factory=list)
    pdf: Path | None = None

    @property
    def has_data(self) -> bool:
        """Whether there is data in it at all, good or bad; in a PDF that cannot be opened there is none."""
        return not any(problem.code.startswith("pdf_") for problem in self.problems)


def from_xml(path: Path, line: int, name: str, keeper: Keeper) -> Document:
    """Read an invoice in UBL or CII."""
    with path.open("rb") as file:
        data = file.read(XML_BYTES_MAX + 1)
    return _from_root(parse_invoice(data), Document(line, name, ""), keeper)


def from_pdf(path: Path, line: int, name: str, keeper: Keeper) -> Document:
    """Read the invoice within a PDF; the PDF itself stays where it lies."""
    return _from_root(pdf.invoice_within(path), Document(line, name, "pdf", pdf=path), keeper)


def _from_root(root: Any | Problem, document: Document, keeper: Keeper) -> Document:
    line = document.line
    if isinstance(root, Problem):
        document.problems = [dataclasses.replace(root, line=line)]
        return document
    is_ubl = root.tag in UBL_ROOTS
    if document.format != "pdf":
        document.format = "ubl" if is_ubl else "cii"
    stated = ubl.state(root) if is_ubl else cii.state(root)
    wrong = rules.broken(root)
    document.problems = _listed(wrong, line)
    if any(one.fatal for one in wrong):
        return document
    document.row, problems = invoice_of(stated, line, document.name)
    document.problems += problems
    if document.row is not None:
        document.problems += keeper.embedded(line, stated.embedded)
    return document


def _listed(wrong: list[Broken], line: int) -> list[Problem]:
    """Broken rules as problems: of fatal ones and of warnings the first twenty each."""
    problems = []
    for fatal in (True, False):
        of_kind = [one for one in wrong if one.fatal is fatal]
        problems += [_problem(one, line) for one in of_kind[:_LISTED]]
        if len(of_kind) > _LISTED:
            facts = {"count": str(len(of_kind) - _LISTED)}
            problems.append(Problem("rules_more", line, None, facts, blocks=False))
    return problems


def _problem(one: Broken, line: int) -> Problem:
    if one.rule == _SCHEMA:
        code, facts = ("xml_structure" if one.fatal else "xml_profile"), {"message": one.message}
    else:
        code = "rule_broken" if one.fatal else "rule_warned"
        facts = {"rule": one.rule, "message": one.message}
    return Problem(code, line, None, facts, blocks=one.fatal)
