"""A rule that a document breaks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Broken:
    """One broken rule.

    Attributes:
        rule: its id, as in ``BR-CO-15``; ``XSD`` for the schema of its syntax.
        message: what it says, in its own words.
        fatal: whether a document that breaks it is no invoice.
    """

    rule: str
    message: str
    fatal: bool
