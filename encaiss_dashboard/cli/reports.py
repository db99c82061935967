"""``encaiss report``: a client's figures as of any date."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

import click

from encaiss_dashboard import locales
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, client_id, day, house, table
from encaiss_dashboard.domain.ageing import Ageing, Basis
from encaiss_dashboard.domain.dso import Dso
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import figures
from encaiss_dashboard.services.figures import Report

_TENTH: Final = Decimal("0.1")
_DSO_FIGURES: Final = ("simple", "countback", "best_possible", "average_days_delinquent", "cei")


@click.group()
def report() -> None:
    """Figures of a client as of a date."""


@report.command(cls=Command)
@click.option("--client", "slug", metavar="SLUG", required=True, help="Whose figures.")
@click.option("--on", "on_text", metavar="DATE", required=True, help="As of which day.")
@click.option(
    "--by",
    "basis",
    type=click.Choice([basis.value for basis in Basis]),
    default=Basis.DUE.value,
    help="Age from the due date or from the date of issue.",
)
def ageing(slug: str, on_text: str, basis: str, lang: str) -> Answer:
    """What is open on a day, by how long it has been due."""
    reports = _reports(slug, on_text, Basis(basis))
    facts = _ageing_facts(reports[0].ageing)
    if reports[1:]:
        facts["others"] = [_ageing_facts(one.ageing) for one in reports[1:]]
    lines = [text(lang, "cli.ageing_title", on=locales.day(reports[0].ageing.on, lang, "long"))]
    return Answer(facts, [*lines, *(_ageing_table(one.ageing, lang) for one in reports)])


@report.command(cls=Command)
@click.option("--client", "slug", metavar="SLUG", required=True, help="Whose figures.")
@click.option("--on", "on_text", metavar="DATE", required=True, help="As of which day.")
def dso(slug: str, on_text: str, lang: str) -> Answer:
    """How long the client waits for its money, in days; the CEI in percent."""
    reports = _reports(slug, on_text, Basis.DUE)
    facts = _dso_facts(reports[0].dso)
    if reports[1:]:
        facts["others"] = [{"currency": one.ageing.currency, **_dso_facts(one.dso)} for one in reports[1:]]
    lines = [text(lang, "cli.dso_title", on=locales.day(reports[0].dso.on, lang, "long"))]
    names = ["", *(one.ageing.currency for one in reports)]
    rows = [
        (text(lang, f"cli.dso_{name}"), *(_days(getattr(one.dso, name), lang) for one in reports))
        for name in _DSO_FIGURES
    ]
    return Answer(facts, [*lines, table(names, rows)])


def _reports(slug: str, on_text: str, basis: Basis) -> list[Report]:
    """The main currency first, then each other one."""
    on = day(on_text)
    with house().begin(HOUSE, on, write=False) as work:
        client = client_id(work, slug)
        main = figures.report(work, client, on, basis)
        others = [code for code in main.currencies if code != main.ageing.currency]
        return [main, *(figures.report(work, client, on, basis, code) for code in others)]


def _ageing_facts(aged: Ageing) -> dict[str, object]:
    return {
        "on": aged.on.isoformat(),
        "currency": aged.currency,
        "open": str(aged.open),
        "invoices": aged.invoices,
        "buckets": {code: str(amount) for code, amount in aged.buckets.items()},
        "unallocated": str(aged.unallocated),
    }


def _ageing_table(aged: Ageing, lang: str) -> str:
    columns = (aged.currency, text(lang, "cli.amount"), text(lang, "cli.invoices"))
    rows = [
        (
            text(lang, "cli.not_due") if code == "not_due" else text(lang, "cli.days_late", days=code),
            locales.money(amount, lang),
            locales.integer(aged.counts[code], lang),
        )
        for code, amount in aged.buckets.items()
    ]
    rows.append(
        (text(lang, "cli.open"), locales.money(aged.open, lang), locales.integer(aged.invoices, lang))
    )
    if aged.unallocated:
        rows.append((text(lang, "cli.unallocated"), locales.money(aged.unallocated, lang), ""))
    return table(columns, rows)


def _dso_facts(figure: Dso) -> dict[str, object]:
    return {"on": figure.on.isoformat(), **{name: _tenth(getattr(figure, name)) for name in _DSO_FIGURES}}


def _tenth(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.quantize(_TENTH, rounding=ROUND_HALF_UP):f}"


def _days(value: Decimal | None, lang: str) -> str:
    return "–" if value is None else locales.decimal(value, lang)
