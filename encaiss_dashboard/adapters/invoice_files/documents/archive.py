"""What lies in a ZIP: each member unpacked in turn, by the bytes that really come out of it.

What the archive says of itself is not believed: sizes are counted, names are shown and never used as
paths, and only what a scratch file of our own name holds is read.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from encaiss_dashboard.adapters.invoice_files.containers import DIRECTORY_BYTES_MAX, directory_bytes
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Tell

MEMBERS_MAX: Final = 5_000
BYTES_MAX: Final = 500_000_000
_RATIO_MAX: Final = 250
_RATIO_FROM_BYTES: Final = 5_000_000
_CHUNK: Final = 1 << 16
_ENCRYPTED: Final = 0x1
# The others have no bound on what one step unpacks.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ELSEWHERE: Final = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)|^[/\\]|^[A-Za-z]:")
_REMAINS: Final = re.compile(r"(?:^|/)(?:__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)", re.IGNORECASE)
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the archive.

    Attributes:
        place: which one it is, from 1.
        name: its name, to be shown and compared only.
        path: where its content lies until the next member is asked for; it may be moved away.
    """

    place: int
    name: str
    path: Path


class TooMuchError(Exception):
    """The archive as a whole is refused; carries the problem."""

    def __init__(self, problem: Problem) -> None:
        """Keep the problem."""
        super().__init__(problem.code)
        self.problem = problem


def members(source: Path, scratch: Path, tell: Tell) -> Iterator[Member | Problem]:
    """The members of a ZIP in order, a problem of its line for each that is not read.

    Args:
        source: the archive.
        scratch: a file of our own that may be overwritten.
        tell: told how many of the archive's bytes are read.

    Raises:
        TooMuchError: too many members, too many bytes, or no ZIP at all; nothing of it may be used.
        Cancelled: ``tell`` raised it.
    """
    size = source.stat().st_size
    if directory_bytes(source) > DIRECTORY_BYTES_MAX:
        raise TooMuchError(_too_many())
    try:
        archive = zipfile.ZipFile(source)
    except (*_BROKEN, struct.error, OverflowError) as error:
        raise TooMuchError(Problem("zip_broken")) from error
    with archive:
        files = [
            info for info in archive.infolist() if not info.is_dir() and not _REMAINS.search(info.filename)
        ]
        if len(files) > MEMBERS_MAX:
            raise TooMuchError(_too_many())
        unpacked = packed = 0
        for place, info in enumerate(files, start=1):
            found = _unpacked(archive, info, place, scratch, room=BYTES_MAX - unpacked, source_bytes=size)
            if isinstance(found, Member):
                unpacked += scratch.stat().st_size
            yield found
            packed += max(info.compress_size, 0)
            tell(min(packed, size), size)


def _unpacked(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    place: int,
    scratch: Path,
    *,
    room: int,
    source_bytes: int,
) -> Member | Problem:
    name = info.filename

    def refused(code: str) -> Problem:
        return Problem(code, place, None, {"value": shown(name), "member": shown(name)})

    if _ELSEWHERE.search(name) or stat.S_ISLNK(info.external_attr >> 16):
        return refused("member_path")
    if info.flag_bits & _ENCRYPTED:
        return refused("member_encrypted")
    if info.compress_type not in _METHODS:
        return refused("member_broken")
    count, packed = 0, min(info.compress_size, source_bytes)
    try:
        with archive.open(info) as member, scratch.open("wb") as file:
            while chunk := member.read(_CHUNK):
                count += len(chunk)
                if count > room:
                    raise TooMuchError(
                        Problem("zip_too_large", facts={"expected": str(BYTES_MAX // 1_000_000)})
                    )
                if count > max(_RATIO_FROM_BYTES, packed * _RATIO_MAX):
                    return refused("member_bomb")
                file.write(chunk)
    except _BROKEN:
        return refused("member_broken")
    return Member(place, name, scratch)


def _too_many() -> Problem:
    return Problem("zip_too_many", facts={"expected": str(MEMBERS_MAX)})
