"""A client's own words in its letters: which parts may be its own, which fields they may name.

The parts that protect the reader stay the house's and are no part of this: who writes and for whom,
the tables, totals and payment data, the demand with its deadline and the law of a formal notice, how to
dispute. A text is only ever substituted: ``{name}`` is a field of the list below or the text is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stdnum import iban

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import Refusal


class Part(StrEnum):
    """What a client may say in its own words; each has its name in the catalogue under ``texts.part_``."""

    SUBJECT = "subject"
    OPENING = "opening"
    REQUEST = "request"
    ENDING = "ending"


LENGTH_MAX: Final[Mapping[Part, int]] = {
    Part.SUBJECT: 120,
    Part.OPENING: 1_200,
    Part.REQUEST: 1_200,
    Part.ENDING: 800,
}
FIELDS: Final = (
    "client",
    "agency",
    "debtor",
    "total",
    "n",
    "invoices",
    "oldest_due",
    "days_late",
    "deadline",
    "today",
)
"""Every field there is; each is explained in the catalogue under ``texts.field_``."""
_PARAGRAPHS_MAX: Final = 6
_NAME: Final = re.compile(r"[a-z_]{1,30}")
_OFFICIAL: Final = re.compile(
    r"\b(huissiers?|tribuna(l|ux)|saisies?|citations?|assignations?|jugements?"
    r"|(gerechts)?deurwaarders?\w*|gerechtelijk\w*|gerechtshof\w*|rechtbank\w*|dagvaard\w*|vonnis\w*"
    r"|beslagleg\w*|beslag (op|te leggen|leggen)|in beslag"
    r"|bailiffs?|seizures?|summons|writs?|subpoena\w*|judge?ments?"
    r"|gericht|gerichts\w*|gerichtlich\w*|pfandung\w*|vorladung\w*|urteil\w*|zwangsvollstreck\w*)\b"
)
# In French a "court délai" is a short time.
_OFFICIAL_ENGLISH: Final = re.compile(r"\b(?<!out of )courts?\b")
# Long enough to be found whatever stands between their letters.
_WHEREVER: Final = ("huissier", "deurwaarder", "gerichtsvollzieher", "bailiff", "rechtbank", "dagvaarding")
_OTHERS: Final = "°²³§©®™½"
_SHOWN: Final = frozenset({"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Zs"})
_IBAN_LIKE: Final = re.compile(r"[A-Za-z]{2}\s?[0-9]{2}(?:[\s.-]?[A-Za-z0-9]){11,30}")


class TextRefused(Refusal):
    """A text that may not be written so; facts ``part``, and what its sentence names."""

    code = "text_refused"


class TextFieldUnknown(TextRefused):
    """A field that this letter does not have; facts ``value``, ``line`` and ``place``."""

    code = "text_field_unknown"


class TextBraces(TextRefused):
    """A brace without its other half; facts ``line`` and ``place``."""

    code = "text_braces"


class TextTooLong(TextRefused):
    """More than fits; facts ``n`` and ``last`` in characters."""

    code = "text_too_long"


class TextParagraphs(TextRefused):
    """More paragraphs than fit, or a subject of several lines; fact ``last``."""

    code = "text_paragraphs"


class TextSign(TextRefused):
    """A sign that does not show, or a letter of another alphabet; facts ``value``, ``line`` and ``place``."""

    code = "text_sign"


class TextOfficial(TextRefused):
    """Words that belong to a court, a bailiff or the police; facts ``value`` and ``line``."""

    code = "text_official"


class TextAccount(TextRefused):
    """An account number: where to pay stands in the payment data alone; facts ``value`` and ``line``."""

    code = "text_account"


@dataclass(frozen=True, slots=True)
class Texts:
    """A client's own words for one step in one language; "" where the house's stand.

    Attributes:
        version: 0 for the house's own text.
        subject: of the mail, one line.
        opening: in place of the house's first paragraph; in a formal notice above it, for its demand stays.
        request: in place of the house's second paragraph; in a formal notice below it.
        ending: one more at the end.
    """

    version: int = 0
    subject: str = ""
    opening: str = ""
    request: str = ""
    ending: str = ""

    def written(self) -> dict[str, str]:
        """The parts that are the client's own, by name."""
        return {part.value: said for part in Part if (said := getattr(self, part.value))}


THE_HOUSES: Final = Texts()
"""Nothing in a client's own words."""


def fields_of(step: StepCode) -> tuple[str, ...]:
    """The fields that a letter of this step has: only a formal notice sets a deadline."""
    left_out = {"deadline"} if step is not StepCode.FORMAL_NOTICE else set()
    left_out |= {"days_late"} if step is StepCode.COURTESY else set()
    return tuple(name for name in FIELDS if name not in left_out)


def checked(step: StepCode, language: str, parts: Mapping[str, str]) -> Texts:
    """The texts as they are kept, or why they cannot be.

    Raises:
        TextRefused: one of its kinds, for the first place that is wrong.
    """
    said = [_checked(part, step, language, parts.get(part.value, "")) for part in Part]
    return Texts(0, *said)


def paragraphs(said: str, facts: Mapping[str, str]) -> tuple[str, ...]:
    """The paragraphs of a text with its fields filled in, each once: a value is never read as a text.

    Raises:
        KeyError: a field without a value; :func:`checked` has refused such a text.
    """
    parted = re.split(r"\n\s*\n", said.strip())
    return tuple(_filled(" ".join(part.split()), facts) for part in parted if part.strip())


def _filled(said: str, facts: Mapping[str, str]) -> str:
    return "".join(facts[words] if is_field else words for is_field, words, _ in _pieces(said))


def _pieces(said: str) -> Iterator[tuple[bool, str, int]]:
    """Whether a piece is a field's name, the piece, and where it begins; a brace alone is a piece."""
    place = 0
    for found in re.finditer(r"\{([^{}]*)\}|[{}]", said):
        if found.start() > place:
            yield False, said[place : found.start()], place
        yield found[1] is not None, found[0] if found[1] is None else found[1], found.start()
        place = found.end()
    if place < len(said):
        yield False, said[place:], place


def _checked(part: Part, step: StepCode, language: str, said: str) -> str:
    said = said.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(said) > LENGTH_MAX[part]:
        raise TextTooLong(part=part.value, n=str(len(said)), last=str(LENGTH_MAX[part]))
    for place, letter in enumerate(said):
        if not _may_stand(letter):
            shown = letter if letter.isprintable() else f"U+{ord(letter):04X}"
            raise TextSign(part=part.value, value=shown, **_where(said, place))
    most = 1 if part is Part.SUBJECT else _PARAGRAPHS_MAX
    if len(re.split(r"\n\s*\n", said)) > most or (part is Part.SUBJECT and "\n" in said):
        raise TextParagraphs(part=part.value, last=str(most))
    known = fields_of(step)
    for is_field, words, place in _pieces(said):
        if not is_field and words in {"{", "}"}:
            raise TextBraces(part=part.value, **_where(said, place))
        if is_field and (not _NAME.fullmatch(words) or words not in known):
            raise TextFieldUnknown(part=part.value, value=words[:40], **_where(said, place))
    _refuse_office(part, said, language)
    for found in _IBAN_LIKE.finditer(said):
        if _holds_account(found[0]):
            raise TextAccount(part=part.value, value=found[0][:40], line=_where(said, found.start())["line"])
    return said


def _may_stand(letter: str) -> bool:
    """A line break, or what shows: letters of the Latin alphabet, figures, signs; no direction marks."""
    if letter == "\n" or letter in _OTHERS:
        return True
    category = unicodedata.category(letter)
    if category.startswith("L"):
        return unicodedata.name(letter, "").startswith("LATIN ")
    return category in _SHOWN or (category == "Nd" and letter.isascii())


def _refuse_office(part: Part, said: str, language: str) -> None:
    """A letter of the house never looks like one of a court's or a bailiff's (RULES §4)."""
    plain = _plain(said)
    found = _OFFICIAL.search(plain) or (_OFFICIAL_ENGLISH.search(plain) if language == "en" else None)
    if found:
        raise TextOfficial(part=part.value, value=found[0], line=_where(plain, found.start())["line"])
    squeezed = "".join(letter for letter in plain if letter.isalnum())
    for word in _WHEREVER:
        if word in squeezed:
            raise TextOfficial(part=part.value, value=word, line="1")


def _plain(said: str) -> str:
    """The same without accents and capitals, and with the figures that pass for letters as those."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", said) if not unicodedata.combining(letter)
    )
    return bare.casefold().translate(str.maketrans("013457$@|", "oieastsai"))


def _holds_account(said: str) -> bool:
    compact = re.sub(r"[^A-Za-z0-9]", "", said).upper()
    return any(iban.is_valid(compact[:length], check_country=False) for length in range(15, len(compact) + 1))


def _where(said: str, place: int) -> dict[str, str]:
    """Line and character, from 1."""
    before = said[:place]
    return {"line": str(before.count("\n") + 1), "place": str(place - (before.rfind("\n") + 1) + 1)}
