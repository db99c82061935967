"""From the bytes of a file to its records: encoding, separator, quotes, exact line numbers."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

SEPARATORS: Final = (";", "\t", ",", "|")
TWICE: Final = "double-utf-8"
_SINGLE_BYTE: Final = ("cp1252", "cp850", "mac_roman")
ENCODINGS: Final = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", *_SINGLE_BYTE, "iso8859-15", TWICE)
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_MAGIC: Final = (
    (b"\xd0\xcf\x11\xe0", "file_workbook"),
    (b"%PDF", "file_pdf"),
    (b"\x1f\x8b", "file_archive"),
    (b"7z\xbc\xaf\x27\x1c", "file_archive"),
    (b"Rar!\x1a\x07", "file_archive"),
)
_SAMPLE_BYTES: Final = 65_536
_SNIFFED_CHARS: Final = 8_192
_TRIED_RECORDS: Final = 60
# A cell of more lines than this is a quote somebody forgot to close.
_JUDGED_LETTERS: Final = 2_000
_FEW_CONTROLS: Final = 8
_CELL_LINES: Final = 60
_HOME_LETTERS: Final = frozenset("éèêëàâäáçîïíôöóùûüúñœæßÉÈÊÀÂÄÇÎÔÖÛÜŒ€°«»’–…§²")
_DOUBLY_ENCODED: Final = re.compile("[ÂÃÅ][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œžŸ]")


class Record(NamedTuple):
    """One record of a separated file.

    Attributes:
        line: 1-based line on which it starts.
        cells: its cells as written.
        closed: False when a quote in it is never closed; only its first line is in ``cells``.
    """

    line: int
    cells: list[str]
    closed: bool


def foreign_format(data: bytes) -> str | None:
    """Problem code of a file that is no text at all (by its first bytes), None for text."""
    if data.startswith(b"PK\x03\x04"):
        head = data[:4096] + data[-4096:]
        is_workbook = any(mark in head for mark in (b"[Content_Types]", b"xl/", b"opendocument"))
        return "file_workbook" if is_workbook else "file_archive"
    code = next((code for magic, code in _MAGIC if data.startswith(magic)), None)
    if code:
        return code
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<?xml", b"<html", b"<!doctype html", b"<table")):
        return "file_xml"
    return "file_not_text" if _is_noise(data) else None


def decode(data: bytes, chosen: str | None) -> tuple[str, str]:
    """Text of a file and the encoding it turned out to have.

    A byte order mark decides; then UTF-8 where it fits, also with a few damaged characters, which
    become U+FFFD; then the one of cp1252, cp850 and Mac Roman that gives the most likely letters.

    Raises:
        UnicodeError: the chosen encoding cannot be that of this file.
    """
    if chosen == TWICE:
        return _undouble(data.decode("utf-8-sig")), TWICE
    if chosen is not None:
        return data.decode(chosen).removeprefix("\ufeff"), chosen
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace"), encoding
    wide = _wide(data)
    if wide:
        return data.decode(wide, errors="replace"), wide
    return _decode_bytes(data)


def read_lines(text: str) -> list[str]:
    """Physical lines with their ends; only CR, LF and CRLF end a line."""
    return list(io.StringIO(text.rstrip("\x1a"), newline=""))


def hinted_separator(lines: Sequence[str]) -> str | None:
    """The separator that a spreadsheet's ``sep=;`` line names, None without such a line."""
    found = re.match(r'"?sep=(.)"?[;,\t|]*\s*$', lines[0], re.IGNORECASE) if lines else None
    return found[1] if found and found[1] in SEPARATORS else None


def guess_separator(lines: Sequence[str], known_columns: Callable[[Sequence[str]], int]) -> str:
    """The separator under which the first records make the most sense.

    Args:
        lines: the physical lines.
        known_columns: how many columns of a record bear a known name.
    """
    sample = lines[: _TRIED_RECORDS * 2]
    sniffed = _sniff("".join(sample)[:_SNIFFED_CHARS])

    def sense(separator: str) -> tuple[int, float, int, bool]:
        head = [record.cells for record in islice(read_records(sample, separator), _TRIED_RECORDS)]
        widths = Counter(len(cells) for cells in head if any(cells))
        if not widths or max(widths) == 1:
            return 0, 0.0, 0, False
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
        agreement = count / widths.total() if width > 1 else 0.0
        return max(known_columns(cells) for cells in head), agreement, width, separator == sniffed

    return max(SEPARATORS, key=sense)


def read_records(lines: Sequence[str], separator: str, skip: int = 0) -> Iterator[Record]:
    """Records of a file in order, blank ones included.

    A quote that is never closed costs its own line only: reading starts again on the next one.

    Args:
        lines: the physical lines.
        separator: one character.
        skip: how many lines to pass over at the start.
    """
    start = skip
    while start < len(lines):
        feed = _Feed(lines, start)
        reader = csv.reader(feed, delimiter=separator)
        try:
            for cells in reader:
                if feed.ended and feed.position == start:
                    return
                taken = feed.position - start
                if feed.ended or (taken > 1 and _swallowed(lines[start : feed.position], separator)):
                    break
                yield Record(start + 1, cells, closed=True)
                start = feed.position
                feed.record_start = start
        except csv.Error:
            # The one error of a lenient csv reader: a cell beyond its size limit, so an open quote.
            pass
        yield Record(start + 1, lines[start].rstrip("\r\n").split(separator), closed=False)
        start += 1


class _Feed:
    """Lines for the csv reader that end, within a record, after as many lines as a cell may have.

    A record that is read after ``ended`` was still open then, unless it took no line at all.
    """

    def __init__(self, lines: Sequence[str], start: int) -> None:
        self.lines = lines
        self.position = start
        self.record_start = start
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.ended:
            raise StopIteration
        if self.position == len(self.lines) or self.position - self.record_start > _CELL_LINES:
            self.ended = True
            # One more, blank line: it closes the last record, or goes into its open quote.
            return "\n"
        line = self.lines[self.position]
        self.position += 1
        return line


def _swallowed(taken: Sequence[str], separator: str) -> bool:
    """Whether an unclosed quote drew the rows that follow it into a record of several lines.

    What then closes the quote was meant to open one: text follows it, which strict CSV forbids.
    """
    try:
        list(csv.reader(taken, delimiter=separator, strict=True))
    except csv.Error:
        return True
    return False


def _sniff(sample: str) -> str:
    try:
        return csv.Sniffer().sniff(sample, delimiters="".join(SEPARATORS)).delimiter
    except csv.Error:
        return ""


def _is_noise(data: bytes) -> bool:
    """Whether the bytes hold more control characters than any text does (random ones hold 11 %)."""
    sample = data[:_SAMPLE_BYTES]
    if _wide(sample) or sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    controls = len(sample) - len(sample.translate(None, bytes({*range(32)} - {9, 10, 13, 26})))
    return controls > _FEW_CONTROLS and controls * 50 > len(sample)


def _wide(data: bytes) -> str | None:
    """UTF-16 without a mark: Latin letters leave a zero in every second byte."""
    sample = data[: _SAMPLE_BYTES // 2 * 2]
    half = len(sample) // 2
    if half < len("a;b\n") or len(data) % 2:
        return None
    if sample[1::2].count(0) * 10 > half * 7 and sample[::2].count(0) * 10 < half:
        return "utf-16-le"
    if sample[::2].count(0) * 10 > half * 7 and sample[1::2].count(0) * 10 < half:
        return "utf-16-be"
    return None


def _decode_bytes(data: bytes) -> tuple[str, str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _damaged_utf8(data) or _single_byte(data)
    if _DOUBLY_ENCODED.search(text):
        try:
            return _undouble(text), TWICE
        except UnicodeError:
            pass
    return text, "utf-8"


def _undouble(text: str) -> str:
    return text.encode("cp1252").decode("utf-8")


def _damaged_utf8(data: bytes) -> tuple[str, str] | None:
    """UTF-8 with a few broken characters: most of what is not ASCII still fits."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = len(text) - len(text.encode("ascii", errors="ignore")) - broken
    return (text, "utf-8") if whole >= 3 * broken else None


def _single_byte(data: bytes) -> tuple[str, str]:
    accented = re.finditer(rb"[^\n]?[^\n]?[\x80-\xff]+[^\n]?", data)
    sample = b" ".join(found[0] for found in islice(accented, _JUDGED_LETTERS))
    best = max(_SINGLE_BYTE, key=lambda encoding: _likeliness(sample.decode(encoding, errors="replace")))
    return data.decode(best, errors="replace"), best


def _likeliness(text: str) -> int:
    """How much a text looks like French, Dutch or German, by each accented letter's neighbours."""
    score = 0
    for before, letter, after in zip(f" {text}", text, f"{text[1:]} ", strict=False):
        if letter <= "\x7f":
            continue
        if letter in "\xa0\u202f":
            score += 2 if before.isdigit() or after.isdigit() else 1
        elif letter not in _HOME_LETTERS:
            score -= 3
        elif letter.isalpha() and (before.isdigit() or (letter.isupper() and before.islower())):
            score -= 2
        else:
            score += 2
    return score
