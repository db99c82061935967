"""How calls read in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from encaiss_dashboard.domain.calls import CallOutcome
from encaiss_dashboard.locales import day, text


def call_act(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """Title, detail, tag, the tag's tone and the dot's colour of a call, made or tried."""
    step, outcome = text(lang, f"step.{facts['step']}"), CallOutcome(facts["outcome"])
    title = text(lang, "act.called_step", step=step, outcome=text(lang, f"calls.outcome_{outcome.value}"))
    words = [str(facts["to"])] if facts.get("to") else []
    if facts.get("next"):
        on = date.fromisoformat(str(facts["next"]))
        words.append(text(lang, "act.call_again", day=day(on, lang, "long")))
    if facts.get("over") and outcome is CallOutcome.NOT_REACHED:
        words.append(text(lang, "act.call_last", n=facts["over"]))
    words += [text(lang, "act.by", who=facts["by"])] if facts.get("by") else []
    reached = kind == "called"
    return title, " · ".join(words), "call", "info" if reached else "mute", "info" if reached else "ink-3"
