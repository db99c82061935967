"""Rows of a file kept by column, on disk where they are many, until the ledger takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, overload

import polars as pl

from encaiss_dashboard.domain.intake import TEXTS, InvoiceRow, row_of
from encaiss_dashboard.domain.invoices import Kind

SCHEMA: Final[dict[str, Any]] = {
    "line": pl.Int64,
    "kind": pl.String,
    **dict.fromkeys(TEXTS, pl.String),
    "issue": pl.Date,
    "due": pl.Date,
    "settled": pl.Date,
    "term": pl.String,
    "currency": pl.String,
    "total_cents": pl.Int64,
    "vat_cents": pl.Int64,
    "paid_cents": pl.Int64,
}
"""Columns of staged rows as :class:`Rows.scan` promises them; ``term`` is null where there is none."""
_AT_ONCE: Final = 20_000
_EMPTY: Final = {**dict.fromkeys(TEXTS, ""), "kind": Kind.INVOICE.value}


class StagedRows(Sequence[InvoiceRow]):
    """Rows in frames of :data:`SCHEMA`, in memory or as Arrow files, in the order of the file.

    A frame may lack columns: none of its rows holds anything there.
    """

    def __init__(self, frames: Iterable[pl.DataFrame | Path]) -> None:
        self._frames = tuple(frames)
        self._lengths = [frame.select(pl.len()).collect().item() for frame in map(self._lazy, self._frames)]

    @property
    def frames(self) -> tuple[pl.DataFrame | Path, ...]:
        """What the rows lie in."""
        return self._frames

    @staticmethod
    def _lazy(frame: pl.DataFrame | Path) -> pl.LazyFrame:
        lazy = frame.lazy() if isinstance(frame, pl.DataFrame) else pl.scan_ipc(frame)
        names = set(lazy.collect_schema())
        if len(names) == len(SCHEMA):
            return lazy
        return lazy.select(
            pl.col(name) if name in names else pl.lit(_EMPTY.get(name), dtype=dtype).alias(name)
            for name, dtype in SCHEMA.items()
        )

    def scan(self) -> pl.LazyFrame:
        """See :meth:`Rows.scan`."""
        if not self._frames:
            return pl.LazyFrame(schema=SCHEMA)
        return pl.concat(map(self._lazy, self._frames))

    def __len__(self) -> int:
        return sum(self._lengths)

    def __iter__(self) -> Iterator[InvoiceRow]:
        for frame in self._frames:
            for part in self._lazy(frame).collect().iter_slices(_AT_ONCE):
                yield from map(row_of, part.iter_rows(named=True))

    @overload
    def __getitem__(self, place: int) -> InvoiceRow: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[InvoiceRow, ...]: ...
    def __getitem__(self, place: int | slice) -> InvoiceRow | tuple[InvoiceRow, ...]:
        if isinstance(place, slice):
            return tuple(islice(self, *place.indices(len(self))))
        at = place + len(self) if place < 0 else place
        for frame, length in zip(self._frames, self._lengths, strict=True):
            if 0 <= at < length:
                return row_of(self._lazy(frame).slice(at, 1).collect().row(0, named=True))
            at -= length
        raise IndexError(place)


def frame_of(rows: Iterable[InvoiceRow]) -> pl.DataFrame:
    """Rows by column, as :data:`SCHEMA` has them."""
    columns: dict[str, list[Any]] = {name: [] for name in SCHEMA}
    for row in rows:
        for name in ("line", "issue", "due", "settled", "term", *TEXTS):
            columns[name].append(getattr(row, name))
        columns["kind"].append(row.kind.value)
        columns["currency"].append(row.total.currency)
        columns["total_cents"].append(row.total.cents)
        columns["vat_cents"].append(None if row.vat is None else row.vat.cents)
        columns["paid_cents"].append(None if row.paid is None else row.paid.cents)
    return pl.DataFrame(columns, schema=SCHEMA)


class Stage:
    """Where rows are put down as they are read: Arrow files in a folder, or frames in memory."""

    def __init__(self, folder: Path | None) -> None:
        """Write into the folder, which is there and holds no rows yet."""
        self.folder = folder
        self.frames: list[pl.DataFrame | Path] = []
        self.numbers: list[pl.Series] = []
        """Hashes of the invoice numbers of each frame."""
        self.count = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Keep rows that come after all others; columns that hold nothing may be left out."""
        if not frame.height:
            return
        self.count += frame.height
        self.numbers.append((frame["number"] if "number" in frame else frame["line"]).hash())
        self.frames.append(self._kept(len(self.frames) + 1, frame))

    def replace(self, place: int, frame: pl.DataFrame) -> None:
        """Keep other rows where those of a frame were."""
        self.frames[place] = self._kept(place + 1, frame)

    def _kept(self, number: int, frame: pl.DataFrame) -> pl.DataFrame | Path:
        if self.folder is None:
            return frame
        path = self.folder / f"rows-{number:04d}.arrow"
        whole = path.with_suffix(".new")
        frame.write_ipc(whole)
        # What is being replaced may still be read: its file lives on until that ends.
        whole.replace(path)
        return path

    def clear(self) -> None:
        """Keep nothing."""
        for frame in self.frames:
            if isinstance(frame, Path):
                frame.unlink(missing_ok=True)
        self.frames.clear()
        self.numbers.clear()
        self.count = 0

    def rows(self) -> StagedRows:
        """All rows that were kept."""
        return StagedRows(self.frames)
