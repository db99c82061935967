"""A plan as it is edited: its terms written into fields, and what was typed there read as terms again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypedDict

from encaiss_dashboard.domain.dunning import COURTESY, DEFAULT_PLAN, Plan, StepCode
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import WEEK
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import day, decimal, moment, text, weekday
from encaiss_dashboard.services.plans import AgreedPlan, ForeseenStep
from encaiss_dashboard.ui.typed import typed_cents, typed_number

_TONES: Final = {StepCode.COURTESY: "info", StepCode.FORMAL_NOTICE: "bad"}
_DAY: Final = re.compile(r"\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*")


class StepRow(TypedDict):
    """One step as it is edited; ``days`` and ``costs`` are what was typed.

    ``free`` marks a consumer's first reminder, which may neither cost nor claim anything.
    """

    code: str
    label: str
    on: bool
    days: str
    channel: str
    costs: str
    claims: bool
    free: bool


class DayRow(TypedDict):
    """One day of the week."""

    value: str
    label: str
    on: bool


class ClosureRow(TypedDict):
    """One period in which nothing leaves, as typed."""

    at: str
    first: str
    last: str


class ForeseenRow(TypedDict):
    """A step with the day on which it would go."""

    step: str
    tone: str
    on: str
    late: str


class VersionRow(TypedDict):
    """What was agreed once."""

    name: str
    when: str
    what: str


def step_rows(plan: Plan, lang: str) -> list[StepRow]:
    """Every rung that a plan could have; those that it lacks with their usual days."""
    usual = {step.code: step for step in (COURTESY, *DEFAULT_PLAN.steps)}
    rows = []
    for code in StepCode:
        step = plan.step(code)
        shown = step or usual[code]
        rows.append(
            StepRow(
                code=code.value,
                label=text(lang, f"step.{code.value}_short"),
                on=step is not None,
                days=str(shown.days_late_min),
                channel=shown.channel.value,
                costs=typed_amount(shown.costs_cents, lang),
                claims=shown.claims,
                free=False,
            )
        )
    return rows


def with_free(rows: Sequence[StepRow], *, consumer: bool) -> list[StepRow]:
    """The same rows with a consumer's first reminder marked."""
    late = [row["code"] for row in rows if row["on"] and row["code"] != StepCode.COURTESY]
    first = late[0] if consumer and late else ""
    return [StepRow(**{**row, "free": row["code"] == first}) for row in rows]


def step_terms(row: StepRow, kept: Mapping[str, Any]) -> dict[str, Any]:
    """A step as terms; ``kept`` is what it was drawn from."""
    known = row["channel"] if row["channel"] in set(Channel) else ""
    return {
        **kept,
        "code": row["code"],
        "days_late_min": typed_number(row["days"]),
        "days_late_max": None,
        "days_after_previous": 0,
        "channel": known or Channel.EMAIL.value,
        "costs_cents": 0 if row["free"] else cents(row["costs"]),
        "claims": row["claims"] and not row["free"],
    }


def day_rows(plan: Plan, lang: str) -> list[DayRow]:
    """The days of the week."""
    return [DayRow(value=str(n), label=weekday(n, lang), on=n in plan.sending.weekdays) for n in sorted(WEEK)]


def closures(plan: Plan) -> list[tuple[str, str]]:
    """First and last day of each period without sending, as they are typed."""
    return [(_typed(first), _typed(last)) for first, last in written(plan)["closures"]]


def typed_amount(amount_cents: int, lang: str) -> str:
    """An amount as it is typed, "" for none."""
    return decimal(Money(amount_cents).decimal, lang, places=2) if amount_cents else ""


def cents(typed: str) -> int:
    """What was typed as an amount, below all that is possible when it is none; nothing is 0."""
    try:
        return typed_cents(typed) or 0
    except Unreadable:
        return -1


def day_of_year(typed: str) -> str:
    """A day of the year as terms write it; one that no year has when it is none."""
    found = _DAY.fullmatch(typed)
    return f"{int(found[2]):02}-{int(found[1]):02}" if found else "00-00"


def _typed(written_day: str) -> str:
    month, of_month = written_day.split("-")
    return f"{of_month}/{month}"


def foreseen_row(one: ForeseenStep, lang: str) -> ForeseenRow:
    """When a step would go."""
    return ForeseenRow(
        step=text(lang, f"step.{one.step}_short"),
        tone=_TONES.get(one.step, "warn"),
        on=day(one.on, lang, "full"),
        late=text(lang, "plan.late", n=one.days_late)
        if one.days_late > 0
        else text(lang, "plan.early", n=-one.days_late),
    )


def agreed_words(one: AgreedPlan, lang: str, *, own: bool) -> str:
    """Since when a version holds, of a general plan or of somebody's own."""
    if one.at is None:
        return text(lang, "plan.in_force_standard")
    key = "plan.in_force_own" if own else "plan.in_force"
    return text(lang, key, n=one.version, moment=moment(one.at, lang), who=one.by or "Encaiss")


def version_row(one: AgreedPlan, lang: str) -> VersionRow:
    """One version in the list of all."""
    what = text(lang, "plan.general_again")
    if one.plan is not None:
        days = " · ".join(str(step.days_late_min) for step in one.plan.steps)
        what = text(lang, "plan.summary", days=days, gap=one.plan.contact_gap_days)
    return VersionRow(
        name=text(lang, "plan.version", n=one.version) if one.version else text(lang, "plan.standard_name"),
        when=f"{moment(one.at, lang)} · {one.by or 'Encaiss'}"
        if one.at
        else text(lang, "plan.from_the_start"),
        what=what,
    )
