"""How the journal tells of disputes, promises and what else stops reminders."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import catalogue, day, money, text

_TONES: Final = {"stop_opened": ("info", "info"), "stop_withdrawn": ("mute", "ink-3")}
_DAYS: Final = {"promise": "promised", "request": "asked", "pause": "until"}


def stop_act(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """Title, detail, tag, the tag's tone and the dot's colour of an act about a stop."""
    what = str(facts.get("kind", ""))
    if f"stops.kind_{what}" not in catalogue(lang):
        return text(lang, f"act.{kind}"), "", "stop", "info", "info"
    title = _title(kind, what, facts, lang)
    said = [", ".join(map(str, facts.get("numbers") or ()))]
    code = f"stops.reason_{facts.get('code')}"
    said += [text(lang, code)] if what == "dispute" and code in catalogue(lang) else []
    said += [text(lang, "act.reason", reason=facts["reason"])] if facts.get("reason") else []
    said += [text(lang, "act.by", who=facts["by"])] if facts.get("by") else []
    return title, " · ".join(filter(None, said)), "stop", *_TONES.get(kind, ("good", "accent"))


def _title(kind: str, what: str, facts: Mapping[str, Any], lang: str) -> str:
    if kind == "stop_opened":
        return _opened(what, facts, lang)
    if kind == "stop_decided":
        return _decided(facts, lang)
    key = "stops.attached" if kind == "stop_document" else "stops.withdrew"
    return text(lang, key, what=text(lang, f"stops.kind_{what}"))


def _opened(what: str, facts: Mapping[str, Any], lang: str) -> str:
    parts = facts.get("instalments") or []
    on = parts[-1][0] if parts else facts.get(_DAYS.get(what, ""))
    if what == "pause" and not on:
        return text(lang, "stops.opened_pause_open")
    named: dict[str, Any] = {"n": len(parts)} if parts else {}
    if "cents" in facts:
        named["amount"] = money(Money(int(facts["cents"]), str(facts["currency"])), lang)
    if on:
        named["day"] = day(date.fromisoformat(str(on)), lang)
    if what == "insolvency":
        named["reason"] = text(lang, f"stops.reason_{facts['code']}")
    return text(lang, f"stops.opened_{what}", **named)


def _decided(facts: Mapping[str, Any], lang: str) -> str:
    what = str(facts.get("what", ""))
    if what == "decided":
        left = money(Money(int(facts["left_cents"]), str(facts["currency"])), lang)
        return text(lang, f"stops.decided_{facts['decision']}", amount=left)
    if what == "answered":
        return text(lang, "stops.answered_accepted" if facts.get("accepted") else "stops.answered_refused")
    if what == "extended" and facts.get("until"):
        return text(lang, "stops.extended", day=day(date.fromisoformat(str(facts["until"])), lang))
    return text(lang, "stops.extended_open" if what == "extended" else "stops.lifted")
