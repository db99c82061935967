"""What is invoiced and how it would be paid if nobody asked: drawn from a seed, relative to today."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from encaiss_dashboard.demo.cast import Debtor
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.references import make_ogm
from encaiss_dashboard.domain.terms import Term

MONTHS: Final = 18
_SATURDAY: Final = 5
_VAT_PERCENT: Final = 21
_CREDIT_SHARE: Final = 0.025


@dataclass(frozen=True, slots=True)
class Habit:
    """How a debtor pays.

    Attributes:
        late_from, late_to: usual days past due, drawn evenly.
        listens: chance that a reminder makes it pay what it lists.
        parts: whether it pays half first and the rest a month later.
        never: chance that an invoice is never paid unasked.
    """

    late_from: int
    late_to: int
    listens: float
    parts: bool = False
    never: float = 0.0


HABITS: Final = {
    "prompt": Habit(-6, 3, 0.95),
    "slow": Habit(2, 16, 0.8),
    "late": Habit(15, 42, 0.6),
    "very_late": Habit(40, 95, 0.4),
    "parts": Habit(10, 25, 0.4, parts=True),
    "never": Habit(60, 120, 0.1, never=0.4),
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
        scripts: invoices told apart from the drawn ones; their debtors buy nothing else lately.
    """

    seed: int
    prefix: str
    credit_prefix: str
    default_term: str
    usual_cents: int
    scripts: tuple[Script, ...] = ()


@dataclass(slots=True)
class Sale:
    """One invoice or credit note on its way into a file, and what will be paid on it.

    Attributes:
        pays: days and cents, in order; changed by reminders.
        asked: False when no reminder moves it.
        credits: number of the invoice that a credit note reduces, "" when the client left it open.
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


def sales(shape: Shape, debtors: Sequence[Debtor], today: date) -> list[Sale]:
    """Every document until yesterday, numbered in order of issue."""
    chance = Random(shape.seed)  # noqa: S311 - the same story every time, no secret
    quiet = {script.debtor for script in shape.scripts}
    made: list[Sale] = []
    for debtor in debtors:
        until = today - timedelta(days=200 if debtor.name in quiet else 1)
        for issue in _issues(chance, debtor, first_day(today), until):
            made += _drawn(chance, shape, debtor, issue, today)
    named = {debtor.name: debtor for debtor in debtors}
    made += [_scripted(shape, script, named[script.debtor], today) for script in shape.scripts]
    made.sort(key=lambda sale: (sale.issue, sale.kind, sale.debtor.number, sale.cents))
    for kind, prefix in ((Kind.INVOICE, shape.prefix), (Kind.CREDIT_NOTE, shape.credit_prefix)):
        _number([sale for sale in made if sale.kind is kind], prefix)
    return made


def _issues(chance: Random, debtor: Debtor, first: date, last: date) -> Iterator[date]:
    gap = 30.4 / debtor.monthly
    day = first + timedelta(days=chance.uniform(0, gap))
    while day <= last:
        weekday = day + timedelta(days=2 if day.weekday() >= _SATURDAY else 0)
        if weekday <= last:
            yield weekday
        day += timedelta(days=max(1, chance.gauss(gap, gap / 3)))


def _drawn(chance: Random, shape: Shape, debtor: Debtor, issue: date, today: date) -> list[Sale]:
    euros = chance.lognormvariate(0, 0.45) * shape.usual_cents * debtor.size / 121
    cents = max(60_50, round(euros / 5) * 5 * 121)
    due = Term.parse(debtor.term or shape.default_term).due(issue)
    sale = Sale(debtor, Kind.INVOICE, issue, due, cents)
    made, owed = [sale], cents
    credit_day = issue + timedelta(days=chance.randint(6, 18))
    if chance.random() < _CREDIT_SHARE and credit_day < today - timedelta(days=1):
        owed = 0 if chance.random() < 0.2 else cents - cents // chance.choice((4, 5, 10))  # noqa: PLR2004 - odds
        made.append(Sale(debtor, Kind.CREDIT_NOTE, credit_day, credit_day, cents - owed, credits=sale if credit_day < today - timedelta(days=25) else None))
    sale.pays = list(_pays(chance, HABITS[debtor.habit], sale, owed))
    return made


def _pays(chance: Random, habit: Habit, sale: Sale, owed: int) -> Iterator[tuple[date, int]]:
    late = chance.randint(habit.late_from, habit.late_to)
    # After a credit note may have come, and never on the day of the invoice itself.
    day = max(sale.due + timedelta(days=late), sale.issue + timedelta(days=4))
    never = chance.random() < habit.never
    if never or not owed:
        return
    if habit.parts:
        half = owed // 2
        yield workday(day), half
        yield workday(day + timedelta(days=chance.randint(25, 40))), owed - half
    else:
        yield workday(day), owed


def _scripted(shape: Shape, script: Script, debtor: Debtor, today: date) -> Sale:
    due = today - timedelta(days=script.due_days_ago)
    term = Term.parse(debtor.term or shape.default_term)
    issue = due - timedelta(days=term.days)
    pays = [(today - timedelta(days=script.part_days_ago), script.part_cents)] if script.part_cents else []
    return Sale(debtor, Kind.INVOICE, issue, due, script.cents, pays=pays, asked=False)


def workday(day: date) -> date:
    """The same day, or the Monday after a weekend: banks book nothing in between."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _SATURDAY else 0)


def _number(documents: Sequence[Sale], prefix: str) -> None:
    year, count = 0, 0
    for sale in documents:
        count = 1 if sale.issue.year != year else count + 1
        year = sale.issue.year
        sale.number = f"{prefix}{year}-{count:04d}"
