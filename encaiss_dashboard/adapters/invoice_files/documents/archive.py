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
        unpacking, packed = _Unpacking(archive, scratch, size), 0
        for place, info in enumerate(files, start=1):
            yield unpacking.member(info, place)
            packed += max(info.compress_size, 0)
            tell(min(packed, size), size)


@dataclass(slots=True)
class _Unpacking:
    """Unpacks members into a scratch file and counts what came out, of those that are refused as well."""

    archive: zipfile.ZipFile
    scratch: Path
    archive_bytes: int
    unpacked: int = 0

    def member(self, info: zipfile.ZipInfo, place: int) -> Member | Problem:
        name = info.filename
        code = self._refusal(info) or self._unpack(info)
        if code:
            return Problem(code, place, None, {"value": shown(name), "member": shown(name)})
        return Member(place, name, self.scratch)

    def _refusal(self, info: zipfile.ZipInfo) -> str:
        if _ELSEWHERE.search(info.filename) or stat.S_ISLNK(info.external_attr >> 16):
            return "member_path"
        if info.flag_bits & _ENCRYPTED:
            return "member_encrypted"
        return "" if info.compress_type in _METHODS else "member_broken"

    def _unpack(self, info: zipfile.ZipInfo) -> str:
        most = max(_RATIO_FROM_BYTES, min(info.compress_size, self.archive_bytes) * _RATIO_MAX)
        count = 0
        try:
            with self.archive.open(info) as member, self.scratch.open("wb") as file:
                while chunk := member.read(_CHUNK):
                    count += len(chunk)
                    self.unpacked += len(chunk)
                    if self.unpacked > BYTES_MAX:
                        expected = str(BYTES_MAX // 1_000_000)
                        raise TooMuchError(Problem("zip_too_large", facts={"expected": expected}))
                    if count > most:
                        # A thousand of them would still keep the machine busy: each counts as it claims.
                        self.unpacked += max(info.file_size - count, 0)
                        return "member_bomb"
                    file.write(chunk)
        except _BROKEN:
            return "member_broken"
        return ""


def _too_many() -> Problem:
    return Problem("zip_too_many", facts={"expected": str(MEMBERS_MAX)})
