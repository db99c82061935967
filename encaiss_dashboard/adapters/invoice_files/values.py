"""What single cells say: amounts, dates, numbers and names, and which convention a file follows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.core import get_global
from babel.numbers import is_currency
from stdnum import get_cc_module
from stdnum.be import vat as belgian
from stdnum.fr import siren, siret

from encaiss_dashboard.domain.intake import DateOrder, DecimalMark, Field
from encaiss_dashboard.domain.invoices import Kind

EARLIEST: Final = date(1990, 1, 1)
LATEST: Final = date(2099, 12, 31)
# Spreadsheets count days from here (their 1900 counts one leap day too many, hence the 30th).
_SERIAL_ZERO: Final = date(1899, 12, 30)
_AMOUNT_CHARS: Final = 40
_CENT_DIGITS: Final = 2
_GROUP_DIGITS: Final = 3
_PIVOT_YEAR: Final = 70
# Longest address that can travel (RFC 5321, 4.5.3.1.3).
_EMAIL_CHARS: Final = 254
_NO_COUNTRIES: Final = frozenset(("ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"))
_NEARLY_ALL: Final = 0.9
_HALF: Final = 0.5
_SIGNS: Final = {"€": "EUR", "$": "USD", "£": "GBP", "EURO": "EUR", "EUROS": "EUR"}
_LANGUAGES: Final = {
    "fr": "fr f fra fre français francais french frans französisch",
    "nl": "nl n nld dut néerlandais neerlandais nederlands dutch niederländisch vlaams",
    "en": "en e eng anglais engels english englisch",
    "de": "de d deu ger allemand duits german deutsch",
}
_LANGUAGE_OF: Final = {word: code for code, words in _LANGUAGES.items() for word in words.split()}
_CREDIT: Final = re.compile(
    r"381|nc|cn|ncc|avoirs?|notes? de cr[ée]dit.*|credit ?-?not[ae]s?.*|cr[ée]dit|kredietnota.*|gutschrift.*"
    r"|credit ?memo|rechnungskorrektur"
)
_INVOICE: Final = re.compile(
    r"380|f|fa|fc|fv|vf|fac|inv|si|factures?.*|facturen?|factuur.*|verkoopfactu.*|invoices?.*|sales invoice"
    r"|tax invoice|rechnung.*"
)
_CURRENCY: Final = r"€|\$|£|[A-Za-z]{3}"
_AMOUNT: Final = re.compile(
    rf"([-+−–])?\s*({_CURRENCY})?\s*([-+−–])?\s*([0-9][0-9\s.,'’]*|[.,][0-9]+)(?<!\s)\s*([-−–])?\s*({_CURRENCY})?\s*"
    r"([-−–])?"
)
_DIGITS: Final[Mapping[DecimalMark, re.Pattern[str]]] = {
    ",": re.compile(r"([0-9]+|[0-9]{1,3}([\s'’.])[0-9]{3}(?:\2[0-9]{3})*)?(?:,([0-9]*))?"),
    ".": re.compile(r"([0-9]+|[0-9]{1,3}([\s'’,])[0-9]{3}(?:\2[0-9]{3})*)?(?:\.([0-9]*))?"),
}
_BARE: Final = re.compile(r"[0-9]{1,12}(?:[.,][0-9]{1,8})?")
_TIME: Final = r"(?:[T ]\s*[0-9]{1,2}:[0-9]{2}.*)?"
_YEAR_FIRST: Final = re.compile(rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_TIME}")
_YEAR_LAST: Final = re.compile(rf"([0-9]{{1,2}})[-/. ]([0-9]{{1,2}})[-/. ]([0-9]{{4}}|[0-9]{{2}}){_TIME}")
_EIGHT: Final = re.compile(r"[0-9]{8}")
_SERIAL: Final = re.compile(r"([2-7][0-9]{4})(?:[.,][0-9]+)?")
_EMAIL: Final = re.compile(r"[^@\s<>(),;:\"]+@[A-Za-z0-9À-ÿ-]+(\.[A-Za-z0-9À-ÿ-]+)*\.[A-Za-zÀ-ÿ]{2,}")
_SHAPES: Final[Mapping[Field, re.Pattern[str]]] = {
    Field.COUNTRY: re.compile(r"[^0-9]+"),
    Field.LANGUAGE: re.compile(r"[^0-9]+"),
    Field.CURRENCY: re.compile(r"[A-Za-z]{3,5}|[€$£]"),
    Field.VAT_NUMBER: re.compile(r"[A-Za-z]{0,3}[\s.]*[0-9][0-9A-Z\s.]{7,}"),
    Field.DEBTOR: re.compile(r".*[^0-9].*"),
}
_DATES: Final = frozenset({Field.ISSUE, Field.DUE, Field.SETTLED})
_AMOUNTS: Final = frozenset({Field.TOTAL, Field.VAT, Field.PAID, Field.OPEN})


class Fault(StrEnum):
    """Why a cell could not be read; the value is a problem code."""

    AMOUNT = "amount_unreadable"
    FRACTION = "amount_fraction"
    DATE = "date_unreadable"
    IMPOSSIBLE = "date_impossible"


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as a cell states it.

    Attributes:
        cents: minor units, negative by a sign on either side or by parentheses.
        currency: ISO code of a sign or code in the cell, None when there is none.
    """

    cents: int
    currency: str | None


@lru_cache(maxsize=65_536)
def read_amount(text: str, decimal: DecimalMark) -> Amount | Fault:
    """An amount in any European or American writing, thousands grouped by ``. , ' ’`` or spaces.

    Args:
        text: the cell, not empty.
        decimal: the mark before cents; the other one can only group thousands.
    """
    # Most cells are bare digits: no need to look for signs and currencies around them.
    found = (False, text, None) if _BARE.fullmatch(text) else _match_amount(text)
    if found is None:
        return Fault.AMOUNT
    negative, digits, currency = found
    parts = _DIGITS[decimal].fullmatch(digits)
    if parts is None:
        return Fault.AMOUNT
    cents = (parts[3] or "").rstrip("0")
    if len(cents) > _CENT_DIGITS:
        return Fault.FRACTION
    whole = (parts[1] or "0") if parts[2] is None else re.sub(r"[^0-9]", "", parts[1])
    value = int(whole) * 100 + int(cents.ljust(_CENT_DIGITS, "0"))
    return Amount(-value if negative else value, currency)


def decide_decimal(texts: Iterable[str]) -> DecimalMark | None:
    """The mark before cents in a whole file, None when both stay possible.

    "1.234,56", "12,50" and "1.234.567" prove a mark. "1.234" fits both; "1,5" proves one only where
    no such cell stands beside it. Of proofs for both marks one must be ten times the other, which is
    then a mistake in its row; an amount that is unreadable either way proves nothing. ``,`` when no
    cell has a mark.
    """
    proofs = Counter[DecimalMark]()
    hints: set[DecimalMark] = set()
    doubtful = False
    for text in set(texts):
        found = _match_amount(text)
        marks = re.sub(r"[\s'’]", "", found[1]) if found else ""
        if not found or not re.search(r"[.,]", marks):
            continue
        last = marks[max(marks.rfind("."), marks.rfind(","))]
        mark: DecimalMark = "." if last == "." else ","
        other: DecimalMark = "," if mark == "." else "."
        after = len(marks) - marks.rfind(mark) - 1
        if marks.count(mark) > 1:
            proofs[other] += isinstance(read_amount(text, other), Amount)
        elif other in marks or after == _CENT_DIGITS or re.search(r"[\s'’]", found[1]):
            proofs[mark] += isinstance(read_amount(text, mark), Amount)
        elif after == _GROUP_DIGITS and re.match(r"[1-9][0-9]{0,2}[.,]", marks):
            doubtful = True
        else:
            hints.add(mark)
    for mark, other in ((",", "."), (".", ",")):
        if proofs[mark] > 10 * proofs[other]:
            return mark
    if proofs or doubtful or len(hints) > 1:
        return None
    return hints.pop() if hints else ","


@lru_cache(maxsize=65_536)
def read_date(text: str, order: DateOrder) -> date | Fault:
    """A date in the order of its file; a time of day after it is dropped.

    A year written first in four digits leaves no doubt and is read under every order, as are eight
    digits. Two-digit years are those from 1970 to 2069.
    """
    year_first = _YEAR_FIRST.fullmatch(text)
    if year_first:
        return _date(year_first[1], year_first[2], year_first[3])
    if _EIGHT.fullmatch(text):
        compact = _date(text[:4], text[4:6], text[6:])
        if isinstance(compact, date) and EARLIEST <= compact <= LATEST:
            return compact
        first, second = text[:2], text[2:4]
        return _date(text[4:], first, second) if order == "mdy" else _date(text[4:], second, first)
    serial = _SERIAL.fullmatch(text)
    if serial:
        return _SERIAL_ZERO + timedelta(days=int(serial[1])) if order == "serial" else Fault.DATE
    year_last = _YEAR_LAST.fullmatch(text)
    if not year_last or order not in {"dmy", "mdy"}:
        return Fault.DATE
    day, month = (year_last[1], year_last[2]) if order == "dmy" else (year_last[2], year_last[1])
    return _date(year_last[3], month, day)


def decide_dates(rows: Sequence[tuple[str, str, str]], *, day_first: bool) -> DateOrder | None:
    """The order of all dates of a file, None when day and month stay interchangeable.

    Args:
        rows: every different set of issue, due and settlement date, "" where there is none.
        day_first: whether the header's language writes the day first.
    """
    texts = Counter(text for row in rows for text in row if text)
    shapes = Counter[DateOrder]()
    only_day_first = only_month_first = 0
    undecided = False
    for text, count in texts.items():
        if not _YEAR_LAST.fullmatch(text):
            shapes[_shape(text)] += count
            continue
        shapes["dmy"] += count
        as_dmy, as_mdy = read_date(text, "dmy"), read_date(text, "mdy")
        only_day_first += count * (isinstance(as_dmy, date) and not isinstance(as_mdy, date))
        only_month_first += count * (isinstance(as_mdy, date) and not isinstance(as_dmy, date))
        undecided |= isinstance(as_dmy, date) and isinstance(as_mdy, date) and as_dmy != as_mdy
    order: DateOrder = max(shapes, key=lambda shape: shapes[shape], default="dmy")
    if order != "dmy":
        return order
    # One mistyped month in a long file is a mistake in a row; as many of each kind are a question.
    if only_day_first > 10 * only_month_first:
        return "dmy"
    if only_month_first > 10 * only_day_first:
        return "mdy"
    if only_day_first or only_month_first:
        return "dmy" if day_first and only_day_first >= only_month_first else None
    if not undecided:
        return "dmy"
    # The language of the header speaks before the sense of the rows: a wrong row may not turn them all.
    return "dmy" if day_first else _order_by_sense(rows)


def _order_by_sense(rows: Sequence[tuple[str, str, str]]) -> DateOrder | None:
    """The order in which nothing falls due before it is issued, if that is true of one order only."""

    def is_sound(order: DateOrder) -> bool:
        read = ((read_date(issue, order), read_date(due, order)) for issue, due, _ in rows)
        return not any(isinstance(a, date) and isinstance(b, date) and b < a for a, b in read)

    dmy, mdy = is_sound("dmy"), is_sound("mdy")
    if dmy == mdy:
        return None
    return "dmy" if dmy else "mdy"


def read_kind(text: str) -> Kind | None:
    """Invoice or credit note by code (UNTDID 1001) or word, None when it is neither."""
    word = " ".join(text.lower().replace("_", " ").split())
    if _CREDIT.fullmatch(word):
        return Kind.CREDIT_NOTE
    return Kind.INVOICE if _INVOICE.fullmatch(word) else None


def read_currency(text: str) -> str | None:
    """ISO 4217 code of a code, a sign or "euro", None when there is no such currency."""
    code = _SIGNS.get(text.upper(), text.upper())
    return code if re.fullmatch("[A-Z]{3}", code) and is_currency(code) else None


def read_language(text: str) -> str:
    """Two-letter code of a language the house writes or reads, "" for others."""
    return _LANGUAGE_OF.get(re.split(r"[-_]", text.lower())[0].strip(), "")


@lru_cache(maxsize=1024)
def read_country(text: str) -> str:
    """ISO 3166 alpha-2 code of a code or a name in French, Dutch, German or English, "" if none."""
    if re.fullmatch("[A-Za-z]{2,3}", text):
        code = text.upper()
        territories = Locale("en").territories
        if code in territories and code not in _NO_COUNTRIES:
            return code
        aliases = get_global("territory_aliases").get(code, [])
        return str(aliases[0]) if len(aliases) == 1 else ""
    return _country_names().get(text.casefold(), "")


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    return {
        name.casefold(): code
        for language in ("fr", "nl", "de", "en")
        for code, name in Locale(language).territories.items()
        if re.fullmatch("[A-Z]{2}", code)
    }


@lru_cache(maxsize=200_000)
def read_vat_number(text: str) -> tuple[str, bool]:
    """A VAT or enterprise number without its dots, and whether its check digits hold.

    Without a country prefix it may be Belgian (enterprise number) or French (SIREN, SIRET). A
    country whose rule is not known is not judged.
    """
    compact = re.sub(r"[\s./_-]", "", text).upper()
    if compact.isdigit():
        holds = belgian.is_valid(compact) or siren.is_valid(compact) or siret.is_valid(compact)
        return (compact, True) if holds else (text, False)
    prefix = compact[:2].lower()
    module = (
        get_cc_module("gr" if prefix == "el" else prefix, "vat") if re.fullmatch("[a-z]{2}", prefix) else None
    )
    if module is None:
        return text, bool(re.fullmatch("[A-Z]{2,3}[A-Z0-9]{5,}", compact))
    return (compact, True) if module.is_valid(compact) else (text, False)


def is_email(text: str) -> bool:
    """Whether it is one e-mail address with a domain."""
    return len(text) <= _EMAIL_CHARS and _EMAIL.fullmatch(text) is not None


def looks_like_data(cells: Iterable[str]) -> bool:
    """Whether a cell of a supposed header is a date or an amount with cents."""
    return any(
        _is_date_like(text) or re.search(r"[0-9][.,][0-9]{2}$", text) for text in map(str.strip, cells)
    )


def fit(field: Field, values: Sequence[str]) -> int:
    """Points to add to the confidence that a column holds a field, by its first values.

    Values never outweigh a clear header for dates and amounts: a wrong cell there is a problem of
    its row. They decide where a header has two meanings, and where a code list must match.
    """
    if not values:
        return 0
    share = sum(_suits(field, value) for value in values) / len(values)
    if field in _DATES | _AMOUNTS:
        return 0 if share > _NEARLY_ALL else -20 if share > _HALF else -55
    if field is Field.KIND and share > 0:
        return 0 if share > _HALF else -30
    if field in {Field.COUNTRY, Field.LANGUAGE, Field.CURRENCY, Field.KIND}:
        return 0 if share > _HALF else -100
    if field is Field.VAT_NUMBER:
        return 10 if share > _HALF else -15
    return 0 if share > _HALF else -30


def _suits(field: Field, value: str) -> bool:
    if field in _DATES:
        return _is_date_like(value)
    if field in _AMOUNTS:
        is_date = _is_date_like(value) and not _SERIAL.fullmatch(value)
        return not is_date and _match_amount(value) is not None
    if field is Field.KIND:
        return read_kind(value) is not None
    shape = _SHAPES.get(field)
    return shape is None or shape.fullmatch(value) is not None


def _is_date_like(text: str) -> bool:
    if _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text):
        return True
    if _EIGHT.fullmatch(text):
        return isinstance(read_date(text, "dmy"), date)
    return bool(_SERIAL.fullmatch(text))


def _shape(text: str) -> DateOrder:
    if _YEAR_FIRST.fullmatch(text):
        return "ymd"
    if _EIGHT.fullmatch(text):
        return "compact" if isinstance(_date(text[:4], text[4:6], text[6:]), date) else "dmy"
    return "serial" if _SERIAL.fullmatch(text) else "dmy"


def _match_amount(text: str) -> tuple[bool, str, str | None] | None:
    """Whether it is negative, its digits with their marks, and the currency beside them."""
    text = text.strip()
    if len(text) > _AMOUNT_CHARS:
        return None
    in_parentheses = text.startswith("(") and text.endswith(")")
    # "125,-" has no cents; the dash is no sign.
    bare = re.sub(r"(?<=[0-9])[.,][-–—]{1,2}(?=\s|$)", "", text[1:-1] if in_parentheses else text)
    found = _AMOUNT.fullmatch(bare.strip())
    if found is None:
        return None
    signs = [sign for sign in (found[1], found[3], found[5], found[7]) if sign]
    codes = [code for code in (found[2], found[6]) if code]
    if len(signs) + in_parentheses > 1 or len(codes) > 1:
        return None
    currency = read_currency(codes[0]) if codes else None
    if codes and currency is None:
        return None
    return in_parentheses or any(sign != "+" for sign in signs), found[4].strip(), currency


def _date(year: str, month: str, day: str) -> date | Fault:
    full = int(year)
    if len(year) < len("2025"):
        full += 2000 if full < _PIVOT_YEAR else 1900
    try:
        return date(full, int(month), int(day))
    except ValueError:
        return Fault.IMPOSSIBLE
