"""How money that came in, and what was decided about it, reads in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from encaiss_dashboard.domain.money import Money
from encaiss_dashboard.locales import money, text


def _received(_: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    amount = Money(int(facts["cents"]), str(facts["currency"]))
    key = "act.payment_reversed" if amount.cents < 0 else "act.payment_of"
    tone, dot = ("bad", "bad") if amount.cents < 0 else ("good", "good")
    detail = text(lang, "act.allocated", number=facts["number"]) if facts.get("number") else ""
    return text(lang, key, amount=money(amount, lang)), detail, "payment", tone, dot


def _payment(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """Title, detail, tag, the tag's tone and the dot's colour of a payment taken back."""
    amount = money(Money(abs(int(facts["cents"])), str(facts["currency"])), lang)
    said = [text(lang, "act.allocated", number=facts["number"])] if facts.get("number") else []
    said += [text(lang, "act.reason", reason=facts["words"])] if facts.get("words") else []
    tone = "good" if kind in {"payment_settled", "payment_confirmed"} else "bad"
    return text(lang, f"act.{kind}_of", amount=amount), " · ".join(said), "payment", tone, tone


def _bank(kind: str, facts: Mapping[str, Any], lang: str) -> tuple[str, str, str, str, str]:
    """The same of a file of a bank, or of a decision about one of its lines."""
    said = [str(facts[name]) for name in ("file", "account", "from") if facts.get(name)]
    said += [text(lang, "act.bank_lines", n=facts["lines"])] if facts.get("lines") is not None else []
    if "cents" in facts:
        said.append(money(Money(int(facts["cents"]), str(facts["currency"])), lang))
    said += [text(lang, "act.reason", reason=facts["words"])] if facts.get("words") else []
    after = facts.get("after")
    if isinstance(after, Mapping) and after.get("policy"):
        said.append(text(lang, f"payments.policy_{after['policy']}"))
    return text(lang, f"act.{kind}"), " · ".join(said), "payment", "info", "info"


PAYMENT_TELLERS: Final = {
    "payment": _received,
    **dict.fromkeys(("payment_returned", "payment_undone", "payment_settled", "payment_confirmed"), _payment),
    **dict.fromkeys(("bank_imported", "bank_taken_back", "line_set_aside", "line_reopened"), _bank),
    **dict.fromkeys(("account_added", "booking_rules"), _bank),
}
