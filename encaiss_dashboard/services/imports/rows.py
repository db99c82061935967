"""The rows of one file, column by column: whose they are, which of them repeat others, when they fall due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from encaiss_dashboard.domain.errors import Problem, Problems
from encaiss_dashboard.domain.identity import enterprise_key, enterprise_of
from encaiss_dashboard.domain.intake import InvoiceRow, Reading, row_of
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.terms import Term, TermUnreadable, ceiling_days_over, resolve_due
from encaiss_dashboard.services.imports.compared import Answers
from encaiss_dashboard.services.imports.debtors import Debtors
from encaiss_dashboard.services.imports.parties import Identity, Party, parties_of
from encaiss_dashboard.storage import records

_NAMED: Final = ("debtor", "debtor_number", "vat_number", "endpoint", "email")
_DETAILS: Final = ("address", "postcode", "city", "country", "language", "iban")
_CARRIED: Final = ("at", "line", "number", "issue", "due", "total_cents", "vat_cents")
_FEW: Final = ("kind", "term", "currency", "country")
"""Columns of few different texts: a code instead of each takes a quarter of the room."""
_OFTEN_ALIKE: Final = (*_FEW, "reference", "credited", "settled", "paid_cents")
# What an invoice says of itself; the rest is about its debtor, or where it stands.
_CONTENT: Final = (
    *("kind", "number", "issue", "due", "term", "total", "vat", "reference"),
    *("settled", "paid", "credited", "seller"),
)
_CEILING_DAYS: Final = 60
_LISTED_LINES: Final = 5
ROWS_AT_ONCE: Final = 100_000


class FileRows:
    """What a client's ledger has to know of each row of a file.

    Attributes:
        parties: the debtors that rows mean.
        problems: those of the reading and those found here.
        duplicates: rows that repeat others, ``repeats_read`` those of them that the reader had found.
        refused: rows refused here.
    """

    def __init__(
        self,
        client: records.Client,
        reading: Reading,
        answers: Answers,
        debtors: Debtors,
        *,
        at_once: int = ROWS_AT_ONCE,
    ) -> None:
        self._client, self._reading, self._answers, self._debtors = client, reading, answers, debtors
        self._at_once = at_once
        self.problems = Problems()
        self.problems.unlisted = dict(reading.unlisted)
        for problem in reading.problems:
            self.problems.add(problem)
        self._base = _scan(reading).with_row_index("at")
        self._terms: dict[str, Term | None] = {}
        self.parties: list[Party] = []
        self.repeats_read = sum(p.code == "repeated_line" for p in reading.problems)
        self.repeats_read += reading.unlisted.get("repeated_line", 0)
        self.duplicates = self.repeats_read
        self.refused = 0
        self._refuse_bought()
        self._seed = 0
        self._links = self._recognise()

    def frames(self) -> Iterator[pl.DataFrame]:
        """All rows, in frames that each hold all rows of their debtors, sorted by debtor and number.

        ``at`` is the place in the file, ``party`` that in ``parties``, ``due_on`` when it falls due and
        ``paid`` the cents that the file says are paid.
        """
        shares = self._shares()
        packed: list[list[pl.DataFrame]] = [[] for _ in range(max(shares, default=0) + 1)]
        share = pl.Series("share", shares, dtype=pl.UInt32)
        links = self._links.with_columns(share.gather(self._links["party"]))
        alike = self._alike()
        columns = [
            pl.col(name).cast(pl.Categorical) if name in _FEW else pl.col(name)
            for name in (*_CARRIED, *_OFTEN_ALIKE)
            if name not in alike
        ]
        for part in _parts(self._base, len(self._reading.rows), self._at_once):
            joined = part.with_columns(self._named).join(links.lazy(), on="named", how="inner")
            rows = joined.select(*columns, "party", "share").collect()
            for (place,), some in rows.partition_by("share", as_dict=True, include_key=False).items():
                packed[place].append(some)
        for pieces in packed:
            if pieces:
                rows = pl.concat(pieces)
                pieces.clear()
                rows = self._without_refused_parties(rows).sort("party", "number", "at")
                rows = rows.with_columns(alike.values()).with_columns(_paid())
                yield self._with_due(self._without_repeats(rows))

    def _alike(self) -> dict[str, pl.Expr]:
        """Columns that say the same in every row, as most files have some: not carried row by row."""
        same = (pl.col(name).eq_missing(pl.col(name).first()).all().alias(name) for name in _OFTEN_ALIKE)
        says = self._base.select(same).collect().row(0, named=True)
        first = self._base.select(_OFTEN_ALIKE).head(1).collect()
        return {
            name: pl.lit(first[name][0], first[name].dtype)
            .cast(pl.Categorical if name in _FEW else first[name].dtype)
            .alias(name)
            for name in _OFTEN_ALIKE
            if says[name] and len(first)
        }

    def _shares(self) -> list[int]:
        """The share that each party is in, of not much more than so many rows; known debtors by their ids."""
        order = sorted(
            range(len(self.parties)),
            key=lambda place: (self.parties[place].is_new, self.parties[place].id or place),
        )
        shares = [0] * len(order)
        share = count = 0
        for place in order:
            if count >= self._at_once:
                share, count = share + 1, 0
            shares[place] = share
            count += sum(said.rows for said in self.parties[place].identities)
        return shares

    def _recognise(self) -> pl.DataFrame:
        """Fill ``parties``; which of them is meant by what rows say of their debtor."""
        said = (*_NAMED, *_DETAILS)
        # Grouping codes of texts takes a third of the time of grouping texts.
        coded = self._base.select("line", *(pl.col(name).cast(pl.Categorical) for name in said))
        grouped = pl.DataFrame()
        for part in _parts(coded, len(self._reading.rows), self._at_once):
            group = part.group_by(said).agg(pl.col("line").min(), pl.len().cast(pl.Int64).alias("rows"))
            found = group.with_columns(pl.col(name).cast(pl.String) for name in said).collect()
            both = pl.concat([grouped, found]) if len(grouped) else found
            grouped = both.group_by(said).agg(pl.col("line").min(), pl.col("rows").sum())
        identities = grouped.sort("line", *said)
        meant = self._debtors.sort([Identity(*values) for values in identities.iter_rows()])
        self.parties = parties_of(meant)
        places = {party: place for place, party in enumerate(self.parties)}
        party = pl.Series("party", [places[party] for party in meant], dtype=pl.UInt32)
        named = identities.select(*_NAMED, party).unique(_NAMED)
        # Names are long: rows are joined by a hash of them, of which no two of this file share one.
        while (links := named.select(self._named, "party"))["named"].is_duplicated().any():
            self._seed += 1
        return links

    @property
    def _named(self) -> pl.Expr:
        """What decides who the debtor of a row is, as one number."""
        return pl.struct(_NAMED).hash(self._seed).alias("named")

    def _without_refused_parties(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Without the rows of doubtful debtors, where they are to be refused."""
        refused = [
            place
            for place, party in enumerate(self.parties)
            if party.doubt and party.doubt.answer is None and self._answers.doubtful == "refuse"
        ]
        if not refused:
            return rows
        bad = pl.col("party").is_in(refused)
        for values in rows.filter(bad).sort("at").iter_rows(named=True):
            party = self.parties[values["party"]]
            names = ", ".join(c.name for c in party.doubt.candidates) if party.doubt else ""
            facts = {"value": party.told["name"], "other": names}
            self.refuse(values["line"], "debtor", "debtor_doubtful", **facts)
        return rows.filter(~bad)

    def _refuse_bought(self) -> None:
        """Refuse documents that the client received: it is their buyer, and no debtor of its own."""
        own = enterprise_key(self._client.enterprise_number)
        if not own:
            return
        said = ("at", "line", "number", "seller", "vat_number", "endpoint")
        stated = self._base.filter(pl.col("seller") != "").select(said).collect()
        bought: list[int] = []
        for at, line, number, seller, vat_number, endpoint in stated.iter_rows():
            if enterprise_key(seller) == own:
                continue
            if own in {enterprise_key(vat_number), enterprise_of(endpoint)}:
                bought.append(at)
                self.refuse(line, "number", "invoice_received", value=number, other=seller)
            else:
                self.warn(line, "number", "other_seller", value=seller)
        if bought:
            self._base = self._base.filter(~pl.col("at").is_in(bought))

    def _without_repeats(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Without rows that turn out to be one invoice of one debtor, spelt two ways.

        They stand side by side: rows are sorted by debtor and number.
        """
        key = ("party", "number")
        again = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in key).fill_null(
            value=False
        )
        twice = rows.with_columns(again.alias("again"))
        several = twice.with_columns(
            (pl.col("again") | pl.col("again").shift(-1).fill_null(value=False)).alias("several")
        ).filter("several")
        groups: dict[tuple[int, str], list[tuple[int, InvoiceRow]]] = defaultdict(list)
        for values, row in self.with_rows(several):
            groups[values["party"], row.number].append((values["at"], row))
        dropped: list[int] = []
        for group in groups.values():
            dropped += self._repeated(group)
        return rows.filter(~pl.col("at").is_in(dropped)) if dropped else rows

    def _repeated(self, group: Sequence[tuple[int, InvoiceRow]]) -> list[int]:
        (_, first), *others = group
        content = _content(first)
        if all(_content(other) == content for _, other in others):
            for _, other in others:
                self.warn(other.line, None, "repeated_line", value=first.number, other=str(first.line))
            self.duplicates += len(others)
            return [at for at, _ in others]
        for _, row in group:
            lines = [str(r.line) for _, r in group if r is not row]
            listed = ", ".join(lines[:_LISTED_LINES]) + (" …" if len(lines) > _LISTED_LINES else "")
            self.refuse(row.line, "number", "number_twice", value=row.number, other=listed)
        return [at for at, _ in group]

    def _with_due(self, rows: pl.DataFrame) -> pl.DataFrame:
        """With the due date, what decided it, and the term's code, by the precedence of RULES §2."""
        own = [party.told["term"] for party in self.parties]
        asked = rows.with_columns(
            pl.col("party").replace_strict(dict(enumerate(own)), return_dtype=pl.String).alias("own")
            if any(own)
            else pl.lit("").alias("own")
        )
        ways = asked.filter(pl.col("due").is_null() | pl.col("term").is_not_null())
        key = ("issue", "due", "term", "own")
        distinct = ways.select(key).unique()
        resolved = [self._resolve(*values) for values in distinct.iter_rows()]
        table = distinct.with_columns(
            pl.Series("due_on", [r[0] for r in resolved], dtype=pl.Date),
            pl.Series("due_source", [r[1] for r in resolved], dtype=pl.String),
            pl.Series("term_code", [r[2] for r in resolved], dtype=pl.String),
        )
        joined = asked.join(table, on=key, how="left", nulls_equal=True, maintain_order="left").with_columns(
            pl.coalesce("due_on", "due").alias("due_on"),
            pl.col("due_source").fill_null("invoice_due"),
            pl.col("term_code").fill_null(""),
        )
        self._warn_of_terms(joined)
        return joined.drop("own")

    def _resolve(self, issue: date, due: date | None, term: str | None, own: str) -> tuple[date, str, str]:
        stated = self._term(term) if term else None
        default = self._term(self._client.default_term)
        on, source = resolve_due(issue, due, stated, self._term(own), default)
        return on, source.value, stated.code if stated else ""

    def _warn_of_terms(self, rows: pl.DataFrame) -> None:
        unread = [words for words, term in self._terms.items() if term is None and words]
        if unread:
            unclear = rows.filter(pl.col("term").cast(pl.String).is_in(unread))
            for values in self._first(unclear, "term_unreadable"):
                self.warn(values["line"], "term", "term_unreadable", value=values["term"])
        invoice = pl.col("kind") == Kind.INVOICE.value
        days = (pl.col("due_on") - pl.col("issue")).dt.total_days().alias("days")
        late = rows.with_columns(days).filter(invoice & (pl.col("days") > _CEILING_DAYS))
        if not len(late):
            return
        home = {place: self.parties[place].told["country"] for place in late["party"].unique()}
        stated = pl.col("country").cast(pl.String)
        known = pl.when(stated != "").then(stated)
        late = late.with_columns(
            known.otherwise(pl.col("party").replace_strict(home, return_dtype=pl.String)).alias("country")
        )
        key = ("issue", "due_on", "country")
        distinct = late.select(key).unique()
        over = pl.Series("over", [ceiling_days_over(*values) for values in distinct.iter_rows()], pl.Int64)
        above = late.join(distinct.with_columns(over), on=key, how="left").filter(pl.col("over") > 0)
        for values in self._first(above, "above_ceiling"):
            facts = {name: str(values[name]) for name in ("days", "over")}
            self.warn(values["line"], "due", "above_ceiling", **facts)

    def _first(self, rows: pl.DataFrame, code: str) -> Iterable[Mapping[str, Any]]:
        """As many rows, in the order of the file, as a warning of this code still has room for."""
        room = max(0, self.problems.room(code, blocks=False))
        self.problems.count(code, len(rows) - room)
        return rows.sort("at").head(room).iter_rows(named=True)

    def _term(self, words: str) -> Term | None:
        if words not in self._terms:
            try:
                self._terms[words] = Term.parse(words) if words else None
            except TermUnreadable:
                self._terms[words] = None
        return self._terms[words]

    def whole(self, places: Iterable[int]) -> Iterable[tuple[int, InvoiceRow]]:
        """Rows by their place in the file, as nouns of the trade."""
        wanted = list(places)
        found = self._base.filter(pl.col("at").is_in(wanted)).collect() if wanted else pl.DataFrame()
        for values in found.iter_rows(named=True):
            yield values["at"], row_of(values)

    def with_rows(self, frame: pl.DataFrame) -> Iterable[tuple[Mapping[str, Any], InvoiceRow]]:
        """Each row of a frame with what the file says, in the order of the file."""
        whole = dict(self.whole(frame["at"])) if len(frame) else {}
        for values in frame.sort("at").iter_rows(named=True) if len(frame) else ():
            yield values, whole[values["at"]]

    def owners(self, lines: Sequence[int]) -> dict[int, tuple[int, str]]:
        """Party and number by line, of rows on these lines."""
        named = self._base.filter(pl.col("line").is_in(lines)).with_columns(self._named)
        rows = named.join(self._links.lazy(), on="named")
        found = rows.select("line", "party", "number").collect()
        return {line: (party, number) for line, party, number in found.iter_rows()}

    def warn(self, line: int, field: str | None, code: str, **facts: str) -> None:
        """Say something about a row that is taken all the same."""
        self.problems.add(Problem(code, line, field, facts, blocks=False))

    def refuse(self, line: int, field: str, code: str, **facts: str) -> None:
        """Say why a row is not taken."""
        self.refused += 1
        self.problems.add(Problem(code, line, field, facts))


def _parts(rows: pl.LazyFrame, count: int, at_once: int) -> Iterator[pl.LazyFrame]:
    for start in range(0, max(count, 1), at_once):
        yield rows.slice(start, at_once)


def _paid() -> pl.Expr:
    """The cents that the file says are paid of an invoice: all of what is settled."""
    stated = pl.min_horizontal(pl.col("paid_cents").fill_null(0), "total_cents")
    paid = pl.when(pl.col("settled").is_not_null()).then(pl.col("total_cents")).otherwise(stated)
    return pl.when(pl.col("kind") == Kind.INVOICE.value).then(paid).otherwise(0).alias("paid")


def _scan(reading: Reading) -> pl.LazyFrame:
    scan: Callable[[], pl.LazyFrame] | None = getattr(reading.rows, "scan", None)
    assert scan is not None or not len(reading.rows), "rows of a file are staged"
    return scan() if scan else pl.LazyFrame(schema=_EMPTY)


_EMPTY: Final[Mapping[str, Any]] = {
    **dict.fromkeys((*_NAMED, *_DETAILS, "number", "reference", "credited", "member", "seller"), pl.String),
    **dict.fromkeys(("kind", "term", "currency"), pl.String),
    **dict.fromkeys(("issue", "due", "settled"), pl.Date),
    **dict.fromkeys(("line", "total_cents", "vat_cents", "paid_cents"), pl.Int64),
}


def _content(row: InvoiceRow) -> tuple[Any, ...]:
    """What a row says of its invoice, whatever line it stands on and however it spells its debtor."""
    return tuple(getattr(row, name) for name in _CONTENT)
