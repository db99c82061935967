"""Several documents as one reading: nothing twice, everything summed, problems in order."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from encaiss_dashboard.adapters.invoice_files.documents.document import Document
from encaiss_dashboard.adapters.invoice_files.problems import ProblemList
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.adapters.invoice_files.staging import StagedRows, frame_of
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Attachment, Field, Format, InvoiceRow, Reading
from encaiss_dashboard.domain.matching import name_key
from encaiss_dashboard.domain.money import Money

_LINES_LISTED: Final = 5


def refused(name: str, problem: Problem, kind: Format = "") -> Reading:
    """The reading of a file that is not taken in at all."""
    return Reading(name, problems=(problem,), format=kind)


def reading_of(
    name: str,
    kind: Format,
    documents: Sequence[Document],
    attachments: Iterable[Attachment],
    others: Iterable[Problem] = (),
) -> Reading:
    """The reading of a file of documents.

    Args:
        name: the file's name.
        kind: what the whole file is.
        documents: in the order of the file.
        attachments: what was kept beside their rows.
        others: problems of what is no document.
    """
    rows, repeated = _without_repeats([one.row for one in documents if one.row is not None])
    problems = [problem for one in documents for problem in _of_member(one)]
    names = {one.line: one.name for one in documents if one.name}
    problems += [_named(problem, names.get(problem.line or 0, "")) for problem in repeated]
    others = list(others)
    # What lies among documents and is none is not taken in either.
    refused_lines = {one.line for one in others if one.blocks and one.line} - {one.line for one in documents}
    listed, unlisted = listable([*others, *problems])
    lines = {row.line for row in rows}
    return Reading(
        name=name,
        rows=StagedRows([frame_of(rows)]),
        problems=listed,
        unlisted=unlisted,
        row_count=len(documents) + len(refused_lines),
        total=totals(rows),
        format=kind,
        attachments=tuple(one for one in attachments if one.line in lines),
    )


def listable(problems: Iterable[Problem]) -> tuple[tuple[Problem, ...], dict[str, int]]:
    """Problems in order, as many as are listed; how many more of each code there are."""
    found = ProblemList()
    found.add(sorted(problems, key=lambda one: one.line or 0))
    return found.listed(), dict(found.unlisted)


def totals(rows: Iterable[InvoiceRow]) -> dict[str, Money]:
    """Sum of rows by currency, credit notes deducted."""
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.total.currency] += row.signed.cents
    return {currency: Money(cents, currency) for currency, cents in sorted(sums.items())}


def _of_member(document: Document) -> list[Problem]:
    return [_named(problem, document.name) for problem in document.problems]


def _named(problem: Problem, member: str) -> Problem:
    """A problem that says of which member it is, where there are members."""
    return (
        dataclasses.replace(problem, facts={**problem.facts, "member": shown(member)}) if member else problem
    )


def _without_repeats(rows: Sequence[InvoiceRow]) -> tuple[list[InvoiceRow], list[Problem]]:
    """Keep identical repeats once; where one number of one debtor says two things, keep none of them."""
    groups: dict[tuple[str, str], list[InvoiceRow]] = defaultdict(list)
    for row in rows:
        # A Belgian VAT number is the enterprise number behind its country.
        debtor = row.vat_number.removeprefix("BE") or row.endpoint or name_key(row.debtor)
        groups[row.number, debtor].append(row)
    problems: list[Problem] = []
    dropped: set[int] = set()
    for (number, _), group in groups.items():
        lines = [row.line for row in group]
        if len(lines) == 1:
            continue
        if len({dataclasses.replace(row, line=0, member="") for row in group}) == 1:
            dropped.update(lines[1:])
            facts = {"value": shown(number), "other": str(lines[0])}
            problems += [Problem("repeated_line", line, None, facts, blocks=False) for line in lines[1:]]
            continue
        dropped.update(lines)
        for row in group:
            others = [str(other) for other in lines if other != row.line]
            listed = ", ".join(others[:_LINES_LISTED]) + (" …" if len(others) > _LINES_LISTED else "")
            facts = {"value": shown(number), "other": listed}
            said = {"number": row.number, "debtor": row.debtor, "currency": row.total.currency}
            said["cents"] = str(row.signed.cents)
            problems.append(Problem("number_twice", row.line, Field.NUMBER.value, facts, row=said))
    return [row for row in rows if row.line not in dropped], problems
