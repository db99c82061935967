"""Every sentence of the product in every language, and how its numbers and dates are written.

One folder a language, one TOML file an area of the product; a key is ``area.name``. A value with
plural forms is a table ``{one = "…", other = "…"}`` chosen by the fact ``n`` (CLDR rules).
"""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, get_day_names
from babel.numbers import format_currency, format_decimal, format_percent

from encaiss_dashboard.domain.money import Money

LANGUAGES: Final = ("fr", "nl", "en")
"""Of the interface, and of everything."""
LETTER_LANGUAGES: Final = (*LANGUAGES, "de")
"""Of what a debtor receives; the last only has the texts of letters."""
DEFAULT_LANGUAGE: Final = "fr"
# The agency works in Belgium: Irish English writes amounts as English readers in Brussels expect them.
_LOCALES: Final = {
    lang: Locale.parse(tag)
    for lang, tag in (("fr", "fr_BE"), ("nl", "nl_BE"), ("en", "en_IE"), ("de", "de_BE"))
}
_WEIGHT: Final = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_ZONE: Final = ZoneInfo("Europe/Brussels")
_DAY_PATTERNS: Final = {
    "short": "d MMM",
    "medium": "d MMM y",
    "long": "d MMMM y",
    "full": "EEEE d MMMM y",
    "month": "MMM",
    "month_name": "MMMM",
    "numeric": "dd/MM/y",
}
_GERMAN_DAYS: Final = {
    "short": "d. MMM",
    "medium": "d. MMM y",
    "long": "d. MMMM y",
    "full": "EEEE, d. MMMM y",
    "numeric": "dd.MM.y",
}


@cache
def catalogue(lang: str) -> dict[str, str | dict[str, str]]:
    """All texts of one language by their dotted key; in German only those of letters."""
    entries: dict[str, str | dict[str, str]] = {}
    for path in sorted((Path(__file__).parent / lang).glob("*.toml")):
        for name, value in tomllib.loads(path.read_text(encoding="utf-8")).items():
            entries[f"{path.stem}.{name}"] = value
    return entries


def text(lang: str, key: str, **facts: object) -> str:
    """The sentence of a key with its facts filled in.

    Raises:
        KeyError: no such key, which the tests exclude for every key the code names.
    """
    entry = catalogue(lang)[key]
    if isinstance(entry, dict):
        # French has a form of its own for a million, which is for the word, not for the number in digits.
        form = _LOCALES[lang].plural_form(Decimal(str(facts["n"]))) if "n" in facts else "other"
        entry = entry.get(form, entry["other"])
        facts = {**facts, "n": integer(int(str(facts["n"])), lang)} if "n" in facts else facts
    return entry.format_map(facts) if facts else entry


def preferred(header: str, default: str = DEFAULT_LANGUAGE) -> str:
    """The language of ours that an Accept-Language header likes best (RFC 9110, 12.5.4)."""
    liked: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, rest = part.partition(";")
        weight = _WEIGHT.fullmatch("".join(rest.split()))
        liked.append((float(weight[1]) if weight else 1.0, tag.strip()[:2].lower()))
    known = [(weight, lang) for weight, lang in liked if weight and lang in LANGUAGES]
    return max(known, key=lambda one: one[0])[1] if known else default


def money(amount: Money, lang: str, *, cents: bool = True) -> str:
    """An amount as its readers write it: ``1 234,50 €`` in French, ``€ 1.234,50`` in Dutch."""
    pattern = None if cents else _LOCALES[lang].currency_formats["standard"].pattern.replace(".00", "")
    written = format_currency(
        amount.decimal, amount.currency, format=pattern, locale=_LOCALES[lang], currency_digits=cents
    )
    return str(written).replace("-", "\N{MINUS SIGN}")


def day(on: date, lang: str, form: str = "medium") -> str:
    """A date in words or digits; forms: short, medium, long, full, month, month_name, numeric."""
    pattern = _DAY_PATTERNS[form]
    if lang == "de":
        pattern = _GERMAN_DAYS.get(form, pattern)
    written = str(format_date(on, pattern, locale=_LOCALES[lang]))
    # In French the first of a month is an ordinal and no other day is.
    return re.sub(r"\b1 (?=\w)", "1er ", written, count=1) if lang == "fr" and on.day == 1 else written


def moment(at: datetime, lang: str) -> str:
    """An aware time in Brussels, to the minute."""
    pattern = {
        "fr": "d MMM y 'à' H:mm",
        "nl": "d MMM y 'om' H:mm",
        "en": "d MMM y 'at' H:mm",
        "de": "d. MMM y 'um' H:mm",
    }
    return str(format_datetime(at.astimezone(_ZONE), pattern[lang], locale=_LOCALES[lang]))


def weekday(number: int, lang: str) -> str:
    """The name of a day of the week, 0 for Monday."""
    return str(get_day_names("wide", locale=lang)[number])


def territory(code: str) -> str:
    """A country's name in French, which posts everywhere read; its code when it has none."""
    return str(_LOCALES["fr"].territories.get(code, code))


def integer(value: int, lang: str) -> str:
    """A whole number with its thousands grouped."""
    return str(format_decimal(value, locale=_LOCALES[lang]))


def decimal(value: Decimal, lang: str, places: int = 1) -> str:
    """A number with exactly so many decimals, half up."""
    quantum = Decimal(1).scaleb(-places)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return str(
        format_decimal(value.quantize(quantum, rounding=ROUND_HALF_UP), pattern, locale=_LOCALES[lang])
    )


def percent(share: Decimal, lang: str) -> str:
    """A share of one as a percentage with one decimal."""
    return str(format_percent(share, "#,##0.0 %" if lang == "fr" else "#,##0.0%", locale=_LOCALES[lang]))
