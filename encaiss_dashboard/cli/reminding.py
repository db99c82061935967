"""``encaiss delegate`` and ``encaiss remind``: from when the agency acts, and what a night sends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Final

import click

from encaiss_dashboard import jobs, locales
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import (
    Command,
    CouldNot,
    client_id,
    day,
    house,
    progress,
    read_client_id,
    table,
)
from encaiss_dashboard.domain.delegation import DelegationKind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.jobs import RunResult
from encaiss_dashboard.locales import telling, text
from encaiss_dashboard.services import debtors, delegations, people, reminders
from encaiss_dashboard.services.debtors import DebtorSearch
from encaiss_dashboard.services.delegations import Decision, Effect
from encaiss_dashboard.services.reminders import HeldMessage, PlannedMessage
from encaiss_dashboard.work import Work

_AT_ONCE: Final = 5000
_SHOWN: Final = 200
"""Rows of a table that a person still reads; ``--json`` gives them all."""


@click.command(cls=Command)
@click.option("--client", "slug", metavar="SLUG", required=True, help="Who delegates.")
@click.option("--debtor", "names", metavar="NAME", multiple=True, help="A debtor by its name; repeatable.")
@click.option("--all", "everybody", is_flag=True, help="Every debtor of the client.")
@click.option("--from", "from_text", metavar="DATE", required=True, help="First day on which it holds.")
def delegate(*, slug: str, names: tuple[str, ...], everybody: bool, from_text: str, lang: str) -> Answer:
    """Let the agency act towards debtors of a client, from a day on."""
    if everybody == bool(names):
        raise CouldNot("debtor_or_all")
    on = day(from_text)
    with house().begin(HOUSE, on) as work:
        client = client_id(work, slug)
        effects = _effects(work, client, debtors.find(work, client, DebtorSearch()).ids, on)
        ids = [effect.debtor_id for effect in effects] if everybody else _named(effects, names, slug)
        changed = sum(
            delegations.decide(work, client, Decision(DelegationKind.DELEGATE, some, on))
            for some in _parts(ids)
        )
    facts = {
        "client": slug,
        "from": on.isoformat(),
        "delegated": changed,
        "unchanged": len(ids) - changed,
    }
    lines = [text(lang, "cli.delegated", n=changed, on=locales.day(on, lang, "long"))]
    if len(ids) > changed:
        lines.append(text(lang, "cli.delegated_before", n=len(ids) - changed))
    return Answer(facts, lines)


def _parts(ids: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(ids[start : start + _AT_ONCE]) for start in range(0, len(ids), _AT_ONCE)]


def _effects(work: Work, client: int, ids: Sequence[int], on: date) -> list[Effect]:
    return [
        effect
        for some in _parts(ids)
        for effect in delegations.foresee(work, client, Decision(DelegationKind.DELEGATE, some, on)).effects
    ]


def _named(effects: Sequence[Effect], names: Sequence[str], slug: str) -> list[int]:
    """The debtors of those names; two that share one are both meant."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for effect in effects:
        by_name[" ".join(effect.name.casefold().split())].append(effect.debtor_id)
    unknown = [name for name in names if " ".join(name.casefold().split()) not in by_name]
    if unknown:
        raise CouldNot("debtor_unknown", names=", ".join(unknown), slug=slug)
    return list(dict.fromkeys(key for name in names for key in by_name[" ".join(name.casefold().split())]))


@click.command(cls=Command)
@click.option("--on", "on_text", metavar="DATE", help="The day to run for; today when left out.")
@click.option("--client", "slug", metavar="SLUG", help="One client; all of them when left out.")
@click.option("--dry-run", is_flag=True, help="Say what would be sent and send nothing.")
def remind(*, on_text: str | None, slug: str | None, dry_run: bool, lang: str) -> Answer:
    """Send what is due on a day: one statement of account a debtor, each step once."""
    on = day(on_text) if on_text else None
    ids = (read_client_id(slug),) if slug else None
    if dry_run:
        return run_answer(_foresee(ids, on), lang, dry_run=True)
    with progress(text(lang, "cli.sending")) as tell:
        return run_answer(jobs.remind(house(), on=on, client_ids=ids, progress=tell), lang)


def _foresee(ids: tuple[int, ...] | None, on: date | None) -> RunResult:
    messages, held = list[PlannedMessage](), list[HeldMessage]()
    with house().begin(HOUSE, on, write=False) as work:
        for client in people.client_ids(work) if ids is None else ids:
            night = reminders.foresee(work, client)
            messages += night.messages
            held += night.held
        return RunResult(work.today, len(messages), 0, tuple(held), messages=tuple(messages))


def run_answer(result: RunResult, lang: str, *, dry_run: bool = False) -> Answer:
    """What a run did, or would do: each message with the reason why it goes, each held one with its own."""
    facts: dict[str, object] = {
        "on": result.on.isoformat(),
        "planned": result.planned,
        "sent": result.sent,
        "messages": [_message(one, lang) for one in result.messages],
        "held": [_held(one, lang) for one in result.held],
    }
    on = locales.day(result.on, lang, "long")
    lines = [text(lang, "cli.would_send" if dry_run else "cli.planned", n=result.planned, on=on)]
    if result.messages:
        columns = ("debtor", "step", "channel", "total", "why")
        headings = [text(lang, f"cli.message_{name}") for name in columns]
        lines.append(_listed(headings, [_message_row(one, lang) for one in result.messages[:_SHOWN]]))
        lines += _more(len(result.messages), lang)
    if not dry_run:
        lines.append(text(lang, "cli.sent", n=result.sent))
        if result.waits_until is not None:
            facts["waits_until"] = result.waits_until.isoformat()
            lines.append(text(lang, "cli.waits_until", at=locales.moment(result.waits_until, lang)))
    if result.held:
        rows = [(one.name, telling.held(one.held, lang)) for one in result.held[:_SHOWN]]
        lines.append(_listed([text(lang, "cli.held_debtor"), text(lang, "cli.held_reason")], rows))
        lines += _more(len(result.held), lang)
    return Answer(facts, lines)


def _message(one: PlannedMessage, lang: str) -> dict[str, object]:
    why, about = one.why, one.planned.instalment
    return {
        "debtor": one.name,
        "step": one.planned.word,
        "invoices": [line.invoice.number for line in one.planned.lines],
        "channel": one.channel.value,
        "total": {currency: str(total) for currency, total in one.planned.totals.items()},
        "reason": why.trigger.value,
        "sentence": telling.why(why, lang),
        "because_of": {
            **({"invoice": why.number} if about is None else {"instalment": why.number, "plan": one.stop_id}),
            "due": why.due.isoformat(),
            "days_late": why.days_late,
            "days_late_min": why.days_late_min,
            "previous": {"step": why.previous.code.value, "on": why.previous.on.isoformat()}
            if why.previous
            else None,
            "days_after_previous": why.days_after_previous,
            "plan_version": one.plan_version,
        },
    }


def _held(one: HeldMessage, lang: str) -> dict[str, object]:
    facts = {
        name: {fact.currency: str(fact)} if isinstance(fact, Money) else fact.isoformat()
        for name, fact in one.held.facts.items()
    }
    sentence = telling.held(one.held, lang)
    of = {"instalment": one.instalment_on.isoformat()} if one.instalment_on else {}
    return {"debtor": one.name, "reason": one.held.reason.value, **of, **facts, "sentence": sentence}


def _message_row(one: PlannedMessage, lang: str) -> tuple[str, ...]:
    total = " + ".join(locales.money(amount, lang) for amount in one.planned.totals.values())
    channel = text(lang, f"cli.channel_{one.channel}")
    return one.name, text(lang, f"step.{one.planned.word}_short"), channel, total, telling.why(one.why, lang)


def _listed(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return table(columns, rows, numbers_from=len(columns))


def _more(count: int, lang: str) -> list[str]:
    return [text(lang, "cli.and_more", n=count - _SHOWN)] if count > _SHOWN else []
