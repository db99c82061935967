"""Processes that are killed: what was there before is there, or what was to come is, and nothing between."""

import json
import os
import time

import pytest

from encaiss_dashboard.storage import records

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ROWS = 800
MOMENTS = (0.05, 0.7, 0.95)

# The command itself, in a process for each line that is read: a start of its own would take longer
# than all it does, and the moments would fall into it.
COMMANDS = """
import json, os, sys, time
from sqlalchemy.orm import configure_mappers
from encaiss_dashboard.cli.commands import encaiss
configure_mappers()
out = os.dup(1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
for line in sys.stdin:
    asked, begun = json.loads(line), time.monotonic()
    child = os.fork()
    if not child:
        encaiss.main(asked["words"], prog_name="encaiss")
    if asked["killed_after_s"] is not None:
        time.sleep(asked["killed_after_s"])
        os.kill(child, 9)
    ended = os.waitpid(child, 0)[1]
    os.write(out, f"{ended} {time.monotonic() - begun}\\n".encode())
"""


@pytest.fixture
def command(house, started):
    """Runs a command in its own process, killed after so many seconds; how it ended, after how many."""
    pipe = {"stdin": -1, "stdout": -1, "text": True, "bufsize": 1}
    shell = started(house, "-c", COMMANDS, **pipe)

    def run(*words, killed_after_s=None):
        shell.stdin.write(json.dumps({"words": words, "killed_after_s": killed_after_s}) + "\n")
        ended, took_s = shell.stdout.readline().split()
        return int(ended), float(took_s)

    return run


def ledger(path, mark):
    path.write_text(
        "Numéro;Client;Date;Échéance;Total\n"
        + "".join(f"{mark}-{n};Debtor {n % 300};05/09/2026;05/10/2026;100,50\n" for n in range(ROWS)),
        encoding="utf-8",
    )
    return str(path)


def test_a_killed_import_leaves_nothing_or_everything(
    client, house, command, answer, count, sound, whole, tmp_path
):
    options = ["--client", "ardenne"]
    ended, whole_s = command("import", ledger(tmp_path / "first.csv", "A"), *options)
    assert (ended, count(house, records.Invoice)) == (0, ROWS)
    endings, kept = [], 1
    for number, moment in enumerate(MOMENTS):
        path = ledger(tmp_path / f"{number}.csv", f"B{number}")
        endings.append(command("import", path, *options, killed_after_s=whole_s * moment)[0])
        there = count(house, records.Invoice) - kept * ROWS
        assert there in {0, ROWS}
        kept += there == ROWS
        whole(house)
    assert endings[0] == 9, "the first one was killed before its end"
    for number in range(len(MOMENTS)):
        said = answer("import", str(tmp_path / f"{number}.csv"), *options)
        assert (said["created"], said["unchanged"]) in {(ROWS, 0), (0, ROWS)}
    assert answer("import", str(tmp_path / "0.csv"), *options)["unchanged"] == ROWS
    assert count(house, records.Invoice) == ROWS * (1 + len(MOMENTS))
    assert count(house, records.Debtor) == 300
    sound(house)


@ON_SQLITE
def test_a_killed_backup_leaves_the_last_one(furnished, backup, key, refusal, answer, started, settings):
    before, half = backup.read_bytes(), backup.with_name("encaiss.backup.part")
    (settings.uploads / "batch-2").write_bytes(os.urandom(1 << 20))
    endless = settings.uploads / "batch-3"
    os.mkfifo(endless)  # holds the backup up in its middle until it is killed
    dying = started(furnished, "-m", "encaiss_dashboard.cli", "backup", backup, "--key", key)
    while not half.exists() or half.stat().st_size < 1 << 19:
        assert dying.poll() is None
        time.sleep(0.01)
    dying.kill()
    dying.wait()
    endless.unlink()
    assert backup.read_bytes() == before
    assert "incomplet" in refusal("restore", str(half), "--key", key)["error"]
    assert answer("backup", str(backup), "--key", key)["verified"]
    assert not half.exists()


@ON_SQLITE
def test_a_restore_that_was_killed_may_be_repeated(furnished, backup, key, elsewhere, ask, facts):
    """The files come to their place before the rows are committed; a folder of the work may be left."""
    other = elsewhere()
    uploads = other.wiring.settings.uploads
    unfinished = uploads.with_name("uploads.part")
    for folder in (uploads, unfinished):
        folder.mkdir(parents=True)
    (uploads / "batch-1").write_bytes((furnished.wiring.settings.uploads / "batch-1").read_bytes())
    (unfinished / "batch-1").write_bytes(b"half")
    assert ask(other, "restore", backup, "--key", key)[0] == 0
    assert facts(other) == facts(furnished)
    assert not unfinished.exists()
