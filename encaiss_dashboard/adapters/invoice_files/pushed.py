"""What accounting software sends to the house's own address: JSON, each item checked as a row of a file.

The form is that of ``POST /api/v1/invoices``. Amounts and dates are texts in one notation each, so that
nothing has to be guessed; all else is checked by the same rules as a cell of a CSV.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.rows import EXAMPLES, WRITTEN, Layout, read_row, shown
from encaiss_dashboard.adapters.invoice_files.staging import StagedRows, frame_of
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Choices, ColumnGuess, Dialect, Field, InvoiceRow, Reading, Tell
from encaiss_dashboard.domain.money import EUR, Money

PATHS: Final[Mapping[str, Field]] = {
    "number": Field.NUMBER,
    "kind": Field.KIND,
    "issue": Field.ISSUE,
    "due": Field.DUE,
    "term": Field.TERM,
    "currency": Field.CURRENCY,
    "total": Field.TOTAL,
    "vat": Field.VAT,
    "paid": Field.PAID,
    "reference": Field.REFERENCE,
    "credited": Field.CREDITED,
    "debtor.name": Field.DEBTOR,
    "debtor.number": Field.DEBTOR_NUMBER,
    "debtor.vat_number": Field.VAT_NUMBER,
    "debtor.endpoint": Field.ENDPOINT,
    "debtor.email": Field.EMAIL,
    "debtor.language": Field.LANGUAGE,
    "debtor.address": Field.ADDRESS,
    "debtor.postcode": Field.POSTCODE,
    "debtor.city": Field.CITY,
    "debtor.country": Field.COUNTRY,
    "debtor.iban": Field.IBAN,
}
_DEBTOR: Final = "debtor"
_HEADER: Final = tuple(PATHS)
_POSITIONS: Final = {about: place for place, about in enumerate(PATHS.values())}
_LAYOUT: Final = Layout(
    header=_HEADER,
    positions=_POSITIONS,
    written=tuple(about for about in _POSITIONS if about in WRITTEN),
    decimal=".",
    date_order="ymd",
    currency=EUR,
    # Looked for in every cell: what an escape stands for shows only once it is read.
    has_controls=True,
    has_markup=True,
)
_DIALECT: Final = Dialect(encoding="utf-8", decimal=".", date_order="ymd")
_OBJECT: Final = TypeAdapter(dict[str, Any])
_AMOUNTS: Final = frozenset({Field.TOTAL, Field.VAT, Field.PAID})
_DATES: Final = frozenset({Field.ISSUE, Field.DUE})
# Stricter than a cell: "1,234" is a thousand to some programs and a bit more than one to others, and
# which day a time of day falls on depends on the place.
_AMOUNT: Final = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT_EXAMPLE: Final = "1234.56"
_SAMPLES: Final = 3


def read_pushed(source: Path, name: str, choices: Choices, folder: Path, tell: Tell) -> Reading:
    """Understand what software sent; the line of an item is its position, from 1.

    Never raises for bad content. Nothing of it can be chosen: the form leaves no doubt.

    Args:
        source: where it lies.
        name: as it is called.
        choices: not asked.
        folder: not needed: it is small.
        tell: told how many bytes are read.

    Raises:
        Cancelled: ``tell`` raised it.
    """
    del choices, folder
    data = source.read_bytes()
    tell(0, len(data))
    items = _items(data.removeprefix(b"\xef\xbb\xbf"))
    if isinstance(items, Problem):
        return Reading(name, _DIALECT, problems=(items,), format="json")
    rows: list[InvoiceRow] = []
    problems: list[Problem] = []
    samples: dict[str, list[str]] = defaultdict(list)
    for line, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            problems.append(Problem("json_shape", line, facts={"value": f"invoices[{line - 1}]"}))
            continue
        cells, faults = _cells(item, line)
        _sample(samples, cells)
        row, found = read_row(Record(line, cells, closed=True), _LAYOUT, cut_off=False)
        named = {fault.field for fault in faults}
        # A cell that was refused before it was read is empty: that it is missing is no second problem.
        problems += [*faults, *(one for one in found if not faults or one.field not in named | {None})]
        if row is not None and not faults:
            rows.append(row)
    tell(len(data), len(data))
    used = {about: ColumnGuess(path, 100) for path, about in PATHS.items() if path in samples}
    return Reading(
        name=name,
        dialect=_DIALECT,
        header=tuple(guess.column for guess in used.values()),
        columns=used,
        samples={path: tuple(some) for path, some in samples.items()},
        rows=StagedRows([frame_of(rows)]),
        problems=tuple(problems),
        row_count=len(items),
        total=_totals(rows),
        format="json",
    )


def _items(data: bytes) -> list[Any] | Problem:
    try:
        items = _OBJECT.validate_json(data).get("invoices")
    except ValidationError as error:
        return Problem("json_broken", facts={"value": shown(str(error.errors()[0]["msg"]))})
    return items if isinstance(items, list) else Problem("json_shape", facts={"value": "invoices"})


def _cells(item: Mapping[str, Any], line: int) -> tuple[list[str], list[Problem]]:
    """The texts of an item in the order of the header, and what in it is none."""
    debtor = item.get(_DEBTOR)
    faults = []
    if not isinstance(debtor, dict | None):
        faults.append(Problem("json_shape", line, Field.DEBTOR.value, {"value": _DEBTOR}))
    inner = debtor if isinstance(debtor, dict) else {}
    cells = []
    for path, about in PATHS.items():
        holder, _, key = path.rpartition(".")
        value = (inner if holder else item).get(key)
        fault = _fault(about, value)
        if fault is not None:
            faults.append(Problem(fault[0], line, about.value, fault[1]))
        cells.append(value if isinstance(value, str) and fault is None else "")
    return cells, faults


def _fault(about: Field, value: Any) -> tuple[str, dict[str, str]] | None:
    """Why a value is not looked at further: code and facts, None when it is a text in its notation."""
    if value is None:
        return None
    if about in _AMOUNTS and isinstance(value, int | float) and not isinstance(value, bool):
        return "json_number", {"value": shown(str(value))}
    if not isinstance(value, str):
        return "json_text", {"value": shown(str(value))}
    text = value.strip()
    if text and about in _AMOUNTS and not _AMOUNT.fullmatch(text):
        return "amount_unreadable", {"value": shown(text), "expected": _AMOUNT_EXAMPLE}
    if text and about in _DATES and not _DAY.fullmatch(text):
        return "date_unreadable", {"value": shown(text), "expected": EXAMPLES["ymd"]}
    return None


def _sample(samples: dict[str, list[str]], cells: Sequence[str]) -> None:
    for path, value in _filled(cells):
        if len(samples[path]) < _SAMPLES:
            samples[path].append(shown(value))


def _filled(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((path, value) for path, value in zip(_HEADER, cells, strict=True) if value.strip())


def _totals(rows: Sequence[InvoiceRow]) -> dict[str, Money]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.total.currency] += row.signed.cents
    return {currency: Money(cents, currency) for currency, cents in sorted(sums.items())}
