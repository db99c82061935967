"""Invoice numbers that a file uses twice: identical repeats are kept once, contradictions not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import polars as pl

from encaiss_dashboard.adapters.invoice_files.problems import ProblemList
from encaiss_dashboard.adapters.invoice_files.rows import shown
from encaiss_dashboard.adapters.invoice_files.staging import SCHEMA, Stage, StagedRows
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.intake import Field
from encaiss_dashboard.domain.invoices import Kind

_LISTED_LINES: Final = 5
_KEY: Final = ("number", "debtor")
_SIGNED: Final = (
    pl.when(pl.col("kind") == Kind.INVOICE.value).then("total_cents").otherwise(-pl.col("total_cents"))
)
_SAID: Final = pl.struct("number", "debtor", _SIGNED.cast(pl.String).alias("cents"), "currency")


def take_out_repeats(stage: Stage, problems: ProblemList) -> None:
    """Leave identical repeats of a row only once, and no row whose number says two things."""
    suspected = _suspected(stage)
    groups = None if suspected is None else _groups(stage, suspected)
    if groups is None:
        return
    problems.add(_repeated(groups))
    problems.add(_contradictory(groups))
    dropped = groups.filter(~pl.col("kept"))["line"].implode()
    for place in range(len(stage.frames)):
        frame = StagedRows(stage.frames[place : place + 1]).scan().collect()
        left = frame.filter(~pl.col("line").is_in(dropped))
        if left.height < frame.height:
            stage.replace(place, left)


def _suspected(stage: Stage) -> pl.Series | None:
    """Hashes of numbers that stand more than once, None where all are different."""
    if not stage.numbers:
        return None
    numbers = pl.concat(stage.numbers)
    if numbers.n_unique() == numbers.len():
        return None
    return numbers.filter(numbers.is_duplicated()).unique().implode()


def _groups(stage: Stage, suspected: pl.Series) -> pl.DataFrame | None:
    """Rows that share number and debtor with another one, None when there are none.

    Columns: line, number, debtor, first (line of their group), same (whether all of the group say the
    same), kept, said (what tells the owner which row it is).
    """
    content = pl.struct(name for name in SCHEMA if name != "line").hash()
    debtor = pl.when(pl.col("debtor_number") != "").then("debtor_number").otherwise("debtor")
    found = []
    for frame, numbers in zip(stage.frames, stage.numbers, strict=True):
        of_interest = numbers.is_in(suspected)
        if of_interest.any():
            rows = StagedRows([frame]).scan().collect().filter(of_interest)
            found.append(rows.select("line", "number", debtor=debtor, content=content, said=_SAID))
    rows = pl.concat(found).filter(pl.col("number") != "")
    rows = rows.with_columns(_folded(rows["debtor"])).filter(pl.struct(_KEY).is_duplicated())
    if not rows.height:
        return None
    return rows.with_columns(
        same=pl.col("content").n_unique().over(_KEY) == 1,
        first=pl.col("line").min().over(_KEY),
    ).with_columns(kept=pl.col("same") & (pl.col("line") == pl.col("first")))


def _folded(names: pl.Series) -> pl.Series:
    different = names.unique()
    folded = [name.casefold() for name in different]
    return names.replace_strict(different, pl.Series(folded, dtype=pl.String), return_dtype=pl.String)


def _repeated(groups: pl.DataFrame) -> Iterator[Problem]:
    rows = groups.filter(pl.col("same") & ~pl.col("kept")).sort("line")
    for line, number, first in rows.select("line", "number", "first").iter_rows():
        facts = {"value": shown(number), "other": str(first)}
        yield Problem("repeated_line", line, None, facts, blocks=False)


def _contradictory(groups: pl.DataFrame) -> Iterator[Problem]:
    rows = groups.filter(~pl.col("same"))
    listed = pl.col("line").sort().head(_LISTED_LINES + 1)
    named = rows.join(rows.group_by(_KEY).agg(lines=listed, count=pl.len()), on=_KEY).sort("line")
    for line, number, lines, count, said in named.select(
        "line", "number", "lines", "count", "said"
    ).iter_rows():
        others = [str(other) for other in lines if other != line][:_LISTED_LINES]
        listing = ", ".join(others) + (" …" if count - 1 > _LISTED_LINES else "")
        facts = {"value": shown(number), "other": listing}
        yield Problem("number_twice", line, Field.NUMBER.value, facts, row=said)
