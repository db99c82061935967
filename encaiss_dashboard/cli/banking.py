"""``encaiss bank`` and ``encaiss payments verify``: what banks tell, and whether the books balance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from encaiss_dashboard import locales
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, CouldNot, client_id, house, progress, table
from encaiss_dashboard.domain.errors import Problem, Refusal
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import payments as services
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.payments import Imported, Told

_COUNTED = ("lines", "booked", "matched", "proposed", "unmatched", "duplicates", "rejected")


class BooksOff(CouldNot):
    """The books were read, and do not balance."""

    exit_code = 1


@click.command("bank", cls=Command)
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option("--client", "slug", metavar="SLUG", help="Whose account it is; the agency's own without.")
@click.option(
    "--accept-account", "accounts", metavar="IBAN", multiple=True, help="Say that this account is theirs."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen and keep nothing.")
def bank(
    *, files: tuple[str, ...], slug: str | None, accounts: tuple[str, ...], dry_run: bool, lang: str
) -> Answer:
    """Import files of banks (CODA, CAMT, MT940) or tables of payments; again doubles nothing."""
    facts, lines, refused = list[dict[str, Any]](), list[str](), list[str]()
    paths = [_found(file) for file in files]
    if accounts:
        with house().begin(HOUSE) as work:
            whose = client_id(work, slug) if slug else None
            for number in accounts:
                services.accept_account(work, whose, number)
    with progress(text(lang, "cli.importing")) as tell:
        for done, path in enumerate(paths):
            tell(done, len(paths))
            try:
                seen = _one(path, slug, dry_run=dry_run)
            except Refusal as refusal:
                refused.append(f"{path.name}: {text(lang, f'refusal.{refusal.code}', **refusal.facts)}")
                continue
            facts += _facts(seen, lang)
            lines += _lines(seen, lang, dry_run=dry_run)
            blocking = [one for one in seen.problems if one.blocks]
            if blocking and not seen.kept:
                refused.append(f"{path.name}: " + " ".join(_sentence(one, lang) for one in blocking))
    if refused:
        shown: dict[str, Any] = facts[0] if len(facts) == 1 else {"statements": facts}
        raise CouldNot("bank_refused", Answer(shown, lines), reasons=" ".join(refused))
    whole: Any = facts[0] if len(facts) == 1 else facts
    return Answer(whole, lines)


def _one(path: Path, slug: str | None, *, dry_run: bool) -> Imported:
    with house().begin(HOUSE) as work:
        whose = client_id(work, slug) if slug else None
        seen = services.receive(work, whose, path.name, path, dry_run=dry_run)
        if whose is None and seen.kept:
            remittances.leave(work)
        return seen


def _found(file: str) -> Path:
    path = Path(file)
    if path.is_dir():
        raise CouldNot("file_folder", file=file)
    if not path.exists():
        raise CouldNot("file_missing", file=file)
    if not path.is_file():
        raise CouldNot("file_special", file=file)
    return path


def _facts(seen: Imported, lang: str) -> list[dict[str, Any]]:
    """One object a statement; one for the file where nothing in it was understood."""
    whole = [_problem(one, lang) for one in seen.problems]
    found: list[dict[str, Any]] = [
        {
            "file": seen.file,
            "format": seen.format,
            "account": one.account,
            "statement": one.statement,
            "from": one.first.isoformat(),
            "to": one.last.isoformat(),
            "currency": one.currency,
            "opening": str(one.opening) if one.opening is not None else None,
            "closing": str(one.closing) if one.closing is not None else None,
            **{name: getattr(one, name) for name in _COUNTED},
            "problems": [*whole, *(_problem(problem, lang) for problem in one.problems)],
        }
        for one in seen.statements
    ]
    nothing = dict.fromkeys(("account", "statement", "from", "to", "opening", "closing"))
    counts = dict.fromkeys(_COUNTED, 0)
    return found or [{"file": seen.file, "format": seen.format, **nothing, **counts, "problems": whole}]


def _problem(one: Problem, lang: str) -> dict[str, Any]:
    return {"line": one.line, "code": one.code, "blocks": one.blocks, "problem": _sentence(one, lang)}


def _sentence(one: Problem, lang: str) -> str:
    return text(lang, f"problem.{one.code}", **one.facts)


def _lines(seen: Imported, lang: str, *, dry_run: bool) -> list[str]:
    title = "dry_run_of" if dry_run else ("imported" if seen.kept else "not_imported")
    lines = [text(lang, f"cli.{title}", file=seen.file)]
    for one in seen.statements:
        lines += [_head(one, lang), table(("", ""), _rows(one, lang))]
        lines += [_sentence(problem, lang) for problem in one.problems if not problem.blocks]
    return [*lines, *(_sentence(one, lang) for one in seen.problems if not one.blocks)]


def _head(one: Told, lang: str) -> str:
    first, last = (locales.day(day, lang, "numeric") for day in (one.first, one.last))
    return text(
        lang, "cli.bank_statement", account=one.account, statement=one.statement, first=first, last=last
    )


def _rows(one: Told, lang: str) -> list[tuple[str, str]]:
    balances = [("opening", one.opening), ("closing", one.closing)]
    rows = [(name, locales.money(amount, lang)) for name, amount in balances if amount is not None]
    rows += [(name, str(getattr(one, name))) for name in _COUNTED]
    return [(text(lang, f"cli.count_{name}"), value) for name, value in rows]


@click.group()
def payments() -> None:
    """The payments, and the books they are in."""


@payments.command("verify", cls=Command)
def verify(lang: str) -> Answer:
    """Check that every cent received is allocated, unallocated, remitted or returned; code 1 when not."""
    with house().begin(HOUSE, write=False) as work:
        found, notes = services.verify(work), services.notes(work)
    facts: dict[str, object] = {
        "balanced": not found,
        "problems": [{"code": one.code, **one.facts} for one in found],
        "notes": [{"code": one.code, **one.facts} for one in notes],
    }
    told = [_sentence(one, lang) for one in notes]
    if found:
        shown = [*(_sentence(one, lang) for one in found), *told]
        raise BooksOff("books_off", Answer(facts, shown), n=len(found))
    return Answer(facts, [text(lang, "cli.books_balance"), *told])
