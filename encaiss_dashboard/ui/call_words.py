"""What is said in a call, in the debtor's language, and what must not be, in the caller's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.deliveries.calls import Call

_SPOKEN_MAX: Final = 5


def script(call: Call) -> Iterator[str]:
    """Sentence by sentence: nothing of a debt before it is sure who listens (RULES §4)."""
    lang, names = call.language, {"creditor": call.creditor, "agency": call.agency}
    lines = [line for section in call.sections for line in section.lines]
    yield text(
        lang, "letter.call_ask" if call.consumer else "letter.call_ask_business", debtor=call.line.debtor
    )
    yield text(lang, "letter.call_who", **names)
    total = spoken([section.total for section in call.sections], lang)
    yield text(lang, "letter.call_why", n=len(lines), total=total, creditor=call.creditor)
    for line in lines[:_SPOKEN_MAX]:
        yield text(
            lang,
            "letter.call_invoice",
            number=line.number,
            issue=day(line.issue, lang, "long"),
            due=day(line.due, lang, "long"),
            open=money(line.open, lang),
        )
    if call.first_reminder:
        yield text(lang, "letter.call_first", day=day(call.first_reminder.last_day, lang, "long"))
    yield text(lang, "letter.call_when")
    if call.iban:
        yield text(lang, "letter.call_how", iban=call.iban, creditor=call.creditor, reference=call.reference)
    yield text(lang, "letter.call_end", creditor=call.creditor)


def rules(call: Call, lang: str) -> Iterator[str]:
    """What whoever calls has to observe."""
    yield text(lang, "calls.rule_third")
    yield text(lang, "calls.rule_consumer" if call.consumer else "calls.rule_business")
    if call.first_reminder:
        yield text(lang, "calls.rule_first")
    yield text(lang, "calls.rule_dispute")


def spoken(amounts: list[Money], lang: str) -> str:
    """Sums of several currencies in one breath."""
    return " + ".join(money(amount, lang) for amount in amounts)
