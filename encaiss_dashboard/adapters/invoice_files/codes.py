"""What single cells say that hold a code: kind, currency, language, country, VAT number, accounts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from babel import Locale
from babel.core import get_global
from babel.numbers import is_currency
from stdnum import get_cc_module
from stdnum.be import vat as belgian
from stdnum.fr import siren, siret
from stdnum.iso7064 import mod_97_10

from encaiss_dashboard.domain.invoices import Kind

# Longest address that can travel (RFC 5321, 4.5.3.1.3).
EMAIL_CHARS: Final = 254
_NO_COUNTRIES: Final = frozenset(("ZZ", "EU", "EZ", "UN", "QO", "XA", "XB"))
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
    r"|credit ?memo|rechnungskorrektur|nota d[ei] cr[ée]dito.*|abono|factura rectificativa.*"
)
_INVOICE: Final = re.compile(
    r"380|f|fa|fc|fv|vf|fac|inv|si|factures?.*|facturen?|factuur.*|verkoopfactu.*|invoices?.*|sales invoice"
    r"|tax invoice|rechnung.*|factura.*|fattura.*|fatura.*"
)
_EMAIL: Final = re.compile(r"[^@\s<>(),;:\"]+@[A-Za-z0-9À-ÿ-]+(\.[A-Za-z0-9À-ÿ-]+)*\.[A-Za-zÀ-ÿ]{2,}")
_IBAN: Final = re.compile("[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BELGIAN: Final = "0208"
_ENDPOINT: Final = re.compile(
    r"(?:iso6523-actorid-upis::)?((?:0[0-9]|99)[0-9]{2})\s?[:/ ]\s?([A-Z0-9.:-]{4,45})", re.IGNORECASE
)


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
    """ISO 3166 alpha-2 code of a code or a name in the languages of headers, "" if none."""
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
        for language in ("es", "it", "pt", "fr", "nl", "de", "en")
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


@lru_cache(maxsize=200_000)
def read_email(text: str) -> str:
    """The address as it is, "" when no letter could go there."""
    return text if len(text) <= EMAIL_CHARS and _EMAIL.fullmatch(text) else ""


@lru_cache(maxsize=65_536)
def read_iban(text: str) -> str:
    """A bank account without spaces, "" when its check digits (ISO 7064, mod 97-10) are wrong."""
    compact = re.sub(r"[\s.-]", "", text).upper().removeprefix("IBAN").lstrip(":")
    if not _IBAN.fullmatch(compact) or not mod_97_10.is_valid(compact[4:] + compact[:4]):
        return ""
    return compact


@lru_cache(maxsize=65_536)
def read_endpoint(text: str) -> str:
    """A Peppol address as ``0208:0123456789``, "" when it is none.

    A Belgian enterprise number stands for itself, with or without its country, and is checked.
    """
    found = _ENDPOINT.fullmatch(text)
    scheme, number = (found[1], re.sub(r"[.\s]", "", found[2]).upper()) if found else (_BELGIAN, text)
    if scheme == _BELGIAN:
        number = re.sub(r"[\s.-]", "", number).upper().removeprefix("BE")
        return f"{scheme}:{number}" if re.fullmatch("[0-9]{10}", number) and belgian.is_valid(number) else ""
    return f"{scheme}:{number}"
