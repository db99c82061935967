"""Whether every cent that came in is somewhere, and nowhere twice."""

from __future__ import annotations

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.storage import book_checks, book_notes
from encaiss_dashboard.work import Work


def verify(work: Work) -> tuple[Problem, ...]:
    """What does not add up in the books of the whole house; nothing where all does.

    Raises:
        NotAllowed: anybody but an administrator and the house.
    """
    work.require_agency()
    return tuple(book_checks.check(work.session))


def notes(work: Work) -> tuple[Problem, ...]:
    """What the books cannot know: balances of statements that do not follow each other.

    A file may be missing; nothing is off by that.

    Raises:
        NotAllowed: anybody but an administrator and the house.
    """
    work.require_agency()
    return tuple(book_notes.gaps(work.session))
