"""The plan of a client's reminders while it is looked at and changed: always with the dates it leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypedDict

from encaiss_dashboard.domain.dunning import COURTESY, DEFAULT_PLAN, Plan, StepCode
from encaiss_dashboard.domain.errors import Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.plan_terms import written
from encaiss_dashboard.domain.sending_days import COUNTRIES
from encaiss_dashboard.locales import day, decimal, moment, text, weekday
from encaiss_dashboard.services import plans
from encaiss_dashboard.services.plans import AgreedPlan, ForeseenStep
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler

CLOSURES: Final = 4
_CHRISTMAS: Final = ("24/12", "02/01")
_BUILDERS: Final = ("11/07", "02/08")
_TONES: Final = {StepCode.COURTESY: "info", StepCode.FORMAL_NOTICE: "bad"}
_DAY: Final = re.compile(r"\s*([0-9]{1,2})\s*[/.-]\s*([0-9]{1,2})\s*")
_NUMBER: Final = re.compile(r"\s*[0-9]{1,6}\s*")
_TYPED_MAX: Final = 40
_VERSIONS_SHOWN: Final = 10


class StepRow(TypedDict):
    """One step as it is edited; ``days`` is what was typed."""

    code: str
    label: str
    on: bool
    days: str


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


class Terms(Shell):
    """The plan in force, the draft of another one, and what the draft leads to."""

    ready: bool = False
    version: int = 0
    in_force: str = ""
    steps: list[StepRow] = []
    gap: str = ""
    minimum: str = ""
    weekdays: list[DayRow] = []
    country: str = ""
    countries: list[Choice] = []
    closures: list[ClosureRow] = []
    foreseen: list[ForeseenRow] = []
    problem: str = ""
    changed: bool = False
    versions: list[VersionRow] = []
    drawn: int = 0
    _base: Mapping[str, Any] = {}
    _house: Plan = DEFAULT_PLAN
    _drawn_from: Mapping[str, Any] = {}

    @handler
    async def load(self) -> Next:
        """Show what is in force, as the draft too."""
        found = await access.read(self, plans.scoped)
        lang = self._language()
        self.version = found.version
        self.in_force = _agreed(found.history[0], lang)
        self.versions = [_version(one, lang) for one in found.history[:_VERSIONS_SHOWN]]
        self._house = found.house
        self._draw(found.plan)
        self._base = dict(self._terms())
        await self._preview()
        self.ready = True

    @handler
    async def type_in(self, name: str, value: str) -> Next:
        """A number or amount was typed: of a step by its code, the gap or the least amount."""
        if name == "gap":
            self.gap = value[:_TYPED_MAX]
        elif name == "minimum":
            self.minimum = value[:_TYPED_MAX]
        else:
            self.steps = [
                StepRow(**{**row, "days": value[:_TYPED_MAX]}) if row["code"] == name else row
                for row in self.steps
            ]
        await self._preview()

    @handler
    async def switch(self, name: str, on: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """A step or a day of the week was taken in or left out."""
        self.steps = [StepRow(**{**row, "on": on}) if row["code"] == name else row for row in self.steps]
        self.weekdays = [
            DayRow(**{**row, "on": on}) if row["value"] == name else row for row in self.weekdays
        ]
        await self._preview()

    @handler
    async def keep_holidays(self, country: str) -> Next:
        """The public holidays of a country are kept, or none."""
        self.country = country if country in COUNTRIES else ""
        await self._preview()

    @handler
    async def close(self, at: str, end: str, value: str) -> Next:
        """One end of a period in which nothing leaves was typed."""
        self.closures = [
            row
            if row["at"] != at
            else ClosureRow(
                at=at,
                first=value[:_TYPED_MAX] if end == "first" else row["first"],
                last=value[:_TYPED_MAX] if end == "last" else row["last"],
            )
            for row in self.closures
        ]
        await self._preview()

    @handler
    async def add_closure(self, what: str) -> Next:
        """One period more: around Christmas, builders' leave, or an empty one."""
        first, last = {"christmas": _CHRISTMAS, "builders": _BUILDERS}.get(what, ("", ""))
        rows = [(row["first"], row["last"]) for row in self.closures]
        if len(rows) < CLOSURES:
            self._draw_closures([*rows, (first, last)])
        await self._preview()

    @handler
    async def remove_closure(self, at: str) -> Next:
        """A period less."""
        self._draw_closures([(row["first"], row["last"]) for row in self.closures if row["at"] != at])
        await self._preview()

    @handler
    async def standard(self) -> Next:
        """Draft the house's own plan; nothing is agreed yet."""
        self._draw(self._house)
        await self._preview()

    @handler
    async def save(self) -> Next:
        """Agree on the draft from now on."""
        try:
            version = await access.act(self, plans.save, self._terms(), self.version)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self._object(refusal)
            return None
        return self._done("plan.saved", n=version)

    async def _preview(self) -> None:
        terms, lang = self._terms(), self._language()
        self.changed = terms != self._base
        try:
            steps = await access.read(self, plans.foresee, terms)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self._object(refusal)
            self.foreseen = []
            return
        self.problem = ""
        self.foreseen = [_foreseen(one, lang) for one in steps]

    def _object(self, refusal: Refusal) -> None:
        facts = dict(refusal.facts)
        about = text(self._language(), f"step.{facts['step']}_short") + " — " if "step" in facts else ""
        self.problem = about + text(self._language(), f"refusal.{refusal.code}", **facts)

    def _draw(self, plan: Plan) -> None:
        """Write a plan into the fields, which are drawn anew."""
        lang, terms = self._language(), written(plan)
        self._drawn_from = terms
        days = {step["code"]: step["days_late_min"] for step in terms["steps"]}
        usual = {step.code.value: step.days_late_min for step in (COURTESY, *DEFAULT_PLAN.steps)}
        self.steps = [
            StepRow(
                code=code.value,
                label=text(lang, f"step.{code.value}_short"),
                on=code.value in days,
                days=str(days.get(code.value, usual[code.value])),
            )
            for code in StepCode
        ]
        self.gap = str(plan.contact_gap_days)
        self.minimum = (
            decimal(Money(plan.minimum_cents).decimal, lang, places=2) if plan.minimum_cents else ""
        )
        self.weekdays = [
            DayRow(value=str(number), label=weekday(number, lang), on=number in plan.sending.weekdays)
            for number in range(7)
        ]
        self.country = plan.sending.country
        self.countries = [Choice(value="", label=text(lang, "plan.no_holidays"))] + [
            Choice(value=code, label=text(lang, f"plan.country_{code}")) for code in COUNTRIES
        ]
        self._draw_closures([(_typed(first), _typed(last)) for first, last in terms["closures"]])

    def _draw_closures(self, rows: Sequence[tuple[str, str]]) -> None:
        self.drawn += 1
        self.closures = [
            ClosureRow(at=f"{self.drawn}-{place}", first=first, last=last)
            for place, (first, last) in enumerate(rows)
        ]

    def _terms(self) -> Mapping[str, Any]:
        """The draft as terms; what is no number or day is left to the service to refuse."""
        kept = {step["code"]: step for step in self._drawn_from.get("steps", ())}
        return {
            **self._drawn_from,
            "steps": [
                {
                    **kept.get(row["code"], {}),
                    "code": row["code"],
                    "days_late_min": _number(row["days"]),
                    "days_late_max": None,
                    "days_after_previous": 0,
                }
                for row in self.steps
                if row["on"]
            ],
            "contact_gap_days": _number(self.gap),
            "minimum_cents": _cents(self.minimum),
            "weekdays": [int(row["value"]) for row in self.weekdays if row["on"]],
            "country": self.country,
            "closures": [
                [_day_of_year(row["first"]), _day_of_year(row["last"])]
                for row in self.closures
                if row["first"].strip() or row["last"].strip()
            ],
        }


def _number(typed: str) -> int:
    """What was typed as a number of days, below all that is possible when it is none."""
    return int(typed) if _NUMBER.fullmatch(typed) else -1


def _cents(typed: str) -> int:
    plain = re.sub(r"[\s\u00a0\u202f€]", "", typed)
    if "," in plain:
        plain = plain.replace(".", "").replace(",", ".")
    if not plain:
        return 0
    try:
        cents = Decimal(plain) * 100
    except InvalidOperation:
        return -1
    return int(cents) if cents.is_finite() and cents == cents.to_integral_value() else -1


def _day_of_year(typed: str) -> str:
    found = _DAY.fullmatch(typed)
    return f"{int(found[2]):02}-{int(found[1]):02}" if found else "00-00"


def _typed(written_day: str) -> str:
    month, number = written_day.split("-")
    return f"{number}/{month}"


def _foreseen(one: ForeseenStep, lang: str) -> ForeseenRow:
    return ForeseenRow(
        step=text(lang, f"step.{one.step}_short"),
        tone=_TONES.get(one.step, "warn"),
        on=day(one.on, lang, "full"),
        late=text(lang, "plan.late", n=one.days_late)
        if one.days_late > 0
        else text(lang, "plan.early", n=-one.days_late),
    )


def _agreed(one: AgreedPlan, lang: str) -> str:
    if one.at is None:
        return text(lang, "plan.in_force_standard")
    return text(lang, "plan.in_force", n=one.version, moment=moment(one.at, lang), who=one.by or "Encaiss")


def _version(one: AgreedPlan, lang: str) -> VersionRow:
    days = " · ".join(str(step.days_late_min) for step in one.plan.steps) if one.plan else ""
    return VersionRow(
        name=text(lang, "plan.version", n=one.version) if one.version else text(lang, "plan.standard_name"),
        when=f"{moment(one.at, lang)} · {one.by or 'Encaiss'}"
        if one.at
        else text(lang, "plan.from_the_start"),
        what=text(lang, "plan.summary", days=days, gap=one.plan.contact_gap_days) if one.plan else "",
    )
