"""What `encaiss backup` and `restore` refuse: each in one sentence, and with everything as it was."""

import hashlib
import json
import tarfile
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import text

from encaiss_dashboard.adapters import archive
from encaiss_dashboard.storage import backups as storage
from encaiss_dashboard.storage.engine import make_engine

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def altered(data, what):
    place = {"first line": 30, "header": 180, "early": 400, "middle": len(data) // 2, "end": len(data) - 3}
    if what in place:
        at = place[what]
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    return {
        "cut": data[:-1],
        "half": data[: len(data) // 2],
        "start": data[:100],
        "longer": data + b"\0",
        "garbage": b"PK\x03\x04" + bytes(5000),
        "empty": b"",
    }[what]


SENTENCES = {
    "first line": "does not open",
    "header": "incomplete or altered",
    "early": "incomplete or altered",
    "middle": "incomplete or altered",
    "end": "incomplete or altered",
    "cut": "incomplete or altered",
    "half": "incomplete or altered",
    "start": "incomplete or altered",
    "longer": "incomplete or altered",
    "garbage": "not a backup",
    "empty": "not a backup",
}


@pytest.fixture
def refused(elsewhere, ask):
    """Restores into an empty place, which is as empty afterwards; gives the sentence."""
    other = elsewhere("sqlite", migrated=True)
    folder = other.wiring.settings.data_dir

    def restore(path, key):
        before, listed = other.dump(), sorted(folder.rglob("*"))
        code, said = ask(other, "restore", path, "--key", key)
        assert code == 2, said
        assert other.dump() == before
        assert sorted(folder.rglob("*")) == listed
        return said["error"]

    return restore


@ON_SQLITE
def test_a_file_that_is_not_what_was_written_is_refused(furnished, backup, key, refused, tmp_path):
    data = backup.read_bytes()
    for what, sentence in SENTENCES.items():
        (tmp_path / "bad").write_bytes(altered(data, what))
        assert sentence in refused(tmp_path / "bad", key), what


@ON_SQLITE
def test_two_backups_do_not_write_to_one_name(furnished, backup, key, refusal):
    before = backup.read_bytes()
    with archive.replacing(backup) as (stream, written):
        assert "Attendez" in refusal("backup", str(backup), "--key", key)["error"]
        stream.write(before)
        assert written.exists()
    assert backup.read_bytes() == before


@ON_SQLITE
def test_another_key_a_broken_key_and_no_key_are_told_apart(furnished, backup, answer, refused, tmp_path):
    other = answer("backup-key", str(tmp_path / "other.key"))["key_file"]
    assert "does not open" in refused(backup, other)
    (tmp_path / "broken").write_text("AGE-SECRET-KEY-1QQQ\n", encoding="ascii")
    (tmp_path / "empty").write_text("# nothing\n", encoding="ascii")
    for name in ("broken", "empty"):
        said = refused(backup, tmp_path / name)
        assert "no readable backup key" in said
        assert "QQQ" not in said
    assert "missing" in refused(backup, tmp_path / "missing")


def test_a_restore_never_goes_over_data(furnished, backup, key, refusal, elsewhere, ask):
    before = furnished.dump()
    said = refusal("restore", str(backup), "--key", key)["error"]
    assert "ENCAISS_DATABASE_URL" in said
    assert furnished.dump() == before
    other = elsewhere()
    uploads = other.wiring.settings.uploads
    uploads.mkdir(parents=True)
    (uploads / "batch-1").write_bytes(b"something else")
    code, said = ask(other, "restore", backup, "--key", key)
    assert (code, "ENCAISS_DATA_DIR" in said["error"]) == (2, True)
    assert [path.read_bytes() for path in uploads.iterdir()] == [b"something else"]


@ON_SQLITE
def test_a_backup_replaces_nothing_but_a_backup(furnished, key, refusal, sound, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "encaiss.db")
    for path in (key, str(tmp_path / "encaiss.db"), str(tmp_path / "link"), str(tmp_path)):
        assert "n’est pas une sauvegarde" in refusal("backup", str(path), "--key", key)["error"]
    sound(furnished)
    assert "missing" in refusal("backup", str(tmp_path / "missing" / "x"), "--key", key)["error"]


@ON_SQLITE
def test_a_backup_that_cannot_be_proved_does_not_replace_the_last(furnished, backup, key, refusal, settings):
    before = backup.read_bytes()
    engine = make_engine(settings.database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("UPDATE allocation SET invoice_id = 999")
    engine.dispose()
    assert "à titre d’essai" in refusal("backup", str(backup), "--key", key)["error"]
    assert backup.read_bytes() == before
    assert not list(settings.data_dir.glob("*.part"))


@ON_SQLITE
def test_a_table_of_somebody_else_is_told(furnished, backup, key, refusal):
    with furnished.wiring.engine.begin() as connection:
        connection.execute(text("CREATE TABLE holidays (id INTEGER)"))
    assert "holidays" in refusal("backup", str(backup), "--key", key)["error"]


@ON_SQLITE
def test_an_unknown_revision_or_no_tables_is_told(furnished, backup, key, refusal, elsewhere, ask, tmp_path):
    code, said = ask(elsewhere(), "backup", tmp_path / "none", "--key", key)
    assert (code, "no tables" in said["error"]) == (2, True)
    with furnished.wiring.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'ffffffffffff'"))
    assert "ffffffffffff" in refusal("backup", str(backup), "--key", key)["error"]


# ---------------------------------------------------------------- made by somebody with the recipient


HEAD = {"format": "encaiss-backup", "version": 1, "revision": "?", "at": "2026-11-22", "columns": {}}
ENDING = {"tables": {}, "files": {}}
NO_ROWS = hashlib.sha256().hexdigest()
UP = b"up"
UP_SUM = {"rows": 0, "size_bytes": 2, "sha256": hashlib.sha256(UP).hexdigest()}


def hostile(path, key, *members):
    keys = archive.read_keys(Path(key))
    with path.open("wb") as stream:
        archive.seal(stream, keys, chain.from_iterable(members))


def part(name, data):
    """A member with any name at all."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return [info.tobuf(tarfile.USTAR_FORMAT), data, bytes(-len(data) % 512)]


def one(name, what):
    return part(name, json.dumps(what).encode())


@ON_SQLITE
def test_members_made_by_somebody_else_are_refused(furnished, key, refused, tmp_path, database):
    with furnished.wiring.engine.connect() as connection:
        now = HEAD | {
            "revision": storage.revision(connection),
            "columns": storage.columns(storage.tables(connection)),
        }
    link = tarfile.TarInfo("files/batch-1")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    start, end = one("backup.json", now), one("manifest.json", ENDING)
    cases = {
        "up": [start, part("files/../../escaped", UP), end],
        "absolute": [start, part(str(tmp_path / "escaped"), UP), end],
        "hidden": [start, part("files/.escaped", UP), end],
        "link": [start, [link.tobuf(tarfile.USTAR_FORMAT)], end],
        "twice": [start, part("files/a", UP), part("files/a", UP), end],
        "unannounced": [start, part("files/a", UP), end],
        "unknown table": [start, part("tables/nothing/0.jsonl", b"[1]\n"), end],
        "no piece": [start, part("tables/client/1.jsonl", b"[1]\n"), end],
        "missing": [start, one("manifest.json", ENDING | {"files": {"a": UP_SUM}})],
        "no end": [start],
        "no start": [end],
        "after the end": [start, end, part("files/a", UP)],
        "other columns": [one("backup.json", now | {"columns": {"client": ["id"]}}), end],
        "another product": [one("backup.json", now | {"format": "other"}), end],
        "no head": [one("backup.json", [1, 2]), end],
        "nothing": [],
    }
    for what, members in cases.items():
        hostile(tmp_path / "bad", key, *members)
        assert "not a backup" in refused(tmp_path / "bad", key), what
    assert not list(tmp_path.rglob("*escaped*"))
    newer = [
        one("backup.json", now | {"revision": "ffffffffffff"}),
        one("backup.json", now | {"version": 2}),
    ]
    for first in newer:
        tables = {name: {"rows": 0, "size_bytes": 0, "sha256": NO_ROWS} for name in now["columns"]}
        hostile(tmp_path / "bad", key, first, one("manifest.json", ENDING | {"tables": tables}))
        assert "newer release" in refused(tmp_path / "bad", key)


@ON_SQLITE
def test_a_member_larger_than_memory_should_hold_is_refused(furnished, key, refused, tmp_path):
    info = tarfile.TarInfo("backup.json")
    info.size = archive.PART_BYTES_MAX + 1
    zeros = (bytes(1 << 20) for _ in range(65))
    hostile(tmp_path / "bad", key, [info.tobuf(tarfile.USTAR_FORMAT)], zeros)
    assert "not a backup" in refused(tmp_path / "bad", key)
