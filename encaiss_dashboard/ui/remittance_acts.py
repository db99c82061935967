"""How remittances read in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text

REMITTANCE_ACTS: Final = (
    *("remitted", "remittance_ordered", "remittance_dropped"),
    *("remittance_left", "remittance_returned"),
)
_TONES: Final = {
    "remitted": ("good", "good"),
    "remittance_left": ("good", "good"),
    "remittance_dropped": ("mute", "ink-3"),
    "remittance_returned": ("bad", "bad"),
}


def remittance_act(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """Title, detail, tag, the tag's tone and the dot's colour of an act about a remittance."""
    amount = money(Money(int(facts["cents"]), str(facts["currency"])), lang)
    words = [text(lang, "act.remittance_of", number=facts["number"], amount=amount)]
    if facts.get("payments"):
        words.append(text(lang, "act.remittance_payments", n=facts["payments"]))
    if facts.get("on"):
        on = date.fromisoformat(str(facts["on"]))
        words.append(text(lang, "act.remittance_on", day=day(on, lang, "long")))
    return (
        text(lang, f"act.{kind}"),
        " · ".join(words),
        "remittance",
        *_TONES.get(kind, ("info", "info")),
    )
