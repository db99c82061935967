"""The text of a bank file, in whatever encoding its bank or a program on the way wrote it."""

from __future__ import annotations

from typing import Final

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_EBCDIC_ZEROS: Final = b"\xf0" * 5
_SINGLE_BYTE: Final = ("cp1252", "cp850")
_HOME_LETTERS: Final = frozenset("éèêëàâäáçîïíôöóûüùúñœæßÉÈÊËÀÂÄÇÖÜ°§€’")
_JUDGED_BYTES: Final = 20_000
_ASCII: Final = bytes(range(128))


def decode(data: bytes) -> str | None:
    """The text, with LF alone at the ends of its lines; None where it is no text.

    A byte order mark decides, then EBCDIC (cp500, what Belgian mainframes write) where the file starts with
    the five zeros of a CODA in it, then UTF-8 where the whole file fits, then whichever of cp1252 and cp850
    gives letters of our languages.
    """
    try:
        text = _decoded(data)
    except UnicodeDecodeError:
        return None
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.rstrip("\x1a")


def _decoded(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    if data.startswith(_EBCDIC_ZEROS):
        # The mainframe's "new line" is a line's end of its own.
        return data.decode("cp500").replace("\x85", "\n")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode(_single_byte(data), errors="replace")


def _single_byte(data: bytes) -> str:
    sample = data.translate(None, _ASCII)[:_JUDGED_BYTES]
    return max(_SINGLE_BYTE, key=lambda encoding: _likeliness(sample.decode(encoding, errors="replace")))


def _likeliness(letters: str) -> int:
    return sum(1 if letter in _HOME_LETTERS else -1 for letter in letters)
