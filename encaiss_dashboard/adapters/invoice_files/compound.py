"""The container of XLS workbooks (compound files), read with care: what opens them trusts its chains.

Source: Microsoft, [MS-CFB] for the container and [MS-XLS] for the records of the stream in it.
"""

from __future__ import annotations

import mmap
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import unpack_from
from typing import Final, NamedTuple

_HEADER_BYTES: Final = 512
_ENTRY_BYTES: Final = 128
_MINI_BYTES: Final = 64
_CUTOFF_BYTES: Final = 4096
_LAST: Final = 0xFFFFFFFA
"""Numbers of sectors; larger ones are signs."""
_END: Final = 0xFFFFFFFE
_NO_ENTRY: Final = 0
_ROOT: Final = 5
_NAMES: Final = ("Workbook", "Book")
_ENCRYPTED: Final = "EncryptedPackage"
_SHEET, _END_OF_PART, _BEGINNING, _FILE_PASS = 0x85, 0x0A, 0x809, 0x2F
_FORMULA, _TRUTH_OR_ERROR = 0x06, 0x205
_ERRORS: Final = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
}
_FIRST_RECORDS: Final = 10


class DamagedError(Exception):
    """It is no compound file, or its parts do not fit together."""


class _Entry(NamedTuple):
    """A stream or storage by its name: first sector and bytes."""

    name: str
    kind: int
    start: int
    size: int


class Compound:
    """A compound file all of whose chains end within it."""

    def __init__(self, data: mmap.mmap) -> None:
        """Follow every chain once.

        Raises:
            DamagedError: one has no end, or leaves the file.
        """
        self._data = data
        major, shift, mini_shift = unpack_from("<HxxHH", data, 26)
        if (major, shift) not in {(3, 9), (4, 12)} or mini_shift != _MINI_BYTES.bit_length() - 1:
            raise DamagedError
        self._size = 1 << shift
        self._sectors = max(0, (len(data) - 1) // self._size)
        directories, tables, first, cutoff, mini, minis, more, mores = unpack_from("<III4xIIIII", data, 40)
        if max(directories, tables, minis, mores) > self._sectors or cutoff != _CUTOFF_BYTES:
            raise DamagedError
        self._next = self._table(tables, more, mores)
        self._mini_next = self._numbers(self._chain(mini) if mini < _LAST else [])
        self._entries = list(self._directory(first))
        root = next((one for one in self._entries if one.kind == _ROOT), None)
        if root is None:
            raise DamagedError
        self._minis = self._chain(root.start) if root.start < _LAST else []
        for entry in self._entries:
            self._places(entry)

    @property
    def is_encrypted(self) -> bool:
        """Whether what it holds is a workbook of another format with a password."""
        return any(entry.name == _ENCRYPTED for entry in self._entries)

    def workbook(self) -> bytes:
        """The records of an XLS workbook, b"" when there are none."""
        entry = next((one for name in _NAMES for one in self._entries if one.name == name), None)
        if entry is None:
            return b""
        size = _MINI_BYTES if entry.size < _CUTOFF_BYTES else self._size
        return b"".join(self._data[at : at + size] for at in self._places(entry))[: entry.size]

    def _table(self, count: int, more: int, mores: int) -> array[int]:
        """Which sector follows which."""
        places = array("I", self._data[76:_HEADER_BYTES])
        seen = 0
        while more < _LAST and seen < mores:
            page = list(self._numbers([more]))
            places.extend(page[:-1])
            more, seen = page[-1], seen + 1
        if more < _LAST:
            raise DamagedError
        return self._numbers([place for place in places if place < _LAST][:count])

    def _numbers(self, sectors: list[int]) -> array[int]:
        found = array("I")
        for sector in sectors:
            at = self._at(sector)
            page = self._data[at : at + self._size]
            found.frombytes(page[: len(page) // 4 * 4])
        return found

    def _at(self, sector: int) -> int:
        at: int = (sector + 1) * self._size
        if sector >= _LAST or at >= len(self._data):
            raise DamagedError
        return at

    def _chain(self, sector: int) -> list[int]:
        """The sectors of a chain; a file has no chain of more than it has sectors."""
        found = _followed(sector, self._next, self._sectors)
        for one in found:
            self._at(one)
        return found

    def _directory(self, first: int) -> Iterator[_Entry]:
        for sector in self._chain(first):
            at = self._at(sector)
            for start in range(at, min(at + self._size, len(self._data) - _ENTRY_BYTES + 1), _ENTRY_BYTES):
                length, kind = unpack_from("<HB", self._data, start + 64)
                place, size = unpack_from("<IQ", self._data, start + 116)
                if kind == _NO_ENTRY:
                    continue
                name = self._data[start : start + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
                # Older writers leave the upper half of a size as it was.
                yield _Entry(name, kind, place, size & 0xFFFFFFFF if self._size == _HEADER_BYTES else size)

    def _places(self, entry: _Entry) -> list[int]:
        """Where the pieces of a stream lie in the file.

        Raises:
            DamagedError: it has fewer than it says.
        """
        if not entry.size or entry.kind == _ROOT:
            return []
        if entry.size >= _CUTOFF_BYTES:
            places = [self._at(sector) for sector in self._chain(entry.start)]
            enough = len(places) * self._size >= entry.size
        else:
            each = self._size // _MINI_BYTES
            mini = _followed(entry.start, self._mini_next, len(self._mini_next))
            if any(number // each >= len(self._minis) for number in mini):
                raise DamagedError
            places = [self._at(self._minis[n // each]) + n % each * _MINI_BYTES for n in mini]
            enough = len(places) * _MINI_BYTES >= entry.size
        if not enough:
            raise DamagedError
        return places


def _followed(start: int, following: array[int], most: int) -> list[int]:
    found: list[int] = []
    at = start
    while at != _END:
        if at >= len(following) or len(found) >= most:
            raise DamagedError
        found.append(at)
        at = following[at]
    return found


@contextmanager
def opened(source: Path) -> Iterator[Compound]:
    """A compound file, once it is sure that all its chains end.

    Raises:
        DamagedError: they do not.
    """
    try:
        with source.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield Compound(data)
    except (struct.error, ValueError, OverflowError) as error:
        raise DamagedError from error


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and length of the records from a place on."""
    while at + 4 <= len(stream):
        kind, length = unpack_from("<HH", stream, at)
        yield kind, at + 4, length
        at += 4 + length


def has_password(stream: bytes) -> bool:
    """Whether one of the first records is that of a password."""
    first = zip(range(_FIRST_RECORDS), _records(stream, 0), strict=False)
    return any(kind == _FILE_PASS for _, (kind, _, _) in first)


def failures(stream: bytes, sheet: str, most: int) -> dict[int, dict[int, str]]:
    """Cells of a sheet that hold an error, by 1-based row and 0-based column, the first so many."""
    found: dict[int, dict[int, str]] = {}
    depth = count = 0
    start = next((at for name, at in _sheets(stream) if name == sheet), len(stream))
    for kind, at, length in _records(stream, start):
        depth += (kind == _BEGINNING) - (kind == _END_OF_PART)
        if depth <= 0 or count >= most:
            break
        code = _error(stream, kind, at, length) if depth == 1 else None
        if code is not None:
            row, column = unpack_from("<HH", stream, at)
            found.setdefault(row + 1, {})[column] = _ERRORS.get(code, "#N/A")
            count += 1
    return found


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    """Name and place of each sheet."""
    for kind, at, length in _records(stream, 0):
        if kind == _END_OF_PART:
            return
        if kind == _SHEET and length > len("........") and at + length <= len(stream):
            place, _, count, is_wide = unpack_from("<IHBB", stream, at)
            name = stream[at + 8 : at + 8 + count * (1 + (is_wide & 1))]
            yield name.decode("utf-16-le" if is_wide & 1 else "latin-1", "replace"), place


def _error(stream: bytes, kind: int, at: int, length: int) -> int | None:
    """Code of the error that a cell holds, None when it holds something else."""
    if kind == _TRUTH_OR_ERROR and length >= 8 and at + 8 <= len(stream):  # noqa: PLR2004 - as the format says
        return stream[at + 6] if stream[at + 7] == 1 else None
    if kind == _FORMULA and length >= 14 and at + 14 <= len(stream):  # noqa: PLR2004 - as the format says
        is_error = stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff"  # noqa: PLR2004 - as the format says
        return stream[at + 8] if is_error else None
    return None
