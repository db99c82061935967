"""What can go wrong, as values (problems in somebody's data) and as refusals (exceptions)."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a file that its owner has to know about; never raised, always listed.

    Attributes:
        code: catalogue key below ``problem.``, e.g. ``amount_unreadable``.
        line: 1-based line of the file where the row starts, None when it is the whole file.
        field: the field of the trade it concerns (``total``, ``due``…), None for the whole row.
        facts: values that the sentence names (already text; never trusted as markup).
        blocks: True when the row is not imported because of it, False for a warning.
    """

    code: str
    line: int | None = None
    field: str | None = None
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    blocks: bool = True


class Refusal(Exception):  # noqa: N818 - the trade's word: the house says no, nothing broke
    """A request that the house refuses; ``code`` is its catalogue key below ``refusal.``."""

    code = "refused"

    def __init__(self, **facts: str) -> None:
        """Keep the facts that the sentence shown to the user names."""
        super().__init__(self.code, facts)
        self.facts = facts


class NotAllowed(Refusal):
    """The actor may not do this, or the record is another client's: the answer is the same."""

    code = "not_allowed"


class NotFound(Refusal):
    """No such record among those the actor may see."""

    code = "not_found"


class BadEmail(Refusal):
    """No e-mail address that a letter could be sent to."""

    code = "bad_email"


class WeakPassword(Refusal):
    """A password that is too short, too long, or that lists and patterns give away."""

    code = "weak_password"


class ChangedMeanwhile(Refusal):
    """What was shown is no longer what would happen."""

    code = "changed_meanwhile"


class Unreadable(Refusal):
    """A value typed by a person, or sent by a handler's caller, cannot be read."""

    code = "unreadable"
