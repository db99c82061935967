"""What is wrong in a file, sorted: what keeps rows out, what only warns, what concerns the whole of it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, TypedDict

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field, InvoiceRow
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import catalogue, decimal, integer, money, text
from encaiss_dashboard.services.imports import Preview
from encaiss_dashboard.ui.import_rows import as_written
from encaiss_dashboard.ui.shell import Choice

LISTED: Final = 100
_LISTED_OF_A_KIND: Final = 50
_LABEL_LENGTH_MAX: Final = 70
_FACT: Final = re.compile(r"\{\w+\}")
_ASIDE: Final = re.compile(r"\s*\([«“‘\s]*…[»”’\s]*\)")
_FIRST_PART: Final = re.compile(r"^(.{12,}?)(?:\u202f?[:;]|[.!?])\s")


class Trouble(TypedDict):
    """Something wrong in the file, and the row it is in as far as that can be told."""

    line: str
    number: str
    debtor: str
    amount: str
    field: str
    reason: str
    tone: str


@dataclass(slots=True)
class Sorted:
    """Problems of one weight.

    Attributes:
        count: how many there are, listed or not.
        kinds: each kind with its count, the commonest first.
        first: the first of all.
        of_kind: the first of each kind.
        counts: how many there are of each kind.
    """

    count: int = 0
    kinds: list[Choice] = field(default_factory=list)
    first: list[Trouble] = field(default_factory=list)
    of_kind: dict[str, list[Trouble]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def shown(self, kind: str) -> tuple[list[Trouble], int]:
        """The rows to show of one kind, or of all, and how many there are besides."""
        rows = self.of_kind[kind] if kind else self.first
        return rows, (self.counts[kind] if kind else self.count) - len(rows)


def of_file(seen: Preview, lang: str) -> list[Trouble]:
    """What concerns the whole file; what is true of several fields is said once."""
    problems = [problem for problem in seen.reading.problems if problem.line is None]
    told: dict[tuple[str, str], Trouble] = {}
    for trouble in (_trouble(problem, {}, seen, lang) for problem in problems):
        same = told.setdefault((trouble["reason"], trouble["tone"]), trouble)
        if same is not trouble:
            same["field"] = ", ".join(filter(None, (same["field"], trouble["field"])))
    return list(told.values())


def missing_columns(seen: Preview, lang: str) -> str:
    """The fields without which nothing can be imported and that no column holds."""
    missing = [problem.field for problem in seen.reading.problems if problem.code == "column_missing"]
    return ", ".join(text(lang, f"field.{name}") for name in missing)


def of_rows(seen: Preview, lang: str) -> tuple[Sorted, Sorted]:
    """What keeps rows out, and what only warns."""
    problems = [problem for problem in seen.reading.problems if problem.line is not None]
    warned = {problem.code for problem in problems if not problem.blocks}
    blocking = [problem for problem in problems if problem.blocks]
    warning = [problem for problem in problems if not problem.blocks]
    # Nobody says of what is only counted whether it blocks; what only ever warned was a warning.
    only_warns = warned - {problem.code for problem in blocking}
    unlisted = seen.reading.unlisted
    return (
        _sorted(blocking, {c: n for c, n in unlisted.items() if c not in only_warns}, seen, lang),
        _sorted(warning, {c: n for c, n in unlisted.items() if c in only_warns}, seen, lang),
    )


def _sorted(problems: list[Problem], unlisted: dict[str, int], seen: Preview, lang: str) -> Sorted:
    groups: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        if len(groups[problem.code]) < _LISTED_OF_A_KIND:
            groups[problem.code].append(problem)
    found = Counter(problem.code for problem in problems)
    found.update(unlisted)
    first = problems[:LISTED]
    lines = {problem.line or 0 for some in (first, *groups.values()) for problem in some}
    rows = seen.stated(lines) if lines else {}

    def told(some: Iterable[Problem]) -> list[Trouble]:
        return [_trouble(problem, rows, seen, lang) for problem in some]

    return Sorted(
        found.total(),
        [Choice(value=code, label=_kind(code, n, lang)) for code, n in found.most_common()],
        told(first),
        {code: told(groups.get(code, [])) for code in found},
        dict(found),
    )


def _trouble(problem: Problem, rows: dict[int, InvoiceRow], seen: Preview, lang: str) -> Trouble:
    row, member = rows.get(problem.line or 0), problem.facts.get("member", "")
    number = row.number if row else problem.row.get("number", "")
    return Trouble(
        line=integer(problem.line, lang) if problem.line else "",
        number=" · ".join(filter(None, (number, member))),
        debtor=row.debtor if row else problem.row.get("debtor", ""),
        amount=money(row.signed, lang) if row else _amount(problem, seen, lang),
        field=text(lang, f"field.{problem.field}") if problem.field else "",
        reason=text(lang, f"problem.{problem.code}", **problem.facts),
        tone="bad" if problem.blocks else "warn",
    )


def _amount(problem: Problem, seen: Preview, lang: str) -> str:
    said = problem.row
    if "cents" in said:
        return money(Money(int(said["cents"]), said.get("currency", "EUR")), lang)
    value = as_written(said.get("total", ""), seen.reading.dialect.decimal)
    if value is None:
        return "–"
    currencies = list(seen.reading.total)
    if len(currencies) != 1 or Field.CURRENCY in seen.reading.columns or value != round(value, 2):
        return decimal(value, lang, 2)
    return money(Money.of(str(value), currencies[0]), lang)


def _kind(code: str, count: int, lang: str) -> str:
    """The sentence of a problem without its facts, cut after its first part, and how often it is said."""
    entry = catalogue(lang)[f"problem.{code}"]
    sentence = entry if isinstance(entry, str) else entry["other"]
    bare = _ASIDE.sub("", _FACT.sub("…", sentence))
    found = _FIRST_PART.match(f"{bare} ")
    label = (found[1] if found else bare).strip()
    if len(label) > _LABEL_LENGTH_MAX:
        label = label[:_LABEL_LENGTH_MAX].rpartition(" ")[0] + "…"
    return f"{label} ({integer(count, lang)})"
