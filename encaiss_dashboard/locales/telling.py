"""Sentences about reminders that a screen, a file and a command say in the same words."""

from __future__ import annotations

from typing import Final

from encaiss_dashboard.domain.dunning import Held, HoldReason, Trigger, Why
from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text

_OPEN_ENDED: Final = frozenset({HoldReason.PAUSED, HoldReason.INVOICE_PAUSED})


def held(why: Held, lang: str) -> str:
    """Why a message that is due stays, with until when."""
    facts = {
        name: money(fact, lang) if isinstance(fact, Money) else day(fact, lang)
        for name, fact in why.facts.items()
    }
    open_ended = why.reason in _OPEN_ENDED and not facts
    return text(lang, f"hold.{why.reason}_open" if open_ended else f"hold.{why.reason}", **facts)


def why(reason: Why, lang: str) -> str:
    """Why an invoice stands in a message: how late it is, and the rule of the plan."""
    facts = {
        "number": reason.number,
        "due": day(reason.due, lang),
        "late": text(lang, "why.days", n=abs(reason.days_late)),
        "step": text(lang, f"step.{reason.step}") if reason.step else "",
    }
    if reason.trigger is Trigger.AFTER_PREVIOUS and reason.previous:
        facts |= {
            "previous": text(lang, f"step.{reason.previous.code}"),
            "on": day(reason.previous.on, lang),
        }
        return text(lang, "why.after_previous", **facts, n=reason.days_after_previous)
    if reason.trigger is Trigger.LAW_ALLOWS and reason.reached:
        return text(lang, "why.law_allows", **facts, from_day=day(reason.reached, lang))
    if reason.trigger is Trigger.INSTALMENT:
        facts["days"] = text(lang, "why.days", n=abs(reason.days_late_min or 0))
        return text(lang, "why.instalment", **facts)
    if reason.trigger is Trigger.LISTED:
        return text(lang, "why.unknown" if reason.step else "why.listed", **facts)
    return text(lang, f"why.{reason.trigger}", **facts, n=abs(reason.days_late_min or 0))
