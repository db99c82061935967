"""What came of a file of a bank, in words: per statement, then what is wrong with the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final, TypedDict

from encaiss_dashboard.domain.bank import BankFormat, printed_account
from encaiss_dashboard.domain.errors import Problem
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.payments import Imported, Told

_PROBLEMS_SHOWN: Final = 12
_COUNTED: Final = ("booked", "proposed", "unmatched", "duplicates", "rejected")


class StatementTold(TypedDict):
    """What came of one statement."""

    title: str
    balances: str
    counts: str
    problems: list[str]


class FileTold(TypedDict):
    """What came of a file; ``tone`` good, warn or bad."""

    file: str
    tone: str
    outcome: str
    waiting: int
    statements: list[StatementTold]
    problems: list[str]


def told(seen: Imported, lang: str) -> FileTold:
    """A file's outcome as the drop zone shows it."""
    statements = [_statement(one, lang) for one in seen.statements]
    problems = sentences(seen.problems, lang)
    waiting = sum(one.proposed + one.unmatched for one in seen.statements)
    return FileTold(
        file=seen.file,
        tone=_tone(seen),
        outcome=_outcome(seen, waiting, lang),
        waiting=waiting,
        statements=statements,
        problems=problems,
    )


def sentences(problems: Iterable[Problem], lang: str) -> list[str]:
    """Problems with the line of the file that each stands on; many of them are cut short."""
    every = list(problems)
    said = [sentence(one, lang) for one in every[:_PROBLEMS_SHOWN]]
    rest = len(every) - len(said)
    return [*said, *([text(lang, "payments.more_problems", n=rest)] if rest > 0 else [])]


def sentence(problem: Problem, lang: str) -> str:
    """One problem: where it stands, and what it is."""
    words = text(lang, f"problem.{problem.code}", **problem.facts)
    if problem.line is None:
        return words
    return text(lang, "payments.on_line", line=problem.line, problem=words)


def format_word(form: str, lang: str) -> str:
    """The name of a format, "" for none."""
    return text(lang, f"payments.format_{form}") if form in set(BankFormat) else ""


def counts(of: Mapping[str, Any], lang: str) -> str:
    """How many lines became what, without those that are none."""
    found = [(name, int(of.get(name) or 0)) for name in _COUNTED]
    words = [text(lang, f"payments.count_{name}", n=n) for name, n in found if n]
    return ", ".join(words) or text(lang, "payments.count_none")


def result_words(result: Mapping[str, Any], lang: str) -> list[str]:
    """The accounts and days of a file that was kept, from what its history holds."""
    found = []
    for one in result.get("statements") or ():
        first, last = _day(one.get("from")), _day(one.get("to"))
        days = period(first, last, lang) if first and last else ""
        parts = (printed_account(str(one.get("account") or "")), str(one.get("statement") or ""), days)
        found.append(" · ".join(part for part in parts if part))
    return found


def period(first: date, last: date, lang: str) -> str:
    """From when to when, a single day as itself."""
    if first == last:
        return day(first, lang)
    return text(lang, "payments.from_to", first=day(first, lang), last=day(last, lang))


def _day(given: object) -> date | None:
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        return None


def _tone(seen: Imported) -> str:
    if not seen.kept:
        return "bad"
    troubled = seen.problems or any(one.problems or one.rejected for one in seen.statements)
    return "warn" if troubled else "good"


def _outcome(seen: Imported, waiting: int, lang: str) -> str:
    if not seen.kept:
        return text(lang, "payments.not_kept")
    booked = sum(one.booked for one in seen.statements)
    if not booked and not waiting:
        return text(lang, "payments.nothing_new")
    parts = (("booked", booked), ("waiting", waiting))
    return ", ".join(text(lang, f"payments.count_{name}", n=n) for name, n in parts if n)


def _statement(one: Told, lang: str) -> StatementTold:
    name = text(lang, "payments.statement_no", number=one.statement) if one.statement else ""
    parts = (printed_account(one.account), name, period(one.first, one.last, lang))
    of = {field: getattr(one, field) for field in _COUNTED}
    return StatementTold(
        title=" · ".join(part for part in parts if part),
        balances=_balances(one.opening, one.closing, lang),
        counts=text(lang, "payments.count_lines", n=one.lines, counts=counts(of, lang)),
        problems=sentences(one.problems, lang),
    )


def _balances(opening: Money | None, closing: Money | None, lang: str) -> str:
    if opening is None or closing is None:
        return ""
    return text(lang, "payments.balances", opening=money(opening, lang), closing=money(closing, lang))
