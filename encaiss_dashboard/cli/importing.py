"""``encaiss import``: invoice files into a client's ledger, each one wholly or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple, get_args

import click

from encaiss_dashboard import locales
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, CouldNot, client_id, house, progress, table
from encaiss_dashboard.domain.errors import Problem, Refusal
from encaiss_dashboard.domain.intake import DateOrder, DecimalMark, Field
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import Doubt, NothingToImport, Preview, QuestionsOpen, RowsRefused

_SHOWN: Final = 20
_SEPARATORS: Final = {"tab": "\t", "\\t": "\t"}


class _File(NamedTuple):
    path: Path
    slug: str


class _Wish(NamedTuple):
    """What is asked of the import of every file."""

    corrections: Mapping[str, Any]
    answers: Mapping[str, Any]
    dry_run: bool
    lang: str


@click.command("import", cls=Command)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--client", "slug", metavar="SLUG", required=True, help="Whose invoices these are.")
@click.option(
    "--map",
    "pairs",
    metavar="FIELD=COLUMN",
    multiple=True,
    help="Which column holds a field; FIELD= means that none does.",
)
@click.option("--decimal", type=click.Choice(get_args(DecimalMark)), help="The mark before cents.")
@click.option("--dates", type=click.Choice(get_args(DateOrder)), help="Order of day, month and year.")
@click.option("--separator", metavar="CHARACTER", help='Between cells: ";", ",", "|" or "tab".')
@click.option("--encoding", metavar="NAME", help="Such as utf-8 or cp1252.")
@click.option("--sheet", metavar="NAME", help="Of a workbook.")
@click.option(
    "--doubtful",
    type=click.Choice(["ask", "new", "refuse"]),
    default="ask",
    help="Debtors that may be known ones: stop and list them, take them as new, or refuse their rows.",
)
@click.option("--keep-known", is_flag=True, help="Leave known invoices as they are, whatever the file says.")
@click.option("--whole", is_flag=True, help="Import all rows or none.")
@click.option("--dry-run", is_flag=True, help="Say what would happen and keep nothing.")
def import_command(
    *,
    files: tuple[str, ...],
    slug: str,
    pairs: tuple[str, ...],
    decimal: str | None,
    dates: str | None,
    separator: str | None,
    encoding: str | None,
    sheet: str | None,
    doubtful: str,
    keep_known: bool,
    whole: bool,
    dry_run: bool,
    lang: str,
) -> Answer:
    """Import invoice files (CSV, Excel, UBL, CII, Factur-X, ZIP) for a client; again doubles nothing."""
    chosen = {
        "decimal": decimal,
        "date_order": dates,
        "separator": _SEPARATORS.get(separator or "", separator),
        "encoding": encoding,
        "sheet": sheet,
    }
    corrections: dict[str, Any] = {name: value for name, value in chosen.items() if value is not None}
    if pairs:
        corrections["columns"] = _columns(pairs)
    answers = {"doubtful": doubtful, "changes": "none" if keep_known else "all", "whole": whole}
    wish = _Wish(corrections, answers, dry_run, lang)
    paths = [_found(file) for file in files]
    told, refused = [], []
    with progress(text(lang, "cli.importing")) as tell:
        for done, path in enumerate(paths):
            tell(done, len(paths))
            seen, sentence = _import_one(_File(path, slug), wish)
            told.append(_answer(seen, lang, dry_run=dry_run, kept=not sentence))
            if sentence:
                refused.append(sentence if len(files) == 1 else f"{path.name}: {sentence}")
    lines = [line for answer in told for line in answer.lines]
    facts: Any = told[0].facts if len(told) == 1 else [answer.facts for answer in told]
    answer = Answer(facts, lines)
    if refused:
        raise CouldNot("import_refused", answer, reasons=" ".join(refused))
    return answer


def _columns(pairs: Sequence[str]) -> dict[Field, str | None]:
    columns: dict[Field, str | None] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or name.strip() not in set(Field):
            raise CouldNot("field_unknown", value=pair, known=", ".join(Field))
        columns[Field(name.strip())] = column.strip() or None
    return columns


def _found(file: str) -> Path:
    path = Path(file)
    if path.is_dir():
        raise CouldNot("file_folder", file=file)
    if not path.exists():
        raise CouldNot("file_missing", file=file)
    if not path.is_file():
        raise CouldNot("file_special", file=file)
    return path


def _import_one(file: _File, wish: _Wish) -> tuple[Preview, str]:
    """What came of one file, and the sentence that says why nothing did ("" when it was imported).

    What is not imported is not kept either.
    """
    wired, imported = house(), False
    with wired.store.arriving() as place:
        shutil.copyfile(file.path, place)
        with wired.begin(HOUSE) as work:
            client = client_id(work, file.slug)
            batch = imports.receive(work, client, file.path.name, place)
    try:
        with wired.begin(HOUSE) as work:
            if wish.corrections:
                imports.correct(work, client, batch, wish.corrections)
            imports.answer(work, client, batch, wish.answers)
            seen = imports.preview(work, client, batch)
        if wish.dry_run and not seen.questions and seen.accepted:
            return seen, ""
        with wired.begin(HOUSE) as work:
            done = imports.accept(work, client, batch)
        imported = True
    except (QuestionsOpen, NothingToImport, RowsRefused) as refusal:
        return seen, _why(refusal, seen, wish.lang)
    else:
        return done, ""
    finally:
        if not imported:
            with wired.begin(HOUSE) as work:
                imports.discard(work, client, batch)


def _why(refusal: Refusal, seen: Preview, lang: str) -> str:
    whole = [sentence(problem, lang) for problem in seen.rejected if problem.line is None]
    asked = [text(lang, f"cli.question_{question}") for question in seen.questions]
    if "debtors" in seen.questions:
        open_doubts = [doubt for doubt in seen.doubts if doubt.answer is None]
        asked += [_doubt_line(doubt, lang) for doubt in open_doubts[:_SHOWN]]
    return " ".join([*whole, *asked]) or text(lang, f"refusal.{refusal.code}", **refusal.facts)


def _doubt_line(doubt: Doubt, lang: str) -> str:
    alike = ", ".join(candidate.name for candidate in doubt.candidates)
    return text(lang, "cli.doubt", name=doubt.name, candidates=alike)


def sentence(problem: Problem, lang: str) -> str:
    """A problem in words, its field in front."""
    said = text(lang, f"problem.{problem.code}", **problem.facts)
    colon = "\N{NARROW NO-BREAK SPACE}: " if lang == "fr" else ": "
    return text(lang, f"field.{problem.field}") + colon + said if problem.field else said


def _answer(seen: Preview, lang: str, *, dry_run: bool, kept: bool) -> Answer:
    currency = "EUR" if "EUR" in seen.total or not seen.total else min(seen.total)
    facts: dict[str, object] = {
        "file": seen.reading.name,
        "format": seen.reading.format,
        "dialect": asdict(seen.reading.dialect),
        "rows": seen.reading.row_count,
        "created": seen.created,
        "updated": seen.updated,
        "unchanged": seen.unchanged,
        "credit_notes": seen.credit_notes,
        "duplicates": seen.duplicates,
        "rejected": [_listed(p, lang) for p in seen.rejected],
        "warnings": [_listed(p, lang) for p in seen.reading.problems if not p.blocks],
        "total": str(seen.total[currency]) if seen.total else "0.00",
        "currency": currency,
    }
    if seen.reading.unlisted:
        facts["unlisted"] = dict(seen.reading.unlisted)
    if len(seen.total) > 1:
        facts["totals"] = {code: str(total) for code, total in sorted(seen.total.items())}
    title = "dry_run_of" if dry_run else ("imported" if kept else "not_imported")
    counts = [
        (name, str(facts[name]))
        for name in ("rows", "created", "updated", "unchanged", "credit_notes", "duplicates")
    ]
    counts.append(("rejected", str(seen.rejected_rows)))
    totals = [locales.money(total, lang) for _, total in sorted(seen.total.items())]
    rows = [(text(lang, f"cli.count_{name}"), value) for name, value in counts]
    rows += [(text(lang, "cli.count_total"), total) for total in totals]
    lines = [text(lang, f"cli.{title}", file=seen.reading.name), table(("", ""), rows)]
    return Answer(facts, [*lines, *_problem_lines(seen, lang)])


def _listed(problem: Problem, lang: str) -> dict[str, object]:
    said = text(lang, f"problem.{problem.code}", **problem.facts)
    return {"line": problem.line, "field": problem.field, "problem": said}


def _problem_lines(seen: Preview, lang: str) -> list[str]:
    problems = seen.reading.problems
    lines = [
        text(lang, "cli.problem_line", line=p.line, problem=sentence(p, lang))
        if p.line
        else sentence(p, lang)
        for p in problems[:_SHOWN]
    ]
    left = len(problems) + sum(seen.reading.unlisted.values()) - len(lines)
    return [*lines, text(lang, "cli.more_problems", n=left)] if left > 0 else lines
