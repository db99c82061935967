"""A backup brought back into an empty place, all of it or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Table

from encaiss_dashboard import wiring
from encaiss_dashboard.adapters import archive
from encaiss_dashboard.adapters.archive import Keys
from encaiss_dashboard.backups.reading import Nothing, Summary, read
from encaiss_dashboard.domain.backups import (
    BackupNewer,
    Content,
    FilesInTheWay,
    Head,
    Inconsistent,
    KeyCannotOpen,
    Manifest,
    RowsInTheWay,
    Tally,
)
from encaiss_dashboard.storage import backups as dump
from encaiss_dashboard.wiring import Wiring


def restore(wired: Wiring, path: Path, key_file: Path) -> Summary:
    """Put everything back into an empty place, all of it or nothing, then migrate to the newest revision.

    Raises:
        KeyUnusable, KeyCannotOpen, KeyWrong, NotABackup, BackupDamaged, BackupNewer, RowsInTheWay,
            FilesInTheWay: nothing was changed.
    """
    keys = archive.read_keys(key_file)
    if not keys.identities:
        raise KeyCannotOpen(file=str(key_file))
    # Read to its end before anything is touched: what is missing is missing at the end.
    head, manifest = read(path, keys, Nothing(), None)
    if head.revision not in wiring.known_revisions():
        raise BackupNewer(revision=head.revision)
    uploads = wired.settings.uploads
    with _staging(uploads) as staged, dump.filling(wired.engine) as connection:
        _make_room(connection, head)
        _refuse_files(uploads, manifest)
        pour(connection, path, keys, manifest, staged)
        wiring.migrate_within(connection, "head", None)
        dump.check_references(connection)
        # Before the commit: files without rows are no harm, and no obstacle to trying again.
        _place(staged, uploads)
    return Summary(head, manifest, path.stat().st_size, verified=True)


def _make_room(connection: Connection, head: Head) -> None:
    """Tables of the backup's revision, where there were none or empty ones."""
    present = dump.revision(connection)
    found = dump.tables(connection)
    if names := dump.filled(connection, found):
        raise RowsInTheWay(tables=", ".join(names))
    if present and present not in wiring.known_revisions():
        raise BackupNewer(revision=present)
    if present and present != head.revision:
        wiring.unmigrate_within(connection)
        present = None
    wiring.migrate_within(connection, head.revision, present)


def pour(connection: Connection, path: Path, keys: Keys, manifest: Manifest, uploads: Path) -> None:
    """The rows into empty tables of their revision, the files into an empty folder."""
    found = dump.tables(connection)
    with dump.any_order(connection, found):
        read(path, keys, _Restorer(connection, found, uploads), manifest)
    dump.continue_sequences(connection, found)


class _Restorer:
    """Puts a backup into a database and a folder."""

    def __init__(self, connection: Connection, tables: dict[str, Table], folder: Path) -> None:
        self._connection, self._tables, self._folder = connection, tables, folder
        self._columns: dict[str, tuple[str, ...]] = {}

    def begin(self, head: Head) -> None:
        """It has the tables and columns of its revision, or it is none of ours."""
        self._columns = head.columns
        if head.columns != dump.columns(self._tables):
            raise Inconsistent

    def rows(self, table: str, part: bytes) -> None:
        """Into their table."""
        dump.insert(self._connection, self._tables[table], self._columns[table], part)

    def file(self, key: str, blocks: Iterator[bytes]) -> None:
        """Under its key, which :class:`_Tallies` checked."""
        target = self._folder / key
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            for block in blocks:
                out.write(block)
            out.flush()
            os.fsync(out.fileno())


def _refuse_files(uploads: Path, manifest: Manifest) -> None:
    """Files in the way, unless they are the very ones of the backup: a restore that died left them."""
    for path in uploads.iterdir() if uploads.exists() else ():
        if not path.is_file() or manifest.files.get(path.name) != summed(path):
            raise FilesInTheWay(folder=str(uploads))


def summed(path: Path) -> Content:
    """The sums of a file that is there."""
    tally = Tally()
    with path.open("rb") as stream:
        for block in archive.blocks(stream):
            tally.add(block)
    return tally.content


@contextmanager
def _staging(uploads: Path) -> Iterator[Path]:
    """A folder beside that of the uploads, gone at the end unless it took its place."""
    uploads.parent.mkdir(parents=True, exist_ok=True)
    folder = uploads.with_name(f"{uploads.name}.part")
    shutil.rmtree(folder, ignore_errors=True)  # left by a restore that was killed
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _place(staged: Path, uploads: Path) -> None:
    """All files at once under their final names; what is there is the same, and fewer."""
    archive.sync_folder(staged)
    if uploads.exists():
        shutil.rmtree(uploads)
    staged.rename(uploads)
    archive.sync_folder(uploads.parent)
