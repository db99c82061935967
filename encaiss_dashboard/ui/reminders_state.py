"""What tonight's run would send, to whom and why not to others; the agency may run it now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict

import reflex as rx

from encaiss_dashboard import jobs, wiring
from encaiss_dashboard.domain.dunning import StatementLine
from encaiss_dashboard.domain.errors import NotAllowed, Refusal
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.jobs import RunResult
from encaiss_dashboard.locales import day, integer, moment, money, telling, text
from encaiss_dashboard.services import reminders
from encaiss_dashboard.services.reminders import HeldMessage, MessageLine, MessageState, Night, PlannedMessage
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Next, Shell, handler
from encaiss_dashboard.wiring import SignedIn
from encaiss_dashboard.work import Work

PAGE_SIZE: Final = 25
_LINES_SHOWN: Final = 60
_HELD_SHOWN: Final = 40
_BEAT_SECONDS: Final = 0.4
_TONES: Final[Mapping[str, str]] = {"instalment": "info", "courtesy": "info", "formal_notice": "bad"}
_STATES: Final = {
    MessageState.WAITING: "info",
    MessageState.SENT: "good",
    MessageState.FAILED: "bad",
    MessageState.DROPPED: "mute",
}


class Row(TypedDict):
    """One message that would go."""

    id: str
    href: str
    name: str
    recipient: str
    by_post: bool
    step: str
    tone: str
    invoices: str
    amount: str
    show: str


class Line(TypedDict):
    """One invoice of the message that is open."""

    number: str
    late: str
    open: str
    step: str
    tone: str


class Kept(TypedDict):
    """One debtor whose message stays, and why."""

    href: str
    name: str
    reason: str


class Past(TypedDict):
    """One message that was planned before."""

    at: str
    told: str
    href: str
    name: str
    step: str
    tone: str
    to: str
    state: str
    state_tone: str
    detail: str


class Reminders(Shell):
    """Tonight as it looks now, in the reader's language."""

    ready: bool = False
    sub: str = ""
    planned: str = ""
    planned_sub: str = ""
    claimed: str = ""
    by_post: str = ""
    kept: str = ""
    waiting: str = ""
    confirm: str = ""
    rows: list[Row] = []
    opened: str = ""
    lines: list[Line] = []
    lines_more: str = ""
    credit: str = ""
    pages: str = ""
    previous: str = ""
    next: str = ""
    held: list[Kept] = []
    held_more: str = ""
    recent: list[Past] = []
    running: bool = False
    done: int = 0
    total: int = 0
    doing: str = ""

    @handler
    async def load(self) -> Next:
        """Look ahead, and back at the last messages."""
        night, recent, undelivered = await access.read(self, _see)
        self._write_head(night, undelivered)
        self._write_rows(night)
        self._write_held(night)
        self.recent = [_past(line, self._language()) for line in recent]
        self.ready = True

    @handler
    async def toggle(self, row_id: str) -> Next:
        """Open the invoices of one message, or close them."""
        known = {row["id"] for row in self.rows}
        self.opened = row_id if row_id in known and row_id != self.opened else ""
        self.lines, self.lines_more, self.credit = [], "", ""
        if self.opened:
            night = await access.read(self, reminders.foresee, int(self.opened.partition("-")[0]))
            self._write_lines(night)

    @handler
    async def run(self) -> Next:
        """Begin a run, unless this screen has one under way."""
        signed = await access.who(self)
        if signed is None or not signed.actor.may(Action.REMIND, signed.client_id or 0):
            raise NotAllowed
        if self.running:
            return None
        self.running, self.done, self.total = True, 0, 0
        self.doing = text(self._language(), "reminders.preparing")
        return Reminders.send

    @rx.event(background=True)
    async def send(self) -> Any:
        """Run the reminders on a thread and tell how far they are; the run asks for the right itself."""
        signed, seen = await access.who(self), (0, 0)

        def progress(done: int, planned: int) -> None:
            nonlocal seen
            seen = done, planned

        task = asyncio.create_task(asyncio.to_thread(_remind, signed, progress))
        while not task.done():
            await asyncio.wait({task}, timeout=_BEAT_SECONDS)
            async with self:
                self._write_progress(*seen)
        async with self:
            self.running, self.opened = False, ""
            try:
                self._write_result(task.result())
            except Refusal as refusal:
                return self._tell(refusal)
        return Reminders.load

    def _write_progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total
        if total:
            lang = self._language()
            facts = {"done": integer(done, lang), "all": integer(total, lang)}
            self.doing = text(lang, "reminders.running", **facts)

    def _write_result(self, result: RunResult) -> None:
        lang = self._language()
        counts = [("sent", result.sent), ("held", len(result.held))]
        said = [text(lang, f"reminders.{key}", n=n) for key, n in counts]
        if result.waits_until is not None and result.planned > result.sent:
            n = result.planned - result.sent
            said.append(text(lang, "reminders.waits_until", n=n, at=moment(result.waits_until, lang)))
        self.notice = " · ".join(said)
        self.notice_kind = "good"

    def _write_head(self, night: Night, undelivered: int) -> None:
        lang = self._language()
        self.sub = text(lang, "reminders.sub", day=day(night.on, lang, "full"))
        self.planned = integer(len(night.messages), lang)
        lines = sum(len(m.planned.lines) for m in night.messages)
        self.planned_sub = text(lang, "reminders.planned_sub", n=lines)
        sums: dict[str, Money] = {}
        for message in night.messages:
            for currency, amount in message.planned.totals.items():
                sums[currency] = sums.get(currency, Money(0, currency)) + amount
        self.claimed = _amounts(sums or {"EUR": Money(0)}, lang)
        self.by_post = integer(sum(m.route.channel.on_paper for m in night.messages), lang)
        self.kept = integer(len(night.held), lang)
        self.waiting = text(lang, "reminders.waiting", n=undelivered) if undelivered else ""
        n = len(night.messages) + undelivered
        self.confirm = text(lang, "reminders.confirm_text", n=n, client=self.client_name) if n else ""

    def _write_rows(self, night: Night) -> None:
        lang, count = self._language(), len(night.messages)
        pages = max(1, -(-count // PAGE_SIZE))
        asked = str(self.router.url.query_parameters.get("page", ""))
        number = min(pages, max(1, int(asked))) if asked.isdecimal() and len(asked) < len("100000") else 1
        first = (number - 1) * PAGE_SIZE
        self.rows = [_row(m, lang) for m in night.messages[first : first + PAGE_SIZE]]
        facts = {"page": integer(number, lang), "pages": integer(pages, lang)}
        self.pages = text(lang, "reminders.page_of", **facts) if pages > 1 else ""
        self.previous = f"/reminders?page={number - 1}" if number > 1 else ""
        self.next = f"/reminders?page={number + 1}" if number < pages else ""
        if self.opened not in {row["id"] for row in self.rows}:
            self.opened = ""

    def _write_lines(self, night: Night) -> None:
        lang = self._language()
        planned = next((one.planned for one in night.messages if _row_id(one) == self.opened), None)
        if planned is None:  # paid or paused since the list was written
            self.opened = ""
            return
        listed = "reminders.in_plan" if planned.instalment else "reminders.listed_only"
        self.lines = [_line(line, listed, lang) for line in planned.lines[:_LINES_SHOWN]]
        more = len(planned.lines) - len(self.lines)
        self.lines_more = text(lang, "reminders.more_lines", n=more) if more else ""
        credit = _amounts({amount.currency: -amount for amount in planned.credits}, lang)
        self.credit = text(lang, "reminders.credit", amount=credit) if credit else ""

    def _write_held(self, night: Night) -> None:
        lang = self._language()
        self.held = [_kept(message, lang) for message in night.held[:_HELD_SHOWN]]
        more = len(night.held) - len(self.held)
        self.held_more = text(lang, "reminders.held_more", n=more) if more else ""


def _see(work: Work, client_id: int | None) -> tuple[Night, tuple[MessageLine, ...], int]:
    night = reminders.foresee(work, client_id)
    return night, reminders.recent(work, client_id), reminders.undelivered(work, client_id)


def _remind(signed: SignedIn | None, progress: Callable[[int, int], None]) -> RunResult:
    if signed is None or signed.client_id is None:
        raise NotAllowed
    chosen = (signed.client_id,)
    return jobs.remind(wiring.house(), client_ids=chosen, actor=signed.actor, progress=progress)


def _amounts(sums: dict[str, Money], lang: str) -> str:
    return " + ".join(money(amount, lang) for amount in sums.values())


def _tone(step: str) -> str:
    return _TONES.get(step, "warn")


def _row_id(message: PlannedMessage) -> str:
    """A debtor may have two messages on the last day before an instalment."""
    return f"{message.debtor_id}-{message.stop_id}" if message.stop_id else str(message.debtor_id)


def _row(message: PlannedMessage, lang: str) -> Row:
    on_paper = message.route.channel.on_paper
    return Row(
        id=_row_id(message),
        href=f"/debtors/{message.debtor_id}",
        name=message.name,
        recipient=message.recipient or text(lang, "reminders.tray" if on_paper else "reminders.call"),
        by_post=on_paper,
        step=text(lang, f"step.{message.planned.word}_short"),
        tone=_tone(message.planned.step),
        invoices=integer(len(message.planned.lines), lang),
        amount=_amounts(message.planned.totals, lang),
        show=text(lang, "reminders.show_lines", debtor=message.name),
    )


def _line(line: StatementLine, listed: str, lang: str) -> Line:
    return Line(
        number=line.invoice.number,
        late=text(lang, "reminders.days", n=line.days_late),
        open=money(line.open, lang),
        step=text(lang, f"step.{line.step}_short" if line.step else listed),
        tone=_tone(line.step) if line.step else "mute",
    )


def _kept(message: HeldMessage, lang: str) -> Kept:
    return Kept(
        href=f"/debtors/{message.debtor_id}", name=message.name, reason=telling.held(message.held, lang)
    )


def _past(line: MessageLine, lang: str) -> Past:
    detail = line.detail if line.state in {MessageState.FAILED, MessageState.WAITING} else ""
    if line.state is MessageState.DROPPED:
        detail = text(lang, f"reminders.dropped_{line.detail}")
    return Past(
        at=moment(line.at, lang),
        told=f"/messages/{line.id}",
        href=f"/debtors/{line.debtor_id}",
        name=line.name,
        step=text(lang, f"step.{line.step}_short"),
        tone=_tone(line.step),
        to=text(lang, "reminders.tray")
        if Channel(line.channel).on_paper
        else line.recipient or text(lang, "reminders.call"),
        state=text(lang, f"reminders.state_{line.state}"),
        state_tone=_STATES[line.state],
        detail=detail,
    )
