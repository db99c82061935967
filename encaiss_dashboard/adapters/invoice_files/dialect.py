"""From the lines of a file to its records: foreign formats, separator, quotes, exact line numbers."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from encaiss_dashboard.adapters.invoice_files import limits
from encaiss_dashboard.adapters.invoice_files.encodings import SAMPLE_BYTES, wide

SEPARATORS: Final = (";", "\t", ",", "|")
CELL_LINES: Final = 60
"""A cell of more lines than this is a quote somebody forgot to close."""
CELL_CHARS: Final = csv.field_size_limit()
_MAGIC: Final = (
    (b"\xd0\xcf\x11\xe0", "file_workbook"),
    (b"%PDF", "file_pdf"),
    (b"\x1f\x8b", "file_archive"),
    (b"7z\xbc\xaf\x27\x1c", "file_archive"),
    (b"Rar!\x1a\x07", "file_archive"),
)
_SNIFFED_CHARS: Final = 8_192
_TRIED_RECORDS: Final = 60
_TRIED_CHARS: Final = 1 << 20
_FEW_CONTROLS: Final = 8


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


def foreign_format(head: bytes, tail: bytes, size: int) -> str | None:
    """Problem code of a file that is no text at all, None for text.

    Args:
        head: its first bytes, at least `encodings.SAMPLE_BYTES` where there are so many.
        tail: its last ones.
        size: how many bytes it has.
    """
    if head.startswith(b"PK\x03\x04"):
        seen = head[:4096] + tail[-4096:]
        is_workbook = any(mark in seen for mark in (b"[Content_Types]", b"xl/", b"opendocument"))
        return "file_workbook" if is_workbook else "file_archive"
    code = next((code for magic, code in _MAGIC if head.startswith(magic)), None)
    if code:
        return code
    start = head[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<?xml", b"<html", b"<!doctype html", b"<table")):
        return "file_xml"
    return "file_not_text" if _is_noise(head, size) else None


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
    sample: list[str] = []
    chars = 0
    for line in islice(lines, _TRIED_RECORDS * 2):
        chars += len(line)
        if chars > _TRIED_CHARS and sample:
            break
        sample.append(line)
    sniffed = _sniff("".join(sample)[:_SNIFFED_CHARS])

    def sense(separator: str) -> tuple[int, float, int, bool]:
        head = [record.cells for record in islice(read_records(sample, separator), _TRIED_RECORDS)]
        widths = Counter(len(cells) for cells in head if any(cells))
        if not widths or max(widths) == 1:
            return 0, 0.0, 0, False
        width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]))
        agreement = count / widths.total() if width > 1 else 0.0
        known = max(known_columns(cells[: limits.COLUMNS]) for cells in head)
        return known, agreement, width, separator == sniffed

    return max(SEPARATORS, key=sense)


def read_records(lines: Sequence[str], separator: str, skip: int = 0) -> Iterator[Record]:
    """Records of a file in order, blank ones included.

    A quote that is never closed costs its own line only: reading starts again on the next one.

    Args:
        lines: the physical lines.
        separator: one character.
        skip: how many lines to pass over at the start.
    """
    return (record for record, _ in records_with_ends(lines, separator, skip))


def records_with_ends(lines: Sequence[str], separator: str, skip: int = 0) -> Iterator[tuple[Record, int]]:
    """The same, each with the 0-based position of the line on which the next one begins."""
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
                yield Record(start + 1, cells, closed=True), feed.position
                start = feed.position
                feed.record_start = start
        except csv.Error:
            # The one error of a lenient csv reader: a cell beyond its size limit, so an open quote.
            pass
        yield Record(start + 1, lines[start].rstrip("\r\n").split(separator), closed=False), start + 1
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
        if self.position == len(self.lines) or self.position - self.record_start > CELL_LINES:
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


def _is_noise(head: bytes, size: int) -> bool:
    """Whether the bytes hold more control characters than any text does (random ones hold 11 %)."""
    sample = head[:SAMPLE_BYTES]
    if wide(sample, size) or sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    controls = len(sample) - len(sample.translate(None, bytes({*range(32)} - {9, 10, 13, 26})))
    return controls > _FEW_CONTROLS and controls * 50 > len(sample)
