"""What stops reminders, as a person reads it: what it is, since when, until when, who said so."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, TypedDict

from encaiss_dashboard.domain.dunning import Held
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.stops import StopKind, StopState
from encaiss_dashboard.locales import catalogue, day, money, text
from encaiss_dashboard.services.stops import Later, Part, StopLine

_NUMBERS_SHOWN: Final = 6
_TONES: Final = {
    StopState.RUNNING: "info",
    StopState.UPHELD: "warn",
    StopState.PARTLY: "warn",
    StopState.KEPT: "good",
    StopState.BROKEN: "bad",
}


class PartWords(TypedDict):
    """One instalment; ``reminder`` is the message before it, ``href`` its page once it was kept."""

    says: str
    state: str
    tone: str
    reminder: str
    href: str


class PaperLink(TypedDict):
    """A document beside a stop."""

    href: str
    name: str


class StopRow(TypedDict):
    """One stop of a debtor's file; ``may`` names its buttons."""

    id: int
    title: str
    state: str
    tone: str
    when: str
    about: str
    said: str
    later: list[str]
    parts: list[PartWords]
    papers: list[PaperLink]
    may_decide: bool
    may_answer: bool
    may_extend: bool
    may_lift: bool
    may_withdraw: bool
    upload: str


def hold_words(held: Held, lang: str) -> str:
    """Why nothing goes, with its last day where it has one."""
    facts = {
        name: money(fact, lang) if isinstance(fact, Money) else day(fact, lang)
        for name, fact in held.facts.items()
    }
    open_ended = not facts and f"hold.{held.reason}_open" in catalogue(lang)
    return text(lang, f"hold.{held.reason}_open" if open_ended else f"hold.{held.reason}", **facts)


def stop_tag(held: Held | None, lang: str) -> str:
    """What stops something, short enough for a tag; "" when nothing does."""
    if held is None:
        return ""
    until = held.facts.get("until")
    word = text(lang, f"stops.tag_{held.reason}")
    if until is None or isinstance(until, Money):
        return word
    return text(lang, "stops.tag_until", what=word, day=day(until, lang, "short"))


def stop_row(line: StopLine, lang: str) -> StopRow:
    """A stop as its row shows it."""
    over = "_over" if line.state in {StopState.UPHELD, StopState.PARTLY} and not line.holds else ""
    tone = "good" if over else _TONES.get(line.state, "mute")
    return StopRow(
        id=line.id,
        title=_title(line, lang),
        state=text(lang, f"stops.state_{line.state}{over}"),
        tone=tone,
        when=_when(line, lang),
        about=_about(line, lang),
        said=_said(line.words, line.by, lang),
        later=[_later(one, line, lang) for one in line.later],
        parts=[
            PartWords(
                says=f"{day(part.due, lang)} · {money(part.amount, lang)}",
                state=text(lang, f"stops.part_{_part(part.paid, missed=part.missed)}"),
                tone={"paid": "good", "missed": "bad"}.get(_part(part.paid, missed=part.missed), "mute"),
                reminder=_reminder(part, lang),
                href=f"/messages/{part.reminder.message_id}"
                if part.reminder and part.reminder.message_id
                else "",
            )
            for part in line.parts
        ],
        papers=[PaperLink(href=f"/files/stop/{one.id}", name=one.name) for one in line.papers],
        may_decide="decide" in line.may,
        may_answer="answer" in line.may,
        may_extend="extend" in line.may,
        may_lift="lift" in line.may,
        may_withdraw="withdraw" in line.may,
        upload=f"/uploads/stop/{line.id}" if line.holds else "",
    )


def _part(paid: bool, *, missed: bool) -> str:  # noqa: FBT001 - the one fact that it begins with
    return "paid" if paid else "missed" if missed else "due"


def _reminder(part: Part, lang: str) -> str:
    """What became of the message before an instalment, or when it is to go."""
    told = part.reminder
    if told is None or (part.paid and not told.message_id):
        return ""
    if told.held is not None:
        return text(lang, "stops.reminder_held", reason=hold_words(told.held, lang))
    what = "sent" if told.sent else "kept" if told.message_id else "coming"
    return text(lang, f"stops.reminder_{what}", day=day(told.on, lang))


def _title(line: StopLine, lang: str) -> str:
    parts = [text(lang, f"stops.kind_{line.kind}")]
    if line.reason:
        parts.append(text(lang, f"stops.reason_{line.reason}"))
    if line.amount is not None and line.kind in {StopKind.PROMISE, StopKind.INSTALMENTS}:
        parts.append(money(line.amount, lang))
    return " · ".join(parts)


def _when(line: StopLine, lang: str) -> str:
    """From which day to which: of one that is over, since when it is."""
    parts = [text(lang, "stops.since", day=day(line.on, lang))]
    if line.promised:
        parts.append(text(lang, "stops.promised_for", day=day(line.promised, lang)))
    if line.holds and line.until:
        parts.append(text(lang, "stops.holds_until", day=day(line.until, lang)))
    if line.holds and line.answer_by:
        parts.append(text(lang, "stops.answer_by", day=day(line.answer_by, lang)))
    if not line.holds:
        parts.append(text(lang, "stops.over_on", day=day(line.since, lang)))
    return " · ".join(parts)


def _about(line: StopLine, lang: str) -> str:
    if line.kind is StopKind.INSOLVENCY:
        return text(lang, "stops.about_all")
    numbers = ", ".join(line.numbers[:_NUMBERS_SHOWN]) + (", …" if len(line.numbers) > _NUMBERS_SHOWN else "")
    return text(lang, "act.about", n=len(line.numbers), numbers=numbers)


def _said(words: str, by: str, lang: str) -> str:
    said = [text(lang, "act.reason", reason=words)] if words else []
    return " · ".join([*said, text(lang, "act.by", who=by)])


def _later(one: Later, line: StopLine, lang: str) -> str:
    """What was decided about it: when, what, in which words."""
    facts: dict[str, Any] = dict(one.facts)
    key = one.kind
    if one.kind == "decided":
        key = f"decided_{facts['decision']}"
    elif one.kind == "answered":
        key = "answered_accepted" if facts["accepted"] else "answered_refused"
    elif one.kind == "extended":
        key = "extended" if facts["until"] else "extended_open"
    elif one.kind == "withdrawn":
        key = "state_withdrawn"
    currency = line.amount.currency if line.amount else "EUR"
    named = {
        "amount": money(Money(int(facts.get("left_cents", 0)), currency), lang),
        "day": day(_day(facts["until"]), lang) if facts.get("until") else "",
    }
    what = text(lang, f"stops.{key}", **named)
    return " · ".join([day(one.on, lang), what, _said(one.words, one.by, lang)])


def _day(written: str) -> date:
    return date.fromisoformat(written)
