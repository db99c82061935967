"""What is invoiced and how it would be paid if nobody asked: drawn from a seed, relative to today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import exp
from random import Random
from statistics import NormalDist
from typing import Final

from encaiss_dashboard.demo.cast import Debtor
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.references import make_ogm
from encaiss_dashboard.domain.terms import Term

MONTHS: Final = 18
_SATURDAY: Final = 5
_VAT_PERCENT: Final = 21
_CREDIT_SHARE: Final = 0.035
_SPREAD: Final = 0.3
_MONTH_DAYS: Final = 30.4
_QUIET_DAYS: Final = 130
_GROWTH: Final = 0.18
_WAITING: Final = 6


@dataclass(frozen=True, slots=True)
class Habit:
    """How a debtor pays.

    Attributes:
        late_from, late_to: usual days past due, drawn evenly.
        listens: chance that a reminder makes it pay what it lists, once it is used to them.
        parts: whether it pays half first and the rest a month later.
    """

    late_from: int
    late_to: int
    listens: float
    parts: bool = False


HABITS: Final = {
    "prompt": Habit(-4, 4, 0.95),
    "slow": Habit(9, 32, 0.9),
    "late": Habit(24, 60, 0.75),
    "very_late": Habit(42, 98, 0.35),
    "parts": Habit(12, 28, 0.4, parts=True),
    "hardly": Habit(70, 150, 0.15),
}


@dataclass(frozen=True, slots=True)
class Script:
    """One invoice that the story needs.

    Attributes:
        debtor: its name.
        due_days_ago: how long it is past due today.
        cents: VAT included.
        part_days_ago, part_cents: the only payment it ever gets, none when 0.
    """

    debtor: str
    due_days_ago: int
    cents: int
    part_days_ago: int = 0
    part_cents: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """What one client's invoices look like.

    Attributes:
        prefix: of its invoice numbers, before year and sequence.
        usual_cents: median invoice, VAT included.
        pace: factor on how often each debtor buys.
        scripts: invoices told apart from the drawn ones; their debtors buy nothing else lately.
    """

    seed: int
    prefix: str
    credit_prefix: str
    default_term: str
    usual_cents: int
    pace: float
    scripts: tuple[Script, ...] = ()


@dataclass(slots=True)
class Sale:
    """One invoice or credit note on its way into a file, and what will be paid on it.

    Attributes:
        pays: days and cents, in order; changed by reminders.
        asked: False when no reminder moves it.
        credits: the invoice that a credit note reduces, None when the client left it open.
    """

    debtor: Debtor
    kind: Kind
    issue: date
    due: date
    cents: int
    number: str = ""
    pays: list[tuple[date, int]] = field(default_factory=list)
    asked: bool = True
    credits: Sale | None = None

    @property
    def vat_cents(self) -> int:
        """VAT within the total."""
        return round(self.cents * _VAT_PERCENT / (100 + _VAT_PERCENT))

    @property
    def ogm(self) -> str:
        """The reference printed on the invoice."""
        digits = "".join(c for c in self.number if c.isdecimal())
        return make_ogm(f"{int(digits):010d}")


def first_day(today: date) -> date:
    """The first of the month in which the story begins."""
    month = today.year * 12 + today.month - 1 - MONTHS
    return date(month // 12, month % 12 + 1, 1)


class _Even:
    """Numbers from 0 to 1 that look drawn and cover their range evenly even when they are few.

    Golden ratio sequence: with some ten invoices a debtor, true chance would drown the figures in noise.
    """

    def __init__(self, chance: Random) -> None:
        self._last = chance.random()

    def number(self) -> float:
        """The next one."""
        self._last = (self._last + 0.618_033_988_75) % 1
        return self._last

    def between(self, low: int, high: int) -> int:
        """The next one as a whole number, both ends included."""
        return low + int(self.number() * (high - low + 1))


def sales(shape: Shape, debtors: Sequence[Debtor], today: date) -> tuple[list[Sale], list[Sale]]:
    """Every document until yesterday, and those that the newest file brings; numbered in order of issue."""
    chance = Random(shape.seed)  # noqa: S311 - the same story every time, no secret
    quiet = {script.debtor for script in shape.scripts}
    made: list[Sale] = []
    for debtor in debtors:
        until = today - timedelta(days=_QUIET_DAYS if debtor.name in quiet else 1)
        amounts, delays = _Even(chance), _Even(chance)
        for issue in _issues(chance, shape.pace * debtor.monthly, first_day(today), until):
            told = (issue - first_day(today)) / (today - first_day(today))
            sale = _drawn(amounts, shape, debtor, issue, told)
            note = _credited(chance, sale, today)
            owed = sale.cents - (note.cents if note else 0)
            sale.pays = list(_pays(delays, HABITS[debtor.habit], sale, owed))
            made += [sale, note] if note else [sale]
    named = {debtor.name: debtor for debtor in debtors}
    made += [_scripted(shape, script, named[script.debtor], today) for script in shape.scripts]
    made.sort(key=lambda sale: (sale.issue, sale.kind, sale.debtor.number, sale.cents))
    issue = _last_workday(today)
    newest = [
        _drawn(_Even(chance), shape, debtor, issue, 1) for debtor in debtors[:: len(debtors) // _WAITING]
    ]
    for kind, prefix in ((Kind.INVOICE, shape.prefix), (Kind.CREDIT_NOTE, shape.credit_prefix)):
        _number([sale for sale in (*made, *newest) if sale.kind is kind], prefix)
    return made, newest


def _issues(chance: Random, monthly: float, first: date, last: date) -> Iterator[date]:
    gap = _MONTH_DAYS / monthly
    days = chance.uniform(0, gap)
    while (day := workday(first + timedelta(days=days))) <= last:
        yield day
        days += gap * chance.uniform(0.8, 1.2)


def _drawn(amounts: _Even, shape: Shape, debtor: Debtor, issue: date, told: float) -> Sale:
    """One invoice; ``told`` is the share of the story before it, in which business grew."""
    factor = exp(_SPREAD * NormalDist().inv_cdf(0.02 + 0.96 * amounts.number())) * (1 + _GROWTH * told)
    # Whole fives of euros before VAT.
    net = max(50, round(factor * shape.usual_cents * debtor.size / (100 + _VAT_PERCENT) / 5) * 5)
    due = Term.parse(debtor.term or shape.default_term).due(issue)
    return Sale(debtor, Kind.INVOICE, issue, due, net * (100 + _VAT_PERCENT))


def _credited(chance: Random, sale: Sale, today: date) -> Sale | None:
    """The credit note of a sale that went wrong, seldom for all of it; the newest are not allocated yet."""
    day = sale.issue + timedelta(days=chance.randint(6, 18))
    part = chance.choice((1, 4, 5, 5, 10))
    if chance.random() >= _CREDIT_SHARE or day >= today - timedelta(days=1):
        return None
    reduces = sale if day < today - timedelta(days=60) else None
    return Sale(sale.debtor, Kind.CREDIT_NOTE, day, day, sale.cents // part, credits=reduces)


def _pays(delays: _Even, habit: Habit, sale: Sale, owed: int) -> Iterator[tuple[date, int]]:
    late = delays.between(habit.late_from, habit.late_to)
    day = workday(max(sale.due + timedelta(days=late), sale.issue + timedelta(days=4)))
    if habit.parts:
        yield day, owed // 2
        yield workday(day + timedelta(days=delays.between(25, 40))), owed - owed // 2
    elif owed:
        yield day, owed


def _scripted(shape: Shape, script: Script, debtor: Debtor, today: date) -> Sale:
    due = today - timedelta(days=script.due_days_ago)
    term = Term.parse(debtor.term or shape.default_term)
    issue = due - timedelta(days=term.days)
    pays = [(today - timedelta(days=script.part_days_ago), script.part_cents)] if script.part_cents else []
    return Sale(debtor, Kind.INVOICE, issue, due, script.cents, pays=pays, asked=False)


def workday(day: date) -> date:
    """The same day, or the Monday after a weekend: banks book nothing in between."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)


def _last_workday(today: date) -> date:
    return today - timedelta(days=max(1, today.weekday() - 4) if today.weekday() else 3)


def _number(documents: Sequence[Sale], prefix: str) -> None:
    year, count = 0, 0
    for sale in documents:
        count = 1 if sale.issue.year != year else count + 1
        year = sale.issue.year
        sale.number = f"{prefix}{year}-{count:04d}"
