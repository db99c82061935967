"""Long work on an upload: begun once, on a thread of its own, watched from whatever page asks.

The thread goes on when the page that began it is reloaded or closed; who opens the upload meanwhile
watches the same work. The board tells other processes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from threading import Event, Lock, Timer
from typing import Final, TypedDict

from reflex.state import BaseState

from encaiss_dashboard import wiring
from encaiss_dashboard.domain.errors import NotAllowed, NotFound
from encaiss_dashboard.domain.intake import Cancelled
from encaiss_dashboard.locales import decimal, integer, text
from encaiss_dashboard.services import imports
from encaiss_dashboard.services.imports import AlreadyImported, Preview
from encaiss_dashboard.ui import access

READING: Final = "reading"
WRITING: Final = "writing"
# Of one process. Threads of their own: those of the event loop serve every other user.
_THREADS: Final = ThreadPoolExecutor(8, "imports")
_KILOBYTE: Final = 1_000
_MEGABYTE: Final = 1_000_000
_MINUTE: Final = 60
_HOUR: Final = 3600
_REMEMBERED_SECONDS: Final = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Work that this process does.

    Attributes:
        by: digest of the session that began it.
        what: ``READING`` or ``WRITING``.
        begun: set once nothing else has to end first.
        future: of what comes of it; raises ``Cancelled`` when somebody had it stopped.
    """

    by: str
    what: str
    begun: Event
    future: Future[Preview]

    async def wait(self, seconds: float) -> bool:
        """Wait for its end, but not longer than so; whether it has come."""
        ended = asyncio.wrap_future(self.future)
        # Nobody may be left to ask how it ended.
        ended.add_done_callback(lambda one: one.cancelled() or one.exception())
        await asyncio.wait({ended}, timeout=seconds)
        return self.future.done()


_running: dict[str, Run] = {}
_lock = Lock()


class Doing(TypedDict):
    """How far long work is, in words; ``percent`` is -1 while nobody can say."""

    percent: int
    far: str
    rate: str
    left: str


NOTHING_YET: Final = Doing(percent=-1, far="", rate="", left="")


def key(batch_id: int) -> str:
    """What the board and this process know the work on an upload by, as the store does."""
    return f"batch-{batch_id}"


def running(batch_id: int) -> Run | None:
    """What this process is doing on an upload, if anything."""
    run = recent(batch_id)
    return None if run is None or run.future.done() else run


def recent(batch_id: int) -> Run | None:
    """The same, or what it did until a moment ago."""
    return _running.get(key(batch_id))


async def beat(batch_id: int, seconds: float) -> None:
    """Let a moment pass, or less when this process ends its work on an upload."""
    run = running(batch_id)
    await (run.wait(seconds) if run else asyncio.sleep(seconds))


def elsewhere(batch_id: int) -> str:
    """What is being done on an upload, by whatever process; "" when nothing is."""
    progress = wiring.house().board.read(key(batch_id))
    return progress.what if progress else ""


def read(state: BaseState, batch_id: int, *, fresh: bool = False) -> Run:
    """Begin to read an upload and to compare it with the ledger; stopped, the upload is discarded.

    Unless it has to be ``fresh``, a reading that is under way already will do.
    """
    caller = access.later(state)

    def call() -> Preview:
        try:
            with wiring.house().board.work(key(batch_id), READING) as tell:
                seen = caller.read(imports.preview, batch_id, tell)
                tell(0, 0)  # who asked for its end in the last moment has asked for it
                return seen
        except Cancelled:
            # A reader may not, and leaves it to whoever stopped it.
            with suppress(NotAllowed, NotFound, AlreadyImported):
                caller.act(imports.discard, batch_id)
            raise

    return begin(caller.digest, batch_id, READING, call, fresh=fresh)


def write(state: BaseState, batch_id: int) -> Run:
    """Begin to import an upload; stopped, nothing was imported."""
    caller = access.later(state)

    def call() -> Preview:
        with wiring.house().board.work(key(batch_id), WRITING) as tell:
            return caller.act(imports.accept, batch_id, tell)

    return begin(caller.digest, batch_id, WRITING, call)


def begin(by: str, batch_id: int, what: str, call: Callable[[], Preview], *, fresh: bool = False) -> Run:
    """Begin work on an upload, unless the same is under way and need not be fresh.

    Whatever is under way ends first: two at once would work in one folder. What waits for that is fresh
    enough for everybody.
    """
    name, begun = key(batch_id), Event()
    with _lock:
        before = running(batch_id)
        if before is not None and before.what == what and not (fresh and before.begun.is_set()):
            return before

        def work() -> Preview:
            if before is not None:
                wait([before.future])
            begun.set()
            return call()

        run = _running[name] = Run(by, what, begun, _THREADS.submit(work))

    def forget() -> None:
        with _lock:
            if _running.get(name) is run:
                del _running[name]

    def ended(_: object) -> None:
        # Who was told to watch it must still find it when it ends at once.
        timer = Timer(_REMEMBERED_SECONDS, forget)
        timer.daemon = True
        timer.start()

    run.future.add_done_callback(ended)
    return run


def stop(batch_id: int) -> None:
    """Ask for the end of whatever is being done on an upload."""
    wiring.house().board.cancel(key(batch_id))


def doing(batch_id: int, lang: str) -> Doing:
    """How far the work on an upload is, as anybody may see it."""
    progress = wiring.house().board.read(key(batch_id))
    if progress is None or not progress.whole:
        return Doing(**{**NOTHING_YET, "far": text(lang, "import.preparing") if progress else ""})
    done, whole, seconds, left = progress.done, progress.whole, progress.seconds, progress.left_seconds
    rate = done / seconds if seconds else 0.0
    if progress.what == READING:
        far = text(lang, "import.far_read", done=_megabytes(done, lang), all=_megabytes(whole, lang))
        speed = text(lang, "import.rate_read", rate=_megabytes(round(rate), lang))
        last = text(lang, "import.comparing")
    else:
        far = text(lang, "import.far_written", done=integer(done, lang), all=integer(whole, lang))
        speed = text(lang, "import.rate_written", rate=integer(round(rate), lang))
        last = text(lang, "import.finishing")
    return Doing(
        percent=min(100, 100 * done // whole),
        far=far,
        rate=speed if rate else "",
        left="" if left is None else _left(left, lang) if done < whole else last,
    )


def size(count: int, lang: str) -> str:
    """How large a file is, in kilobytes or megabytes."""
    if count < _MEGABYTE:
        return text(lang, "import.kilobytes", n=max(min(count, 1), round(count / _KILOBYTE)))
    return text(lang, "import.megabytes", size=_megabytes(count, lang))


def _megabytes(count: int, lang: str) -> str:
    return decimal(Decimal(count) / _MEGABYTE, lang, 1)


def _left(seconds: float, lang: str) -> str:
    if seconds < _MINUTE:
        return text(lang, "import.left_seconds", n=max(1, round(seconds)))
    if seconds < _HOUR:
        return text(lang, "import.left_minutes", n=round(seconds / _MINUTE))
    return text(lang, "import.left_hours", n=round(seconds / _HOUR))
