"""What the stories of imports share: a desk on each database, and a way to look problems up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from desks import Desk, Pile

from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.locales import LANGUAGES, text
from encaiss_dashboard.wiring import Wiring


@pytest.fixture
def desk(wiring: Wiring, house: Any, clock: Any) -> Desk:
    pile = Pile()
    wired = replace(wiring, files=pile)
    client = house.client("atelier", "Atelier Exemple SRL", enterprise_number="BE0403170701")
    return Desk(wired, pile, house, clock, client)


@pytest.fixture
def found() -> Any:
    """Finds problems of a code in a preview, whose sentences and fields exist in every language."""

    def find(seen: Any, code: str) -> list[Problem]:
        problems = [problem for problem in seen.reading.problems if problem.code == code]
        for problem in problems:
            for lang in LANGUAGES:
                assert text(lang, f"problem.{code}", **problem.facts)
                assert problem.field is None or text(lang, f"field.{problem.field}")
        return problems

    return find
