"""One uploaded file on its way into the ledger: what its screen knows and does."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import reflex as rx
from pydantic import Field as Bound
from pydantic import StringConstraints

from encaiss_dashboard.domain.errors import NotAllowed, NotFound, Refusal
from encaiss_dashboard.domain.intake import Cancelled, Field
from encaiss_dashboard.domain.permissions import Action
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import Imported, Preview
from encaiss_dashboard.ui import access, import_work
from encaiss_dashboard.ui.import_view import ImportView, is_erased
from encaiss_dashboard.ui.import_work import NOTHING_YET, READING, WRITING, Doing, Run
from encaiss_dashboard.ui.shell import Next, handler

Setting = Literal["separator", "decimal", "date_order", "encoding", "sheet"]
Short = Annotated[str, StringConstraints(max_length=500)]
Key = Annotated[int, Bound(ge=0, lt=2**63)]
Line = Annotated[int, Bound(gt=0, lt=2**63)]
_ID_DIGITS_MAX: Final = 9
_QUICK_SECONDS: Final = 0.6
_BEAT_SECONDS: Final = 0.4
_SMALL_BYTES: Final = 1_000_000


class Import(ImportView):
    """One file on its way into the ledger."""

    ready: bool = False
    missing: bool = False
    busy: bool = False
    working: str = ""
    stopping: bool = False
    doing: Doing = NOTHING_YET
    _stopping: str = ""
    _watch: int = 0

    @handler
    async def load(self) -> Next:
        """Show the upload that the address names: read it, watch the work on it, or say what came of it."""
        self.ready = self.missing = self.busy = self.stopping = False
        self.working, self.undoing = "", ""
        try:
            upload = await access.read(self, imports.about, self._batch_id())
        except NotFound:
            self.missing = self.ready = True
            return None
        self.name = upload.file_name
        if upload.imported_at is None:
            return await self._look()
        return await self._show_done(upload)

    @handler
    async def wait(self) -> Next:
        """Show at once that something is being done; the handler after it sends the end of it."""
        self.busy = True

    @handler
    async def choose_column(self, field: Field, column: Short) -> Next:
        """Read a field from another column, or from none."""
        return await self._correct({"columns": {field.value: column or None}})

    @handler
    async def choose_setting(self, name: Setting, value: Short) -> Next:
        """Read the file with another separator, decimal mark, order of dates, encoding or sheet."""
        return await self._correct({name: value})

    @handler
    async def answer_debtor(self, doubt: Short, debtor_id: Key) -> Next:
        """Say which debtor a doubtful one is, 0 for a new one."""
        await access.act(self, imports.answer, self._batch_id(), {"debtors": {doubt: debtor_id}})
        self._mark_debtor(doubt, debtor_id)
        return await self._recount(at_once=not self.open_doubts)

    @handler
    async def answer_rest(self, rest: Literal["new", "ask"]) -> Next:
        """Take all doubtful debtors without an answer as new ones, or have them asked for again."""
        await access.act(self, imports.answer, self._batch_id(), {"doubtful": rest})
        self._mark_rest(new=rest == "new")
        return await self._recount(at_once=not self.open_doubts)

    @handler
    async def take_change(self, line: Line, take: bool) -> Next:  # noqa: FBT001 - an event's argument
        """Accept what the file says of one known invoice, or leave the invoice as it is."""
        kept = self._with_change(line, take=take)
        await access.act(self, imports.answer, self._batch_id(), {"kept": kept})
        self._mark_change(line, take=take)
        return await self._recount()

    @handler
    async def take_changes(self, which: Literal["all", "none"]) -> Next:
        """Accept all changes, or none."""
        await access.act(self, imports.answer, self._batch_id(), {"changes": which, "kept": ()})
        self._mark_changes(take=which == "all")
        return await self._recount()

    @handler
    async def choose_whole(self, whole: bool) -> Next:  # noqa: FBT001 - an event's argument
        """Import all rows or none, or whatever is good."""
        await access.act(self, imports.answer, self._batch_id(), {"whole": whole})
        self.whole = whole
        self._say_why_not()

    @handler
    async def recount(self) -> Next:
        """Compare the file with the ledger again, as answered by now."""
        self.busy = False
        return await self._look(fresh=True)

    @handler
    async def accept(self) -> Next:
        """Import the file."""
        self.busy = False
        if import_work.elsewhere(self._batch_id()) == WRITING:
            return await self._follow_on(None)
        return await self._follow_on(import_work.write(self, self._batch_id()))

    @handler
    async def discard(self) -> Next:
        """Forget the file and go back."""
        self.busy = False
        await access.act(self, imports.discard, self._batch_id())
        return rx.redirect("/invoices")

    @handler
    async def ask_take_back(self) -> Next:
        """Ask before everything that the import brought is taken away again."""
        await self._open_undoing("take_back", self._batch_id())

    @handler
    async def stop(self) -> Next:
        """Have the work on the file stopped: nothing of it stays."""
        batch_id, signed = self._batch_id(), await access.who(self)
        upload = await access.read(self, imports.about, batch_id)
        if signed is None or not signed.actor.may(Action.UPLOAD, signed.client_id or 0):
            raise NotAllowed
        what = import_work.elsewhere(batch_id)
        if not what or upload.imported_at:
            return Import.load
        import_work.stop(batch_id)
        self.stopping, self._stopping = True, what
        return Import.stopped

    @rx.event(background=True)
    async def stopped(self) -> Any:
        """Wait until the work has heard that it is to stop, then say what is left."""
        async with self:
            batch_id, what = self._here(), self._stopping
            self._watch += 1
            watch = self._watch
        while self._watch == watch and (import_work.running(batch_id) or import_work.elsewhere(batch_id)):
            await import_work.beat(batch_id, _BEAT_SECONDS)
        async with self:
            self._stopping = ""
            if self._watch != watch or not batch_id or not what:
                return None
            try:
                return await self._say_stopped(batch_id, reading=what == READING)
            except Refusal as refusal:
                return self._tell(refusal)

    async def _say_stopped(self, batch_id: int, *, reading: bool) -> Next:
        self.stopping, self.working = False, ""
        try:
            upload = await access.read(self, imports.about, batch_id)
            if reading and upload.imported_at is None:
                await access.act(self, imports.discard, batch_id)
        except NotFound:
            upload = None
        if upload and not reading:
            return self._done("import.stopped_too_late" if upload.imported_at else "import.stopped_writing")
        self._say("import.stopped_reading")
        self._notice_stays = True
        return rx.redirect("/invoices")

    @rx.event(background=True)
    async def follow(self) -> Any:
        """Watch the work on the file until it ends, then show what came of it."""
        async with self:
            batch_id = self._here()
            self._watch += 1
            watch = self._watch
            try:
                await access.read(self, imports.about, batch_id)
            except Refusal as refusal:
                return self._tell(refusal)
        run = import_work.recent(batch_id)
        while not run.future.done() if run else import_work.elsewhere(batch_id):
            await import_work.beat(batch_id, _BEAT_SECONDS)
            async with self:
                if self._watch != watch:
                    return None
                self.doing = import_work.doing(batch_id, self._language())
        async with self:
            # Whoever has gone on to another screen is not called back.
            if self._watch != watch or self._here() != batch_id:
                return None
            try:
                return await self._end(run) if run else Import.load
            except Refusal as refusal:
                return self._tell(refusal)

    async def _correct(self, corrections: dict[str, Any]) -> Next:
        self.busy = False
        await access.act(self, imports.correct, self._batch_id(), corrections)
        return await self._look(fresh=True)

    async def _recount(self, *, at_once: bool = False) -> Next:
        """Compare again where that is quick; what takes long waits until it is asked for."""
        if at_once or not self._slow:
            return await self._look(fresh=True)
        self.stale = True
        return None

    async def _look(self, *, fresh: bool = False) -> Next:
        """Show what importing would do, as soon as that is known."""
        batch_id = self._batch_id()
        run = import_work.running(batch_id)
        if run is None and import_work.elsewhere(batch_id):
            return await self._follow_on(None)
        if run is None or fresh:
            run = import_work.read(self, batch_id, fresh=fresh)
        return await self._follow_on(run)

    async def _follow_on(self, run: Run | None) -> Next:
        """Wait a moment for work that may be quick; what is not is watched."""
        if run is not None and await run.wait(_QUICK_SECONDS):
            self._slow = False
            return await self._end(run)
        await access.read(self, imports.about, self._batch_id())
        self._slow = True
        self.working = run.what if run else import_work.elsewhere(self._batch_id()) or READING
        self.doing = import_work.doing(self._batch_id(), self._language())
        # Whoever still watches what went before may not end this.
        self._watch += 1
        return Import.follow

    async def _end(self, run: Run) -> Next:
        """Show what came of work that has ended.

        Somebody else may have begun it, who may do more than this person, or less.
        """
        self.working, self.stopping = "", False
        try:
            upload = await access.read(self, imports.about, self._batch_id())
            seen = run.future.result()
        except Cancelled:
            return Import.load
        except Refusal as refusal:
            if run.by != access.digest_of(self):
                return Import.load
            self.missing = self.missing or isinstance(refusal, NotFound)
            return self._tell(refusal)
        finally:
            self.ready = True
        if run.what == WRITING:
            return await self._show_done(upload, seen)
        self._write(seen)
        return None

    async def _show_done(self, upload: Imported, seen: Preview | None = None) -> Next:
        """Show what the import did; what was wrong in the file, as far as that is quickly known."""
        came_from_here = seen is not None
        self._write_done(upload)
        kept = upload.taken_back_at is None and not is_erased(upload)
        if seen is None and kept and upload.size_bytes < _SMALL_BYTES:
            run = import_work.read(self, upload.id)
            seen = run.future.result() if await run.wait(_QUICK_SECONDS) else None
        self._write_troubles(seen)
        self.ready = True
        # The button that was pressed is gone.
        return rx.set_focus("content") if came_from_here else None

    def _here(self) -> int:
        """The upload that the address names, 0 for none."""
        try:
            return self._batch_id()
        except NotFound:
            return 0

    def _batch_id(self) -> int:
        last = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        if not last.isdecimal() or len(last) > _ID_DIGITS_MAX:
            raise NotFound
        return int(last)


def held() -> Any:
    """Whether nothing can be changed at the moment: something is being done."""
    return Import.busy | (Import.working != "")
