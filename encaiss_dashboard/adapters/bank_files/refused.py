"""How a reader says that nothing of a file can be booked."""

from __future__ import annotations

from typing import NoReturn

from encaiss_dashboard.domain.errors import Problem

_SHOWN_MAX = 60


class RefusedError(Exception):
    """Something of a file is not understood, so that nothing of it is; ``problem`` says what and where."""

    def __init__(self, problem: Problem) -> None:
        """Keep what the file will list."""
        super().__init__(problem)
        self.problem = problem


def refuse(code: str, line: int | None = None, **facts: str) -> NoReturn:
    """Give up the file, for a reason that its sentence below ``problem.`` tells.

    Raises:
        RefusedError: always.
    """
    raise RefusedError(Problem(code, line, facts=shortened(facts)))


def warn(code: str, line: int | None = None, **facts: str) -> Problem:
    """What does not add up, of a file that is read all the same."""
    return Problem(code, line, facts=shortened(facts), blocks=False)


def shortened(facts: dict[str, str]) -> dict[str, str]:
    """Facts as a sentence may show them: a line of a file could be as long as the file."""
    return {name: " ".join(value.split())[:_SHOWN_MAX] for name, value in facts.items()}
