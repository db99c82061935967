"""A night over a million open invoices of 50,000 debtors on SQLite: planning alone, in a process of its own.

Two nights: the usual one of a plan that has run for months, on which one debtor in fifteen is due, and the
very first one, on which every debtor is. Beside each the barest way: the same invoices read by ``sqlite3``
and thrown away. Invoices a second may be compared on one machine only, the ratio on any. Memory is the most
that the process ever held. Data is made up and always the same.
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.dunning import DEFAULT_PLAN, Planned
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import people
from encaiss_dashboard.settings import read
from encaiss_dashboard.storage.nights import night

SIZES = (10_000, 100_000, 1_000_000)
PER_DEBTOR = 20
ON = date(2026, 6, 30)
NOW = "2026-01-01 00:00:00.000000"
SINCE = date(2025, 6, 1)
ROUNDS = 8
WANTED_PER_SECOND = 200_000
WANTED_MB = 500
BARE = (
    "SELECT id, debtor_id, number, issue, due, currency, total_cents, reference FROM invoice"
    " WHERE client_id = ? AND kind = 'invoice' AND issue <= ?"
)


def fill(raw: sqlite3.Connection, client: int, invoices: int, *, running: bool) -> None:
    """One client's debtors and open invoices; with what was sent so far when its plan has been running."""
    chance = random.Random(5)
    debtors = range(1, invoices // PER_DEBTOR + 1)
    raw.execute("PRAGMA synchronous = OFF")
    _insert(
        raw,
        "debtor",
        (
            "id",
            "client_id",
            "name",
            "match_key",
            "kind",
            "number",
            "enterprise_number",
            "address",
            "postcode",
        ),
        (
            (n, client, f"Débiteur {n}", f"débiteur {n}", "business", f"D{n}", "", "Rue du Test 1", "1000")
            for n in debtors
        ),
    )
    _insert(
        raw,
        "delegation",
        ("client_id", "debtor_id", "kind", "from_date", "reason", "at"),
        ((client, n, "delegate", SINCE.isoformat(), "", NOW) for n in debtors),
    )
    due = {n: [ON + timedelta(days=chance.randint(-100, 30)) for _ in range(PER_DEBTOR)] for n in debtors}
    _insert(
        raw,
        "invoice",
        ("id", "client_id", "debtor_id", "kind", "number", "issue", "due", "total_cents", "recorded_at"),
        (
            (_key(n, k), client, n, "invoice", f"F{n}-{k}", _issued(day), day.isoformat(), cents, NOW)
            for n, days in due.items()
            for k, day in enumerate(days)
            for cents in [chance.randint(10, 900) * 100]
        ),
    )
    paid_on = (ON - timedelta(days=5)).isoformat()
    paid = [_key(n, k) for n in debtors for k in range(PER_DEBTOR) if chance.random() < 0.1]
    _insert(
        raw,
        "payment",
        ("id", "client_id", "debtor_id", "paid_on", "amount_cents", "source", "recorded_at"),
        ((key, client, (key - 1) // PER_DEBTOR + 1, paid_on, 500, "bank", NOW) for key in paid),
    )
    _insert(  # set against nothing
        raw,
        "payment",
        ("client_id", "debtor_id", "paid_on", "amount_cents", "source", "recorded_at"),
        ((client, n, paid_on, 300, "bank", NOW) for n in debtors if chance.random() < 0.02),
    )
    _insert(
        raw,
        "allocation",
        ("client_id", "invoice_id", "payment_id", "allocated_on", "amount_cents"),
        ((client, key, key, paid_on, 500) for key in paid),
    )
    if running:
        _history(raw, client, due)
    raw.commit()
    raw.execute("ANALYZE")


def _history(raw: sqlite3.Connection, client: int, due: dict[int, list[date]]) -> None:
    """What the plan sent each debtor, every fifteen days, the last time up to fifteen days ago."""
    messages: list[tuple[Any, ...]] = []
    lines: list[tuple[Any, ...]] = []
    gap = DEFAULT_PLAN.contact_gap_days
    for n, days in due.items():
        taken: list[tuple[int, date | None]] = [(-1, None)] * len(days)
        for back in range(ROUNDS, 0, -1):
            on = ON - timedelta(days=back * gap - n % gap)
            late = [(k, (on - day).days) for k, day in enumerate(days) if day < on]
            steps = {k: _step(taken[k], on, late_days) for k, late_days in late}
            if all(place is None for place in steps.values()):
                continue
            key, day = len(messages) + 1, on.isoformat()
            tone = max(place for place in steps.values() if place is not None)
            messages.append(
                (key, client, n, f"{n}.{day}@x", day, DEFAULT_PLAN.steps[tone].code.value, NOW, NOW)
            )
            for k, late_days in late:
                place = steps[k]
                step = None if place is None else DEFAULT_PLAN.steps[place].code.value
                lines.append((client, key, _key(n, k), step, late_days, 100))
                if place is not None:
                    taken[k] = (place, on)
    _insert(
        raw,
        "outbox_message",
        ("id", "client_id", "debtor_id", "message_id", "day", "step", "created_at", "sent_at"),
        messages,
    )
    _insert(
        raw,
        "outbox_line",
        ("client_id", "message_id", "invoice_id", "step", "days_late", "open_cents"),
        lines,
    )


def _step(taken: tuple[int, date | None], on: date, late: int) -> int | None:
    """The place of the step that an invoice takes."""
    place = taken[0] + 1
    if place == len(DEFAULT_PLAN.steps):
        return None
    step = DEFAULT_PLAN.steps[place]
    early = taken[1] is not None and (on - taken[1]).days < step.days_after_previous
    return None if early or late < step.days_late_min else place


def _issued(due: date) -> str:
    return (due - timedelta(days=30)).isoformat()


def _key(debtor: int, place: int) -> int:
    return (debtor - 1) * PER_DEBTOR + place + 1


def _insert(raw: sqlite3.Connection, table: str, names: tuple[str, ...], rows: Any) -> None:
    """Rows with what every other column needs at least."""
    given = dict.fromkeys(names, "?")
    for _, name, kind, obligatory, default, key in raw.execute(f"PRAGMA table_info({table})"):
        if obligatory and default is None and not key and name not in given:
            given[name] = {
                "currency": "'EUR'",
                "country": "'BE'",
                "language": "'fr'",
                "channel": "'email'",
            }.get(name, "''")
            if kind in {"INTEGER", "BIGINT", "BOOLEAN"}:
                given[name] = "0"
    raw.executemany(f"INSERT INTO {table} ({', '.join(given)}) VALUES ({', '.join(given.values())})", rows)


def prepare(folder: Path, invoices: int, *, running: bool) -> None:
    """The database of one night in a folder of its own."""
    folder.mkdir()
    wired = _wired(folder)
    wiring.migrate(wired.settings.database_url)
    with wired.begin(HOUSE) as work:
        client = people.add_client(work, "bench", "Bench SA").id
    wired.engine.dispose()
    with sqlite3.connect(folder / "encaiss.db") as raw:
        fill(raw, client or 0, invoices, running=running)


def _wired(folder: Path) -> wiring.Wiring:
    return wiring.build(read({"ENCAISS_DATA_DIR": str(folder), "ENCAISS_SECRET": "x" * 32}))


def measure(folder: str) -> dict[str, Any]:
    """One night in this process: seconds, its outcomes by kind, the most memory held in MB."""
    wired = _wired(Path(folder))
    gc.freeze()  # as the house's own processes do
    with wired.begin(HOUSE, ON, write=False) as work:
        for _ in night(work.session, 1, ON, [1]):  # one debtor's, as in a server that runs
            pass
        start = perf_counter()
        kinds = Counter(
            "messages" if isinstance(one.result, Planned) else one.result.reason.value
            for one in night(work.session, 1, ON)
        )
        seconds = perf_counter() - start
    wired.engine.dispose()
    return {"seconds": seconds, "kinds": dict(kinds), "mb": _peak_mb()}


def _peak_mb() -> float:
    """The most that this program held; getrusage would count what its parent held before it began."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [one for one in status.read_text().splitlines() if one.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def bare(folder: Path) -> float:
    """Seconds to read the same invoices and throw them away."""
    with sqlite3.connect(folder / "encaiss.db") as raw:
        start = perf_counter()
        for _ in raw.execute(BARE, (1, ON.isoformat())):
            pass
        return perf_counter() - start


def _apart(folder: Path) -> dict[str, Any]:
    given = [sys.executable, __file__, "--measure", str(folder)]
    found: dict[str, Any] = json.loads(
        subprocess.run(given, check=True, capture_output=True, text=True).stdout
    )
    return found


def nights(sizes: tuple[int, ...]) -> Iterator[tuple[str, int, bool]]:
    """Title, invoices and whether the plan has been running."""
    for size in sizes:
        yield "usual night", size, True
    yield "first night, every debtor due", sizes[-1], False


def main(sizes: tuple[int, ...], rounds: int = 3) -> None:
    """Print every night with what was wanted of it."""
    usual = {}
    for title, size, running in nights(sizes):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "night"
            prepare(folder, size, running=running)
            pairs = [(_apart(folder), bare(folder)) for _ in range(rounds)]
        best = min((found for found, _ in pairs), key=lambda found: found["seconds"])
        least, per_second = min(seconds for _, seconds in pairs), size / best["seconds"]
        if running:
            usual[size] = per_second
        told = ", ".join(f"{count:,} {kind}" for kind, count in sorted(best["kinds"].items()))
        print(
            f"{title:<30} {size:>9,} invoices {best['seconds']:>7.2f} s {per_second:>9,.0f}/s"
            f" {best['seconds'] / least:>5.1f} x SELECT ({least:.2f} s) {best['mb']:>5.0f} MB  {told}"
        )
        if size == sizes[-1]:
            print(
                f"{'':<30} wanted: {WANTED_PER_SECOND:,}/s ({per_second / WANTED_PER_SECOND:.2f} of it),"
                f" under {WANTED_MB} MB ({best['mb'] / WANTED_MB:.2f} of it)"
            )
    first, last = sizes[0], sizes[-1]
    growth = usual[first] / usual[last]
    print(f"{'growth':<30} an invoice of {last:,} takes {growth:.2f} times as long as one of {first:,}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--measure")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
    else:
        main(tuple(asked.sizes))
