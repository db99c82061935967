"""What importing a file would do, row by row, written in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, TypedDict

from encaiss_dashboard.domain.intake import InvoiceRow
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, integer, money, text
from encaiss_dashboard.services.imports import NEW, Change, Doubt, Netting, Preview

NETTED: Final = 50
_PREVIEWED: Final = 8
_AMOUNTS: Final = frozenset({"total", "paid"})
_DATES: Final = frozenset({"issue", "due"})
_COUNTED: Final = ("created", "updated", "unchanged", "credit_notes", "new_debtors")


class First(TypedDict):
    """One of the first rows, as it was understood."""

    line: str
    number: str
    is_credit: bool
    debtor: str
    issue: str
    due: str
    total: str


class Difference(TypedDict):
    """One field that changes."""

    field: str
    before: str
    after: str


class Changed(TypedDict):
    """A known invoice that the file states otherwise."""

    line: int
    at: str
    number: str
    debtor: str
    differences: list[Difference]
    taken: bool
    label: str


class Suggestion(TypedDict):
    """A debtor that a doubtful one may be."""

    id: int
    name: str
    detail: str
    why: str
    chosen: bool
    label: str


class Asked(TypedDict):
    """A doubtful debtor and who it may be."""

    key: str
    name: str
    detail: str
    suggestions: list[Suggestion]
    is_new: bool
    is_open: bool
    new_label: str


class Netted(TypedDict):
    """A credit note and the invoice that it names."""

    line: str
    number: str
    credited: str
    word: str
    tone: str


def first_rows(rows: Iterable[InvoiceRow], lang: str) -> list[First]:
    """The first invoices of the file as they were understood."""
    return [
        First(
            line=integer(row.line, lang),
            number=row.number,
            is_credit=row.kind is Kind.CREDIT_NOTE,
            debtor=row.debtor,
            issue=day(row.issue, lang),
            due=day(row.due, lang) if row.due else (row.term or "–"),
            total=money(row.signed, lang),
        )
        for _, row in zip(range(_PREVIEWED), rows, strict=False)
    ]


def changed(change: Change, lang: str) -> Changed:
    """A change with all that differs."""
    differences = [
        Difference(
            field=text(lang, f"field.{name}"),
            before=_written(name, change.before[name], change.currency, lang),
            after=_written(name, after, change.currency, lang),
        )
        for name, after in change.after.items()
    ]
    return Changed(
        line=change.line,
        at=integer(change.line, lang),
        number=change.number,
        debtor=change.debtor,
        differences=differences,
        taken=change.taken,
        label=text(lang, "import.take_change", number=change.number, debtor=change.debtor),
    )


def _written(name: str, value: str, currency: str, lang: str) -> str:
    if name in _AMOUNTS:
        return money(Money.of(value, currency), lang)
    if name in _DATES:
        return day(date.fromisoformat(value), lang, "numeric")
    return value or "–"


def asked(doubt: Doubt, lang: str) -> Asked:
    """A doubtful debtor as it is asked about, with the answer given so far."""
    rows = text(lang, "import.rows", n=doubt.rows)
    suggestions = [
        Suggestion(
            id=one.debtor_id,
            name=one.name,
            detail=one.detail,
            why=text(lang, f"import.alike_{one.reason}", percent=integer(one.likeness, lang)),
            chosen=doubt.answer == one.debtor_id,
            label=text(lang, "import.it_is_label", name=doubt.name, other=one.name),
        )
        for one in doubt.candidates
    ]
    return Asked(
        key=doubt.key,
        name=doubt.name,
        detail=" · ".join(filter(None, (doubt.detail, rows))),
        suggestions=suggestions,
        is_new=doubt.answer == NEW,
        is_open=doubt.answer is None,
        new_label=text(lang, "import.it_is_new_label", name=doubt.name),
    )


def answered(row: Asked, debtor_id: int) -> Asked:
    """The same with an answer."""
    suggestions = [Suggestion(**{**one, "chosen": one["id"] == debtor_id}) for one in row["suggestions"]]
    return Asked(
        **{**row, "suggestions": suggestions, "is_new": debtor_id == NEW, "is_open": False},
    )


def netted(nettings: Sequence[Netting], lang: str) -> list[Netted]:
    """What becomes of the first credit notes that name an invoice; those that wait come first."""
    first = sorted(nettings, key=lambda one: one.found)[:NETTED]
    return [
        Netted(
            line=integer(one.line, lang),
            number=one.number,
            credited=one.credited,
            word=text(lang, f"import.{'netted' if one.found else 'netting_waits'}"),
            tone="good" if one.found else "warn",
        )
        for one in first
    ]


def amounts(sums: Mapping[str, Money], lang: str) -> str:
    """Totals of several currencies in one line."""
    return " + ".join(money(amount, lang) for amount in sums.values())


def counts(seen: Preview) -> dict[str, int]:
    """The counts of an import to come, by the names that its result will have."""
    return {name: getattr(seen, name) for name in _COUNTED} | {"rejected": seen.rejected_rows}


def credit_hint(seen: Preview, lang: str) -> str:
    """How many of the credit notes net an invoice, and how many wait."""
    found = sum(one.found for one in seen.nettings)
    waiting = seen.credit_notes - found
    if not found:
        return text(lang, "import.credit_notes_hint")
    words = [text(lang, "import.credit_notes_netted", n=found)]
    return ", ".join([*words, *([text(lang, "import.credit_notes_wait", n=waiting)] if waiting > 0 else [])])


def outcome(seen: Preview, lang: str) -> str:
    """What importing will do, in one sentence."""
    found = (
        ("will_create", seen.created),
        ("will_update", seen.updated),
        ("will_credit", seen.credit_notes),
        ("will_add", seen.new_debtors),
    )
    return ", ".join(text(lang, f"import.{key}", n=n) for key, n in found if n)


def go(seen: Preview, lang: str) -> str:
    """What stands on the main button."""
    writes = seen.created + seen.updated + seen.credit_notes
    if writes:
        return text(lang, f"import.go_{'documents' if seen.credit_notes else 'invoices'}", n=writes)
    return text(lang, "import.close" if seen.accepted else "import.go")


_NUMBER: Final = re.compile(r"[+-]?\d[\d.,]*-?|\([\d.,]+\)")


def as_written(said: str, mark: str) -> Decimal | None:
    """An amount as a file has it, None where it is not plainly one; ``mark`` stands before the cents."""
    plain = re.sub(r"[\s€’']|EUR", "", said)
    if not _NUMBER.fullmatch(plain):
        return None
    negative = plain.startswith(("-", "(")) or plain.endswith("-")
    digits = plain.strip("+-()").replace("." if mark == "," else ",", "")
    whole, _, cents = digits.partition(mark)
    if not whole.isdecimal() or not (cents or "0").isdecimal():
        return None
    value = Decimal(f"{whole}.{cents or 0}")
    return -value if negative else value
