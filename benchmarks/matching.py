"""100,000 bank lines against a million open invoices of 50,000 debtors: the book built, each line proposed.

What payers do, in the shares of a Belgian account: most quote the structured communication, some amid a text
or with a digit wrong, some an invoice's number, some nothing at all. Beside it the barest way: a dict of the
references, asked for the line's structured field. Lines a second may be compared on one machine only, the
ratio on any. Memory is the most that the process ever held. Data is made up and always the same.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from encaiss_dashboard.domain.bank import Movement
from encaiss_dashboard.domain.booking import Book, DebtorRow, ItemRow, Rules, propose
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.references import make_ogm, ogm_digits, ogm_for_debtor

SIZES = (10_000, 100_000, 1_000_000)
LINES = 100_000
PER_DEBTOR = 20
CLIENTS = 40
ON = date(2026, 6, 30)
WANTED_BUILD_SECONDS = 5
WANTED_MB = 600
WAYS = {
    "structured": 40,
    "in_text": 12,
    "mistyped": 3,
    "statement": 5,
    "number": 12,
    "account": 10,
    "sum": 5,
    "name": 5,
    "part": 3,
    "nothing": 5,
}
_FIRST = (
    "Boulangerie",
    "Garage",
    "Menuiserie",
    "Pharmacie",
    "Librairie",
    "Plomberie",
    "Brasserie",
    "Imprimerie",
)
_LAST = "bcdfghklmnprstvz"


def debtors(invoices: int) -> Iterator[DebtorRow]:
    """Two in three with a known account."""
    for n in range(1, invoices // PER_DEBTOR + 1):
        yield n, n % CLIENTS + 1, name(n), iban(n) if n % 3 else ""


def items(invoices: int) -> Iterator[ItemRow]:
    """Twenty of each debtor, numbered by the client, each with its own structured communication."""
    for n in range(invoices):
        due = ON + timedelta(days=n * 37 % 130 - 100)
        owner = n // PER_DEBTOR + 1
        yield (
            n + 1,
            owner,
            number(n),
            make_ogm(f"{n + 1:010d}"),
            due - timedelta(days=30),
            due,
            "EUR",
            cents(n),
            True,
        )


def cents(n: int) -> int:
    """From 10 to 900 euro, with cents."""
    return 10_00 + n * 7919 % 890_00 + n * 31 % 97


def number(n: int) -> str:
    """As its client writes it: another sequence for each."""
    return f"F{n // PER_DEBTOR % CLIENTS + 10}-2026/{n:07d}"


def name(n: int) -> str:
    """A trade and a made-up name, no two alike."""
    letters, rest = "", n
    while rest:
        rest, place = divmod(rest, len(_LAST))
        letters += _LAST[place] + "aeiou"[(place + rest) % 5]
    return f"{_FIRST[n % len(_FIRST)]} {letters.capitalize()} SRL"


def iban(n: int) -> str:
    """Ten digits with the check digits of a Belgian account, behind check digits that nobody reads here."""
    return f"BE00{ogm_digits(make_ogm(f'{n:010d}'))}"


def lines(invoices: int, count: int) -> Iterator[Movement]:
    """What payers send: the way of each is drawn by its share."""
    chance = random.Random(6)
    ways = chance.choices(list(WAYS), list(WAYS.values()), k=count)
    for seq, way in enumerate(ways, 1):
        yield movement(seq, way, chance.randrange(invoices), chance)


def movement(seq: int, way: str, n: int, chance: random.Random) -> Movement:
    """One line about the n-th invoice."""
    owner, amount, told = n // PER_DEBTOR + 1, cents(n), dict[str, str]()
    digits = ogm_digits(make_ogm(f"{n + 1:010d}"))
    stranger = f"BE99{chance.randrange(10**12):012d}"
    if way == "structured":
        told = {"structured": digits}
    elif way == "in_text":
        told = {"text": f"votre facture {digits[:3]} {digits[3:7]} {digits[7:]} merci"}
    elif way == "mistyped":
        place = chance.randrange(12)
        wrong = f"{digits[:place]}{(int(digits[place]) + 1) % 10}{digits[place + 1 :]}"
        told = {"text": f"+++{wrong[:3]}/{wrong[3:7]}/{wrong[7:]}+++"}
    elif way == "statement":
        told = {"structured": ogm_digits(ogm_for_debtor(owner))}
    elif way == "number":
        told = {"text": f"Facture {number(n).replace('/', '-')} du mois"}
    elif way == "part":
        told, amount = {"structured": digits}, amount // 2
    elif way == "sum":
        amount += cents(n - 1 if n % PER_DEBTOR else n + 1)
    if way in {"account", "sum"}:
        told |= {"iban": iban(owner)}
    if way == "nothing":
        return Movement(
            seq, f"line {seq}", ON, ON, Money(amount), None, "Quelqu'un d'autre", stranger, text="merci 2026"
        )
    told = {"iban": stranger, "counterparty": name(owner).upper(), "text": "", **told}
    return Movement(seq, f"line {seq}", ON, ON, Money(amount), **told)


def measure(invoices: int, count: int) -> dict[str, Any]:
    """The book built and asked in this process."""
    gc.freeze()  # as the house's own processes do
    start = perf_counter()
    gc.disable()
    book = Book(debtors(invoices), items(invoices))
    gc.enable()
    gc.freeze()
    built = perf_counter() - start
    start = perf_counter()
    for _ in items(invoices):
        pass
    built -= perf_counter() - start  # what it takes to make them up is no part of it
    told = list(lines(invoices, count))
    rules, kinds, sure = {1: Rules()}, Counter[str](), 0
    start = perf_counter()
    book.alike("Boulangerie")
    named = perf_counter() - start
    start = perf_counter()
    for one in told:
        found = propose(one, book, rules)
        kinds[found[0].reason.value if found else "none"] += 1
        sure += bool(found) and found[0].confidence >= Rules().confidence_min
    seconds = perf_counter() - start
    return {
        "built": built,
        "named": named,
        "seconds": seconds,
        "kinds": dict(kinds),
        "sure": sure,
        "mb": _peak_mb(),
    }


def bare(invoices: int, count: int) -> float:
    """Seconds of the least that could be done: a dict of references, asked once a line."""
    told = list(lines(invoices, count))
    rows = [(ogm_digits(row[3]), row[0]) for row in items(invoices)]
    start = perf_counter()
    known = dict(rows)
    for one in told:
        known.get(one.structured)
    return perf_counter() - start


def _peak_mb() -> float:
    """The most that this program held; getrusage would count what its parent held before it began."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [one for one in status.read_text().splitlines() if one.startswith("VmHWM:")]
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _apart(invoices: int, count: int) -> dict[str, Any]:
    given = [sys.executable, __file__, "--measure", str(invoices), "--lines", str(count)]
    found: dict[str, Any] = json.loads(
        subprocess.run(given, check=True, capture_output=True, text=True).stdout
    )
    return found


def main(sizes: tuple[int, ...], count: int, rounds: int = 3) -> None:
    """Print every size with what was wanted of it."""
    whole = {}
    for size in sizes:
        runs = [_apart(size, count) for _ in range(rounds)]
        best = min(runs, key=lambda one: one["seconds"])
        built = min(one["built"] for one in runs)
        whole[size] = built + best["named"] + best["seconds"] * size / sizes[-1]
        told = ", ".join(f"{n:,} {kind}" for kind, n in sorted(best["kinds"].items()))
        least = min(bare(size, count) for _ in range(rounds))
        ratio = (built + best["named"] + best["seconds"]) / least
        print(
            f"{'lines matched':<30} {size:>9,} open {count:>8,} lines {best['seconds']:>6.2f} s"
            f" {count / best['seconds']:>8,.0f}/s built in {built + best['named']:.2f} s"
            f" {ratio:>6.1f} x dict ({least:.2f} s) {best['mb']:>4.0f} MB"
            f"  {best['sure'] / count:.0%} sure; {told}"
        )
        if size == sizes[-1]:
            print(
                f"{'':<30} wanted: built within {WANTED_BUILD_SECONDS} s"
                f" ({(built + best['named']) / WANTED_BUILD_SECONDS:.2f} of it),"
                f" under {WANTED_MB} MB ({best['mb'] / WANTED_MB:.2f} of it)"
            )
    first, last = sizes[0], sizes[-1]
    growth = whole[last] / whole[first] / (last * math.log(last) / (first * math.log(first)))
    print(
        f"{'growth':<30} with a line for every {sizes[-1] // count} invoices {last:,} take {growth:.2f} times"
        f" what n log n makes of {first:,}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--measure", type=int)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.lines)))
    else:
        main(tuple(asked.sizes), asked.lines)
