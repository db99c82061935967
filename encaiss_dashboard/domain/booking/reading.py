"""What a payer wrote, as it may name an invoice: references and numbers, however they are written.

Payers write a reference without slashes, with spaces, amid a sentence, with a digit wrong; a number with
other punctuation, without its zeros, several of them after one word. Nothing here knows what is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from encaiss_dashboard.domain.references import ReferenceUnreadable, is_ogm, parse_rf

_READ_MAX: Final = 1_000  # a bank takes 140 characters, a table as many as somebody puts there
_OGM_LENGTH: Final = 12
_OGM_GROUPINGS: Final = ((12,), (3, 4, 5), (10, 2))
_RF_LENGTH_MAX: Final = 25
_LENGTH_MIN: Final = 6
_DIGITS_MIN: Final = 4
_GROUPS_MAX: Final = 4
_PREFIX_GAP_MAX: Final = 1
_PREFIX_LENGTH_MAX: Final = 4
_YEAR_AND_MORE: Final = re.compile(r"(20[0-9]{2})([0-9]{2,})")
_YEAR: Final = re.compile(r"20[0-9]{2}")
_DIGITS: Final = re.compile(r"[0-9]+")
_TOKEN: Final = re.compile(r"[0-9]+|[^\W\d_]+")
_OTHERS: Final = re.compile(r"[^0-9A-Z]+")
_OGM_BETWEEN: Final = re.compile(r"[+*/ .\-\s]{1,4}")
_BETWEEN: Final = re.compile(r"[^0-9,;&()+\s]{1,4}|\s{1,2}|\s?[/.\-_:]\s?")
_GLUE: Final = frozenset("/.-_")
_RF: Final = re.compile(r"(?<![A-Z0-9])RF ?[0-9]{2}[A-Z0-9 ]{1,30}")
# What has digits and names no invoice: days, amounts.
_NO_NUMBER: Final = re.compile(
    r"(?<![0-9])[0-3]?[0-9]([/.-])[01]?[0-9]\1(?:20)?[0-9]{2}(?![0-9])"
    r"|(?<![0-9])20[0-9]{2}([/.-])[01]?[0-9]\2[0-3]?[0-9](?![0-9])"
    r"|(?<![0-9])[0-9]{1,3}(?:[ .]?[0-9]{3})*[,.][0-9]{2}(?![0-9])(?![/.-][0-9])"
)
# The last twelve digits of a Belgian account hold as those of a reference do.
_ACCOUNT: Final = re.compile(r"(?<![A-Z0-9])[A-Z]{2}[0-9]{2}(?: ?[0-9]{4}){3,7}(?: ?[0-9]{1,3})?(?![0-9])")
_INVOICE: Final = frozenset(
    (
        *("FACT", "FACTS", "FACTURE", "FACTURES", "FACTUUR", "FACTUREN", "FAKTUUR", "FAC", "FTR", "FACTNR"),
        *("FACTUURNUMMER", "FACTUURNR", "INV", "INVOICE", "INVOICES", "RECHNUNG", "RECHNUNGEN", "RG", "VF"),
    )
)
_NUMBER: Final = frozenset(("N", "NR", "NO", "NRS", "NOS", "NUM", "NUMERO", "NUMÉRO", "NUMMER", "NUMBER"))
_AND: Final = frozenset(("ET", "EN", "AND", "UND"))


@dataclass(frozen=True, slots=True)
class Window:
    """Some groups of digits beside each other that may be the number of an invoice.

    Attributes:
        key: as :func:`number_key` makes it.
        prefix: the letters right before it, in capitals.
        inner: the letters between its digits.
        worded: a word such as "facture" or "nr" introduces it.
        weak: it is of a day, an amount or an account, or a part of something longer.
        first, last: its groups, counted through the text.
    """

    key: str
    prefix: str
    inner: str
    worded: bool
    weak: bool
    first: int
    last: int

    @property
    def digits(self) -> int:
        """How many digits count in it."""
        return len(self.key) - self.key.count(".")


@dataclass(frozen=True, slots=True)
class Written:
    """What a text may name.

    Attributes:
        references: letters and digits of what may be a reference, in their order.
        doubtful: of what looks like one, but for its check digits.
        valid: the structured communications and RF references among ``references``: their check digits hold.
        windows: what may be an invoice's number, the longest first.
    """

    references: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    valid: tuple[str, ...] = ()
    windows: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class _Group:
    """Digits of a text, and what stands before them."""

    text: str
    start: int
    end: int
    prefix: str
    worded: bool


def reference_key(text: str) -> str:
    """The letters and digits of a reference, in capitals; "" for what is too short to find anything by."""
    key = _OTHERS.sub("", text.upper())
    return key if len(key) >= _LENGTH_MIN and sum(map(str.isdigit, key)) >= _DIGITS_MIN else ""


def number_key(number: str) -> str:
    """The groups of digits of a number without leading zeros, joined by dots: ``F2026/0412`` is ``2026.412``.

    A year that something follows without a mark is a group of its own: ``20260412`` has the same key.
    """
    return ".".join([part.lstrip("0") or "0" for run in _DIGITS.findall(number) for part in _parts(run)])


def number_letters(number: str) -> tuple[str, str]:
    """The letters before the digits of a number, and those between them, in capitals."""
    runs = list(_TOKEN.finditer(number.upper()))
    digits = [place for place, run in enumerate(runs) if run[0][0].isdigit()]
    if not digits:
        return "", ""
    prefix = runs[digits[0] - 1][0] if digits[0] else ""
    inner = (run[0] for run in runs[digits[0] : digits[-1]] if not run[0][0].isdigit())
    return prefix, "".join(inner)


def variants(key: str) -> Iterator[str]:
    """What a reference was before one of its digits was mistyped, or two beside each other were swapped."""
    for place, one in enumerate(key):
        if not one.isdigit():
            continue
        for other in "0123456789":
            if other != one:
                yield f"{key[:place]}{other}{key[place + 1 :]}"
        after = key[place + 1 : place + 2]
        if after.isdigit() and after != one:
            yield f"{key[:place]}{after}{one}{key[place + 2 :]}"


def read(text: str) -> Written:
    """What a text may name; of a very long one its beginning."""
    if not text:
        return Written()
    upper = text[:_READ_MAX].upper()
    rest = _ACCOUNT.sub(_blank, _RF.sub(_blank, upper))
    groups = _groups(rest)
    found, doubtful, valid = list[str](), list[str](), list[str]()
    for key, grouping in _twelves(rest, groups):
        found.append(key)
        if grouping in _OGM_GROUPINGS:
            (valid if is_ogm(key) else doubtful).append(key)
    for reference, holds in _rf(upper):
        (valid if holds else doubtful).append(reference)
        found.append(reference)
    found += map(reference_key, [*rest.split(), upper])
    references = tuple(dict.fromkeys(filter(None, found)))
    return Written(references, tuple(dict.fromkeys(doubtful)), tuple(valid), tuple(_windows(rest, groups)))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _parts(run: str) -> Sequence[str]:
    glued = _YEAR_AND_MORE.fullmatch(run)
    return glued.groups() if glued else (run,)


def _groups(upper: str) -> list[_Group]:
    """Groups of digits, in their order; whether a word introduces them lasts through a list."""
    groups, worded, before, ends = list[_Group](), False, "", -1
    for token in _TOKEN.finditer(upper):
        text = token[0]
        if text[0].isdigit() and text.isascii():
            near = token.start() - ends <= _PREFIX_GAP_MAX
            groups.append(_Group(text, *token.span(), before if near else "", worded))
            before = ""
            continue
        if text in _INVOICE or text in _NUMBER:
            worded = True
        elif text not in _AND and len(text) > _PREFIX_LENGTH_MAX:
            worded = False
        before, ends = text, token.end()
    return groups


def _twelves(upper: str, groups: Sequence[_Group]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Groups that have twelve digits together, with nothing between them but marks of a reference."""
    for first in range(len(groups)):
        length = 0
        for last in range(first, len(groups)):
            if last > first and not _OGM_BETWEEN.fullmatch(upper, groups[last - 1].end, groups[last].start):
                break
            length += len(groups[last].text)
            if length > _OGM_LENGTH:
                break
            if length == _OGM_LENGTH:
                chosen = [one.text for one in groups[first : last + 1]]
                yield "".join(chosen), tuple(map(len, chosen))


def _rf(upper: str) -> Iterator[tuple[str, bool]]:
    """References of ISO 11649, of several lengths the longest valid one; and whether check digits hold."""
    for match in _RF.finditer(upper):
        words = match[0].split()
        ends = [end for end in accumulate(words) if len("RF18") < len(end) <= _RF_LENGTH_MAX]
        valid = [end for end in ends if _is_rf(end)]
        if valid:
            yield valid[-1], True
        elif ends:
            yield ends[0] if len(words[0]) > len("RF18") else ends[-1], False


def _is_rf(text: str) -> bool:
    try:
        parse_rf(text)
    except ReferenceUnreadable:
        return False
    return True


def _windows(upper: str, groups: Sequence[_Group]) -> list[Window]:
    others = [match.span() for match in _NO_NUMBER.finditer(upper)]
    found = []
    for first in range(len(groups)):
        for last in range(first, min(first + _GROUPS_MAX, len(groups))):
            if last > first and not _BETWEEN.fullmatch(upper, groups[last - 1].end, groups[last].start):
                break
            found.append(_window(upper, groups, (first, last), others))
    return sorted(found, key=lambda one: (one.first - one.last, one.first))


def _window(
    upper: str, groups: Sequence[_Group], ends: tuple[int, int], others: Sequence[tuple[int, int]]
) -> Window:
    first, last = ends
    start, end = groups[first].start, groups[last].end
    glued = (
        first > 0 and _is_glued(upper, groups[first - 1], groups[first]),
        last + 1 < len(groups) and _is_glued(upper, groups[last], groups[last + 1]),
    )
    return Window(
        number_key(upper[start:end]),
        groups[first].prefix,
        "".join(filter(str.isalpha, upper[start:end])),
        groups[first].worded,
        any(glued) or any(low < end and start < high for low, high in others),
        first,
        last,
    )


def _is_glued(upper: str, left: _Group, right: _Group) -> bool:
    """Whether a group is one with its neighbour: a mark between them, and either is a year."""
    is_year = _YEAR.fullmatch(left.text) or _YEAR.fullmatch(right.text)
    return bool(is_year) and upper[left.end : right.start] in _GLUE
