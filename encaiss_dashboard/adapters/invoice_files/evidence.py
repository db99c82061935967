"""What the cells of a whole file prove about its conventions, gathered block by block."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from typing import Final

import polars as pl

from encaiss_dashboard.adapters.invoice_files import limits, values
from encaiss_dashboard.adapters.invoice_files.rows import cell
from encaiss_dashboard.adapters.invoice_files.values import Proof
from encaiss_dashboard.domain.intake import DateOrder, DecimalMark

BLANK: Final = r"^[\s\x1c-\x1f]*$"
"""Nothing but what `cell` takes for spaces, as polars writes it."""
JUDGED: Final = 200
"""So many values of a column are looked at to tell what it holds."""


class DecimalEvidence:
    """Which mark stands before cents, by every different amount of the file."""

    def __init__(self) -> None:
        self._seen: dict[Proof, _Distinct] = defaultdict(_Distinct)

    def see(self, proof: Proof, texts: pl.Series) -> None:
        """Take down amounts that all say the same."""
        self._seen[proof].add(texts)

    def see_texts(self, texts: Iterable[str]) -> None:
        """Take down amounts as cells have them."""
        by_proof: dict[Proof, list[str]] = defaultdict(list)
        for text in texts:
            if proof := values.decimal_proof(text.strip()):
                by_proof[proof].append(text.strip())
        for proof, found in by_proof.items():
            self.see(proof, pl.Series(found, dtype=pl.String))

    @property
    def is_silent(self) -> bool:
        """Whether no amount has a mark."""
        return not any(seen.count() for seen in self._seen.values())

    def decide(self) -> DecimalMark | None:
        """The mark, None when it must be asked."""
        return values.weigh_decimal({proof: seen.count() for proof, seen in self._seen.items()})


class DateEvidence:
    """In which order dates are written, by every different set of issue, due and settlement date."""

    def __init__(self) -> None:
        self._seen = pl.DataFrame(schema={"issue": pl.String, "due": pl.String, "settled": pl.String})

    def see(self, dates: pl.DataFrame) -> None:
        """Take down the sets of a block: columns issue, due and settled, "" for none."""
        if self._seen.height < limits.DISTINCT:
            self._seen = pl.concat([self._seen, dates.unique()]).unique()

    def see_texts(self, dates: Collection[tuple[str, str, str]]) -> None:
        """Take down sets of single records."""
        if dates:
            columns = zip(self._seen.columns, zip(*dates, strict=True), strict=True)
            self.see(pl.DataFrame(dict(columns), schema=self._seen.schema))

    @property
    def is_silent(self) -> bool:
        """Whether there is no date."""
        return bool(self._seen.select(pl.all_horizontal(pl.all().str.contains(BLANK)).all()).item())

    def decide(self, *, day_first: bool) -> DateOrder | None:
        """The order, None when it must be asked."""
        rows = [(cell(row, 0), cell(row, 1), cell(row, 2)) for row in self._seen.rows()]
        return values.decide_dates(rows, day_first=day_first)


class Judged:
    """The first values of every column that are not empty."""

    def __init__(self, columns: int) -> None:
        self.values: list[list[str]] = [[] for _ in range(columns)]
        self._open = list(range(columns))

    def see(self, rows: pl.DataFrame, lines: pl.Series, odd: Sequence[tuple[int, Sequence[str]]]) -> None:
        """Take down what a block has, regular rows and others, each with its line."""
        for position in self._open:
            known = self.values[position]
            missing = JUDGED - len(known)
            column = rows[str(position)] if str(position) in rows.columns else None
            found: list[tuple[int, str]] = []
            if column is not None and rows.height:
                filled = (~column.str.contains(BLANK)).arg_true().head(missing)
                found = list(zip(lines.gather(filled), column.gather(filled), strict=True))
            if odd:
                extra = (
                    (line, cells[position])
                    for line, cells in odd
                    if position < len(cells) and cells[position] and not cells[position].isspace()
                )
                found = sorted((*found, *islice(extra, missing)))
            texts = (cell((text,), 0) for _, text in found)
            known += [text for text in texts if text][:missing]
        self._open = [position for position in self._open if len(self.values[position]) < JUDGED]


class _Distinct:
    """How many different texts there were, up to a limit."""

    def __init__(self) -> None:
        self._hashes: list[pl.Series] = []
        self._most = 0

    def add(self, texts: pl.Series) -> None:
        if self._most < limits.DISTINCT:
            self._hashes.append(texts.hash().unique())
            self._most += self._hashes[-1].len()
            if self._most >= limits.DISTINCT:
                self._hashes = [pl.concat(self._hashes).unique()]
                self._most = self._hashes[0].len()

    def count(self) -> int:
        return pl.concat(self._hashes).n_unique() if self._hashes else 0
