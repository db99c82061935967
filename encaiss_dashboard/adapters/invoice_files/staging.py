"""Rows of a file kept by column, on disk where they are many, until the ledger takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, overload

import polars as pl

from encaiss_dashboard.domain.intake import TEXTS, InvoiceRow, row_of

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


class StagedRows(Sequence[InvoiceRow]):
    """Rows in frames of :data:`SCHEMA`, in memory or as Arrow files, in the order of the file."""

    def __init__(self, frames: Iterable[pl.DataFrame | Path]) -> None:
        self._frames = tuple(frames)
        self._lengths = [frame.select(pl.len()).collect().item() for frame in map(self._lazy, self._frames)]

    @property
    def frames(self) -> tuple[pl.DataFrame | Path, ...]:
        """What the rows lie in."""
        return self._frames

    @staticmethod
    def _lazy(frame: pl.DataFrame | Path) -> pl.LazyFrame:
        return frame.lazy() if isinstance(frame, pl.DataFrame) else pl.scan_ipc(frame)

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
