"""How the journal tells of messages: what each is called, what came back, what was decided about one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text


def message_name(code: str, facts: Mapping[str, Any], lang: str) -> str:
    """Its step, or of the message before an instalment which one and what it asks for."""
    if not facts.get("instalment"):
        return text(lang, f"step.{code}")
    on = date.fromisoformat(str(facts["instalment"]))
    amount = Money(int(facts.get("cents", 0)), str(facts.get("currency", "EUR")))
    return text(lang, "act.instalment_of", day=day(on, lang), amount=money(amount, lang))


def bounced(_: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """A mail server says later that a message did not arrive."""
    permanent = facts.get("permanent")
    title = text(lang, "act.bounced_gone" if permanent else "act.bounced_later")
    # Of an erased debtor no screen repeats the address.
    to, reason = str(facts.get("to") or "–"), str(facts.get("reason") or facts.get("status") or "")
    detail = text(lang, "act.failed_to", to=to, detail=reason or "–")
    return title, detail, "bounced", "bad" if permanent else "mute", "bad" if permanent else "ink-3"


def undelivered(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """What somebody decided about a message that was given up."""
    title = text(lang, f"act.{kind}", step=text(lang, f"step.{facts.get('step')}"))
    words = [
        text(lang, f"act.retried_{name}", **{name: facts[name]})
        for name in ("said", "before")
        if facts.get(name)
    ]
    words += [text(lang, "act.reason", reason=facts["reason"])] if facts.get("reason") else []
    return title, " · ".join(words), "decision", "info", "info"
