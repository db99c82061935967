"""`encaiss backup` and `restore`: the whole of it, of one moment, from either database into either."""

import subprocess
import time
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import text

from encaiss_dashboard import wiring as house_wiring
from encaiss_dashboard.storage import backups as storage
from encaiss_dashboard.storage import records
from encaiss_dashboard.storage.records import Record

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_everything_comes_back_in_either(furnished, backup, key, elsewhere, ask, facts, sound, engine):
    before, other = facts(furnished), elsewhere(engine)
    code, said = ask(other, "restore", backup, "--key", key)
    assert (code, said["rows"], said["files"]) == (0, sum(map(len, before[0].values())), 3)
    assert sorted(before[1]) == ["batch-1", "message-1-1", "message-2-1"]
    assert facts(other) == before
    if furnished.wiring.engine.dialect.name == engine:
        assert other.dump() == furnished.dump()
    sound(other)
    # New rows get numbers of their own, and the journal is still closed.
    assert other.client("new", "Neuve SRL") == 1 + max(row[0] for row in before[0]["client"])
    with pytest.raises(Exception, match="append-only"), other.engine.begin() as connection:
        connection.execute(text("DELETE FROM act"))


@ON_SQLITE
def test_what_came_back_is_backed_up_and_comes_back(furnished, backup, key, elsewhere, ask, facts, tmp_path):
    there, home = elsewhere("postgresql"), elsewhere("sqlite")
    ask(there, "restore", backup, "--key", key)
    code, again = ask(there, "backup", tmp_path / "again", "--key", key)
    assert (code, again["verified"]) == (0, True)
    assert ask(home, "restore", tmp_path / "again", "--key", key)[0] == 0
    assert facts(home) == facts(furnished)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@ON_SQLITE
def test_a_backup_of_any_revision_is_brought_to_the_newest(wiring, elsewhere, key, ask, tmp_path, engine):
    newest = set()
    for revision in house_wiring.known_revisions():
        old, new = elsewhere(engine), elsewhere(engine, migrated=True)
        with old.engine.begin() as connection:
            house_wiring.migrate_within(connection, revision, None)
        assert ask(old, "backup", tmp_path / "old", "--key", key)[0] == 0
        assert ask(new, "restore", tmp_path / "old", "--key", key)[0] == 0
        with new.engine.connect() as connection:
            newest.add(storage.revision(connection))
            assert set(storage.tables(connection)) == set(Record.metadata.tables)
    assert len(newest) == 1


# ---------------------------------------------------------------- what is said and kept


@ON_SQLITE
def test_the_answer_counts_what_is_kept(furnished, answer, run, key, facts, tmp_path):
    path = tmp_path / "encaiss.backup"
    said = answer("backup", str(path), "--key", key)
    rows, files = facts(furnished)
    assert said == {
        "file": str(path),
        "at": "2026-11-22T09:30:00+00:00",
        "size_bytes": path.stat().st_size,
        "tables": len(rows),
        "rows": sum(map(len, rows.values())),
        "files": len(files),
        "verified": True,
    }
    assert "Verified" in run("backup", str(path), "--key", key, "--lang", "en").stdout
    assert path.stat().st_mode & 0o777 == 0o600
    left = {one.name for one in tmp_path.iterdir() if not one.name.startswith("encaiss.db")}
    assert left == {"encaiss.backup", "backup.key", "ledger.csv", "uploads", "uploads.work"}


@ON_SQLITE
def test_a_recipient_alone_makes_a_backup_and_opens_none(furnished, answer, run, refusal, key, tmp_path):
    path, public = str(tmp_path / "encaiss.backup"), tmp_path / "public"
    recipient = Path(key).read_text(encoding="ascii").splitlines()[0].split()[-1]
    public.write_text(f"# of the agency\n\n{recipient}\n", encoding="ascii")
    assert answer("backup", path, "--key", str(public))["verified"] is False
    assert "Not verified" in run("backup", path, "--key", str(public), "--lang", "en").stdout
    assert "AGE-SECRET-KEY" in refusal("restore", path, "--key", str(public))["error"]
    assert "ENCAISS_DATABASE_URL" in refusal("restore", path, "--key", key)["error"]


@ON_SQLITE
def test_a_key_is_for_its_owner_and_is_never_overwritten(answer, refusal, tmp_path):
    path = tmp_path / "key"
    assert answer("backup-key", str(path))["recipient"].startswith("age1")
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.read_text(encoding="ascii")
    assert "existe déjà" in refusal("backup-key", str(path))["error"]
    assert path.read_text(encoding="ascii") == before


@ON_SQLITE
def test_nothing_can_be_read_without_the_key_and_all_of_it_with_public_tools(furnished, backup, key):
    data = backup.read_bytes()
    for word in ("Moulin", "ardenne", "Élise", "manifest", "invoice", "compta@moulin.example"):
        assert word.encode() not in data
    identity = pyrage.x25519.Identity.from_str(Path(key).read_text(encoding="ascii").split()[-1])
    opened = pyrage.decrypt(data, [identity])
    listed = subprocess.run(["tar", "tz"], input=opened, capture_output=True, check=True).stdout.decode()
    assert {"backup.json", "tables/invoice/0.jsonl", "files/batch-1", "manifest.json"} <= set(listed.split())


# ---------------------------------------------------------------- while others write

IMPORTING = """
import sys
from encaiss_dashboard.cli.commands import encaiss
for number in range(500):
    name = f"{sys.argv[1]}/loop-{number}.csv"
    with open(name, "w") as file:
        file.write("Numéro;Client;Date;Échéance;Total\\n")
        for row in range(60):
            file.write(f"L-{number}-{row};Debtor {number} {row % 7};05/09/2026;05/10/2026;100,50\\n")
        file.write(f"C-{number};Debtor {number} 0;05/09/2026;05/09/2026;-20,50\\n")
    encaiss.main(["import", name, "--client", "ardenne", "--json"], standalone_mode=False)
"""


def test_a_backup_while_imports_go_on_is_of_one_moment(
    client, house, answer, key, elsewhere, started, ask, count, whole, tmp_path
):
    path = str(tmp_path / "encaiss.backup")
    writer = started(house, "-c", IMPORTING, str(tmp_path))
    while (before := count(house, records.ImportBatch)) < 2:
        assert writer.poll() is None
        time.sleep(0.05)
    assert answer("backup", path, "--key", key)["verified"]
    other = elsewhere("sqlite")
    assert ask(other, "restore", path, "--key", key)[0] == 0
    whole(other)
    assert before <= count(other, records.ImportBatch) < count(house, records.ImportBatch)
    assert writer.poll() is None, "it wrote all the time"
