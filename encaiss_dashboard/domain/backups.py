"""What a backup holds, how it is summed up, and why one is refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from encaiss_dashboard.domain.errors import Refusal

VERSION = 1


class KeyUnusable(Refusal):
    """Neither an age identity nor a recipient stands in the key file; fact ``file``."""

    code = "backup_key_unusable"


class KeyThere(Refusal):
    """A new key would overwrite a file; fact ``file``."""

    code = "backup_key_there"


class KeyCannotOpen(Refusal):
    """The key file holds recipients only: it locks and does not open; fact ``file``."""

    code = "backup_key_cannot_open"


class KeyWrong(Refusal):
    """The backup was made for another key; fact ``file``."""

    code = "backup_key_wrong"


class NotABackup(Refusal):
    """Something else than a backup of this product; fact ``file``."""

    code = "not_a_backup"


class NotOverwritten(Refusal):
    """A backup would replace a file that is none, such as a database or a key; fact ``file``."""

    code = "backup_not_overwritten"


class BackupDamaged(Refusal):
    """Cut short or altered since it was written; fact ``file``."""

    code = "backup_damaged"


class BackupNewer(Refusal):
    """Made by a release that is newer than this one; fact ``revision``."""

    code = "backup_newer"


class BackupRunning(Refusal):
    """Another backup is being written to the same name; fact ``file``."""

    code = "backup_running"


class BackupUnproved(Refusal):
    """Restored for a check, the backup did not give back what was read; fact ``what``."""

    code = "backup_unproved"


class NothingToBackUp(Refusal):
    """The database has no tables yet."""

    code = "nothing_to_back_up"


class TablesDiffer(Refusal):
    """The database has not the tables of its revision; fact ``tables``."""

    code = "backup_tables_differ"


class RowsInTheWay(Refusal):
    """A restore into a database that holds rows; fact ``tables``."""

    code = "restore_onto_rows"


class FilesInTheWay(Refusal):
    """A restore beside kept files that are not the backup's own; fact ``folder``."""

    code = "restore_onto_files"


class Inconsistent(Exception):  # noqa: N818 - turned into BackupDamaged by whoever knows the file
    """The members of a backup are not those that it says it holds."""


@dataclass(frozen=True, slots=True)
class Content:
    """One table or one file.

    Attributes:
        rows: of the table; 0 for a file.
        size_bytes: of its JSON lines, or of the file.
        sha256: of the same, in hexadecimal.
    """

    rows: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Head:
    """What a reader has to know first.

    Attributes:
        format: always ``encaiss-backup``.
        version: of the layout of the members.
        revision: of the migrations, at which the tables are dumped.
        at: when the snapshot was taken, ISO 8601 with its zone.
        columns: names of each table's columns, in the order of a row's values.
    """

    format: str
    version: int
    revision: str
    at: str
    columns: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Manifest:
    """The sums, written last: whoever has read them has read everything.

    Attributes:
        tables: by name.
        files: by the key under which the store keeps them.
    """

    tables: dict[str, Content] = field(default_factory=dict)
    files: dict[str, Content] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(content.rows for content in self.tables.values())

    def differing(self, other: Manifest) -> Iterator[str]:
        """Names of tables and files that are not the same in both."""
        for mine, theirs in ((self.tables, other.tables), (self.files, other.files)):
            yield from sorted(name for name in mine.keys() | theirs if mine.get(name) != theirs.get(name))


class Tally:
    """Sums that grow while content passes by; with a limit, nothing more than that may pass."""

    def __init__(self, limit: Content | None = None) -> None:
        self._limit = limit
        self._digest = hashlib.sha256()
        self._rows = self._size_bytes = 0

    def add(self, block: bytes, rows: int = 0) -> bytes:
        """Count a block and give it back.

        Raises:
            Inconsistent: more than the limit.
        """
        self._digest.update(block)
        self._rows += rows
        self._size_bytes += len(block)
        if self._limit and (self._rows > self._limit.rows or self._size_bytes > self._limit.size_bytes):
            raise Inconsistent
        return block

    def passing(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The same blocks, counted on their way."""
        return map(self.add, blocks)

    @property
    def content(self) -> Content:
        """What passed so far."""
        return Content(self._rows, self._size_bytes, self._digest.hexdigest())


def contents(tallies: Mapping[str, Tally]) -> dict[str, Content]:
    """What passed by each name."""
    return {name: tally.content for name, tally in tallies.items()}
