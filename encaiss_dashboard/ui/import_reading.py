"""How a file was understood, written in the reader's language: its columns, settings and questions."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, TypedDict

from encaiss_dashboard.domain.intake import Field, Reading
from encaiss_dashboard.locales import day, decimal, integer, text
from encaiss_dashboard.ui.shell import Choice

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
_COLUMNS_OFFERED: Final = 200
_SHEETS_OFFERED: Final = 100
_TWO_WAYS: Final = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})")


class Column(TypedDict):
    """A field and the column it is read from."""

    field: str
    label: str
    column: str
    tone: str
    hint: str


class Reads(TypedDict):
    """One way to read what may be read two ways."""

    value: str
    label: str
    example: str


def summary(reading: Reading, lang: str) -> str:
    """The file, how many rows it has and how it is written, in one line."""
    if not reading.header:
        return " · ".join([reading.name, *documents(reading, lang)])
    dialect, asked = reading.dialect, reading.questions
    facts = {
        "separator": text(lang, f"import.separator_{SEPARATORS.get(dialect.separator, 'comma')}"),
        "decimal": text(
            lang, "import.asked" if "decimal" in asked else f"import.decimal_{DECIMALS[dialect.decimal]}"
        ),
        "encoding": ENCODINGS.get(dialect.encoding, dialect.encoding),
        "dates": text(lang, "import.asked" if "dates" in asked else f"import.dates_{dialect.date_order}"),
    }
    rows = text(lang, "import.rows", n=reading.row_count)
    if dialect.separator:
        return " · ".join((reading.name, rows, text(lang, "import.written", **facts)))
    kind = [text(lang, f"import.format_{reading.format}")] if reading.format else []
    sheet = [text(lang, "import.sheet", name=reading.sheet)] if reading.sheet else []
    return " · ".join((reading.name, rows, *kind, *sheet, text(lang, "import.written_in_cells", **facts)))


def documents(reading: Reading, lang: str) -> list[str]:
    """What was read of a file without columns: its format, how many documents, what is kept beside them."""
    if not reading.format or reading.header or not reading.row_count:
        return []
    said = [
        text(lang, f"import.format_{reading.format}"),
        text(lang, "import.documents", n=reading.row_count),
    ]
    kept = len(reading.attachments)
    return [*said, text(lang, "import.attachments", n=kept)] if kept else said


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
        sure = text(lang, "import.doubtful", percent=integer(guess.confidence, lang)) if doubtful else ""
        hint = " · ".join(filter(None, (sure, *samples[:2])))
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
    """The settings as chosen or guessed, by the name of their selection list; "" while it is asked.

    Of a workbook, neither separator nor encoding can be set: they are not there.
    """
    dialect, asked = reading.dialect, reading.questions
    chosen = {
        "decimal": "" if "decimal" in asked else dialect.decimal,
        "date_order": "" if "dates" in asked else dialect.date_order,
        "sheet": reading.sheet,
    }
    written = {"separator": dialect.separator, "encoding": dialect.encoding}
    return chosen | (written if is_text(reading) else {"separator": "", "encoding": ""})


def is_text(reading: Reading) -> bool:
    """Whether the file is written in letters, with an encoding and separators."""
    return reading.format in {"", "csv"}


def sheets(reading: Reading) -> list[Choice]:
    """The sheets of a workbook, where there is more than one to choose from."""
    names = reading.sheets[:_SHEETS_OFFERED] if len(reading.sheets) > 1 else ()
    return [Choice(value=name, label=name) for name in names]


def is_settable(reading: Reading) -> bool:
    """Whether other settings may make something of the file; an empty one stays empty."""
    return (
        bool(reading.header)
        or len(reading.sheets) > 1
        or any(problem.code in _SETTABLE for problem in reading.problems)
    )
