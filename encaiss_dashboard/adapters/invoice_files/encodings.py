"""In which encoding a file of any size is written, and its text, block by block, as UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from typing import BinaryIO, Final, NamedTuple

from encaiss_dashboard.adapters.invoice_files import limits
from encaiss_dashboard.adapters.invoice_files.problems import UnusableError
from encaiss_dashboard.domain.errors import Problem

TWICE: Final = "double-utf-8"
SINGLE_BYTE: Final = ("cp1252", "cp850", "mac_roman")
ENCODINGS: Final = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", *SINGLE_BYTE, "iso8859-15", TWICE)
SAMPLE_BYTES: Final = 65_536
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_JUDGED_LETTERS: Final = 2_000
_HOME_LETTERS: Final = frozenset("éèêëàâäáçîïíôöóùûüúñœæßÉÈÊÀÂÄÇÎÔÖÛÜŒ€°«»’–…§²")
_DOUBLY_ENCODED: Final = re.compile("[ÂÃÅ][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ]")
# Its first letter in UTF-8: bytes are searched twenty times as fast as letters.
_MAYBE_DOUBLY: Final = re.compile(rb"\xc3[\x82\x83\x85]")
_ACCENTED: Final = re.compile(rb"[^\n]?[^\n]?[\x80-\xff]+[^\n]?")
_LONE_RETURN: Final = re.compile(rb"\r(?!\n)")


class Coded(NamedTuple):
    """How the bytes of a file are to be read.

    Attributes:
        encoding: as ``Dialect.encoding``, "" for UTF-8 that the house itself wrote.
        errors: ``strict`` where the whole file is known to fit, else ``replace``.
        mark: bytes before the text, a byte order mark.
    """

    encoding: str
    errors: str = "strict"
    mark: bytes = b""


class Text(NamedTuple):
    """Whole lines of a file.

    Attributes:
        data: UTF-8; every line ends in LF or CRLF, only the last of the file may lack it.
        ends: how many ends of lines there are.
        done: bytes of the file read so far.
        is_last: whether the file ends with it.
        is_cut: whether the file ends within a line.
    """

    data: bytes
    ends: int
    done: int
    is_last: bool
    is_cut: bool = False


def find_encoding(stream: BinaryIO, size: int, chosen: str | None) -> Coded:
    """The encoding of a whole file.

    A byte order mark decides; then UTF-8 where it fits, also with a few damaged characters, which
    become U+FFFD; then the one of cp1252, cp850 and Mac Roman that gives the most likely letters.

    Args:
        stream: the file; it is read from its start, and left anywhere.
        size: its bytes.
        chosen: an encoding that a person decided on.

    Raises:
        UnicodeError: the chosen encoding cannot be that of this file.
    """
    head = _chunk(stream, SAMPLE_BYTES)
    marked = next(((mark, encoding) for mark, encoding in _BOMS if head.startswith(mark)), None)
    if chosen is not None:
        is_own = marked and (marked[1] == chosen or (marked[1], chosen) == ("utf-8", TWICE))
        coded = Coded(chosen, mark=marked[0] if marked and is_own else b"")
        for _ in _decoded(stream, coded):
            pass
        return coded
    if marked:
        fits = marked[1] == "utf-8" and _is_utf8(stream, Coded("utf-8", mark=marked[0]))[0]
        return Coded(marked[1], "strict" if fits else "replace", marked[0])
    encoding = wide(head, size)
    if encoding:
        return Coded(encoding, "replace")
    fits, maybe_twice = _is_utf8(stream, Coded("utf-8"))
    if fits:
        return Coded(TWICE if maybe_twice and _fits_twice(stream) else "utf-8")
    if _is_damaged_utf8(stream):
        return Coded("utf-8", "replace")
    return Coded(_single_byte(stream), "replace")


def blocks(
    stream: BinaryIO, size: int, coded: Coded, block_bytes: int = limits.BLOCK_BYTES
) -> Iterator[Text]:
    """The text of a file in blocks of whole lines, from its start; only CR, LF and CRLF end a line.

    Raises:
        UnusableError: a line has no end within `limits.LINE_BYTES`.
        UnicodeError: the file does not fit its encoding, where that must be strict.
    """
    stream.seek(len(coded.mark))
    transcode = _transcoder(coded)
    done, rest, lines = len(coded.mark), b"", 0
    while True:
        chunk = stream.read(block_bytes)
        done += len(chunk)
        is_last = done >= size or not chunk
        data = rest + transcode(chunk, is_last)
        if is_last:
            is_cut = not data.endswith((b"\n", b"\r", b"\x1a"))
            whole = _one_line_end(data.rstrip(b"\x1a"))
            yield Text(whole, whole.count(b"\n"), done, is_last=True, is_cut=is_cut)
            return
        cut = data.rfind(b"\n") + 1
        if len(data) - cut > limits.LINE_BYTES:
            cut = max(cut, data.rfind(b"\r", 0, len(data) - 1) + 1)
        whole, rest = _one_line_end(data[:cut]), data[cut:]
        ends = whole.count(b"\n")
        lines += ends
        if len(rest) > limits.LINE_BYTES:
            raise too_long(lines + 1)
        if whole:
            yield Text(whole, ends, done, is_last=False)


def too_long(line: int) -> UnusableError:
    """What is said of a line that has no end."""
    return UnusableError(
        Problem("line_too_long", facts={"line": str(line), "expected": str(limits.LINE_BYTES >> 20)})
    )


def wide(head: bytes, size: int) -> str | None:
    """UTF-16 without a mark: Latin letters leave a zero in every second byte."""
    sample = head[: SAMPLE_BYTES // 2 * 2]
    half = len(sample) // 2
    if half < len("a;b\n") or size % 2:
        return None
    if sample[1::2].count(0) * 10 > half * 7 and sample[::2].count(0) * 10 < half:
        return "utf-16-le"
    if sample[::2].count(0) * 10 > half * 7 and sample[1::2].count(0) * 10 < half:
        return "utf-16-be"
    return None


def _one_line_end(data: bytes) -> bytes:
    """The lines with LF after each lone CR, which ends one too."""
    if b"\r" not in data or data.count(b"\r") == data.count(b"\r\n"):
        return data
    return _LONE_RETURN.sub(b"\n", data)


def _transcoder(coded: Coded) -> Callable[[bytes, bool], bytes]:
    if coded.encoding in {"", "utf-8"} and coded.errors == "strict":
        return lambda chunk, _: chunk
    encoding = "utf-8" if coded.encoding == TWICE else coded.encoding
    decoder = codecs.getincrementaldecoder(encoding)(coded.errors)
    to = "cp1252" if coded.encoding == TWICE else "utf-8"
    return lambda chunk, is_last: decoder.decode(chunk, final=is_last).encode(to)


def _chunk(stream: BinaryIO, size: int) -> bytes:
    stream.seek(0)
    return stream.read(size)


def _decoded(stream: BinaryIO, coded: Coded) -> Iterator[str]:
    """The whole text in pieces, decoded anew."""
    stream.seek(len(coded.mark))
    twice = coded.encoding == TWICE
    decoder = codecs.getincrementaldecoder("utf-8" if twice else coded.encoding)(coded.errors)
    inner = codecs.getincrementaldecoder("utf-8")()
    while True:
        chunk = stream.read(limits.BLOCK_BYTES)
        text = decoder.decode(chunk, final=not chunk)
        yield inner.decode(text.encode("cp1252"), final=not chunk) if twice else text
        if not chunk:
            return


def _is_utf8(stream: BinaryIO, coded: Coded) -> tuple[bool, bool]:
    """Whether the whole file is UTF-8, and whether that may have been encoded twice."""
    stream.seek(len(coded.mark))
    decoder = codecs.getincrementaldecoder("utf-8")()
    twice, before = False, ""
    try:
        while chunk := stream.read(limits.BLOCK_BYTES):
            text = decoder.decode(chunk)
            if not twice and (before or _MAYBE_DOUBLY.search(chunk)):
                twice = _DOUBLY_ENCODED.search(before + text) is not None
            before = text[-1:] if text[-1:] in {"Â", "Ã", "Å"} else ""
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False, False
    return True, twice


def _fits_twice(stream: BinaryIO) -> bool:
    try:
        for _ in _decoded(stream, Coded(TWICE)):
            pass
    except UnicodeError:
        return False
    return True


def _is_damaged_utf8(stream: BinaryIO) -> bool:
    """UTF-8 with a few broken characters: most of what is not ASCII still fits."""
    broken = whole = 0
    for text in _decoded(stream, Coded("utf-8", "replace")):
        lost = text.count("\ufffd")
        broken += lost
        whole += len(text) - len(text.encode("ascii", errors="ignore")) - lost
    return whole >= 3 * broken


def _single_byte(stream: BinaryIO) -> str:
    found: list[bytes] = []
    stream.seek(0)
    while len(found) < _JUDGED_LETTERS and (lines := stream.read(SAMPLE_BYTES)):
        lines += stream.readline(limits.LINE_BYTES)
        found += (match[0] for match in islice(_ACCENTED.finditer(lines), _JUDGED_LETTERS - len(found)))
    sample = b" ".join(found)
    return max(SINGLE_BYTE, key=lambda encoding: _likeliness(sample.decode(encoding, errors="replace")))


def _likeliness(text: str) -> int:
    """How much a text looks like French, Dutch or German, by each accented letter's neighbours."""
    score = 0
    before = " "
    for letter, after in pairwise(f"{text} "):
        if letter > "\x7f":
            score += _letter_score(before, letter, after)
        before = letter
    return score


def _letter_score(before: str, letter: str, after: str) -> int:
    if letter in "\xa0\u202f":
        return 2 if before.isdigit() or after.isdigit() else 1
    if letter not in _HOME_LETTERS:
        return -3
    if letter.isalpha() and (before.isdigit() or (letter.isupper() and before.islower())):
        return -2
    return 2
