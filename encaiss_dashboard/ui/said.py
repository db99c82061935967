"""What a page says after a form was posted: the address carries a code, never a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from encaiss_dashboard.locales import catalogue, text

# Nothing else can be said through an address, which anybody may write.
_PROBLEMS: Final = frozenset(
    {
        "too_many_tries",
        "wrong_code",
        "wrong_password",
        "password_short",
        "password_long",
        "password_breached",
        "password_guessable",
        "link_forged",
        "link_used",
        "link_expired",
        "link_revoked",
        "name_missing",
        "address_taken",
        "bad_email",
        "factor_required",
        "last_owner",
        "last_administrator",
        "already_erased",
        "too_many_mails",
        "not_allowed",
        "unreadable",
        "token_unnamed",
        "token_name_taken",
        "too_many_tokens",
        "another_client",
    }
)
_LONGEST_WAIT: Final = 3


def said(query: Mapping[str, Any], lang: str) -> tuple[str, str]:
    """Tone and sentence for what happened, both "" when nothing did."""
    problem, done = str(query.get("problem", "")), str(query.get("done", ""))
    if problem == "failed":
        return "bad", text(lang, "login.failed")
    if problem in _PROBLEMS:
        minutes = str(query.get("minutes", ""))
        if problem == "too_many_tries":
            known = minutes.isdecimal() and len(minutes) < _LONGEST_WAIT
            return "bad", text(lang, "refusal.too_many_tries", minutes=minutes if known else "15")
        return "bad", text(lang, f"refusal.{'bad_email_typed' if problem == 'bad_email' else problem}")
    if f"done.{done}" in catalogue(lang):
        return "good", text(lang, f"done.{done}")
    return "", ""
