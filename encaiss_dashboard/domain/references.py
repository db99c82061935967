"""Payment references and enterprise numbers: made, checked and printed as Belgium prints them."""

from __future__ import annotations

import re
from typing import Final

from stdnum import iso11649
from stdnum.be import ogm_vcs, vat
from stdnum.exceptions import ValidationError
from stdnum.fr import siren, siret, tva
from stdnum.iso7064 import mod_97_10

from encaiss_dashboard.domain.errors import Unreadable

_DEBTOR_DIGITS: Final = 9
# RFC 5322 §3.4.1 without quotes and comments, in the letters that every mail server takes.
_EMAIL: Final = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
)
_EMAIL_LENGTH_MAX: Final = 254  # RFC 5321 §4.5.3.1.3, less the brackets
_OGM_MARKS: Final = str.maketrans("", "", "+*/ .-\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}")


class ReferenceUnreadable(Unreadable):
    """Not a reference of the wanted kind, or its check digits are wrong; fact ``value``."""

    code = "reference_unreadable"


def ogm_digits(text: str) -> str:
    """The digits of a structured communication without its ``+++``, ``***``, slashes and spaces.

    They are not checked: :func:`parse_ogm` does that.
    """
    return text.translate(_OGM_MARKS)


def make_ogm(digits: str) -> str:
    """The OGM/VCS of ten digits with its check digits, ``+++123/4567/89002+++`` (Febelfin).

    The check digits are the ten digits modulo 97, 97 in place of 0.

    Raises:
        ReferenceUnreadable: anything but ten digits.
    """
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ReferenceUnreadable(value=digits)
    return format_ogm(digits + ogm_vcs.calc_check_digits(digits))


def parse_ogm(text: str) -> str:
    """The twelve digits of a valid OGM/VCS, however it is decorated.

    Raises:
        ReferenceUnreadable: another length, other characters or wrong check digits.
    """
    digits = ogm_digits(text)
    try:
        return str(ogm_vcs.validate(digits))
    except ValidationError as error:
        raise ReferenceUnreadable(value=text) from error


def is_ogm(text: str) -> bool:
    """Whether a text is a valid OGM/VCS."""
    return ogm_vcs.is_valid(ogm_digits(text))


def format_ogm(text: str) -> str:
    """A valid OGM/VCS as it is printed, ``+++123/4567/89002+++``.

    Raises:
        ReferenceUnreadable: it is none.
    """
    return f"+++{ogm_vcs.format(parse_ogm(text))}+++"


def ogm_for_debtor(debtor_id: int) -> str:
    """The one reference of a statement that covers several invoices: 9, the id on nine digits, check.

    Raises:
        ReferenceUnreadable: an id below 1 or above nine digits.
    """
    if not 1 <= debtor_id < 10**_DEBTOR_DIGITS:
        raise ReferenceUnreadable(value=str(debtor_id))
    return make_ogm(f"9{debtor_id:0{_DEBTOR_DIGITS}d}")


def make_rf(body: str) -> str:
    """The ISO 11649 creditor reference of one to 21 letters and digits, ``RF18539007547034``.

    Raises:
        ReferenceUnreadable: too long, empty, or other characters.
    """
    compact = iso11649.compact(body)
    if not re.fullmatch(r"[0-9A-Z]{1,21}", compact):
        raise ReferenceUnreadable(value=body)
    return f"RF{mod_97_10.calc_check_digits(compact + 'RF')}{compact}"


def parse_rf(text: str) -> str:
    """A valid ISO 11649 reference without its spaces.

    Raises:
        ReferenceUnreadable: it is none.
    """
    compact = iso11649.compact(text)
    # The library also takes letters for check digits, and digits of other scripts.
    if not re.fullmatch(r"RF[0-9]{2}[0-9A-Z]{1,21}", compact) or not iso11649.is_valid(compact):
        raise ReferenceUnreadable(value=text)
    return str(compact)


def parse_enterprise_number(text: str) -> str:
    """The ten digits of a valid Belgian enterprise number, from ``BE 0202.239.951`` or plainer.

    The last two digits are 97 − (first eight modulo 97).

    Raises:
        ReferenceUnreadable: it is none.
    """
    try:
        return str(vat.validate(text))
    except ValidationError as error:
        raise ReferenceUnreadable(value=text) from error


def is_enterprise_number(text: str) -> bool:
    """Whether a text is a valid Belgian enterprise number."""
    return vat.is_valid(text)


def format_enterprise_number(text: str) -> str:
    """A valid Belgian enterprise number as it is printed, ``BE 0202.239.951``.

    Raises:
        ReferenceUnreadable: it is none.
    """
    number = parse_enterprise_number(text)
    return f"BE {number[:4]}.{number[4:7]}.{number[7:]}"


def national_enterprise_number(text: str, country: str) -> str:
    """A valid enterprise number of Belgium or France as it is printed there.

    French ones are nine digits (SIREN); an establishment's number (SIRET) or a VAT number names one.

    Raises:
        ReferenceUnreadable: it is none of that country's.
    """
    if country == "BE":
        return format_enterprise_number(text)
    if siret.is_valid(text):
        return str(siren.format(siret.to_siren(text)))
    digits = tva.compact(text)[2:] if tva.is_valid(text) else siren.compact(text)
    if not siren.is_valid(digits):
        raise ReferenceUnreadable(value=text)
    return str(siren.format(digits))


def is_email(text: str) -> bool:
    """Whether mail could be sent to this address; whether anybody reads it, only a mail can tell."""
    return len(text) <= _EMAIL_LENGTH_MAX and _EMAIL.fullmatch(text) is not None
