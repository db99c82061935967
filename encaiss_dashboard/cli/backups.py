"""``encaiss backup``, ``backup-key`` and ``restore``: everything in one encrypted file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from encaiss_dashboard import backups
from encaiss_dashboard.backups import Summary
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, house, table
from encaiss_dashboard.locales import integer, text

_KEY = click.option(
    "--key",
    "key_file",
    metavar="KEYFILE",
    required=True,
    help="Made by backup-key; a backup needs only the recipient in it.",
)


@click.command("backup-key", cls=Command)
@click.argument("file", metavar="KEYFILE")
def backup_key(*, file: str, lang: str) -> Answer:
    """Make a key for backups. Keep a copy of KEYFILE elsewhere: without it no backup can be read."""
    recipient = backups.make_key(Path(file))
    lines = [text(lang, "cli.backup_key_made", file=file), recipient]
    return Answer({"key_file": file, "recipient": recipient}, lines)


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@_KEY
def backup(*, file: str, key_file: str, lang: str) -> Answer:
    """Write the database and the uploads, as they are at this moment, to FILE, encrypted.

    The server may go on. With the whole key, the backup is also restored into a scratch place and compared.
    """
    made = backups.make(house(), Path(file), Path(key_file))
    facts = {"file": file, **_facts(made), "verified": made.verified}
    said = text(lang, "cli.backup_verified" if made.verified else "cli.backup_unverified")
    return Answer(facts, [text(lang, "cli.backed_up", file=file), _counts(made, lang), said])


@click.command(cls=Command)
@click.argument("file", metavar="FILE")
@_KEY
def restore(*, file: str, key_file: str, lang: str) -> Answer:
    """Put a backup back into an empty place: all of it or nothing, and never over data."""
    brought = backups.restore(house(), Path(file), Path(key_file))
    facts = {"file": file, **_facts(brought), "restored": True}
    return Answer(facts, [text(lang, "cli.restored", file=file), _counts(brought, lang)])


def _facts(summary: Summary) -> dict[str, object]:
    return {
        "at": summary.head.at,
        "size_bytes": summary.size_bytes,
        "tables": len(summary.manifest.tables),
        "rows": summary.manifest.rows,
        "files": len(summary.manifest.files),
    }


def _counts(summary: Summary, lang: str) -> str:
    facts = _facts(summary)
    rows = [
        (text(lang, f"cli.backup_{name}"), integer(int(str(facts[name])), lang))
        for name in ("tables", "rows", "files", "size_bytes")
    ]
    return table(("", ""), rows)
