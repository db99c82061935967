"""What the communication of a movement says: free, or in one of the structures of the standard."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from encaiss_dashboard.domain.money import Money

_TWELVE_DIGITS: Final = re.compile(r"[0-9]{12}")
_REASON: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{2}")
_AMOUNT: Final = re.compile(r"([0-9]{14})0")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
R_TRANSACTIONS: Final = frozenset("12345")
"""Rejected, returned, refunded, reversed, cancelled."""
_WORDS_22: Final = 53
# Where the structures of enclosure III hold words or numbers that somebody wrote, behind their three digits.
_WRITTEN: Final[dict[str, tuple[slice, ...]]] = {
    "103": (slice(0, 12),),  # number of a cheque or card
    "107": (slice(18, 48),),  # direct debit of before SEPA: its two lines
    "111": (slice(35, 51), slice(51, 61)),  # terminal: name, place
    "113": (slice(40, 56), slice(56, 66)),
    "114": (slice(27, 43), slice(43, 53), slice(53, 69)),  # and the reference of the sale
    "115": (slice(61, 77), slice(77, 87)),
    "121": (slice(50, 63),),  # number of a bill
    "122": (slice(32, 45),),
    "123": (slice(44, 57),),  # number of a guarantee
    "124": (slice(21, 33), slice(33, 48)),  # a card's invoice and holder
    "125": (slice(99, 112),),  # reference on the credit account
    "126": (slice(0, 15),),  # number of a deposit
    "127": (slice(79, 141),),  # SEPA direct debit: its communication
}
# What a calculation says in figures alone: VAT, interest.
_FIGURES: Final = frozenset({"106", "108"})
# An amount in the currency it was paid in, and that currency.
_ORIGINAL: Final = {"105": (slice(15, 30), slice(42, 45)), "113": (slice(66, 81), slice(93, 96))}
# Where a structured communication of twelve digits stands.
_STRUCTURED: Final = {"101": slice(0, 12), "102": slice(0, 12), "105": slice(45, 57), "115": slice(87, 99)}


class Told(NamedTuple):
    """A communication, taken apart as ``Movement`` has it.

    Attributes:
        returned: whether it is a SEPA direct debit that came back.
    """

    structured: str = ""
    text: str = ""
    mandate: str = ""
    original: Money | None = None
    returned: bool = False
    reason: str = ""


def free_words(first: str, second: str, third: str) -> str:
    """A free communication over records 2.1, 2.2 and 2.3: words go on where a record ends."""
    return f"{first}{second}{third}".replace("\0", "").strip()


def structured_words(first: str, second: str, third: str) -> Told:
    """A structured communication: three digits say which, its fields stand behind them in fixed places.

    A structure that is not known is given as text, whole.
    """
    whole = f"{first}{second.ljust(_WORDS_22)}{third}"
    kind, body = whole[:3], whole[3:]
    if kind == "100":
        return Told(structured=body[:35].strip())
    if kind in _FIGURES:
        return Told()
    structured = body[at] if (at := _STRUCTURED.get(kind)) else ""
    if structured and not _TWELVE_DIGITS.fullmatch(structured):
        # What is no twelve digits was still written by somebody.
        return Told(text=structured.strip(), original=_original(kind, body))
    if kind == "127":
        return Told(
            text=_written(kind, body),
            mandate=body[44:79].strip(),
            returned=body[141:142] in R_TRANSACTIONS,
            reason=return_reason(body[142:146]),
        )
    mandate = body[:12].strip() if kind == "107" else ""
    known = kind in _WRITTEN or kind in _STRUCTURED
    text = _written(kind, body) if known else whole.strip()
    return Told(structured, text, mandate, _original(kind, body))


def return_reason(field: str) -> str:
    """A reason as ISO 20022 codes it, else ""."""
    return field if _REASON.fullmatch(field) else ""


def _written(kind: str, body: str) -> str:
    parts = (body[at].strip() for at in _WRITTEN.get(kind, ()))
    return " ".join(part for part in parts if part.strip("0 ")).replace("\0", "")


def _original(kind: str, body: str) -> Money | None:
    if kind not in _ORIGINAL:
        return None
    amount_at, currency_at = _ORIGINAL[kind]
    amount = _AMOUNT.fullmatch(body[amount_at])
    if not amount or not _CURRENCY.fullmatch(body[currency_at]):
        return None
    return Money(int(amount[1]), body[currency_at])
