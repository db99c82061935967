"""By what a debtor is known again: its name and numbers as they are compared."""

from __future__ import annotations

import re
from typing import Final

from encaiss_dashboard.domain.matching import name_key

_ENTERPRISE_DIGITS_MIN: Final = 8
_BELGIAN_DIGITS: Final = 10
_BELGIAN: Final = re.compile(r"(?:BE)?([01][0-9]{9})")
_COUNTED: Final = re.compile("[1-9]")
_FRENCH_VAT: Final = re.compile(r"FR[0-9A-Z]{2}([0-9]{9})")
_BELGIAN_SCHEMES: Final = ("0208:", "9925:")
# What people write where a customer has no number of its own, without signs and accents.
_NO_NUMBERS: Final = frozenset(
    (
        *("na", "nc", "nvt", "nihil", "nil", "null", "none", "nan", "inconnu", "onbekend", "unknown"),
        *("x", "xx", "xxx", "divers", "diverse", "diversen", "comptant", "contant", "particulier"),
    )
)
_ERASED: Final = "|erased "


def enterprise_key(number: str) -> str:
    """An enterprise number as compared, "" for what cannot tell companies apart (``n/a``, ``0``).

    A Belgian VAT number is the enterprise number behind its country, a French one the SIREN behind its
    key. Nine digits, as Belgian numbers were written until 2008 and as a SIREN has, get a zero in front.
    """
    if (belgian := _BELGIAN.fullmatch(number)) and _COUNTED.search(number):
        return belgian[1]
    signs = "".join(filter(str.isalnum, number)).upper()
    signs = signs.removeprefix("BE") if signs.removeprefix("BE").isdecimal() else signs
    signs = french[1] if (french := _FRENCH_VAT.fullmatch(signs)) else signs
    digits = [c for c in signs if c.isdigit()]
    if len(digits) < _ENTERPRISE_DIGITS_MIN or set(digits) == {"0"}:
        return ""
    return f"0{signs}" if signs.isdecimal() and len(signs) == _BELGIAN_DIGITS - 1 else signs


def enterprise_of(endpoint: str) -> str:
    """The enterprise number within a Belgian Peppol address, as compared; "" within any other."""
    return enterprise_key(endpoint[5:]) if endpoint.startswith(_BELGIAN_SCHEMES) else ""


def number_key(number: str) -> str:
    """The client's own number of a debtor, "" for what stands where there is none (``-``, ``n/a``, ``0``)."""
    if _COUNTED.search(number):
        return number
    signs = name_key(number).replace(" ", "")
    return number if any(map(str.isalnum, signs)) and signs not in _NO_NUMBERS and signs.strip("0") else ""


def same_number(one: str, other: str) -> bool:
    """Whether two of the client's own numbers differ by case or zeros in front only, as sheets lose them."""
    return one.casefold().lstrip("0") == other.casefold().lstrip("0")


def match_key(name: str, enterprise_number: str = "", number: str = "") -> str:
    """What a debtor is found again by, unique for each client: the name as compared, then a number."""
    return f"{name_as_compared(name)}|{enterprise_key(enterprise_number) or number_key(number)}"


def name_as_compared(name: str) -> str:
    """The name as compared; one of signs only is compared as it stands."""
    return name_key(name) or name.casefold()


def is_erased(key: str) -> bool:
    """Whether a key is the one that an erased debtor has (services/privacy/erasure.py): no name makes it."""
    return key.startswith(_ERASED)
