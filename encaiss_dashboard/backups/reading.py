"""A backup read from its beginning to its end, handed over piece by piece to whoever wants it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from pydantic import TypeAdapter, ValidationError

from encaiss_dashboard.adapters import archive
from encaiss_dashboard.adapters.archive import Keys, Member
from encaiss_dashboard.adapters.store import is_key
from encaiss_dashboard.domain.backups import (
    VERSION,
    BackupNewer,
    Content,
    Head,
    Inconsistent,
    Manifest,
    NotABackup,
    Tally,
    contents,
)

FORMAT: Final = "encaiss-backup"
HEAD: Final = TypeAdapter(Head)
MANIFEST: Final = TypeAdapter(Manifest)
_PART: Final = re.compile(r"tables/([a-z0-9_]+)/(\d+)\.jsonl")
_FILE: Final = re.compile(r"files/([a-z0-9-]+)")


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds.

    Attributes:
        size_bytes: of the encrypted file.
        verified: it was restored into a scratch place, and gave back what was read.
    """

    head: Head
    manifest: Manifest
    size_bytes: int
    verified: bool


class Taker(Protocol):
    """Does something with a backup that is read."""

    def begin(self, head: Head) -> None:
        """Told once, before everything else."""
        ...

    def rows(self, table: str, part: bytes) -> None:
        """Some lines of a table, at most ``PART_BYTES_MAX``."""
        ...

    def file(self, key: str, blocks: Iterator[bytes]) -> None:
        """An upload; all its blocks have to be taken."""
        ...


def read(path: Path, keys: Keys, taker: Taker, known: Manifest | None) -> tuple[Head, Manifest]:
    """Hand a backup over, piece by piece; with its manifest known, no more than that says.

    Raises:
        NotABackup, KeyWrong, BackupDamaged, BackupNewer: what was handed over counts for nothing.
    """
    try:
        with archive.unsealed(path, keys) as members:
            head = _first(next(members, None))
            taker.begin(head)
            tallies = _Tallies(head, known)
            for member in members:
                if member.name == "manifest.json":
                    manifest = MANIFEST.validate_json(member.read())
                    break
                tallies.take(member, taker)
            else:
                raise Inconsistent
            if next(members, None) or list(manifest.differing(tallies.manifest)):
                raise Inconsistent
    except ValidationError as error:
        raise NotABackup(file=str(path)) from error
    return head, manifest


def _first(member: Member | None) -> Head:
    if member is None or member.name != "backup.json":
        raise Inconsistent
    head = HEAD.validate_json(member.read())
    if head.format != FORMAT:
        raise Inconsistent
    if head.version > VERSION:
        raise BackupNewer(revision=head.revision)
    return head


class _Tallies:
    """What passed of every table and file, none of them unknown and none twice."""

    def __init__(self, head: Head, known: Manifest | None) -> None:
        self._known = known
        self._tables = {name: Tally(known.tables.get(name) if known else None) for name in head.columns}
        self._files: dict[str, Tally] = {}
        self._next_parts: dict[str, int] = defaultdict(int)

    def take(self, member: Member, taker: Taker) -> None:
        """Hand over a piece of a table, or a file."""
        if part := _PART.fullmatch(member.name):
            name, number = part[1], int(part[2])
            if name not in self._tables or number != self._next_parts[name]:
                raise Inconsistent
            self._next_parts[name] += 1
            data = member.read()
            taker.rows(name, self._tables[name].add(data, data.count(b"\n")))
        elif (file := _FILE.fullmatch(member.name)) and is_key(file[1]) and file[1] not in self._files:
            tally = self._files[file[1]] = Tally(self._limit(file[1]))
            taker.file(file[1], tally.passing(member.blocks()))
        else:
            raise Inconsistent

    def _limit(self, key: str) -> Content | None:
        if self._known is None:
            return None
        if key not in self._known.files:
            raise Inconsistent
        return self._known.files[key]

    @property
    def manifest(self) -> Manifest:
        """What passed so far."""
        return Manifest(contents(self._tables), contents(self._files))


class Nothing:
    """Reads a backup for its own sake."""

    def begin(self, head: Head) -> None:
        """It may be anything."""

    def rows(self, table: str, part: bytes) -> None:
        """They are summed up by whoever hands them over."""

    def file(self, key: str, blocks: Iterator[bytes]) -> None:  # noqa: ARG002 - as handed over
        """It is summed up while it passes."""
        for _ in blocks:
            pass
