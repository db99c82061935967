"""What every command has in common: two ways to print an answer, one way to say why there is none."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DBAPIError, ProgrammingError, SQLAlchemyError

from encaiss_dashboard import wiring
from encaiss_dashboard.cli.calc import Answer, DateUnreadable, Question
from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import agencies
from encaiss_dashboard.settings import SettingsError
from encaiss_dashboard.wiring import Wiring
from encaiss_dashboard.work import Work

COULD_NOT: Final = 2
_YEARS: Final = range(1990, 2100)
_PIPED_WIDTH: Final = 160


class CouldNot(Exception):  # noqa: N818 - an answer to a person: nothing broke
    """A command that cannot be carried out.

    Attributes:
        key: of the sentence, below ``cli.``.
        answer: what there is to show all the same, printed before the sentence.
        facts: that the sentence names.
        exit_code: with which the command leaves.
    """

    exit_code = COULD_NOT

    def __init__(self, key: str, answer: Answer | None = None, **facts: object) -> None:
        """Keep what is said and what is shown."""
        super().__init__(key, facts)
        self.key, self.answer, self.facts = key, answer, facts


class Command(Question):
    """A command whose function returns an :class:`Answer`; every failure leaves with code 2."""

    def invoke(self, ctx: click.Context) -> None:
        """Print the answer, or one sentence that says why there is none."""
        as_json: bool = ctx.params.pop("as_json")
        ctx.meta["as_json"] = as_json
        lang: str = ctx.params["lang"]
        try:
            answer: Answer = click.Command.invoke(self, ctx)
        except CouldNot as failure:
            sentence = text(lang, f"cli.{failure.key}", **failure.facts)
            _leave(sentence, failure.answer, as_json=as_json, code=failure.exit_code)
        except Refusal as refusal:
            _leave(_refused(refusal, lang), as_json=as_json)
        except (SettingsError, SQLAlchemyError, OSError) as error:
            _leave(_unusable(error, lang), as_json=as_json)
        else:
            show(answer, as_json=as_json)


def show(answer: Answer, *, as_json: bool) -> None:
    """An answer on stdout, in the way that was asked for."""
    if as_json:
        click.echo(json.dumps(answer.facts, ensure_ascii=False))
    else:
        click.echo("\n".join(answer.lines))


def _leave(sentence: str, answer: Answer | None = None, *, as_json: bool, code: int = COULD_NOT) -> None:
    if as_json:
        facts = answer.facts if answer else {}
        click.echo(json.dumps({**facts, "error": sentence}, ensure_ascii=False))
    elif answer and answer.lines:
        click.echo("\n".join(answer.lines))
    click.echo(sentence, err=True)
    raise click.exceptions.Exit(code)


def _refused(refusal: Refusal, lang: str) -> str:
    if isinstance(refusal, DateUnreadable):
        return text(lang, "cli.date_unreadable", **refusal.facts)
    if refusal.code == "unreadable" and "value" in refusal.facts:
        return text(lang, "cli.unreadable", **refusal.facts)
    return text(lang, f"refusal.{refusal.code}", **refusal.facts)


def _unusable(error: Exception, lang: str) -> str:
    """Why the deployment cannot be worked with, in one line and without a traceback."""
    if isinstance(error, SettingsError):
        return str(error)
    said = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    if isinstance(error, ProgrammingError) or "no such table" in said or "no such column" in said:
        return text(lang, "cli.not_migrated")
    if isinstance(error, OSError):
        return text(lang, "cli.file_failed", file=error.filename or "", reason=error.strerror or said)
    return text(lang, "cli.database_failed", reason=(said.splitlines() or [""])[0])


def house() -> Wiring:
    """The wiring of this command: the process's own, or the one that a test hands over."""
    given = click.get_current_context().obj
    return given if isinstance(given, Wiring) else wiring.house()


def client_id(work: Work, slug: str) -> int:
    """The client a command is about.

    Raises:
        CouldNot: no client has that slug; the sentence lists those there are.
    """
    try:
        return agencies.client_id(work, slug)
    except NotFound as error:
        known = ", ".join(agencies.slugs(work)) or "–"
        raise CouldNot("client_unknown", slug=slug, known=known) from error


def read_client_id(slug: str) -> int:
    """The same, in a transaction of its own."""
    with house().begin(HOUSE, write=False) as work:
        return client_id(work, slug)


def day(value: str) -> date:
    """A date typed as year-month-day.

    Raises:
        DateUnreadable: anything else, or a year that is a slip of the finger.
    """
    try:
        on = date.fromisoformat(value)
    except ValueError as error:
        raise DateUnreadable(value=value) from error
    if on.isoformat() != value or on.year not in _YEARS:
        raise DateUnreadable(value=value)
    return on


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers_from: int = 1) -> str:
    """A table as text; columns from ``numbers_from`` on are right-aligned."""
    grid = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for place, name in enumerate(columns):
        grid.add_column(name, justify="right" if place >= numbers_from else "left")
    for row in rows:
        grid.add_row(*map(Text, row))  # names come from files: a bracket in one is no markup
    out, watched = io.StringIO(), sys.stdout.isatty()
    width = None if watched else _PIPED_WIDTH
    Console(file=out, force_terminal=watched, width=width, highlight=False).print(grid)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


@contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr while a terminal is watching; tells (done, all) and is silent elsewhere."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not sys.stderr.isatty(),
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
