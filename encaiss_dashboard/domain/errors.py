"""What can go wrong, as values (problems in somebody's data) and as refusals (exceptions)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
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
        row: what its row says of itself: ``number`` and ``debtor``, ``total`` as written or ``cents`` with
            ``currency``; without what is unknown, and empty where the row was read.
    """

    code: str
    line: int | None = None
    field: str | None = None
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    blocks: bool = True
    row: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)


WARNINGS_LISTED_MAX = 1_000
PROBLEMS_LISTED_MAX = 100_000


class Problems:
    """Problems of a file, which may be a million: listed up to a bound, then only counted.

    Of a warning the first thousand are listed, of all together the first hundred thousand.
    """

    def __init__(self) -> None:
        self.listed: list[Problem] = []
        self.unlisted: dict[str, int] = {}
        self._warnings: dict[str, int] = {}

    def add(self, problem: Problem) -> None:
        """List one more, or count it."""
        if self.room(problem.code, blocks=problem.blocks) > 0:
            self.listed.append(problem)
            if not problem.blocks:
                self._warnings[problem.code] = self._warnings.get(problem.code, 0) + 1
        else:
            self.count(problem.code, 1)

    def room(self, code: str, *, blocks: bool) -> int:
        """How many more of a code would be listed."""
        left = PROBLEMS_LISTED_MAX - len(self.listed)
        return left if blocks else min(left, WARNINGS_LISTED_MAX - self._warnings.get(code, 0))

    def count(self, code: str, more: int) -> None:
        """So many more of a code that are not listed."""
        if more > 0:
            self.unlisted[code] = self.unlisted.get(code, 0) + more


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
