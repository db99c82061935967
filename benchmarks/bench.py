"""How much slower the house is than the barest way to do the same: ratios, which any machine can compare.

Each line is the house's time over the barest way's, the best of several rounds of both. Data is made up and
always the same.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import insert

from encaiss_dashboard import wiring
from encaiss_dashboard.adapters.invoice_files import read_invoices
from encaiss_dashboard.domain.ageing import ageing
from encaiss_dashboard.domain.dso import figures
from encaiss_dashboard.domain.intake import NO_CHOICES
from encaiss_dashboard.domain.invoices import Invoice, Kind, Ledger
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import imports, people
from encaiss_dashboard.settings import read
from encaiss_dashboard.storage import records

ROWS = 100_000
LEDGER_ROWS = 2_466
ON = date(2026, 6, 30)
FIRST = date(2025, 1, 1)


def made_up(rows: int) -> list[tuple[str, str, date, date, int]]:
    """Number, debtor, issue, due, cents."""
    made = []
    for place in range(rows):
        issue = FIRST + timedelta(days=place * 7 % 540)
        due = issue + timedelta(days=30)
        made.append(
            (f"F-{place:06d}", f"Client {place * 31 % 97:02d} SA", issue, due, 1_000 + place * 37 % 90_000)
        )
    return made


def as_csv(rows: list[tuple[str, str, date, date, int]]) -> bytes:
    lines = ["Number;Customer;Invoice date;Due date;Total"]
    lines += [f"{n};{who};{issue:%Y-%m-%d};{due:%Y-%m-%d};{c / 100:.2f}" for n, who, issue, due, c in rows]
    return "\n".join(lines).encode()


def best(work: Callable[[], Any], rounds: int = 3) -> float:
    times = []
    for _ in range(rounds):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return min(times)


def line(title: str, house: float, bare: float, against: str) -> None:
    print(f"{title:<44} {house * 1000:>9.1f} ms {house / bare:>8.1f} x  {against} ({bare * 1000:.1f} ms)")


def reading() -> None:
    data = as_csv(made_up(ROWS))
    assert len(read_invoices(data, "bench.csv", NO_CHOICES).rows) == ROWS
    house = best(lambda: read_invoices(data, "bench.csv", NO_CHOICES), 2)
    bare = best(lambda: list(csv.reader(io.StringIO(data.decode()), delimiter=";")))
    line(f"reading {ROWS:,} rows of CSV", house, bare, "csv.reader, nothing checked")


def figures_of_a_ledger() -> None:
    invoices = [
        Invoice(place, place % 97, Kind.INVOICE, number, issue, due, Money(cents))
        for place, (number, _, issue, due, cents) in enumerate(made_up(ROWS), start=1)
    ]
    ledger = Ledger("EUR", invoices)
    bare = best(lambda: sum(i.total.cents for i in invoices if i.issue <= ON))
    line(f"ageing of {ROWS:,} invoices", best(lambda: ageing(ledger, ON)), bare, "adding them up")
    line(f"DSO of {ROWS:,} invoices", best(lambda: figures(ledger, ON)), bare, "adding them up")


def importing(folder: Path) -> None:
    rows = made_up(LEDGER_ROWS)
    data = as_csv(rows)
    wired = wiring.build(read({"ENCAISS_DATA_DIR": str(folder), "ENCAISS_SECRET": "x" * 32}))
    wiring.migrate(wired.settings.database_url)
    slugs = iter(f"bench-{place}" for place in range(9))

    def add_client() -> int:
        with wired.begin(HOUSE) as work:
            return people.add_client(work, next(slugs), "Bench SA").id or 0

    def house() -> float:
        client = add_client()
        start = perf_counter()
        with wired.begin(HOUSE) as work:
            imports.accept(work, client, imports.receive(work, client, "bench.csv", data))
        return perf_counter() - start

    def bare() -> float:
        client = add_client()
        with wired.begin(HOUSE) as work:
            debtor = records.Debtor(client_id=client, name="X", match_key="x", created_at=work.now)
            work.session.add(debtor)
            work.session.flush()
            now, key = work.now, debtor.id
        values = [
            {
                "client_id": client,
                "debtor_id": key,
                "kind": "invoice",
                "number": number,
                "issue": issue,
                "due": due,
                "due_source": "",
                "term": "",
                "currency": "EUR",
                "total_cents": cents,
                "reference": "",
                "recorded_at": now,
            }
            for number, _, issue, due, cents in rows
        ]
        start = perf_counter()
        with wired.begin(HOUSE) as work:
            work.session.execute(insert(records.Invoice), values)
        return perf_counter() - start

    quickest = min(house() for _ in range(3)), min(bare() for _ in range(3))
    line(f"importing {LEDGER_ROWS:,} invoices", *quickest, "one executemany insert")
    wired.engine.dispose()


if __name__ == "__main__":
    reading()
    figures_of_a_ledger()
    with tempfile.TemporaryDirectory() as place:
        importing(Path(place))
