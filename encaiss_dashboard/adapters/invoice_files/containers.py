"""What a ZIP says of itself, read with care: everything in it may be a lie."""

from __future__ import annotations

from pathlib import Path
from struct import unpack_from
from typing import Final

DIRECTORY_BYTES_MAX: Final = 8_000_000
_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_COMMENT_BYTES_MAX: Final = 65_535
_LOCATOR: Final = b"PK\x06\x07"
_LOCATOR_BYTES: Final = 20
_END_64: Final = b"PK\x06\x06"
_END_64_BYTES: Final = 56


def directory_bytes(source: Path) -> int:
    """How much of the archive its list of members takes, before anything reads that list."""
    size = source.stat().st_size
    tail_bytes = min(size, _END_BYTES + _COMMENT_BYTES_MAX + _LOCATOR_BYTES + _END_64_BYTES)
    with source.open("rb") as file:
        file.seek(size - tail_bytes)
        tail = file.read(tail_bytes)
    end = tail.rfind(_END)
    if end < 0 or end + _END_BYTES > len(tail):
        return 0
    stated: int = unpack_from("<L", tail, end + 12)[0]
    locator, end_64 = end - _LOCATOR_BYTES, end - _LOCATOR_BYTES - _END_64_BYTES
    if end_64 >= 0 and tail[locator:].startswith(_LOCATOR) and tail[end_64:].startswith(_END_64):
        stated = unpack_from("<Q", tail, end_64 + 40)[0]
    return stated
