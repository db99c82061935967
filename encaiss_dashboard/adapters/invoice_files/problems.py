"""Problems of a file, as many as somebody might read; the rest is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from encaiss_dashboard.adapters.invoice_files import limits
from encaiss_dashboard.domain.errors import Problem


class UnusableError(Exception):
    """Nothing of a file can be used, for the reason that ``problem`` says."""

    def __init__(self, problem: Problem) -> None:
        """Keep what the reading will list."""
        super().__init__(problem)
        self.problem = problem


class ProblemList:
    """Problems in the order of their lines: of a warning the first thousand, a hundred thousand in all."""

    def __init__(self) -> None:
        self._listed: list[Problem] = []
        self._warned = Counter[str]()
        self.unlisted = Counter[str]()

    def add(self, problems: Iterable[Problem]) -> None:
        """List problems; those of one code come by line."""
        for problem in problems:
            if self._lists(problem):
                self._warned[problem.code] += not problem.blocks
                self._listed.append(problem)
            else:
                self.unlisted[problem.code] += 1

    def _lists(self, problem: Problem) -> bool:
        if not problem.blocks and self._warned[problem.code] >= limits.LISTED_OF_A_WARNING:
            return False
        # Twice as many, as what is found last may stand first.
        return len(self._listed) < 2 * limits.LISTED

    def listed(self) -> tuple[Problem, ...]:
        """The first ones by line, those of one line in the order they were found; counts the rest."""
        ordered = sorted(self._listed, key=lambda problem: problem.line or 0)
        self.unlisted.update(problem.code for problem in ordered[limits.LISTED :])
        del ordered[limits.LISTED :]
        self._listed = ordered
        return tuple(ordered)
