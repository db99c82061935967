"""Cells of a workbook that are numbers or dates and no texts: they leave no doubt, whatever the texts do."""

from __future__ import annotations

from typing import Final

import polars as pl

from encaiss_dashboard.adapters.invoice_files import values
from encaiss_dashboard.adapters.invoice_files.rows import Layout
from encaiss_dashboard.adapters.invoice_files.sheet_process import TYPED

_DAY_COUNT: Final = rf"^{TYPED}[2-7][0-9]{{4}}(?:\.[0-9]+)?$"
_ZERO: Final = pl.lit(values.SERIAL_ZERO)


def only_texts(cells: pl.DataFrame) -> pl.DataFrame:
    """The cells of a workbook with nothing in place of numbers and dates."""
    return cells.select(
        pl.when(pl.col(name).str.starts_with(TYPED)).then(pl.lit("")).otherwise(pl.col(name)).alias(name)
        for name in cells.columns
    )


def as_written(cells: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """The cells of a workbook as its texts are written: numbers with their mark, days as year-month-day.

    A number in a column of dates counts days, as spreadsheets do that were not told it is one.
    """
    columns = {name: pl.col(name).str.strip_prefix(TYPED) for name in cells.columns}
    for about in values.AMOUNTS:
        position = layout.positions.get(about)
        if position is not None and layout.decimal == ",":
            name = str(position)
            is_typed = pl.col(name).str.starts_with(TYPED)
            with_comma = columns[name].str.replace(".", ",", literal=True)
            columns[name] = pl.when(is_typed).then(with_comma).otherwise(columns[name])
    for about in values.DATES:
        position = layout.positions.get(about)
        if position is not None:
            name = str(position)
            days = columns[name].str.extract("^([0-9]{5})").cast(pl.Int32, strict=False)
            day = (_ZERO + pl.duration(days=days)).cast(pl.Date).dt.to_string("iso")
            columns[name] = pl.when(pl.col(name).str.contains(_DAY_COUNT)).then(day).otherwise(columns[name])
    return cells.select(**columns)
