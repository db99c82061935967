"""The calls that the agency has to make: the list, and the one that is being made."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, TypedDict

from encaiss_dashboard.domain.calls import PAID_BANK_DAYS, TRANSCRIPT_LENGTH_MAX, CallOutcome, CallSaid
from encaiss_dashboard.domain.errors import Refusal, Unreadable
from encaiss_dashboard.domain.letters import Section
from encaiss_dashboard.domain.stops import DisputeReason
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.deliveries import called, calls
from encaiss_dashboard.services.deliveries.calls import Call, CallLine
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.call_words import rules, script, spoken
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.ui.typed import typed_cents, typed_day

QUICK_DAYS: Final = timedelta(days=7)
OUTCOMES: Final = tuple(CallOutcome)


class CallRow(TypedDict):
    """A call in the list."""

    id: int
    client_id: int
    debtor: str
    client: str
    phone: str
    step: str
    owed: str
    late: str
    tries: str
    due: bool


class OwedRow(TypedDict):
    """An open invoice, or a sum below them."""

    key: str
    number: str
    due: str
    late: str
    open: str
    total: bool


class Calls(Shell):
    """The list; ``about`` is the message of the call being made, 0 for none."""

    ready: bool = False
    sub: str = ""
    rows: list[CallRow] = []
    more: str = ""
    closed: bool = False
    about: int = 0
    title: str = ""
    of: str = ""
    phone: str = ""
    client_id: str = ""
    debtor_path: str = ""
    spoken_in: str = ""
    script: list[str] = []
    rules: list[str] = []
    owed: list[OwedRow] = []
    tries: list[str] = []
    last_try: bool = False
    outcome: str = CallOutcome.PROMISE.value
    again_on: str = ""
    promised: str = ""
    tomorrow: str = ""
    paid_hint: str = ""
    wrong: str = ""
    _heard: str = ""

    @handler
    async def load(self) -> Next:
        """List the calls."""
        self.about = 0
        await self._list()

    @handler
    async def open(self, message_id: int) -> Next:
        """Make one of them."""
        await self._open(message_id)

    @handler
    async def back(self) -> Next:
        """Return to the list; nothing was kept."""
        self.about = 0
        await self._list()

    @handler
    async def choose(self, outcome: str) -> Next:
        """How it went."""
        self.outcome, self.wrong = CallOutcome(outcome).value if outcome in OUTCOMES else "", ""

    @handler
    async def heard(self, said: str) -> Next:
        """Keep in mind what was typed so far, for the one click."""
        self._heard = said[: TRANSCRIPT_LENGTH_MAX + 1]

    @handler
    async def quick(self) -> Next:
        """All that is past due, within seven days: one click."""
        return await self._keep(CallSaid(CallOutcome.PROMISE, self._heard, promised=typed_day(self.promised)))

    @handler
    async def save(self, form: dict[str, str]) -> Next:
        """Keep how it went, and open the next call."""
        try:
            said = self._said(form)
        except Refusal as refusal:
            self.wrong = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
            return None
        return await self._keep(said)

    @handler
    async def correct(self) -> Next:
        """Go to the debtor's file, where its number is edited."""
        return await self._enter(self.client_id, self.debtor_path)

    async def _keep(self, said: CallSaid) -> Next:
        about = self.about
        try:
            await access.act(self, called.record, about, said)
        except Refusal as refusal:
            if isinstance(refusal, access.SignedOut):
                raise
            self.wrong = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
            return None
        self._say("calls.saved")
        await self._list()
        following = next((row["id"] for row in self.rows if row["due"] and row["id"] != about), 0)
        self.about = 0
        if following:
            await self._open(following)
        return None

    def _said(self, form: dict[str, str]) -> CallSaid:
        transcript = form.get("transcript", "")[: TRANSCRIPT_LENGTH_MAX + 1]
        outcome = form.get("outcome") or self.outcome
        if outcome not in OUTCOMES:
            raise Unreadable(value="")
        reason = form.get("reason", "")
        return CallSaid(
            CallOutcome(outcome),
            transcript,
            again_on=typed_day(form.get("again_on", "")),
            promised=typed_day(form.get("promised", "")),
            amount_cents=typed_cents(form.get("amount", "")[:40]),
            reason=DisputeReason(reason) if reason in set(DisputeReason) else None,
        )

    async def _list(self) -> None:
        lang = self._language()
        found = await access.read(self, calls.to_make)
        self.rows = [_row(line, lang) for line in found.lines]
        self.sub = text(lang, "calls.count", n=sum(line.due for line in found.lines))
        self.more = text(lang, "calls.left_off", n=found.left_off) if found.left_off else ""
        self.closed, self.ready = not found.open_now, True

    async def _open(self, message_id: int) -> None:
        found = await access.act(self, calls.call, message_id)
        if found is None:
            self.about = 0
            await self._list()
            self._say("calls.gone")
            return
        self._write(found)

    def _write(self, call: Call) -> None:
        lang, line = self._language(), call.line
        self.title = line.debtor
        self.of = f"{line.client} · {text(lang, f'step.{line.step}')}"
        self.phone, self.client_id = line.phone, str(line.client_id)
        self.debtor_path = f"/debtors/{line.debtor_id}"
        self.spoken_in = text(lang, f"file.language_{call.language}")
        self.script, self.rules = list(script(call)), list(rules(call, lang))
        self.owed = [row for section in call.sections for row in _owed(section, lang)]
        self.tries = [
            " · ".join(filter(None, (text(lang, "calls.tried_on", day=day(one.on, lang)), one.transcript)))
            for one in call.tries
        ]
        self.last_try, self.outcome, self.wrong = call.last_try, CallOutcome.PROMISE.value, ""
        self.again_on, self.tomorrow = call.again_on.isoformat(), call.tomorrow.isoformat()
        self.promised = (call.tomorrow + QUICK_DAYS - timedelta(days=1)).isoformat()
        self.paid_hint = text(lang, "calls.paid_hint", n=PAID_BANK_DAYS)
        self.about, self._heard = line.id, ""


def _row(line: CallLine, lang: str) -> CallRow:
    again = line.next_on if line.next_on and not line.due else None
    return CallRow(
        id=line.id,
        client_id=line.client_id,
        debtor=line.debtor,
        client=line.client,
        phone=line.phone,
        step=text(lang, f"step.{line.step}_short"),
        owed=spoken(list(line.owed), lang),
        late=text(lang, "calls.late_days", n=line.days_late),
        tries=text(lang, "calls.again", day=day(again, lang, "short")) if again else str(line.tries or "–"),
        due=line.due,
    )


def _owed(section: Section, lang: str) -> list[OwedRow]:
    rows = [
        OwedRow(
            key=f"{section.currency}-{line.number}",
            number=line.number,
            due=day(line.due, lang),
            late=text(lang, "calls.late_days", n=line.days_late),
            open=money(line.open, lang),
            total=False,
        )
        for line in section.lines
    ]
    total = money(section.total, lang)
    words = text(lang, "calls.total")
    return [*rows, OwedRow(key=section.currency, number=words, due="", late="", open=total, total=True)]
