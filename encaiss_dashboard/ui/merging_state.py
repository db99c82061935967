"""Merging, parting and splitting debtors as the dialog holds it: what will happen, already in words."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import reflex as rx

from encaiss_dashboard.domain.errors import ChangedMeanwhile, NotFound, Refusal
from encaiss_dashboard.domain.invoices import Kind
from encaiss_dashboard.locales import day, money, text
from encaiss_dashboard.services.debtors import merging, moving, parting, splitting
from encaiss_dashboard.services.debtors.merging import Found
from encaiss_dashboard.services.debtors.parting import Part
from encaiss_dashboard.services.debtors.splitting import Documents, NewDebtor
from encaiss_dashboard.ui import access
from encaiss_dashboard.ui.debtor_facts import Debtor
from encaiss_dashboard.ui.merging_words import Row, merge_rows, merge_words, part_words, printed, split_words
from encaiss_dashboard.ui.shell import Next, handler

TEXT_LENGTH_MAX: Final = 100
_FACTS: Final = ("name", "number", "enterprise_number", "email")


class NoteRow(TypedDict):
    """A debtor that this one was merged from."""

    id: int
    says: str
    name: str


class FoundRow(TypedDict):
    """A debtor that this one may be."""

    id: int
    name: str
    detail: str


class DocumentRow(TypedDict):
    """An invoice or credit note to be ticked."""

    id: int
    number: str
    kind: str
    issue: str
    open: str
    tick: str
    ticked: bool


class Merging(Debtor):
    """The note in a debtor's file, and the dialog: ``asking`` is merge, part, split, or "" when shut."""

    notes: list[NoteRow] = []
    asking: str = ""
    title: str = ""
    found: list[FoundRow] = []
    looked: bool = False
    found_more: bool = False
    comparing: bool = False
    stays: str = "this"
    other_name: str = ""
    rows: list[Row] = []
    told: list[str] = []
    warned: list[str] = []
    blocked: list[str] = []
    documents: list[DocumentRow] = []
    listed: str = ""
    chosen: int = 0
    go_label: str = ""
    objection: str = ""
    _other: int = 0
    _merge: int = 0
    _mark: str = ""
    _chosen: frozenset[int] = frozenset()
    _words: str = ""

    @handler
    async def load(self) -> Next:
        """Say what the debtor in the address was merged from; its file was loaded before."""
        self.asking, self.notes, lang = "", [], self._language()
        if not self.missing:
            self.notes = [_note(one, lang) for one in await access.read(self, parting.parts, self.key)]

    @handler
    async def ask_merge(self) -> Next:
        """Open the dialog with the debtors that look like this one."""
        await self._look("")
        self._open("merge")

    @handler
    async def look(self, words: str) -> Next:
        """Look for another debtor."""
        await self._look(words[:TEXT_LENGTH_MAX])

    @handler
    async def choose(self, debtor_id: int) -> Next:
        """Compare this debtor with another one."""
        self._other, self.stays = debtor_id, "this"
        await self._compare()

    @handler
    async def keep(self, which: str) -> Next:
        """Keep this debtor, or the other one."""
        self.stays = "other" if which == "other" else "this"
        await self._compare()

    @handler
    async def back(self) -> Next:
        """Choose another debtor to compare with."""
        await self._look("")
        self.comparing, self.objection = False, ""

    @handler
    async def merge(self, form: dict[str, Any]) -> Next:  # noqa: ARG002 - what a form sends
        """Merge as the dialog says, and show the debtor that is kept."""
        gone, kept = self._pair()
        try:
            done = await access.act(self, merging.merge, gone, kept, self._mark)
        except Refusal as refusal:
            return await self._object(refusal)
        return self._leave(kept, "merge.done_merge", gone=done.gone.name, kept=done.kept.name)

    @handler
    async def ask_part(self, merge_id: int) -> Next:
        """Open the dialog that undoes a merge."""
        self._merge = merge_id
        await self._undo()
        self._open("part")
        self.title = text(self._language(), "merge.title_part", name=self.other_name, kept=self.name)
        self.go_label = text(self._language(), "merge.confirm_part")

    @handler
    async def part(self, form: dict[str, Any]) -> Next:  # noqa: ARG002 - what a form sends
        """Undo the merge that the dialog is about."""
        try:
            await access.act(self, parting.part, self._merge, self._mark)
        except Refusal as refusal:
            return await self._object(refusal)
        return self._leave(self.key, "merge.done_part", name=self.other_name, kept=self.name)

    @handler
    async def ask_split(self) -> Next:
        """Open the dialog with what this debtor was ever invoiced."""
        self._chosen, self._words = frozenset(), ""
        await self._list()
        await self._divide()
        self._open("split")
        self.title = text(self._language(), "merge.title_split", name=self.name)
        self.go_label = text(self._language(), "merge.confirm_split")

    @handler
    async def seek(self, words: str) -> Next:
        """Show other invoices to tick; those ticked stay ticked."""
        self._words = words[:TEXT_LENGTH_MAX]
        await self._list()

    @handler
    async def tick(self, key: int, ticked: bool) -> Next:  # noqa: FBT001 - a checkbox's event
        """Tick an invoice of the list, or no longer."""
        if key in {row["id"] for row in self.documents}:
            self._chosen = self._chosen | {key} if ticked else self._chosen - {key}
        self.documents = [
            DocumentRow(**{**row, "ticked": row["id"] in self._chosen}) for row in self.documents
        ]
        await self._divide()

    @handler
    async def split(self, form: dict[str, str]) -> Next:
        """Give what is ticked to a new debtor, and show it."""
        facts = NewDebtor(**{name: form.get(name, "")[:254] for name in _FACTS})
        try:
            new = await access.act(
                self, splitting.split, self.key, sorted(self._chosen), facts, seen=self._mark
            )
        except Refusal as refusal:
            return await self._object(refusal)
        return self._leave(new, "merge.done_split", new=facts.name.strip())

    @handler
    async def close(self) -> Next:
        """Close the dialog; nothing happened."""
        self.asking = ""

    def _open(self, kind: str) -> None:
        self.asking = kind
        self.comparing, self.objection = False, ""
        if kind == "merge":
            self.title = text(self._language(), "merge.title_merge", name=self.name)

    async def _look(self, words: str) -> None:
        found = await access.read(self, merging.others, self.key, words)
        self.found = [_found(one) for one in found]
        self.found_more = len(found) == merging.FOUND_MAX
        self.looked = bool(words.strip())

    def _pair(self) -> tuple[int, int]:
        """Who goes and who is kept."""
        return (self._other, self.key) if self.stays == "this" else (self.key, self._other)

    async def _compare(self) -> None:
        seen = await access.read(self, merging.foresee, *self._pair())
        lang = self._language()
        self._mark, self.comparing, self.objection = seen.mark, True, ""
        self.other_name = seen.gone.name if self.stays == "this" else seen.kept.name
        self.rows = merge_rows(seen, lang)
        self.go_label = text(lang, "merge.confirm_merge", name=seen.kept.name)
        self._tell_all(merge_words(seen, lang), seen.blocked)

    async def _list(self) -> None:
        seen, lang = await access.read(self, splitting.documents, self.key, self._words), self._language()
        self.documents = _documents(seen, self._chosen, lang)
        self.listed = text(lang, "merge.listed", n=seen.found, shown=len(seen.lines))

    async def _divide(self) -> None:
        self.chosen, self.objection = len(self._chosen), ""
        seen = await access.read(self, splitting.foresee, self.key, sorted(self._chosen))
        self._mark = seen.mark
        self._tell_all(split_words(seen, self._language()), seen.blocked)

    def _tell_all(self, words: tuple[list[str], list[str]], blocked: tuple[moving.Obstacle, ...]) -> None:
        self.told, self.warned = words
        self.blocked = [moving.sentence(one, self._language()) for one in blocked]

    async def _undo(self) -> None:
        parts = await access.read(self, parting.parts, self.key)
        one = next((part for part in parts if part.merge_id == self._merge), None)
        if one is None:
            raise NotFound
        self._mark, self.other_name = one.mark, one.names[0]
        self._tell_all(part_words(one, self.name, self._language()), one.blocked)

    async def _object(self, refusal: Refusal) -> Next:
        """Say it inside the dialog, where it can be mended; what has changed is shown anew."""
        if isinstance(refusal, access.SignedOut):
            return self._tell(refusal)
        anew = {"merge": self._compare, "split": self._divide, "part": self._undo}.get(self.asking)
        if anew is not None and isinstance(refusal, ChangedMeanwhile):
            await anew()
        self.objection = text(self._language(), f"refusal.{refusal.code}", **refusal.facts)
        return None

    def _leave(self, debtor_id: int, key: str, **facts: str) -> Next:
        """Close the dialog, say what was done, and show a debtor's file."""
        self.asking = ""
        if debtor_id == self.key:
            return self._done(key, **facts)
        self._say(key, **facts)
        self._notice_stays = True
        return rx.redirect(f"/debtors/{debtor_id}")


def _note(one: Part, lang: str) -> NoteRow:
    first, *others = one.names
    names = f"{first} ({', '.join(others)})" if others else first
    return NoteRow(
        id=one.merge_id,
        says=text(lang, "merge.note", names=names, day=day(one.on, lang, "long")),
        name=first,
    )


def _found(one: Found) -> FoundRow:
    detail = " · ".join(part for part in (printed(one.enterprise_number), one.number, one.city) if part)
    return FoundRow(id=one.id, name=one.name, detail=detail)


def _documents(seen: Documents, chosen: frozenset[int], lang: str) -> list[DocumentRow]:
    return [
        DocumentRow(
            id=line.id,
            number=line.number,
            kind="" if line.kind is Kind.INVOICE else text(lang, "merge.credit_note"),
            issue=day(line.issue, lang),
            open=money(line.open, lang) if line.open else text(lang, "merge.nothing"),
            tick=text(lang, "merge.tick", number=line.number),
            ticked=line.id in chosen,
        )
        for line in seen.lines
    ]
