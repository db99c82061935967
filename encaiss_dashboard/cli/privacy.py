"""``encaiss privacy``: what is held and why, a copy for a debtor who asks, and what is past its time."""

from __future__ import annotations

import os
from pathlib import Path

import click

from encaiss_dashboard import jobs
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, CouldNot, client_id, house, table
from encaiss_dashboard.domain.permissions import HOUSE, Actor
from encaiss_dashboard.locales import integer, text
from encaiss_dashboard.services.privacy import bundle, holdings


@click.group()
def privacy() -> None:
    """Personal data: what is held and why, copies, and what is past its time."""


@privacy.command("holdings", cls=Command)
@click.option("--client", "slug", metavar="SLUG", required=True, help="Whose data.")
def held(*, slug: str, lang: str) -> Answer:
    """Say what is held for a client, why, and for how long."""
    with house().begin(_speaking(lang), write=False) as work:
        rows = holdings.holdings(work, client_id(work, slug))
    facts = [
        {
            "kind": row.kind.value,
            "count": row.count,
            "purpose": row.purpose,
            "basis": f"GDPR art. 6(1)({row.basis})",
            "kept": row.until,
            "law": row.law,
        }
        for row in rows
    ]
    columns = [text(lang, f"cli.held_{name}") for name in ("kind", "count", "basis", "until")]
    told = [(row.name, integer(row.count, lang), row.why, row.until) for row in rows]
    return Answer({"client": slug, "holdings": facts}, [table(columns, told, numbers_from=9)])


@privacy.command("export", cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--client", "slug", metavar="SLUG", required=True, help="Whose debtor.")
@click.option("--debtor", "name", metavar="NAME", required=True, help="The debtor by its name.")
@click.option("--number", type=click.IntRange(1), help="Which one, where several share the name.")
def export(*, file: Path, slug: str, name: str, number: int | None, lang: str) -> Answer:
    """Write all that is held on one debtor into the ZIP FILE; the journal says that it was done."""
    if file.exists():
        raise CouldNot("file_there", file=str(file))
    with house().begin(_speaking(lang)) as work:
        client = client_id(work, slug)
        ids = holdings.named(work, client, name)
        if not ids or (number and number not in ids):
            raise CouldNot("no_such_debtor", slug=slug, name=name)
        if len(ids) > 1 and not number:
            raise CouldNot("debtor_several", slug=slug, n=f"{len(ids)} ({', '.join(map(str, ids))})")
        debtor_id = number or ids[0]
        made = bundle.export_debtor(work, client, debtor_id)
        # Inside the transaction: what could not be written down was not handed out either.
        _keep(file, made.content)
    facts: dict[str, object] = {
        "client": slug,
        "debtor": debtor_id,
        "file": str(file),
        "rows": dict(made.rows),
    }
    rows = integer(sum(made.rows.values()), lang)
    return Answer(facts, [text(lang, "cli.exported", file=str(file), rows=rows)])


@privacy.command("purge", cls=Command)
@click.option("--dry-run", is_flag=True, help="Say what would be removed and remove nothing.")
def purge(*, dry_run: bool, lang: str) -> Answer:
    """Remove what is past the periods that the agency chose; the worker does it every night."""
    removed = jobs.purge(house(), dry_run=dry_run)
    columns = (text(lang, "cli.past_kind"), text(lang, "cli.past_would" if dry_run else "cli.past_removed"))
    rows = [(text(lang, f"privacy.past_{what}"), integer(n, lang)) for what, n in removed.items()]
    facts = {"dry_run": dry_run, "removed": {what.value: n for what, n in removed.items()}}
    return Answer(facts, [table(columns, rows)])


def _speaking(lang: str) -> Actor:
    """The house itself, in the language that the command is asked in."""
    return Actor(HOUSE.user_id, HOUSE.name, lang, house=True)


def _keep(file: Path, content: bytes) -> None:
    """Write a new file that only its owner may read."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
