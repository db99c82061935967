"""Bank account numbers: the check digits of an IBAN, of any bank."""

from __future__ import annotations

import re
from typing import Final

from stdnum.iso7064 import mod_97_10

_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_COUNTRY_AND_CHECK: Final = 4


def compact(text: str) -> str:
    """An account number in capitals without spaces."""
    return "".join(text.split()).upper()


def is_iban(text: str) -> bool:
    """Whether it has the form of an IBAN and its check digits hold (ISO 13616, mod 97).

    Banks are not looked up: a valid number of an unknown one is valid.
    """
    number = compact(text)
    if not _IBAN.fullmatch(number):
        return False
    return bool(mod_97_10.is_valid(number[_COUNTRY_AND_CHECK:] + number[:_COUNTRY_AND_CHECK]))
