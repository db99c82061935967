"""``encaiss journal verify`` and ``encaiss permissions``: what an auditor asks for."""

from __future__ import annotations

import click

from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, CouldNot, house, table
from encaiss_dashboard.domain.permissions import ALLOWED, HOUSE, Action, Role
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import journals
from encaiss_dashboard.services.journals import Checked


@click.group()
def journal() -> None:
    """The journal of acts."""


@journal.command("verify", cls=Command)
def verify(lang: str) -> Answer:
    """Check every chain; the first act that was altered, removed or moved is named, with code 2.

    The heads that are printed, kept elsewhere, also show whether a whole older database was put back.
    """
    with house().begin(HOUSE, write=False) as work:
        chains = journals.verify(work)
    facts: dict[str, object] = {"chains": [_facts(chain) for chain in chains]}
    shown = _table(chains, lang)
    wrong = next((chain for chain in chains if chain.flaw), None)
    if wrong is not None:
        sentence = text(lang, f"journal.{wrong.flaw}", seq=wrong.seq)
        name = wrong.name or _agency(lang)
        raise CouldNot("journal_broken", Answer(facts, [shown]), name=name, flaw=sentence)
    whole = text(lang, "cli.journal_whole", n=sum(chain.entries for chain in chains))
    return Answer(facts, [shown, whole])


def _facts(chain: Checked) -> dict[str, object]:
    return {
        "client": chain.name,
        "entries": chain.entries,
        "head": chain.hash,
        "flaw": chain.flaw.value if chain.flaw else None,
        "at": chain.seq if chain.flaw else None,
    }


def _table(chains: list[Checked], lang: str) -> str:
    columns = [text(lang, f"cli.journal_{name}") for name in ("client", "entries", "head", "state")]
    rows = [
        [
            chain.name or _agency(lang),
            str(chain.entries),
            chain.hash[:16] or "–",
            text(lang, f"journal.{chain.flaw}", seq=chain.seq) if chain.flaw else text(lang, "journal.whole"),
        ]
        for chain in chains
    ]
    return table(columns, rows)


def _agency(lang: str) -> str:
    return text(lang, "cli.journal_agency")


@click.command(cls=Command)
def permissions(lang: str) -> Answer:
    """Print who may do what, as a Markdown table: the one that README.md carries."""
    facts: dict[str, object] = {
        role.value: [action.value for action in Action if action in ALLOWED[role]] for role in Role
    }
    return Answer(facts, permission_lines(lang))


def permission_lines(lang: str) -> list[str]:
    """The table of permissions in Markdown, one line each."""
    heads = [text(lang, f"role.{role}") for role in Role]
    rows = [
        [text(lang, f"action.{action}"), *("yes" if action in ALLOWED[role] else "" for role in Role)]
        for action in Action
    ]
    lines = [["", *heads], ["---"] * (len(heads) + 1), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]
