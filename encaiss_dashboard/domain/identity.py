"""By what a debtor is known again: its name and numbers as they are compared."""

from __future__ import annotations

from typing import Final

from encaiss_dashboard.domain.matching import name_key

_ENTERPRISE_DIGITS_MIN: Final = 8


def enterprise_key(number: str) -> str:
    """An enterprise number as compared, "" for what cannot tell companies apart (``n/a``, ``0``)."""
    signs = "".join(filter(str.isalnum, number)).upper()
    # A Belgian VAT number is the enterprise number behind its country.
    signs = signs.removeprefix("BE") if signs.removeprefix("BE").isdecimal() else signs
    digits = [c for c in signs if c.isdigit()]
    return signs if len(digits) >= _ENTERPRISE_DIGITS_MIN and set(digits) != {"0"} else ""


def number_key(number: str) -> str:
    """The client's own number of a debtor as compared, "" for signs only."""
    return number if any(map(str.isalnum, number)) else ""


def match_key(name: str, enterprise_number: str = "", number: str = "") -> str:
    """What a debtor is found again by, unique for each client: the name as compared, then a number.

    A name of signs only is compared as it stands.
    """
    return f"{name_key(name) or name.casefold()}|{enterprise_key(enterprise_number) or number_key(number)}"
