"""A backup made: one moment of the database and the uploads, proved by restoring it elsewhere."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import IntegrityError

from encaiss_dashboard import wiring
from encaiss_dashboard.adapters import archive
from encaiss_dashboard.adapters.archive import Keys
from encaiss_dashboard.adapters.store import FolderStore
from encaiss_dashboard.backups.reading import FORMAT, HEAD, MANIFEST, Summary
from encaiss_dashboard.backups.restoring import pour, summed
from encaiss_dashboard.domain.backups import (
    VERSION,
    BackupDamaged,
    BackupNewer,
    BackupUnproved,
    Head,
    KeyThere,
    Manifest,
    NotABackup,
    NothingToBackUp,
    TablesDiffer,
    Tally,
)
from encaiss_dashboard.storage import backups as dump
from encaiss_dashboard.storage.engine import make_engine
from encaiss_dashboard.wiring import Wiring


def make_key(path: Path) -> str:
    """A new key file, and its recipient.

    Raises:
        KeyThere: a key is never overwritten.
    """
    try:
        return archive.make_key(path)
    except FileExistsError as error:
        raise KeyThere(file=str(path)) from error


def make(wired: Wiring, path: Path, key_file: Path) -> Summary:
    """Write everything to ``path``, which is the old file or the whole new one at any moment.

    Raises:
        KeyUnusable, NotOverwritten, BackupRunning, TablesDiffer, BackupNewer: nothing was written.
        BackupUnproved: ``path`` is what it was.
    """
    keys = archive.read_keys(key_file)
    wired.settings.data_dir.mkdir(parents=True, exist_ok=True)
    with archive.replacing(path) as (stream, written):
        with dump.snapshot(wired.engine) as connection:
            tables, manifest = dump.tables(connection), Manifest()
            head = _head(wired, dump.revision(connection), dump.columns(tables))
            rows = _tables(connection, tables, manifest)
            members = chain(_whole("backup.json", HEAD.dump_json(head)), rows, _files(wired, manifest))
            archive.seal(stream, keys, chain(members, _end(manifest)))
        stream.flush()
        if keys.identities:
            _verify(wired, written, keys, head, manifest)
        size_bytes = written.stat().st_size
    return Summary(head, manifest, size_bytes, verified=bool(keys.identities))


def _head(wired: Wiring, revision: str | None, columns: dict[str, tuple[str, ...]]) -> Head:
    if revision is None:
        raise NothingToBackUp
    if revision not in wiring.known_revisions():
        raise BackupNewer(revision=revision)
    with _scratch(wired, revision) as (_, _, expected):
        # A table of somebody else's would be in the backup and could never be restored.
        differing = [name for name in columns.keys() | expected if columns.get(name) != expected.get(name)]
    if differing:
        raise TablesDiffer(tables=", ".join(sorted(differing)))
    return Head(FORMAT, VERSION, revision, wired.clock().isoformat(), columns)


def _tables(connection: Connection, tables: dict[str, Table], manifest: Manifest) -> Iterator[bytes]:
    """The members of the tables; fills the manifest on its way."""
    for name, table in tables.items():
        tally = Tally()
        for number, (part, rows) in enumerate(dump.parts(connection, table)):
            yield from _whole(f"tables/{name}/{number}.jsonl", tally.add(part, rows))
        manifest.tables[name] = tally.content


def _files(wired: Wiring, manifest: Manifest) -> Iterator[bytes]:
    """The members of the uploads. After the rows: a file is kept before the row of it is committed."""
    for key in FolderStore(wired.settings.uploads).kept():
        try:
            stream = (wired.settings.uploads / key).open("rb")
        except FileNotFoundError:
            continue  # removed this very moment
        with stream:
            tally = Tally()
            size_bytes = os.fstat(stream.fileno()).st_size
            yield from archive.member(f"files/{key}", size_bytes, tally.passing(archive.blocks(stream)))
        manifest.files[key] = tally.content


def _end(manifest: Manifest) -> Iterator[bytes]:
    """The manifest, once it is filled."""
    yield from _whole("manifest.json", MANIFEST.dump_json(manifest))


def _whole(name: str, data: bytes) -> Iterator[bytes]:
    return archive.member(name, len(data), [data])


def _verify(wired: Wiring, path: Path, keys: Keys, head: Head, manifest: Manifest) -> None:
    """Restore it into a scratch place and compare what that gives with what was read."""
    with _scratch(wired, head.revision) as (engine, folder, _):
        uploads = folder / "uploads"
        uploads.mkdir()
        try:
            with dump.filling(engine) as connection:
                pour(connection, path, keys, manifest, uploads)
        except (NotABackup, BackupDamaged, IntegrityError) as error:
            raise BackupUnproved(what=path.name) from error
        given = Manifest()
        with dump.snapshot(engine) as connection:
            for name, table in dump.tables(connection).items():
                tally = Tally()
                for part, rows in dump.parts(connection, table):
                    tally.add(part, rows)
                given.tables[name] = tally.content
        for key in FolderStore(uploads).kept():
            given.files[key] = summed(uploads / key)
    if differing := list(manifest.differing(given)):
        raise BackupUnproved(what=", ".join(differing))


@contextmanager
def _scratch(wired: Wiring, revision: str) -> Iterator[tuple[Engine, Path, dict[str, tuple[str, ...]]]]:
    """A database of that revision and a folder, in the private folder, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="backup-check-", dir=wired.settings.data_dir) as name:
        engine = make_engine(f"sqlite:///{name}/scratch.db")
        try:
            with engine.begin() as connection:
                wiring.migrate_within(connection, revision, None)
                columns = dump.columns(dump.tables(connection))
            yield engine, Path(name), columns
        finally:
            engine.dispose()
