"""``encaiss remittances``: what the agency has of its clients' money, and paying it on."""

from __future__ import annotations

from collections.abc import Mapping

import click

from encaiss_dashboard import locales
from encaiss_dashboard.cli.calc import Answer
from encaiss_dashboard.cli.command import Command, house, table
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.locales import text
from encaiss_dashboard.services import remittances
from encaiss_dashboard.services.remittances import Due, RemittanceRow


@click.command("remittances", cls=Command)
@click.option("--make", "makes", is_flag=True, help="Pay on to every client that has an account.")
def remittances_command(*, makes: bool, lang: str) -> Answer:
    """What is owed to clients of the money on the agency's own accounts.

    What the statements show to have left or come back is noted first.
    """
    with house().begin(HOUSE) as work:
        tied = remittances.leave(work)
        before = remittances.owing(work)
        ids = {one.client_id for one in before.due if one.iban}
        made = remittances.make(work, None, ids, work.today) if makes and ids else ()
        seen = remittances.owing(work)
    new = [one for one in seen.made if one.row.number in made]
    facts: dict[str, object] = {
        "tied": tied,
        "owed": [_owed(one) for one in seen.due],
        "carried": [_owed(one) for one in seen.carried],
        "made": [_made(one) for one in new],
    }
    lines = [text(lang, "remit.made", n=len(new), numbers=", ".join(made))] if new else []
    rows = [
        (one.client, locales.money(one.amount, lang), one.iban or "–") for one in (*seen.due, *seen.carried)
    ]
    columns = [text(lang, f"remit.column_{name}") for name in ("client", "amount", "to")]
    lines.append(table(columns, rows) if rows else text(lang, "remit.none"))
    return Answer(facts, lines)


def _owed(one: Due) -> Mapping[str, object]:
    return {
        "client": one.client,
        "amount": str(one.amount),
        "currency": one.amount.currency,
        "payments": one.payments,
        "iban": one.iban,
    }


def _made(one: RemittanceRow) -> Mapping[str, object]:
    return {
        "number": one.row.number,
        "client": one.client,
        "amount": str(one.amount),
        "currency": one.row.currency,
        "iban": one.row.iban,
    }
