"""What stops reminders to a debtor, as its file holds it, and the dialog that adds to it and decides."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final, TypedDict

from encaiss_dashboard.domain.dunning import OpenInvoice
from encaiss_dashboard.domain.errors import NotFound, Refusal, Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.stops import (
    DisputeReason,
    InsolvencyKind,
    Instalment,
    Rhythm,
    StopKind,
    StopState,
    equal_parts,
)
from encaiss_dashboard.domain.stops.opening import (
    INSTALMENTS_MAX,
    NewDispute,
    NewInsolvency,
    NewPause,
    NewPlan,
    NewPromise,
    NewRequest,
    NewStop,
)
from encaiss_dashboard.locales import day, decimal, money, text
from encaiss_dashboard.services import stops
from encaiss_dashboard.services.stops import StopLine, deciding, opening
from encaiss_dashboard.services.stops.deciding import Terms, Verdict
from encaiss_dashboard.services.stops.opening import Foreseen
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.debtor_facts import Debtor
from encaiss_dashboard.ui.deciding import message_words
from encaiss_dashboard.ui.shell import Next, handler
from encaiss_dashboard.ui.stop_words import StopRow, hold_words, stop_row
from encaiss_dashboard.ui.typed import typed_cents, typed_day, typed_number

KINDS: Final = tuple(kind.value for kind in StopKind)
ASKED: Final = ("decide", "answer", "extend", "lift", "withdraw")
_PICKS_SHOWN: Final = 200
_FIRST_PROMISE: Final = timedelta(days=7)
_FIRST_PART: Final = timedelta(days=14)
_FIELDS: Final = frozenset(
    {"reason", "proceedings", "promised", "amount", "until", "asked_on", "from_date"}
    | {"parts_n", "parts_first", "rhythm", "tolerance", "reminder", "verdict", "credit", "accepts"}
)
_SPREADS: Final = frozenset({"parts_n", "parts_first", "rhythm"})


class PickRow(TypedDict):
    """An open invoice to be chosen."""

    id: int
    number: str
    due: str
    open: str
    stop: str
    tick: str
    ticked: bool


class PartRow(TypedDict):
    """An instalment as it is typed."""

    index: int
    due: str
    amount: str
    label: str


class Stopping(Debtor):
    """The card, and the dialog: ``asking`` is new, one of ``ASKED``, or "" when it is shut."""

    running: list[StopRow] = []
    past: list[StopRow] = []
    asking: str = ""
    title: str = ""
    kind: str = "dispute"
    fields: dict[str, str] = {}
    picks: list[PickRow] = []
    chosen_words: str = ""
    parts: list[PartRow] = []
    parts_sum: str = ""
    told: list[str] = []
    objection: str = ""
    today: str = ""
    _stop: int = 0
    _owed: list[OpenInvoice] = []
    _lines: list[StopLine] = []
    _on: date = date.min

    @handler
    async def load(self) -> Next:
        """List what stops the debtor in the address; its file was loaded before."""
        self.asking = ""
        if self.missing or not self.key:
            self.running, self.past = [], []
        else:
            await self._list()

    @handler
    async def ask_new(self) -> Next:
        """Open the dialog that stops something."""
        await self._list()
        self._blank()
        late = [item.invoice.id for item in self._owed if item.invoice.due < self._on]
        self._pick(late or [item.invoice.id for item in self._owed])
        self.kind, self.asking = "promise" if self._owed else "insolvency", "new"
        self.title = text(self._language(), "stops.title_new", name=self.name)
        await self._look_ahead()

    @handler
    async def ask(self, what: str, stop_id: int) -> Next:
        """Open the dialog that decides about a stop."""
        await self._list()
        line = next((one for one in self._lines if one.id == stop_id), None)
        if line is None or what not in ASKED or what not in line.may:
            raise NotFound
        self._blank()
        self._stop, self.asking = stop_id, what
        named = text(self._language(), f"stops.kind_{line.kind}")
        self.title = text(self._language(), f"stops.title_{what}", what=named)
        if what == "answer":
            mine = set(line.numbers)
            self._pick([item.invoice.id for item in self._owed if item.invoice.number in mine])
            self._spread()
        self._tell_decision()

    @handler
    async def choose_kind(self, kind: str) -> Next:
        """Stop for another reason."""
        self._must_be_open()
        if kind not in KINDS:
            raise Unreadable(value=kind[:20])
        self.kind = kind
        if kind == "instalments":
            self._spread()
        await self._look_ahead()

    @handler
    async def tick(self, key: int, ticked: bool) -> Next:  # noqa: FBT001 - a checkbox's event
        """Choose an invoice, or no longer."""
        self._must_be_open()
        chosen = {row["id"] for row in self.picks if row["ticked"]}
        await self._choose(chosen | {key} if ticked else chosen - {key})

    @handler
    async def preset(self, which: str) -> Next:
        """Choose everything that is past due, everything that is open, or nothing."""
        self._must_be_open()
        every = {item.invoice.id for item in self._owed}
        late = {item.invoice.id for item in self._owed if item.invoice.due < self._on}
        await self._choose({"overdue": late, "open": every}.get(which, set()))

    @handler
    async def change(self, name: str, value: str) -> Next:
        """Another value of a field."""
        self._must_be_open()
        if name not in _FIELDS:
            raise Unreadable(value=name[:20])
        self.fields = {**self.fields, name: value[:40]}
        if name in _SPREADS:
            self._spread()
        await self._anew()

    @handler
    async def change_part(self, index: int, name: str, value: str) -> Next:
        """Another day or amount of one instalment."""
        self._must_be_open()
        if name not in {"due", "amount"} or not 0 <= index < len(self.parts):
            raise Unreadable(value=name[:20])
        row = self.parts[index].copy()
        row["due" if name == "due" else "amount"] = value[:20]
        self.parts = [*self.parts[:index], row, *self.parts[index + 1 :]]
        self._add_up()
        await self._anew()

    @handler
    async def go(self, form: dict[str, Any]) -> Next:
        """Do what the dialog says, and show the file anew."""
        words, what = str(form.get("words", ""))[:1000], self.asking
        try:
            await self._do(what, words)
        except Refusal as refusal:
            return self._object(refusal)
        self.asking = ""
        return self._done(f"stops.done_{what}")

    @handler
    async def close(self) -> Next:
        """Close the dialog; nothing happened."""
        self.asking = ""

    def _must_be_open(self) -> None:
        """Refuse what only a hand-made event asks of a dialog that is shut."""
        if not self.asking:
            raise Unreadable(value="")

    async def _do(self, what: str, words: str) -> None:
        one = self._stop
        if what == "new":
            await access.act(self, opening.open_one, self.key, self._new(), words)
        elif what == "decide":
            state = self.fields["verdict"]
            if state not in set(StopState):
                raise Unreadable(value=state[:20])
            verdict = Verdict(StopState(state), typed_cents(self.fields["credit"]) or 0)
            await access.act(self, deciding.decide, one, verdict, words)
        elif what == "answer":
            terms = self._terms() if self.fields["accepts"] == "yes" else None
            await access.act(self, deciding.answer, one, terms, words)
        elif what == "extend":
            await access.act(self, deciding.extend, one, typed_day(self.fields["until"]), words)
        elif what == "lift":
            await access.act(self, deciding.lift, one, words)
        elif what == "withdraw":
            await access.act(self, deciding.withdraw, one, words)
        else:  # closed: only a hand-made event comes here
            raise Unreadable(value="")

    async def _list(self) -> None:
        seen, lang = await access.read(self, stops.of_debtor, self.key), self._language()
        self._owed, self._lines, self._on = list(seen.open), [*seen.running, *seen.past], seen.on
        self.today = seen.on.isoformat()
        self.running = [stop_row(line, lang) for line in seen.running]
        self.past = [stop_row(line, lang) for line in seen.past]

    def _blank(self) -> None:
        """The fields as the dialog opens with them."""
        self.objection, self.told, self.parts, self.picks = "", [], [], []
        promised = (self._on + _FIRST_PROMISE).isoformat()
        self.fields = {
            "reason": DisputeReason.NOT_RECEIVED.value,
            "proceedings": InsolvencyKind.BANKRUPTCY.value,
            "promised": promised,
            "amount": "",
            "until": "",
            "asked_on": self.today,
            "from_date": self.today,
            "parts_n": "3",
            "parts_first": (self._on + _FIRST_PART).isoformat(),
            "rhythm": Rhythm.MONTHLY.value,
            "tolerance": "5",
            "reminder": "3",
            "verdict": StopState.REJECTED.value,
            "credit": "",
            "accepts": "yes",
        }

    def _pick(self, chosen: list[int] | set[int]) -> None:
        lang = self._language()
        self.picks = [_pick(item, item.invoice.id in chosen, lang) for item in self._owed[:_PICKS_SHOWN]]
        items = self._chosen()
        owed: dict[str, Money] = {}
        for item in items:
            owed[item.open.currency] = owed.get(item.open.currency, Money(0, item.open.currency)) + item.open
        amounts = " + ".join(money(amount, lang) for amount in owed.values()) or money(Money(0), lang)
        self.chosen_words = text(lang, "stops.chosen", n=len(items), amount=amounts)

    def _chosen(self) -> list[OpenInvoice]:
        ticked = {row["id"] for row in self.picks if row["ticked"]}
        return [item for item in self._owed if item.invoice.id in ticked]

    async def _choose(self, chosen: set[int]) -> None:
        self._pick(chosen)
        self._spread()
        await self._anew()

    def _spread(self) -> None:
        """Equal parts of what is chosen, as the fields ask for them."""
        items, n = self._chosen(), typed_number(self.fields["parts_n"])
        cents = sum(item.open.cents for item in items)
        first = _day_or_none(self.fields["parts_first"])
        rhythm, lang = self.fields["rhythm"], self._language()
        well = 0 < n <= min(cents, INSTALMENTS_MAX) and first is not None and rhythm in set(Rhythm)
        near = first is not None and abs(first - self._on) < timedelta(days=10_000)
        if not well or not near or first is None:
            self.parts, self.parts_sum = [], ""
            return
        self.parts = [
            PartRow(
                index=index,
                due=part.due.isoformat(),
                amount=decimal(Money(part.cents).decimal, lang, places=2),
                label=text(lang, "stops.part_label", n=index + 1),
            )
            for index, part in enumerate(equal_parts(cents, n, first, Rhythm(rhythm)))
        ]
        self._add_up()

    def _add_up(self) -> None:
        items, lang = self._chosen(), self._language()
        currency = items[0].open.currency if items else "EUR"
        due = Money(sum(item.open.cents for item in items), currency)
        try:
            total = Money(sum(typed_cents(row["amount"]) or 0 for row in self.parts), currency)
        except Unreadable:
            self.parts_sum = text(lang, "stops.parts_unreadable")
            return
        self.parts_sum = text(lang, "stops.parts_sum", sum=money(total, lang), due=money(due, lang))

    def _terms(self) -> Terms:
        read = [(typed_day(row["due"]), typed_cents(row["amount"])) for row in self.parts]
        schedule = tuple(Instalment(due, cents or 0) for due, cents in read if due is not None)
        days = (typed_number(self.fields[name]) for name in ("tolerance", "reminder"))
        return Terms(schedule, *days)

    def _new(self) -> NewStop:
        """What the fields ask to stop."""
        fields, ids = self.fields, tuple(item.invoice.id for item in self._chosen())
        try:
            if self.kind == "dispute":
                return NewDispute(ids, DisputeReason(fields["reason"]))
            if self.kind == "insolvency":
                return NewInsolvency(InsolvencyKind(fields["proceedings"]), typed_day(fields["from_date"]))
        except ValueError as error:
            raise Unreadable(value="") from error
        if self.kind == "promise":
            promised = typed_day(fields["promised"])
            if promised is None:
                raise Unreadable(value="")
            return NewPromise(ids, promised, typed_cents(fields["amount"]))
        if self.kind == "instalments":
            terms = self._terms()
            return NewPlan(ids, terms.instalments, terms.tolerance_days, terms.reminder_days)
        if self.kind == "request":
            return NewRequest(ids, typed_day(fields["asked_on"]))
        return NewPause(ids, typed_day(fields["until"]))

    async def _anew(self) -> None:
        if self.asking == "new":
            await self._look_ahead()
        else:
            self._tell_decision()

    async def _look_ahead(self) -> None:
        """Say what will be held and until when, or what has to be mended first."""
        try:
            seen = await access.read(self, opening.foresee, self.key, self._new())
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self._object(refusal)
            return
        self.objection, self.told = "", _told(seen, self._language())

    def _tell_decision(self) -> None:
        lang, self.objection = self._language(), ""
        key = self.asking
        if key == "decide":
            key = f"decide_{self.fields['verdict']}"
        elif key == "answer":
            key = "answer_yes" if self.fields["accepts"] == "yes" else "answer_no"
        known = {f"decide_{state}" for state in ("upheld", "partly", "rejected")}
        self.told = [text(lang, f"stops.then_{key}")] if key in known | _THEN else []

    def _object(self, refusal: Refusal) -> Next:
        """Say it inside the dialog, where it can be mended."""
        if isinstance(refusal, access.SignedOut):
            return self._tell(refusal)
        self.told = []
        self.objection = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
        return None


_THEN: Final = frozenset({"answer_yes", "answer_no", "extend", "lift", "withdraw"})


def _day_or_none(typed: str) -> date | None:
    try:
        return typed_day(typed)
    except Unreadable:
        return None


def _pick(item: OpenInvoice, ticked: bool, lang: str) -> PickRow:  # noqa: FBT001 - as the checkbox has it
    return PickRow(
        id=item.invoice.id,
        number=item.invoice.number,
        due=day(item.invoice.due, lang),
        open=money(item.open, lang),
        stop=text(lang, f"stops.tag_{item.stop.reason}") if item.stop else "",
        tick=text(lang, "stops.tick", number=item.invoice.number),
        ticked=ticked,
    )


def _told(seen: Foreseen, lang: str) -> list[str]:
    """What will be held, until when, and what goes then."""
    said = [hold_words(seen.held, lang)] if seen.held else []
    if seen.after is None:
        return [*said, text(lang, "stops.then_nothing")]
    return [*said, text(lang, "stops.then_next", step=message_words(seen.after, seen.on, lang))]
