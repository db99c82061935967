"""``encaiss privacy``: what is held, a copy of one debtor, and what is past its time."""

import json
import zipfile
from datetime import date

import pytest
from sqlmodel import Session, select

from encaiss_dashboard.storage import records


@pytest.fixture
def moulin(written_to, client):
    return written_to(client)


def test_holdings_say_what_is_held_why_and_how_long(answer, run, moulin):
    told = answer("privacy", "holdings", "--client", "ardenne")
    kinds = {one["kind"]: one for one in told["holdings"]}
    assert kinds["debtors"]["count"] == 2
    assert kinds["invoices"]["basis"] == "GDPR art. 6(1)(c)"
    english = run("privacy", "holdings", "--client", "ardenne", "--lang", "en").stdout
    assert "Legal obligation" in english
    assert "10 years" in english


def test_export_writes_one_file_that_only_its_owner_reads_and_one_act(answer, house, moulin, tmp_path):
    file = tmp_path / "moulin.zip"
    told = answer("privacy", "export", "--client", "ardenne", "--debtor", "moulin  CLAIR", str(file))
    assert (told["debtor"], told["rows"]["invoice"]) == (moulin, 1)
    tables = json.loads(zipfile.ZipFile(file).read("data.json"))["tables"]
    assert tables["debtor"][0]["name"] == "Moulin Clair"
    assert file.stat().st_mode & 0o777 == 0o600
    with Session(house.engine) as session:
        acts = session.exec(select(records.Act).where(records.Act.kind == "exported")).all()
    assert [act.debtor_id for act in acts] == [moulin]


def test_what_cannot_be_exported_leaves_no_file_and_no_act(
    refusal, house, written_to, client, moulin, tmp_path
):
    file, there = tmp_path / "new.zip", tmp_path / "there.zip"
    there.write_bytes(b"mine")
    house.debtor(client, "MOULIN  Clair")
    before = house.dump()
    export = ("privacy", "export", "--client")
    assert "Nobody" in refusal(*export, "ardenne", "--debtor", "Nobody", str(file))["error"]
    assert "--number" in refusal(*export, "ardenne", "--debtor", "Moulin Clair", str(file))["error"]
    assert "nowhere" in refusal(*export, "nowhere", "--debtor", "Moulin Clair", str(file))["error"]
    refusal(*export, "ardenne", "--debtor", "Moulin Clair", str(there))
    folder = str(tmp_path / "none" / "x.zip")
    refusal(*export, "ardenne", "--debtor", "Moulin Clair", "--number", str(moulin), folder)
    assert (file.exists(), there.read_bytes()) == (False, b"mine")
    assert house.dump() == before


def test_purge_says_what_would_go_then_removes_it_once(answer, run, house, clock, moulin):
    clock.set(date(2037, 1, 1))
    before = house.dump()
    would = answer("privacy", "purge", "--dry-run")
    assert (would["dry_run"], would["removed"]["messages"], would["removed"]["debtors"]) == (True, 1, 1)
    assert house.dump() == before
    assert answer("privacy", "purge")["removed"]["debtors"] == 1
    assert set(answer("privacy", "purge")["removed"].values()) == {0}
    assert "Débiteurs effacés" in run("privacy", "purge").stdout


def test_a_worker_of_cron_removes_it_as_well(answer, house, clock, moulin):
    clock.set(date(2037, 1, 1))
    with Session(house.engine) as session, session.begin():
        session.exec(select(records.Agency)).one().demo = True  # as the tests' environment says
    answer("worker", "--once")
    assert set(answer("privacy", "purge", "--dry-run")["removed"].values()) == {0}
