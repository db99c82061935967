"""A client's own words in its letters: looked at on real debtors, agreed in versions, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import col, select

from encaiss_dashboard.domain import letter_texts
from encaiss_dashboard.domain.dunning import StepCode
from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotFound, Unreadable
from encaiss_dashboard.domain.letter_texts import THE_HOUSES, Part, Texts
from encaiss_dashboard.domain.letters import Letter
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.locales import LETTER_LANGUAGES, catalogue
from encaiss_dashboard.storage import accounts, letters, merges, queries, records, texts
from encaiss_dashboard.storage.journal import ActKind
from encaiss_dashboard.storage.prospects import prospects
from encaiss_dashboard.work import Work

EXAMPLES_MAX: Final = 20
_ID_MAX: Final = 2**31 - 1
# Of these the house has a text of its own that can be replaced; an ending is always one more.
_HOUSE: Final = {Part.OPENING: "opening", Part.REQUEST: "request"}


@dataclass(frozen=True, slots=True)
class AgreedText:
    """One version of a client's own words; version 0 is the house's text, which says nothing of its own.

    Attributes:
        at: from when it holds, None for the house's.
        by: who agreed to it, "" for the house's.
    """

    texts: Texts
    at: datetime | None
    by: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter as it would be written today.

    Attributes:
        debtor_id, name: to whom.
        recipient: the e-mail address, "" on paper.
        letter: the mail.
        pages: the same on paper, one PNG a page.
    """

    debtor_id: int
    name: str
    recipient: str
    letter: Letter
    pages: tuple[bytes, ...]


def history(work: Work, client_id: int | None, step: str, language: str) -> tuple[AgreedText, ...]:
    """All that was agreed for a step in a language, the newest first; the house's text last."""
    client = work.require(Action.VIEW, client_id)
    code = _which(step, language)
    rows = texts.versions(work.session, client, code, language)
    people = {row.user_id for row in rows if row.user_id is not None}
    query = select(accounts.User.id, accounts.User.name).where(col(accounts.User.id).in_(people))
    names = dict(work.session.exec(query).all())
    agreed = [AgreedText(texts.texts_of(row), row.at, names.get(row.user_id, "")) for row in rows]
    return (*agreed, AgreedText(THE_HOUSES, None, ""))


def own(work: Work, client_id: int | None) -> frozenset[tuple[str, str]]:
    """Step and language of each letter in which the client says something in its own words."""
    return frozenset(texts.own(work.session, work.require(Action.VIEW, client_id)))


def house_text(work: Work, client_id: int | None, step: str, language: str) -> Mapping[str, str]:
    """The house's own text of the parts that have one, with its fields: what a client begins from."""
    work.require(Action.VIEW, client_id)
    code = _which(step, language)
    entries = {part: catalogue(language)[f"letter.{code}_{name}"] for part, name in _HOUSE.items()}
    title = catalogue(language)[f"letter.{code}_title"]
    said = {part.value: text["other"] if isinstance(text, dict) else text for part, text in entries.items()}
    return {Part.SUBJECT.value: f"{title} – {{client}}", **said}


def examples(work: Work, client_id: int | None, step: str) -> tuple[tuple[int, str], ...]:
    """Ids and names of debtors to whom this letter could be shown, whoever owes most first."""
    client = work.require(Action.VIEW, client_id)
    keys = _examples(work, client, _which(step, LETTER_LANGUAGES[0]))
    rows = work.session.exec(
        select(records.Debtor.id, records.Debtor.name).where(col(records.Debtor.id).in_(keys))
    )
    names = {queries.known(key): name for key, name in rows}
    return tuple((key, names[key]) for key in keys if key in names)


def preview(
    work: Work,
    client_id: int | None,
    step: str,
    language: str,
    parts: Mapping[str, str],
    *,
    debtor_id: int | None = None,
) -> Preview:
    """The whole letter in these words on what a debtor owes today; nothing is stored or sent.

    Without a debtor to whoever owes most.

    Raises:
        TextRefused: the words may not be used.
        NotFound: not one of this client's debtors, or it owes nothing that this letter would ask for.
    """
    client = work.require(Action.VIEW, client_id)
    code = _which(step, language)
    said = letter_texts.checked(code, language, _parts(parts))
    if debtor_id is None:
        debtor_id = next(iter(_examples(work, client, code)), 0)
    if not 0 < debtor_id <= _ID_MAX:
        raise NotFound
    debtor_id = merges.kept(work.session, client, debtor_id)
    debtor = queries.debtor(work.session, client, debtor_id)
    sections = letters.foreseen(prospects(work.session, client, work.today, [debtor_id])[debtor_id], code)
    if not sections:
        raise NotFound
    email = queries.addresses(work.session, client).get(debtor_id, "")
    facts = letters.statement_letter(
        work.session,
        client,
        debtor_id,
        sections,
        step=code,
        language=language,
        on=work.today,
        email=email,
        logo=letters.logo(work.session, client, work.store.load),
        said=said,
    )
    letter, pages = work.letters.write_statement(facts), work.letters.statement_pictures(facts)
    return Preview(debtor_id, debtor.name, email, letter, pages)


def save(
    work: Work, client_id: int | None, step: str, language: str, parts: Mapping[str, str], *, seen: int
) -> int:
    """Agree on other words from now on, or with none on the house's text; returns the version then.

    What was sent stays described by the version it was written from. The same words once more make no
    new version.

    Args:
        work: of the person who decides.
        client_id: whose letters they are.
        step: of which letter.
        language: in which language.
        parts: by the names of :class:`Part`, "" for the house's.
        seen: the version that the person had before their eyes.

    Raises:
        TextRefused: the words may not be used; names the place.
        ChangedMeanwhile: somebody agreed on something else since.
    """
    client = work.require(Action.DELEGATE, client_id)
    code = _which(step, language)
    new = letter_texts.checked(code, language, _parts(parts)).written()
    work.session.get(records.Client, client, with_for_update=True)
    before = texts.in_force(work.session, client, code, language)
    if seen != before.version:
        raise ChangedMeanwhile
    if new == before.written():
        return before.version
    version = before.version + 1
    row = texts.LetterText(client_id=client, step=code.value, language=language, version=version, parts=new)
    row.user_id, row.at = work.actor.user_id, work.now
    work.session.add(row)
    work.journal.record(
        ActKind.TEXT_CHANGED,
        day=work.today,
        client_id=client,
        facts={"step": code.value, "language": language, "version": version, "parts": sorted(new)},
        shown=dict(new),
    )
    work.session.flush()
    return version


def _which(step: str, language: str) -> StepCode:
    if step not in set(StepCode) or language not in LETTER_LANGUAGES:
        raise Unreadable(value="")
    return StepCode(step)


def _parts(parts: Mapping[str, str]) -> dict[str, str]:
    known = {part.value for part in Part}
    if any(name not in known or not isinstance(said, str) for name, said in parts.items()):
        raise Unreadable(value="")
    return dict(parts)


def _examples(work: Work, client_id: int, step: StepCode) -> list[int]:
    late = step is not StepCode.COURTESY
    return letters.owing_most(work.session, client_id, work.today, EXAMPLES_MAX, late=late)
