"""What an auditor asks the command line: is the journal whole, and who may do what."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from encaiss_dashboard.cli.journal import permission_lines
from encaiss_dashboard.domain.permissions import ALLOWED, Action, Role
from encaiss_dashboard.storage.journal import ActKind

README = Path(__file__).resolve().parents[3] / "README.md"
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@ON_SQLITE
def test_a_whole_journal_is_said_to_be_with_its_heads(house, answer):
    client = house.client("mosan", "Mosan SRL")
    for _ in range(3):
        house.act(client, ActKind.SENT, date(2026, 11, 2))
    chains = {one["client"]: one for one in answer("journal", "verify")["chains"]}
    assert chains["Mosan SRL"]["entries"] == 3
    assert chains["Mosan SRL"]["flaw"] is None
    assert len(chains["Mosan SRL"]["head"]) == 64
    assert set(chains) == {"", "Mosan SRL"}


@ON_SQLITE
def test_the_first_act_altered_in_the_database_file_is_named(house, refusal):
    client = house.client("mosan", "Mosan SRL")
    for _ in range(4):
        house.act(client, ActKind.SENT, date(2026, 11, 2))
    with house.wiring.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER act_no_update"))
        connection.execute(
            text("UPDATE act SET kind = 'failed' WHERE chain = :c AND seq >= 2"), {"c": client}
        )
    said = refusal("journal", "verify")
    assert "Mosan SRL" in said["error"]
    assert "n° 2" in said["error"]
    (broken,) = [one for one in said["chains"] if one["flaw"]]
    assert (broken["flaw"], broken["at"]) == ("altered", 2)


@ON_SQLITE
def test_the_permissions_are_those_that_services_ask(answer):
    said = answer("permissions")
    assert said == {
        role.value: [action.value for action in Action if action in ALLOWED[role]] for role in Role
    }


def test_the_readme_carries_the_table_of_the_code():
    """`make docs` writes it."""
    written = README.read_text(encoding="utf-8").split("<!-- permissions -->\n")[1].split("\n<!-- end -->")[0]
    assert written == "\n".join(permission_lines("en"))
