"""When two spellings are the same debtor, and when they are alike enough to ask."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import filterfalse
from typing import Final

from rapidfuzz import fuzz

# Legal forms of Belgium, France and their neighbours, as `name_key` writes them.
_FORMS: Final = frozenset(
    (
        *(
            "sa",
            "nv",
            "srl",
            "bv",
            "sprl",
            "bvba",
            "sprlu",
            "ebvba",
            "sc",
            "cv",
            "scrl",
            "cvba",
            "snc",
            "vof",
        ),
        *("scs", "sca", "commv", "gcv", "asbl", "vzw", "aisbl", "ivzw", "sas", "sasu", "sarl", "eurl", "sci"),
        *("selarl", "gie", "gmbh", "ag", "kg", "ohg", "ug", "sagl", "spa", "ltd", "limited", "plc", "llc"),
        *("inc", "s", "a", "r", "l", "n", "v", "b", "c", "p"),
    )
)
_TITLES: Final = frozenset(
    (
        *("ste", "societe", "firma", "etablissements", "ets", "monsieur", "madame", "m", "mme", "mr", "mevr"),
        *("dhr", "de", "het"),
    )
)
ALIKE: Final = 85
"""From this likeness on two names are shown side by side to somebody who knows.

Measured: "Garage Petit" and "Garage Petite" 96, "Hôtel du Pont" and "Hotel du Pond" 92, "ACME" and "ACNE" 75.
"""
_BETWEEN: Final = re.compile(r"[^\w&+]+")
_SINGLE: Final = re.compile(r"(?<!\S)[^\W\d_](?: [^\W\d_](?!\S))+")
_COMMON: Final = 50
_WORD_LETTERS_MIN: Final = 3
_PART: Final = 4
_OFFERED: Final = 3


def name_key(name: str) -> str:
    """A name without case, accents, punctuation and double spaces; ``Œ`` counts as ``oe``.

    Single letters are one word, as ``S.A.``, ``S A`` and ``SA`` are. Legal forms stay: ``Dupont SRL`` and
    ``Dupont SA`` may be two companies.
    """
    if name.isascii():
        letters = name.lower()
    else:
        folded = unicodedata.normalize("NFKD", name.replace("Œ", "OE").replace("œ", "oe")).casefold()
        letters = "".join(filterfalse(unicodedata.combining, folded))
    words = _BETWEEN.sub(" ", letters).strip()
    return _SINGLE.sub(lambda run: run[0].replace(" ", ""), words)


def core(name: str) -> str:
    """What tells a name from others: its words in order of the alphabet, without legal form and title."""
    words = name_key(name).split()
    kept = [word for word in words if word not in _FORMS and word not in _TITLES]
    return " ".join(sorted(kept if any(map(str.isalnum, "".join(kept))) else words))


def likeness(name: str, other: str) -> int:
    """How alike two names are, 0 to 100: the normalised indel similarity of their cores (rapidfuzz ratio)."""
    return round(fuzz.ratio(core(name), core(other)))


class Names:
    """Names to be searched for what is written nearly the same, without comparing all with all.

    Only names that share a rare word, the beginning or end of one, or all of their words are compared;
    names whose digits differ or stand in another order ("Garage 2", "Garage 3") are never alike.
    """

    def __init__(self, names: Iterable[tuple[int, str]]) -> None:
        self._cores = [(key, core(name), _digits(name)) for key, name in names]
        self._sharing: dict[str, list[int]] = defaultdict(list)
        self._same: dict[str, list[int]] = defaultdict(list)
        for place, (_, name, _) in enumerate(self._cores):
            self._same[name].append(place)
            for part in _handles(name):
                self._sharing[part].append(place)

    def alike(self, name: str) -> list[tuple[int, int]]:
        """Keys of the most alike names with their :func:`likeness` from ``ALIKE`` on, the likeliest first."""
        if not self._cores:
            return []
        sought, digits = core(name), _digits(name)
        shared = (self._sharing.get(part, ()) for part in _handles(sought))
        places = {place for group in shared if len(group) <= _COMMON for place in group}
        # However common their words are, two names of the same ones are alike.
        places.update(self._same.get(sought, ())[:_COMMON])
        best: dict[int, int] = {}
        for key, other, other_digits in (self._cores[place] for place in places):
            score = round(fuzz.ratio(sought, other)) if digits == other_digits else 0
            if score >= ALIKE:
                best[key] = max(score, best.get(key, 0))
        return sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))[:_OFFERED]


def _handles(name: str) -> set[str]:
    words = {word for word in name.split() if len(word) >= _WORD_LETTERS_MIN}
    parts = (part for word in words for part in (f"{word[:_PART]}…", f"…{word[-_PART:]}"))
    return {*words, *parts} or {name}


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))
