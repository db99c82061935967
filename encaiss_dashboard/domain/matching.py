"""When two spellings are the same debtor: only when nothing but case, accents and spaces differ."""

from __future__ import annotations

import re
import unicodedata


def name_key(name: str) -> str:
    """A name without case, accents, punctuation and double spaces; ``Œ`` counts as ``oe``.

    Legal forms stay: ``Dupont SRL`` and ``Dupont SA`` may be two companies.
    """
    folded = unicodedata.normalize("NFKD", name.replace("Œ", "OE").replace("œ", "oe")).casefold()
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return re.sub(r"[^\w&+]+", " ", letters).strip()
