"""The plan of a client's reminders while it is looked at and changed: always with the dates it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from encaiss_dashboard.domain.consumer import Clause, Creditor
from encaiss_dashboard.domain.dunning import PLANS, Named, Plan
from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.plan_terms import plan_of, written
from encaiss_dashboard.domain.sending_days import COUNTRIES
from encaiss_dashboard.locales import decimal, text
from encaiss_dashboard.services import plans
from encaiss_dashboard.services.plans import Scoped, facts
from encaiss_dashboard.services.plans.checking import PlanCosts
from encaiss_dashboard.ui import access, plan_draft
from encaiss_dashboard.ui.plan_draft import ClosureRow, DayRow, ForeseenRow, StepRow, VersionRow
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler
from encaiss_dashboard.ui.typed import typed_number

CLOSURES: Final = 4
_CHRISTMAS: Final = ("24/12", "02/01")
_BUILDERS: Final = ("11/07", "02/08")
_LENGTHS_MAX: Final = {"gap": 12, "minimum": 20, "stale": 12, "fixed": 20, "supplies": 120}
_OF_STEP: Final = frozenset({"days", "costs", "channel"})
_TYPED_MAX: Final = 40
_VERSIONS_SHOWN: Final = 10


class Terms(Shell):
    """The plan in force, the draft of another one, and what the draft leads to."""

    ready: bool = False
    missing: bool = False
    scope: str = plans.BUSINESS
    special: bool = False
    of_invoice: bool = False
    own: bool = False
    consumer: bool = False
    name: str = ""
    debtor_href: str = ""
    version: int = 0
    in_force: str = ""
    steps: list[StepRow] = []
    gap: str = ""
    minimum: str = ""
    by_age: bool = False
    stale: str = ""
    supplies: str = ""
    creditor: str = ""
    clause: str = ""
    fixed: str = ""
    interest: bool = False
    consumers: bool = False
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
    _drawn_from: Mapping[str, Any] = {}

    @handler
    async def load(self) -> Next:
        """Show what is in force for whom the address names, as the draft too."""
        asked = str(self.router.url.query_parameters.get("for", ""))[:_TYPED_MAX]
        self.problem = ""
        try:
            found = await access.read(self, plans.scoped, asked or plans.BUSINESS)
        except (NotFound, Unreadable):
            self.ready = self.missing = True
            self.scope, self.name, self.special, self.of_invoice = plans.BUSINESS, "", False, False
            return None
        self.missing = False
        self._head(found)
        self._draw(found.plan)
        self._base = dict(self._terms())
        await self._preview()
        self.ready = True
        return None

    @handler
    async def type_in(self, name: str, value: str) -> Next:
        """A number, an amount or words were typed that are not of one step."""
        if name in _LENGTHS_MAX:
            setattr(self, name, value[: _LENGTHS_MAX[name]])
        await self._preview()

    @handler
    async def type_step(self, code: str, field: str, value: str) -> Next:
        """The days or costs of a step were typed, or its channel was chosen."""
        if field in _OF_STEP:
            self._change_step(code, **{field: value[:_TYPED_MAX]})
        await self._preview()

    @handler
    async def claim(self, code: str, on: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """A step asks for interest and indemnity, or not."""
        self._change_step(code, claims=on)
        await self._preview()

    @handler
    async def switch(self, name: str, on: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """A step or a day of the week was taken in or left out, or one of the settings."""
        if name == "by_age":
            self.by_age = on
        elif name == "interest":
            self.interest = on
        self._change_step(name, on=on)
        self.weekdays = [
            DayRow(**{**row, "on": on}) if row["value"] == name else row for row in self.weekdays
        ]
        await self._preview()

    @handler
    async def choose(self, name: str, value: str) -> Next:
        """Whose holidays are kept, what the client is, or which indemnity was agreed."""
        if name == "country":
            self.country = value if value in COUNTRIES else ""
        elif name == "creditor":
            self.creditor = value if value in set(Creditor) else Creditor.OTHER.value
        elif name == "clause":
            self.clause = value if value in set(Clause) else Clause.NONE.value
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
    async def begin_from(self, name: str) -> Next:
        """Draft one of the named plans; nothing is agreed yet, and what was said of consumers stays."""
        if name in set(Named):
            said = self._terms()["consumer"]
            plan = PLANS[Named(name)]
            if self.of_invoice:
                plan = replace(plan_of(self._drawn_from), steps=plan.steps, enters_by_age=plan.enters_by_age)
            self._draw(plan)
            self._draw_consumer(said)
        await self._preview()

    @handler
    async def save(self) -> Next:
        """Agree on the draft from now on."""
        return await self._agree(self._terms(), "plan.saved")

    @handler
    async def go_back(self) -> Next:
        """Let the general plan hold again for this debtor or invoice."""
        return await self._agree({}, "plan.went_back")

    @handler
    async def say_consumers(self, on: bool) -> Next:  # noqa: FBT001 - what a checkbox sends
        """Say what debtors are of whom nothing is known; it holds at once."""
        await access.act(self, facts.say_consumers, consumers=on)
        self.consumers = on
        self._say("plan.consumers_said" if on else "plan.businesses_said")

    async def _agree(self, terms: Mapping[str, Any], key: str) -> Next:
        try:
            version = await access.act(self, plans.save, terms, self.version, self.scope)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self._object(refusal)
            return None
        return self._done(key, n=version)

    async def _preview(self) -> None:
        self.steps = plan_draft.with_free(self.steps, consumer=self.consumer)
        terms, lang = self._terms(), self._language()
        self.changed = terms != self._base
        try:
            steps = await access.read(self, plans.foresee, terms, self.scope)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self._object(refusal)
            self.foreseen = []
            return
        self.problem = ""
        self.foreseen = [plan_draft.foreseen_row(one, lang) for one in steps]

    def _object(self, refusal: Refusal) -> None:
        told = dict(refusal.facts)
        if isinstance(refusal, PlanCosts):
            told["last"] = decimal(Decimal(told["last"]), self._language(), places=2)
        about = text(self._language(), f"step.{told['step']}_short") + " — " if "step" in told else ""
        self.problem = about + text(self._language(), f"refusal.{refusal.code}", **told)

    def _change_step(self, code: str, **changes: object) -> None:
        self.steps = [
            StepRow(**{**row, **changes}) if row["code"] == code else row  # type: ignore[typeddict-item]  # names are ours
            for row in self.steps
        ]

    def _head(self, found: Scoped) -> None:
        lang = self._language()
        self.scope, self.consumer, self.version = found.scope, found.consumer, found.version
        self.special, self.name = found.debtor_id is not None, found.name
        self.own = self.special and found.own
        self.of_invoice = found.scope.startswith("invoice:")
        self.debtor_href = f"/debtors/{found.debtor_id}" if self.special else ""
        self.consumers = found.consumers
        if self.special and not found.own:
            held = "consumer" if found.consumer else "business"
            self.in_force = text(lang, f"plan.which_{'debtor' if found.by_debtor else held}")
        else:
            self.in_force = plan_draft.agreed_words(found.history[0], lang, own=self.special)
        self.versions = [plan_draft.version_row(one, lang) for one in found.history[:_VERSIONS_SHOWN]]

    def _draw(self, plan: Plan) -> None:
        """Write a plan into the fields, which are drawn anew."""
        lang = self._language()
        self._drawn_from = written(plan)
        self.steps = plan_draft.with_free(plan_draft.step_rows(plan, lang), consumer=self.consumer)
        self.gap = str(plan.contact_gap_days)
        self.minimum = plan_draft.typed_amount(plan.minimum_cents, lang)
        self.by_age = plan.enters_by_age
        self.stale = str(plan.stale_after_days or "")
        self._draw_consumer(self._drawn_from["consumer"])
        self.weekdays = plan_draft.day_rows(plan, lang)
        self.country = plan.sending.country
        self.countries = [Choice(value="", label=text(lang, "plan.no_holidays"))] + [
            Choice(value=code, label=text(lang, f"plan.country_{code}")) for code in COUNTRIES
        ]
        self._draw_closures(plan_draft.closures(plan))

    def _draw_consumer(self, said: Mapping[str, Any]) -> None:
        self.supplies, self.creditor = said["supplies"], said["creditor"]
        self.clause, self.interest = said["clause"], said["interest"]
        self.fixed = plan_draft.typed_amount(said["fixed_cents"], self._language())

    def _draw_closures(self, rows: Sequence[tuple[str, str]]) -> None:
        self.drawn += 1
        self.closures = [
            ClosureRow(at=f"{self.drawn}-{place}", first=first, last=last)
            for place, (first, last) in enumerate(rows)
        ]

    def _terms(self) -> dict[str, Any]:
        """The draft as terms; what is no number or day is left to the service to refuse."""
        kept = {step["code"]: step for step in self._drawn_from.get("steps", ())}
        return {
            "steps": [
                plan_draft.step_terms(row, kept.get(row["code"], {})) for row in self.steps if row["on"]
            ],
            "contact_gap_days": typed_number(self.gap),
            "minimum_cents": plan_draft.cents(self.minimum),
            "weekdays": [int(row["value"]) for row in self.weekdays if row["on"]],
            "country": self.country,
            "closures": [
                [plan_draft.day_of_year(row["first"]), plan_draft.day_of_year(row["last"])]
                for row in self.closures
                if row["first"].strip() or row["last"].strip()
            ],
            "enters_by_age": self.by_age,
            "stale_after_days": typed_number(self.stale) if self.stale.strip() else None,
            "consumer": {
                "supplies": self.supplies.strip(),
                "creditor": self.creditor,
                "clause": self.clause,
                "fixed_cents": plan_draft.cents(self.fixed) if self.clause == Clause.FIXED else 0,
                "interest": self.interest,
            },
        }
