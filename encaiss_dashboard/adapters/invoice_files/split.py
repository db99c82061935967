"""Lines of a file as cells, column by column where they are regular, record by record where not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import polars as pl

from encaiss_dashboard.adapters.invoice_files import dialect as dialects
from encaiss_dashboard.adapters.invoice_files import limits
from encaiss_dashboard.adapters.invoice_files.dialect import Record
from encaiss_dashboard.adapters.invoice_files.encodings import Text, too_long
from encaiss_dashboard.adapters.invoice_files.opening import Grid
from encaiss_dashboard.adapters.invoice_files.problems import UnusableError
from encaiss_dashboard.domain.errors import Problem

_MARK: Final = "\ufeff"
_LINES_AT_ONCE: Final = 100_000
_PIECE_LINES: Final = 65_536
_PIECE_BYTES: Final = 1 << 16


class Block(NamedTuple):
    """Some lines of a file, each in one of two forms.

    Attributes:
        cells: a row for each regular line, columns named ``0``, ``1``…, without that of reasons.
        lines: the 1-based line of each of them.
        odd: all other records, in the order of the file.
        text: what it came in.
    """

    cells: pl.DataFrame
    lines: pl.Series
    odd: list[Record]
    text: Text


class _Cut(NamedTuple):
    """Whole lines, the text they stand in, how many end, and whether the file ends with them."""

    data: bytes
    text: Text
    ends: int
    is_last: bool


class _Odd(NamedTuple):
    """Records that are not regular, the positions of the lines they take, and where the rest begins."""

    records: list[Record]
    taken: set[int]
    end: int


def read_blocks(texts: Iterable[Text], grid: Grid, *, rapid: bool = True) -> Iterator[Block]:
    """All lines below the header.

    A regular line has its usual number of cells, and quotes only around whole cells: cut at every
    separator it gives what `dialect.read_records` gives. Blank lines are left out.

    Args:
        texts: the file from its start.
        grid: how lines divide.
        rapid: False to take no line for regular.

    Raises:
        UnusableError: a line is too long, or hardly any quote of many is ever closed.
    """
    line, skip, rest = 1, grid.skip, b""
    for text in texts:
        skipped, start = _skipped(text.data, skip)
        skip, line = skip - skipped, line + skipped
        data = rest + text.data[start:]
        pieces = list(_pieces(data, text.ends - skipped + rest.count(b"\n")))
        rest = b""
        for number, (piece, ends) in enumerate(pieces, start=1):
            whole = rest + piece
            cut = _Cut(whole, text, ends + rest.count(b"\n"), text.is_last and number == len(pieces))
            regular = _even(cut, line, grid) if rapid else None
            if regular:
                block, rest, taken = regular, b"", regular.cells.height
            else:
                block, rest, taken = _sorted_out(cut, line, grid, rapid=rapid)
            yield block
            line += taken


def _skipped(data: bytes, lines: int) -> tuple[int, int]:
    """How many of so many lines there are, and where they end."""
    start = skipped = 0
    while skipped < lines and (end := data.find(b"\n", start) + 1):
        skipped, start = skipped + 1, end
    return (skipped, start) if skipped == lines else (skipped, len(data))


def _pieces(data: bytes, ends: int) -> Iterator[tuple[bytes, int]]:
    """A block of very short lines in parts: an object for each line would be too much at once."""
    if ends <= _LINES_AT_ONCE:
        yield data, ends
        return
    size = max(_PIECE_BYTES, len(data) * _PIECE_LINES // ends)
    start = 0
    while start < len(data):
        end = data.rfind(b"\n", start, start + size) + 1
        end = end or data.find(b"\n", start) + 1 or len(data)
        yield data[start:end], data.count(b"\n", start, end)
        start = end


def _even(cut: _Cut, line: int, grid: Grid) -> Block | None:
    """A block in which every line is regular and no quote stands, None where it is not quite that."""
    data = cut.data
    lines = cut.ends + (not data.endswith(b"\n"))
    if (
        not data
        or (grid.is_quoted and b'"' in data)
        or data.startswith(_MARK.encode())
        or data.count(grid.separator.encode()) != lines * (grid.cells - 1)
    ):
        return None
    cells = _parse(data, grid, lines, quote=None)
    if cells is None or (grid.is_quoted and _longest(cells) > dialects.CELL_CHARS):
        return None
    return Block(_kept(cells, grid), _numbers(line, lines), [], cut.text)


def _parse(data: bytes, grid: Grid, lines: int, quote: str | None) -> pl.DataFrame | None:
    """Cells of regular lines; None where polars finds that they are none, or another number of them."""
    try:
        cells = pl.read_csv(
            data,
            has_header=False,
            separator=grid.separator,
            quote_char=quote,
            schema={str(position): pl.String for position in range(grid.cells)},
            empty_string_is_null=False,
            extra_columns="raise",
            missing_columns="raise",
        )
    except pl.exceptions.PolarsError:
        return None
    return cells if cells.height == lines else None


def _longest(cells: pl.DataFrame) -> int:
    longest = cells.select(pl.all().str.len_bytes().max())
    return int(longest.max_horizontal().item() or 0)


def _kept(cells: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    if grid.dropped is None or grid.dropped >= grid.cells:
        return cells
    kept = cells.drop(str(grid.dropped))
    return kept.rename({old: str(new) for new, old in enumerate(kept.columns)})


def _numbers(first: int, count: int) -> pl.Series:
    return pl.int_range(first, first + count, dtype=pl.Int64, eager=True)


def _sorted_out(cut: _Cut, line: int, grid: Grid, *, rapid: bool) -> tuple[Block, bytes, int]:
    """Regular lines apart from all others; what only the next block can end is given back.

    Returns:
        The block, the bytes given back, and how many lines the block took.
    """
    lines = _lines(cut.data)
    bare = lines.str.strip_suffix("\r")
    longest = int(lines.str.len_bytes().max() or 0)  # type: ignore[arg-type] # a maximum may be any literal
    if longest > limits.LINE_BYTES:
        at = (lines.str.len_bytes() > limits.LINE_BYTES).arg_max() or 0
        raise too_long(line + at)
    even = _regular(bare, grid) if rapid else pl.repeat(value=False, n=lines.len(), eager=True)
    blank = bare.str.contains(rf"^[\s{re.escape(grid.separator)}]*$")
    odd = _walk(lines, (even | blank).to_list(), grid, is_last=cut.is_last)
    if odd.taken:
        positions = pl.Series(sorted(odd.taken))
        even = even.scatter(positions, values=False)
    even = even & (_numbers(0, lines.len()) < odd.end)
    cells = _even_cells(cut.data, bare, even, grid)
    if cells is None:
        return _sorted_out(cut, line, grid, rapid=False)
    records = [Record(line + r.line - 1, grid.kept(r.cells), r.closed) for r in odd.records]
    block = Block(_kept(cells, grid), _numbers(line, lines.len()).filter(even), records, cut.text)
    rest = "".join(f"{text}\n" for text in lines[odd.end :]).encode()
    return block, rest, odd.end


def _lines(data: bytes) -> pl.Series:
    text = pl.Series([data.removesuffix(b"\n")], dtype=pl.Binary).cast(pl.String)
    return text.str.split("\n").explode() if data else text.clear()


def _regular(lines: pl.Series, grid: Grid) -> pl.Series:
    quoted = lines.str.contains('"', literal=True) if grid.is_quoted else None
    whole = lines
    if quoted is not None and quoted.any():
        mark = re.escape(grid.separator)
        cell = rf'(?:"(?:[^"]|"")*"|[^"{mark}]*)'
        clean = lines.str.contains(f"^{cell}(?:{mark}{cell})*$")
        # Without what stands between quotes every separator left is one.
        whole = lines.str.replace_all('"[^"]*"', "")
        even = clean & (whole.str.count_matches(grid.separator, literal=True) == grid.cells - 1)
    else:
        even = lines.str.count_matches(grid.separator, literal=True) == grid.cells - 1
    if grid.is_quoted:
        # Of a workbook every line is regular: its numbers and dates are told from texts by column alone.
        even &= lines.str.len_bytes() <= dialects.CELL_CHARS
    return even & ~lines.str.starts_with(_MARK) & (lines != "")


def _even_cells(data: bytes, bare: pl.Series, even: pl.Series, grid: Grid) -> pl.DataFrame | None:
    """The cells of the regular lines; None where polars does not find as many rows."""
    count = int(even.sum())
    if not count:
        return pl.DataFrame(schema={str(position): pl.String for position in range(grid.cells)})
    chosen = bare.filter(even)
    quote = '"' if grid.is_quoted and chosen.str.contains('"', literal=True).any() else None
    whole = data if count == bare.len() else chosen.str.join("\n").item().encode() + b"\n"
    return _parse(whole, grid, count, quote)


def _walk(lines: pl.Series, fine: list[bool], grid: Grid, *, is_last: bool) -> _Odd:
    """Read record by record wherever a record begins on a line that is not fine by itself."""
    if all(fine):
        return _Odd([], set(), len(fine))
    texts = [f"{text}\n" for text in lines.to_list()]
    records: list[Record] = []
    taken: set[int] = set()
    unclosed = at = 0
    while (at := _next_odd(fine, at)) < len(texts):
        for record, end in dialects.records_with_ends(texts, grid.separator, at):
            if not is_last and at >= len(texts) - dialects.CELL_LINES - 1 and '"' in texts[at]:
                # Whether this quote is ever closed, the next block tells.
                return _Odd(records, taken, at)
            records.append(record)
            taken.update(range(at, end))
            unclosed += not record.closed
            at = end
            if unclosed > limits.HOPELESS_AFTER and unclosed * 2 > at:
                raise UnusableError(
                    Problem("file_hopeless", facts={"found": str(unclosed), "expected": str(at)})
                )
            if at >= len(texts) or fine[at]:
                break
        else:
            break
    return _Odd(records, taken, len(texts))


def _next_odd(fine: list[bool], start: int) -> int:
    try:
        return fine.index(False, start)
    except ValueError:
        return len(fine)
