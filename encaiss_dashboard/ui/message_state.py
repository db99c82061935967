"""One message after the fact, in words: to whom, what became of it, and why it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypedDict

from encaiss_dashboard.domain.errors import NotFound
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.workdays import Channel
from encaiss_dashboard.locales import day, integer, moment, money, telling, text
from encaiss_dashboard.services import messages
from encaiss_dashboard.services.messages import AboutInstalment, Explained, Named
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Next, Shell, handler

_LINES_SHOWN: Final = 60
_DIGITS_MAX: Final = 10
_TONES: Final = {"sent": "good", "failed": "bad", "dropped": "mute", "waiting": "info"}


class Fact(TypedDict):
    """One fact with its name."""

    name: str
    value: str


class Line(TypedDict):
    """One invoice of the message with the reason why it is named."""

    why: str
    open: str
    dropped: bool


class Told(Shell):
    """The message in the address."""

    ready: bool = False
    missing: bool = False
    key: int = 0
    debtor: str = ""
    debtor_href: str = ""
    subject: str = ""
    state: str = ""
    tone: str = "mute"
    delivery: list[Fact] = []
    rules: list[Fact] = []
    lines: list[Line] = []
    lines_more: str = ""
    body: str = ""
    page_href: str = ""
    original_href: str = ""

    @handler
    async def load(self) -> Next:
        """Read the message in the address."""
        part = self.router.url.path.rstrip("/").rpartition("/")[2]
        self.ready = self.missing = False
        try:
            key = int(part) if part.isascii() and part.isdecimal() and len(part) <= _DIGITS_MAX else 0
            seen = await access.read(self, messages.explained, key)
        except NotFound:
            self.missing = self.ready = True
            return None
        self._write(seen)
        self.ready = True
        return None

    def _write(self, seen: Explained) -> None:
        lang, row = self._language(), seen.row
        state = _state(seen)
        self.key, self.debtor, self.debtor_href = row.id or 0, seen.name, f"/debtors/{row.debtor_id}"
        self.subject = row.subject or text(lang, f"step.{row.word}")
        self.state, self.tone = text(lang, f"reminders.state_{state}"), _TONES[state]
        self.delivery = [
            Fact(name=text(lang, f"message.{name}"), value=value) for name, value in _delivery(seen, lang)
        ]
        self.rules = [
            Fact(name=text(lang, f"message.{name}"), value=value) for name, value in _rules(seen, lang)
        ]
        self.lines = [_line(one, lang) for one in seen.lines[:_LINES_SHOWN]]
        more = len(seen.lines) - len(self.lines)
        self.lines_more = text(lang, "reminders.more_lines", n=more) if more else ""
        self.body = row.body_text
        self.page_href = f"/files/message/{row.id}" if row.body_html else ""
        self.original_href = f"/files/original/{row.id}" if row.contents else ""


def _state(seen: Explained) -> str:
    row = seen.row
    ends = (("sent", row.sent_at), ("failed", row.failed_at), ("dropped", row.dropped_at))
    return next((name for name, at in ends if at is not None), "waiting")


def _delivery(seen: Explained, lang: str) -> Iterator[tuple[str, str]]:
    row = seen.row
    yield "to", text(lang, "reminders.tray") if Channel(row.channel).on_paper else row.recipient
    yield "by", text(lang, f"cli.channel_{row.channel}")
    yield "decided", moment(row.created_at, lang)
    if row.claimed_at is not None:
        yield "handed_over", moment(row.claimed_at, lang)
    if row.attempts:
        yield "attempts", integer(row.attempts, lang)
    ended = row.sent_at or row.failed_at or row.dropped_at
    if ended is not None:
        yield "ended", f"{text(lang, f'reminders.state_{_state(seen)}')}, {moment(ended, lang)}"
    if row.detail:
        dropped = row.dropped_at is not None
        yield "words", text(lang, f"reminders.dropped_{row.detail}") if dropped else row.detail
    yield "message_id", row.message_id


def _rules(seen: Explained, lang: str) -> Iterator[tuple[str, str]]:
    row = seen.row
    yield "night", day(row.day, lang, "full")
    if seen.instalment is not None:
        yield from _agreed(seen.instalment, seen, lang)
        return
    version = text(lang, "message.version", n=row.plan_version) if row.plan_version else ""
    yield "plan", version or text(lang, "message.house_plan")
    if seen.reached is not None and seen.reached < row.day:
        yield "reached", text(lang, "message.waited", day=day(seen.reached, lang))
    if seen.previous is None:
        yield "gap", text(lang, "message.first_contact")
    elif seen.plan is not None and seen.gap_over is not None:
        facts = {"day": day(seen.previous, lang), "over": day(seen.gap_over, lang)}
        yield "gap", text(lang, "message.gap_of", n=seen.plan.contact_gap_days, **facts)
    credit = " + ".join(money(-amount, lang) for amount in seen.credits)
    yield "credits", credit or text(lang, "message.no_credits")
    for kind, amount in seen.claims:
        yield f"claim_{kind}", money(amount, lang)
    yield "asked", _asked(seen, lang)


def _agreed(about: AboutInstalment, seen: Explained, lang: str) -> Iterator[tuple[str, str]]:
    """The rule of the message before an instalment: what was agreed, and what was asked for."""
    agreed = {"n": about.count, "amount": money(about.total, lang), "day": day(about.agreed_on, lang)}
    yield "agreed", text(lang, "message.agreed_plan", **agreed)
    yield "instalment", f"{telling.why(about.why, lang)} {text(lang, 'message.no_step')}"
    yield "instalment_amount", money(about.amount, lang)
    credit = " + ".join(money(-amount, lang) for amount in seen.credits)
    yield "credits", credit or text(lang, "message.no_credits")
    yield "asked", money(about.asked, lang)


def _asked(seen: Explained, lang: str) -> str:
    sums: dict[str, Money] = {}
    for one in seen.lines:
        if not one.dropped:
            sums[one.open.currency] = sums.get(one.open.currency, Money(0, one.open.currency)) + one.open
    for _, amount in seen.claims:
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) + amount
    for amount in seen.credits:
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) - amount
    asked = [money(amount, lang) for amount in sums.values() if amount.cents > 0]
    return " + ".join(asked) or text(lang, "message.nothing")


def _line(one: Named, lang: str) -> Line:
    return Line(why=telling.why(one.why, lang), open=money(one.open, lang), dropped=one.dropped)
