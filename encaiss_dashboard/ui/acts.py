"""How each act of the journal reads: title, detail, tag and the colour of its dot, by language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypedDict

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.domain.terms import Shape, Term, TermUnreadable
from encaiss_dashboard.locales import LETTER_LANGUAGES, catalogue, day, decimal, money, text
from encaiss_dashboard.ui.call_acts import call_act
from encaiss_dashboard.ui.delivery_acts import bounced, message_name, undelivered
from encaiss_dashboard.ui.payment_acts import PAYMENT_TELLERS
from encaiss_dashboard.ui.remittance_acts import REMITTANCE_ACTS, remittance_act
from encaiss_dashboard.ui.stop_acts import stop_act

_STEP_DOTS: Final = {
    "courtesy": "info",
    "instalment": "info",
    "statement_1": "d30",
    "statement_2": "d60",
    "statement_3": "d60",
    "formal_notice": "d90",
}
_DECISIONS: Final = {
    "delegated": ("good", "accent"),
    "resumed": ("good", "accent"),
    "paused": ("info", "info"),
    "withdrawn": ("mute", "ink-3"),
}
_ABOUT_TWO: Final = frozenset({"merged", "parted", "split"})
_COUNTED: Final = frozenset({"documents", "payments", "contacts", "messages"})
_FILES: Final = frozenset({"imported", "taken_back"})
_SOFTWARE: Final = frozenset({"token_made", "token_revoked"})
_PRIVACY: Final = {"exported": ("info", "info"), "erased": ("mute", "ink-3")}
_WHY: Final = {
    "settled": "settled",
    "plan_over": "plan_over",
    "instalment_over": "instalment_over",
    "paused": "paused",
    "withdrawn": "not_acting",
    "not_delegated": "not_acting",
    **dict.fromkeys(("disputed", "promised", "instalments", "invoice_paused"), "stopped"),
    "insolvent": "insolvent",
    "reply_unread": "reply_unread",
    "stopped": "stopped",
}
_ON_PAPER: Final = {"post": "posted", "registered": "registered"}
_NUMBERS_SHOWN: Final = 4
_AMOUNTS: Final = frozenset({"total", "vat"})
_DATES: Final = frozenset({"issue", "due"})


class ActRow(TypedDict):
    """One act as a person reads it.

    ``dot`` is the class of its dot, ``message`` the id of what was written, ``reply`` of what came back, 0
    for none.
    """

    id: int
    day: str
    iso: str
    title: str
    detail: str
    tag: str
    tone: str
    dot: str
    message: int
    reply: int


def act_row(
    act: Any,
    lang: str,
    today: date,
    *,
    brought: int = 0,
    named: Sequence[str] = (),
    names: Mapping[int, str] | None = None,
    of: int = 0,
    subject: str = "",
) -> ActRow:
    """An act of the journal in a language.

    Args:
        act: the record.
        lang: of the reader.
        today: to say "today" and to leave out this year.
        brought: for an import, how many invoices of the debtor at hand it brought.
        named: for a message, the numbers of the invoices in it.
        names: of debtors, by id.
        subject: of the mail that an act is about, or what was said in a call: it stands there alone.
        of: id of the debtor at hand, to say so when an act is about one that was merged into it.
    """
    facts: Mapping[str, Any] = act.facts
    if act.kind in _PRIVACY:
        facts = {"by": act.actor}
    if act.kind in _ABOUT_TWO:
        title, detail, tag, tone, dot = _about_two(act, lang, names or {})
    else:
        title, detail, tag, tone, dot = _read(act.kind, act.day, facts, lang, brought)
    if names and of and act.debtor_id in names and act.debtor_id != of:
        about = text(lang, "act.of", name=names[act.debtor_id])
        detail = " · ".join(part for part in (about, detail) if part)
    if subject:
        detail = "\n".join(part for part in (text(lang, "act.reason", reason=subject), detail) if part)
    if named:
        numbers = ", ".join(named[:_NUMBERS_SHOWN]) + (", …" if len(named) > _NUMBERS_SHOWN else "")
        detail = "\n".join((detail, text(lang, "act.about", n=len(named), numbers=numbers)))
    return ActRow(
        id=act.id,
        day=near(act.day, lang, today),
        iso=act.day.isoformat(),
        title=title,
        detail=detail,
        tag=text(lang, f"act.tag_{tag}"),
        tone=tone,
        dot=f"dot c-{dot}",
        message=int(facts.get("message") or 0),
        reply=int(facts.get("reply") or 0),
    )


def near(on: date, lang: str, today: date) -> str:
    """A date in few words: today, yesterday, without the year while it is this one."""
    if on == today:
        return text(lang, "act.today")
    if on == today - timedelta(days=1):
        return text(lang, "act.yesterday")
    return day(on, lang, "short" if on.year == today.year else "medium")


def _read(
    kind: str, on: date, facts: Mapping[str, Any], lang: str, brought: int
) -> tuple[str, str, str, str, str]:
    """Title, detail, tag, the tag's tone and the dot's colour."""
    if kind in _TELLERS:
        return _TELLERS[kind](kind, facts, lang)
    if kind in _DECISIONS or kind in _PRIVACY:
        title = _decision(kind, on, facts, lang) if kind in _DECISIONS else text(lang, f"act.{kind}")
        return (title, _said(facts, lang), "decision", *(_DECISIONS | _PRIVACY)[kind])
    if kind not in _FILES:
        words, tag = (_key(facts), "software") if kind in _SOFTWARE else (_person(facts, lang), "people")
        return text(lang, f"act.{kind}"), words, tag, "mute", "ink-3"
    detail = [text(lang, "act.brought", n=brought)] if brought else []
    if facts.get("file"):
        detail.append(text(lang, "act.file", file=facts["file"]))
    return text(lang, f"act.{kind}"), " · ".join(detail), "import", "info", "info"


def _message(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    code, detail = (str(facts.get(name) or "") for name in ("step", "detail"))
    to = str(facts.get("to") or "–")  # of an erased debtor no screen repeats it
    step = message_name(code, facts, lang)
    if kind == "dropped":
        why = text(lang, f"act.why_{_WHY.get(detail, 'other')}")
        return text(lang, "act.dropped_step", step=step), why, "dropped", "mute", "ink-3"
    if kind == "failed":
        why = text(lang, "act.failed_to", to=to, detail=detail)
        doubt = [text(lang, "act.doubts_failed")] if facts.get("doubts") else []
        return text(lang, "act.failed_step", step=step), " · ".join([why, *doubt]), "failed", "bad", "bad"
    tone = {"courtesy": "info", "instalment": "info", "formal_notice": "bad"}.get(code, "warn")
    return step, *_sent(facts, to, lang), tone, _STEP_DOTS[code]


def _sent(facts: Mapping[str, Any], to: str, lang: str) -> tuple[str, str]:
    """How a message went, why by post when it was to go otherwise, and whether it may have come twice."""
    channel = str(facts.get("channel") or "")
    if channel in _ON_PAPER:
        words = [text(lang, f"act.{_ON_PAPER[channel]}")]
    else:
        words = [text(lang, "act.texted_to" if channel == "sms" else "act.sent_to", to=to)]
    key = f"act.by_post_{facts.get('instead')}"
    words += [text(lang, key)] if key in catalogue(lang) else []
    doubts = facts.get("doubts")
    words += [text(lang, "act.doubts", n=doubts)] if isinstance(doubts, int) and doubts else []
    return " · ".join(words), channel if channel in {"sms", *_ON_PAPER} else "email"


def _decision(kind: str, on: date, facts: Mapping[str, Any], lang: str) -> str:
    first, until = (_date(facts.get(name)) for name in ("from", "until"))
    later = first is not None and first > on
    words = {
        "day": day(first, lang, "long") if first else "",
        "until": day(until, lang, "long") if until else "",
    }
    if kind == "paused" and until:
        return text(lang, "act.paused_between" if later else "act.paused_until", **words)
    return text(lang, f"act.{kind}_from" if later else f"act.{kind}", **words)


def _said(facts: Mapping[str, Any], lang: str) -> str:
    reason, who = str(facts.get("reason") or ""), str(facts.get("by") or "")
    said = [text(lang, "act.reason", reason=reason)] if reason else []
    return " · ".join([*said, *([text(lang, "act.by", who=who)] if who else [])])


def _credited(_: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    amount = money(Money(int(facts["cents"]), str(facts["currency"])), lang)
    title = text(lang, "act.credited_of", number=facts["number"], amount=amount)
    return title, text(lang, "act.allocated", number=facts["credited"]), "credit", "good", "good"


def _correction(_: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    before, after = facts.get("before") or {}, facts.get("after") or {}
    changes = [
        text(
            lang,
            "act.change",
            field=text(lang, f"field.{name}"),
            before=_value(name, before.get(name), lang),
            after=_value(name, value, lang),
        )
        for name, value in after.items()
        if f"field.{name}" in catalogue(lang)
    ]
    number = facts.get("number")
    title = (
        text(lang, "act.corrected_invoice", number=number) if number else text(lang, "act.corrected_debtor")
    )
    by = [text(lang, "act.by", who=facts["by"])] if facts.get("by") else []
    return title, " · ".join([*changes, *by]), "corrected", "info", "info"


def _plan(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    version = text(lang, "act.plan_version", n=facts.get("version", ""))
    return text(lang, f"act.{kind}"), version, "plan", "info", "accent"


def _kind(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    said = facts.get("after") if facts.get("after") in {"business", "consumer"} else "nothing"
    return text(lang, f"act.{kind}"), text(lang, f"act.kind_{said}"), "debtors", "info", "info"


def _up_to_date(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    until = _date(facts.get("until"))
    return text(lang, f"act.{kind}"), day(until, lang, "long") if until else "", "payment", "good", "good"


def _reply(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    if kind == "reply_read":
        title = "act.reply_aside" if facts.get("aside") else "act.reply_read"
        return text(lang, title), _said(facts, lang), "reply", "good", "good"
    auto = facts.get("auto")
    how = str(facts.get("how") or "")
    told = [text(lang, f"inbound.how_{how}")] if f"inbound.how_{how}" in catalogue(lang) else []
    told += [text(lang, "act.reply_files", n=facts["files"])] if facts.get("files") else []
    title, tone = ("act.reply_auto", "mute") if auto else ("act.reply_received", "info")
    return text(lang, title), " · ".join(told), "reply", tone, "ink-3" if auto else "info"


def _text(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """What a client changed about its letters: words of one step in one language, or the logo."""
    of = ""
    if facts.get("step"):
        step, language = (
            text(lang, f"step.{facts['step']}_short"),
            text(lang, f"file.language_{facts['language']}"),
        )
        of = text(lang, "act.text_of", step=step, language=language, n=facts.get("version", ""))
    return text(lang, f"act.{kind}"), of, "letters", "info", "accent"


def _posted(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    title = text(lang, f"act.{kind}", step=text(lang, f"step.{facts['step']}"))
    on = _date(facts.get("on"))
    detail = (
        [text(lang, "act.posted_by_day", day=day(on, lang, "long"))] if on and kind == "letter_posted" else []
    )
    detail += [str(facts["tracking"])] if facts.get("tracking") else []
    return title, " · ".join(detail), "post", "info", _STEP_DOTS[str(facts["step"])]


_TELLERS: Final[Mapping[str, Callable[[str, Mapping[str, Any], str], tuple[str, str, str, str, str]]]] = {
    **dict.fromkeys(("sent", "dropped", "failed"), _message),
    "credited": _credited,
    "corrected": _correction,
    "plan_changed": _plan,
    "kind_said": _kind,
    "payments_known": _up_to_date,
    **dict.fromkeys(("stop_opened", "stop_decided", "stop_withdrawn", "stop_document"), stop_act),
    **dict.fromkeys(("reply_received", "reply_read"), _reply),
    "bounced": bounced,
    "message_retried": undelivered,
    "message_set_aside": undelivered,
    "text_changed": _text,
    "logo_changed": _text,
    "envelope_chosen": _text,
    "letter_posted": _posted,
    "letter_tracked": _posted,
    **dict.fromkeys(("called", "call_tried"), call_act),
    **PAYMENT_TELLERS,
    **dict.fromkeys(REMITTANCE_ACTS, remittance_act),
}


def _about_two(act: Any, lang: str, names: Mapping[int, str]) -> tuple[str, str, str, str, str]:
    """Debtors merged, parted or split, from the side of the one that the act is about."""
    facts, other = act.facts, names.get(act.facts.get("other", 0), "")
    side = "kept" if facts.get("kept") else "new" if act.kind == "split" else "gone"
    title = text(lang, f"act.{act.kind}_{side}", name=other) if other else text(lang, f"act.{act.kind}")
    moved = facts.get("moved") or {}
    told = [text(lang, f"merge.{name}", n=n) for name, n in moved.items() if n and name in _COUNTED]
    numbers = ", ".join(facts.get("numbers") or ())
    told += [numbers] if numbers else []
    return title, " · ".join([*told, text(lang, "act.by", who=act.actor)]), "debtors", "info", "info"


def _person(facts: Mapping[str, Any], lang: str) -> str:
    """Whom an act about the team is about, and the roles it gave or changed."""
    named = [str(facts[name]) for name in ("person", "email") if facts.get(name)]
    before, after = (_roles(facts.get(name), lang) for name in ("before", "after"))
    if before or after:
        nothing = text(lang, "act.nothing")
        change = {
            "field": text(lang, "team.column_roles"),
            "before": before or nothing,
            "after": after or nothing,
        }
        named.append(text(lang, "act.change", **change))
    roles = _roles(facts.get("roles"), lang)
    return " · ".join([*named, *([roles] if roles else [])])


def _key(facts: Mapping[str, Any]) -> str:
    """A key of a program by its name and its end."""
    return f"{facts.get('name', '')} · …{facts.get('ending', '')}"


def _roles(names: Any, lang: str) -> str:
    known = [name for name in names if f"role.{name}" in catalogue(lang)] if isinstance(names, list) else []
    return ", ".join(text(lang, f"role.{name}") for name in known)


def _value(name: str, value: Any, lang: str) -> str:
    """A value of an invoice or debtor as people write it; what cannot be read stays as it is."""
    written = str(value or "")
    if not written:
        return text(lang, "act.nothing")
    if name in _DATES and (on := _date(written)):
        return day(on, lang)
    if name in _AMOUNTS:
        return _amount(written, lang)
    if name == "language" and written in LETTER_LANGUAGES:
        return text(lang, f"file.language_{written}")
    return term_words(written, lang) if name == "term" else written


def _amount(written: str, lang: str) -> str:
    try:
        return decimal(Decimal(written), lang, places=2)
    except InvalidOperation:
        return written


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None


def term_words(code: str, lang: str) -> str:
    """A payment term in words that allow one reading only; a code nobody can read as it is."""
    try:
        term = Term.parse(code)
    except TermUnreadable:
        return code
    if term.shape is Shape.DAY_OF_NEXT_MONTH:
        return text(lang, "file.term_day_of_next_month", n=term.days, k=term.day_of_month)
    if term.days == 0:
        return text(lang, "file.term_cash" if term.shape is Shape.NET else "file.term_month_end")
    return text(lang, f"file.term_{term.shape.name.lower()}", n=term.days)
