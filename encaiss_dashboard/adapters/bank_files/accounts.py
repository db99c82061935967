"""Numbers of accounts, as an IBAN wherever they are one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from stdnum import iban as ibans
from stdnum.iso7064 import mod_97_10

_BBAN: Final = re.compile(r"(\d{3})-?(\d{7})-?(\d{2})")
_ENDS_IN_CURRENCY: Final = re.compile(r"(.*[0-9A-Z] ?)[A-Z]{3}")


@lru_cache(maxsize=65_536)
def account_number(written: str) -> str:
    """An IBAN without spaces; a Belgian number of before IBAN becomes one.

    What is neither stays as it is written, without the currency behind it; of zeros alone nothing is left.
    """
    text = " ".join(written.split())
    if ibans.is_valid(text):
        return _compact(text)
    with_currency = _ENDS_IN_CURRENCY.fullmatch(text)
    if with_currency and (with_currency[1].endswith(" ") or ibans.is_valid(with_currency[1])):
        return account_number(with_currency[1])
    if not text.strip("0 "):
        return ""
    return _belgian(text) or text


def _compact(text: str) -> str:
    return text.replace(" ", "").upper()


def _belgian(text: str) -> str:
    """The IBAN of twelve digits whose last two are right: the first ten modulo 97, 97 in place of 0."""
    found = _BBAN.fullmatch(text)
    if not found:
        return ""
    digits = "".join(found.groups())
    if int(digits[10:]) != (int(digits[:10]) % 97 or 97):
        return ""
    return f"BE{mod_97_10.calc_check_digits(f'{digits}BE')}{digits}"
