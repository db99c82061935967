"""How well values suit a field, whatever their header says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from encaiss_dashboard.adapters.invoice_files.codes import read_kind
from encaiss_dashboard.adapters.invoice_files.values import (
    AMOUNTS,
    DATES,
    is_amount_like,
    is_date_like,
    is_serial,
)
from encaiss_dashboard.domain.intake import Field

_NEARLY_ALL: Final = 0.9
_HALF: Final = 0.5
_SHAPES: Final[Mapping[Field, re.Pattern[str]]] = {
    Field.COUNTRY: re.compile(r"[^0-9]+"),
    Field.LANGUAGE: re.compile(r"[^0-9]+"),
    Field.CURRENCY: re.compile(r"[A-Za-z]{3,5}|[€$£]"),
    Field.VAT_NUMBER: re.compile(r"[A-Za-z]{0,3}[\s.]*[0-9][0-9A-Z\s.]{7,}"),
    Field.EMAIL: re.compile(r".*@.*"),
    Field.IBAN: re.compile(r"(?:IBAN:? ?)?[A-Za-z]{2}[0-9]{2}[ .-]?[0-9A-Za-z .-]{11,40}"),
    Field.ENDPOINT: re.compile(r".*(?:::)?(?:0[0-9]|99)[0-9]{2}[:/ ].+|(?:BE)?[ .]?[01][0-9. ]{9,12}"),
    Field.POSTCODE: re.compile(r".*[0-9].*"),
    Field.CITY: re.compile(r".*[^\W\d_].*"),
    Field.DEBTOR: re.compile(r".*[^0-9].*"),
}

_MUST_SUIT: Final = frozenset(
    (Field.COUNTRY, Field.LANGUAGE, Field.CURRENCY, Field.KIND, Field.ENDPOINT, Field.IBAN)
)
_NAMES: Final = frozenset(
    (
        *(Field.NUMBER, Field.DEBTOR, Field.DEBTOR_NUMBER, Field.REFERENCE, Field.CREDITED),
        *(Field.ADDRESS, Field.CITY),
    )
)
_WITH_CENTS: Final = re.compile(r".*[0-9],[0-9]{2}|[€$£].*[0-9].*")


def looks_like_data(cells: Iterable[str]) -> bool:
    """Whether a cell of a supposed header is a date or an amount with cents."""
    return any(is_date_like(text) or re.search(r"[0-9][.,][0-9]{2}$", text) for text in map(str.strip, cells))


def fit(field: Field, values: Sequence[str]) -> int:
    """Points to add to the confidence that a column holds a field, by its first values.

    Values never outweigh a clear header for dates and amounts: a wrong cell there is a problem of
    its row. They decide where a header has two meanings, and where a code list must match. Where they
    contradict the surest header its confidence falls under 75: somebody should look.
    """
    if not values:
        return 0
    share = sum(_suits(field, value) for value in values) / len(values)
    if field in (*DATES, *AMOUNTS):
        return 0 if share > _NEARLY_ALL else -30 if share > _HALF else -55
    if field is Field.KIND and share > 0:
        return 0 if share > _HALF else -30
    if field in _MUST_SUIT:
        return 0 if share > _HALF else -100
    if field is Field.VAT_NUMBER:
        return 10 if share > _HALF else -30
    return 0 if share > _HALF else -30


def _suits(field: Field, value: str) -> bool:
    if field in DATES:
        return is_date_like(value)
    if field in AMOUNTS:
        is_date = is_date_like(value) and not is_serial(value)
        return not is_date and is_amount_like(value)
    if field is Field.KIND:
        return read_kind(value) is not None
    if field in _NAMES and (_WITH_CENTS.fullmatch(value) or (is_date_like(value) and not value.isdigit())):
        return False
    shape = _SHAPES.get(field)
    return shape is None or shape.fullmatch(value) is not None
