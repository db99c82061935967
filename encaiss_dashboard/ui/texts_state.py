"""A client's own words in its letters while they are written: always with the letter they lead to."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypedDict

from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import NotFound, Refusal
from encaiss_dashboard.domain.letter_texts import LENGTH_MAX, Part, fields_of
from encaiss_dashboard.domain.letters import Letter, Logo
from encaiss_dashboard.locales import LETTER_LANGUAGES, moment, text
from encaiss_dashboard.services import logos, texts
from encaiss_dashboard.services.texts import AgreedText, Preview
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.shell import Choice, Next, Shell, handler
from encaiss_dashboard.work import Work

_VERSIONS_SHOWN: Final = 10
_PAGES_SHOWN: Final = 3
_SHEET: Final = re.compile(r"<style\b.*?</style>", re.DOTALL)
_HEADING: Final = re.compile(r"(?<=<)h1|(?<=</)h1")
_TAG: Final = re.compile(r"<[^<>]*>")


class PartRow(TypedDict):
    """One part as it is written; ``house`` is what stands there without it."""

    name: str
    label: str
    said: str
    house: str
    most: str
    long: bool


class FieldRow(TypedDict):
    """A field and what it becomes."""

    name: str
    meaning: str


class PageRow(TypedDict):
    """A page of the letter as a picture."""

    src: str
    alt: str


class VersionRow(TypedDict):
    """What was agreed once."""

    name: str
    when: str
    what: str


class Words(Shell):
    """The words in force, the draft of others, and the letter in the draft's words."""

    ready: bool = False
    step: str = StepCode.STATEMENT_1.value
    language: str = ""
    steps: list[Choice] = []
    languages: list[Choice] = []
    version: int = 0
    in_force: str = ""
    hint: str = ""
    rows: list[PartRow] = []
    drawn: int = 0
    fields: list[FieldRow] = []
    problem: str = ""
    changed: bool = False
    own: bool = False
    versions: list[VersionRow] = []
    examples: list[Choice] = []
    debtor: str = ""
    nobody: bool = False
    subject: str = ""
    to: str = ""
    mail: str = ""
    pages: list[PageRow] = []
    logo: str = ""
    _base: Mapping[str, str] = {}

    @handler
    async def load(self) -> Next:
        """Show what is in force for the step and language looked at last."""
        await self._open(self.step, self.language or self._language())
        self.ready = True

    @handler
    async def choose_step(self, step: str) -> Next:
        """Look at another step."""
        await self._open(step, self.language)

    @handler
    async def choose_words(self, language: str) -> Next:
        """Look at the letters of another language."""
        await self._open(self.step, language)

    @handler
    async def choose_debtor(self, debtor: str) -> Next:
        """Try the words on somebody else's data, or on whoever owes most."""
        self.debtor = debtor if any(one["value"] == debtor for one in self.examples) else ""
        await self._preview()

    @handler
    async def type_in(self, part: str, said: str) -> Next:
        """A part was written."""
        most = 2 * max(LENGTH_MAX.values())
        self.rows = [
            PartRow(**{**row, "said": said[:most]}) if row["name"] == part else row for row in self.rows
        ]
        await self._preview()

    @handler
    async def from_house(self) -> Next:
        """Draft the house's own text, to be changed; nothing is agreed yet."""
        self._draw({row["name"]: row["house"] for row in self.rows})
        await self._preview()

    @handler
    async def back(self) -> Next:
        """Draft nothing of one's own; nothing is agreed yet."""
        self._draw({})
        await self._preview()

    @handler
    async def save(self) -> Next:
        """Agree on the draft from now on."""
        try:
            n = await access.act(self, texts.save, self.step, self.language, self._parts(), seen=self.version)
        except access.SignedOut:
            raise
        except Refusal as refusal:
            self._object(refusal)
            return None
        return self._done("texts.saved", n=n)

    @handler
    async def remove_logo(self) -> Next:
        """Write letters without a logo from now on."""
        await access.act(self, logos.remove)
        return self._done("texts.logo_removed")

    async def _open(self, step: str, language: str) -> None:
        lang = self._language()
        seen = await access.read(self, _see, step, language)
        found, house, own = seen.history, seen.house, seen.own
        self.step, self.language = step, language
        self.version, self.in_force = found[0].texts.version, _agreed(found[0], lang)
        self.versions = [_version(one, lang) for one in found[:_VERSIONS_SHOWN]]
        self.hint = text(
            lang, "texts.own_hint_notice" if step == StepCode.FORMAL_NOTICE else "texts.own_hint"
        )
        self.steps = [
            Choice(value=code.value, label=text(lang, f"step.{code.value}_short")) for code in StepCode
        ]
        has_own = f" · {text(lang, 'texts.has_own')}"
        self.languages = [
            Choice(
                value=code,
                label=text(lang, f"file.language_{code}") + (has_own if (step, code) in own else ""),
            )
            for code in LETTER_LANGUAGES
        ]
        self.fields = [
            FieldRow(name=f"{{{name}}}", meaning=text(lang, f"texts.field_{name}"))
            for name in fields_of(StepCode(step))
        ]
        self.examples = [Choice(value=str(key), label=name) for key, name in seen.examples]
        self.debtor = self.debtor if any(one["value"] == self.debtor for one in self.examples) else ""
        self.logo = _picture(seen.logo.png) if seen.logo else ""
        self.rows = [_part(part, house, lang) for part in Part]
        self._draw(found[0].texts.written())
        self._base = self._parts()
        await self._preview()

    async def _preview(self) -> None:
        parts, lang = self._parts(), self._language()
        self.changed, self.own = parts != self._base, any(parts.values())
        debtor = int(self.debtor) if self.debtor else None
        try:
            seen = await access.read(self, texts.preview, self.step, self.language, parts, debtor_id=debtor)
        except access.SignedOut:
            raise
        except NotFound:
            self.problem, self.nobody = "", True
            self.mail, self.pages = "", []
            return
        except Refusal as refusal:
            self._object(refusal)
            return
        self.problem, self.nobody = "", False
        self._show(seen, lang)

    def _show(self, seen: Preview, lang: str) -> None:
        self.subject = seen.letter.subject
        self.to = text(lang, "texts.to", to=seen.recipient or f"{seen.name}, {text(lang, 'texts.on_paper')}")
        self.mail = _within(seen.letter)
        self.pages = [
            PageRow(src=_picture(page), alt=text(lang, "texts.page", n=number))
            for number, page in enumerate(seen.pages[:_PAGES_SHOWN], start=1)
        ]

    def _object(self, refusal: Refusal) -> None:
        facts, lang = dict(refusal.facts), self._language()
        part = facts.pop("part", "")
        where = text(lang, "texts.where", part=text(lang, f"texts.part_{part}")) if part else ""
        self.problem = where + text(lang, f"refusal.{refusal.code}", **facts)

    def _draw(self, parts: Mapping[str, str]) -> None:
        """Write parts into the fields, which are drawn anew."""
        self.drawn += 1
        self.rows = [PartRow(**{**row, "said": parts.get(row["name"], "")}) for row in self.rows]

    def _parts(self) -> dict[str, str]:
        return {row["name"]: row["said"].strip() for row in self.rows}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the screen shows of one step and language besides the letter itself."""

    history: tuple[AgreedText, ...]
    house: Mapping[str, str]
    examples: tuple[tuple[int, str], ...]
    own: frozenset[tuple[str, str]]
    logo: Logo | None


def _see(work: Work, client_id: int | None, step: str, language: str) -> _Seen:
    return _Seen(
        texts.history(work, client_id, step, language),
        texts.house_text(work, client_id, step, language),
        texts.examples(work, client_id, step),
        texts.own(work, client_id),
        logos.logo(work, client_id),
    )


def _part(part: Part, house: Mapping[str, str], lang: str) -> PartRow:
    return PartRow(
        name=part.value,
        label=text(lang, f"texts.part_{part}"),
        said="",
        house=house.get(part.value, ""),
        most=str(LENGTH_MAX[part]),
        long=part is not Part.SUBJECT,
    )


def _agreed(one: AgreedText, lang: str) -> str:
    if one.at is None or not one.texts.written():
        return text(lang, "texts.house_holds")
    who = one.by or "Encaiss"
    return text(lang, "texts.in_force", n=one.texts.version, moment=moment(one.at, lang), who=who)


def _version(one: AgreedText, lang: str) -> VersionRow:
    if one.at is None:
        name, when = text(lang, "texts.version_house"), text(lang, "texts.from_the_start")
        return VersionRow(name=name, when=when, what="")
    parts = ", ".join(text(lang, f"texts.part_{part}") for part in one.texts.written())
    return VersionRow(
        name=text(lang, "texts.version", n=one.texts.version),
        when=f"{moment(one.at, lang)} · {one.by or 'Encaiss'}",
        what=parts or text(lang, "texts.version_back"),
    )


def _picture(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _within(letter: Letter) -> str:
    """The mail's page with its pictures in it, for assets/mail.js: a browser has no other parts of a mail.

    Its styles wait under another name, for the page's policy (decision 0011) would complain of each; its
    heading is none of the screen's.
    """
    page = _SHEET.sub("", letter.html)
    page = _TAG.sub(lambda tag: _HEADING.sub("div", tag[0].replace(' style="', ' data-css="')), page)
    for one in letter.attachments:
        if one.inline_id:
            page = page.replace(f"cid:{one.inline_id}", _picture(one.content))
    return page
