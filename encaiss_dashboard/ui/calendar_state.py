"""What will go out in the days to come, to whom, with its text, and who is left out and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypedDict
from urllib.parse import urlencode

import reflex as rx

from encaiss_dashboard.domain.dunning import HoldReason
from encaiss_dashboard.domain.errors import Unreadable
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, integer, money, telling, text
from encaiss_dashboard.services import forecasts
from encaiss_dashboard.services.forecasts import (
    Absence,
    BeyondTheCalendar,
    Calendar,
    Coming,
    Day,
    LeftOut,
    Preview,
)
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler
from encaiss_dashboard.work import Work

PATH: Final = "/reminders/calendar"
USUAL_DAYS: Final = 30
_DAYS_SHOWN: Final = 40
_ROWS_SHOWN: Final = 25
_REASONS_SHOWN: Final = 60
_ASKED: Final = ("from", "to", "part", "page", "reason", "left")
_DIGITS_MAX: Final = 5
_TONES: Final[Mapping[str, str]] = {"instalment": "info", "courtesy": "info", "formal_notice": "bad"}
_REASONS: Final = (*HoldReason, *Absence)


class DayRow(TypedDict):
    """One day on which something goes out."""

    id: str
    day: str
    messages: str
    steps: list[Choice]
    amount: str
    show: str


class MessageRow(TypedDict):
    """One message of the day that is open."""

    id: str
    href: str
    name: str
    step: str
    tone: str
    channel: str
    amount: str
    why: str
    held: str
    show: str


class LetterRow(TypedDict):
    """The message that is open, as it would be written."""

    subject: str
    to: str
    body: str
    credit: str
    pdf: str


class LeftRow(TypedDict):
    """One debtor that gets nothing in these days."""

    href: str
    name: str
    reason: str
    when: str


_NO_LETTER: Final = LetterRow(subject="", to="", body="", credit="", pdf="")


class Ahead(Shell):
    """The days that the address asks for, in the reader's language."""

    ready: bool = False
    wrong: str = ""
    first: str = ""
    last: str = ""
    earliest: str = ""
    latest: str = ""
    sub: str = ""
    total: str = ""
    total_sub: str = ""
    claimed: str = ""
    left_count: str = ""
    part_of: str = ""
    part_before: str = ""
    part_after: str = ""
    days: list[DayRow] = []
    days_of: str = ""
    days_before: str = ""
    days_after: str = ""
    opened_day: str = ""
    messages: list[MessageRow] = []
    messages_more: str = ""
    opened: str = ""
    letter: LetterRow = _NO_LETTER
    reasons: list[str] = []
    left: list[LeftRow] = []
    left_of: str = ""
    left_before: str = ""
    left_after: str = ""
    why_left: list[Choice] = []
    reason: str = ""
    as_sheet: str = ""
    as_text: str = ""

    @handler
    async def load(self) -> Next:
        """Play the nights that the address asks for."""
        query = self._query()
        self._close()
        self.wrong = ""
        try:
            seen, today = await access.read(self, _see, query)
        except (BeyondTheCalendar, Unreadable):
            self.wrong = text(self._language(), "refusal.beyond_the_calendar")
            seen, today = await access.read(self, _see, {})
            query = {}
        self._head(seen, today, query)
        self._days(seen, query)
        self._left(seen, query)
        self.ready = True

    @handler
    async def choose(self, form: dict[str, str]) -> Next:
        """Ask for other days."""
        wanted = {name: form.get(name, "").strip()[:10] for name in ("from", "to")}
        return rx.redirect(_address({}, **wanted))

    @handler
    async def only(self, reason: str) -> Next:
        """List only who is left out for one reason."""
        known = reason if reason in set(_REASONS) else ""
        return rx.redirect(_address(self._query(), reason=known, left=""), replace=True)

    @handler
    async def toggle_day(self, on: str) -> Next:
        """Open the messages of a day, or close them."""
        here = on if on in {row["id"] for row in self.days} and on != self.opened_day else ""
        self._close()
        if not here:
            return None
        seen, _ = await access.read(self, _see, self._query())
        mine = [one for one in seen.coming if one.on.isoformat() == here]
        lang = self._language()
        self.opened_day = here
        self.messages = [_message(one, lang) for one in mine[:_ROWS_SHOWN]]
        more = len(mine) - len(self.messages)
        self.messages_more = text(lang, "calendar.more_messages", n=more) if more > 0 else ""

    @handler
    async def toggle_message(self, row_id: str) -> Next:
        """Open one message of that day with its text, or close it."""
        here = row_id if row_id in {row["id"] for row in self.messages} else ""
        here = "" if here == self.opened else here
        self.opened, self.letter, self.reasons = "", _NO_LETTER, []
        if not here:
            return None
        on, (debtor_id, _, stop_id) = date.fromisoformat(self.opened_day), here.partition("-")
        seen = await access.read(self, forecasts.message, int(debtor_id), on, int(stop_id or 0))
        lang = self._language()
        self.opened, self.letter = here, _letter(seen, int(stop_id or 0), lang)
        self.reasons = [telling.why(why, lang) for why in seen.reasons[:_REASONS_SHOWN]]
        more = len(seen.reasons) - len(self.reasons)
        self.reasons += [text(lang, "reminders.more_lines", n=more)] if more > 0 else []

    def _close(self) -> None:
        self.opened_day, self.messages, self.messages_more = "", [], ""
        self.opened, self.letter, self.reasons = "", _NO_LETTER, []

    def _query(self) -> dict[str, str]:
        given = self.router.url.query_parameters
        known = {name: str(given.get(name, ""))[:20] for name in _ASKED}
        return {name: value for name, value in known.items() if value}

    def _head(self, seen: Calendar, today: date, query: Mapping[str, str]) -> None:
        lang = self._language()
        self.first, self.last = seen.first.isoformat(), seen.last.isoformat()
        self.earliest = today.isoformat()
        self.latest = (today + timedelta(days=forecasts.AHEAD_DAYS_MAX)).isoformat()
        days = {"first": day(seen.first, lang), "last": day(seen.last, lang)}
        self.sub = text(lang, "calendar.sub", **days)
        self.total = integer(len(seen.coming), lang)
        self.total_sub = text(lang, "calendar.on_days", n=len(seen.days))
        sums: dict[str, Money] = {}
        for one in seen.days:
            for key, amount in one.totals.items():
                sums[key] = sums.get(key, Money(0, key)) + amount
        self.claimed = _amounts(sums or {"EUR": Money(0)}, lang)
        self.left_count = integer(len(seen.left_out), lang)
        facts = {"part": seen.part, "parts": seen.parts, "debtors": seen.debtors}
        told = {name: integer(value, lang) for name, value in facts.items()}
        self.part_of = text(lang, "calendar.part_of", n=seen.seen, **told) if seen.parts > 1 else ""
        self.part_before, self.part_after = _ways("part", seen.part, seen.parts, query)
        span = urlencode({"from": self.first, "to": self.last})
        self.as_sheet, self.as_text = (f"/files/calendar/{form}?{span}" for form in ("xlsx", "csv"))

    def _days(self, seen: Calendar, query: Mapping[str, str]) -> None:
        lang = self._language()
        shown, page, pages = _page(seen.days, query.get("page", ""), _DAYS_SHOWN)
        self.days = [_day_row(one, lang) for one in shown]
        self.days_of = _of(page, pages, lang)
        self.days_before, self.days_after = _ways("page", page, pages, query)

    def _left(self, seen: Calendar, query: Mapping[str, str]) -> None:
        lang, asked = self._language(), query.get("reason", "")
        there = [reason.value for reason in _REASONS if any(one.reason == reason for one in seen.left_out)]
        self.reason = asked if asked in there else ""
        every = Choice(value="", label=text(lang, "calendar.every_reason"))
        self.why_left = [every, *(Choice(value=one, label=_short(one, lang)) for one in there)]
        wanted = [one for one in seen.left_out if not self.reason or one.reason == self.reason]
        shown, page, pages = _page(wanted, query.get("left", ""), _ROWS_SHOWN)
        self.left = [_left_row(one, lang) for one in shown]
        self.left_of = _of(page, pages, lang)
        self.left_before, self.left_after = _ways("left", page, pages, query)


def _see(work: Work, client_id: int | None, query: Mapping[str, str]) -> tuple[Calendar, date]:
    first = _date(query.get("from", ""), work.today)
    last = _date(query.get("to", ""), first + timedelta(days=USUAL_DAYS))
    part = query.get("part", "")
    return forecasts.calendar(work, client_id, first, last, part=_number(part)), work.today


def _date(typed: str, default: date) -> date:
    """A date of an address.

    Raises:
        Unreadable: it is none.
    """
    try:
        return date.fromisoformat(typed) if typed else default
    except ValueError as error:
        raise Unreadable(value=typed) from error


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS_MAX else 1


def _page(rows: Sequence[Any], asked: str, size: int) -> tuple[Sequence[Any], int, int]:
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, _number(asked)), pages)
    return rows[(page - 1) * size : page * size], page, pages


def _ways(name: str, here: int, pages: int, query: Mapping[str, str]) -> tuple[str, str]:
    before = _address(query, **{name: str(here - 1)}) if here > 1 else ""
    return before, _address(query, **{name: str(here + 1)}) if here < pages else ""


def _of(page: int, pages: int, lang: str) -> str:
    facts = {"page": integer(page, lang), "pages": integer(pages, lang)}
    return text(lang, "reminders.page_of", **facts) if pages > 1 else ""


def _address(query: Mapping[str, str], **changes: str) -> str:
    """This screen with some of what is asked for changed."""
    wanted = {name: value for name, value in {**query, **changes}.items() if value}
    return f"{PATH}?{urlencode(wanted)}" if wanted else PATH


def _amounts(sums: Mapping[str, Money], lang: str) -> str:
    return " + ".join(money(amount, lang) for amount in sums.values())


def _tone(step: str) -> str:
    return _TONES.get(step, "warn")


def _day_row(one: Day, lang: str) -> DayRow:
    steps = [
        Choice(value=_tone(step), label=f"{integer(n, lang)} × {text(lang, f'step.{step}_short')}")
        for step, n in one.steps.items()
    ]
    return DayRow(
        id=one.on.isoformat(),
        day=day(one.on, lang, "full"),
        messages=integer(one.messages, lang),
        steps=steps,
        amount=_amounts(one.totals, lang),
        show=text(lang, "calendar.show_day", day=day(one.on, lang)),
    )


def _message(one: Coming, lang: str) -> MessageRow:
    return MessageRow(
        id=f"{one.debtor_id}-{one.stop_id}" if one.stop_id else str(one.debtor_id),
        href=f"/debtors/{one.debtor_id}",
        name=one.name,
        step=text(lang, f"step.{one.step}_short"),
        tone=_tone(one.step),
        channel=text(lang, f"cli.channel_{one.channel}"),
        amount=_amounts(one.totals, lang),
        why=telling.why(one.why, lang),
        held=telling.held(one.held, lang) if one.held else "",
        show=text(lang, "calendar.show_message", debtor=one.name),
    )


def _letter(seen: Preview, stop_id: int, lang: str) -> LetterRow:
    credit = _amounts({amount.currency: -amount for amount in seen.planned.credits}, lang)
    return LetterRow(
        subject=seen.letter.subject,
        to=seen.recipient or text(lang, "reminders.tray"),
        body=seen.letter.text,
        credit=text(lang, "reminders.credit", amount=credit) if credit else "",
        pdf=f"/files/upcoming/{seen.debtor_id}?on={seen.on}{f'&stop={stop_id}' if stop_id else ''}",
    )


def _short(reason: str, lang: str) -> str:
    key = f"calendar.left_{reason}" if reason in set(Absence) else f"cli.held_{reason}"
    return text(lang, key)


def _left_row(one: LeftOut, lang: str) -> LeftRow:
    held = one.held
    reason = telling.held(held, lang) if held else text(lang, f"calendar.left_{one.reason}")
    when = ""
    if one.next is not None:
        step, on = one.next
        facts = {"step": text(lang, f"step.{step}_short"), "day": day(on, lang)}
        when = text(lang, "calendar.next", **facts)
    return LeftRow(href=f"/debtors/{one.debtor_id}", name=one.name, reason=reason, when=when)
