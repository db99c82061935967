"""Which column holds what: headers in seven languages, found and understood.

A header is read as a set of concepts, word by word: "Factuurdatum", "Date de facture" and
"InvoiceDate" are all {invoice, date}. Both tables stand in `vocabulary`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.vocabulary import FILLERS, MEANINGS, WEAK, WORDS
from encaiss_dashboard.domain.intake import ColumnGuess, Field

REQUIRED: Final = (Field.NUMBER, Field.DEBTOR, Field.ISSUE, Field.TOTAL)
RECOGNISED: Final = 2
"""So many known names make a record the header."""
_HEADER_WITHIN: Final = 50
_HEADING_CHARS: Final = 80


class _Heading(NamedTuple):
    """A header cell understood: its concepts, how many words are unknown, the languages of its words."""

    concepts: frozenset[str]
    unknown: int
    languages: frozenset[str]


def _index() -> tuple[dict[str, list[tuple[str, str]]], dict[frozenset[str], list[tuple[Field, int]]]]:
    words: dict[str, list[tuple[str, str]]] = {}
    for concept, by_language in WORDS.items():
        for language, text in by_language.items():
            for word in text.split():
                words.setdefault(word, []).append((concept, language))
    meanings: dict[frozenset[str], list[tuple[Field, int]]] = {}
    for field, patterns in MEANINGS.items():
        for pattern, confidence in patterns.items():
            meanings.setdefault(frozenset(pattern.split()), []).append((field, confidence))
    return words, meanings


_VOCABULARY, _MEANT_BY = _index()


def known_columns(cells: Sequence[str]) -> int:
    """How many different fields the cells of a record name, were it the header."""
    return len({meant[0][0] for meant in map(meanings, cells) if meant})


def find_header(records: Sequence[Record], chosen: Sequence[str]) -> int | None:
    """Position of the header among the records: it names the most fields, or all chosen columns.

    Where nothing is recognised it is the first record of more than one cell, so that a person can
    still say what its columns hold; None when there is none.
    """
    first = records[:_HEADER_WITHIN]
    if chosen:
        for position, record in enumerate(first):
            if set(chosen) <= set(labels(record.cells)):
                return position
    best = max(range(len(first)), key=lambda at: known_columns(first[at].cells), default=None)
    if best is not None and known_columns(first[best].cells) >= RECOGNISED:
        return best
    return next((at for at, record in enumerate(first) if sum(map(bool, record.cells)) > 1), None)


def labels(cells: Sequence[str]) -> tuple[str, ...]:
    """Unique column names: an empty one becomes ``#3``, a second "Date" becomes ``Date #5``."""
    seen: Counter[str] = Counter()
    names = []
    for position, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())
        seen[name] += 1
        if not name or seen[name] > 1:
            name = f"{name} #{position}".strip()
        names.append(name)
    return tuple(names)


def map_columns(
    header: Sequence[str],
    chosen: Mapping[Field, str | None],
    fit: Callable[[Field, int], int],
) -> dict[Field, ColumnGuess]:
    """Give every field its likeliest column, each column once, the surest pairs first.

    Args:
        header: column names as `labels` gives them.
        chosen: what a person decided; it goes before any guess.
        fit: how well the values of the column at a position suit a field: points to add to the
            confidence (below zero where they do not).
    """
    result = {
        field: ColumnGuess(column, 100) for field, column in chosen.items() if column and column in header
    }
    taken = {guess.column for guess in result.values()}
    pairs = [
        (confidence + fit(field, position), -position, field)
        for position, column in enumerate(header)
        for field, confidence in meanings(re.sub(r" ?#\d+$", "", column))
        if column not in taken and field not in chosen
    ]
    for confidence, position, field in sorted(pairs, key=lambda pair: pair[:2], reverse=True):
        column = header[-position]
        if confidence > 0 and field not in result and column not in taken:
            result[field] = ColumnGuess(column, min(confidence, 100))
            taken.add(column)
    return result


def speaks_day_first(header: Sequence[str]) -> bool:
    """Whether the header is of a continental language: their dates begin with the day."""
    votes: Counter[str] = Counter()
    for column in header:
        languages = _understand(column).languages
        if languages:
            votes["both" if {"en"} < languages else "english" if "en" in languages else "continental"] += 1
    return votes["continental"] > votes["english"]


@lru_cache(maxsize=4096)
def meanings(header: str) -> tuple[tuple[Field, int], ...]:
    """Fields that a header cell may name, with a confidence of 0 to 100, the surest first.

    One word that is not understood is tolerated beside two that are, at a discount.
    """
    if len(header) > _HEADING_CHARS:
        return ()
    heading = _understand(header)
    concepts, unknown = heading.concepts, heading.unknown
    weak = concepts & WEAK
    if weak and concepts not in _MEANT_BY:
        concepts, unknown = concepts - weak, unknown + len(weak)
    if unknown > (1 if len(concepts) > 1 else 0):
        return ()
    meant = _MEANT_BY.get(concepts, [])
    return tuple(sorted(((f, c - 30 * unknown) for f, c in meant), key=lambda pair: pair[1], reverse=True))


@lru_cache(maxsize=4096)
def _understand(header: str) -> _Heading:
    concepts: set[str] = set()
    languages: set[str] | None = None
    unknown = 0
    for word in _words(header):
        entries = [entry for part in _parts(word) for entry in _VOCABULARY[part]]
        if not entries:
            unknown += 1
            continue
        for part in _parts(word):
            concepts |= _concepts(part)
            spoken = {language for _, language in _VOCABULARY[part]}
            languages = spoken if languages is None else languages & spoken or languages
    return _Heading(frozenset(concepts), unknown, frozenset(languages or ()))


def _concepts(word: str) -> set[str]:
    # "solde" is first of all the balance; {settled} and {open} share its meanings.
    found = {concept for concept, _ in _VOCABULARY[word]}
    return {"open"} if found == {"open", "settled"} else found


def _words(header: str) -> list[str]:
    """The words of a header; a change of case parts words only where they mean nothing together."""
    whole = _plain_words(header)
    if all(map(_parts, whole)):
        return whole
    return _plain_words(re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", header))


def _plain_words(text: str) -> list[str]:
    text = re.sub(r"(?i)\be-mail", "email", text)
    text = re.sub(r"(?i)\bn(?:\.?[°º]|o)\.?(?=\W|$)|#|\bnº", " nr ", text.replace("%", " pct "))
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    words = re.findall(r"[a-z0-9]+", text.lower().replace("ß", "ss"))
    return [word for word in words if word not in FILLERS]


@lru_cache(maxsize=8192)
def _parts(word: str) -> tuple[str, ...]:
    """A word as known words: itself, or the parts of a compound such as "factuurnummer"."""
    if word in _VOCABULARY:
        return (word,)
    for cut in range(len(word) - 2, 2, -1):
        if word[:cut] in _VOCABULARY:
            rest = _parts(word[cut:])
            if rest:
                return (word[:cut], *rest)
    return ()
