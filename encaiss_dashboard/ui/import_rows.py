"""What the screen of one import says, written in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, TypedDict

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field, InvoiceRow, Reading
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, decimal, integer, money, text
from encaiss_dashboard.services.imports import Change, Preview
from encaiss_dashboard.ui.shell import Choice

LISTED: Final = 100
SEPARATORS: Final = {";": "semicolon", "\t": "tab", ",": "comma", "|": "bar"}
DECIMALS: Final = {",": "comma", ".": "point"}
DATE_ORDERS: Final = ("dmy", "mdy", "ymd", "compact", "serial")
ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252",
    "iso8859-15": "ISO-8859-15",
    "cp850": "DOS (850)",
    "mac_roman": "Mac Roman",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "double-utf-8": "UTF-8 × 2",
}
_REQUIRED: Final = (Field.NUMBER, Field.DEBTOR, Field.ISSUE, Field.TOTAL)
# Without them an import works, but the reminders are poorer.
_USEFUL: Final = (Field.DUE, Field.EMAIL, Field.VAT_NUMBER, Field.REFERENCE)
_SURE: Final = 75
_SETTABLE: Final = frozenset({"encoding_wrong", "choice_unknown", "file_header_missing"})
_PREVIEWED: Final = 8
_COLUMNS_OFFERED: Final = 200
_AMOUNTS: Final = frozenset({"total", "paid"})
_DATES: Final = frozenset({"issue", "due"})
_TWO_WAYS: Final = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})")


class Column(TypedDict):
    """A field and the column it is read from."""

    field: str
    label: str
    column: str
    tone: str
    hint: str


class Trouble(TypedDict):
    """Something wrong in the file."""

    line: str
    field: str
    reason: str
    tone: str
    weight: str


class Changed(TypedDict):
    """One field of a known invoice that changes."""

    line: str
    number: str
    debtor: str
    field: str
    before: str
    after: str


class First(TypedDict):
    """One of the first rows, as it was understood."""

    line: str
    number: str
    is_credit: bool
    debtor: str
    issue: str
    due: str
    total: str


class Reads(TypedDict):
    """One way to read what may be read two ways."""

    value: str
    label: str
    example: str


def summary(reading: Reading, lang: str) -> str:
    """The file and how it is written, in one line."""
    rows = text(lang, "import.rows", n=reading.row_count)
    dialect, asked = reading.dialect, reading.questions
    if not dialect.separator:
        return reading.name
    facts = {
        "separator": text(lang, f"import.separator_{SEPARATORS.get(dialect.separator, 'comma')}"),
        "decimal": text(
            lang, "import.asked" if "decimal" in asked else f"import.decimal_{DECIMALS[dialect.decimal]}"
        ),
        "encoding": ENCODINGS.get(dialect.encoding, dialect.encoding),
        "dates": text(lang, "import.asked" if "dates" in asked else f"import.dates_{dialect.date_order}"),
    }
    return " · ".join((reading.name, rows, text(lang, "import.written", **facts)))


def columns(reading: Reading, lang: str) -> tuple[list[Column], list[Column]]:
    """The fields that matter here, found or not; and those that the file does without."""
    shown = [*reading.columns, *(f for f in (*_REQUIRED, *_USEFUL) if f not in reading.columns)]
    wanted = sorted(shown, key=list(Field).index)
    rest = [about for about in Field if about not in shown]
    return [_column(reading, about, lang) for about in wanted], [_column(reading, f, lang) for f in rest]


def _column(reading: Reading, about: Field, lang: str) -> Column:
    guess = reading.columns.get(about)
    if guess is None:
        missing = about in _REQUIRED and not (
            about is Field.DEBTOR and Field.DEBTOR_NUMBER in reading.columns
        )
        tone = "bad" if missing else "warn" if about in _USEFUL else "mute"
        hint = text(lang, f"import.{'needed' if missing else 'not_found'}")
    else:
        samples = reading.samples.get(guess.column, ())
        doubtful = guess.confidence < _SURE
        tone = "warn" if doubtful else "good"
        hint = " · ".join((*((text(lang, "import.doubtful"),) if doubtful else ()), *samples[:2]))
    return Column(
        field=about.value,
        label=text(lang, f"field.{about.value}"),
        column=guess.column if guess else "",
        tone=tone,
        hint=hint,
    )


def header(reading: Reading) -> list[Choice]:
    """The columns of the file, to choose from."""
    return [Choice(value=name, label=name) for name in reading.header[:_COLUMNS_OFFERED]]


def troubles(problems: Iterable[Problem], lang: str) -> list[Trouble]:
    """Problems as sentences."""
    return [
        Trouble(
            line=integer(problem.line, lang) if problem.line else "",
            field=text(lang, f"field.{problem.field}") if problem.field else "",
            reason=text(lang, f"problem.{problem.code}", **problem.facts),
            tone="bad" if problem.blocks else "warn",
            weight=text(lang, f"import.{'left_out' if problem.blocks else 'taken'}"),
        )
        for problem in problems
    ]


def changes(changed: Iterable[Change], lang: str) -> list[Changed]:
    """Every field that changes, one row each."""
    rows = []
    for change in changed:
        for name, after in change.after.items():
            rows.append(
                Changed(
                    line=integer(change.line, lang),
                    number=change.number,
                    debtor=change.debtor,
                    field=text(lang, f"field.{name}"),
                    before=_written(name, change.before[name], change.currency, lang),
                    after=_written(name, after, change.currency, lang),
                )
            )
            if len(rows) == LISTED:
                return rows
    return rows


def _written(name: str, value: str, currency: str, lang: str) -> str:
    if name in _AMOUNTS:
        return money(Money.of(value, currency), lang)
    if name in _DATES:
        return day(date.fromisoformat(value), lang, "numeric")
    return value or "–"


def first_rows(rows: Iterable[InvoiceRow], lang: str) -> list[First]:
    """The first invoices of the file as they were understood."""
    return [
        First(
            line=integer(row.line, lang),
            number=row.number,
            is_credit=row.kind is Kind.CREDIT_NOTE,
            debtor=row.debtor,
            issue=day(row.issue, lang),
            due=day(row.due, lang) if row.due else (row.term or "–"),
            total=money(row.signed, lang),
        )
        for _, row in zip(range(_PREVIEWED), rows, strict=False)
    ]


def amounts(sums: Mapping[str, Money], lang: str) -> str:
    """Totals of several currencies in one line."""
    return " + ".join(money(amount, lang) for amount in sums.values())


def outcome(seen: Preview, lang: str) -> str:
    """What importing will do, in one sentence."""
    counts = (
        ("will_create", seen.created),
        ("will_update", seen.updated),
        ("will_credit", seen.credit_notes),
        ("will_add", seen.new_debtors),
    )
    return ", ".join(text(lang, f"import.{key}", n=n) for key, n in counts if n)


def date_readings(reading: Reading, lang: str) -> list[Reads]:
    """Both readings of a date of this file that can be read two ways."""
    fields = (Field.ISSUE, Field.DUE, Field.SETTLED)
    texts = [t for f in fields if f in reading.columns for t in reading.samples[reading.columns[f].column]]
    examples = dict.fromkeys(("dmy", "mdy"), "")
    for sample in texts:
        found = _TWO_WAYS.match(sample)
        if found is None:
            continue
        first, second, year = int(found[1]), int(found[3]), int(found[4])
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - a year in two digits
        for order, (d, m) in (("dmy", (first, second)), ("mdy", (second, first))):
            if not examples[order] and _is_day(year, m, d) and (first != second):
                examples[order] = f"{sample} → {day(date(year, m, d), lang, 'long')}"
    return [
        Reads(value=order, label=text(lang, f"import.read_{order}"), example=example)
        for order, example in examples.items()
    ]


def _is_day(year: int, month: int, on: int) -> bool:
    try:
        date(year, month, on)
    except ValueError:
        return False
    return True


def decimal_readings(reading: Reading, lang: str) -> list[Reads]:
    """Both readings of an amount of this file that can be read two ways."""
    fields = (Field.TOTAL, Field.OPEN, Field.PAID, Field.VAT)
    texts = [t for f in fields if f in reading.columns for t in reading.samples[reading.columns[f].column]]
    marked = next((t for t in texts if re.search(r"\d[.,]\d", t)), "")
    return [
        Reads(
            value=mark,
            label=text(lang, f"import.read_{name}"),
            example=_as_amount(marked, mark, lang),
        )
        for mark, name in DECIMALS.items()
    ]


def _as_amount(sample: str, mark: str, lang: str) -> str:
    other = "." if mark == "," else ","
    plain = re.sub(r"[^0-9.,-]", "", sample).replace(other, "").replace(mark, ".")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return ""
    exponent = value.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    return f"{sample} → {decimal(value, lang, max(places, 2))}"


def settings(reading: Reading) -> dict[str, str]:
    """The settings as chosen or guessed, by the name of their selection list; "" while it is asked."""
    dialect, asked = reading.dialect, reading.questions
    return {
        "separator": dialect.separator,
        "decimal": "" if "decimal" in asked else dialect.decimal,
        "date_order": "" if "dates" in asked else dialect.date_order,
        "encoding": dialect.encoding,
    }


def is_settable(reading: Reading) -> bool:
    """Whether other settings may make something of the file; an empty one stays empty."""
    return bool(reading.header) or any(problem.code in _SETTABLE for problem in reading.problems)


def go(seen: Preview, lang: str) -> str:
    """What stands on the main button."""
    writes = seen.created + seen.updated + seen.credit_notes
    if writes:
        return text(lang, f"import.go_{'documents' if seen.credit_notes else 'invoices'}", n=writes)
    return text(lang, "import.close" if seen.accepted else "import.go")
