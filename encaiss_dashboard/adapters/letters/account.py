"""Mails about accounts: an invitation, a link for a new password, a notice of what was changed."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from encaiss_dashboard.adapters.letters import render
from encaiss_dashboard.domain.letters import AccountLetter, Letter
from encaiss_dashboard.locales import text


@dataclass(frozen=True, slots=True)
class _Words:
    """A mail in one language: paragraphs before and after its button, and who writes."""

    language: str
    subject: str
    before: list[str]
    button: str
    link: str
    after: list[str]
    sender: list[str]


def write_account_mail(letter: AccountLetter) -> Letter:
    """The mail as text and as HTML; each says everything, the button's address included."""
    lang, facts, sender = letter.language, dict(letter.facts), letter.sender
    after = [text(lang, "mail.until", **facts)] if letter.link else []
    words = _Words(
        language=lang,
        subject=text(lang, f"mail.{letter.kind}_subject", **facts),
        before=[
            text(lang, "mail.hello_name" if letter.name else "mail.hello", name=letter.name),
            text(lang, f"mail.{letter.kind}", **facts),
        ],
        button=text(lang, f"mail.{letter.kind}_button") if letter.link else "",
        link=letter.link,
        after=[*after, text(lang, "mail.not_asked" if letter.link else "mail.not_you", **facts)],
        sender=[part for part in (sender.name, *sender.address_lines, sender.email) if part],
    )
    return Letter(words.subject, _plain(words), _html(words), ())


def _plain(words: _Words) -> str:
    linked = [f"{words.button}:\n{words.link}"] if words.link else []
    said = [*map(render.fill, words.before), *linked, *map(render.fill, words.after)]
    return "\n\n".join([*said, "-- \n" + "\n".join(words.sender)]) + "\n"


def _html(words: _Words) -> str:
    root, card = render.document(words.language, words.subject)
    render.letterhead(card, words.sender[0], words.subject)
    render.add(card, "div", "height:18px;")
    for paragraph in words.before:
        render.say(card, paragraph)
    if words.link:
        _button(card, words.button, words.link)
    for paragraph in words.after:
        render.say(card, paragraph, f"margin:0 0 12px;font-size:13.5px;color:{render.INK_2};", "ink2")
    rule = f"margin:18px 0 0;padding-top:14px;border-top:1px solid {render.LINE};font-size:12px;"
    render.say(card, " · ".join(words.sender), f"{rule}color:{render.INK_2};", "ink2 rule")
    return render.written(root)


def _button(card: ET.Element, words: str, link: str) -> None:
    style = (
        f"display:inline-block;margin:6px 0 14px;padding:11px 18px;border-radius:8px;color:#ffffff;"
        f"background:{render.ACCENT};text-decoration:none;font-weight:600;{render.FONT}font-size:15px;"
    )
    render.add(card, "a", style, href=link).text = words
    # Some programs show no buttons, and a careful reader wants to see where one leads.
    render.say(
        card, link, f"margin:0 0 16px;font-size:12px;overflow-wrap:anywhere;color:{render.INK_2};", "ink2"
    )
